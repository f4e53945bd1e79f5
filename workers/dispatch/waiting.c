/* waiting.c: see waiting.h. */
#include "workers/dispatch/waiting.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/workload.h"

enum {
    FREED_MAX = 16384 /* entries kept between two Ticks that are worked off */
};

void waiting_reset(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        memory_free(waiting->desks[i].keys);
    }
    memory_free(waiting->desks);
    memory_free(waiting->freed);
    *waiting = (struct waiting){0};
}

/* ---- desks ---- */

static size_t find_desk(const struct waiting *waiting, uint32_t packed)
{
    size_t lo = 0;
    size_t hi = waiting->count;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (waiting->desks[middle].packed < packed) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static struct waiting_desk *desk_at(const struct waiting *waiting, uint32_t packed)
{
    const size_t at = find_desk(waiting, packed);
    return at < waiting->count && waiting->desks[at].packed == packed ? &waiting->desks[at]
                                                                      : NULL;
}

static struct waiting_desk *make_desk(struct waiting *waiting, uint32_t packed)
{
    const size_t at = find_desk(waiting, packed);
    if (at == waiting->count || waiting->desks[at].packed != packed) {
        MEMORY_ROOM_FOR_ONE(waiting->desks, waiting->count, waiting->room);
        memmove(waiting->desks + at + 1, waiting->desks + at,
                (waiting->count - at) * sizeof *waiting->desks);
        waiting->desks[at] = (struct waiting_desk){.packed = packed};
        waiting->count++;
    }
    return &waiting->desks[at];
}

static size_t find_key(const struct waiting_desk *desk, uint64_t key)
{
    size_t lo = 0;
    size_t hi = desk->count;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (desk->keys[middle] < key) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static void add_case(struct waiting *waiting, const struct kase *kase)
{
    struct waiting_desk *desk = make_desk(waiting, kase->holder.packed);
    const size_t at = find_key(desk, kase->key);
    if (at < desk->count && desk->keys[at] == kase->key) {
        return;
    }
    MEMORY_ROOM_FOR_ONE(desk->keys, desk->count, desk->room);
    memmove(desk->keys + at + 1, desk->keys + at, (desk->count - at) * sizeof *desk->keys);
    desk->keys[at] = kase->key;
    desk->count++;
}

static void drop_case(struct waiting *waiting, const struct kase *kase)
{
    struct waiting_desk *desk = desk_at(waiting, kase->holder.packed);
    if (desk == NULL) {
        return;
    }
    const size_t at = find_key(desk, kase->key);
    if (at < desk->count && desk->keys[at] == kase->key) {
        desk->count--;
        memmove(desk->keys + at, desk->keys + at + 1,
                (desk->count - at) * sizeof *desk->keys);
    }
}

static bool begin_one(void *context, struct kase *kase)
{
    add_case(context, kase);
    return true;
}

void waiting_begin(struct waiting *waiting, struct world *world)
{
    waiting_reset(waiting);
    waiting->known_from = world_read_seq(world) + 1;
    world_each_in_state(world, STATE_ASSIGNING, begin_one, waiting);
}

/* ---- who got free ---- */

static void note_freed(struct waiting *waiting, uint64_t seq, uint32_t worker)
{
    if (worker == 0) {
        return;
    }
    if (waiting->freed_count == FREED_MAX) {
        const size_t half = FREED_MAX / 2;
        waiting->known_from = waiting->freed[half].seq + 1;
        waiting->freed_count -= half;
        memmove(waiting->freed, waiting->freed + half,
                waiting->freed_count * sizeof *waiting->freed);
    }
    MEMORY_ROOM_FOR_ONE(waiting->freed, waiting->freed_count, waiting->freed_room);
    waiting->freed[waiting->freed_count] = (struct waiting_freed){seq, worker};
    waiting->freed_count++;
}

static void note_carriers(struct waiting *waiting, uint64_t seq, const struct kase *before,
                          const struct kase *after)
{
    struct workload_carrier had[WORKLOAD_CARRIERS];
    struct workload_carrier has[WORKLOAD_CARRIERS];
    const size_t had_count = workload_carriers(before, had);
    const size_t has_count = workload_carriers(after, has);
    for (size_t i = 0; i < had_count; i++) {
        bool stays = false;
        for (size_t k = 0; k < has_count; k++) {
            stays = stays || has[k].worker == had[i].worker;
        }
        if (!stays) {
            note_freed(waiting, seq, had[i].worker);
        }
    }
}

void waiting_folded(struct waiting *waiting, struct world *world,
                    const struct record *record, const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DUTY_CHANGED) {
        uint32_t worker = 0;
        if (envelope->duty_changed->duty == SANJI__DUTY__DUTY_ON &&
            id_worker_parse(envelope->duty_changed->worker, &worker) == STATUS_OK) {
            note_freed(waiting, record->seq, worker);
        }
        return;
    }
    const struct kase *before = world_before(world);
    const struct kase *after = world_case(world, record->header.case_key);
    if (before == NULL || after == NULL) {
        return;
    }
    const bool waited = before->state == STATE_ASSIGNING;
    const bool waits = after->state == STATE_ASSIGNING;
    if (waited && (!waits || !org_equal(before->holder, after->holder))) {
        drop_case(waiting, before);
    }
    if (waits) {
        add_case(waiting, after);
    }
    note_carriers(waiting, record->seq, before, after);
}

void waiting_decided(struct waiting *waiting, struct world *world)
{
    waiting->freed_count = 0;
    waiting->known_from = world_read_seq(world) + 1;
}

bool waiting_who(const struct waiting *waiting, uint64_t seq, uint32_t *workers, size_t max,
                 size_t *count)
{
    size_t lo = 0;
    size_t hi = waiting->freed_count;
    *count = 0;
    if (seq < waiting->known_from) {
        return false;
    }
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (waiting->freed[middle].seq < seq) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    for (; lo < waiting->freed_count && waiting->freed[lo].seq == seq && *count < max;
         lo++) {
        workers[*count] = waiting->freed[lo].worker;
        (*count)++;
    }
    return true;
}

size_t waiting_count(const struct waiting *waiting, struct org_path unit)
{
    uint32_t lo = 0;
    uint32_t hi = 0;
    size_t count = 0;
    org_range(unit, &lo, &hi);
    for (size_t i = find_desk(waiting, lo);
         i < waiting->count && waiting->desks[i].packed <= hi; i++) {
        count += waiting->desks[i].count;
    }
    return count;
}

/* ---- walking ---- */

enum {
    WALKS_MAX = 6 /* home grid, committee, community, sub-district, and one to spare */
};

struct walk {
    const struct waiting_desk *desk;
    size_t at;
};

static void visit_merged(struct walk *walks, size_t count, waiting_fn visit, void *context)
{
    for (;;) {
        struct walk *least = NULL;
        for (size_t i = 0; i < count; i++) {
            if (walks[i].at < walks[i].desk->count &&
                (least == NULL ||
                 walks[i].desk->keys[walks[i].at] < least->desk->keys[least->at])) {
                least = &walks[i];
            }
        }
        if (least == NULL || !visit(context, least->desk->keys[least->at++])) {
            return;
        }
    }
}

void waiting_each(const struct waiting *waiting, struct org_path desk, struct org_path home,
                  waiting_fn visit, void *context)
{
    struct walk walks[WALKS_MAX];
    size_t count = 0;
    struct org_path paths[WALKS_MAX] = {home};
    size_t path_count = home.place != 0 ? 1 : 0;
    for (; path_count < WALKS_MAX; path_count++) {
        paths[path_count] = desk;
        if (desk.packed == 0) {
            path_count++;
            break;
        }
        desk = org_parent(desk);
    }
    for (size_t i = 0; i < path_count; i++) {
        const struct waiting_desk *found = desk_at(waiting, paths[i].packed);
        if (found != NULL) {
            walks[count] = (struct walk){.desk = found};
            count++;
        }
    }
    visit_merged(walks, count, visit, context);
}
