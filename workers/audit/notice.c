/* notice.c: rolling up what is too small to be told. */
#include "workers/audit/notice.h"

#include <stdlib.h>

#include "broker/runtime/memory.h"

enum {
    LEVEL_FINEST = 3
};

static bool is_street_only(const Sanji__PublicFeed *feed, uint32_t major)
{
    for (size_t i = 0; i < feed->n_street_only; i++) {
        const char *text = feed->street_only[i];
        if (text[0] == (char)('0' + major / 10) && text[1] == (char)('0' + major % 10)) {
            return true;
        }
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct notice_cell *left = a;
    const struct notice_cell *right = b;
    const uint32_t keys[][2] = {{left->packed, right->packed},
                                {left->major, right->major},
                                {left->state, right->state},
                                {left->resolution, right->resolution}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

static void put(struct notice_cells *cells, struct notice_cell cell)
{
    MEMORY_ROOM_FOR_ONE(cells->cells, cells->count, cells->room);
    cells->cells[cells->count++] = cell;
}

/* Sorts, and adds up what is the same. */
static void gather(struct notice_cells *cells)
{
    size_t kept = 0;
    if (cells->count > 0) {
        qsort(cells->cells, cells->count, sizeof *cells->cells, compare);
    }
    for (size_t i = 0; i < cells->count; i++) {
        if (kept > 0 && compare(&cells->cells[kept - 1], &cells->cells[i]) == 0) {
            cells->cells[kept - 1].count += cells->cells[i].count;
        } else {
            cells->cells[kept++] = cells->cells[i];
        }
    }
    cells->count = kept;
}

/* How often it can be made coarser. */
static int level_of(const struct notice_cell *cell)
{
    return cell->resolution != 0 ? LEVEL_FINEST
           : cell->packed != 0   ? 2
           : cell->major != 0    ? 1
                                 : 0;
}

/* One step coarser. False: it is the coarsest. */
static bool coarsen(struct notice_cell *cell)
{
    if (cell->resolution != 0) {
        cell->resolution = 0;
    } else if (cell->packed != 0) {
        cell->packed = 0;
    } else if (cell->major != 0) {
        cell->major = 0;
    } else {
        return false;
    }
    return true;
}

void notice_add(struct notice_cells *cells, const Sanji__PublicFeed *feed,
                const struct indicator_public_case *one)
{
    const bool is_closed = one->state == STATE_CLOSED;
    struct notice_cell cell = {.packed = org_community(one->area).packed,
                               .major = one->major,
                               .state = is_closed ? STATE_CLOSED : STATE_IN_PROGRESS,
                               .resolution = is_closed ? one->resolution : 0,
                               .count = 1};
    if (is_street_only(feed, one->major)) {
        cell.packed = 0;
        cell.resolution = 0;
    }
    put(cells, cell);
}

/* Level by level, so that what is rolled up meets all of its kind before it is told. */
void notice_settle(struct notice_cells *cells, const Sanji__PublicFeed *feed)
{
    struct notice_cells told = {NULL, 0, 0};
    for (int level = LEVEL_FINEST; level >= 0; level--) {
        struct notice_cells rest = {NULL, 0, 0};
        gather(cells);
        for (size_t i = 0; i < cells->count; i++) {
            struct notice_cell cell = cells->cells[i];
            const bool has_met_all = level_of(&cell) >= level;
            if (has_met_all && cell.count >= feed->count_min) {
                put(&told, cell);
            } else if (!has_met_all || coarsen(&cell)) {
                put(&rest, cell);
            }
        }
        notice_free(cells);
        *cells = rest;
    }
    notice_free(cells);
    *cells = told;
}

void notice_free(struct notice_cells *cells)
{
    memory_free(cells->cells);
    *cells = (struct notice_cells){NULL, 0, 0};
}
