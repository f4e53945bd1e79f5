/* indicator_measure.h: the conditions that measures are made of. Internal to
 * indicator_measure*.c.
 */
#ifndef RUNTIME_INDICATOR_MEASURE_H
#define RUNTIME_INDICATOR_MEASURE_H

#include "broker/runtime/indicator_inside.h"

#define MEASURE(name)                                                                      \
    bool indicator_measure_##name(const struct indicator_facts *facts,                     \
                                  const struct indicator_view *view, unsigned argument,    \
                                  struct indicator_amount *amount)

bool measure_in_view(const struct indicator_view *view, int64_t at_ms);
/* One of `counts`; true. */
bool measure_share(struct indicator_amount *amount, bool counts);
/* Its closing stands, and lies in the window. */
bool measure_is_closed(const struct indicator_facts *facts,
                       const struct indicator_view *view);
/* Taken up as a case: accepted, or handled on the spot, which needs no acceptance. */
bool measure_is_taken(const struct indicator_facts *facts);
/* When RESOLVE was missed first; 0: never, or not yet. */
int64_t measure_missed_ms(const struct indicator_facts *facts,
                          const struct indicator_view *view);
/* When it was settled whether the case kept its limit; 0: it is not. */
int64_t measure_settled_ms(const struct indicator_facts *facts,
                           const struct indicator_view *view);
/* Resolved, or open past its limit: what should be done by now. */
bool measure_is_due(const struct indicator_facts *facts, const struct indicator_view *view);

#endif
