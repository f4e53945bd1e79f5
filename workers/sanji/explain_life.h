/* explain_life.h: the two tables at the end of an explanation: what became of every timer, and
 * who had the case for how long.
 *
 * Both are read off the case as it stood before and after each record, so no kind of record
 * can be forgotten.
 */
#ifndef SANJI_EXPLAIN_LIFE_H
#define SANJI_EXPLAIN_LIFE_H

#include "workers/sanji/explain_timer.h"

struct explain_life;

struct explain_life *explain_life_new(void);
void explain_life_free(struct explain_life **life);
void explain_life_add(struct explain_life *life, const struct explain_moment *moment);

/* [{kind, n, armed_seq, armed, due, outcome: RUNNING | PAUSED | FIRED | CANCELLED, at, late_s}]
 * in the order of arming. Owns: the caller, as below. */
json_t *explain_life_timers(const struct explain_life *life, const struct rules *rules);
/* Who used up the time: [{holder, tier, since_seq, from, to, open, natural_s, working_s,
 * suspended_s, checking_s, upstream_s}]; an open case is counted up to now_ms, once. Time in which it was
 * final is nobody's. */
json_t *explain_life_ledger(struct explain_life *life, const struct rules *rules,
                            const struct kase *kase, int64_t now_ms);

#endif
