/* indicator_inside.h: what the files of the indicators share: the facts of a case, the rows
 * of the table and how a row measures a case.
 *
 *     indicator_facts.c     records -> facts of one case
 *     indicator_holding.c   records -> who held it, how long
 *     indicator_staff.c     records -> facts of one worker; figures about workers
 *     indicator_tally.c     records -> lateness of timers, photos sent twice
 *     indicator_measure*.c  facts -> does this row count the case, and with how much
 *     indicator_table*.c    the rows: code, part, definition, measure
 *     indicator.c           all cases of a window -> numerator and denominator
 *     indicator_spread.c    all cases -> the same for every worker, grid and community
 *     indicator_keep.c      facts -> rows of a cache, and back
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
    SEGMENT_CLOCKS = 2, /* natural, working */
    SUPERVISE_LEVELS = 4,
    INDICATOR_SECOND_MS = 1000
};

/* What the figures need of one case. Times 0: it has not happened. A plain value: it is
 * kept as it is, byte by byte. */
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
    int64_t suspended_since_ms;
    /* At the standing closing; -1: the case has no such segment. */
    int32_t segment_s[SEGMENT_COUNT][SEGMENT_CLOCKS];
    uint32_t suspended_s;
    uint32_t worker; /* who acked it last, or handled it himself */
    uint32_t offers; /* made in the window */
    uint32_t acks;   /* of these */
    uint32_t escalations;
    uint32_t causes;                      /* bits 1 << EscalationCause */
    uint32_t holding_first, holding_last; /* places in the ledger + 1; 0: none */
    uint32_t supervise_points;            /* in the window, as the next two lines */
    uint16_t supervised[SUPERVISE_LEVELS];
    uint16_t reads, reads_denied, reads_outside;
    uint16_t reopens, returns, return_reason;
    uint8_t state, tier, status, source, severity, major;
    uint8_t resolver_tier, resolution;
    uint8_t answer; /* enum Satisfaction of answered_ms */
    uint8_t limit_clock;
    bool wants_contact, self_handled, restricted;
    bool accept_fired, feedback_fired;
    bool dispatch_runs, dispatch_fired; /* the first DISPATCH after acceptance */
    bool informed, informed_in_time;
    bool solved;
    bool local, in_time;        /* of the standing closing */
    bool checked, check_failed; /* in the window */
    bool closed_in_window;      /* also a closing that did not stand */
    bool assisted, extended, was_suspended;
    bool misdirected; /* a return for the wrong grid, category or department was approved */
    bool by_social;   /* `worker` came as a social worker */
    bool photo_again; /* handled on the spot with a picture that had been sent before */
    bool is_changed;  /* since the cache's last rows */
};

/* What the log says of one worker in the window. */
struct indicator_worker {
    uint32_t worker;
    uint32_t offers, acks, self_handled;
    uint32_t cells_planned, cells_visited, visits;
    bool is_changed;
};

/* The roster's view of a worker now, as indicator_staff found it. */
struct indicator_staff {
    uint32_t worker;
    uint32_t roll_min, open_min, capacity_min;
    uint32_t self_handled, cells_planned, cells_visited, visits;
    struct org_path home;
    uint8_t role;
    bool on_duty, was_on_duty; /* now; at any time in the last seven days */
};

enum {
    LATE_STEPS = 16, /* a bucket is at most a sixteenth of its value wide */
    LATE_BUCKETS = (64 - 3) * LATE_STEPS
};

/* What belongs to no case. */
struct indicator_tally {
    uint64_t fired, after_restart, found, starts;
    uint32_t *late;   /* [LATE_BUCKETS], NULL: nothing fired */
    uint64_t *photos; /* open addressing; 0: free */
    size_t photo_count, photo_room;
};

struct indicators {
    struct indicator_window window;
    uint64_t first_seq, upto_seq;
    int64_t first_ms, now_ms;
    struct indicator_facts *cases; /* by key, rising */
    size_t count, room;
    struct indicator_holding *holdings;
    size_t holding_count, holding_room;
    uint32_t *touched; /* places of holdings that changed since the cache's last rows */
    size_t touched_count, touched_room;
    struct indicator_worker *workers; /* by number, rising */
    size_t worker_count, worker_room;
    struct indicator_tally tally;
    struct indicator_staff *staff;
    size_t staff_count, staff_room;
    int64_t households, residents; /* of the basic grids in the scope */
};

/* The stamp lies in the window, whose ends may be open. */
bool indicator_in_window(const struct indicator_window *window, int64_t at_ms);

/* One record about this case. *facts is zeroed for the first, but for its key. */
void indicator_facts_fold(struct indicator_facts *facts, const struct indicator_seen *seen,
                          const struct indicator_window *window);

/* [from, to) without suspensions; 0 where to <= from. */
int64_t indicator_active_ms(const struct calendar *calendar, enum deadline_clock clock,
                            const struct kase *kase, int64_t from_ms, int64_t to_ms);

void indicator_holding_fold(struct indicators *indicators, struct indicator_facts *facts,
                            const struct indicator_seen *seen);
void indicator_worker_fold(struct indicators *indicators,
                           const struct indicator_seen *seen);
void indicator_tally_fold(struct indicators *indicators, struct indicator_facts *facts,
                          const struct indicator_seen *seen);
void indicator_tally_reset(struct indicator_tally *tally);

/* Exercises and tests count nowhere. */
bool indicator_is_actual(const struct indicator_facts *facts);
/* Actual, and its place lies in the scope. */
bool indicator_in_scope(const struct indicators *indicators,
                        const struct indicator_facts *facts);
/* The worker's row; made when there is none. */
struct indicator_worker *indicator_worker_at(struct indicators *indicators,
                                             uint32_t worker);
/* The case's facts; NULL: unknown. */
struct indicator_facts *indicator_facts_of(const struct indicators *indicators,
                                           uint64_t key);
/* Zeroed facts of a case that is not there yet. */
struct indicator_facts *indicator_facts_add(struct indicators *indicators, uint64_t key);

/* What a measure sees beside the facts. Both ends of the window are settled here. */
struct indicator_view {
    int64_t from_ms, to_ms, now_ms;
    const struct indicator_holding *holdings;
};

struct indicator_amount {
    int64_t numerator, denominator;
};

/* False: the row does not count this case. */
typedef bool (*indicator_measure_fn)(const struct indicator_facts *facts,
                                     const struct indicator_view *view, unsigned argument,
                                     struct indicator_amount *amount);
/* A row that is not about cases. */
typedef struct indicator_amount (*indicator_total_fn)(const struct indicators *indicators,
                                                      const struct indicator_view *view,
                                                      unsigned argument);

enum indicator_gather {
    GATHER_SUM,    /* numerators and denominators of all cases are added up */
    GATHER_COUNT,  /* numerators are; the denominator is 1 */
    GATHER_RANK,   /* the numerator at this rank of all, in permille */
    GATHER_WORST,  /* the case whose numerator is largest by its denominator */
    GATHER_LITTLE, /* arrivals x mean time / length of the window */
    GATHER_TOTAL   /* what `total` says */
};

struct indicator_row {
    struct indicator_definition definition;
    enum indicator_gather gather;
    uint16_t rank_permille;
    indicator_measure_fn measure;
    indicator_total_fn total;
    unsigned argument;
};

/* The groups of the catalogue, in the order of print. */
struct indicator_group {
    const struct indicator_row *rows;
    size_t count;
};

extern const struct indicator_group indicator_rows_outcome; /* I01 to I08 */
extern const struct indicator_group indicator_rows_time;    /* I10 to I24 */
extern const struct indicator_group indicator_rows_course;  /* I25 to I29 */
extern const struct indicator_group indicator_rows_voice;   /* I30 to I36 */
extern const struct indicator_group indicator_rows_staff;   /* I37 to I48 */

/* i < indicator_count(). */
const struct indicator_row *indicator_row(size_t i);

struct indicator_view indicator_view(const struct indicators *indicators);

/* Half-open window; a time of 0 lies in none. */
bool indicator_within(int64_t at_ms, int64_t from_ms, int64_t to_ms);

/* Arguments of resolved_in_time: a severity, or one of these. */
enum {
    IN_TIME_ALL = 0,
    IN_TIME_UPSTREAM = 10,
    IN_TIME_WORKED = 11, /* somebody acked it or handled it himself */
    IN_TIME_MAJOR = 100  /* + major */
};

/* The measures, each explained where it is written. */
#define INDICATOR_MEASURES(X)                                                              \
    X(local)                                                                               \
    X(local_completed)                                                                     \
    X(self_handled)                                                                        \
    X(tier)                                                                                \
    X(accepted)                                                                            \
    X(rejected)                                                                            \
    X(valid_report)                                                                        \
    X(merged)                                                                              \
    X(proactive)                                                                           \
    X(accept_in_time)                                                                      \
    X(dispatch_in_time)                                                                    \
    X(resolved_in_time)                                                                    \
    X(closed_of_due)                                                                       \
    X(closed_in_time)                                                                      \
    X(held)                                                                                \
    X(held_last)                                                                           \
    X(overrun)                                                                             \
    X(overrun_worst)                                                                       \
    X(acked)                                                                               \
    X(well_directed)                                                                       \
    X(feedback_in_time)                                                                    \
    X(segment)                                                                             \
    X(suspended)                                                                           \
    X(escalated)                                                                           \
    X(levels)                                                                              \
    X(assisted)                                                                            \
    X(returned)                                                                            \
    X(extended)                                                                            \
    X(was_suspended)                                                                       \
    X(long_suspended)                                                                      \
    X(supervised)                                                                          \
    X(supervise_points)                                                                    \
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
    X(open_age)                                                                            \
    X(reported_after)                                                                      \
    X(photo_again)                                                                         \
    X(by_social)                                                                           \
    X(reads)

#define X(name)                                                                            \
    bool indicator_measure_##name(const struct indicator_facts *facts,                     \
                                  const struct indicator_view *view, unsigned argument,    \
                                  struct indicator_amount *amount);
INDICATOR_MEASURES(X)
#undef X

#define INDICATOR_TOTALS(X)                                                                \
    X(spread)                                                                              \
    X(utilisation)                                                                         \
    X(utilised)                                                                            \
    X(households)                                                                          \
    X(coverage)                                                                            \
    X(alone)                                                                               \
    X(nothing)                                                                             \
    X(late)                                                                                \
    X(counted)

#define X(name)                                                                            \
    struct indicator_amount indicator_total_##name(const struct indicators *indicators,    \
                                                   const struct indicator_view *view,      \
                                                   unsigned argument);
INDICATOR_TOTALS(X)
#undef X

/* Neither merged, rejected nor cancelled. */
bool indicator_is_case(const struct indicator_facts *facts);

#endif
