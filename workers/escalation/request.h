/* request.h: what must be decided before it is done: return, extend, suspend, appeal.
 *
 *     `return` `extend` `suspend` `appeal` -> DecisionRequested: names the decider, arms
 *     DECISION; the state stays and the clock runs -> `decide` (decide.h)
 *
 * Invariants
 *  1. A case has one open request at most.
 *  2. A return is decided by the desk that sent the case here, from the second on by the
 *     sub-district; extension and suspension by the desk above the holder, by the
 *     sub-district for itself; an appeal by the sub-district.
 *  3. Never granted by silence: DECISION firing hands the request one tier up.
 */
#ifndef ESCALATION_REQUEST_H
#define ESCALATION_REQUEST_H

#include "workers/escalation/heard.h"

void request_return_said(const struct heard *heard);
void request_extend_said(const struct heard *heard);
void request_suspend_said(const struct heard *heard);
void request_appeal_said(const struct heard *heard);

/* DECISION is due. */
void request_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

/* Whether a case may be suspended until then; else the refusal. Asked at the request and
 * again at the decision. */
struct refusal request_check_suspension(struct turn *turn, const struct kase *kase,
                                        int64_t resume_by_ms);
/* Whether a desk exists and may hold a case; else the refusal, for this field. */
struct refusal request_check_desk(struct turn *turn, const char *text, const char *field,
                                  struct org_path *desk);

#endif
