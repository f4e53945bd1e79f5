/* test_upstream.c: handed over, followed, done, sent back, taken back; exercises never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/command.h"

static const Sanji__StatementFields *reason(uint32_t code)
{
    static Sanji__StatementFields fields;
    sanji__statement_fields__init(&fields);
    fields.reason_code = code;
    return &fields;
}

static Sanji__StatementFields update(const struct kase *kase, Sanji__UpstreamUpdate kind)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.handover = kase->handover_seq;
    fields.update = kind;
    return fields;
}

static struct kase *handed_over(struct command *command)
{
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_raise(command, kase, TIER_SUBDISTRICT);
    assert_int_equal(command_say(command, kase, SAY_UPSTREAM,
                                 command_leader(SUBDISTRICT_DESK), reason(203)),
                     1);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    return kase;
}

static void the_sub_district_hands_a_case_over(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    const Sanji__Envelope *submitted = command_record(command, 0);
    assert_int_equal(submitted->body_case, SANJI__ENVELOPE__BODY_UPSTREAM_SUBMITTED);
    assert_string_equal(submitted->upstream_submitted->upstream_system, "e-hu-shan-ying");
    assert_int_equal(submitted->upstream_submitted->reason_code, 203);
    assert_int_equal(submitted->cause_seq, command->ledger.seq - 1);
    assert_true(kase->handover_seq == command->ledger.seq);
    assert_int_equal(case_timer(kase, TIMER_UPSTREAM, 0)->state, TIMER_STATE_ARMED);
    assert_null(case_timer(kase, TIMER_DISPATCH, 0));
    // The handlers' clock goes on; it is reported apart.
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_ARMED);
}

static void a_lower_desk_does_not(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    command_refuses(command, kase, SAY_UPSTREAM, command_leader(SUBDISTRICT_DESK),
                    reason(203), (struct refused){STATUS_WRONG_STATE, ""});
    command_raise(command, kase, TIER_SUBDISTRICT);
    command_refuses(command, kase, SAY_UPSTREAM, command_leader(COMMUNITY_DESK),
                    reason(203), (struct refused){STATUS_WRONG_DESK, "actor.org"});
    command_refuses(command, kase, SAY_UPSTREAM, command_leader(SUBDISTRICT_DESK), NULL,
                    (struct refused){STATUS_INVALID, "reason_code"});
}

static void an_exercise_never_goes_upstream(void **state)
{
    struct command *command = *state;
    for (unsigned status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
         status <= SANJI__MSG_STATUS__MSG_STATUS_TEST; status++) {
        struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
        kase->status = (uint8_t)status;
        command_raise(command, kase, TIER_SUBDISTRICT);
        command_refuses(command, kase, SAY_UPSTREAM, command_leader(SUBDISTRICT_DESK),
                        reason(203), (struct refused){STATUS_WRONG_STATE, "case_no"});
        assert_int_equal(kase->state, STATE_ASSIGNING);
    }
}

static void the_platform_names_the_newest_hand_over(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND);
    fields.handover--;
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_STALE, "handover"});
    fields.handover = 0;
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_INVALID, "handover"});
}

static void received_brings_the_platforms_reference(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_RECEIVED);
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_INVALID, "upstream_ref"});
    fields.upstream_ref = command_text("YH-2020-0815-3");
    command_pass(command, TIME_DAY_MS);
    const int64_t due_ms = case_timer(kase, TIMER_UPSTREAM, 0)->due_ms;
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields), 1);
    assert_string_equal(command_record(command, 0)->upstream_updated->upstream_ref,
                        "YH-2020-0815-3");
    assert_int_equal(kase->state, STATE_UPSTREAM);
    // A sign of life: it is urged when it is silent from here.
    assert_true(case_timer(kase, TIMER_UPSTREAM, 0)->due_ms > due_ms);
}

static void done_is_itself_the_way_to_resolved(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE);
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_INVALID, "resolution"});
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields), 1);
    assert_int_equal(kase->state, STATE_RESOLVED);
    assert_int_equal(kase->resolver_tier, TIER_MUNICIPAL);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);
    assert_null(case_timer(kase, TIMER_UPSTREAM, 0));
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
}

static void sent_back_stands_at_the_sub_district_again(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    const Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_SENT_BACK);
    assert_int_equal(
        command_say(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields), 2);
    assert_int_equal(command_record(command, 1)->body_case,
                     SANJI__ENVELOPE__BODY_CASE_ROUTED);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    command_at(kase, SUBDISTRICT_DESK);
    // Handed over again, it is named by the new hand-over alone.
    const uint64_t first = kase->handover_seq;
    assert_int_equal(command_say(command, kase, SAY_UPSTREAM,
                                 command_leader(SUBDISTRICT_DESK), reason(203)),
                     1);
    assert_true(kase->handover_seq > first);
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_STALE, "handover"});
}

static void the_sub_district_takes_it_back(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    command_refuses(command, kase, SAY_TAKE_BACK, command_leader(COMMUNITY_DESK),
                    reason(203), (struct refused){STATUS_WRONG_DESK, "actor.org"});
    assert_int_equal(command_say(command, kase, SAY_TAKE_BACK,
                                 command_leader(SUBDISTRICT_DESK), reason(203)),
                     2);
    const Sanji__DecisionMade *made = command_record(command, 0)->decision_made;
    assert_int_equal(made->kind, SANJI__DECISION_KIND__DECISION_KIND_UPSTREAM);
    assert_true(made->approved);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_UPSTREAM, 0));
    assert_int_equal(case_timer(kase, TIMER_DISPATCH, 0)->state, TIMER_STATE_ARMED);
}

static void a_silent_platform_is_urged_and_keeps_the_case(void **state)
{
    struct command *command = *state;
    struct kase *kase = handed_over(command);
    for (unsigned times = 1; times <= 3; times++) {
        assert_int_equal(command_due(command, kase, TIMER_UPSTREAM, 0), 1);
        const Sanji__TimerFired *fired = command_record(command, 0)->timer_fired;
        assert_int_equal(fired->times, times);
        assert_int_equal(fired->n_told, 2);
        assert_int_equal(fired->told[1]->role, SANJI__ROLE__ROLE_MUNICIPAL);
        assert_int_equal(kase->state, STATE_UPSTREAM);
    }
}

static void what_is_not_with_the_platform_is_not_updated(void **state)
{
    struct command *command = *state;
    struct kase *kase = command_case(command, SEVERITY_S3, 4001, STATE_ASSIGNING);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND);
    fields.handover = 7;
    command_refuses(command, kase, SAY_UPSTREAM_UPDATE, command_platform(), &fields,
                    (struct refused){STATUS_WRONG_STATE, ""});
    command_refuses(command, kase, SAY_TAKE_BACK, command_leader(SUBDISTRICT_DESK),
                    reason(203), (struct refused){STATUS_WRONG_STATE, ""});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMMAND_TEST(the_sub_district_hands_a_case_over),
        COMMAND_TEST(a_lower_desk_does_not),
        COMMAND_TEST(an_exercise_never_goes_upstream),
        COMMAND_TEST(the_platform_names_the_newest_hand_over),
        COMMAND_TEST(received_brings_the_platforms_reference),
        COMMAND_TEST(done_is_itself_the_way_to_resolved),
        COMMAND_TEST(sent_back_stands_at_the_sub_district_again),
        COMMAND_TEST(the_sub_district_takes_it_back),
        COMMAND_TEST(a_silent_platform_is_urged_and_keeps_the_case),
        COMMAND_TEST(what_is_not_with_the_platform_is_not_updated),
    };
    return cmocka_run_group_tests_name("upstream", tests, NULL, NULL);
}
