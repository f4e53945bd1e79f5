/* rulesfile_calendar.c: calendar.yaml checked and compiled: when the WORKING clock runs.
 *
 * A year that is missing is allowed: deadlines then go by the day of the week, and an alert
 * says so. Inside a year every day is named once, and a make-up day that works anyway or a
 * day that is both is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/deadline.h"
#include "proto/digits.h"

enum {
    OFFSET_MAX_MIN = 14 * 60,
    YEAR_MIN = 1970,
    YEAR_MAX = 2100,
    DATE_SIZE = 10
};

static struct rulesfile_at at_list(struct rulesfile_reading *reading, const char *list,
                                   size_t index, const char *key)
{
    return (struct rulesfile_at){reading, FILE_CALENDAR, list, index, NULL, key, NULL};
}

static enum status read_offset(struct rulesfile_reading *reading, const char *text,
                               int32_t *offset_min)
{
    uint64_t hours = 0;
    uint64_t minutes = 0;
    bool good = strlen(text) == 6 && (text[0] == '+' || text[0] == '-') &&
                digits_read(text + 1, 2, &hours) && text[3] == ':' &&
                digits_read(text + 4, 2, &minutes) && minutes < 60 &&
                hours * 60 + minutes <= OFFSET_MAX_MIN;
    if (!good) {
        return rulesfile_refuse(at_list(reading, NULL, 0, "utc_offset"),
                                "found '%s', expected hours and minutes: \"+08:00\"", text);
    }
    int32_t size = (int32_t)(hours * 60 + minutes);
    *offset_min = text[0] == '-' ? -size : size;
    return STATUS_OK;
}

static enum status compile_hours(struct rulesfile_reading *reading,
                                 const struct yaml_calendar *yaml,
                                 Sanji__Calendar *calendar)
{
    uint32_t before = 0;
    if (yaml->hours_count == 0 || yaml->hours_count > CALENDAR_SPANS_MAX) {
        return rulesfile_refuse(at_list(reading, NULL, 0, "hours"),
                                "found %u spans, expected 1 to %d", yaml->hours_count,
                                CALENDAR_SPANS_MAX);
    }
    calendar->spans = RULESFILE_TAKE_ARRAY(reading, Sanji__Span *, yaml->hours_count);
    calendar->n_spans = yaml->hours_count;
    for (size_t i = 0; i < yaml->hours_count; i++) {
        struct rulesfile_at at = at_list(reading, "hours", i, "from");
        Sanji__Span *span = rulesfile_take(reading, sizeof *span);
        sanji__span__init(span);
        calendar->spans[i] = span;
        enum status status = rulesfile_minute(at, yaml->hours[i].from, &span->from_min);
        if (status == STATUS_OK) {
            status =
                rulesfile_minute(rulesfile_key(at, "to"), yaml->hours[i].to, &span->to_min);
        }
        if (status == STATUS_OK &&
            (span->from_min < before || span->to_min <= span->from_min)) {
            status = rulesfile_refuse(at, "%s to %s: expected spans that rise",
                                      yaml->hours[i].from, yaml->hours[i].to);
        }
        if (status != STATUS_OK) {
            return status;
        }
        before = span->to_min;
    }
    return STATUS_OK;
}

// ---- years ----

struct days {
    uint32_t *days;
    size_t count;
};

// "2020-01-01", or "2020-01-24/2020-02-02" with both ends.
static enum status read_span(struct rulesfile_at at, const char *text, uint32_t *first,
                             uint32_t *last)
{
    char one[DATE_SIZE + 1] = "";
    const char *slash = strchr(text, '/');
    if (slash == NULL || slash - text != DATE_SIZE) {
        enum status status = rulesfile_date(at, text, first);
        *last = *first;
        return status;
    }
    memcpy(one, text, DATE_SIZE);
    enum status status = rulesfile_date(at, one, first);
    if (status == STATUS_OK) {
        status = rulesfile_date(at, slash + 1, last);
    }
    if (status == STATUS_OK && *last < *first) {
        status = rulesfile_refuse(at, "'%s' ends before it begins", text);
    }
    return status;
}

static enum status add_days(struct rulesfile_at at, uint32_t year, const char *text,
                            struct days *days)
{
    uint32_t first = 0;
    uint32_t last = 0;
    at.value = text;
    enum status status = read_span(at, text, &first, &last);
    if (status != STATUS_OK) {
        return status;
    }
    if (first / 10000 != year || last / 10000 != year) {
        return rulesfile_refuse(at, "'%s' does not lie in %u", text, year);
    }
    for (uint32_t day = first; day <= last; day = rulesfile_next_day(day)) {
        if (days->count > 0 && day <= days->days[days->count - 1]) {
            return rulesfile_refuse(at, "'%s': expected days that rise, each once", text);
        }
        days->days[days->count++] = day;
    }
    return STATUS_OK;
}

static int by_day(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return (*a > *b) - (*a < *b);
}

static enum status check_workdays(struct rulesfile_at at, const Sanji__Year *year,
                                  uint32_t weekdays)
{
    for (size_t i = 0; i < year->n_workdays; i++) {
        uint32_t day = year->workdays[i];
        if ((weekdays >> rulesfile_weekday(day) & 1) != 0) {
            return rulesfile_refuse(rulesfile_key(at, "workdays"),
                                    "%u is a working day by its day of the week", day);
        }
        if (bsearch(&day, year->holidays, year->n_holidays, sizeof day, by_day) != NULL) {
            return rulesfile_refuse(rulesfile_key(at, "workdays"),
                                    "%u is a holiday and a working day", day);
        }
    }
    return STATUS_OK;
}

static enum status compile_year(struct rulesfile_at at, const struct yaml_year *yaml,
                                uint32_t weekdays, Sanji__Year *out)
{
    enum {
        DAYS_OF_YEAR_MAX = 366
    };
    struct rulesfile_reading *reading = at.reading;
    struct days holidays = {RULESFILE_TAKE_ARRAY(reading, uint32_t, DAYS_OF_YEAR_MAX), 0};
    struct days workdays = {RULESFILE_TAKE_ARRAY(reading, uint32_t, DAYS_OF_YEAR_MAX), 0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < yaml->holidays_count && status == STATUS_OK; i++) {
        status = add_days(rulesfile_key(at, "holidays"), yaml->year, yaml->holidays[i],
                          &holidays);
    }
    for (size_t i = 0; i < yaml->workdays_count && status == STATUS_OK; i++) {
        status = add_days(rulesfile_key(at, "workdays"), yaml->year, yaml->workdays[i],
                          &workdays);
    }
    out->year = yaml->year;
    out->holidays = holidays.days;
    out->n_holidays = holidays.count;
    out->workdays = workdays.days;
    out->n_workdays = workdays.count;
    return status == STATUS_OK ? check_workdays(at, out, weekdays) : status;
}

static enum status compile_years(struct rulesfile_reading *reading,
                                 const struct yaml_calendar *yaml,
                                 Sanji__Calendar *calendar)
{
    size_t days = 0;
    calendar->years = RULESFILE_TAKE_ARRAY(reading, Sanji__Year *, yaml->years_count);
    calendar->n_years = yaml->years_count;
    for (size_t i = 0; i < yaml->years_count; i++) {
        const struct yaml_year *year = &yaml->years[i];
        struct rulesfile_at at = at_list(reading, "years", i, "year");
        if (year->year < YEAR_MIN || year->year > YEAR_MAX ||
            (i > 0 && year->year <= yaml->years[i - 1].year)) {
            return rulesfile_refuse(at, "found %u, expected years that rise, %d to %d",
                                    year->year, YEAR_MIN, YEAR_MAX);
        }
        Sanji__Year *out = rulesfile_take(reading, sizeof *out);
        sanji__year__init(out);
        calendar->years[i] = out;
        enum status status = compile_year(at, year, calendar->weekdays, out);
        if (status != STATUS_OK) {
            return status;
        }
        days += out->n_holidays + out->n_workdays;
        if (days > CALENDAR_DAYS_MAX) {
            return rulesfile_refuse(at, "more than %d days in all years",
                                    CALENDAR_DAYS_MAX);
        }
    }
    return STATUS_OK;
}

enum status rulesfile_calendar(struct rulesfile_reading *reading, Sanji__Calendar *calendar)
{
    const struct yaml_calendar *yaml = reading->files[FILE_CALENDAR].data;
    calendar->id = yaml->id;
    enum status status = read_offset(reading, yaml->utc_offset, &reading->utc_offset_min);
    calendar->utc_offset_min = reading->utc_offset_min;
    if (status == STATUS_OK) {
        status = rulesfile_days(at_list(reading, NULL, 0, "weekdays"), yaml->weekdays,
                                yaml->weekdays_count, &calendar->weekdays);
    }
    if (status == STATUS_OK) {
        status = compile_hours(reading, yaml, calendar);
    }
    return status == STATUS_OK ? compile_years(reading, yaml, calendar) : status;
}
