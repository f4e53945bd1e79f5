/* assist.h: the whistle 吹哨 and who reports in 报到: another department or skill joins;
 * holder and owner stay.
 *
 *     `assist` -> AssistRequested n, ASSIST n runs -> `assist_joined` -> `assist_done`
 *
 * Invariants
 *  1. n counts the requests of a case; of a department at most one is open.
 *  2. ASSIST n ends when the department joins, or is done without.
 */
#ifndef ESCALATION_ASSIST_H
#define ESCALATION_ASSIST_H

#include "workers/escalation/heard.h"

void assist_said(const struct heard *heard);
void assist_joined_said(const struct heard *heard);
void assist_done_said(const struct heard *heard);

/* The emergency call of the policy, for the department that the category needs; nothing where
 * that is called already or the case is at no desk. */
void assist_by_policy(struct turn *turn, struct kase *kase);
/* ASSIST is due: late is on record; from the second time the sub-district is told. */
void assist_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
