/* small_rules.h: rules of a test's own, in a few calls: the organisation of tests/sim/ruleset.h
 * with the workers, categories and limits that the test names, and nothing else.
 *
 *     small_rules_open(&rules);
 *     small_rules_worker(&rules, "W00001", ROLE_FULLTIME, GRID_B01, "g");
 *     small_rules_category(&rules, "03001", SEVERITY_S3, "g")->light = true;
 *     small_rules_publish(&rules, ledger.world);      over what the ledger came with
 *
 * The cost weights are those of domain 7.3; the shifts: 1 Mon-Fri 08-18, 3 round the clock.
 */
#ifndef TESTS_UNIT_SMALL_RULES_H
#define TESTS_UNIT_SMALL_RULES_H

#include "broker/runtime/world.h"
#include "proto/arena.h"

#define COMMITTEE_1 "370499.003.01.001"
#define COMMUNITY_1 "370499.003.01"
#define COMMUNITY_2 "370499.003.02"
#define SUBDISTRICT "370499.003"
#define GRID_B01    "370499.003.01.001.B01" /* its neighbour: B02 */
#define GRID_B02    "370499.003.01.001.B02"
#define GRID_OTHER  "370499.003.01.002.B01" /* same community */
#define GRID_FAR    "370499.003.02.001.B01" /* other community */
#define GRID_S01    "370499.003.01.000.S01"

struct small_rules {
    struct arena *arena;
    uint32_t version; /* of the last publication */
    Sanji__Org org;
    Sanji__Roster roster;
    Sanji__Sla sla;
    Sanji__Calendar calendar;
    Sanji__Policy policy;
};

void small_rules_open(struct small_rules *rules);
void small_rules_close(struct small_rules *rules);

/* In the pool of his grid's committee, round the clock, 240 minutes a day; `skills` are
 * letters. All of it may be changed before the publication. */
Sanji__Worker *small_rules_worker(struct small_rules *rules, const char *number,
                                  enum role role, const char *home_grid,
                                  const char *skills);
/* Effort 30 min, RESOLVE 4 h on the working clock. */
Sanji__Category *small_rules_category(struct small_rules *rules, const char *code,
                                      enum severity severity, const char *skills);
/* Publishes all kinds, as the next version. */
void small_rules_publish(struct small_rules *rules, struct world *world);
/* A text in the arena, for fields. */
char *small_rules_text(struct small_rules *rules, const char *text);

#endif
