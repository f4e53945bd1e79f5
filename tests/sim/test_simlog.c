/* test_simlog.c: small stages on the real lifecycle, many interleavings: what must hold at
 * every seed, and that it would not hold without the rules of the log. */
#include "tests/sim/simlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/toyline.h"

enum {
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};

/* ---- the tests ---- */

static void every_case_goes_down_the_line_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct toyline *s = toyline_open((struct simlog_options){.seed = seed}, 60, false);
        assert_true(simlog_settle(s->line.sim));
        assert_int_equal(toyline_count(s->line.sim, EVENT_CASE_RECEIVED), 60);
        assert_int_equal(toyline_count(s->line.sim, EVENT_CASE_ACCEPTED), 60);
        assert_int_equal(toyline_count(s->line.sim, EVENT_CASE_ROUTED), 60);
        assert_int_equal(toyline_count(s->line.sim, EVENT_DISPATCH_OFFERED), 60);
        toyline_check_sound(s->line.sim);
        toyline_close(s);
    }
}

static void timers_fire_when_time_passes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct toyline *s = toyline_open((struct simlog_options){.seed = seed}, 20, false);
        assert_true(simlog_settle(s->line.sim));
        for (unsigned i = 1; i <= 30; i++) {
            simlog_set_now(s->line.sim, toyline_start_ms() + (int64_t)i * 11 * MINUTE_MS);
            assert_true(simlog_settle(s->line.sim));
        }
        assert_true(toyline_count(s->line.sim, EVENT_DISPATCH_EXPIRED) >= 20 * 20);
        toyline_check_sound(s->line.sim);
        toyline_close(s);
    }
}

// Runs with sessions cut and processes killed at random moments.
static struct findings run_with_faults(struct simlog_options options, unsigned faults)
{
    struct toyline *s = toyline_open(options, 40, true);
    uint64_t random = options.seed * 77 + 5;
    s->line.acks_late = true;
    for (unsigned fault = 0; fault < faults; fault++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        for (uint64_t step = random >> 55; step > 0; step--) {
            (void)simlog_step(s->line.sim); // false: all is quiet until time moves
        }
        size_t victim = (random >> 20) % 3;
        if ((random >> 30 & 1) != 0) {
            simlog_cut(s->line.sim, victim);
        } else if (victim == s->line.intake) {
            toyline_restart_intake(s);
        } else {
            simlog_kill(s->line.sim, victim);
            simlog_start(s->line.sim, victim, NULL);
        }
        if (fault % 3 == 0) {
            simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + 7 * MINUTE_MS);
        }
    }
    assert_true(simlog_settle(s->line.sim));
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + MINUTE_MS);
    assert_true(simlog_settle(s->line.sim));
    struct findings findings = toyline_verify(s->line.sim);
    findings.died = (unsigned)simlog_counts(s->line.sim).deaths;
    if (!options.hello_overtakes) {
        assert_int_equal(findings.died, 0);
        assert_int_equal(toyline_count(s->line.sim, EVENT_CASE_RECEIVED), 40);
    }
    toyline_close(s);
    return findings;
}

static void nothing_is_lost_or_doubled_when_processes_die(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        struct findings findings = run_with_faults(
            (struct simlog_options){.seed = seed, .busy_permille = seed % 2 ? 100 : 0}, 60);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.unanswered, 0);
        assert_int_equal(findings.doubled, 0);
        assert_int_equal(findings.missing, 0);
    }
}

static void a_small_credit_stops_nobody(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct findings findings =
            run_with_faults((struct simlog_options){.seed = seed, .credit_records = 3}, 20);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.unanswered, 0);
    }
}

// Two stages want the same case at the same time: RESOLVE and ACK are due together.
static unsigned fight(struct simlog_options options, struct findings *findings)
{
    struct toyline *s = toyline_open(options, 30, false);
    assert_true(simlog_settle(s->line.sim));
    for (unsigned i = 1; i <= 4; i++) {
        simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + DAY_MS);
        assert_true(simlog_settle(s->line.sim));
    }
    unsigned conflicts = (unsigned)simlog_counts(s->line.sim).conflicts;
    *findings = toyline_verify(s->line.sim);
    toyline_close(s);
    return conflicts;
}

static void of_two_decisions_one_is_decided_again(void **state)
{
    (void)state;
    unsigned conflicts = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct findings findings;
        conflicts += fight((struct simlog_options){.seed = seed}, &findings);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.missing, 0);
    }
    assert_true(conflicts > 0);
}

static void without_the_conflict_check_the_log_would_be_wrong(void **state)
{
    (void)state;
    unsigned illegal = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct findings findings;
        fight((struct simlog_options){.seed = seed, .no_conflicts = true}, &findings);
        illegal += findings.illegal;
    }
    assert_true(illegal > 0);
}

// The batch number still keeps the log right, at the price of a process that must give up.
static void a_welcome_that_overtakes_an_append_does_harm(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct findings findings = run_with_faults(
            (struct simlog_options){
                .seed = seed, .hello_overtakes = true, .no_fencing = true},
            60);
        wrong += findings.illegal + findings.doubled + findings.died;
    }
    assert_true(wrong > 0);
}

static void the_older_of_two_processes_of_one_name_stops(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct toyline *s = toyline_open((struct simlog_options){.seed = seed}, 30, false);
        for (unsigned i = 0; i < 300; i++) {
            (void)simlog_step(s->line.sim);
        }
        size_t second = simlog_join(s->line.sim, &toyline_escalation, NULL);
        assert_true(simlog_settle(s->line.sim));
        for (unsigned i = 0; i < 4; i++) { // each has something to do
            simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + DAY_MS);
            assert_true(simlog_settle(s->line.sim));
        }
        assert_int_equal(simlog_died(s->line.sim, s->line.escalation), STATUS_FENCED);
        assert_int_equal(simlog_died(s->line.sim, second), STATUS_OK);
        assert_int_equal(toyline_count(s->line.sim, EVENT_CASE_ROUTED), 30);
        toyline_check_sound(s->line.sim);
        toyline_close(s);
    }
}

/* ---- driven time ---- */

static struct toyline *drive(uint64_t seed, int64_t ms, unsigned kills)
{
    struct toyline *s =
        toyline_open((struct simlog_options){.seed = seed, .driven = true}, 50, true);
    s->line.acks_late = true;
    assert_true(simlog_settle(s->line.sim));
    for (unsigned i = 0; i < kills; i++) {
        assert_true(
            simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + ms / (kills + 1)));
        simlog_kill(s->line.sim, s->line.dispatch);
        simlog_start(s->line.sim, s->line.dispatch, NULL);
    }
    assert_true(simlog_advance(s->line.sim, toyline_start_ms() + ms));
    return s;
}

static void driven_time_goes_from_due_time_to_due_time(void **state)
{
    (void)state;
    struct toyline *s = drive(1, 12 * HOUR_MS, 0);
    struct simlog *sim = s->line.sim;
    assert_int_equal(simlog_now_ms(sim), toyline_start_ms() + 12 * HOUR_MS);
    assert_int_equal(toyline_count(sim, EVENT_DISPATCH_ACKED), 50); // each in the end
    assert_true(toyline_count(sim, EVENT_DISPATCH_EXPIRED) > 5);
    assert_true(toyline_count(sim, EVENT_STATEMENT_REFUSED) > 5);
    toyline_check_sound(sim);
    // Nothing fires late: time waited for everybody.
    struct arena *arena = arena_new(1 << 20);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        assert_int_equal(codec_unpack(simlog_record(sim, seq)->envelope, arena, &envelope),
                         STATUS_OK);
        if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
            assert_int_equal(envelope->timer_fired->late_ms, 0);
        }
    }
    arena_free(&arena);
    toyline_close(s);
}

static void driven_time_gives_the_same_log_each_time(void **state)
{
    (void)state;
    // The cases are admitted before time is driven; what follows must not depend on who is
    // faster: other portions draw other numbers, and so other interleavings.
    struct toyline *first = drive(1, 6 * HOUR_MS, 0);
    for (uint64_t seed = 2; seed <= 6; seed++) {
        struct toyline *s =
            toyline_open((struct simlog_options){.seed = 1, .driven = true}, 50, true);
        s->line.acks_late = true;
        assert_true(simlog_settle(s->line.sim));
        uint64_t head = simlog_head(s->line.sim);
        simlog_options(s->line.sim)->message_records = (uint32_t)seed;
        assert_true(simlog_advance(s->line.sim, toyline_start_ms() + 6 * HOUR_MS));
        assert_int_equal(simlog_head(s->line.sim), simlog_head(first->line.sim));
        for (uint64_t seq = head + 1; seq <= simlog_head(s->line.sim); seq++) {
            const struct record *a = simlog_record(first->line.sim, seq);
            const struct record *b = simlog_record(s->line.sim, seq);
            assert_memory_equal(&a->header, &b->header, sizeof a->header);
            assert_int_equal(a->envelope.size, b->envelope.size);
            assert_memory_equal(a->envelope.data, b->envelope.data, a->envelope.size);
        }
        toyline_close(s);
    }
    toyline_close(first);
}

static void driven_time_waits_for_a_process_that_is_down(void **state)
{
    (void)state;
    struct toyline *s = drive(3, HOUR_MS, 0);
    simlog_kill(s->line.sim, s->line.dispatch);
    assert_false(simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + HOUR_MS));
    assert_string_equal(simlog_waiting_for(s->line.sim), "dispatch");
    simlog_start(s->line.sim, s->line.dispatch, NULL);
    assert_true(simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + HOUR_MS));
    toyline_check_sound(s->line.sim);
    toyline_close(s);
}

static void driven_time_survives_restarts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct toyline *s = drive(seed, 5 * HOUR_MS, 4);
        assert_int_equal(toyline_count(s->line.sim, EVENT_DISPATCH_ACKED), 50);
        toyline_check_sound(s->line.sim);
        toyline_close(s);
    }
}

static int64_t ack_due_ms(const Sanji__Envelope *offered)
{
    for (size_t i = 0; i < offered->n_timers; i++) {
        if (offered->timers[i]->kind == SANJI__TIMER_KIND__TIMER_KIND_ACK) {
            return offered->timers[i]->due_at_ms;
        }
    }
    return 0;
}

/* An offer of the log whose ack stands there before its time, and which expired. */
static unsigned count_unfair(struct simlog *sim)
{
    unsigned unfair = 0;
    struct arena *arena = arena_new(1 << 20);
    static int64_t acked_ms[1 << 16];
    static int64_t due_ms[1 << 16];
    memset(acked_ms, 0, sizeof acked_ms);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        assert_int_equal(codec_unpack(record->envelope, arena, &envelope), STATUS_OK);
        due_ms[seq] = ack_due_ms(envelope);
        if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
            acked_ms[envelope->said->fields->offer] = record->header.recorded_at_ms;
        } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED) {
            uint64_t offer_seq = envelope->dispatch_expired->offer;
            unfair += acked_ms[offer_seq] != 0 && acked_ms[offer_seq] < due_ms[offer_seq];
        }
    }
    arena_free(&arena);
    return unfair;
}

static unsigned race_ticks(uint64_t seed, bool tick_overtakes)
{
    struct toyline *s = toyline_open(
        (struct simlog_options){
            .seed = seed, .tick_overtakes = tick_overtakes, .message_records = 1},
        20, true);
    assert_true(simlog_settle(s->line.sim));
    // The taps come after half a minute; time runs on before everybody has read them.
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + MINUTE_MS);
    for (unsigned step = 0; step < 20 + 3 * seed; step++) {
        (void)simlog_step(s->line.sim);
    }
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + 9 * MINUTE_MS);
    assert_true(simlog_settle(s->line.sim));
    unsigned unfair = count_unfair(s->line.sim);
    toyline_check_sound(s->line.sim);
    toyline_close(s);
    return unfair;
}

static void a_tap_in_time_counts_although_it_is_read_late(void **state)
{
    (void)state;
    unsigned unfair_without = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        assert_int_equal(race_ticks(seed, false), 0);
        unfair_without += race_ticks(seed, true);
    }
    assert_true(unfair_without > 0); // the control: a tick that passes records
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_goes_down_the_line_once),
        cmocka_unit_test(timers_fire_when_time_passes),
        cmocka_unit_test(nothing_is_lost_or_doubled_when_processes_die),
        cmocka_unit_test(a_small_credit_stops_nobody),
        cmocka_unit_test(of_two_decisions_one_is_decided_again),
        cmocka_unit_test(without_the_conflict_check_the_log_would_be_wrong),
        cmocka_unit_test(a_welcome_that_overtakes_an_append_does_harm),
        cmocka_unit_test(the_older_of_two_processes_of_one_name_stops),
        cmocka_unit_test(driven_time_goes_from_due_time_to_due_time),
        cmocka_unit_test(driven_time_gives_the_same_log_each_time),
        cmocka_unit_test(driven_time_waits_for_a_process_that_is_down),
        cmocka_unit_test(driven_time_survives_restarts),
        cmocka_unit_test(a_tap_in_time_counts_although_it_is_read_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
