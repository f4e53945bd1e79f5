/* simlog_inside.h: what simlog.c, simlog_log.c and simlog_time.c share. */
#ifndef TESTS_SIM_SIMLOG_INSIDE_H
#define TESTS_SIM_SIMLOG_INSIDE_H

#include "proto/record.h"
#include "tests/sim/simlog.h"

enum {
    CREDIT_RECORDS = 1000,
    MESSAGE_RECORDS = 8,
    PACKED_MAX = 1024 * 1024,
    TABLE_SIZE = 1 << 16,
    LOG_ID = 77,
    ACTIONS_MAX = SIMLOG_PARTICIPANTS_MAX * 6
};

enum message_kind {
    SENT_HELLO,
    SENT_APPEND,
    SENT_IDLE,
    GOT_WELCOME,
    GOT_RECORDS,
    GOT_TICK,
    GOT_APPENDED,
    GOT_REFUSED
};

struct message {
    struct message *next;
    enum message_kind kind;
    uint32_t session;
    Sanji__Append append;
    Sanji__Idle idle;
    Sanji__Welcome welcome;
    Sanji__Records records;
    Sanji__Tick tick;
    Sanji__Appended appended;
    Sanji__Refused refused;
    uint8_t *packed;
    size_t size;
};

struct queue {
    struct message *first, *last;
};

struct row {
    const char *name;
    uint32_t epoch;
    uint64_t batch_no, first_seq, last_seq, cursor;
};

enum tick_owed {
    TICK_NONE,
    TICK_PLAIN,
    TICK_TURN
};

struct participant {
    struct simlog *sim;
    const struct stage_ops *ops;
    void *context;
    struct stage *stage; /* NULL: the process is down */
    enum status died;
    size_t row;
    uint32_t session; /* 0: none open; counts up */
    bool needs_hello;
    bool is_following;
    uint64_t sent_seq;
    uint64_t sent_records, taken_records;
    struct queue to_stage, to_broker;
    bool is_dirty; /* stage_next may have something to do */
    bool is_paused;
    enum tick_owed owes_tick;
    /* advance */
    bool has_turn, has_answered;
    Sanji__Idle idle;
};

struct stored {
    struct record record;
    uint8_t *bytes;
    bool is_newest; /* its author had read everything before its append */
};

struct decided { /* newest decision of a case */
    uint64_t key, seq;
};

struct simlog {
    struct simlog_options options;
    uint64_t random;
    struct stored *records;
    uint64_t head, room;
    int64_t recorded_ms;
    struct decided *decided;
    struct row rows[SIMLOG_PARTICIPANTS_MAX];
    size_t row_count;
    struct participant participants[SIMLOG_PARTICIPANTS_MAX];
    size_t count;
    uint32_t sessions;
    size_t current; /* whose turn it is in an advance */
    bool is_advancing;
    struct simlog_counts counts;
    uint8_t *packed;
};

/* ---- simlog_log.c ---- */

/* 0 .. below - 1 */
uint64_t simlog_draw(struct simlog *sim, uint64_t below);
/* Owns: memory for free(). */
void *simlog_zeroed(size_t size);

/* The queue owns what it returns, until it is taken. */
struct message *simlog_push(struct queue *queue, enum message_kind kind, uint32_t session);
/* Owns: the message; NULL: none waits. */
struct message *simlog_take(struct queue *queue);
void simlog_free_message(struct message *message);
void simlog_clear(struct queue *queue);
/* Copies the bytes into the message. */
void simlog_set_packed(struct message *message, struct bytes packed);

/* The broker's own record: LogOpened or ClockMoved. */
void simlog_put_own(struct simlog *sim, bool opened);
/* Takes the append or refuses it, and puts the answer under way. */
void simlog_decide_append(struct simlog *sim, struct participant *p,
                          struct message *message);

#endif
