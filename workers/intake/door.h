/* door.h: what stands before the door: requests in, receipts out after the commit.
 *
 *     frame -> request (own arena) -> items WAITING -> TENTATIVE in a turn -> SETTLED
 *                                       ^---- the append was refused ----'      |
 *     `read`: SETTLED waits for the decision and the opened text        reply <-'
 *
 * Knows no socket: doorway.h brings the frames and takes the replies, in the simulation ring
 * a script does.
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

#include "broker/runtime/socket.h"
#include "broker/runtime/turn.h"
#include "door.pb-c.h"
#include "proto/status.h"

struct door;
struct intake;

/* Where replies go: `packed` is a DoorReply, borrowed for the call. */
typedef void (*door_reply_fn)(void *context, const struct socket_peer *peer,
                              struct bytes packed);

struct door *door_new(struct intake *intake, door_reply_fn reply, void *context);
/* Whoever still waits gets no reply. */
void door_free(struct door **door);

/* One DoorRequest as it came. What is wrong with it as a whole is answered at once, and so
 * is a request of which no item is sound. */
void door_take(struct door *door, const struct socket_peer *peer, struct bytes frame);
/* Answers a message that is no request at all. */
void door_refuse(struct door *door, const struct socket_peer *peer, enum status status);

/* True when a turn should be taken for what waits. */
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
