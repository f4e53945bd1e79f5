/* alert.c: see alert.h. */
#include "workers/escalation/alert.h"

enum {
    DAY_S = 24 * 3600,
    MINUTE_S = 60
};

/* What of a natural day the calendar works, in seconds; a whole day where it does not say. */
static uint32_t working_day_s(const struct calendar *calendar)
{
    uint32_t day_s = 0;
    for (unsigned i = 0; calendar != NULL && i < calendar->span_count; i++) {
        const uint32_t span_min =
            (uint32_t)calendar->spans[i].to_min - calendar->spans[i].from_min;
        day_s += span_min * MINUTE_S;
    }
    return day_s > 0 ? day_s : DAY_S;
}

static uint32_t doubled(uint32_t seconds, uint32_t bound_s)
{
    if (seconds == 0 || seconds >= bound_s) {
        return seconds;
    }
    return seconds <= bound_s / 2 ? seconds * 2 : bound_s;
}

struct deadline_limit alert_next(const struct rules *rules, const struct case_timer *timer)
{
    const Sanji__Policy *policy = rules_policy(rules);
    // A timer without a budget would be due again at once, for ever.
    struct deadline_limit next = {.clock = (enum deadline_clock)timer->clock,
                                  .budget_s = timer->budget_s > 0 ? timer->budget_s : 1,
                                  .cap_s = timer->cap_s};
    if (policy == NULL || policy->escalation == NULL) {
        return next;
    }
    const uint32_t max_s = policy->escalation->repeat_max_s;
    const uint32_t day_s =
        next.clock == CLOCK_WORKING ? working_day_s(rules_calendar(rules)) : DAY_S;
    next.budget_s = doubled(next.budget_s, (uint32_t)((uint64_t)max_s * day_s / DAY_S));
    next.cap_s = doubled(next.cap_s, max_s);
    return next;
}

void alert_again(struct turn *turn, struct kase *kase, const struct case_timer *timer,
                 const struct turn_told *told, size_t told_count)
{
    const struct deadline_limit next = alert_next(turn_rules(turn), timer);
    Sanji__Envelope *envelope = turn_fired(turn, kase, timer, told, told_count);
    turn_arm_limit(turn, envelope, (enum timer_kind)timer->kind, timer->n, 0, &next);
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

uint64_t alert_late_ms(const struct turn *turn, const struct case_timer *timer)
{
    const int64_t late = turn_now_ms(turn) - timer->due_ms;
    return late > 0 ? (uint64_t)late : 0;
}
