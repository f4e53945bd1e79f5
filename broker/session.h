/* session.h: who has said Hello on the log endpoint, found by peer and by number.
 *
 * Invariants
 *  1. A session's number is never used again, so an answer that comes after its end finds
 *     nobody. 0 is nobody's number: it is the broker's own.
 *  2. A session that is_broken is ended at the end of the turn, not where it broke: whoever
 *     noticed is in the middle of something.
 */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/socket.h"
#include "proto/status.h"
#include "store/log.h"

struct follow;

/* An acknowledgement that grows while a batch's items are walked: one for each session. */
struct session_ack {
    bool is_pending;
    uint64_t batch_no;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t cursor;
    int64_t recorded_at_ms;
};

/* What a session has said in its last Idle, and what it was told. */
struct session_idle {
    bool is_ticker;
    bool has_idled;
    unsigned unanswered; /* ticks */
    uint64_t read_seq;
    int64_t now_ms;
    int64_t next_due_ms;
    int64_t ticked_steady_ms; /* 0: never */
};

struct session {
    uint64_t no;
    struct socket_peer peer;
    char name[LOG_NAME_SIZE_MAX];
    bool is_writer;
    bool is_welcome; /* WELCOME was sent */
    bool is_broken;
    uint16_t writer;
    uint32_t epoch;
    size_t participant; /* of turns; SESSION_NO_PARTICIPANT */
    int64_t heard_ms;   /* steady */
    uint64_t appended;  /* records */
    uint64_t cursor;
    struct session_ack ack;
    struct session_idle idle;
    struct follow *follows;
    size_t at;            /* in sessions->all */
    struct session *next; /* of its bucket */
};

#define SESSION_NO_PARTICIPANT SIZE_MAX

struct sessions;

/* Never NULL. */
struct sessions *sessions_new(void);
void sessions_free(struct sessions **freeing);

/* NULL when SESSIONS_MAX are there. The peer has none yet. */
struct session *sessions_add(struct sessions *sessions, const struct socket_peer *peer);
/* Frees it; its follows are gone already. */
void sessions_remove(struct sessions *sessions, struct session **removing);

/* NULL: none. */
struct session *sessions_find(const struct sessions *sessions,
                              const struct socket_peer *peer);
struct session *sessions_by_no(const struct sessions *sessions, uint64_t no);

size_t sessions_count(const struct sessions *sessions);
/* In no order; removing one puts the last in its place. */
struct session *sessions_at(const struct sessions *sessions, size_t i);

#endif
