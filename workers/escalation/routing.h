/* routing.h: CaseRouted: the first desk, and the ways back to a desk (T08 T14 T17 T32). */
#ifndef ESCALATION_ROUTING_H
#define ESCALATION_ROUTING_H

#include "broker/runtime/turn.h"

struct routing {
    enum transition edge; /* T08, T14, T17 or T32 */
    struct org_path to;
    enum org_tier tier;
    uint32_t rule_id;      /* enum route_rule; 0: by decision */
    struct org_path owner; /* no path: stays */
    uint64_t cause_seq;
    Sanji__Actor *actor; /* NULL: the system */
};

/* Writes it; the case stands at that desk then, with nobody assigned. */
void routing_write(struct turn *turn, struct kase *kase, const struct routing *routing);

#endif
