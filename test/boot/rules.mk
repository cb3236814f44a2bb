# SPDX-License-Identifier: MIT
#
# Boots of Debian's kernels, included by the Makefile: make test/boot/6.1-page.ok; and
# test-bad, what doesn't boot.

.PHONY: test-boot test-bad
test-bad: all
	@BUILD=$(B) test/boot/bad.sh

test-boot: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh

test/boot/%.ok: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh $*
