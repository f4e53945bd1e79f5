/* world.c: folding records into cases, workers and timers, and taking tentative folds back. */
#include "broker/runtime/world.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/world_inside.h"

enum {
    COMPACT_SLACK = 1024
};

struct world *world_new(void)
{
    struct world *self = memory_new(1, sizeof *self);
    self->rules = rules_new();
    return self;
}

void world_free(struct world **world)
{
    assert(world != NULL);
    struct world *self = *world;
    if (self == NULL) {
        return;
    }
    rules_free(&self->rules);
    casetable_reset(&self->cases);
    workload_reset(&self->workload);
    for (unsigned owner = 0; owner < WORLD_OWNERS; owner++) {
        duequeue_reset(&self->timers[owner].queue);
        memory_free(self->undo.popped[owner].entries);
    }
    memory_free(self->days);
    memory_free(self->undo.cases);
    memory_free(self->undo.workers);
    memory_free(self->undo.days);
    memory_free(self->changed.places);
    memory_free(self);
    *world = NULL;
}

uint64_t world_read_seq(const struct world *world)
{
    return world->read_seq;
}

void world_set_read(struct world *world, uint64_t seq)
{
    assert(!world->undo.is_on);
    assert(seq >= world->read_seq);
    world->read_seq = seq;
}

struct rules *world_rules(struct world *world)
{
    return world->rules;
}

uint32_t world_place(const struct world *world)
{
    uint32_t place = rules_place(world->rules);
    return place != 0 ? place : world->place;
}

const struct kase *world_before(const struct world *world)
{
    return world->has_before ? &world->before : NULL;
}

/* ---- timers ---- */

static bool has_due(const struct kase *kase, const struct world_due *due)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind == due->kind && timer->n == due->n &&
            timer->state == TIMER_STATE_ARMED && timer->due_ms == due->due_ms) {
            return true;
        }
    }
    return false;
}

static bool stands(void *context, const struct world_due *due)
{
    struct world *world = context;
    const struct case_slot *slot = casetable_find(&world->cases, due->case_key);
    return slot != NULL && has_due(casetable_look(slot, &world->look), due);
}

static void pop_due(struct world *world, enum owner owner)
{
    struct duequeue *queue = &world->timers[owner].queue;
    if (world->undo.is_on) {
        // It may stand again once the tentative folds are undone.
        MEMORY_ROOM_FOR_ONE(world->undo.popped[owner].entries,
                            world->undo.popped[owner].count,
                            world->undo.popped[owner].room);
        world->undo.popped[owner].entries[world->undo.popped[owner].count] =
            *duequeue_head(queue);
        world->undo.popped[owner].count++;
    }
    duequeue_pop(queue);
}

bool world_next_due(struct world *world, enum owner owner, struct world_due *due)
{
    assert((unsigned)owner < WORLD_OWNERS);
    const struct duequeue *queue = &world->timers[owner].queue;
    for (;;) {
        const struct world_due *head = duequeue_head(queue);
        if (head == NULL) {
            return false;
        }
        if (stands(world, head)) {
            *due = *head;
            return true;
        }
        pop_due(world, owner);
    }
}

void world_take_due(struct world *world, enum owner owner)
{
    assert((unsigned)owner < WORLD_OWNERS);
    assert(world->undo.is_on);
    const struct duequeue *queue = &world->timers[owner].queue;
    assert(duequeue_head(queue) != NULL);
    struct world_due taken = *duequeue_head(queue);
    // A timer armed tentatively and then for good stands in the queue twice.
    while (duequeue_head(queue) != NULL &&
           duequeue_compare(duequeue_head(queue), &taken) == 0) {
        pop_due(world, owner);
    }
}

// Counts a case's armed timers to (+1) or from (-1) the totals.
static void count_armed(struct world *world, const struct kase *kase, int sign)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind != TIMER_NONE && timer->state == TIMER_STATE_ARMED) {
            size_t *armed = &world->timers[vocab_timer_owner(timer->kind)].armed;
            assert(sign > 0 || *armed > 0);
            *armed = sign > 0 ? *armed + 1 : *armed - 1;
        }
    }
}

static void queue_armed(struct world *world, const struct kase *before,
                        const struct kase *after)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &after->timers[i];
        if (timer->kind == TIMER_NONE || timer->state != TIMER_STATE_ARMED) {
            continue;
        }
        struct world_due due = {.due_ms = timer->due_ms,
                                .case_key = after->key,
                                .kind = timer->kind,
                                .n = timer->n};
        if (!has_due(before, &due)) {
            struct timers *timers = &world->timers[vocab_timer_owner(timer->kind)];
            duequeue_push(&timers->queue, &due);
        }
    }
}

void world_arm(struct world *world, const struct kase *before, const struct kase *after)
{
    count_armed(world, before, -1);
    count_armed(world, after, +1);
    queue_armed(world, before, after);
}

// Not while saving: an entry that is stale now may stand again after the undo.
static void compact(struct world *world)
{
    for (unsigned owner = 0; owner < WORLD_OWNERS && !world->undo.is_on; owner++) {
        struct timers *timers = &world->timers[owner];
        if (timers->queue.count > 2 * timers->armed + COMPACT_SLACK) {
            duequeue_compact(&timers->queue, stands, world);
        }
    }
}

/* ---- undo ---- */

void world_save_begin(struct world *world)
{
    assert(!world->undo.is_on);
    world->undo.is_on = true;
    world->undo.case_total = world->cases.count;
    world->undo.totals = world->workload.totals;
}

void world_save_case(struct world *world, struct case_slot *slot)
{
    struct undo *undo = &world->undo;
    if (!undo->is_on || slot->is_saved || slot->place >= undo->case_total) {
        return; // a new case is taken back whole
    }
    MEMORY_ROOM_FOR_ONE(undo->cases, undo->case_count, undo->case_room);
    undo->cases[undo->case_count].place = slot->place;
    undo->cases[undo->case_count].kase = *slot->kase;
    undo->case_count++;
    slot->is_saved = true;
}

static struct worker_state *touch_worker(void *context, uint32_t number)
{
    struct world *world = context;
    struct worker_state *worker = workload_at(&world->workload, number);
    struct undo *undo = &world->undo;
    world_note_worker(world, number);
    if (undo->is_on) {
        for (size_t i = undo->worker_count; i > 0; i--) {
            if (undo->workers[i - 1].worker == number) {
                return worker;
            }
        }
        MEMORY_ROOM_FOR_ONE(undo->workers, undo->worker_count, undo->worker_room);
        undo->workers[undo->worker_count] = *worker;
        undo->worker_count++;
    }
    return worker;
}

static void undo_days(struct world *world);

void world_undo(struct world *world)
{
    struct undo *undo = &world->undo;
    assert(undo->is_on);
    undo->is_on = false;
    while (world->cases.count > undo->case_total) {
        count_armed(world, casetable_at(&world->cases, world->cases.count - 1)->kase, -1);
        casetable_drop_last(&world->cases);
    }
    for (size_t i = 0; i < undo->case_count; i++) {
        struct case_slot *slot = casetable_at(&world->cases, undo->cases[i].place);
        count_armed(world, slot->kase, -1);
        *slot->kase = undo->cases[i].kase;
        slot->is_saved = false;
        count_armed(world, slot->kase, +1);
        casetable_file(&world->cases, slot);
    }
    for (size_t i = 0; i < undo->worker_count; i++) {
        *workload_at(&world->workload, undo->workers[i].worker) = undo->workers[i];
    }
    undo_days(world);
    world->workload.totals = undo->totals;
    for (unsigned owner = 0; owner < WORLD_OWNERS; owner++) {
        for (size_t i = 0; i < undo->popped[owner].count; i++) {
            duequeue_push(&world->timers[owner].queue, &undo->popped[owner].entries[i]);
        }
        undo->popped[owner].count = 0;
    }
    undo->case_count = 0;
    undo->worker_count = 0;
    undo->day_count = 0;
    world->has_before = false;
}

/* ---- running numbers ---- */

// Where `day` stands or would stand: logs grow at the end, so look from there.
static size_t find_day(const struct world *world, uint32_t day)
{
    size_t at = world->day_count;
    while (at > 0 && world->days[at - 1].day >= day) {
        at--;
    }
    return at;
}

static bool has_day(const struct world *world, size_t at, uint32_t day)
{
    return at < world->day_count && world->days[at].day == day;
}

uint32_t world_running(const struct world *world, uint32_t day)
{
    size_t at = find_day(world, day);
    return has_day(world, at, day) ? world->days[at].running : 0;
}

void world_count_case(struct world *world, uint64_t case_key)
{
    uint32_t day = id_case_day(case_key);
    uint32_t running = id_case_running(case_key);
    size_t at = find_day(world, day);
    uint32_t had = has_day(world, at, day) ? world->days[at].running : 0;
    if (running <= had) {
        return;
    }
    if (world->undo.is_on) {
        MEMORY_ROOM_FOR_ONE(world->undo.days, world->undo.day_count, world->undo.day_room);
        world->undo.days[world->undo.day_count] = (struct day_running){day, had};
        world->undo.day_count++;
    }
    if (had == 0) {
        MEMORY_ROOM_FOR_ONE(world->days, world->day_count, world->day_room);
        memmove(world->days + at + 1, world->days + at,
                (world->day_count - at) * sizeof *world->days);
        world->day_count++;
    }
    world->days[at] = (struct day_running){day, running};
}

static void undo_days(struct world *world)
{
    for (size_t i = world->undo.day_count; i > 0; i--) {
        struct day_running was = world->undo.days[i - 1];
        size_t at = find_day(world, was.day);
        assert(has_day(world, at, was.day));
        world->days[at] = was;
        if (was.running == 0) {
            memmove(world->days + at, world->days + at + 1,
                    (world->day_count - at - 1) * sizeof *world->days);
            world->day_count--;
        }
    }
}

/* ---- folding ---- */

static enum status fold_case(struct world *world, const struct record *record,
                             const Sanji__Envelope *envelope)
{
    struct case_slot *slot = casetable_find(&world->cases, record->header.case_key);
    bool is_new = slot == NULL;
    if (is_new) {
        slot = casetable_add(&world->cases, record->header.case_key);
        slot->kase->key = 0; // a fresh case is all zeroes, case.h
    }
    struct kase *kase = casetable_kase(&world->cases, slot);
    world->before = *kase;
    world_save_case(world, slot);
    enum status status = case_fold(kase, record, envelope);
    if (status != STATUS_OK) {
        kase->key = record->header.case_key;
        if (is_new) {
            casetable_drop_last(&world->cases);
        }
        return status;
    }
    assert(kase->key == record->header.case_key);
    world->has_before = !is_new;
    world_arm(world, &world->before, kase);
    world_note_case(world, slot);
    casetable_file(&world->cases, slot);
    if (is_new) {
        world_count_case(world, record->header.case_key);
        if (world->place == 0) {
            world->place = kase->area.place;
        }
    }
    return STATUS_OK;
}

enum status world_fold(struct world *world, const struct record *record,
                       const Sanji__Envelope *envelope)
{
    assert(world != NULL && record != NULL && envelope != NULL);
    world->has_before = false;
    if (!world->undo.is_on) {
        casetable_rest(&world->cases);
    }
    if (record->header.type == EVENT_RULES_PUBLISHED) {
        assert(!world->undo.is_on);
        if (envelope->body_case != SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
            return STATUS_INVALID;
        }
        return rules_fold(world->rules, envelope->rules_published);
    }
    if (record->header.type != (unsigned)envelope->body_case) {
        // A type of a newer version: kept, forwarded and never applied.
        return envelope->body_case == SANJI__ENVELOPE__BODY__NOT_SET ? STATUS_OK
                                                                     : STATUS_INVALID;
    }
    struct workload_change change = {.record = record,
                                     .envelope = envelope,
                                     .utc_offset_min = rules_utc_offset_min(world->rules),
                                     .totals = &world->workload.totals,
                                     .touch = touch_worker,
                                     .context = world};
    if (record->header.case_key != 0) {
        enum status status = world_may_merge(world, record, envelope)
                                 ? fold_case(world, record, envelope)
                                 : STATUS_INVALID;
        if (status != STATUS_OK) {
            return status;
        }
        world_merge(world, record, envelope);
        change.before = world_before(world);
        change.after = world_case(world, record->header.case_key);
    }
    workload_fold(&change);
    compact(world);
    return STATUS_OK;
}

/* ---- looking ---- */

struct kase *world_case(struct world *world, uint64_t key)
{
    struct case_slot *slot = casetable_find(&world->cases, key);
    return slot != NULL ? casetable_kase(&world->cases, slot) : NULL;
}

size_t world_case_count(const struct world *world)
{
    return world->cases.count;
}

// A packed case is shown as a copy: it is final, and visiting all of them unpacks none.
static struct kase *to_visit(struct world *world, struct case_slot *slot)
{
    if (slot->kase != NULL) {
        return slot->kase;
    }
    (void)casetable_look(slot, &world->visited); // it is the room that was given
    return &world->visited;
}

void world_each_in_state(struct world *world, enum case_state state, world_case_fn visit,
                         void *context)
{
    assert((unsigned)state < STATE_COUNT);
    const struct order *order = &world->cases.states[state];
    uint32_t place = order_next(order, 0);
    while (place != ORDER_END &&
           visit(context, to_visit(world, casetable_at(&world->cases, place)))) {
        place = order_next(order, place + 1);
    }
}

void world_each_case(struct world *world, world_case_fn visit, void *context)
{
    for (uint32_t place = 0; place < world->cases.count; place++) {
        if (!visit(context, to_visit(world, casetable_at(&world->cases, place)))) {
            return;
        }
    }
}

struct worker_state *world_worker(struct world *world, uint32_t worker)
{
    return workload_at(&world->workload, worker);
}

const struct workload_totals *world_totals(const struct world *world)
{
    return &world->workload.totals;
}

uint32_t world_roll_min(const struct world *world, const struct worker_state *worker,
                        uint32_t day)
{
    assert(world != NULL);
    return workload_roll_min(worker, day);
}

bool world_on_duty(struct world *world, uint32_t worker, int64_t now_ms)
{
    return workload_on_duty(workload_at(&world->workload, worker), world->rules, worker,
                            now_ms);
}
