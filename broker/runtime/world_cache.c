/* world_cache.c: what of a world was changed by committed folds, and putting a world back from
 * what was kept of one. */
#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/world_inside.h"

enum {
    WORD_BITS = 64,
    WORKERS_MAX = WORKLOAD_CHUNK * WORKLOAD_CHUNKS
};

/* ---- what changed ---- */

void world_note_case(struct world *world, struct case_slot *slot)
{
    struct changed *changed = &world->changed;
    if (world->undo.is_on || slot->is_changed) {
        return;
    }
    MEMORY_ROOM_FOR_ONE(changed->places, changed->place_count, changed->place_room);
    changed->places[changed->place_count++] = slot->place;
    slot->is_changed = true;
}

void world_note_worker(struct world *world, uint32_t worker)
{
    if (!world->undo.is_on) {
        world->changed.workers[worker / WORD_BITS] |= UINT64_C(1) << worker % WORD_BITS;
    }
}

void world_each_changed_case(struct world *world, world_place_fn visit, void *context)
{
    assert(!world->undo.is_on);
    const struct changed *changed = &world->changed;
    for (size_t i = 0; i < changed->place_count; i++) {
        const uint32_t place = changed->places[i];
        if (!visit(context, place,
                   casetable_look(casetable_at(&world->cases, place), &world->look))) {
            return;
        }
    }
}

void world_each_changed_worker(struct world *world, world_worker_fn visit, void *context)
{
    assert(!world->undo.is_on);
    for (uint32_t worker = 1; worker < WORKERS_MAX; worker++) {
        const uint64_t word = world->changed.workers[worker / WORD_BITS];
        if ((word >> worker % WORD_BITS & 1) != 0 &&
            !visit(context, workload_at(&world->workload, worker))) {
            return;
        }
    }
}

void world_set_clean(struct world *world)
{
    assert(!world->undo.is_on);
    struct changed *changed = &world->changed;
    for (size_t i = 0; i < changed->place_count; i++) {
        casetable_at(&world->cases, changed->places[i])->is_changed = false;
    }
    changed->place_count = 0;
    memset(changed->workers, 0, sizeof changed->workers);
}

/* ---- putting back ---- */

enum status world_restore_case(struct world *world, const struct kase *kase)
{
    static const struct kase none;
    assert(!world->undo.is_on);
    if (kase->key == 0 || kase->state >= STATE_COUNT ||
        casetable_find(&world->cases, kase->key) != NULL) {
        return STATUS_INVALID;
    }
    struct case_slot *slot = casetable_add(&world->cases, kase->key);
    *slot->kase = *kase;
    world_arm(world, &none, slot->kase);
    casetable_file(&world->cases, slot);
    world_count_case(world, kase->key);
    return STATUS_OK;
}

enum status world_restore_worker(struct world *world, const struct worker_state *worker)
{
    assert(!world->undo.is_on);
    if (worker->worker == 0 || worker->worker >= WORKERS_MAX) {
        return STATUS_INVALID;
    }
    *workload_at(&world->workload, worker->worker) = *worker;
    return STATUS_OK;
}

void world_restore_totals(struct world *world, const struct workload_totals *totals)
{
    world->workload.totals = *totals;
}

void world_restore_place(struct world *world, uint32_t place)
{
    world->place = place;
}
