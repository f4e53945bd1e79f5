/* rulesfile_org.c: org.yaml checked and compiled: units and grids.
 *
 * What must hold (domain R8, R9, R11): paths form a tree whose every unit is there; grids
 * do not overlap, and those of a community hang together through their neighbour lists;
 * neighbours name each other; the counts of a unit are the sums of its grids. A basic grid
 * outside 300 to 500 households is a warning.
 */
#include <math.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/deadline.h"
#include "proto/digits.h"
#include "proto/org.h"

enum {
    HOUSEHOLDS_MIN = 300,
    HOUSEHOLDS_MAX = 500,
    LAT_MAX = 90,
    LON_MAX = 180
};

struct org_work {
    struct rulesfile_reading *reading;
    const struct yaml_org *yaml;
    struct org_path place;       // the sub-district
    struct org_path *unit_paths; // by entry
    struct org_path *grid_paths; // by entry
    Sanji__Grid **grids;         // compiled, by entry
    uint64_t *unit_sums[2];      // households and residents of the grids below
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name, const char *key)
{
    return (struct rulesfile_at){reading, FILE_ORG, list, index, name, key, NULL};
}

static enum status read_path(struct rulesfile_at at, struct org_path place,
                             const char *text, struct org_path *path)
{
    char canonical[ORG_TEXT_SIZE];
    if (org_parse(text, path) != STATUS_OK ||
        strcmp(org_print(*path, canonical), text) != 0) {
        return rulesfile_refuse(
            at, "found '%s', expected a path like 370499.003.01.001.B03", text);
    }
    if (!org_within(*path, place)) {
        return rulesfile_refuse(at, "'%s' lies outside the sub-district", text);
    }
    return STATUS_OK;
}

static enum status need_unit(struct rulesfile_reading *reading, struct rulesfile_at at,
                             struct org_path path)
{
    char text[ORG_TEXT_SIZE];
    size_t index;
    return rulesfile_names_need(&reading->units, at, "unit", org_print(path, text), &index);
}

// ---- units ----

static enum status check_date(struct rulesfile_at at, const char *text, int64_t *at_ms)
{
    uint32_t day = 0;
    enum status status = rulesfile_date(at, text, &day);
    if (status == STATUS_OK) {
        *at_ms = deadline_day_start_ms(at.reading->utc_offset_min, day);
    }
    return status;
}

static enum status unit_dates(struct rulesfile_at at, const struct yaml_unit *unit,
                              Sanji__OrgUnit *out)
{
    enum status status =
        check_date(rulesfile_key(at, "valid_from"), unit->valid_from, &out->valid_from_ms);
    if (status == STATUS_OK && unit->valid_to != NULL) {
        status =
            check_date(rulesfile_key(at, "valid_to"), unit->valid_to, &out->valid_to_ms);
        if (status == STATUS_OK && out->valid_to_ms <= out->valid_from_ms) {
            status = rulesfile_refuse(rulesfile_key(at, "valid_to"),
                                      "found %s, expected a day after valid_from %s",
                                      unit->valid_to, unit->valid_from);
        }
    }
    return status;
}

static enum status compile_unit(struct org_work *work, size_t index, Sanji__OrgUnit *out)
{
    const struct yaml_unit *unit = &work->yaml->units[index];
    struct org_path path = work->unit_paths[index];
    struct rulesfile_at at = at_list(work->reading, "units", index, unit->path, NULL);
    int tier = 0;
    enum status status = rulesfile_word(rulesfile_key(at, "tier"), &sanji__tier__descriptor,
                                        "TIER_", unit->tier, &tier);
    if (status != STATUS_OK) {
        return status;
    }
    if (tier != (int)org_depth(path) || tier == TIER_GRID) {
        return rulesfile_refuse(rulesfile_key(at, "tier"),
                                "%s does not fit the length of the path", unit->tier);
    }
    if (tier != TIER_SUBDISTRICT) {
        status = need_unit(work->reading, rulesfile_key(at, "path"), org_parent(path));
    }
    uint64_t code = 0;
    if (status == STATUS_OK && unit->area_code12 != NULL &&
        (strlen(unit->area_code12) != 12 || !digits_read(unit->area_code12, 12, &code))) {
        status = rulesfile_refuse(rulesfile_key(at, "area_code12"),
                                  "found '%s', expected 12 digits", unit->area_code12);
    }
    if (status == STATUS_OK) {
        status = unit_dates(at, unit, out);
    }
    out->path = unit->path;
    out->name_zh = unit->name;
    out->name_en = unit->name_en;
    out->tier = (Sanji__Tier)tier;
    out->households = unit->households;
    out->residents = unit->residents;
    if (unit->area_code12 != NULL) {
        out->area_code12 = unit->area_code12;
    }
    return status;
}

static enum status compile_units(struct org_work *work, Sanji__Org *org)
{
    const struct yaml_org *yaml = work->yaml;
    struct rulesfile_reading *reading = work->reading;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < yaml->units_count && status == STATUS_OK; i++) {
        const char *path = yaml->units[i].path;
        status = read_path(at_list(reading, "units", i, path, "path"), work->place, path,
                           &work->unit_paths[i]);
    }
    if (status == STATUS_OK) {
        status =
            rulesfile_names_of(&reading->units, at_list(reading, "units", 0, NULL, "path"),
                               yaml->units, sizeof yaml->units[0], yaml->units_count);
    }
    size_t index;
    if (status == STATUS_OK &&
        !rulesfile_names_find(&reading->units, yaml->subdistrict, &index)) {
        return rulesfile_refuse(at_list(reading, NULL, 0, NULL, "units"),
                                "there is no unit %s, the sub-district itself",
                                yaml->subdistrict);
    }
    org->units = RULESFILE_TAKE_ARRAY(reading, Sanji__OrgUnit *, yaml->units_count);
    org->n_units = yaml->units_count;
    for (size_t i = 0; i < yaml->units_count && status == STATUS_OK; i++) {
        org->units[i] = rulesfile_take(reading, sizeof *org->units[i]);
        sanji__org_unit__init(org->units[i]);
        status = compile_unit(work, i, org->units[i]);
    }
    return status;
}

// ---- grids, one by one ----

static enum status grid_tiers(struct org_work *work, struct rulesfile_at at, size_t index,
                              Sanji__Grid *out)
{
    const struct yaml_grid *grid = &work->yaml->grids[index];
    struct org_path parent = org_parent(work->grid_paths[index]);
    enum status status = STATUS_OK;
    int before = 0;
    at = rulesfile_key(at, "tier_path");
    out->tier_path =
        RULESFILE_TAKE_ARRAY(work->reading, Sanji__Tier, grid->tier_path_count);
    out->n_tier_path = grid->tier_path_count;
    for (size_t i = 0; i < grid->tier_path_count && status == STATUS_OK; i++) {
        int tier = 0;
        status = rulesfile_word(at, &sanji__tier__descriptor, "TIER_", grid->tier_path[i],
                                &tier);
        if (status == STATUS_OK && tier <= before) {
            status = rulesfile_refuse(at, "%s after a higher tier, expected lowest first",
                                      grid->tier_path[i]);
        }
        if (status == STATUS_OK &&
            (tier < (int)org_depth(parent) || tier > TIER_SUBDISTRICT)) {
            status = rulesfile_refuse(at, "%s has no desk on the path of this grid",
                                      grid->tier_path[i]);
        }
        before = tier;
        out->tier_path[i] = (Sanji__Tier)tier;
    }
    if (status == STATUS_OK && before != TIER_SUBDISTRICT) {
        status = rulesfile_refuse(
            at, "found no SUBDISTRICT at the end, where every case can go");
    }
    return status;
}

static enum status grid_box(struct rulesfile_at at, const double *box, Sanji__Grid *out)
{
    bool good = box[0] < box[2] && box[1] < box[3] && box[0] >= -LAT_MAX &&
                box[2] <= LAT_MAX && box[1] >= -LON_MAX && box[3] <= LON_MAX;
    if (!good) {
        return rulesfile_refuse(rulesfile_key(at, "box"),
                                "found [%f, %f, %f, %f], expected south, west, north, east",
                                box[0], box[1], box[2], box[3]);
    }
    out->lat_min_e6 = (int32_t)lround(box[0] * 1e6);
    out->lon_min_e6 = (int32_t)lround(box[1] * 1e6);
    out->lat_max_e6 = (int32_t)lround(box[2] * 1e6);
    out->lon_max_e6 = (int32_t)lround(box[3] * 1e6);
    return STATUS_OK;
}

static enum status grid_kind(struct rulesfile_at at, const struct yaml_grid *grid,
                             Sanji__Grid *out)
{
    out->dedicated = grid->path[strlen(grid->path) - 3] == 'S';
    if (out->dedicated != (grid->department != NULL)) {
        return rulesfile_refuse(rulesfile_key(at, out->dedicated ? NULL : "department"),
                                out->dedicated
                                    ? "a dedicated grid needs a department, its co-holder"
                                    : "a basic grid has no department");
    }
    if (!out->dedicated &&
        (grid->households < HOUSEHOLDS_MIN || grid->households > HOUSEHOLDS_MAX)) {
        return rulesfile_warn(rulesfile_key(at, "households"), "%u, expected %d to %d",
                              grid->households, HOUSEHOLDS_MIN, HOUSEHOLDS_MAX);
    }
    return STATUS_OK;
}

static enum status compile_grid(struct org_work *work, size_t index, Sanji__Grid *out)
{
    const struct yaml_grid *grid = &work->yaml->grids[index];
    struct rulesfile_at at = at_list(work->reading, "grids", index, grid->path, NULL);
    enum status status = need_unit(work->reading, rulesfile_key(at, "path"),
                                   org_parent(work->grid_paths[index]));
    if (status == STATUS_OK) {
        status = grid_kind(at, grid, out);
    }
    if (status == STATUS_OK) {
        status = grid_tiers(work, at, index, out);
    }
    if (status == STATUS_OK) {
        status = grid_box(at, grid->box, out);
    }
    out->path = grid->path;
    out->name_zh = grid->name;
    out->households = grid->households;
    out->residents = grid->residents;
    out->buildings = grid->buildings;
    out->neighbours = grid->neighbours;
    out->n_neighbours = grid->neighbours_count;
    if (grid->department != NULL) {
        out->department = grid->department;
    }
    return status;
}

static enum status compile_grids(struct org_work *work, Sanji__Org *org)
{
    const struct yaml_org *yaml = work->yaml;
    struct rulesfile_reading *reading = work->reading;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < yaml->grids_count && status == STATUS_OK; i++) {
        const char *path = yaml->grids[i].path;
        struct rulesfile_at at = at_list(reading, "grids", i, path, "path");
        status = read_path(at, work->place, path, &work->grid_paths[i]);
        if (status == STATUS_OK && org_depth(work->grid_paths[i]) != TIER_GRID) {
            status = rulesfile_refuse(at,
                                      "'%s' is no grid: its last part is B01 to B99 or "
                                      "S01 to S99",
                                      path);
        }
    }
    if (status == STATUS_OK) {
        status =
            rulesfile_names_of(&reading->grids, at_list(reading, "grids", 0, NULL, "path"),
                               yaml->grids, sizeof yaml->grids[0], yaml->grids_count);
    }
    org->grids = RULESFILE_TAKE_ARRAY(reading, Sanji__Grid *, yaml->grids_count);
    org->n_grids = yaml->grids_count;
    work->grids = org->grids;
    for (size_t i = 0; i < yaml->grids_count && status == STATUS_OK; i++) {
        org->grids[i] = rulesfile_take(reading, sizeof *org->grids[i]);
        sanji__grid__init(org->grids[i]);
        status = compile_grid(work, i, org->grids[i]);
    }
    return status;
}

// ---- sums ----

static void add_up(struct org_work *work, struct org_path path, const Sanji__Grid *grid)
{
    char text[ORG_TEXT_SIZE];
    for (; path.place == work->place.place; path = org_parent(path)) {
        size_t unit;
        if (rulesfile_names_find(&work->reading->units, org_print(path, text), &unit)) {
            work->unit_sums[0][unit] += grid->households;
            work->unit_sums[1][unit] += grid->residents;
        }
        if (path.packed == 0) {
            return;
        }
    }
}

static enum status check_sums(struct org_work *work)
{
    const struct yaml_org *yaml = work->yaml;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < yaml->grids_count; i++) {
        add_up(work, org_parent(work->grid_paths[i]), work->grids[i]);
    }
    for (size_t i = 0; i < yaml->units_count && status == STATUS_OK; i++) {
        const struct yaml_unit *unit = &yaml->units[i];
        struct rulesfile_at at =
            at_list(work->reading, "units", i, unit->path, "households");
        uint64_t households = work->unit_sums[0][i];
        uint64_t residents = work->unit_sums[1][i];
        if (households != unit->households) {
            status = rulesfile_refuse(at, "found %u, its grids have %llu", unit->households,
                                      (unsigned long long)households);
        } else if (residents != unit->residents) {
            status = rulesfile_refuse(rulesfile_key(at, "residents"),
                                      "found %u, its grids have %llu", unit->residents,
                                      (unsigned long long)residents);
        }
    }
    return status;
}

// ---- the whole ----

static enum status open_work(struct org_work *work, struct rulesfile_reading *reading)
{
    const struct yaml_org *yaml = reading->files[FILE_ORG].data;
    *work = (struct org_work){.reading = reading, .yaml = yaml};
    struct rulesfile_at at = at_list(reading, NULL, 0, NULL, "subdistrict");
    if (org_parse(yaml->subdistrict, &work->place) != STATUS_OK ||
        org_depth(work->place) != TIER_SUBDISTRICT) {
        return rulesfile_refuse(at, "found '%s', expected a sub-district: 370499.003",
                                yaml->subdistrict);
    }
    if (strlen(yaml->municipality) != 6 ||
        strncmp(yaml->subdistrict, yaml->municipality, 6) != 0) {
        return rulesfile_refuse(rulesfile_key(at, "municipality"),
                                "found '%s', expected the first 6 digits of %s",
                                yaml->municipality, yaml->subdistrict);
    }
    work->unit_paths = RULESFILE_TAKE_ARRAY(reading, struct org_path, yaml->units_count);
    work->grid_paths = RULESFILE_TAKE_ARRAY(reading, struct org_path, yaml->grids_count);
    work->unit_sums[0] = RULESFILE_TAKE_ARRAY(reading, uint64_t, yaml->units_count);
    work->unit_sums[1] = RULESFILE_TAKE_ARRAY(reading, uint64_t, yaml->units_count);
    return STATUS_OK;
}

// Units and grids together: what a team's or a partner's path may name.
static enum status name_paths(struct org_work *work)
{
    struct rulesfile_reading *reading = work->reading;
    const struct yaml_org *yaml = work->yaml;
    rulesfile_names_reserve(reading, &reading->paths,
                            yaml->units_count + yaml->grids_count);
    for (size_t i = 0; i < yaml->units_count; i++) {
        rulesfile_names_add(&reading->paths, yaml->units[i].path, i);
    }
    for (size_t i = 0; i < yaml->grids_count; i++) {
        rulesfile_names_add(&reading->paths, yaml->grids[i].path, i);
    }
    return rulesfile_names_sort(&reading->paths,
                                at_list(reading, "grids", 0, NULL, "path"));
}

enum status rulesfile_org(struct rulesfile_reading *reading, Sanji__Org *org)
{
    struct org_work work;
    enum status status = open_work(&work, reading);
    org->municipality = work.yaml->municipality;
    org->subdistrict = work.yaml->subdistrict;
    org->area_ha = work.yaml->area_ha;
    if (status == STATUS_OK) {
        status = compile_units(&work, org);
    }
    if (status == STATUS_OK) {
        status = compile_grids(&work, org);
    }
    if (status == STATUS_OK) {
        status = name_paths(&work);
    }
    if (status == STATUS_OK) {
        status = check_sums(&work);
    }
    if (status == STATUS_OK) {
        status = rulesfile_geometry(reading, org, work.grid_paths);
    }
    return status == STATUS_OK ? rulesfile_groups(reading, org) : status;
}
