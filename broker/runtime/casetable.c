/* casetable.c: open addressing over places; slots in chunks; who rests is packed. */
#include "broker/runtime/casetable.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/casepack.h"
#include "broker/runtime/memory.h"

enum {
    CHUNK_SLOTS = 64,
    FIRST_CELLS = 256,
    RESTING_MIN = 64 /* below, packing would only be undone by who looks at a closed case */
};

static uint32_t hash(uint64_t key)
{
    // Fibonacci hashing: keys of a day are consecutive numbers.
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

// The key of a slot; kept beside the fold, which may not have set it yet.
static uint64_t key_at(const struct casetable *table, uint32_t place)
{
    return casetable_at(table, place)->key;
}

static uint32_t find_cell(const struct casetable *table, uint64_t key)
{
    uint32_t mask = table->cell_count - 1;
    uint32_t cell = hash(key) & mask;
    while (table->cells[cell] != 0 && key_at(table, table->cells[cell] - 1) != key) {
        cell = (cell + 1) & mask;
    }
    return cell;
}

// Cells are filled in order of place, as if they had been added one by one: only so may the
// youngest be taken out again without leaving a hole in somebody's run.
static void rehash(struct casetable *table)
{
    uint32_t wanted = table->cell_count == 0 ? FIRST_CELLS : table->cell_count * 2;
    memory_free(table->cells);
    table->cells = memory_new(wanted, sizeof *table->cells);
    table->cell_count = wanted;
    for (uint32_t place = 0; place < table->count; place++) {
        table->cells[find_cell(table, key_at(table, place))] = place + 1;
    }
}

struct case_slot *casetable_at(const struct casetable *table, uint32_t place)
{
    assert(place < table->chunk_count * CHUNK_SLOTS);
    return &table->chunks[place / CHUNK_SLOTS][place % CHUNK_SLOTS];
}

struct case_slot *casetable_find(const struct casetable *table, uint64_t key)
{
    assert(table != NULL);
    if (table->cell_count == 0 || key == 0) {
        return NULL;
    }
    uint32_t found = table->cells[find_cell(table, key)];
    return found != 0 ? casetable_at(table, found - 1) : NULL;
}

struct case_slot *casetable_add(struct casetable *table, uint64_t key)
{
    assert(table != NULL && key != 0);
    assert(casetable_find(table, key) == NULL);
    if (table->count == table->chunk_count * CHUNK_SLOTS) {
        table->chunks = memory_resize(table->chunks, table->chunk_count + 1U,
                                      sizeof(struct case_slot *));
        table->chunks[table->chunk_count] =
            memory_new(CHUNK_SLOTS, sizeof(struct case_slot));
        table->chunk_count++;
    }
    if ((table->count + 1) * 2 > table->cell_count) {
        rehash(table);
    }
    struct case_slot *slot = casetable_at(table, table->count);
    *slot = (struct case_slot){.key = key, .place = table->count};
    slot->kase = memory_new(1, sizeof *slot->kase);
    slot->kase->key = key;
    table->cells[find_cell(table, key)] = slot->place + 1;
    table->count++;
    order_add(&table->states[STATE_NONE], slot->place);
    return slot;
}

/* ---- packed cases ---- */

static void note_resting(struct casetable *table, struct case_slot *slot)
{
    if (!slot->is_resting && lifecycle_is_final((enum case_state)slot->kase->state)) {
        MEMORY_ROOM_FOR_ONE(table->resting, table->resting_count, table->resting_room);
        table->resting[table->resting_count++] = slot->place;
        slot->is_resting = true;
    }
}

// The youngest case is dropped: its place is one of the newest here, if at all.
static void forget_resting(struct casetable *table, uint32_t place)
{
    size_t at = table->resting_count;
    while (table->resting[at - 1] != place) {
        at--;
        assert(at > 0);
    }
    table->resting[at - 1] = table->resting[--table->resting_count];
}

static void free_case(struct case_slot *slot)
{
    memory_free(slot->kase);
    memory_free(slot->packed);
    slot->kase = NULL;
    slot->packed = NULL;
}

struct kase *casetable_kase(struct casetable *table, struct case_slot *slot)
{
    assert(table != NULL && slot != NULL);
    if (slot->kase == NULL) {
        slot->kase = memory_new(1, sizeof *slot->kase);
        casepack_read(slot->packed, slot->packed_size, slot->kase);
        memory_free(slot->packed);
        slot->packed = NULL;
        note_resting(table, slot);
    }
    return slot->kase;
}

const struct kase *casetable_look(const struct case_slot *slot, struct kase *room)
{
    assert(slot != NULL && room != NULL);
    if (slot->kase != NULL) {
        return slot->kase;
    }
    casepack_read(slot->packed, slot->packed_size, room);
    return room;
}

static void pack(struct case_slot *slot)
{
    uint8_t packed[CASEPACK_SIZE_MAX];
    const size_t size = casepack_write(slot->kase, packed);
    slot->packed = memory_new(size, 1);
    memcpy(slot->packed, packed, size);
    slot->packed_size = (uint32_t)size;
    memory_free(slot->kase);
    slot->kase = NULL;
}

void casetable_rest(struct casetable *table)
{
    assert(table != NULL);
    if (table->resting_count < RESTING_MIN) {
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < table->resting_count; i++) {
        struct case_slot *slot = casetable_at(table, table->resting[i]);
        if (slot->is_saved) {
            table->resting[kept++] = slot->place;
            continue;
        }
        slot->is_resting = false;
        if (lifecycle_is_final((enum case_state)slot->kase->state)) {
            pack(slot);
        }
    }
    table->resting_count = kept;
}

void casetable_drop_last(struct casetable *table)
{
    assert(table != NULL && table->count > 0);
    struct case_slot *slot = casetable_at(table, table->count - 1);
    order_remove(&table->states[slot->filed_state], slot->place);
    table->cells[find_cell(table, slot->key)] = 0;
    table->count--;
    if (slot->is_resting) {
        forget_resting(table, slot->place);
    }
    free_case(slot);
}

void casetable_file(struct casetable *table, struct case_slot *slot)
{
    assert(table != NULL && slot != NULL);
    assert(slot->kase != NULL && slot->kase->state < STATE_COUNT);
    if (slot->kase->state != slot->filed_state) {
        order_remove(&table->states[slot->filed_state], slot->place);
        order_add(&table->states[slot->kase->state], slot->place);
        slot->filed_state = slot->kase->state;
    }
    note_resting(table, slot);
}

void casetable_reset(struct casetable *table)
{
    assert(table != NULL);
    for (uint32_t place = 0; place < table->count; place++) {
        free_case(casetable_at(table, place));
    }
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        memory_free(table->chunks[i]);
    }
    memory_free(table->resting);
    memory_free(table->chunks);
    memory_free(table->cells);
    for (unsigned state = 0; state < STATE_COUNT; state++) {
        order_reset(&table->states[state]);
    }
    *table = (struct casetable){0};
}
