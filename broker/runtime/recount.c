/* recount.c: cases in order of their keys, which is the order they come in. */
#include "broker/runtime/recount.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/casepack.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/workload.h"

struct kept_case {
    uint64_t key;
    uint8_t *bytes; /* a struct kase, or packed */
    uint32_t size;  /* of the packed; 0: a struct kase */
};

struct recount {
    struct rules *rules;
    struct workload workload;
    struct kept_case *cases; /* by key, rising */
    size_t count, room;
    size_t bytes;
    struct kase before, after;
    bool has_before, has_after;
    uint32_t place;
};

struct recount *recount_new(void)
{
    struct recount *self = memory_new(1, sizeof *self);
    self->rules = rules_new();
    return self;
}

void recount_free(struct recount **recount)
{
    assert(recount != NULL);
    struct recount *self = *recount;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        memory_free(self->cases[i].bytes);
    }
    memory_free(self->cases);
    rules_free(&self->rules);
    workload_reset(&self->workload);
    memory_free(self);
    *recount = NULL;
}

// ---- cases ------------------------------------------------------------------------------

static size_t find_case(const struct recount *recount, uint64_t key)
{
    size_t low = 0;
    size_t high = recount->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (recount->cases[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct recount *recount, size_t at, uint64_t key)
{
    return at < recount->count && recount->cases[at].key == key;
}

static void load(const struct kept_case *kept, struct kase *kase)
{
    if (kept->size == 0) {
        memcpy(kase, kept->bytes, sizeof *kase);
    } else {
        casepack_read(kept->bytes, kept->size, kase);
    }
}

static void keep(struct recount *recount, struct kept_case *kept, const struct kase *kase)
{
    uint8_t packed[CASEPACK_SIZE_MAX];
    const bool is_final = !lifecycle_is_open((enum case_state)kase->state);
    const size_t had = kept->bytes == NULL ? 0
                       : kept->size == 0   ? sizeof *kase
                                           : kept->size;
    const uint32_t size = is_final ? (uint32_t)casepack_write(kase, packed) : 0;
    const size_t has = is_final ? size : sizeof *kase;
    assert(has > 0);
    if (has != had) {
        kept->bytes = memory_resize(kept->bytes, has, 1);
    }
    memcpy(kept->bytes, is_final ? (const void *)packed : (const void *)kase, has);
    kept->size = size;
    recount->bytes = recount->bytes - had + has;
}

static void add_case(struct recount *recount, size_t at, uint64_t key)
{
    MEMORY_ROOM_FOR_ONE(recount->cases, recount->count, recount->room);
    memmove(recount->cases + at + 1, recount->cases + at,
            (recount->count - at) * sizeof *recount->cases);
    recount->cases[at] = (struct kept_case){.key = key};
    recount->count++;
}

static enum status fold_case(struct recount *recount, const struct record *record,
                             const Sanji__Envelope *envelope)
{
    const uint64_t key = record->header.case_key;
    const size_t at = find_case(recount, key);
    const bool is_new = !is_at(recount, at, key);
    memset(&recount->before, 0, sizeof recount->before);
    if (!is_new) {
        load(&recount->cases[at], &recount->before);
    }
    recount->after = recount->before;
    const enum status status = case_fold(&recount->after, record, envelope);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_new) {
        add_case(recount, at, key);
        recount->place = recount->place != 0 ? recount->place : recount->after.area.place;
    }
    keep(recount, &recount->cases[at], &recount->after);
    recount->has_before = !is_new;
    recount->has_after = true;
    return STATUS_OK;
}

// ---- folding ----------------------------------------------------------------------------

static struct worker_state *touch_worker(void *context, uint32_t worker)
{
    struct recount *recount = context;
    return workload_at(&recount->workload, worker);
}

enum status recount_fold(struct recount *recount, const struct record *record,
                         const Sanji__Envelope *envelope)
{
    recount->has_before = false;
    recount->has_after = false;
    if (record->header.type != (unsigned)envelope->body_case) {
        // A type of a newer version: kept, forwarded and never applied.
        return envelope->body_case == SANJI__ENVELOPE__BODY__NOT_SET ? STATUS_OK
                                                                     : STATUS_INVALID;
    }
    if (record->header.type == EVENT_RULES_PUBLISHED) {
        return rules_fold(recount->rules, envelope->rules_published);
    }
    if (record->header.case_key != 0) {
        const enum status status = fold_case(recount, record, envelope);
        if (status != STATUS_OK) {
            return status;
        }
    }
    const struct workload_change change = {.record = record,
                                           .envelope = envelope,
                                           .before = recount_before(recount),
                                           .after = recount_after(recount),
                                           .utc_offset_min =
                                               rules_utc_offset_min(recount->rules),
                                           .touch = touch_worker,
                                           .context = recount};
    workload_fold(&change);
    return STATUS_OK;
}

const struct kase *recount_before(const struct recount *recount)
{
    return recount->has_before ? &recount->before : NULL;
}

struct kase *recount_after(struct recount *recount)
{
    return recount->has_after ? &recount->after : NULL;
}

const struct rules *recount_rules(const struct recount *recount)
{
    return recount->rules;
}

const struct worker_state *recount_worker(struct recount *recount, uint32_t worker)
{
    return workload_at(&recount->workload, worker);
}

uint32_t recount_place(const struct recount *recount)
{
    const uint32_t place = rules_place(recount->rules);
    return place != 0 ? place : recount->place;
}

size_t recount_case_count(const struct recount *recount)
{
    return recount->count;
}

size_t recount_case_bytes(const struct recount *recount)
{
    return recount->bytes;
}
