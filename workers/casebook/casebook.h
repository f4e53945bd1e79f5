/* casebook.h: the read model: one case, lists, the board, who has how much to do.
 *
 *     log -> world (the same fold as every stage) -> answers on the `query` endpoint
 *
 * Decides and appends nothing. Each answer names the position it reflects, so a console reads
 * a snapshot and follows the log from there without a hole.
 *
 * Invariants
 *  1. An answer is given from one position of the log; nothing moves while it is made.
 *  2. A restricted case shows as a stub (category 99000, the community, no worker) unless the
 *     question says `restricted`.
 */
#ifndef CASEBOOK_CASEBOOK_H
#define CASEBOOK_CASEBOOK_H

#include "broker/runtime/stage.h"
#include "query.pb-c.h"

struct process;
struct socket;

struct casebook {
    struct process *process; /* to say READY for; NULL in tests */
    struct world *world;     /* NULL until the log was read to its head */
    int64_t now_ms;
    struct socket *query;
    struct arena *arena; /* one question and its answer */
};

extern const struct stage_ops casebook_ops; /* context: struct casebook */

/* Reads questions from the query socket and answers them; for loop_watch. */
void casebook_serve(void *context);

#endif
