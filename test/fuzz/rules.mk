# SPDX-License-Identifier: MIT
#
# The guest half of the fuzzer: see test/fuzz/case.h.

FUZZ_TARGET := -mcpu=cortex-a15 -marm -mfloat-abi=hard -mfpu=vfpv3-d16 -mgeneral-regs-only -mno-unaligned-access \
               -ffreestanding -fno-common -fno-stack-protector -fno-tree-loop-distribute-patterns -fno-pic

$(call objects,fuzz,$(CROSS)gcc $(CFLAGS) $(FUZZ_TARGET))
FUZZ_LINK := $(CROSS)gcc $(FUZZ_TARGET) -nostdlib -Wl,-T,test/fuzz/runner.lds,--build-id=none,--no-warn-rwx-segments \
  -Wl,-z,noexecstack,--no-enum-size-warning $(call fuzz,$(addprefix test/fuzz/,runner.S runner.c setup.c mmu.S mmu.c))

$(B)/fuzz.bin: $(filter %.o,$(FUZZ_LINK)) test/fuzz/runner.lds $(call flags,fuzz.bin,$(FUZZ_LINK))
	@$(FUZZ_LINK) -o $(@:.bin=.elf)
	@$(CROSS)objdump -d $(@:.bin=.elf) > $(@:.bin=.asm)
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@
	@echo "built $@, $$(stat -c %s $@) bytes"

# What it is for: a campaign of a minute, and in the slow tests a million cases of each instruction set.
.PHONY: test-fuzz test-fuzz-million test-fuzz-command
## palimpsest fuzz for a minute
test-fuzz: all
	@test/fuzz/run.sh $(B) fuzz --time 60

SLOW += test-fuzz-million
## a million cases of each instruction set
test-fuzz-million: all
	@test/fuzz/run.sh $(B) fuzz --cases 1000000 --seed 2

# MMU programs: half a minute, and in the slow tests a hundred thousand. test-fuzz-mutants shows what they are good for
# (test/fuzz/mutants.sh).
.PHONY: test-fuzz-mmu test-fuzz-mmu-slow test-fuzz-mutants
## palimpsest fuzz --class mmu for half a minute
test-fuzz-mmu: all
	@test/fuzz/run.sh $(B) fuzz-mmu --class mmu --time 30

SLOW += test-fuzz-mmu-slow
## a hundred thousand programs of it
test-fuzz-mmu-slow: all
	@test/fuzz/run.sh $(B) fuzz-mmu --class mmu --cases 100000 --seed 2

## behind how many programs it finds each fault
test-fuzz-mutants: all
	@test/fuzz/mutants.sh $(B)

## palimpsest fuzz as a command
test-fuzz-command: all
	@test/fuzz/command.sh $(B)
