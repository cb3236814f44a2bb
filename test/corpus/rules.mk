# SPDX-License-Identifier: MIT
#
# Code of which it is known what it is, included by the Makefile: how well the page policy's rules judge it, and
# what they are learned from.

.PHONY: test-corpus test-corpus-all learn
## how well the page policy's rules judge known code
test-corpus: all
	@test/corpus/check.sh $(B) sample

SLOW += test-corpus-all
## the same, of 176 MiB
test-corpus-all: all
	@test/corpus/check.sh $(B) all

# bt/scan/likely_table.c, the costs of code and data, from what is in the corpus to tune with.
LEARN := $(addprefix guests/scan/,truthload.c truthreloc.c) $(addprefix guests/cli/,file.c deadline.c error.c)
$(call program,$(B)/learn,test/corpus/learn.c $(LEARN),-lm)

## bt/scan/likely_table.c anew
learn: $(B)/learn
	@test/corpus/corpus.sh all $(CACHE)/corpus
	@test/corpus/learn.sh $(B)/learn $(CACHE)/corpus/tune > $(B)/likely_table.c
	@mv $(B)/likely_table.c bt/scan/likely_table.c
