/* verifying.h: is it real? Somebody looks before the case is accepted: T02, T03, T04.
 *
 *     RECEIVED -T02-> VERIFYING -T03-> ACCEPTED      confirmed, or nobody answered in time
 *                       |    '---T04-> REJECTED      not found, and the desk says so
 *                       '- VERIFY fires: a second verifier; fires again: doubt counts as true
 *
 * Invariants
 *  1. An S1 is never held up: it is not sent here, and one that becomes S1 here is accepted.
 *  2. Silence never rejects: only the desk does, after a report that nothing was found.
 *  3. A verifier is named by the roster and its shifts, which are rules, never by what another
 *     stage writes.
 */
#ifndef INTAKE_VERIFYING_H
#define INTAKE_VERIFYING_H

#include "broker/runtime/turn.h"

/* True when the source's row says that such a report is seen before it is accepted. */
bool verifying_applies(const struct rules *rules, unsigned source,
                       uint32_t confidence_permille, enum severity severity);

/* T02, or in VERIFYING a further verifier. worker 0: whom the roster gives, if anybody.
 * actor NULL: the system. */
void verifying_request(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                       Sanji__Actor *actor, uint32_t worker);

void verifying_decide_verify(struct turn *turn, const struct record *record,
                             const Sanji__Envelope *said, struct kase *kase);
void verifying_decide_verified(struct turn *turn, const struct record *record,
                               const Sanji__Envelope *said, struct kase *kase);
/* The first of T04's two events; the caller writes CaseRejected. False: refused. */
bool verifying_may_reject(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase);

/* What has become an S1 meanwhile is accepted. */
void verifying_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq);
void verifying_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
