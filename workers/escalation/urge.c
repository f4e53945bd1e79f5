/* urge.c: see urge.h. */
#include "workers/escalation/urge.h"

enum {
    MS_PER_S = 1000
};

static const Sanji__Escalation *policy_of(struct turn *turn)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(turn));
    return policy != NULL ? policy->escalation : NULL;
}

static void write_urged(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                        Sanji__Urged *body)
{
    body->count = (uint32_t)kase->urges + 1U;
    envelope->body_case = SANJI__ENVELOPE__BODY_URGED;
    envelope->urged = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static bool reporter_may(const struct heard *heard, const Sanji__Escalation *policy)
{
    const int64_t next_ms =
        ((int64_t)heard->kase->reporter_urged_s + policy->urge_reporter_s) * MS_PER_S;
    if (!heard_own_case(heard)) {
        heard_refuse(heard, STATUS_WRONG_ROLE, "source_system",
                     "只能催办本人的案件 / a reporter urges his own case, through the "
                     "system it came from");
        return false;
    }
    if (heard->kase->reporter_urged_s != 0 && turn_now_ms(heard->turn) < next_ms) {
        char text[TIME_TEXT_SIZE];
        heard_refuse(heard, STATUS_LIMIT, "kind",
                     turn_text(heard->turn,
                               "已催办,可再催时间见后 / urged already; again from %s",
                               time_print(next_ms, text)));
        return false;
    }
    return true;
}

void urge_said(const struct heard *heard)
{
    const Sanji__Escalation *policy = heard_policy(heard);
    if (policy == NULL ||
        (heard_role(heard, ROLE_REPORTER) && !reporter_may(heard, policy))) {
        return;
    }
    Sanji__Urged *body = TURN_NEW(heard->turn, Sanji__Urged, sanji__urged__init);
    body->channel = heard->fields->channel;
    write_urged(heard->turn, heard->kase, heard_event(heard), body);
}

/* The PROGRESS timer has fired since anybody was last urged for it. */
static bool is_silent(struct kase *kase)
{
    const struct case_timer *progress = case_timer(kase, TIMER_PROGRESS, 0);
    return progress != NULL && progress->times > 0 && kase->state == STATE_IN_PROGRESS &&
           progress->t0_ms / MS_PER_S != (int64_t)kase->progress_urged_s;
}

bool urge_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    const Sanji__Escalation *policy = policy_of(turn);
    if (policy == NULL || !is_silent(kase)) {
        return false;
    }
    Sanji__Urged *body = TURN_NEW(turn, Sanji__Urged, sanji__urged__init);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_PROGRESS;
    write_urged(turn, kase, turn_event(turn, kase, cause_seq), body);
    return true;
}

void urge_merged(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    const Sanji__Escalation *policy = policy_of(turn);
    if (policy == NULL || policy->urge_merged == 0 || kase->merged_urged != 0 ||
        kase->merged_reports < policy->urge_merged ||
        !lifecycle_side_allowed((enum case_state)kase->state, EVENT_URGED)) {
        return;
    }
    Sanji__Urged *body = TURN_NEW(turn, Sanji__Urged, sanji__urged__init);
    body->merged = kase->merged_reports;
    write_urged(turn, kase, turn_event(turn, kase, cause_seq), body);
}

void urge_warn_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct turn_told told[2] = {
        {.org = kase->holder, .role = ROLE_DISPATCHER},
        {.worker = kase->worker},
    };
    turn_timer_fired(turn, kase, timer, told, kase->worker != 0 ? 2 : 1, false);
    if (policy_of(turn) == NULL) {
        return;
    }
    Sanji__Urged *body = TURN_NEW(turn, Sanji__Urged, sanji__urged__init);
    body->fired_timer = SANJI__TIMER_KIND__TIMER_KIND_RESOLVE_WARN;
    write_urged(turn, kase, turn_event(turn, kase, 0), body);
}
