/* deploy_rules.h: the rules of deploy/, read once a test program. */
#ifndef TESTS_UNIT_DEPLOY_RULES_H
#define TESTS_UNIT_DEPLOY_RULES_H

#include "broker/runtime/rules.h"
#include "broker/runtime/rulesfile.h"

struct rulesfile *deploy_rules(void);

/* One part of a kind, version 1; points into static memory that the next call changes.
 * Returns how many parts there are. */
uint32_t deploy_rules_part(Sanji__RulesKind kind, uint32_t part,
                           Sanji__RulesPublished *published);
/* Folds all of them. */
void deploy_rules_fold(struct rules *rules);

#endif
