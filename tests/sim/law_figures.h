/* law_figures.h: properties 1 and 17 for figures: folding a log again, also over a cache put
 * back in the middle, gives the same integers; an exercise enters none of them.
 */
#ifndef TESTS_SIM_LAW_FIGURES_H
#define TESTS_SIM_LAW_FIGURES_H

#include "tests/sim/laws.h"
#include "tests/sim/simlog.h"

/* `cut`: at this record one folding goes on from what a cache keeps. Returns how many
 * figures have a value. */
size_t law_figures(const struct simlog *sim, uint64_t cut, struct laws *laws);

#endif
