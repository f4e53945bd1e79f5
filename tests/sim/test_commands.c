/* test_commands.c: random statements by the thousand against the whole line, every law held
 * after every record (domain.md 10).
 *
 *     test_commands [--statements N] [--seed N]      SANJI_STATEMENTS, SANJI_SEED
 *     test_commands --log DIR      holds the laws on the log of a system played in driven time
 *     test_commands --log-late DIR   the same with a quantum: timers may fire late, and say so
 *     SANJI_SIM_STATS=1    says what the run was made of
 *     SANJI_SIM_DUMP=1     prints the log of every round
 *
 * A run is a row of rounds; a round is one town of its own from one seed, ROUND statements
 * long, so memory does not grow, and a run of a million goes on where it stopped: seed N
 * ends with round N + N/ROUND - 1. What fails prints the one command that repeats its round.
 *
 *     voice (tests/sim/voice.h) -> letters of many statements -> driven time, faults ->
 *     watch (tests/sim/watch.h): every record, as it comes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/round.h"
#include "tests/sim/watch_store.h"

enum {
#ifdef __SANITIZE_ADDRESS__
    STATEMENTS = 6000, // each step costs ten times as much
#else
    STATEMENTS = 50000,
#endif
    ROUND = 3000,
    CODES = 64
};

static struct {
    uint64_t statements, seed;
    const char *log; /* NULL: random statements */
    bool late;       /* timers may fire late */
} asked;

static struct {
    uint64_t statements, records, cases, kills, conflicts;
    uint64_t applied[SAY_COUNT], refused[SAY_COUNT], taken[33];
    uint64_t refused_with[SAY_COUNT][CODES];
    uint64_t said, not_yet, foreign, personal;
} total;

static void count_in(struct round *round)
{
    total.statements += round->posted;
    total.foreign += round->foreign;
    total.personal += round->personal;
    total.records += simlog_head(town_log(round->town));
    total.cases += model_case_count(watch_model(round->watch));
    total.kills += town_kills(round->town);
    total.conflicts += simlog_counts(town_log(round->town)).conflicts;
    total.said += watch_counts(round->watch).said;
    total.not_yet += watch_counts(round->watch).not_yet;
    for (unsigned kind = 0; kind < SAY_COUNT; kind++) {
        total.applied[kind] += watch_applied(round->watch, kind);
        total.refused[kind] += watch_refused(round->watch, kind);
        for (unsigned code = 0; code < CODES; code++) {
            total.refused_with[kind][code] += watch_refused_with(round->watch, kind, code);
        }
    }
    for (unsigned id = 1; id < 33; id++) {
        total.taken[id] += model_taken(watch_model(round->watch))[id];
    }
}

static void dump(const struct simlog *sim)
{
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record_header *header = &simlog_record(sim, seq)->header;
        print_error("%6llu %lld %-20s %-12s case %llu worker %u cause %llu writer %u\n",
                    (unsigned long long)seq, (long long)header->recorded_at_ms,
                    vocab_event_name(header->type),
                    header->state != 0 ? vocab_state_name(header->state) : "-",
                    (unsigned long long)header->case_key, header->worker,
                    (unsigned long long)header->cause_seq, header->writer);
    }
}

static void say_how_to_repeat(const struct round *round)
{
    for (size_t i = 0; i < round->laws.count && i < LAWS_KEPT_MAX; i++) {
        print_error("seed %llu: %s\n", (unsigned long long)round->seed,
                    round->laws.texts[i]);
    }
    print_error("again: test_commands --seed %llu --statements %d\n",
                (unsigned long long)round->seed, ROUND);
}

static size_t play_round(uint64_t seed)
{
    static struct round round;
    round_open(&round, seed);
    if (round_play(&round, ROUND)) {
        round_hold(&round);
    }
    if (round.laws.count != 0) {
        say_how_to_repeat(&round);
    }
    if (getenv("SANJI_SIM_DUMP") != NULL) {
        dump(town_log(round.town));
    }
    count_in(&round);
    round_close(&round);
    return round.laws.count;
}

/* ---- what is said about the run ---- */

static void print_stats(void)
{
    print_message("%llu statements, %llu records, %llu cases, %llu kills, %llu conflicts, "
                  "%llu of no case, %llu with personal data, %llu not yet built\n",
                  (unsigned long long)total.statements, (unsigned long long)total.records,
                  (unsigned long long)total.cases, (unsigned long long)total.kills,
                  (unsigned long long)total.conflicts, (unsigned long long)total.foreign,
                  (unsigned long long)total.personal, (unsigned long long)total.not_yet);
    for (unsigned kind = 1; kind < SAY_COUNT; kind++) {
        if (statement_rule(kind) == NULL) {
            continue;
        }
        print_message("  %-16s applied %7llu refused %7llu:", vocab_statement_name(kind),
                      (unsigned long long)total.applied[kind],
                      (unsigned long long)total.refused[kind]);
        for (unsigned code = 0; code < CODES; code++) {
            if (total.refused_with[kind][code] != 0) {
                print_message(" %s %llu", status_name((enum status)code),
                              (unsigned long long)total.refused_with[kind][code]);
            }
        }
        print_message("\n");
    }
    for (unsigned id = 1; id < 33; id++) {
        print_message("  T%02u %llu\n", id, (unsigned long long)total.taken[id]);
    }
}

static void random_statements_keep_every_law_at_every_record(void **state)
{
    (void)state;
    const uint64_t rounds = (asked.statements + ROUND - 1) / ROUND;
    for (uint64_t i = 0; i < rounds; i++) {
        const size_t count = play_round(asked.seed + i);
        if (count != 0) {
            fail_msg("seed %llu: %zu violations", (unsigned long long)(asked.seed + i),
                     count);
        }
    }
    if (getenv("SANJI_SIM_STATS") != NULL) {
        print_stats();
    }
}

static void every_kind_that_is_built_was_carried_out_and_refused(void **state)
{
    (void)state;
    size_t missing = 0;
    for (unsigned kind = 1; kind < SAY_COUNT && total.statements >= STATEMENTS; kind++) {
        const struct statement_rule *rule = statement_rule(kind);
        // A case is routed in the very turn that meets it, so `route` always comes late.
        if (rule == NULL || !rule->built || kind == SAY_ROUTE) {
            continue;
        }
        if (total.applied[kind] == 0 || total.refused[kind] == 0) {
            print_error("%s: applied %llu, refused %llu\n", vocab_statement_name(kind),
                        (unsigned long long)total.applied[kind],
                        (unsigned long long)total.refused[kind]);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static int hold_log(const char *directory)
{
    struct laws laws = {.count = 0};
    const unsigned long long records = watch_store(directory, !asked.late, &laws);
    for (size_t i = 0; i < laws.count && i < LAWS_KEPT_MAX; i++) {
        print_message("%s\n", laws.texts[i]);
    }
    print_message("%llu records, %zu violations\n", records, laws.count);
    return laws.count == 0 && records > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_statements_keep_every_law_at_every_record),
        cmocka_unit_test(every_kind_that_is_built_was_carried_out_and_refused),
    };
    asked.statements = from_environment("SANJI_STATEMENTS", STATEMENTS);
    asked.seed = from_environment("SANJI_SEED", 1);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--statements") == 0) {
            asked.statements = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            asked.seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strncmp(argv[i], "--log", strlen("--log")) == 0) {
            asked.log = argv[i + 1];
            asked.late = strcmp(argv[i], "--log-late") == 0;
        } else {
            print_error("test_commands [--statements N] [--seed N]\n");
            return 2;
        }
    }
    if (asked.log != NULL) {
        return hold_log(asked.log);
    }
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
