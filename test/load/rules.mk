# SPDX-License-Identifier: MIT
#
# Load in VMs, included by the Makefile: make test/load/modules-page.ok; all of them are slow.

.PHONY: test-load
test-load: all
	@BUILD=$(B) test/load/run.sh

SLOW += test-load

test/load/%.ok: all
	@BUILD=$(B) test/load/run.sh $*
