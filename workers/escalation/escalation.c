/* escalation.c: what the command centre decides. See escalation.h. */
#include "workers/escalation/escalation.h"

#include <assert.h>

#include "broker/runtime/process.h"
#include "broker/runtime/route.h"

static void route_case(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    const struct rules *rules = turn_rules(turn);
    const struct route route = route_first(rules, kase);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    turn_set_holder(turn, envelope, route.desk, route.tier);
    turn_set_worker(turn, envelope, 0);

    Sanji__CaseRouted *body = TURN_NEW(turn, Sanji__CaseRouted, sanji__case_routed__init);
    body->to = envelope->holder;
    body->to_tier = (Sanji__Tier)route.tier;
    body->owner = envelope->owner;
    body->rule_id = route.rule;
    body->holder_changes = (uint32_t)kase->holder_changes + 1U;
    body->policy_version = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_POLICY);
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ROUTED;
    envelope->case_routed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T08, .envelope = envelope});
}

/* What made a case rise; stands in CaseEscalated. */
struct rise {
    uint64_t cause_seq;
    Sanji__EscalationCause cause;
    enum timer_kind fired;
    uint64_t late_ms;
    uint32_t reason_code;
    Sanji__Actor *actor; /* NULL: the system */
};

/* T15. False when there is no tier above or the state does not rise. */
static bool raise_case(struct turn *turn, struct kase *kase, const struct rise *rise)
{
    const struct rules *rules = turn_rules(turn);
    struct route above;
    if ((lifecycle_edge(T15)->from & (1U << kase->state)) == 0 ||
        !route_above(rules, kase, &above)) {
        return false;
    }
    Sanji__CaseEscalated *body =
        TURN_NEW(turn, Sanji__CaseEscalated, sanji__case_escalated__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, rise->cause_seq);
    body->from = envelope->holder;
    body->from_tier = envelope->tier;
    turn_set_holder(turn, envelope, above.desk, above.tier);
    turn_set_worker(turn, envelope, 0);
    body->to = envelope->holder;
    body->to_tier = envelope->tier;
    body->cause = rise->cause;
    body->level = (uint32_t)kase->escalation_level + 1U;
    body->fired_timer = (Sanji__TimerKind)rise->fired;
    body->late_ms = rise->late_ms;
    body->reason_code = rise->reason_code;
    body->policy_version = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (rise->actor != NULL) {
        envelope->actor = rise->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ESCALATED;
    envelope->case_escalated = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T15, .envelope = envelope});
    return true;
}

/* An S1 whose helper did not arrive in time rises while he is still on his way. */
static bool arrival_missed(struct kase *kase)
{
    const struct case_timer *arrive = case_timer(kase, TIMER_ARRIVE, 0);
    return kase->severity == SEVERITY_S1 && kase->state == STATE_IN_PROGRESS &&
           arrive != NULL && arrive->state == TIMER_STATE_FIRED;
}

/* What the case needs now, whatever record made us look. */
static void consider(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    if (kase->state == STATE_ACCEPTED) {
        route_case(turn, kase, cause_seq);
    } else if (kase->state == STATE_ASSIGNING && kase->exhausted) {
        const bool tried = kase->attempts > 0;
        const struct rise rise = {
            .cause_seq = cause_seq,
            .cause = tried ? SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_ACK_EXHAUSTED
                           : SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_OVERLOAD};
        // At the sub-district the case stays; its DISPATCH timer tells the duty leader.
        (void)raise_case(turn, kase, &rise); // false: nothing above, which is no fault
    } else if (arrival_missed(kase)) {
        const struct rise rise = {
            .cause_seq = cause_seq,
            .cause = SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_SEVERITY_RULE,
            .fired = TIMER_ARRIVE};
        (void)raise_case(turn, kase, &rise); // as above
    }
}

/* ---- statements ---- */

static void decide_escalate(struct turn *turn, const struct record *record,
                            const Sanji__Envelope *said, struct kase *kase)
{
    const struct rise rise = {
        .cause_seq = record->seq,
        .cause = said->actor->role == SANJI__ROLE__ROLE_DISPATCHER
                     ? SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_HOLDER_REQUEST
                     : SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_MANUAL,
        .reason_code = said->said->fields != NULL ? said->said->fields->reason_code : 0,
        .actor = said->actor};
    if (!raise_case(turn, kase, &rise)) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_NO_TIER,
                                     .reason = "已在最高层级 (街道) / already at the "
                                               "sub-district: the municipal platform takes "
                                               "cases by `upstream`"});
    }
}

static void decide_said(struct turn *turn, const struct record *record,
                        const Sanji__Envelope *said)
{
    struct kase *kase = NULL;
    if (!turn_admits(turn, record, said, &kase)) {
        return;
    }
    // turn_admits lets only kinds through that are built; of ours that is one.
    assert(said->said->kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_ESCALATE);
    decide_escalate(turn, record, said, kase);
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    (void)context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        if (vocab_statement_decider(envelope->said->kind) == OWNER_ESCALATION) {
            decide_said(turn, record, envelope);
        }
        return;
    }
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase != NULL) {
        consider(turn, kase, record->seq);
    }
}

/* ---- timers ----
 * What a timer leads to names no cause: TimerFired stands right before it, and the case's
 * newest decision may be the answer to a statement, of which this is none. */

static uint64_t late_ms(struct turn *turn, const struct case_timer *timer)
{
    const int64_t late = turn_now_ms(turn) - timer->due_ms;
    return late > 0 ? (uint64_t)late : 0;
}

/* DISPATCH: nobody took the case at this desk in its time. */
static void due_dispatch(struct turn *turn, struct kase *kase,
                         const struct case_timer *timer)
{
    struct route above;
    const bool rises =
        kase->state == STATE_ASSIGNING && route_above(turn_rules(turn), kase, &above);
    const struct turn_told told = {.org = kase->holder, .role = ROLE_DUTY_LEADER};
    const struct rise rise = {
        .cause = kase->attempts == 0 ? SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_OVERLOAD
                                     : SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE,
        .fired = TIMER_DISPATCH,
        .late_ms = late_ms(turn, timer)};
    turn_timer_fired(turn, kase, timer, &told, rises ? 0 : 1, !rises);
    if (rises) {
        const bool raised = raise_case(turn, kase, &rise);
        assert(raised);
    } else {
        consider(turn, kase, 0);
    }
}

/* RESOLVE: the limit of the whole case has passed while it is still open. */
static void due_resolve(struct turn *turn, struct kase *kase,
                        const struct case_timer *timer)
{
    const struct rise rise = {.cause = SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE,
                              .fired = TIMER_RESOLVE,
                              .late_ms = late_ms(turn, timer)};
    struct turn_told told[2] = {{.org = kase->holder, .role = ROLE_DUTY_LEADER}};
    size_t told_count = 1;
    struct route above;
    if (route_above(turn_rules(turn), kase, &above)) {
        told[told_count++] =
            (struct turn_told){.org = above.desk, .role = ROLE_DUTY_LEADER};
    }
    turn_timer_fired(turn, kase, timer, told, told_count, false);
    if (!raise_case(turn, kase, &rise)) {
        consider(turn, kase, 0);
    }
}

/* RESOLVE_WARN: told before it is late: who works on it, and his desk. */
static void due_warn(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct turn_told told[2] = {
        {.org = kase->holder, .role = ROLE_DISPATCHER},
        {.worker = kase->worker},
    };
    turn_timer_fired(turn, kase, timer, told, kase->worker != 0 ? 2 : 1, false);
}

static void due(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer)
{
    (void)context;
    const struct case_timer fired = *timer; // the fold moves the place it stands in
    switch ((enum timer_kind)fired.kind) {
    case TIMER_DISPATCH:
        due_dispatch(turn, kase, &fired);
        return;
    case TIMER_RESOLVE:
        due_resolve(turn, kase, &fired);
        return;
    case TIMER_RESOLVE_WARN:
        due_warn(turn, kase, &fired);
        return;
    case TIMER_RESUME:
    case TIMER_DECISION:
    case TIMER_ASSIST:
    case TIMER_ESCALATE:
    case TIMER_UPSTREAM:
    case TIMER_NONE:
    case TIMER_ACCEPT:
    case TIMER_VERIFY:
    case TIMER_ACK:
    case TIMER_ARRIVE:
    case TIMER_PROGRESS:
    case TIMER_FEEDBACK:
    case TIMER_CHECK:
    case TIMER_REVISIT:
    case TIMER_REOPEN_WINDOW:
    case TIMER_COUNT:
        break;
    }
    assert(0 && "a timer that no transition of this version arms, or another stage's");
}

static void caught_up(void *context, struct world *world)
{
    (void)world;
    if (context != NULL) {
        process_ready(context);
    }
}

const struct stage_ops escalation_ops = {
    .name = "escalation",
    .owner = OWNER_ESCALATION,
    .decide = decide,
    .due = due,
    .caught_up = caught_up,
};
