/* merging.h: two reports of one thing: T28, T29, and what follows for the parent.
 *
 *     child -T28-> MERGED (lives in the parent) -T29-> ACCEPTED, with the child's own deadlines
 *     parent CLOSED: -T25-> ACCEPTED first, in the same append
 *
 * Invariants
 *  1. Merged cases are a forest: a parent is never itself merged when a case goes into it, and
 *     a case that has children takes them along.
 *  2. Restricted goes only into restricted, an exercise only into an exercise.
 *  3. What is looked at of the parent is written by intake alone (final states, area), so no
 *     other stage's decision can contradict a merge.
 */
#ifndef INTAKE_MERGING_H
#define INTAKE_MERGING_H

#include "broker/runtime/turn.h"

enum merge_rule {
    MERGE_SAID = 0,
    MERGE_SAME_DEVICE = 1 /* at the door, by the system */
};

struct merge {
    uint64_t cause_seq;
    Sanji__Actor *actor; /* NULL: the system */
    enum merge_rule rule;
    uint32_t score_permille;
};

/* CaseMerged. The parent must be fit to take it. */
void merging_write(struct turn *turn, struct kase *child, const struct kase *parent,
                   const struct merge *merge);

void merging_decide_merge(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase);
void merging_decide_unmerge(struct turn *turn, const struct record *record,
                            const Sanji__Envelope *said, struct kase *kase);

/* Many reports at once of an S3: the owner's duty leader is asked whether it is more. Looks at
 * the parent of a merged case. */
void merging_consider(struct turn *turn, const struct kase *child, uint64_t cause_seq);

/* The case was closed, rejected or cancelled: somebody must tell those whose reports were merged
 * into it. Nobody in this system sends messages, so the owner's desk is told how many;
 * `informed` on each child says that it was done. In the same append as what ended the case, so
 * once an ending. */
void merging_ended(struct turn *turn, struct kase *parent, uint64_t cause_seq);

#endif
