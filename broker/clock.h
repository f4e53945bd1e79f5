/* clock.h: the one clock. What `now` is, what a batch is stamped, what a tick may promise.
 *
 *     wall     now = the machine's clock, never behind the last stamp
 *     driven   now stands; it jumps (clock_jump), or runs at a rate from where it stood
 *
 * Pure: the machine's clocks are handed in.
 *
 * Invariants
 *  1. Stamps and nows never decrease, also when the machine's clock is set back.
 *  2. While time runs, a batch is stamped later than every tick that was sent before it: a
 *     tick promises that every record stamped <= its now was sent before it. While time
 *     stands (driven, rate 0) stamp and tick are both `now`.
 */
#ifndef BROKER_CLOCK_H
#define BROKER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The machine's clocks, both read at one moment. */
struct instant {
    int64_t wall_ms;
    int64_t steady_ms;
};

struct clock {
    bool is_driven;
    bool is_held; /* ADVANCE runs: the rate waits */
    uint32_t rate;
    int64_t base_ms; /* driven: now at base_steady_ms */
    int64_t base_steady_ms;
    int64_t floor_ms; /* the last stamp, or what stood in the log at the start */
    int64_t tick_ms;  /* the last tick */
};

enum {
    CLOCK_RATE_MAX = 1000000
};

/* `floor_ms`: newest clock value of the log. Driven time begins at start_ms, or at the floor
 * when that is later. */
void clock_init_wall(struct clock *clock, int64_t floor_ms);
void clock_init_driven(struct clock *clock, int64_t start_ms, int64_t floor_ms,
                       uint32_t rate, struct instant at);

int64_t clock_now_ms(const struct clock *clock, struct instant at);
/* Whether now moves by itself. */
bool clock_runs(const struct clock *clock);

/* The stamp of a batch that is begun now. */
int64_t clock_stamp_ms(struct clock *clock, struct instant at);

/* The latest `now` that a tick sent at this moment may name. `stamp_ms`: of the batch in
 * progress, 0 when there is none. False: none may be sent before that batch is done. */
bool clock_tick_ms(const struct clock *clock, struct instant at, int64_t stamp_ms,
                   int64_t *tick_ms);
/* A tick with this now was sent. */
void clock_note_tick(struct clock *clock, int64_t tick_ms);

/* Milliseconds of the steady clock until a tick may say due_ms: 0: now; -1: not by itself. */
int64_t clock_wait_ms(const struct clock *clock, struct instant at, int64_t due_ms);

/* Driven only. to_ms is not before now. */
void clock_jump(struct clock *clock, int64_t to_ms, struct instant at);
void clock_set_rate(struct clock *clock, uint32_t rate, struct instant at);
void clock_hold(struct clock *clock, bool is_held, struct instant at);

#endif
