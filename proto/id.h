/* id.h: the short names of things: case numbers, workers, teams, sources.
 *
 *     case 370499003 20200815 000007     case_key = 20200815000007, the digits are the log's
 *     worker W00007 -> 7                 team TB03 -> 16 bits, base 37 of the 3 after T
 *
 * A number that no name stands for (it came from a damaged header) is written "?".
 */
#ifndef PROTO_ID_H
#define PROTO_ID_H

#include <stdint.h>

#include "proto/status.h"

enum {
    CASE_NO_SIZE = 24, /* 23 digits and NUL */
    WORKER_SIZE = 7,   /* "W00007" and NUL */
    TEAM_SIZE = 5,     /* "TPOL" and NUL */
    CATEGORY_SIZE = 6  /* "02001" and NUL */
};

/* Fails: INVALID unless 23 digits with a real date and a running number >= 1. */
MUST_CHECK enum status id_case_parse(const char *case_no, uint32_t *place,
                                     uint64_t *case_key);
/* Writes CASE_NO_SIZE bytes. case_key 0 gives "". Returns text. */
char *id_case_print(uint32_t place, uint64_t case_key, char *text);
/* The key of the n-th case of the local day that `at_ms` falls in. */
uint64_t id_case_key(int64_t at_ms, int utc_offset_min, uint32_t running);
/* yyyymmdd of a case key, and its running number. */
uint32_t id_case_day(uint64_t case_key);
uint32_t id_case_running(uint64_t case_key);

/* "W00001" to "W99999". Fails: INVALID. Worker 0 is "nobody" and stands for "" both ways. */
MUST_CHECK enum status id_worker_parse(const char *text, uint32_t *worker);
char *id_worker_print(uint32_t worker, char *text);

/* 'T' and 1 to 3 of A-Z 0-9. Fails: INVALID. Team 0 is "none" and stands for ""
 * both ways. */
MUST_CHECK enum status id_team_parse(const char *text, uint16_t *team);
char *id_team_print(uint16_t team, char *text);

/* "02001" -> 2001. Fails: INVALID unless 5 digits, and for "00000". 0 is written "". */
MUST_CHECK enum status id_category_parse(const char *text, uint32_t *category);
char *id_category_print(uint32_t category, char *text);

/* CRC-32C of the name: how a record's header names its source. */
uint32_t id_source(const char *source_system);

#endif
