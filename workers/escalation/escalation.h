/* escalation.h: the command centre: who holds a case, and who next.
 *
 *     ACCEPTED --T08--> ASSIGNING at the first desk
 *     DispatchExhausted, DISPATCH, RESOLVE, ARRIVE of an S1, `escalate` --T15--> the desk above
 *     at the sub-district there is no desk above: an alert to its duty leader, repeated
 *
 * Invariants
 *  1. Only this process moves the holder; the owner stays (domain 0.6).
 *  2. A case only rises; the clock of RESOLVE never restarts on the way (T15).
 *  3. An alert is a record: TimerFired with the desks told.
 */
#ifndef ESCALATION_ESCALATION_H
#define ESCALATION_ESCALATION_H

#include "broker/runtime/stage.h"

extern const struct stage_ops
    escalation_ops; /* context: the struct process to say READY for, or NULL */

#endif
