/* reports.h: what audit publishes by itself: the figures of a month, and what the public is
 * told of a week.
 *
 *     record -> [a month or a week has ended before it] -> what is to be written, at once
 *            -> facts of cases (indicator.h)
 *     now >= when it may be written -> IndicatorSnapshot, PublicNotice -> read back -> gone
 *
 * Invariants
 *  1. What is written about a period is a function of the records stamped before its end, and
 *     of the rules of then: a restart, a refused turn or a late audit changes none of it.
 *  2. Each is written once as seen from the log: it goes when its record was read.
 *  3. At most REPORTS_BURST records are written at one instant and the next ones a second
 *     later: a month's figures are many, and others must read them while their own work waits.
 *  4. A notice says how things stood at the end of its week and is written policy's delay
 *     after it. Every case stands in one notice at most, none below policy's least number,
 *     so that no smaller number can be had by taking one from another.
 *
 * Months, weeks (ISO 8601) and days are those of the calendar's place.
 */
#ifndef AUDIT_REPORTS_H
#define AUDIT_REPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/indicator.h"
#include "broker/runtime/stagecache.h"
#include "broker/runtime/turn.h"

/* Plain values without holes: they are kept byte by byte. */
struct report_snapshot {
    int64_t due_ms, from_ms, to_ms;
    int64_t numerator, denominator;
    uint64_t first_seq, upto_seq;
    uint32_t row, worker, place, packed;
};

struct report_notice {
    int64_t due_ms;
    uint32_t week;   /* 202033 */
    uint32_t number; /* of the notices of its week, from 1 */
    uint32_t place, packed;
    uint32_t major; /* 0: several */
    uint32_t state, resolution;
    uint32_t count;
};

enum {
    REPORTS_BURST = 256
};

struct reports {
    struct indicators *indicators;
    int64_t month_from_ms, month_end_ms; /* 0: no rules yet */
    int64_t week_from_ms, week_end_ms;
    int64_t utc_offset_min;
    int64_t is_on; /* policy asks for something */
    int64_t written_ms,
        written_count; /* the newest instant of writing, and how many then */
    struct report_snapshot
        *snapshots; /* to be written, in order; then the same of notices */
    size_t snapshot_first, snapshot_count, snapshot_room;
    struct report_notice *notices;
    size_t notice_first, notice_count, notice_room;
};

void reports_open(struct reports *reports);
void reports_close(struct reports *reports);

/* Each record after the world has folded it; the world took it. */
void reports_fold(struct reports *reports, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope);

/* As stage_ops: when something is due next (0: never), and the writing of as much of it as
 * the turn has room for. */
int64_t reports_next_wake_ms(const struct reports *reports);
void reports_wake(struct reports *reports, struct turn *turn);

void reports_save(struct reports *reports, struct stagecache *cache);
/* False: the cache holds nothing of this. */
bool reports_load(struct reports *reports, struct stagecache *cache);

#endif
