/* rulesfile_groups.c: org.yaml, who works and lives together: teams, Party branches,
 * partners, sites. No effect on where a case goes, but others refer to them. */
#include "broker/runtime/rulesfile_check.h"
#include "proto/id.h"

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name, const char *key)
{
    return (struct rulesfile_at){reading, FILE_ORG, list, index, name, key, NULL};
}

static enum status need_path(struct rulesfile_at at, const char *path)
{
    size_t index;
    return rulesfile_names_need(&at.reading->paths, rulesfile_key(at, "path"),
                                "unit or grid", path, &index);
}

static enum status compile_teams(struct rulesfile_reading *reading, Sanji__Org *org)
{
    const struct yaml_org *yaml = reading->files[FILE_ORG].data;
    enum status status =
        rulesfile_names_of(&reading->teams, at_list(reading, "teams", 0, NULL, "code"),
                           yaml->teams, sizeof yaml->teams[0], yaml->teams_count);
    org->teams = RULESFILE_TAKE_ARRAY(reading, Sanji__Team *, yaml->teams_count);
    org->n_teams = yaml->teams_count;
    for (size_t i = 0; i < yaml->teams_count && status == STATUS_OK; i++) {
        const struct yaml_team *team = &yaml->teams[i];
        struct rulesfile_at at = at_list(reading, "teams", i, team->code, NULL);
        uint16_t number;
        if (id_team_parse(team->code, &number) != STATUS_OK) {
            return rulesfile_refuse(rulesfile_key(at, "code"),
                                    "found '%s', expected T and 1 to 3 of A-Z and 0-9",
                                    team->code);
        }
        status = need_path(at, team->path);
        Sanji__Team *out = rulesfile_take(reading, sizeof *out);
        sanji__team__init(out);
        out->code = team->code;
        out->name_zh = team->name;
        out->path = team->path;
        org->teams[i] = out;
    }
    return status;
}

static enum status compile_branches(struct rulesfile_reading *reading, Sanji__Org *org)
{
    const struct yaml_org *yaml = reading->files[FILE_ORG].data;
    struct rulesfile_names names;
    enum status status =
        rulesfile_names_of(&names, at_list(reading, "branches", 0, NULL, "code"),
                           yaml->branches, sizeof yaml->branches[0], yaml->branches_count);
    uint32_t *branch_of = RULESFILE_TAKE_ARRAY(reading, uint32_t, yaml->grids_count);
    org->branches =
        RULESFILE_TAKE_ARRAY(reading, Sanji__PartyBranch *, yaml->branches_count);
    org->n_branches = yaml->branches_count;
    for (size_t i = 0; i < yaml->branches_count && status == STATUS_OK; i++) {
        const struct yaml_branch *branch = &yaml->branches[i];
        struct rulesfile_at at = at_list(reading, "branches", i, branch->code, "grids");
        for (size_t k = 0; k < branch->grids_count && status == STATUS_OK; k++) {
            size_t grid = 0;
            status =
                rulesfile_names_need(&reading->grids, at, "grid", branch->grids[k], &grid);
            if (status == STATUS_OK && branch_of[grid] != 0) {
                status = rulesfile_refuse(at, "grid %s already belongs to branches[%u]",
                                          branch->grids[k], branch_of[grid]);
            }
            branch_of[grid] = (uint32_t)i + 1;
        }
        Sanji__PartyBranch *out = rulesfile_take(reading, sizeof *out);
        sanji__party_branch__init(out);
        out->code = branch->code;
        out->name_zh = branch->name;
        out->grids = branch->grids;
        out->n_grids = branch->grids_count;
        out->members = branch->members;
        org->branches[i] = out;
    }
    return status;
}

static enum status compile_partners(struct rulesfile_reading *reading, Sanji__Org *org)
{
    const struct yaml_org *yaml = reading->files[FILE_ORG].data;
    enum status status = rulesfile_names_of(
        &reading->partners, at_list(reading, "partners", 0, NULL, "code"), yaml->partners,
        sizeof yaml->partners[0], yaml->partners_count);
    org->partners = RULESFILE_TAKE_ARRAY(reading, Sanji__Partner *, yaml->partners_count);
    org->n_partners = yaml->partners_count;
    for (size_t i = 0; i < yaml->partners_count && status == STATUS_OK; i++) {
        const struct yaml_partner *partner = &yaml->partners[i];
        struct rulesfile_at at = at_list(reading, "partners", i, partner->code, NULL);
        uint32_t bit;
        status = need_path(at, partner->path);
        for (size_t k = 0; k < partner->skills_count && status == STATUS_OK; k++) {
            status = rulesfile_skill(rulesfile_key(at, "skills"), partner->skills[k], &bit);
        }
        Sanji__Partner *out = rulesfile_take(reading, sizeof *out);
        sanji__partner__init(out);
        out->code = partner->code;
        out->name_zh = partner->name;
        out->path = partner->path;
        out->skills = partner->skills;
        out->n_skills = partner->skills_count;
        org->partners[i] = out;
    }
    return status;
}

static enum status compile_sites(struct rulesfile_reading *reading, Sanji__Org *org)
{
    static const char *const kinds[] = {"COMPOUND", "SCHOOL", "MARKET", NULL};
    const struct yaml_org *yaml = reading->files[FILE_ORG].data;
    struct rulesfile_names names;
    enum status status =
        rulesfile_names_of(&names, at_list(reading, "sites", 0, NULL, "code"), yaml->sites,
                           sizeof yaml->sites[0], yaml->sites_count);
    org->sites = RULESFILE_TAKE_ARRAY(reading, Sanji__Site *, yaml->sites_count);
    org->n_sites = yaml->sites_count;
    for (size_t i = 0; i < yaml->sites_count && status == STATUS_OK; i++) {
        const struct yaml_site *site = &yaml->sites[i];
        struct rulesfile_at at = at_list(reading, "sites", i, site->code, NULL);
        size_t index;
        status = rulesfile_choice(rulesfile_key(at, "kind"), kinds, site->kind, &index);
        if (status == STATUS_OK) {
            status = rulesfile_names_need(&reading->grids, rulesfile_key(at, "grid"),
                                          "grid", site->grid, &index);
        }
        Sanji__Site *out = rulesfile_take(reading, sizeof *out);
        sanji__site__init(out);
        out->code = site->code;
        out->name_zh = site->name;
        out->kind = site->kind;
        out->grid = site->grid;
        org->sites[i] = out;
    }
    return status;
}

enum status rulesfile_groups(struct rulesfile_reading *reading, Sanji__Org *org)
{
    enum status status = compile_teams(reading, org);
    if (status == STATUS_OK) {
        status = compile_branches(reading, org);
    }
    if (status == STATUS_OK) {
        status = compile_partners(reading, org);
    }
    return status == STATUS_OK ? compile_sites(reading, org) : status;
}
