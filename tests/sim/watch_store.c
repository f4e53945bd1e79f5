/* watch_store.c: see watch_store.h. */
#include "tests/sim/watch_store.h"

#include <stdio.h>

#include "store/log.h"
#include "tests/sim/watch.h"

struct reading {
    struct watch *watch;
    struct laws *laws;
    int64_t now_ms;
};

static bool visit(void *context, const struct record *record)
{
    struct reading *reading = context;
    // Whoever decided may not have read all before it: what he weighed is not weighed again.
    watch_record(reading->watch, record, false, reading->laws);
    reading->now_ms = record->header.recorded_at_ms;
    return true;
}

unsigned long long watch_store(const char *directory, bool punctual, struct laws *laws)
{
    const struct log_options options = {.read_only = true, .allow_any_fs = true};
    struct log *log = NULL;
    struct fault fault;
    if (log_open(directory, &options, &log, &fault) != STATUS_OK) {
        laws_say(laws, "%s: %s", directory, fault.text);
        return 0;
    }
    struct reading reading = {.watch = watch_new(), .laws = laws};
    model_set_punctual(watch_model(reading.watch), punctual);
    const uint64_t head = log_meta(log).head;
    uint64_t next = 1;
    while (next <= head) {
        if (log_read(log, next, head, UINT32_MAX, visit, &reading, &next) != STATUS_OK) {
            laws_say(laws, "seq %llu cannot be read", (unsigned long long)next);
            break;
        }
    }
    watch_end(reading.watch, reading.now_ms, laws);
    watch_free(&reading.watch);
    log_close(&log);
    return (unsigned long long)head;
}
