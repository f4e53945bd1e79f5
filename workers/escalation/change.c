/* change.c: see change.h. */
#include "workers/escalation/change.h"

#include "workers/escalation/steps.h"

enum {
    MS_PER_S = 1000
};

/* What a case is to be: its envelope is retimed by it. */
struct terms {
    unsigned severity;
    uint32_t category;
};

static bool limit_by(struct turn *turn, const struct terms *terms, enum timer_kind kind,
                     struct deadline_limit *limit)
{
    uint32_t times_max = 0;
    return rules_limit(turn_rules(turn), kind, terms->severity, terms->category, limit,
                       &times_max);
}

/* to / from of a number of seconds; unchanged where there is nothing to compare with. */
static uint32_t in_proportion(uint32_t seconds, uint32_t from, uint32_t to)
{
    return from == 0 || from == to ? seconds : (uint32_t)((uint64_t)seconds * to / from);
}

/* RESOLVE as the case has it: what was added stays added, what was halved stays halved. */
static void keep_share(struct turn *turn, const struct kase *kase,
                       const struct case_timer *resolve, struct deadline_limit *limit)
{
    const struct terms now = {kase->severity, kase->category};
    const struct deadline_limit next = *limit;
    struct deadline_limit regular;
    if (resolve == NULL || !limit_by(turn, &now, TIMER_RESOLVE, &regular)) {
        return;
    }
    if (kase->reopens > 0 && resolve->budget_s > kase->extended_s) {
        const uint32_t base_s = resolve->budget_s - kase->extended_s;
        limit->budget_s = in_proportion(base_s, regular.budget_s, next.budget_s);
        limit->cap_s = in_proportion(limit->cap_s, regular.budget_s, base_s);
    }
    if (kase->extended_s != 0) {
        limit->budget_s += kase->extended_s;
        limit->cap_s = in_proportion(limit->cap_s, next.budget_s, limit->budget_s);
    }
}

/* The limit that a timer gets; false: the new terms have none. */
static bool next_limit(struct turn *turn, struct kase *kase, const struct terms *terms,
                       const struct case_timer *timer, struct deadline_limit *limit)
{
    const enum timer_kind kind = (enum timer_kind)timer->kind;
    if (!limit_by(turn, terms, kind, limit)) {
        return false;
    }
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    if (kind == TIMER_RESOLVE) {
        keep_share(turn, kase, resolve, limit);
    } else if (kind == TIMER_RESOLVE_WARN) {
        struct deadline_limit whole;
        if (limit_by(turn, terms, TIMER_RESOLVE, &whole)) {
            const uint32_t regular_s = whole.budget_s;
            keep_share(turn, kase, resolve, &whole);
            limit->budget_s = in_proportion(limit->budget_s, regular_s, whole.budget_s);
            limit->cap_s = in_proportion(limit->cap_s, regular_s, whole.budget_s);
        }
    }
    return true;
}

/* A suspension ends when the new severity would have ended it, at once if it has none. */
static void retime_resume(struct turn *turn, Sanji__Envelope *envelope,
                          const struct kase *kase, const struct terms *terms,
                          const struct case_timer *timer)
{
    struct deadline_limit limit = {CLOCK_NATURAL, 0, 0};
    if (!limit_by(turn, terms, TIMER_RESUME, &limit)) {
        limit.budget_s = 0;
    }
    if (limit.budget_s < timer->budget_s) {
        limit.clock = CLOCK_NATURAL;
        (void)turn_retime(turn, envelope, kase, timer, &limit); // its due is nobody's
    }
}

static void retime_one(struct turn *turn, Sanji__Envelope *envelope, struct kase *kase,
                       const struct terms *terms, const struct case_timer *timer)
{
    const uint32_t must_have = lifecycle_must_have((enum case_state)kase->state);
    const bool needed = (must_have >> timer->kind & 1U) != 0 ||
                        (timer->kind == TIMER_ESCALATE && kase->resolve_missed);
    struct deadline_limit limit;
    if (timer->kind == TIMER_RESUME) {
        retime_resume(turn, envelope, kase, terms, timer);
    } else if (next_limit(turn, kase, terms, timer, &limit)) {
        if (limit.clock != (enum deadline_clock)timer->clock ||
            limit.budget_s != timer->budget_s || limit.cap_s != timer->cap_s) {
            (void)turn_retime(turn, envelope, kase, timer, &limit); // as above
        }
    } else if (!needed) {
        turn_cancel(turn, envelope, (enum timer_kind)timer->kind, timer->n);
    }
}

static bool has_steps(const struct kase *kase)
{
    return kase->state == STATE_ASSIGNING || kase->state == STATE_DISPATCHED;
}

static void retime(struct turn *turn, Sanji__Envelope *envelope, struct kase *kase,
                   const struct terms *terms)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        const bool runs =
            timer->state == TIMER_STATE_ARMED || timer->state == TIMER_STATE_PAUSED;
        const bool is_step = timer->kind == TIMER_ESCALATE && timer->n != 0;
        if (timer->kind != TIMER_NONE && runs && !is_step) {
            retime_one(turn, envelope, kase, terms, timer);
        }
    }
}

/* ---- severity ---- */

static bool may_change(const struct heard *heard)
{
    const unsigned now = heard->kase->severity;
    const unsigned next = (unsigned)heard->fields->severity;
    if (next == now || next > SEVERITY_S4) {
        heard_refuse(heard, STATUS_INVALID, "severity",
                     turn_text(heard->turn,
                               "现为 S%u / it is S%u now: name another of S1 "
                               "to S4",
                               now, now));
        return false;
    }
    if (next < now) {
        return true;
    }
    if (!heard_role(heard, ROLE_DUTY_LEADER)) {
        heard_refuse(heard, STATUS_WRONG_ROLE, "actor.role",
                     "降级须由带班领导决定 / a duty leader makes a case less severe");
        return false;
    }
    if (heard->fields->reason_code == 0) {
        heard_refuse(heard, STATUS_INVALID, "reason_code",
                     "降级须注明原因 / less severe needs a reason_code");
        return false;
    }
    return true;
}

void change_severity_said(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    if (!may_change(heard)) {
        return;
    }
    const struct terms terms = {(unsigned)heard->fields->severity, kase->category};
    Sanji__SeverityChanged *body =
        TURN_NEW(turn, Sanji__SeverityChanged, sanji__severity_changed__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->from = envelope->severity;
    body->to = heard->fields->severity;
    body->reason_code = heard->fields->reason_code;
    envelope->severity = body->to;
    retime(turn, envelope, kase, &terms);
    steps_cancel(turn, envelope, kase);
    if (has_steps(kase)) {
        steps_arm(turn, envelope, kase, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_SEVERITY_CHANGED;
    envelope->severity_changed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* ---- category ---- */

void change_category_said(const struct heard *heard)
{
    struct turn *turn = heard->turn;
    struct kase *kase = heard->kase;
    uint32_t category = 0;
    const bool reads = id_category_parse(heard->fields->category, &category) == STATUS_OK;
    const Sanji__Category *row = reads ? rules_category(turn_rules(turn), category) : NULL;
    if (row == NULL) {
        heard_refuse(heard, STATUS_INVALID, "category",
                     "无此类别 / no such category: sla.yaml names them, five digits");
        return;
    }
    if (category == kase->category) {
        heard_refuse(heard, STATUS_INVALID, "category",
                     "类别未变 / the case has this category now: name another");
        return;
    }
    const struct terms terms = {kase->severity, category};
    Sanji__CaseReclassified *body =
        TURN_NEW(turn, Sanji__CaseReclassified, sanji__case_reclassified__init);
    Sanji__Envelope *envelope = heard_event(heard);
    body->from = envelope->category;
    body->to = turn_text(turn, "%s", heard->fields->category);
    body->reason_code = heard->fields->reason_code;
    body->sla_row = category;
    envelope->category = body->to;
    if (row->restricted) {
        // Never the other way: what was said in confidence stays so.
        envelope->sensitivity = SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED;
    }
    retime(turn, envelope, kase, &terms);
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECLASSIFIED;
    envelope->case_reclassified = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}
