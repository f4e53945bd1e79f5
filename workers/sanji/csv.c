/* csv.c: see csv.h. */
#include "workers/sanji/csv.h"

#include <stdbool.h>
#include <string.h>

void csv_init(struct csv *csv, char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    const size_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    *csv = (struct csv){.at = text + skip, .end = text + size, .line = 1};
    text[size] = '\0';
}

static bool at_break(const struct csv *csv)
{
    return csv->at < csv->end &&
           (*csv->at == '\n' ||
            (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n'));
}

static void skip_break(struct csv *csv)
{
    csv->at += *csv->at == '\r' ? 2 : 1;
    csv->line++;
}

/* A quoted field: unescapes towards its front. False: it is never closed. */
static bool quoted(struct csv *csv, char **field)
{
    char *out = ++csv->at;
    *field = out;
    while (csv->at < csv->end) {
        if (*csv->at == '"') {
            if (csv->at + 1 >= csv->end || csv->at[1] != '"') {
                csv->at++;
                *out = '\0';
                return true;
            }
            csv->at++;
        }
        csv->line += *csv->at == '\n' ? 1 : 0;
        *out++ = *csv->at++;
    }
    return false;
}

static bool at_field_end(const struct csv *csv)
{
    return csv->at >= csv->end || *csv->at == ',' || at_break(csv);
}

static void skip_row(struct csv *csv)
{
    while (csv->at < csv->end && !at_break(csv)) {
        csv->at++;
    }
    if (csv->at < csv->end) {
        skip_break(csv);
    }
}

enum status csv_row(struct csv *csv, char **fields, size_t room, size_t *count,
                    uint64_t *line_of_row)
{
    *count = 0;
    *line_of_row = csv->line;
    if (csv->at >= csv->end) {
        return STATUS_NOT_FOUND;
    }
    for (;;) {
        char *field = csv->at;
        bool sound = true;
        if (csv->at < csv->end && *csv->at == '"') {
            sound = quoted(csv, &field) && at_field_end(csv);
        } else {
            while (!at_field_end(csv)) {
                csv->at++;
            }
        }
        if (!sound || *count == room) {
            skip_row(csv);
            return sound ? STATUS_TOO_LARGE : STATUS_MALFORMED;
        }
        fields[(*count)++] = field;
        const bool more = csv->at < csv->end && *csv->at == ',';
        char *const stop = csv->at;
        if (more) {
            csv->at++;
        } else if (csv->at < csv->end) {
            skip_break(csv);
        }
        *stop = '\0'; // ends an unquoted field; behind a quoted one it hurts nobody
        if (!more) {
            return STATUS_OK;
        }
    }
}
