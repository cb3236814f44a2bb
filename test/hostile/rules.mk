# SPDX-License-Identifier: MIT
#
# The hostile guest and its driver: see test/hostile/hostile.h and drive.c.
#   make test-hostile        a minute, kernel and firmware, both policies and --strict
#   make test-hostile-slow   a million steps each

HOSTILE_TARGET := -mcpu=cortex-a15 -marm -mfloat-abi=hard -mfpu=vfpv3-d16 -mgeneral-regs-only -mno-unaligned-access \
                  -ffreestanding -fno-common -fno-stack-protector -fno-tree-loop-distribute-patterns -fno-pic -fno-short-enums \
                  -U__UINT32_TYPE__ -D__UINT32_TYPE__='unsigned int' -U__INT32_TYPE__ -D__INT32_TYPE__=int
HOSTILE_SRC    := $(addprefix test/hostile/,start.S main.c random.c trap.c tables.c regime.c insns.c code.c sysreg.c chaos.c alias.c irq.c firmware.c)
HOSTILE_H      := $(wildcard test/hostile/*.h) test/hostile/steps.def

$(B)/hostile.bin: $(HOSTILE_SRC) test/hostile/hostile.lds $(HOSTILE_H)
	@mkdir -p $(@D)
	@$(CROSS)gcc $(CFLAGS) $(HOSTILE_TARGET) -nostdlib -Wl,-T,test/hostile/hostile.lds,--build-id=none,--no-warn-rwx-segments \
	  -Wl,-z,noexecstack,--no-enum-size-warning -o $(@:.bin=.elf) $(HOSTILE_SRC) -lgcc
	@$(CROSS)objdump -d $(@:.bin=.elf) > $(@:.bin=.asm)
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

HOSTILE_DRIVE := $(addprefix test/hostile/,drive.c vm.c ram.c probe.c)

$(B)/test/hostile-drive: $(HOSTILE_DRIVE) $(HOSTILE_H)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $(HOSTILE_DRIVE)

# Some of the VMs run under the monitor that checks itself.
HOSTILE_DEBUG = $(if $(DEBUG),:,$(MAKE) --no-print-directory DEBUG=1 $(B)/debug/palimpsest.zImage)

.PHONY: test-hostile test-hostile-slow
test-hostile: all $(B)/hostile.bin $(B)/test/hostile-drive
	@$(HOSTILE_DEBUG)
	@test/hostile/run.sh $(B) --steps 4000 --vm-steps 600

SLOW += test-hostile-slow
test-hostile-slow: all $(B)/hostile.bin $(B)/test/hostile-drive
	@$(HOSTILE_DEBUG)
	@test/hostile/run.sh $(B) --steps 1000000 --seed 100000
