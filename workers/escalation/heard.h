/* heard.h: a statement that the general checks let through, and how it is answered. */
#ifndef ESCALATION_HEARD_H
#define ESCALATION_HEARD_H

#include "broker/runtime/turn.h"

struct heard {
    struct turn *turn;
    const struct record *record;
    const Sanji__Envelope *said;
    const Sanji__StatementFields *fields; /* never NULL */
    struct kase *kase;
};

/* The answer where the statement cannot be carried out. */
void heard_refuse(const struct heard *heard, enum status status, const char *field,
                  const char *reason);

/* An event about the case, caused by the statement and said by its actor. */
Sanji__Envelope *heard_event(const struct heard *heard);

/* The desk that speaks (actor.org). False: it names none, and was refused. */
bool heard_desk(const struct heard *heard, struct org_path *desk);
/* Whether the reporter speaks of his own case: it came from the source system he uses. */
bool heard_own_case(const struct heard *heard);
bool heard_role(const struct heard *heard, enum role role);

/* What the rules let the command centre do; NULL: they have no such section, and the
 * statement was refused. */
const Sanji__Escalation *heard_policy(const struct heard *heard);

#endif
