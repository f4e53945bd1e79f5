/* test_indicator_time.c: I10 to I24: kept in time, how long it took. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- I10 to I18 ---- */

static void a_missed_acceptance_counts_against_reports_received(void **state)
{
    struct book *book = *state;
    struct kase *late = book_receive(book);
    book_receive(book);
    book_pass_time(book, 3 * HOUR); // one working hour is 13:00 at the latest: due 11:00
    book_fire(book, late, TIMER_ACCEPT, false);
    book_check(book, "I10", 1, 2);
}

static void only_the_first_dispatch_limit_counts(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *first = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    struct kase *second = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED); // its limit still runs
    ledger_decline(ledger, second, 505);
    book_pass_time(book, 2 * HOUR);
    book_fire(book, first, TIMER_DISPATCH, true);
    book_check(book, "I11", 2, 3);
    book_fire(book, second, TIMER_DISPATCH, true); // a later round at the desk
    book_check(book, "I11", 2, 3);
}

static void a_case_is_late_from_its_limit_on_resolved_or_not(void **state)
{
    struct book *book = *state;
    struct kase *open = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    book_resolve(book);
    book_receive(book); // not accepted: has no limit yet
    book_check(book, "I12", 1, 1);
    book_pass_time(book, 6 * HOUR); // 16:00, its due time, has not passed
    book_resolve(book);
    book_check(book, "I12", 2, 2);
    book_pass_time(book, MINUTE); // past it, though nobody has fired the timer yet
    book_resolve(book);
    book_check(book, "I12", 3, 4);
    book_check(book, "I02", 0, 1);
    book_check(book, "I13", 0, 4);
    book_fire(book, open, TIMER_RESOLVE, false);
    book_check(book, "I12", 3, 4);
    book_pass_time(book, 59 * MINUTE); // 17:00: 5 of 4 working hours
    ledger_move(&book->ledger, open, T19);
    book_check(book, "I02", 0, 0); // resolved, so no longer open past its limit
    book_close_case(book, open);
    book_check(book, "I12", 3, 4);
    book_check(book, "I02", 1, 1);
    book_check(book, "I13", 1, 4);
    book_check(book, "I13 IN_TIME", 0, 4);
    book_check(book, "I15", 250, 1000);
    book_check(book, "I15 MAX", 3600, 14400);
}

static void the_worst_overrun_is_the_largest_by_its_limit(void **state)
{
    struct book *book = *state;
    struct kase *a = ledger_case(&book->ledger, SEVERITY_S3, 1001, STATE_IN_PROGRESS);
    struct kase *b = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    // 40 working hours from Friday 10:00 end on Friday 10:00, as does the cap of 7 days.
    book_pass_time(book, 7 * TIME_DAY_MS + HOUR);
    ledger_move(&book->ledger, a, T19); // 41 hours, an hour over 40
    ledger_move(&book->ledger, b, T19); // 41 hours, 37 over 4
    book_close_case(book, a);
    book_close_case(book, b);
    book_check(book, "I15", 25 + 9250, 2000);
    book_check(book, "I15 MAX", 37 * 3600, 4 * 3600);
    book_check(book, "I12", 0, 2);
}

static void time_with_the_municipal_platform_is_not_local(void **state)
{
    struct book *book = *state;
    book_hand_upstream(book);
    book_pass_time(book, TIME_DAY_MS);
    book_receive(book); // a record, so that now moves
    book_check(book, "I02", 0, 0);
    book_check(book, "I12", 0, 1);
}

static void offers_count_and_those_of_them_that_were_acknowledged(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_decline(ledger, kase, 505);
    ledger_offer(ledger, kase, 1, 30);
    book_check(book, "I16", 1, 3);
    ledger_move(ledger, kase, T10);
    book_check(book, "I16", 2, 3);
}

static void feedback_counts_where_the_reporter_wants_contact(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *told = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    struct kase *late = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED); // still has time
    struct kase *silent = book_receive_from(book, SANJI__SOURCE__SOURCE_IOT, BOOK_GRID,
                                            SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, 0);
    ledger_move(ledger, silent, T05); // nobody to tell
    book_inform(book, told);
    book_pass_time(book, 8 * TIME_DAY_MS);
    book_fire(book, late, TIMER_FEEDBACK, false);
    book_inform(book, late);
    book_check(book, "I18", 2, 3);
    book_check(book, "I31", 1, 3);
}

/* ---- I20 to I25 ---- */

static void time_is_split_at_offer_and_resolution(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *kase = book_receive_from(book, SANJI__SOURCE__SOURCE_HOTLINE_12345,
                                          BOOK_GRID, SANJI__MSG_STATUS__MSG_STATUS_ACTUAL,
                                          ledger->now_ms - 10 * MINUTE);
    ledger_move(ledger, kase, T05);
    ledger_move(ledger, kase, T08);
    book_pass_time(book, HOUR); // 11:00
    ledger_offer(ledger, kase, 2, 30);
    ledger_move(ledger, kase, T10);
    book_pass_time(book, 4 * HOUR); // 15:00, of which 2 hours are worked
    ledger_move(ledger, kase, T19);
    book_pass_time(book, TIME_DAY_MS); // Saturday 15:00: 3 hours of Friday are worked
    book_close_case(book, kase);
    book->clock_reason = 901; // marked by intake: the source's clock is wrong
    struct kase *on_spot = book_receive_from(
        book, SANJI__SOURCE__SOURCE_HANDHELD, BOOK_GRID,
        SANJI__MSG_STATUS__MSG_STATUS_ACTUAL, ledger->now_ms - 9 * TIME_DAY_MS);
    book_self_handle(book, on_spot);
    book_close_case(book, on_spot);
    book_check(book, "I20", 600, 1); // the second one's is not believed
    book_check(book, "I20 WORKING_MEAN", 600, 1);
    book_check(book, "I21", 3600, 1); // the second one was never offered
    book_check(book, "I22", 4 * 3600, 1);
    book_check(book, "I22 WORKING_MEAN", 2 * 3600, 1);
    book_check(book, "I23", 24 * 3600, 2);
    book_check(book, "I23 WORKING_MEAN", 3 * 3600, 2);
    book_check(book, "I24", 29 * 3600, 2);
    book_check(book, "I24 WORKING_MEAN", 6 * 3600, 2);
    book_check(book, "I24 SUSPENDED_MEAN", 0, 2);
}

static void suspended_time_stands_apart(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    ledger_move(ledger, kase, T26);
    book_pass_time(book, HOUR);
    ledger_move(ledger, kase, T27);
    ledger_offer(ledger, kase, 2, 30);
    ledger_move(ledger, kase, T10);
    book_pass_time(book, MINUTE);
    ledger_move(ledger, kase, T19);
    book_close_case(book, kase);
    book_check(book, "I22", 60, 1);
    book_check(book, "I24", 60, 1);
    book_check(book, "I24 WORKING_MEAN", 60, 1);
    book_check(book, "I24 SUSPENDED_MEAN", 3600, 1);
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    struct book *book = *state;
    for (int i = 10; i >= 1; i--) {
        struct kase *kase = book_resolve(book);
        book_pass_time(book, i * (int64_t)MINUTE);
        book_close_case(book, kase);
    }
    book_check(book, "I23", 55 * 60, 10);
    book_check(book, "I23 NATURAL_MEDIAN", 5 * 60, 1); // the 5th of 10, not between two
    book_check(book, "I23 NATURAL_P90", 9 * 60, 1);
    struct kase *kase = book_resolve(book);
    book_pass_time(book, 2 * HOUR);
    book_close_case(book, kase);
    book_check(book, "I23 NATURAL_MEDIAN", 6 * 60, 1); // the 6th of 11
    book_check(book, "I23 NATURAL_P90", 10 * 60, 1);   // 9.9: the 10th
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(a_missed_acceptance_counts_against_reports_received),
        TEST(only_the_first_dispatch_limit_counts),
        TEST(a_case_is_late_from_its_limit_on_resolved_or_not),
        TEST(the_worst_overrun_is_the_largest_by_its_limit),
        TEST(time_with_the_municipal_platform_is_not_local),
        TEST(offers_count_and_those_of_them_that_were_acknowledged),
        TEST(feedback_counts_where_the_reporter_wants_contact),
        TEST(time_is_split_at_offer_and_resolution),
        TEST(suspended_time_stands_apart),
        TEST(a_percentile_is_the_nearest_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
