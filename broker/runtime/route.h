/* route.h: where a case goes: the first desk, and the one above (domain 4.6).
 *
 * Pure: a case and the rules in, a desk with the number of the rule out. Escalation decides
 * by it, `route test` asks it by changed rules: one place that knows.
 */
#ifndef RUNTIME_ROUTE_H
#define RUNTIME_ROUTE_H

#include <stdbool.h>

#include "broker/runtime/rules.h"
#include "proto/case.h"

/* Why a desk was chosen; stands in CaseRouted.rule_id. */
enum route_rule {
    ROUTE_LOWEST_TIER = 1,   /* the lowest desk that the place allows */
    ROUTE_BY_SOURCE = 2,     /* the source's row names a higher first tier (hotline) */
    ROUTE_BY_SEVERITY = 3,   /* S1 starts higher */
    ROUTE_PLACE_UNKNOWN = 4, /* no grid: the desk of the lowest unit that is known */
    ROUTE_TO_OWNER = 5,      /* reopened once: back to who is accountable */
    ROUTE_ABOVE_OWNER = 6    /* reopened again: one tier above */
};

struct route {
    struct org_path desk;
    enum org_tier tier;
    enum route_rule rule;
};

/* The desk that an ACCEPTED case goes to (T08). */
struct route route_first(const struct rules *rules, const struct kase *kase);

/* The desk one tier up (T15); false: it is at the top of what this system holds. */
bool route_above(const struct rules *rules, const struct kase *kase, struct route *above);

#endif
