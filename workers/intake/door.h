/* door.h: the `door` endpoint: requests in, receipts out after the commit.
 *
 *     ROUTER -> request (own arena) -> items WAITING -> TENTATIVE in a turn -> SETTLED
 *                                        ^---- the append was refused ----'      |
 *     `read`: SETTLED waits for the decision and the opened text         reply <-'
 *
 * Invariants
 *  1. A reply carries one receipt an item, in the order of the request, and leaves when the
 *     last of them rests on a committed record.
 *  2. The queue is bounded in items and bytes; beyond it a request is answered BUSY.
 *  3. A peer that has gone costs its replies, nothing else.
 */
#ifndef INTAKE_DOOR_H
#define INTAKE_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/turn.h"
#include "door.pb-c.h"
#include "proto/status.h"

struct door;
struct intake;
struct loop;

/* Binds the endpoint. Fails: as socket_bind. */
MUST_CHECK enum status door_open(struct loop *loop, const char *endpoint,
                                 struct intake *intake, struct door **door,
                                 struct fault *fault);
void door_close(struct door **door);

/* Called when something was queued and a turn should be taken. */
void door_on_work(struct door *door, void (*poke)(void *context), void *context);

bool door_waits(const struct door *door);
void door_admit(struct door *door, struct turn *turn);
void door_admitted(struct door *door, enum status status, uint64_t first_seq);

/* The decision on a `read` was committed: refused, or granted with what was opened (borrowed;
 * NULL: it could not be opened, `status` says why). */
void door_read_decided(struct door *door, uint64_t said_seq, enum status status,
                       const Sanji__SealedText *opened,
                       const Sanji__StatementRefused *refused);
/* True while a `read` with this Said waits for its answer here. */
bool door_awaits(const struct door *door, uint64_t said_seq);

#endif
