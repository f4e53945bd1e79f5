/* rulesfile_yaml.h: the rule files as libcyaml reads them, a struct a file and an entry.
 *
 * Internal to rulesfile_*.c. Words, dates, times and durations are texts here: the checks
 * say more about a wrong one than the parser could. A missing optional key is NULL, 0 or
 * no.
 */
#ifndef RUNTIME_RULESFILE_YAML_H
#define RUNTIME_RULESFILE_YAML_H

#include <stdbool.h>
#include <stdint.h>

struct cyaml_schema_value;

/* ---- sanji.yaml ---- */
struct yaml_sanji {
    char *organisation, *roster, *sla, *calendar, *policy, *labels;
    bool strict;
};

/* ---- organisation/org.yaml ---- */
struct yaml_unit {
    char *path, *tier, *name, *name_en, *area_code12, *valid_from, *valid_to;
    uint32_t households, residents;
};

struct yaml_grid {
    char *path, *name, *department;
    uint32_t households, residents, buildings;
    char **tier_path, **neighbours;
    uint32_t tier_path_count, neighbours_count;
    double *box; // south, west, north, east
    uint32_t box_count;
};

struct yaml_team {
    char *code, *name, *path;
};

struct yaml_branch {
    char *code, *name;
    char **grids;
    uint32_t grids_count, members;
};

struct yaml_partner {
    char *code, *name, *path;
    char **skills;
    uint32_t skills_count;
};

struct yaml_site {
    char *code, *name, *kind, *grid;
};

struct yaml_org {
    char *municipality, *subdistrict;
    uint32_t area_ha;
    struct yaml_unit *units;
    struct yaml_grid *grids;
    struct yaml_team *teams;
    struct yaml_branch *branches;
    struct yaml_partner *partners;
    struct yaml_site *sites;
    uint32_t units_count, grids_count, teams_count, branches_count, partners_count,
        sites_count;
};

/* ---- organisation/roster.yaml ---- */
struct yaml_shift {
    uint32_t id;
    char *name, *from, *to;
    char **days;
    uint32_t days_count;
};

struct yaml_worker {
    char *worker, *role, *desk, *team, *home_grid, *capacity, *employer, *volunteer_kind;
    char **backup_grids, **skills, **authority, **further_roles;
    uint32_t backup_grids_count, skills_count, authority_count, further_roles_count;
    uint32_t shift, building_no, cases_max, count;
    bool clearance;
};

struct yaml_roster {
    struct yaml_shift *shifts;
    struct yaml_worker *workers;
    uint32_t shifts_count, workers_count;
};

/* ---- rules/sla.yaml ---- */
struct yaml_limit {
    char *timer, *severity, *clock, *budget, *cap;
    uint32_t share_permille, times_max;
    bool *armed; // NULL: yes
    bool by_category;
};

struct yaml_by_severity {
    char *s1, *s2, *s3, *s4;
};

struct yaml_category {
    char *code, *severity, *name, *name_en, *resolve, *clock, *effort, *authority, *gb30428;
    char **skills, **flags;
    uint32_t skills_count, flags_count, evidence_min;
};

struct yaml_sla {
    struct yaml_limit *limits;
    struct yaml_by_severity filing_max;
    char *appeal;
    char **authorities;
    struct yaml_category *categories;
    uint32_t limits_count, authorities_count, categories_count;
};

/* ---- rules/calendar.yaml ---- */
struct yaml_hours {
    char *from, *to;
};

struct yaml_year {
    uint32_t year;
    char **holidays, **workdays;
    uint32_t holidays_count, workdays_count;
};

struct yaml_calendar {
    uint32_t id;
    char *utc_offset;
    char **weekdays;
    struct yaml_hours *hours;
    struct yaml_year *years;
    uint32_t weekdays_count, hours_count, years_count;
};

/* ---- rules/policy.yaml ---- */
struct yaml_source {
    char *source, *verify, *first, *owner;
    uint32_t confidence_permille;
    bool may_raise;
};

struct yaml_offers {
    char *severity;
    uint32_t offers_max, workers;
    bool broadcast;
};

struct yaml_weights {
    uint32_t backlog, history, zone;
};

struct yaml_zone {
    uint32_t near, community, other;
};

struct yaml_role_price {
    uint32_t volunteer, social_worker, professional, fulltime;
};

struct yaml_cost {
    struct yaml_weights weights;
    struct yaml_zone zone;
    struct yaml_role_price role;
    uint32_t again, overload_price, overload_permille, backlog_max_permille, considered_max;
    char *newcomer_floor;
};

struct yaml_reason {
    uint32_t code;
    char *name, *name_en;
};

struct yaml_points {
    uint32_t grid, minor, near, device, closed; // closed: taken off
};

struct yaml_duplicates {
    char *window, *closed;
    struct yaml_points points;
    uint32_t near_m, listed_permille, listed_max, merged_permille, looked_at;
    char **devices;
    uint32_t devices_count;
};

struct yaml_burst {
    uint32_t reports;
    char *within;
};

struct yaml_intake {
    uint32_t verify_rounds;
    char *unmerge;
    struct yaml_burst burst;
    struct yaml_duplicates duplicates;
};

struct yaml_public_feed {
    char *delay; /* NULL: there is no such section */
    uint32_t count_min;
    char **street_only;
    uint32_t street_only_count;
};

struct yaml_snapshots {
    bool workers, areas;
};

struct yaml_escalation_step {
    char *severity, *after, *to;
    bool assist, upstream;
};

struct yaml_escalation_late {
    char *severity, *feedback, *resolve;
    char **further;
    uint32_t further_count;
    bool rise;
};

struct yaml_repeat {
    char *first, *max;
};

struct yaml_urge {
    char *reporter;
    uint32_t merged;
};

struct yaml_extensions {
    uint32_t max, share_permille;
    char *from;
};

struct yaml_points_supervise {
    uint32_t normal, yellow, red;
};

struct yaml_escalation {
    struct yaml_repeat repeat;
    struct yaml_urge urge;
    struct yaml_extensions extensions;
    struct yaml_points_supervise points;
    uint32_t returns_max, assists_open_max;
    char *emergency_department, *upstream_system;
};

struct yaml_volunteer {
    char *minutes;
    uint32_t days;
};

struct yaml_overload {
    uint32_t clear_permille, lend_permille;
    char *lend_after;
};

struct yaml_conflict {
    char *employer;
    char **categories;
    uint32_t categories_count;
};

struct yaml_dispatch {
    struct yaml_volunteer volunteer;
    struct yaml_overload overload;
    struct yaml_conflict *conflicts;
    uint32_t conflicts_count, effort_weight, newcomer_days;
};

struct yaml_policy {
    struct yaml_source *sources;
    struct yaml_offers *offers;
    struct yaml_cost cost;
    struct yaml_reason *reasons;
    uint32_t sources_count, offers_count, reasons_count;
    uint32_t check_sample_permille, reopens_max, revisit_attempts, rework_floor_permille;
    char *s1_first_tier;
    struct yaml_intake intake;
    struct yaml_public_feed public_feed;
    struct yaml_snapshots snapshots;
    struct yaml_escalation_step *escalation_steps;
    struct yaml_escalation_late *escalation_late;
    uint32_t escalation_steps_count, escalation_late_count;
    struct yaml_escalation escalation;
    struct yaml_dispatch dispatch;
};

/* ---- rules/labels.yaml ---- */
struct yaml_label {
    char *key, *zh, *en;
};

struct yaml_labels {
    struct yaml_label *labels;
    uint32_t labels_count;
};

extern const struct cyaml_schema_value rulesfile_schema_sanji, rulesfile_schema_org,
    rulesfile_schema_roster, rulesfile_schema_sla, rulesfile_schema_calendar,
    rulesfile_schema_policy, rulesfile_schema_labels;

#endif
