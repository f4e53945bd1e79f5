/* invariants.h: the laws of a log, in one place: what must hold whatever died on the way.
 *
 *     log -> law_sequence, law_once, law_answers, law_versions, law_places, law_timers,
 *            law_found, law_sealed, law_replay, law_receipts
 *
 * Written against the contract, not against the code that the stages run: what they fold and
 * check themselves is used only where a law is about that (places, replay). Each violation is
 * a sentence; tests print them with the seed.
 */
#ifndef TESTS_SIM_INVARIANTS_H
#define TESTS_SIM_INVARIANTS_H

#include <stddef.h>

#include "tests/sim/laws.h"
#include "tests/sim/simlog.h"

/* Every number once, in order; time never goes back. */
void law_sequence(const struct simlog *sim, struct laws *laws);
/* No case is received twice, no reference leads to two records. */
void law_once(const struct simlog *sim, struct laws *laws);
/* Every statement has exactly one decision: records of its decider that follow each other
 * immediately, or one StatementRefused. */
void law_answers(const struct simlog *sim, struct laws *laws);
/* The versions of a case rise one by one. */
void law_versions(const struct simlog *sim, struct laws *laws);
/* Every record stands: it folds, and the checks of audit find nothing. */
void law_places(const struct simlog *sim, struct laws *laws);
/* At each position an open case has the timers of its state; no armed one is overdue at the
 * end. */
void law_timers(const struct simlog *sim, struct laws *laws);
/* Audit has found nothing. */
void law_found(const struct simlog *sim, struct laws *laws);
/* These words stand in no record. */
void law_sealed(const struct simlog *sim, const char *words, struct laws *laws);
/* Folding the log from its first record gives this world: cases byte for byte, workers. */
void law_replay(const struct simlog *sim, struct world *world, struct laws *laws);
/* Both have folded the same log: cases byte for byte, workers. */
void law_same_world(struct world *replayed, struct world *world, struct laws *laws);

struct law_receipt {
    uint64_t seq;
    const char *case_no; /* "": of a statement */
};

/* A stored receipt has its record. */
void law_receipts(const struct simlog *sim, const struct law_receipt *receipt,
                  struct laws *laws);

#endif
