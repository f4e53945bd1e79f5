/* test_plan_extras.c: what stands beside the cases: second reports merged into open cases, what
 * is rejected or cancelled, repeats, the burst pipe of surge, the disorder of chaos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/vocab.h"
#include "tests/unit/drawn_plan.h"

enum {
    SEED = 20200904,
    SEEDS = 10,
    STORY = 40,
    MS_PER_MIN = 60000,
    MS_PER_HOUR = 60 * MS_PER_MIN,
    MS_PER_DAY = 24 * MS_PER_HOUR
};

static const struct planned *parent_of(const struct plan *plan,
                                       const struct planned *planned)
{
    assert_in_range(planned->into, 1, plan->count);
    return &plan->cases[planned->into - 1];
}

/* A case is there for an hour at the least: offered, worked on, then checked. */
static void check_merged(const struct plan *plan, const struct planned *planned)
{
    const struct rules *rules = drawn_rules(1);
    const struct planned *parent = parent_of(plan, planned);
    const int64_t after_ms = planned->at_ms - parent->at_ms;
    assert_int_equal(parent->kind, PLANNED_CASE);
    assert_true(parent->number < planned->number);
    assert_true(after_ms > 0);
    assert_true(after_ms <= 40 * MS_PER_MIN || parent->tier == TIER_MUNICIPAL);
    assert_true(org_equal(org_community(parent->grid), org_community(planned->grid)));
    assert_true(parent->tier >= TIER_COMMITTEE); // what is handled on the spot is done
    const bool is_restricted = rules_category(rules, planned->category)->restricted;
    assert_int_equal(is_restricted, rules_category(rules, parent->category)->restricted);
    assert_false(parent->unmerged || parent->reopens > 0 || parent->reworks > 0);
    if (planned->kind == PLANNED_MERGED) {
        assert_int_equal(parent->category / 1000, planned->category / 1000);
        assert_int_equal(planned->tier, 0);
        assert_int_equal(planned->resolution, 0);
    } else {
        assert_true(planned->unmerged && planned->tier >= TIER_COMMUNITY);
    }
}

static void second_reports_follow_an_open_case_of_the_same_kind(void **state)
{
    (void)state;
    struct plan plan = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        unsigned unmerged = 0;
        drawn_plan(PLAN_STREET, 1, seed, &plan);
        unsigned char *reports = test_calloc(plan.count + 1, 1);
        for (size_t i = 0; i < plan.count; i++) {
            const struct planned *planned = &plan.cases[i];
            assert_int_equal(planned->into != 0,
                             planned->kind == PLANNED_MERGED || planned->unmerged);
            if (planned->into != 0) {
                check_merged(&plan, planned);
                unmerged += planned->unmerged ? 1 : 0;
                // A third report would urge by itself, which no quota counts.
                assert_true(++reports[planned->into] <= 2);
            }
        }
        assert_int_equal(unmerged, 3);
        test_free(reports);
    }
    plan_reset(&plan);
}

static void rejected_ones_are_not_accepted_by_rule(void **state)
{
    (void)state;
    const struct rules *rules = drawn_rules(1);
    struct plan plan = {0};
    unsigned by_place = 0;
    unsigned by_sight = 0;
    drawn_plan(PLAN_STREET, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        if (planned->kind != PLANNED_REJECTED) {
            assert_true(rules_grid(rules, planned->grid) != NULL);
            continue;
        }
        const Sanji__SourceRule *source = rules_source(rules, planned->source);
        const bool unsure = planned->confidence_permille != 0 &&
                            planned->confidence_permille < source->verify_below_permille;
        const bool nowhere = org_depth(planned->grid) == TIER_SUBDISTRICT;
        assert_true(unsure != nowhere);
        by_sight += unsure ? 1 : 0;
        by_place += nowhere ? 1 : 0;
    }
    assert_int_equal(by_place, 22);
    assert_int_equal(by_sight, 22);
    plan_reset(&plan);
}

static void what_is_no_case_is_plain(void **state)
{
    (void)state;
    const struct rules *rules = drawn_rules(1);
    struct plan plan = {0};
    drawn_plan(PLAN_STREET, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        if (planned->kind == PLANNED_CASE) {
            continue;
        }
        assert_in_range(planned->severity, SEVERITY_S3, SEVERITY_S4);
        assert_int_equal(rules_category(rules, planned->category)->severity,
                         planned->severity);
        assert_int_equal(planned->satisfaction, 0);
        assert_int_equal(planned->worker, 0);
        assert_false(planned->late || planned->unmerged);
    }
    plan_reset(&plan);
}

static void repeats_come_after_what_they_repeat(void **state)
{
    (void)state;
    struct plan plan = {0};
    unsigned kinds[4] = {0};
    drawn_plan(PLAN_STREET, 1, SEED, &plan);
    for (size_t i = 0; i < plan.stray_count; i++) {
        const struct stray *stray = &plan.strays[i];
        assert_in_range(stray->kind, STRAY_REPEAT, STRAY_PII);
        if (stray->kind == STRAY_REPEAT) {
            assert_in_range(stray->number, 1, plan.count);
            assert_true(stray->at_ms > plan.cases[stray->number - 1].at_ms);
        } else {
            assert_true(stray->number < 6);
        }
        kinds[stray->kind]++;
    }
    assert_int_equal(kinds[STRAY_REPEAT], 45);
    assert_int_equal(kinds[STRAY_MALFORMED], 6);
    assert_int_equal(kinds[STRAY_PII], 4);
    plan_reset(&plan);
}

static void surge_is_twelve_streets_in_three_days_and_one_burst_pipe(void **state)
{
    (void)state;
    struct plan plan = {0};
    drawn_plan(PLAN_SURGE, 1, SEED, &plan);
    assert_int_equal(plan.count, 12 * 2202 + STORY);
    unsigned char *reports = test_calloc(plan.count + 1, 1);
    unsigned days[3] = {0};
    uint32_t pipe = 0;
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        const int64_t day = (planned->at_ms - drawn_start_ms) / MS_PER_DAY;
        if (planned->kind == PLANNED_CASE) {
            assert_in_range(day, 0, 2);
            days[day]++;
        } else if (planned->kind == PLANNED_MERGED && ++reports[planned->into] == STORY) {
            pipe = planned->into;
        }
    }
    assert_int_equal(days[0], 8032);
    assert_int_equal(days[1], 8032);
    assert_int_equal(days[2], 8032);
    assert_true(pipe != 0);
    // It stays open while they come: the city has it.
    const struct planned *parent = &plan.cases[pipe - 1];
    assert_int_equal(parent->category, 4004);
    assert_int_equal(parent->tier, TIER_MUNICIPAL);
    for (size_t i = 0; i < plan.count; i++) {
        if (plan.cases[i].kind == PLANNED_MERGED && plan.cases[i].into == pipe) {
            assert_true(plan.cases[i].at_ms - parent->at_ms < 2 * (int64_t)MS_PER_HOUR);
            assert_int_equal(plan.cases[i].category, 4004);
        }
    }
    test_free(reports);
    plan_reset(&plan);
}

static void chaos_is_the_street_late_and_twice(void **state)
{
    (void)state;
    struct plan plan = {0};
    struct plan street = {0};
    unsigned held = 0;
    unsigned at_once = 0;
    unsigned overtaken = 0;
    int64_t newest_ms = 0;
    drawn_plan(PLAN_CHAOS, 1, SEED, &plan);
    drawn_plan(PLAN_STREET, 1, SEED, &street);
    assert_int_equal(plan.count, street.count);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        const int64_t observed_ms = planned->at_ms - (int64_t)planned->held_s * 1000;
        held += planned->held_s != 0 ? 1 : 0;
        overtaken += observed_ms < newest_ms ? 1 : 0;
        newest_ms = observed_ms > newest_ms ? observed_ms : newest_ms;
        // The truth is that of the street.
        assert_int_equal(planned->tier, street.cases[i].tier);
        assert_int_equal(planned->category, street.cases[i].category);
        assert_int_equal(street.cases[i].held_s, 0);
    }
    for (size_t i = 0; i < plan.stray_count; i++) {
        const struct stray *stray = &plan.strays[i];
        at_once += stray->kind == STRAY_REPEAT &&
                   stray->at_ms - plan.cases[stray->number - 1].at_ms < 10;
    }
    assert_in_range(held, 150, 300); // one in ten
    assert_true(overtaken > 20);
    assert_int_equal(at_once, 2202 / 10);
    plan_reset(&plan);
    plan_reset(&street);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_reports_follow_an_open_case_of_the_same_kind),
        cmocka_unit_test(rejected_ones_are_not_accepted_by_rule),
        cmocka_unit_test(what_is_no_case_is_plain),
        cmocka_unit_test(repeats_come_after_what_they_repeat),
        cmocka_unit_test(surge_is_twelve_streets_in_three_days_and_one_burst_pipe),
        cmocka_unit_test(chaos_is_the_street_late_and_twice),
    };
    return cmocka_run_group_tests_name("plan_extras", tests, NULL, NULL);
}
