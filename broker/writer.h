/* writer.h: one writer of the log, and whether its next append may stand.
 *
 *     Hello -> epoch + 1        Append -> judge -> accept: batch_no + 1, cursor, seqs
 *                                               -> repeat: the last answer again
 *                                               -> refuse: nothing moves
 *
 * Pure; called in log order by whoever writes the log.
 *
 * Invariants
 *  1. An append of an older session is FENCED whatever else is wrong with it.
 *  2. A batch number is the last (answered again) or the next. After a refused one, all that
 *     follow are refused the same way until its author sends that number again.
 *  3. An append is judged whole: its records do not conflict with each other.
 */
#ifndef BROKER_WRITER_H
#define BROKER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/conflict.h"
#include "broker/request.h"
#include "proto/bytes.h"
#include "proto/status.h"
#include "proto/vocab.h"
#include "store/log.h"

struct writer {
    struct log_writer row;
    enum owner owner;       /* OWNER_NONE: a bench, which may append any type */
    int64_t recorded_at_ms; /* of the last append of this session */
    uint64_t refused_no;    /* 0: none is in the way */
    enum status refused_status;
    uint64_t refused_seq;
};

/* Whether a peer may write under this name: a stage of the vocabulary or, where benches are
 * allowed, "bench-" and digits. The broker's own name is nobody else's. */
bool writer_may_be(const char *name, bool allows_bench);

/* A writer never seen before, with the next number. */
void writer_init(struct writer *writer, const char *name, uint8_t number);
/* A writer as its row stands in the log. */
void writer_load(struct writer *writer, const struct log_writer *row);

/* A new session: the epoch is raised. */
void writer_hello(struct writer *writer);

struct writer_append {
    struct request_append head;
    struct bytes packed; /* records that request_scan has walked */
    enum status found;   /* what it found; not OK: refused as this when its turn comes */
};

struct writer_verdict {
    enum status status;
    bool is_repeat; /* with OK: answered already, nothing to write */
    uint64_t seq;   /* CONFLICT, CATCH_UP: read up to here */
};

/* `head`: the last committed record; nobody has read more. */
struct writer_verdict writer_judge(const struct writer *writer,
                                   const struct writer_append *append, uint64_t head,
                                   const struct conflict *conflict);

/* The append's records stand at first_seq .. last_seq (both 0: it had none). */
void writer_accept(struct writer *writer, const struct request_append *head,
                   uint64_t first_seq, uint64_t last_seq, int64_t recorded_at_ms);
/* It was refused; `verdict` is what those that follow will hear. */
void writer_refuse(struct writer *writer, const struct request_append *head,
                   struct writer_verdict verdict);

#endif
