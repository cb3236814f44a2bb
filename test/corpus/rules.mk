# SPDX-License-Identifier: MIT
#
# Code of which it is known what it is, included by the Makefile: how well the page policy's rules judge it, and
# what they are learned from.

.PHONY: test-corpus test-corpus-all learn
test-corpus: all
	@test/corpus/check.sh $(B) sample

SLOW += test-corpus-all
test-corpus-all: all
	@test/corpus/check.sh $(B) all

# make learn: bt/likely_table.c, the costs of code and data, from what is in the corpus to tune with.
LEARN := $(addprefix guests/,truthload.c truthreloc.c file.c error.c)
$(B)/learn: test/corpus/learn.c $(LEARN) $(wildcard guests/*.h bt/*.h)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $(filter %.c,$^) -lm

learn: $(B)/learn
	@test/corpus/corpus.sh all $(CACHE)/corpus
	@test/corpus/learn.sh $(B)/learn $(CACHE)/corpus/tune > $(B)/likely_table.c
	@mv $(B)/likely_table.c bt/likely_table.c
