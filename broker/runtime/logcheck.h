/* logcheck.h: `sanji verify`: a whole log, bytes and meaning.
 *
 *     bytes    store/verify.h, in a child process: sequence, checksums, writer rows, cursors
 *     meaning  every record folded and judged by broker/runtime/check.h: owner, lifecycle,
 *              header against envelope, timers, answers; only when the bytes are sound
 *
 * May run beside a broker that writes the log: nothing is locked, nothing written.
 */
#ifndef RUNTIME_LOGCHECK_H
#define RUNTIME_LOGCHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

struct logcheck_finding {
    const char *code; /* "CHECKSUM", "LIFECYCLE"; static */
    uint64_t seq;     /* the record; 0: none in particular */
    uint64_t upto;    /* of a gap: the last that is missing; else seq */
    const char *text; /* one sentence; borrowed for the call */
};

struct logcheck_result {
    uint64_t log_id;
    uint64_t head;
    uint64_t records;
    uint64_t bytes;
    uint64_t writers;
    uint64_t readers;
    uint64_t cases;
    uint64_t unanswered; /* statements without an answer yet: no finding at the head */
    uint64_t findings;
    int64_t first_ms;
    int64_t last_ms;
    bool has_meaning; /* the second pass was made */
};

typedef void (*logcheck_report_fn)(void *context, const struct logcheck_finding *finding);

/* Fails: CORRUPT (there are findings; *result and the reports tell), CANNOT_START (no log
 *        there; text in *fault), BAD_VERSION, IO. */
MUST_CHECK enum status logcheck_run(const char *data_dir, logcheck_report_fn report,
                                    void *context, struct logcheck_result *result,
                                    struct fault *fault);

#endif
