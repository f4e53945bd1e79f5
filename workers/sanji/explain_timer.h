/* explain_timer.h: the arithmetic of deadlines, as JSON that explain_text.c prints.
 *
 * A change of a timer, recounted from what its record says by the calendar of its time:
 *
 *     t0 + budget on its clock, pauses cut out    = by_budget     the earlier of the two
 *     t0 + cap + natural length of the pauses     = by_cap        is the due time
 *
 * What was paused by RESOLVED goes on with its rest, which has no t0: method "rest" (or
 * "floor", where less than the least share of the budget was left). Terms by which it is past
 * already make it due at once: "past". A due time that no method
 * gives is shown "as_written", with agrees = false: the record holds, the sum does not.
 */
#ifndef SANJI_EXPLAIN_TIMER_H
#define SANJI_EXPLAIN_TIMER_H

#include <jansson.h>

#include "broker/runtime/labels.h"
#include "broker/runtime/rules.h"
#include "proto/case.h"

/* Where a change stands: the case before and after its record, and the rules in force. */
struct explain_moment {
    const struct rules *rules;
    const struct kase *before; /* zeroed for the first record */
    const struct kase *after;
    const Sanji__Envelope *envelope;
    uint64_t seq;
    int64_t at_ms;
};

/* Owns: the caller. Never NULL. */
json_t *explain_change(const struct explain_moment *moment,
                       const Sanji__TimerChange *change);

/* "x": RFC 3339; nothing when at_ms is 0. */
void explain_put_time(json_t *object, const char *key, int64_t at_ms);
/* The word of an enum as JSON has it, and as people read it: "x", "x_zh", "x_en". */
void explain_put_word(json_t *object, const char *key, const struct rules *rules,
                      enum label_group group, int number);

#endif
