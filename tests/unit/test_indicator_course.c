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

static void resolve_again(struct book *book, struct kase *kase)
{
    while (kase->state != STATE_RESOLVED) {
        ledger_move(&book->ledger, kase,
                    kase->state == STATE_ACCEPTED     ? T08
                    : kase->state == STATE_ASSIGNING  ? T09
                    : kase->state == STATE_DISPATCHED ? T10
                                                      : T19);
    }
}

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
    resolve_again(book, kase);
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

/* ---- I07, I12 by part, I17, I26 to I29 ---- */

static void write_side(struct book *book, struct kase *kase, unsigned type,
                       const ProtobufCMessage *body)
{
    book_write_one(book, kase, T_NONE, type, body);
}

static void return_it(struct book *book, struct kase *kase, uint32_t reason, bool approved)
{
    Sanji__DecisionRequested asked = SANJI__DECISION_REQUESTED__INIT;
    Sanji__DecisionMade made = SANJI__DECISION_MADE__INIT;
    Sanji__CaseRouted routed = SANJI__CASE_ROUTED__INIT;
    asked.kind = SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    asked.reason_code = reason;
    write_side(book, kase, EVENT_DECISION_REQUESTED, &asked.base);
    made.kind = SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    made.approved = approved;
    ledger_turn(&book->ledger, OWNER_ESCALATION);
    book_emit(book, kase, T_NONE, EVENT_DECISION_MADE, &made.base);
    if (approved) {
        book_emit(book, kase, T14, EVENT_CASE_ROUTED, &routed.base);
    }
    ledger_commit(&book->ledger);
}

static void a_merged_report_is_a_repeat_and_no_case(void **state)
{
    static char parent[] = "37049900320200814000001";
    struct book *book = *state;
    book_resolve(book);
    Sanji__CaseMerged merged = SANJI__CASE_MERGED__INIT;
    merged.into_case_no = parent;
    book_write_one(book, book_receive(book), T28, EVENT_CASE_MERGED, &merged.base);
    book_check(book, "I07", 1, 2);
    book_check(book, "I05", 1, 1);
    book_check(book, "I12", 1, 1);
    book_check(book, "I36", 1, 1);
}

static void
time_kept_is_told_by_severity_by_category_and_for_the_platform_apart(void **state)
{
    struct book *book = *state;
    book_resolve(book);
    ledger_case(&book->ledger, SEVERITY_S1, 2003, STATE_RESOLVED);
    ledger_case(&book->ledger, SEVERITY_S3, 1001, STATE_IN_PROGRESS);
    struct kase *above = book_hand_upstream(book);
    book_pass_time(book, 2 * TIME_DAY_MS);
    book_finish_upstream(book, above); // Sunday: 4 working hours ended on Friday 16:00
    book_check(book, "I12", 2, 3);
    book_check(book, "I12 UPSTREAM", 0, 1);
    book_check(book, "I12 S1", 1, 1);
    book_check(book, "I12 S3", 1, 2);
    book_check(book, "I12 S4", 0, 0);
    book_check(book, "I12 CATEGORY_02", 1, 1);
    book_check(book, "I12 CATEGORY_03", 1, 2);
    book_check(book, "I12 CATEGORY_01", 0, 0); // has time until Friday
}

static void
a_rework_within_its_time_leaves_a_case_in_time_and_one_beyond_makes_it_late(void **state)
{
    struct book *book = *state;
    struct kase *kept = book_resolve(book);
    struct kase *missed = book_resolve(book);
    book_check_case(book, kept, false);
    book_check_case(book, missed, false);
    resolve_again(book, kept);
    book_check(book, "I12", 1, 1); // the other one is open again, and not late
    book_pass_time(book, TIME_DAY_MS);
    resolve_again(book, missed);
    book_check(book, "I12", 1, 2);
    book_close_case(book, kept);
    book_check(book, "I12", 1, 2); // each once
}

static void only_returns_for_a_wrong_desk_count_against_dispatch(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *wrong = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    struct kase *unable = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    struct kase *kept = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    ledger_case(ledger, SEVERITY_S3, 3001, STATE_ASSIGNING); // never offered
    return_it(book, wrong, 201, true);
    return_it(book, wrong, 203, true);
    return_it(book, unable, 203, true);
    return_it(book, kept, 204, false); // refused: it stays
    book_check(book, "I17", 2, 3);
    book_check(book, "I27", 2, 4);
    book_check(book, "I27 TWICE", 1, 4);
}

static void help_extensions_suspensions_and_alerts_count_by_case(void **state)
{
    struct book *book = *state;
    struct ledger *ledger = &book->ledger;
    struct kase *kase = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    Sanji__AssistRequested assist = SANJI__ASSIST_REQUESTED__INIT;
    assist.n = 1;
    write_side(book, kase, EVENT_ASSIST_REQUESTED, &assist.base);
    Sanji__DeadlineExtended extended = SANJI__DEADLINE_EXTENDED__INIT;
    extended.times = 1;
    write_side(book, kase, EVENT_DEADLINE_EXTENDED, &extended.base);
    Sanji__Supervised raised = SANJI__SUPERVISED__INIT;
    raised.to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
    raised.points = 2;
    write_side(book, kase, EVENT_SUPERVISED, &raised.base);
    Sanji__Supervised lifted = SANJI__SUPERVISED__INIT;
    lifted.from = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
    write_side(book, kase, EVENT_SUPERVISED, &lifted.base);
    ledger_move(ledger, kase, T19);
    struct kase *rests = ledger_case(ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    ledger_move(ledger, rests, T26);
    book_check(book, "I26", 1, 2);
    book_check(book, "I28", 1, 1); // the other one is not due yet
    book_check(book, "I28 SUSPENDED", 0, 1);
    book_check(book, "I29", 1, 1);
    book_check(book, "I29 NORMAL", 0, 1);
    book_check(book, "I29 YELLOW", 1, 1);
    book_check(book, "I29 POINTS", 2, 1);
    book_pass_time(book, 60 * TIME_DAY_MS);
    book_receive(book);
    book_check(book, "I28 OVER_60D", 0, 1);
    book_pass_time(book, 1);
    book_receive(book);
    book_check(book, "I28 OVER_60D", 1, 1);
    ledger_move(ledger, rests, T27);
    book_check(book, "I28 OVER_60D", 0, 1);
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
        TEST(a_merged_report_is_a_repeat_and_no_case),
        TEST(time_kept_is_told_by_severity_by_category_and_for_the_platform_apart),
        TEST(a_rework_within_its_time_leaves_a_case_in_time_and_one_beyond_makes_it_late),
        TEST(only_returns_for_a_wrong_desk_count_against_dispatch),
        TEST(help_extensions_suspensions_and_alerts_count_by_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
