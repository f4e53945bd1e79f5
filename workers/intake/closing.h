/* closing.h: how a case ends, and how it comes back: T20 to T25. */
#ifndef INTAKE_CLOSING_H
#define INTAKE_CLOSING_H

#include "broker/runtime/turn.h"

struct check_result {
    uint64_t cause_seq;  /* 0: a timer */
    Sanji__Actor *actor; /* NULL: the system */
    bool passed;
    bool automatic;
    uint32_t reason_code;
    Sanji__Evidence **evidence;
    size_t evidence_count;
};

/* T20 failed, T21 passed and the reporter is to be asked, T22 passed and closed. */
void closing_check(struct turn *turn, struct kase *kase, const struct check_result *result);

/* T23 solved, T24 not solved; nobody reached: an attempt, and after the last one T23. */
void closing_revisit(struct turn *turn, struct kase *kase, const struct record *record,
                     const Sanji__Envelope *said);
/* The last REVISIT has passed without an answer: T23, unreachable. */
void closing_unreachable(struct turn *turn, struct kase *kase);

/* T24 or T25 after its first event: back in line with half the budget. `said` gives actor and
 * reason. */
void closing_reopen(struct turn *turn, struct kase *kase, enum transition edge,
                    uint64_t cause_seq, const Sanji__Envelope *said);

#endif
