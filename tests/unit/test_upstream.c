/* test_upstream.c: handed over, followed, done, sent back, taken back; exercises never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/centre.h"

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

static struct kase *handed_over(struct centre *centre)
{
    struct kase *kase = centre_case(centre, SEVERITY_S3, 4001, STATE_ASSIGNING);
    centre_raise(centre, kase, TIER_SUBDISTRICT);
    assert_int_equal(centre_say(centre, kase, SAY_UPSTREAM, centre_leader(SUBDISTRICT_DESK),
                                reason(203)),
                     1);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    return kase;
}

static void the_sub_district_hands_a_case_over(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    const Sanji__Envelope *submitted = centre_record(centre, 0);
    assert_int_equal(submitted->body_case, SANJI__ENVELOPE__BODY_UPSTREAM_SUBMITTED);
    assert_string_equal(submitted->upstream_submitted->upstream_system, "e-hu-shan-ying");
    assert_int_equal(submitted->upstream_submitted->reason_code, 203);
    assert_int_equal(submitted->cause_seq, centre->ledger.seq - 1);
    assert_true(kase->handover_seq == centre->ledger.seq);
    assert_int_equal(case_timer(kase, TIMER_UPSTREAM, 0)->state, TIMER_STATE_ARMED);
    assert_null(case_timer(kase, TIMER_DISPATCH, 0));
    // The handlers' clock goes on; it is reported apart.
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_ARMED);
}

static void a_lower_desk_does_not(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = centre_case(centre, SEVERITY_S3, 4001, STATE_ASSIGNING);
    centre_refuses(centre, kase, SAY_UPSTREAM, centre_leader(SUBDISTRICT_DESK), reason(203),
                   STATUS_WRONG_STATE, "");
    centre_raise(centre, kase, TIER_SUBDISTRICT);
    centre_refuses(centre, kase, SAY_UPSTREAM, centre_leader(COMMUNITY_DESK), reason(203),
                   STATUS_WRONG_DESK, "actor.org");
    centre_refuses(centre, kase, SAY_UPSTREAM, centre_leader(SUBDISTRICT_DESK), NULL,
                   STATUS_INVALID, "reason_code");
}

static void an_exercise_never_goes_upstream(void **state)
{
    struct centre *centre = *state;
    for (unsigned status = SANJI__MSG_STATUS__MSG_STATUS_EXERCISE;
         status <= SANJI__MSG_STATUS__MSG_STATUS_TEST; status++) {
        struct kase *kase = centre_case(centre, SEVERITY_S3, 4001, STATE_ASSIGNING);
        kase->status = (uint8_t)status;
        centre_raise(centre, kase, TIER_SUBDISTRICT);
        centre_refuses(centre, kase, SAY_UPSTREAM, centre_leader(SUBDISTRICT_DESK),
                       reason(203), STATUS_WRONG_STATE, "case_no");
        assert_int_equal(kase->state, STATE_ASSIGNING);
    }
}

static void the_platform_names_the_newest_hand_over(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND);
    fields.handover--;
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_STALE, "handover");
    fields.handover = 0;
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_INVALID, "handover");
}

static void received_brings_the_platforms_reference(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_RECEIVED);
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_INVALID, "upstream_ref");
    fields.upstream_ref = centre_text("YH-2020-0815-3");
    centre_pass(centre, TIME_DAY_MS);
    const int64_t due_ms = case_timer(kase, TIMER_UPSTREAM, 0)->due_ms;
    assert_int_equal(
        centre_say(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields), 1);
    assert_string_equal(centre_record(centre, 0)->upstream_updated->upstream_ref,
                        "YH-2020-0815-3");
    assert_int_equal(kase->state, STATE_UPSTREAM);
    // A sign of life: it is urged when it is silent from here.
    assert_true(case_timer(kase, TIMER_UPSTREAM, 0)->due_ms > due_ms);
}

static void done_is_itself_the_way_to_resolved(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE);
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_INVALID, "resolution");
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    assert_int_equal(
        centre_say(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields), 1);
    assert_int_equal(kase->state, STATE_RESOLVED);
    assert_int_equal(kase->resolver_tier, TIER_MUNICIPAL);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);
    assert_null(case_timer(kase, TIMER_UPSTREAM, 0));
    assert_int_equal(case_timer(kase, TIMER_RESOLVE, 0)->state, TIMER_STATE_PAUSED);
}

static void sent_back_stands_at_the_sub_district_again(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    const Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_SENT_BACK);
    assert_int_equal(
        centre_say(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields), 2);
    assert_int_equal(centre_record(centre, 1)->body_case,
                     SANJI__ENVELOPE__BODY_CASE_ROUTED);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    centre_at(kase, SUBDISTRICT_DESK);
    // Handed over again, it is named by the new hand-over alone.
    const uint64_t first = kase->handover_seq;
    assert_int_equal(centre_say(centre, kase, SAY_UPSTREAM, centre_leader(SUBDISTRICT_DESK),
                                reason(203)),
                     1);
    assert_true(kase->handover_seq > first);
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_STALE, "handover");
}

static void the_sub_district_takes_it_back(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    centre_refuses(centre, kase, SAY_TAKE_BACK, centre_leader(COMMUNITY_DESK), reason(203),
                   STATUS_WRONG_DESK, "actor.org");
    assert_int_equal(centre_say(centre, kase, SAY_TAKE_BACK,
                                centre_leader(SUBDISTRICT_DESK), reason(203)),
                     2);
    const Sanji__DecisionMade *made = centre_record(centre, 0)->decision_made;
    assert_int_equal(made->kind, SANJI__DECISION_KIND__DECISION_KIND_UPSTREAM);
    assert_true(made->approved);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_UPSTREAM, 0));
    assert_int_equal(case_timer(kase, TIMER_DISPATCH, 0)->state, TIMER_STATE_ARMED);
}

static void a_silent_platform_is_urged_and_keeps_the_case(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = handed_over(centre);
    for (unsigned times = 1; times <= 3; times++) {
        assert_int_equal(centre_due(centre, kase, TIMER_UPSTREAM, 0), 1);
        const Sanji__TimerFired *fired = centre_record(centre, 0)->timer_fired;
        assert_int_equal(fired->times, times);
        assert_int_equal(fired->n_told, 2);
        assert_int_equal(fired->told[1]->role, SANJI__ROLE__ROLE_MUNICIPAL);
        assert_int_equal(kase->state, STATE_UPSTREAM);
    }
}

static void what_is_not_with_the_platform_is_not_updated(void **state)
{
    struct centre *centre = *state;
    struct kase *kase = centre_case(centre, SEVERITY_S3, 4001, STATE_ASSIGNING);
    Sanji__StatementFields fields =
        update(kase, SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND);
    fields.handover = 7;
    centre_refuses(centre, kase, SAY_UPSTREAM_UPDATE, centre_platform(), &fields,
                   STATUS_WRONG_STATE, "");
    centre_refuses(centre, kase, SAY_TAKE_BACK, centre_leader(SUBDISTRICT_DESK),
                   reason(203), STATUS_WRONG_STATE, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CENTRE_TEST(the_sub_district_hands_a_case_over),
        CENTRE_TEST(a_lower_desk_does_not),
        CENTRE_TEST(an_exercise_never_goes_upstream),
        CENTRE_TEST(the_platform_names_the_newest_hand_over),
        CENTRE_TEST(received_brings_the_platforms_reference),
        CENTRE_TEST(done_is_itself_the_way_to_resolved),
        CENTRE_TEST(sent_back_stands_at_the_sub_district_again),
        CENTRE_TEST(the_sub_district_takes_it_back),
        CENTRE_TEST(a_silent_platform_is_urged_and_keeps_the_case),
        CENTRE_TEST(what_is_not_with_the_platform_is_not_updated),
    };
    return cmocka_run_group_tests_name("upstream", tests, NULL, NULL);
}
