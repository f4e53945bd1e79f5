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

#include "event.pb-c.h"
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
/* The codes of the catalogue that this version does not compute, "I07 I14 ...". */
const char *indicator_unbuilt(void);

#endif
