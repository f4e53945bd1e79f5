/* time.h: instants, days and durations as people write them.
 *
 *     instant   int64, milliseconds since 1970-01-01T00:00:00Z, no leap seconds
 *     day       uint32, yyyymmdd of the proleptic Gregorian calendar
 *     number    int64, days since 1970-01-01: what one adds and subtracts
 *
 * Pure: no clock of the machine, no time zone of the process. An instant outside the years
 * 1 to 9999 stands for the nearest one inside.
 */
#ifndef PROTO_TIME_H
#define PROTO_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

#define TIME_MIN_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define TIME_MAX_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */
#define TIME_DAY_MS INT64_C(86400000)

enum {
    TIME_TEXT_SIZE = 32
};

/* True for a date that exists, years 1 to 9999. */
bool time_is_day(uint32_t day);
/* Days since 1970-01-01 of a date that exists, and back. */
int64_t time_day_number(uint32_t day);
uint32_t time_day(int64_t number);
/* 0 = Monday. */
unsigned time_weekday(int64_t number);

/* Splits an instant into the local day (as a number) and milliseconds into it. */
void time_split(int32_t utc_offset_min, int64_t at_ms, int64_t *number, int64_t *into_ms);

/* Reads RFC 3339; a zone must be there: "2020-08-15T15:02:11+08:00", fraction optional and
 * cut to milliseconds. A leap second (":60") has no number here.
 * Fails: INVALID; *at_ms is untouched. Source: RFC 3339 section 5.6. */
MUST_CHECK enum status time_parse(const char *text, int64_t *at_ms);
/* UTC with milliseconds, "2020-08-15T07:02:11.000Z". Returns text. */
char *time_print(int64_t at_ms, char text[TIME_TEXT_SIZE]);
/* Local form for tables: "2020-08-15 15:02:11". Returns text. */
char *time_print_local(int64_t at_ms, int32_t utc_offset_min, char text[TIME_TEXT_SIZE]);

/* "90s" "15m" "4h" "2d": digits and one unit.
 * Fails: INVALID, also for more than TIME_MAX_MS; *duration_ms is untouched. */
MUST_CHECK enum status duration_parse(const char *text, int64_t *duration_ms);

#endif
