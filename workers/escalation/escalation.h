/* escalation.h: the command centre: who holds a case, who next, by when, under whose eyes.
 *
 *     ACCEPTED --T08--> ASSIGNING at the first desk                       routing.h
 *     exhausted, DISPATCH, RESOLVE, ARRIVE of an S1, `escalate` --T15-->   rise.h
 *     nobody takes it: the policy's steps by the clock                    steps.h
 *     `return` `extend` `suspend` `appeal` -> asked -> `decide`           request.h decide.h
 *     the municipal platform, and back                                   upstream.h
 *     departments called, joined, done                                    assist.h
 *     urged, supervised, late                                             urge.h supervise.h
 *     severity, category, and every deadline with them                    change.h
 *
 * Invariants
 *  1. Only this process moves the holder; the owner stays, but for a final decision.
 *  2. A case only rises, but for a decision or the platform that sends it back; the clock of
 *     RESOLVE never restarts on the way.
 *  3. An alert is a record: TimerFired with the desks told; repeated, it comes less often.
 *  4. What the rules in force do not say (Policy.escalation) is not done.
 *  5. A new calendar counts for what is armed from then on: a deadline that stands is moved
 *     by a record on its case alone, and there is none for that.
 */
#ifndef ESCALATION_ESCALATION_H
#define ESCALATION_ESCALATION_H

#include "broker/runtime/stage.h"

extern const struct stage_ops
    escalation_ops; /* context: the struct process to say READY for, or NULL */

#endif
