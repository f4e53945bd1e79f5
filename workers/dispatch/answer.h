/* answer.h: what is said to dispatch: ack, decline, arrive, progress, resolve; the rest is
 * handed to offer.h, recall.h and duty.h. */
#ifndef DISPATCH_ANSWER_H
#define DISPATCH_ANSWER_H

#include "workers/dispatch/dispatch.h"

/* Decides on one statement of dispatch's kinds; always writes an answer. */
void answer_decide(struct dispatch *dispatch, struct turn *turn,
                   const struct record *record, const Sanji__Envelope *said);

#endif
