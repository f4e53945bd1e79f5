/* rise.h: T15: a case goes up to the desk above it, or straight to a tier. */
#ifndef ESCALATION_RISE_H
#define ESCALATION_RISE_H

#include "broker/runtime/turn.h"

/* What made a case rise; stands in CaseEscalated. */
struct rise {
    uint64_t cause_seq;
    Sanji__EscalationCause cause;
    enum org_tier to; /* NONE: the next tier; else the tiers between are passed over */
    enum timer_kind fired;
    uint64_t late_ms;
    uint32_t reason_code;
    uint32_t step;
    Sanji__Actor *actor; /* NULL: the system */
};

/* False when the state does not rise, there is no tier above, or the case is there. */
bool rise_write(struct turn *turn, struct kase *kase, const struct rise *rise);

#endif
