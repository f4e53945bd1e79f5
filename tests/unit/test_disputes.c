/* test_disputes.c: two of the three stories of domain.md 9.4 as far as the command centre
 * goes: "Whose tree is it?" and "Leaking pipe". */
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

#define PARK_DESK  "370499.003.02.001" /* whose care the park is, or not */
#define HOUSE_DESK "370499.003.01.002" /* of the property company */

static void at(struct command *command, const char *text)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse(text, &at_ms), STATUS_OK);
    assert_true(at_ms >= command->ledger.now_ms);
    command->ledger.now_ms = at_ms;
}

/* Working seconds between two instants, by the calendar in force. */
static int64_t worked_s(struct command *command, int64_t from_ms, int64_t to_ms)
{
    const struct calendar *calendar = rules_calendar(world_rules(command->ledger.world));
    return deadline_elapsed_ms(calendar, CLOCK_WORKING, from_ms, to_ms) / 1000;
}

static void give_back(struct command *command, struct kase *kase, uint32_t reason_code,
                      const char *suggested)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = reason_code;
    fields.suggested_holder = command_text(suggested);
    assert_int_equal(command_say(command, kase, SAY_RETURN,
                                 (struct speaker){ROLE_DEPARTMENT, "", ""}, &fields),
                     1);
    assert_int_equal(command_record(command, 0)->body_case,
                     SANJI__ENVELOPE__BODY_DECISION_REQUESTED);
}

/* Joint consultation at the sub-district (205): final, with an owner to the end. */
static void decide_for_good(struct command *command, struct kase *kase,
                            Sanji__StatementFields *decision)
{
    at(command, "2020-08-19T16:00:00+08:00");
    decision->final = true;
    decision->reason_code = 205;
    decision->to = command_text(PARK_DESK);
    decision->owner = command_text("370499.003.02");
    assert_int_equal(
        command_say(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), decision),
        2);
    const Sanji__DecisionMade *made = command_record(command, 0)->decision_made;
    assert_true(made->final);
    assert_int_equal(made->reason_code, 205);
    command_at(kase, PARK_DESK);
    char owner[ORG_TEXT_SIZE];
    assert_string_equal(org_print(kase->owner, owner), "370499.003.02");
}

static void nobody_returns_it_again(struct command *command, struct kase *kase)
{
    Sanji__StatementFields again = SANJI__STATEMENT_FIELDS__INIT;
    again.reason_code = 203;
    again.suggested_holder = command_text(HOUSE_DESK);
    command_refuses(command, kase, SAY_RETURN, (struct speaker){ROLE_DEPARTMENT, "", ""},
                    &again, (struct refused){STATUS_LIMIT, "kind"});
}

static void whose_tree_is_it(void **state)
{
    struct command *command = *state;
    // Friday 14 August 2020, 10:00: a tree leans over a wall.
    struct kase *kase = command_case(command, SEVERITY_S4, 4008, STATE_ASSIGNING);
    const int64_t resolve_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    const int64_t warn_ms = case_timer(kase, TIMER_RESOLVE_WARN, 0)->due_ms;
    int64_t since_ms = kase->routed_ms;
    int64_t held_s[3];

    // Urban management: not ours, it stands in a housing estate (203).
    at(command, "2020-08-18T10:00:00+08:00");
    give_back(command, kase, 203, HOUSE_DESK);
    at(command, "2020-08-18T10:48:00+08:00");
    Sanji__StatementFields decision = SANJI__STATEMENT_FIELDS__INIT;
    decision.decision = SANJI__DECISION_KIND__DECISION_KIND_RETURN;
    decision.approved = true;
    assert_int_equal(
        command_say(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &decision),
        2);
    held_s[0] = worked_s(command, since_ms, kase->routed_ms);
    since_ms = kase->routed_ms;
    command_at(kase, HOUSE_DESK);
    assert_int_equal(kase->returns, 1);

    // The property company: outside our wall (204). The second return is a dispute.
    at(command, "2020-08-19T14:00:00+08:00");
    give_back(command, kase, 204, PARK_DESK);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        SUBDISTRICT_DESK);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMUNITY_DESK), &decision,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});

    decide_for_good(command, kase, &decision);
    held_s[1] = worked_s(command, since_ms, kase->routed_ms);
    since_ms = kase->routed_ms;
    nobody_returns_it_again(command, kase);
    ledger_offer(&command->ledger, kase, 7, 60);
    ledger_move(&command->ledger, kase, T10);
    at(command, "2020-08-20T10:48:00+08:00");
    ledger_move(&command->ledger, kase, T19);
    held_s[2] = worked_s(command, since_ms, kase->resolved_ms);

    // Who used up the time, in working days of 8 hours: 2.1, 1.4, 0.6.
    assert_int_equal((held_s[0] * 10 + 4 * HOUR_S) / (8 * HOUR_S), 21);
    assert_int_equal((held_s[1] * 10 + 4 * HOUR_S) / (8 * HOUR_S), 14);
    assert_int_equal((held_s[2] * 10 + 4 * HOUR_S) / (8 * HOUR_S), 6);
    // The clock was never restarted: at the end it is due when it was at the beginning.
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms == resolve_ms);
    assert_true(case_timer(kase, TIMER_RESOLVE_WARN, 0)->due_ms == warn_ms);
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->t0_ms == kase->received_ms);
    assert_int_equal(kase->returns, 2);
    assert_int_equal(kase->escalation_level, 0);
}

/* Several companies, and technology: neither the committee nor the community can. */
static void raise_twice(struct command *command, struct kase *kase)
{
    command_pass(command, HOUR_MS);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 203;
    assert_int_equal(command_say(command, kase, SAY_ESCALATE,
                                 command_dispatcher(COMMITTEE_DESK), &fields),
                     1);
    command_at(kase, COMMUNITY_DESK);
    assert_int_equal(
        command_say(command, kase, SAY_ESCALATE, command_leader(COMMUNITY_DESK), &fields),
        1);
    command_at(kase, SUBDISTRICT_DESK);
    assert_int_equal(kase->escalation_level, 2);
}

static void leaking_pipe(void **state)
{
    struct command *command = *state;
    // Monday 26 October 2020: a worker of the grid reports it, and takes it.
    at(command, "2020-10-26T09:00:00+08:00");
    struct kase *kase = command_case(command, SEVERITY_S2, 4004, STATE_IN_PROGRESS);
    command_at(kase, COMMITTEE_DESK);

    raise_twice(command, kase);

    // Urgent by its category, long by its nature: the duty leader decides on S4.
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.severity = SANJI__SEVERITY__SEVERITY_S4;
    fields.reason_code = 304;
    assert_int_equal(
        command_say(command, kase, SAY_SEVERITY, command_leader(SUBDISTRICT_DESK), &fields),
        1);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_true(resolve->t0_ms == kase->received_ms);
    assert_int_equal(resolve->clock, CLOCK_WORKING);
    // 11 days fit: at the latest it is due 15 days after its receipt, at 40 h of work here.
    assert_int_equal(resolve->budget_s, 40 * HOUR_S);
    assert_int_equal(resolve->cap_s, 15 * 24 * HOUR_S);

    // The city convenes the parties.
    fields = (Sanji__StatementFields)SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 203;
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM, command_leader(SUBDISTRICT_DESK), &fields),
        1);
    fields = (Sanji__StatementFields)SANJI__STATEMENT_FIELDS__INIT;
    fields.handover = kase->handover_seq;
    fields.update = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_RECEIVED;
    fields.upstream_ref = command_text("YH-20201026-17");
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields), 1);

    // Its limit passes there on 2 November, and is reported apart; the case stays.
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE_WARN, 0), 2);
    assert_int_equal(command_due(command, kase, TIMER_RESOLVE, 0), 2);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    assert_int_equal(kase->supervise, SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL);

    // 6 November: repaired.
    at(command, "2020-11-06T16:00:00+08:00");
    fields.update = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields), 1);
    assert_int_equal(kase->state, STATE_RESOLVED);
    assert_int_equal(kase->resolver_tier, TIER_MUNICIPAL);
    assert_int_equal(case_timer(kase, TIMER_CHECK, 0)->state, TIMER_STATE_ARMED);
    char owner[ORG_TEXT_SIZE];
    assert_string_equal(org_print(kase->owner, owner), COMMUNITY_DESK); // to the end
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(whose_tree_is_it),
        COMMAND_TEST(leaking_pipe),
    };
    return cmocka_run_group_tests_name("disputes", tests, NULL, NULL);
}
