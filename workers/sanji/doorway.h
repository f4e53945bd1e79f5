/* doorway.h: puts submissions and statements in front of intake's door until each is answered.
 *
 *     doorway_submit ... --> queue --> DoorRequest (up to `batch` items) --> DoorReply
 *                          ^                                                |
 *                          +---- busy, or nothing heard: again, back-off ---+--> answered()
 *
 * Invariants
 *  1. An item is sent again as the same bytes, so a repeat is the same submission.
 *  2. Each item is answered exactly once: by intake, or by us with UNREACHABLE when nothing
 *     final was heard for `give_up_ms`.
 *  3. At most `window` items are unanswered; memory is bounded by that.
 *
 * All calls come from the loop's thread.
 */
#ifndef SANJI_DOORWAY_H
#define SANJI_DOORWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "door.pb-c.h"

struct loop;
struct doorway;

enum {
    DOOR_WINDOW = 1000,
    DOOR_BATCH = 64,
    DOOR_GIVE_UP_MS = 600000
};

struct doorway_options {
    uint32_t window;    /* unanswered items; 0: DOOR_WINDOW */
    uint32_t batch;     /* items of one message; 0: DOOR_BATCH */
    int64_t give_up_ms; /* 0: DOOR_GIVE_UP_MS; -1: never */
    bool waits_if_full; /* STORE_FULL is waited out as BUSY is, for give_up_ms */
    bool in_order;      /* one message in flight, so that a repeat overtakes nothing */
};

struct doorway_events {
    /* Answers come in any order. The receipt is borrowed for the call. Outcome BUSY never
     * comes: it was sent again. */
    void (*answered)(void *context, uint64_t item, const Sanji__Receipt *receipt);
    /* Room again after doorway_has_room was false; may be NULL. */
    void (*room)(void *context);
};

/* Connects to RUN/door.ipc; the door may be opened later. Prints and exits with 2 when the
 * path cannot be an endpoint. */
struct doorway *doorway_new(struct loop *loop, const char *run_dir,
                            const struct doorway_options *options,
                            const struct doorway_events *events, void *context);
void doorway_free(struct doorway **freeing);

bool doorway_has_room(const struct doorway *door);
uint64_t doorway_unanswered(const struct doorway *door);

/* Queues a copy; returns the item's number: 1, 2, 3 in order of the calls. It leaves at the
 * end of the loop's turn or when a batch is full. Also possible without room: the window is
 * a promise of the caller. */
uint64_t doorway_submit(struct doorway *door, const Sanji__Submission *submission);
uint64_t doorway_say(struct doorway *door, const Sanji__Statement *statement);

#endif
