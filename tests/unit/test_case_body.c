/* test_case_body.c: events that move no case but leave something in it, and who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/story.h"

// ---- side events ------------------------------------------------------------------------

static void counters_are_taken_as_written_and_else_counted(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    (void)story_begin(&story, EVENT_URGED);
    story_stands(&story);
    assert_int_equal(kase->urges, 1);
    Sanji__Urged *urged = story_begin(&story, EVENT_URGED);
    urged->count = 5;
    story_stands(&story);
    assert_int_equal(kase->urges, 5);
    urged = story_begin(&story, EVENT_URGED);
    urged->count = 1000000;
    story_stands(&story);
    assert_int_equal(kase->urges, UINT16_MAX);
    (void)story_begin(&story, EVENT_URGED);
    story_stands(&story);
    assert_int_equal(kase->urges, UINT16_MAX);

    Sanji__Supervised *supervised = story_begin(&story, EVENT_SUPERVISED);
    supervised->to = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW;
    supervised->points = 5;
    story_stands(&story);
    assert_int_equal(kase->supervise, 2);
    assert_int_equal(kase->supervise_points, 5);
    (void)story_begin(&story, EVENT_DEADLINE_EXTENDED);
    story_stands(&story);
    assert_int_equal(kase->extensions, 1);
    (void)story_begin(&story, EVENT_ASSIST_REQUESTED);
    story_stands(&story);
    (void)story_begin(&story, EVENT_ASSIST_REQUESTED);
    story_stands(&story);
    (void)story_begin(&story, EVENT_ASSIST_DONE);
    story_stands(&story);
    assert_int_equal(kase->assists, 2);
    assert_int_equal(kase->assists_open, 1);
    (void)story_begin(&story, EVENT_REPORTER_INFORMED);
    story_stands(&story);
    assert_true(kase->informed);
    (void)story_begin(&story, EVENT_KEY_DESTROYED);
    story_stands(&story);
    assert_true(kase->key_destroyed);
    assert_int_equal(kase->version, 5);
}

static void who_was_sent_and_what_he_found_is_kept(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    Sanji__VerificationRequested *asked = story_begin(&story, EVENT_VERIFICATION_REQUESTED);
    asked->verifier = story_text("W00007");
    story_to(&story, STATE_VERIFYING);
    story_arm(&story, TIMER_VERIFY, 60000);
    story_stands(&story);
    assert_int_equal(story.kase.verifier, 7);
    assert_int_equal(story.kase.worker, 0);
    (void)story_begin(&story, EVENT_VERIFICATION_REPORTED); // confirmed: false
    story_stands(&story);
    assert_true(story.kase.not_found);
    asked = story_begin(&story, EVENT_VERIFICATION_REQUESTED);
    asked->verifier = story_text("W00008");
    story_stands(&story);
    assert_int_equal(story.kase.verifier, 8);
    assert_true(story.kase.not_found); // until he says otherwise
    Sanji__VerificationReported *found = story_begin(&story, EVENT_VERIFICATION_REPORTED);
    found->confirmed = true;
    story_stands(&story);
    assert_false(story.kase.not_found);
    asked = story_begin(&story, EVENT_VERIFICATION_REQUESTED);
    asked->verifier = story_text("Zhang");
    story_cannot_stand(&story);
}

static void a_note_may_tell_somebody(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__Told told;
    Sanji__Told *tolds[] = {&told};
    sanji__told__init(&told);
    told.org = story_text(COMMUNITY);
    told.role = SANJI__ROLE__ROLE_DUTY_LEADER;
    Sanji__NoteAdded *note = story_begin(&story, EVENT_NOTE_ADDED);
    note->kind = SANJI__NOTE_KIND__NOTE_KIND_SEVERITY_PROPOSED;
    note->told = tolds;
    note->n_told = 1;
    story_stands(&story);
    assert_true(story.kase.severity_proposed);
    assert_int_equal(story.kase.attention_count, 1);
    assert_int_equal(story.kase.attention[0].kind, TIMER_NONE);
    assert_int_equal(story.kase.attention[0].role, ROLE_DUTY_LEADER);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story_stands(&story);
    assert_int_equal(story.kase.attention_count, 1);
    told.org = story_text("nowhere");
    note = story_begin(&story, EVENT_NOTE_ADDED);
    note->told = tolds;
    note->n_told = 1;
    story_cannot_stand(&story);
}

static void a_granted_appeal_is_kept_until_it_is_carried_out(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__DecisionMade *made = story_begin(&story, EVENT_DECISION_MADE);
    made->kind = SANJI__DECISION_KIND__DECISION_KIND_REOPEN;
    made->approved = true;
    story_stands(&story);
    assert_false(story.kase.reopen_granted); // nothing to come back from
    (void)story_begin(&story, EVENT_CASE_CANCELLED);
    story_to(&story, STATE_CANCELLED);
    story_stands(&story);
    made = story_begin(&story, EVENT_DECISION_MADE);
    made->kind = SANJI__DECISION_KIND__DECISION_KIND_REOPEN;
    story_stands(&story);
    assert_false(story.kase.reopen_granted); // refused
    made = story_begin(&story, EVENT_DECISION_MADE);
    made->kind = SANJI__DECISION_KIND__DECISION_KIND_REOPEN;
    made->approved = true;
    story_stands(&story);
    assert_true(story.kase.reopen_granted);
    (void)story_begin(&story, EVENT_CASE_REOPENED);
    story_to(&story, STATE_RECEIVED);
    story_stands(&story);
    assert_false(story.kase.reopen_granted);
}

static void a_request_is_open_until_its_decision(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    Sanji__DecisionRequested *request = story_begin(&story, EVENT_DECISION_REQUESTED);
    request->kind = SANJI__DECISION_KIND__DECISION_KIND_EXTEND;
    story_stands(&story);
    const uint64_t request_seq = story.seq;
    assert_int_equal(kase->request_seq, request_seq);
    assert_int_equal(kase->request_kind, SANJI__DECISION_KIND__DECISION_KIND_EXTEND);
    Sanji__DecisionMade *made = story_begin(&story, EVENT_DECISION_MADE);
    made->request_seq = request_seq - 1;
    story_stands(&story);
    assert_int_equal(kase->request_seq, request_seq);
    made = story_begin(&story, EVENT_DECISION_MADE);
    made->request_seq = request_seq;
    story_stands(&story);
    assert_int_equal(kase->request_seq, 0);
    assert_int_equal(kase->request_kind, 0);
}

static void severity_and_category_change_with_their_events(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__SeverityChanged *severity = story_begin(&story, EVENT_SEVERITY_CHANGED);
    story_cannot_stand(&story); // to nothing
    severity->to = SANJI__SEVERITY__SEVERITY_S1;
    story_change(&story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESET, 777);
    story_stands(&story);
    assert_int_equal(story.kase.severity, SEVERITY_S1);
    assert_int_equal(case_timer(&story.kase, TIMER_RESOLVE, 0)->due_ms, 777);
    Sanji__CaseReclassified *category = story_begin(&story, EVENT_CASE_RECLASSIFIED);
    category->to = story_text("03001");
    category->sla_row = 3;
    story_stands(&story);
    assert_int_equal(story.kase.category, 3001);
    assert_int_equal(story.kase.sla_row, 3);
}

static void a_restricted_case_stays_restricted(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.record.header.flags = RECORD_RESTRICTED;
    story_stands(&story);
    assert_true(story.kase.restricted);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.sensitivity = SANJI__SENSITIVITY__SENSITIVITY_PUBLIC;
    story_stands(&story);
    assert_true(story.kase.restricted);
}

static void a_fact_changes_nothing_but_the_last_record(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase expected = story.kase;
    expected.last_seq++;
    (void)story_begin(&story, EVENT_SAID);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_RECEIVED; // said long ago
    story.envelope.case_version = 1;
    story.envelope.holder = story_text(COMMUNITY);
    story.envelope.worker = story_text("W00099");
    story_cancel(&story, TIMER_RESOLVE);
    story_stands(&story);
    assert_memory_equal(&story.kase, &expected, sizeof expected);
}

static void a_body_of_a_later_version_moves_only_the_positions(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase expected = story.kase;
    expected.last_seq++;
    expected.decision_seq++;
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.body_case = SANJI__ENVELOPE__BODY__NOT_SET;
    story.record.header.type = 117;
    story_stands(&story);
    assert_memory_equal(&story.kase, &expected, sizeof expected);
}

static void a_finding_of_audit_stands_on_any_case(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    (void)story_begin(&story, EVENT_AUDIT_FOUND);
    story.envelope.state_after = SANJI__CASE_STATE__CASE_STATE_UNSPECIFIED;
    story.envelope.case_version = 0;
    story_stands(&story);
    assert_int_equal(story.kase.state, STATE_IN_PROGRESS);
    assert_int_equal(story.kase.decision_seq, story.seq);
}

// ---- attention --------------------------------------------------------------------------

static void tell(struct story *story, enum timer_kind kind, Sanji__Told *told)
{
    story_fire(story, kind, 0);
    story->envelope.timer_fired->n_told = 1;
    story->envelope.timer_fired->told = &told;
    story_arm(story, kind, 14400000);
    story_stands(story);
}

static void who_was_told_has_it_on_his_board_until_he_acts_or_the_case_moves(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    Sanji__Told leader;
    sanji__told__init(&leader);
    leader.org = story_text(COMMITTEE);
    leader.role = SANJI__ROLE__ROLE_DUTY_LEADER;
    tell(&story, TIMER_PROGRESS, &leader);
    const int64_t since_ms = story.now_ms - STEP_MS;
    tell(&story, TIMER_PROGRESS, &leader);
    assert_int_equal(kase->attention_count, 1);
    assert_int_equal(kase->attention[0].seq, story.seq);
    assert_int_equal(kase->attention[0].since_ms, since_ms);
    assert_int_equal(kase->attention[0].kind, TIMER_PROGRESS);
    assert_int_equal(kase->attention[0].role, ROLE_DUTY_LEADER);
    story_path_is(kase->attention[0].org, COMMITTEE);
    Sanji__Told worker;
    sanji__told__init(&worker);
    worker.worker = story_text("W00007");
    tell(&story, TIMER_RESOLVE_WARN, &worker);
    assert_int_equal(kase->attention_count, 2);

    // Somebody else, a refusal, and the system change nothing.
    sanji__actor__init(&story.actor);
    story.actor.role = SANJI__ROLE__ROLE_DISPATCHER;
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.actor = &story.actor;
    story_stands(&story);
    story.actor.role = SANJI__ROLE__ROLE_DUTY_LEADER;
    (void)story_begin(&story, EVENT_STATEMENT_REFUSED);
    story.envelope.actor = &story.actor;
    story_stands(&story);
    assert_int_equal(kase->attention_count, 2);
    (void)story_begin(&story, EVENT_NOTE_ADDED);
    story.envelope.actor = &story.actor;
    story_stands(&story);
    assert_int_equal(kase->attention_count, 1);
    assert_int_equal(kase->attention[0].worker, 7);
    story_resolve(&story);
    assert_int_equal(kase->attention_count, 0);
}

static void of_too_many_alerts_the_oldest_gives_way(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    char worker[WORKER_SIZE];
    for (uint32_t i = 1; i <= CASE_ATTENTION_MAX + 1; i++) {
        Sanji__Told told;
        sanji__told__init(&told);
        told.worker = id_worker_print(i, worker);
        tell(&story, TIMER_PROGRESS, &told);
    }
    assert_int_equal(story.kase.attention_count, CASE_ATTENTION_MAX);
    assert_int_equal(story.kase.attention[0].worker, 2);
    Sanji__Told told;
    sanji__told__init(&told);
    told.org = story_text("370499.3");
    story_fire(&story, TIMER_PROGRESS, 0);
    Sanji__Told *list = &told;
    story.envelope.timer_fired->n_told = 1;
    story.envelope.timer_fired->told = &list;
    story_cannot_stand(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_taken_as_written_and_else_counted),
        cmocka_unit_test(who_was_sent_and_what_he_found_is_kept),
        cmocka_unit_test(a_note_may_tell_somebody),
        cmocka_unit_test(a_granted_appeal_is_kept_until_it_is_carried_out),
        cmocka_unit_test(a_request_is_open_until_its_decision),
        cmocka_unit_test(severity_and_category_change_with_their_events),
        cmocka_unit_test(a_restricted_case_stays_restricted),
        cmocka_unit_test(a_fact_changes_nothing_but_the_last_record),
        cmocka_unit_test(a_body_of_a_later_version_moves_only_the_positions),
        cmocka_unit_test(a_finding_of_audit_stands_on_any_case),
        cmocka_unit_test(who_was_told_has_it_on_his_board_until_he_acts_or_the_case_moves),
        cmocka_unit_test(of_too_many_alerts_the_oldest_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
