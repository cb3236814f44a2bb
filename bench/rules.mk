# SPDX-License-Identifier: MIT
#
# Benchmarks, included by the Makefile.

BENCH := $(B)/bench

$(BENCH)/insn.so: bench/insn.c bench/insnmatch.c bench/insnmatch.h bench/qemu_plugin_api.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -fvisibility=hidden -shared -fPIC -o $@ $(filter %.c,$^)

$(BENCH)/tasks: bench/tasks.c test/boot/linux.h
	@mkdir -p $(@D)
	@$(LINUX_PROGRAM)

# What the shadow MMU costs, in a few seconds: make bench-mmu.
$(BENCH)/mmu.bin: bench/mmu.S test/guest/kernel.inc
	@mkdir -p $(@D)
	@$(CROSS)gcc -mcpu=cortex-a15 -marm -I. -nostdlib -Wl,-Ttext=0x40010000,--build-id=none,--no-warn-rwx-segments \
	  -Wl,-N -o $(@:.bin=.elf) $<
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

.PHONY: bench-mmu
bench-mmu: $(BENCH)/mmu.bin $(BENCH)/insn.so $(B)/palimpsest $(B)/palimpsest.zImage
	@BUILD=$(B) bench/mmu.sh

bench:
	@guests/setup.sh build bench
	@$(MAKE) --no-print-directory all $(BENCH)/insn.so $(BENCH)/tasks $(BENCH)/mmu.bin
	@BUILD=$(B) bench/mmu.sh || :
	@BUILD=$(B) bench/run.sh
