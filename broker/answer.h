/* answer.h: what the peers of a committed batch are told.
 *
 * Appended is cumulative: one for each session and commit, naming the last batch number. A
 * refusal stands in its place between two of them, so a pipelining author knows where it
 * began.
 */
#ifndef BROKER_ANSWER_H
#define BROKER_ANSWER_H

struct batch;
struct keeper;

/* The batch is durable, and keeper->head already says so. */
void answer_batch(struct keeper *keeper, struct batch *batch);

#endif
