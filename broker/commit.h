/* commit.h: a batch becomes part of the log, or of each item it is known why not.
 *
 *     items in order -> judge -> put -> rows of the writers -> one commit -> cursors
 *
 * Invariants
 *  1. Every check is made here, in log order, where the transaction is written: nothing that
 *     was checked earlier can have changed.
 *  2. A batch that the store cannot take leaves nothing behind: writers and conflict table go
 *     back to where they stood, and what did not fit is refused with STORE_FULL.
 *  3. A commit with an unknown outcome ends the process (exit 74).
 *  4. Durable cursors are put after the commit of the batch they came in.
 *
 * One thread at a time calls these.
 */
#ifndef BROKER_COMMIT_H
#define BROKER_COMMIT_H

#include <stddef.h>
#include <stdint.h>

#include "broker/batch.h"
#include "store/log.h"

enum {
    /* Stages may finish accepted cases in the last tenth, up to here (percent). */
    COMMIT_STAGE_FULL_PERCENT = 98
};

struct commit;

/* Takes the writers from the log. Never NULL. */
struct commit *commit_new(struct log *log);
void commit_free(struct commit **commit);

/* Fills each item's answer and the batch's. */
void commit_batch(struct commit *commit, struct batch *batch);

#endif
