/* turns.h: who works next while driven time is advanced, and when time may jump.
 *
 *     begin -> GIVE 0 .. idle(0) -> GIVE 1 .. idle(1) -> ... -> GIVE n .. idle(n)
 *       all have read to the head, nothing due?   no: go round again from the next one
 *       yes: JUMP to the earliest due, with a quantum at least to its end; from the first
 *            now == to: DONE
 *
 * Pure: says what to do next; who calls it sends, jumps and appends.
 *
 * Invariants
 *  1. At most one participant has the turn.
 *  2. Time jumps only when every participant has said that it has read to the head that
 *     stands now, and nothing of its own is due. What it said before the last jump still
 *     holds if neither is otherwise: a stage without news and without a due timer has
 *     nothing to decide, so it is not asked at every instant. Two exceptions: the first of
 *     the list, whose door takes in what others say at this instant; and the end, which
 *     everybody has seen.
 *  3. A participant that is down keeps its place: it is waited for and gets a fresh turn.
 *     The optional one (the driver) is a participant from its first Hello to its Bye.
 *  4. After a jump the round begins with the first, so the same input gives the same log.
 */
#ifndef BROKER_TURNS_H
#define BROKER_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

enum {
    TURNS_PARTICIPANTS_MAX = 16,
    TURNS_NAME_SIZE = 32
};

struct turns_participant {
    char name[TURNS_NAME_SIZE];
    bool is_optional;
    bool is_member; /* always, but for the optional one */
    bool is_connected;
    bool has_turn; /* a turn was sent and is not answered */
    bool has_answered;
    uint64_t read_seq;
    int64_t now_ms;
    int64_t next_due_ms; /* 0: no timer */
};

struct turns {
    size_t count;
    struct turns_participant participants[TURNS_PARTICIPANTS_MAX];
    bool is_running;
    size_t current;
    int64_t to_ms;
    int64_t quantum_ms; /* 0: from due time to due time */
    uint32_t steps;     /* jumps of this advance */
};

enum turns_act {
    TURNS_WAIT, /* for `participant`: its answer, or its coming back */
    TURNS_GIVE, /* send the turn to `participant`, then turns_gave */
    TURNS_JUMP, /* set the clock to `to_ms`, then ask again */
    TURNS_DONE
};

struct turns_step {
    enum turns_act act;
    size_t participant;
    int64_t to_ms;
};

/* `names`: comma-separated, in the order of turns; "driver" is added, optional.
 * Fails: INVALID (empty, too long, twice, more than fit). */
MUST_CHECK enum status turns_init(struct turns *turns, const char *names);

/* The participant of this name; `count` when there is none. */
size_t turns_find(const struct turns *turns, const char *name);

/* What sessions do. A turn that was under way is forgotten by both. */
void turns_joined(struct turns *turns, size_t participant);
void turns_left(struct turns *turns, size_t participant);
/* Said Bye: the optional one is no participant any more. */
void turns_gone(struct turns *turns, size_t participant);

/* Fails: BUSY while an advance runs; INVALID when to_ms lies before now_ms. */
MUST_CHECK enum status turns_begin(struct turns *turns, int64_t now_ms, int64_t to_ms,
                                   int64_t quantum_ms);
void turns_end(struct turns *turns);

void turns_gave(struct turns *turns, size_t participant);
/* An Idle of a participant. One that has no turn is not an answer and changes nothing. */
void turns_idle(struct turns *turns, size_t participant, uint64_t read_seq, int64_t now_ms,
                int64_t next_due_ms);

/* What is next, while an advance runs. Changes nothing but whose turn it is. */
struct turns_step turns_next(struct turns *turns, uint64_t head, int64_t now_ms);

/* Whom the advance waits for; "" when none runs. */
const char *turns_waiting_for(const struct turns *turns);

#endif
