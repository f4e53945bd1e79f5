/* explain_reason.h: what a record says about why, in sentences. */
#ifndef SANJI_EXPLAIN_REASON_H
#define SANJI_EXPLAIN_REASON_H

#include "workers/sanji/explain_timer.h"

/* [{"zh": ..., "en": ...}], empty where the event's name says it all. Owns: the caller. */
json_t *explain_reasons(const struct explain_moment *moment);
/* Who was considered: [{worker, role, cost_permille | rejects: [..]}]; NULL: not such an
 * event. Owns: the caller. */
json_t *explain_considered(const struct explain_moment *moment);

#endif
