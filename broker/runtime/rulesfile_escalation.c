/* rulesfile_escalation.c: what policy.yaml says of the command centre, checked and compiled:
 * escalation_steps, escalation_late, escalation. Steps of a severity stand in the order of
 * their offsets and only climb; every severity has one row of escalation_late. */
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/case.h"
#include "proto/vocab.h"

enum {
    DAY_S = 24 * 3600,
    PERMILLE = 1000,
    AFTER_MAX_S = 30 * DAY_S,
    REPEAT_MAX_S = 7 * DAY_S,
    TIMES_MAX = 20,
    FURTHER_MAX = 10,
    POINTS_MAX = 1000,
    CODE_SIZE_MAX = 32
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name)
{
    return (struct rulesfile_at){reading, FILE_POLICY, list, index, name, NULL, NULL};
}

static struct rulesfile_at at_key(struct rulesfile_reading *reading, const char *key)
{
    return (struct rulesfile_at){reading, FILE_POLICY, NULL, 0, NULL, key, NULL};
}

static enum status read_severity(struct rulesfile_at at, const char *text, int *severity)
{
    return rulesfile_word(rulesfile_key(at, "severity"), &sanji__severity__descriptor,
                          "SEVERITY_", text, severity);
}

// ---- steps ----

static enum status read_tier(struct rulesfile_at at, const char *text, Sanji__Tier *tier)
{
    static const char *const words[] = {"COMMITTEE", "COMMUNITY", "SUBDISTRICT", NULL};
    size_t found = 0;
    enum status status = rulesfile_choice(rulesfile_key(at, "to"), words, text, &found);
    *tier = (Sanji__Tier)(TIER_COMMITTEE + (int)found);
    return status;
}

static enum status check_order(struct rulesfile_at at, const Sanji__EscalationStep *step,
                               const Sanji__EscalationStep *before)
{
    if (before != NULL && step->after_s <= before->after_s) {
        return rulesfile_refuse(rulesfile_key(at, "after"),
                                "the steps of a severity stand in the order of their "
                                "times, and the one before is at %us",
                                before->after_s);
    }
    if (before != NULL && step->to_tier < before->to_tier) {
        return rulesfile_refuse(rulesfile_key(at, "to"),
                                "the step before has climbed higher");
    }
    if (step->upstream && step->to_tier != SANJI__TIER__TIER_SUBDISTRICT) {
        return rulesfile_refuse(rulesfile_key(at, "upstream"),
                                "only the SUBDISTRICT hands cases upstream");
    }
    return STATUS_OK;
}

static enum status compile_steps(struct rulesfile_reading *reading,
                                 const struct yaml_policy *yaml, Sanji__Escalation *out)
{
    const Sanji__EscalationStep *newest[RULESFILE_SEVERITIES + 1] = {NULL};
    out->steps = RULESFILE_TAKE_ARRAY(reading, Sanji__EscalationStep *,
                                      yaml->escalation_steps_count);
    out->n_steps = yaml->escalation_steps_count;
    for (size_t i = 0; i < out->n_steps; i++) {
        const struct yaml_escalation_step *from = &yaml->escalation_steps[i];
        struct rulesfile_at at = at_list(reading, "escalation_steps", i, from->severity);
        Sanji__EscalationStep *step = rulesfile_take(reading, sizeof *step);
        int severity = 0;
        sanji__escalation_step__init(step);
        out->steps[i] = step;
        enum status status = read_severity(at, from->severity, &severity);
        if (status == STATUS_OK) {
            status = rulesfile_duration(rulesfile_key(at, "after"), from->after,
                                        AFTER_MAX_S, &step->after_s);
        }
        if (status == STATUS_OK) {
            status = read_tier(at, from->to, &step->to_tier);
        }
        step->severity = (Sanji__Severity)severity;
        step->assist = from->assist;
        step->upstream = from->upstream;
        if (status == STATUS_OK) {
            status = check_order(at, step, newest[severity]);
        }
        if (status != STATUS_OK) {
            return status;
        }
        newest[severity] = step;
    }
    return STATUS_OK;
}

// ---- late ----

static enum status read_level(struct rulesfile_at at, const char *text,
                              Sanji__SuperviseLevel *level)
{
    static const char *const words[] = {"NONE", "NORMAL", "YELLOW", "RED", NULL};
    size_t found = 0;
    enum status status = rulesfile_choice(at, words, text, &found);
    *level = (Sanji__SuperviseLevel)found;
    return status;
}

static enum status compile_further(struct rulesfile_at at,
                                   const struct yaml_escalation_late *from,
                                   Sanji__EscalationLate *late)
{
    struct rulesfile_at further = rulesfile_key(at, "further");
    Sanji__SuperviseLevel before = late->resolve;
    if (from->further_count > FURTHER_MAX) {
        return rulesfile_refuse(further, "found %u levels, expected at most %d",
                                from->further_count, FURTHER_MAX);
    }
    late->further =
        RULESFILE_TAKE_ARRAY(at.reading, Sanji__SuperviseLevel, from->further_count);
    late->n_further = from->further_count;
    for (size_t i = 0; i < from->further_count; i++) {
        further.value = from->further[i];
        enum status status = read_level(further, from->further[i], &late->further[i]);
        if (status == STATUS_OK && late->further[i] <= before) {
            status = rulesfile_refuse(further, "supervision only rises: %s does not",
                                      from->further[i]);
        }
        if (status != STATUS_OK) {
            return status;
        }
        before = late->further[i];
    }
    return STATUS_OK;
}

static enum status compile_late(struct rulesfile_reading *reading,
                                const struct yaml_policy *yaml, Sanji__Escalation *out)
{
    bool has[RULESFILE_SEVERITIES + 1] = {false};
    out->late =
        RULESFILE_TAKE_ARRAY(reading, Sanji__EscalationLate *, yaml->escalation_late_count);
    out->n_late = yaml->escalation_late_count;
    for (size_t i = 0; i < out->n_late; i++) {
        const struct yaml_escalation_late *from = &yaml->escalation_late[i];
        struct rulesfile_at at = at_list(reading, "escalation_late", i, from->severity);
        Sanji__EscalationLate *late = rulesfile_take(reading, sizeof *late);
        int severity = 0;
        sanji__escalation_late__init(late);
        out->late[i] = late;
        enum status status = read_severity(at, from->severity, &severity);
        if (status == STATUS_OK && has[severity]) {
            status = rulesfile_refuse(at, "%s stands twice", from->severity);
        }
        if (status == STATUS_OK) {
            status =
                read_level(rulesfile_key(at, "feedback"), from->feedback, &late->feedback);
        }
        if (status == STATUS_OK) {
            status =
                read_level(rulesfile_key(at, "resolve"), from->resolve, &late->resolve);
        }
        if (status == STATUS_OK) {
            status = compile_further(at, from, late);
        }
        if (status != STATUS_OK) {
            return status;
        }
        late->severity = (Sanji__Severity)severity;
        late->rise = from->rise;
        has[severity] = true;
    }
    for (unsigned severity = 1; severity <= RULESFILE_SEVERITIES; severity++) {
        if (!has[severity]) {
            return rulesfile_refuse(at_key(reading, "escalation_late"), "no row for S%u",
                                    severity);
        }
    }
    return STATUS_OK;
}

// ---- numbers ----

static enum status check_numbers(struct rulesfile_reading *reading,
                                 const struct yaml_escalation *yaml)
{
    const struct {
        const char *key;
        uint32_t value, least, most;
    } numbers[] = {
        {"escalation.urge.merged", yaml->urge.merged, 1, UINT8_MAX},
        {"escalation.returns_max", yaml->returns_max, 0, TIMES_MAX},
        {"escalation.extensions.max", yaml->extensions.max, 0, TIMES_MAX},
        {"escalation.extensions.share_permille", yaml->extensions.share_permille, 1,
         10 * PERMILLE},
        {"escalation.points.normal", yaml->points.normal, 0, POINTS_MAX},
        {"escalation.points.yellow", yaml->points.yellow, 0, POINTS_MAX},
        {"escalation.points.red", yaml->points.red, 0, POINTS_MAX},
        {"escalation.assists_open_max", yaml->assists_open_max, 0, CASE_ASSISTS_MAX},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].value < numbers[i].least || numbers[i].value > numbers[i].most) {
            return rulesfile_refuse(at_key(reading, numbers[i].key),
                                    "found %u, expected %u to %u", numbers[i].value,
                                    numbers[i].least, numbers[i].most);
        }
    }
    const char *const codes[] = {yaml->emergency_department, yaml->upstream_system};
    const char *const keys[] = {"escalation.emergency_department",
                                "escalation.upstream_system"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strlen(codes[i]) > CODE_SIZE_MAX) {
            return rulesfile_refuse(at_key(reading, keys[i]), "'%s' has more than %d bytes",
                                    codes[i], CODE_SIZE_MAX);
        }
    }
    return STATUS_OK;
}

static enum status compile_durations(struct rulesfile_reading *reading,
                                     const struct yaml_escalation *yaml,
                                     Sanji__Escalation *out)
{
    enum status status =
        rulesfile_duration(at_key(reading, "escalation.repeat.first"), yaml->repeat.first,
                           REPEAT_MAX_S, &out->repeat_first_s);
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_key(reading, "escalation.repeat.max"),
                                    yaml->repeat.max, REPEAT_MAX_S, &out->repeat_max_s);
    }
    if (status == STATUS_OK) {
        status =
            rulesfile_duration(at_key(reading, "escalation.urge.reporter"),
                               yaml->urge.reporter, REPEAT_MAX_S, &out->urge_reporter_s);
    }
    return status;
}

static enum status compile_numbers(struct rulesfile_reading *reading,
                                   const struct yaml_escalation *yaml,
                                   Sanji__Escalation *out)
{
    int from = 0;
    enum status status = check_numbers(reading, yaml);
    if (status == STATUS_OK) {
        status = compile_durations(reading, yaml, out);
    }
    if (status == STATUS_OK) {
        status = rulesfile_word(at_key(reading, "escalation.extensions.from"),
                                &sanji__severity__descriptor, "SEVERITY_",
                                yaml->extensions.from, &from);
    }
    out->extend_from = (Sanji__Severity)from;
    out->urge_merged = yaml->urge.merged;
    out->returns_max = yaml->returns_max;
    out->extensions_max = yaml->extensions.max;
    out->extension_max_permille = yaml->extensions.share_permille;
    out->points_normal = yaml->points.normal;
    out->points_yellow = yaml->points.yellow;
    out->points_red = yaml->points.red;
    out->assists_open_max = yaml->assists_open_max;
    out->emergency_department = yaml->emergency_department;
    out->upstream_system = yaml->upstream_system;
    return status;
}

enum status rulesfile_escalation(struct rulesfile_reading *reading, Sanji__Policy *policy)
{
    const struct yaml_policy *yaml = reading->files[FILE_POLICY].data;
    Sanji__Escalation *out = rulesfile_take(reading, sizeof *out);
    sanji__escalation__init(out);
    policy->escalation = out;
    enum status status = compile_steps(reading, yaml, out);
    if (status == STATUS_OK) {
        status = compile_late(reading, yaml, out);
    }
    return status == STATUS_OK ? compile_numbers(reading, &yaml->escalation, out) : status;
}
