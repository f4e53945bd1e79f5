/* test_desk.c: what intake decides on cases: accepting, checking, revisiting, closing, coming
 * back (workers/intake/desk.c, closing.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/centre.h"

enum {
    HANDLER = 2 /* who resolves in the ledger's cases */
};

static struct kase *resolved(struct centre *centre)
{
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
    assert_int_equal(kase->resolver, HANDLER);
    return kase;
}

/* ---- accepting, rejecting ---- */

static void what_is_missing_is_said_when_a_case_is_accepted(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, SUBDISTRICT, SEVERITY_S3, 3001);
    centre_say(centre, kase, SAY_ACCEPT, centre_desk, NULL);
    centre_refused(centre, STATUS_INVALID, "to");
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.to = small_rules_text(&centre->rules, "370499.003.01.001.B77");
    centre_say(centre, kase, SAY_ACCEPT, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "to");
    fields.to = small_rules_text(&centre->rules, GRID_B02);
    fields.category = small_rules_text(&centre->rules, "09999");
    centre_say(centre, kase, SAY_ACCEPT, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "category");
    assert_int_equal(kase->state, STATE_RECEIVED);
}

static void accepting_may_bring_place_category_and_severity(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, SUBDISTRICT, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.to = small_rules_text(&centre->rules, GRID_B02);
    fields.category = small_rules_text(&centre->rules, "02001");
    fields.severity = SANJI__SEVERITY__SEVERITY_S2;
    assert_int_equal(centre_say(centre, kase, SAY_ACCEPT, centre_desk, &fields), 1);
    const Sanji__Envelope *accepted = centre_record(centre, 0);
    assert_int_equal(accepted->case_accepted->sla_row, 2001);
    assert_false(accepted->case_accepted->automatic);
    assert_int_equal(accepted->case_accepted->sla_version, 2);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_int_equal(kase->category, 2001);
    assert_int_equal(kase->severity, SEVERITY_S2);
    assert_non_null(case_timer(kase, TIMER_FEEDBACK, 0));
    assert_non_null(case_timer(kase, TIMER_RESOLVE, 0));
}

static void accept_due_accepts_or_tells_and_repeats(void **state)
{
    struct centre *centre = *state;
    struct kase *known = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    struct kase *unknown = ledger_receive(&centre->ledger, SUBDISTRICT, SEVERITY_S3, 3001);
    assert_int_equal(centre_due(centre, known, TIMER_ACCEPT), 2);
    assert_true(centre_record(centre, 1)->case_accepted->automatic);
    assert_int_equal(centre_record(centre, 1)->cause_seq, 0);
    assert_int_equal(known->state, STATE_ACCEPTED);
    assert_int_equal(centre_due(centre, unknown, TIMER_ACCEPT), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 2);
    assert_int_equal(unknown->attention_count, 2);
    assert_int_equal(case_timer(unknown, TIMER_ACCEPT, 0)->state, TIMER_STATE_ARMED);
}

static void a_rejection_names_reason_and_advice(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 101;
    centre_say(centre, kase, SAY_REJECT, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "advice_code");
    fields.advice_code = small_rules_text(&centre->rules, "12345");
    assert_int_equal(centre_say(centre, kase, SAY_REJECT, centre_desk, &fields), 1);
    assert_int_equal(centre_record(centre, 0)->case_rejected->reason_code, 101);
    assert_true(centre_record(centre, 0)->case_rejected->appealable);
    assert_int_equal(kase->state, STATE_REJECTED);
}

/* ---- checks ---- */

static void a_check_is_asked_for_once(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    assert_int_equal(centre_decide(centre), 1);
    assert_string_equal(centre_record(centre, 0)->check_requested->desk, COMMUNITY_1);
    assert_int_equal(centre_decide(centre), 0); // on its own record
    centre_say(centre, kase, SAY_NOTE, centre_desk, NULL);
    assert_int_equal(centre_decide(centre), 0);
}

static void a_check_is_asked_for_again_after_rework(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    centre_decide(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 601;
    assert_int_equal(centre_say(centre, kase, SAY_CHECK, centre_desk, &fields), 1);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(kase->reworks, 1);
    ledger_offer(&centre->ledger, kase, HANDLER, 30);
    ledger_move(&centre->ledger, kase, T10);
    ledger_move(&centre->ledger, kase, T19);
    assert_int_equal(centre_decide(centre), 1);
    assert_int_equal(centre_record(centre, 0)->body_case,
                     SANJI__ENVELOPE__BODY_CHECK_REQUESTED);
}

static void who_handled_it_never_checks_it(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.passed = true;
    centre_say(centre, kase, SAY_CHECK, (struct speaker){ROLE_FULLTIME, "W00002", ""},
               &fields);
    centre_refused(centre, STATUS_SAME_PERSON, "actor.worker");
    assert_int_equal(centre_say(centre, kase, SAY_CHECK,
                                (struct speaker){ROLE_FULLTIME, "W00003", ""}, &fields),
                     1);
    assert_int_equal(kase->state, STATE_REVISIT);
}

static void a_failed_check_says_why(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    centre_say(centre, kase, SAY_CHECK, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "reason_code");
    centre_say(centre, kase, SAY_CHECK, centre_desk, NULL); // a check without any field
    centre_refused(centre, STATUS_INVALID, "reason_code");
    assert_int_equal(kase->state, STATE_RESOLVED);
}

static void a_passed_check_with_nobody_to_ask_closes(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    kase->wants_contact = false;
    kase->resolve_missed = true;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.passed = true;
    assert_int_equal(centre_say(centre, kase, SAY_CHECK, centre_desk, &fields), 2);
    assert_true(centre_record(centre, 0)->check_completed->passed);
    const Sanji__CaseClosed *closed = centre_record(centre, 1)->case_closed;
    assert_int_equal(closed->how, SANJI__CLOSE_HOW__CLOSE_HOW_OVERDUE);
    assert_false(closed->in_time);
    assert_true(closed->local);
    assert_int_equal(kase->state, STATE_CLOSED);
    assert_non_null(case_timer(kase, TIMER_REOPEN_WINDOW, 0));
    assert_null(case_timer(kase, TIMER_CHECK, 0));
}

static void check_due_tells_the_operator_then_the_duty_leader(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_CHECK), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->told[0]->role,
                     SANJI__ROLE__ROLE_INTAKE_OPERATOR);
    assert_int_equal(centre_due(centre, kase, TIMER_CHECK), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->told[0]->role,
                     SANJI__ROLE__ROLE_DUTY_LEADER);
    assert_int_equal(kase->state, STATE_RESOLVED);
}

static void chief_and_duty_leader_check_as_well(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = resolved(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.passed = true;
    assert_int_equal(centre_say(centre, kase, SAY_CHECK,
                                (struct speaker){ROLE_GRID_CHIEF, "W00005", ""}, &fields),
                     1);
    assert_int_equal(kase->state, STATE_REVISIT);
    kase = resolved(centre);
    centre_due(centre, kase, TIMER_CHECK);
    centre_due(centre, kase, TIMER_CHECK);
    assert_int_equal(kase->attention_count, 2);
    assert_int_equal(centre_say(centre, kase, SAY_CHECK, centre_leader, &fields), 1);
    assert_int_equal(kase->state, STATE_REVISIT);
    assert_int_equal(kase->attention_count, 0);
}

static void alerts_are_not_said_from_outside(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.note_kind = SANJI__NOTE_KIND__NOTE_KIND_OBJECTION;
    assert_int_equal(centre_say(centre, kase, SAY_NOTE, centre_reporter, &fields), 1);
    assert_int_equal(centre_record(centre, 0)->note_added->kind, fields.note_kind);
    fields.note_kind = SANJI__NOTE_KIND__NOTE_KIND_SEVERITY_PROPOSED;
    centre_say(centre, kase, SAY_NOTE, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "note_kind");
    assert_false(kase->severity_proposed);
}

static struct kase *self_handled(struct centre *centre)
{
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    kase->wants_contact = false;
    ledger_move(&centre->ledger, kase, T07);
    return kase;
}

static void what_was_handled_on_the_spot_passes_by_itself_unless_drawn(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = self_handled(centre); // sample: 0 permille
    assert_int_equal(centre_decide(centre), 0);
    assert_int_equal(centre_due(centre, kase, TIMER_CHECK), 3);
    assert_true(centre_record(centre, 1)->check_completed->automatic);
    assert_int_equal(centre_record(centre, 2)->case_closed->how,
                     SANJI__CLOSE_HOW__CLOSE_HOW_AUTO);
    assert_int_equal(kase->state, STATE_CLOSED);

    centre->rules.policy.check_sample_permille = 1000;
    small_rules_publish(&centre->rules, centre->ledger.world);
    struct kase *drawn = self_handled(centre);
    assert_int_equal(centre_decide(centre), 1);
    assert_true(centre_record(centre, 0)->check_requested->sampled);
    assert_int_equal(centre_due(centre, drawn, TIMER_CHECK), 1);
    assert_int_equal(drawn->state, STATE_RESOLVED);
}

static void the_sample_is_drawn_evenly_by_the_case_number(void **state)
{
    struct centre *centre = *state;
    centre->rules.policy.check_sample_permille = 300;
    small_rules_publish(&centre->rules, centre->ledger.world);
    unsigned drawn = 0;
    for (int i = 0; i < 400; i++) {
        self_handled(centre);
        drawn += centre_decide(centre);
    }
    assert_in_range(drawn, 90, 150); // 120 expected
}

/* ---- revisits ---- */

static struct kase *to_be_revisited(struct centre *centre)
{
    struct kase *kase = resolved(centre);
    ledger_move(&centre->ledger, kase, T21);
    assert_int_equal(kase->state, STATE_REVISIT);
    return kase;
}

static void a_satisfied_reporter_closes_the_case(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.result = SANJI__SATISFACTION__SATISFACTION_VERY;
    fields.solved = true;
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 2);
    assert_int_equal(centre_record(centre, 1)->case_closed->how,
                     SANJI__CLOSE_HOW__CLOSE_HOW_NORMAL);
    assert_int_equal(kase->state, STATE_CLOSED);
}

static void who_is_not_reached_is_called_again_three_times_in_all(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.result = SANJI__SATISFACTION__SATISFACTION_UNREACHABLE;
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 1);
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 1);
    assert_int_equal(kase->state, STATE_REVISIT);
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 2);
    assert_int_equal(kase->state, STATE_CLOSED);
}

static void revisits_that_nobody_makes_run_out(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_REVISIT), 1);
    assert_int_equal(centre_due(centre, kase, TIMER_REVISIT), 1);
    assert_int_equal(centre_due(centre, kase, TIMER_REVISIT), 3);
    assert_int_equal(centre_record(centre, 1)->revisit_completed->result,
                     SANJI__SATISFACTION__SATISFACTION_UNREACHABLE);
    assert_int_equal(centre_record(centre, 2)->case_closed->how,
                     SANJI__CLOSE_HOW__CLOSE_HOW_AUTO);
    assert_int_equal(kase->state, STATE_CLOSED);
}

static void an_unsolved_case_comes_back_with_half_its_time(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    const uint32_t budget_s = case_timer(kase, TIMER_RESOLVE, 0)->budget_s;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.result = SANJI__SATISFACTION__SATISFACTION_UNSATISFIED;
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 2);
    assert_int_equal(centre_record(centre, 1)->case_reopened->reason_code, 701);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_int_equal(kase->reopens, 1);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->budget_s, budget_s / 2);
}

static void who_declines_to_answer_has_not_said_unsolved(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.result = SANJI__SATISFACTION__SATISFACTION_DECLINED;
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 2);
    assert_int_equal(kase->state, STATE_CLOSED);
}

static void a_case_comes_back_only_so_often(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = to_be_revisited(centre);
    kase->reopens = 2;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.result = SANJI__SATISFACTION__SATISFACTION_UNSATISFIED;
    assert_int_equal(centre_say(centre, kase, SAY_REVISIT, centre_desk, &fields), 2);
    assert_int_equal(kase->state, STATE_CLOSED); // a new case, if any
}

/* ---- reopening ---- */

static struct kase *closed(struct centre *centre)
{
    struct kase *kase = resolved(centre);
    ledger_move(&centre->ledger, kase, T22);
    return kase;
}

static void a_closed_case_is_reopened_inside_its_window(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = closed(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 702;
    assert_int_equal(centre_say(centre, kase, SAY_REOPEN,
                                (struct speaker){ROLE_REPORTER, "", ""}, &fields),
                     1);
    assert_true(centre_record(centre, 0)->case_reopened->by_reporter);
    assert_int_equal(centre_record(centre, 0)->case_reopened->times, 1);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_null(case_timer(kase, TIMER_REOPEN_WINDOW, 0));
}

static void outside_its_window_or_too_often_it_stays_closed(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = closed(centre);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 702;
    kase->reopens = 2;
    centre_say(centre, kase, SAY_REOPEN, (struct speaker){ROLE_REPORTER, "", ""}, &fields);
    centre_refused(centre, STATUS_LIMIT, "");
    kase->reopens = 0;
    assert_int_equal(centre_due(centre, kase, TIMER_REOPEN_WINDOW), 1);
    centre_say(centre, kase, SAY_REOPEN, (struct speaker){ROLE_REPORTER, "", ""}, &fields);
    centre_refused(centre, STATUS_LIMIT, "");
    assert_int_equal(kase->state, STATE_CLOSED);
}

/* ---- side events ---- */

static void informing_stops_feedback_the_first_time(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    assert_non_null(case_timer(kase, TIMER_FEEDBACK, 0));
    assert_int_equal(centre_say(centre, kase, SAY_INFORMED, centre_desk, NULL), 1);
    assert_true(centre_record(centre, 0)->reporter_informed->first_contact);
    assert_null(case_timer(kase, TIMER_FEEDBACK, 0));
    assert_int_equal(centre_say(centre, kase, SAY_INFORMED, centre_desk, NULL), 1);
    assert_false(centre_record(centre, 0)->reporter_informed->first_contact);
}

static void feedback_due_tells_the_owners_desk(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ACCEPTED);
    assert_int_equal(centre_due(centre, kase, TIMER_FEEDBACK), 1);
    assert_string_equal(centre_record(centre, 0)->timer_fired->told[0]->org, COMMUNITY_1);
    assert_int_equal(case_timer(kase, TIMER_FEEDBACK, 0)->state, TIMER_STATE_FIRED);
}

static void a_note_moves_nothing(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    const uint32_t version = kase->version;
    assert_int_equal(centre_say(centre, kase, SAY_NOTE,
                                (struct speaker){ROLE_FULLTIME, "W00003", ""}, NULL),
                     1);
    assert_int_equal(centre_record(centre, 0)->note_added->kind,
                     SANJI__NOTE_KIND__NOTE_KIND_NOTE);
    assert_int_equal(kase->version, version);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, centre_open, centre_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_missing_is_said_when_a_case_is_accepted),
        TEST(accepting_may_bring_place_category_and_severity),
        TEST(accept_due_accepts_or_tells_and_repeats),
        TEST(a_rejection_names_reason_and_advice),
        TEST(a_check_is_asked_for_once),
        TEST(a_check_is_asked_for_again_after_rework),
        TEST(who_handled_it_never_checks_it),
        TEST(a_failed_check_says_why),
        TEST(a_passed_check_with_nobody_to_ask_closes),
        TEST(check_due_tells_the_operator_then_the_duty_leader),
        TEST(chief_and_duty_leader_check_as_well),
        TEST(alerts_are_not_said_from_outside),
        TEST(what_was_handled_on_the_spot_passes_by_itself_unless_drawn),
        TEST(the_sample_is_drawn_evenly_by_the_case_number),
        TEST(a_satisfied_reporter_closes_the_case),
        TEST(who_is_not_reached_is_called_again_three_times_in_all),
        TEST(revisits_that_nobody_makes_run_out),
        TEST(an_unsolved_case_comes_back_with_half_its_time),
        TEST(who_declines_to_answer_has_not_said_unsolved),
        TEST(a_case_comes_back_only_so_often),
        TEST(a_closed_case_is_reopened_inside_its_window),
        TEST(outside_its_window_or_too_often_it_stays_closed),
        TEST(informing_stops_feedback_the_first_time),
        TEST(feedback_due_tells_the_owners_desk),
        TEST(a_note_moves_nothing),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
