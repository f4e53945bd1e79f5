/* conflict.c: an 8-way table with the oldest place of a line given away. */
#include "broker/conflict.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAYS = 8,
    LINE_BITS = 17,
    LINES = 1 << LINE_BITS,
    LINE_SIZE = 64,
    SEQ_BITS = 40
};

#define SEQ_MASK ((UINT64_C(1) << SEQ_BITS) - 1)

// 0: a free place, since no record has number 0.
struct line {
    uint64_t places[WAYS];
};

static_assert(sizeof(struct line) == LINE_SIZE, "one cache line");

struct conflict {
    uint64_t floor_seq;
    struct line *lines;
};

// Consecutive running numbers must spread over lines and tags alike.
// Source: the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
static uint64_t mix(uint64_t key)
{
    key ^= key >> 30;
    key *= UINT64_C(0xbf58476d1ce4e5b9);
    key ^= key >> 27;
    key *= UINT64_C(0x94d049bb133111eb);
    return key ^ key >> 31;
}

static struct line *find_line(const struct conflict *conflict, uint64_t mixed)
{
    return &conflict->lines[mixed & (LINES - 1)];
}

static uint64_t tag_of(uint64_t mixed)
{
    return mixed & ~SEQ_MASK;
}

struct conflict *conflict_new(uint64_t floor_seq)
{
    struct conflict *conflict = calloc(1, sizeof(*conflict));
    struct line *lines = aligned_alloc(LINE_SIZE, LINES * sizeof(struct line));
    if (conflict == NULL || lines == NULL) {
        abort();
    }
    conflict->lines = lines;
    conflict_reset(conflict, floor_seq);
    return conflict;
}

void conflict_free(struct conflict **conflict)
{
    if (*conflict == NULL) {
        return;
    }
    free((*conflict)->lines);
    free(*conflict);
    *conflict = NULL;
}

void conflict_reset(struct conflict *conflict, uint64_t floor_seq)
{
    assert(floor_seq <= SEQ_MASK);
    conflict->floor_seq = floor_seq;
    memset(conflict->lines, 0, LINES * sizeof(struct line));
}

void conflict_note(struct conflict *conflict, uint64_t case_key, uint64_t seq)
{
    assert(case_key != 0);
    assert(seq != 0 && seq <= SEQ_MASK);
    uint64_t mixed = mix(case_key);
    struct line *line = find_line(conflict, mixed);
    uint64_t tag = tag_of(mixed);
    size_t oldest = 0;
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t place = line->places[i];
        if (place == 0 || tag_of(place) == tag) {
            assert((place & SEQ_MASK) < seq);
            line->places[i] = tag | seq;
            return;
        }
        if ((place & SEQ_MASK) < (line->places[oldest] & SEQ_MASK)) {
            oldest = i;
        }
    }
    line->places[oldest] = tag | seq;
}

enum status conflict_check(const struct conflict *conflict, uint64_t case_key,
                           uint64_t read_seq, uint64_t *seq)
{
    assert(case_key != 0);
    if (read_seq < conflict->floor_seq) {
        return STATUS_CATCH_UP;
    }
    uint64_t mixed = mix(case_key);
    const struct line *line = find_line(conflict, mixed);
    uint64_t tag = tag_of(mixed);
    uint64_t oldest_seq = UINT64_MAX;
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t place = line->places[i];
        if (place == 0) {
            return STATUS_OK; // places fill in order and are never freed
        }
        uint64_t place_seq = place & SEQ_MASK;
        if (tag_of(place) == tag) {
            if (place_seq <= read_seq) {
                return STATUS_OK;
            }
            *seq = place_seq;
            return STATUS_CONFLICT;
        }
        if (place_seq < oldest_seq) {
            oldest_seq = place_seq;
        }
    }
    // What the full line has given away is older than all it holds.
    return oldest_seq > read_seq ? STATUS_CATCH_UP : STATUS_OK;
}
