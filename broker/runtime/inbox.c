/* inbox.c: a chain of blocks. */
#include "broker/runtime/inbox.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "broker/runtime/memory.h"

enum {
    BLOCK_SIZE = 256 * 1024 - 64 /* holds at least three of the largest records */
};

struct entry {
    uint64_t seq;
    struct record_header header;
    uint32_t size; /* of the envelope, which follows */
};

struct inbox_block {
    struct inbox_block *next;
    size_t begin; /* first entry that is not dropped */
    size_t end;
    alignas(struct entry) uint8_t bytes[BLOCK_SIZE];
};

static size_t entry_size(size_t envelope_size)
{
    size_t size = sizeof(struct entry) + envelope_size;
    return (size + alignof(struct entry) - 1) / alignof(struct entry) *
           alignof(struct entry);
}

static size_t wire_size(size_t envelope_size)
{
    return RECORD_FRAME_SIZE + envelope_size;
}

static void add_block(struct inbox *inbox)
{
    struct inbox_block *block = inbox->spare;
    if (block == NULL) {
        block = memory_new(1, sizeof *block);
    }
    inbox->spare = NULL;
    block->next = NULL;
    block->begin = 0;
    block->end = 0;
    if (inbox->last != NULL) {
        inbox->last->next = block;
    } else {
        inbox->first = block;
    }
    inbox->last = block;
}

void inbox_put(struct inbox *inbox, const struct record *record)
{
    assert(inbox != NULL && record != NULL);
    assert(record->envelope.size <= RECORD_SIZE_MAX);
    size_t size = entry_size(record->envelope.size);
    if (inbox->last == NULL || inbox->last->end + size > BLOCK_SIZE) {
        add_block(inbox);
    }
    struct entry entry = {.seq = record->seq,
                          .header = record->header,
                          .size = (uint32_t)record->envelope.size};
    uint8_t *at = inbox->last->bytes + inbox->last->end;
    memcpy(at, &entry, sizeof entry);
    if (entry.size > 0) {
        memcpy(at + sizeof entry, record->envelope.data, entry.size);
    }
    inbox->last->end += size;
    inbox->count++;
    inbox->bytes += wire_size(entry.size);
}

struct inbox_place inbox_begin(const struct inbox *inbox)
{
    return (struct inbox_place){inbox->first,
                                inbox->first != NULL ? inbox->first->begin : 0};
}

bool inbox_read(struct inbox_place *place, struct record *record)
{
    while (place->block != NULL && place->offset == place->block->end) {
        place->block = place->block->next;
        place->offset = place->block != NULL ? place->block->begin : 0;
    }
    if (place->block == NULL) {
        return false;
    }
    struct entry entry;
    const uint8_t *at = place->block->bytes + place->offset;
    memcpy(&entry, at, sizeof entry);
    record->seq = entry.seq;
    record->header = entry.header;
    record->envelope = (struct bytes){at + sizeof entry, entry.size};
    place->offset += entry_size(entry.size);
    return true;
}

static void drop_block(struct inbox *inbox)
{
    struct inbox_block *block = inbox->first;
    inbox->first = block->next;
    if (inbox->first == NULL) {
        inbox->last = NULL;
    }
    memory_free(inbox->spare);
    inbox->spare = block;
}

void inbox_drop(struct inbox *inbox, uint64_t seq)
{
    assert(inbox != NULL);
    struct record record;
    for (;;) {
        struct inbox_place place = inbox_begin(inbox);
        if (!inbox_read(&place, &record) || record.seq > seq) {
            return;
        }
        while (inbox->first != place.block) {
            drop_block(inbox); // was empty up to its end
        }
        inbox->first->begin = place.offset;
        inbox->count--;
        inbox->bytes -= wire_size(record.envelope.size);
        if (inbox->first->begin == inbox->first->end) {
            drop_block(inbox);
        }
    }
}

uint64_t inbox_first_seq(const struct inbox *inbox)
{
    struct inbox_place place = inbox_begin(inbox);
    struct record record;
    return inbox_read(&place, &record) ? record.seq : 0;
}

void inbox_reset(struct inbox *inbox)
{
    assert(inbox != NULL);
    while (inbox->first != NULL) {
        drop_block(inbox);
    }
    memory_free(inbox->spare);
    *inbox = (struct inbox){0};
}
