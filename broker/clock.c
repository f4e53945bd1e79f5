/* clock.c: arithmetic on two clocks of the machine and one of the log. */
#include "broker/clock.h"

#include <assert.h>

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void clock_init_wall(struct clock *clock, int64_t floor_ms)
{
    *clock = (struct clock){.rate = 1, .floor_ms = floor_ms};
}

void clock_init_driven(struct clock *clock, int64_t start_ms, int64_t floor_ms,
                       uint32_t rate, struct instant at)
{
    assert(rate <= CLOCK_RATE_MAX);
    *clock = (struct clock){.is_driven = true,
                            .rate = rate,
                            .base_ms = later(start_ms, floor_ms),
                            .base_steady_ms = at.steady_ms,
                            .floor_ms = floor_ms};
}

bool clock_runs(const struct clock *clock)
{
    return !clock->is_driven || (clock->rate != 0 && !clock->is_held);
}

int64_t clock_now_ms(const struct clock *clock, struct instant at)
{
    int64_t now_ms = at.wall_ms;
    if (clock->is_driven) {
        int64_t passed_ms = clock_runs(clock) ? at.steady_ms - clock->base_steady_ms : 0;
        now_ms = clock->base_ms + passed_ms * clock->rate;
    }
    return later(now_ms, clock->floor_ms);
}

int64_t clock_stamp_ms(struct clock *clock, struct instant at)
{
    int64_t stamp_ms = clock_now_ms(clock, at);
    if (clock_runs(clock)) {
        stamp_ms = later(stamp_ms, clock->tick_ms + 1);
    }
    clock->floor_ms = stamp_ms;
    return stamp_ms;
}

bool clock_tick_ms(const struct clock *clock, struct instant at, int64_t stamp_ms,
                   int64_t *tick_ms)
{
    if (!clock_runs(clock)) {
        if (stamp_ms != 0) {
            return false;
        }
        *tick_ms = clock_now_ms(clock, at);
        return true;
    }
    // The next batch may be stamped with this very millisecond, so the promise ends before.
    int64_t now_ms = clock_now_ms(clock, at) - 1;
    if (stamp_ms != 0 && stamp_ms - 1 < now_ms) {
        now_ms = stamp_ms - 1;
    }
    // What was promised once still holds: batches since then are stamped later.
    *tick_ms = later(now_ms, clock->tick_ms);
    return true;
}

void clock_note_tick(struct clock *clock, int64_t tick_ms)
{
    clock->tick_ms = later(clock->tick_ms, tick_ms);
}

int64_t clock_wait_ms(const struct clock *clock, struct instant at, int64_t due_ms)
{
    int64_t left_ms = due_ms - clock_now_ms(clock, at);
    if (!clock_runs(clock)) {
        return left_ms <= 0 ? 0 : -1;
    }
    left_ms += 1; // a tick says the millisecond that is over
    if (left_ms <= 0) {
        return 0;
    }
    return clock->is_driven ? (left_ms + clock->rate - 1) / clock->rate : left_ms;
}

// What has passed at the old rate becomes the base of what follows.
static void rebase(struct clock *clock, struct instant at)
{
    clock->base_ms = clock_now_ms(clock, at);
    clock->base_steady_ms = at.steady_ms;
}

void clock_jump(struct clock *clock, int64_t to_ms, struct instant at)
{
    assert(clock->is_driven);
    assert(to_ms >= clock_now_ms(clock, at));
    clock->base_ms = to_ms;
    clock->base_steady_ms = at.steady_ms;
}

void clock_set_rate(struct clock *clock, uint32_t rate, struct instant at)
{
    assert(clock->is_driven);
    assert(rate <= CLOCK_RATE_MAX);
    rebase(clock, at);
    clock->rate = rate;
}

void clock_hold(struct clock *clock, bool is_held, struct instant at)
{
    assert(clock->is_driven);
    rebase(clock, at);
    clock->is_held = is_held;
}
