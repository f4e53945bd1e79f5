/* offer.c: see offer.h. */
#include "workers/dispatch/offer.h"

#include <assert.h>

enum {
    CONSIDERED_DEFAULT =
        5 /* candidates shown in an event when the policy names no number */
};

static uint32_t offers_max(const struct rules *rules, const struct kase *kase)
{
    const Sanji__Policy *policy = rules_policy(rules);
    for (size_t i = 0; i < policy->n_attempts; i++) {
        if (policy->attempts[i]->severity == (Sanji__Severity)kase->severity) {
            return policy->attempts[i]->offers_max;
        }
    }
    return 1;
}

static size_t write_considered(struct dispatch *dispatch, struct turn *turn,
                               Sanji__Candidate ***considered)
{
    const struct pool *pool = &dispatch->pool;
    const Sanji__Cost *cost = rules_policy(turn_rules(turn))->cost;
    size_t count = cost->considered_max != 0 ? cost->considered_max : CONSIDERED_DEFAULT;
    count = count < pool->count ? count : pool->count;
    Sanji__Candidate **list = turn_take(turn, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const struct candidate *from = &pool->candidates[i];
        Sanji__Candidate *to = TURN_NEW(turn, Sanji__Candidate, sanji__candidate__init);
        char *text = turn_take(turn, WORKER_SIZE);
        to->worker = id_worker_print(from->worker, text);
        to->role = (Sanji__Role)from->role;
        to->reject = from->reject;
        to->cost_permille = from->reject == 0 ? from->cost_permille : 0;
        list[i] = to;
    }
    *considered = list;
    return count;
}

static void write_exhausted(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                            uint64_t cause_seq, Sanji__ExhaustedCause cause)
{
    Sanji__DispatchExhausted *body =
        TURN_NEW(turn, Sanji__DispatchExhausted, sanji__dispatch_exhausted__init);
    body->cause = cause;
    body->attempts = kase->attempts;
    body->policy_version =
        rules_version(turn_rules(turn), SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (cause == SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_NO_CANDIDATE) {
        body->n_considered = write_considered(dispatch, turn, &body->considered);
        if (dispatch->pool.missing != NULL) {
            body->missing_skill = turn_text(turn, "%s", dispatch->pool.missing);
        }
    }
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED;
    envelope->dispatch_exhausted = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static void write_offer(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                        uint64_t cause_seq)
{
    const struct pool *pool = &dispatch->pool;
    const struct candidate *best = &pool->candidates[0];
    Sanji__DispatchOffered *body =
        TURN_NEW(turn, Sanji__DispatchOffered, sanji__dispatch_offered__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    turn_set_worker(turn, envelope, best->worker);
    body->worker = envelope->worker;
    body->role = (Sanji__Role)best->role;
    body->attempt = kase->attempts + 1;
    body->n = kase->offers + 1;
    body->effort_min = pool->effort_min;
    body->coordinator = pool->coordinator;
    body->policy_version =
        rules_version(turn_rules(turn), SANJI__RULES_KIND__RULES_KIND_POLICY);
    body->n_considered = write_considered(dispatch, turn, &body->considered);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
    envelope->dispatch_offered = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T09, .envelope = envelope});
}

void offer_consider(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                    uint64_t cause_seq)
{
    if (kase->state != STATE_ASSIGNING || kase->exhausted) {
        return;
    }
    if (kase->attempts >= offers_max(turn_rules(turn), kase)) {
        write_exhausted(dispatch, turn, kase, cause_seq,
                        SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_ATTEMPTS);
        return;
    }
    pool_weigh(turn_world(turn), kase, turn_now_ms(turn), &dispatch->pool);
    if (dispatch->pool.acceptable > 0) {
        write_offer(dispatch, turn, kase, cause_seq);
    } else if (kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2) {
        write_exhausted(dispatch, turn, kase, cause_seq,
                        SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_NO_CANDIDATE);
    }
    // S3 and S4 stay: somebody may come on duty or get free before DISPATCH is due.
}

struct retry {
    struct dispatch *dispatch;
    struct turn *turn;
    uint64_t cause_seq;
};

static bool retry_one(void *context, struct kase *kase)
{
    const struct retry *retry = context;
    offer_consider(retry->dispatch, retry->turn, kase, retry->cause_seq);
    return turn_has_room(retry->turn);
}

void offer_retry_waiting(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq)
{
    struct retry retry = {.dispatch = dispatch, .turn = turn, .cause_seq = cause_seq};
    world_each_in_state(turn_world(turn), STATE_ASSIGNING, retry_one, &retry);
}

void offer_expire(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                  const struct case_timer *timer)
{
    assert(kase->state == STATE_DISPATCHED);
    const int64_t late = turn_now_ms(turn) - timer->due_ms;
    Sanji__DispatchExpired *body =
        TURN_NEW(turn, Sanji__DispatchExpired, sanji__dispatch_expired__init);
    body->offer = kase->offer_seq;
    body->attempt = kase->attempts;
    body->late_ms = late > 0 ? (uint64_t)late : 0;
    const uint64_t cause_seq = kase->offer_seq;

    turn_timer_fired(turn, kase, timer, NULL, 0, false);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    body->worker = envelope->worker;
    turn_set_worker(turn, envelope, 0);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED;
    envelope->dispatch_expired = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T12, .envelope = envelope});
    offer_consider(dispatch, turn, kase, cause_seq);
}
