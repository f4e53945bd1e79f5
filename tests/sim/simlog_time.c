/* simlog_time.c: driven time: the turn goes round until nobody has anything to do, then time
 * jumps. */
#include <assert.h>

#include "tests/sim/simlog_inside.h"

static bool is_quiet(const struct simlog *sim, const struct participant *p)
{
    bool is_due = p->idle.next_due_ms != 0 && p->idle.next_due_ms <= sim->options.now_ms;
    return p->has_answered && p->idle.read == sim->head &&
           p->idle.now_ms == sim->options.now_ms && !is_due;
}

static bool is_all_quiet(const struct simlog *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        if (!is_quiet(sim, &sim->participants[i])) {
            return false;
        }
    }
    return true;
}

static void begin_round(struct simlog *sim)
{
    sim->current = 0;
    for (size_t i = 0; i < sim->count; i++) {
        sim->participants[i].has_answered = false;
        sim->participants[i].has_turn = false;
    }
}

static void jump(struct simlog *sim, int64_t to_ms)
{
    for (size_t i = 0; i < sim->count; i++) {
        int64_t due_ms = sim->participants[i].idle.next_due_ms;
        if (due_ms > sim->options.now_ms && due_ms < to_ms) {
            to_ms = due_ms;
        }
    }
    sim->options.now_ms = to_ms;
    begin_round(sim);
}

// Gives the turn to whoever is next and not quiet.
static void give_turn(struct simlog *sim)
{
    while (is_quiet(sim, &sim->participants[sim->current])) {
        sim->current = (sim->current + 1) % sim->count;
    }
    struct participant *p = &sim->participants[sim->current];
    if (p->is_following && !p->has_turn) {
        p->has_turn = true;
        p->has_answered = false;
        p->owes_tick = TICK_TURN;
    }
}

bool simlog_advance(struct simlog *sim, int64_t to_ms)
{
    assert(sim->options.driven && to_ms >= sim->options.now_ms && sim->count > 0);
    begin_round(sim);
    sim->is_advancing = true;
    for (uint64_t steps = 0; steps < SIMLOG_STEPS_MAX; steps++) {
        if (!sim->participants[sim->current].has_turn) {
            if (is_all_quiet(sim) && sim->options.now_ms >= to_ms) {
                sim->is_advancing = false;
                simlog_put_own(sim, false);
                simlog_set_now(sim, to_ms);
                return simlog_settle(sim);
            }
            if (is_all_quiet(sim) ||
                (sim->options.jumps_early && simlog_draw(sim, 4) == 0)) {
                jump(sim, to_ms);
            }
            give_turn(sim);
        }
        if (sim->options.before_step != NULL) {
            sim->options.before_step(sim->options.step_context);
        }
        if (!simlog_step(sim) && sim->options.before_step == NULL) {
            return false;
        }
    }
    return false;
}

const char *simlog_waiting_for(const struct simlog *sim)
{
    return sim->is_advancing ? sim->participants[sim->current].ops->name : "";
}
