# SPDX-License-Identifier: MIT
#
# libFuzzer targets: test/libfuzzer/NAME.c names the sources it links with in its second line,
# as host tests do. Those that say "bits: 32" are built for a core of 32 bits, as the monitor is, so that
# sizes and addresses overflow where its do. "len: N" is the longest input worth trying (8192).

LIBFUZZER := $(wildcard test/libfuzzer/*.c)
LIBFDT_32 := $(B)/libfdt/libfdt-i386.a
is_32      = $(shell sed -n 's|^// bits: 32$$|yes|p' $(1))
fuzz_bits  = $(if $(call is_32,$(1)),32,64)
fuzz_libs  = $(if $(call is_32,$(1)),-m32 $(subst -lfdt,$(LIBFDT_32),$(libs)),$(libs))
FUZZ_SAN   := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_CC    := clang $(CFLAGS) -Wno-unknown-warning-option -Wno-sign-conversion -Wno-float-conversion $(FUZZ_SAN)
$(call objects,libfuzzer64,$(FUZZ_CC))
$(call objects,libfuzzer32,$(FUZZ_CC) -m32)

$(LIBFDT_32):
	@mkdir -p $(@D)
	@cp "$$(guests/images/fetch.sh libfdt-i386)" $@

$(B)/libfuzzer/%: test/libfuzzer/%.c $$(if $$(call is_32,test/libfuzzer/$$*.c),$(LIBFDT_32)) \
  $$(call libfuzzer$$(call fuzz_bits,test/libfuzzer/$$*.c),test/libfuzzer/$$*.c test/host/fake_arch.c $$(call uses,test/libfuzzer/$$*.c))
	@mkdir -p $(@D)
	@clang $(FUZZ_SAN) -o $@ $(filter %.o,$^) $(call fuzz_libs,$<)

.PRECIOUS: $(B)/libfuzzer/%
## one libFuzzer target, for FUZZ_SECONDS (60)
test/libfuzzer/%.ok: $(B)/libfuzzer/% $(B)/palimpsest
	@test/libfuzzer/run.sh $(B) $*

.PHONY: check-libfuzzer
## all of them
check-libfuzzer:
	@guests/setup.sh build slow
	@$(MAKE) --no-print-directory $(B)/palimpsest $(LIBFUZZER:test/libfuzzer/%.c=$(B)/libfuzzer/%)
	@test/libfuzzer/run.sh $(B) $(LIBFUZZER:test/libfuzzer/%.c=%)

SLOW += check-libfuzzer
