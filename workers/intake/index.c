/* index.c: see index.h. Entries in order of coming; cells by open addressing hold the number of
 * an entry + 1. The key is an HMAC, so its first bytes are the hash. */
#include "workers/intake/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    CELLS_FIRST = 4096 /* always a power of two */
};

struct index {
    struct index_entry *entries;
    size_t count, room;
    uint32_t *cells; /* number + 1; 0: free */
    size_t cell_count;
};

static uint32_t *cell_of(const struct index *index, const uint8_t *reference)
{
    uint64_t hash;
    memcpy(&hash, reference, sizeof hash);
    for (size_t at = hash & (index->cell_count - 1);;
         at = (at + 1) & (index->cell_count - 1)) {
        uint32_t *cell = &index->cells[at];
        if (*cell == 0 || memcmp(index->entries[*cell - 1].reference, reference,
                                 KEYSTORE_HMAC_SIZE) == 0) {
            return cell;
        }
    }
}

struct index *index_new(void)
{
    struct index *index = memory_new(1, sizeof *index);
    index->cell_count = CELLS_FIRST;
    index->cells = memory_new(index->cell_count, sizeof *index->cells);
    return index;
}

void index_free(struct index **index)
{
    if (*index != NULL) {
        memory_free((*index)->entries);
        memory_free((*index)->cells);
        memory_free(*index);
        *index = NULL;
    }
}

void index_reset(struct index *index)
{
    if (index->count > 0) {
        memset(index->cells, 0, index->cell_count * sizeof *index->cells);
        index->count = 0;
    }
}

static void grow(struct index *index)
{
    memory_free(index->cells);
    index->cell_count *= 2;
    index->cells = memory_new(index->cell_count, sizeof *index->cells);
    for (size_t number = 0; number < index->count; number++) {
        *cell_of(index, index->entries[number].reference) = (uint32_t)number + 1;
    }
}

const struct index_entry *index_find(const struct index *index,
                                     const uint8_t reference[KEYSTORE_HMAC_SIZE])
{
    const uint32_t cell = *cell_of(index, reference);
    return cell != 0 ? &index->entries[cell - 1] : NULL;
}

void index_put(struct index *index, const struct index_entry *entry)
{
    assert(entry->seq != 0);
    assert(index->count < UINT32_MAX - 1);
    if ((index->count + 1) * 4 > index->cell_count * 3) {
        grow(index);
    }
    uint32_t *cell = cell_of(index, entry->reference);
    if (*cell == 0) {
        MEMORY_ROOM_FOR_ONE(index->entries, index->count, index->room);
        index->entries[index->count] = *entry;
        index->count++;
        *cell = (uint32_t)index->count;
    }
}

size_t index_count(const struct index *index)
{
    return index->count;
}

const struct index_entry *index_at(const struct index *index, size_t number)
{
    assert(number < index->count);
    return &index->entries[number];
}
