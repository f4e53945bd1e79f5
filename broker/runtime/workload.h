/* workload.h: what the log says of workers: duty, open work, minutes of the last days.
 *
 * A table by number; an entry appears with the first record about a worker. What a record
 * adds or takes away is decided in workload_fold by the case before and after it, so no
 * kind of event can be forgotten: whoever is offered or has acked a case carries its
 * estimate, and nobody else does.
 */
#ifndef RUNTIME_WORKLOAD_H
#define RUNTIME_WORKLOAD_H

#include <stdint.h>

#include "broker/runtime/world.h"

enum {
    WORKLOAD_CHUNK = 128,
    WORKLOAD_CHUNKS = 782, /* W00000 .. W99999 */
    WORKLOAD_CARRIERS = 1 + CASE_OTHERS_MAX,
    WORKLOAD_MAJORS = 100,
    WORKLOAD_COMMUNITIES = 128 /* 7 bits of a packed path */
};

/* Minutes that were reported for resolved cases of a category major. */
struct workload_effort {
    uint32_t cases;
    uint32_t sum_min;
};

/* The load of a community's full-time workers, as the newest OverloadRaised of it says. */
struct workload_band {
    int64_t since_ms;
    uint32_t
        band; /* 0 normal, 1 overloaded, 2 to be lent to, 3 the sub-district was asked */
    uint32_t pad;
};

/* Small tables beside the workers; a plain value without holes, saved and undone whole. */
struct workload_totals {
    struct workload_effort efforts[WORKLOAD_MAJORS];
    struct workload_band bands[WORKLOAD_COMMUNITIES];
};

/* Zeroed: empty. */
struct workload {
    struct workload_totals totals;
    struct worker_state *chunks[WORKLOAD_CHUNKS];
};

void workload_reset(struct workload *workload);
struct worker_state *workload_at(struct workload *workload, uint32_t worker);

/* What a record means for workers: each change goes through `touch` first (it saves the
 * entry and returns it). `before` NULL: a new case, `after` NULL: not about a case. */
struct workload_change {
    const struct record *record;
    const Sanji__Envelope *envelope;
    const struct kase *before;
    const struct kase *after;
    struct workload_totals *totals; /* NULL: not kept */
    int32_t utc_offset_min;
    struct worker_state *(*touch)(void *context, uint32_t worker);
    void *context;
};

/* Who carries a case's estimate: all who are offered or have acked it. Writes at most
 * WORKLOAD_CARRIERS; returns how many (0: NULL, or in a state where nobody does). */
struct workload_carrier {
    uint32_t worker;
    uint64_t offer_seq;
};

size_t workload_carriers(const struct kase *kase, struct workload_carrier *carriers);

void workload_fold(const struct workload_change *change);

/* Minutes of the WORKER_DAYS days that end with `day`; of the last `days` of them. */
uint32_t workload_roll_min(const struct worker_state *worker, uint32_t day);
uint32_t workload_days_min(const struct worker_state *worker, uint32_t day, unsigned days);
/* "2020-08-15" -> 20200815; false: not a day. */
bool workload_parse_day(const char *text, uint32_t *day);
/* The number of a path's community, 0 .. WORKLOAD_COMMUNITIES - 1 (0: none). */
unsigned workload_community(struct org_path path);
/* A building as the workers who were there remember it; 0: the case names none. */
uint32_t workload_place(const struct kase *kase);
/* Whether he is on duty: his newest DutyChanged by statement, else his shift. */
bool workload_on_duty(const struct worker_state *state, const struct rules *rules,
                      uint32_t worker, int64_t now_ms);

#endif
