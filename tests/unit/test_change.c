/* test_change.c: severity and category change, and every running deadline with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

enum {
    HOUR_MS = 3600 * 1000,
    HOUR_S = 3600
};

static Sanji__StatementFields severity(unsigned to)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.severity = (Sanji__Severity)to;
    fields.reason_code = 304;
    return fields;
}

static Sanji__StatementFields category(const char *code)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.category = command_text(code);
    return fields;
}

static uint32_t change(struct command *command, struct kase *kase, unsigned to)
{
    const Sanji__StatementFields fields = severity(to);
    return command_say(command, kase, SAY_SEVERITY, command_leader(SUBDISTRICT_DESK),
                       &fields);
}

static void a_more_urgent_case_is_due_sooner_from_its_own_start(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const struct case_timer before = *case_timer(kase, TIMER_RESOLVE, 0);
    command_pass(command, HOUR_MS);
    assert_int_equal(change(command, kase, SEVERITY_S2), 1);
    const Sanji__SeverityChanged *changed = command_record(command, 0)->severity_changed;
    assert_int_equal(changed->from, SEVERITY_S3);
    assert_int_equal(changed->to, SEVERITY_S2);
    assert_int_equal(kase->severity, SEVERITY_S2);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_true(resolve->t0_ms == before.t0_ms);
    assert_true(resolve->due_ms == kase->received_ms + 24 * HOUR_MS);
    assert_int_equal(resolve->clock, CLOCK_NATURAL);
    assert_false(resolve->recomputed);
    assert_true(case_timer(kase, TIMER_RESOLVE_WARN, 0)->due_ms ==
                kase->received_ms + 18 * HOUR_MS);
    assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->budget_s, 4 * HOUR_S);
    command_at(kase, COMMITTEE_DESK);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_int_equal(kase->worker, 7);
}

static void what_is_past_by_the_new_terms_is_due_now_and_says_so(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S4, 4003, STATE_IN_PROGRESS);
    command_pass(command, 2 * TIME_DAY_MS);
    assert_int_equal(change(command, kase, SEVERITY_S1), 1);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_true(resolve->recomputed);
    assert_true(resolve->due_ms == command->ledger.now_ms);
    // Counted from the receipt it was due a day ago; the record says both.
    assert_true(resolve->t0_ms == kase->received_ms);
    assert_int_equal(resolve->budget_s, 24 * HOUR_S);
    command_due(command, kase, TIMER_RESOLVE, 0);
    const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
    assert_int_equal(fired->late_ms, 0);
    assert_true(fired->recomputed);
}

static void a_less_urgent_case_gets_its_time_by_decision(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S1, 2003, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = severity(SEVERITY_S4);
    command_refuses(command, kase, SAY_SEVERITY, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_WRONG_ROLE, "actor.role"});
    fields.reason_code = 0;
    command_refuses(command, kase, SAY_SEVERITY, command_leader(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "reason_code"});
    assert_int_equal(change(command, kase, SEVERITY_S4), 1);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(resolve->clock, CLOCK_WORKING);
    assert_true(resolve->due_ms > kase->received_ms + 24 * HOUR_MS);
    assert_null(case_timer(kase, TIMER_ARRIVE, 0)); // an S4 has none
    assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->budget_s, 40 * HOUR_S);
}

static void anybody_named_makes_it_more_severe(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    Sanji__StatementFields fields = severity(SEVERITY_S2);
    fields.reason_code = 0;
    assert_int_equal(
        command_say(command, kase, SAY_SEVERITY, command_chief(COMMUNITY_DESK), &fields),
        1);
    command_refuses(command, kase, SAY_SEVERITY, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "severity"});
    fields.severity = SANJI__SEVERITY__SEVERITY_UNSPECIFIED;
    command_refuses(command, kase, SAY_SEVERITY, command_chief(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "severity"});
}

static void a_case_that_becomes_an_s1_has_its_steps_before_it(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_ESCALATE, 1));
    command_pass(command, HOUR_MS / 2);
    change(command, kase, SEVERITY_S1);
    // Past by the receipt, it keeps its distance from now.
    const struct case_timer *step = case_timer(kase, TIMER_ESCALATE, 1);
    assert_true(step->due_ms == command->ledger.now_ms + 6 * 60000);
    change(command, kase, SEVERITY_S3);
    assert_null(case_timer(kase, TIMER_ESCALATE, 1));
}

static void a_new_category_brings_its_own_budget(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    const Sanji__StatementFields fields = category("03001");
    assert_int_equal(command_say(command, kase, SAY_RECLASSIFY,
                                 command_dispatcher(COMMITTEE_DESK), &fields),
                     1);
    const Sanji__CaseReclassified *changed = command_record(command, 0)->case_reclassified;
    assert_string_equal(changed->from, "04001");
    assert_string_equal(changed->to, "03001");
    assert_int_equal(kase->category, 3001);
    assert_int_equal(kase->sla_row, 3001);
    assert_int_equal(kase->severity, SEVERITY_S3);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(resolve->budget_s, 4 * HOUR_S);
    assert_true(resolve->t0_ms == kase->received_ms);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->budget_s, 3 * HOUR_S);
    command_at(kase, COMMITTEE_DESK);
}

static void a_category_must_exist_and_differ(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    static const char *const wrong[] = {"04001", "77001", "abc"};
    for (size_t i = 0; i < 3; i++) {
        const Sanji__StatementFields fields = category(wrong[i]);
        command_refuses(command, kase, SAY_RECLASSIFY, command_dispatcher(COMMITTEE_DESK),
                        &fields, (struct refused){STATUS_INVALID, "category"});
    }
}

static void a_restricted_category_restricts_and_nothing_lifts_it(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    Sanji__StatementFields fields = category("01001");
    command_say(command, kase, SAY_RECLASSIFY, command_dispatcher(COMMITTEE_DESK), &fields);
    assert_true(kase->restricted);
    fields = category("04001");
    command_say(command, kase, SAY_RECLASSIFY, command_dispatcher(COMMITTEE_DESK), &fields);
    assert_true(kase->restricted);
}

static void an_extension_survives_a_change(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 301;
    fields.asked_s = 8 * HOUR_S;
    command_say(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields);
    fields.decision = SANJI__DECISION_KIND__DECISION_KIND_EXTEND;
    fields.approved = true;
    command_say(command, kase, SAY_DECIDE, command_leader(COMMUNITY_DESK), &fields);
    const Sanji__StatementFields to = category("03006"); // 8 h
    command_say(command, kase, SAY_RECLASSIFY, command_dispatcher(COMMITTEE_DESK), &to);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->budget_s, 16 * HOUR_S);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE_WARN, 0)->budget_s, 12 * HOUR_S);
}

static struct kase *suspended(struct command *command)
{
    struct kase *kase = command_case(command, SEVERITY_S4, 4003, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 401;
    fields.resume_by_ms = command->ledger.now_ms + 40 * TIME_DAY_MS;
    command_say(command, kase, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK), &fields);
    fields.decision = SANJI__DECISION_KIND__DECISION_KIND_SUSPEND;
    fields.approved = true;
    command_say(command, kase, SAY_DECIDE, command_leader(COMMUNITY_DESK), &fields);
    assert_int_equal(kase->state, STATE_SUSPENDED);
    return kase;
}

static void a_suspension_ends_when_its_new_severity_says(void **state)
{
    struct command *command = *state;
    struct kase *kase = suspended(command);
    const int64_t from_ms = command->ledger.now_ms;
    command_pass(command, TIME_DAY_MS);
    change(command, kase, SEVERITY_S3);
    assert_true(case_timer(kase, TIMER_RESUME, 0)->due_ms == from_ms + 15 * TIME_DAY_MS);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    change(command, kase, SEVERITY_S2);
    assert_true(case_timer(kase, TIMER_RESUME, 0)->due_ms == command->ledger.now_ms);
    assert_int_equal(command_due(command, kase, TIMER_RESUME, 0), 2);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    // 24 h natural from the receipt, and the day that was paused.
    const int64_t due_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    assert_true(due_ms == kase->received_ms + 2 * TIME_DAY_MS);
}

static void a_case_not_yet_accepted_changes_too(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_RECEIVED);
    assert_int_equal(change(command, kase, SEVERITY_S1), 1);
    assert_true(case_timer(kase, TIMER_ACCEPT, 0)->due_ms ==
                kase->received_ms + 3 * 60 * 1000);
    assert_null(case_timer(kase, TIMER_ESCALATE, 1)); // CaseRouted arms the steps
}

static void what_is_resolved_keeps_its_severity(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    ledger_move(&command->ledger, kase, T19);
    const Sanji__StatementFields fields = severity(SEVERITY_S2);
    command_refuses(command, kase, SAY_SEVERITY, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_WRONG_STATE, ""});
}

static void a_rework_keeps_what_it_was_given(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    ledger_move(&command->ledger, kase, T19);
    command_pass(command, 3 * TIME_DAY_MS); // a weekend until it is looked at
    ledger_move(&command->ledger, kase, T20);
    const int64_t before_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    const Sanji__StatementFields fields = category("01003"); // 40 h, as it has
    command_say(command, kase, SAY_RECLASSIFY, command_dispatcher(COMMITTEE_DESK), &fields);
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms == before_ms);
    change(command, kase, SEVERITY_S2);
    // The days in which it was held to be done are not counted against it.
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms >
                kase->received_ms + 2 * TIME_DAY_MS);
}

static void minutes_of_rework_stay_minutes_when_the_case_becomes_urgent(void **state)
{
    enum {
        MINUTE = 60 * 1000,
        HOUR = 60 * MINUTE
    };

    struct command *command = *state;
    command_pass(command, 3 * TIME_DAY_MS + 7 * HOUR + 59 * MINUTE); // Monday, 17:59
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    command_pass(command, 16 * HOUR + MINUTE); // Tuesday, 10:00
    ledger_move(&command->ledger, kase, T19);
    command_pass(command, 5 * MINUTE);
    const int64_t before_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    ledger_move(&command->ledger, kase, T20);
    // Five minutes more on the working clock are over the night.
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms ==
                before_ms + 14 * HOUR + 5 * MINUTE);
    change(command, kase, SEVERITY_S2);
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms ==
                kase->received_ms + TIME_DAY_MS + 5 * MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(a_more_urgent_case_is_due_sooner_from_its_own_start),
        COMMAND_TEST(what_is_past_by_the_new_terms_is_due_now_and_says_so),
        COMMAND_TEST(a_less_urgent_case_gets_its_time_by_decision),
        COMMAND_TEST(anybody_named_makes_it_more_severe),
        COMMAND_TEST(a_case_that_becomes_an_s1_has_its_steps_before_it),
        COMMAND_TEST(a_new_category_brings_its_own_budget),
        COMMAND_TEST(a_category_must_exist_and_differ),
        COMMAND_TEST(a_restricted_category_restricts_and_nothing_lifts_it),
        COMMAND_TEST(an_extension_survives_a_change),
        COMMAND_TEST(a_suspension_ends_when_its_new_severity_says),
        COMMAND_TEST(a_case_not_yet_accepted_changes_too),
        COMMAND_TEST(what_is_resolved_keeps_its_severity),
        COMMAND_TEST(a_rework_keeps_what_it_was_given),
        COMMAND_TEST(minutes_of_rework_stay_minutes_when_the_case_becomes_urgent),
    };
    return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
