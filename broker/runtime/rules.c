/* rules.c: collecting parts, checking the hash, decoding, and building what lookups use.
 *
 * Invariants
 *  1. A kind changes as a whole or not at all: everything of the new version is built and
 *     found sound before the old one is let go.
 *  2. Decoded content passed wire_check, so the log cannot make a reader run out of memory.
 */
#include "broker/runtime/rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/rules_tables.h"
#include "proto/id.h"
#include "proto/limits.h"
#include "proto/wire.h"

enum {
    HASH_SIZE = 32,
    /* Decoded rules are 3 to 10 times their wire form; protobuf-c's worst is 90 (wire.h). */
    ARENA_FACTOR = 96,
    ARENA_SLACK = 64 * 1024
};

static const ProtobufCMessageDescriptor *const descriptors[RULES_KINDS] = {
    [SANJI__RULES_KIND__RULES_KIND_ORG] = &sanji__org__descriptor,
    [SANJI__RULES_KIND__RULES_KIND_ROSTER] = &sanji__roster__descriptor,
    [SANJI__RULES_KIND__RULES_KIND_SLA] = &sanji__sla__descriptor,
    [SANJI__RULES_KIND__RULES_KIND_CALENDAR] = &sanji__calendar__descriptor,
    [SANJI__RULES_KIND__RULES_KIND_POLICY] = &sanji__policy__descriptor,
    [SANJI__RULES_KIND__RULES_KIND_LABELS] = &sanji__labels__descriptor,
};

struct rules *rules_new(void)
{
    return memory_new(1, sizeof(struct rules));
}

void rules_free(struct rules **rules)
{
    assert(rules != NULL);
    struct rules *self = *rules;
    if (self == NULL) {
        return;
    }
    for (unsigned kind = 0; kind < RULES_KINDS; kind++) {
        arena_free(&self->sets[kind].arena);
        memory_free(self->sets[kind].content);
        memory_free(self->sets[kind].spelled);
        memory_free(self->parts[kind].content);
    }
    memory_free(self->units.rows);
    memory_free(self->grids.rows);
    memory_free(self->workers.rows);
    memory_free(self->categories.rows);
    memory_free(self->labels.rows);
    memory_free(self);
    *rules = NULL;
}

/* ---- sorted tables ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct rules_row *x = a;
    const struct rules_row *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

const void *rules_index_find(const struct rules_index *index, uint32_t key)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->rows[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < index->count && index->rows[low].key == key ? index->rows[low].item : NULL;
}

static void index_open(struct rules_index *index, size_t count)
{
    index->rows = memory_new(count > 0 ? count : 1, sizeof *index->rows);
    index->count = 0;
}

static void index_add(struct rules_index *index, uint32_t key, const void *item)
{
    index->rows[index->count] = (struct rules_row){key, item};
    index->count++;
}

static void index_sort(struct rules_index *index)
{
    qsort(index->rows, index->count, sizeof *index->rows, compare_rows);
}

static bool index_is_unique(const struct rules_index *index)
{
    for (size_t i = 1; i < index->count; i++) {
        if (index->rows[i - 1].key == index->rows[i].key) {
            return false;
        }
    }
    return true;
}

static void index_take(struct rules_index *index, struct rules_index *taken)
{
    memory_free(index->rows);
    *index = *taken;
    *taken = (struct rules_index){0};
}

/* ---- one kind each: false when the content cannot be used ---- */

static bool add_path(struct rules_index *index, const char *text, uint32_t *place,
                     const void *item)
{
    struct org_path path = {0};
    if (org_parse(text, &path) != STATUS_OK || path.place % 1000 == 0) {
        return false;
    }
    if (*place != 0 && *place != path.place) {
        return false; // a log serves one sub-district
    }
    *place = path.place;
    index_add(index, path.packed, item);
    return true;
}

static bool build_org(struct rules *rules, const Sanji__Org *org)
{
    struct rules_index units = {0};
    struct rules_index grids = {0};
    uint32_t place = 0;
    bool is_good = true;
    index_open(&units, org->n_units);
    index_open(&grids, org->n_grids);
    for (size_t i = 0; i < org->n_units && is_good; i++) {
        is_good = add_path(&units, org->units[i]->path, &place, org->units[i]);
    }
    for (size_t i = 0; i < org->n_grids && is_good; i++) {
        is_good = add_path(&grids, org->grids[i]->path, &place, org->grids[i]);
    }
    index_sort(&units);
    index_sort(&grids);
    is_good = is_good && place != 0 && index_is_unique(&units) && index_is_unique(&grids);
    if (is_good) {
        index_take(&rules->units, &units);
        index_take(&rules->grids, &grids);
        rules->place = place;
    }
    memory_free(units.rows);
    memory_free(grids.rows);
    return is_good;
}

static bool build_roster(struct rules *rules, const Sanji__Roster *roster)
{
    struct rules_index workers = {0};
    bool is_good = true;
    index_open(&workers, roster->n_workers);
    for (size_t i = 0; i < roster->n_workers && is_good; i++) {
        uint32_t number = 0;
        is_good = id_worker_parse(roster->workers[i]->worker, &number) == STATUS_OK &&
                  number != 0;
        index_add(&workers, number, roster->workers[i]);
    }
    index_sort(&workers);
    is_good = is_good && index_is_unique(&workers);
    if (is_good) {
        index_take(&rules->workers, &workers);
    }
    memory_free(workers.rows);
    return is_good;
}

static bool build_sla(struct rules *rules, const Sanji__Sla *sla)
{
    const Sanji__Limit *limits[TIMER_COUNT][SEVERITIES] = {{NULL}};
    for (size_t i = 0; i < sla->n_limits; i++) {
        const Sanji__Limit *limit = sla->limits[i];
        if ((unsigned)limit->kind >= TIMER_COUNT ||
            (unsigned)limit->severity >= SEVERITIES) {
            return false;
        }
        limits[limit->kind][limit->severity] = limit;
    }
    struct rules_index categories = {0};
    bool is_good = true;
    index_open(&categories, sla->n_categories);
    for (size_t i = 0; i < sla->n_categories && is_good; i++) {
        uint32_t number = 0;
        is_good = id_category_parse(sla->categories[i]->code, &number) == STATUS_OK;
        index_add(&categories, number, sla->categories[i]);
    }
    index_sort(&categories);
    is_good = is_good && index_is_unique(&categories);
    if (is_good) {
        index_take(&rules->categories, &categories);
        memcpy(rules->limits, limits, sizeof limits);
    }
    memory_free(categories.rows);
    return is_good;
}

static int compare_days(const void *a, const void *b)
{
    // Both are the anonymous rows of struct calendar, which begin with the day.
    const uint32_t *x = a;
    const uint32_t *y = b;
    return (*x > *y) - (*x < *y);
}

static bool add_days(struct calendar *calendar, const uint32_t *days, size_t count,
                     bool works)
{
    for (size_t i = 0; i < count; i++) {
        if (calendar->day_count == CALENDAR_DAYS_MAX) {
            return false;
        }
        calendar->days[calendar->day_count].day = days[i];
        calendar->days[calendar->day_count].works = works;
        calendar->day_count++;
    }
    return true;
}

static bool add_spans(struct calendar *calendar, const Sanji__Calendar *from)
{
    if (from->n_spans > CALENDAR_SPANS_MAX || from->weekdays > 127) {
        return false;
    }
    uint32_t last = 0;
    for (size_t i = 0; i < from->n_spans; i++) {
        const Sanji__Span *span = from->spans[i];
        if (span->from_min < last || span->from_min >= span->to_min ||
            span->to_min > 24 * 60) {
            return false;
        }
        calendar->spans[i].from_min = (uint16_t)span->from_min;
        calendar->spans[i].to_min = (uint16_t)span->to_min;
        last = span->to_min;
    }
    calendar->weekdays = (uint8_t)from->weekdays;
    calendar->span_count = (uint8_t)from->n_spans;
    return true;
}

static bool build_calendar(struct rules *rules, const Sanji__Calendar *from)
{
    struct calendar calendar = {.utc_offset_min = from->utc_offset_min};
    if (from->utc_offset_min < -24 * 60 || from->utc_offset_min > 24 * 60 ||
        !add_spans(&calendar, from)) {
        return false;
    }
    for (size_t i = 0; i < from->n_years; i++) {
        const Sanji__Year *year = from->years[i];
        if (year->year > UINT16_MAX ||
            !add_days(&calendar, year->holidays, year->n_holidays, false) ||
            !add_days(&calendar, year->workdays, year->n_workdays, true)) {
            return false;
        }
        if (calendar.year_first == 0 || year->year < calendar.year_first) {
            calendar.year_first = (uint16_t)year->year;
        }
    }
    for (size_t i = 0; i < from->n_years; i++) {
        const uint32_t place = from->years[i]->year - calendar.year_first;
        if (place >= CALENDAR_YEARS_MAX) {
            return false;
        }
        calendar.years |= UINT64_C(1) << place;
    }
    qsort(calendar.days, calendar.day_count, sizeof calendar.days[0], compare_days);
    for (size_t i = 1; i < calendar.day_count; i++) {
        if (calendar.days[i - 1].day == calendar.days[i].day) {
            return false; // one day cannot be both
        }
    }
    rules->calendar = calendar;
    return true;
}

static bool build_labels(struct rules *rules, const Sanji__Labels *labels)
{
    struct rules_index index = {0};
    index_open(&index, labels->n_labels);
    for (size_t i = 0; i < labels->n_labels; i++) {
        const char *key = labels->labels[i]->key;
        index_add(&index, crc32c(0, key, strlen(key)), labels->labels[i]);
    }
    index_sort(&index);
    index_take(&rules->labels, &index);
    return true;
}

static bool build(struct rules *rules, Sanji__RulesKind kind,
                  const ProtobufCMessage *message)
{
    switch (kind) {
    case SANJI__RULES_KIND__RULES_KIND_ORG:
        return build_org(rules, (const Sanji__Org *)message);
    case SANJI__RULES_KIND__RULES_KIND_ROSTER:
        return build_roster(rules, (const Sanji__Roster *)message);
    case SANJI__RULES_KIND__RULES_KIND_SLA:
        return build_sla(rules, (const Sanji__Sla *)message);
    case SANJI__RULES_KIND__RULES_KIND_CALENDAR:
        return build_calendar(rules, (const Sanji__Calendar *)message);
    case SANJI__RULES_KIND__RULES_KIND_LABELS:
        return build_labels(rules, (const Sanji__Labels *)message);
    case SANJI__RULES_KIND__RULES_KIND_POLICY:
        return true;
    case SANJI__RULES_KIND__RULES_KIND_UNSPECIFIED:
    case _SANJI__RULES_KIND_IS_INT_SIZE:
    default:
        return false;
    }
}

/* ---- parts ---- */

// A kind whose last part has come: hash, decode, build, and only then replace.
static enum status put_in_force(struct rules *rules, Sanji__RulesKind kind,
                                const Sanji__RulesPublished *last)
{
    struct rules_parts *parts = &rules->parts[kind];
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    int hashed =
        EVP_Digest(parts->content, parts->size, hash, &hash_size, EVP_sha256(), NULL);
    assert(hashed == 1 && hash_size == HASH_SIZE);
    if (last->sha256.len != HASH_SIZE || memcmp(last->sha256.data, hash, HASH_SIZE) != 0) {
        return STATUS_INVALID;
    }
    struct rules_set set = {.version = parts->version};
    memcpy(set.hash, hash, HASH_SIZE);
    set.arena = arena_new(parts->size * ARENA_FACTOR + ARENA_SLACK);
    ProtobufCMessage *message = NULL;
    if (wire_unpack(descriptors[kind], (struct bytes){parts->content, parts->size},
                    set.arena, &message) != STATUS_OK ||
        (kind == SANJI__RULES_KIND__RULES_KIND_ROSTER &&
         !rules_roster_spell(&message, &set.spelled)) ||
        !build(rules, kind, message)) {
        arena_free(&set.arena);
        memory_free(set.spelled);
        return STATUS_INVALID;
    }
    set.message = message;
    set.content = parts->content;
    set.content_size = parts->size;
    parts->content = NULL;
    arena_free(&rules->sets[kind].arena);
    memory_free(rules->sets[kind].content);
    memory_free(rules->sets[kind].spelled);
    rules->sets[kind] = set;
    return STATUS_OK;
}

static bool fits(const struct rules *rules, const Sanji__RulesPublished *part)
{
    const struct rules_parts *open = &rules->parts[part->kind];
    if (part->parts == 0 || part->parts > RULES_PARTS_MAX || part->part == 0 ||
        part->part > part->parts || part->content.len > RULES_PART_SIZE_MAX) {
        return false;
    }
    if (part->part == 1) {
        return part->version > rules->sets[part->kind].version;
    }
    return open->next == part->part && open->version == part->version &&
           open->parts == part->parts;
}

enum status rules_fold(struct rules *rules, const Sanji__RulesPublished *part)
{
    assert(rules != NULL && part != NULL);
    if ((unsigned)part->kind >= RULES_KINDS || descriptors[part->kind] == NULL) {
        return STATUS_INVALID;
    }
    struct rules_parts *open = &rules->parts[part->kind];
    if (!fits(rules, part)) {
        open->next = 0;
        return STATUS_INVALID;
    }
    if (part->part == 1) {
        open->version = part->version;
        open->parts = part->parts;
        open->size = 0;
    }
    open->content = memory_resize(open->content, open->size + part->content.len + 1, 1);
    if (part->content.len > 0) {
        memcpy(open->content + open->size, part->content.data, part->content.len);
    }
    open->size += part->content.len;
    open->next = part->part + 1;
    if (part->part < part->parts) {
        return STATUS_OK;
    }
    enum status status = put_in_force(rules, part->kind, part);
    memory_free(open->content);
    *open = (struct rules_parts){0};
    return status;
}

/* ---- what is in force ---- */

uint32_t rules_version(const struct rules *rules, Sanji__RulesKind kind)
{
    assert((unsigned)kind < RULES_KINDS);
    return rules->sets[kind].version;
}

const uint8_t *rules_hash(const struct rules *rules, Sanji__RulesKind kind)
{
    assert((unsigned)kind < RULES_KINDS);
    return rules->sets[kind].version != 0 ? rules->sets[kind].hash : NULL;
}

bool rules_complete(const struct rules *rules)
{
    return rules_org(rules) != NULL && rules_roster(rules) != NULL &&
           rules_sla(rules) != NULL && rules_policy(rules) != NULL &&
           rules_version(rules, SANJI__RULES_KIND__RULES_KIND_CALENDAR) != 0;
}

uint32_t rules_place(const struct rules *rules)
{
    return rules->place;
}

int32_t rules_utc_offset_min(const struct rules *rules)
{
    return rules->calendar.utc_offset_min;
}

const struct calendar *rules_calendar(const struct rules *rules)
{
    return &rules->calendar;
}

const Sanji__Sla *rules_sla(const struct rules *rules)
{
    return (const Sanji__Sla *)rules->sets[SANJI__RULES_KIND__RULES_KIND_SLA].message;
}

const Sanji__Policy *rules_policy(const struct rules *rules)
{
    return (const Sanji__Policy *)rules->sets[SANJI__RULES_KIND__RULES_KIND_POLICY].message;
}

const Sanji__Org *rules_org(const struct rules *rules)
{
    return (const Sanji__Org *)rules->sets[SANJI__RULES_KIND__RULES_KIND_ORG].message;
}

const Sanji__Roster *rules_roster(const struct rules *rules)
{
    return (const Sanji__Roster *)rules->sets[SANJI__RULES_KIND__RULES_KIND_ROSTER].message;
}
