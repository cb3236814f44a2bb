# SPDX-License-Identifier: MIT
#
# `make help` lists the goals: what stands behind "##" here and in the rules.mk, each above its rule.
#
# DEBUG=1 builds in build/debug a monitor that checks itself as it runs (shadowpt/pool.h), at the cost of time.
#
# Each build leaves build/monitor.asm and build/monitor.sym beside the image.

B      := build$(if $(DEBUG),/debug)
CACHE  := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/palimpsest
PREFIX ?= /usr/local

CROSS  ?= arm-none-eabi-
WARN   := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wno-psabi -Werror
CFLAGS := -std=gnu11 -O2 -g -I. -I$(B) $(WARN) $(if $(DEBUG),-DDEBUG)
TARGET := -mcpu=cortex-a15 -mtune=cortex-a5 -marm -mfloat-abi=hard -mfpu=vfpv3-d16 -mgeneral-regs-only -mno-unaligned-access \
          -ffreestanding -fno-short-enums -fpie -fno-common -fno-stack-protector -fno-jump-tables \
          -U__UINT32_TYPE__ -D__UINT32_TYPE__='unsigned int' -U__INT32_TYPE__ -D__INT32_TYPE__=int

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDEXPANSION:

## the monitor and the host command, in build/
all: $(B)/palimpsest.zImage $(B)/palimpsest $(B)/fuzz.bin

# The rooms, and $(call in,FOLDERS,SUFFIX...), the files in folders.
MONITOR := monitor $(addprefix monitor/,base board image dev cpu vm exit)
BT      := $(addprefix bt/,isa scan code)
GUESTS  := guests $(addprefix guests/,cli scan fuzz)
in       = $(foreach folder,$(1),$(wildcard $(addprefix $(folder)/*,$(2))))

#----------------------------------------------------------------------------
# What is older than what it is made of is made again. Of headers the compiler says it, in the .d beside each object, of flags
# a file does, which $(call flags,NAME,COMMAND) names: it is out of date if COMMAND isn't what it was when it was written.

same  = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),,yes)
flags = $(B)/flags/$(1)$(eval $(call flags_rule,$(B)/flags/$(1),$(strip $(2))))
define flags_rule
$(1): $(if $(call same,$(2),$(strip $(file <$(1)))),,FORCE)
	@mkdir -p $$(@D)
	@printf '%s\n' '$(subst ','\'',$(2))' >$$@
endef
.PHONY: FORCE

# What the compiler is to write of a program that is made in one go.
DEPENDENCIES = -MMD -MP -MT $@ -MF $(B)/obj/$(@F).d

# A source that has gone from where it was is one that has changed.
%.c: ;
%.S: ;

# $(call objects,KIND,COMMAND): $(call KIND,SOURCES) are the objects that COMMAND makes of SOURCES.
objects = $(eval $(call objects_rule,$(1),$(2)))
define objects_rule
$(1) = $$(patsubst %,$(B)/obj/$(1)/%.o,$$(1))
.PRECIOUS: $(B)/obj/$(1)/%.o
$(B)/obj/$(1)/%.o: % $(call flags,$(1),$(2))
	@mkdir -p $$(@D)
	@$(2) -MMD -MP -c -o $$@ $$<
endef

# $(call program,FILE,SOURCES,LIBRARIES): a program of the host's.
program = $(eval $(call program_rule,$(1),$(call host,$(2)),$(3)))
define program_rule
$(1): $(2) $(call flags,$(notdir $(1)),$(CC) $(2) $(3))
	@mkdir -p $$(@D)
	@$(CC) -o $$@ $(2) $(3)
endef

$(call objects,host,$(CC) $(CFLAGS))

#----------------------------------------------------------------------------
# The monitor

MON_SRC := $(call in,$(MONITOR) $(BT) mmu shadowpt,.c)
MON_ASM := monitor/head.S $(filter-out monitor/head.S,$(call in,$(MONITOR),.S))
LIBFDT  := $(B)/libfdt/libfdt.a

$(call objects,mon,$(CROSS)gcc $(CFLAGS) $(TARGET) -isystem $(B)/libfdt)
MON_OBJ  := $(call mon,$(MON_ASM) $(MON_SRC))
MON_LINK := $(CROSS)gcc $(TARGET) -nostdlib -Wl,-pie -Wl,--no-dynamic-linker,--no-warn-rwx-segments,--no-enum-size-warning,-z,noexecstack \
  -Wl,--build-id=none -T monitor/monitor.lds $(MON_OBJ) $(LIBFDT) -lgcc

$(B)/palimpsest.zImage: $(B)/monitor.elf
	@$(CROSS)objcopy -O binary $< $@
	@echo "built $@, $$(stat -c %s $@) bytes"

$(B)/monitor.elf: $(MON_OBJ) monitor/monitor.lds $(LIBFDT) $(call flags,monitor.elf,$(MON_LINK))
	@undefined=$$($(CROSS)nm -u $(filter $(call mon,monitor/exit/hot%.c),$(MON_OBJ)) | grep " U "); \
	  test -z "$$undefined" || { echo "monitor/exit/hot*.c call out of the window: $$undefined"; exit 1; }
	@$(MON_LINK) -o $@
	@$(CROSS)objdump -d $@ > $(B)/monitor.asm
	@$(CROSS)nm -n $@ > $(B)/monitor.sym

$(MON_OBJ): $(LIBFDT)

# Assembly's view of C's structures; asm-offsets.c is linked, too, for it asserts that this is what they are.
$(B)/asm-offsets.h: monitor/exit/asm-offsets.c $(LIBFDT) $(B)/flags/mon
	@mkdir -p $(B)/obj
	@$(CROSS)gcc $(CFLAGS) $(TARGET) -isystem $(B)/libfdt $(DEPENDENCIES) -DASM_OFFSETS -S -o $(B)/obj/asm-offsets.s $<
	@sed -n 's/^.*@@ \([A-Z0-9_]*\) #*\([0-9-]*\).*/#define \1 \2/p' $(B)/obj/asm-offsets.s > $@

$(call mon,$(MON_ASM) monitor/exit/asm-offsets.c): $(B)/asm-offsets.h

# Debian's own libfdt for armhf, and the headers that go with it.
$(LIBFDT):
	@mkdir -p $(@D)
	@cp "$$(guests/images/fetch.sh libfdt)" $@.new
	@cp /usr/include/libfdt.h /usr/include/libfdt_env.h /usr/include/fdt.h $(@D)
	@mv $@.new $@

#----------------------------------------------------------------------------
# The host command, and what is native of the monitor in it

HOST_SRC := $(call in,$(GUESTS),.c) $(filter-out %/fit.c,$(call in,monitor/image,.c)) \
            $(call in,bt/isa bt/scan,.c) bt/code/closing.c bt/code/intern.c
$(call program,$(B)/palimpsest,$(HOST_SRC),-pthread -lfdt -lz -llzma -lcapstone)

.PHONY: all help run test check-slow bench lint install clean
## installs into PREFIX (/usr/local), below DESTDIR
install: all
	install -D -m 755 $(B)/palimpsest $(DESTDIR)$(PREFIX)/bin/palimpsest
	install -D -m 644 $(B)/palimpsest.zImage $(DESTDIR)$(PREFIX)/share/palimpsest/palimpsest.zImage
	install -D -m 644 $(B)/fuzz.bin $(DESTDIR)$(PREFIX)/share/palimpsest/fuzz.bin
	install -D -m 644 guests/cli/palimpsest.1 $(DESTDIR)$(PREFIX)/share/man/man1/palimpsest.1

# The two that a fresh machine begins with: they install what is missing first.
## boots a stock Debian kernel to a shell under the monitor
run:
	@guests/setup.sh build
	@$(MAKE) --no-print-directory all
	@guests/images/run.sh

## all tests, under 20 minutes
test:
	@guests/setup.sh build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@echo "building the tests"
	@$(MAKE) --no-print-directory -k -j$$(nproc) $(HOST_TEST:test/host/%.c=$(B)/test/%) $(GUEST_TESTS:%=$(B)/guest/%.bin) || :
	@test/all.sh $(B) $(HOST_TEST:%.c=%.ok) test-rooms test-build test-cli test-scan test-corpus test-isa test-sysregs test-statistics test-script test-fuzz-command test-fuzz test-fuzz-mmu test-hostile test/guest.ok test-escape test-report test-break \
	  test-bad test-board test-firmware test-boot coverage test-mutants

## what takes longer: libFuzzer targets, boots, load
check-slow:
	@guests/setup.sh build slow
	@$(MAKE) --no-print-directory all
	@LOG=$(B)/slow.log test/all.sh $(B) $(SLOW)

## this list
help:
	@awk -f test/help.awk $(MAKEFILE_LIST)

#----------------------------------------------------------------------------
# Host tests: test/host/NAME.c names the sources it links with in its second line

SAN       := -UDEBUG -DDEBUG -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_TEST := $(filter-out test/host/fake_%,$(wildcard test/host/*.c))
uses       = $(shell sed -n 's|^// uses: ||p' $(1))
libs       = $(shell sed -n 's|^// libs: ||p' $(1))

$(call objects,san,$(CC) $(CFLAGS) $(SAN))
$(B)/test/%: test/host/%.c $$(call san,test/host/$$*.c test/host/fake_arch.c $$(call uses,test/host/$$*.c))
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $(filter %.o,$^) $(call libs,$<)

.PRECIOUS: $(B)/test/%
## one native unit test
test/host/%.ok: $(B)/test/%
	@$<

# Every A32 word, T16 and T32 instruction against capstone; about 12 minutes on two cores.
CAPSTONE := test/host/capstone.c
$(call program,$(B)/test/capstone-all,$(CAPSTONE) test/host/fake_arch.c $(call uses,$(CAPSTONE)),$(call libs,$(CAPSTONE)))

.PHONY: test-capstone-all
SLOW += test-capstone-all
## every instruction there is against capstone
test-capstone-all: $(B)/test/capstone-all
	@$< all 0/2 & $< all 1/2; odd=$$?; wait $$! && exit $$odd

# docs/isa.md, sysregs.md and statistics.md are made from the tables; the copies in the repository must not be older than they.
$(call program,$(B)/isa,docs/isa.c bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c)

.PHONY: docs/isa.md test-isa
## the table of instructions, from bt/isa/*.def
docs/isa.md: $(B)/isa
	@$< > $@

test-isa: $(B)/isa
	@$< | diff -q - docs/isa.md > /dev/null || { echo "docs/isa.md is older than bt/isa/*.def: make docs/isa.md"; exit 1; }
	@echo "isa: 1 passed, 0 failed"

$(call program,$(B)/sysregs,docs/sysregs.c)

.PHONY: docs/sysregs.md test-sysregs
## the table of registers, from monitor/cpu/*.def
docs/sysregs.md: $(B)/sysregs
	@$< > $@

test-sysregs: $(B)/sysregs
	@$< | diff -q - docs/sysregs.md > /dev/null || { echo "docs/sysregs.md is older than monitor/*.def: make docs/sysregs.md"; exit 1; }
	@echo "sysregs: 1 passed, 0 failed"

$(call program,$(B)/statistics,docs/statistics.c)

.PHONY: docs/statistics.md test-statistics
## the statistics, from monitor/vm/stats.def and exits.def
docs/statistics.md: $(B)/statistics
	@$< > $@

test-statistics: $(B)/statistics
	@$< | diff -q - docs/statistics.md > /dev/null || { echo "docs/statistics.md is older than monitor/*.def: make docs/statistics.md"; exit 1; }
	@echo "statistics: 1 passed, 0 failed"

.PHONY: test-cli test-scan test-script
## guests/images/script.sh: a script in a VM, its output, exit status and files
test-script: all
	@BUILD=$(B) test/script.sh

## the command: options, bad input, exit statuses
test-cli: all
	@test/cli.sh $(B)

## palimpsest scan
test-scan: all
	@test/scan.sh $(B)

.PHONY: test-rooms
## that each room uses only what test/rooms.cfg says
test-rooms: all
	@test/rooms.sh $(B)

.PHONY: test-build
## that what changes is built again, and that this is what a clean build makes
test-build: all $(B)/test/walk $(B)/hostile.bin $(B)/test/hostile-drive $(B)/guest/psr.bin $(B)/isa $(B)/learn
	@test/build.sh $(B)

#----------------------------------------------------------------------------
# Static checks

C_ROOMS   := $(BT) mmu shadowpt $(MONITOR) $(GUESTS) docs $(addprefix test/,host boot corpus fuzz hostile libfuzzer) bench
ALL_FILES := $(call in,$(C_ROOMS),.c .h)
SH_FILES  := $(wildcard guests/*.sh guests/*/*.sh test/*.sh test/*/*.sh bench/*.sh) guests/images/init guests/images/script-init .ci/run

## static checks
lint:
	@guests/setup.sh build lint
	@$(MAKE) --no-print-directory all
	@echo "rooms"; test/rooms.sh $(B)
	@echo "clang-format"; clang-format --dry-run -Werror $(ALL_FILES)
	@echo "cppcheck"; cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem -D__arm__ -I. bt mmu shadowpt monitor guests
	@echo "gcc -fanalyzer"; for f in $(call in,$(BT) mmu shadowpt $(GUESTS),.c); do \
	  $(CC) $(CFLAGS) -fanalyzer -c -o /dev/null $$f || exit 1; done
	@echo "clang-tidy"; clang-tidy --quiet $(call in,$(BT) mmu shadowpt $(GUESTS),.c) -- -std=gnu11 -I. 2>/dev/null
	@echo "shellcheck"; shellcheck $(SH_FILES)

## removes build/
clean:
	rm -rf $(B)

include test/corpus/rules.mk test/coverage.mk test/guest/rules.mk test/fuzz/rules.mk test/hostile/rules.mk test/boot/rules.mk test/load/rules.mk test/libfuzzer/rules.mk test/mutants/rules.mk bench/rules.mk

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
