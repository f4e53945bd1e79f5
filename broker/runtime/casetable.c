/* casetable.c: open addressing over places; slots in chunks. */
#include "broker/runtime/casetable.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    CHUNK_SLOTS = 64,
    FIRST_CELLS = 256
};

static uint32_t hash(uint64_t key)
{
    // Fibonacci hashing: keys of a day are consecutive numbers.
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

// The key of a slot; kept beside the fold, which may not have set it yet.
static uint64_t key_at(const struct casetable *table, uint32_t place)
{
    return casetable_at(table, place)->kase.key;
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
    memset(slot, 0, sizeof *slot);
    slot->kase.key = key;
    slot->place = table->count;
    table->cells[find_cell(table, key)] = slot->place + 1;
    table->count++;
    order_add(&table->states[STATE_NONE], slot->place);
    return slot;
}

void casetable_drop_last(struct casetable *table)
{
    assert(table != NULL && table->count > 0);
    struct case_slot *slot = casetable_at(table, table->count - 1);
    order_remove(&table->states[slot->filed_state], slot->place);
    table->cells[find_cell(table, slot->kase.key)] = 0;
    table->count--;
}

void casetable_file(struct casetable *table, struct case_slot *slot)
{
    assert(table != NULL && slot != NULL);
    assert(slot->kase.state < STATE_COUNT);
    if (slot->kase.state != slot->filed_state) {
        order_remove(&table->states[slot->filed_state], slot->place);
        order_add(&table->states[slot->kase.state], slot->place);
        slot->filed_state = slot->kase.state;
    }
}

void casetable_reset(struct casetable *table)
{
    assert(table != NULL);
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        memory_free(table->chunks[i]);
    }
    memory_free(table->chunks);
    memory_free(table->cells);
    for (unsigned state = 0; state < STATE_COUNT; state++) {
        order_reset(&table->states[state]);
    }
    *table = (struct casetable){0};
}
