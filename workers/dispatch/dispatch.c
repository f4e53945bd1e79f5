/* dispatch.c: what the grid teams' desk decides. See dispatch.h. */
#include "workers/dispatch/dispatch.h"

#include <assert.h>

#include "broker/runtime/process.h"
#include "workers/dispatch/answer.h"
#include "workers/dispatch/offer.h"

/* Events after which somebody may be free, or a filter may have changed. */
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

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    struct dispatch *dispatch = context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        if (vocab_statement_decider(envelope->said->kind) == OWNER_DISPATCH) {
            answer_decide(turn, record, envelope);
        }
        return;
    }
    if (!rules_complete(turn_rules(turn))) {
        return; // nothing can be offered before the log holds a roster
    }
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase != NULL) {
        offer_consider(dispatch, turn, kase, record->seq);
    }
    if (frees_somebody(envelope->body_case)) {
        offer_retry_waiting(dispatch, turn, record->seq);
    }
}

/* The assignee has not arrived, or has said nothing for long: his grid chief is told. */
static void tell_chief(struct turn *turn, struct kase *kase, const struct case_timer *timer,
                       bool again)
{
    const struct turn_told told[2] = {
        {.org = org_community(kase->area), .role = ROLE_GRID_CHIEF},
        {.worker = kase->worker},
    };
    turn_timer_fired(turn, kase, timer, told, 2, again);
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
        tell_chief(turn, kase, &fired, fired.kind == TIMER_PROGRESS);
    }
}

/* The next change of a shift, while a case waits for somebody to come on duty. */
static bool stop_at_waiting(void *context, struct kase *kase)
{
    bool *waits = context;
    *waits = !kase->exhausted;
    return !*waits;
}

static int64_t next_wake_ms(void *context)
{
    struct dispatch *dispatch = context;
    if (dispatch->world == NULL || !rules_complete(world_rules(dispatch->world))) {
        return 0;
    }
    bool waits = false;
    world_each_in_state(dispatch->world, STATE_ASSIGNING, stop_at_waiting, &waits);
    if (!waits) {
        return 0;
    }
    const struct rules *rules = world_rules(dispatch->world);
    const Sanji__Roster *roster = rules_roster(rules);
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < roster->n_shifts; i++) {
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
    dispatch->retried_ms = turn_now_ms(turn);
    offer_retry_waiting(dispatch, turn, 0);
}

static void ticked(void *context, int64_t now_ms)
{
    struct dispatch *dispatch = context;
    // A shift that changed while nothing waited needs no second look.
    if (next_wake_ms(dispatch) == 0) {
        dispatch->retried_ms = now_ms;
    }
}

static void caught_up(void *context, struct world *world)
{
    struct dispatch *dispatch = context;
    dispatch->world = world;
    if (dispatch->process != NULL) {
        process_ready(dispatch->process);
    }
}

const struct stage_ops dispatch_ops = {
    .name = "dispatch",
    .owner = OWNER_DISPATCH,
    .decide = decide,
    .due = due,
    .next_wake_ms = next_wake_ms,
    .wake = wake,
    .ticked = ticked,
    .caught_up = caught_up,
};
