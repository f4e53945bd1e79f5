/* reading.c: see reading.h. */
#include "workers/intake/reading.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/arena.h"

enum {
    NEAREST_MAX = 2,
    NAMED_SIZE = 96
};

bool reading_refuse(struct writing *w, Sanji__Outcome outcome, const char *field,
                    char *reason, char *expected)
{
    static char none[] = "";
    char *name = arena_copy_text(w->arena, field);
    w->receipt->outcome = outcome;
    w->receipt->field = name != NULL ? name : none;
    w->receipt->reason = reason != NULL ? reason : none;
    w->receipt->expected = expected != NULL ? expected : none;
    return false;
}

char *reading_say(struct writing *w, const char *text)
{
    return arena_copy_text(w->arena, text);
}

/* "370499.003.01.001.B03 or 370499.003.01.002.B02" */
static char *nearest_paths(struct writing *w, const char *text)
{
    struct org_path near[NEAREST_MAX];
    char names[NEAREST_MAX][ORG_TEXT_SIZE] = {"", ""};
    char both[NEAREST_MAX * ORG_TEXT_SIZE + 8];
    const size_t count = rules_nearest(turn_rules(w->turn), text, near, NEAREST_MAX);
    for (size_t i = 0; i < count; i++) {
        org_print(near[i], names[i]);
    }
    (void)snprintf(both, sizeof both, "%s%s%s", names[0], count > 1 ? " or " : "",
                   names[1]);
    return reading_say(w, both);
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* "03001 暴露垃圾 or 03002 道路保洁": the codes nearest by number, so of the same major where
 * it has any. */
static char *nearest_categories(struct writing *w, uint32_t category)
{
    const Sanji__Sla *sla = rules_sla(turn_rules(w->turn));
    const Sanji__Category *near[NEAREST_MAX] = {NULL, NULL};
    uint32_t far[NEAREST_MAX] = {UINT32_MAX, UINT32_MAX};
    char both[NEAREST_MAX * NAMED_SIZE] = "";
    for (size_t i = 0; i < sla->n_categories; i++) {
        uint32_t code = 0;
        if (id_category_parse(sla->categories[i]->code, &code) != STATUS_OK) {
            continue;
        }
        const bool is_first = apart(code, category) < far[0];
        if (is_first) {
            near[1] = near[0];
            far[1] = far[0];
        }
        if (is_first || apart(code, category) < far[1]) {
            near[is_first ? 0 : 1] = sla->categories[i];
            far[is_first ? 0 : 1] = apart(code, category);
        }
    }
    for (size_t i = 0; i < NEAREST_MAX && near[i] != NULL; i++) {
        const size_t size = strlen(both);
        // A name that does not fit is left out, never cut.
        const bool fits = strlen(near[i]->name_zh) < NAMED_SIZE - sizeof " or 03001 ";
        (void)snprintf(both + size, sizeof both - size, "%s%s%s%s", i > 0 ? " or " : "",
                       near[i]->code, fits ? " " : "", fits ? near[i]->name_zh : "");
    }
    return reading_say(w, both);
}

/* A path that exists, else the grid at the point, else the sub-district: what does not resolve
 * is taken and goes to the desk of the lowest unit known (R11). */
static bool read_place(struct writing *w, const Sanji__Place *place, struct reading *r)
{
    const struct rules *rules = turn_rules(w->turn);
    r->area = (struct org_path){.place = rules_place(rules)};
    if (place->grid[0] != '\0') {
        if (org_parse(place->grid, &r->area) != STATUS_OK ||
            !rules_has_path(rules, r->area)) {
            char reason[96];
            (void)snprintf(reason, sizeof reason, "无此网格 / no grid %.40s", place->grid);
            return reading_refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "place.grid",
                                  reading_say(w, reason), nearest_paths(w, place->grid));
        }
        return true;
    }
    struct org_path grid;
    if (rules_grid_at(rules, place->lat_e6, place->lon_e6, place->datum, &grid)) {
        r->area = grid;
    }
    return true;
}

static void read_severity(const Sanji__Submission *submission, struct reading *r)
{
    r->severity = (enum severity)r->category->severity;
    const bool may_raise = r->source != NULL && r->source->may_raise;
    const enum severity proposed = (enum severity)submission->proposed_severity;
    if (may_raise && proposed != SEVERITY_NONE && proposed < r->severity) {
        r->severity = proposed;
    }
}

/* The community, but the sub-district for what came from above or nowhere. */
static void read_owner(struct reading *r)
{
    const bool from_above = r->source != NULL && r->source->owner_subdistrict;
    r->owner = from_above || r->area.packed == 0 ? org_subdistrict(r->area)
                                                 : org_community(r->area);
}

static bool read_handler(struct writing *w, const Sanji__Submission *submission,
                         struct reading *r)
{
    const Sanji__Worker *row = NULL;
    if (id_worker_parse(submission->worker, &r->worker) == STATUS_OK) {
        row = rules_worker(turn_rules(w->turn), r->worker);
    }
    if (row == NULL) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "worker",
            reading_say(w, "名册中无此人员 / no such worker in the roster"), NULL);
    }
    r->role = (enum role)row->role;
    if ((lifecycle_edge(T07)->roles >> (unsigned)r->role & 1U) == 0) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "worker",
            reading_say(w, "该角色不得自行处置 / his role does not handle cases"),
            reading_say(w, "FULLTIME, PROFESSIONAL, VOLUNTEER, BUILDING_HEAD or "
                           "SOCIAL_WORKER"));
    }
    return true;
}

static bool read_self_handled(struct writing *w, const Sanji__Submission *submission,
                              struct reading *r)
{
    if (!submission->self_handled) {
        return true;
    }
    if (submission->source != SANJI__SOURCE__SOURCE_HANDHELD ||
        !r->category->self_handled ||
        (r->severity != SEVERITY_S3 && r->severity != SEVERITY_S4)) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "self_handled",
            reading_say(w,
                        "该来源、类别或级别不得自行处置 / not for this source, category or "
                        "severity"),
            reading_say(w, "source HANDHELD, a category with flag H, S3 or S4"));
    }
    if (org_depth(r->area) != TIER_GRID) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "place.grid",
            reading_say(w, "自行处置须指明网格 / handled on the spot needs the grid"),
            NULL);
    }
    return read_handler(w, submission, r);
}

bool reading_make(struct writing *w, const Sanji__Submission *submission, struct reading *r)
{
    const struct rules *rules = turn_rules(w->turn);
    const enum status parsed = id_category_parse(submission->category, &r->category_no);
    assert(parsed == STATUS_OK); // submission_check has looked
    r->category = rules_category(rules, r->category_no);
    r->source = rules_source(rules, submission->source);
    if (r->category == NULL) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "category",
            reading_say(w, "类别表中无此代码 / no such category in the rules in force"),
            nearest_categories(w, r->category_no));
    }
    if (!read_place(w, submission->place, r)) {
        return false;
    }
    read_severity(submission, r);
    read_owner(r);
    r->restricted = r->category->restricted || submission->confidential;
    return read_self_handled(w, submission, r);
}

/* ---- what it may be about ---- */

uint8_t reading_status(const Sanji__Submission *submission)
{
    return submission->status == SANJI__MSG_STATUS__MSG_STATUS_UNSPECIFIED
               ? (uint8_t)SANJI__MSG_STATUS__MSG_STATUS_ACTUAL
               : (uint8_t)submission->status;
}

void reading_find_alike(struct writing *w, const Sanji__Submission *submission,
                        struct reading *r)
{
    struct kase fresh = {.area = r->area,
                         .category = r->category_no,
                         .severity = (uint8_t)r->severity,
                         .source = (uint8_t)submission->source,
                         .status = reading_status(submission),
                         .restricted = r->restricted,
                         .lat_e6 = submission->place->lat_e6,
                         .lon_e6 = submission->place->lon_e6,
                         .datum = (uint8_t)submission->place->datum,
                         .building_no = submission->place->building_no};
    const size_t device_size = strlen(submission->device_id);
    if (w->duplicates == NULL) {
        return;
    }
    fresh.device = device_size > 0 ? crc32c(0, submission->device_id, device_size) : 0;
    (void)snprintf(fresh.source_system, sizeof fresh.source_system, "%s",
                   submission->source_system); // submission_check has looked
    struct world *world = turn_world(w->turn);
    r->alike_count =
        duplicates_find(w->duplicates, world, &fresh, turn_now_ms(w->turn), r->alike);
    if (!submission->self_handled) {
        r->same = duplicates_same(world, &fresh, r->alike, r->alike_count);
    }
}
