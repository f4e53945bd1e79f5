/* overload.c: see overload.h. */
#include "workers/dispatch/overload.h"

enum {
    BAND_NORMAL = 0,
    BAND_OVERLOADED = 1,
    BAND_LEND = 2,
    BAND_ASKED = 3,
    MS_PER_S = 1000
};

static const Sanji__DispatchRules *rules_of(const struct rules *rules)
{
    const Sanji__Policy *policy = rules_policy(rules);
    const Sanji__DispatchRules *more = policy != NULL ? policy->dispatch : NULL;
    return more != NULL && more->band_clear_permille != 0 ? more : NULL;
}

static int64_t lend_due_ms(const Sanji__DispatchRules *more,
                           const struct workload_band *band)
{
    return band->since_ms + (int64_t)more->lend_after_s * MS_PER_S;
}

static uint32_t next_band(const struct rules *rules, const Sanji__DispatchRules *more,
                          const struct workload_band *band, uint32_t permille,
                          int64_t now_ms)
{
    const uint32_t overload_permille = rules_policy(rules)->cost->overload_permille;
    const bool lends = permille > more->lend_permille;
    if (permille < more->band_clear_permille) {
        return BAND_NORMAL;
    }
    if (band->band == BAND_LEND && now_ms >= lend_due_ms(more, band)) {
        return lends ? BAND_ASKED : BAND_OVERLOADED;
    }
    if (band->band >= BAND_LEND) {
        return band->band;
    }
    if (lends) {
        return BAND_LEND;
    }
    return permille > overload_permille ? BAND_OVERLOADED : band->band;
}

void overload_check(struct dispatch *dispatch, struct turn *turn, struct org_path community,
                    uint64_t cause_seq)
{
    struct world *world = turn_world(turn);
    const struct rules *rules = turn_rules(turn);
    const Sanji__DispatchRules *more = rules_of(rules);
    if (more == NULL || community.packed == 0) {
        return;
    }
    const struct workload_band *band =
        &world_totals(world)->bands[workload_community(community)];
    const int64_t now_ms = turn_now_ms(turn);
    const uint32_t permille = pool_utilisation(&dispatch->pool, world, community, now_ms);
    const uint32_t next = next_band(rules, more, band, permille, now_ms);
    if (next == band->band) {
        return;
    }
    Sanji__OverloadRaised *body =
        TURN_NEW(turn, Sanji__OverloadRaised, sanji__overload_raised__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, cause_seq);
    char *told = turn_take(turn, ORG_TEXT_SIZE);
    turn_set_area(turn, envelope, community);
    // Whose chief is told: the community's own, at last the sub-district's.
    body->area =
        org_print(next == BAND_ASKED ? org_subdistrict(community) : community, told);
    body->role = SANJI__ROLE__ROLE_FULLTIME;
    body->utilisation_permille = permille;
    body->waiting_cases = (uint32_t)waiting_count(&dispatch->waiting, community);
    body->band = next;
    envelope->body_case = SANJI__ENVELOPE__BODY_OVERLOAD_RAISED;
    envelope->overload_raised = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

/* A community of the organisation in force that may have to be lent to; false: it is not in
 * that band. One that is gone waits for nothing. */
static bool waits_for_loan(struct world *world, const Sanji__OrgUnit *unit,
                           struct org_path *path, int64_t *due_ms)
{
    const Sanji__DispatchRules *more = rules_of(world_rules(world));
    if (more == NULL || unit->tier != SANJI__TIER__TIER_COMMUNITY ||
        org_parse(unit->path, path) != STATUS_OK) {
        return false;
    }
    const struct workload_band *band =
        &world_totals(world)->bands[workload_community(*path)];
    *due_ms = lend_due_ms(more, band);
    return band->band == BAND_LEND;
}

int64_t overload_next_ms(struct world *world)
{
    const Sanji__Org *org = rules_org(world_rules(world));
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < org->n_units; i++) {
        struct org_path path;
        int64_t due_ms = 0;
        if (waits_for_loan(world, org->units[i], &path, &due_ms) && due_ms < next_ms) {
            next_ms = due_ms;
        }
    }
    return next_ms;
}

void overload_due(struct dispatch *dispatch, struct turn *turn)
{
    const Sanji__Org *org = rules_org(turn_rules(turn));
    for (size_t i = 0; i < org->n_units; i++) {
        struct org_path path;
        int64_t due_ms = 0;
        if (waits_for_loan(turn_world(turn), org->units[i], &path, &due_ms) &&
            due_ms <= turn_now_ms(turn)) {
            overload_check(dispatch, turn, path, 0);
        }
    }
}
