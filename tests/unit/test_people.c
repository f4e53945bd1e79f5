/* test_people.c: who answers, how long he works, how evenly it fell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/small_rules.h"
#include "workers/sanji/people.h"

enum {
    DRAWS = 10000,
    SEED = 20200904
};

static uint32_t silent_of(enum role role)
{
    uint32_t silent = 0;
    for (uint64_t seq = 1; seq <= DRAWS; seq++) {
        silent += people_is_silent(SEED, seq, role) ? 1 : 0;
    }
    return silent;
}

static void three_in_ten_volunteers_stay_silent_and_one_in_twenty_others(void **state)
{
    (void)state;
    assert_in_range(silent_of(ROLE_VOLUNTEER), 2850, 3150);
    assert_in_range(silent_of(ROLE_FULLTIME), 430, 570);
    assert_in_range(silent_of(ROLE_PROFESSIONAL), 430, 570);
}

static void an_offer_is_drawn_the_same_again_and_another_seed_draws_otherwise(void **state)
{
    (void)state;
    uint32_t other = 0;
    for (uint64_t seq = 1; seq <= DRAWS; seq++) {
        const uint32_t drawn = people_effort_min(SEED, seq, 1000);
        assert_int_equal(people_effort_min(SEED, seq, 1000), drawn);
        assert_int_equal(people_is_silent(SEED, seq, ROLE_VOLUNTEER),
                         people_is_silent(SEED, seq, ROLE_VOLUNTEER));
        other += people_effort_min(SEED + 1, seq, 1000) != drawn ? 1 : 0;
    }
    assert_in_range(other, DRAWS * 9 / 10, DRAWS); // 19 of 20
}

static void effort_is_around_the_estimate_and_never_nothing(void **state)
{
    (void)state;
    uint64_t sum = 0;
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    for (uint64_t seq = 1; seq <= DRAWS; seq++) {
        const uint32_t drawn = people_effort_min(SEED, seq, 100);
        sum += drawn;
        least = drawn < least ? drawn : least;
        most = drawn > most ? drawn : most;
        assert_int_equal(people_effort_min(SEED, seq, 0), 1);
    }
    assert_in_range(sum / DRAWS, 96, 104);
    assert_int_equal(least, 26);
    assert_int_equal(most, 274);
}

/* Four full-time workers, one of them of another community, and a volunteer. */
static void the_figures_are_those_of_the_formulas(void **state)
{
    (void)state;
    const int64_t day_ms = 86400000;
    struct small_rules rules;
    struct people_figures figures;
    struct people *people = people_new();
    small_rules_open(&rules);
    small_rules_worker(&rules, "W00001", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&rules, "W00002", ROLE_FULLTIME, GRID_B02, "g");
    small_rules_worker(&rules, "W00003", ROLE_FULLTIME, GRID_OTHER, "g");
    small_rules_worker(&rules, "W00004", ROLE_FULLTIME, GRID_FAR, "g");
    small_rules_worker(&rules, "W00005", ROLE_VOLUNTEER, GRID_B01, "g");
    people_count(people, &rules.roster, &figures);
    assert_true(figures.gini == 0 && figures.fulltime == 0 && figures.expired == 0);

    people_resolved(people, 3, 60, true, day_ms);
    people_resolved(people, 1, 30, true, day_ms + 1000);
    people_resolved(people, 4, 10, false, day_ms + 2000);
    people_resolved(people, 5, 100, true, day_ms + 3000);
    people_resolved(people, 3, 30, false, 2 * day_ms); // the second day has begun
    people_count(people, &rules.roster, &figures);
    assert_int_equal(figures.gini, 500);         // (-2 x 0 + 0 x 30 + 2 x 90) / (3 x 120)
    assert_int_equal(figures.max_to_mean, 2250); // 90 by 40
    assert_int_equal(figures.busiest, 187);      // 90 of 2 x 240
    assert_int_equal(figures.fulltime, 565);     // 130 of 230
    assert_int_equal(figures.home, 500);         // two of four
    assert_int_equal(figures.expired, 0);
    small_rules_close(&rules);
    people_free(&people);
    assert_null(people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_in_ten_volunteers_stay_silent_and_one_in_twenty_others),
        cmocka_unit_test(an_offer_is_drawn_the_same_again_and_another_seed_draws_otherwise),
        cmocka_unit_test(effort_is_around_the_estimate_and_never_nothing),
        cmocka_unit_test(the_figures_are_those_of_the_formulas),
    };
    return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
