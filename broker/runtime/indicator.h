/* indicator.h: the figures of grid governance, each a fold over the log.
 *
 *     record, case before and after -> indicator_fold -> facts of each case
 *     indicator_read(i): row i of the table -> cases it counts -> numerator / denominator
 *
 * Pure: no clock, no I/O, no rule but the calendar that the log itself holds. Whoever reads
 * the same records gets the same integers, and value = numerator / denominator for every
 * kind, so a figure can be recounted by hand.
 *
 * Invariants
 *  1. Only cases of status ACTUAL at or below the scope are counted, each at most once in a
 *     row (I16 counts offers). What was merged, rejected or cancelled is no case, except
 *     where a definition says "received".
 *  2. The window picks cases by the time named in `by`; what is known of a case is what the
 *     whole log says. `now` is the stamp of the newest record.
 *  3. A denominator of 0 has no value, neither 0 % nor 100 %.
 *
 * Source: reference/domain.md 8.
 */
#ifndef RUNTIME_INDICATOR_H
#define RUNTIME_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/rules.h"
#include "broker/runtime/world.h"
#include "event.pb-c.h"
#include "proto/bytes.h"
#include "proto/case.h"
#include "proto/deadline.h"
#include "proto/record.h"

enum indicator_kind {
    INDICATOR_SHARE,
    INDICATOR_MEAN,       /* numerator: the sum, denominator: how many */
    INDICATOR_COUNT,      /* denominator 1 */
    INDICATOR_PERCENTILE, /* nearest rank; denominator 1, or 0 when there are no values */
    INDICATOR_INDEX       /* numerator and denominator of the formula in integers */
};

enum {
    INDICATOR_PERSONS_MIN = 5, /* a share of fewer persons is suppressed */
    INDICATOR_VALUE_UNIT = 1000000
};

struct indicator_definition {
    const char *code;
    const char *part; /* NULL: the whole, which stands before its parts */
    enum indicator_kind kind;
    const char *by; /* the time by which a window counts */
    const char *name_zh;
    const char *name_en;
    const char *definition;
    uint32_t version;
    bool of_persons; /* a share of persons, not of cases */
};

struct indicator_window {
    struct org_path scope; /* no path: everywhere */
    int64_t from_ms;       /* 0: the first record */
    int64_t to_ms;         /* exclusive; 0: now, the newest record included */
    /* Only what snapshots and notices need: no photos, no lateness of timers. */
    bool for_snapshots;
};

struct indicator_figure {
    const struct indicator_definition *definition;
    int64_t numerator, denominator;
    int64_t value_e6; /* numerator / denominator in millionths, rounded; see has_value */
    bool has_value;
    bool suppressed;
};

/* What of the log was folded, and the window as it then is. */
struct indicator_range {
    uint64_t first_seq, upto_seq; /* 0: nothing */
    int64_t from_ms, to_ms;
    int64_t now_ms;
};

/* One record, and its case around it. */
struct indicator_seen {
    const struct record *record;
    const Sanji__Envelope *envelope;
    const struct kase *before;       /* NULL: a new case, or not about a case */
    struct kase *after;              /* NULL: not about a case */
    const struct calendar *calendar; /* of that moment; NULL: none yet */
};

struct indicators;

/* Owns: the caller, until indicator_free. */
struct indicators *indicator_new(const struct indicator_window *window);
void indicator_free(struct indicators **indicators);

/* Every record of the log, from the first on, in order; each was folded into the case. */
void indicator_fold(struct indicators *indicators, const struct indicator_seen *seen);

/* The next window begins: what belongs to one window alone (offers, checks, closings,
 * alerts, reads, what workers did) begins at nothing; what cases are stays. */
void indicator_next_window(struct indicators *indicators, int64_t from_ms, int64_t to_ms);

/* Tells who works here, for the figures about workers (I37 to I41, I45): the rules of now
 * and what the log says of each worker. Without it these have no value. */
typedef const struct worker_state *(*indicator_worker_fn)(void *context, uint32_t worker);
void indicator_staff(struct indicators *indicators, const struct rules *rules,
                     indicator_worker_fn worker, void *context);

/* One desk's hold of a case: from its getting the case to its handing over, or to the
 * resolution. Seconds are without suspensions. */
struct indicator_holding {
    int64_t from_ms, to_ms;        /* to 0: it goes on */
    uint32_t natural_s, working_s; /* once it has ended */
    uint32_t holder;               /* org_path.packed */
    uint32_t next;                 /* place in the ledger + 1; 0: the case's last */
    uint32_t tier;
    uint32_t spare; /* 0 */
};

/* The case's ledger in order of time; at most `max` are written. Returns how many there
 * are; 0 for a case nobody knows. */
size_t indicator_ledger(const struct indicators *indicators, uint64_t case_key,
                        struct indicator_holding *holdings, size_t max);

struct indicator_range indicator_range(const struct indicators *indicators);

/* Rows of the table, and one of them. i < indicator_count(). */
size_t indicator_count(void);
const struct indicator_definition *indicator_definition(size_t i);
void indicator_read(const struct indicators *indicators, size_t i,
                    struct indicator_figure *figure);

/* Fills value and suppression from numerator, denominator and definition. */
void indicator_settle(struct indicator_figure *figure);

/* "share", "mean", ... as in JSON. */
const char *indicator_kind_name(enum indicator_kind kind);

/* ---- snapshots ---- */

struct indicator_scope {
    uint32_t worker;      /* 0: an area */
    struct org_path area; /* a grid, a community, the sub-district */
};

/* Every figure that has a value, of every scope that has one: workers by number, then
 * grids, communities and the sub-district; in each in the order of the table. */
typedef void (*indicator_snapshot_fn)(void *context, const struct indicator_scope *scope,
                                      size_t row, const struct indicator_figure *figure);
void indicator_each_snapshot(const struct indicators *indicators,
                             indicator_snapshot_fn visit, void *context);

/* ---- the public's view ---- */

/* What may be said of a case in public. Never called for an exercise, a restricted case, or
 * one that is none (merged, rejected, cancelled). */
struct indicator_public_case {
    struct org_path area;
    int64_t received_ms;
    uint8_t major; /* of its category, 1 .. 11 */
    uint8_t state;
    uint8_t resolution;
};

typedef void (*indicator_public_fn)(void *context, const struct indicator_public_case *one);
void indicator_each_public(const struct indicators *indicators, int64_t from_ms,
                           int64_t to_ms, indicator_public_fn visit, void *context);

/* ---- what a cache keeps ---- */

/* Rows that changed since the last call, by a number of their own; then they count as kept. */
typedef void (*indicator_row_fn)(void *context, uint64_t number, struct bytes value);
void indicator_keep(struct indicators *indicators, indicator_row_fn put, void *context);
/* Puts a row back into new indicators, cases by rising number. False: no row of ours. */
bool indicator_restore(struct indicators *indicators, uint64_t number, struct bytes value);

#endif
