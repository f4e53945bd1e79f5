/* round.h: one town of its own from one seed, and so many random statements; every record is
 * watched as it comes.
 *
 *     round_open -> round_play -> round_hold (laws of the log as a whole) -> round_close
 */
#ifndef TESTS_SIM_ROUND_H
#define TESTS_SIM_ROUND_H

#include "tests/sim/invariants.h"
#include "tests/sim/town.h"
#include "tests/sim/voice.h"
#include "tests/sim/watch.h"

enum {
    ROUND_ITEMS_MAX = 4096 /* of the letters that have not been burnt */
};

struct round {
    uint64_t seed;
    struct town *town;
    struct watch *watch;
    struct random random;
    struct arena *arena;
    uint64_t serial;
    uint64_t posted;
    bool is_slow;
    struct voice_meant meant[ROUND_ITEMS_MAX]; /* by item */
    size_t meant_count;
    uint64_t foreign, personal; /* said of no case; with personal data in the clear */
    struct laws laws;
};

/* Every fifth seed is slow: no urgent cases, weeks pass. Every fourth has faults. */
void round_open(struct round *round, uint64_t seed);
/* At least so many statements. False: some law is broken, round->laws says which. */
bool round_play(struct round *round, uint64_t statements);
void round_hold(struct round *round);
void round_close(struct round *round);

#endif
