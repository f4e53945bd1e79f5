/* notice.h: the cases of a week told in numbers that are large enough.
 *
 *     community, category, closed how -> community, category, state -> sub-district,
 *     category, state -> sub-district, state
 *
 * A number below the least is not told but added to the next coarser one, whose rest it then
 * is; below the least at the end it is not told at all. Pure.
 */
#ifndef AUDIT_NOTICE_H
#define AUDIT_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/indicator.h"
#include "rules.pb-c.h"

struct notice_cell {
    uint32_t packed; /* of the community; 0: the sub-district */
    uint32_t major;  /* 0: several */
    uint32_t state;  /* CLOSED, or IN_PROGRESS for whatever is not */
    uint32_t resolution;
    uint32_t count;
};

struct notice_cells {
    struct notice_cell *cells;
    size_t count, room;
};

/* Counts one case. */
void notice_add(struct notice_cells *cells, const Sanji__PublicFeed *feed,
                const struct indicator_public_case *one);
/* Leaves what may be told, the finest first; each in order of place, category, state. */
void notice_settle(struct notice_cells *cells, const Sanji__PublicFeed *feed);
void notice_free(struct notice_cells *cells);

#endif
