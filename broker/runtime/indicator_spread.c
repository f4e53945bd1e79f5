/* indicator_spread.c: the figures of every worker, grid and community at once.
 *
 *     each case is measured once a row -> added to its worker, its grid, its community and
 *     the sub-district
 *
 * Workers: I10 to I24, I43 and I44, of the cases that they took on last (I16 of the offers
 * made to them; of I14 the holding in which they resolved it). Grids: the same codes.
 * Communities and the sub-district: every whole share and mean of I01 to I35 but I33, which
 * may be negative, and I43 and I44.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"

enum {
    SLOTS = 4, // worker, grid, community, sub-district
    NO_SLOT = UINT32_MAX,
    ROWS_MAX = 64,
    PERMILLE = 1000
};

struct value {
    uint32_t slot;
    int64_t number;
};

struct spread {
    const struct indicators *indicators;
    struct indicator_view view;
    uint32_t *workers, *grids, *communities; /* each rising */
    size_t worker_count, grid_count, community_count;
    uint32_t (*slots)[SLOTS];         /* of each case; NO_SLOT: none */
    struct indicator_amount *amounts; /* [slot][place in rows] */
    size_t rows[ROWS_MAX];            /* which of the table */
    size_t row_count;
    uint32_t place; /* of the sub-district */
};

// ---- which rows -------------------------------------------------------------------------

static unsigned number_of(const struct indicator_definition *definition)
{
    return (unsigned)(definition->code[1] - '0') * 10U +
           (unsigned)(definition->code[2] - '0');
}

static bool is_appraisal(unsigned number)
{
    return number == 43 || number == 44;
}

static bool is_of_areas(const struct indicator_row *row)
{
    const unsigned number = number_of(&row->definition);
    return is_appraisal(number) ||
           (row->definition.part == NULL && row->gather == GATHER_SUM && number <= 35 &&
            number != 33);
}

static bool is_of_workers(const struct indicator_row *row)
{
    const unsigned number = number_of(&row->definition);
    if (number == 14) {
        return row->definition.part != NULL && strcmp(row->definition.part, "LAST") == 0;
    }
    return is_appraisal(number) ||
           (row->definition.part == NULL && row->gather == GATHER_SUM && number >= 10 &&
            number <= 24);
}

/* Offers belong to whom they were made, who need not be who has the case now. */
static bool is_of_offers(const struct indicator_row *row)
{
    return row->measure == indicator_measure_acked;
}

// ---- who ----------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static size_t sort_once(uint32_t *numbers, size_t count)
{
    size_t kept = 0;
    qsort(numbers, count, sizeof *numbers, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || numbers[kept - 1] != numbers[i]) {
            numbers[kept++] = numbers[i];
        }
    }
    return kept;
}

/* NO_SLOT: it is not among them. */
static uint32_t slot_in(const uint32_t *numbers, size_t count, uint32_t number)
{
    const uint32_t *found =
        count == 0 ? NULL : bsearch(&number, numbers, count, sizeof *numbers, compare);
    return found == NULL ? (uint32_t)NO_SLOT : (uint32_t)(found - numbers);
}

static bool has_community(struct org_path area)
{
    const enum org_tier tier = org_depth(area);
    return tier == TIER_GRID || tier == TIER_COMMITTEE || tier == TIER_COMMUNITY;
}

static void find_scopes(struct spread *spread)
{
    const struct indicators *indicators = spread->indicators;
    const size_t most = indicators->count + indicators->worker_count + 1;
    spread->workers = memory_new(most, sizeof(uint32_t));
    spread->grids = memory_new(most, sizeof(uint32_t));
    spread->communities = memory_new(most, sizeof(uint32_t));
    for (size_t i = 0; i < indicators->count; i++) {
        const struct indicator_facts *facts = &indicators->cases[i];
        if (!indicator_is_actual(facts)) {
            continue;
        }
        spread->place = facts->area.place != 0 ? facts->area.place : spread->place;
        if (facts->worker != 0) {
            spread->workers[spread->worker_count++] = facts->worker;
        }
        if (org_depth(facts->area) == TIER_GRID) {
            spread->grids[spread->grid_count++] = facts->area.packed;
        }
        if (has_community(facts->area)) {
            spread->communities[spread->community_count++] =
                org_community(facts->area).packed;
        }
    }
    for (size_t i = 0; i < indicators->worker_count; i++) {
        spread->workers[spread->worker_count++] = indicators->workers[i].worker;
    }
    spread->worker_count = sort_once(spread->workers, spread->worker_count);
    spread->grid_count = sort_once(spread->grids, spread->grid_count);
    spread->community_count = sort_once(spread->communities, spread->community_count);
}

static size_t slot_count(const struct spread *spread)
{
    return spread->worker_count + spread->grid_count + spread->community_count + 1;
}

static uint32_t moved(uint32_t slot, size_t by)
{
    return slot == NO_SLOT ? slot : slot + (uint32_t)by;
}

static void find_slots(struct spread *spread)
{
    const struct indicators *indicators = spread->indicators;
    spread->slots = memory_new(indicators->count + 1, sizeof *spread->slots);
    for (size_t i = 0; i < indicators->count; i++) {
        const struct indicator_facts *facts = &indicators->cases[i];
        uint32_t *slots = spread->slots[i];
        slots[0] = slot_in(spread->workers, spread->worker_count, facts->worker);
        slots[1] = moved(slot_in(spread->grids, spread->grid_count, facts->area.packed),
                         spread->worker_count);
        slots[2] = has_community(facts->area)
                       ? moved(slot_in(spread->communities, spread->community_count,
                                       org_community(facts->area).packed),
                               spread->worker_count + spread->grid_count)
                       : (uint32_t)NO_SLOT;
        slots[3] = (uint32_t)(slot_count(spread) - 1);
    }
}

// ---- how much -------------------------------------------------------------------------------

static struct indicator_amount *amount_at(struct spread *spread, size_t slot, size_t row)
{
    return &spread->amounts[slot * spread->row_count + row];
}

/* The case counts in this slot of the row: workers and areas have rows of their own. */
static bool takes(const struct indicator_row *row, unsigned slot)
{
    const unsigned number = number_of(&row->definition);
    if (slot == 0) {
        return is_of_workers(row) && !is_of_offers(row);
    }
    return is_of_areas(row) &&
           (slot != 1 || is_appraisal(number) || (number >= 10 && number <= 24));
}

/* False: the row does not count this case. */
static bool measure(const struct spread *spread, const struct indicator_row *row, size_t at,
                    struct indicator_amount *one)
{
    const struct indicator_facts *facts = &spread->indicators->cases[at];
    return indicator_is_actual(facts) &&
           row->measure(facts, &spread->view, row->argument, one);
}

static void add_up(struct spread *spread, size_t i, const struct indicator_row *row)
{
    const struct indicators *indicators = spread->indicators;
    for (size_t at = 0; at < indicators->count; at++) {
        struct indicator_amount one;
        if (!measure(spread, row, at, &one)) {
            continue;
        }
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            if (spread->slots[at][slot] != NO_SLOT && takes(row, slot)) {
                struct indicator_amount *sum =
                    amount_at(spread, spread->slots[at][slot], i);
                sum->numerator += one.numerator;
                sum->denominator += one.denominator;
            }
        }
    }
}

static int compare_values(const void *a, const void *b)
{
    const struct value *left = a;
    const struct value *right = b;
    if (left->slot != right->slot) {
        return left->slot < right->slot ? -1 : 1;
    }
    return (left->number > right->number) - (left->number < right->number);
}

static void rank_all(struct spread *spread, size_t i, const struct indicator_row *row)
{
    const struct indicators *indicators = spread->indicators;
    struct value *values = memory_new(indicators->count * SLOTS + 1, sizeof *values);
    size_t count = 0;
    for (size_t at = 0; at < indicators->count; at++) {
        struct indicator_amount one;
        if (!measure(spread, row, at, &one)) {
            continue;
        }
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            if (spread->slots[at][slot] != NO_SLOT && takes(row, slot)) {
                values[count++] = (struct value){spread->slots[at][slot], one.numerator};
            }
        }
    }
    qsort(values, count, sizeof *values, compare_values);
    for (size_t from = 0, to = 0; from < count; from = to) {
        while (to < count && values[to].slot == values[from].slot) {
            to++;
        }
        const size_t place = ((to - from) * row->rank_permille + PERMILLE - 1) / PERMILLE;
        *amount_at(spread, values[from].slot, i) =
            (struct indicator_amount){values[from + place - 1].number, 1};
    }
    memory_free(values);
}

static void add_offers(struct spread *spread, size_t i)
{
    const struct indicators *indicators = spread->indicators;
    for (size_t at = 0; at < indicators->worker_count; at++) {
        const struct indicator_worker *worker = &indicators->workers[at];
        const uint32_t slot =
            slot_in(spread->workers, spread->worker_count, worker->worker);
        *amount_at(spread, slot, i) =
            (struct indicator_amount){worker->acks, worker->offers};
    }
}

static void find_rows(struct spread *spread)
{
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator_row *row = indicator_row(i);
        if (is_of_areas(row) || is_of_workers(row)) {
            assert(spread->row_count < ROWS_MAX);
            spread->rows[spread->row_count++] = i;
        }
    }
}

static void measure_all(struct spread *spread)
{
    for (size_t i = 0; i < spread->row_count; i++) {
        const struct indicator_row *row = indicator_row(spread->rows[i]);
        if (row->gather == GATHER_RANK) {
            rank_all(spread, i, row);
        } else {
            add_up(spread, i, row);
        }
        if (is_of_offers(row) && is_of_workers(row)) {
            add_offers(spread, i);
        }
    }
}

// ---- telling ----------------------------------------------------------------------------------

static struct indicator_scope scope_of(const struct spread *spread, size_t slot)
{
    const size_t grid = slot - spread->worker_count;
    const size_t community = grid - spread->grid_count;
    if (slot < spread->worker_count) {
        return (struct indicator_scope){.worker = spread->workers[slot]};
    }
    const uint32_t packed = grid < spread->grid_count ? spread->grids[grid]
                            : community < spread->community_count
                                ? spread->communities[community]
                                : 0;
    return (struct indicator_scope){.area = {spread->place, packed}};
}

static void tell(struct spread *spread, size_t slot, indicator_snapshot_fn visit,
                 void *context)
{
    const struct indicator_scope scope = scope_of(spread, slot);
    for (size_t i = 0; i < spread->row_count; i++) {
        const struct indicator_amount amount = *amount_at(spread, slot, i);
        if (amount.denominator > 0) {
            const size_t row = spread->rows[i];
            struct indicator_figure figure = {.definition = indicator_definition(row),
                                              .numerator = amount.numerator,
                                              .denominator = amount.denominator};
            indicator_settle(&figure);
            visit(context, &scope, row, &figure);
        }
    }
}

void indicator_each_snapshot(const struct indicators *indicators,
                             indicator_snapshot_fn visit, void *context)
{
    struct spread spread = {.indicators = indicators, .view = indicator_view(indicators)};
    find_rows(&spread);
    find_scopes(&spread);
    find_slots(&spread);
    spread.amounts =
        memory_new(slot_count(&spread) * spread.row_count, sizeof *spread.amounts);
    measure_all(&spread);
    for (size_t slot = 0; slot < slot_count(&spread); slot++) {
        tell(&spread, slot, visit, context);
    }
    memory_free(spread.workers);
    memory_free(spread.grids);
    memory_free(spread.communities);
    memory_free(spread.slots);
    memory_free(spread.amounts);
}

void indicator_each_public(const struct indicators *indicators, int64_t from_ms,
                           int64_t to_ms, indicator_public_fn visit, void *context)
{
    for (size_t i = 0; i < indicators->count; i++) {
        const struct indicator_facts *facts = &indicators->cases[i];
        if (!indicator_is_actual(facts) || facts->restricted || !indicator_is_case(facts) ||
            !indicator_within(facts->received_ms, from_ms, to_ms)) {
            continue;
        }
        const struct indicator_public_case one = {.area = facts->area,
                                                  .received_ms = facts->received_ms,
                                                  .major = facts->major,
                                                  .state = facts->state,
                                                  .resolution = facts->resolution};
        visit(context, &one);
    }
}
