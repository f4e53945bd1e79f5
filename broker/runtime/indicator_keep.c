/* indicator_keep.c: the facts as rows of a cache, and back.
 *
 *     case key              struct indicator_facts
 *     1 << 60               where the fold stands, and its window
 *     1 << 61 | worker      struct indicator_worker
 *     1 << 62 | place       struct indicator_holding
 *
 * Plain values of this build; what a cache of another build holds is never read (stagecache.h).
 * Numbers rise in this order, so cases come back as they came first.
 */
#include <string.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"

static const uint64_t meta_number = UINT64_C(1) << 60;
static const uint64_t worker_number = UINT64_C(1) << 61;
static const uint64_t holding_number = UINT64_C(1) << 62;

struct meta {
    uint64_t first_seq, upto_seq;
    int64_t first_ms, now_ms, from_ms, to_ms;
};

static struct bytes bytes_of(const void *value, size_t size)
{
    return (struct bytes){value, size};
}

void indicator_keep(struct indicators *indicators, indicator_row_fn put, void *context)
{
    const struct meta meta = {.first_seq = indicators->first_seq,
                              .upto_seq = indicators->upto_seq,
                              .first_ms = indicators->first_ms,
                              .now_ms = indicators->now_ms,
                              .from_ms = indicators->window.from_ms,
                              .to_ms = indicators->window.to_ms};
    for (size_t i = 0; i < indicators->count; i++) {
        struct indicator_facts *facts = &indicators->cases[i];
        if (facts->is_changed) {
            facts->is_changed = false;
            put(context, facts->key, bytes_of(facts, sizeof *facts));
        }
    }
    put(context, meta_number, bytes_of(&meta, sizeof meta));
    for (size_t i = 0; i < indicators->worker_count; i++) {
        struct indicator_worker *worker = &indicators->workers[i];
        if (worker->is_changed) {
            worker->is_changed = false;
            put(context, worker_number | worker->worker, bytes_of(worker, sizeof *worker));
        }
    }
    for (size_t i = 0; i < indicators->touched_count; i++) {
        const uint32_t place = indicators->touched[i];
        put(context, holding_number | place,
            bytes_of(&indicators->holdings[place], sizeof indicators->holdings[place]));
    }
    indicators->touched_count = 0;
}

static bool restore_meta(struct indicators *indicators, struct bytes value)
{
    struct meta meta;
    if (value.size != sizeof meta) {
        return false;
    }
    memcpy(&meta, value.data, sizeof meta);
    indicators->first_seq = meta.first_seq;
    indicators->upto_seq = meta.upto_seq;
    indicators->first_ms = meta.first_ms;
    indicators->now_ms = meta.now_ms;
    indicators->window.from_ms = meta.from_ms;
    indicators->window.to_ms = meta.to_ms;
    return true;
}

static bool restore_holding(struct indicators *indicators, uint64_t place,
                            struct bytes value)
{
    if (value.size != sizeof *indicators->holdings || place != indicators->holding_count) {
        return false;
    }
    MEMORY_ROOM_FOR_ONE(indicators->holdings, indicators->holding_count,
                        indicators->holding_room);
    memcpy(&indicators->holdings[indicators->holding_count++], value.data, value.size);
    return true;
}

static bool restore_worker(struct indicators *indicators, uint64_t number,
                           struct bytes value)
{
    struct indicator_worker worker;
    if (value.size != sizeof worker || number > UINT32_MAX) {
        return false;
    }
    memcpy(&worker, value.data, sizeof worker);
    if (worker.worker != number) {
        return false;
    }
    *indicator_worker_at(indicators, worker.worker) = worker;
    return true;
}

static bool restore_case(struct indicators *indicators, uint64_t key, struct bytes value)
{
    if (value.size != sizeof(struct indicator_facts) ||
        indicator_facts_of(indicators, key) != NULL) {
        return false;
    }
    memcpy(indicator_facts_add(indicators, key), value.data, value.size);
    return indicator_facts_of(indicators, key) != NULL;
}

bool indicator_restore(struct indicators *indicators, uint64_t number, struct bytes value)
{
    if (number >= holding_number) {
        return restore_holding(indicators, number - holding_number, value);
    }
    if (number >= worker_number) {
        return restore_worker(indicators, number - worker_number, value);
    }
    return number == meta_number ? restore_meta(indicators, value)
                                 : restore_case(indicators, number, value);
}
