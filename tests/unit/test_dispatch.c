/* test_dispatch.c: offers, answers, expiry, waiting: what the grid teams' desk writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/dispatch/dispatch.h"
#include "workers/dispatch/overload.h"

enum {
    HOUR_MS = 3600 * 1000,
    TURNS = 8
};

struct desk {
    struct small_rules rules;
    struct ledger ledger;
    struct dispatch dispatch;
};

static void seen(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct desk *desk = context;
    dispatch_ops.folded(&desk->dispatch, desk->ledger.world, record, envelope, STATUS_OK);
}

static int set_up(void **state)
{
    struct desk *desk = test_calloc(1, sizeof *desk);
    small_rules_open(&desk->rules);
    ledger_open(&desk->ledger);
    small_rules_category(&desk->rules, "02001", SEVERITY_S2, "g");
    small_rules_category(&desk->rules, "03001", SEVERITY_S3, "g");
    small_rules_category(&desk->rules, "04001", SEVERITY_S3, "u");
    dispatch_ops.caught_up(&desk->dispatch, desk->ledger.world);
    desk->ledger.seen = seen;
    desk->ledger.seen_context = desk;
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    dispatch_reset(&desk->dispatch);
    ledger_close(&desk->ledger);
    small_rules_close(&desk->rules);
    test_free(desk);
    return 0;
}

static void workers(struct desk *desk, size_t count)
{
    static const char *const numbers[] = {"W00001", "W00002", "W00003", "W00004", "W00005"};
    for (size_t i = 0; i < count; i++) {
        small_rules_worker(&desk->rules, numbers[i], ROLE_FULLTIME, GRID_B01, "g");
    }
    small_rules_publish(&desk->rules, desk->ledger.world);
}

/* A case that has just come to the desk; its CaseRouted is the last record. */
static struct kase *routed(struct desk *desk, enum severity severity, uint32_t category)
{
    return ledger_case(&desk->ledger, severity, category, STATE_ASSIGNING);
}

static uint32_t decide(struct desk *desk)
{
    return speech_decide(&desk->ledger, &dispatch_ops, &desk->dispatch);
}

static const Sanji__Envelope *record(struct desk *desk, uint32_t i)
{
    return speech_record(&desk->ledger, OWNER_DISPATCH, i);
}

static uint32_t say(struct desk *desk, const struct kase *kase, enum statement_kind kind,
                    const char *worker, Sanji__StatementFields *fields)
{
    speech_say(&desk->ledger, kase, kind, (struct speaker){ROLE_FULLTIME, worker, ""},
               fields);
    return decide(desk);
}

static uint32_t refused_with(struct desk *desk)
{
    const Sanji__Envelope *envelope = record(desk, 0);
    assert_int_equal(envelope->body_case, SANJI__ENVELOPE__BODY_STATEMENT_REFUSED);
    return envelope->statement_refused->code;
}

static Sanji__StatementFields answer_to(const struct kase *kase)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.offer = kase->offer_seq;
    return fields;
}

/* ---- offers ---- */

static void the_best_is_offered_and_why_stands_in_the_event(void **state)
{
    struct desk *desk = *state;
    workers(desk, 3);
    world_worker(desk->ledger.world, 1)->open_min = 100;
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 1);
    const Sanji__DispatchOffered *offered = record(desk, 0)->dispatch_offered;
    assert_string_equal(offered->worker, "W00002");
    assert_int_equal(offered->attempt, 1);
    assert_int_equal(offered->n, 1);
    assert_int_equal(offered->effort_min, 30);
    assert_int_equal(offered->policy_version, 2);
    assert_int_equal(offered->n_considered, 3);
    assert_int_equal(offered->considered[0]->cost_permille, 350);
    assert_string_equal(offered->considered[2]->worker, "W00001");
    assert_int_equal(offered->considered[2]->cost_permille, 350 + 416);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->worker, 2);
    assert_int_equal(case_timer(kase, TIMER_ACK, 1)->state, TIMER_STATE_ARMED);
    assert_int_equal(decide(desk), 0); // its own offer asks for nothing
}

static void only_so_many_are_shown_as_the_policy_names(void **state)
{
    struct desk *desk = *state;
    desk->rules.policy.cost->considered_max = 2;
    workers(desk, 4);
    routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    assert_int_equal(record(desk, 0)->dispatch_offered->n_considered, 2);
}

static void nothing_is_offered_before_the_rules_are_whole(void **state)
{
    struct desk *desk = *state;
    struct world *bare = world_new();
    struct world *whole = desk->ledger.world;
    desk->ledger.world = bare;
    struct turn *turn = ledger_turn(&desk->ledger, OWNER_DISPATCH);
    struct record fact = {.seq = 1};
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    envelope.body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    dispatch_ops.decide(&desk->dispatch, turn, &fact, &envelope);
    assert_int_equal(turn_count(turn), 0);
    ledger_drop(&desk->ledger);
    desk->ledger.world = whole;
    world_free(&bare);
}

static void urgent_cases_never_wait_for_a_candidate(void **state)
{
    struct desk *desk = *state;
    workers(desk, 0);
    struct kase *kase = routed(desk, SEVERITY_S2, 2001);
    assert_int_equal(decide(desk), 1);
    const Sanji__DispatchExhausted *body = record(desk, 0)->dispatch_exhausted;
    assert_int_equal(body->cause, SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_NO_CANDIDATE);
    assert_true(kase->exhausted);
    assert_int_equal(decide(desk), 0); // said once
}

static void what_nobody_can_do_is_named(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "04002", SEVERITY_S2, "u");
    small_rules_worker(&desk->rules, "W00001", ROLE_VOLUNTEER, GRID_B01, "g");
    small_rules_publish(&desk->rules, desk->ledger.world);
    routed(desk, SEVERITY_S2, 4002);
    assert_int_equal(decide(desk), 1);
    assert_string_equal(record(desk, 0)->dispatch_exhausted->missing_skill, "u");
    assert_int_equal(record(desk, 0)->dispatch_exhausted->n_considered, 1);
}

static void ordinary_cases_wait_until_somebody_is_free(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    world_worker(desk->ledger.world, 1)->duty = SANJI__DUTY__DUTY_BREAK;
    struct kase *first = routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 0);
    struct kase *second = routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 0);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.duty = SANJI__DUTY__DUTY_ON;
    assert_int_equal(say(desk, NULL, SAY_DUTY, "W00001", &fields), 1);
    assert_int_equal(decide(desk), 2); // DutyChanged: both are looked at, oldest first
    assert_int_equal(first->state, STATE_DISPATCHED);
    assert_int_equal(second->state, STATE_DISPATCHED);
    assert_true(first->offer_seq < second->offer_seq);
}

static void more_than_a_turns_inputs_may_wait(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "04009", SEVERITY_S3, "u");
    small_rules_worker(&desk->rules, "W00001", ROLE_PROFESSIONAL, GRID_B01, "u")->shift_id =
        9;
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_publish(&desk->rules, desk->ledger.world);
    world_worker(desk->ledger.world, 2)->duty = SANJI__DUTY__DUTY_BREAK;
    for (int i = 0; i < 300; i++) {
        routed(desk, SEVERITY_S3, 4009); // nobody with the skill is on duty
    }
    struct kase *last = routed(desk, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.duty = SANJI__DUTY__DUTY_ON;
    say(desk, NULL, SAY_DUTY, "W00002", &fields);
    assert_int_equal(decide(desk), 1);
    assert_int_equal(last->state, STATE_DISPATCHED);
}

static void a_shift_that_begins_wakes_the_waiting(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00001", ROLE_FULLTIME, GRID_B01, "g")->shift_id = 1;
    small_rules_publish(&desk->rules, desk->ledger.world);
    assert_int_equal(dispatch_ops.next_wake_ms(&desk->dispatch), 0); // nobody waits
    desk->ledger.now_ms += 9 * (int64_t)HOUR_MS;                     // Friday 19:00
    dispatch_ops.ticked(&desk->dispatch, desk->ledger.now_ms);
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 0);
    int64_t wake_ms = 0;
    for (int i = 0; i < 10 && kase->state == STATE_ASSIGNING; i++) {
        wake_ms = dispatch_ops.next_wake_ms(&desk->dispatch);
        assert_true(wake_ms > desk->ledger.now_ms);
        desk->ledger.now_ms = wake_ms;
        struct turn *turn = ledger_turn(&desk->ledger, OWNER_DISPATCH);
        dispatch_ops.wake(&desk->dispatch, turn);
        if (turn_count(turn) > 0) {
            ledger_commit(&desk->ledger);
        } else {
            ledger_drop(&desk->ledger);
        }
    }
    int64_t monday_ms = 0;
    assert_int_equal(time_parse("2020-08-17T08:00:00+08:00", &monday_ms), STATUS_OK);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_true(wake_ms == monday_ms);
    assert_int_equal(record(desk, 0)->cause_seq, 0);
}

/* ---- answers ---- */

static void an_ack_names_its_offer_and_begins_the_work(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    struct kase *kase = routed(desk, SEVERITY_S2, 2001);
    decide(desk);
    desk->ledger.now_ms += 90 * 1000;
    Sanji__StatementFields fields = answer_to(kase);
    assert_int_equal(say(desk, kase, SAY_ACK, "W00001", &fields), 1);
    const Sanji__Envelope *acked = record(desk, 0);
    assert_int_equal(acked->dispatch_acked->took_s, 90);
    assert_int_equal(acked->dispatch_acked->offer, fields.offer);
    assert_int_equal(acked->actor->role, SANJI__ROLE__ROLE_FULLTIME);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_non_null(case_timer(kase, TIMER_ARRIVE, 0)); // S2
    assert_non_null(case_timer(kase, TIMER_PROGRESS, 0));
}

static void an_answer_to_another_offer_is_refused(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    Sanji__StatementFields fields = answer_to(kase);
    fields.offer--;
    say(desk, kase, SAY_ACK, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_STALE_OFFER);
    fields.offer++;
    say(desk, kase, SAY_ACK, "W00002", &fields);
    assert_int_equal(refused_with(desk), STATUS_WRONG_WORKER);
    assert_int_equal(kase->state, STATE_DISPATCHED);
}

static void who_declines_is_passed_over_and_the_next_is_asked(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    Sanji__StatementFields fields = answer_to(kase);
    fields.reason_code = 505;
    assert_int_equal(say(desk, kase, SAY_DECLINE, "W00001", &fields), 1);
    assert_int_equal(record(desk, 0)->dispatch_declined->reason_code, 505);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(decide(desk), 1);
    assert_string_equal(record(desk, 0)->dispatch_offered->worker, "W00002");
    assert_int_equal(record(desk, 0)->dispatch_offered->attempt, 2);
}

static void attempts_used_up_exhaust_the_desk(void **state)
{
    struct desk *desk = *state;
    workers(desk, 5); // three offers at a desk
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    speech_decide_on(&desk->ledger, &dispatch_ops, &desk->dispatch, TURNS);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(kase->attempts, attempt);
        ledger_decline(&desk->ledger, kase, 505);
        assert_int_equal(decide(desk), 1);
    }
    assert_int_equal(record(desk, 0)->dispatch_exhausted->cause,
                     SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_ATTEMPTS);
    assert_int_equal(record(desk, 0)->dispatch_exhausted->attempts, 3);
    assert_true(kase->exhausted);
}

static void a_third_refusal_for_overload_in_a_day_is_raised(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    for (int i = 0; i < 3; i++) {
        struct kase *kase = routed(desk, SEVERITY_S3, 3001);
        speech_decide_on(&desk->ledger, &dispatch_ops, &desk->dispatch, TURNS);
        assert_int_equal(kase->worker, 1);
        Sanji__StatementFields fields = answer_to(kase);
        fields.reason_code = 502;
        assert_int_equal(say(desk, kase, SAY_DECLINE, "W00001", &fields), i < 2 ? 1 : 2);
    }
    const Sanji__OverloadRaised *raised = record(desk, 1)->overload_raised;
    assert_string_equal(raised->worker, "W00001");
    assert_string_equal(raised->area, COMMUNITY_1);
    assert_int_equal(raised->role, SANJI__ROLE__ROLE_FULLTIME);
}

static void an_offer_that_nobody_answers_expires_in_one_append(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    const uint64_t offer_seq = kase->offer_seq;
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, 1), 3);
    assert_int_equal(record(desk, 0)->timer_fired->kind, SANJI__TIMER_KIND__TIMER_KIND_ACK);
    assert_true(record(desk, 1)->dispatch_expired->offer == offer_seq);
    assert_string_equal(record(desk, 1)->dispatch_expired->worker, "W00001");
    assert_string_equal(record(desk, 2)->dispatch_offered->worker, "W00002");
    assert_int_equal(kase->state, STATE_DISPATCHED);
}

static void the_last_attempt_that_expires_exhausts_the_desk_in_the_same_append(void **state)
{
    struct desk *desk = *state;
    desk->rules.policy.attempts[SEVERITY_S3 - 1]->offers_max = 1;
    workers(desk, 2);
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, 1), 3);
    assert_int_equal(record(desk, 2)->body_case, SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED);
    assert_true(kase->exhausted);
}

static struct kase *in_progress(struct desk *desk, enum severity severity,
                                uint32_t category)
{
    struct kase *kase = routed(desk, severity, category);
    speech_decide_on(&desk->ledger, &dispatch_ops, &desk->dispatch, TURNS);
    Sanji__StatementFields fields = answer_to(kase);
    say(desk, kase, SAY_ACK, "W00001", &fields);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    return kase;
}

static void arriving_stops_the_way_and_progress_begins_anew(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    struct kase *kase = in_progress(desk, SEVERITY_S2, 2001);
    const int64_t progress_ms = case_timer(kase, TIMER_PROGRESS, 0)->due_ms;
    desk->ledger.now_ms += 600 * 1000;
    assert_int_equal(say(desk, kase, SAY_ARRIVE, "W00001", NULL), 1);
    assert_int_equal(record(desk, 0)->arrival_reported->took_s, 600);
    assert_null(case_timer(kase, TIMER_ARRIVE, 0));
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.percent = 40;
    assert_int_equal(say(desk, kase, SAY_PROGRESS, "W00001", &fields), 1);
    assert_int_equal(record(desk, 0)->progress_reported->percent, 40);
    assert_true(case_timer(kase, TIMER_PROGRESS, 0)->due_ms > progress_ms);
}

static void resolving_needs_the_evidence_of_the_category(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "03005", SEVERITY_S3, "g")->evidence_min = 1;
    workers(desk, 1);
    struct kase *kase = in_progress(desk, SEVERITY_S3, 3005);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    say(desk, kase, SAY_RESOLVE, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_EVIDENCE);
    Sanji__Evidence evidence = SANJI__EVIDENCE__INIT;
    Sanji__Evidence *list[1] = {&evidence};
    evidence.ref = small_rules_text(&desk->rules, "photo/1");
    fields.n_evidence = 1;
    fields.evidence = list;
    fields.effort_min = 25;
    assert_int_equal(say(desk, kase, SAY_RESOLVE, "W00001", &fields), 1);
    assert_int_equal(record(desk, 0)->case_resolved->effort_min, 25);
    assert_int_equal(kase->state, STATE_RESOLVED);
    assert_int_equal(kase->resolver, 1);
    assert_int_equal(world_worker(desk->ledger.world, 1)->open_cases, 0);
}

static void a_late_arrival_or_silence_tells_the_grid_chief(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    struct kase *kase = in_progress(desk, SEVERITY_S2, 2001);
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ARRIVE, 0),
        1);
    const Sanji__TimerFired *fired = record(desk, 0)->timer_fired;
    assert_string_equal(fired->told[0]->worker, "W00001");
    assert_int_equal(fired->told[1]->role, SANJI__ROLE__ROLE_GRID_CHIEF);
    assert_string_equal(fired->told[1]->org, COMMUNITY_1);
    assert_int_equal(case_timer(kase, TIMER_ARRIVE, 0)->state, TIMER_STATE_FIRED);
    // Silence: first he himself is urged, the second time in a row his chief hears of it.
    for (size_t told = 1; told <= 2; told++) {
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_PROGRESS, 0);
        assert_int_equal(record(desk, 0)->timer_fired->n_told, told);
        assert_int_equal(case_timer(kase, TIMER_PROGRESS, 0)->state, TIMER_STATE_ARMED);
    }
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
}

/* ---- broadcast ---- */

static struct kase *broadcast(struct desk *desk)
{
    struct kase *kase = routed(desk, SEVERITY_S1, 10002);
    decide(desk);
    return kase;
}

static void set_up_broadcast(struct desk *desk, size_t count)
{
    small_rules_category(&desk->rules, "10002", SEVERITY_S1, "g");
    Sanji__Attempts *attempts = desk->rules.policy.attempts[SEVERITY_S1 - 1];
    attempts->broadcast = true;
    attempts->workers = 4;
    attempts->offers_max = 2;
    workers(desk, count);
}

static uint32_t say_ack(struct desk *desk, const struct kase *kase, const char *worker,
                        uint64_t offer)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.offer = offer;
    return say(desk, kase, SAY_ACK, worker, &fields);
}

static uint32_t open_min(struct desk *desk, uint32_t worker)
{
    return world_worker(desk->ledger.world, worker)->open_min;
}

static void an_s1_goes_to_the_best_four_and_the_first_to_ack_has_it(void **state)
{
    struct desk *desk = *state;
    set_up_broadcast(desk, 5);
    struct kase *kase = broadcast(desk);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->others_count, 3);
    assert_int_equal(kase->attempts, 1);
    for (uint32_t worker = 1; worker <= 4; worker++) {
        assert_non_null(case_timer(kase, TIMER_ACK, worker));
        assert_int_equal(open_min(desk, worker), 30); // all who are offered carry it
    }
    assert_true(record(desk, 1)->dispatch_offered->broadcast);
    assert_int_equal(record(desk, 3)->dispatch_offered->attempt, 1);
    const uint64_t third = kase->others[1].seq;
    const uint64_t second = kase->others[0].seq;
    say_ack(desk, kase, "W00002", third); // an answer names its own offer
    assert_int_equal(refused_with(desk), STATUS_WRONG_WORKER);
    assert_int_equal(say_ack(desk, kase, "W00003", third), 4);
    assert_string_equal(record(desk, 0)->dispatch_acked->worker, "W00003");
    for (uint32_t i = 1; i < 4; i++) {
        assert_int_equal(record(desk, i)->body_case,
                         SANJI__ENVELOPE__BODY_DISPATCH_RECALLED);
        assert_string_not_equal(record(desk, i)->dispatch_recalled->worker, "W00003");
    }
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_int_equal(kase->worker, 3);
    assert_int_equal(kase->others_count, 0);
    for (uint32_t worker = 1; worker <= 4; worker++) {
        assert_null(case_timer(kase, TIMER_ACK, worker));
        assert_int_equal(open_min(desk, worker), worker == 3 ? 30 : 0);
    }
    say_ack(desk, kase, "W00002", second);
    assert_int_equal(refused_with(desk), STATUS_STALE_OFFER);
}

static void the_last_of_several_who_declines_or_is_silent_moves_the_case(void **state)
{
    struct desk *desk = *state;
    set_up_broadcast(desk, 5);
    struct kase *kase = broadcast(desk);
    Sanji__StatementFields fields = answer_to(kase);
    fields.reason_code = 505;
    assert_int_equal(say(desk, kase, SAY_DECLINE, "W00001", &fields), 1);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->worker, 2);
    assert_int_equal(open_min(desk, 1), 0);
    assert_null(case_timer(kase, TIMER_ACK, 1));
    for (unsigned n = 2; n <= 3; n++) {
        assert_int_equal(
            speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, n),
            2);
        assert_int_equal(kase->state, STATE_DISPATCHED);
        assert_null(case_timer(kase, TIMER_ACK, n));
    }
    // The fourth: T12, and the second broadcast goes to who is left.
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, 4), 3);
    assert_int_equal(record(desk, 0)->timer_fired->n_told, 1);
    assert_string_equal(record(desk, 2)->dispatch_offered->worker, "W00005");
    assert_int_equal(kase->attempts, 2);
    assert_int_equal(kase->others_count, 0);
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, 5), 3);
    assert_int_equal(record(desk, 2)->dispatch_exhausted->cause,
                     SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_ATTEMPTS);
    assert_true(kase->exhausted);
}

static void an_s1_also_asks_next_door(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "10002", SEVERITY_S1, "g");
    small_rules_worker(&desk->rules, "W00001", ROLE_FULLTIME, GRID_B02, "g")->desk =
        small_rules_text(&desk->rules, COMMUNITY_2); // another desk's, a neighbouring grid
    small_rules_publish(&desk->rules, desk->ledger.world);
    struct kase *ordinary = routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 0);
    assert_int_equal(ordinary->state, STATE_ASSIGNING);
    assert_int_equal(broadcast(desk)->worker, 1);
}

/* ---- recall ---- */

static void a_desk_takes_a_case_back_and_offers_it_to_another(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    struct kase *kase = in_progress(desk, SEVERITY_S3, 3001);
    const uint64_t offer_seq = kase->offer_seq;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 504;
    speech_say(&desk->ledger, kase, SAY_RECALL,
               (struct speaker){ROLE_DISPATCHER, "", COMMITTEE_1}, &fields);
    assert_int_equal(decide(desk), 1);
    assert_true(record(desk, 0)->dispatch_recalled->offer == offer_seq);
    assert_string_equal(record(desk, 0)->dispatch_recalled->worker, "W00001");
    assert_int_equal(record(desk, 0)->actor->role, SANJI__ROLE__ROLE_DISPATCHER);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_int_equal(open_min(desk, 1), 0);
    assert_int_equal(decide(desk), 1);
    assert_string_equal(record(desk, 0)->dispatch_offered->worker, "W00002");
}

static void one_of_several_can_be_stood_down_by_name(void **state)
{
    struct desk *desk = *state;
    set_up_broadcast(desk, 4);
    struct kase *kase = broadcast(desk);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    const struct speaker leader = {ROLE_DUTY_LEADER, "", COMMUNITY_1};
    fields.reason_code = 504;
    fields.worker = small_rules_text(&desk->rules, "W00005");
    speech_say(&desk->ledger, kase, SAY_RECALL, leader, &fields);
    decide(desk);
    assert_int_equal(refused_with(desk), STATUS_WRONG_WORKER);
    fields.worker = small_rules_text(&desk->rules, "W00001");
    speech_say(&desk->ledger, kase, SAY_RECALL, leader, &fields);
    assert_int_equal(decide(desk), 1);
    assert_int_equal(kase->state, STATE_DISPATCHED);
    assert_int_equal(kase->worker, 2);
    fields.worker = small_rules_text(&desk->rules, "");
    speech_say(&desk->ledger, kase, SAY_RECALL, leader, &fields);
    assert_int_equal(decide(desk), 3);
    assert_int_equal(kase->state, STATE_ASSIGNING);
}

static void say_duty(struct desk *desk, const char *worker, Sanji__Duty duty)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.duty = duty;
    say(desk, NULL, SAY_DUTY, worker, &fields);
}

static void who_is_lost_or_on_leave_gives_back_all_he_has_s1_first(void **state)
{
    struct desk *desk = *state;
    set_up_broadcast(desk, 1);
    struct kase *ordinary = in_progress(desk, SEVERITY_S3, 3001);
    struct kase *offered = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    struct kase *urgent = in_progress(desk, SEVERITY_S1, 10002);
    say_duty(desk, "W00001", SANJI__DUTY__DUTY_BREAK);
    assert_int_equal(decide(desk), 0); // a break changes nothing
    say_duty(desk, "W00001", SANJI__DUTY__DUTY_LOST_CONTACT);
    assert_int_equal(decide(desk), 3);
    assert_string_equal(record(desk, 0)->category, "10002");
    assert_int_equal(record(desk, 0)->dispatch_recalled->reason_code, 501);
    assert_int_equal(urgent->state, STATE_ASSIGNING);
    assert_int_equal(ordinary->state, STATE_ASSIGNING);
    assert_int_equal(offered->state, STATE_ASSIGNING);
    assert_int_equal(urgent->tried_count, 0); // nobody is blamed
}

static void the_end_of_a_shift_takes_back_what_was_acked(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00001", ROLE_FULLTIME, GRID_B01, "g")->shift_id = 1;
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_publish(&desk->rules, desk->ledger.world);
    struct kase *first = in_progress(desk, SEVERITY_S3, 3001);
    world_worker(desk->ledger.world, 2)->duty = SANJI__DUTY__DUTY_BREAK;
    struct kase *second = in_progress(desk, SEVERITY_S3, 3001);
    world_worker(desk->ledger.world, 2)->duty = 0;
    desk->dispatch.retried_ms = desk->ledger.now_ms;
    desk->ledger.now_ms = dispatch_ops.next_wake_ms(&desk->dispatch);
    int64_t evening_ms = 0;
    assert_int_equal(time_parse("2020-08-14T18:00:00+08:00", &evening_ms), STATUS_OK);
    assert_true(desk->ledger.now_ms == evening_ms);
    struct turn *turn = ledger_turn(&desk->ledger, OWNER_DISPATCH);
    dispatch_ops.wake(&desk->dispatch, turn);
    // One record that he went off duty, then each case back and to the other.
    assert_int_equal(turn_count(turn), 5);
    ledger_commit(&desk->ledger);
    assert_true(record(desk, 0)->duty_changed->by_shift);
    assert_string_equal(record(desk, 0)->duty_changed->worker, "W00001");
    assert_int_equal(record(desk, 1)->body_case, SANJI__ENVELOPE__BODY_DISPATCH_RECALLED);
    assert_int_equal(record(desk, 2)->body_case, SANJI__ENVELOPE__BODY_DISPATCH_RECALLED);
    assert_int_equal(first->worker, 2);
    assert_int_equal(second->worker, 2);
    assert_true(first->recalled);
}

static void silence_of_one_who_is_gone_gives_the_case_to_another(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    struct kase *kase = in_progress(desk, SEVERITY_S2, 2001);
    speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_PROGRESS, 0);
    world_worker(desk->ledger.world, 1)->duty = SANJI__DUTY__DUTY_BREAK;
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_PROGRESS, 0),
        2);
    assert_int_equal(record(desk, 1)->body_case, SANJI__ENVELOPE__BODY_DISPATCH_RECALLED);
    assert_int_equal(kase->state, STATE_ASSIGNING);
}

/* ---- pairs ---- */

static struct kase *crowd(struct desk *desk)
{
    small_rules_category(&desk->rules, "05001", SEVERITY_S2, "p")->two_persons = true;
    small_rules_worker(&desk->rules, "W00001", ROLE_PROFESSIONAL, GRID_B01, "p");
    workers(desk, 0);
    struct kase *kase = routed(desk, SEVERITY_S2, 5001);
    decide(desk);
    return kase;
}

static void a_case_for_two_goes_to_one_who_can_and_one_who_comes_along(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&desk->rules, "W00003", ROLE_FULLTIME, GRID_B01, "g");
    struct kase *kase = crowd(desk);
    assert_int_equal(kase->worker, 1);
    assert_true(kase->pair);
    assert_int_equal(kase->others_count, 1);
    const uint64_t first = kase->offer_seq;
    const uint64_t second = kase->others[0].seq;
    assert_int_equal(say_ack(desk, kase, "W00002", second), 1);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_non_null(case_timer(kase, TIMER_ACK, 1)); // the other is waited for
    speech_say(&desk->ledger, kase, SAY_ACK,
               (struct speaker){ROLE_PROFESSIONAL, "W00001", ""},
               &(Sanji__StatementFields){
                   .base = PROTOBUF_C_MESSAGE_INIT(&sanji__statement_fields__descriptor),
                   .offer = first});
    assert_int_equal(decide(desk), 1);
    assert_int_equal(kase->worker, 2);
    assert_true(kase->others[0].acked);
    assert_null(case_timer(kase, TIMER_ACK, 1));
    assert_int_equal(open_min(desk, 1), 30);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    assert_int_equal(say(desk, kase, SAY_RESOLVE, "W00002", &fields), 1);
    assert_int_equal(open_min(desk, 1), 0);
}

static void a_second_who_does_not_come_is_told_to_the_chief(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    struct kase *kase = crowd(desk);
    say_ack(desk, kase, "W00002", kase->others[0].seq);
    assert_int_equal(
        speech_due(&desk->ledger, &dispatch_ops, &desk->dispatch, kase, TIMER_ACK, 1), 2);
    assert_int_equal(record(desk, 0)->timer_fired->told[0]->role,
                     SANJI__ROLE__ROLE_GRID_CHIEF);
    assert_int_equal(kase->state, STATE_IN_PROGRESS);
    assert_int_equal(kase->others_count, 0);
}

static void a_pair_without_the_one_who_acked_goes_back_whole(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    struct kase *kase = crowd(desk);
    say_ack(desk, kase, "W00002", kase->others[0].seq);
    assert_int_equal(kase->worker, 2);
    assert_int_equal(kase->others_count, 1); // the professional has not answered
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 504;
    fields.worker = small_rules_text(&desk->rules, "W00002");
    speech_say(&desk->ledger, kase, SAY_RECALL,
               (struct speaker){ROLE_DUTY_LEADER, "", COMMUNITY_1}, &fields);
    assert_int_equal(decide(desk), 2);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    assert_null(case_timer(kase, TIMER_ACK, 1)); // nobody is waited for
    assert_null(case_timer(kase, TIMER_ACK, 2));
}

static void nobody_goes_alone_where_two_must(void **state)
{
    struct desk *desk = *state;
    crowd(desk);
    const Sanji__DispatchExhausted *body = record(desk, 0)->dispatch_exhausted;
    assert_int_equal(body->considered[0]->reject, 1U << (FILTER_PAIR - 1));
}

static void a_case_is_not_resolved_while_assists_are_open(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    struct kase *kase = in_progress(desk, SEVERITY_S3, 3001);
    kase->assists_open = 1;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    say(desk, kase, SAY_RESOLVE, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_WRONG_STATE);
    kase->assists_open = 0;
    assert_int_equal(say(desk, kase, SAY_RESOLVE, "W00001", &fields), 1);
}

static void duty_is_said_by_oneself_or_by_a_desk(void **state)
{
    struct desk *desk = *state;
    workers(desk, 2);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.duty = SANJI__DUTY__DUTY_OFF;
    fields.worker = small_rules_text(&desk->rules, "W00002");
    say(desk, NULL, SAY_DUTY, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_WRONG_WORKER);
    speech_say(&desk->ledger, NULL, SAY_DUTY,
               (struct speaker){ROLE_DISPATCHER, "", COMMUNITY_1}, &fields);
    assert_int_equal(decide(desk), 1);
    assert_string_equal(record(desk, 0)->duty_changed->worker, "W00002");
    assert_false(world_on_duty(desk->ledger.world, 2, desk->ledger.now_ms));
    fields.worker = small_rules_text(&desk->rules, "W00099");
    speech_say(&desk->ledger, NULL, SAY_DUTY,
               (struct speaker){ROLE_DISPATCHER, "", COMMUNITY_1}, &fields);
    decide(desk);
    assert_int_equal(refused_with(desk), STATUS_NOT_FOUND);
}

/* ---- said by a desk ---- */

static const struct speaker desk_1 = {ROLE_DISPATCHER, "", COMMITTEE_1};

static void offer_to(struct desk *desk, const struct kase *kase, const char *worker)
{
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.worker = small_rules_text(&desk->rules, worker);
    speech_say(&desk->ledger, kase, SAY_OFFER, desk_1, &fields);
    decide(desk);
}

static void a_desk_offers_to_whom_it_names_if_he_passes_the_filters(void **state)
{
    struct desk *desk = *state;
    small_rules_worker(&desk->rules, "W00004", ROLE_FULLTIME, GRID_FAR, "g");
    workers(desk, 3);
    for (uint32_t worker = 1; worker <= 3; worker++) {
        world_worker(desk->ledger.world, worker)->duty = SANJI__DUTY__DUTY_BREAK;
    }
    struct kase *kase = routed(desk, SEVERITY_S3, 3001);
    decide(desk);
    assert_int_equal(kase->state, STATE_ASSIGNING);
    offer_to(desk, kase, "W00001");
    assert_int_equal(refused_with(desk), STATUS_FILTERED);
    assert_non_null(strstr(record(desk, 0)->statement_refused->reason, "不在岗"));
    assert_non_null(strstr(record(desk, 0)->statement_refused->reason, "DUTY"));
    offer_to(desk, kase, "W00004"); // another desk's
    assert_int_equal(refused_with(desk), STATUS_FILTERED);
    offer_to(desk, kase, "W00077");
    assert_int_equal(refused_with(desk), STATUS_NOT_FOUND);
    world_worker(desk->ledger.world, 1)->duty = SANJI__DUTY__DUTY_ON;
    world_worker(desk->ledger.world, 2)->duty = SANJI__DUTY__DUTY_ON;
    offer_to(desk, kase, "W00002");
    assert_string_equal(record(desk, 0)->dispatch_offered->worker, "W00002");
    assert_int_equal(record(desk, 0)->actor->role, SANJI__ROLE__ROLE_DISPATCHER);
    assert_int_equal(kase->worker, 2);
}

/* ---- who got free ---- */

static void who_gets_free_is_given_what_waits_at_his_desks_only(void **state)
{
    struct desk *desk = *state;
    small_rules_category(&desk->rules, "04009", SEVERITY_S3, "g")->effort_min = 360;
    small_rules_worker(&desk->rules, "W00004", ROLE_FULLTIME, GRID_OTHER, "g");
    workers(desk, 1);
    struct kase *busy = in_progress(desk, SEVERITY_S3, 4009);
    struct kase *waits = routed(desk, SEVERITY_S3, 4009);
    decide(desk);
    assert_int_equal(waits->state, STATE_ASSIGNING);
    say_duty(desk, "W00004", SANJI__DUTY__DUTY_ON);
    assert_int_equal(decide(desk), 0); // no help: his desk is another
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    say(desk, busy, SAY_RESOLVE, "W00001", &fields);
    assert_int_equal(decide(desk), 1);
    assert_int_equal(waits->worker, 1);
}

/* ---- overload ---- */

static void set_bands(struct desk *desk)
{
    Sanji__DispatchRules *more = arena_take(desk->rules.arena, sizeof *more);
    sanji__dispatch_rules__init(more);
    more->band_clear_permille = 700;
    more->lend_permille = 1200;
    more->lend_after_s = 7200;
    desk->rules.policy.dispatch = more;
}

/* Every case 30 minutes on one full-time worker of 240. */
static uint32_t load_one_more(struct desk *desk)
{
    routed(desk, SEVERITY_S3, 3001);
    assert_int_equal(decide(desk), 1);
    return decide(desk);
}

static void a_community_in_overload_is_told_once_a_band(void **state)
{
    struct desk *desk = *state;
    set_bands(desk);
    workers(desk, 1);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(load_one_more(desk), 0);
    }
    assert_int_equal(load_one_more(desk), 1); // 210 of 240: 875 permille
    const Sanji__OverloadRaised *raised = record(desk, 0)->overload_raised;
    assert_int_equal(raised->band, 1);
    assert_int_equal(raised->utilisation_permille, 875);
    assert_string_equal(raised->area, COMMUNITY_1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(load_one_more(desk), 0);
    }
    assert_int_equal(load_one_more(desk), 1); // 300: 1250
    assert_int_equal(record(desk, 0)->overload_raised->band, 2);
    const int64_t due_ms = overload_next_ms(desk->ledger.world);
    assert_true(due_ms == desk->ledger.now_ms + 2 * (int64_t)HOUR_MS);
    desk->ledger.now_ms = due_ms;
    struct turn *turn = ledger_turn(&desk->ledger, OWNER_DISPATCH);
    dispatch_ops.wake(&desk->dispatch, turn);
    assert_int_equal(turn_count(turn), 1);
    ledger_commit(&desk->ledger);
    raised = record(desk, 0)->overload_raised;
    assert_int_equal(raised->band, 3);
    assert_string_equal(raised->area, SUBDISTRICT);
    assert_string_equal(record(desk, 0)->area, COMMUNITY_1);
    assert_true(overload_next_ms(desk->ledger.world) == INT64_MAX);
}

static void a_community_that_breathes_again_is_told_too(void **state)
{
    struct desk *desk = *state;
    set_bands(desk);
    workers(desk, 1);
    struct kase *last = NULL;
    for (int i = 0; i < 7; i++) {
        last = routed(desk, SEVERITY_S3, 3001);
        speech_decide_on(&desk->ledger, &dispatch_ops, &desk->dispatch, TURNS);
    }
    assert_int_equal(world_totals(desk->ledger.world)
                         ->bands[workload_community(org_community(last->area))]
                         .band,
                     1);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.reason_code = 504;
    for (int i = 0; i < 2; i++) { // 180, then 150 of 240: below 700 permille
        world_worker(desk->ledger.world, 1)->open_min -= 30;
    }
    speech_say(&desk->ledger, last, SAY_RECALL, desk_1, &fields);
    decide(desk);
    decide(desk);
    assert_int_equal(record(desk, 0)->overload_raised->band, 0);
}

/* ---- the worker's day ---- */

static void patrols_count_and_the_work_log_knows_them(void **state)
{
    struct desk *desk = *state;
    workers(desk, 1);
    struct kase *kase = in_progress(desk, SEVERITY_S3, 3001);
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    say(desk, kase, SAY_RESOLVE, "W00001", &fields);
    fields = (Sanji__StatementFields)SANJI__STATEMENT_FIELDS__INIT;
    say(desk, NULL, SAY_COVERAGE, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_INVALID);
    fields.cells_planned = 10;
    fields.cells_visited = 8;
    fields.visits_done = 3;
    fields.patrol_min = 120;
    assert_int_equal(say(desk, NULL, SAY_COVERAGE, "W00001", &fields), 1);
    assert_int_equal(record(desk, 0)->coverage_reported->cells_visited, 8);
    const struct worker_state *worker = world_worker(desk->ledger.world, 1);
    assert_int_equal(worker->roll_min[0], 150);
    fields = (Sanji__StatementFields)SANJI__STATEMENT_FIELDS__INIT;
    assert_int_equal(say(desk, NULL, SAY_WORKLOG, "W00001", &fields), 1);
    const Sanji__WorkLogFiled *filed = record(desk, 0)->work_log_filed;
    assert_string_equal(filed->day, "2020-08-14");
    assert_int_equal(filed->cases_handled, 1);
    assert_int_equal(filed->visits, 3);
    assert_int_equal(filed->minutes, 150);
    assert_true(filed->prefilled);
    fields.cases_handled = 1;
    fields.visits_done = 5;
    fields.minutes = 400; // the rest is data entry: it counts as load
    say(desk, NULL, SAY_WORKLOG, "W00001", &fields);
    assert_false(record(desk, 0)->work_log_filed->prefilled);
    assert_int_equal(worker->roll_min[0], 400);
    fields.day = small_rules_text(&desk->rules, "2020-08-01");
    say(desk, NULL, SAY_WORKLOG, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_INVALID);
    fields.day = small_rules_text(&desk->rules, "14.8.2020");
    say(desk, NULL, SAY_WORKLOG, "W00001", &fields);
    assert_int_equal(refused_with(desk), STATUS_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_best_is_offered_and_why_stands_in_the_event),
        TEST(only_so_many_are_shown_as_the_policy_names),
        TEST(nothing_is_offered_before_the_rules_are_whole),
        TEST(urgent_cases_never_wait_for_a_candidate),
        TEST(what_nobody_can_do_is_named),
        TEST(ordinary_cases_wait_until_somebody_is_free),
        TEST(more_than_a_turns_inputs_may_wait),
        TEST(a_shift_that_begins_wakes_the_waiting),
        TEST(an_ack_names_its_offer_and_begins_the_work),
        TEST(an_answer_to_another_offer_is_refused),
        TEST(who_declines_is_passed_over_and_the_next_is_asked),
        TEST(attempts_used_up_exhaust_the_desk),
        TEST(a_third_refusal_for_overload_in_a_day_is_raised),
        TEST(an_offer_that_nobody_answers_expires_in_one_append),
        TEST(the_last_attempt_that_expires_exhausts_the_desk_in_the_same_append),
        TEST(arriving_stops_the_way_and_progress_begins_anew),
        TEST(resolving_needs_the_evidence_of_the_category),
        TEST(a_late_arrival_or_silence_tells_the_grid_chief),
        TEST(duty_is_said_by_oneself_or_by_a_desk),
        TEST(an_s1_goes_to_the_best_four_and_the_first_to_ack_has_it),
        TEST(the_last_of_several_who_declines_or_is_silent_moves_the_case),
        TEST(an_s1_also_asks_next_door),
        TEST(a_desk_takes_a_case_back_and_offers_it_to_another),
        TEST(one_of_several_can_be_stood_down_by_name),
        TEST(who_is_lost_or_on_leave_gives_back_all_he_has_s1_first),
        TEST(the_end_of_a_shift_takes_back_what_was_acked),
        TEST(silence_of_one_who_is_gone_gives_the_case_to_another),
        TEST(a_case_for_two_goes_to_one_who_can_and_one_who_comes_along),
        TEST(a_second_who_does_not_come_is_told_to_the_chief),
        TEST(a_pair_without_the_one_who_acked_goes_back_whole),
        TEST(nobody_goes_alone_where_two_must),
        TEST(a_case_is_not_resolved_while_assists_are_open),
        TEST(a_desk_offers_to_whom_it_names_if_he_passes_the_filters),
        TEST(who_gets_free_is_given_what_waits_at_his_desks_only),
        TEST(a_community_in_overload_is_told_once_a_band),
        TEST(a_community_that_breathes_again_is_told_too),
        TEST(patrols_count_and_the_work_log_knows_them),
    };
    return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
