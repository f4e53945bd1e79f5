/* yardstick.h: a bare LMDB commit on this disk, for benches above the store (store/bare.h says
 * what it does and what it does not). */
#ifndef RUNTIME_YARDSTICK_H
#define RUNTIME_YARDSTICK_H

#include <stdint.h>

#include "proto/status.h"

struct yardstick {
    double per_s;  /* records a second */
    double p50_us; /* of one commit */
    double p99_us;
};

/* Commits of `records` records of `size` bytes in DIRECTORY, for about `run_ms`.
 * Fails: as bare_lmdb_run. */
MUST_CHECK enum status yardstick_run(const char *directory, uint32_t records, uint32_t size,
                                     uint64_t run_ms, struct yardstick *yardstick,
                                     struct fault *fault);

#endif
