/* test_plan_pairs.c: nothing is planned that the rules do not allow, or that would end
 * elsewhere by rule: who may report what, which tier may handle it, who is there at that hour,
 * what may happen to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/deadline.h"
#include "proto/vocab.h"
#include "tests/unit/drawn_plan.h"

enum {
    SEEDS = 10,
    WORK_HOUR_S = 3600,
    MS_PER_MIN = 60000,
    URGENT_MIN = 40,
    HALF_DAY_MIN = 12 * 60
};

static const struct rules *rules;

typedef void check_fn(const struct planned *planned);

static void each_of(const struct plan *plan, check_fn *check)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->cases[i].kind == PLANNED_CASE) {
            check(&plan->cases[i]);
        }
    }
}

/* Each case proper of the street and of y-mini, over several seeds. */
static void each_case(check_fn *check)
{
    struct plan plan = {0};
    rules = drawn_rules(1);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (int set = PLAN_Y_MINI; set <= PLAN_STREET; set++) {
            drawn_plan((enum plan_set)set, 1, seed, &plan);
            each_of(&plan, check);
        }
    }
    plan_reset(&plan);
}

static const Sanji__Category *category_of(const struct planned *planned)
{
    const Sanji__Category *category = rules_category(rules, planned->category);
    assert_non_null(category);
    return category;
}

static uint8_t filed(const struct planned *planned)
{
    return planned->severity_from != 0 ? planned->severity_from : planned->severity;
}

/* ---- what goes together ---- */

static void check_pair(const struct planned *planned)
{
    const Sanji__Category *category = category_of(planned);
    const Sanji__Grid *grid = rules_grid(rules, planned->grid);
    const Sanji__SourceRule *source = rules_source(rules, planned->source);
    assert_non_null(grid);
    assert_non_null(source);
    assert_int_equal(category->severity, filed(planned));
    // What starts higher does not end lower.
    const bool high = planned->severity == SEVERITY_S1 || grid->dedicated ||
                      source->first_tier == SANJI__TIER__TIER_COMMUNITY;
    assert_true(!high || planned->tier >= TIER_COMMUNITY);
    assert_true(planned->tier >= TIER_GRID && planned->tier <= TIER_MUNICIPAL);
    if (planned->tier == TIER_COMMITTEE) {
        assert_string_equal(category->authority, "");
        assert_false(category->two_persons || category->minors);
        assert_true(planned->category / 1000 != 7);
    }
    assert_true(!category->two_persons || planned->tier >= TIER_SUBDISTRICT);
    assert_true(!category->restricted || planned->tier != TIER_MUNICIPAL);
}

static void pairs_are_drawn_only_where_the_rules_allow_them(void **state)
{
    (void)state;
    each_case(check_pair);
}

static void check_self_handled(const struct planned *planned)
{
    if (planned->tier != TIER_GRID) {
        assert_int_equal(planned->worker, 0);
        return;
    }
    const Sanji__Category *category = category_of(planned);
    const Sanji__Worker *worker = rules_worker(rules, planned->worker);
    int64_t changes_ms = 0;
    struct org_path home;
    assert_int_equal(planned->source, SANJI__SOURCE__SOURCE_HANDHELD);
    assert_true(category->self_handled);
    assert_in_range(planned->severity, SEVERITY_S3, SEVERITY_S4);
    assert_non_null(worker);
    assert_true(worker->role == SANJI__ROLE__ROLE_FULLTIME ||
                (worker->role == SANJI__ROLE__ROLE_VOLUNTEER && category->light));
    assert_int_equal(org_parse(worker->home_grid, &home), STATUS_OK);
    assert_true(org_equal(home, planned->grid));
    assert_true(rules_on_shift(rules, worker, planned->at_ms, &changes_ms));
    assert_int_equal(planned->resolution, SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED);
}

static void who_handles_it_himself_is_there_and_may(void **state)
{
    (void)state;
    each_case(check_self_handled);
}

static void check_source(const struct planned *planned)
{
    const Sanji__Category *category = category_of(planned);
    const bool video = planned->source == SANJI__SOURCE__SOURCE_VIDEO;
    const bool iot = planned->source == SANJI__SOURCE__SOURCE_IOT;
    assert_int_equal(planned->confidence_permille != 0, video || iot);
    assert_true(planned->confidence_permille <= 1000);
    if (planned->confidence_permille != 0 && planned->confidence_permille < 800) {
        assert_in_range(planned->severity, SEVERITY_S3,
                        SEVERITY_S4); // somebody looks first
    }
    const uint32_t major = planned->category / 1000;
    assert_false(video && (major == 1 || major == 6 || major == 7 || major == 9));
    assert_false(iot && (major == 1 || (major >= 5 && major <= 10)));
    // Who wants to hear of it can be asked: never where nobody is revisited.
    assert_true(!planned->wants_contact || category->revisit);
    assert_int_equal(planned->wants_contact, planned->satisfaction != 0);
    assert_true(planned->resolution != 0);
}

static void sources_report_what_they_can_see(void **state)
{
    (void)state;
    each_case(check_source);
}

/* ---- who is there ---- */

static int64_t minutes_left(const Sanji__Worker *worker, int64_t at_ms)
{
    int64_t changes_ms = 0;
    if (!rules_on_shift(rules, worker, at_ms, &changes_ms)) {
        return 0;
    }
    return changes_ms == INT64_MAX ? INT32_MAX : (changes_ms - at_ms) / MS_PER_MIN;
}

static bool is_able(const Sanji__Worker *worker, const Sanji__Category *category)
{
    bool skill = false;
    bool authority = category->authority[0] == '\0';
    for (size_t i = 0; i < worker->n_skills; i++) {
        skill |= strchr(category->skills, worker->skills[i]->skill[0]) != NULL;
    }
    for (size_t i = 0; i < worker->n_authority; i++) {
        authority |= strcmp(worker->authority[i], category->authority) == 0;
    }
    return skill && authority;
}

static bool at_desk(const Sanji__Worker *worker, struct org_path desk)
{
    struct org_path path;
    return org_parse(worker->desk, &path) == STATUS_OK && org_within(path, desk);
}

/* A professional, social or full-time worker of the desk who is able; else, where no such
 * person exists, a full-time worker who coordinates. */
static bool somebody_at(struct org_path desk, const Sanji__Category *category,
                        int64_t at_ms, int64_t need_min)
{
    const Sanji__Roster *roster = rules_roster(rules);
    bool exists = false;
    bool there = false;
    bool coordinator = false;
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        const bool fulltime = worker->role == SANJI__ROLE__ROLE_FULLTIME;
        if (!at_desk(worker, desk) ||
            (!fulltime && worker->role != SANJI__ROLE__ROLE_PROFESSIONAL &&
             worker->role != SANJI__ROLE__ROLE_SOCIAL_WORKER)) {
            continue;
        }
        const bool stays = minutes_left(worker, at_ms) >= need_min;
        exists |= is_able(worker, category);
        there |= is_able(worker, category) && stays;
        coordinator |= fulltime && stays;
    }
    return exists ? there : coordinator;
}

static void check_presence(const struct planned *planned)
{
    const Sanji__Category *category = category_of(planned);
    if (planned->tier != TIER_COMMITTEE && planned->tier != TIER_COMMUNITY) {
        return; // the sub-district is the last resort: somebody is always there
    }
    const struct org_path desk = planned->tier == TIER_COMMITTEE
                                     ? org_parent(planned->grid)
                                     : org_community(planned->grid);
    const uint32_t effort = category->effort_min;
    if (filed(planned) == SEVERITY_S1 || filed(planned) == SEVERITY_S2) {
        // Nobody at once: it would rise at once.
        const uint32_t need = effort < URGENT_MIN ? effort : URGENT_MIN;
        assert_true(somebody_at(desk, category, planned->at_ms, need));
        return;
    }
    // It waits for its people at most until DISPATCH is due, half a day at the latest.
    bool found = false;
    for (int64_t wait = 0; wait <= HALF_DAY_MIN && !found; wait += 15) {
        found = somebody_at(desk, category, planned->at_ms + wait * MS_PER_MIN, effort);
    }
    assert_true(found);
}

static void somebody_is_there_at_the_planned_desk_when_it_arrives(void **state)
{
    (void)state;
    each_case(check_presence);
}

/* ---- what happens to it ---- */

static void check_events(const struct planned *planned)
{
    const bool urgent =
        planned->severity == SEVERITY_S1 || planned->severity == SEVERITY_S2;
    const unsigned bends =
        (planned->declines ? 1U : 0U) + (planned->timeouts ? 1U : 0U) +
        (planned->recalls ? 1U : 0U) + (planned->returns ? 1U : 0U) +
        (planned->extensions ? 1U : 0U) + (planned->suspensions ? 1U : 0U) +
        (planned->reworks ? 1U : 0U) + (planned->reopens ? 1U : 0U) +
        (planned->category_from ? 1U : 0U) + (planned->severity_from ? 1U : 0U) +
        (planned->unmerged ? 1U : 0U) + (planned->late ? 1U : 0U);
    assert_true(bends <= 1);
    const int said = planned->urges + planned->assists + planned->supervise;
    assert_true(planned->tier != TIER_GRID || (bends == 0 && said == 0));
    assert_true(planned->severity != SEVERITY_S1 || (bends == 0 && said == 0));
    assert_true(!urgent || (planned->extensions == 0 && planned->suspensions == 0 &&
                            planned->returns == 0));
    assert_true(planned->tier != TIER_MUNICIPAL ||
                (planned->declines + planned->timeouts + planned->recalls +
                     planned->returns + planned->extensions + planned->suspensions +
                     planned->reworks + planned->reopens ==
                 0));
    // It climbs one desk above and comes back; a second time the sub-district decides.
    assert_true(planned->returns == 0 || planned->tier <= TIER_COMMUNITY);
    assert_true(planned->returns < 2 || planned->tier == TIER_COMMUNITY);
    assert_true(planned->returns <= 2 && planned->extensions <= 2);
    // Somebody stands above the holder, and no timer raised the level before.
    assert_true(planned->supervise == 0 ||
                (planned->tier <= TIER_COMMUNITY && !planned->late));
}

static void events_happen_only_where_they_can(void **state)
{
    (void)state;
    each_case(check_events);
}

static void check_late(const struct planned *planned)
{
    if (!planned->late) {
        return;
    }
    unsigned minute = 0;
    unsigned weekday = 0;
    uint32_t day = 0;
    assert_true(planned->severity != SEVERITY_S1);
    assert_true(planned->tier >= TIER_SUBDISTRICT); // its rise changes nothing any more
    if (planned->tier == TIER_SUBDISTRICT) {
        // So short a limit that it is missed while the same people are there.
        struct deadline_limit limit;
        uint32_t times = 0;
        assert_true(rules_limit(rules, TIMER_RESOLVE, planned->severity, planned->category,
                                &limit, &times));
        const int64_t due_ms =
            deadline_due_ms(rules_calendar(rules), &limit, planned->at_ms, NULL, 0);
        deadline_local(480, due_ms, &day, &minute, &weekday);
        assert_true(due_ms - planned->at_ms < 9 * 60 * (int64_t)MS_PER_MIN);
        assert_true(minute < 16 * 60);
    }
}

static void late_ones_are_late_where_that_leads_nowhere_else(void **state)
{
    (void)state;
    each_case(check_late);
}

static void check_reopened(const struct planned *planned)
{
    if (planned->reopens == 0) {
        return;
    }
    const bool above = rules_source(rules, planned->source)->owner_subdistrict;
    assert_true(planned->tier >= (above ? TIER_SUBDISTRICT : TIER_COMMUNITY));
    // One case, one answer.
    assert_true(planned->satisfaction == 0 ||
                planned->satisfaction == SANJI__SATISFACTION__SATISFACTION_UNREACHABLE ||
                planned->satisfaction == SANJI__SATISFACTION__SATISFACTION_DECLINED);
}

static void reopened_ones_end_at_the_owner_or_above_and_answer_once(void **state)
{
    (void)state;
    each_case(check_reopened);
}

static void check_renamed(const struct planned *planned)
{
    if (planned->category_from != 0) {
        const Sanji__Category *is = category_of(planned);
        const Sanji__Category *was = rules_category(rules, planned->category_from);
        assert_non_null(was);
        assert_true(planned->category_from != planned->category);
        assert_int_equal(was->severity, is->severity);
        assert_int_equal(was->restricted, is->restricted);
        assert_string_equal(was->skills, is->skills);
        assert_string_equal(was->authority, is->authority);
    }
    if (planned->severity_from != 0) {
        assert_true(planned->severity_from != planned->severity);
        assert_in_range(planned->severity_from, SEVERITY_S3, SEVERITY_S4);
        assert_in_range(planned->severity, SEVERITY_S3, SEVERITY_S4);
    }
}

static void what_was_filed_wrongly_goes_to_the_same_people(void **state)
{
    (void)state;
    each_case(check_renamed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_drawn_only_where_the_rules_allow_them),
        cmocka_unit_test(who_handles_it_himself_is_there_and_may),
        cmocka_unit_test(sources_report_what_they_can_see),
        cmocka_unit_test(somebody_is_there_at_the_planned_desk_when_it_arrives),
        cmocka_unit_test(events_happen_only_where_they_can),
        cmocka_unit_test(late_ones_are_late_where_that_leads_nowhere_else),
        cmocka_unit_test(reopened_ones_end_at_the_owner_or_above_and_answer_once),
        cmocka_unit_test(what_was_filed_wrongly_goes_to_the_same_people),
    };
    return cmocka_run_group_tests_name("plan_pairs", tests, NULL, NULL);
}
