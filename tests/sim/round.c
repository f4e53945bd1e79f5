/* round.c: see round.h. */
#include "tests/sim/round.h"

#include <assert.h>

#include "tests/sim/law_figures.h"

enum {
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
    MESSAGE = 512
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
    assert(copies != NULL);
    for (size_t i = 0; i < count; i++) {
        copies[i] = *voice_submission(&voice, &round->meant[round->meant_count++]);
    }
    (void)town_submit(round->town, copies, count); // letters are looked at in order
}

static void post_statements(struct round *round, size_t count)
{
    const struct voice voice = voice_of(round);
    Sanji__Statement **items = arena_take(round->arena, count * sizeof(Sanji__Statement *));
    assert(items != NULL);
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
    round->foreign += meant->is_foreign ? 1 : 0;
    round->personal += meant->has_pii ? 1 : 0;
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

bool round_play(struct round *round, uint64_t statements)
{
    post_submissions(round, CASES_AT_FIRST);
    bool goes_on = step(round, (int64_t)START_MIN * MINUTE_MS);
    while (goes_on && round->posted < statements) {
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

void round_hold(struct round *round)
{
    const struct simlog *sim = town_log(round->town);
    hold_receipts(round);
    watch_end(round->watch, simlog_now_ms(sim), &round->laws);
    law_once(sim, &round->laws);
    const uint64_t cut = 1 + random_below(&round->random, (uint32_t)simlog_head(sim));
    if (law_figures(sim, cut, &round->laws) == 0) {
        laws_say(&round->laws, "no figure has a value");
    }
    for (unsigned process = 0; process < TOWN_PROCESSES; process++) {
        law_same_world(watch_world(round->watch),
                       town_world(round->town, (enum town_process)process), &round->laws);
    }
}

void round_open(struct round *round, uint64_t seed)
{
    const bool faults = seed % FAULTS_EVERY == 0;
    *round = (struct round){.seed = seed, .is_slow = seed % SLOW_EVERY == 0};
    round->town = town_new(&(struct town_options){.seed = seed,
                                                  .plan_seed = 1,
                                                  .letters_in_order = seed % 2 == 0,
                                                  .twice_permille = 30,
                                                  .kills_permille = faults ? 6 : 0,
                                                  .cuts_permille = faults ? 100 : 0,
                                                  .busy_permille = faults ? 20 : 0});
    simlog_options(town_log(round->town))->credit_records = CREDIT;
    simlog_options(town_log(round->town))->message_records = MESSAGE;
    round->watch = watch_new();
    model_set_punctual(watch_model(round->watch), true);
    round->arena = arena_new(ARENA_SIZE);
    random_seed(&round->random, seed);
    watch_log(round->watch, town_log(round->town), &round->laws);
}

void round_close(struct round *round)
{
    arena_free(&round->arena);
    watch_free(&round->watch);
    town_free(&round->town);
}
