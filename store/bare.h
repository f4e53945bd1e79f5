/* bare.h: a yardstick: the cheapest durable write on this disk through the same library.
 *
 *     begin, put x n (MDB_APPEND, number as key), commit      again and again, one thread
 *
 * What an append costs beside it is ours: sockets, checks, checksums, writer rows. Same flags
 * as the log, no header, no rows beside the records. Measure both in turn, in one round, on
 * one disk: the disk of a shared machine moves by 40 % within minutes. Run it once or twice
 * before the run that counts: page cache in guest memory that was never touched costs up to
 * five times (200 commits of 2,500 records: 244,000, 415,000, then 1,450,000 to 1,570,000/s).
 */
#ifndef STORE_BARE_H
#define STORE_BARE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

struct bare_load {
    uint32_t records_per_commit; /* 1.. */
    uint32_t record_size;        /* bytes of a value, 1 to 64 KiB */
    uint64_t commits_max;        /* 0: no bound */
    uint64_t run_max_ms;         /* 0: no bound; at least one of the two is set */
    uint64_t map_size_bytes;     /* 0: 64 GiB, sparse */
};

struct bare_figures {
    uint64_t commits;
    uint64_t records;
    uint64_t elapsed_ns; /* of all, first begin to last commit */
    uint64_t p50_ns;     /* of one commit with its puts */
    uint64_t p99_ns;
    uint64_t used_bytes; /* of the file, at the end */
};

/* Writes DIRECTORY/bare.mdb (directory made when missing, any file system), measures, removes
 * the file. A full map ends the run early; the figures say how far it came.
 * Fails: CANNOT_START, IO; text in *fault, *figures untouched. */
MUST_CHECK enum status bare_lmdb_run(const char *directory, const struct bare_load *load,
                                     struct bare_figures *figures, struct fault *fault);

#endif
