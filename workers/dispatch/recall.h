/* recall.h: taking a case back from whom it was offered or who had it (T13), and standing
 * down those whom a broadcast no longer needs. */
#ifndef DISPATCH_RECALL_H
#define DISPATCH_RECALL_H

#include "workers/dispatch/dispatch.h"

/* What a recall rests on. `actor` NULL: the system's own. */
struct recall {
    uint64_t cause_seq;
    uint32_t reason_code;
    Sanji__Actor *actor;
};

/* `recall` said by a desk: the case, or with `worker` one of several who were offered it. */
void recall_said(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said, struct kase *kase);

/* Takes the case back from everybody: side events first, T13 last. */
void recall_case(struct turn *turn, struct kase *kase, const struct recall *recall);
/* Stands down those who were offered the case and have not acked. */
void recall_waiting(struct turn *turn, struct kase *kase, const struct recall *recall);

/* Whether a worker who was offered (acked) this case cannot go on: said to be off duty, on
 * leave or out of contact; or, having acked, his shift has ended since the offer. */
bool recall_is_gone(struct turn *turn, const struct kase *kase, uint32_t worker,
                    bool acked);
/* Takes back what the gone have, S1 first; `worker` 0: of all. False: the turn is full, and
 * the rest waits for the next call. */
bool recall_gone(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq,
                 uint32_t worker);

#endif
