/* rules_tables.h: how rules.c keeps the rules for rules_find.c and rules_keep.c: decoded messages and sorted
 * tables into them. Nobody else includes it. */
#ifndef RUNTIME_RULES_TABLES_H
#define RUNTIME_RULES_TABLES_H

#include "broker/runtime/rules.h"
#include "proto/arena.h"

enum {
    RULES_KINDS = 7, /* 0 is no kind */
    SEVERITIES = 5
};

/* Rows by a number, rising. */
struct rules_index {
    struct rules_row {
        uint32_t key;
        const void *item;
    } * rows;

    size_t count;
};

/* One version of one kind. */
struct rules_set {
    uint32_t version;
    uint8_t hash[32];
    struct arena *arena;
    const ProtobufCMessage *message;
    void *spelled;    /* a roster's workers, one each; NULL: as they were decoded */
    uint8_t *content; /* as published: what a cache keeps */
    size_t content_size;
};

/* Parts that came so far. */
struct rules_parts {
    uint32_t version;
    uint32_t parts;
    uint32_t next; /* part that must come; 0: none is open */
    uint8_t *content;
    size_t size;
};

struct rules {
    struct rules_set sets[RULES_KINDS];
    struct rules_parts parts[RULES_KINDS];
    uint32_t place;
    struct rules_index units;
    struct rules_index grids;
    struct rules_index workers;
    struct rules_index categories;
    struct rules_index labels; /* key: CRC-32C of the label's key */
    const Sanji__Limit *limits[TIMER_COUNT][SEVERITIES];
    struct calendar calendar;
};

/* Where lines of a roster stand for several workers, replaces *message by one that has each
 * of them. Owns: *memory, what that lives in besides the old message's arena (NULL: nothing
 * was replaced). False: a worker's number or a count is wrong; nothing was replaced. */
bool rules_roster_spell(ProtobufCMessage **message, void **memory);

const void *rules_index_find(const struct rules_index *index, uint32_t key);

#endif
