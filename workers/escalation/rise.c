/* rise.c: see rise.h. */
#include "workers/escalation/rise.h"

#include "broker/runtime/route.h"

/* The highest desk above the holder that is not above `to`. */
static bool find_desk(const struct rules *rules, const struct kase *kase, enum org_tier to,
                      struct route *desk)
{
    if (!route_above(rules, kase, desk) || (to != TIER_NONE && desk->tier > to)) {
        return false;
    }
    enum org_tier tier = TIER_NONE;
    struct org_path path;
    while (desk->tier < to && rules_tier_above(rules, kase, desk->tier, &tier, &path) &&
           tier <= to) {
        desk->tier = tier;
        desk->desk = path;
    }
    return true;
}

bool rise_write(struct turn *turn, struct kase *kase, const struct rise *rise)
{
    const struct rules *rules = turn_rules(turn);
    struct route above;
    if ((lifecycle_edge(T15)->from & (1U << kase->state)) == 0 ||
        !find_desk(rules, kase, rise->to, &above)) {
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
    body->step = rise->step;
    body->policy_version = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (rise->actor != NULL) {
        envelope->actor = rise->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ESCALATED;
    envelope->case_escalated = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T15, .envelope = envelope});
    return true;
}
