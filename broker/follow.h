/* follow.h: records out, each follower at its own pace.
 *
 *     Follow -> next .. head, as far as credit reaches -> Records [from, upto] -> ... -> head
 *
 * Invariants
 *  1. What is sent is committed. Each Records message begins where the last one ended, so the
 *     follower knows that what is not in it did not match.
 *  2. A turn sends a bounded amount, and the next turn goes on with the next follower: none
 *     starves another, nor the writers.
 *  3. A record that does not match its checksum is never sent: that follow is refused with
 *     CORRUPT and the record's number.
 *  4. A follower that takes nothing costs its credit and no more: the log is its queue.
 */
#ifndef BROKER_FOLLOW_H
#define BROKER_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.pb-c.h"
#include "proto/status.h"

struct follows;
struct keeper;
struct session;

enum {
    FOLLOW_TURN_BYTES = 1024 * 1024, /* sent or looked at in one turn of the loop */
    FOLLOW_RANGE_MS = 100,           /* at most one empty range in this time */
    FOLLOWS_OF_SESSION_MAX = 16
};

/* Never NULL. */
struct follows *follows_new(void);
void follows_free(struct follows **follows);
size_t follows_count(const struct follows *follows);

/* Answers what is wrong by itself (Refused with the follow's number). */
void follow_open(struct keeper *keeper, struct session *session,
                 const Sanji__Follow *asked);
void follow_credit(struct keeper *keeper, struct session *session,
                   const Sanji__Credit *credit);
/* Ends one follow, or all of a session. One that does not exist: nothing happens. */
void follow_close(struct keeper *keeper, struct session *session, uint32_t follow_no);
void follow_close_all(struct keeper *keeper, struct session *session);

/* Sends what can be sent within the turn's bounds. */
void follow_pump(struct keeper *keeper);
/* Tells followers at the head how far was looked without a match. */
void follow_tell_ranges(struct keeper *keeper);

/* Whether everything up to the head was sent to this session. */
bool follow_is_caught_up(const struct keeper *keeper, const struct session *session);

#endif
