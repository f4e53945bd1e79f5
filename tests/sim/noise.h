/* noise.h: anything that the door lets in: submissions and statements drawn at random, most of
 * them wrong for the case they name. What they lead to does not matter; that nobody dies of
 * them, and that each is answered once, does. */
#ifndef TESTS_SIM_NOISE_H
#define TESTS_SIM_NOISE_H

#include <stddef.h>

#include "tests/sim/town.h"

struct random;

/* Posts one letter; `serial` makes its reference. */
void noise_make(struct town *town, struct random *random, size_t serial);

#endif
