/* rulesfile_policy.c: policy.yaml and labels.yaml checked and compiled. Every source, every
 * severity and every word of the vocabulary has its row. */
#include <stdio.h>
#include <string.h>

#include "broker/runtime/labels.h"
#include "broker/runtime/rulesfile_check.h"
#include "event.pb-c.h"
#include "proto/vocab.h"

enum {
    PERMILLE = 1000,
    WEIGHT_MAX = 10000,
    OFFERS_MAX = 10,
    WORKERS_MAX = 50,
    TIMES_MAX = 20,
    FLOOR_MAX_S = 24 * 3600,
    REASON_MIN = 100,
    REASON_MAX = 999,
    REASON_GROUPS = 10,
    SOURCES = 8,
    KEY_SIZE = 64,
    MAJORS = 11, // of categories; 0: several together
    EVENT_TYPES = 256
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *name, const char *key)
{
    return (struct rulesfile_at){reading, FILE_POLICY, list, index, name, key, NULL};
}

// ---- sources ----

static enum status compile_verify(struct rulesfile_at at, const struct yaml_source *source,
                                  Sanji__SourceRule *out)
{
    static const char *const words[] = {"NEVER", "ALWAYS", "BELOW", NULL};
    size_t verify = 0;
    enum status status =
        rulesfile_choice(rulesfile_key(at, "verify"), words, source->verify, &verify);
    out->verify_always = verify == 1;
    out->verify_below_permille = source->confidence_permille;
    if (status == STATUS_OK && (verify == 2) != (source->confidence_permille != 0)) {
        return rulesfile_refuse(rulesfile_key(at, "verify"),
                                "verify: BELOW and confidence_permille belong together");
    }
    return status == STATUS_OK
               ? rulesfile_permille(rulesfile_key(at, "confidence_permille"),
                                    source->confidence_permille, PERMILLE)
               : status;
}

static enum status compile_desks(struct rulesfile_at at, const struct yaml_source *source,
                                 Sanji__SourceRule *out)
{
    static const char *const firsts[] = {"LOWEST", "COMMUNITY", "SUBDISTRICT", NULL};
    static const Sanji__Tier tiers[] = {SANJI__TIER__TIER_UNSPECIFIED,
                                        SANJI__TIER__TIER_COMMUNITY,
                                        SANJI__TIER__TIER_SUBDISTRICT};
    static const char *const owners[] = {"COMMUNITY", "SUBDISTRICT", NULL};
    size_t first = 0;
    size_t owner = 0;
    enum status status =
        rulesfile_choice(rulesfile_key(at, "first"), firsts, source->first, &first);
    if (status == STATUS_OK) {
        status =
            rulesfile_choice(rulesfile_key(at, "owner"), owners, source->owner, &owner);
    }
    out->first_tier = tiers[first];
    out->owner_subdistrict = owner == 1;
    return status;
}

static enum status compile_sources(struct rulesfile_reading *reading,
                                   const struct yaml_policy *yaml, Sanji__Policy *policy)
{
    size_t rows[SOURCES + 1] = {0};
    policy->sources =
        RULESFILE_TAKE_ARRAY(reading, Sanji__SourceRule *, yaml->sources_count);
    policy->n_sources = yaml->sources_count;
    for (size_t i = 0; i < yaml->sources_count; i++) {
        const struct yaml_source *source = &yaml->sources[i];
        struct rulesfile_at at = at_list(reading, "sources", i, source->source, "source");
        Sanji__SourceRule *out = rulesfile_take(reading, sizeof *out);
        sanji__source_rule__init(out);
        policy->sources[i] = out;
        int number = 0;
        enum status status = rulesfile_word(at, &sanji__source__descriptor, "SOURCE_",
                                            source->source, &number);
        if (status == STATUS_OK && rows[number] != 0) {
            status = rulesfile_refuse(at, "'%s' stands twice, first as sources[%zu]",
                                      source->source, rows[number]);
        }
        out->source = (Sanji__Source)number;
        out->may_raise = source->may_raise;
        rows[number] = i + 1;
        if (status == STATUS_OK) {
            status = compile_verify(at, source, out);
        }
        if (status == STATUS_OK) {
            status = compile_desks(at, source, out);
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    for (unsigned source = 1; source <= SOURCES; source++) {
        if (rows[source] == 0) {
            const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
                &sanji__source__descriptor, (int)source);
            return rulesfile_refuse(at_list(reading, NULL, 0, NULL, "sources"),
                                    "no row for %s", value->name + strlen("SOURCE_"));
        }
    }
    return STATUS_OK;
}

// ---- offers ----

static enum status compile_offers(struct rulesfile_reading *reading,
                                  const struct yaml_policy *yaml, Sanji__Policy *policy)
{
    policy->attempts = RULESFILE_TAKE_ARRAY(reading, Sanji__Attempts *, yaml->offers_count);
    policy->n_attempts = yaml->offers_count;
    for (size_t i = 0; i < yaml->offers_count; i++) {
        const struct yaml_offers *offers = &yaml->offers[i];
        struct rulesfile_at at = at_list(reading, "offers", i, offers->severity, NULL);
        int severity = 0;
        enum status status =
            rulesfile_word(rulesfile_key(at, "severity"), &sanji__severity__descriptor,
                           "SEVERITY_", offers->severity, &severity);
        if (status != STATUS_OK) {
            return status;
        }
        if (reading->offers_max[severity] != 0) {
            return rulesfile_refuse(at, "%s stands twice", offers->severity);
        }
        if (offers->offers_max == 0 || offers->offers_max > OFFERS_MAX) {
            return rulesfile_refuse(rulesfile_key(at, "offers_max"),
                                    "found %u, expected 1 to %d", offers->offers_max,
                                    OFFERS_MAX);
        }
        if (offers->workers == 0 ||
            offers->workers > (offers->broadcast ? CASE_OTHERS_MAX + 1 : 1)) {
            return rulesfile_refuse(rulesfile_key(at, "workers"),
                                    "found %u, expected 1, or with broadcast up to %d",
                                    offers->workers, CASE_OTHERS_MAX + 1);
        }
        reading->offers_max[severity] = offers->offers_max;
        Sanji__Attempts *out = rulesfile_take(reading, sizeof *out);
        sanji__attempts__init(out);
        out->severity = (Sanji__Severity)severity;
        out->offers_max = offers->offers_max;
        out->broadcast = offers->broadcast;
        out->workers = offers->workers;
        policy->attempts[i] = out;
    }
    for (unsigned severity = 1; severity <= RULESFILE_SEVERITIES; severity++) {
        if (reading->offers_max[severity] == 0) {
            return rulesfile_refuse(at_list(reading, NULL, 0, NULL, "offers"),
                                    "no row for S%u", severity);
        }
    }
    return STATUS_OK;
}

// ---- cost and numbers ----

struct bounded {
    const char *key;
    uint32_t value, max;
};

static enum status check_bounds(struct rulesfile_reading *reading,
                                const struct bounded *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i].value > numbers[i].max) {
            return rulesfile_refuse(at_list(reading, NULL, 0, NULL, numbers[i].key),
                                    "found %u, expected 0 to %u", numbers[i].value,
                                    numbers[i].max);
        }
    }
    return STATUS_OK;
}

static enum status compile_cost(struct rulesfile_reading *reading,
                                const struct yaml_cost *cost, Sanji__Policy *policy)
{
    const struct bounded numbers[] = {
        {"cost.weights.backlog", cost->weights.backlog, WEIGHT_MAX},
        {"cost.weights.history", cost->weights.history, WEIGHT_MAX},
        {"cost.weights.zone", cost->weights.zone, WEIGHT_MAX},
        {"cost.zone.near", cost->zone.near, WEIGHT_MAX},
        {"cost.zone.community", cost->zone.community, WEIGHT_MAX},
        {"cost.zone.other", cost->zone.other, WEIGHT_MAX},
        {"cost.role.volunteer", cost->role.volunteer, WEIGHT_MAX},
        {"cost.role.social_worker", cost->role.social_worker, WEIGHT_MAX},
        {"cost.role.professional", cost->role.professional, WEIGHT_MAX},
        {"cost.role.fulltime", cost->role.fulltime, WEIGHT_MAX},
        {"cost.again", cost->again, WEIGHT_MAX},
        {"cost.overload_price", cost->overload_price, WEIGHT_MAX},
        {"cost.overload_permille", cost->overload_permille, WEIGHT_MAX},
        {"cost.backlog_max_permille", cost->backlog_max_permille, WEIGHT_MAX},
        {"cost.considered_max", cost->considered_max, WORKERS_MAX},
    };
    uint32_t floor_s = 0;
    enum status status = check_bounds(reading, numbers, sizeof numbers / sizeof numbers[0]);
    if (status == STATUS_OK) {
        status = rulesfile_duration(at_list(reading, NULL, 0, NULL, "cost.newcomer_floor"),
                                    cost->newcomer_floor, FLOOR_MAX_S, &floor_s);
    }
    Sanji__Cost *out = rulesfile_take(reading, sizeof *out);
    sanji__cost__init(out);
    policy->cost = out;
    out->backlog = cost->weights.backlog;
    out->history = cost->weights.history;
    out->zone = cost->weights.zone;
    out->zone_near = cost->zone.near;
    out->zone_community = cost->zone.community;
    out->zone_other = cost->zone.other;
    out->role_volunteer = cost->role.volunteer;
    out->role_social = cost->role.social_worker;
    out->role_professional = cost->role.professional;
    out->role_fulltime = cost->role.fulltime;
    out->again = cost->again;
    out->overload_price = cost->overload_price;
    out->overload_permille = cost->overload_permille;
    out->newcomer_floor_min = floor_s / 60;
    out->backlog_max_permille = cost->backlog_max_permille;
    out->considered_max = cost->considered_max;
    return status;
}

static enum status compile_reasons(struct rulesfile_reading *reading,
                                   const struct yaml_policy *yaml, Sanji__Policy *policy)
{
    size_t rows[REASON_MAX + 1] = {0};
    policy->reasons = RULESFILE_TAKE_ARRAY(reading, Sanji__Reason *, yaml->reasons_count);
    policy->n_reasons = yaml->reasons_count;
    for (size_t i = 0; i < yaml->reasons_count; i++) {
        const struct yaml_reason *reason = &yaml->reasons[i];
        struct rulesfile_at at = at_list(reading, "reasons", i, NULL, "code");
        if (reason->code < REASON_MIN || reason->code > REASON_MAX) {
            return rulesfile_refuse(at, "found %u, expected %d to %d", reason->code,
                                    REASON_MIN, REASON_MAX);
        }
        if (rows[reason->code] != 0) {
            return rulesfile_refuse(at, "%u stands twice, first as reasons[%zu]",
                                    reason->code, rows[reason->code]);
        }
        rows[reason->code] = i + 1;
        Sanji__Reason *out = rulesfile_take(reading, sizeof *out);
        sanji__reason__init(out);
        out->code = reason->code;
        out->name_zh = reason->name;
        out->name_en = reason->name_en;
        policy->reasons[i] = out;
    }
    return STATUS_OK;
}

static enum status compile_numbers(struct rulesfile_reading *reading,
                                   const struct yaml_policy *yaml, Sanji__Policy *policy)
{
    const struct bounded numbers[] = {
        {"check_sample_permille", yaml->check_sample_permille, PERMILLE},
        {"reopens_max", yaml->reopens_max, TIMES_MAX},
        {"revisit_attempts", yaml->revisit_attempts, TIMES_MAX},
        {"rework_floor_permille", yaml->rework_floor_permille, PERMILLE},
    };
    int tier = 0;
    enum status status = check_bounds(reading, numbers, sizeof numbers / sizeof numbers[0]);
    struct rulesfile_at at = at_list(reading, NULL, 0, NULL, "s1_first_tier");
    if (status == STATUS_OK && yaml->revisit_attempts == 0) {
        status = rulesfile_refuse(rulesfile_key(at, "revisit_attempts"),
                                  "found 0, expected 1 to %d", TIMES_MAX);
    }
    if (status == STATUS_OK) {
        status = rulesfile_word(at, &sanji__tier__descriptor, "TIER_", yaml->s1_first_tier,
                                &tier);
    }
    if (status == STATUS_OK && (tier == TIER_GRID || tier == TIER_MUNICIPAL)) {
        status = rulesfile_refuse(at, "%s has no desk here", yaml->s1_first_tier);
    }
    policy->s1_first_tier = (Sanji__Tier)tier;
    policy->check_sample_permille = yaml->check_sample_permille;
    policy->reopens_max = yaml->reopens_max;
    policy->revisit_attempts = yaml->revisit_attempts;
    policy->rework_floor_permille = yaml->rework_floor_permille;
    reading->revisit_attempts = yaml->revisit_attempts;
    return status;
}

enum status rulesfile_policy(struct rulesfile_reading *reading, Sanji__Policy *policy)
{
    const struct yaml_policy *yaml = reading->files[FILE_POLICY].data;
    enum status status = compile_sources(reading, yaml, policy);
    if (status == STATUS_OK) {
        status = compile_offers(reading, yaml, policy);
    }
    if (status == STATUS_OK) {
        status = compile_cost(reading, &yaml->cost, policy);
    }
    if (status == STATUS_OK) {
        status = compile_reasons(reading, yaml, policy);
    }
    if (status == STATUS_OK) {
        status = rulesfile_intake(reading, policy);
    }
    if (status == STATUS_OK) {
        status = rulesfile_escalation(reading, policy);
    }
    if (status == STATUS_OK) {
        status = compile_numbers(reading, yaml, policy);
    }
    return status == STATUS_OK ? rulesfile_public(reading, policy) : status;
}

// ---- labels ----

static enum status need_label(struct rulesfile_reading *reading,
                              const struct rulesfile_names *names, const char *group,
                              const char *word)
{
    char key[KEY_SIZE];
    size_t index;
    (void)snprintf(key, sizeof key, "%s.%s", group, word); // our own words: they fit
    if (rulesfile_names_find(names, key, &index)) {
        return STATUS_OK;
    }
    struct rulesfile_at at = {reading, FILE_LABELS, NULL, 0, NULL, "labels", NULL};
    return rulesfile_refuse(at, "no label '%s'", key);
}

static enum status need_words(struct rulesfile_reading *reading,
                              const struct rulesfile_names *names)
{
    enum status status = STATUS_OK;
    for (unsigned g = 0; g < LABEL_REQUIRED; g++) {
        const struct label_words *group = label_words(g);
        for (unsigned i = 0; i < group->words->n_values && status == STATUS_OK; i++) {
            const char *word = group->words->values[i].name + strlen(group->prefix);
            if (strcmp(word, "UNSPECIFIED") != 0) {
                status = need_label(reading, names, group->group, word);
            }
        }
    }
    return status;
}

static enum status need_others(struct rulesfile_reading *reading,
                               const struct rulesfile_names *names)
{
    const struct yaml_policy *policy = reading->files[FILE_POLICY].data;
    enum status status = STATUS_OK;
    for (unsigned type = 0; type < EVENT_TYPES && status == STATUS_OK; type++) {
        if (vocab_event_owner(type) != OWNER_NONE) {
            status = need_label(reading, names, "event", vocab_event_name(type));
        }
    }
    for (unsigned filter = 1; filter < FILTER_COUNT && status == STATUS_OK; filter++) {
        status = need_label(reading, names, "filter", vocab_filter_name(filter));
    }
    for (const char *skill = RULESFILE_SKILLS; *skill != '\0' && status == STATUS_OK;
         skill++) {
        status = need_label(reading, names, "skill", (const char[]){*skill, '\0'});
    }
    for (unsigned major = 0; major <= MAJORS && status == STATUS_OK; major++) {
        char text[KEY_SIZE];
        (void)snprintf(text, sizeof text, "%02u", major);
        status = need_label(reading, names, "major", text);
    }
    for (size_t i = 0; i < policy->reasons_count && status == STATUS_OK; i++) {
        char group = (char)('0' + policy->reasons[i].code / 100 % REASON_GROUPS);
        status = need_label(reading, names, "reason", (const char[]){group, '\0'});
    }
    return status;
}

enum status rulesfile_labels(struct rulesfile_reading *reading, Sanji__Labels *labels)
{
    const struct yaml_labels *yaml = reading->files[FILE_LABELS].data;
    struct rulesfile_names names;
    struct rulesfile_at at = {reading, FILE_LABELS, "labels", 0, NULL, "key", NULL};
    enum status status = rulesfile_names_of(&names, at, yaml->labels,
                                            sizeof yaml->labels[0], yaml->labels_count);
    labels->labels = RULESFILE_TAKE_ARRAY(reading, Sanji__Label *, yaml->labels_count);
    labels->n_labels = yaml->labels_count;
    for (size_t i = 0; i < yaml->labels_count; i++) {
        Sanji__Label *out = rulesfile_take(reading, sizeof *out);
        sanji__label__init(out);
        out->key = yaml->labels[i].key;
        out->zh = yaml->labels[i].zh;
        out->en = yaml->labels[i].en;
        labels->labels[i] = out;
    }
    if (status == STATUS_OK) {
        status = need_words(reading, &names);
    }
    return status == STATUS_OK ? need_others(reading, &names) : status;
}
