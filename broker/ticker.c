/* ticker.c: plain ticks by next_due, turns by turns_next. */
#include "broker/ticker.h"

#include <assert.h>

#include "broker/admin.h"
#include "broker/follow.h"
#include "broker/keeper.h"
#include "broker/reply.h"
#include "broker/runtime/loop.h"
#include "proto/limits.h"

enum {
    // Steps taken in one turn of the loop without an answer from anybody: there is nearly
    // always one to wait for.
    STEPS_MAX = 64
};

static void send_tick(struct keeper *keeper, struct session *session, int64_t now_ms,
                      bool is_turn)
{
    Sanji__Tick tick = SANJI__TICK__INIT;
    tick.now_ms = now_ms;
    tick.head = keeper->head;
    tick.turn = is_turn;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_TICK;
    reply.tick = &tick;
    reply_send(keeper, session, &reply);
    session->idle.unanswered++;
    session->idle.ticked_steady_ms = loop_steady_ms();
}

// ---- plain ticks --------------------------------------------------------------------------

static bool is_waiting(const struct keeper *keeper, const struct session *session)
{
    const struct session_idle *idle = &session->idle;
    bool is_first = session->participant != SESSION_NO_PARTICIPANT &&
                    idle->ticked_steady_ms == 0 && session->follows != NULL;
    return session->is_welcome && !session->is_broken && idle->unanswered == 0 &&
           (idle->has_idled || is_first) && follow_is_caught_up(keeper, session);
}

// Milliseconds until this session is to be ticked; 0: now.
static int64_t wait_of(const struct keeper *keeper, const struct session *session,
                       struct instant at)
{
    const struct session_idle *idle = &session->idle;
    if (idle->ticked_steady_ms == 0) {
        return 0;
    }
    int64_t wait_ms = idle->ticked_steady_ms + TICK_INTERVAL_MS - at.steady_ms;
    if (idle->next_due_ms != 0 && idle->next_due_ms > idle->now_ms) {
        int64_t due_wait_ms = clock_wait_ms(&keeper->clock, at, idle->next_due_ms);
        if (due_wait_ms >= 0 && due_wait_ms < wait_ms) {
            wait_ms = due_wait_ms;
        }
    }
    return wait_ms > 0 ? wait_ms : 0;
}

// Returns the wait until the next tick of anybody who waits.
static int64_t tick_sessions(struct keeper *keeper)
{
    struct instant at = keeper_instant();
    int64_t stamp_ms = keeper->committing != NULL ? keeper->committing->stamp_ms : 0;
    int64_t now_ms = 0;
    bool may_tick = clock_tick_ms(&keeper->clock, at, stamp_ms, &now_ms);
    int64_t next_ms = TICK_INTERVAL_MS;
    for (size_t i = 0; i < keeper->ticker_count; i++) {
        struct session *session = keeper->tickers[i];
        if (!is_waiting(keeper, session)) {
            continue;
        }
        int64_t wait_ms = wait_of(keeper, session, at);
        if (wait_ms == 0 && may_tick) {
            clock_note_tick(&keeper->clock, now_ms);
            send_tick(keeper, session, now_ms, false);
        } else if (wait_ms < next_ms) {
            next_ms = wait_ms;
        }
    }
    return next_ms;
}

// ---- turns --------------------------------------------------------------------------------

static bool give(struct keeper *keeper, size_t participant, int64_t now_ms)
{
    struct session *session = keeper->participants[participant];
    if (session == NULL || session->is_broken || session->idle.unanswered != 0 ||
        !follow_is_caught_up(keeper, session)) {
        return false;
    }
    send_tick(keeper, session, now_ms, true);
    turns_gave(&keeper->turns, participant);
    return true;
}

// False: something must happen first.
static bool take_step(struct keeper *keeper)
{
    struct instant at = keeper_instant();
    int64_t now_ms = clock_now_ms(&keeper->clock, at);
    struct turns_step step = turns_next(&keeper->turns, keeper->head, now_ms);
    switch (step.act) {
    case TURNS_WAIT:
        return false;
    case TURNS_GIVE:
        return give(keeper, step.participant, now_ms);
    case TURNS_JUMP:
        clock_jump(&keeper->clock, step.to_ms, at);
        return true;
    case TURNS_DONE:
        admin_advanced(keeper);
        return false;
    }
    assert(0 && "a step");
    return false;
}

void ticker_run(struct keeper *keeper)
{
    if (keeper->turns.is_running) {
        for (int i = 0; i < STEPS_MAX && keeper->turns.is_running; i++) {
            if (!keeper_is_settled(keeper) || !take_step(keeper)) {
                return;
            }
        }
        return;
    }
    int64_t wait_ms = tick_sessions(keeper);
    loop_timer_start(keeper->tick_timer, wait_ms > 0 ? wait_ms : 1, 0);
}
