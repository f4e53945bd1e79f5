/* desk.h: the supervision centre's desk: what is said to it and what runs out.
 *
 *     RECEIVED -T05-> ACCEPTED            RESOLVED -T21-> REVISIT -T23-> CLOSED
 *        '----T06-> REJECTED                 |  '-T20-> ASSIGNING   '-T24-> ACCEPTED
 *                                            '-T22-> CLOSED -T25-> ACCEPTED
 *     verifying.h: T02 to T04    merging.h: T28, T29    closing.h: T20 to T25, T30, T31
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

/* True when T05 may happen by rule: category, severity and at least a community are known. */
bool desk_can_accept(const struct rules *rules, const struct kase *kase);
/* T05; in VERIFYING T03 after its first event. The envelope may already bring another
 * category, severity or area. */
void desk_accept(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                 bool automatic);
/* An envelope about the case, said by the statement's actor, with the place, category and
 * severity that the statement brings. NULL: refused, since something is still missing. */
Sanji__Envelope *desk_acceptance(struct turn *turn, const struct record *record,
                                 const Sanji__Envelope *said, const struct kase *kase);
/* Who handles a case neither verifies nor rejects it. True: refused. */
bool desk_refuses_handler(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, const struct kase *kase);

/* What the case needs from intake now, whatever record made us look: a check to be asked for,
 * an S1 not to be held up, a burst of reports to be told, a granted appeal to be carried out.
 * `envelope`: the record's. */
void desk_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                   const Sanji__Envelope *envelope);

/* Decides on a statement of intake's kinds but `read` and `erase`; always answers. */
void desk_decide(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said);

/* A timer of intake's kinds is due. */
void desk_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
