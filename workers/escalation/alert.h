/* alert.h: a timer that tells somebody, and tells him again, but not every minute.
 *
 *     due, told -> again after 2 x its budget -> 4 x -> ... at most repeat_max (a day)
 */
#ifndef ESCALATION_ALERT_H
#define ESCALATION_ALERT_H

#include "broker/runtime/turn.h"

/* When an alert that has just been given is given again: its own terms, doubled up to the
 * policy's bound. Without a policy, or above the bound: its own terms. */
struct deadline_limit alert_next(const struct rules *rules, const struct case_timer *timer);

/* TimerFired, armed again by alert_next. */
void alert_again(struct turn *turn, struct kase *kase, const struct case_timer *timer,
                 const struct turn_told *told, size_t told_count);
/* How late a timer is, for the event that it leads to. */
uint64_t alert_late_ms(const struct turn *turn, const struct case_timer *timer);

#endif
