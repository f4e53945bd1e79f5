/* indicator_inside.h: what the files of the indicators share: the facts of a case, the rows
 * of the table and how a row measures a case.
 *
 *     indicator_facts.c    records -> facts of one case
 *     indicator_measure.c  facts -> does this row count the case, and with how much
 *     indicator_table.c    the rows: code, part, definition, measure
 *     indicator.c          all cases of a window -> numerator and denominator
 */
#ifndef RUNTIME_INDICATOR_INSIDE_H
#define RUNTIME_INDICATOR_INSIDE_H

#include "broker/runtime/indicator.h"

enum indicator_segment {
    SEGMENT_DISCOVERY, /* observed -> received */
    SEGMENT_DISPATCH,  /* received -> first offer */
    SEGMENT_HANDLING,  /* first offer -> resolved */
    SEGMENT_CLOSING,   /* resolved -> closed */
    SEGMENT_WHOLE,     /* received -> closed */
    SEGMENT_COUNT
};

enum {
    SEGMENT_CLOCKS = 2 /* natural, working */
};

/* What the figures need of one case. Times 0: it has not happened. */
struct indicator_facts {
    uint64_t key;
    struct org_path area;
    int64_t observed_ms; /* not after the receipt; 0: unknown, or marked as wrong (901) */
    int64_t received_ms;
    int64_t accepted_ms;
    int64_t first_offer_ms;
    int64_t resolved_ms;       /* of the resolution that stands */
    int64_t closed_ms;         /* of the final state that stands */
    int64_t due_ms;            /* RESOLVE while it runs */
    int64_t missed_ms;         /* RESOLVE's due time that was missed first */
    int64_t used_ms, limit_ms; /* of RESOLVE, on its clock, at the standing resolution */
    int64_t asked_ms;          /* newest attempt of a revisit */
    int64_t answered_ms;       /* newest valid answer */
    /* At the standing closing; -1: the case has no such segment. */
    int64_t segment_ms[SEGMENT_COUNT][SEGMENT_CLOCKS];
    int64_t suspended_ms;
    uint32_t offers, acks; /* offers made in the window, and those of them acked */
    uint32_t escalations;
    uint32_t causes; /* bits 1 << EscalationCause */
    uint16_t reopens;
    uint8_t state, tier, status, source;
    uint8_t resolver_tier, resolution;
    uint8_t answer; /* enum Satisfaction of answered_ms */
    bool wants_contact, self_handled;
    bool accept_fired, feedback_fired;
    bool dispatch_runs, dispatch_fired; /* the first DISPATCH after acceptance */
    bool informed, informed_in_time;
    bool solved;
    bool local, in_time;        /* of the standing closing */
    bool checked, check_failed; /* in the window */
    bool closed_in_window;      /* also a closing that did not stand */
};

/* One record about this case. *facts is zeroed for the first, but for its key. */
void indicator_facts_fold(struct indicator_facts *facts, const struct indicator_seen *seen,
                          const struct indicator_window *window);

/* What a measure sees beside the facts. Both ends of the window are settled here. */
struct indicator_view {
    int64_t from_ms, to_ms, now_ms;
};

struct indicator_amount {
    int64_t numerator, denominator;
};

/* False: the row does not count this case. */
typedef bool (*indicator_measure_fn)(const struct indicator_facts *facts,
                                     const struct indicator_view *view, unsigned argument,
                                     struct indicator_amount *amount);

enum indicator_gather {
    GATHER_SUM,   /* numerators and denominators of all cases are added up */
    GATHER_COUNT, /* numerators are; the denominator is 1 */
    GATHER_RANK,  /* the numerator at this rank of all, in permille */
    GATHER_WORST, /* the case whose numerator is largest by its denominator */
    GATHER_LITTLE /* arrivals x mean time / length of the window */
};

struct indicator_row {
    struct indicator_definition definition;
    enum indicator_gather gather;
    uint16_t rank_permille;
    indicator_measure_fn measure;
    unsigned argument;
};

/* Rows in the order of print. */
const struct indicator_row *indicator_rows(size_t *count);

/* Half-open window; a time of 0 lies in none. */
bool indicator_within(int64_t at_ms, int64_t from_ms, int64_t to_ms);

/* The measures, each explained where it is written. */
#define INDICATOR_MEASURES(X)                                                              \
    X(local)                                                                               \
    X(local_completed)                                                                     \
    X(self_handled)                                                                        \
    X(tier)                                                                                \
    X(accepted)                                                                            \
    X(rejected)                                                                            \
    X(valid_report)                                                                        \
    X(proactive)                                                                           \
    X(accept_in_time)                                                                      \
    X(dispatch_in_time)                                                                    \
    X(resolved_in_time)                                                                    \
    X(closed_of_due)                                                                       \
    X(closed_in_time)                                                                      \
    X(overrun)                                                                             \
    X(overrun_worst)                                                                       \
    X(acked)                                                                               \
    X(feedback_in_time)                                                                    \
    X(segment)                                                                             \
    X(suspended)                                                                           \
    X(escalated)                                                                           \
    X(levels)                                                                              \
    X(satisfied)                                                                           \
    X(contacted_in_time)                                                                   \
    X(solved)                                                                              \
    X(score)                                                                               \
    X(revisited)                                                                           \
    X(reworked)                                                                            \
    X(reopened)                                                                            \
    X(open)                                                                                \
    X(open_state)                                                                          \
    X(open_tier)                                                                           \
    X(open_age)

#define X(name)                                                                            \
    bool indicator_measure_##name(const struct indicator_facts *facts,                     \
                                  const struct indicator_view *view, unsigned argument,    \
                                  struct indicator_amount *amount);
INDICATOR_MEASURES(X)
#undef X

/* Neither merged, rejected nor cancelled. */
bool indicator_is_case(const struct indicator_facts *facts);

#endif
