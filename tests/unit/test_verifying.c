/* test_verifying.c: somebody looks before a case is accepted (workers/intake/verifying.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/centre.h"
#include "workers/intake/verifying.h"

static const struct speaker third = {ROLE_FULLTIME, "W00003", ""};

static Sanji__StatementFields naming(struct centre *centre, const char *worker)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.worker = centre_text(centre, worker);
    return fields;
}

static struct kase *verifying_at(struct centre *centre, const char *area)
{
    struct kase *kase = ledger_receive(&centre->ledger, area, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = naming(centre, "W00002");
    assert_int_equal(centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields), 1);
    assert_int_equal(kase->state, STATE_VERIFYING);
    return kase;
}

static struct kase *verifying(struct centre *centre)
{
    return verifying_at(centre, GRID_B01);
}

static bool is_armed(struct kase *kase, enum timer_kind kind)
{
    const struct case_timer *timer = case_timer(kase, kind, 0);
    return timer != NULL && timer->state == TIMER_STATE_ARMED;
}

/* ---- who is sent ---- */

static void an_operator_names_who_looks(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = naming(centre, "W00003");
    assert_int_equal(centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields), 1);
    assert_string_equal(centre_record(centre, 0)->verification_requested->verifier,
                        "W00003");
    assert_string_equal(centre_record(centre, 0)->worker, "W00003"); // his handheld follows
    assert_int_equal(kase->state, STATE_VERIFYING);
    assert_int_equal(kase->verifier, 3);
    assert_int_equal(kase->worker, 0); // nobody is assigned
    assert_true(is_armed(kase, TIMER_VERIFY));
    assert_true(is_armed(kase, TIMER_ACCEPT));
}

static void who_is_named_must_be_somebody_who_may_look(void **state)
{
    struct centre *centre = *state;
    small_rules_worker(&centre->rules, "W00006", ROLE_SOCIAL_WORKER, GRID_B01, "s");
    centre_publish(centre);
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields);
    assert_int_equal(centre_record(centre, 0)->statement_refused->code, STATUS_INVALID);
    fields = naming(centre, "W00077");
    centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields);
    centre_refused(centre, STATUS_NOT_FOUND, "worker");
    fields = naming(centre, "W00006");
    centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields);
    centre_refused(centre, STATUS_WRONG_ROLE, "worker");
    kase->resolver = 3; // as after a reopening
    fields = naming(centre, "W00003");
    centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields);
    centre_refused(centre, STATUS_SAME_PERSON, "worker");
    centre_say(centre, kase, SAY_VERIFY, centre_leader, &fields);
    centre_refused(centre, STATUS_WRONG_ROLE, "actor.role");
    assert_int_equal(kase->state, STATE_RECEIVED);
}

static void an_s1_is_never_held_up(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S1, 2003);
    Sanji__StatementFields fields = naming(centre, "W00002");
    centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields);
    centre_refused(centre, STATUS_INVALID, "severity");
}

static void the_desk_may_send_another_who_has_the_whole_time(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    const uint32_t version = kase->version;
    const int64_t due_ms = case_timer(kase, TIMER_VERIFY, 0)->due_ms;
    centre->ledger.now_ms += 60000;
    Sanji__StatementFields fields = naming(centre, "W00003");
    assert_int_equal(centre_say(centre, kase, SAY_VERIFY, centre_desk, &fields), 1);
    assert_int_equal(kase->version, version);
    assert_int_equal(kase->verifier, 3);
    assert_int_equal(case_timer(kase, TIMER_VERIFY, 0)->due_ms, due_ms + 60000);
}

static void the_rules_of_the_source_say_what_is_verified(void **state)
{
    struct centre *centre = *state;
    for (size_t i = 0; i < centre->rules.policy.n_sources; i++) {
        Sanji__SourceRule *rule = centre->rules.policy.sources[i];
        rule->verify_always = rule->source == SANJI__SOURCE__SOURCE_RESIDENT_APP;
        rule->verify_below_permille = rule->source == SANJI__SOURCE__SOURCE_VIDEO ? 800 : 0;
    }
    centre_publish(centre);
    const struct rules *rules = world_rules(centre->ledger.world);
    const unsigned video = SANJI__SOURCE__SOURCE_VIDEO;
    const unsigned app = SANJI__SOURCE__SOURCE_RESIDENT_APP;
    assert_true(verifying_applies(rules, video, 0, SEVERITY_S3));
    assert_true(verifying_applies(rules, video, 799, SEVERITY_S2));
    assert_false(verifying_applies(rules, video, 800, SEVERITY_S3));
    assert_false(verifying_applies(rules, video, 799, SEVERITY_S1));
    assert_true(verifying_applies(rules, app, 1000, SEVERITY_S4));
    assert_false(verifying_applies(rules, app, 0, SEVERITY_S1));
    assert_false(verifying_applies(rules, SANJI__SOURCE__SOURCE_HANDHELD, 0, SEVERITY_S3));
}

/* ---- what was seen ---- */

static void what_was_seen_is_accepted(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    centre->ledger.now_ms += 600000;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.confirmed = true;
    assert_int_equal(centre_say(centre, kase, SAY_VERIFIED, third, &fields), 2);
    assert_true(centre_record(centre, 0)->verification_reported->confirmed);
    assert_string_equal(centre_record(centre, 0)->actor->worker, "W00003");
    assert_false(centre_record(centre, 1)->case_accepted->automatic);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_null(case_timer(kase, TIMER_VERIFY, 0));
    assert_null(case_timer(kase, TIMER_ACCEPT, 0));
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->t0_ms, kase->received_ms);
    centre_say(centre, kase, SAY_VERIFIED, third, &fields);
    centre_refused(centre, STATUS_WRONG_STATE, "");
}

static void nothing_found_leaves_the_word_to_the_desk(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    Sanji__StatementFields reject = SANJI__STATEMENT_FIELDS__INIT;
    reject.reason_code = 105;
    reject.advice_code = centre_text(centre, "12345");
    centre_say(centre, kase, SAY_REJECT, centre_desk, &reject);
    centre_refused(centre, STATUS_WRONG_STATE, "");

    assert_int_equal(centre_say(centre, kase, SAY_VERIFIED, third, NULL), 2);
    assert_int_equal(centre_record(centre, 0)->verification_reported->reason_code, 105);
    assert_int_equal(centre_record(centre, 1)->note_added->kind,
                     SANJI__NOTE_KIND__NOTE_KIND_NOT_FOUND);
    assert_int_equal(kase->state, STATE_VERIFYING);
    assert_int_equal(kase->attention_count, 1);
    assert_int_equal(kase->attention[0].role, ROLE_INTAKE_OPERATOR);
    assert_int_equal(centre_decide(centre), 0); // on its own record

    assert_int_equal(centre_say(centre, kase, SAY_REJECT, centre_desk, &reject), 2);
    assert_false(centre_record(centre, 0)->verification_reported->confirmed);
    assert_int_equal(centre_record(centre, 1)->case_rejected->reason_code, 105);
    assert_int_equal(kase->state, STATE_REJECTED);
    assert_null(case_timer(kase, TIMER_VERIFY, 0));
    assert_true(is_armed(kase, TIMER_REOPEN_WINDOW));
}

static void who_handled_it_neither_verifies_nor_rejects(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    kase->resolver = 3; // it was given back after an appeal
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.confirmed = true;
    centre_say(centre, kase, SAY_VERIFIED, third, &fields);
    centre_refused(centre, STATUS_SAME_PERSON, "actor.worker");
    kase->not_found = true;
    fields.reason_code = 105;
    fields.advice_code = centre_text(centre, "12345");
    centre_say(centre, kase, SAY_REJECT,
               (struct speaker){ROLE_INTAKE_OPERATOR, "W00003", ""}, &fields);
    centre_refused(centre, STATUS_SAME_PERSON, "actor.worker");
    assert_int_equal(kase->state, STATE_VERIFYING);
}

static void who_was_there_brings_the_place(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying_at(centre, SUBDISTRICT);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.confirmed = true;
    centre_say(centre, kase, SAY_VERIFIED, third, &fields);
    centre_refused(centre, STATUS_INVALID, "to");
    fields.to = centre_text(centre, GRID_B02);
    assert_int_equal(centre_say(centre, kase, SAY_VERIFIED, third, &fields), 2);
    char area[ORG_TEXT_SIZE];
    assert_string_equal(org_print(kase->area, area), GRID_B02);
    assert_int_equal(kase->state, STATE_ACCEPTED);
}

static void accepting_is_for_who_was_there(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    centre_say(centre, kase, SAY_ACCEPT, centre_desk, NULL);
    centre_refused(centre, STATUS_WRONG_STATE, "");
    const Sanji__StatementRefused *refused = centre_record(centre, 0)->statement_refused;
    bool verified = false;
    for (size_t i = 0; i < refused->n_allowed_now; i++) {
        verified = verified || refused->allowed_now[i] ==
                                   SANJI__STATEMENT_KIND__STATEMENT_KIND_VERIFIED;
    }
    assert_true(verified);
}

/* ---- nobody answers ---- */

static void verify_due_sends_a_second_then_counts_doubt_as_true(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 2);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 0);
    assert_string_equal(centre_record(centre, 1)->verification_requested->verifier,
                        "W00003");
    assert_int_equal(kase->state, STATE_VERIFYING);
    assert_true(is_armed(kase, TIMER_VERIFY));

    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 3);
    assert_true(centre_record(centre, 1)->verification_reported->confirmed);
    assert_int_equal(centre_record(centre, 1)->actor->role, SANJI__ROLE__ROLE_SYSTEM);
    assert_true(centre_record(centre, 2)->case_accepted->automatic);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    assert_null(case_timer(kase, TIMER_VERIFY, 0));
    assert_int_equal(centre_decide(centre), 0);
}

static void with_nobody_to_send_the_desk_is_told(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying_at(centre, GRID_FAR); // nobody lives there
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 1);
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 3);
    assert_int_equal(kase->state, STATE_ACCEPTED);
}

static void who_is_off_shift_is_not_sent(void **state)
{
    struct centre *centre = *state;
    for (size_t i = 0; i < centre->rules.roster.n_workers; i++) {
        centre->rules.roster.workers[i]->shift_id = 1; // Mon-Fri 08-18
    }
    centre_publish(centre);
    struct kase *kase = verifying(centre);
    centre->ledger.now_ms += 14 * 3600 * 1000; // past midnight
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 1);
}

static void after_a_report_of_nothing_the_desk_is_told_not_a_second_sent(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    centre_say(centre, kase, SAY_VERIFIED, third, NULL);
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 2);
    assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 3); // silence never rejects
    assert_int_equal(kase->state, STATE_ACCEPTED);
}

static void what_cannot_be_accepted_waits_for_the_desk(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying_at(centre, SUBDISTRICT);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(centre_due(centre, kase, TIMER_VERIFY), 1);
        assert_true(is_armed(kase, TIMER_VERIFY));
    }
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 2);
    assert_int_equal(kase->state, STATE_VERIFYING);
}

static void accept_due_in_verifying_tells_and_repeats(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    assert_int_equal(centre_due(centre, kase, TIMER_ACCEPT), 1);
    assert_int_equal(centre_record(centre, 0)->timer_fired->n_told, 2);
    assert_true(is_armed(kase, TIMER_ACCEPT));
    assert_int_equal(kase->state, STATE_VERIFYING);
}

static void what_becomes_an_s1_meanwhile_is_accepted_once(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = verifying(centre);
    struct turn *turn = ledger_turn(&centre->ledger, OWNER_ESCALATION);
    Sanji__SeverityChanged *body =
        TURN_NEW(turn, Sanji__SeverityChanged, sanji__severity_changed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    body->from = SANJI__SEVERITY__SEVERITY_S3;
    body->to = SANJI__SEVERITY__SEVERITY_S1;
    envelope->severity = body->to;
    envelope->body_case = SANJI__ENVELOPE__BODY_SEVERITY_CHANGED;
    envelope->severity_changed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&centre->ledger);
    const struct record changed = centre->ledger.last_record;
    assert_int_equal(centre_decide(centre), 2);
    assert_true(centre_record(centre, 1)->case_accepted->automatic);
    assert_int_equal(kase->state, STATE_ACCEPTED);
    turn = ledger_turn(&centre->ledger, OWNER_INTAKE); // decided again, as after a refusal
    intake_ops.decide(&centre->intake, turn, &changed, centre->ledger.last);
    assert_int_equal(turn_count(turn), 0);
    ledger_drop(&centre->ledger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, centre_open, centre_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_operator_names_who_looks),
        TEST(who_is_named_must_be_somebody_who_may_look),
        TEST(an_s1_is_never_held_up),
        TEST(the_desk_may_send_another_who_has_the_whole_time),
        TEST(the_rules_of_the_source_say_what_is_verified),
        TEST(what_was_seen_is_accepted),
        TEST(nothing_found_leaves_the_word_to_the_desk),
        TEST(who_handled_it_neither_verifies_nor_rejects),
        TEST(who_was_there_brings_the_place),
        TEST(accepting_is_for_who_was_there),
        TEST(verify_due_sends_a_second_then_counts_doubt_as_true),
        TEST(with_nobody_to_send_the_desk_is_told),
        TEST(who_is_off_shift_is_not_sent),
        TEST(after_a_report_of_nothing_the_desk_is_told_not_a_second_sent),
        TEST(what_cannot_be_accepted_waits_for_the_desk),
        TEST(accept_due_in_verifying_tells_and_repeats),
        TEST(what_becomes_an_s1_meanwhile_is_accepted_once),
    };
    return cmocka_run_group_tests_name("verifying", tests, NULL, NULL);
}
