/* verify_inside.h: what the walking child and its parent share. Nobody else includes it.
 *
 *     verify.c       forks, waits, reports        verify_walk.c   looks at the log
 */
#ifndef STORE_VERIFY_INSIDE_H
#define STORE_VERIFY_INSIDE_H

#include "store/log_inside.h"
#include "store/verify.h"

enum verify_phase {
    PHASE_OPEN,
    PHASE_META,
    PHASE_RECORDS,
    PHASE_WRITERS,
    PHASE_READERS,
    PHASE_DONE
};

struct verify_shared {
    enum verify_phase phase;
    uint64_t at;        /* the record in hand */
    uint64_t lost_from; /* LMDB has found no way to any record since this one; 0: it has */
    int64_t stamp_ms;   /* of the last whole record */
    bool has_stamp;
    enum status refusal; /* the log cannot be looked at */
    struct fault fault;
    struct verify_result result;
    size_t kept;
    struct verify_finding findings[VERIFY_FINDINGS_MAX];
};

/* Goes on from where shared->phase and shared->at stand. The process ends after it. */
void verify_walk(struct verify_shared *shared, const char *directory);

/* Fills in the text, counts the finding and keeps it while there is room. */
void verify_find(struct verify_shared *shared, struct verify_finding finding,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
