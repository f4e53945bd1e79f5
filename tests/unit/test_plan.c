/* test_plan.c: y-mini over the rules of deploy/: counts by quota, pairs only where allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/deploy_rules.h"
#include "workers/sanji/plan.h"

enum {
    SEED = 20200904,
    SEEDS = 40,
    DAYS = 34,
    MS_PER_DAY = 24 * 3600 * 1000
};

static const int64_t start_ms = 1596211200000; // 2020-08-01T00:00+08:00
static struct rules *rules;

static int load_rules(void **state)
{
    (void)state;
    rules = rules_new();
    deploy_rules_fold(rules);
    return 0;
}

static int free_rules(void **state)
{
    (void)state;
    rules_free(&rules);
    return 0;
}

static void draw(uint64_t seed, struct plan *plan)
{
    struct fault fault;
    if (plan_y_mini(rules, seed, start_ms, plan, &fault) != STATUS_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(plan->count, PLAN_Y_CASES);
}

static void the_same_seed_draws_the_same_plan(void **state)
{
    (void)state;
    struct plan one = {0};
    struct plan two = {0};
    draw(SEED, &one);
    draw(SEED, &two);
    assert_int_equal(one.count, two.count);
    assert_memory_equal(one.cases, two.cases, one.count * sizeof *one.cases);
    draw(SEED + 1, &two);
    assert_memory_not_equal(one.cases, two.cases, one.count * sizeof *one.cases);
    plan_reset(&one);
    plan_reset(&two);
}

/* Y's share of the street's quotas: quota * 152 / 2008, the largest rests rounded up. */
static void counts_are_the_quotas_by_largest_remainder(void **state)
{
    (void)state;
    struct plan plan = {0};
    static const unsigned sources[9] = {0, 94, 32, 9, 5, 8, 3, 1, 0};
    static const unsigned severities[5] = {0, 1, 14, 119, 18};
    static const unsigned majors[12] = {0, 20, 24, 33, 20, 6, 23, 8, 6, 5, 3, 4};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        unsigned by_major[12] = {0};
        unsigned by_source[9] = {0};
        unsigned by_severity[5] = {0};
        draw(seed, &plan);
        for (size_t i = 0; i < plan.count; i++) {
            by_source[plan.cases[i].source]++;
            by_severity[plan.cases[i].severity]++;
            by_major[plan.cases[i].category / 1000]++;
        }
        assert_memory_equal(by_major, majors, sizeof majors);
        assert_memory_equal(by_source, sources, sizeof sources);
        assert_memory_equal(by_severity, severities, sizeof severities);
    }
    plan_reset(&plan);
}

static void check_pair(const struct planned *planned)
{
    const Sanji__Category *category = rules_category(rules, planned->category);
    const Sanji__Grid *grid = rules_grid(rules, planned->grid);
    assert_non_null(category);
    assert_non_null(grid);
    assert_int_equal(category->severity, planned->severity_from != 0
                                             ? planned->severity_from
                                             : planned->severity);
    if (planned->tier == TIER_GRID) {
        assert_int_equal(planned->source, SANJI__SOURCE__SOURCE_HANDHELD);
        assert_true(category->self_handled);
        assert_in_range(planned->severity, SEVERITY_S3, SEVERITY_S4);
        assert_false(grid->dedicated);
        assert_true(planned->worker != 0);
        const Sanji__Role role = rules_worker(rules, planned->worker)->role;
        assert_true(role == SANJI__ROLE__ROLE_FULLTIME ||
                    (role == SANJI__ROLE__ROLE_VOLUNTEER && category->light));
    } else {
        assert_int_equal(planned->worker, 0);
    }
    const bool high = planned->severity == SEVERITY_S1 || grid->dedicated ||
                      planned->source == SANJI__SOURCE__SOURCE_HOTLINE_12345;
    assert_true(!high || planned->tier >= TIER_COMMUNITY);
}

static void pairs_are_drawn_only_where_the_rules_allow_them(void **state)
{
    (void)state;
    struct plan plan = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        draw(seed, &plan);
        for (size_t i = 0; i < plan.count; i++) {
            check_pair(&plan.cases[i]);
        }
    }
    plan_reset(&plan);
}

static void cases_lie_in_y_within_the_days_in_order(void **state)
{
    (void)state;
    struct plan plan = {0};
    struct org_path y;
    assert_int_equal(org_parse("370499.003.01", &y), STATUS_OK);
    draw(SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        assert_true(org_within(planned->grid, y));
        assert_int_equal(planned->number, i + 1);
        assert_true(planned->at_ms >= start_ms &&
                    planned->at_ms < start_ms + DAYS * (int64_t)MS_PER_DAY);
        assert_true(i == 0 || planned->at_ms >= plan.cases[i - 1].at_ms);
    }
    plan_reset(&plan);
}

static void disturbances_are_counted_and_on_ordinary_cases_only(void **state)
{
    (void)state;
    struct plan plan = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        unsigned declines = 0;
        unsigned timeouts = 0;
        unsigned reworks = 0;
        unsigned reopens = 0;
        draw(seed, &plan);
        for (size_t i = 0; i < plan.count; i++) {
            const struct planned *planned = &plan.cases[i];
            const unsigned here =
                (planned->declines ? 1U : 0U) + (planned->timeouts ? 1U : 0U) +
                (planned->reworks ? 1U : 0U) + (planned->reopens ? 1U : 0U);
            assert_true(here == 0 ||
                        (planned->tier != TIER_GRID && planned->severity != SEVERITY_S1));
            declines += planned->declines;
            timeouts += planned->timeouts;
            reworks += planned->reworks;
            reopens += planned->reopens;
        }
        assert_int_equal(declines, 5);
        assert_int_equal(timeouts, 11);
        assert_int_equal(reworks, 4);
        assert_int_equal(reopens, 1);
    }
    plan_reset(&plan);
}

static void an_organisation_without_y_is_refused_with_words(void **state)
{
    (void)state;
    struct plan plan = {0};
    struct fault fault = {.status = STATUS_OK};
    struct rules *bare = rules_new();
    assert_int_equal(plan_y_mini(bare, SEED, start_ms, &plan, &fault), STATUS_INVALID);
    assert_non_null(strstr(fault.text, "370499.003.01"));
    rules_free(&bare);
    plan_reset(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_draws_the_same_plan),
        cmocka_unit_test(counts_are_the_quotas_by_largest_remainder),
        cmocka_unit_test(pairs_are_drawn_only_where_the_rules_allow_them),
        cmocka_unit_test(cases_lie_in_y_within_the_days_in_order),
        cmocka_unit_test(disturbances_are_counted_and_on_ordinary_cases_only),
        cmocka_unit_test(an_organisation_without_y_is_refused_with_words),
    };
    return cmocka_run_group_tests_name("plan", tests, load_rules, free_rules);
}
