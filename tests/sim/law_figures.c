/* law_figures.c: see law_figures.h. */
#include "tests/sim/law_figures.h"

#include <stdlib.h>
#include <string.h>

#include "broker/runtime/indicator.h"
#include "broker/runtime/memory.h"
#include "proto/arena.h"
#include "proto/codec.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024
};

/* Four foldings, beside each other. */
enum view {
    ALL,
    ONLY_ACTUAL,  /* exercises and tests are not told it */
    AS_SNAPSHOTS, /* as audit folds, which keeps it in a cache */
    AS_RESTARTED, /* the same, put back from the cache in the middle */
    VIEWS
};

struct counting {
    struct world *world;
    struct indicators *views[VIEWS];
    uint64_t cut;
    struct laws *laws;
};

static struct indicators *fresh(enum view view)
{
    const bool snapshots = view == AS_SNAPSHOTS || view == AS_RESTARTED;
    return indicator_new(&(struct indicator_window){.for_snapshots = snapshots});
}

/* What a cache keeps, in the order of its numbers, as it gives it back. */
struct row {
    uint64_t number;
    struct bytes value;
};

struct rows {
    struct row *items;
    size_t count, room;
};

static void put_row(void *context, uint64_t number, struct bytes value)
{
    struct rows *rows = context;
    uint8_t *copy = memory_new(value.size + 1, 1);
    memcpy(copy, value.data, value.size);
    MEMORY_ROOM_FOR_ONE(rows->items, rows->count, rows->room);
    rows->items[rows->count++] = (struct row){number, {copy, value.size}};
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = ((const struct row *)a)->number;
    const uint64_t y = ((const struct row *)b)->number;
    return x < y ? -1 : x > y;
}

/* What a process that dies and comes back has. */
static void restart(struct counting *counting)
{
    struct rows rows = {.count = 0};
    indicator_keep(counting->views[AS_RESTARTED], put_row, &rows);
    indicator_free(&counting->views[AS_RESTARTED]);
    counting->views[AS_RESTARTED] = fresh(AS_RESTARTED);
    qsort(rows.items, rows.count, sizeof *rows.items, by_number);
    for (size_t i = 0; i < rows.count; i++) {
        const bool is_again = i > 0 && rows.items[i].number == rows.items[i - 1].number;
        if (!is_again && // the same row, put twice
            !indicator_restore(counting->views[AS_RESTARTED], rows.items[i].number,
                               rows.items[i].value)) {
            laws_say(counting->laws, "row %llu of the figures is not taken back",
                     (unsigned long long)rows.items[i].number);
        }
        memory_free((void *)(uintptr_t)rows.items[i].value.data);
    }
    memory_free(rows.items);
}

static bool is_exercise(const struct kase *kase)
{
    return kase != NULL && kase->status != SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
}

static void count_one(struct counting *counting, const struct record *record,
                      const Sanji__Envelope *envelope)
{
    if (world_fold(counting->world, record, envelope) != STATUS_OK) {
        return;
    }
    world_set_read(counting->world, record->seq);
    struct kase *after = record->header.case_key != 0
                             ? world_case(counting->world, record->header.case_key)
                             : NULL;
    const struct indicator_seen seen = {
        .record = record,
        .envelope = envelope,
        .before = after != NULL ? world_before(counting->world) : NULL,
        .after = after,
        .calendar = rules_calendar(world_rules(counting->world))};
    for (unsigned view = 0; view < VIEWS; view++) {
        if (view != ONLY_ACTUAL || !is_exercise(after)) {
            indicator_fold(counting->views[view], &seen);
        }
    }
    if (record->seq == counting->cut) {
        restart(counting);
    }
}

static const struct worker_state *worker_of(void *context, uint32_t worker)
{
    return world_worker(context, worker);
}

static void count(struct counting *counting, const struct simlog *sim)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        if (codec_unpack(simlog_record(sim, seq)->envelope, arena, &envelope) ==
            STATUS_OK) {
            count_one(counting, simlog_record(sim, seq), envelope);
        }
    }
    arena_free(&arena);
}

static size_t compare(const struct counting *counting, enum view a, enum view b,
                      const char *what)
{
    size_t valued = 0;
    for (size_t i = 0; i < indicator_count(); i++) {
        struct indicator_figure x;
        struct indicator_figure y;
        indicator_read(counting->views[a], i, &x);
        indicator_read(counting->views[b], i, &y);
        valued += x.has_value && x.numerator != 0 ? 1 : 0;
        if (x.numerator != y.numerator || x.denominator != y.denominator ||
            x.value_e6 != y.value_e6 || x.has_value != y.has_value ||
            x.suppressed != y.suppressed) {
            laws_say(counting->laws, "%s %s is %lld/%lld, %s %lld/%lld", x.definition->code,
                     x.definition->part != NULL ? x.definition->part : "",
                     (long long)x.numerator, (long long)x.denominator, what,
                     (long long)y.numerator, (long long)y.denominator);
        }
    }
    return valued;
}

size_t law_figures(const struct simlog *sim, uint64_t cut, struct laws *laws)
{
    struct counting counting = {.world = world_new(), .cut = cut, .laws = laws};
    for (unsigned view = 0; view < VIEWS; view++) {
        counting.views[view] = fresh((enum view)view);
    }
    count(&counting, sim);
    for (unsigned view = 0; view < VIEWS; view++) {
        indicator_staff(counting.views[view], world_rules(counting.world), worker_of,
                        counting.world);
    }
    const size_t valued = compare(&counting, ALL, ONLY_ACTUAL, "without exercises");
    (void)compare(&counting, AS_SNAPSHOTS, AS_RESTARTED, "over a cache"); // as many
    for (unsigned view = 0; view < VIEWS; view++) {
        indicator_free(&counting.views[view]);
    }
    world_free(&counting.world);
    return valued;
}
