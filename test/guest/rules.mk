# SPDX-License-Identifier: MIT
#
# Guest tests: kernels in assembly that run bare and under the monitor; see test/guest/tests.cfg.
# NAME is built from NAME.S, or, where a file has several cases, FILE-CASE from FILE.S with CASE_case defined, and linked
# as its line "// link-CASE: ARGUMENTS" says, else at 0x40010000. Sections .elsewhere.* are in its ELF file alone.

GUEST_TESTS := $(shell sed -n 's/^\[\(.*\)\]$$/\1/p' test/guest/tests.cfg)
guest_source = test/guest/$(firstword $(subst -, ,$(1))).S
guest_case   = $(lastword $(subst -, ,$(1)))
guest_link   = $(or $(shell sed -n 's|^// link-$(guest_case): *||p' $(guest_source)),$(GUEST_LINK))
GUEST_LINK  := -Wl,-Ttext=0x40010000
GUEST_CC    := $(CROSS)gcc -mcpu=cortex-a15 -marm -mfpu=neon-vfpv4 -mfloat-abi=hard -I. -nostdlib \
               -Wl,--build-id=none,--no-warn-rwx-segments -Wl,-N

$(B)/guest/%.bin: $$(call guest_source,$$*) $(call flags,guest,$(GUEST_CC) $(GUEST_LINK))
	@mkdir -p $(@D) $(B)/obj
	@$(GUEST_CC) $(DEPENDENCIES) -DCASE_$(call guest_case,$*) $(call guest_link,$*) -o $(@:.bin=.elf) $<
	@$(CROSS)objdump -d $(@:.bin=.elf) > $(@:.bin=.asm)
	@$(CROSS)objcopy -O binary -R '.elsewhere.*' $(@:.bin=.elf) $@

.PRECIOUS: $(B)/guest/%.bin
$(B)/guest/dirty.bin: $(B)/guest/dirt
$(B)/guest/dirt:
	@mkdir -p $(@D)
	@head -c 104M /dev/zero | tr '\0' '\245' > $@

$(B)/guest/image-moved.bin: test/guest/image.lds
$(B)/guest/image-linux.bin: $(B)/guest/uinitrd
$(B)/guest/uinitrd: test/guest/tests.cfg
	@mkdir -p $(@D)
	@mkimage -A arm -O linux -T ramdisk -C none -n initrd -d test/guest/tests.cfg $@ > $@.mkimage

## one kernel in assembly, bare and in both policies
test/guest/%.ok: $(B)/guest/%.bin $(B)/palimpsest $(B)/palimpsest.zImage
	@B=$(B) test/guest/run.sh $*

.PHONY: test/guest.ok
## all of them
test/guest.ok: $(GUEST_TESTS:%=$(B)/guest/%.bin) $(B)/palimpsest $(B)/palimpsest.zImage
	@B=$(B) test/guest/run.sh $(GUEST_TESTS)

ESCAPES := left patched thumb thumb_patched
.PHONY: test-escape
## that an instruction which the monitor leaves unpatched would be noticed
test-escape: $(ESCAPES:%=$(B)/guest/escape-%.bin) $(B)/palimpsest $(B)/palimpsest.zImage $(B)/bench/insn.so
	@B=$(B) test/guest/escape.sh

.PHONY: test-report
## that the monitor's report arrives, however a VM ends
test-report: $(addprefix $(B)/guest/,psr.bin stop-wfi.bin stop-once.bin stop-never.bin) all
	@B=$(B) test/guest/report.sh

.PHONY: test-break
## that a break on the serial line reaches the guest
test-break: $(B)/guest/uart-break.bin all
	@B=$(B) timeout 900 test/guest/break.sh
