# SPDX-License-Identifier: MIT
#
# Boots of Debian's kernels, included by the Makefile: make test/boot/6.1-page.ok

.PHONY: test-boot
test-boot: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh

test/boot/%.ok: all $(B)/bench/insn.so
	@BUILD=$(B) test/boot/run.sh $*
