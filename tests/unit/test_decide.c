/* test_decide.c: returns, extensions, suspensions, appeals: asked for, decided, never granted
 * by silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

static Sanji__StatementFields no_fields(void)
{
    const Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    return fields;
}

static Sanji__StatementFields return_to(const char *desk)
{
    Sanji__StatementFields fields = no_fields();
    fields.reason_code = 203;
    fields.suggested_holder = command_text(desk);
    return fields;
}

static Sanji__StatementFields deciding(Sanji__DecisionKind kind, bool approved)
{
    Sanji__StatementFields fields = no_fields();
    fields.decision = kind;
    fields.approved = approved;
    return fields;
}

#define RETURN  SANJI__DECISION_KIND__DECISION_KIND_RETURN
#define EXTEND  SANJI__DECISION_KIND__DECISION_KIND_EXTEND
#define SUSPEND SANJI__DECISION_KIND__DECISION_KIND_SUSPEND
#define REOPEN  SANJI__DECISION_KIND__DECISION_KIND_REOPEN

static void ask_return(struct command *command, struct kase *kase, const char *from,
                       const char *to)
{
    const Sanji__StatementFields fields = return_to(to);
    assert_int_equal(
        command_say(command, kase, SAY_RETURN, command_dispatcher(from), &fields), 1);
    assert_int_equal(command_record(command, 0)->body_case,
                     SANJI__ENVELOPE__BODY_DECISION_REQUESTED);
}

static uint32_t decide(struct command *command, struct kase *kase, const char *desk,
                       Sanji__DecisionKind kind, bool approved)
{
    const Sanji__StatementFields fields = deciding(kind, approved);
    return command_say(command, kase, SAY_DECIDE, command_leader(desk), &fields);
}

// ---- returns ----

static void a_return_is_a_request_and_changes_nothing_yet(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    const Sanji__DecisionRequested *asked = command_record(command, 0)->decision_requested;
    assert_int_equal(asked->kind, RETURN);
    assert_string_equal(asked->suggested_holder, OTHER_DESK);
    assert_string_equal(asked->decider, SUBDISTRICT_DESK); // whose desk sent it
    assert_int_equal(kase->state, STATE_ASSIGNING);
    command_at(kase, COMMITTEE_DESK);
    assert_int_equal(case_timer(kase, TIMER_DECISION, 0)->state, TIMER_STATE_ARMED);
}

static void a_case_has_one_open_request(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    Sanji__StatementFields fields = return_to(COMMUNITY_DESK);
    command_refuses(command, kase, SAY_RETURN, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
    fields.asked_s = 3600;
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
    fields.resume_by_ms = command->ledger.now_ms + TIME_DAY_MS;
    command_refuses(command, kase, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
}

static void a_worker_asks_about_his_own_case_alone(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields fields = return_to(OTHER_DESK);
    const struct speaker other = {ROLE_FULLTIME, "W00008", ""};
    const struct speaker assignee = {ROLE_FULLTIME, "W00007", ""};
    command_refuses(command, kase, SAY_RETURN, other, &fields,
                    (struct refused){STATUS_WRONG_WORKER, "actor.worker"});
    command_refuses(command, kase, SAY_EXTEND, other, &fields,
                    (struct refused){STATUS_WRONG_WORKER, "actor.worker"});
    Sanji__StatementFields pause = fields;
    pause.resume_by_ms = command->ledger.now_ms + TIME_DAY_MS;
    command_refuses(command, kase, SAY_SUSPEND, other, &pause,
                    (struct refused){STATUS_WRONG_WORKER, "actor.worker"});
    assert_int_equal(command_say(command, kase, SAY_RETURN, assignee, &fields), 1);
    assert_int_equal(command_record(command, 0)->body_case,
                     SANJI__ENVELOPE__BODY_DECISION_REQUESTED);
}

static void a_return_names_a_desk_that_exists_and_is_another(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    static const char *const wrong[] = {COMMITTEE_DESK, "370499.003.01.009", "nonsense",
                                        "370499.003.01.001.B02", "370499"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const Sanji__StatementFields fields = return_to(wrong[i]);
        command_refuses(command, kase, SAY_RETURN, command_dispatcher(COMMITTEE_DESK),
                        &fields, (struct refused){STATUS_INVALID, "suggested_holder"});
    }
    Sanji__StatementFields fields = return_to(OTHER_DESK);
    fields.reason_code = 0;
    command_refuses(command, kase, SAY_RETURN, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "reason_code"});
}

static void the_desk_that_raised_a_case_decides_on_its_return(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_COMMUNITY);
    ask_return(command, kase, COMMUNITY_DESK, COMMITTEE_DESK);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        COMMITTEE_DESK);
    const Sanji__StatementFields fields = deciding(RETURN, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(OTHER_DESK), &fields,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    assert_int_equal(decide(command, kase, COMMITTEE_DESK, RETURN, true), 2);
    command_at(kase, COMMITTEE_DESK);
}

static void a_granted_return_moves_the_case_and_not_its_clock(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const int64_t resolve_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    const uint64_t request_seq = kase->request_seq;
    command_pass(command, TIME_DAY_MS / 4);
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, true), 2);
    const Sanji__DecisionMade *made = command_record(command, 0)->decision_made;
    assert_true(made->request_seq == request_seq);
    assert_true(made->approved);
    const Sanji__Envelope *routed = command_record(command, 1);
    assert_string_equal(routed->case_routed->to, OTHER_DESK);
    assert_int_equal(routed->cause_seq, command->ledger.seq - 2);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(kase->worker, 0);
    assert_int_equal(kase->returns, 1);
    assert_true(kase->request_seq == 0);
    assert_null(case_timer(kase, TIMER_DECISION, 0));
    assert_null(case_timer(kase, TIMER_PROGRESS, 0));
    assert_true(case_timer(kase, TIMER_RESOLVE, 0)->due_ms == resolve_ms);
    assert_int_equal(case_timer(kase, TIMER_DISPATCH, 0)->state, TIMER_STATE_ARMED);
}

static void a_refused_request_leaves_everything(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, false), 1);
    assert_false(command_record(command, 0)->decision_made->approved);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    command_at(kase, COMMITTEE_DESK);
    assert_int_equal(kase->returns, 0);
    assert_null(case_timer(kase, TIMER_DECISION, 0));
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK); // it may be asked again
}

static void the_second_return_goes_straight_to_the_sub_district(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_COMMUNITY);
    ask_return(command, kase, COMMUNITY_DESK, OTHER_DESK);
    assert_int_equal(decide(command, kase, COMMITTEE_DESK, RETURN, true), 2);
    ask_return(command, kase, OTHER_DESK, COMMITTEE_DESK);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        SUBDISTRICT_DESK);
}

static void after_two_returns_only_a_final_decision_moves_it(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, true), 2);
    ask_return(command, kase, OTHER_DESK, COMMITTEE_DESK);
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, true), 2);
    ask_return(command, kase, COMMITTEE_DESK, COMMUNITY_DESK);
    Sanji__StatementFields fields = deciding(RETURN, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "final"});
    fields.final = true;
    assert_int_equal(
        command_say(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields),
        2);
    command_at(kase, COMMUNITY_DESK);
    assert_true(kase->return_final);
    fields = return_to(OTHER_DESK);
    command_refuses(command, kase, SAY_RETURN, command_dispatcher(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
}

static void a_final_decision_is_the_sub_districts_and_may_name_desk_and_owner(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_COMMUNITY);
    ask_return(command, kase, COMMUNITY_DESK, COMMITTEE_DESK);
    Sanji__StatementFields fields = deciding(RETURN, true);
    fields.owner = command_text(SUBDISTRICT_DESK);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "owner"});
    fields.owner = command_text("");
    fields.to = command_text(OTHER_DESK);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "to"});
    fields.final = true;
    fields.reason_code = 205;
    fields.owner = command_text(SUBDISTRICT_DESK);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_WRONG_DESK, "final"});
    command_refuses(command, kase, SAY_DECIDE, command_dispatcher(SUBDISTRICT_DESK),
                    &fields, (struct refused){STATUS_WRONG_DESK, "final"});
    fields.owner = command_text("370499.003.77");
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_INVALID, "owner"});
    fields.owner = command_text(SUBDISTRICT_DESK);
    assert_int_equal(
        command_say(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields),
        2);
    assert_int_equal(command_record(command, 0)->decision_made->reason_code, 205);
    command_at(kase, OTHER_DESK);
    char text[ORG_TEXT_SIZE];
    assert_string_equal(org_print(kase->owner, text), SUBDISTRICT_DESK);
}

static void what_is_refused_names_neither_desk_nor_owner(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    Sanji__StatementFields fields = deciding(RETURN, false);
    fields.final = true;
    fields.owner = command_text(COMMUNITY_DESK);
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_INVALID, "approved"});
    fields.owner = command_text("");
    assert_int_equal(
        command_say(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields),
        1);
    assert_true(kase->return_final); // it stays where it is, finally
}

static void an_offer_is_answered_before_a_return_is_granted(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_DISPATCHED);
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    const Sanji__StatementFields fields = deciding(RETURN, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_WRONG_STATE, ""});
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, false), 1);
}

static void a_decision_needs_its_request(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    const Sanji__StatementFields fields = deciding(RETURN, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &fields,
                    (struct refused){STATUS_NOT_FOUND, "decision"});
    ask_return(command, kase, COMMITTEE_DESK, OTHER_DESK);
    const Sanji__StatementFields other = deciding(EXTEND, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &other,
                    (struct refused){STATUS_INVALID, "decision"});
    command_refuses(command, kase, SAY_DECIDE, command_leader(""), &fields,
                    (struct refused){STATUS_INVALID, "actor.org"});
}

static void silence_hands_a_request_up_and_never_grants_it(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_COMMUNITY);
    ask_return(command, kase, COMMUNITY_DESK, COMMITTEE_DESK);
    static const char *const deciders[] = {COMMUNITY_DESK, SUBDISTRICT_DESK,
                                           SUBDISTRICT_DESK};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(command_due(command, kase, TIMER_DECISION, 0), 1);
        const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
        assert_string_equal(fired->told[0]->org, deciders[i]);
        assert_int_equal(fired->told[0]->role, SANJI__ROLE__ROLE_DUTY_LEADER);
        assert_true(kase->request_seq != 0);
        command_at(kase, COMMUNITY_DESK);
    }
    const Sanji__StatementFields fields = deciding(RETURN, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_WRONG_DESK, "actor.org"});
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, RETURN, true), 2);
}

// ---- extensions ----

static Sanji__StatementFields extension(uint32_t asked_s)
{
    Sanji__StatementFields fields = no_fields();
    fields.reason_code = 301;
    fields.asked_s = asked_s;
    return fields;
}

static void extend(struct command *command, struct kase *kase, uint32_t asked_s)
{
    const Sanji__StatementFields fields = extension(asked_s);
    assert_int_equal(
        command_say(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields),
        1);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        COMMUNITY_DESK);
    assert_int_equal(decide(command, kase, COMMUNITY_DESK, EXTEND, true), 2);
}

static void an_extension_adds_to_the_budget_and_keeps_the_start(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const struct case_timer before = *case_timer(kase, TIMER_RESOLVE, 0);
    const struct case_timer warned = *case_timer(kase, TIMER_RESOLVE_WARN, 0);
    extend(command, kase, 8 * 3600);
    const Sanji__DeadlineExtended *extended = command_record(command, 1)->deadline_extended;
    const struct case_timer *after = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(extended->added_s, 8 * 3600);
    assert_int_equal(extended->times, 1);
    assert_true(extended->new_due_ms == after->due_ms);
    assert_true(after->t0_ms == before.t0_ms);
    assert_int_equal(after->budget_s, before.budget_s + 8 * 3600);
    // 8 working hours from Friday 10:00 + 40 h: one working day later.
    assert_true(after->due_ms >= before.due_ms + 8 * 3600000);
    const struct case_timer *warn = case_timer(kase, TIMER_RESOLVE_WARN, 0);
    assert_true(warn->due_ms > warned.due_ms && warn->due_ms < after->due_ms);
    assert_int_equal(warn->budget_s, after->budget_s / 4 * 3);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
}

static void two_extensions_are_the_most(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    extend(command, kase, 3600);
    extend(command, kase, 3600);
    assert_int_equal(kase->extensions, 2);
    const Sanji__StatementFields fields = extension(3600);
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
}

static void the_urgent_are_never_extended(void **state)
{
    struct command *command = *state;
    for (unsigned severity = SEVERITY_S1; severity <= SEVERITY_S2; severity++) {
        struct kase *kase =
            command_case(command, (enum severity)severity, 2003, STATE_IN_PROGRESS);
        const Sanji__StatementFields fields = extension(3600);
        command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMUNITY_DESK),
                        &fields, (struct refused){STATUS_LIMIT, "kind"});
    }
}

static void an_extension_says_how_long_on_the_right_clock(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    Sanji__StatementFields fields = extension(0);
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "asked_s"});
    fields.asked_s = 41 * 3600; // more than its whole budget
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "asked_s"});
    fields.asked_s = 3600;
    fields.clock = SANJI__CLOCK__CLOCK_NATURAL;
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_INVALID, "clock"});
}

static void a_missed_limit_is_not_extended_afterwards(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    command_due(command, kase, TIMER_RESOLVE, 0);
    const Sanji__StatementFields fields = extension(3600);
    command_refuses(command, kase, SAY_EXTEND, command_dispatcher(SUBDISTRICT_DESK),
                    &fields, (struct refused){STATUS_LIMIT, "kind"});
}

static void a_dispatcher_decides_on_returns_alone(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields asked = extension(3600);
    assert_int_equal(
        command_say(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &asked),
        1);
    const Sanji__StatementFields fields = deciding(EXTEND, true);
    command_refuses(command, kase, SAY_DECIDE, command_dispatcher(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_WRONG_ROLE, "actor.role"});
    Sanji__StatementFields final = fields;
    final.final = true;
    command_refuses(command, kase, SAY_DECIDE, command_leader(SUBDISTRICT_DESK), &final,
                    (struct refused){STATUS_INVALID, "final"});
}

// ---- suspensions ----

static Sanji__StatementFields pause_until(int64_t at_ms)
{
    Sanji__StatementFields fields = no_fields();
    fields.reason_code = 401;
    fields.resume_by_ms = at_ms;
    return fields;
}

static struct kase *suspended(struct command *command, int64_t for_ms)
{
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields fields = pause_until(command->ledger.now_ms + for_ms);
    assert_int_equal(command_say(command, kase, SAY_SUSPEND,
                                 command_dispatcher(COMMITTEE_DESK), &fields),
                     1);
    assert_int_equal(decide(command, kase, COMMUNITY_DESK, SUSPEND, true), 2);
    assert_int_equal(kase->state, STATE_SUSPENDED);
    return kase;
}

static void a_suspension_pauses_the_clock_and_has_an_end(void **state)
{
    struct command *command = *state;
    const int64_t start_ms = command->ledger.now_ms;
    struct kase *kase = suspended(command, 10 * TIME_DAY_MS);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    const struct case_timer *resume = case_timer(kase, TIMER_RESUME, 0);
    assert_true(resume->due_ms == start_ms + 10 * TIME_DAY_MS);
    assert_int_equal(command_record(command, 1)->case_suspended->times, 1);
    const int64_t due_ms = case_timer(kase, TIMER_RESOLVE, 0)->due_ms;
    assert_int_equal(command_due(command, kase, TIMER_RESUME, 0), 2);
    assert_true(command_record(command, 1)->case_resumed->by_timer);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(resolve->state, TIMER_STATE_ARMED);
    assert_true(resolve->due_ms > due_ms);
    assert_null(case_timer(kase, TIMER_RESUME, 0));
}

static void an_extension_may_be_granted_in_a_suspension(void **state)
{
    struct command *command = *state;
    struct kase *kase = suspended(command, 10 * TIME_DAY_MS);
    struct kase plain = *kase; // how it would have gone on
    command_pass(command, 3 * TIME_DAY_MS);
    const Sanji__StatementFields fields = extension(8 * 3600);
    assert_int_equal(
        command_say(command, kase, SAY_EXTEND, command_dispatcher(COMMITTEE_DESK), &fields),
        1);
    assert_int_equal(decide(command, kase, COMMUNITY_DESK, EXTEND, true), 2);
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
    command_due(command, kase, TIMER_RESUME, 0);
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(resolve->budget_s,
                     case_timer(&plain, TIMER_RESOLVE, 0)->budget_s + 8 * 3600);
    // Of 48 working hours none had passed when it was suspended at 10:00: they run from
    // its end, Monday 24 August 10:00, to Tuesday 1 September 10:00.
    int64_t due_ms = 0;
    assert_int_equal(time_parse("2020-09-01T10:00:00+08:00", &due_ms), STATUS_OK);
    assert_true(resolve->due_ms == due_ms);
}

static void a_duty_leader_resumes_earlier(void **state)
{
    struct command *command = *state;
    struct kase *kase = suspended(command, 10 * TIME_DAY_MS);
    command_pass(command, TIME_DAY_MS);
    assert_int_equal(
        command_say(command, kase, SAY_RESUME, command_leader(COMMUNITY_DESK), NULL), 1);
    const Sanji__CaseResumed *resumed = command_record(command, 0)->case_resumed;
    assert_false(resumed->by_timer);
    assert_int_equal(resumed->paused_ms, TIME_DAY_MS);
    assert_int_equal(kase->paused_ms, TIME_DAY_MS);
    command_refuses(command, kase, SAY_RESUME, command_leader(COMMUNITY_DESK), NULL,
                    (struct refused){STATUS_WRONG_STATE, ""});
}

static void a_suspension_ends_within_its_limit(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const int64_t now_ms = command->ledger.now_ms;
    const int64_t wrong[] = {now_ms, now_ms + 15 * TIME_DAY_MS + 1};
    for (size_t i = 0; i < 2; i++) {
        const Sanji__StatementFields fields = pause_until(wrong[i]);
        command_refuses(command, kase, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK),
                        &fields, (struct refused){STATUS_INVALID, "resume_by"});
    }
    struct kase *urgent = command_case(command, SEVERITY_S2, 2001, STATE_IN_PROGRESS);
    const Sanji__StatementFields fields = pause_until(now_ms + TIME_DAY_MS);
    command_refuses(command, urgent, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK),
                    &fields, (struct refused){STATUS_LIMIT, "kind"});
}

static void a_suspension_decided_too_late_is_refused(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_IN_PROGRESS);
    const Sanji__StatementFields asked = pause_until(command->ledger.now_ms + 1000);
    assert_int_equal(
        command_say(command, kase, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK), &asked),
        1);
    command_pass(command, 2000);
    const Sanji__StatementFields fields = deciding(SUSPEND, true);
    command_refuses(command, kase, SAY_DECIDE, command_leader(COMMUNITY_DESK), &fields,
                    (struct refused){STATUS_INVALID, "resume_by"});
}

static void suspensions_are_bounded(void **state)
{
    struct command *command = *state;
    struct kase *kase = suspended(command, TIME_DAY_MS);
    for (unsigned times = 2; times <= CASE_PAUSES_MAX; times++) {
        command_due(command, kase, TIMER_RESUME, 0);
        const Sanji__StatementFields fields =
            pause_until(command->ledger.now_ms + TIME_DAY_MS);
        assert_int_equal(command_say(command, kase, SAY_SUSPEND,
                                     command_dispatcher(COMMITTEE_DESK), &fields),
                         1);
        assert_int_equal(decide(command, kase, COMMUNITY_DESK, SUSPEND, true), 2);
    }
    command_due(command, kase, TIMER_RESUME, 0);
    const Sanji__StatementFields fields = pause_until(command->ledger.now_ms + TIME_DAY_MS);
    command_refuses(command, kase, SAY_SUSPEND, command_dispatcher(COMMITTEE_DESK), &fields,
                    (struct refused){STATUS_LIMIT, "kind"});
}

static void the_sub_district_decides_for_itself(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S4, 4003, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    const Sanji__StatementFields fields =
        pause_until(command->ledger.now_ms + 60 * TIME_DAY_MS);
    assert_int_equal(command_say(command, kase, SAY_SUSPEND,
                                 command_dispatcher(SUBDISTRICT_DESK), &fields),
                     1);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        SUBDISTRICT_DESK);
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, SUSPEND, true), 2);
}

// ---- appeals ----

static struct kase *rejected(struct command *command)
{
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_RECEIVED);
    ledger_move(&command->ledger, kase, T06);
    return kase;
}

static void an_appeal_is_decided_by_the_sub_district(void **state)
{
    struct command *command = *state;
    struct kase *kase = rejected(command);
    assert_int_equal(command_say(command, kase, SAY_APPEAL, command_reporter(), NULL), 1);
    assert_string_equal(command_record(command, 0)->decision_requested->decider,
                        SUBDISTRICT_DESK);
    command_refuses(command, kase, SAY_APPEAL, command_reporter(), NULL,
                    (struct refused){STATUS_LIMIT, "kind"});
    assert_int_equal(decide(command, kase, SUBDISTRICT_DESK, REOPEN, true), 1);
    // Intake carries it out; it still stands where it was.
    assert_int_equal(kase->state, STATE_REJECTED);
    assert_true(command_record(command, 0)->decision_made->approved);
    assert_null(case_timer(kase, TIMER_DECISION, 0));
}

static void an_appeal_is_the_reporters_own_and_in_time(void **state)
{
    struct command *command = *state;
    struct kase *kase = rejected(command);
    kase->source_system[0] = 'x'; // it came from elsewhere
    command_refuses(command, kase, SAY_APPEAL, command_reporter(), NULL,
                    (struct refused){STATUS_WRONG_ROLE, "source_system"});
    kase = rejected(command);
    command_other_fires(command, kase, TIMER_REOPEN_WINDOW, false);
    command_refuses(command, kase, SAY_APPEAL, command_reporter(), NULL,
                    (struct refused){STATUS_LIMIT, "kind"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(a_return_is_a_request_and_changes_nothing_yet),
        COMMAND_TEST(a_case_has_one_open_request),
        COMMAND_TEST(a_worker_asks_about_his_own_case_alone),
        COMMAND_TEST(a_return_names_a_desk_that_exists_and_is_another),
        COMMAND_TEST(the_desk_that_raised_a_case_decides_on_its_return),
        COMMAND_TEST(a_granted_return_moves_the_case_and_not_its_clock),
        COMMAND_TEST(a_refused_request_leaves_everything),
        COMMAND_TEST(the_second_return_goes_straight_to_the_sub_district),
        COMMAND_TEST(after_two_returns_only_a_final_decision_moves_it),
        COMMAND_TEST(a_final_decision_is_the_sub_districts_and_may_name_desk_and_owner),
        COMMAND_TEST(what_is_refused_names_neither_desk_nor_owner),
        COMMAND_TEST(an_offer_is_answered_before_a_return_is_granted),
        COMMAND_TEST(a_decision_needs_its_request),
        COMMAND_TEST(silence_hands_a_request_up_and_never_grants_it),
        COMMAND_TEST(an_extension_adds_to_the_budget_and_keeps_the_start),
        COMMAND_TEST(two_extensions_are_the_most),
        COMMAND_TEST(the_urgent_are_never_extended),
        COMMAND_TEST(an_extension_says_how_long_on_the_right_clock),
        COMMAND_TEST(a_missed_limit_is_not_extended_afterwards),
        COMMAND_TEST(a_dispatcher_decides_on_returns_alone),
        COMMAND_TEST(a_suspension_pauses_the_clock_and_has_an_end),
        COMMAND_TEST(an_extension_may_be_granted_in_a_suspension),
        COMMAND_TEST(a_duty_leader_resumes_earlier),
        COMMAND_TEST(a_suspension_ends_within_its_limit),
        COMMAND_TEST(a_suspension_decided_too_late_is_refused),
        COMMAND_TEST(suspensions_are_bounded),
        COMMAND_TEST(the_sub_district_decides_for_itself),
        COMMAND_TEST(an_appeal_is_decided_by_the_sub_district),
        COMMAND_TEST(an_appeal_is_the_reporters_own_and_in_time),
    };
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
