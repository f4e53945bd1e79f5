/* test_case_rounds.c: who was offered a case and is tried again, and the ways off the straight
 * line: suspension, the platform, merging, reopening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/story.h"

// ---- offers, rounds ---------------------------------------------------------------------

static void decline(struct story *story, const char *worker)
{
    Sanji__DispatchDeclined *body = story_begin(story, EVENT_DISPATCH_DECLINED);
    body->offer = story->kase.offer_seq;
    body->worker = story_text(worker);
    story_to(story, STATE_ASSIGNING);
    story_change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    story_arm(story, TIMER_DISPATCH, 900000);
    story_stands(story);
}

static void expire(struct story *story, const char *worker)
{
    story_fire(story, TIMER_ACK, story->kase.offers);
    story_stands(story);
    Sanji__DispatchExpired *body = story_begin(story, EVENT_DISPATCH_EXPIRED);
    body->offer = story->kase.offer_seq;
    body->worker = story_text(worker);
    story_to(story, STATE_ASSIGNING);
    story_change(story, TIMER_ACK, story->kase.offers, SANJI__TIMER_OP__TIMER_OP_CANCEL, 0);
    story_arm(story, TIMER_DISPATCH, 900000);
    story_stands(story);
}

static void who_declines_or_lets_it_expire_is_tried_until_the_holder_changes(void **state)
{
    (void)state;
    struct story story = story_new();
    struct kase *kase = &story.kase;
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    story_offer(&story, "W00007");
    decline(&story, "W00007");
    assert_int_equal(kase->worker, 0);
    assert_int_equal(kase->offer_seq, 0);
    story_offer(&story, "W00008");
    expire(&story, "W00008");
    assert_int_equal(kase->attempts, 2);
    assert_int_equal(kase->offers, 2);
    assert_int_equal(kase->tried_count, 2);
    assert_int_equal(kase->tried[0], 7);
    assert_int_equal(kase->tried[1], 8);

    (void)story_begin(&story, EVENT_DISPATCH_EXHAUSTED);
    story_stands(&story);
    assert_true(kase->exhausted);
    assert_int_equal(kase->attempts, 2);

    Sanji__CaseEscalated *body = story_begin(&story, EVENT_CASE_ESCALATED);
    body->level = 1;
    body->to = story_text(COMMUNITY);
    body->to_tier = SANJI__TIER__TIER_COMMUNITY;
    story_to(&story, STATE_ASSIGNING);
    story_arm(&story, TIMER_DISPATCH, 900000);
    story_stands(&story);
    assert_false(kase->exhausted);
    assert_int_equal(kase->attempts, 0);
    assert_int_equal(kase->tried_count, 0);
    assert_int_equal(kase->offers, 2);
    assert_int_equal(kase->escalation_level, 1);
    assert_int_equal(kase->holder_changes, 2);
    story_path_is(kase->holder, COMMUNITY);
    assert_int_equal(kase->tier, TIER_COMMUNITY);
}

static void a_worker_tried_twice_stands_once_and_the_oldest_gives_way(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    char worker[WORKER_SIZE];
    for (uint32_t i = 0; i < 2 * (CASE_TRIED_MAX + 1); i++) {
        id_worker_print(1 + i / 2, worker);
        story_offer(&story, worker);
        decline(&story, worker);
    }
    assert_int_equal(story.kase.tried_count, CASE_TRIED_MAX);
    assert_int_equal(story.kase.tried[0], 2);
    assert_int_equal(story.kase.tried[CASE_TRIED_MAX - 1], CASE_TRIED_MAX + 1);
}

static void dispatch_firing_at_the_top_lets_the_desk_try_afresh(void **state)
{
    (void)state;
    struct story story = story_new();
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    story_offer(&story, "W00007");
    decline(&story, "W00007");
    (void)story_begin(&story, EVENT_DISPATCH_EXHAUSTED);
    story_stands(&story);
    story_fire(&story, TIMER_DISPATCH, 0);
    story_arm(&story, TIMER_DISPATCH, 900000);
    story_stands(&story);
    assert_false(story.kase.exhausted);
    assert_int_equal(story.kase.attempts, 0);
    assert_int_equal(story.kase.tried_count, 0);
}

static void a_broadcast_may_lose_one_and_stand_down_the_rest(void **state)
{
    (void)state;
    struct story story = story_new();
    struct kase *kase = &story.kase;
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    story_offer(&story, "W00007");
    Sanji__DispatchOffered *further = story_begin(&story, EVENT_DISPATCH_OFFERED);
    further->worker = story_text("W00008");
    further->n = 2;
    story_cannot_stand(&story); // no broadcast

    decline(&story, "W00007");
    Sanji__DispatchOffered *first = story_begin(&story, EVENT_DISPATCH_OFFERED);
    first->worker = story_text("W00009");
    first->broadcast = true;
    first->coordinator = true;
    story_to(&story, STATE_DISPATCHED);
    story_stands(&story);
    assert_true(kase->broadcast);
    assert_true(kase->coordinator);
    assert_int_equal(kase->attempts, 2);
    assert_int_equal(kase->offers, 2);
    const uint64_t offer_seq = kase->offer_seq;
    further = story_begin(&story, EVENT_DISPATCH_OFFERED);
    further->worker = story_text("W00010");
    further->broadcast = true;
    story_stands(&story);
    assert_int_equal(kase->worker, 9);
    assert_int_equal(kase->offer_seq, offer_seq);
    assert_int_equal(kase->offers, 3);
    Sanji__DispatchDeclined *declined = story_begin(&story, EVENT_DISPATCH_DECLINED);
    declined->worker = story_text("W00010");
    story_stands(&story);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->tried[kase->tried_count - 1], 10);
    assert_int_equal(kase->others_count, 0);
    further = story_begin(&story, EVENT_DISPATCH_OFFERED);
    further->worker = story_text("W00011");
    further->broadcast = true;
    story_stands(&story);
    story_ack(&story, "W00009");
    const uint8_t tried_count = kase->tried_count;
    Sanji__DispatchRecalled *recalled = story_begin(&story, EVENT_DISPATCH_RECALLED);
    recalled->worker = story_text("W00012"); // was not offered it
    story_cannot_stand(&story);
    recalled = story_begin(&story, EVENT_DISPATCH_RECALLED);
    recalled->worker = story_text("W00011");
    story_stands(&story);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_int_equal(kase->tried_count, tried_count);
    assert_int_equal(kase->others_count, 0);
}

/* Offered to W00007 and, as so many further offers, W00008, W00009 ... */
static struct story story_offered_to_many(size_t others, bool pair)
{
    struct story story = story_new();
    story_receive(&story);
    story_accept(&story);
    story_route(&story);
    for (size_t i = 0; i <= others; i++) {
        static const char *const numbers[] = {"W00007", "W00008", "W00009", "W00010",
                                              "W00011", "W00012", "W00013"};
        Sanji__DispatchOffered *offer = story_begin(&story, EVENT_DISPATCH_OFFERED);
        offer->worker = story_text(numbers[i]);
        offer->role = SANJI__ROLE__ROLE_FULLTIME;
        offer->broadcast = !pair;
        offer->pair = pair;
        offer->n = (uint32_t)i + 1;
        if (i == 0) {
            story_to(&story, STATE_DISPATCHED);
        }
        story_stands(&story);
    }
    return story;
}

static void any_of_several_may_ack_and_then_has_the_case(void **state)
{
    (void)state;
    struct story story = story_offered_to_many(2, false);
    struct kase *kase = &story.kase;
    const uint64_t third = kase->others[1].seq;
    assert_int_equal(case_offered(kase, third), 9);
    assert_int_equal(case_offered(kase, kase->offer_seq), 7);
    assert_int_equal(case_offered(kase, third + 1), 0);
    story_ack(&story, "W00009");
    assert_int_equal(kase->worker, 9);
    assert_true(kase->offer_seq == third);
    assert_int_equal(kase->others_count, 2);
    assert_int_equal(case_offered(kase, third), 0); // he has answered
    assert_non_null(case_other(kase, 7));
    assert_non_null(case_other(kase, 8));
}

static void when_the_first_of_several_is_out_the_next_stands_for_the_case(void **state)
{
    (void)state;
    struct story story = story_offered_to_many(1, false);
    struct kase *kase = &story.kase;
    const uint64_t second = kase->others[0].seq;
    Sanji__DispatchDeclined *declined = story_begin(&story, EVENT_DISPATCH_DECLINED);
    declined->worker = story_text("W00007");
    story_to(&story, STATE_ASSIGNING);
    story_cannot_stand(&story); // the last one moves the case, not the first
    declined = story_begin(&story, EVENT_DISPATCH_DECLINED);
    declined->worker = story_text("W00007");
    story_stands(&story);
    assert_int_equal(kase->worker, 8);
    assert_true(kase->offer_seq == second);
    assert_int_equal(kase->offer_n, 2);
    assert_int_equal(kase->others_count, 0);
    decline(&story, "W00008");
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(kase->tried_count, 2);
}

static void nobody_is_offered_twice_and_only_so_many_at_once(void **state)
{
    (void)state;
    struct story story = story_offered_to_many(CASE_OTHERS_MAX, false);
    assert_int_equal(story.kase.others_count, CASE_OTHERS_MAX);
    Sanji__DispatchOffered *offer = story_begin(&story, EVENT_DISPATCH_OFFERED);
    offer->worker = story_text("W00014");
    offer->broadcast = true;
    story_cannot_stand(&story);
    story = story_offered_to_many(1, false);
    offer = story_begin(&story, EVENT_DISPATCH_OFFERED);
    offer->worker = story_text("W00008");
    offer->broadcast = true;
    story_cannot_stand(&story);
}

static void the_second_of_a_pair_joins_once(void **state)
{
    (void)state;
    struct story story = story_offered_to_many(1, true);
    struct kase *kase = &story.kase;
    story_ack(&story, "W00008");
    assert_int_equal(kase->worker, 8);
    Sanji__DispatchAcked *acked = story_begin(&story, EVENT_DISPATCH_ACKED);
    acked->worker = story_text("W00007");
    story_stands(&story);
    assert_int_equal(kase->worker, 8);
    assert_true(kase->others[0].acked);
    acked = story_begin(&story, EVENT_DISPATCH_ACKED);
    acked->worker = story_text("W00007");
    story_cannot_stand(&story);
    story_resolve(&story);
    assert_int_equal(kase->others_count, 0);
}

static void the_end_of_a_shift_blames_nobody(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__DispatchRecalled *body = story_begin(&story, EVENT_DISPATCH_RECALLED);
    body->worker = story_text("W00007");
    sanji__actor__init(&story.actor);
    story.envelope.actor = &story.actor;
    story.actor.role = SANJI__ROLE__ROLE_SYSTEM;
    story_to(&story, STATE_ASSIGNING);
    story_arm(&story, TIMER_DISPATCH, 900000);
    story_stands(&story);
    assert_int_equal(story.kase.tried_count, 0);
    assert_true(story.kase.recalled);
}

static void a_recalled_case_begins_a_new_round_without_who_was_recalled(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__DispatchRecalled *body = story_begin(&story, EVENT_DISPATCH_RECALLED);
    body->worker = story_text("W00007");
    story_to(&story, STATE_ASSIGNING);
    story_stands(&story);
    assert_int_equal(story.kase.attempts, 0);
    assert_int_equal(story.kase.tried_count, 1);
    assert_int_equal(story.kase.tried[0], 7);
    assert_int_equal(story.kase.worker, 0);
}

static void rework_begins_a_new_round_and_resumes_what_was_left(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    story_resolve(&story);
    const struct case_timer *timer = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(timer->state, TIMER_STATE_PAUSED);
    assert_int_equal(timer->left_ms, timer->due_ms - (story.now_ms - STEP_MS));
    Sanji__CheckRequested *request = story_begin(&story, EVENT_CHECK_REQUESTED);
    request->checker = story_text("W00020");
    story_stands(&story);
    assert_int_equal(kase->checker, 20);

    story_check(&story, false, STATE_ASSIGNING);
    assert_int_equal(kase->reworks, 1);
    assert_int_equal(kase->resolved_ms, 0);
    assert_int_equal(kase->checker, 0);
    assert_int_equal(kase->resolver, 7);
    assert_int_equal(kase->worker, 0);
    assert_int_equal(kase->attempts, 0);
    timer = case_timer(kase, TIMER_RESOLVE, 0);
    assert_int_equal(timer->state, TIMER_STATE_ARMED);
    assert_int_equal(timer->due_ms, story.now_ms - STEP_MS + 8640000);
    assert_int_equal(timer->budget_s, 600);
    assert_int_equal(case_missing_timers(kase), 0);
}

// ---- suspension, upstream, merging ------------------------------------------------------

static void resume(struct story *story)
{
    (void)story_begin(story, EVENT_CASE_RESUMED);
    story_to(story, STATE_ASSIGNING);
    story_cancel(story, TIMER_RESUME);
    story_arm(story, TIMER_DISPATCH, 900000);
    story_change(story, TIMER_RESOLVE, 0, SANJI__TIMER_OP__TIMER_OP_RESUME,
                 story->now_ms + 5000000);
    story_stands(story);
}

static void suspensions_leave_their_spans_and_a_ninth_has_no_place(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    struct kase *kase = &story.kase;
    story_suspend(&story);
    assert_int_equal(kase->state, STATE_SUSPENDED);
    assert_int_equal(kase->suspensions, 1);
    assert_int_equal(kase->pause_count, 1);
    assert_int_equal(kase->pauses[0].to_ms, 0);
    assert_int_equal(kase->worker, 0);
    assert_int_equal(case_missing_timers(kase), 0);
    const int64_t from_ms = kase->pauses[0].from_ms;
    story.now_ms += 50000;
    resume(&story);
    assert_int_equal(kase->pauses[0].from_ms, from_ms);
    assert_int_equal(kase->pauses[0].to_ms, story.now_ms - STEP_MS);
    assert_int_equal(kase->paused_ms, kase->pauses[0].to_ms - from_ms);
    assert_int_equal(case_missing_timers(kase), 0);
    for (unsigned i = 1; i < CASE_PAUSES_MAX; i++) {
        story_suspend(&story);
        resume(&story);
    }
    assert_int_equal(kase->pause_count, CASE_PAUSES_MAX);
    (void)story_begin(&story, EVENT_DECISION_MADE);
    story_stands(&story);
    (void)story_begin(&story, EVENT_CASE_SUSPENDED);
    story_to(&story, STATE_SUSPENDED);
    story_cannot_stand(&story);
}

static void a_case_cancelled_while_suspended_ends_its_pause(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    story_suspend(&story);
    (void)story_begin(&story, EVENT_CASE_CANCELLED);
    story_to(&story, STATE_CANCELLED);
    story_stands(&story);
    assert_int_equal(story.kase.pauses[0].to_ms, story.now_ms - STEP_MS);
    assert_int_equal(story.kase.paused_ms, STEP_MS);
    assert_int_equal(story.kase.closed_ms, story.now_ms - STEP_MS);
}

static struct story upstream(void)
{
    struct story story = story_in_progress();
    (void)story_begin(&story, EVENT_UPSTREAM_SUBMITTED);
    story_to(&story, STATE_UPSTREAM);
    story_arm(&story, TIMER_UPSTREAM, 28800000);
    story_stands(&story);
    return story;
}

static void what_the_platform_says_moves_the_case_only_when_done_or_sent_back(void **state)
{
    (void)state;
    struct story story = upstream();
    struct kase *kase = &story.kase;
    assert_int_equal(kase->handover_seq, story.seq);
    assert_int_equal(kase->worker, 0);
    Sanji__UpstreamUpdated *body = story_begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_IN_HAND;
    story_stands(&story);
    assert_int_equal(kase->state, STATE_UPSTREAM);
    story_to(&story, STATE_RESOLVED);
    story_cannot_stand(&story); // not DONE
    body = story_begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    body->resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    story_cannot_stand(&story); // DONE is itself the way to RESOLVED
    story_to(&story, STATE_RESOLVED);
    story_stands(&story);
    assert_int_equal(kase->resolver, 0);
    assert_int_equal(kase->resolver_tier, TIER_MUNICIPAL);
    assert_int_equal(kase->resolution, SANJI__RESOLUTION__RESOLUTION_FIXED);

    story = upstream();
    body = story_begin(&story, EVENT_UPSTREAM_UPDATED);
    body->kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_SENT_BACK;
    story_stands(&story);
    story_route(&story);
    assert_int_equal(story.kase.state, STATE_ASSIGNING);
}

static void the_second_event_of_an_edge_follows_its_first(void **state)
{
    (void)state;
    struct story story = upstream();
    (void)story_begin(&story, EVENT_CASE_ROUTED);
    story_to(&story, STATE_ASSIGNING);
    story_cannot_stand(&story); // neither sent back nor taken back
    (void)story_begin(&story, EVENT_DECISION_MADE);
    story_stands(&story);
    (void)story_begin(&story, EVENT_SAID); // a fact may lie between, a decision not
    story_stands(&story);
    struct story other = story;
    (void)story_begin(&other, EVENT_NOTE_ADDED);
    story_stands(&other);
    (void)story_begin(&other, EVENT_CASE_ROUTED);
    story_to(&other, STATE_ASSIGNING);
    story_cannot_stand(&other);
    story_route(&story);
    assert_int_equal(story.kase.state, STATE_ASSIGNING);
    assert_int_equal(story.kase.returns, 0);
    (void)story_begin(&story, EVENT_DECISION_MADE);
    story_stands(&story);
    story_route(&story);
    assert_int_equal(story.kase.returns, 1);
}

static void a_merged_case_knows_its_parent_until_it_is_unmerged(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    Sanji__CaseMerged *body = story_begin(&story, EVENT_CASE_MERGED);
    body->into_case_no = story_text("12");
    story_to(&story, STATE_MERGED);
    story_cannot_stand(&story);
    body->into_case_no = story_text(OTHER_NO);
    story_stands(&story);
    assert_int_equal(story.kase.merged_into, CASE_KEY + 1);
    assert_int_not_equal(story.kase.closed_ms, 0);
    (void)story_begin(&story, EVENT_CASE_UNMERGED);
    story_to(&story, STATE_ACCEPTED);
    story_stands(&story);
    assert_int_equal(story.kase.merged_into, 0);
    assert_int_equal(story.kase.closed_ms, 0);
    assert_int_equal(story.kase.accepted_ms, story.now_ms - STEP_MS);
}

static void reopenings_are_counted_but_not_the_return_of_a_rejected_case(void **state)
{
    (void)state;
    struct story story = story_in_progress();
    story_resolve(&story);
    story_check(&story, true, STATE_RESOLVED);
    story_close(&story);
    Sanji__CaseReopened *body = story_begin(&story, EVENT_CASE_REOPENED);
    body->times = 1;
    story_to(&story, STATE_ACCEPTED);
    story_arm(&story, TIMER_DISPATCH, 900000);
    story_arm(&story, TIMER_RESOLVE, 43200000);
    story_stands(&story);
    assert_int_equal(story.kase.reopens, 1);
    assert_int_equal(story.kase.closed_ms, 0);
    assert_int_equal(story.kase.resolved_ms, 0);
    assert_int_equal(case_missing_timers(&story.kase), 0);
    (void)story_begin(&story, EVENT_CASE_CANCELLED);
    story_to(&story, STATE_CANCELLED);
    story_stands(&story);
    (void)story_begin(&story, EVENT_CASE_REOPENED);
    story_to(&story, STATE_RECEIVED);
    story_stands(&story);
    assert_int_equal(story.kase.reopens, 1);
    assert_int_equal(story.kase.accepted_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_declines_or_lets_it_expire_is_tried_until_the_holder_changes),
        cmocka_unit_test(a_worker_tried_twice_stands_once_and_the_oldest_gives_way),
        cmocka_unit_test(dispatch_firing_at_the_top_lets_the_desk_try_afresh),
        cmocka_unit_test(a_broadcast_may_lose_one_and_stand_down_the_rest),
        cmocka_unit_test(any_of_several_may_ack_and_then_has_the_case),
        cmocka_unit_test(when_the_first_of_several_is_out_the_next_stands_for_the_case),
        cmocka_unit_test(nobody_is_offered_twice_and_only_so_many_at_once),
        cmocka_unit_test(the_second_of_a_pair_joins_once),
        cmocka_unit_test(the_end_of_a_shift_blames_nobody),
        cmocka_unit_test(a_recalled_case_begins_a_new_round_without_who_was_recalled),
        cmocka_unit_test(rework_begins_a_new_round_and_resumes_what_was_left),
        cmocka_unit_test(suspensions_leave_their_spans_and_a_ninth_has_no_place),
        cmocka_unit_test(a_case_cancelled_while_suspended_ends_its_pause),
        cmocka_unit_test(what_the_platform_says_moves_the_case_only_when_done_or_sent_back),
        cmocka_unit_test(the_second_event_of_an_edge_follows_its_first),
        cmocka_unit_test(a_merged_case_knows_its_parent_until_it_is_unmerged),
        cmocka_unit_test(reopenings_are_counted_but_not_the_return_of_a_rejected_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
