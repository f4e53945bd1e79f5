/* urge.h: urging 催办: by those who wait, and by the system when a sign is missing. */
#ifndef ESCALATION_URGE_H
#define ESCALATION_URGE_H

#include "workers/escalation/heard.h"

void urge_said(const struct heard *heard);

/* PROGRESS has fired and nobody was urged for it. True: urged now. */
bool urge_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq);
/* So many reports were merged into the case that they are a voice: urged once. */
void urge_merged(struct turn *turn, struct kase *kase, uint64_t cause_seq);
/* RESOLVE_WARN is due: told before it is late: who works on it, and his desk. */
void urge_warn_due(struct turn *turn, struct kase *kase, const struct case_timer *timer);

#endif
