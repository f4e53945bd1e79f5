/* csv.h: rows of a CSV file as RFC 4180 has them: quotes, doubled quotes, line breaks inside
 * quoted fields, CR LF or LF; UTF-8, a byte order mark is skipped.
 *
 *     struct csv csv; csv_init(&csv, text, size);
 *     while (csv_row(&csv, fields, FIELDS_MAX, &count, &fault) == STATUS_OK) ...
 *
 * Fields are unescaped in place: `text` is written to and must stay while they are used.
 * Source: RFC 4180 section 2.
 */
#ifndef SANJI_CSV_H
#define SANJI_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

struct csv {
    char *at;
    char *end;
    uint64_t line; /* of the row that is read next; 1 is the first */
};

/* `text` has one byte more than `size`, for a NUL. */
void csv_init(struct csv *csv, char *text, size_t size);

/* Reads the next row into NUL-terminated fields.
 * Fails: NOT_FOUND (the end), TOO_LARGE (more fields than `room`), MALFORMED (a quote that is
 *        never closed, text behind a closing quote); the row is skipped and *line_of_fault
 *        says where it began. */
MUST_CHECK enum status csv_row(struct csv *csv, char **fields, size_t room, size_t *count,
                               uint64_t *line_of_row);

#endif
