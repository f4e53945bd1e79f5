/* decide.c: see decide.h. */
#include "workers/escalation/decide.h"

#include <assert.h>

#include "workers/escalation/request.h"
#include "workers/escalation/routing.h"

enum {
    MS_PER_S = 1000
};

#define OFFER_FIRST_ZH "请先撤回派单或待其答复;任何状态下均可驳回申请"
#define OFFER_FIRST_EN                                                                     \
    "`recall` the offer first, or wait for its answer; the request can be refused in any " \
    "state"

static const struct refusal fine = {.status = STATUS_OK};

static struct refusal refusal_of(enum status status, const char *field, const char *reason)
{
    return (struct refusal){.status = status, .field = field, .reason = reason};
}

static const char *kind_text(Sanji__DecisionKind kind)
{
    switch ((unsigned)kind) {
    case SANJI__DECISION_KIND__DECISION_KIND_RETURN:
        return "RETURN";
    case SANJI__DECISION_KIND__DECISION_KIND_EXTEND:
        return "EXTEND";
    case SANJI__DECISION_KIND__DECISION_KIND_SUSPEND:
        return "SUSPEND";
    case SANJI__DECISION_KIND__DECISION_KIND_REOPEN:
        return "REOPEN";
    default:
        return "UPSTREAM";
    }
}

/* ---- may he decide this? ---- */

static struct refusal check_request(const struct heard *heard)
{
    const struct kase *kase = heard->kase;
    const Sanji__DecisionKind kind = (Sanji__DecisionKind)kase->request_kind;
    if (kase->request_seq == 0) {
        return refusal_of(STATUS_NOT_FOUND, "decision",
                          "没有待决申请 / no request is open on this case");
    }
    if (heard->fields->decision != kind) {
        return refusal_of(STATUS_INVALID, "decision",
                          turn_text(heard->turn, "待决申请为 %s / the open request is %s",
                                    kind_text(kind), kind_text(kind)));
    }
    if (heard_role(heard, ROLE_DISPATCHER) &&
        kind != SANJI__DECISION_KIND__DECISION_KIND_RETURN) {
        return refusal_of(STATUS_WRONG_ROLE, "actor.role",
                          "须由带班领导决定 / a dispatcher decides on returns; this is for "
                          "the duty leader");
    }
    return fine;
}

static struct refusal check_decider(const struct heard *heard, struct org_path desk)
{
    const struct kase *kase = heard->kase;
    if (!org_within(kase->request_decider, desk)) {
        char text[ORG_TEXT_SIZE];
        (void)org_print(kase->request_decider, text); // into text
        return refusal_of(STATUS_WRONG_DESK, "actor.org",
                          turn_text(heard->turn,
                                    "应由 %s 决定 / %s decides on it, or a desk above",
                                    text, text));
    }
    if (!heard->fields->final) {
        return heard->fields->owner[0] == '\0'
                   ? fine
                   : refusal_of(STATUS_INVALID, "owner",
                                "只有终局决定可变更责任单位 / only a final decision names "
                                "another owner");
    }
    if (org_depth(desk) < TIER_SUBDISTRICT || !heard_role(heard, ROLE_DUTY_LEADER)) {
        return refusal_of(STATUS_WRONG_DESK, "final",
                          "终局决定由街道带班领导作出 / a final decision is the "
                          "sub-district's duty leader's");
    }
    return kase->request_kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN
               ? fine
               : refusal_of(STATUS_INVALID, "final",
                            "只有退回有终局决定 / only a return is decided finally");
}

static struct refusal wrong_state(const struct heard *heard, const char *zh, const char *en)
{
    return refusal_of(STATUS_WRONG_STATE, NULL,
                      turn_text(heard->turn, "案件处于%s,%s / the case is %s: %s",
                                vocab_state_zh(heard->kase->state), zh,
                                vocab_state_en(heard->kase->state), en));
}

static bool leaves_state(const struct kase *kase, enum transition edge)
{
    return (lifecycle_edge(edge)->from >> kase->state & 1U) != 0;
}

/* ---- what was decided ---- */

static void write_decision(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    Sanji__DecisionMade *body =
        TURN_NEW(turn, Sanji__DecisionMade, sanji__decision_made__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->kind = heard->fields->decision;
    body->approved = heard->fields->approved;
    body->final = heard->fields->final;
    body->reason_code = heard->fields->reason_code;
    body->request_seq = turn_committed(kase->request_seq); // 0: the one that is open
    if (case_timer(kase, TIMER_DECISION, 0) != NULL) {
        turn_cancel(turn, envelope, TIMER_DECISION, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DECISION_MADE;
    envelope->decision_made = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* Where a granted return goes, and whose it is from now on. */
static struct refusal read_targets(const struct heard *heard, struct org_path *to,
                                   struct org_path *owner)
{
    const Sanji__StatementFields *fields = heard->fields;
    const char *named = fields->to[0] != '\0' ? fields->to : fields->suggested_holder;
    struct refusal wrong = fine;
    *to = heard->kase->request_to;
    *owner = (struct org_path){0};
    if (named[0] != '\0' && !fields->final) {
        return refusal_of(STATUS_INVALID, "to",
                          "只有终局决定可另定去向 / it goes where the request says; only a "
                          "final decision names another desk");
    }
    if (named[0] != '\0') {
        wrong = request_check_desk(heard->turn, named, "to", to);
    }
    if (wrong.status == STATUS_OK && fields->owner[0] != '\0') {
        wrong = request_check_desk(heard->turn, fields->owner, "owner", owner);
    }
    return wrong;
}

static struct refusal grant_return(const struct heard *heard)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(heard->turn));
    struct kase *kase = heard->kase;
    struct org_path to;
    struct org_path owner;
    if (!heard->fields->final && policy->escalation != NULL &&
        kase->returns >= policy->escalation->returns_max) {
        return refusal_of(STATUS_LIMIT, "final",
                          turn_text(heard->turn,
                                    "已退回 %u 次,须由街道作终局决定 / returned %u times "
                                    "already: the sub-district decides, final: true",
                                    kase->returns, kase->returns));
    }
    if (!leaves_state(kase, T14)) {
        return wrong_state(heard, OFFER_FIRST_ZH, OFFER_FIRST_EN);
    }
    const struct refusal wrong = read_targets(heard, &to, &owner);
    if (wrong.status != STATUS_OK) {
        return wrong;
    }
    write_decision(heard);
    routing_write(heard->turn, kase,
                  &(struct routing){.edge = T14,
                                    .to = to,
                                    .tier = org_depth(to),
                                    .owner = owner,
                                    .cause_seq = heard->record->seq,
                                    .actor = heard->said->actor});
    return fine;
}

/* ---- extension ---- */

static uint32_t grown(uint32_t seconds, uint32_t from, uint32_t to)
{
    return from == 0 ? seconds : (uint32_t)((uint64_t)seconds * to / from);
}

/* RESOLVE with more budget; its cap moves by what that budget takes in natural time. */
static struct deadline_limit
extended_limit(struct turn *turn, const struct case_timer *resolve, uint32_t added_s)
{
    const enum deadline_clock clock = (enum deadline_clock)resolve->clock;
    struct deadline_limit limit = {clock, resolve->budget_s + added_s, resolve->cap_s};
    if (limit.cap_s != 0) {
        const int64_t later_ms =
            deadline_add_ms(rules_calendar(turn_rules(turn)), clock, resolve->due_ms,
                            (int64_t)added_s * MS_PER_S);
        limit.cap_s += (uint32_t)((later_ms - resolve->due_ms) / MS_PER_S);
    }
    return limit;
}

static void write_extended(const struct heard *heard, const struct deadline_limit *limit,
                           uint32_t added_s)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    const struct case_timer *warn = case_timer(kase, TIMER_RESOLVE_WARN, 0);
    Sanji__DeadlineExtended *body =
        TURN_NEW(turn, Sanji__DeadlineExtended, sanji__deadline_extended__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->kind = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE;
    body->added_s = added_s;
    body->clock = (Sanji__Clock)limit->clock;
    body->times = (uint32_t)kase->extensions + 1U;
    body->new_due_ms = turn_retime(turn, envelope, kase, resolve, limit);
    if (warn != NULL) {
        const struct deadline_limit sooner = {
            (enum deadline_clock)warn->clock,
            grown(warn->budget_s, resolve->budget_s, limit->budget_s),
            grown(warn->cap_s, resolve->cap_s, limit->cap_s)};
        if (warn->state != TIMER_STATE_FIRED ||
            turn_due_ms(turn, kase, warn->t0_ms, &sooner) > turn_now_ms(turn)) {
            (void)turn_retime(turn, envelope, kase, warn, &sooner); // its due is nobody's
        }
    }
    if (case_timer(kase, TIMER_ESCALATE, 0) != NULL) {
        turn_cancel(turn, envelope, TIMER_ESCALATE, 0); // RESOLVE runs again
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DEADLINE_EXTENDED;
    envelope->deadline_extended = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static struct refusal grant_extension(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    const uint32_t added_s = kase->request_value_s;
    if (!lifecycle_side_allowed((enum case_state)kase->state, EVENT_DEADLINE_EXTENDED) ||
        resolve == NULL) {
        return wrong_state(heard, "无可延期,请驳回申请",
                           "nothing is left to extend; refuse the request");
    }
    if (policy->escalation != NULL &&
        kase->severity < (unsigned)policy->escalation->extend_from) {
        return refusal_of(STATUS_LIMIT, "decision",
                          "该等级不得延期 / cases of this severity are never extended: "
                          "refuse the request");
    }
    const struct deadline_limit limit = extended_limit(turn, resolve, added_s);
    if (turn_due_ms(turn, kase, resolve->t0_ms, &limit) <= turn_now_ms(turn)) {
        return refusal_of(STATUS_LIMIT, "decision",
                          "延期后仍已逾期 / even extended the limit has passed: refuse the "
                          "request");
    }
    write_decision(heard);
    write_extended(heard, &limit, added_s);
    return fine;
}

/* ---- suspension ---- */

static struct refusal grant_suspension(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    const int64_t resume_by_ms = (int64_t)kase->request_value_s * MS_PER_S;
    if (!leaves_state(kase, T26)) {
        return wrong_state(heard, OFFER_FIRST_ZH, OFFER_FIRST_EN);
    }
    const struct refusal wrong = request_check_suspension(turn, kase, resume_by_ms);
    if (wrong.status != STATUS_OK) {
        return wrong;
    }
    write_decision(heard);
    Sanji__CaseSuspended *body =
        TURN_NEW(turn, Sanji__CaseSuspended, sanji__case_suspended__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->reason_code = heard->fields->reason_code;
    body->resume_by_ms = resume_by_ms;
    body->times = (uint32_t)kase->suspensions + 1U;
    turn_set_worker(turn, envelope, 0);
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_SUSPENDED;
    envelope->case_suspended = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T26, .envelope = envelope});
    return fine;
}

/* ---- the statement ---- */

static struct refusal grant(const struct heard *heard)
{
    switch ((unsigned)heard->kase->request_kind) {
    case SANJI__DECISION_KIND__DECISION_KIND_RETURN:
        return grant_return(heard);
    case SANJI__DECISION_KIND__DECISION_KIND_EXTEND:
        return grant_extension(heard);
    case SANJI__DECISION_KIND__DECISION_KIND_SUSPEND:
        return grant_suspension(heard);
    default:
        assert(heard->kase->request_kind == SANJI__DECISION_KIND__DECISION_KIND_REOPEN);
        write_decision(heard); // intake reads it and gives the case back (T31)
        return fine;
    }
}

static bool names_a_target(const struct heard *heard)
{
    const Sanji__StatementFields *fields = heard->fields;
    return fields->to[0] != '\0' || fields->suggested_holder[0] != '\0' ||
           fields->owner[0] != '\0';
}

void decide_said(const struct heard *heard)
{
    struct org_path desk;
    struct refusal wrong = check_request(heard);
    if (wrong.status == STATUS_OK) {
        if (!heard_desk(heard, &desk)) {
            return;
        }
        wrong = check_decider(heard, desk);
    }
    if (wrong.status == STATUS_OK && !heard->fields->approved && names_a_target(heard)) {
        wrong = refusal_of(STATUS_INVALID, "approved",
                           "未批准则不变更去向和责任单位 / what is refused names neither a "
                           "desk nor an owner: approved: true, or leave them out");
    }
    if (wrong.status == STATUS_OK && heard->fields->approved) {
        wrong = grant(heard);
    } else if (wrong.status == STATUS_OK) {
        write_decision(heard);
    }
    if (wrong.status != STATUS_OK) {
        heard_refuse(heard, wrong.status, wrong.field, wrong.reason);
    }
}

/* ---- resuming ---- */

static void write_resumed(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                          bool by_timer)
{
    Sanji__CaseResumed *body =
        TURN_NEW(turn, Sanji__CaseResumed, sanji__case_resumed__init);
    assert(kase->pause_count > 0);
    const int64_t paused_ms =
        turn_now_ms(turn) - kase->pauses[kase->pause_count - 1].from_ms;
    body->by_timer = by_timer;
    body->paused_ms = paused_ms > 0 ? (uint64_t)paused_ms : 0;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RESUMED;
    envelope->case_resumed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T27, .envelope = envelope});
}

void decide_resume_said(const struct heard *heard)
{
    write_resumed(heard->turn, heard->kase, heard_event(heard), false);
}

void decide_resume_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    turn_timer_fired(turn, kase, timer, NULL, 0, false);
    write_resumed(turn, kase, turn_event(turn, kase, 0), true);
}
