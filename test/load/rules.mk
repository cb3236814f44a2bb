# SPDX-License-Identifier: MIT
#
# Load in VMs, included by the Makefile; all of them are slow.

.PHONY: test-load
## load in a VM, by unmodified programs and modules
test-load: all
	@BUILD=$(B) test/load/run.sh

SLOW += test-load

## one of them: modules-page, ...
test/load/%.ok: all
	@BUILD=$(B) test/load/run.sh $*
