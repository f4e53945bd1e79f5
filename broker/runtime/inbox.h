/* inbox.h: records that were read and are not decided yet, first in, first out.
 *
 *     blocks of 256 KiB:  [entry envelope][entry envelope] ...  ->  [entry ...]
 *
 * Entries stay where they are until dropped, so a turn walks them while it decides, and walks
 * them again when its append was refused.
 */
#ifndef RUNTIME_INBOX_H
#define RUNTIME_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/record.h"

struct inbox_block;

/* Zeroed: empty. */
struct inbox {
    struct inbox_block *first;
    struct inbox_block *last;
    struct inbox_block *spare; /* one emptied block, kept */
    size_t count;
    size_t bytes; /* as packed on the wire */
};

struct inbox_place {
    struct inbox_block *block;
    size_t offset;
};

void inbox_put(struct inbox *inbox, const struct record *record);

struct inbox_place inbox_begin(const struct inbox *inbox);
/* The record at *place, which moves on; the envelope is borrowed until it is dropped. False:
 * no more. */
bool inbox_read(struct inbox_place *place, struct record *record);

/* Drops all up to and with `seq`. */
void inbox_drop(struct inbox *inbox, uint64_t seq);
/* Of the first entry; 0: empty. */
uint64_t inbox_first_seq(const struct inbox *inbox);

void inbox_reset(struct inbox *inbox);

#endif
