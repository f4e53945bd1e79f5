/* test_schedules.c: orders of events that a random search rarely meets (design.md 9), each with
 * the rule that keeps it harmless, and where the log in memory can switch the rule off, with
 * the proof that the laws notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/codec.h"
#include "tests/sim/invariants.h"
#include "tests/sim/town.h"

enum {
#ifdef __SANITIZE_ADDRESS__
    SEEDS = 8,
#else
    SEEDS = 24,
#endif
    TEN_O_CLOCK_MIN = 10 * 60,
    STEPS_MAX = 200000,
    SOME_STEPS = 40,
    ACK_S3_MIN = 60
};

static char grid_b03[] = "370499.003.01.001.B03";

static void submit(struct town *town, size_t count, size_t *letter)
{
    static char system[] = "ehsy";
    static char ref[] = "t7-1";
    static char category[] = "03001";
    Sanji__Submission submissions[2];
    Sanji__Place place = SANJI__PLACE__INIT;
    place.grid = grid_b03;
    for (size_t i = 0; i < count; i++) {
        sanji__submission__init(&submissions[i]);
        submissions[i].source_system = system;
        submissions[i].source_ref = ref;
        submissions[i].source = SANJI__SOURCE__SOURCE_HANDHELD;
        submissions[i].category = category;
        submissions[i].place = &place;
    }
    *letter = town_submit(town, submissions, count);
    town_deliver(town, *letter);
}

static struct town *quiet_town(uint64_t seed)
{
    struct town *town = town_new(&(struct town_options){.seed = seed, .plan_seed = 1});
    assert_true(town_pass(town, TEN_O_CLOCK_MIN));
    return town;
}

static void some_steps(struct town *town, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!simlog_step(town_log(town))) {
            return;
        }
    }
}

static size_t violations(struct town *town)
{
    struct laws laws = {.count = 0};
    law_sequence(town_log(town), &laws);
    law_once(town_log(town), &laws);
    law_answers(town_log(town), &laws);
    law_versions(town_log(town), &laws);
    law_places(town_log(town), &laws);
    law_timers(town_log(town), &laws);
    return laws.count;
}

/* ---- driven time ---- */

static void compare_logs(const struct simlog *a, const struct simlog *b)
{
    assert_int_equal(simlog_head(a), simlog_head(b));
    for (uint64_t seq = 1; seq <= simlog_head(a); seq++) {
        // Keys and nonces are random, so the bytes of envelopes differ, and with them crc.
        struct record_header x = simlog_record(a, seq)->header;
        struct record_header y = simlog_record(b, seq)->header;
        x.crc = 0;
        y.crc = 0;
        uint8_t packed_x[RECORD_HEADER_SIZE];
        uint8_t packed_y[RECORD_HEADER_SIZE];
        record_header_pack(&x, packed_x);
        record_header_pack(&y, packed_y);
        if (memcmp(packed_x, packed_y, sizeof packed_x) != 0) {
            fail_msg("seq %llu: %s of case %llu, %s of case %llu", (unsigned long long)seq,
                     vocab_event_name(x.type), (unsigned long long)x.case_key,
                     vocab_event_name(y.type), (unsigned long long)y.case_key);
        }
    }
}

static void driven_time_writes_the_same_log_whatever_moves_first(void **state)
{
    (void)state;
    const struct town_options first = {
        .seed = 1, .plan_seed = 7, .cases = 12, .letters_in_order = true};
    struct town *town = town_new(&first);
    assert_true(town_play(town, 60));
    for (uint64_t seed = 2; seed < 8; seed++) {
        struct town_options options = first;
        options.seed = seed;
        struct town *other = town_new(&options);
        assert_true(town_play(other, 60));
        compare_logs(town_log(town), town_log(other));
        town_free(&other);
    }
    town_free(&town);
}

static void killed_runs_end_in_the_same_states(void **state)
{
    (void)state;
    const struct town_options calm = {.seed = 1, .plan_seed = 7, .cases = 12};
    struct town *town = town_new(&calm);
    assert_true(town_play(town, 60));
    for (uint64_t seed = 2; seed < 6; seed++) {
        struct town_options options = calm;
        options.seed = seed;
        options.kills_permille = 300;
        options.cuts_permille = 300;
        struct town *other = town_new(&options);
        assert_true(town_play(other, 60));
        assert_true(town_kills(other) > 0);
        for (uint32_t running = 1; running <= 12; running++) {
            for (uint32_t day = 20200817; day < 20200820; day++) {
                const uint64_t key = (uint64_t)day * 1000000 + running;
                const struct kase *a = world_case(town_world(town, TOWN_PEOPLE), key);
                const struct kase *b = world_case(town_world(other, TOWN_PEOPLE), key);
                assert_int_equal(a == NULL, b == NULL);
                assert_true(a == NULL || b == NULL || a->state == b->state);
            }
        }
        town_free(&other);
    }
    town_free(&town);
}

/* Returns the records of TimerFired that came late. */
static size_t late_timers(struct town *town)
{
    size_t late = 0;
    struct arena *arena = arena_new(1024 * 1024);
    for (uint64_t seq = 1; seq <= simlog_head(town_log(town)); seq++) {
        const struct record *record = simlog_record(town_log(town), seq);
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        if (record->header.type == EVENT_TIMER_FIRED) {
            assert_int_equal(codec_unpack(record->envelope, arena, &envelope), STATUS_OK);
            late += envelope->timer_fired->late_ms > 0 ? 1 : 0;
        }
    }
    arena_free(&arena);
    return late;
}

static size_t play_and_count_late(uint64_t seed, bool jumps_early)
{
    struct town *town =
        town_new(&(struct town_options){.seed = seed, .plan_seed = 3, .cases = 8});
    simlog_options(town_log(town))->jumps_early = jumps_early;
    (void)town_play(town, 10); // some may wait longer; what fired is what counts
    assert_true(town_count(town, EVENT_TIMER_FIRED) > 0);
    const size_t late = late_timers(town);
    town_free(&town);
    return late;
}

static void time_never_jumps_over_what_somebody_has_not_seen(void **state)
{
    (void)state;
    size_t late_when_early = 0;
    for (uint64_t seed = 1; seed < 6; seed++) {
        assert_int_equal(play_and_count_late(seed, false), 0);
        late_when_early += play_and_count_late(seed, true);
    }
    assert_true(late_when_early > 0); // the control: it is this rule that keeps it so
}

/* ---- the door ---- */

static void a_duplicate_inside_one_batch_then_a_crash_is_one_case(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t letter = 0;
        struct town *town = quiet_town(seed);
        submit(town, 2, &letter);
        some_steps(town, seed * 2 % SOME_STEPS);
        town_kill(town, TOWN_INTAKE);
        town_deliver(town, letter);
        assert_true(simlog_settle(town_log(town)));
        assert_int_equal(town_count(town, EVENT_CASE_RECEIVED), 1);
        const struct town_receipt *first = town_receipt(town, letter, 0);
        const struct town_receipt *second = town_receipt(town, letter, 1);
        assert_non_null(first);
        assert_int_equal(first->outcome, SANJI__OUTCOME__OUTCOME_STORED);
        assert_int_equal(second->outcome, SANJI__OUTCOME__OUTCOME_STORED);
        assert_true(second->duplicate);
        assert_string_equal(first->case_no, second->case_no);
        assert_int_equal(first->seq, town_newest(town, EVENT_CASE_RECEIVED));
        assert_int_equal(second->seq, first->seq);
        assert_int_equal(violations(town), 0);
        town_free(&town);
    }
}

/* One submission; intake's session ends after some steps. True: the laws hold. */
static bool survives_a_cut(uint64_t seed, bool overtakes)
{
    size_t letter = 0;
    struct town *town = quiet_town(seed);
    simlog_options(town_log(town))->hello_overtakes = overtakes;
    simlog_options(town_log(town))->no_fencing = overtakes;
    submit(town, 1, &letter);
    some_steps(town, seed % SOME_STEPS);
    town_cut(town, TOWN_INTAKE);
    const bool settled = simlog_settle(town_log(town));
    bool holds = settled && violations(town) == 0 &&
                 town_count(town, EVENT_CASE_RECEIVED) == 1 &&
                 town_receipt(town, letter, 0) != NULL;
    for (size_t i = 0; i < TOWN_PROCESSES; i++) {
        holds = holds && simlog_died(town_log(town), i) == STATUS_OK;
    }
    town_free(&town);
    return holds;
}

static void welcome_comes_after_what_the_old_session_had_sent(void **state)
{
    (void)state;
    size_t broken = 0;
    for (uint64_t seed = 1; seed <= 3 * SEEDS; seed++) {
        assert_true(survives_a_cut(seed, false));
        broken += survives_a_cut(seed, true) ? 0 : 1;
    }
    assert_true(broken > 0);
}

static void a_restarted_intake_admits_nothing_before_it_has_read_the_log(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t letter = 0;
        struct town *town = quiet_town(seed);
        submit(town, 1, &letter);
        assert_true(simlog_settle(town_log(town)));
        const uint64_t seq = town_newest(town, EVENT_CASE_RECEIVED);
        simlog_options(town_log(town))->message_records = 1; // it reads one by one
        for (int again = 0; again < 3; again++) {
            town_kill(town, TOWN_INTAKE);
            town_deliver(town, letter);
            assert_true(simlog_settle(town_log(town)));
        }
        assert_int_equal(town_count(town, EVENT_CASE_RECEIVED), 1);
        assert_int_equal(town_newest(town, EVENT_CASE_RECEIVED), seq);
        assert_int_equal(town_contradictions(town), 0);
        town_free(&town);
    }
}

/* ---- time and the log ---- */

static size_t say_ack(struct town *town, uint64_t offer)
{
    static char system[] = "ehsy";
    static char ref[] = "t7-2";
    char case_no[CASE_NO_SIZE];
    char worker[WORKER_SIZE];
    const struct record_header *header = &simlog_record(town_log(town), offer)->header;
    struct kase *kase = world_case(town_world(town, TOWN_PEOPLE), header->case_key);
    Sanji__Statement statement = SANJI__STATEMENT__INIT;
    Sanji__StatementFields fields = SANJI__STATEMENT_FIELDS__INIT;
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    statement.source_system = system;
    statement.source_ref = ref;
    statement.kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    statement.case_no = id_case_print(370499003, header->case_key, case_no);
    statement.actor = &actor;
    statement.fields = &fields;
    actor.role = (Sanji__Role)kase->offered_role;
    actor.worker = id_worker_print(header->worker, worker);
    fields.offer = offer;
    const size_t letter = town_say(town, &statement);
    town_deliver(town, letter);
    return letter;
}

/* An offer is acknowledged one second before its time is up; time goes on at once. True: the
 * acknowledgement counts. */
static bool tap_counts(uint64_t seed, bool overtakes)
{
    size_t letter = 0;
    struct town *town = quiet_town(seed);
    submit(town, 1, &letter);
    simlog_set_now(town_log(town), simlog_now_ms(town_log(town)));
    assert_true(simlog_settle(town_log(town)));
    const uint64_t offer = town_newest(town, EVENT_DISPATCH_OFFERED);
    assert_true(offer > 0);
    const int64_t due_ms = simlog_now_ms(town_log(town)) + ACK_S3_MIN * INT64_C(60000);
    simlog_set_now(town_log(town), due_ms - 1000);
    assert_true(simlog_settle(town_log(town)));
    assert_int_equal(town_newest(town, EVENT_DISPATCH_EXPIRED), 0);

    simlog_options(town_log(town))->tick_overtakes = overtakes;
    say_ack(town, offer);
    for (int i = 0; i < STEPS_MAX && town_newest(town, EVENT_SAID) == 0; i++) {
        assert_true(simlog_step(town_log(town)));
    }
    simlog_set_now(town_log(town), due_ms + 1000);
    assert_true(simlog_settle(town_log(town)));
    const bool counts = town_count(town, EVENT_DISPATCH_ACKED) == 1 &&
                        town_count(town, EVENT_DISPATCH_EXPIRED) == 0;
    assert_int_equal(violations(town), 0);
    town_free(&town);
    return counts;
}

static void a_tap_recorded_in_time_counts_though_it_is_read_late(void **state)
{
    (void)state;
    size_t lost = 0;
    for (uint64_t seed = 1; seed <= 3 * SEEDS; seed++) {
        assert_true(tap_counts(seed, false));
        lost += tap_counts(seed, true) ? 0 : 1;
    }
    assert_true(lost > 0);
}

/* ---- conflicts ---- */

static size_t violations_of_a_free_run(uint64_t seed, bool no_conflicts)
{
    struct town *town = town_new(&(struct town_options){
        .seed = seed, .cases = 10, .noise_permille = 100, .noise_letters = 150});
    simlog_options(town_log(town))->no_conflicts = no_conflicts;
    (void)town_play_freely(town, 2); // what stands in the log is what counts
    const size_t count = violations(town);
    town_free(&town);
    return count;
}

static void a_later_decision_refuses_who_has_not_read_it(void **state)
{
    (void)state;
    size_t broken = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        assert_int_equal(violations_of_a_free_run(seed, false), 0);
        broken += violations_of_a_free_run(seed, true);
    }
    assert_true(broken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driven_time_writes_the_same_log_whatever_moves_first),
        cmocka_unit_test(killed_runs_end_in_the_same_states),
        cmocka_unit_test(time_never_jumps_over_what_somebody_has_not_seen),
        cmocka_unit_test(a_duplicate_inside_one_batch_then_a_crash_is_one_case),
        cmocka_unit_test(welcome_comes_after_what_the_old_session_had_sent),
        cmocka_unit_test(a_restarted_intake_admits_nothing_before_it_has_read_the_log),
        cmocka_unit_test(a_tap_recorded_in_time_counts_though_it_is_read_late),
        cmocka_unit_test(a_later_decision_refuses_who_has_not_read_it),
    };
    return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
