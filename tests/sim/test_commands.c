/* test_commands.c: random statements by the thousand against the whole line, every law held
 * after every record (domain.md 10).
 *
 *     test_commands [--statements N] [--seed N]      SANJI_STATEMENTS, SANJI_SEED
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

#include "tests/sim/invariants.h"
#include "tests/sim/town.h"
#include "tests/sim/voice.h"
#include "tests/sim/watch.h"

enum {
#ifdef __SANITIZE_ADDRESS__
    STATEMENTS = 6000, // each step costs ten times as much
#else
    STATEMENTS = 50000,
#endif
    ROUND = 3000,
    CASES_AT_FIRST = 20,
    BATCH_MAX = 40,
    LETTERS_BEFORE_CLEAR = 64,
    ARENA_SIZE = 4 * 1024 * 1024,
    MINUTE_MS = 60 * 1000,
    DAY_MIN = 24 * 60,
    SLOW_EVERY = 5,
    FAULTS_EVERY = 4,
    START_MIN = 9 * 60,
    CREDIT = 16384,
    MESSAGE = 512,
    CODES = 64
};

static struct {
    uint64_t statements, seed;
} asked;

static struct {
    uint64_t statements, records, cases, kills, conflicts;
    uint64_t applied[SAY_COUNT], refused[SAY_COUNT], taken[33];
    uint64_t refused_with[SAY_COUNT][CODES];
    uint64_t said, not_yet, foreign, personal;
} total;

struct round {
    uint64_t seed;
    struct town *town;
    struct watch *watch;
    struct random random;
    struct arena *arena;
    uint64_t serial;
    uint64_t posted;
    bool is_slow;
    struct voice_meant meant[4096]; /* of the letters that have not been burnt, by item */
    size_t meant_count;
    struct laws laws;
};

static uint32_t below(struct round *round, uint32_t bound)
{
    return random_below(&round->random, bound);
}

static struct voice voice_of(struct round *round)
{
    return (struct voice){.random = &round->random,
                          .arena = round->arena,
                          .world = watch_world(round->watch),
                          .model = watch_model(round->watch),
                          .now_ms = simlog_now_ms(town_log(round->town)),
                          .is_calm = round->is_slow,
                          .serial = &round->serial};
}

/* ---- letters ---- */

static void post_submissions(struct round *round, size_t count)
{
    const struct voice voice = voice_of(round);
    Sanji__Submission *copies = arena_take(round->arena, count * sizeof *copies);
    assert_non_null(copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = *voice_submission(&voice, &round->meant[round->meant_count++]);
    }
    (void)town_submit(round->town, copies, count); // letters are looked at in order
}

static void post_statements(struct round *round, size_t count)
{
    const struct voice voice = voice_of(round);
    Sanji__Statement **items = arena_take(round->arena, count * sizeof(Sanji__Statement *));
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        struct voice_meant *meant = &round->meant[round->meant_count++];
        items[i] = voice_statement(&voice, meant);
        if (i > 0 && below(round, 50) == 0) {
            items[i] = items[i - 1]; // the same twice in one letter
            *meant = meant[-1];
        }
    }
    (void)town_say_many(round->town, items, count); // as above
    round->posted += count;
}

/* What the door must have said to this item. */
static void hold_receipt(struct round *round, const struct town_receipt *receipt,
                         const struct voice_meant *meant)
{
    const bool stored = receipt->outcome == SANJI__OUTCOME__OUTCOME_STORED ||
                        receipt->outcome == SANJI__OUTCOME__OUTCOME_APPLIED ||
                        receipt->outcome == SANJI__OUTCOME__OUTCOME_REFUSED;
    if (meant->has_pii && stored) {
        laws_say(&round->laws, "personal data in a clear field was taken as seq %llu",
                 (unsigned long long)receipt->seq);
    }
    if (meant->is_foreign && stored && !meant->is_repeat) {
        laws_say(&round->laws, "a statement on no case was taken as seq %llu",
                 (unsigned long long)receipt->seq);
    }
    if (stored) {
        const struct law_receipt given = {.seq = receipt->seq, .case_no = receipt->case_no};
        law_receipts(town_log(round->town), &given, &round->laws);
    }
    total.foreign += meant->is_foreign ? 1 : 0;
    total.personal += meant->has_pii ? 1 : 0;
}

static void hold_receipts(struct round *round)
{
    size_t at = 0;
    for (size_t i = 0; i < town_letters(round->town); i++) {
        for (size_t k = 0; k < town_letter_items(round->town, i); k++) {
            const struct town_receipt *receipt = town_receipt(round->town, i, k);
            if (receipt == NULL) {
                laws_say(&round->laws, "letter %zu has no answer", i);
            } else {
                hold_receipt(round, receipt, &round->meant[at]);
            }
            at++;
        }
    }
    if (town_contradictions(round->town) != 0) {
        laws_say(&round->laws, "%zu letters were answered twice, and differently: %s",
                 town_contradictions(round->town), town_contradiction(round->town));
    }
}

/* ---- a round ---- */

/* Mostly little: an urgent case that nobody takes is alerted every few minutes. A slow round
 * has no urgent cases, and weeks pass. */
static int64_t some_time_ms(struct round *round)
{
    const uint32_t kind = below(round, 100);
    if (kind < 60) {
        return 1 + below(round, 30 * 1000);
    }
    if (round->is_slow) {
        return (int64_t)below(round, kind < 95 ? 12 * 60 : 14 * DAY_MIN) * MINUTE_MS + 1;
    }
    return (int64_t)below(round, kind < 98 ? 10 : 6 * 60) * MINUTE_MS + 1;
}

static bool step(struct round *round, int64_t passes_ms)
{
    struct simlog *sim = town_log(round->town);
    if (!simlog_advance(sim, simlog_now_ms(sim) + passes_ms)) {
        laws_say(&round->laws, "it hangs; the advance waits for '%s'",
                 simlog_waiting_for(sim));
        return false;
    }
    watch_log(round->watch, sim, &round->laws);
    return round->laws.count == 0;
}

static bool play(struct round *round)
{
    post_submissions(round, CASES_AT_FIRST);
    bool goes_on = step(round, (int64_t)START_MIN * MINUTE_MS);
    while (goes_on && round->posted < ROUND) {
        arena_reset(round->arena);
        if (below(round, 4) == 0) {
            post_submissions(round, 1 + below(round, 3));
        }
        for (uint32_t letters = 1 + below(round, 3); letters > 0; letters--) {
            post_statements(round, 1 + below(round, BATCH_MAX));
        }
        goes_on = step(round, some_time_ms(round));
        if (goes_on && town_letters(round->town) > LETTERS_BEFORE_CLEAR) {
            hold_receipts(round);
            town_clear_post(round->town);
            round->meant_count = 0;
        }
    }
    return goes_on && step(round, 1);
}

static void count_in(struct round *round)
{
    total.statements += round->posted;
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

static void hold_whole(struct round *round)
{
    const struct simlog *sim = town_log(round->town);
    hold_receipts(round);
    watch_end(round->watch, simlog_now_ms(sim), &round->laws);
    law_once(sim, &round->laws);
    for (unsigned process = 0; process < TOWN_PROCESSES; process++) {
        law_same_world(watch_world(round->watch),
                       town_world(round->town, (enum town_process)process), &round->laws);
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
    const bool faults = seed % FAULTS_EVERY == 0;
    round = (struct round){.seed = seed, .is_slow = seed % SLOW_EVERY == 0};
    round.town = town_new(&(struct town_options){.seed = seed,
                                                 .plan_seed = 1,
                                                 .letters_in_order = seed % 2 == 0,
                                                 .twice_permille = 30,
                                                 .kills_permille = faults ? 6 : 0,
                                                 .cuts_permille = faults ? 100 : 0,
                                                 .busy_permille = faults ? 20 : 0});
    simlog_options(town_log(round.town))->credit_records = CREDIT;
    simlog_options(town_log(round.town))->message_records = MESSAGE;
    round.watch = watch_new();
    model_set_punctual(watch_model(round.watch), true);
    round.arena = arena_new(ARENA_SIZE);
    random_seed(&round.random, seed);
    watch_log(round.watch, town_log(round.town), &round.laws);
    if (play(&round)) {
        hold_whole(&round);
    }
    if (round.laws.count != 0) {
        say_how_to_repeat(&round);
    }
    if (getenv("SANJI_SIM_DUMP") != NULL) {
        dump(town_log(round.town));
    }
    count_in(&round);
    arena_free(&round.arena);
    watch_free(&round.watch);
    town_free(&round.town);
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
        } else {
            print_error("test_commands [--statements N] [--seed N]\n");
            return 2;
        }
    }
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
