/* id.c: case numbers, workers, teams, categories and sources, to and from text.
 *
 * Numbers come from record headers too, and a damaged one may hold what no name stands for.
 * Such a number is written "?", which parses as nothing.
 */
#include "proto/id.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "proto/digits.h"
#include "proto/limits.h"
#include "proto/record.h"

enum {
    RUNNING_RADIX = 1000000,
    NUMBER_MAX = 99999, // of workers and categories
    TEAM_RADIX = 37     // 0 ends the name, 1..26 A-Z, 27..36 0-9
};

// What stands where no name can: nothing for 0, else the mark of a damaged number.
static char *write_nameless(char *text, bool is_zero)
{
    text[0] = is_zero ? '\0' : '?';
    text[1] = '\0';
    return text;
}

static bool is_date(uint32_t day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = day / 10000;
    uint32_t month = day / 100 % 100;
    uint32_t date = day % 100;
    if (year == 0 || month < 1 || month > 12 || date < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return date <= days[month - 1] + (uint32_t)(leap && month == 2);
}

enum status id_case_parse(const char *case_no, uint32_t *place, uint64_t *case_key)
{
    assert(case_no != NULL);
    assert(place != NULL);
    assert(case_key != NULL);
    uint64_t front = 0;
    uint64_t key = 0;
    if (!digits_read(case_no, 9, &front) || !digits_read(case_no + 9, 14, &key) ||
        case_no[CASE_NO_SIZE - 1] != '\0') {
        return STATUS_INVALID;
    }
    if (!is_date(id_case_day(key)) || id_case_running(key) == 0) {
        return STATUS_INVALID;
    }
    *place = (uint32_t)front;
    *case_key = key;
    return STATUS_OK;
}

char *id_case_print(uint32_t place, uint64_t case_key, char *text)
{
    assert(text != NULL);
    if (case_key == 0 || place > 999999999 || case_key > UINT64_C(99999999999999)) {
        return write_nameless(text, case_key == 0);
    }
    *digits_write(digits_write(text, 9, place), 14, case_key) = '\0';
    return text;
}

uint64_t id_case_key(int64_t at_ms, int utc_offset_min, uint32_t running)
{
    assert(running >= 1 && running <= CASES_PER_DAY_MAX);
    int64_t local_ms = at_ms + (int64_t)utc_offset_min * 60 * 1000;
    int64_t local_s = local_ms / 1000 - (local_ms % 1000 < 0);
    time_t seconds = (time_t)local_s;
    struct tm date;
    struct tm *known = gmtime_r(&seconds, &date);
    assert(known != NULL);
    assert(known->tm_year + 1900 >= 1 && known->tm_year + 1900 <= 9999);
    uint64_t day = (uint64_t)(known->tm_year + 1900) * 10000 +
                   (uint64_t)(known->tm_mon + 1) * 100 + (uint64_t)known->tm_mday;
    return day * RUNNING_RADIX + running;
}

uint32_t id_case_day(uint64_t case_key)
{
    return (uint32_t)(case_key / RUNNING_RADIX);
}

uint32_t id_case_running(uint64_t case_key)
{
    return (uint32_t)(case_key % RUNNING_RADIX);
}

enum status id_worker_parse(const char *text, uint32_t *worker)
{
    assert(text != NULL);
    assert(worker != NULL);
    if (text[0] == '\0') {
        *worker = 0;
        return STATUS_OK;
    }
    uint64_t number = 0;
    if (text[0] != 'W' || !digits_read(text + 1, 5, &number) ||
        text[WORKER_SIZE - 1] != '\0' || number == 0) {
        return STATUS_INVALID;
    }
    *worker = (uint32_t)number;
    return STATUS_OK;
}

char *id_worker_print(uint32_t worker, char *text)
{
    assert(text != NULL);
    if (worker == 0 || worker > NUMBER_MAX) {
        return write_nameless(text, worker == 0);
    }
    text[0] = 'W';
    *digits_write(text + 1, 5, worker) = '\0';
    return text;
}

// 0 for a character that a team's name cannot have, the NUL included.
static unsigned team_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return 1 + (unsigned)(c - 'A');
    }
    if (c >= '0' && c <= '9') {
        return 27 + (unsigned)(c - '0');
    }
    return 0;
}

static char team_letter(unsigned digit)
{
    assert(digit < TEAM_RADIX);
    return (char)(digit < 27 ? 'A' + (int)digit - 1 : '0' + (int)digit - 27);
}

enum status id_team_parse(const char *text, uint16_t *team)
{
    assert(text != NULL);
    assert(team != NULL);
    size_t length = strnlen(text, TEAM_SIZE);
    if (length == 0) {
        *team = 0;
        return STATUS_OK;
    }
    if (text[0] != 'T' || length < 2 || length == TEAM_SIZE) {
        return STATUS_INVALID;
    }
    unsigned sum = 0;
    for (size_t i = 1; i < TEAM_SIZE - 1; i++) {
        unsigned digit = i < length ? team_digit(text[i]) : 0;
        if (i < length && digit == 0) {
            return STATUS_INVALID;
        }
        sum = sum * TEAM_RADIX + digit;
    }
    *team = (uint16_t)sum;
    return STATUS_OK;
}

char *id_team_print(uint16_t team, char *text)
{
    assert(text != NULL);
    unsigned digits[3] = {team / (TEAM_RADIX * TEAM_RADIX), team / TEAM_RADIX % TEAM_RADIX,
                          team % TEAM_RADIX};
    bool gap = digits[0] == 0 || (digits[1] == 0 && digits[2] != 0);
    if (digits[0] >= TEAM_RADIX || gap) {
        return write_nameless(text, team == 0);
    }
    char *at = text;
    *at++ = 'T';
    for (unsigned i = 0; i < 3 && digits[i] != 0; i++) {
        *at++ = team_letter(digits[i]);
    }
    *at = '\0';
    return text;
}

enum status id_category_parse(const char *text, uint32_t *category)
{
    assert(text != NULL);
    assert(category != NULL);
    uint64_t number = 0;
    if (!digits_read(text, 5, &number) || text[CATEGORY_SIZE - 1] != '\0' || number == 0) {
        return STATUS_INVALID;
    }
    *category = (uint32_t)number;
    return STATUS_OK;
}

char *id_category_print(uint32_t category, char *text)
{
    assert(text != NULL);
    if (category == 0 || category > NUMBER_MAX) {
        return write_nameless(text, category == 0);
    }
    *digits_write(text, 5, category) = '\0';
    return text;
}

uint32_t id_source(const char *source_system)
{
    assert(source_system != NULL);
    return crc32c(0, source_system, strlen(source_system));
}
