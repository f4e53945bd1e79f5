/* test_agenda.c: what is said first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/sanji/agenda.h"
#include "workers/sanji/random.h"

enum {
    LINES = 1000
};

static int tear_down(void **state)
{
    agenda_reset(*state);
    return 0;
}

static int set_up(void **state)
{
    static struct agenda agenda;
    agenda = (struct agenda){0};
    *state = &agenda;
    return 0;
}

static void an_empty_one_has_no_time(void **state)
{
    struct line line;
    assert_int_equal(agenda_next_ms(*state), 0);
    assert_false(agenda_take(*state, INT64_MAX, &line));
}

static void lines_leave_by_their_time_and_not_before_it(void **state)
{
    struct line line;
    agenda_put(*state, &(struct line){.at_ms = 30, .act = 3});
    agenda_put(*state, &(struct line){.at_ms = 10, .act = 1});
    agenda_put(*state, &(struct line){.at_ms = 20, .act = 2});
    assert_int_equal(agenda_next_ms(*state), 10);
    assert_false(agenda_take(*state, 9, &line));
    assert_true(agenda_take(*state, 20, &line));
    assert_int_equal(line.act, 1);
    assert_true(agenda_take(*state, 20, &line));
    assert_int_equal(line.act, 2);
    assert_false(agenda_take(*state, 20, &line));
}

static void at_one_time_the_older_cause_speaks_first(void **state)
{
    struct line line;
    agenda_put(*state, &(struct line){.at_ms = 1, .cause_seq = 9, .act = 1});
    agenda_put(*state, &(struct line){.at_ms = 1, .cause_seq = 7, .act = 2});
    agenda_put(*state, &(struct line){.at_ms = 1, .cause_seq = 7, .act = 1, .kind = 2});
    agenda_put(*state, &(struct line){.at_ms = 1, .cause_seq = 7, .act = 1, .kind = 1});
    static const uint8_t acts[4] = {1, 1, 2, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_true(agenda_take(*state, 1, &line));
        assert_int_equal(line.act, acts[i]);
    }
    assert_int_equal(line.cause_seq, 9);
}

static void a_thousand_come_out_sorted_whatever_way_they_went_in(void **state)
{
    struct random random;
    struct line line = {0};
    struct line last = {0};
    random_seed(&random, 7);
    for (uint32_t i = 0; i < LINES; i++) {
        agenda_put(*state, &(struct line){.at_ms = 1 + random_below(&random, 100),
                                          .cause_seq = random_below(&random, 10),
                                          .act = i});
    }
    for (size_t i = 0; i < LINES; i++) {
        assert_true(agenda_take(*state, INT64_MAX, &line));
        assert_true(line.at_ms > last.at_ms ||
                    (line.at_ms == last.at_ms && line.cause_seq >= last.cause_seq));
        last = line;
    }
    assert_false(agenda_take(*state, INT64_MAX, &line));
}

static void a_line_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct line) <= 24); // 217,000 cases have one or two each
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_one_has_no_time),
        TEST(lines_leave_by_their_time_and_not_before_it),
        TEST(at_one_time_the_older_cause_speaks_first),
        TEST(a_thousand_come_out_sorted_whatever_way_they_went_in),
        TEST(a_line_is_small),
    };
    return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
