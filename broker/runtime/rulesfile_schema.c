/* rulesfile_schema.c: the keys of the rule files, for libcyaml. A key that does not stand
 * here is an error in a rule file; so is one that stands twice or is missing. */
#include <cyaml/cyaml.h>
#include <stddef.h>

#include "broker/runtime/rulesfile_yaml.h"

enum {
    TEXT_SIZE_MAX = 200,
    ENTRIES_MAX = 200000,
    INNER_MAX = 512
};

#define TEXT(type, field)                                                                  \
    CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER, struct type, field, 1, TEXT_SIZE_MAX)
#define TEXT_MAYBE(type, field)                                                            \
    CYAML_FIELD_STRING_PTR(#field, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type,  \
                           field, 1, TEXT_SIZE_MAX)
#define NUMBER(type, field) CYAML_FIELD_UINT(#field, CYAML_FLAG_DEFAULT, struct type, field)
#define NUMBER_MAYBE(type, field)                                                          \
    CYAML_FIELD_UINT(#field, CYAML_FLAG_OPTIONAL, struct type, field)
// libcyaml takes every text but "false", "no", "off", "disable" and "0" for true, so truth
// is read as a word instead. Source: libcyaml 1.3.1, include/cyaml/cyaml.h and src/load.c.
#define TRUTH_FLAGGED(type, field, flags)                                                  \
    CYAML_FIELD_ENUM(#field, (flags) | CYAML_FLAG_STRICT, struct type, field, truth,       \
                     CYAML_ARRAY_LEN(truth))
#define TRUTH(type, field)       TRUTH_FLAGGED(type, field, CYAML_FLAG_DEFAULT)
#define TRUTH_MAYBE(type, field) TRUTH_FLAGGED(type, field, CYAML_FLAG_OPTIONAL)
#define TEXTS(type, field)                                                                 \
    CYAML_FIELD_SEQUENCE(#field, CYAML_FLAG_POINTER, struct type, field, &text, 1,         \
                         INNER_MAX)
#define TEXTS_MAYBE(type, field)                                                           \
    CYAML_FIELD_SEQUENCE(#field, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type,    \
                         field, &text, 0, INNER_MAX)
#define LIST(type, field, entry)                                                           \
    CYAML_FIELD_SEQUENCE(#field, CYAML_FLAG_POINTER, struct type, field, &(entry), 0,      \
                         ENTRIES_MAX)
#define MAPPING(type, field, fields)                                                       \
    CYAML_FIELD_MAPPING(#field, CYAML_FLAG_DEFAULT, struct type, field, fields)
#define MAPPING_MAYBE(type, field, fields)                                                 \
    CYAML_FIELD_MAPPING(#field, CYAML_FLAG_OPTIONAL, struct type, field, fields)
#define ENTRY(name, type, fields)                                                          \
    static const cyaml_schema_value_t name = {                                             \
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct type, fields)}
#define FILE_SCHEMA(name, type, fields)                                                    \
    const cyaml_schema_value_t name = {                                                    \
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct type, fields)}

static const cyaml_strval_t truth[] = {{"yes", 1}, {"no", 0}, {"true", 1}, {"false", 0}};

static const cyaml_schema_value_t text = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_SIZE_MAX)};
static const cyaml_schema_value_t degree = {CYAML_VALUE_FLOAT(CYAML_FLAG_STRICT, double)};

// ---- sanji.yaml ----

static const cyaml_schema_field_t sanji_fields[] = {
    TEXT(yaml_sanji, organisation), TEXT(yaml_sanji, roster), TEXT(yaml_sanji, sla),
    TEXT(yaml_sanji, calendar),     TEXT(yaml_sanji, policy), TEXT(yaml_sanji, labels),
    TRUTH(yaml_sanji, strict),      CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_sanji, yaml_sanji, sanji_fields);

// ---- org.yaml ----

static const cyaml_schema_field_t unit_fields[] = {TEXT(yaml_unit, path),
                                                   TEXT(yaml_unit, tier),
                                                   TEXT(yaml_unit, name),
                                                   TEXT(yaml_unit, name_en),
                                                   NUMBER(yaml_unit, households),
                                                   NUMBER(yaml_unit, residents),
                                                   TEXT(yaml_unit, valid_from),
                                                   TEXT_MAYBE(yaml_unit, valid_to),
                                                   TEXT_MAYBE(yaml_unit, area_code12),
                                                   CYAML_FIELD_END};
ENTRY(unit, yaml_unit, unit_fields);

static const cyaml_schema_field_t grid_fields[] = {
    TEXT(yaml_grid, path),
    TEXT(yaml_grid, name),
    TEXT_MAYBE(yaml_grid, department),
    NUMBER(yaml_grid, households),
    NUMBER(yaml_grid, residents),
    NUMBER(yaml_grid, buildings),
    TEXTS(yaml_grid, tier_path),
    TEXTS_MAYBE(yaml_grid, neighbours),
    CYAML_FIELD_SEQUENCE("box", CYAML_FLAG_POINTER, struct yaml_grid, box, &degree, 4, 4),
    CYAML_FIELD_END};
ENTRY(grid, yaml_grid, grid_fields);

static const cyaml_schema_field_t team_fields[] = {
    TEXT(yaml_team, code), TEXT(yaml_team, name), TEXT(yaml_team, path), CYAML_FIELD_END};
ENTRY(team, yaml_team, team_fields);

static const cyaml_schema_field_t branch_fields[] = {
    TEXT(yaml_branch, code), TEXT(yaml_branch, name), TEXTS(yaml_branch, grids),
    NUMBER(yaml_branch, members), CYAML_FIELD_END};
ENTRY(branch, yaml_branch, branch_fields);

static const cyaml_schema_field_t partner_fields[] = {
    TEXT(yaml_partner, code), TEXT(yaml_partner, name), TEXT(yaml_partner, path),
    TEXTS(yaml_partner, skills), CYAML_FIELD_END};
ENTRY(partner, yaml_partner, partner_fields);

static const cyaml_schema_field_t site_fields[] = {
    TEXT(yaml_site, code), TEXT(yaml_site, name), TEXT(yaml_site, kind),
    TEXT(yaml_site, grid), CYAML_FIELD_END};
ENTRY(site, yaml_site, site_fields);

static const cyaml_schema_field_t org_fields[] = {
    TEXT(yaml_org, municipality),     TEXT(yaml_org, subdistrict),
    NUMBER(yaml_org, area_ha),        LIST(yaml_org, units, unit),
    LIST(yaml_org, grids, grid),      LIST(yaml_org, teams, team),
    LIST(yaml_org, branches, branch), LIST(yaml_org, partners, partner),
    LIST(yaml_org, sites, site),      CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_org, yaml_org, org_fields);

// ---- roster.yaml ----

static const cyaml_schema_field_t shift_fields[] = {
    NUMBER(yaml_shift, id), TEXT(yaml_shift, name),  TEXT(yaml_shift, from),
    TEXT(yaml_shift, to),   TEXTS(yaml_shift, days), CYAML_FIELD_END};
ENTRY(shift, yaml_shift, shift_fields);

static const cyaml_schema_field_t worker_fields[] = {
    TEXT(yaml_worker, worker),
    TEXT(yaml_worker, role),
    TEXT(yaml_worker, desk),
    TEXT_MAYBE(yaml_worker, team),
    TEXT_MAYBE(yaml_worker, home_grid),
    TEXT(yaml_worker, capacity),
    TEXT_MAYBE(yaml_worker, employer),
    TEXT_MAYBE(yaml_worker, volunteer_kind),
    TEXTS_MAYBE(yaml_worker, backup_grids),
    TEXTS_MAYBE(yaml_worker, skills),
    TEXTS_MAYBE(yaml_worker, authority),
    TEXTS_MAYBE(yaml_worker, further_roles),
    NUMBER(yaml_worker, shift),
    NUMBER_MAYBE(yaml_worker, building_no),
    NUMBER_MAYBE(yaml_worker, cases_max),
    NUMBER_MAYBE(yaml_worker, count),
    TRUTH_MAYBE(yaml_worker, clearance),
    CYAML_FIELD_END};
ENTRY(worker, yaml_worker, worker_fields);

static const cyaml_schema_field_t roster_fields[] = {
    LIST(yaml_roster, shifts, shift), LIST(yaml_roster, workers, worker), CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_roster, yaml_roster, roster_fields);

// ---- sla.yaml ----

static const cyaml_schema_field_t limit_fields[] = {
    TEXT(yaml_limit, timer),
    TEXT(yaml_limit, severity),
    TEXT_MAYBE(yaml_limit, clock),
    TEXT_MAYBE(yaml_limit, budget),
    TEXT_MAYBE(yaml_limit, cap),
    NUMBER_MAYBE(yaml_limit, share_permille),
    NUMBER_MAYBE(yaml_limit, times_max),
    CYAML_FIELD_BOOL_PTR("armed", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct yaml_limit, armed),
    TRUTH_MAYBE(yaml_limit, by_category),
    CYAML_FIELD_END};
ENTRY(limit, yaml_limit, limit_fields);

#define SEVERITY_TEXT(key, field)                                                          \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct yaml_by_severity, field, 1,     \
                           TEXT_SIZE_MAX)
static const cyaml_schema_field_t by_severity_fields[] = {
    SEVERITY_TEXT("S1", s1), SEVERITY_TEXT("S2", s2), SEVERITY_TEXT("S3", s3),
    SEVERITY_TEXT("S4", s4), CYAML_FIELD_END};

static const cyaml_schema_field_t category_fields[] = {TEXT(yaml_category, code),
                                                       TEXT(yaml_category, severity),
                                                       TEXT(yaml_category, name),
                                                       TEXT(yaml_category, name_en),
                                                       TEXT(yaml_category, resolve),
                                                       TEXT(yaml_category, clock),
                                                       TEXT(yaml_category, effort),
                                                       TEXT_MAYBE(yaml_category, authority),
                                                       TEXT_MAYBE(yaml_category, gb30428),
                                                       TEXTS(yaml_category, skills),
                                                       TEXTS_MAYBE(yaml_category, flags),
                                                       NUMBER(yaml_category, evidence_min),
                                                       CYAML_FIELD_END};
ENTRY(category, yaml_category, category_fields);

static const cyaml_schema_field_t sla_fields[] = {
    LIST(yaml_sla, limits, limit),
    MAPPING(yaml_sla, filing_max, by_severity_fields),
    TEXT(yaml_sla, appeal),
    TEXTS_MAYBE(yaml_sla, authorities),
    LIST(yaml_sla, categories, category),
    CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_sla, yaml_sla, sla_fields);

// ---- calendar.yaml ----

static const cyaml_schema_field_t hours_fields[] = {TEXT(yaml_hours, from),
                                                    TEXT(yaml_hours, to), CYAML_FIELD_END};
ENTRY(hours, yaml_hours, hours_fields);

static const cyaml_schema_field_t year_fields[] = {
    NUMBER(yaml_year, year), TEXTS_MAYBE(yaml_year, holidays),
    TEXTS_MAYBE(yaml_year, workdays), CYAML_FIELD_END};
ENTRY(year, yaml_year, year_fields);

static const cyaml_schema_field_t calendar_fields[] = {
    NUMBER(yaml_calendar, id),        TEXT(yaml_calendar, utc_offset),
    TEXTS(yaml_calendar, weekdays),   LIST(yaml_calendar, hours, hours),
    LIST(yaml_calendar, years, year), CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_calendar, yaml_calendar, calendar_fields);

// ---- policy.yaml ----

static const cyaml_schema_field_t source_fields[] = {
    TEXT(yaml_source, source),
    TEXT(yaml_source, verify),
    TEXT(yaml_source, first),
    TEXT(yaml_source, owner),
    NUMBER_MAYBE(yaml_source, confidence_permille),
    TRUTH(yaml_source, may_raise),
    CYAML_FIELD_END};
ENTRY(source, yaml_source, source_fields);

static const cyaml_schema_field_t offers_fields[] = {
    TEXT(yaml_offers, severity), NUMBER(yaml_offers, offers_max),
    NUMBER(yaml_offers, workers), TRUTH(yaml_offers, broadcast), CYAML_FIELD_END};
ENTRY(offers, yaml_offers, offers_fields);

static const cyaml_schema_field_t weights_fields[] = {
    NUMBER(yaml_weights, backlog), NUMBER(yaml_weights, history),
    NUMBER(yaml_weights, zone), CYAML_FIELD_END};
static const cyaml_schema_field_t zone_fields[] = {
    NUMBER(yaml_zone, near), NUMBER(yaml_zone, community), NUMBER(yaml_zone, other),
    CYAML_FIELD_END};
static const cyaml_schema_field_t role_fields[] = {
    NUMBER(yaml_role_price, volunteer), NUMBER(yaml_role_price, social_worker),
    NUMBER(yaml_role_price, professional), NUMBER(yaml_role_price, fulltime),
    CYAML_FIELD_END};

static const cyaml_schema_field_t cost_fields[] = {
    MAPPING(yaml_cost, weights, weights_fields), MAPPING(yaml_cost, zone, zone_fields),
    MAPPING(yaml_cost, role, role_fields),       NUMBER(yaml_cost, again),
    NUMBER(yaml_cost, overload_price),           NUMBER(yaml_cost, overload_permille),
    NUMBER(yaml_cost, backlog_max_permille),     TEXT(yaml_cost, newcomer_floor),
    NUMBER(yaml_cost, considered_max),           CYAML_FIELD_END};

static const cyaml_schema_field_t reason_fields[] = {
    NUMBER(yaml_reason, code), TEXT(yaml_reason, name), TEXT(yaml_reason, name_en),
    CYAML_FIELD_END};
ENTRY(reason, yaml_reason, reason_fields);

static const cyaml_schema_field_t points_fields[] = {
    NUMBER(yaml_points, grid),   NUMBER(yaml_points, minor),  NUMBER(yaml_points, near),
    NUMBER(yaml_points, device), NUMBER(yaml_points, closed), CYAML_FIELD_END};
static const cyaml_schema_field_t duplicates_fields[] = {
    TEXT(yaml_duplicates, window),
    TEXT(yaml_duplicates, closed),
    MAPPING(yaml_duplicates, points, points_fields),
    NUMBER(yaml_duplicates, near_m),
    NUMBER(yaml_duplicates, listed_permille),
    NUMBER(yaml_duplicates, listed_max),
    NUMBER(yaml_duplicates, merged_permille),
    NUMBER(yaml_duplicates, looked_at),
    TEXTS(yaml_duplicates, devices),
    CYAML_FIELD_END};
static const cyaml_schema_field_t burst_fields[] = {
    NUMBER(yaml_burst, reports), TEXT(yaml_burst, within), CYAML_FIELD_END};
static const cyaml_schema_field_t intake_fields[] = {
    NUMBER(yaml_intake, verify_rounds), TEXT(yaml_intake, unmerge),
    MAPPING(yaml_intake, burst, burst_fields),
    MAPPING(yaml_intake, duplicates, duplicates_fields), CYAML_FIELD_END};
static const cyaml_schema_field_t public_feed_fields[] = {
    TEXT(yaml_public_feed, delay), NUMBER(yaml_public_feed, count_min),
    TEXTS_MAYBE(yaml_public_feed, street_only), CYAML_FIELD_END};

static const cyaml_schema_field_t snapshots_fields[] = {
    TRUTH(yaml_snapshots, workers), TRUTH(yaml_snapshots, areas), CYAML_FIELD_END};

static const cyaml_schema_field_t step_fields[] = {
    TEXT(yaml_escalation_step, severity),
    TEXT(yaml_escalation_step, after),
    TEXT(yaml_escalation_step, to),
    TRUTH_MAYBE(yaml_escalation_step, assist),
    TRUTH_MAYBE(yaml_escalation_step, upstream),
    CYAML_FIELD_END};
ENTRY(escalation_step, yaml_escalation_step, step_fields);

static const cyaml_schema_field_t late_fields[] = {
    TEXT(yaml_escalation_late, severity), TEXT(yaml_escalation_late, feedback),
    TEXT(yaml_escalation_late, resolve),  TEXTS_MAYBE(yaml_escalation_late, further),
    TRUTH(yaml_escalation_late, rise),    CYAML_FIELD_END};
ENTRY(escalation_late, yaml_escalation_late, late_fields);

static const cyaml_schema_field_t repeat_fields[] = {
    TEXT(yaml_repeat, first), TEXT(yaml_repeat, max), CYAML_FIELD_END};
static const cyaml_schema_field_t urge_fields[] = {
    TEXT(yaml_urge, reporter), NUMBER(yaml_urge, merged), CYAML_FIELD_END};
static const cyaml_schema_field_t extensions_fields[] = {
    NUMBER(yaml_extensions, max), NUMBER(yaml_extensions, share_permille),
    TEXT(yaml_extensions, from), CYAML_FIELD_END};
static const cyaml_schema_field_t supervise_fields[] = {
    NUMBER(yaml_points_supervise, normal), NUMBER(yaml_points_supervise, yellow),
    NUMBER(yaml_points_supervise, red), CYAML_FIELD_END};
static const cyaml_schema_field_t escalation_fields[] = {
    MAPPING(yaml_escalation, repeat, repeat_fields),
    MAPPING(yaml_escalation, urge, urge_fields),
    MAPPING(yaml_escalation, extensions, extensions_fields),
    MAPPING(yaml_escalation, points, supervise_fields),
    NUMBER(yaml_escalation, returns_max),
    NUMBER(yaml_escalation, assists_open_max),
    TEXT(yaml_escalation, emergency_department),
    TEXT(yaml_escalation, upstream_system),
    CYAML_FIELD_END};

static const cyaml_schema_field_t volunteer_fields[] = {
    TEXT(yaml_volunteer, minutes), NUMBER(yaml_volunteer, days), CYAML_FIELD_END};
static const cyaml_schema_field_t overload_fields[] = {
    NUMBER(yaml_overload, clear_permille), NUMBER(yaml_overload, lend_permille),
    TEXT(yaml_overload, lend_after), CYAML_FIELD_END};
static const cyaml_schema_field_t conflict_fields[] = {
    TEXT(yaml_conflict, employer), TEXTS(yaml_conflict, categories), CYAML_FIELD_END};
ENTRY(conflict, yaml_conflict, conflict_fields);
static const cyaml_schema_field_t dispatch_fields[] = {
    MAPPING(yaml_dispatch, volunteer, volunteer_fields),
    MAPPING(yaml_dispatch, overload, overload_fields),
    LIST(yaml_dispatch, conflicts, conflict),
    NUMBER(yaml_dispatch, effort_weight),
    NUMBER(yaml_dispatch, newcomer_days),
    CYAML_FIELD_END};

static const cyaml_schema_field_t policy_fields[] = {
    LIST(yaml_policy, sources, source),
    LIST(yaml_policy, offers, offers),
    MAPPING(yaml_policy, cost, cost_fields),
    LIST(yaml_policy, reasons, reason),
    TEXT(yaml_policy, s1_first_tier),
    NUMBER(yaml_policy, check_sample_permille),
    NUMBER(yaml_policy, reopens_max),
    NUMBER(yaml_policy, revisit_attempts),
    NUMBER(yaml_policy, rework_floor_permille),
    MAPPING(yaml_policy, intake, intake_fields),
    MAPPING_MAYBE(yaml_policy, public_feed, public_feed_fields),
    MAPPING_MAYBE(yaml_policy, snapshots, snapshots_fields),
    LIST(yaml_policy, escalation_steps, escalation_step),
    LIST(yaml_policy, escalation_late, escalation_late),
    MAPPING(yaml_policy, escalation, escalation_fields),
    MAPPING(yaml_policy, dispatch, dispatch_fields),
    CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_policy, yaml_policy, policy_fields);

// ---- labels.yaml ----

static const cyaml_schema_field_t label_fields[] = {
    TEXT(yaml_label, key), TEXT(yaml_label, zh), TEXT(yaml_label, en), CYAML_FIELD_END};
ENTRY(label, yaml_label, label_fields);

static const cyaml_schema_field_t labels_fields[] = {LIST(yaml_labels, labels, label),
                                                     CYAML_FIELD_END};
FILE_SCHEMA(rulesfile_schema_labels, yaml_labels, labels_fields);
