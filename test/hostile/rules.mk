# SPDX-License-Identifier: MIT
#
# The hostile guest and its driver: see test/hostile/hostile.h and drive.c.

HOSTILE_TARGET := -mcpu=cortex-a15 -marm -mfloat-abi=hard -mfpu=vfpv3-d16 -mgeneral-regs-only -mno-unaligned-access \
                  -ffreestanding -fno-common -fno-stack-protector -fno-tree-loop-distribute-patterns -fno-pic -fno-short-enums \
                  -U__UINT32_TYPE__ -D__UINT32_TYPE__='unsigned int' -U__INT32_TYPE__ -D__INT32_TYPE__=int

$(call objects,hostile,$(CROSS)gcc $(CFLAGS) $(HOSTILE_TARGET))
HOSTILE_OBJ  := $(call hostile,$(addprefix test/hostile/,start.S main.c random.c trap.c tables.c regime.c insns.c code.c \
                sysreg.c chaos.c alias.c irq.c firmware.c))
HOSTILE_LINK := $(CROSS)gcc $(HOSTILE_TARGET) -nostdlib -Wl,-T,test/hostile/hostile.lds,--build-id=none,--no-warn-rwx-segments \
  -Wl,-z,noexecstack,--no-enum-size-warning $(HOSTILE_OBJ) -lgcc

$(B)/hostile.bin: $(HOSTILE_OBJ) test/hostile/hostile.lds $(call flags,hostile.bin,$(HOSTILE_LINK))
	@$(HOSTILE_LINK) -o $(@:.bin=.elf)
	@$(CROSS)objdump -d $(@:.bin=.elf) > $(@:.bin=.asm)
	@$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

HOSTILE_DRIVE := $(addprefix test/hostile/,drive.c vm.c ram.c probe.c)
$(call program,$(B)/test/hostile-drive,$(HOSTILE_DRIVE))

# Some of the VMs run under the monitor that checks itself.
HOSTILE_DEBUG = $(if $(DEBUG),:,$(MAKE) --no-print-directory DEBUG=1 $(B)/debug/palimpsest.zImage)

.PHONY: test-hostile test-hostile-slow
## the hostile guest, a minute: kernel and firmware, both policies and --strict
test-hostile: all $(B)/hostile.bin $(B)/test/hostile-drive
	@$(HOSTILE_DEBUG)
	@test/hostile/run.sh $(B) --steps 4000 --vm-steps 600

SLOW += test-hostile-slow
## a million steps each
test-hostile-slow: all $(B)/hostile.bin $(B)/test/hostile-drive
	@$(HOSTILE_DEBUG)
	@test/hostile/run.sh $(B) --steps 1000000 --seed 100000
