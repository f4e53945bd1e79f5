/* decision.h: waits in the log for what was decided on statements (say --wait).
 *
 *     receipt: stored, seq 18244 --decisions_expect--> follow the log --> records that name
 *     18244 as their cause --> decided(): applied with its events, or refused with its code
 *
 * The follow starts before the first statement is sent, so no answer is missed; what a
 * repeated statement led to may stand further back, and is looked for there.
 */
#ifndef SANJI_DECISION_H
#define SANJI_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct loop;
struct decisions;

struct decisions_events {
    /* The log is followed: statements may be sent. Once. */
    void (*ready)(void *context);
    /* {"outcome":"applied","seq":...} or {"outcome":"refused",...}; the callee owns it. */
    void (*decided)(void *context, uint64_t token, bool is_applied, json_t *taken);
};

struct decisions *decisions_new(struct loop *loop, const char *run_dir,
                                const struct decisions_events *events, void *context);
void decisions_free(struct decisions **freeing);

/* The statement that stands at `seq` belongs to `token`. */
void decisions_expect(struct decisions *decisions, uint64_t token, uint64_t seq);
/* No longer interested. */
void decisions_drop(struct decisions *decisions, uint64_t token);
/* No receipt is outstanding: answers that nobody expects may be forgotten. */
void decisions_prune(struct decisions *decisions);

#endif
