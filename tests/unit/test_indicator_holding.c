/* test_indicator_holding.c: the holder ledger, and who kept his share (I14). */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Escalated to the community's desk: the envelope names it. */
static void move_to(struct book *book, struct kase *kase, struct org_path desk,
                    enum org_tier tier)
{
    Sanji__CaseEscalated body = SANJI__CASE_ESCALATED__INIT;
    struct turn *turn = ledger_turn(&book->ledger, OWNER_ESCALATION);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    turn_set_holder(turn, envelope, desk, tier);
    body.cause = SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_HOLDER_REQUEST;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ESCALATED;
    envelope->case_escalated = &body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T15, .envelope = envelope});
    ledger_commit(&book->ledger);
}

static void to_resolved(struct book *book, struct kase *kase)
{
    ledger_offer(&book->ledger, kase, 2, 30);
    ledger_move(&book->ledger, kase, T10);
    ledger_move(&book->ledger, kase, T19);
}

static void each_change_of_the_holder_is_a_line_with_both_clocks(void **state)
{
    struct book *book = *state;
    // Friday 10:00: intake's desk has it for no time, then the committee.
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    book_pass_time(book, 3 * HOUR); // 13:00: two hours are worked
    move_to(book, kase, org_community(kase->area), TIER_COMMUNITY);
    book_pass_time(book, HOUR); // 14:00: none
    to_resolved(book, kase);
    book_pass_time(book, HOUR); // nobody holds what is resolved
    book_close_case(book, kase);
    struct indicator_holding lines[4];
    const size_t count = indicator_ledger(book->views[0], kase->key, lines, 4);
    assert_int_equal(count, 3);
    assert_int_equal(lines[0].natural_s, 0);
    assert_int_equal(lines[1].tier, TIER_COMMITTEE);
    assert_int_equal(lines[1].natural_s, 3 * 3600);
    assert_int_equal(lines[1].working_s, 2 * 3600);
    assert_int_equal(lines[2].tier, TIER_COMMUNITY);
    assert_int_equal(lines[2].holder, org_community(kase->area).packed);
    assert_int_equal(lines[2].natural_s, 3600);
    assert_int_equal(lines[2].working_s, 0);
    assert_int_equal(lines[2].to_ms, kase->resolved_ms);
    assert_int_equal(indicator_ledger(book->views[0], kase->key, lines, 1), 3);
    assert_int_equal(indicator_ledger(book->views[0], 7, lines, 4), 0);
}

static void who_used_more_than_his_share_is_not_in_time_and_the_others_are(void **state)
{
    struct book *book = *state;
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    book_pass_time(book, HOUR); // 11:00
    move_to(book, kase, org_community(kase->area), TIER_COMMUNITY);
    book_pass_time(book, 4 * HOUR); // 15:00: two hours are worked
    book_check(book, "I14", 0, 0);  // not settled before it is resolved
    to_resolved(book, kase);
    // Two holdings of 4 hours: a share is 2 hours; 1 and 2 hours were used.
    book_check(book, "I14", 2, 2);
    book_check(book, "I14 COMMITTEE", 1, 1);
    book_check(book, "I14 COMMUNITY", 1, 1);
    book_check(book, "I14 SUBDISTRICT", 0, 0);
    book_check(book, "I14 LAST", 1, 1);
    struct kase *slow = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    book_pass_time(book, 3 * HOUR); // 18:00
    move_to(book, slow, org_community(slow->area), TIER_COMMUNITY);
    book_pass_time(book, 63 * HOUR); // Monday 9:00
    to_resolved(book, slow);
    book_check(book, "I14", 3, 4); // 3 of 2 hours, 1 of 2 hours
    book_check(book, "I14 COMMITTEE", 1, 2);
    book_check(book, "I14 LAST", 2, 2);
    book_check(book, "I44 HOLDER", 2, 2);
    book_check(book, "I12", 2, 2);
}

static void what_is_upstream_is_held_by_the_platform(void **state)
{
    struct book *book = *state;
    struct kase *kase = book_hand_upstream(book);
    book_pass_time(book, HOUR);
    book_finish_upstream(book, kase);
    struct indicator_holding lines[4];
    const size_t count = indicator_ledger(book->views[0], kase->key, lines, 4);
    assert_int_equal(count, 3); // intake, the committee, the platform
    assert_int_equal(lines[2].tier, TIER_MUNICIPAL);
    assert_int_equal(lines[2].working_s, 3600);
    book_check(book, "I14 MUNICIPAL", 1, 1);
    book_check(book, "I14 SUBDISTRICT", 0, 0);
}

static void suspended_time_is_nobodys(void **state)
{
    struct book *book = *state;
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    ledger_move(&book->ledger, kase, T26);
    book_pass_time(book, HOUR);
    ledger_move(&book->ledger, kase, T27);
    book_pass_time(book, HOUR);
    move_to(book, kase, org_community(kase->area), TIER_COMMUNITY);
    struct indicator_holding lines[8];
    const size_t count = indicator_ledger(book->views[0], kase->key, lines, 8);
    assert_true(count >= 2);
    int64_t natural_s = 0;
    for (size_t i = 0; i < count; i++) {
        natural_s += lines[i].natural_s;
    }
    assert_int_equal(natural_s, 3600); // of the two hours that passed
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, book_open, book_close)
    const struct CMUnitTest tests[] = {
        TEST(each_change_of_the_holder_is_a_line_with_both_clocks),
        TEST(who_used_more_than_his_share_is_not_in_time_and_the_others_are),
        TEST(what_is_upstream_is_held_by_the_platform),
        TEST(suspended_time_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
