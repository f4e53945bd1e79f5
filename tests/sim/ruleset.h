/* ruleset.h: a small sub-district with its rules, for tests: packed, hashed and published as
 * intake would do it.
 *
 *     370499.003           sub-district
 *       .01  .02           communities
 *       .01.001  .01.002   committees          .02.001
 *       .01.001.B01 B02    grids               .01.002.B01   .02.001.B01
 *       .01.000.S01        a dedicated grid below its community
 *
 * Shifts: 1 Mon-Fri 08-18, 2 every night 22-06, 3 round the clock. Calendar: Mon-Fri 8-12 and
 * 14-18, 2020-10-01 off, Saturday 2020-10-10 works. Limits are those of the domain's table.
 */
#ifndef TESTS_SIM_RULESET_H
#define TESTS_SIM_RULESET_H

#include "broker/runtime/rules.h"
#include "proto/bytes.h"

enum {
    RULESET_PLACE = 370499003,
    RULESET_OFFSET_MIN = 480
};

/* The compiled content of a kind; static. */
struct bytes ruleset_content(Sanji__RulesKind kind);

/* Fills one part of `parts` of this kind's content with the hash of the whole. Points into
 * static memory. */
void ruleset_part(Sanji__RulesKind kind, uint32_t version, uint32_t part, uint32_t parts,
                  Sanji__RulesPublished *published);

/* Folds version 1 of every kind. */
void ruleset_fold(struct rules *rules);

#endif
