/* index.c: see index.h. Open addressing; the key is an HMAC, so its first bytes are the hash. */
#include "workers/intake/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM_FIRST = 4096 /* entries; always a power of two */
};

struct index {
    struct index_entry *entries; /* a place with seq 0 is free */
    size_t room;
    size_t count;
};

static struct index_entry *place_of(struct index_entry *entries, size_t room,
                                    const uint8_t *reference)
{
    uint64_t hash;
    memcpy(&hash, reference, sizeof hash);
    for (size_t at = hash & (room - 1);; at = (at + 1) & (room - 1)) {
        struct index_entry *entry = &entries[at];
        if (entry->seq == 0 ||
            memcmp(entry->reference, reference, KEYSTORE_HMAC_SIZE) == 0) {
            return entry;
        }
    }
}

struct index *index_new(void)
{
    struct index *index = calloc(1, sizeof *index);
    assert(index != NULL);
    index->room = ROOM_FIRST;
    index->entries = calloc(index->room, sizeof *index->entries);
    assert(index->entries != NULL);
    return index;
}

void index_free(struct index **index)
{
    if (*index != NULL) {
        free((*index)->entries);
        free(*index);
        *index = NULL;
    }
}

void index_reset(struct index *index)
{
    if (index->count > 0) {
        memset(index->entries, 0, index->room * sizeof *index->entries);
        index->count = 0;
    }
}

static void grow(struct index *index)
{
    const size_t room = index->room * 2;
    struct index_entry *entries = calloc(room, sizeof *entries);
    assert(entries != NULL);
    for (size_t i = 0; i < index->room; i++) {
        if (index->entries[i].seq != 0) {
            *place_of(entries, room, index->entries[i].reference) = index->entries[i];
        }
    }
    free(index->entries);
    index->entries = entries;
    index->room = room;
}

const struct index_entry *index_find(const struct index *index,
                                     const uint8_t reference[KEYSTORE_HMAC_SIZE])
{
    const struct index_entry *entry = place_of(index->entries, index->room, reference);
    return entry->seq != 0 ? entry : NULL;
}

void index_put(struct index *index, const struct index_entry *entry)
{
    assert(entry->seq != 0);
    if ((index->count + 1) * 4 > index->room * 3) {
        grow(index);
    }
    struct index_entry *place = place_of(index->entries, index->room, entry->reference);
    if (place->seq == 0) {
        *place = *entry;
        index->count++;
    }
}

size_t index_count(const struct index *index)
{
    return index->count;
}
