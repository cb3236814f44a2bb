# SPDX-License-Identifier: MIT
#
# Faults, one at a time: see test/mutants/README. More than an hour on two cores.

.PHONY: mutants
SLOW += mutants
mutants: all
	@test/mutants/run.sh $(B)
