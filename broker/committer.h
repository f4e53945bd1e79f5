/* committer.h: the thread beside the loop that waits for the disk.
 *
 *     loop       fill A | start A, fill B | take A, start B, answer A, fill C | ...
 *     committer         | commit A        |          commit B                 | ...
 *
 * No timer: a batch is what arrived while the last one was synced. When nothing is in
 * progress and only a few wait, the loop commits by itself (committer_run_here), which saves
 * two hand-overs; a slow disk then holds the loop up for that one commit.
 *
 * All calls come from the loop's thread.
 */
#ifndef BROKER_COMMITTER_H
#define BROKER_COMMITTER_H

#include <stdbool.h>

struct batch;
struct commit;
struct committer;
struct loop;

/* Starts the thread. A batch that is done makes the loop turn. Never NULL. */
struct committer *committer_new(struct commit *commit, struct loop *loop);
/* Waits for the commit in progress; its batch can still be taken before the free. */
void committer_stop(struct committer *committer);
void committer_free(struct committer **freeing);
/* Hands a batch over; the committer is idle. */
void committer_start(struct committer *committer, struct batch *batch);
/* The batch that is done, or NULL. */
struct batch *committer_take(struct committer *committer);
/* Commits in the calling thread; the committer is idle. */
void committer_run_here(struct committer *committer, struct batch *batch);

#endif
