/* steps.c: see steps.h. */
#include "workers/escalation/steps.h"

#include "workers/escalation/assist.h"
#include "workers/escalation/rise.h"
#include "workers/escalation/upstream.h"

enum {
    MS_PER_S = 1000
};

/* The n-th step of a severity, from 1; they stand in the order of their offsets. */
static const Sanji__EscalationStep *find(const struct rules *rules, unsigned severity,
                                         unsigned n)
{
    const Sanji__Policy *policy = rules_policy(rules);
    if (policy == NULL || policy->escalation == NULL || n == 0) {
        return NULL;
    }
    const Sanji__Escalation *escalation = policy->escalation;
    for (size_t i = 0; i < escalation->n_steps; i++) {
        if ((unsigned)escalation->steps[i]->severity == severity) {
            n--;
            if (n == 0) {
                return escalation->steps[i];
            }
        }
    }
    return NULL;
}

void steps_arm(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase,
               unsigned step)
{
    const struct rules *rules = turn_rules(turn);
    const Sanji__EscalationStep *before = find(rules, (unsigned)envelope->severity, step);
    const Sanji__EscalationStep *next = find(rules, (unsigned)envelope->severity, step + 1);
    if (next == NULL) {
        return;
    }
    const struct deadline_limit limit = {CLOCK_NATURAL, next->after_s, 0};
    int64_t t0_ms = kase->received_ms;
    if (turn_due_ms(turn, kase, t0_ms, &limit) <= turn_now_ms(turn)) {
        t0_ms =
            turn_now_ms(turn) - (before != NULL ? (int64_t)before->after_s * MS_PER_S : 0);
    }
    turn_arm_limit(turn, envelope, TIMER_ESCALATE, step + 1, t0_ms, &limit);
}

void steps_cancel(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == TIMER_ESCALATE && kase->timers[i].n != 0) {
            turn_cancel(turn, envelope, TIMER_ESCALATE, kase->timers[i].n);
        }
    }
}

/* Nobody has taken it: it waits at a desk, or for an answer. */
static bool is_waiting(const struct kase *kase)
{
    return kase->state == STATE_ACCEPTED || kase->state == STATE_ASSIGNING ||
           kase->state == STATE_DISPATCHED;
}

static void act(struct turn *turn, struct kase *kase, const Sanji__EscalationStep *step,
                const struct rise *rise)
{
    (void)rise_write(turn, kase, rise); // false: it is that high already
    if (step->assist) {
        assist_by_policy(turn, kase);
    }
    if (step->upstream) {
        (void)upstream_by_policy(turn, kase); // false: an exercise; the desk was told
    }
}

/* While an offer stands at the step's own tier, nothing but a rise can be written: looked at
 * again when the offer must have been answered. */
static void look_again(struct turn *turn, Sanji__Envelope *envelope,
                       const struct kase *kase, const struct case_timer *timer)
{
    struct deadline_limit limit = {CLOCK_NATURAL, timer->budget_s, 0};
    uint32_t times_max = 0;
    (void)rules_limit(turn_rules(turn), TIMER_ACK, kase->severity, kase->category, &limit,
                      &times_max); // no limit: the step's own
    turn_arm_limit(turn, envelope, TIMER_ESCALATE, timer->n, 0, &limit);
}

void steps_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const Sanji__EscalationStep *step = find(turn_rules(turn), kase->severity, timer->n);
    const bool waits = step != NULL && is_waiting(kase);
    const bool blocked = waits && kase->state == STATE_DISPATCHED &&
                         kase->tier >= (unsigned)step->to_tier &&
                         (step->assist || step->upstream);
    const bool acts = waits && !blocked;
    struct turn_told told = {.role = ROLE_DUTY_LEADER};
    if (acts) {
        told.org = rules_desk(kase->area, (enum org_tier)step->to_tier);
    }
    const struct rise rise = {.cause =
                                  SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_SEVERITY_RULE,
                              .to = acts ? (enum org_tier)step->to_tier : TIER_NONE,
                              .fired = TIMER_ESCALATE,
                              .late_ms = turn_now_ms(turn) > timer->due_ms
                                             ? (uint64_t)(turn_now_ms(turn) - timer->due_ms)
                                             : 0,
                              .step = timer->n};
    Sanji__Envelope *envelope = turn_fired(turn, kase, timer, &told, acts ? 1 : 0);
    if (blocked) {
        look_again(turn, envelope, kase, timer);
    } else if (step != NULL) {
        steps_arm(turn, envelope, kase, timer->n);
    }
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    if (acts) {
        act(turn, kase, step, &rise);
    }
}
