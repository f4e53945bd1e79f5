/* time.c: instants, days and durations, to and from text.
 *
 * Days are counted from 1 March, so that the leap day ends a year and months have a closed
 * form. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * days_from_civil and civil_from_days.
 */
#include "proto/time.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "proto/digits.h"

enum {
    ERA_DAYS = 146097,    // 400 years
    EPOCH_SHIFT = 719468, // days from 0000-03-01 to 1970-01-01
    SECOND_MS = 1000,
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    OFFSET_MAX_MIN = 24 * 60 // no zone is further from UTC
};

static int64_t clamp_ms(int64_t at_ms)
{
    if (at_ms < TIME_MIN_MS) {
        return TIME_MIN_MS;
    }
    return at_ms > TIME_MAX_MS ? TIME_MAX_MS : at_ms;
}

bool time_is_day(uint32_t day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const uint32_t year = day / 10000;
    const uint32_t month = day / 100 % 100;
    const uint32_t date = day % 100;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || date < 1) {
        return false;
    }
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return date <= days[month - 1] + (uint32_t)(leap && month == 2);
}

int64_t time_day_number(uint32_t day)
{
    assert(time_is_day(day));
    const int64_t month = day / 100 % 100;
    const int64_t date = day % 100;
    const int64_t year = (int64_t)(day / 10000) - (month <= 2 ? 1 : 0);
    const int64_t era = year / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

uint32_t time_day(int64_t number)
{
    const int64_t shifted = number + EPOCH_SHIFT;
    assert(shifted >= 0);
    const int64_t era = shifted / ERA_DAYS;
    const int64_t day_of_era = shifted - era * ERA_DAYS;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const int64_t date = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return (uint32_t)(year * 10000 + month * 100 + date);
}

unsigned time_weekday(int64_t number)
{
    // 1970-01-01 was a Thursday.
    const int64_t weekday = (number + 3) % 7;
    return (unsigned)(weekday < 0 ? weekday + 7 : weekday);
}

void time_split(int32_t utc_offset_min, int64_t at_ms, int64_t *number, int64_t *into_ms)
{
    assert(utc_offset_min > -OFFSET_MAX_MIN && utc_offset_min < OFFSET_MAX_MIN);
    const int64_t local_ms =
        clamp_ms(clamp_ms(at_ms) + (int64_t)utc_offset_min * MINUTE_MS);
    int64_t day = local_ms / TIME_DAY_MS;
    int64_t rest = local_ms % TIME_DAY_MS;
    if (rest < 0) {
        rest += TIME_DAY_MS;
        day--;
    }
    *number = day;
    *into_ms = rest;
}

// ---- reading ----------------------------------------------------------------------------

static bool read_number(const char **text, unsigned width, uint64_t *value)
{
    if (!digits_read(*text, width, value)) {
        return false;
    }
    *text += width;
    return true;
}

static bool read_char(const char **text, char upper, char lower)
{
    if (**text != upper && **text != lower) {
        return false;
    }
    (*text)++;
    return true;
}

static bool read_date(const char **text, int64_t *number)
{
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t date = 0;
    if (!read_number(text, 4, &year) || !read_char(text, '-', '-') ||
        !read_number(text, 2, &month) || !read_char(text, '-', '-') ||
        !read_number(text, 2, &date)) {
        return false;
    }
    const uint32_t day = (uint32_t)(year * 10000 + month * 100 + date);
    if (!time_is_day(day)) {
        return false;
    }
    *number = time_day_number(day);
    return true;
}

static bool read_fraction(const char **text, int64_t *fraction_ms)
{
    *fraction_ms = 0;
    if (**text != '.') {
        return true;
    }
    (*text)++;
    int64_t unit_ms = 100;
    if (**text < '0' || **text > '9') {
        return false;
    }
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        *fraction_ms += (**text - '0') * unit_ms;
        unit_ms /= 10;
    }
    return true;
}

static bool read_clock(const char **text, int64_t *into_ms)
{
    uint64_t hour = 0;
    uint64_t minute = 0;
    uint64_t second = 0;
    int64_t fraction_ms = 0;
    if (!read_number(text, 2, &hour) || !read_char(text, ':', ':') ||
        !read_number(text, 2, &minute) || !read_char(text, ':', ':') ||
        !read_number(text, 2, &second) || !read_fraction(text, &fraction_ms) || hour > 23 ||
        minute > 59 || second > 59) {
        return false;
    }
    *into_ms =
        (int64_t)(hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS) + fraction_ms;
    return true;
}

static bool read_zone(const char **text, int64_t *offset_ms)
{
    if (read_char(text, 'Z', 'z')) {
        *offset_ms = 0;
        return true;
    }
    const char sign = **text;
    uint64_t hour = 0;
    uint64_t minute = 0;
    if (!read_char(text, '+', '-') || !read_number(text, 2, &hour) ||
        !read_char(text, ':', ':') || !read_number(text, 2, &minute) || hour > 23 ||
        minute > 59) {
        return false;
    }
    *offset_ms = (int64_t)(hour * HOUR_MS + minute * MINUTE_MS);
    if (sign == '-') {
        *offset_ms = -*offset_ms;
    }
    return true;
}

enum status time_parse(const char *text, int64_t *at_ms)
{
    assert(text != NULL);
    assert(at_ms != NULL);
    int64_t number = 0;
    int64_t into_ms = 0;
    int64_t offset_ms = 0;
    if (!read_date(&text, &number) || !read_char(&text, 'T', 't') ||
        !read_clock(&text, &into_ms) || !read_zone(&text, &offset_ms) || *text != '\0') {
        return STATUS_INVALID;
    }
    const int64_t instant_ms = number * TIME_DAY_MS + into_ms - offset_ms;
    if (instant_ms < TIME_MIN_MS || instant_ms > TIME_MAX_MS) {
        return STATUS_INVALID;
    }
    *at_ms = instant_ms;
    return STATUS_OK;
}

enum status duration_parse(const char *text, int64_t *duration_ms)
{
    assert(text != NULL);
    assert(duration_ms != NULL);

    static const struct {
        char name;
        int64_t unit_ms;
    } units[] = {{'s', SECOND_MS}, {'m', MINUTE_MS}, {'h', HOUR_MS}, {'d', TIME_DAY_MS}};

    int64_t amount = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (amount > TIME_MAX_MS / 10) {
            return STATUS_INVALID;
        }
        amount = amount * 10 + (*at - '0');
    }
    if (at == text || at[0] == '\0' || at[1] != '\0') {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].name == at[0] && amount <= TIME_MAX_MS / units[i].unit_ms) {
            *duration_ms = amount * units[i].unit_ms;
            return STATUS_OK;
        }
    }
    return STATUS_INVALID;
}

// ---- writing ----------------------------------------------------------------------------

static char *write_char(char *at, char what)
{
    *at = what;
    return at + 1;
}

/* "2020-08-15T15:02:11", with `between` in the middle. Gives the end and the fraction. */
static char *write_seconds(int64_t at_ms, int32_t utc_offset_min, char between, char *at,
                           uint64_t *millis)
{
    int64_t number = 0;
    int64_t into_ms = 0;
    time_split(utc_offset_min, at_ms, &number, &into_ms);
    const uint32_t day = time_day(number);
    const uint64_t into = (uint64_t)into_ms;
    at = write_char(digits_write(at, 4, day / 10000), '-');
    at = write_char(digits_write(at, 2, day / 100 % 100), '-');
    at = write_char(digits_write(at, 2, day % 100), between);
    at = write_char(digits_write(at, 2, into / HOUR_MS), ':');
    at = write_char(digits_write(at, 2, into / MINUTE_MS % 60), ':');
    at = digits_write(at, 2, into / SECOND_MS % 60);
    *millis = into % SECOND_MS;
    return at;
}

char *time_print(int64_t at_ms, char text[TIME_TEXT_SIZE])
{
    uint64_t millis = 0;
    char *at = write_seconds(at_ms, 0, 'T', text, &millis);
    at = digits_write(write_char(at, '.'), 3, millis);
    at = write_char(at, 'Z');
    *at = '\0';
    return text;
}

char *time_print_local(int64_t at_ms, int32_t utc_offset_min, char text[TIME_TEXT_SIZE])
{
    uint64_t millis = 0;
    char *at = write_seconds(at_ms, utc_offset_min, ' ', text, &millis);
    *at = '\0';
    return text;
}
