/* test_notice.c: what may be told of a week, and what is rolled up or left out. */
#include "workers/audit/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/sanji/random.h"

static char one_text[] = "01";
static char seven_text[] = "07";
static char *street_only[] = {one_text, seven_text};

static Sanji__PublicFeed feed(void)
{
    Sanji__PublicFeed feed = SANJI__PUBLIC_FEED__INIT;
    feed.delay_s = 86400;
    feed.count_min = 5;
    feed.n_street_only = 2;
    feed.street_only = street_only;
    return feed;
}

static void add(struct notice_cells *cells, const char *area, unsigned major,
                unsigned state, unsigned resolution, unsigned count)
{
    const Sanji__PublicFeed rules = feed();
    struct indicator_public_case one = {.major = (uint8_t)major,
                                        .state = (uint8_t)state,
                                        .resolution = (uint8_t)resolution};
    assert_int_equal(org_parse(area, &one.area), STATUS_OK);
    for (unsigned i = 0; i < count; i++) {
        notice_add(cells, &rules, &one);
    }
}

static void settle(struct notice_cells *cells)
{
    const Sanji__PublicFeed rules = feed();
    notice_settle(cells, &rules);
}

/* A cell as it is to be told. */
struct wanted {
    const char *place;
    unsigned major, state, resolution, count;
};

static void check_cell(const struct notice_cells *cells, size_t i, struct wanted wanted)
{
    struct org_path path = {0, 0};
    assert_int_equal(org_parse(wanted.place, &path), STATUS_OK);
    assert_true(i < cells->count);
    assert_int_equal(cells->cells[i].packed, path.packed);
    assert_int_equal(cells->cells[i].major, wanted.major);
    assert_int_equal(cells->cells[i].state, wanted.state);
    assert_int_equal(cells->cells[i].resolution, wanted.resolution);
    assert_int_equal(cells->cells[i].count, wanted.count);
}

static void what_is_enough_is_told_as_it_is(void **state)
{
    (void)state;
    struct notice_cells cells = {NULL, 0, 0};
    add(&cells, "370499.003.01.001.B01", 3, STATE_CLOSED, 1, 5);
    add(&cells, "370499.003.01.002", 3, STATE_ASSIGNING, 0, 3);
    add(&cells, "370499.003.01", 3, STATE_REVISIT, 0, 3);
    settle(&cells);
    assert_int_equal(cells.count, 2);
    check_cell(&cells, 0, (struct wanted){"370499.003.01", 3, STATE_CLOSED, 1, 5});
    check_cell(&cells, 1, (struct wanted){"370499.003.01", 3, STATE_IN_PROGRESS, 0, 6});
    notice_free(&cells);
}

static void what_is_too_few_joins_its_like_step_by_step(void **state)
{
    (void)state;
    struct notice_cells cells = {NULL, 0, 0};
    add(&cells, "370499.003.01", 3, STATE_CLOSED, 1, 3); // + 3 of another resolution: told
    add(&cells, "370499.003.01", 3, STATE_CLOSED, 2, 3);
    add(&cells, "370499.003.02", 3, STATE_CLOSED, 1, 4); // with the third: the sub-district
    add(&cells, "370499.003.03", 3, STATE_CLOSED, 1, 2);
    add(&cells, "370499.003.04", 4, STATE_CLOSED, 1, 4); // with category 05: several
    add(&cells, "370499.003.04", 5, STATE_CLOSED, 1, 1);
    add(&cells, "370499.003.04", 5, STATE_ASSIGNING, 0, 4); // nowhere
    settle(&cells);
    assert_int_equal(cells.count, 3);
    check_cell(&cells, 0, (struct wanted){"370499.003.01", 3, STATE_CLOSED, 0, 6});
    check_cell(&cells, 1, (struct wanted){"370499.003", 3, STATE_CLOSED, 0, 6});
    check_cell(&cells, 2, (struct wanted){"370499.003", 0, STATE_CLOSED, 0, 5});
    notice_free(&cells);
}

static void disputes_and_care_are_never_told_of_a_community(void **state)
{
    (void)state;
    struct notice_cells cells = {NULL, 0, 0};
    add(&cells, "370499.003.01", 1, STATE_CLOSED, 2, 9);
    add(&cells, "370499.003.02", 7, STATE_CLOSED, 3, 9);
    settle(&cells);
    assert_int_equal(cells.count, 2);
    check_cell(&cells, 0, (struct wanted){"370499.003", 1, STATE_CLOSED, 0, 9});
    check_cell(&cells, 1, (struct wanted){"370499.003", 7, STATE_CLOSED, 0, 9});
    notice_free(&cells);
}

/* Whatever the numbers: no cell below the least, none twice, nobody counted twice. */
static void no_number_below_the_least_is_told_or_can_be_had_by_subtraction(void **state)
{
    (void)state;
    struct random numbers;
    random_seed(&numbers, 7);
    for (int round = 0; round < 500; round++) {
        struct notice_cells cells = {NULL, 0, 0};
        unsigned added = 0;
        unsigned told = 0;
        for (uint32_t i = random_below(&numbers, 40); i > 0; i--) {
            static const char *const areas[] = {"370499.003.01", "370499.003.02",
                                                "370499.003"};
            const unsigned count = random_below(&numbers, 6);
            const bool closed = random_below(&numbers, 2) == 0;
            add(&cells, areas[random_below(&numbers, 3)], random_below(&numbers, 12),
                closed ? STATE_CLOSED : STATE_ASSIGNING,
                closed ? 1 + random_below(&numbers, 3) : 0, count);
            added += count;
        }
        settle(&cells);
        for (size_t i = 0; i < cells.count; i++) {
            assert_true(cells.cells[i].count >= 5);
            told += cells.cells[i].count;
            const bool street = cells.cells[i].major == 1 || cells.cells[i].major == 7;
            assert_true(!street || cells.cells[i].packed == 0);
            for (size_t j = 0; j < i; j++) {
                assert_false(cells.cells[i].packed == cells.cells[j].packed &&
                             cells.cells[i].major == cells.cells[j].major &&
                             cells.cells[i].state == cells.cells[j].state &&
                             cells.cells[i].resolution == cells.cells[j].resolution);
            }
        }
        assert_true(told <= added && added - told < 2 * 5); // of each state's last rest
        notice_free(&cells);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_enough_is_told_as_it_is),
        cmocka_unit_test(what_is_too_few_joins_its_like_step_by_step),
        cmocka_unit_test(disputes_and_care_are_never_told_of_a_community),
        cmocka_unit_test(no_number_below_the_least_is_told_or_can_be_had_by_subtraction),
    };
    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
