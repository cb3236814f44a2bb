# SPDX-License-Identifier: MIT
#
# make             the monitor and the host command, in build/
# make run         boots a stock Debian kernel to a shell under the monitor
# make test        all tests, under 20 minutes; one: make test/host/scan.ok
# make check-slow  what takes longer: libFuzzer targets, boots (what the rules.mk add to SLOW)
# make coverage    branch coverage of translator and emulator by the host tests
# make bench       native against virtualized, as ratios
# make lint        static checks
# make install     PREFIX (/usr/local), DESTDIR
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

#----------------------------------------------------------------------------
# The monitor

MON_SRC := $(wildcard monitor/*.c bt/*.c mmu/*.c shadowpt/*.c)
MON_SRC := $(filter-out monitor/asm-offsets.c,$(MON_SRC))
MON_ASM := $(wildcard monitor/*.S)
MON_OBJ := $(B)/monitor/head.o $(filter-out $(B)/monitor/head.o,$(MON_ASM:%.S=$(B)/%.o)) $(MON_SRC:%.c=$(B)/%.o)
LIBFDT  := $(B)/libfdt/libfdt.a

.PHONY: all run test check-slow bench lint install clean
.DELETE_ON_ERROR:
all: $(B)/palimpsest.zImage $(B)/palimpsest $(B)/fuzz.bin

$(B)/palimpsest.zImage: $(B)/monitor.elf
	@$(CROSS)objcopy -O binary $< $@
	@echo "built $@, $$(stat -c %s $@) bytes"

$(B)/monitor.elf: $(MON_OBJ) monitor/monitor.lds $(LIBFDT)
	@undefined=$$($(CROSS)nm -u $(B)/monitor/hot*.o | grep " U "); \
	  test -z "$$undefined" || { echo "monitor/hot*.c call out of the window: $$undefined"; exit 1; }
	@$(CROSS)gcc $(TARGET) -nostdlib -Wl,-pie -Wl,--no-dynamic-linker,--no-warn-rwx-segments,--no-enum-size-warning,-z,noexecstack \
	  -Wl,--build-id=none -T monitor/monitor.lds -o $@ $(MON_OBJ) $(LIBFDT) -lgcc
	@$(CROSS)objdump -d $@ > $(B)/monitor.asm
	@$(CROSS)nm -n $@ > $(B)/monitor.sym

$(MON_OBJ): $(LIBFDT)

$(B)/asm-offsets.h: monitor/asm-offsets.c $(wildcard monitor/*.h) $(LIBFDT)
	@mkdir -p $(@D)
	@$(CROSS)gcc $(CFLAGS) $(TARGET) -isystem $(B)/libfdt -S -o - $< | \
	  sed -n 's/^.*@@ \([A-Z0-9_]*\) #*\([0-9-]*\).*/#define \1 \2/p' > $@

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(CFLAGS) $(TARGET) -isystem $(B)/libfdt -MMD -MP -c -o $@ $<

$(B)/%.o: %.S $(B)/asm-offsets.h
	@mkdir -p $(@D)
	@$(CROSS)gcc $(TARGET) -g -I. -I$(B) -MMD -MP -c -o $@ $<

# Debian's own libfdt for armhf, and the headers that go with it.
$(LIBFDT):
	@mkdir -p $(@D)
	@cp "$$(guests/fetch.sh libfdt)" $@.new
	@cp /usr/include/libfdt.h /usr/include/libfdt_env.h /usr/include/fdt.h $(@D)
	@mv $@.new $@

#----------------------------------------------------------------------------
# The host command, and what is native of the monitor in it

HOST_SRC := $(wildcard guests/*.c) monitor/guestfdt.c $(wildcard monitor/image*.c) $(filter-out bt/code.c bt/code_scan.c bt/code_thumb.c bt/code_fill.c bt/block.c,$(wildcard bt/*.c))
$(B)/palimpsest: $(HOST_SRC) $(wildcard guests/*.h monitor/*.h bt/*.h bt/*.def)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $(HOST_SRC) -pthread -lfdt -lz -llzma -lcapstone
	@echo "built $@"

install: all
	install -D -m 755 $(B)/palimpsest $(DESTDIR)$(PREFIX)/bin/palimpsest
	install -D -m 644 $(B)/palimpsest.zImage $(DESTDIR)$(PREFIX)/share/palimpsest/palimpsest.zImage
	install -D -m 644 $(B)/fuzz.bin $(DESTDIR)$(PREFIX)/share/palimpsest/fuzz.bin
	install -D -m 644 guests/palimpsest.1 $(DESTDIR)$(PREFIX)/share/man/man1/palimpsest.1

# The two that a fresh machine begins with: they install what is missing first.
run:
	@guests/setup.sh build
	@$(MAKE) --no-print-directory all
	@guests/run.sh

test:
	@guests/setup.sh build
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@echo "building the tests"
	@$(MAKE) --no-print-directory -k -j$$(nproc) $(HOST_TEST:test/host/%.c=$(B)/test/%) $(GUEST_TESTS:%=$(B)/guest/%.bin) || :
	@test/all.sh $(B) $(HOST_TEST:%.c=%.ok) test-cli test-scan test-corpus test-isa test-sysregs test-fuzz-command test-fuzz test-fuzz-mmu test-hostile test/guest.ok test-escape test-report test-break \
	  test-bad test-board test-firmware test-boot coverage test-mutants

check-slow:
	@guests/setup.sh build slow
	@$(MAKE) --no-print-directory all
	@LOG=$(B)/slow.log test/all.sh $(B) $(SLOW)

#----------------------------------------------------------------------------
# Host tests: test/host/NAME.c names the sources it links with in its second line

SAN       := -UDEBUG -DDEBUG -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_TEST := $(filter-out test/host/fake_%,$(wildcard test/host/*.c))
uses       = $(shell sed -n 's|^// uses: ||p' $(1))
libs       = $(shell sed -n 's|^// libs: ||p' $(1))

san        = $(patsubst %.c,$(B)/san/%.o,$(1))

.SECONDEXPANSION:
$(B)/san/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(SAN) -MMD -MP -c -o $@ $<

$(B)/test/%: test/host/%.c $$(call san,test/host/$$*.c test/host/fake_arch.c $$(call uses,test/host/$$*.c))
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $(filter %.o,$^) $(call libs,$<)

.PRECIOUS: $(B)/test/% $(B)/san/%.o
test/host/%.ok: $(B)/test/%
	@$<

# Every A32 word, T16 and T32 instruction against capstone; about 12 minutes on two cores.
$(B)/test/capstone-all: test/host/capstone.c $(call uses,test/host/capstone.c) $(wildcard bt/*.h bt/*.def test/host/*.def)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $< test/host/fake_arch.c $(call uses,$<) $(call libs,$<)

.PHONY: test-capstone-all
SLOW += test-capstone-all
test-capstone-all: $(B)/test/capstone-all
	@$< all 0/2 & $< all 1/2; odd=$$?; wait $$! && exit $$odd

# docs/isa.md and docs/sysregs.md are made from the tables; the copies in the repository must not be older than they.
$(B)/isa: docs/isa.c bt/decode.c bt/thumb.c bt/undefined.c $(wildcard bt/*.h bt/*.def)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $(filter %.c,$^)

.PHONY: docs/isa.md test-isa
docs/isa.md: $(B)/isa
	@$< > $@

test-isa: $(B)/isa
	@$< | diff -q - docs/isa.md > /dev/null || { echo "docs/isa.md is older than bt/*.def: make docs/isa.md"; exit 1; }
	@echo "isa: 1 passed, 0 failed"

$(B)/sysregs: docs/sysregs.c $(wildcard monitor/*.def monitor/*.h)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $<

.PHONY: docs/sysregs.md test-sysregs
docs/sysregs.md: $(B)/sysregs
	@$< > $@

test-sysregs: $(B)/sysregs
	@$< | diff -q - docs/sysregs.md > /dev/null || { echo "docs/sysregs.md is older than monitor/*.def: make docs/sysregs.md"; exit 1; }
	@echo "sysregs: 1 passed, 0 failed"

.PHONY: test-cli test-scan
test-cli: all
	@test/cli.sh $(B)

test-scan: all
	@test/scan.sh $(B)

#----------------------------------------------------------------------------
# Static checks

C_FILES   := $(wildcard bt/*.c mmu/*.c shadowpt/*.c monitor/*.c guests/*.c docs/*.c test/host/*.c test/boot/*.c test/corpus/*.c test/fuzz/*.c test/hostile/*.c test/libfuzzer/*.c bench/*.c)
ALL_FILES := $(C_FILES) $(wildcard bt/*.h mmu/*.h shadowpt/*.h monitor/*.h guests/*.h test/host/*.h test/boot/*.h test/fuzz/*.h test/hostile/*.h test/libfuzzer/*.h bench/*.h)
SH_FILES  := $(wildcard guests/*.sh test/*.sh test/*/*.sh bench/*.sh) guests/init .ci/run

lint:
	@guests/setup.sh build lint
	@$(MAKE) --no-print-directory all
	@echo "clang-format"; clang-format --dry-run -Werror $(ALL_FILES)
	@echo "cppcheck"; cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	  --suppress=missingIncludeSystem -D__arm__ -I. bt mmu shadowpt monitor guests
	@echo "gcc -fanalyzer"; for f in $(wildcard bt/*.c mmu/*.c shadowpt/*.c guests/*.c); do \
	  $(CC) $(CFLAGS) -fanalyzer -c -o /dev/null $$f || exit 1; done
	@echo "clang-tidy"; clang-tidy --quiet $(wildcard bt/*.c mmu/*.c shadowpt/*.c guests/*.c) -- -std=gnu11 -I. 2>/dev/null
	@echo "shellcheck"; shellcheck $(SH_FILES)

-include $(MON_OBJ:.o=.d) $(wildcard $(B)/san/*/*.d $(B)/san/*/*/*.d)

clean:
	rm -rf $(B)

include test/corpus/rules.mk test/coverage.mk test/guest/rules.mk test/fuzz/rules.mk test/hostile/rules.mk test/boot/rules.mk test/load/rules.mk test/libfuzzer/rules.mk test/mutants/rules.mk bench/rules.mk
