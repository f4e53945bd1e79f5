/* random.h: numbers drawn the same way on every machine: xoshiro256** seeded by SplitMix64.
 * Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS
 * 47 (2021). */
#ifndef SANJI_RANDOM_H
#define SANJI_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
/* 0 .. bound - 1, without bias; bound > 0. */
uint32_t random_below(struct random *random, uint32_t bound);
/* Shuffles `count` numbers. */
void random_shuffle(struct random *random, uint32_t *numbers, size_t count);

#endif
