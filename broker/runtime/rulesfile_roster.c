/* rulesfile_roster.c: roster.yaml checked and compiled: shifts and workers.
 *
 * What must hold beyond the references: what a role needs (a building head his building, a
 * full-time worker his grid, a volunteer his kind). Warnings (domain R22): a basic grid
 * without a full-time worker, and a skill that the sub-district's own pool, the last
 * resort, lacks at some minute of the week.
 */
#include <stdio.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/deadline.h"
#include "proto/id.h"
#include "proto/org.h"
#include "proto/vocab.h"

enum {
    CAPACITY_MAX_S = 24 * 3600,
    SHIFT_ID_MAX = 1000,
    WORKER_NUMBER_MAX = 99999, // five digits
    WEEK_MIN = RULESFILE_DAYS * RULESFILE_DAY_MIN
};

struct roster_work {
    struct rulesfile_reading *reading;
    const struct yaml_roster *yaml;
    const struct yaml_org *org;
    Sanji__Shift *shift_by_id[SHIFT_ID_MAX + 1];
    bool *has_fulltime; // by grid
    bool *is_taken;     // by number
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name, const char *key)
{
    return (struct rulesfile_at){reading, FILE_ROSTER, list, index, name, key, NULL};
}

// ---- shifts ----

static enum status compile_shift(struct roster_work *work, size_t index, Sanji__Shift *out)
{
    const struct yaml_shift *shift = &work->yaml->shifts[index];
    struct rulesfile_at at = at_list(work->reading, "shifts", index, shift->name, "id");
    if (shift->id == 0 || shift->id > SHIFT_ID_MAX) {
        return rulesfile_refuse(at, "found %u, expected 1 to %d", shift->id, SHIFT_ID_MAX);
    }
    if (work->shift_by_id[shift->id] != NULL) {
        return rulesfile_refuse(at, "%u stands twice", shift->id);
    }
    out->id = shift->id;
    out->name_zh = shift->name;
    work->shift_by_id[shift->id] = out;
    enum status status =
        rulesfile_minute(rulesfile_key(at, "from"), shift->from, &out->from_min);
    if (status == STATUS_OK) {
        status = rulesfile_minute(rulesfile_key(at, "to"), shift->to, &out->to_min);
    }
    if (status == STATUS_OK && out->from_min == out->to_min) {
        status = rulesfile_refuse(
            rulesfile_key(at, "to"),
            "the shift ends when it begins; a whole day is 00:00 to 24:00");
    }
    return status == STATUS_OK ? rulesfile_days(rulesfile_key(at, "days"), shift->days,
                                                shift->days_count, &out->weekdays)
                               : status;
}

static enum status compile_shifts(struct roster_work *work, Sanji__Roster *roster)
{
    const struct yaml_roster *yaml = work->yaml;
    enum status status = STATUS_OK;
    roster->shifts =
        RULESFILE_TAKE_ARRAY(work->reading, Sanji__Shift *, yaml->shifts_count);
    roster->n_shifts = yaml->shifts_count;
    for (size_t i = 0; i < yaml->shifts_count && status == STATUS_OK; i++) {
        roster->shifts[i] = rulesfile_take(work->reading, sizeof *roster->shifts[i]);
        sanji__shift__init(roster->shifts[i]);
        status = compile_shift(work, i, roster->shifts[i]);
    }
    return status;
}

// ---- what a worker can do ----

// "m", or "m until 2027-06-30": the last day on which it counts.
static enum status compile_skill(struct rulesfile_at at, const char *text,
                                 Sanji__Skill *out)
{
    uint32_t day = 0;
    uint32_t bit = 0;
    char *letter = rulesfile_take(at.reading, 2);
    if (strncmp(text + 1, " until ", 7) == 0) {
        enum status status = rulesfile_date(at, text + 8, &day);
        if (status != STATUS_OK) {
            return status;
        }
        out->expires_ms =
            deadline_day_start_ms(at.reading->utc_offset_min, rulesfile_next_day(day));
        letter[0] = text[0];
        text = letter;
    }
    letter[0] = text[0];
    out->skill = letter;
    return rulesfile_skill(at, text, &bit);
}

static enum status compile_skills(struct rulesfile_at at, const struct yaml_worker *worker,
                                  Sanji__Worker *out)
{
    struct rulesfile_reading *reading = at.reading;
    enum status status = STATUS_OK;
    size_t index;
    out->skills = RULESFILE_TAKE_ARRAY(reading, Sanji__Skill *, worker->skills_count);
    out->n_skills = worker->skills_count;
    for (size_t i = 0; i < worker->skills_count && status == STATUS_OK; i++) {
        out->skills[i] = rulesfile_take(reading, sizeof *out->skills[i]);
        sanji__skill__init(out->skills[i]);
        status =
            compile_skill(rulesfile_key(at, "skills"), worker->skills[i], out->skills[i]);
        for (size_t k = 0; k < i && status == STATUS_OK; k++) {
            if (strcmp(out->skills[k]->skill, out->skills[i]->skill) == 0) {
                status = rulesfile_refuse(rulesfile_key(at, "skills"), "%s stands twice",
                                          out->skills[i]->skill);
            }
        }
    }
    for (size_t i = 0; i < worker->authority_count && status == STATUS_OK; i++) {
        status = rulesfile_names_need(&reading->authorities, rulesfile_key(at, "authority"),
                                      "authority", worker->authority[i], &index);
    }
    out->authority = worker->authority;
    out->n_authority = worker->authority_count;
    return status;
}

// ---- where a worker belongs ----

static enum status check_home(struct rulesfile_at at, const struct yaml_worker *worker,
                              size_t *home)
{
    struct rulesfile_reading *reading = at.reading;
    struct org_path grid;
    struct org_path desk;
    enum status status = rulesfile_names_need(
        &reading->grids, rulesfile_key(at, "home_grid"), "grid", worker->home_grid, home);
    if (status != STATUS_OK) {
        return status;
    }
    bool good = org_parse(worker->home_grid, &grid) == STATUS_OK &&
                org_parse(worker->desk, &desk) == STATUS_OK;
    if (!good || !org_within(grid, desk)) {
        return rulesfile_refuse(rulesfile_key(at, "home_grid"),
                                "%s does not lie below desk %s", worker->home_grid,
                                worker->desk);
    }
    return STATUS_OK;
}

static enum status check_backups(struct rulesfile_at at, const struct yaml_worker *worker)
{
    struct rulesfile_reading *reading = at.reading;
    at = rulesfile_key(at, "backup_grids");
    for (size_t i = 0; i < worker->backup_grids_count; i++) {
        size_t index;
        enum status status = rulesfile_names_need(&reading->grids, at, "grid",
                                                  worker->backup_grids[i], &index);
        if (status != STATUS_OK) {
            return status;
        }
        if (worker->home_grid != NULL &&
            strcmp(worker->home_grid, worker->backup_grids[i]) == 0) {
            return rulesfile_refuse(at, "%s is the home grid already", worker->home_grid);
        }
    }
    return STATUS_OK;
}

static enum status check_place(struct roster_work *work, struct rulesfile_at at,
                               const struct yaml_worker *worker, int role)
{
    struct rulesfile_reading *reading = work->reading;
    size_t index;
    size_t home = 0;
    enum status status = rulesfile_names_need(&reading->units, rulesfile_key(at, "desk"),
                                              "unit", worker->desk, &index);
    if (status == STATUS_OK && worker->team != NULL) {
        status = rulesfile_names_need(&reading->teams, rulesfile_key(at, "team"), "team",
                                      worker->team, &index);
    }
    if (status == STATUS_OK && worker->employer != NULL) {
        status = rulesfile_names_need(&reading->partners, rulesfile_key(at, "employer"),
                                      "partner", worker->employer, &index);
    }
    if (status == STATUS_OK && worker->home_grid != NULL) {
        status = check_home(at, worker, &home);
    }
    if (status == STATUS_OK) {
        status = check_backups(at, worker);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (worker->home_grid == NULL &&
        (role == ROLE_FULLTIME || role == ROLE_BUILDING_HEAD)) {
        return rulesfile_refuse(at, "a %s needs a home_grid", worker->role);
    }
    if (role == ROLE_FULLTIME) {
        work->has_fulltime[home] = true;
    }
    at = rulesfile_key(at, "building_no");
    uint32_t buildings = role == ROLE_BUILDING_HEAD ? work->org->grids[home].buildings : 0;
    if (role == ROLE_BUILDING_HEAD &&
        (worker->building_no == 0 || worker->building_no > buildings)) {
        return rulesfile_refuse(at, "found %u, the buildings of %s are 1 to %u",
                                worker->building_no, worker->home_grid, buildings);
    }
    if (role != ROLE_BUILDING_HEAD && worker->building_no != 0) {
        return rulesfile_refuse(at, "only a BUILDING_HEAD has a building");
    }
    return STATUS_OK;
}

// ---- workers ----

static enum status read_role(struct rulesfile_at at, const char *text, int *role)
{
    enum status status = rulesfile_word(at, &sanji__role__descriptor, "ROLE_", text, role);
    if (status == STATUS_OK &&
        (*role == ROLE_REPORTER || *role == ROLE_SYSTEM || *role == ROLE_MUNICIPAL)) {
        status = rulesfile_refuse(at, "%s is nobody of this roster", text);
    }
    return status;
}

static enum status check_kind(struct rulesfile_at at, const char *kind, bool volunteer)
{
    static const char *const kinds[] = {"PROPERTY_STAFF", "PARTY_MEMBER", "COMMITTEE_CADRE",
                                        "RESIDENT", NULL};
    size_t index;
    at = rulesfile_key(at, volunteer && kind == NULL ? NULL : "volunteer_kind");
    if (volunteer != (kind != NULL)) {
        return rulesfile_refuse(at, volunteer ? "a VOLUNTEER needs a volunteer_kind"
                                              : "only a VOLUNTEER has a kind");
    }
    return volunteer ? rulesfile_choice(at, kinds, kind, &index) : STATUS_OK;
}

static enum status compile_roles(struct rulesfile_at at, const struct yaml_worker *worker,
                                 Sanji__Worker *out)
{
    int role = 0;
    enum status status = read_role(rulesfile_key(at, "role"), worker->role, &role);
    out->role = (Sanji__Role)role;
    out->further_roles =
        RULESFILE_TAKE_ARRAY(at.reading, Sanji__Role, worker->further_roles_count);
    out->n_further_roles = worker->further_roles_count;
    for (size_t i = 0; i < worker->further_roles_count && status == STATUS_OK; i++) {
        int further = 0;
        at = rulesfile_key(at, "further_roles");
        status = read_role(at, worker->further_roles[i], &further);
        if (status == STATUS_OK && further == role) {
            status = rulesfile_refuse(at, "%s is the first role already", worker->role);
        }
        out->further_roles[i] = (Sanji__Role)further;
    }
    return status;
}

// `count` people alike have the numbers from the worker's own on.
static enum status take_numbers(struct roster_work *work, struct rulesfile_at at,
                                uint32_t number, uint32_t count)
{
    if (count > WORKER_NUMBER_MAX - number + 1) {
        return rulesfile_refuse(rulesfile_key(at, "count"),
                                "found %u, the numbers from W%05u on end at W%05d", count,
                                number, WORKER_NUMBER_MAX);
    }
    for (uint32_t i = 0; i < count || i == 0; i++) {
        if (work->is_taken[number + i]) {
            return rulesfile_refuse(rulesfile_key(at, "count"),
                                    "W%05u is another worker's number already", number + i);
        }
        work->is_taken[number + i] = true;
    }
    return STATUS_OK;
}

static void copy_plain(const struct yaml_worker *worker, Sanji__Worker *out)
{
    out->worker = worker->worker;
    out->desk = worker->desk;
    out->backup_grids = worker->backup_grids;
    out->n_backup_grids = worker->backup_grids_count;
    out->shift_id = worker->shift;
    out->clearance = worker->clearance;
    out->building_no = worker->building_no;
    out->load_cases_max = worker->cases_max;
    out->count = worker->count;
    // protobuf-c's text that is not there is the empty one it was initialised with.
    out->team = worker->team != NULL ? worker->team : out->team;
    out->home_grid = worker->home_grid != NULL ? worker->home_grid : out->home_grid;
    out->employer = worker->employer != NULL ? worker->employer : out->employer;
    out->volunteer_kind =
        worker->volunteer_kind != NULL ? worker->volunteer_kind : out->volunteer_kind;
}

static enum status compile_worker(struct roster_work *work, size_t index,
                                  Sanji__Worker *out)
{
    const struct yaml_worker *worker = &work->yaml->workers[index];
    struct rulesfile_at at = at_list(work->reading, "workers", index, worker->worker, NULL);
    uint32_t number;
    uint32_t capacity_s = 0;
    if (id_worker_parse(worker->worker, &number) != STATUS_OK) {
        return rulesfile_refuse(rulesfile_key(at, "worker"),
                                "found '%s', expected W and 5 digits", worker->worker);
    }
    copy_plain(worker, out);
    enum status status = take_numbers(work, at, number, worker->count);
    if (status == STATUS_OK) {
        status = compile_roles(at, worker, out);
    }
    if (status == STATUS_OK) {
        status = check_place(work, at, worker, (int)out->role);
    }
    if (status == STATUS_OK) {
        status = check_kind(at, worker->volunteer_kind,
                            out->role == SANJI__ROLE__ROLE_VOLUNTEER);
    }
    if (status == STATUS_OK) {
        status = compile_skills(at, worker, out);
    }
    if (status == STATUS_OK &&
        (worker->shift > SHIFT_ID_MAX || work->shift_by_id[worker->shift] == NULL)) {
        status = rulesfile_refuse(rulesfile_key(at, "shift"), "no shift %u", worker->shift);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(rulesfile_key(at, "capacity"), worker->capacity,
                                    CAPACITY_MAX_S, &capacity_s);
    }
    out->capacity_min_day = capacity_s / 60;
    if (status == STATUS_OK && capacity_s % 60 != 0) {
        status = rulesfile_refuse(rulesfile_key(at, "capacity"),
                                  "found '%s', expected minutes", worker->capacity);
    }
    return status;
}

static enum status compile_workers(struct roster_work *work, Sanji__Roster *roster)
{
    const struct yaml_roster *yaml = work->yaml;
    struct rulesfile_reading *reading = work->reading;
    struct rulesfile_names names;
    enum status status =
        rulesfile_names_of(&names, at_list(reading, "workers", 0, NULL, "worker"),
                           yaml->workers, sizeof yaml->workers[0], yaml->workers_count);
    roster->workers = RULESFILE_TAKE_ARRAY(reading, Sanji__Worker *, yaml->workers_count);
    roster->n_workers = yaml->workers_count;
    for (size_t i = 0; i < yaml->workers_count && status == STATUS_OK; i++) {
        roster->workers[i] = rulesfile_take(reading, sizeof *roster->workers[i]);
        sanji__worker__init(roster->workers[i]);
        status = compile_worker(work, i, roster->workers[i]);
    }
    return status;
}

// ---- who is missing ----

static enum status warn_vacant(struct roster_work *work)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < work->org->grids_count && status == STATUS_OK; i++) {
        const struct yaml_grid *grid = &work->org->grids[i];
        if (grid->department == NULL && !work->has_fulltime[i]) {
            struct rulesfile_at at = {work->reading, FILE_ORG, "grids", i,
                                      grid->path,    NULL,     NULL};
            status = rulesfile_warn(at, "no FULLTIME worker has it as home_grid");
        }
    }
    return status;
}

// Sets the minutes of the week (from Monday 00:00) that a shift covers.
static void cover(bool *week, const Sanji__Shift *shift)
{
    uint32_t end =
        shift->to_min > shift->from_min ? shift->to_min : shift->to_min + RULESFILE_DAY_MIN;
    for (uint32_t day = 0; day < RULESFILE_DAYS; day++) {
        if ((shift->weekdays >> day & 1) == 0) {
            continue;
        }
        for (uint32_t minute = shift->from_min; minute < end; minute++) {
            week[(day * RULESFILE_DAY_MIN + minute) % WEEK_MIN] = true;
        }
    }
}

// Nobody is above the sub-district, so each skill must be there at any hour.
static enum status warn_uncovered(struct roster_work *work, const Sanji__Roster *roster,
                                  char skill)
{
    static const char *const days[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    bool *week = RULESFILE_TAKE_ARRAY(work->reading, bool, WEEK_MIN);
    bool *done = RULESFILE_TAKE_ARRAY(work->reading, bool, SHIFT_ID_MAX + 1);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        if (done[worker->shift_id] || strcmp(worker->desk, work->org->subdistrict) != 0) {
            continue;
        }
        for (size_t k = 0; k < worker->n_skills; k++) {
            if (worker->skills[k]->skill[0] == skill) {
                done[worker->shift_id] = true;
                cover(week, work->shift_by_id[worker->shift_id]);
            }
        }
    }
    for (unsigned minute = 0; minute < WEEK_MIN; minute++) {
        if (!week[minute]) {
            struct rulesfile_at at = at_list(work->reading, NULL, 0, NULL, "workers");
            unsigned of_day = minute % RULESFILE_DAY_MIN;
            return rulesfile_warn(at, "nobody at desk %s has skill %c on %s at %02u:%02u",
                                  work->org->subdistrict, skill,
                                  days[minute / RULESFILE_DAY_MIN], of_day / 60,
                                  of_day % 60);
        }
    }
    return STATUS_OK;
}

enum status rulesfile_roster(struct rulesfile_reading *reading, Sanji__Roster *roster)
{
    struct roster_work work = {
        .reading = reading,
        .yaml = reading->files[FILE_ROSTER].data,
        .org = reading->files[FILE_ORG].data,
    };
    work.is_taken = RULESFILE_TAKE_ARRAY(reading, bool, WORKER_NUMBER_MAX + 1);
    work.has_fulltime = RULESFILE_TAKE_ARRAY(reading, bool, work.org->grids_count);
    enum status status = compile_shifts(&work, roster);
    if (status == STATUS_OK) {
        status = compile_workers(&work, roster);
    }
    if (status == STATUS_OK) {
        status = warn_vacant(&work);
    }
    for (const char *skill = RULESFILE_SKILLS; *skill != '\0' && status == STATUS_OK;
         skill++) {
        status = warn_uncovered(&work, roster, *skill);
    }
    return status;
}
