/* rulesfile_check.h: what the checks of the rule files share: where an entry stands, how a
 * mistake is said, names with their nearest, and words, dates, times and durations.
 *
 * Internal to rulesfile_*.c. Everything that may fail fills the reading's fault with
 * "FILE:LINE:COLUMN: list[entry] NAME.key: what was found, what was expected" and returns
 * INVALID. Entries are counted from 1 in messages.
 */
#ifndef RUNTIME_RULESFILE_CHECK_H
#define RUNTIME_RULESFILE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "broker/runtime/rulesfile_text.h"
#include "broker/runtime/rulesfile_yaml.h"
#include "proto/arena.h"
#include "proto/org.h"
#include "proto/status.h"
#include "rules.pb-c.h"

enum {
    RULESFILE_SEVERITIES = 4,
    RULESFILE_WARNINGS_MAX = 100, // more are counted, not kept
    RULESFILE_DAYS = 7,
    RULESFILE_DAY_MIN = 24 * 60
};

/* The letters of skills. */
#define RULESFILE_SKILLS "gmpkjcsu"

enum rulesfile_name {
    FILE_SANJI,
    FILE_ORG,
    FILE_ROSTER,
    FILE_SLA,
    FILE_CALENDAR,
    FILE_POLICY,
    FILE_LABELS,
    FILE_COUNT
};

/* Names sorted for looking up; index is the entry's in its list. */
struct rulesfile_names {
    struct rulesfile_named {
        const char *text;
        size_t index;
    } * sorted;

    size_t count;
};

/* Everything known while the files are read. */
struct rulesfile_reading {
    struct rulesfile_text files[FILE_COUNT];
    struct fault *fault;
    struct arena *arena; // of the compiled messages and of the names
    bool strict;
    char **warnings;
    size_t warning_count; // kept and not kept

    int32_t utc_offset_min;
    struct rulesfile_names units, grids, paths, teams, partners, authorities;
    uint32_t offers_max[RULESFILE_SEVERITIES + 1]; // by severity
    uint32_t revisit_attempts;
};

/* Where a message points: an entry of a list of a file, a key in it (NULL: the entry). */
struct rulesfile_at {
    struct rulesfile_reading *reading;
    enum rulesfile_name file;
    const char *list; // NULL: a key of the file itself
    size_t index;     // from 0
    const char *name; // of the entry, "" or NULL: none
    const char *key;
    const char *value; // a text in a list under the key (NULL: none), for its line
};

/* The same entry, another key. */
struct rulesfile_at rulesfile_key(struct rulesfile_at at, const char *key);

/* Fills the fault. Returns INVALID. */
MUST_CHECK enum status rulesfile_refuse(struct rulesfile_at at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Keeps the message and returns OK; in a strict reading it is refused. */
MUST_CHECK enum status rulesfile_warn(struct rulesfile_at at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed memory of the reading; the arena is sized by the files, so it cannot run out. */
void *rulesfile_take(struct rulesfile_reading *reading, size_t size);
#define RULESFILE_TAKE_ARRAY(reading, type, count)                                         \
    ((type *)rulesfile_take((reading), ((count) + 1) * sizeof(type)))

/* ---- names ---- */

/* Sorts the texts that `names` holds. Fails: INVALID when one stands twice: `at` gets the
 * index of the later one and the fault names the earlier. */
MUST_CHECK enum status rulesfile_names_sort(struct rulesfile_names *names,
                                            struct rulesfile_at at);
/* Room for `count` names, to be filled in any order and then sorted. */
void rulesfile_names_reserve(struct rulesfile_reading *reading,
                             struct rulesfile_names *names, size_t count);
void rulesfile_names_add(struct rulesfile_names *names, const char *text, size_t index);
/* Reserves, fills and sorts: `entries` is an array of structs of `entry_size` bytes whose
 * first member is the name. */
MUST_CHECK enum status rulesfile_names_of(struct rulesfile_names *names,
                                          struct rulesfile_at at, const void *entries,
                                          size_t entry_size, size_t count);
bool rulesfile_names_find(const struct rulesfile_names *names, const char *text,
                          size_t *index);
/* Finds, or refuses with `what` ("grid"), the text found and the nearest valid ones. */
MUST_CHECK enum status rulesfile_names_need(const struct rulesfile_names *names,
                                            struct rulesfile_at at, const char *what,
                                            const char *text, size_t *index);

/* ---- values ---- */

/* A word of an enum of vocab.proto without its prefix ("CASE_STATE_"). 0 is never meant. */
MUST_CHECK enum status rulesfile_word(struct rulesfile_at at,
                                      const ProtobufCEnumDescriptor *words,
                                      const char *prefix, const char *text, int *value);
/* One of a few words; *value becomes its place in `words`, which ends with NULL. */
MUST_CHECK enum status rulesfile_choice(struct rulesfile_at at, const char *const *words,
                                        const char *text, size_t *value);
/* 15m, at least a second, at most `max_s`. A number without a unit is refused. */
MUST_CHECK enum status rulesfile_duration(struct rulesfile_at at, const char *text,
                                          uint32_t max_s, uint32_t *duration_s);
/* "08:00" .. "24:00" as minutes. */
MUST_CHECK enum status rulesfile_minute(struct rulesfile_at at, const char *text,
                                        uint32_t *minute);
/* 2020-08-15 -> 20200815. */
MUST_CHECK enum status rulesfile_date(struct rulesfile_at at, const char *text,
                                      uint32_t *day);
/* Skill letters, each known and once, as bits by their place in RULESFILE_SKILLS. */
MUST_CHECK enum status rulesfile_skill(struct rulesfile_at at, const char *text,
                                       uint32_t *bit);
/* Names of days as bits, bit 0 = Monday. */
MUST_CHECK enum status rulesfile_days(struct rulesfile_at at, char *const *days,
                                      size_t count, uint32_t *bits);
MUST_CHECK enum status rulesfile_permille(struct rulesfile_at at, uint32_t value,
                                          uint32_t max);

/* The next day of the calendar: 20200131 -> 20200201. */
uint32_t rulesfile_next_day(uint32_t day);
/* 0 = Monday. */
unsigned rulesfile_weekday(uint32_t day);

/* ---- compilers: one a file, each checks and gives the message ---- */

/* Teams, Party branches, partners, sites. */
MUST_CHECK enum status rulesfile_groups(struct rulesfile_reading *reading, Sanji__Org *org);
/* Overlaps, neighbours, contiguity; `paths` are those of org->grids. */
MUST_CHECK enum status rulesfile_geometry(struct rulesfile_reading *reading,
                                          const Sanji__Org *org,
                                          const struct org_path *paths);
MUST_CHECK enum status rulesfile_org(struct rulesfile_reading *reading, Sanji__Org *org);
MUST_CHECK enum status rulesfile_roster(struct rulesfile_reading *reading,
                                        Sanji__Roster *roster);
MUST_CHECK enum status rulesfile_sla(struct rulesfile_reading *reading, Sanji__Sla *sla);
MUST_CHECK enum status rulesfile_calendar(struct rulesfile_reading *reading,
                                          Sanji__Calendar *calendar);
MUST_CHECK enum status rulesfile_policy(struct rulesfile_reading *reading,
                                        Sanji__Policy *policy);
/* The section `intake` of policy.yaml. */
MUST_CHECK enum status rulesfile_intake(struct rulesfile_reading *reading,
                                        Sanji__Policy *policy);
/* The sections of policy.yaml about what audit publishes. */
MUST_CHECK enum status rulesfile_public(struct rulesfile_reading *reading,
                                        Sanji__Policy *policy);
/* What the command centre does by itself: Policy.escalation. */
MUST_CHECK enum status rulesfile_escalation(struct rulesfile_reading *reading,
                                            Sanji__Policy *policy);
/* The section `dispatch` of policy.yaml; after the organisation, whose partners it names. */
MUST_CHECK enum status rulesfile_dispatch(struct rulesfile_reading *reading,
                                          Sanji__Policy *policy);
MUST_CHECK enum status rulesfile_labels(struct rulesfile_reading *reading,
                                        Sanji__Labels *labels);

#endif
