/* rulesfile_dispatch.c: the section `dispatch` of policy.yaml checked and compiled: volunteers'
 * limits, bands of overload, what is learned of effort, conflicts of interest. */
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "broker/runtime/world.h"

enum {
    WEIGHT_MAX = 10000,
    PERMILLE_MAX = 10000,
    DAY_S = 24 * 3600,
    MINUTE_S = 60,
    MAJOR_DIGITS = 2,
    CODE_DIGITS = 5
};

static struct rulesfile_at at_key(struct rulesfile_reading *reading, const char *key)
{
    return (struct rulesfile_at){reading, FILE_POLICY, NULL, 0, NULL, key, NULL};
}

static enum status check_numbers(struct rulesfile_reading *reading,
                                 const struct yaml_dispatch *yaml)
{
    const struct {
        const char *key;
        uint32_t value, least, most;
    } numbers[] = {
        {"dispatch.volunteer.days", yaml->volunteer.days, 1, WORKER_DAYS},
        {"dispatch.effort_weight", yaml->effort_weight, 0, WEIGHT_MAX},
        {"dispatch.newcomer_days", yaml->newcomer_days, 0, WORKER_DAYS},
        {"dispatch.overload.clear_permille", yaml->overload.clear_permille, 1,
         PERMILLE_MAX},
        {"dispatch.overload.lend_permille", yaml->overload.lend_permille,
         yaml->overload.clear_permille, PERMILLE_MAX},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].value < numbers[i].least || numbers[i].value > numbers[i].most) {
            return rulesfile_refuse(at_key(reading, numbers[i].key),
                                    "found %u, expected %u to %u", numbers[i].value,
                                    numbers[i].least, numbers[i].most);
        }
    }
    return STATUS_OK;
}

/* A code, or the two digits of a major: some category begins with it. */
static enum status need_category(struct rulesfile_at at, const char *text)
{
    const struct yaml_sla *sla = at.reading->files[FILE_SLA].data;
    const size_t size = strlen(text);
    for (size_t i = 0; i < sla->categories_count; i++) {
        if ((size == MAJOR_DIGITS || size == CODE_DIGITS) &&
            strncmp(sla->categories[i].code, text, size) == 0) {
            return STATUS_OK;
        }
    }
    return rulesfile_refuse(at, "no category '%s', expected a code or a major's two digits",
                            text);
}

static enum status compile_conflict(struct rulesfile_reading *reading,
                                    const struct yaml_conflict *yaml,
                                    Sanji__ConflictRule *out)
{
    struct rulesfile_at at = at_key(reading, "dispatch.conflicts");
    size_t index = 0;
    at.value = yaml->employer;
    enum status status =
        rulesfile_names_need(&reading->partners, at, "partner", yaml->employer, &index);
    out->employer = yaml->employer;
    out->categories = RULESFILE_TAKE_ARRAY(reading, char *, yaml->categories_count);
    out->n_categories = yaml->categories_count;
    for (size_t i = 0; i < yaml->categories_count && status == STATUS_OK; i++) {
        at.value = yaml->categories[i];
        out->categories[i] = yaml->categories[i];
        status = need_category(at, yaml->categories[i]);
    }
    return status;
}

enum status rulesfile_dispatch(struct rulesfile_reading *reading, Sanji__Policy *policy)
{
    const struct yaml_policy *file = reading->files[FILE_POLICY].data;
    const struct yaml_dispatch *yaml = &file->dispatch;
    Sanji__DispatchRules *out = rulesfile_take(reading, sizeof *out);
    uint32_t volunteer_s = 0;
    sanji__dispatch_rules__init(out);
    policy->dispatch = out;
    enum status status = check_numbers(reading, yaml);
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "dispatch.volunteer.minutes"),
                                    yaml->volunteer.minutes, DAY_S, &volunteer_s);
    }
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "dispatch.overload.lend_after"),
                                    yaml->overload.lend_after, DAY_S, &out->lend_after_s);
    }
    out->volunteer_min = volunteer_s / MINUTE_S;
    out->volunteer_days = yaml->volunteer.days;
    out->effort_weight = yaml->effort_weight;
    out->newcomer_days = yaml->newcomer_days;
    out->band_clear_permille = yaml->overload.clear_permille;
    out->lend_permille = yaml->overload.lend_permille;
    out->conflicts =
        RULESFILE_TAKE_ARRAY(reading, Sanji__ConflictRule *, yaml->conflicts_count);
    out->n_conflicts = yaml->conflicts_count;
    for (size_t i = 0; i < yaml->conflicts_count && status == STATUS_OK; i++) {
        out->conflicts[i] = rulesfile_take(reading, sizeof *out->conflicts[i]);
        sanji__conflict_rule__init(out->conflicts[i]);
        status = compile_conflict(reading, &yaml->conflicts[i], out->conflicts[i]);
    }
    return status;
}
