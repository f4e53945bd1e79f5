/* test_indicator_course.c: I25 to I36: which way cases went, what reporters say, what is open. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- I25 to I36 ---- */

static void escalations_count_by_case_cause_and_level(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *twice = ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    book_escalate(book, twice, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_OVERLOAD);
    book_escalate(book, twice, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE);
    struct kase *once = ledger_case(ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    book_escalate(book, once, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    book_receive(book); // not accepted
    book_check(book, "I25", 2, 3);
    book_check(book, "I25 DEADLINE", 2, 3);
    book_check(book, "I25 OVERLOAD", 1, 3);
    book_check(book, "I25 MANUAL", 0, 3);
    book_check(book, "I25 LEVELS", 3, 3);
}

/* ---- I30 to I36 ---- */

static void only_answers_count_and_a_case_answers_once(void **state)
{
    static const struct {
        Sanji__Satisfaction result;
        bool solved;
    } answers[] = {
        {SANJI__SATISFACTION__SATISFACTION_VERY, true},
        {SANJI__SATISFACTION__SATISFACTION_SATISFIED, true},
        {SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false},
        {SANJI__SATISFACTION__SATISFACTION_UNSATISFIED, false},
        {SANJI__SATISFACTION__SATISFACTION_VERY_UNSATISFIED, false},
        {SANJI__SATISFACTION__SATISFACTION_UNREACHABLE, false},
        {SANJI__SATISFACTION__SATISFACTION_DECLINED, false},
    };

    struct book *book = *state;
    struct kase *kase = NULL;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        kase = book_resolve(book);
        book_check_case(book, kase, true);
        book_close_answered(book, kase, answers[i].result, answers[i].solved);
    }
    kase = book_resolve(book);
    book_check_case(book, kase, true); // waits to be asked
    book_check(book, "I30", 2, 5);
    book_check(book, "I32", 2, 5);
    book_check(book, "I33", 100 + 80 + 50 + 0 - 100, 5);
    book_check(book, "I34", 5, 7);
    book_fire(book, kase, TIMER_REVISIT, true); // nobody asked in time
    book_check(book, "I34", 5, 8);
    book_close_answered(book, kase, SANJI__SATISFACTION__SATISFACTION_NEUTRAL, false);
    book_check(book, "I30", 2, 6);
    ledger_move(&book->ledger, kase, T25);
    while (kase->state != STATE_RESOLVED) {
        ledger_move(&book->ledger, kase,
                    kase->state == STATE_ACCEPTED     ? T08
                    : kase->state == STATE_ASSIGNING  ? T09
                    : kase->state == STATE_DISPATCHED ? T10
                                                      : T19);
    }
    book_check_case(book, kase, true);
    book_close_answered(book, kase, SANJI__SATISFACTION__SATISFACTION_VERY, true);
    book_check(book, "I30", 3, 6);
    book_check(book, "I34", 6, 8);
    book_check(book, "I35 REOPENED", 1, 8);
}

static void rework_counts_cases_whose_check_failed(void **state)
{
    struct book *book = *state;
    struct kase *kase = book_resolve(book);
    book_check_case(book, kase, false);
    book_close_case(book, book_resolve(book));
    book_resolve(book); // not checked
    book_check(book, "I35", 1, 2);
    book_check(book, "I35 REOPENED", 0, 1);
    // Back in line and open: the old resolution stands no more.
    book_check(book, "I13", 1, 2);
}

static void open_cases_count_by_state_tier_and_age(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    book_pass_time(book, 2 * TIME_DAY_MS);
    book_receive(book);
    book_close_case(book, book_resolve(book));
    book_reject(book, book_receive(book));
    book_check(book, "I36", 2, 1);
    book_check(book, "I36 STATE_ASSIGNING", 1, 1);
    book_check(book, "I36 STATE_RECEIVED", 1, 1);
    book_check(book, "I36 STATE_RESOLVED", 0, 1);
    book_check(book, "I36 TIER_COMMITTEE", 1, 1);
    book_check(book, "I36 TIER_SUBDISTRICT", 1, 1);
    book_check(book, "I36 AGE_0_1D", 1, 1);
    book_check(book, "I36 AGE_1_3D", 1, 1);
    book_check(book, "I36 AGE_3_7D", 0, 1);
    book_pass_time(book, 58 * TIME_DAY_MS); // 58 and exactly 60 days old
    book_reject(book, book_receive(book));
    book_check(book, "I36 AGE_15_60D", 1, 1);
    book_check(book, "I36 AGE_60D_UP", 1, 1);
}

static void littles_law_expects_arrivals_times_their_time(void **state)
{
    struct book *book = *state;
    struct kase *kase = book_resolve(book);
    book_pass_time(book, 6 * HOUR);
    book_close_case(book, kase);
    book_receive(book);
    book_pass_time(book, 6 * HOUR);
    book_receive(book);
    // 3 arrivals in 12 hours, of 6 hours each: 1.5 open at a time.
    book_check(book, "I36 LITTLE", 3 * 6 * 3600, 12 * 3600);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(escalations_count_by_case_cause_and_level),
        TEST(only_answers_count_and_a_case_answers_once),
        TEST(rework_counts_cases_whose_check_failed),
        TEST(open_cases_count_by_state_tier_and_age),
        TEST(littles_law_expects_arrivals_times_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
