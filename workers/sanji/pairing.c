/* pairing.c: see pairing.h. */
#include "workers/sanji/pairing.h"

#include <assert.h>

#include "broker/runtime/memory.h"

enum {
    NOWHERE = 255
};

#define NO_ITEM UINT32_MAX

struct pairing {
    struct random *random;
    const uint64_t *allowed;
    size_t count, places;
    uint32_t left[PAIRING_PLACES_MAX];
    uint8_t *chosen;
    /* Who stands at a place, as a list; and how many of them could stand at another. */
    uint32_t first[PAIRING_PLACES_MAX];
    uint32_t *next;
    uint32_t could[PAIRING_PLACES_MAX][PAIRING_PLACES_MAX];
};

static void seat(struct pairing *p, uint32_t item, size_t place)
{
    p->chosen[item] = (uint8_t)place;
    p->next[item] = p->first[place];
    p->first[place] = item;
    for (size_t other = 0; other < p->places; other++) {
        p->could[place][other] += (uint32_t)(p->allowed[item] >> other & 1U);
    }
}

/* Takes away from `place` somebody who could stand at `other`; there is one. */
static uint32_t unseat(struct pairing *p, size_t place, size_t other)
{
    uint32_t before = NO_ITEM;
    uint32_t item = p->first[place];
    while ((p->allowed[item] >> other & 1U) == 0) {
        before = item;
        item = p->next[item];
        assert(item != NO_ITEM);
    }
    if (before == NO_ITEM) {
        p->first[place] = p->next[item];
    } else {
        p->next[before] = p->next[item];
    }
    for (size_t q = 0; q < p->places; q++) {
        p->could[place][q] -= (uint32_t)(p->allowed[item] >> q & 1U);
    }
    return item;
}

/* A place drawn by the room left at it; NOWHERE: all that it may have are full. */
static size_t draw_place(struct pairing *p, uint64_t allowed)
{
    uint64_t room = 0;
    for (size_t place = 0; place < p->places; place++) {
        room += (allowed >> place & 1U) != 0 ? p->left[place] : 0;
    }
    if (room == 0) {
        return NOWHERE;
    }
    uint32_t drawn = random_below(p->random, (uint32_t)room);
    size_t place = 0;
    for (;; place++) {
        const uint32_t here = (allowed >> place & 1U) != 0 ? p->left[place] : 0;
        if (drawn < here) {
            return place;
        }
        drawn -= here;
    }
}

/* Makes way for an item: the shortest chain of places from one it may have to one with room,
 * each with somebody who could go on to the next. False: there is none. */
static bool make_way(struct pairing *p, uint32_t item)
{
    uint8_t from[PAIRING_PLACES_MAX]; // the place before it on the chain
    uint8_t queue[PAIRING_PLACES_MAX];
    size_t head = 0;
    size_t tail = 0;
    uint64_t seen = 0;
    for (size_t place = 0; place < p->places; place++) {
        if ((p->allowed[item] >> place & 1U) != 0) {
            seen |= UINT64_C(1) << place;
            from[place] = NOWHERE;
            queue[tail++] = (uint8_t)place;
        }
    }
    for (; head < tail; head++) {
        const size_t here = queue[head];
        if (p->left[here] > 0) {
            size_t free_place = here;
            p->left[here]--;
            while (from[free_place] != NOWHERE) {
                const size_t back = from[free_place];
                seat(p, unseat(p, back, free_place), free_place);
                free_place = back;
            }
            seat(p, item, free_place);
            return true;
        }
        for (size_t place = 0; place < p->places; place++) {
            if ((seen >> place & 1U) == 0 && p->could[here][place] > 0) {
                seen |= UINT64_C(1) << place;
                from[place] = (uint8_t)here;
                queue[tail++] = (uint8_t)place;
            }
        }
    }
    return false;
}

static unsigned choices(uint64_t allowed)
{
    unsigned count = 0;
    for (; allowed != 0; allowed &= allowed - 1) {
        count++;
    }
    return count;
}

/* The items in the order in which they choose: drawn, then the least choice first. */
static uint32_t *queue_up(struct pairing *p)
{
    uint32_t *drawn = memory_new(p->count + 1, sizeof *drawn);
    uint32_t *order = memory_new(p->count + 1, sizeof *order);
    size_t at[PAIRING_PLACES_MAX + 2] = {0};
    for (size_t i = 0; i < p->count; i++) {
        drawn[i] = (uint32_t)i;
        at[choices(p->allowed[i]) + 1]++;
    }
    random_shuffle(p->random, drawn, p->count);
    for (size_t i = 1; i < PAIRING_PLACES_MAX + 2; i++) {
        at[i] += at[i - 1];
    }
    for (size_t i = 0; i < p->count; i++) {
        order[at[choices(p->allowed[drawn[i]])]++] = drawn[i];
    }
    memory_free(drawn);
    return order;
}

static size_t short_place(const struct pairing *p)
{
    size_t place = 0;
    while (place + 1 < p->places && p->left[place] == 0) {
        place++;
    }
    return place;
}

bool pairing_make(struct random *random, const struct pairing_task *task, uint8_t *chosen,
                  struct pairing_gap *gap)
{
    const size_t count = task->count;
    assert(task->places > 0 && task->places <= PAIRING_PLACES_MAX && count < NO_ITEM);
    struct pairing *p = memory_new(1, sizeof *p);
    p->random = random;
    p->allowed = task->allowed;
    p->count = count;
    p->places = task->places;
    p->chosen = chosen;
    p->next = memory_new(count + 1, sizeof *p->next);
    uint64_t sum = 0;
    for (size_t i = 0; i < task->places; i++) {
        p->left[i] = task->room[i];
        p->first[i] = NO_ITEM;
        sum += task->room[i];
    }
    assert(sum == count);
    uint32_t *order = queue_up(p);
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        const size_t drawn = draw_place(p, task->allowed[order[i]]);
        if (drawn != NOWHERE) {
            p->left[drawn]--;
            seat(p, order[i], drawn);
        } else if (!make_way(p, order[i])) {
            *gap = (struct pairing_gap){.place = short_place(p), .item = order[i]};
            done = false;
        }
    }
    memory_free(order);
    memory_free(p->next);
    memory_free(p);
    return done;
}
