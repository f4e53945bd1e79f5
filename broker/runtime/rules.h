/* rules.h: the rules in force, folded from RulesPublished; and what is looked up in them.
 *
 * The log holds its own rules: nobody but intake opens a rule file. Parts of a kind are
 * collected until all have come and the SHA-256 of the whole is right; then they replace the
 * kind's former version at once. What a lookup returns is borrowed until the next fold.
 */
#ifndef RUNTIME_RULES_H
#define RUNTIME_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/bytes.h"
#include "proto/case.h"
#include "proto/deadline.h"
#include "proto/org.h"
#include "proto/status.h"
#include "rules.pb-c.h"

struct rules;

struct rules *rules_new(void);
void rules_free(struct rules **rules);

/* Parts are numbered 1 .. parts and come in one run; each names the SHA-256 of the whole.
 * Fails: INVALID (part out of order, version not above the one in force, wrong hash, content
 * that does not decode or contradicts itself, above 1 MiB): the former version stays in
 * force. */
MUST_CHECK enum status rules_fold(struct rules *rules, const Sanji__RulesPublished *part);

/* For a cache of the log: the content of the version in force as it was published (size 0:
 * none, or empty; borrowed until the next fold), and whether a version has come in part, which
 * is nothing that can be put back. */
struct bytes rules_content(const struct rules *rules, Sanji__RulesKind kind);
bool rules_is_in_part(const struct rules *rules);
/* Puts such content back in force. Fails: INVALID, as rules_fold. */
MUST_CHECK enum status rules_restore(struct rules *rules, Sanji__RulesKind kind,
                                     uint32_t version, struct bytes content);

/* Newest version of a kind (0: none) and its SHA-256 (32 bytes; NULL: none). */
uint32_t rules_version(const struct rules *rules, Sanji__RulesKind kind);
const uint8_t *rules_hash(const struct rules *rules, Sanji__RulesKind kind);
/* True when ORG, ROSTER, SLA, CALENDAR and POLICY are all there: cases can be decided. */
bool rules_complete(const struct rules *rules);

uint32_t rules_place(const struct rules *rules); /* 370499003 */
int32_t rules_utc_offset_min(const struct rules *rules);
const struct calendar *rules_calendar(const struct rules *rules);
const Sanji__Sla *rules_sla(const struct rules *rules);
const Sanji__Policy *rules_policy(const struct rules *rules);
const Sanji__Org *rules_org(const struct rules *rules);
const Sanji__Roster *rules_roster(const struct rules *rules);

/* NULL when there is none. */
const Sanji__OrgUnit *rules_unit(const struct rules *rules, struct org_path path);
const Sanji__Grid *rules_grid(const struct rules *rules, struct org_path path);
const Sanji__Category *rules_category(const struct rules *rules, uint32_t category);
const Sanji__Worker *rules_worker(const struct rules *rules, uint32_t worker);
const Sanji__Shift *rules_shift(const struct rules *rules, uint32_t shift_id);
const Sanji__SourceRule *rules_source(const struct rules *rules, unsigned source);
const char *rules_label(const struct rules *rules, const char *key, bool english);

/* True when `path` names a unit or a grid of the organisation. */
bool rules_has_path(const struct rules *rules, struct org_path path);
/* Up to `max` (at most 8) existing paths nearest in writing, for error messages, the nearest
 * first. Returns the count. */
size_t rules_nearest(const struct rules *rules, const char *text, struct org_path *paths,
                     size_t max);
/* The grid whose box holds the point (CGCS2000 and WGS-84 count as the same here; other data
 * are not converted and give false). */
bool rules_grid_at(const struct rules *rules, int32_t lat_e6, int32_t lon_e6,
                   unsigned datum, struct org_path *grid);

/* The tier above `tier` in the tier path of the case's grid, and the desk there; at most
 * SUBDISTRICT. False when there is none. tier NONE or GRID: the lowest of the path. A place
 * without a grid climbs from the lowest unit known (R11). */
bool rules_tier_above(const struct rules *rules, const struct kase *kase,
                      enum org_tier tier, enum org_tier *above, struct org_path *desk);
/* The desk of `tier` for this area. */
struct org_path rules_desk(struct org_path area, enum org_tier tier);

/* The limit of a timer for a case of this severity (NONE counts as S3) and category. False:
 * no such limit, the timer is not armed. *times_max: how often it may fire or be offered (0:
 * no bound). RESOLVE of S3 and S4 takes budget and clock from the category, the cap from the
 * table; rows with permille are that share of RESOLVE's budget and cap. */
bool rules_limit(const struct rules *rules, enum timer_kind kind, unsigned severity,
                 uint32_t category, struct deadline_limit *limit, uint32_t *times_max);

/* Whether the worker's shift covers `at_ms`, and when that next changes. No shift: false,
 * and INT64_MAX; a shift without end: true, and INT64_MAX. */
bool rules_on_shift(const struct rules *rules, const Sanji__Worker *worker, int64_t at_ms,
                    int64_t *changes_ms);

#endif
