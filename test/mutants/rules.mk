# SPDX-License-Identifier: MIT
#
# Faults, one at a time: see test/mutants/README. More than an hour on two cores.

.PHONY: mutants test-mutants
## whether all faults of test/mutants can be put in
test-mutants:
	@test/mutants/run.sh $(B) check

SLOW += mutants
## whether a test notices each fault
mutants: all
	@test/mutants/run.sh $(B)
