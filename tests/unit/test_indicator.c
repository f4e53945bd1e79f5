/* test_indicator.c: the table, what came in and was closed, windows and areas. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the table ---- */

static void
the_whole_of_a_code_stands_before_its_parts_and_no_part_stands_twice(void **state)
{
    (void)state;
    const char *last = "";
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator_definition *one = indicator_definition(i);
        assert_true(strcmp(one->code, last) >= 0);
        assert_int_equal(one->part == NULL, strcmp(one->code, last) != 0);
        assert_true(one->definition[0] != '\0' && one->name_zh[0] != '\0' &&
                    one->name_en[0] != '\0' && one->by[0] != '\0' && one->version > 0);
        for (size_t j = 0; j < i; j++) {
            const struct indicator_definition *other = indicator_definition(j);
            assert_false(one->part != NULL && other->part != NULL &&
                         strcmp(one->code, other->code) == 0 &&
                         strcmp(one->part, other->part) == 0);
        }
        last = one->code;
    }
}

static void every_code_of_the_catalogue_is_computed(void **state)
{
    (void)state;
    for (unsigned number = 1; number <= 48; number++) {
        char code[8];
        bool computed = false;
        (void)snprintf(code, sizeof code, "I%02u", number);
        for (size_t i = 0; i < indicator_count(); i++) {
            computed = computed || strcmp(indicator_definition(i)->code, code) == 0;
        }
        const bool exists = number != 9 && number != 19; // the catalogue skips these
        assert_int_equal(computed, exists);
    }
}

static void an_empty_log_has_no_value_anywhere_but_in_counts(void **state)
{
    struct book *book = *state;
    for (size_t i = 0; i < indicator_count(); i++) {
        struct indicator_figure figure;
        indicator_read(book->views[0], i, &figure);
        const bool is_count = figure.definition->kind == INDICATOR_COUNT;
        assert_int_equal(figure.numerator, 0);
        assert_int_equal(figure.denominator, is_count);
        assert_int_equal(figure.has_value, is_count);
    }
    assert_int_equal(indicator_range(book->views[0]).upto_seq, 0);
}

static void a_value_is_rounded_to_six_decimals_half_away_from_zero(void **state)
{
    (void)state;
    static const struct indicator_definition share = {.kind = INDICATOR_SHARE};

    static const struct {
        int64_t numerator, denominator, value_e6;
    } cases[] = {{1956, 2008, 974104}, {1, 3, 333333},  {2, 3, 666667},
                 {-2, 3, -666667},     {1, 2000000, 1}, {999999999, 1000000000, 1000000},
                 {8010, 86, 93139535}, {0, 7, 0},       {-100, 1, -100000000}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct indicator_figure figure = {.definition = &share,
                                          .numerator = cases[i].numerator,
                                          .denominator = cases[i].denominator};
        indicator_settle(&figure);
        assert_true(figure.has_value);
        assert_int_equal(figure.value_e6, cases[i].value_e6);
    }
}

static void a_share_of_fewer_than_five_persons_is_suppressed(void **state)
{
    (void)state;
    static const struct indicator_definition persons = {.of_persons = true};
    static const struct indicator_definition cases = {.of_persons = false};
    struct indicator_figure figure = {
        .definition = &persons, .numerator = 4, .denominator = 4};
    indicator_settle(&figure);
    assert_true(figure.suppressed);
    assert_false(figure.has_value);
    figure.denominator = 5;
    indicator_settle(&figure);
    assert_false(figure.suppressed);
    assert_int_equal(figure.value_e6, 800000);
    figure =
        (struct indicator_figure){.definition = &cases, .numerator = 1, .denominator = 2};
    indicator_settle(&figure);
    assert_false(figure.suppressed);
}

/* ---- I01 to I08 ---- */

static void closings_count_by_who_resolved_and_how(void **state)
{
    struct book *book = *state;
    book_close_case(book, book_resolve(book));
    struct kase *kase = book_receive(book);
    book_self_handle(book, kase);
    book_close_case(book, kase);
    kase = book_hand_upstream(book);
    book_finish_upstream(book, kase);
    book_close_case(book, kase);
    book_resolve(book); // resolved, not closed
    book_reject(book, book_receive(book));
    book_check(book, "I01", 2, 3);
    book_check(book, "I02", 2, 2);
    book_check(book, "I03", 1, 3);
    book_check(book, "I04", 3, 3);
    book_check(book, "I04 GRID_COMMITTEE", 2, 3);
    book_check(book, "I04 COMMUNITY", 0, 3);
    book_check(book, "I04 SUBDISTRICT", 0, 3);
    book_check(book, "I04 MUNICIPAL", 1, 3);
    book_check(book, "I13", 3, 4);
    book_check(book, "I13 IN_TIME", 3, 4);
}

static void reports_count_by_source_and_by_what_became_of_them(void **state)
{
    struct book *book = *state;
    const Sanji__MsgStatus actual = SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    book_self_handle(book, book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD,
                                             BOOK_GRID, actual, 0));
    struct kase *hotline =
        book_receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345, BOOK_GRID, actual, 0);
    ledger_move(&book->ledger, hotline, T05);
    book_reject(book, book_receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345,
                                        BOOK_GRID, actual, 0));
    book_receive_from(book, SANJI__SOURCE__SOURCE_VIDEO, BOOK_GRID, actual,
                      0); // not decided yet
    struct kase *cancelled =
        book_receive_from(book, SANJI__SOURCE__SOURCE_VIDEO, BOOK_GRID, actual, 0);
    ledger_move(&book->ledger, cancelled, T05);
    ledger_move(&book->ledger, cancelled, T30);
    book_check(book, "I05", 2, 3); // handled on the spot, accepted, rejected
    book_check(book, "I05 REJECTED", 1, 3);
    book_check(book, "I06", 3, 5);
    book_check(book, "I06 HANDHELD", 1, 1);
    book_check(book, "I06 HOTLINE_12345", 1, 2);
    book_check(book, "I06 VIDEO", 1, 2);
    book_check(book, "I06 IOT", 0, 0);
    book_check(book, "I08", 1, 2); // the cancelled one is no case, the undecided not yet
    book_check(book, "I10", 5, 5);
}

static void exercises_and_tests_count_nowhere(void **state)
{
    struct book *book = *state;
    book_self_handle(book,
                     book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, BOOK_GRID,
                                       SANJI__MSG_STATUS__MSG_STATUS_EXERCISE, 0));
    book_receive_from(book, SANJI__SOURCE__SOURCE_HANDHELD, BOOK_GRID,
                      SANJI__MSG_STATUS__MSG_STATUS_TEST, 0);
    book_check(book, "I05", 0, 0);
    book_check(book, "I06", 0, 0);
    book_check(book, "I12", 0, 0);
    book_check(book, "I36", 0, 1);
}

/* ---- windows and areas ---- */

static void a_window_counts_by_the_time_its_figure_names(void **state)
{
    struct book *book = *state;
    const int64_t start_ms = book->ledger.now_ms;
    // [10:30, 11:30)
    struct indicators *view =
        book_add_view(book, NULL, start_ms + HOUR / 2, start_ms + HOUR + HOUR / 2);
    struct kase *early =
        book_resolve(book); // received, accepted, offered, resolved at 10:00
    struct kase *again = book_resolve(book);
    book_check_case(book, again, true);
    book_close_answered(book, again, SANJI__SATISFACTION__SATISFACTION_VERY, true);
    book_pass_time(book, HOUR); // 11:00: in the window
    book_close_case(book, early);
    struct kase *inside = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    book_pass_time(book, HOUR); // 12:00: behind it
    ledger_move(&book->ledger, inside, T10);
    ledger_move(&book->ledger, inside, T19);
    book_check_case(book, inside, true);
    book_close_answered(book, inside, SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false);
    ledger_move(&book->ledger, early, T25);
    book_check_view(view, "I05", 1, 1);
    book_check_view(view, "I11", 1, 1);
    book_check_view(view, "I16", 1, 1); // offered inside, acknowledged later
    book_check_view(view, "I12", 0, 0); // resolved at 10:00 and at 12:00
    book_check_view(view, "I01", 0, 0); // the closing inside does not stand any more
    book_check_view(view, "I30", 0, 0);
    book_check_view(view, "I35", 0, 1);
    book_check_view(view, "I35 REOPENED", 1, 1);
    book_check(book, "I01", 2, 2);
    book_check(book, "I30", 1, 2);
    const struct indicator_range range = indicator_range(view);
    assert_int_equal(range.from_ms, start_ms + HOUR / 2);
    assert_int_equal(range.first_seq, 1);
    assert_int_equal(range.upto_seq, book->ledger.seq);
}

static void the_end_of_a_window_is_outside_it_and_its_beginning_inside(void **state)
{
    struct book *book = *state;
    const int64_t start_ms = book->ledger.now_ms;
    struct indicators *before = book_add_view(book, NULL, start_ms - HOUR, start_ms);
    struct indicators *after = book_add_view(book, NULL, start_ms, start_ms + 1);
    book_receive(book);
    book_check_view(before, "I06", 0, 0);
    book_check_view(after, "I06", 0, 1);
    const struct indicator_range all = indicator_range(book->views[0]);
    assert_int_equal(all.from_ms, start_ms);
    assert_int_equal(all.to_ms, start_ms + 1);
}

static void an_area_means_itself_and_what_lies_below(void **state)
{
    struct book *book = *state;
    struct indicators *community = book_add_view(book, "370499.003.01", 0, 0);
    struct indicators *one_grid = book_add_view(book, "370499.003.01.001.B02", 0, 0);
    struct indicators *all = book_add_view(book, "370499.003", 0, 0);
    static const char *const areas[] = {"370499.003.01.001.B01", "370499.003.01.001.B02",
                                        "370499.003.02.001.B01", "370499.003"};
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        ledger_receive(&book->ledger, areas[i], SEVERITY_S3, 3001);
    }
    book_check_view(community, "I36", 2, 1);
    book_check_view(one_grid, "I36", 1, 1);
    book_check_view(all, "I36", 4, 1);
    book_check(book, "I36", 4, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(the_whole_of_a_code_stands_before_its_parts_and_no_part_stands_twice),
        TEST(every_code_of_the_catalogue_is_computed),
        TEST(an_empty_log_has_no_value_anywhere_but_in_counts),
        TEST(a_value_is_rounded_to_six_decimals_half_away_from_zero),
        TEST(a_share_of_fewer_than_five_persons_is_suppressed),
        TEST(closings_count_by_who_resolved_and_how),
        TEST(reports_count_by_source_and_by_what_became_of_them),
        TEST(exercises_and_tests_count_nowhere),
        TEST(a_window_counts_by_the_time_its_figure_names),
        TEST(the_end_of_a_window_is_outside_it_and_its_beginning_inside),
        TEST(an_area_means_itself_and_what_lies_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
