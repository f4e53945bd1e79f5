/* indicator.c: the facts of all cases, and the rows of the table counted over them.
 *
 * Cases are kept in order of their keys, which is the order they come in, so that a record
 * finds its case by halving and a new case is put at the end.
 */
#include "broker/runtime/indicator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"

enum {
    PERMILLE = 1000
};

struct indicators *indicator_new(const struct indicator_window *window)
{
    struct indicators *self = memory_new(1, sizeof *self);
    self->window = *window;
    return self;
}

void indicator_free(struct indicators **indicators)
{
    assert(indicators != NULL);
    struct indicators *self = *indicators;
    if (self != NULL) {
        memory_free(self->cases);
        memory_free(self->holdings);
        memory_free(self->touched);
        memory_free(self->workers);
        memory_free(self->staff);
        indicator_tally_reset(&self->tally);
        memory_free(self);
        *indicators = NULL;
    }
}

// ---- folding ----------------------------------------------------------------------------

/* Where the key stands or would stand. */
static size_t find_case(const struct indicators *indicators, uint64_t key)
{
    size_t low = 0;
    size_t high = indicators->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (indicators->cases[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct indicator_facts *indicator_facts_of(const struct indicators *indicators,
                                           uint64_t key)
{
    const size_t at = find_case(indicators, key);
    return at < indicators->count && indicators->cases[at].key == key
               ? &indicators->cases[at]
               : NULL;
}

struct indicator_facts *indicator_facts_add(struct indicators *indicators, uint64_t key)
{
    const size_t at = find_case(indicators, key);
    MEMORY_ROOM_FOR_ONE(indicators->cases, indicators->count, indicators->room);
    memmove(indicators->cases + at + 1, indicators->cases + at,
            (indicators->count - at) * sizeof *indicators->cases);
    indicators->count++;
    // Not assigned as a whole: what is kept byte by byte has no bytes unset.
    memset(&indicators->cases[at], 0, sizeof indicators->cases[at]);
    indicators->cases[at].key = key;
    return &indicators->cases[at];
}

static struct indicator_facts *fold_case(struct indicators *indicators,
                                         const struct indicator_seen *seen)
{
    struct indicator_facts *facts = indicator_facts_of(indicators, seen->after->key);
    if (facts == NULL) {
        facts = indicator_facts_add(indicators, seen->after->key);
    }
    indicator_facts_fold(facts, seen, &indicators->window);
    indicator_holding_fold(indicators, facts, seen);
    facts->is_changed = true;
    return facts;
}

void indicator_fold(struct indicators *indicators, const struct indicator_seen *seen)
{
    assert(seen->record->seq > indicators->upto_seq);

    indicators->upto_seq = seen->record->seq;
    indicators->now_ms = seen->record->header.recorded_at_ms;
    if (indicators->first_seq == 0) {
        indicators->first_seq = seen->record->seq;
        indicators->first_ms = indicators->now_ms;
    }
    struct indicator_facts *facts =
        seen->after != NULL ? fold_case(indicators, seen) : NULL;
    indicator_worker_fold(indicators, seen);
    indicator_tally_fold(indicators, facts, seen);
}

static void forget_window(struct indicator_facts *facts)
{
    facts->is_changed = facts->is_changed || facts->offers != 0 || facts->acks != 0 ||
                        facts->checked || facts->closed_in_window ||
                        facts->supervise_points != 0 || facts->supervised[1] != 0 ||
                        facts->supervised[2] != 0 || facts->supervised[3] != 0 ||
                        facts->reads != 0 || facts->reads_denied != 0;
    facts->offers = 0;
    facts->acks = 0;
    facts->checked = false;
    facts->check_failed = false;
    facts->closed_in_window = false;
    facts->supervise_points = 0;
    memset(facts->supervised, 0, sizeof facts->supervised);
    facts->reads = 0;
    facts->reads_denied = 0;
    facts->reads_outside = 0;
}

void indicator_next_window(struct indicators *indicators, int64_t from_ms, int64_t to_ms)
{
    indicators->window.from_ms = from_ms;
    indicators->window.to_ms = to_ms;
    for (size_t i = 0; i < indicators->count; i++) {
        forget_window(&indicators->cases[i]);
    }
    for (size_t i = 0; i < indicators->worker_count; i++) {
        indicators->workers[i] = (struct indicator_worker){
            .worker = indicators->workers[i].worker, .is_changed = true};
    }
    indicator_tally_reset(&indicators->tally);
}

struct indicator_range indicator_range(const struct indicators *indicators)
{
    const struct indicator_window *window = &indicators->window;
    return (struct indicator_range){
        .first_seq = indicators->first_seq,
        .upto_seq = indicators->upto_seq,
        .from_ms = window->from_ms != 0 ? window->from_ms : indicators->first_ms,
        .to_ms = window->to_ms != 0 ? window->to_ms : indicators->now_ms + 1,
        .now_ms = indicators->now_ms};
}

struct indicator_view indicator_view(const struct indicators *indicators)
{
    const struct indicator_range range = indicator_range(indicators);
    return (struct indicator_view){.from_ms = range.from_ms,
                                   .to_ms = range.to_ms,
                                   .now_ms = range.now_ms,
                                   .holdings = indicators->holdings};
}

// ---- counting ---------------------------------------------------------------------------

bool indicator_is_actual(const struct indicator_facts *facts)
{
    return facts->status == SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
}

bool indicator_in_scope(const struct indicators *indicators,
                        const struct indicator_facts *facts)
{
    const struct org_path scope = indicators->window.scope;
    return indicator_is_actual(facts) &&
           (scope.place == 0 || org_within(facts->area, scope));
}

/* What the row counts of the case at *at or the first behind it; *at moves behind that one.
 * False: no more. */
static bool next_amount(const struct indicators *indicators,
                        const struct indicator_row *row, const struct indicator_view *view,
                        size_t *at, struct indicator_amount *amount)
{
    while (*at < indicators->count) {
        const struct indicator_facts *facts = &indicators->cases[*at];
        (*at)++;
        if (indicator_in_scope(indicators, facts) &&
            row->measure(facts, view, row->argument, amount)) {
            return true;
        }
    }
    return false;
}

static struct indicator_amount sum(const struct indicators *indicators,
                                   const struct indicator_row *row,
                                   const struct indicator_view *view)
{
    struct indicator_amount total = {0, 0};
    struct indicator_amount one;
    for (size_t at = 0; next_amount(indicators, row, view, &at, &one);) {
        total.numerator += one.numerator;
        total.denominator += one.denominator;
    }
    return total;
}

/* Fractions with denominators above 0 and terms below 2^31: seconds of a case. */
static bool is_above(struct indicator_amount a, struct indicator_amount b)
{
    return a.numerator * b.denominator > b.numerator * a.denominator;
}

static struct indicator_amount worst(const struct indicators *indicators,
                                     const struct indicator_row *row,
                                     const struct indicator_view *view)
{
    struct indicator_amount most = {0, 0};
    struct indicator_amount one;
    for (size_t at = 0; next_amount(indicators, row, view, &at, &one);) {
        if (most.denominator == 0 || is_above(one, most)) {
            most = one;
        }
    }
    return most;
}

static int compare(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static struct indicator_amount rank(const struct indicators *indicators,
                                    const struct indicator_row *row,
                                    const struct indicator_view *view)
{
    if (indicators->count == 0) {
        return (struct indicator_amount){0, 0};
    }
    int64_t *values = memory_new(indicators->count, sizeof *values);
    struct indicator_amount one;
    size_t count = 0;
    for (size_t at = 0; next_amount(indicators, row, view, &at, &one);) {
        values[count++] = one.numerator;
    }
    qsort(values, count, sizeof *values, compare);
    // Nearest rank: the smallest value that so many permille of all do not exceed.
    const size_t place = (count * row->rank_permille + PERMILLE - 1) / PERMILLE;
    const struct indicator_amount found = {count > 0 ? values[place - 1] : 0, count > 0};
    memory_free(values);
    return found;
}

/* Little's law: open = arrival rate x mean time. */
static struct indicator_amount little(const struct indicators *indicators,
                                      const struct indicator_row *row,
                                      const struct indicator_view *view)
{
    const struct indicator_amount took = sum(indicators, row, view);
    const int64_t end_ms = view->to_ms < view->now_ms ? view->to_ms : view->now_ms;
    int64_t arrived = 0;
    for (size_t i = 0; i < indicators->count; i++) {
        const struct indicator_facts *facts = &indicators->cases[i];
        arrived += indicator_in_scope(indicators, facts) && indicator_is_case(facts) &&
                   indicator_within(facts->received_ms, view->from_ms, view->to_ms);
    }
    if (took.denominator == 0 || end_ms - view->from_ms < INDICATOR_SECOND_MS) {
        return (struct indicator_amount){0, 0};
    }
    return (struct indicator_amount){arrived * (took.numerator / took.denominator),
                                     (end_ms - view->from_ms) / INDICATOR_SECOND_MS};
}

static struct indicator_amount gather(const struct indicators *indicators,
                                      const struct indicator_row *row)
{
    const struct indicator_view view = indicator_view(indicators);
    struct indicator_amount amount = {0, 0};
    switch (row->gather) {
    case GATHER_SUM:
        amount = sum(indicators, row, &view);
        break;
    case GATHER_COUNT:
        amount = sum(indicators, row, &view);
        amount.denominator = 1;
        break;
    case GATHER_RANK:
        amount = rank(indicators, row, &view);
        break;
    case GATHER_WORST:
        amount = worst(indicators, row, &view);
        break;
    case GATHER_LITTLE:
        amount = little(indicators, row, &view);
        break;
    case GATHER_TOTAL:
        amount = row->total(indicators, &view, row->argument);
        break;
    }
    return amount;
}

// ---- the table --------------------------------------------------------------------------

static const struct indicator_group *const groups[] = {
    &indicator_rows_outcome, &indicator_rows_time, &indicator_rows_course,
    &indicator_rows_voice, &indicator_rows_staff};

enum {
    GROUPS = sizeof groups / sizeof groups[0]
};

const struct indicator_row *indicator_row(size_t i)
{
    size_t group = 0;
    while (i >= groups[group]->count) {
        i -= groups[group]->count;
        group++;
        assert(group < GROUPS);
    }
    return &groups[group]->rows[i];
}

size_t indicator_count(void)
{
    size_t count = 0;
    for (size_t group = 0; group < GROUPS; group++) {
        count += groups[group]->count;
    }
    return count;
}

const struct indicator_definition *indicator_definition(size_t i)
{
    return &indicator_row(i)->definition;
}

/* Half away from 0. Both terms below 2^43: a remainder times a million stays in 63 bits. */
static int64_t divide_e6(int64_t numerator, int64_t denominator)
{
    const int64_t size = numerator < 0 ? -numerator : numerator;
    const int64_t whole = size / denominator * INDICATOR_VALUE_UNIT;
    const int64_t rest =
        (size % denominator * INDICATOR_VALUE_UNIT + denominator / 2) / denominator;
    return numerator < 0 ? -(whole + rest) : whole + rest;
}

void indicator_settle(struct indicator_figure *figure)
{
    const struct indicator_definition *definition = figure->definition;
    assert(figure->denominator >= 0);

    figure->suppressed =
        definition->of_persons && figure->denominator < INDICATOR_PERSONS_MIN;
    figure->has_value = figure->denominator > 0 && !figure->suppressed;
    figure->value_e6 =
        figure->has_value ? divide_e6(figure->numerator, figure->denominator) : 0;
}

void indicator_read(const struct indicators *indicators, size_t i,
                    struct indicator_figure *figure)
{
    const struct indicator_row *row = indicator_row(i);
    const struct indicator_amount amount = gather(indicators, row);
    *figure = (struct indicator_figure){.definition = &row->definition,
                                        .numerator = amount.numerator,
                                        .denominator = amount.denominator};
    indicator_settle(figure);
}

const char *indicator_kind_name(enum indicator_kind kind)
{
    static const char *const names[] = {
        [INDICATOR_SHARE] = "share",           [INDICATOR_MEAN] = "mean",
        [INDICATOR_COUNT] = "count",           [INDICATOR_INDEX] = "index",
        [INDICATOR_PERCENTILE] = "percentile",
    };

    assert((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}
