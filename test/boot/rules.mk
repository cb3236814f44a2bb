# SPDX-License-Identifier: MIT
#
# Boots of Debian's kernels, included by the Makefile: make test/boot/6.1-page.ok, or, with other than
# 512 MiB, test/boot/6.1-rt-block-128.ok; of one in Thumb-2, whose first build takes minutes; of U-Boot;
# test-bad, what doesn't boot; and test-board, boards that are odd.

.PHONY: test-boot test-boot-all test-boot-thumb2 test-boot-strict test-bad test-board test-firmware
test-bad: all
	@BUILD=$(B) test/boot/bad.sh

test-board: all $(B)/guest/timer.bin
	@BUILD=$(B) test/boot/board.sh

test-firmware: all
	@BUILD=$(B) test/boot/firmware.sh

# Debian's EDK2, to its shell.
.PHONY: test-edk2
test-edk2: all
	@BUILD=$(B) test/boot/edk2.sh

SLOW += test-edk2

test-boot: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh

test-boot-all: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh all

test-boot-thumb2: all $(B)/bench/insn.so
	@guests/thumb-kernel.sh >/dev/null
	@BUILD=$(B) test/boot/run.sh thumb2-page thumb2-block

test-boot-strict: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh 6.1-strict

SLOW += test-boot-all test-boot-thumb2 test-boot-strict

test/boot/%.ok: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh $*

# Makes a program for a Linux guest, of test/boot/linux.h; bench/rules.mk does, too.
LINUX_PROGRAM = $(CROSS)gcc $(CFLAGS) -march=armv7-a -marm -mfloat-abi=soft -ffreestanding \
  -fno-tree-loop-distribute-patterns -nostdlib -static -Wl,-Ttext-segment=0x10000,-z,noexecstack,--build-id=none \
  -o $@ $< -lgcc

# Debian's perf, which counts and samples.
.PHONY: test-perf
test-perf: all
	@BUILD=$(B) test/boot/perf.sh

SLOW += test-perf

# What changes.sh runs in the guest.
$(B)/boot-changes: test/boot/changes.c test/boot/linux.h
	@mkdir -p $(@D)
	@$(LINUX_PROGRAM)

.PHONY: test-changes
test-changes: all $(B)/boot-changes
	@BUILD=$(B) test/boot/changes.sh

SLOW += test-changes
