/* test_escalation.c: routing, rising, alerts: what the command centre writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/escalation/escalation.h"

struct centre {
    struct small_rules rules;
    struct ledger ledger;
};

static int set_up(void **state)
{
    struct centre *centre = test_calloc(1, sizeof *centre);
    small_rules_open(&centre->rules);
    ledger_open(&centre->ledger);
    small_rules_category(&centre->rules, "02003", SEVERITY_S1, "g");
    small_rules_category(&centre->rules, "03001", SEVERITY_S3, "g");
    small_rules_worker(&centre->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&centre->rules, "W00009", ROLE_DISPATCHER, GRID_B01, "g");
    small_rules_publish(&centre->rules, centre->ledger.world);
    *state = centre;
    return 0;
}

static int tear_down(void **state)
{
    struct centre *centre = *state;
    ledger_close(&centre->ledger);
    small_rules_close(&centre->rules);
    test_free(centre);
    return 0;
}

static uint32_t decide(struct centre *centre)
{
    return speech_decide(&centre->ledger, &escalation_ops, NULL);
}

static uint32_t due(struct centre *centre, struct kase *kase, enum timer_kind kind)
{
    return speech_due(&centre->ledger, &escalation_ops, NULL, kase, kind, 0);
}

static const Sanji__Envelope *record(struct centre *centre, uint32_t i)
{
    return speech_record(&centre->ledger, OWNER_ESCALATION, i);
}

/* DispatchExhausted, as dispatch writes it. */
static void exhaust(struct centre *centre, struct kase *kase)
{
    struct turn *turn = ledger_turn(&centre->ledger, OWNER_DISPATCH);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->dispatch_exhausted =
        TURN_NEW(turn, Sanji__DispatchExhausted, sanji__dispatch_exhausted__init);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
    ledger_commit(&centre->ledger);
}

static struct kase *raise_to_the_top(struct centre *centre)
{
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    while (kase->tier < TIER_SUBDISTRICT) {
        exhaust(centre, kase);
        assert_int_equal(decide(centre), 1);
    }
    return kase;
}

static void an_accepted_case_is_routed_once(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    assert_int_equal(decide(centre), 0); // RECEIVED is intake's
    ledger_move(&centre->ledger, kase, T05);
    const uint64_t accepted_seq = centre->ledger.seq;
    assert_int_equal(decide(centre), 1);
    const Sanji__CaseRouted *routed = record(centre, 0)->case_routed;
    assert_string_equal(routed->to, COMMITTEE_1);
    assert_int_equal(routed->rule_id, 1);
    assert_int_equal(routed->holder_changes, 1);
    assert_int_equal(record(centre, 0)->cause_seq, accepted_seq);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(decide(centre), 0);
}

static void an_exhausted_desk_hands_up(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    const int64_t resolve_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    exhaust(centre, kase);
    assert_int_equal(decide(centre), 1);
    const Sanji__CaseEscalated *risen = record(centre, 0)->case_escalated;
    assert_string_equal(risen->from, COMMITTEE_1);
    assert_string_equal(risen->to, COMMUNITY_1);
    assert_int_equal(risen->cause, SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_OVERLOAD);
    assert_int_equal(risen->level, 1);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
    assert_false(kase->exhausted);
    // The clock of RESOLVE never restarts on the way.
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms == resolve_ms);
}

static void attempts_used_up_are_named_as_the_cause(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    ledger_decline(&centre->ledger, kase, 505);
    exhaust(centre, kase);
    assert_int_equal(decide(centre), 1);
    assert_int_equal(record(centre, 0)->case_escalated->cause,
                     SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_ACK_EXHAUSTED);
}

static void at_the_sub_district_an_exhausted_case_stays(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = raise_to_the_top(centre);
    exhaust(centre, kase);
    assert_int_equal(decide(centre), 0);
    assert_int_equal(kase->tier, TIER_SUBDISTRICT);
    assert_true(kase->exhausted);
}

static void dispatch_due_hands_up_in_one_append(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    assert_int_equal(due(centre, kase, TIMER_DISPATCH), 2);
    assert_int_equal(record(centre, 0)->body_case, SANJI__ENVELOPE__BODY_TIMER_FIRED);
    assert_int_equal(record(centre, 0)->timer_fired->n_told, 0);
    const Sanji__Envelope *risen = record(centre, 1);
    assert_int_equal(risen->case_escalated->fired_timer,
                     SANJI__TIMER_KIND__TIMER_KIND_DISPATCH);
    assert_int_equal(risen->cause_seq, 0);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
    assert_int_equal(case_timer(kase, TIMER_DISPATCH, 0)->state, TIMER_STATE_ARMED);
}

static void at_the_top_dispatch_due_tells_the_duty_leader_and_repeats(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = raise_to_the_top(centre);
    exhaust(centre, kase);
    assert_int_equal(due(centre, kase, TIMER_DISPATCH), 1);
    const Sanji__TimerFired *fired = record(centre, 0)->timer_fired;
    assert_int_equal(fired->n_told, 1);
    assert_int_equal(fired->told[0]->role, SANJI__ROLE__ROLE_DUTY_LEADER);
    assert_string_equal(fired->told[0]->org, SUBDISTRICT);
    assert_int_equal(kase->attention_count, 1);
    assert_false(kase->exhausted); // the desk tries afresh
    const struct case_timer *again = case_timer(kase, TIMER_DISPATCH, 0);
    assert_int_equal(again->state, TIMER_STATE_ARMED);
    assert_true(again->due_ms > centre->ledger.now_ms);
    assert_int_equal(again->times, 1);
}

static void resolve_due_hands_up_and_is_kept_as_missed(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    assert_int_equal(due(centre, kase, TIMER_RESOLVE), 2);
    const Sanji__TimerFired *fired = record(centre, 0)->timer_fired;
    assert_int_equal(fired->n_told, 2);
    assert_string_equal(fired->told[1]->org, COMMUNITY_1);
    assert_int_equal(record(centre, 1)->case_escalated->cause,
                     SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_DEADLINE);
    assert_true(kase->resolve_missed);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(kase->worker, 0);
}

static void at_the_top_resolve_due_leaves_the_case_where_it_is(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = raise_to_the_top(centre);
    assert_int_equal(due(centre, kase, TIMER_RESOLVE), 1);
    assert_int_equal(record(centre, 0)->timer_fired->n_told, 1);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_true(kase->resolve_missed);
}

static void the_warning_tells_the_desk_and_who_works_on_it(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    assert_int_equal(due(centre, kase, TIMER_RESOLVE_WARN), 1);
    const Sanji__TimerFired *fired = record(centre, 0)->timer_fired;
    assert_int_equal(fired->n_told, 2);
    assert_string_equal(fired->told[0]->org, COMMITTEE_1);
    assert_string_equal(fired->told[1]->worker, "W00002");
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
}

static void the_most_urgent_rises_when_nobody_arrives(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S1, 2003, STATE_IN_PROGRESS);
    assert_int_equal(decide(centre), 0);
    centre->ledger.now_ms = case_timer(kase, TIMER_ARRIVE, 0)->due_ms;
    struct turn *turn = ledger_turn(&centre->ledger, OWNER_DISPATCH);
    turn_timer_fired(turn, kase, case_timer(kase, TIMER_ARRIVE, 0), NULL, 0, false);
    ledger_commit(&centre->ledger);
    assert_int_equal(decide(centre), 1);
    assert_int_equal(record(centre, 0)->case_escalated->fired_timer,
                     SANJI__TIMER_KIND__TIMER_KIND_ARRIVE);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_ARRIVE, 0));
}

static void a_desk_may_hand_up_by_word(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 203;
    speech_say(&centre->ledger, kase, SAY_ESCALATE,
               (struct speaker){ROLE_DISPATCHER, "", COMMITTEE_1}, &fields);
    const uint64_t said_seq = centre->ledger.seq;
    assert_int_equal(decide(centre), 1);
    const Sanji__Envelope *risen = record(centre, 0);
    assert_int_equal(risen->cause_seq, said_seq);
    assert_int_equal(risen->actor->role, SANJI__ROLE__ROLE_DISPATCHER);
    assert_int_equal(risen->case_escalated->cause,
                     SANJI__ESCALATION_CAUSE__ESCALATION_CAUSE_HOLDER_REQUEST);
    assert_int_equal(risen->case_escalated->reason_code, 203);
    assert_int_equal(kase->offer_seq, 0);
}

static void nothing_is_above_the_sub_district(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = raise_to_the_top(centre);
    speech_say(&centre->ledger, kase, SAY_ESCALATE,
               (struct speaker){ROLE_DUTY_LEADER, "", SUBDISTRICT}, NULL);
    assert_int_equal(decide(centre), 1);
    assert_int_equal(record(centre, 0)->statement_refused->code, STATUS_NO_TIER);
    assert_int_equal(kase->tier, TIER_SUBDISTRICT);
}

static void a_dispatcher_may_route_what_is_accepted(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_receive(&centre->ledger, GRID_B01, SEVERITY_S3, 3001);
    ledger_move(&centre->ledger, kase, T05);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.suggested_holder = small_rules_text(&centre->rules, "370499.003.01.001.B02");
    speech_say(&centre->ledger, kase, SAY_ROUTE,
               (struct speaker){ROLE_DISPATCHER, "", SUBDISTRICT}, &fields);
    assert_int_equal(decide(centre), 1);
    assert_int_equal(record(centre, 0)->statement_refused->code, STATUS_INVALID);
    fields.suggested_holder = small_rules_text(&centre->rules, COMMUNITY_1);
    speech_say(&centre->ledger, kase, SAY_ROUTE,
               (struct speaker){ROLE_DISPATCHER, "", SUBDISTRICT}, &fields);
    assert_int_equal(decide(centre), 1);
    assert_string_equal(record(centre, 0)->case_routed->to, COMMUNITY_1);
    assert_int_equal(record(centre, 0)->actor->role, SANJI__ROLE__ROLE_DISPATCHER);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
    speech_say(&centre->ledger, kase, SAY_ROUTE,
               (struct speaker){ROLE_DISPATCHER, "", SUBDISTRICT}, &fields);
    assert_int_equal(decide(centre), 1);
    assert_int_equal(record(centre, 0)->statement_refused->code, STATUS_WRONG_STATE);
}

/* The rules of these tests have no section escalation, as older logs have none. */
static void what_the_rules_do_not_bound_is_not_done(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_IN_PROGRESS);

    static const enum statement_kind kinds[] = {SAY_EXTEND, SAY_ASSIST, SAY_URGE,
                                                SAY_SUPERVISE};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
        fields.reason_code = 301;
        fields.asked_s = 3600;
        fields.department_code = small_rules_text(&centre->rules, "P001");
        fields.level = SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED;
        struct speaker speaker = {ROLE_DUTY_LEADER, "", SUBDISTRICT};
        if (kinds[i] == SAY_EXTEND) {
            speaker.role = ROLE_DISPATCHER;
        }
        speech_say(&centre->ledger, kase, kinds[i], speaker, &fields);
        assert_int_equal(decide(centre), 1);
        assert_int_equal(record(centre, 0)->statement_refused->code, STATUS_NOT_YET);
    }
}

static void what_another_stage_decides_is_not_answered(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = ledger_case(&centre->ledger, SEVERITY_S3, 3001, STATE_DISPATCHED);
    speech_say(&centre->ledger, kase, SAY_ACK,
               (struct speaker){ROLE_FULLTIME, "W00002", ""}, NULL);
    assert_int_equal(decide(centre), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_accepted_case_is_routed_once),
        TEST(an_exhausted_desk_hands_up),
        TEST(attempts_used_up_are_named_as_the_cause),
        TEST(at_the_sub_district_an_exhausted_case_stays),
        TEST(dispatch_due_hands_up_in_one_append),
        TEST(at_the_top_dispatch_due_tells_the_duty_leader_and_repeats),
        TEST(resolve_due_hands_up_and_is_kept_as_missed),
        TEST(at_the_top_resolve_due_leaves_the_case_where_it_is),
        TEST(the_warning_tells_the_desk_and_who_works_on_it),
        TEST(the_most_urgent_rises_when_nobody_arrives),
        TEST(a_desk_may_hand_up_by_word),
        TEST(nothing_is_above_the_sub_district),
        TEST(a_dispatcher_may_route_what_is_accepted),
        TEST(what_the_rules_do_not_bound_is_not_done),
        TEST(what_another_stage_decides_is_not_answered),
    };
    return cmocka_run_group_tests_name("escalation", tests, NULL, NULL);
}
