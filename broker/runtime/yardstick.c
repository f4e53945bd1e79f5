/* yardstick.c: see yardstick.h. */
#include "broker/runtime/yardstick.h"

#include "store/bare.h"

enum status yardstick_run(const char *directory, uint32_t records, uint32_t size,
                          uint64_t run_ms, struct yardstick *yardstick, struct fault *fault)
{
    const struct bare_load load = {
        .records_per_commit = records, .record_size = size, .run_max_ms = run_ms};
    struct bare_figures figures;
    const enum status status = bare_lmdb_run(directory, &load, &figures, fault);
    if (status == STATUS_OK) {
        yardstick->per_s = (double)figures.records * 1e9 / (double)figures.elapsed_ns;
        yardstick->p50_us = (double)figures.p50_ns / 1e3;
        yardstick->p99_us = (double)figures.p99_ns / 1e3;
    }
    return status;
}
