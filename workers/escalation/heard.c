/* heard.c: see heard.h. */
#include "workers/escalation/heard.h"

#include <string.h>

void heard_refuse(const struct heard *heard, enum status status, const char *field,
                  const char *reason)
{
    turn_refuse(heard->turn, heard->record, heard->said, heard->kase,
                (struct refusal){.status = status, .field = field, .reason = reason});
}

Sanji__Envelope *heard_event(const struct heard *heard)
{
    Sanji__Envelope *envelope = turn_event(heard->turn, heard->kase, heard->record->seq);
    envelope->actor = heard->said->actor;
    return envelope;
}

bool heard_desk(const struct heard *heard, struct org_path *desk)
{
    // A path that does not parse was refused before; "" is nobody's desk.
    *desk = (struct org_path){0};
    if (org_parse(heard->said->actor->org, desk) == STATUS_OK) {
        return true;
    }
    heard_refuse(heard, STATUS_INVALID, "actor.org",
                 "须注明机构 / say for which desk: actor.org");
    return false;
}

bool heard_own_case(const struct heard *heard)
{
    return strcmp(heard->said->said->source_system, heard->kase->source_system) == 0;
}

bool heard_role(const struct heard *heard, enum role role)
{
    return (unsigned)heard->said->actor->role == (unsigned)role;
}

const Sanji__Escalation *heard_policy(const struct heard *heard)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(heard->turn));
    if (policy == NULL || policy->escalation == NULL) {
        heard_refuse(heard, STATUS_NOT_YET, NULL,
                     "现行规则没有升级策略 / the rules in force have no escalation "
                     "section: publish one in policy.yaml");
        return NULL;
    }
    return policy->escalation;
}
