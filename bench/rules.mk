# SPDX-License-Identifier: MIT
#
# Benchmarks, included by the Makefile.

BENCH := $(B)/bench

$(call objects,pic,$(CC) $(CFLAGS) -fvisibility=hidden -fPIC)
INSN := $(call pic,bench/insn.c bench/insnmatch.c)
$(BENCH)/insn.so: $(INSN) $(call flags,insn.so,$(CC) $(INSN))
	@mkdir -p $(@D)
	@$(CC) -shared -o $@ $(INSN)

$(BENCH)/tasks: bench/tasks.c $(LINUX_FLAGS)
	@mkdir -p $(@D)
	@$(LINUX_CC) $(DEPENDENCIES) -o $@ $< -lgcc

BENCH_MMU := $(CROSS)gcc -mcpu=cortex-a15 -marm -I. -nostdlib -Wl,-Ttext=0x40010000,--build-id=none,--no-warn-rwx-segments -Wl,-N
$(BENCH)/mmu.bin: bench/mmu.S $(call flags,bench-mmu,$(BENCH_MMU))
	@mkdir -p $(@D)
	@$(BENCH_MMU) $(DEPENDENCIES) -o $(@:.bin=.elf) $<
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

.PHONY: bench-mmu
## what the shadow MMU costs, in a few seconds
bench-mmu: $(BENCH)/mmu.bin $(BENCH)/insn.so $(B)/palimpsest $(B)/palimpsest.zImage
	@BUILD=$(B) bench/mmu.sh

## native against virtualized, as ratios
bench:
	@guests/setup.sh build bench
	@$(MAKE) --no-print-directory all $(BENCH)/insn.so $(BENCH)/tasks $(BENCH)/mmu.bin
	@BUILD=$(B) bench/mmu.sh || :
	@BUILD=$(B) bench/run.sh
