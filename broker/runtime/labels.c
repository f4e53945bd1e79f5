/* labels.c: see labels.h. */
#include "broker/runtime/labels.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_SIZE = 64,
    REASONS_OF_GROUP = 100
};

static const struct label_words table[LABEL_GROUPS] = {
    [LABEL_STATE] = {&sanji__case_state__descriptor, "CASE_STATE_", "state"},
    [LABEL_TIMER] = {&sanji__timer_kind__descriptor, "TIMER_KIND_", "timer"},
    [LABEL_ROLE] = {&sanji__role__descriptor, "ROLE_", "role"},
    [LABEL_SEVERITY] = {&sanji__severity__descriptor, "SEVERITY_", "severity"},
    [LABEL_TIER] = {&sanji__tier__descriptor, "TIER_", "tier"},
    [LABEL_SOURCE] = {&sanji__source__descriptor, "SOURCE_", "source"},
    [LABEL_STATEMENT] = {&sanji__statement_kind__descriptor, "STATEMENT_KIND_",
                         "statement"},
    [LABEL_RESOLUTION] = {&sanji__resolution__descriptor, "RESOLUTION_", "resolution"},
    [LABEL_SATISFACTION] = {&sanji__satisfaction__descriptor, "SATISFACTION_",
                            "satisfaction"},
    [LABEL_CLOSE_HOW] = {&sanji__close_how__descriptor, "CLOSE_HOW_", "close_how"},
    [LABEL_SUPERVISE] = {&sanji__supervise_level__descriptor, "SUPERVISE_LEVEL_",
                         "supervise"},
    [LABEL_DUTY] = {&sanji__duty__descriptor, "DUTY_", "duty"},
    [LABEL_CLOCK] = {&sanji__clock__descriptor, "CLOCK_", "clock"},
    [LABEL_CAUSE] = {&sanji__escalation_cause__descriptor, "ESCALATION_CAUSE_", "cause"},
    [LABEL_DECISION] = {&sanji__decision_kind__descriptor, "DECISION_KIND_", "decision"},
    [LABEL_UPSTREAM_UPDATE] = {&sanji__upstream_update__descriptor, "UPSTREAM_UPDATE_",
                               "upstream_update"},
    [LABEL_EXHAUSTED] = {&sanji__exhausted_cause__descriptor, "EXHAUSTED_CAUSE_",
                         "exhausted"},
    [LABEL_NOTE_KIND] = {&sanji__note_kind__descriptor, "NOTE_KIND_", "note_kind"},
    [LABEL_PURPOSE] = {&sanji__purpose__descriptor, "PURPOSE_", "purpose"},
    [LABEL_STATUS] = {&sanji__msg_status__descriptor, "MSG_STATUS_", "status"},
    [LABEL_RULES] = {&sanji__rules_kind__descriptor, "RULES_KIND_", "rules"},
    [LABEL_SENSITIVITY] = {&sanji__sensitivity__descriptor, "SENSITIVITY_", "sensitivity"},
    [LABEL_DATUM] = {&sanji__datum__descriptor, "DATUM_", "datum"},
};

const struct label_words *label_words(enum label_group group)
{
    assert(group < LABEL_GROUPS);
    return &table[group];
}

const char *label_word(const struct rules *rules, const char *group, const char *word,
                       bool english)
{
    char key[KEY_SIZE];
    const int size = snprintf(key, sizeof key, "%s.%s", group, word);
    assert(size > 0 && (size_t)size < sizeof key);
    const char *label = rules_label(rules, key, english);
    return label != NULL ? label : word;
}

const char *label_of(const struct rules *rules, enum label_group group, int number,
                     bool english)
{
    const struct label_words *words = label_words(group);
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(words->words, number);
    if (value == NULL) {
        return "?"; // a number of a later version
    }
    const char *word = value->name + strlen(words->prefix);
    // SUPERVISE_LEVEL_NONE is a level like the others; UNSPECIFIED is no value at all.
    return strcmp(word, "UNSPECIFIED") == 0
               ? ""
               : label_word(rules, words->group, word, english);
}

const char *label_reason(const struct rules *rules, unsigned code, bool english)
{
    const Sanji__Policy *policy = rules_policy(rules);
    for (size_t i = 0; policy != NULL && i < policy->n_reasons; i++) {
        if (policy->reasons[i]->code == code) {
            return english ? policy->reasons[i]->name_en : policy->reasons[i]->name_zh;
        }
    }
    char group[KEY_SIZE];
    (void)snprintf(group, sizeof group, "reason.%u", code / REASONS_OF_GROUP); // fits
    const char *label = code != 0 ? rules_label(rules, group, english) : NULL;
    return label != NULL ? label : "";
}
