/* rulesfile_check.c: how a mistake in a rule file is said, and how words, dates, times and
 * durations are read. */
#include "broker/runtime/rulesfile_check.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/deadline.h"
#include "proto/digits.h"

static const char *const weekdays[] = {"MON", "TUE", "WED", "THU",
                                       "FRI", "SAT", "SUN", NULL};

struct rulesfile_at rulesfile_key(struct rulesfile_at at, const char *key)
{
    at.key = key;
    return at;
}

// "roster.yaml:14:3: workers[12] W00007.home_grid: "
static void print_at(struct rulesfile_at at, char *text, size_t size)
{
    const struct rulesfile_text *file = &at.reading->files[at.file];
    char key[64] = "";
    if (at.key != NULL) {
        // "backup_grids[2]" stands at "backup_grids", "cost.weights.zone" at "zone".
        const char *last = strrchr(at.key, '.');
        (void)snprintf(key, sizeof key, "%s", last != NULL ? last + 1 : at.key);
        key[strcspn(key, "[")] = '\0';
    }
    struct rulesfile_place place =
        rulesfile_text_find(file, at.list, at.index, at.key != NULL ? key : NULL, at.value);
    int used = snprintf(text, size, "%s:%u:%u: ", file->path, place.line, place.column);
    if (used > 0 && (size_t)used < size && at.list != NULL) {
        bool named = at.name != NULL && at.name[0] != '\0';
        used += snprintf(text + used, size - (size_t)used, "%s[%zu]%s%s%s", at.list,
                         at.index + 1, named ? " " : "", named ? at.name : "",
                         at.key != NULL ? "." : "");
    }
    if (used > 0 && (size_t)used < size) {
        (void)snprintf(text + used, size - (size_t)used,
                       "%s: ", at.key != NULL ? at.key : "");
    }
}

enum status rulesfile_refuse(struct rulesfile_at at, const char *format, ...)
{
    char where[FAULT_TEXT_SIZE];
    char what[FAULT_TEXT_SIZE];
    print_at(at, where, sizeof where);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    return fault_set(at.reading->fault, STATUS_INVALID, "%s%s", where, what);
}

enum status rulesfile_warn(struct rulesfile_at at, const char *format, ...)
{
    struct rulesfile_reading *reading = at.reading;
    if (!reading->strict && reading->warning_count >= RULESFILE_WARNINGS_MAX) {
        reading->warning_count++;
        return STATUS_OK;
    }
    char what[FAULT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if (reading->strict) {
        return rulesfile_refuse(at, "%s (strict: yes)", what);
    }
    char *text = malloc(2 * FAULT_TEXT_SIZE);
    if (text == NULL) {
        return fault_set(reading->fault, STATUS_CANNOT_START, "no memory");
    }
    print_at(at, text, FAULT_TEXT_SIZE);
    size_t used = strlen(text);
    (void)snprintf(text + used, 2 * FAULT_TEXT_SIZE - used, "%s", what); // cut is fine
    reading->warnings[reading->warning_count++] = text;
    return STATUS_OK;
}

void *rulesfile_take(struct rulesfile_reading *reading, size_t size)
{
    void *memory = arena_take(reading->arena, size);
    assert(memory != NULL); // the arena's size comes from the files' sizes
    return memory;
}

// ---- values ----

enum status rulesfile_word(struct rulesfile_at at, const ProtobufCEnumDescriptor *words,
                           const char *prefix, const char *text, int *value)
{
    struct rulesfile_names names = {NULL, 0};
    size_t prefix_size = strlen(prefix);
    for (unsigned i = 0; i < words->n_values; i++) {
        assert(strncmp(words->values[i].name, prefix, prefix_size) == 0);
        if (words->values[i].value != 0 &&
            strcmp(words->values[i].name + prefix_size, text) == 0) {
            *value = words->values[i].value;
            return STATUS_OK;
        }
    }
    rulesfile_names_reserve(at.reading, &names, words->n_values);
    for (unsigned i = 0; i < words->n_values; i++) {
        if (words->values[i].value != 0) {
            rulesfile_names_add(&names, words->values[i].name + prefix_size, i);
        }
    }
    size_t index;
    return rulesfile_names_need(&names, at, "word", text, &index);
}

enum status rulesfile_choice(struct rulesfile_at at, const char *const *words,
                             const char *text, size_t *value)
{
    struct rulesfile_names names = {NULL, 0};
    size_t count = 0;
    for (; words[count] != NULL; count++) {
        if (strcmp(words[count], text) == 0) {
            *value = count;
            return STATUS_OK;
        }
    }
    rulesfile_names_reserve(at.reading, &names, count);
    for (size_t i = 0; i < count; i++) {
        rulesfile_names_add(&names, words[i], i);
    }
    size_t index;
    return rulesfile_names_need(&names, at, "word", text, &index);
}

enum status rulesfile_duration(struct rulesfile_at at, const char *text, uint32_t max_s,
                               uint32_t *duration_s)
{
    int64_t duration_ms = 0;
    if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text)) {
        return rulesfile_refuse(
            at, "found '%s' without a unit, expected 90s, 15m, 4h or 2d", text);
    }
    if (duration_parse(text, &duration_ms) != STATUS_OK) {
        return rulesfile_refuse(at, "found '%s', expected a duration: 90s, 15m, 4h or 2d",
                                text);
    }
    if (duration_ms < 1000 || duration_ms / 1000 > max_s) {
        return rulesfile_refuse(at, "found '%s', expected 1s to %us", text, max_s);
    }
    *duration_s = (uint32_t)(duration_ms / 1000);
    return STATUS_OK;
}

enum status rulesfile_minute(struct rulesfile_at at, const char *text, uint32_t *minute)
{
    uint64_t hours = 0;
    uint64_t minutes = 0;
    bool good = strlen(text) == 5 && digits_read(text, 2, &hours) && text[2] == ':' &&
                digits_read(text + 3, 2, &minutes) && minutes < 60 &&
                hours * 60 + minutes <= RULESFILE_DAY_MIN;
    if (!good) {
        return rulesfile_refuse(
            at, "found '%s', expected a time of day: \"00:00\" to \"24:00\"", text);
    }
    *minute = (uint32_t)(hours * 60 + minutes);
    return STATUS_OK;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

uint32_t rulesfile_next_day(uint32_t day)
{
    unsigned year = day / 10000;
    unsigned month = day / 100 % 100;
    if (day % 100 < days_of_month(year, month)) {
        return day + 1;
    }
    return month < 12 ? year * 10000 + (month + 1) * 100 + 1 : (year + 1) * 10000 + 101;
}

unsigned rulesfile_weekday(uint32_t day)
{
    uint32_t date;
    unsigned minute;
    unsigned weekday;
    deadline_local(0, deadline_day_start_ms(0, day), &date, &minute, &weekday);
    assert(date == day);
    return weekday;
}

enum status rulesfile_date(struct rulesfile_at at, const char *text, uint32_t *day)
{
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t date = 0;
    bool good = strlen(text) == 10 && digits_read(text, 4, &year) && text[4] == '-' &&
                digits_read(text + 5, 2, &month) && text[7] == '-' &&
                digits_read(text + 8, 2, &date);
    good = good && year >= 1970 && month >= 1 && month <= 12 && date >= 1 &&
           date <= days_of_month((unsigned)year, (unsigned)month);
    if (!good) {
        return rulesfile_refuse(at, "found '%s', expected a date: 2020-08-15", text);
    }
    *day = (uint32_t)(year * 10000 + month * 100 + date);
    return STATUS_OK;
}

enum status rulesfile_skill(struct rulesfile_at at, const char *text, uint32_t *bit)
{
    const char *letter = strlen(text) == 1 ? strchr(RULESFILE_SKILLS, text[0]) : NULL;
    if (letter == NULL) {
        return rulesfile_refuse(at, "no skill '%s', expected g, m, p, k, j, c, s or u",
                                text);
    }
    *bit = 1U << (unsigned)(letter - RULESFILE_SKILLS);
    return STATUS_OK;
}

enum status rulesfile_days(struct rulesfile_at at, char *const *days, size_t count,
                           uint32_t *bits)
{
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++) {
        size_t day = 0;
        enum status status = rulesfile_choice(at, weekdays, days[i], &day);
        if (status != STATUS_OK) {
            return status;
        }
        if ((all >> day & 1) != 0) {
            return rulesfile_refuse(at, "%s stands twice", days[i]);
        }
        all |= 1U << day;
    }
    *bits = all;
    return STATUS_OK;
}

enum status rulesfile_permille(struct rulesfile_at at, uint32_t value, uint32_t max)
{
    if (value > max) {
        return rulesfile_refuse(at, "found %u, expected 0 to %u permille", value, max);
    }
    return STATUS_OK;
}
