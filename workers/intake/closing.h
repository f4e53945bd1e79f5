/* closing.h: how a case ends, and how it comes back: T20 to T25, T30, T31. */
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
void closing_revisit(struct turn *turn, const struct record *record,
                     const Sanji__Envelope *said, struct kase *kase);
/* The last REVISIT has passed without an answer: T23, unreachable. */
void closing_unreachable(struct turn *turn, struct kase *kase);

/* T24 (after its first event) and T25: back in line with half the budget; T31: to be judged
 * anew. */
struct reopening {
    enum transition edge;
    uint64_t cause_seq;
    Sanji__Actor *actor; /* NULL: the system */
    uint32_t reason_code;
    bool by_reporter;
};

void closing_reopen(struct turn *turn, struct kase *kase,
                    const struct reopening *reopening);

/* `reopen` and `cancel`. */
void closing_decide_reopen(struct turn *turn, const struct record *record,
                           const Sanji__Envelope *said, struct kase *kase);
void closing_decide_cancel(struct turn *turn, const struct record *record,
                           const Sanji__Envelope *said, struct kase *kase);

/* An appeal was granted (DecisionMade of escalation): T31. `decided` NULL, or another record
 * than that decision: the system carries it out. */
void closing_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                      const Sanji__Envelope *decided);

#endif
