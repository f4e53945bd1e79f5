/* keeper.c: the end of each turn of the loop.
 *
 *     done?  take it, hand over the next, then answer the one that is done
 *     idle?  hand over what arrived
 *     then   followers, ticks, sessions that broke
 */
#include "broker/keeper.h"

#include <assert.h>
#include <string.h>

#include "broker/admin.h"
#include "broker/answer.h"
#include "broker/commit.h"
#include "broker/committer.h"
#include "broker/follow.h"
#include "broker/front.h"
#include "broker/live.h"
#include "broker/own.h"
#include "broker/reply.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/ticker.h"

enum {
    BEAT_MS = 100,
    // A few appends with nobody else waiting: the hand-over to the committer and back would
    // cost a sixth of their latency. Source: reference measurement, 46 of 317 us.
    HERE_MAX = 4
};

struct instant keeper_instant(void)
{
    return (struct instant){.wall_ms = loop_wall_ms(), .steady_ms = loop_steady_ms()};
}

int64_t keeper_now_ms(const struct keeper *keeper)
{
    return clock_now_ms(&keeper->clock, keeper_instant());
}

bool keeper_is_settled(const struct keeper *keeper)
{
    return keeper->committing == NULL && keeper->filling->count == 0;
}

// ---- sessions -----------------------------------------------------------------------------

void keeper_add_ticker(struct keeper *keeper, struct session *session)
{
    if (session->idle.is_ticker) {
        return;
    }
    assert(keeper->ticker_count < SESSIONS_MAX);
    session->idle.is_ticker = true;
    keeper->tickers[keeper->ticker_count] = session;
    keeper->ticker_count++;
}

static void drop_ticker(struct keeper *keeper, const struct session *session)
{
    if (!session->idle.is_ticker) {
        return;
    }
    size_t i = 0;
    while (keeper->tickers[i] != session) {
        i++;
    }
    keeper->ticker_count--;
    keeper->tickers[i] = keeper->tickers[keeper->ticker_count];
}

void keeper_end_session(struct keeper *keeper, struct session *session, const char *why)
{
    if (session->participant != SESSION_NO_PARTICIPANT &&
        keeper->participants[session->participant] == session) {
        keeper->participants[session->participant] = NULL;
        turns_left(&keeper->turns, session->participant);
    }
    if (why != NULL && session->name[0] != '\0') {
        diag_say(DIAG_EV_SESSION_LOST, "peer=%s reason=%s", session->name, why);
    }
    drop_ticker(keeper, session);
    follow_close_all(keeper, session);
    sessions_remove(keeper->sessions, &session);
}

static void end_broken(struct keeper *keeper)
{
    size_t i = 0;
    if (!keeper->has_broken) {
        return;
    }
    keeper->has_broken = false;
    while (i < sessions_count(keeper->sessions)) {
        struct session *session = sessions_at(keeper->sessions, i);
        if (session->is_broken) {
            keeper_end_session(keeper, session, "cannot_send"); // the last one is at i now
        } else {
            i++;
        }
    }
}

static void end_silent(struct keeper *keeper)
{
    int64_t now_ms = loop_steady_ms();
    size_t i = 0;
    while (i < sessions_count(keeper->sessions)) {
        struct session *session = sessions_at(keeper->sessions, i);
        if (now_ms - session->heard_ms > keeper->silent_ms) {
            keeper_end_session(keeper, session, "silent");
        } else {
            i++;
        }
    }
}

// While this process was stopped it heard nobody: that was not their silence.
static void forgive(struct keeper *keeper, int64_t late_ms)
{
    for (size_t i = 0; i < sessions_count(keeper->sessions); i++) {
        sessions_at(keeper->sessions, i)->heard_ms += late_ms;
    }
}

static void on_beat(void *context)
{
    struct keeper *keeper = context;
    int64_t now_ms = loop_steady_ms();
    int64_t late_ms = now_ms - keeper->beat_steady_ms - BEAT_MS;
    keeper->beat_steady_ms = now_ms;
    if (late_ms > BEAT_MS) {
        forgive(keeper, late_ms);
    }
    end_silent(keeper);
    follow_tell_ranges(keeper);
    log_forget_cold(keeper->log);
}

// ---- batches ------------------------------------------------------------------------------

static struct batch *empty_batch(struct keeper *keeper)
{
    for (size_t i = 0; i < KEEPER_BATCHES; i++) {
        if (keeper->batches[i].count == 0 && &keeper->batches[i] != keeper->committing) {
            return &keeper->batches[i];
        }
    }
    assert(0 && "one of three is empty");
    return NULL;
}

static void note_store(struct keeper *keeper, const struct batch *batch)
{
    if (batch->is_store_full != keeper->is_store_full) {
        keeper->is_store_full = batch->is_store_full;
        diag_say(batch->is_store_full ? DIAG_EV_STORE_FULL : DIAG_EV_STORE_OK,
                 "used_bytes=%llu", (unsigned long long)log_used_bytes(keeper->log));
    }
}

static void finish(struct keeper *keeper, struct batch *batch)
{
    keeper->head = batch->head;
    keeper->place = batch->place;
    keeper->counts.commits++;
    keeper->counts.records += batch->head + 1 - batch->first_seq;
    note_store(keeper, batch);
    answer_batch(keeper, batch);
    live_publish(keeper, batch);
    admin_committed(keeper, batch);
    batch_clear(batch);
}

// Takes what arrived, stamps it and has it committed. The batch that was filled, when that is
// done already; NULL: it is under way.
static struct batch *hand_over(struct keeper *keeper, bool may_run_here)
{
    struct batch *batch = keeper->filling;
    batch->stamp_ms = clock_stamp_ms(&keeper->clock, keeper_instant());
    keeper->committing = batch;
    keeper->filling = empty_batch(keeper);
    front_read(keeper);
    if (may_run_here && batch->count <= HERE_MAX) {
        committer_run_here(keeper->committer, batch);
        keeper->committing = NULL;
        return batch;
    }
    committer_start(keeper->committer, batch);
    return NULL;
}

static void turn_batches(struct keeper *keeper)
{
    struct batch *done = committer_take(keeper->committer);
    if (done != NULL) {
        keeper->committing = NULL;
    }
    struct batch *done_here = NULL;
    // The disk goes on working while the answers are made.
    if (keeper->committing == NULL && keeper->filling->count != 0) {
        done_here = hand_over(keeper, done == NULL);
    }
    if (done != NULL) {
        finish(keeper, done);
    }
    if (done_here != NULL) {
        finish(keeper, done_here);
    }
}

static void on_turn(void *context)
{
    struct keeper *keeper = context;
    turn_batches(keeper);
    follow_pump(keeper);
    ticker_run(keeper);
    end_broken(keeper);
}

static void on_tick_timer(void *context)
{
    (void)context; // that the loop turns is all
}

// ---- start and stop -----------------------------------------------------------------------

void keeper_start(struct keeper *keeper)
{
    keeper->tick_timer = loop_timer_new(keeper->loop, on_tick_timer, keeper);
    keeper->beat = loop_timer_new(keeper->loop, on_beat, keeper);
    keeper->beat_steady_ms = loop_steady_ms();
    loop_timer_start(keeper->beat, BEAT_MS, BEAT_MS);
    loop_before_sleep(keeper->loop, on_turn, keeper);
    front_read(keeper);
}

void keeper_stop(struct keeper *keeper)
{
    keeper->is_draining = true;
    front_stop_reading(keeper);
    committer_stop(keeper->committer);
    struct batch *done = committer_take(keeper->committer);
    keeper->committing = NULL;
    if (done != NULL) {
        finish(keeper, done);
    }
    if (keeper->filling->count != 0) {
        struct batch *batch = keeper->filling;
        batch->stamp_ms = clock_stamp_ms(&keeper->clock, keeper_instant());
        keeper->filling = empty_batch(keeper);
        committer_run_here(keeper->committer, batch);
        finish(keeper, batch);
    }
    while (sessions_count(keeper->sessions) != 0) {
        struct session *session = sessions_at(keeper->sessions, 0);
        reply_bye(keeper, session, STATUS_OK, "drain");
        keeper_end_session(keeper, session, NULL);
    }
}
