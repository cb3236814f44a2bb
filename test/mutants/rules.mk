# SPDX-License-Identifier: MIT
#
# Faults, one at a time: see test/mutants/README. More than an hour on two cores.

# test-mutants: whether all of them can be put in, no more.

.PHONY: mutants test-mutants
test-mutants:
	@test/mutants/run.sh $(B) check

SLOW += mutants
mutants: all
	@test/mutants/run.sh $(B)
