/* supervise.h: supervision 督办: NONE -> NORMAL -> YELLOW -> RED, and what RESOLVE leads to.
 *
 * Invariants
 *  1. The level only rises until it is lifted; points stay.
 *  2. A level is raised by the duty leader of a tier above the holder (of the sub-district
 *     for what it holds itself), or by the policy; it is lifted by the desk that raised it or
 *     by an auditor, what the system raised by an auditor.
 */
#ifndef ESCALATION_SUPERVISE_H
#define ESCALATION_SUPERVISE_H

#include "workers/escalation/heard.h"

void supervise_said(const struct heard *heard);
void supervise_lift_said(const struct heard *heard);

/* FEEDBACK of the case has fired and the policy supervises it for that. True: done now. */
bool supervise_feedback(struct turn *turn, struct kase *kase, uint64_t cause_seq);
/* The limit of the whole case has passed while it is still open. */
void supervise_resolve_due(struct turn *turn, struct kase *kase,
                           const struct case_timer *timer);
/* Later still: ESCALATE without a number. */
void supervise_escalate_due(struct turn *turn, struct kase *kase,
                            const struct case_timer *timer);

#endif
