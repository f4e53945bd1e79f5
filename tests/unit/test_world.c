/* test_world.c: what every stage folds, and how tentative folds are taken back. */
#include "broker/runtime/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ledger.h"
#include "tests/sim/ruleset.h"

static int make(void **state)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    assert_non_null(ledger);
    ledger_open(ledger);
    *state = ledger;
    return 0;
}

static int unmake(void **state)
{
    ledger_close(*state);
    free(*state);
    return 0;
}

static uint32_t today(const struct ledger *ledger)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(RULESET_OFFSET_MIN, ledger->now_ms, &day, &minute, &weekday);
    return day;
}

/* ---- cases ---- */

static void a_case_is_found_by_its_key_and_stays_where_it_is(void **state)
{
    struct ledger *l = *state;
    struct kase *first = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    uint64_t key = first->key;
    for (unsigned i = 0; i < 1000; i++) {
        ledger_receive(l, "370499.003.01.001.B02", SEVERITY_S4, 4003);
    }
    assert_int_equal(world_case_count(l->world), 1001);
    assert_ptr_equal(world_case(l->world, key), first);
    assert_int_equal(first->key, key);
    assert_null(world_case(l->world, key + 5000));
    assert_null(world_case(l->world, 0));
    assert_int_equal(world_running(l->world, today(l)), 1001);
    assert_int_equal(world_running(l->world, 20200101), 0);
    assert_int_equal(world_place(l->world), RULESET_PLACE);
}

enum {
    FINAL_CASES = 300
};

static bool hold_same(void *context, struct kase *kase)
{
    const struct kase *held = context;
    const size_t at = id_case_running(kase->key) - 1;
    assert_memory_equal(kase, &held[at], sizeof *kase);
    return true;
}

static void final_cases_rest_and_come_back_as_they_were(void **state)
{
    struct ledger *l = *state;
    struct kase *held = calloc(FINAL_CASES, sizeof *held);
    assert_non_null(held);
    for (unsigned i = 0; i < FINAL_CASES; i++) {
        struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
        ledger_move(l, kase, T06);
        held[i] = *kase;
    }
    world_each_case(l->world, hold_same, held);
    world_each_in_state(l->world, STATE_REJECTED, hold_same, held);
    // Tentative folds wake some of them, and are undone; then one is changed for good.
    const uint64_t key = held[7].key;
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    for (unsigned i = 0; i < FINAL_CASES; i++) {
        struct kase *kase = world_case(l->world, held[i].key);
        Sanji__Envelope *envelope = turn_event(turn, kase, 0);
        envelope->body_case = SANJI__ENVELOPE__BODY_CASE_REOPENED;
        envelope->case_reopened =
            TURN_NEW(turn, Sanji__CaseReopened, sanji__case_reopened__init);
        turn_emit(turn,
                  &(struct emission){.kase = kase, .edge = T31, .envelope = envelope});
        assert_int_equal(kase->state, STATE_RECEIVED);
    }
    ledger_drop(l);
    world_each_case(l->world, hold_same, held);
    ledger_move(l, world_case(l->world, key), T31);
    held[7] = *world_case(l->world, key);
    assert_int_equal(held[7].state, STATE_RECEIVED);
    world_each_case(l->world, hold_same, held);
    struct world_due due;
    assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
    assert_int_equal(due.case_key, key);
    free(held);
}

struct walk {
    uint64_t keys[64];
    size_t count, stop_at;
    struct ledger *ledger;
};

static bool note(void *context, struct kase *kase)
{
    struct walk *walk = context;
    walk->keys[walk->count++] = kase->key;
    return walk->count != walk->stop_at;
}

static void cases_of_a_state_come_oldest_first(void **state)
{
    struct ledger *l = *state;
    struct kase *cases[5];
    for (unsigned i = 0; i < 5; i++) {
        cases[i] = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    }
    // They enter the state in another order than they came.
    ledger_move(l, cases[3], T05);
    ledger_move(l, cases[0], T05);
    ledger_move(l, cases[4], T05);
    struct walk walk = {.count = 0};
    world_each_in_state(l->world, STATE_ACCEPTED, note, &walk);
    assert_int_equal(walk.count, 3);
    assert_int_equal(walk.keys[0], cases[0]->key);
    assert_int_equal(walk.keys[1], cases[3]->key);
    assert_int_equal(walk.keys[2], cases[4]->key);
    walk = (struct walk){.stop_at = 1};
    world_each_in_state(l->world, STATE_RECEIVED, note, &walk);
    assert_int_equal(walk.count, 1);
    assert_int_equal(walk.keys[0], cases[1]->key);
    walk = (struct walk){.count = 0};
    world_each_case(l->world, note, &walk);
    assert_int_equal(walk.count, 5);
}

static bool note_and_move(void *context, struct kase *kase)
{
    struct walk *walk = context;
    walk->keys[walk->count++] = kase->key;
    ledger_move(walk->ledger, kase, T05);
    return true;
}

static void a_walk_goes_on_when_cases_move_under_it(void **state)
{
    struct ledger *l = *state;
    for (unsigned i = 0; i < 10; i++) {
        ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    }
    struct walk walk = {.ledger = l};
    world_each_in_state(l->world, STATE_RECEIVED, note_and_move, &walk);
    assert_int_equal(walk.count, 10);
    walk = (struct walk){.count = 0};
    world_each_in_state(l->world, STATE_RECEIVED, note, &walk);
    assert_int_equal(walk.count, 0);
}

static void a_record_that_cannot_stand_changes_nothing(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    struct kase before = *kase;
    struct worker_state worker = *world_worker(l->world, 2);
    // The same offer once more: the version does not follow.
    assert_int_equal(world_fold(l->world, &l->last_record, l->last), STATUS_INVALID);
    assert_memory_equal(kase, &before, sizeof before);
    assert_memory_equal(world_worker(l->world, 2), &worker, sizeof worker);
    // A record of a case nobody knows, which is not its first.
    struct record stray = l->last_record;
    stray.header.case_key = kase->key + 100;
    assert_int_equal(world_fold(l->world, &stray, l->last), STATUS_INVALID);
    assert_null(world_case(l->world, kase->key + 100));
    assert_int_equal(world_case_count(l->world), 1);
}

static void a_type_of_a_newer_version_is_not_applied(void **state)
{
    struct ledger *l = *state;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    struct record record = {.seq = 1, .header = {.type = 200}};
    assert_int_equal(world_fold(l->world, &record, &envelope), STATUS_OK);
    record.header.type = EVENT_DUTY_CHANGED; // header and envelope disagree
    envelope.body_case = SANJI__ENVELOPE__BODY_SAID;
    assert_int_equal(world_fold(l->world, &record, &envelope), STATUS_INVALID);
}

static void the_case_before_the_fold_is_kept(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S3, 3001);
    assert_null(world_before(l->world));
    ledger_move(l, kase, T05);
    assert_non_null(world_before(l->world));
    assert_int_equal(world_before(l->world)->state, STATE_RECEIVED);
    assert_int_equal(kase->state, STATE_ACCEPTED);
}

/* ---- workers ---- */

static void check_load(struct ledger *l, uint32_t worker, uint32_t cases, uint32_t minutes)
{
    const struct worker_state *found = world_worker(l->world, worker);
    assert_int_equal(found->worker, worker);
    assert_int_equal(found->open_cases, cases);
    assert_int_equal(found->open_min, minutes);
}

static void an_offer_is_load_until_the_assignment_ends(void **state)
{
    static const enum transition ends[] = {T11, T12, T13, T15};
    struct ledger *l = *state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_ASSIGNING);
        ledger_offer(l, kase, 2, 45);
        check_load(l, 2, 1, 45);
        assert_int_equal(world_worker(l->world, 2)->last_assigned_ms, l->now_ms);
        ledger_move(l, kase, ends[i]);
        check_load(l, 2, 0, 0);
    }

    static const enum transition later[] = {T13, T15, T16, T19, T26, T28, T30};

    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (later[i] == T28) {
            continue; // needs its parent named
        }
        struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
        check_load(l, 2, 1, 30);
        ledger_move(l, kase, later[i]);
        check_load(l, 2, 0, 0);
    }
}

static void two_cases_add_up(void **state)
{
    struct ledger *l = *state;
    struct kase *a = ledger_case(l, SEVERITY_S3, 3001, STATE_ASSIGNING);
    struct kase *b = ledger_case(l, SEVERITY_S3, 3001, STATE_ASSIGNING);
    ledger_offer(l, a, 2, 45);
    ledger_offer(l, b, 2, 25);
    check_load(l, 2, 2, 70);
    ledger_move(l, a, T10);
    check_load(l, 2, 2, 70);
    ledger_move(l, b, T11);
    check_load(l, 2, 1, 45);
    check_load(l, 1, 0, 0);
}

static void resolve(struct ledger *l, struct kase *kase, uint32_t effort_min)
{
    struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
    Sanji__CaseResolved *body =
        TURN_NEW(turn, Sanji__CaseResolved, sanji__case_resolved__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    body->worker = envelope->worker;
    body->resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    body->effort_min = effort_min;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RESOLVED;
    envelope->case_resolved = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T19, .envelope = envelope});
    ledger_commit(l);
}

static uint32_t roll(struct ledger *l)
{
    return world_roll_min(l->world, world_worker(l->world, 2), today(l));
}

static void minutes_roll_over_seven_days(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
    assert_int_equal(roll(l), 0); // offered is not assigned
    ledger_move(l, kase, T10);
    assert_int_equal(roll(l), 30);
    resolve(l, kase, 50);
    assert_int_equal(roll(l), 50); // the report sets the estimate right
    l->now_ms += 3 * TIME_DAY_MS;
    kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    assert_int_equal(roll(l), 80);
    resolve(l, kase, 0);
    assert_int_equal(roll(l), 80);
    l->now_ms += 3 * TIME_DAY_MS;
    assert_int_equal(roll(l), 80); // the seventh day
    l->now_ms += TIME_DAY_MS;
    assert_int_equal(roll(l), 30);
    l->now_ms += 3 * TIME_DAY_MS;
    assert_int_equal(roll(l), 0);
}

static void declines_for_overload_count_by_day(void **state)
{
    struct ledger *l = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED);
        ledger_decline(l, kase, i == 1 ? 503 : 502);
    }
    assert_int_equal(world_worker(l->world, 2)->declines_today, 2);
    l->now_ms += TIME_DAY_MS;
    ledger_decline(l, ledger_case(l, SEVERITY_S3, 3001, STATE_DISPATCHED), 502);
    assert_int_equal(world_worker(l->world, 2)->declines_today, 1);
    assert_int_equal(world_worker(l->world, 2)->declines_day, today(l));
}

static void change_duty(struct ledger *l, uint32_t worker, Sanji__Duty duty, bool by_shift)
{
    struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
    Sanji__DutyChanged *body =
        TURN_NEW(turn, Sanji__DutyChanged, sanji__duty_changed__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    turn_set_worker(turn, envelope, worker);
    body->worker = envelope->worker;
    body->duty = duty;
    body->by_shift = by_shift;
    envelope->body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    envelope->duty_changed = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
    ledger_commit(l);
}

static void a_statement_about_duty_outdoes_the_shift(void **state)
{
    struct ledger *l = *state; // Friday 10:00: shift 1 is on, shift 2 is off
    assert_true(world_on_duty(l->world, 1, l->now_ms));
    assert_false(world_on_duty(l->world, 3, l->now_ms));
    assert_false(world_on_duty(l->world, 77, l->now_ms)); // not in the roster
    change_duty(l, 1, SANJI__DUTY__DUTY_LOST_CONTACT, false);
    change_duty(l, 3, SANJI__DUTY__DUTY_ON, false);
    assert_false(world_on_duty(l->world, 1, l->now_ms));
    assert_true(world_on_duty(l->world, 3, l->now_ms));
    change_duty(l, 1, SANJI__DUTY__DUTY_ON, true);
    assert_true(world_on_duty(l->world, 1, l->now_ms));
    assert_false(world_on_duty(l->world, 1, l->now_ms + TIME_DAY_MS)); // Saturday
}

/* ---- timers ---- */

static void the_next_timer_is_the_earliest_of_its_owner(void **state)
{
    struct ledger *l = *state;
    struct world_due due;
    assert_false(world_next_due(l->world, OWNER_INTAKE, &due));
    struct kase *slow = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S4, 4003);
    struct kase *fast = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S1, 2003);
    assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
    assert_int_equal(due.case_key, fast->key);
    assert_int_equal(due.kind, TIMER_ACCEPT);
    assert_int_equal(due.due_ms, l->now_ms + 180 * 1000);
    assert_false(world_next_due(l->world, OWNER_ESCALATION, &due));
    ledger_move(l, fast, T05); // its ACCEPT is over
    assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
    assert_true(due.case_key == fast->key || due.case_key == slow->key);
    assert_true(world_next_due(l->world, OWNER_ESCALATION, &due));
    assert_int_equal(due.case_key, fast->key);
    assert_int_equal(due.kind, TIMER_DISPATCH);
}

static void timers_due_together_go_by_case(void **state)
{
    struct ledger *l = *state;
    struct kase *cases[3];
    for (unsigned i = 0; i < 3; i++) {
        cases[i] = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S1, 2003);
    }
    struct world_due due;
    world_save_begin(l->world);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
        assert_int_equal(due.case_key, cases[i]->key);
        world_take_due(l->world, OWNER_INTAKE);
    }
    assert_false(world_next_due(l->world, OWNER_INTAKE, &due));
    world_undo(l->world); // what was taken is back
    assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
    assert_int_equal(due.case_key, cases[0]->key);
}

static void a_timer_ended_tentatively_is_due_again_after_the_undo(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_receive(l, "370499.003.01.001.B01", SEVERITY_S1, 2003);
    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    turn_timer_fired(turn, kase, case_timer(kase, TIMER_ACCEPT, 0), NULL, 0, false);
    struct world_due due;
    assert_false(world_next_due(l->world, OWNER_INTAKE, &due)); // drops the stale entry
    ledger_drop(l);
    assert_true(world_next_due(l->world, OWNER_INTAKE, &due));
    assert_int_equal(due.kind, TIMER_ACCEPT);
}

static void many_rearmed_timers_do_not_pile_up(void **state)
{
    struct ledger *l = *state;
    struct kase *kase = ledger_case(l, SEVERITY_S3, 3001, STATE_IN_PROGRESS);
    for (unsigned i = 0; i < 5000; i++) {
        l->now_ms += 1000;
        struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
        Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
        envelope->progress_reported =
            TURN_NEW(turn, Sanji__ProgressReported, sanji__progress_reported__init);
        envelope->body_case = SANJI__ENVELOPE__BODY_PROGRESS_REPORTED;
        assert_true(turn_arm(turn, envelope, TIMER_PROGRESS, 0, 0));
        turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
        ledger_commit(l);
    }
    struct world_due due;
    assert_true(world_next_due(l->world, OWNER_DISPATCH, &due));
    assert_int_equal(due.due_ms, case_timer(kase, TIMER_PROGRESS, 0)->due_ms);
}

/* ---- undo ---- */

/* Everything that a stage can see of a world. */
struct image {
    struct kase *cases;
    size_t count;
    struct worker_state workers[8];
    uint32_t running;
    struct walk states[STATE_COUNT];
    struct world_due due[OWNER_BY_KIND];
};

static bool copy_case(void *context, struct kase *kase)
{
    struct image *image = context;
    image->cases[image->count++] = *kase;
    return true;
}

static struct image *take_image(struct ledger *l)
{
    struct image *image = calloc(1, sizeof *image);
    assert_non_null(image);
    image->cases = calloc(world_case_count(l->world) + 1, sizeof *image->cases);
    assert_non_null(image->cases);
    world_each_case(l->world, copy_case, image);
    for (uint32_t worker = 1; worker < 8; worker++) {
        image->workers[worker] = *world_worker(l->world, worker);
    }
    image->running = world_running(l->world, today(l));
    for (unsigned s = 0; s < STATE_COUNT; s++) {
        world_each_in_state(l->world, (enum case_state)s, note, &image->states[s]);
    }
    for (unsigned owner = 1; owner < OWNER_BY_KIND; owner++) {
        struct world_due due = {0};
        if (world_next_due(l->world, (enum owner)owner, &due)) {
            image->due[owner].due_ms = due.due_ms;
            image->due[owner].case_key = due.case_key;
            image->due[owner].kind = due.kind;
            image->due[owner].n = due.n;
        }
    }
    return image;
}

static void check_same(struct image *a, struct image *b)
{
    assert_int_equal(a->count, b->count);
    if (a->count > 0) {
        assert_memory_equal(a->cases, b->cases, a->count * sizeof *a->cases);
    }
    assert_memory_equal(a->workers, b->workers, sizeof a->workers);
    assert_int_equal(a->running, b->running);
    assert_memory_equal(a->states, b->states, sizeof a->states);
    assert_memory_equal(a->due, b->due, sizeof a->due);
    free(a->cases);
    free(b->cases);
    free(a);
    free(b);
}

static void an_undo_leaves_no_trace(void **state)
{
    struct ledger *l = *state;
    struct kase *old[6];
    for (unsigned i = 0; i < 6; i++) {
        old[i] = ledger_case(l, SEVERITY_S3, 3001,
                             i % 2 == 0 ? STATE_ASSIGNING : STATE_DISPATCHED);
    }
    struct image *before = take_image(l);

    struct turn *turn = ledger_turn(l, OWNER_INTAKE);
    for (unsigned i = 0; i < 200; i++) { // new cases, past a growth of the table
        ledger_emit_received(l, turn, ledger_next_key(l), "370499.003.01.001.B01",
                             SEVERITY_S1, 2003);
    }
    for (unsigned i = 0; i < 6; i++) {
        Sanji__Envelope *envelope = turn_event(turn, old[i], 0);
        envelope->case_cancelled =
            TURN_NEW(turn, Sanji__CaseCancelled, sanji__case_cancelled__init);
        envelope->body_case = SANJI__ENVELOPE__BODY_CASE_CANCELLED;
        turn_set_worker(turn, envelope, 0);
        turn_emit(turn,
                  &(struct emission){.kase = old[i], .edge = T30, .envelope = envelope});
    }
    assert_int_equal(world_worker(l->world, 2)->open_cases, 0);
    assert_int_equal(world_case_count(l->world), 206);
    ledger_drop(l);

    check_same(before, take_image(l));
    // And the log goes on from there.
    ledger_offer(l, old[0], 2, 30);
    assert_int_equal(world_worker(l->world, 2)->open_cases, 4);
    assert_int_equal(world_running(l->world, today(l)), 6);
}

static void a_commit_after_an_undo_is_the_same_as_without(void **state)
{
    struct ledger *tried = *state;
    struct ledger plain;
    ledger_open(&plain);
    struct ledger *both[2] = {tried, &plain};
    struct image *images[2];
    for (unsigned i = 0; i < 2; i++) {
        struct ledger *l = both[i];
        struct kase *kase = ledger_case(l, SEVERITY_S2, 2001, STATE_ASSIGNING);
        if (i == 0) { // a turn that was refused
            struct turn *turn = ledger_turn(l, OWNER_DISPATCH);
            Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
            envelope->dispatch_offered =
                TURN_NEW(turn, Sanji__DispatchOffered, sanji__dispatch_offered__init);
            envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
            turn_set_worker(turn, envelope, 4);
            turn_emit(turn,
                      &(struct emission){.kase = kase, .edge = T09, .envelope = envelope});
            ledger_drop(l);
        }
        ledger_offer(l, kase, 2, 30);
        images[i] = take_image(l);
    }
    check_same(images[0], images[1]);
    ledger_close(&plain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(a_case_is_found_by_its_key_and_stays_where_it_is),
        TEST(final_cases_rest_and_come_back_as_they_were),
        TEST(cases_of_a_state_come_oldest_first),
        TEST(a_walk_goes_on_when_cases_move_under_it),
        TEST(a_record_that_cannot_stand_changes_nothing),
        TEST(a_type_of_a_newer_version_is_not_applied),
        TEST(the_case_before_the_fold_is_kept),
        TEST(an_offer_is_load_until_the_assignment_ends),
        TEST(two_cases_add_up),
        TEST(minutes_roll_over_seven_days),
        TEST(declines_for_overload_count_by_day),
        TEST(a_statement_about_duty_outdoes_the_shift),
        TEST(the_next_timer_is_the_earliest_of_its_owner),
        TEST(timers_due_together_go_by_case),
        TEST(a_timer_ended_tentatively_is_due_again_after_the_undo),
        TEST(many_rearmed_timers_do_not_pile_up),
        TEST(an_undo_leaves_no_trace),
        TEST(a_commit_after_an_undo_is_the_same_as_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
