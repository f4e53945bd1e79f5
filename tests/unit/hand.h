/* hand.h: a stage whose session is played by hand: one message at a time.
 *
 *     others -> ledger -> log -> hand_send -> the stage -> append -> hand_answer -> log
 *
 * The log is bytes in memory, as a broker would send them. */
#ifndef TESTS_UNIT_HAND_H
#define TESTS_UNIT_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/stage.h"
#include "tests/sim/ledger.h"

enum {
    SEEN_MAX = 2048,
    LOG_ID = 5,
    RULES = 5, /* records of the rules, at the log's beginning */
    DAY_MS = 86400000
};

/* A broker with one stage, and what it did. */
struct hand {
    struct ledger other; /* how the records of all others come about */
    struct stage *stage;
    struct stage_ops ops;
    /* the log */
    uint8_t *log;
    size_t log_size;
    size_t offsets[SEEN_MAX];
    uint64_t head, sent;
    /* what came through the port */
    Sanji__Append append;
    uint8_t *packed;
    size_t packed_size;
    unsigned appends, idles, pauses; /* appends: with records */
    bool answers_cursor;             /* appends without records are answered by run() */
    bool saves_cursor;
    unsigned cursors;
    Sanji__Idle idle;
    uint64_t taken;
    enum status died;
    /* what the functions of the stage saw */
    uint64_t decided[SEEN_MAX];
    size_t decided_count;
    uint64_t folded;
    int64_t now_ms;
    struct world_due fired[SEEN_MAX];
    size_t fired_count;
    unsigned caught_up, ticked;
    uint64_t outputs_for; /* decide() writes a note for this record; UINT64_MAX: for all */
    bool wants_admit, is_busy;
    unsigned admits;
    uint32_t admit_cases;
    enum status admitted;
    uint64_t admitted_seq;
    unsigned admitted_count;
    int64_t wake_ms;
    unsigned wakes;
    bool after_restart;
};

/* Puts packed records into the log as the broker would. */
void hand_commit(struct hand *h, struct bytes packed, int64_t at_ms);
/* Sends the stage what is in the log up to `upto`. */
void hand_send(struct hand *h, uint64_t upto);
/* Lets the stage work until it has nothing to do. */
void hand_run(struct hand *h);
/* Sends what is left and runs; the following do their one thing and run as well. */
void hand_send_all(struct hand *h);
void hand_welcome(struct hand *h, uint64_t cursor, uint64_t batch_no);
void hand_tick_with(struct hand *h, int64_t now_ms, bool turn);
void hand_tick(struct hand *h, int64_t now_ms);
/* Commits what the stage has in flight and tells it. */
void hand_answer(struct hand *h);
void hand_refuse(struct hand *h, enum status status, uint64_t seq);

/* Others write a received case. */
void hand_other_case(struct hand *h, enum severity severity);

/* cmocka's set-up and tear-down: *state is the hand; the rules are in its log. */
int hand_make(void **state);
int hand_unmake(void **state);

#endif
