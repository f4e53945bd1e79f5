/* dispatch.h: the grid teams' desk: who is offered a case, and what he answers.
 *
 *     ASSIGNING --T09 offer--> DISPATCHED --T10 ack--> IN_PROGRESS --T19 resolve--> RESOLVED
 *         ^----- T11 declined, T12 expired -----'
 *     nobody, or attempts used up: DispatchExhausted; escalation answers with the desk above
 *
 * Invariants
 *  1. An answer names its offer; an answer to another than the current one is refused with
 *     the current one named. Of several who were offered a case each has an offer of his own;
 *     the first to ack has the case, the others are stood down in the same append, and the
 *     last who declines or is silent moves it on.
 *  2. An offer's chosen worker, his cost and who was passed over stand in the event.
 *  3. Who declined, let an offer expire or was recalled by a desk is not offered the case
 *     again in this round; a shift's end or a lost contact blames nobody.
 *  4. Nobody keeps a case who is off duty: it comes back at the end of his shift, or when it
 *     is said that he is gone, S1 first.
 *  5. S3 and S4 wait at the desk while somebody may yet come on duty; S1 and S2 never wait.
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "broker/runtime/stage.h"
#include "broker/runtime/workload.h"
#include "workers/dispatch/pool.h"
#include "workers/dispatch/waiting.h"

struct process;

enum {
    WORKERS_SIZE = 100096 /* W00000 .. W99999, whole bytes */
};

struct dispatch {
    struct process *process; /* to say READY for; NULL in tests */
    struct world *world;     /* set when caught up */
    int64_t retried_ms;      /* waiting cases were last looked at */
    struct pool pool;        /* one weighing at a time */
    struct waiting waiting;  /* counted from the log, once caught up */
    uint8_t
        left[WORKERS_SIZE / 8]; /* recall_gone: whose shift's end was noted, a bit each */
};

/* Gives back what it grew; the rest is its owner's. */
void dispatch_reset(struct dispatch *dispatch);

extern const struct stage_ops dispatch_ops; /* context: struct dispatch */

#endif
