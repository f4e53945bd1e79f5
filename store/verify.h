/* verify.h: walks a whole log and says what is wrong with it.
 *
 *     verify_log --fork--> child: meta, every record, writers, readers --shared memory--> report
 *
 * It reads in a child process, since LMDB asserts and faults on damaged pages (24 of 3,000
 * flipped bits killed the reader, measured): what kills the child becomes a finding, and the
 * walk goes on behind it in a new one. Bytes only: whether a case may do what its records say
 * is audit's to check.
 *
 * May be called while a broker writes the log, also by that broker: it takes no lock, writes
 * nothing and holds no snapshot longer than a few thousand records.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"
#include "store/log.h"

enum {
    VERIFY_TEXT_SIZE = 240,
    VERIFY_FINDINGS_MAX = 256 /* kept and reported; further ones are only counted */
};

enum verify_kind {
    VERIFY_META = 1, /* the meta row */
    VERIFY_CHECKSUM, /* a record whose bytes are not what was written */
    VERIFY_GAP,      /* records seq to upto are missing */
    VERIFY_ORDER,    /* a record stamped before the one in front of it */
    VERIFY_TREE,     /* LMDB's own structure */
    VERIFY_WRITER,   /* a writer's row */
    VERIFY_READER,   /* a durable reader's row */
    VERIFY_DIED      /* reading killed the process */
};

struct verify_finding {
    enum verify_kind kind;
    uint64_t seq;      /* the record; 0: none in particular */
    uint64_t upto;     /* GAP: the last that is missing; else seq */
    uint64_t case_key; /* CHECKSUM, ORDER: as far as the header can be believed; 0: none */
    uint8_t type;
    uint8_t writer;
    int signal;                   /* DIED: which; 0: it ended by itself */
    char name[LOG_NAME_SIZE_MAX]; /* WRITER, READER; else empty */
    char text[VERIFY_TEXT_SIZE];  /* the whole of it in one sentence */
};

struct verify_result {
    struct log_meta meta; /* head: the last record found */
    uint64_t records;     /* whole ones */
    uint64_t bytes;       /* of these, headers included */
    int64_t first_ms;
    int64_t last_ms;
    uint64_t writers;
    uint64_t readers;
    uint64_t findings;
    struct verify_finding first; /* the wrong record with the lowest number, else the first
                                    finding; only with findings > 0 */
};

typedef void (*verify_report_fn)(void *context, const struct verify_finding *finding);

/* Walks the log in `directory`, calls `report` (NULL: nobody) for each finding in the order
 * they were met, and fills *result as far as it got.
 * Fails: CORRUPT (there are findings), CANNOT_START (no log there, no permission, no memory;
 *        text in *fault, *result zero), BAD_VERSION (a format this program cannot read). */
MUST_CHECK enum status verify_log(const char *directory, verify_report_fn report,
                                  void *context, struct verify_result *result,
                                  struct fault *fault);

/* "CHECKSUM"; static text. */
const char *verify_kind_name(enum verify_kind kind);

#endif
