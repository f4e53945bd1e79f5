/* test_sim.c: all stages in one process, many seeds: what dies, when, and what comes twice.
 *
 *     SANJI_SIM_SEEDS   how many (16)      SANJI_SIM_SEED   only this one
 *     SANJI_SIM_STATS   says what a run was made of      SANJI_SIM_DUMP   prints its log
 *
 * A failure prints its seed; the same seed takes the same steps again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/invariants.h"
#include "tests/sim/town.h"

enum {
#ifdef __SANITIZE_ADDRESS__
    SEEDS = 2, // each step costs ten times as much
    Y_CASES = 40,
#else
    SEEDS = 16,
    Y_CASES = PLAN_Y_CASES,
#endif
    CASES = 14,
    DAYS_MAX = 60,
    NOISE_DAYS = 5,
    NOISE_LETTERS = 200
};

static const char demo_words[] = "a demo case";

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void hold_receipts(struct town *town, struct laws *laws)
{
    for (size_t i = 0; i < town_letters(town); i++) {
        const struct town_receipt *receipt = town_receipt(town, i, 0);
        if (receipt == NULL) {
            laws_say(laws, "letter %zu has no answer", i);
        } else if (receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED) {
            const struct law_receipt given = {.seq = receipt->seq,
                                              .case_no = receipt->case_no};
            law_receipts(town_log(town), &given, laws);
        }
    }
    if (town_contradictions(town) != 0) {
        laws_say(laws, "%zu letters were answered twice, and differently",
                 town_contradictions(town));
    }
}

static void hold_laws(struct town *town, struct laws *laws)
{
    const struct simlog *sim = town_log(town);
    law_sequence(sim, laws);
    law_once(sim, laws);
    law_answers(sim, laws);
    law_versions(sim, laws);
    law_places(sim, laws);
    law_timers(sim, laws);
    law_found(sim, laws);
    law_sealed(sim, demo_words, laws);
    for (unsigned process = 0; process < TOWN_PROCESSES; process++) {
        law_replay(sim, town_world(town, (enum town_process)process), laws);
    }
    hold_receipts(town, laws);
}

static void print_laws(uint64_t seed, const struct laws *laws)
{
    for (size_t i = 0; i < laws->count && i < LAWS_KEPT_MAX; i++) {
        print_error("seed %llu: %s\n", (unsigned long long)seed, laws->texts[i]);
    }
}

static void dump(struct town *town)
{
    const struct simlog *sim = town_log(town);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        print_error("%5llu %lld %-20s %-12s case %llu worker %u cause %llu writer %u\n",
                    (unsigned long long)seq, (long long)record->header.recorded_at_ms,
                    vocab_event_name(record->header.type),
                    record->header.state != 0 ? vocab_state_name(record->header.state)
                                              : "-",
                    (unsigned long long)record->header.case_key, record->header.worker,
                    (unsigned long long)record->header.cause_seq, record->header.writer);
    }
}

static void print_stats(uint64_t seed, struct town *town)
{
    const struct simlog_counts counts = simlog_counts(town_log(town));
    if (getenv("SANJI_SIM_STATS") != NULL) {
        print_message(
            "seed %llu: %llu records, %zu letters, %zu kills, %llu appends, "
            "%llu conflicts, %llu busy\n",
            (unsigned long long)seed, (unsigned long long)simlog_head(town_log(town)),
            town_letters(town), town_kills(town), (unsigned long long)counts.appends,
            (unsigned long long)counts.conflicts, (unsigned long long)counts.busy);
    }
}

typedef bool (*play_fn)(struct town *town, unsigned days);

static void run_seed(const struct town_options *options, play_fn play)
{
    struct laws laws = {.count = 0};
    struct town *town = town_new(options);
    if (!play(town, options->noise_permille != 0 ? NOISE_DAYS : DAYS_MAX)) {
        laws_say(&laws, "not every case is final; the advance waits for '%s'",
                 simlog_waiting_for(town_log(town)));
    }
    hold_laws(town, &laws);
    print_stats(options->seed, town);
    print_laws(options->seed, &laws);
    if (getenv("SANJI_SIM_DUMP") != NULL) {
        dump(town);
    }
    town_free(&town);
    if (laws.count != 0) {
        fail_msg("seed %llu: %zu violations; SANJI_SIM_SEED=%llu runs it alone",
                 (unsigned long long)options->seed, laws.count,
                 (unsigned long long)options->seed);
    }
}

static void run_seeds(struct town_options options, play_fn play)
{
    const uint64_t only = from_environment("SANJI_SIM_SEED", 0);
    const uint64_t seeds = from_environment("SANJI_SIM_SEEDS", SEEDS);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        options.seed = only != 0 ? only : seed;
        run_seed(&options, play);
        if (only != 0) {
            return;
        }
    }
}

static void undisturbed_every_case_of_y_mini_ends(void **state)
{
    (void)state;
    run_seed(&(struct town_options){.seed = 1, .cases = Y_CASES}, town_play);
}

static void the_laws_hold_whatever_dies_and_whatever_comes_twice(void **state)
{
    (void)state;
    run_seeds((struct town_options){.cases = CASES,
                                    .kills_permille = 300,
                                    .cuts_permille = 300,
                                    .twice_permille = 200,
                                    .busy_permille = 50},
              town_play);
}

static void stages_that_decide_beside_each_other_keep_the_laws(void **state)
{
    (void)state;
    run_seeds((struct town_options){.cases = CASES, .twice_permille = 100},
              town_play_freely);
}

static void nobody_dies_of_what_is_said(void **state)
{
    (void)state;
    run_seeds((struct town_options){.cases = CASES,
                                    .twice_permille = 100,
                                    .noise_permille = 150,
                                    .noise_letters = NOISE_LETTERS},
              town_play);
}

static void in_free_time_the_laws_hold_whatever_dies(void **state)
{
    (void)state;
    run_seeds((struct town_options){.cases = CASES,
                                    .kills_permille = 80,
                                    .cuts_permille = 300,
                                    .twice_permille = 200,
                                    .busy_permille = 50,
                                    .noise_permille = 30,
                                    .noise_letters = NOISE_LETTERS},
              town_play_freely);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed_every_case_of_y_mini_ends),
        cmocka_unit_test(the_laws_hold_whatever_dies_and_whatever_comes_twice),
        cmocka_unit_test(stages_that_decide_beside_each_other_keep_the_laws),
        cmocka_unit_test(nobody_dies_of_what_is_said),
        cmocka_unit_test(in_free_time_the_laws_hold_whatever_dies),
    };
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
