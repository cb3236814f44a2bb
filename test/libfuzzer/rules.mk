# SPDX-License-Identifier: MIT
#
# libFuzzer targets: test/libfuzzer/NAME.c names the sources it links with in its second line,
# as host tests do.
#   make test/libfuzzer/fit.ok       one of them, for FUZZ_SECONDS (60)
#   make check-libfuzzer             all

LIBFUZZER := $(wildcard test/libfuzzer/*.c)

$(B)/libfuzzer/%: test/libfuzzer/%.c test/host/fake_arch.c $$(call uses,test/libfuzzer/$$*.c) $(wildcard */*.h test/libfuzzer/*.h */*.def)
	@mkdir -p $(@D)
	@clang $(CFLAGS) -Wno-unknown-warning-option -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< \
	  test/host/fake_arch.c $(call uses,$<) $(call libs,$<)

.PRECIOUS: $(B)/libfuzzer/%
test/libfuzzer/%.ok: $(B)/libfuzzer/% $(B)/palimpsest
	@test/libfuzzer/run.sh $(B) $*

.PHONY: check-libfuzzer
check-libfuzzer:
	@guests/setup.sh build slow
	@$(MAKE) --no-print-directory $(B)/palimpsest $(LIBFUZZER:test/libfuzzer/%.c=$(B)/libfuzzer/%)
	@test/libfuzzer/run.sh $(B) $(LIBFUZZER:test/libfuzzer/%.c=%)

SLOW += check-libfuzzer
