/* route.c: see route.h. */
#include "broker/runtime/route.h"

static struct route lowest(const struct rules *rules, const struct kase *kase)
{
    struct route route = {
        .desk = kase->area, .tier = org_depth(kase->area), .rule = ROUTE_PLACE_UNKNOWN};
    if (rules_grid(rules, kase->area) == NULL) {
        return route; // a unit above the grids is its own desk
    }
    const bool has_desk =
        rules_tier_above(rules, kase, TIER_GRID, &route.tier, &route.desk);
    if (!has_desk) {
        // A grid without a tier path is a mistake that the rule files refuse; the
        // sub-district takes what nobody else is named for.
        route.desk = org_subdistrict(kase->area);
        route.tier = TIER_SUBDISTRICT;
    }
    route.rule = ROUTE_LOWEST_TIER;
    return route;
}

static void raise_to(const struct rules *rules, const struct kase *kase, enum org_tier tier,
                     enum route_rule rule, struct route *route)
{
    enum org_tier above = TIER_NONE;
    struct org_path desk;
    while (route->tier < tier &&
           rules_tier_above(rules, kase, route->tier, &above, &desk)) {
        route->tier = above;
        route->desk = desk;
        route->rule = rule;
    }
}

static struct route reopened(const struct rules *rules, const struct kase *kase)
{
    struct route route = {
        .desk = kase->owner, .tier = org_depth(kase->owner), .rule = ROUTE_TO_OWNER};
    if (kase->reopens > 1) {
        enum org_tier above = TIER_NONE;
        struct org_path desk;
        if (rules_tier_above(rules, kase, route.tier, &above, &desk)) {
            route.tier = above;
            route.desk = desk;
            route.rule = ROUTE_ABOVE_OWNER;
        }
    }
    return route;
}

struct route route_first(const struct rules *rules, const struct kase *kase)
{
    if (kase->reopens > 0) {
        return reopened(rules, kase);
    }
    struct route route = lowest(rules, kase);
    const Sanji__SourceRule *source = rules_source(rules, kase->source);
    if (source != NULL) {
        raise_to(rules, kase, (enum org_tier)source->first_tier, ROUTE_BY_SOURCE, &route);
    }
    if (kase->severity == SEVERITY_S1) {
        raise_to(rules, kase, (enum org_tier)rules_policy(rules)->s1_first_tier,
                 ROUTE_BY_SEVERITY, &route);
    }
    return route;
}

bool route_above(const struct rules *rules, const struct kase *kase, struct route *above)
{
    enum org_tier tier = TIER_NONE;
    struct org_path desk;
    if (!rules_tier_above(rules, kase, (enum org_tier)kase->tier, &tier, &desk)) {
        return false;
    }
    *above = (struct route){.desk = desk, .tier = tier, .rule = ROUTE_LOWEST_TIER};
    return true;
}
