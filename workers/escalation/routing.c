/* routing.c: see routing.h. */
#include "workers/escalation/routing.h"

#include "workers/escalation/steps.h"

void routing_write(struct turn *turn, struct kase *kase, const struct routing *routing)
{
    Sanji__Envelope *envelope = turn_event(turn, kase, routing->cause_seq);
    turn_set_holder(turn, envelope, routing->to, routing->tier);
    turn_set_worker(turn, envelope, 0);
    if (routing->owner.place != 0) {
        turn_set_owner(turn, envelope, routing->owner);
    }
    Sanji__CaseRouted *body = TURN_NEW(turn, Sanji__CaseRouted, sanji__case_routed__init);
    body->to = envelope->holder;
    body->to_tier = envelope->tier;
    body->owner = envelope->owner;
    body->rule_id = routing->rule_id;
    body->holder_changes = (uint32_t)kase->holder_changes + 1U;
    body->policy_version =
        rules_version(turn_rules(turn), SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (routing->actor != NULL) {
        envelope->actor = routing->actor;
    }
    if (routing->edge == T08) {
        steps_arm(turn, envelope, kase, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ROUTED;
    envelope->case_routed = body;
    turn_emit(turn, &(struct emission){
                        .kase = kase, .edge = routing->edge, .envelope = envelope});
}
