/* speech.h: statements in a ledger, and what a stage decides on them. */
#ifndef TESTS_UNIT_SPEECH_H
#define TESTS_UNIT_SPEECH_H

#include "broker/runtime/stage.h"
#include "tests/sim/ledger.h"

/* Who says it: worker "" and org "" where there is none. */
struct speaker {
    enum role role;
    const char *worker;
    const char *org;
};

/* Commits a Said about the case (NULL: about none); `fields` may be NULL. It is then the
 * ledger's last record. */
void speech_say(struct ledger *ledger, const struct kase *kase, enum statement_kind kind,
                struct speaker speaker, Sanji__StatementFields *fields);

/* A turn of the stage on the ledger's last record, committed when something was emitted.
 * Returns how many records it led to. */
uint32_t speech_decide(struct ledger *ledger, const struct stage_ops *ops, void *context);
/* The same until a turn leads to nothing, at most `turns`: own records are decided too. */
void speech_decide_on(struct ledger *ledger, const struct stage_ops *ops, void *context,
                      unsigned turns);
/* A turn for one timer of the case, at its due time. */
uint32_t speech_due(struct ledger *ledger, const struct stage_ops *ops, void *context,
                    struct kase *kase, enum timer_kind kind, unsigned n);

/* The i-th record of the last turn, decoded; good until the next call. */
const Sanji__Envelope *speech_record(struct ledger *ledger, enum owner owner, uint32_t i);

#endif
