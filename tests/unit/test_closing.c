/* test_closing.c: cancelling, and the way back of what was rejected or cancelled
 * (workers/intake/closing.c; checks, revisits and T25: test_desk.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/time.h"
#include "tests/unit/centre.h"

static const struct speaker auditor = {ROLE_AUDITOR, "", ""};

static struct kase *in_progress(struct centre *centre)
{
    return ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
}

static struct kase *rejected(struct centre *centre)
{
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 101;
    fields.advice_code = centre_text(centre, "12345");
    assert_int_equal(centre_say(centre, kase, SAY_REJECT, centre_desk, &fields), 1);
    return kase;
}

static Sanji__StatementFields because(uint32_t reason_code)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = reason_code;
    return fields;
}

/* ---- cancelling ---- */

static void a_reporter_takes_back_his_own_case(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = in_progress(centre);
    assert_int_equal(centre_say(centre, kase, SAY_CANCEL, centre_reporter, NULL), 1);
    assert_true(centre_record(centre, 0)->case_cancelled->by_reporter);
    assert_string_equal(centre_record(centre, 0)->worker, "");
    assert_int_equal(kase->state, STATE_CANCELLED);
    assert_int_equal(kase->worker, 0);
    assert_null(case_timer(kase, TIMER_RESOLVE, 0));
    assert_non_null(case_timer(kase, TIMER_REOPEN_WINDOW, 0));
    centre_say(centre, kase, SAY_CANCEL, centre_reporter, NULL);
    centre_refused(centre, STATUS_WRONG_STATE, "");
}

static void a_reporter_of_another_source_does_not(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = in_progress(centre);
    (void)strcpy(kase->source_system, "hotline"); // it was reported there
    centre_say(centre, kase, SAY_CANCEL, centre_reporter, NULL);
    centre_refused(centre, STATUS_WRONG_ROLE, "source_system");
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
}

static void an_s1_and_what_others_have_reported_is_for_the_duty_leader(void **state)
{
    struct centre *centre = *state;
    struct kase *grave = ledger_case(&centre->ledger, SEVERITY_S1, 2003, STATE_ACCEPTED);
    struct kase *shared = in_progress(centre);
    shared->merged_reports = 1;
    centre_say(centre, grave, SAY_CANCEL, centre_reporter, NULL);
    centre_refused(centre, STATUS_WRONG_ROLE, "actor.role");
    centre_say(centre, shared, SAY_CANCEL, centre_reporter, NULL);
    centre_refused(centre, STATUS_WRONG_ROLE, "actor.role");
    centre_say(centre, grave, SAY_CANCEL, centre_leader, NULL);
    centre_refused(centre, STATUS_INVALID, "reason_code");
    Sanji__StatementFields fields = because(104);
    assert_int_equal(centre_say(centre, grave, SAY_CANCEL, centre_leader, &fields), 1);
    assert_false(centre_record(centre, 0)->case_cancelled->by_reporter);
    assert_int_equal(grave->state, STATE_CANCELLED);
}

/* ---- coming back ---- */

static void a_duty_leader_brings_back_what_was_rejected(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    const uint16_t reopens = kase->reopens;
    Sanji__StatementFields fields = because(703);
    assert_int_equal(centre_say(centre, kase, SAY_REOPEN, auditor, &fields), 1);
    assert_int_equal(centre_record(centre, 0)->case_reopened->times, 0);
    assert_false(centre_record(centre, 0)->case_reopened->by_reporter);
    assert_int_equal(kase->state, STATE_RECEIVED);
    assert_int_equal(kase->reopens, reopens); // it was never closed
    assert_non_null(case_timer(kase, TIMER_ACCEPT, 0));
    assert_null(case_timer(kase, TIMER_REOPEN_WINDOW, 0));

    struct kase *cancelled = in_progress(centre);
    centre_say(centre, cancelled, SAY_CANCEL, centre_reporter, NULL);
    assert_int_equal(centre_say(centre, cancelled, SAY_REOPEN, centre_leader, &fields), 1);
    assert_int_equal(cancelled->state, STATE_RECEIVED);
}

static void a_reporter_is_told_to_appeal(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    Sanji__StatementFields fields = because(701);
    centre_say(centre, kase, SAY_REOPEN, centre_reporter, &fields);
    centre_refused(centre, STATUS_WRONG_ROLE, "actor.role");
    assert_non_null(strstr(centre_record(centre, 0)->statement_refused->reason, "appeal"));
    assert_int_equal(kase->state, STATE_REJECTED);
}

static void after_the_window_a_new_report_is_asked_for(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_REOPEN_WINDOW), 1);
    Sanji__StatementFields fields = because(703);
    centre_say(centre, kase, SAY_REOPEN, centre_leader, &fields);
    centre_refused(centre, STATUS_LIMIT, "");
    assert_non_null(
        strstr(centre_record(centre, 0)->statement_refused->reason, "new report"));
}

static void only_the_source_that_reported_reopens(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    ledger_move(&centre->ledger, kase, T22);
    (void)strcpy(kase->source_system, "hotline");
    Sanji__StatementFields fields = because(702);
    centre_say(centre, kase, SAY_REOPEN, centre_reporter, &fields);
    centre_refused(centre, STATUS_WRONG_ROLE, "source_system");
}

/* ---- appeals ---- */

static void decide_reopen(struct centre *centre, struct kase *kase, bool approved,
                          Sanji__DecisionKind kind)
{
    struct turn *turn = ledger_turn(&centre->ledger, OWNER_ESCALATION);
    Sanji__DecisionMade *body =
        TURN_NEW(turn, Sanji__DecisionMade, sanji__decision_made__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    body->kind = kind;
    body->approved = approved;
    envelope->actor->role = SANJI__ROLE__ROLE_DUTY_LEADER;
    envelope->body_case = SANJI__ENVELOPE__BODY_DECISION_MADE;
    envelope->decision_made = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&centre->ledger);
}

static void a_granted_appeal_is_carried_out_once(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    decide_reopen(centre, kase, true, SANJI__DECISION_KIND__DECISION_KIND_REOPEN);
    assert_true(kase->reopen_granted);
    assert_int_equal(centre_decide(centre), 1);
    assert_true(centre_record(centre, 0)->case_reopened->by_reporter);
    assert_int_equal(centre_record(centre, 0)->actor->role, SANJI__ROLE__ROLE_DUTY_LEADER);
    assert_int_equal(kase->state, STATE_RECEIVED);
    assert_false(kase->reopen_granted);
    assert_int_equal(centre_decide(centre), 0);
}

static void it_is_carried_out_also_after_the_window_and_by_any_record(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_REOPEN_WINDOW), 1);
    decide_reopen(centre, kase, true, SANJI__DECISION_KIND__DECISION_KIND_REOPEN);
    centre_say(centre, kase, SAY_NOTE, centre_desk, NULL);
    assert_int_equal(centre_decide(centre), 1); // on NoteAdded
    assert_int_equal(centre_record(centre, 0)->actor->role, SANJI__ROLE__ROLE_SYSTEM);
    assert_int_equal(kase->state, STATE_RECEIVED);
}

static void a_refused_appeal_and_other_decisions_bring_nothing_back(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    decide_reopen(centre, kase, false, SANJI__DECISION_KIND__DECISION_KIND_REOPEN);
    assert_int_equal(centre_decide(centre), 0);
    decide_reopen(centre, kase, true, SANJI__DECISION_KIND__DECISION_KIND_EXTEND);
    assert_int_equal(centre_decide(centre), 0);
    assert_int_equal(kase->state, STATE_REJECTED);
}

static void what_comes_back_is_accepted_with_its_time_from_then_on(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = rejected(centre);
    centre->ledger.now_ms += 3 * TIME_DAY_MS;
    Sanji__StatementFields fields = because(703);
    centre_say(centre, kase, SAY_REOPEN, centre_leader, &fields);
    assert_int_equal(centre_due(centre, kase, TIMER_ACCEPT), 2);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->t0_ms, centre->ledger.now_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, centre_open, centre_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reporter_takes_back_his_own_case),
        TEST(a_reporter_of_another_source_does_not),
        TEST(an_s1_and_what_others_have_reported_is_for_the_duty_leader),
        TEST(a_duty_leader_brings_back_what_was_rejected),
        TEST(a_reporter_is_told_to_appeal),
        TEST(after_the_window_a_new_report_is_asked_for),
        TEST(only_the_source_that_reported_reopens),
        TEST(a_granted_appeal_is_carried_out_once),
        TEST(it_is_carried_out_also_after_the_window_and_by_any_record),
        TEST(a_refused_appeal_and_other_decisions_bring_nothing_back),
        TEST(what_comes_back_is_accepted_with_its_time_from_then_on),
    };
    return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
