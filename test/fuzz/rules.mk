# SPDX-License-Identifier: MIT
#
# The guest half of the fuzzer: see test/fuzz/case.h.

FUZZ_TARGET := -mcpu=cortex-a15 -marm -mfloat-abi=hard -mfpu=vfpv3-d16 -mgeneral-regs-only -mno-unaligned-access \
               -ffreestanding -fno-common -fno-stack-protector -fno-tree-loop-distribute-patterns -fno-pic
FUZZ_SRC    := $(addprefix test/fuzz/,runner.S runner.c setup.c mmu.S mmu.c)

$(B)/fuzz.bin: $(FUZZ_SRC) test/fuzz/runner.lds $(wildcard test/fuzz/*.h test/fuzz/*.def)
	@mkdir -p $(@D)
	@$(CROSS)gcc $(CFLAGS) $(FUZZ_TARGET) -nostdlib -Wl,-T,test/fuzz/runner.lds,--build-id=none,--no-warn-rwx-segments \
	  -Wl,-z,noexecstack,--no-enum-size-warning -o $(@:.bin=.elf) $(FUZZ_SRC)
	@$(CROSS)objdump -d $(@:.bin=.elf) > $(@:.bin=.asm)
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@
	@echo "built $@, $$(stat -c %s $@) bytes"

# What it is for: a campaign of a minute, and in the slow tests a million cases of each instruction set.
.PHONY: test-fuzz test-fuzz-million test-fuzz-command
test-fuzz: all
	@test/fuzz/run.sh $(B) fuzz --time 60

SLOW += test-fuzz-million
test-fuzz-million: all
	@test/fuzz/run.sh $(B) fuzz --cases 1000000 --seed 2

# MMU programs: half a minute, and in the slow tests a hundred thousand. test-fuzz-mutants shows what they are good for
# (test/fuzz/mutants.sh).
.PHONY: test-fuzz-mmu test-fuzz-mmu-slow test-fuzz-mutants
test-fuzz-mmu: all
	@test/fuzz/run.sh $(B) fuzz-mmu --class mmu --time 30

SLOW += test-fuzz-mmu-slow
test-fuzz-mmu-slow: all
	@test/fuzz/run.sh $(B) fuzz-mmu --class mmu --cases 100000 --seed 2

test-fuzz-mutants: all
	@test/fuzz/mutants.sh $(B)

test-fuzz-command: all
	@test/fuzz/command.sh $(B)
