/* desk.h: the supervision centre's desk: accept, reject, check, revisit, close, reopen.
 *
 *     RECEIVED -T05-> ACCEPTED            RESOLVED -T21-> REVISIT -T23-> CLOSED
 *        '----T06-> REJECTED                 |  '-T20-> ASSIGNING   '-T24-> ACCEPTED
 *                                            '-T22-> CLOSED -T25-> ACCEPTED
 *
 * Invariants
 *  1. Who handled a case never checks it.
 *  2. Self-handled S3 and S4 pass by themselves when CHECK is due, unless drawn for a sample;
 *     the draw is a function of the case number, so replay draws the same.
 *  3. Nothing is closed by silence but an unsampled self-handled case and a revisit that
 *     reached nobody in the attempts the policy allows; both say so (automatic, UNREACHABLE).
 */
#ifndef INTAKE_DESK_H
#define INTAKE_DESK_H

#include "broker/runtime/turn.h"

/* T05. The envelope may already bring another category, severity or area. */
void desk_accept(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                 bool automatic);

/* What the case needs from intake now: a check to be asked for. */
void desk_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq);

/* Decides on a statement of intake's kinds but `read` and `erase`; always answers. */
void desk_decide(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said);

/* A timer of intake's kinds is due. */
void desk_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
