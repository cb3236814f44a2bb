// SPDX-License-Identifier: MIT
//
// Random numbers of one case. Each case has a generator of its own that starts from the
// seed, the instruction set and the case's number, so it comes out the same whatever ran before.
// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#ifndef GUESTS_FUZZ_RNG_H
#define GUESTS_FUZZ_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct fuzz_rng {
	uint64_t state;
};

static inline uint64_t
fuzz_rng_64(struct fuzz_rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline struct fuzz_rng
fuzz_rng_start(uint64_t seed, unsigned isa, uint64_t number)
{
	struct fuzz_rng rng = {seed};

	rng.state = fuzz_rng_64(&rng) ^ isa;
	rng.state = fuzz_rng_64(&rng) ^ number;
	return rng;
}

static inline uint32_t
fuzz_rng_32(struct fuzz_rng *rng)
{
	return (uint32_t)(fuzz_rng_64(rng) >> 32);
}

// One of 0 to n - 1.
static inline uint32_t
fuzz_rng_below(struct fuzz_rng *rng, uint32_t n)
{
	return (uint32_t)((uint64_t)fuzz_rng_32(rng) * n >> 32);
}

// True in one of n cases.
static inline bool
fuzz_rng_one_in(struct fuzz_rng *rng, uint32_t n)
{
	return !fuzz_rng_below(rng, n);
}

// A word as programs have them: small, negative, one bit, all ones, or anything.
static inline uint32_t
fuzz_rng_word(struct fuzz_rng *rng)
{
	uint32_t word = fuzz_rng_32(rng);

	switch (fuzz_rng_below(rng, 6)) {
	case 0:
		return word & 0xffu;
	case 1:
		return ~(word & 0xffu);
	case 2:
		return 1u << (word & 31u);
	case 3:
		return word & 1u ? 0xffffffffu : 0;
	default:
		return word;
	}
}

#endif
