/* labels.h: what numbers are called on screens, in Chinese and in English.
 *
 *     (group, number) -> "timer.ACK" -> the label of that key in the rules in force
 *
 * One table of groups; whoever prints looks here. A log whose labels are older than a word
 * shows the word itself, so nothing is ever printed empty. Without a row for every word of the
 * groups before LABEL_REQUIRED no system starts (rulesfile_policy.c): screens are made of
 * them. test_labels.c wants every word of every group.
 */
#ifndef RUNTIME_LABELS_H
#define RUNTIME_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "broker/runtime/rules.h"

enum label_group {
    LABEL_STATE,
    LABEL_TIMER,
    LABEL_ROLE,
    LABEL_SEVERITY,
    LABEL_TIER,
    LABEL_SOURCE,
    LABEL_STATEMENT,
    LABEL_RESOLUTION,
    LABEL_SATISFACTION,
    LABEL_CLOSE_HOW,
    LABEL_SUPERVISE,
    LABEL_DUTY,
    LABEL_CLOCK,
    LABEL_CAUSE,
    LABEL_REQUIRED,
    LABEL_DECISION = LABEL_REQUIRED,
    LABEL_UPSTREAM_UPDATE,
    LABEL_EXHAUSTED,
    LABEL_NOTE_KIND,
    LABEL_PURPOSE,
    LABEL_STATUS,
    LABEL_RULES,
    LABEL_SENSITIVITY,
    LABEL_DATUM,
    LABEL_GROUPS
};

struct label_words {
    const ProtobufCEnumDescriptor *words;
    const char *prefix; /* of the values in vocab.proto */
    const char *group;  /* of the keys: "timer" */
};

const struct label_words *label_words(enum label_group group);

/* Neither returns NULL. Static text or borrowed from the rules; "" for 0. */
const char *label_of(const struct rules *rules, enum label_group group, int number,
                     bool english);
/* Words that are no protobuf enum: "event" + CaseRouted, "filter" + SKILL, "route" + LOWEST. */
const char *label_word(const struct rules *rules, const char *group, const char *word,
                       bool english);
/* A reason code by policy.yaml ("无执法权"), else its group, else "". */
const char *label_reason(const struct rules *rules, unsigned code, bool english);

#endif
