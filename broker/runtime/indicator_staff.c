/* indicator_staff.c: figures about workers: who works here by the roster, how much each was
 * given, and how even that is.
 *
 * Nobody is named in a figure: what comes out is one number of a group. A share of fewer
 * than INDICATOR_PERSONS_MIN persons is suppressed where it is settled.
 */
#include <assert.h>
#include <stdlib.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/workload.h"
#include "proto/id.h"

enum {
    ROLES = 16,
    HIGH_PERMILLE = 850, // I38, part of its definition
    ALONE_TIMES = 3,     // I45, part of its definition
    CV_SCALE = 1000,
    SHIFT_STEPS_MAX = 64
};

// ---- what the log says ------------------------------------------------------------------

struct indicator_worker *indicator_worker_at(struct indicators *indicators, uint32_t worker)
{
    size_t low = 0;
    size_t high = indicators->worker_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (indicators->workers[middle].worker < worker) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == indicators->worker_count || indicators->workers[low].worker != worker) {
        MEMORY_ROOM_FOR_ONE(indicators->workers, indicators->worker_count,
                            indicators->worker_room);
        for (size_t i = indicators->worker_count; i > low; i--) {
            indicators->workers[i] = indicators->workers[i - 1];
        }
        indicators->worker_count++;
        indicators->workers[low] = (struct indicator_worker){.worker = worker};
    }
    indicators->workers[low].is_changed = true;
    return &indicators->workers[low];
}

/* NULL: the text names nobody. */
static struct indicator_worker *named(struct indicators *indicators, const char *text)
{
    uint32_t worker = 0;
    const bool is_one = text[0] != '\0' && id_worker_parse(text, &worker) == STATUS_OK;
    return is_one && worker != 0 ? indicator_worker_at(indicators, worker) : NULL;
}

static void see_coverage(struct indicators *indicators, const Sanji__CoverageReported *body)
{
    struct indicator_worker *worker = named(indicators, body->worker);
    if (worker != NULL) {
        worker->cells_planned += body->cells_planned;
        worker->cells_visited += body->cells_visited;
        worker->visits += body->visits_done;
    }
}

void indicator_worker_fold(struct indicators *indicators, const struct indicator_seen *seen)
{
    const Sanji__Envelope *envelope = seen->envelope;
    const unsigned type = envelope->body_case;
    struct indicator_worker *worker = NULL;
    if (seen->after != NULL &&
        seen->after->status != SANJI__MSG_STATUS__MSG_STATUS_ACTUAL) {
        return;
    }
    if (type == EVENT_DISPATCH_ACKED && seen->after != NULL) {
        if (seen->after->worker != 0 &&
            indicator_in_window(&indicators->window, seen->after->offered_ms)) {
            indicator_worker_at(indicators, seen->after->worker)->acks++;
        }
        return;
    }
    if (!indicator_in_window(&indicators->window, seen->record->header.recorded_at_ms)) {
        return;
    }
    if (type == EVENT_DISPATCH_OFFERED) {
        worker = named(indicators, envelope->dispatch_offered->worker);
        if (worker != NULL) {
            worker->offers++;
        }
    } else if (type == EVENT_CASE_SELF_HANDLED) {
        worker = named(indicators, envelope->case_self_handled->worker);
        if (worker != NULL) {
            worker->self_handled++;
        }
    } else if (type == EVENT_COVERAGE_REPORTED) {
        see_coverage(indicators, envelope->coverage_reported);
    }
}

// ---- what the roster says ---------------------------------------------------------------

/* On shift at any time in the seven days up to now; the shift's own changes are walked. */
static bool had_shift(const struct rules *rules, const Sanji__Worker *row, int64_t now_ms)
{
    int64_t at_ms = now_ms - WORKER_DAYS * TIME_DAY_MS;
    for (unsigned i = 0; i < SHIFT_STEPS_MAX && at_ms <= now_ms; i++) {
        int64_t changes_ms = 0;
        if (rules_on_shift(rules, row, at_ms, &changes_ms)) {
            return true;
        }
        if (changes_ms <= at_ms) {
            return false;
        }
        at_ms = changes_ms;
    }
    return false;
}

static void add_staff(struct indicators *indicators, const struct rules *rules,
                      const Sanji__Worker *row, const struct worker_state *state)
{
    struct indicator_staff staff = {.worker = 0};
    const struct org_path scope = indicators->window.scope;
    const char *home = row->home_grid[0] != '\0' ? row->home_grid : row->desk;
    if (id_worker_parse(row->worker, &staff.worker) != STATUS_OK ||
        org_parse(home, &staff.home) != STATUS_OK ||
        (scope.place != 0 && !org_within(staff.home, scope))) {
        return;
    }
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(rules_utc_offset_min(rules), indicators->now_ms, &day, &minute,
                   &weekday);
    const struct indicator_worker *seen = indicator_worker_at(indicators, staff.worker);
    staff.role = (uint8_t)row->role;
    staff.capacity_min = row->capacity_min_day;
    staff.on_duty = workload_on_duty(state, rules, staff.worker, indicators->now_ms);
    staff.was_on_duty = staff.on_duty || had_shift(rules, row, indicators->now_ms);
    staff.roll_min = workload_roll_min(state, day);
    staff.open_min = state->open_min;
    staff.self_handled = seen->self_handled;
    staff.cells_planned = seen->cells_planned;
    staff.cells_visited = seen->cells_visited;
    staff.visits = seen->visits;
    MEMORY_ROOM_FOR_ONE(indicators->staff, indicators->staff_count, indicators->staff_room);
    indicators->staff[indicators->staff_count++] = staff;
}

void indicator_staff(struct indicators *indicators, const struct rules *rules,
                     indicator_worker_fn worker, void *context)
{
    const Sanji__Roster *roster = rules_roster(rules);
    const Sanji__Org *org = rules_org(rules);
    const struct org_path scope = indicators->window.scope;
    indicators->staff_count = 0;
    indicators->households = 0;
    indicators->residents = 0;
    for (size_t i = 0; roster != NULL && i < roster->n_workers; i++) {
        uint32_t number = 0;
        if (id_worker_parse(roster->workers[i]->worker, &number) == STATUS_OK) {
            add_staff(indicators, rules, roster->workers[i], worker(context, number));
        }
    }
    for (size_t i = 0; org != NULL && i < org->n_grids; i++) {
        struct org_path path = {0, 0};
        if (!org->grids[i]->dedicated &&
            org_parse(org->grids[i]->path, &path) == STATUS_OK &&
            (scope.place == 0 || org_within(path, scope))) {
            indicators->households += org->grids[i]->households;
            indicators->residents += org->grids[i]->residents;
        }
    }
}

// ---- I37: how even the work is ----------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Minutes of who was on duty in this role, rising. Owns: the caller. */
static int64_t *minutes_of(const struct indicators *indicators, unsigned role,
                           size_t *count)
{
    int64_t *minutes = memory_new(indicators->staff_count + 1, sizeof *minutes);
    *count = 0;
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        if (staff->role == role && staff->was_on_duty) {
            minutes[(*count)++] = staff->roll_min;
        }
    }
    qsort(minutes, *count, sizeof *minutes, compare);
    return minutes;
}

/* The whole part of the square root. */
static int64_t root(int64_t square)
{
    int64_t low = 0;
    int64_t high = INT64_C(3037000499); // the largest whose square fits
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (middle <= square / middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* argument: spread * ROLES + role, in the order of the formulas below. */
struct indicator_amount indicator_total_spread(const struct indicators *indicators,
                                               const struct indicator_view *view,
                                               unsigned argument)
{
    (void)view;
    size_t count = 0;
    int64_t *x = minutes_of(indicators, argument % ROLES, &count);
    const int64_t n = (int64_t)count;
    int64_t sum = 0;
    int64_t squares = 0;
    int64_t ranked = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
        ranked += (2 * (i + 1) - n - 1) * x[i];
    }
    const int64_t most = n > 0 ? x[n - 1] : 0;
    memory_free(x);
    if (sum == 0) {
        return (struct indicator_amount){0, 0};
    }
    switch (argument / ROLES) {
    case 0: // Gini
        return (struct indicator_amount){ranked, n * sum};
    case 1: // max / mean
        return (struct indicator_amount){most * n, sum};
    case 2: // standard deviation / mean
        return (struct indicator_amount){
            root((n * squares - sum * sum) * CV_SCALE * CV_SCALE), sum * CV_SCALE};
    default: // Jain
        return (struct indicator_amount){sum * sum, n * squares};
    }
}

// ---- I38, I39, I41, I45 -----------------------------------------------------------------

struct indicator_amount indicator_total_utilisation(const struct indicators *indicators,
                                                    const struct indicator_view *view,
                                                    unsigned argument)
{
    (void)view;
    (void)argument;
    struct indicator_amount amount = {0, 0};
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        if (staff->on_duty && staff->capacity_min > 0) {
            amount.numerator += staff->open_min;
            amount.denominator += staff->capacity_min;
        }
    }
    return amount;
}

struct indicator_amount indicator_total_utilised(const struct indicators *indicators,
                                                 const struct indicator_view *view,
                                                 unsigned argument)
{
    (void)view;
    (void)argument;
    struct indicator_amount amount = {0, 0};
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        if (staff->on_duty && staff->capacity_min > 0) {
            amount.numerator += (uint64_t)staff->open_min * 1000 >
                                (uint64_t)staff->capacity_min * HIGH_PERMILLE;
            amount.denominator++;
        }
    }
    return amount;
}

/* argument 0: households, 1: residents. */
struct indicator_amount indicator_total_households(const struct indicators *indicators,
                                                   const struct indicator_view *view,
                                                   unsigned argument)
{
    (void)view;
    int64_t workers = 0;
    for (size_t i = 0; i < indicators->staff_count; i++) {
        workers += indicators->staff[i].role == SANJI__ROLE__ROLE_FULLTIME;
    }
    if (workers == 0) {
        return (struct indicator_amount){0, 0};
    }
    return (struct indicator_amount){
        argument == 0 ? indicators->households : indicators->residents, workers};
}

/* argument 0: cells visited of those planned; 1: visits. */
struct indicator_amount indicator_total_coverage(const struct indicators *indicators,
                                                 const struct indicator_view *view,
                                                 unsigned argument)
{
    (void)view;
    struct indicator_amount amount = {0, argument == 1};
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        amount.numerator += argument == 1 ? staff->visits : staff->cells_visited;
        amount.denominator += argument == 1 ? 0 : staff->cells_planned;
    }
    return amount;
}

/* Nearest-rank median of those in the role who handled anything themselves; 0: nobody. */
static int64_t median_alone(const struct indicators *indicators, unsigned role)
{
    int64_t *counts = memory_new(indicators->staff_count + 1, sizeof *counts);
    size_t count = 0;
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        if (staff->role == role && staff->self_handled > 0) {
            counts[count++] = staff->self_handled;
        }
    }
    qsort(counts, count, sizeof *counts, compare);
    const int64_t median = count > 0 ? counts[(count + 1) / 2 - 1] : 0;
    memory_free(counts);
    return median;
}

struct indicator_amount indicator_total_alone(const struct indicators *indicators,
                                              const struct indicator_view *view,
                                              unsigned argument)
{
    (void)view;
    (void)argument;
    int64_t medians[ROLES] = {0};
    struct indicator_amount amount = {0, 0};
    for (unsigned role = 0; role < ROLES; role++) {
        medians[role] = median_alone(indicators, role);
    }
    for (size_t i = 0; i < indicators->staff_count; i++) {
        const struct indicator_staff *staff = &indicators->staff[i];
        if (staff->self_handled > 0) {
            amount.numerator +=
                staff->self_handled > ALONE_TIMES * medians[staff->role % ROLES];
            amount.denominator++;
        }
    }
    return amount;
}

/* What somebody else counts and has not delivered. */
struct indicator_amount indicator_total_nothing(const struct indicators *indicators,
                                                const struct indicator_view *view,
                                                unsigned argument)
{
    (void)indicators;
    (void)view;
    (void)argument;
    return (struct indicator_amount){0, 0};
}
