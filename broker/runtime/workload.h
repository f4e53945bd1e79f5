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
    WORKLOAD_CARRIERS = 1 + CASE_OTHERS_MAX
};

/* Zeroed: empty. */
struct workload {
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

/* Minutes of the WORKER_DAYS days that end with `day`. */
uint32_t workload_roll_min(const struct worker_state *worker, uint32_t day);
/* Whether he is on duty: his newest DutyChanged by statement, else his shift. */
bool workload_on_duty(const struct worker_state *state, const struct rules *rules,
                      uint32_t worker, int64_t now_ms);

#endif
