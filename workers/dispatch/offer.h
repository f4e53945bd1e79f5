/* offer.h: what dispatch writes by itself: offers, exhaustion, expiry. */
#ifndef DISPATCH_OFFER_H
#define DISPATCH_OFFER_H

#include "workers/dispatch/dispatch.h"

/* What a case in ASSIGNING needs now: an offer, DispatchExhausted, or to wait. */
void offer_consider(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                    uint64_t cause_seq);

/* Looks again at every case that waits. cause_seq 0: a shift has changed, no record says
 * so. */
void offer_retry_waiting(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq);

/* Looks again at the cases that this worker, who got free, may help. */
void offer_freed(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq,
                 uint32_t worker);

/* `offer` said by a desk, to a worker it names. */
void offer_said(struct dispatch *dispatch, struct turn *turn, const struct record *record,
                const Sanji__Envelope *said, struct kase *kase);

/* ACK is due: T12, and DispatchExhausted when it was the last attempt. */
void offer_expire(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                  const struct case_timer *timer);

#endif
