/* decide.h: `decide`: an open request granted or not, and what follows in the same append.
 *
 *     RETURN  -> DecisionMade, CaseRouted (T14)        EXTEND -> DecisionMade, DeadlineExtended
 *     SUSPEND -> DecisionMade, CaseSuspended (T26)     REOPEN -> DecisionMade (intake: T31)
 *
 * Invariants
 *  1. Who decides is the desk that the request names, or one above it.
 *  2. Without a final decision a case is returned at most returns_max times; a final one is
 *     the sub-district's, and ends returns.
 *  3. RESOLVE is not touched by a return.
 */
#ifndef ESCALATION_DECIDE_H
#define ESCALATION_DECIDE_H

#include "workers/escalation/heard.h"

void decide_said(const struct heard *heard);
/* `resume`: T27 by the duty leader. */
void decide_resume_said(const struct heard *heard);
/* RESUME is due: T27 by the system. */
void decide_resume_due(struct turn *turn, struct kase *kase,
                       const struct case_timer *timer);

#endif
