/* steps.h: what the escalation policy does by the clock (domain 4.6): climb, call a
 * department, hand over, while nobody has taken the case.
 *
 *     CaseRouted (T08) arms step 1 -> fires -> acts, arms step 2 -> ...     ESCALATE n = step
 *
 * Invariants
 *  1. At most one step is armed.
 *  2. Offsets count from the receipt; a step that is past when its turn comes (a late
 *     acceptance, a reopening, a standstill) keeps its distance from the one before it, so
 *     that a desk is never passed over because others were slow.
 *  3. A step does nothing to a case that somebody has taken.
 */
#ifndef ESCALATION_STEPS_H
#define ESCALATION_STEPS_H

#include "broker/runtime/turn.h"

/* Arms the step after `step` (0: the first) of the envelope's severity with this record;
 * nothing where there is none. */
void steps_arm(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase,
               unsigned step);
/* Cancels the step that is armed or has fired, if any. */
void steps_cancel(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase);
/* ESCALATE with n > 0 is due. */
void steps_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
