/* test_plan.c: the data sets over the rules of deploy/: every quota exact at every scale, days
 * and hours by their weights, places by residents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/deadline.h"
#include "tests/unit/drawn_plan.h"
#include "workers/sanji/quota.h"

enum {
    SEED = 20200904,
    SEEDS = 24,
    DAYS = 34,
    HOURS = 24,
    COMMUNITIES = 10,
    BASIC_MAX = 13,
    MS_PER_HOUR = 3600 * 1000,
    MS_PER_DAY = HOURS * MS_PER_HOUR
};

/* ---- counting ---- */

struct counts {
    uint32_t cases, kinds[4], source[9], severity[5], upstream[5], major[12], tier[6];
    uint32_t late, contact, contact_by_source, contact_handheld, said[8];
    uint32_t returns, returned_twice, timeouts, declines, recalls, extensions, suspensions;
    uint32_t reworks, reopens, urges, assists, supervise[4], reclassified, regraded,
        unmerged;
    uint32_t strays[4];
};

static void count_events(const struct planned *planned, struct counts *counts)
{
    counts->returns += planned->returns;
    counts->returned_twice += planned->returns == 2 ? 1 : 0;
    counts->timeouts += planned->timeouts;
    counts->declines += planned->declines;
    counts->recalls += planned->recalls;
    counts->extensions += planned->extensions;
    counts->suspensions += planned->suspensions;
    counts->reworks += planned->reworks;
    counts->reopens += planned->reopens;
    counts->urges += planned->urges;
    counts->assists += planned->assists;
    counts->supervise[planned->supervise]++;
    counts->reclassified += planned->category_from != 0 ? 1 : 0;
    counts->regraded += planned->severity_from != 0 ? 1 : 0;
    counts->unmerged += planned->unmerged ? 1 : 0;
}

static void count_case(const struct planned *planned, struct counts *counts)
{
    const bool handheld = planned->source == SANJI__SOURCE__SOURCE_HANDHELD;
    counts->cases++;
    counts->source[planned->source]++;
    counts->severity[planned->severity]++;
    counts->upstream[planned->severity] += planned->tier == TIER_MUNICIPAL ? 1 : 0;
    counts->major[planned->category / 1000]++;
    counts->tier[planned->tier]++;
    counts->late += planned->late ? 1 : 0;
    counts->contact += planned->wants_contact ? 1 : 0;
    counts->contact_handheld += planned->wants_contact && handheld ? 1 : 0;
    counts->contact_by_source += planned->wants_contact && !handheld ? 1 : 0;
    counts->said[planned->satisfaction]++;
    count_events(planned, counts);
}

static struct counts count(const struct plan *plan)
{
    struct counts counts = {0};
    for (size_t i = 0; i < plan->count; i++) {
        counts.kinds[plan->cases[i].kind]++;
        if (plan->cases[i].kind == PLANNED_CASE) {
            count_case(&plan->cases[i], &counts);
        }
    }
    for (size_t i = 0; i < plan->stray_count; i++) {
        counts.strays[plan->strays[i].kind]++;
    }
    return counts;
}

/* The street, domain 9.2, word for word. */
static struct counts street_quotas(void)
{
    return (struct counts){
        .cases = 2008,
        .kinds = {2008, 130, 44, 20},
        .source = {0, 1245, 422, 121, 60, 100, 40, 20, 0},
        .severity = {0, 20, 181, 1566, 241},
        .upstream = {0, 3, 9, 12, 28},
        .major = {0, 261, 321, 442, 261, 81, 301, 101, 80, 60, 40, 60},
        .tier = {0, 520, 692, 528, 216, 52},
        .late = 91,
        .contact = 1390,
        .contact_by_source = 542,
        .contact_handheld = 848,
        .said = {618, 870, 370, 6, 3, 1, 118, 22},
        .returns = 96,
        .returned_twice = 6,
        .timeouts = 141,
        .declines = 60,
        .recalls = 35,
        .extensions = 61,
        .suspensions = 18,
        .reworks = 58,
        .reopens = 12,
        .urges = 210,
        .assists = 120,
        .supervise = {1980, 22, 5, 1},
        .reclassified = 30,
        .regraded = 25,
        .unmerged = 3,
        .strays = {0, 45, 6, 4},
    };
}

/* Every number of the street so many times. */
static void check_street(const struct plan *plan, uint32_t times)
{
    struct counts expected = street_quotas();
    const struct counts found = count(plan);
    uint32_t *number = (uint32_t *)&expected;
    for (size_t i = 0; i < sizeof expected / sizeof *number; i++) {
        const uint32_t is = ((const uint32_t *)&found)[i];
        if (is != number[i] * times) {
            fail_msg("number %zu of struct counts is %u, not %u", i, is, number[i] * times);
        }
    }
}

/* ---- quotas ---- */

static void every_quota_of_the_street_is_exact_whatever_the_seed(void **state)
{
    (void)state;
    struct plan plan = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        drawn_plan(PLAN_STREET, 1, seed == 0 ? SEED : seed, &plan);
        check_street(&plan, 1);
    }
    plan_reset(&plan);
}

static void a_larger_scale_multiplies_every_quota(void **state)
{
    (void)state;
    static const uint32_t scales[] = {2, 4, 7, 7, 108};
    struct plan plan = {0};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        drawn_plan(PLAN_STREET, scales[i], SEED + i, &plan);
        check_street(&plan, scales[i]);
    }
    plan_reset(&plan);
}

/* Y's share of the street's quotas: quota * 152 / 2008, the largest rests rounded up. */
static void y_mini_is_y_s_share_by_largest_remainder(void **state)
{
    (void)state;
    struct plan plan = {0};
    static const uint32_t sources[9] = {0, 94, 32, 9, 5, 8, 3, 1, 0};
    static const uint32_t severities[5] = {0, 1, 14, 119, 18};
    static const uint32_t majors[12] = {0, 20, 24, 33, 20, 6, 23, 8, 6, 5, 3, 4};
    static const uint32_t tiers[6] = {0, 39, 53, 40, 16, 4};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        drawn_plan(PLAN_Y_MINI, 1, seed, &plan);
        const struct counts found = count(&plan);
        assert_int_equal(plan.count, PLAN_Y_CASES);
        assert_int_equal(plan.stray_count, 0);
        assert_memory_equal(found.major, majors, sizeof majors);
        assert_memory_equal(found.source, sources, sizeof sources);
        assert_memory_equal(found.severity, severities, sizeof severities);
        assert_memory_equal(found.tier, tiers, sizeof tiers);
        assert_int_equal(found.late, 7);
        assert_int_equal(found.contact, 32 + 8 + 1 + 64);
        assert_int_equal(found.timeouts, 11);
        assert_int_equal(found.declines, 5);
        assert_int_equal(found.reworks, 4);
        assert_int_equal(found.reopens, 1);
        assert_int_equal(found.returns, 6);
    }
    plan_reset(&plan);
}

/* ---- time ---- */

static unsigned hour_of(const struct planned *planned)
{
    return (unsigned)((planned->at_ms - drawn_start_ms) % MS_PER_DAY / MS_PER_HOUR);
}

static size_t day_of(const struct planned *planned)
{
    assert_true(planned->at_ms >= drawn_start_ms);
    return (size_t)((planned->at_ms - drawn_start_ms) / MS_PER_DAY);
}

static void hours_follow_their_weights_exactly(void **state)
{
    (void)state;
    static const uint32_t weights[HOURS] = {20,  10,  10,  10,  15,  40,  120, 260,
                                            520, 640, 600, 460, 280, 320, 540, 560,
                                            500, 420, 320, 260, 200, 120, 70,  40};
    static const uint32_t scales[] = {1, 7};
    struct plan plan = {0};
    for (size_t s = 0; s < 2; s++) {
        uint32_t expected[HOURS];
        uint32_t found[HOURS] = {0};
        quota_split(weights, HOURS, 2008 * scales[s], expected);
        drawn_plan(PLAN_STREET, scales[s], SEED, &plan);
        for (size_t i = 0; i < plan.count; i++) {
            found[hour_of(&plan.cases[i])] += plan.cases[i].kind == PLANNED_CASE ? 1 : 0;
        }
        assert_memory_equal(found, expected, sizeof expected);
    }
    plan_reset(&plan);
}

static void a_day_has_31_to_93_cases_and_the_party_day_the_most(void **state)
{
    (void)state;
    struct plan plan = {0};
    uint32_t found[DAYS] = {0};
    drawn_plan(PLAN_STREET, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const size_t day = day_of(&plan.cases[i]);
        assert_true(day < DAYS);
        found[day] += plan.cases[i].kind == PLANNED_CASE ? 1 : 0;
    }
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    for (size_t i = 0; i < DAYS; i++) {
        least = found[i] < least ? found[i] : least;
        most = found[i] > most ? found[i] : most;
    }
    assert_int_equal(least, 31);
    assert_int_equal(most, 93);
    assert_int_equal(found[27], 93); // 28 August
    plan_reset(&plan);
}

static void submissions_are_numbered_in_order_of_arrival(void **state)
{
    (void)state;
    struct plan plan = {0};
    drawn_plan(PLAN_CHAOS, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        assert_int_equal(plan.cases[i].number, i + 1);
        assert_true(i == 0 || plan.cases[i].at_ms >= plan.cases[i - 1].at_ms);
    }
    for (size_t i = 1; i < plan.stray_count; i++) {
        assert_true(plan.strays[i].at_ms >= plan.strays[i - 1].at_ms);
    }
    plan_reset(&plan);
}

/* ---- place ---- */

static size_t community_of(const struct planned *planned)
{
    const struct org_path community = org_community(planned->grid);
    char text[ORG_TEXT_SIZE];
    org_print(community, text);
    const size_t tail = strlen("370499.003.");
    assert_int_equal(strlen(text), tail + 2);
    return (size_t)((text[tail] - '0') * 10 + text[tail + 1] - '0') - 1;
}

static void communities_have_their_share_by_residents(void **state)
{
    (void)state;
    static const uint32_t residents[COMMUNITIES] = {8307,  12994, 10395, 11864, 9944,
                                                    12429, 10960, 11638, 9605,  11864};
    struct plan plan = {0};
    uint32_t expected[COMMUNITIES];
    uint32_t upstream[COMMUNITIES];
    uint32_t found[2][COMMUNITIES] = {{0}};
    quota_split(residents, COMMUNITIES, 2008, expected);
    quota_split(residents, COMMUNITIES, 52, upstream);
    assert_int_equal(expected[0], 152);
    assert_int_equal(upstream[0], 4);
    drawn_plan(PLAN_STREET, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        if (planned->kind == PLANNED_CASE) {
            found[0][community_of(planned)]++;
            found[1][community_of(planned)] += planned->tier == TIER_MUNICIPAL ? 1 : 0;
        }
    }
    assert_memory_equal(found[0], expected, sizeof expected);
    assert_memory_equal(found[1], upstream, sizeof upstream);
    plan_reset(&plan);
}

/* Zipf(1.0): the k-th basic grid of Y has a k-th of what the first has, within rounding. */
static void basic_grids_of_a_community_follow_zipf(void **state)
{
    (void)state;
    struct plan plan = {0};
    uint32_t found[BASIC_MAX] = {0};
    drawn_plan(PLAN_STREET, 7, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *planned = &plan.cases[i];
        char text[ORG_TEXT_SIZE];
        org_print(planned->grid, text);
        const char *grid = strrchr(text, '.') + 1;
        if (planned->kind == PLANNED_CASE && community_of(planned) == 0 && grid[0] == 'B') {
            found[grid[2] - '1']++;
        }
    }
    for (uint32_t k = 1; k < 8; k++) {
        assert_in_range(found[k] * (k + 1), found[0] - k - 1, found[0] + k + 1);
    }
    plan_reset(&plan);
}

static void y_mini_plays_in_y_alone(void **state)
{
    (void)state;
    struct plan plan = {0};
    drawn_plan(PLAN_Y_MINI, 1, SEED, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        assert_int_equal(community_of(&plan.cases[i]), 0);
    }
    plan_reset(&plan);
}

/* ---- as a whole ---- */

static void the_same_seed_draws_the_same_plan(void **state)
{
    (void)state;

    static const enum plan_set sets[] = {PLAN_Y_MINI, PLAN_STREET, PLAN_SURGE, PLAN_CHAOS};
    struct plan one = {0};
    struct plan two = {0};
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        drawn_plan(sets[s], 1, SEED, &one);
        drawn_plan(sets[s], 1, SEED, &two);
        assert_int_equal(one.count, two.count);
        assert_int_equal(one.stray_count, two.stray_count);
        assert_memory_equal(one.cases, two.cases, one.count * sizeof *one.cases);
        for (size_t i = 0; i < one.stray_count; i++) {
            assert_true(one.strays[i].at_ms == two.strays[i].at_ms &&
                        one.strays[i].number == two.strays[i].number &&
                        one.strays[i].kind == two.strays[i].kind);
        }
        drawn_plan(sets[s], 1, SEED + 1, &two);
        assert_memory_not_equal(one.cases, two.cases, one.count * sizeof *one.cases);
    }
    plan_reset(&one);
    plan_reset(&two);
}

static void sets_have_names(void **state)
{
    (void)state;
    enum plan_set set = PLAN_CHAOS;
    assert_true(plan_set_parse("y-mini", &set) && set == PLAN_Y_MINI);
    assert_true(plan_set_parse("street", &set) && set == PLAN_STREET);
    assert_true(plan_set_parse("surge", &set) && set == PLAN_SURGE);
    assert_true(plan_set_parse("chaos", &set) && set == PLAN_CHAOS);
    assert_false(plan_set_parse("city", &set));
    assert_false(plan_set_parse("", &set));
}

static void the_roster_grows_above_four(void **state)
{
    (void)state;
    static const uint32_t expected[][2] = {{1, 1}, {4, 1}, {5, 2},
                                           {7, 2}, {8, 2}, {108, 27}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(plan_roster_times(expected[i][0]), expected[i][1]);
    }
}

static void refused(const struct rules *rules, uint32_t scale, const char *words)
{
    struct plan plan = {0};
    struct fault fault = {.status = STATUS_OK};
    const struct plan_order order = {
        .set = PLAN_STREET, .scale = scale, .seed = SEED, .start_ms = drawn_start_ms};
    assert_int_equal(plan_draw(rules, &order, &plan, &fault), STATUS_INVALID);
    if (strstr(fault.text, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, fault.text);
    }
    assert_null(plan.cases);
}

static void what_the_set_lacks_is_named(void **state)
{
    (void)state;
    struct rules *bare = rules_new();
    refused(bare, 1, "370499.003.01");
    rules_free(&bare);
    // Too few people for so many cases: how to get more.
    refused(drawn_rules(1), 7, "sanji up --scale 7");
    refused(drawn_rules(1), 0, "1..");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quota_of_the_street_is_exact_whatever_the_seed),
        cmocka_unit_test(a_larger_scale_multiplies_every_quota),
        cmocka_unit_test(y_mini_is_y_s_share_by_largest_remainder),
        cmocka_unit_test(hours_follow_their_weights_exactly),
        cmocka_unit_test(a_day_has_31_to_93_cases_and_the_party_day_the_most),
        cmocka_unit_test(submissions_are_numbered_in_order_of_arrival),
        cmocka_unit_test(communities_have_their_share_by_residents),
        cmocka_unit_test(basic_grids_of_a_community_follow_zipf),
        cmocka_unit_test(y_mini_plays_in_y_alone),
        cmocka_unit_test(the_same_seed_draws_the_same_plan),
        cmocka_unit_test(sets_have_names),
        cmocka_unit_test(the_roster_grows_above_four),
        cmocka_unit_test(what_the_set_lacks_is_named),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
