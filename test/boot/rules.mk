# SPDX-License-Identifier: MIT
#
# Boots of Debian's kernels, included by the Makefile: make test/boot/6.1-page.ok, or, with other than
# 512 MiB, test/boot/6.1-rt-block-128.ok; of one in Thumb-2, whose first build takes minutes; of U-Boot;
# test-bad, what doesn't boot; and test-board, boards that are odd.

.PHONY: test-boot test-boot-all test-boot-thumb2 test-boot-strict test-bad test-board test-firmware
## what doesn't boot
test-bad: all
	@BUILD=$(B) test/boot/bad.sh

## boards that are odd
test-board: all $(B)/guest/timer.bin
	@BUILD=$(B) test/boot/board.sh

## U-Boot
test-firmware: all
	@BUILD=$(B) test/boot/firmware.sh

.PHONY: test-edk2
## Debian's EDK2, to its shell
test-edk2: all
	@BUILD=$(B) test/boot/edk2.sh

SLOW += test-edk2

## Debian's kernels, to a shell
test-boot: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh

## the same, all of them, both policies, and other sizes of RAM
test-boot-all: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh all

## a Linux in Thumb-2
test-boot-thumb2: all $(B)/bench/insn.so
	@guests/images/thumb-kernel.sh >/dev/null
	@guests/images/thumb-kernel.sh debug >/dev/null
	@BUILD=$(B) test/boot/run.sh thumb2-page thumb2-block thumb2-debug-page

## with --strict
test-boot-strict: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh 6.1-strict

SLOW += test-boot-all test-boot-thumb2 test-boot-strict

## one boot: 6.1-page, 6.1-rt-block-128, ...
test/boot/%.ok: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh $*

# For programs of Linux guests, of test/boot/linux.h; bench/rules.mk has some, too.
LINUX_CC := $(CROSS)gcc $(CFLAGS) -march=armv7-a -marm -mfloat-abi=soft -ffreestanding \
  -fno-tree-loop-distribute-patterns -nostdlib -static -Wl,-Ttext-segment=0x10000,-z,noexecstack,--build-id=none
LINUX_FLAGS := $(call flags,linux,$(LINUX_CC))

.PHONY: test-perf
## Debian's perf, which counts and samples
test-perf: all
	@BUILD=$(B) test/boot/perf.sh

SLOW += test-perf

# What changes.sh runs in the guest.
$(B)/boot-changes: test/boot/changes.c $(LINUX_FLAGS)
	@mkdir -p $(@D)
	@$(LINUX_CC) $(DEPENDENCIES) -o $@ $< -lgcc

.PHONY: test-changes
## programs that change their code
test-changes: all $(B)/boot-changes
	@BUILD=$(B) test/boot/changes.sh

SLOW += test-changes
