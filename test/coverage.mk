# SPDX-License-Identifier: MIT
#
# Branch coverage of the translator and the emulator by the host tests, a line per
# file and the sum, which must be COVERAGE_WANTED percent at least. LIST=1 lists the
# branches that no test took.

COVERAGE_WANTED := 90
COVERED := ^bt/|^monitor/cpu/((emulate[a-z_]*|ldst|access|inject|cp15[a-z_]*|cp14|cptable|vfpsys|psci)[.]c|vpsr[.]h)|^monitor/exit/hot[a-z_]*[.]c

$(B)/coverage/%.txt: test/host/%.c test/host/fake_arch.c $$(call uses,test/host/$$*.c) $(call flags,coverage,$(CC) $(CFLAGS))
	@rm -rf $(@:.txt=) && mkdir -p $(B)/obj/coverage
	@for f in $< test/host/fake_arch.c $(call uses,$<); do \
	  mkdir -p $(@:.txt=)/$${f%/*} && \
	  $(CC) $(CFLAGS) -O0 --coverage -MMD -MP -MT $@ -MF $(@:.txt=)/$${f%.c}.d -c -o $(@:.txt=)/$${f%.c}.o $$f || exit 1; done
	@find $(@:.txt=) -name '*.d' -exec cat {} + >$(B)/obj/coverage/$*.d
	@$(CC) --coverage -o $(@:.txt=)/run $$(find $(@:.txt=) -name '*.o') $(call libs,$<)
	@$(@:.txt=)/run >$(@:.txt=)/log || { cat $(@:.txt=)/log; exit 1; }
	@gcov -b -c -t $$(find $(@:.txt=) -name '*.gcda') >$@

.PHONY: coverage
## branch coverage of translator and emulator by the host tests; LIST=1 lists what is left
coverage: $(HOST_TEST:test/host/%.c=$(B)/coverage/%.txt)
	@awk -v wanted=$(COVERAGE_WANTED) -v only='$(COVERED)' -v list=$(LIST) -f test/coverage.awk $^
