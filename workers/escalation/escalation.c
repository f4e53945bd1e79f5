/* escalation.c: what the command centre decides. See escalation.h.
 *
 * The table: which statement, which timer and which state of a case leads to which file. */
#include "workers/escalation/escalation.h"

#include <assert.h>

#include "broker/runtime/process.h"
#include "broker/runtime/route.h"
#include "workers/escalation/alert.h"
#include "workers/escalation/assist.h"
#include "workers/escalation/change.h"
#include "workers/escalation/decide.h"
#include "workers/escalation/request.h"
#include "workers/escalation/rise.h"
#include "workers/escalation/routing.h"
#include "workers/escalation/steps.h"
#include "workers/escalation/supervise.h"
#include "workers/escalation/upstream.h"
#include "workers/escalation/urge.h"

/* ---- what a case needs ---- */

static void route_case(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    const struct route route = route_first(turn_rules(turn), kase);
    routing_write(turn, kase,
                  &(struct routing){.edge = T08,
                                    .to = route.desk,
                                    .tier = route.tier,
                                    .rule_id = route.rule,
                                    .cause_seq = cause_seq});
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
        (void)rise_write(turn, kase, &rise); // false: nothing above, which is no fault
    } else if (arrival_missed(kase)) {
        const struct rise rise = {
            .cause_seq = cause_seq,
            .cause = SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_SEVERITY_RULE,
            .fired = TIMER_ARRIVE};
        (void)rise_write(turn, kase, &rise); // as above
    }
    (void)supervise_feedback(turn, kase, cause_seq); // false: nothing to say
    (void)urge_consider(turn, kase, cause_seq);      // as above
}

/* ---- statements ---- */

static void route_said(const struct heard *heard)
{
    const Sanji__StatementFields *fields = heard->fields;
    const char *text = fields->to[0] != '\0' ? fields->to : fields->suggested_holder;
    struct org_path desk;
    const struct refusal wrong =
        request_check_desk(heard->turn, text, "suggested_holder", &desk);
    if (wrong.status != STATUS_OK) {
        heard_refuse(heard, wrong.status, wrong.field, wrong.reason);
        return;
    }
    routing_write(heard->turn, heard->kase,
                  &(struct routing){.edge = T08,
                                    .to = desk,
                                    .tier = org_depth(desk),
                                    .cause_seq = heard->record->seq,
                                    .actor = heard->said->actor});
}

static void escalate_said(const struct heard *heard)
{
    const struct rise rise = {
        .cause_seq = heard->record->seq,
        .cause = heard_role(heard, ROLE_DISPATCHER)
                     ? SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_HOLDER_REQUEST
                     : SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_MANUAL,
        .reason_code = heard->fields->reason_code,
        .actor = heard->said->actor};
    if (!rise_write(heard->turn, heard->kase, &rise)) {
        heard_refuse(heard, STATUS_NO_TIER, NULL,
                     "已在最高层级 (街道) / already at the sub-district: the municipal "
                     "platform takes cases by `upstream`");
    }
}

typedef void (*said_fn)(const struct heard *heard);

// clang-format off
static const said_fn answers[SAY_COUNT] = {
    [SAY_ROUTE]           = route_said,
    [SAY_ESCALATE]        = escalate_said,
    [SAY_RETURN]          = request_return_said,
    [SAY_EXTEND]          = request_extend_said,
    [SAY_SUSPEND]         = request_suspend_said,
    [SAY_DECIDE]          = decide_said,
    [SAY_RESUME]          = decide_resume_said,
    [SAY_UPSTREAM]        = upstream_said,
    [SAY_UPSTREAM_UPDATE] = upstream_update_said,
    [SAY_TAKE_BACK]       = upstream_take_back_said,
    [SAY_ASSIST]          = assist_said,
    [SAY_ASSIST_JOINED]   = assist_joined_said,
    [SAY_ASSIST_DONE]     = assist_done_said,
    [SAY_URGE]            = urge_said,
    [SAY_SUPERVISE]       = supervise_said,
    [SAY_LIFT]            = supervise_lift_said,
    [SAY_SEVERITY]        = change_severity_said,
    [SAY_RECLASSIFY]      = change_category_said,
    [SAY_APPEAL]          = request_appeal_said,
};

// clang-format on

static void decide_said_by(struct turn *turn, const struct record *record,
                           const Sanji__Envelope *said)
{
    static const Sanji__StatementFields none = SANJI__STATEMENT_FIELDS__INIT;
    struct heard heard = {.turn = turn, .record = record, .said = said};
    if (!turn_admits(turn, record, said, &heard.kase)) {
        return;
    }
    // turn_admits lets only kinds through that are built, and all of ours are on a case.
    assert(answers[said->said->kind] != NULL && heard.kase != NULL);
    heard.fields = said->said->fields != NULL ? said->said->fields : &none;
    answers[said->said->kind](&heard);
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    (void)context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        if (vocab_statement_decider(envelope->said->kind) == OWNER_ESCALATION) {
            decide_said_by(turn, record, envelope);
        }
        return;
    }
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase == NULL) {
        return;
    }
    consider(turn, kase, record->seq);
    // A merged report is a voice in the case that it stands in at last.
    while (kase != NULL && kase->state == STATE_MERGED) {
        kase = world_case(turn_world(turn), kase->merged_into);
    }
    if (kase != NULL) {
        urge_merged(turn, kase, record->seq);
    }
}

/* ---- timers ----
 * What a timer leads to names no cause: TimerFired stands right before it, and the case's
 * newest decision may be the answer to a statement, of which this is none. */

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
        .late_ms = alert_late_ms(turn, timer)};
    if (rises) {
        turn_timer_fired(turn, kase, timer, NULL, 0, false);
        const bool raised = rise_write(turn, kase, &rise);
        assert(raised);
    } else {
        alert_again(turn, kase, timer, &told, 1);
        consider(turn, kase, 0);
    }
}

static void due_resolve(struct turn *turn, struct kase *kase,
                        const struct case_timer *timer)
{
    supervise_resolve_due(turn, kase, timer);
    consider(turn, kase, 0);
}

static void due_escalate(struct turn *turn, struct kase *kase,
                         const struct case_timer *timer)
{
    if (timer->n == 0) {
        supervise_escalate_due(turn, kase, timer);
    } else {
        steps_due(turn, kase, timer);
    }
}

typedef void (*due_fn)(struct turn *turn, struct kase *kase,
                       const struct case_timer *timer);

static const due_fn dues[TIMER_COUNT] = {
    [TIMER_DISPATCH] = due_dispatch,    [TIMER_RESOLVE_WARN] = urge_warn_due,
    [TIMER_RESOLVE] = due_resolve,      [TIMER_ESCALATE] = due_escalate,
    [TIMER_RESUME] = decide_resume_due, [TIMER_DECISION] = request_due,
    [TIMER_ASSIST] = assist_due,        [TIMER_UPSTREAM] = upstream_due,
};

static void due(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer)
{
    (void)context;
    const struct case_timer fired = *timer; // the fold moves the place it stands in
    assert(fired.kind < TIMER_COUNT && dues[fired.kind] != NULL);
    dues[fired.kind](turn, kase, &fired);
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
