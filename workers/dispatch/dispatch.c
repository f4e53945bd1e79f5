/* dispatch.c: what the grid teams' desk decides. See dispatch.h. */
#include "workers/dispatch/dispatch.h"

#include <assert.h>

#include "broker/runtime/process.h"
#include "workers/dispatch/answer.h"
#include "workers/dispatch/offer.h"
#include "workers/dispatch/overload.h"
#include "workers/dispatch/recall.h"

/* Events after which somebody may be free, or a filter may have changed. */
enum {
    REASON_OFF_DUTY = 501
};

static bool frees_somebody(unsigned type)
{
    static const uint8_t frees[] = {
        EVENT_CASE_RESOLVED,     EVENT_DISPATCH_DECLINED, EVENT_DISPATCH_EXPIRED,
        EVENT_DISPATCH_RECALLED, EVENT_CASE_ESCALATED,    EVENT_CASE_CANCELLED,
        EVENT_CASE_MERGED,       EVENT_CASE_SUSPENDED,    EVENT_UPSTREAM_SUBMITTED,
        EVENT_DUTY_CHANGED,      EVENT_RULES_PUBLISHED};

    for (size_t i = 0; i < sizeof frees; i++) {
        if (frees[i] == type) {
            return true;
        }
    }
    return false;
}

/* Whom the record freed, and for all when it changed the rules or opened a desk's doors. */
static void retry(struct dispatch *dispatch, struct turn *turn, const struct record *record,
                  const Sanji__Envelope *envelope)
{
    uint32_t workers[WORKLOAD_CARRIERS];
    size_t count = 0;
    const unsigned type = envelope->body_case;
    if (type == EVENT_RULES_PUBLISHED ||
        (type == EVENT_OVERLOAD_RAISED && envelope->overload_raised->worker[0] == '\0')) {
        offer_retry_waiting(dispatch, turn, record->seq);
    } else if (!waiting_who(&dispatch->waiting, record->seq, workers, WORKLOAD_CARRIERS,
                            &count)) {
        // Read before this process had caught up: anybody may have got free.
        if (frees_somebody(type)) {
            offer_retry_waiting(dispatch, turn, record->seq);
        }
    }
    for (size_t i = 0; i < count; i++) {
        offer_freed(dispatch, turn, record->seq, workers[i]);
    }
}

/* A full-time worker has got or given up minutes. */
static bool moves_load(const struct kase *kase, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case EVENT_DISPATCH_OFFERED:
        return envelope->dispatch_offered->role == SANJI__ROLE__ROLE_FULLTIME;
    case EVENT_DISPATCH_RECALLED:
    case EVENT_CASE_RESOLVED:
    case EVENT_CASE_ESCALATED:
        return kase->offered_role == ROLE_FULLTIME;
    default:
        return false;
    }
}

/* 0: not a number, and so nobody: a worker's number is never 0. */
static uint32_t worker_of(const char *text)
{
    uint32_t worker = 0;
    return id_worker_parse(text, &worker) == STATUS_OK ? worker : 0;
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    struct dispatch *dispatch = context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        if (vocab_statement_decider(envelope->said->kind) == OWNER_DISPATCH) {
            answer_decide(dispatch, turn, record, envelope);
        }
        return;
    }
    if (!rules_complete(turn_rules(turn))) {
        return; // nothing can be offered before the log holds a roster
    }
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DUTY_CHANGED) {
        (void)recall_gone(dispatch, turn, record->seq, // what is left: at the next shift
                          worker_of(envelope->duty_changed->worker));
    }
    if (kase != NULL) {
        offer_consider(dispatch, turn, kase, record->seq);
    }
    retry(dispatch, turn, record, envelope);
    if (kase != NULL && moves_load(kase, envelope)) {
        overload_check(dispatch, turn, org_community(kase->area), record->seq);
    }
}

/* The assignee has not arrived, or has said nothing for long. */
static void late_or_silent(struct turn *turn, struct kase *kase,
                           const struct case_timer *timer)
{
    const bool silent = timer->kind == TIMER_PROGRESS;
    const bool first = silent && timer->times == 0;
    const struct turn_told told[2] = {
        {.worker = kase->worker},
        {.org = org_community(kase->area), .role = ROLE_GRID_CHIEF},
    };
    // Once: he is urged. Twice in a row: somebody else, if he is gone, else his chief.
    const bool gone = silent && !first &&
                      !world_on_duty(turn_world(turn), kase->worker, turn_now_ms(turn));
    turn_timer_fired(turn, kase, timer, told, first ? 1 : 2, silent && !gone);
    if (gone) {
        recall_case(turn, kase, &(struct recall){.reason_code = REASON_OFF_DUTY});
    }
}

static void due(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer)
{
    struct dispatch *dispatch = context;
    const struct case_timer fired = *timer; // the fold moves the place it stands in
    if (fired.kind == TIMER_ACK) {
        offer_expire(dispatch, turn, kase, &fired);
    } else {
        assert(fired.kind == TIMER_ARRIVE || fired.kind == TIMER_PROGRESS);
        late_or_silent(turn, kase, &fired);
    }
}

/* The next change of a shift, while a case waits for somebody to come on duty, or is in the
 * hands of somebody whose shift may end. */
static bool stop_at_waiting(void *context, struct kase *kase)
{
    bool *waits = context;
    *waits = kase->state == STATE_IN_PROGRESS || !kase->exhausted;
    return !*waits;
}

static bool is_watched(struct dispatch *dispatch)
{
    bool waits = false;
    world_each_in_state(dispatch->world, STATE_IN_PROGRESS, stop_at_waiting, &waits);
    if (!waits) {
        world_each_in_state(dispatch->world, STATE_ASSIGNING, stop_at_waiting, &waits);
    }
    return waits;
}

static int64_t next_wake_ms(void *context)
{
    struct dispatch *dispatch = context;
    if (dispatch->world == NULL || !rules_complete(world_rules(dispatch->world))) {
        return 0;
    }
    const struct rules *rules = world_rules(dispatch->world);
    const Sanji__Roster *roster = rules_roster(rules);
    int64_t next_ms = overload_next_ms(dispatch->world);
    const bool watched = is_watched(dispatch);
    for (size_t i = 0; watched && i < roster->n_shifts; i++) {
        const Sanji__Worker probe = {.shift_id = roster->shifts[i]->id};
        int64_t changes_ms = INT64_MAX;
        (void)rules_on_shift(rules, &probe, dispatch->retried_ms, &changes_ms); // only when
        next_ms = changes_ms < next_ms ? changes_ms : next_ms;
    }
    return next_ms == INT64_MAX ? 0 : next_ms;
}

static void wake(void *context, struct turn *turn)
{
    struct dispatch *dispatch = context;
    if (!recall_gone(dispatch, turn, 0, 0)) {
        return; // the rest with the next append, at the same time
    }
    overload_due(dispatch, turn);
    dispatch->retried_ms = turn_now_ms(turn);
    offer_retry_waiting(dispatch, turn, 0);
}

static void ticked(void *context, int64_t now_ms)
{
    struct dispatch *dispatch = context;
    if (dispatch->world != NULL) {
        waiting_decided(&dispatch->waiting, dispatch->world);
    }
    // A shift that changed while nothing waited needs no second look.
    if (next_wake_ms(dispatch) == 0) {
        dispatch->retried_ms = now_ms;
    }
}

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct dispatch *dispatch = context;
    if (dispatch->world != NULL && status == STATUS_OK && envelope != NULL) {
        waiting_folded(&dispatch->waiting, world, record, envelope);
    }
}

void dispatch_reset(struct dispatch *dispatch)
{
    pool_reset(&dispatch->pool);
    waiting_reset(&dispatch->waiting);
}

static void caught_up(void *context, struct world *world)
{
    struct dispatch *dispatch = context;
    dispatch->world = world;
    waiting_begin(&dispatch->waiting, world);
    if (dispatch->process != NULL) {
        process_ready(dispatch->process);
    }
}

const struct stage_ops dispatch_ops = {
    .name = "dispatch",
    .owner = OWNER_DISPATCH,
    .folded = folded,
    .decide = decide,
    .due = due,
    .next_wake_ms = next_wake_ms,
    .wake = wake,
    .ticked = ticked,
    .caught_up = caught_up,
};
