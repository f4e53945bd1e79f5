/* rulesfile_intake.c: the section `intake` of policy.yaml checked and compiled: verification,
 * merging, and what makes a report look like one that is known. */
#include "broker/runtime/rulesfile_check.h"
#include "proto/case.h"
#include "proto/vocab.h"

enum {
    PERMILLE = 1000,
    ROUNDS_MAX = 5,
    NEAR_MAX_M = 1000,
    LISTED_MAX = 5,
    LOOKED_AT_MAX = 64,
    DAYS_MAX_S = 90 * 24 * 3600,
    BURST_MAX_S = 24 * 3600,
    SOURCES = 8
};

static struct rulesfile_at at_key(struct rulesfile_reading *reading, const char *key)
{
    return (struct rulesfile_at){reading, FILE_POLICY, NULL, 0, NULL, key, NULL};
}

static enum status need_number(struct rulesfile_reading *reading, const char *key,
                               uint32_t value, uint32_t least, uint32_t most)
{
    if (value >= least && value <= most) {
        return STATUS_OK;
    }
    return rulesfile_refuse(at_key(reading, key), "found %u, expected %u to %u", value,
                            least, most);
}

static enum status check_points(struct rulesfile_reading *reading,
                                const struct yaml_duplicates *yaml)
{
    const struct {
        const char *key;
        uint32_t value, least, most;
    } numbers[] = {
        {"intake.duplicates.points.grid", yaml->points.grid, 0, PERMILLE},
        {"intake.duplicates.points.minor", yaml->points.minor, 0, PERMILLE},
        {"intake.duplicates.points.near", yaml->points.near, 0, PERMILLE},
        {"intake.duplicates.points.device", yaml->points.device, 0, PERMILLE},
        {"intake.duplicates.points.closed", yaml->points.closed, 0, PERMILLE},
        {"intake.duplicates.near_m", yaml->near_m, 1, NEAR_MAX_M},
        {"intake.duplicates.listed_permille", yaml->listed_permille, 1, PERMILLE},
        {"intake.duplicates.listed_max", yaml->listed_max, 0, LISTED_MAX},
        {"intake.duplicates.merged_permille", yaml->merged_permille, yaml->listed_permille,
         PERMILLE},
        {"intake.duplicates.looked_at", yaml->looked_at, 1, LOOKED_AT_MAX},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == STATUS_OK; i++) {
        status = need_number(reading, numbers[i].key, numbers[i].value, numbers[i].least,
                             numbers[i].most);
    }
    return status;
}

static enum status compile_devices(struct rulesfile_reading *reading,
                                   const struct yaml_duplicates *yaml,
                                   Sanji__Duplicates *out)
{
    bool seen[SOURCES + 1] = {false};
    const struct rulesfile_at at = at_key(reading, "intake.duplicates.devices");
    out->devices = RULESFILE_TAKE_ARRAY(reading, Sanji__Source, yaml->devices_count);
    out->n_devices = yaml->devices_count;
    for (size_t i = 0; i < yaml->devices_count; i++) {
        int source = 0;
        const enum status status = rulesfile_word(at, &sanji__source__descriptor, "SOURCE_",
                                                  yaml->devices[i], &source);
        if (status != STATUS_OK) {
            return status;
        }
        if (seen[source]) {
            return rulesfile_refuse(at, "'%s' stands twice", yaml->devices[i]);
        }
        seen[source] = true;
        out->devices[i] = (Sanji__Source)source;
    }
    return STATUS_OK;
}

static enum status compile_duplicates(struct rulesfile_reading *reading,
                                      const struct yaml_duplicates *yaml,
                                      Sanji__Policy *policy)
{
    Sanji__Duplicates *out = rulesfile_take(reading, sizeof *out);
    sanji__duplicates__init(out);
    policy->duplicates = out;
    enum status status = check_points(reading, yaml);
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "intake.duplicates.window"),
                                    yaml->window, DAYS_MAX_S, &out->window_s);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "intake.duplicates.closed"),
                                    yaml->closed, DAYS_MAX_S, &out->closed_s);
    }
    out->grid_points = yaml->points.grid;
    out->minor_points = yaml->points.minor;
    out->near_points = yaml->points.near;
    out->device_points = yaml->points.device;
    out->closed_points = yaml->points.closed;
    out->near_m = yaml->near_m;
    out->listed_permille = yaml->listed_permille;
    out->listed_max = yaml->listed_max;
    out->merged_permille = yaml->merged_permille;
    out->looked_at = yaml->looked_at;
    return status == STATUS_OK ? compile_devices(reading, yaml, out) : status;
}

enum status rulesfile_intake(struct rulesfile_reading *reading, Sanji__Policy *policy)
{
    const struct yaml_policy *file = reading->files[FILE_POLICY].data;
    const struct yaml_intake *yaml = &file->intake;
    enum status status =
        need_number(reading, "intake.verify_rounds", yaml->verify_rounds, 1, ROUNDS_MAX);
    if (status == STATUS_OK) {
        status = need_number(reading, "intake.burst.reports", yaml->burst.reports, 2,
                             CASE_BURST_MAX);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "intake.burst.within"),
                                    yaml->burst.within, BURST_MAX_S, &policy->burst_s);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "intake.unmerge"), yaml->unmerge,
                                    DAYS_MAX_S, &policy->unmerge_s);
    }
    policy->verify_rounds = yaml->verify_rounds;
    policy->burst_reports = yaml->burst.reports;
    return status == STATUS_OK ? compile_duplicates(reading, &yaml->duplicates, policy)
                               : status;
}
