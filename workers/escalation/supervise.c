/* supervise.c: see supervise.h. */
#include "workers/escalation/supervise.h"

#include "broker/runtime/route.h"
#include "workers/escalation/alert.h"
#include "workers/escalation/rise.h"

enum {
    NONE = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NONE,
    NORMAL = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL,
    YELLOW = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW,
    RED = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED
};

static const char *const level_names[] = {"NONE", "NORMAL", "YELLOW", "RED"};

static const Sanji__Escalation *policy_of(struct turn *turn)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    return policy != NULL ? policy->escalation : NULL;
}

static const Sanji__EscalationLate *late_row(struct turn *turn, const struct kase *kase)
{
    const Sanji__Escalation *policy = policy_of(turn);
    for (size_t i = 0; policy != NULL && i < policy->n_late; i++) {
        if ((unsigned)policy->late[i]->severity == kase->severity) {
            return policy->late[i];
        }
    }
    return NULL;
}

static uint32_t points_of(const Sanji__Escalation *policy, unsigned level)
{
    return level == RED      ? policy->points_red
           : level == YELLOW ? policy->points_yellow
           : level == NORMAL ? policy->points_normal
                             : 0;
}

static void write_supervised(struct turn *turn, struct kase *kase,
                             Sanji__Envelope *envelope, unsigned level,
                             enum timer_kind fired)
{
    const Sanji__Escalation *policy = policy_of(turn);
    Sanji__Supervised *body = TURN_NEW(turn, Sanji__Supervised, sanji__supervised__init);
    body->from = (Sanji__SuperviseLevel)kase->supervise;
    body->to = (Sanji__SuperviseLevel)level;
    body->points = policy != NULL ? points_of(policy, level) : 0;
    body->automatic = envelope->actor->role == SANJI__ROLE__ROLE_SYSTEM;
    body->fired_timer = (Sanji__TimerKind)fired;
    envelope->body_case = SANJI__ENVELOPE__BODY_SUPERVISED;
    envelope->supervised = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* By the policy: it rises to the level or stays where it is. */
static bool raise_to(struct turn *turn, struct kase *kase, unsigned level,
                     enum timer_kind fired, uint64_t cause_seq)
{
    if (level <= kase->supervise ||
        !lifecycle_side_allowed((enum case_state)kase->state, EVENT_SUPERVISED)) {
        return false;
    }
    write_supervised(turn, kase, turn_event(turn, kase, cause_seq), level, fired);
    return true;
}

/* ---- statements ---- */

static bool is_above_holder(const struct kase *kase, struct org_path desk)
{
    const enum org_tier tier = org_depth(desk);
    const bool above = tier > (enum org_tier)kase->tier || tier == TIER_SUBDISTRICT;
    return above && (org_within(kase->holder, desk) || org_within(kase->area, desk));
}

void supervise_said(const struct heard *heard)
{
    struct org_path desk;
    const unsigned level = (unsigned)heard->fields->level;
    const unsigned now = heard->kase->supervise;
    if (heard_policy(heard) == NULL || !heard_desk(heard, &desk)) {
        return;
    }
    if (!is_above_holder(heard->kase, desk)) {
        heard_refuse(heard, STATUS_WRONG_DESK, "actor.org",
                     "须由承办单位的上级督办 / a desk above the holder supervises, the "
                     "sub-district also what it holds");
        return;
    }
    if (level <= now || level > RED) {
        heard_refuse(heard, STATUS_INVALID, "level",
                     now == RED
                         ? "已是红牌督办 / RED is the highest level, and it stands: `lift` "
                           "ends it"
                         : turn_text(heard->turn,
                                     "督办只升不降,现为 %s / supervision only rises; it "
                                     "is %s now: name a higher level",
                                     level_names[now], level_names[now]));
        return;
    }
    write_supervised(heard->turn, heard->kase, heard_event(heard), level, TIMER_NONE);
}

static bool may_lift(const struct heard *heard)
{
    struct org_path desk;
    if (heard_role(heard, ROLE_AUDITOR)) {
        return true;
    }
    if (!heard_desk(heard, &desk)) {
        return false;
    }
    const struct org_path by = heard->kase->supervised_by;
    if (by.place != 0 && org_equal(by, desk)) {
        return true;
    }
    char text[ORG_TEXT_SIZE];
    heard_refuse(
        heard, STATUS_WRONG_DESK, "actor.org",
        by.place == 0
            ? "系统自动督办由考评员解除 / the system raised it: an auditor lifts it"
            : turn_text(heard->turn,
                        "由 %s 或考评员解除 / lifted by %s, which raised it, or by "
                        "an auditor",
                        org_print(by, text), text));
    return false;
}

void supervise_lift_said(const struct heard *heard)
{
    if (heard->kase->supervise == NONE) {
        heard_refuse(heard, STATUS_WRONG_STATE, "kind",
                     "未在督办 / the case is not supervised");
        return;
    }
    if (may_lift(heard)) {
        write_supervised(heard->turn, heard->kase, heard_event(heard), NONE, TIMER_NONE);
    }
}

/* ---- by the policy ---- */

bool supervise_feedback(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    const Sanji__EscalationLate *row = late_row(turn, kase);
    const struct case_timer *feedback = case_timer(kase, TIMER_FEEDBACK, 0);
    if (row == NULL || feedback == NULL || feedback->state != TIMER_STATE_FIRED ||
        kase->feedback_answered) {
        return false;
    }
    return raise_to(turn, kase, (unsigned)row->feedback, TIMER_FEEDBACK, cause_seq);
}

static size_t told_of(struct turn *turn, const struct kase *kase, struct turn_told told[2])
{
    struct route above;
    told[0] = (struct turn_told){.org = kase->holder, .role = ROLE_DUTY_LEADER};
    if (!route_above(turn_rules(turn), kase, &above)) {
        return 1;
    }
    told[1] = (struct turn_told){.org = above.desk, .role = ROLE_DUTY_LEADER};
    return 2;
}

/* ESCALATE by its row; where that switches it off (an S1 is RED at once), the alert is
 * repeated all the same while the case is open. */
static void arm_escalate(struct turn *turn, Sanji__Envelope *envelope)
{
    const Sanji__Escalation *policy = policy_of(turn);
    const struct deadline_limit first = {CLOCK_NATURAL,
                                         policy != NULL ? policy->repeat_first_s : 0, 0};
    if (!turn_arm(turn, envelope, TIMER_ESCALATE, 0, 0) && first.budget_s > 0) {
        turn_arm_limit(turn, envelope, TIMER_ESCALATE, 0, 0, &first);
    }
}

void supervise_resolve_due(struct turn *turn, struct kase *kase,
                           const struct case_timer *timer)
{
    const Sanji__EscalationLate *row = late_row(turn, kase);
    const struct rise rise = {.cause = SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE,
                              .fired = TIMER_RESOLVE,
                              .late_ms = alert_late_ms(turn, timer)};
    struct turn_told told[2];
    const size_t count = told_of(turn, kase, told);
    Sanji__Envelope *envelope = turn_fired(turn, kase, timer, told, count);
    if (row != NULL) {
        arm_escalate(turn, envelope);
    }
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    if (row == NULL || row->rise) {
        (void)rise_write(turn, kase, &rise); // false: nothing above, which is no fault
    }
    if (row != NULL) {
        (void)raise_to(turn, kase, (unsigned)row->resolve, TIMER_RESOLVE, 0); // or is there
    }
}

void supervise_escalate_due(struct turn *turn, struct kase *kase,
                            const struct case_timer *timer)
{
    const Sanji__EscalationLate *row = late_row(turn, kase);
    const unsigned times = timer->times;
    const unsigned level =
        row != NULL && times < row->n_further ? (unsigned)row->further[times] : NONE;
    const struct deadline_limit next = alert_next(turn_rules(turn), timer);
    struct turn_told told[2];
    const size_t count = told_of(turn, kase, told);
    Sanji__Envelope *envelope = turn_fired(turn, kase, timer, told, count);
    const bool more = row != NULL && times + 1U < row->n_further;
    if (!more || !turn_arm(turn, envelope, TIMER_ESCALATE, 0, 0)) {
        turn_arm_limit(turn, envelope, TIMER_ESCALATE, 0, 0, &next);
    }
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    (void)raise_to(turn, kase, level, TIMER_ESCALATE, 0); // false: it is there, or no more
}
