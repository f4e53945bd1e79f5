/* upstream.h: the municipal platform: handed over, followed, taken back (T16 T17 T18 T32).
 *
 *     ASSIGNING, IN_PROGRESS at the sub-district --T16--> UPSTREAM --DONE, T18--> RESOLVED
 *                                                  |--SENT_BACK, T17--> ASSIGNING
 *                                                  '--`take_back`, T32--> ASSIGNING
 *
 * Invariants
 *  1. A hand-over is named by the seq of its UpstreamSubmitted; only the newest counts.
 *  2. The system never declares somebody else's work done: UPSTREAM firing urges, no more.
 *  3. Exercises and tests never go upstream.
 */
#ifndef ESCALATION_UPSTREAM_H
#define ESCALATION_UPSTREAM_H

#include "workers/escalation/heard.h"

void upstream_said(const struct heard *heard);
void upstream_update_said(const struct heard *heard);
void upstream_take_back_said(const struct heard *heard);

/* By the policy, for a case that nobody took. False where T16 cannot be. */
bool upstream_by_policy(struct turn *turn, struct kase *kase);
/* UPSTREAM is due: the platform is urged, and again. */
void upstream_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
