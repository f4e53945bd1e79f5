/* rulesfile_grow.c: see rulesfile_grow.h. */
#include "broker/runtime/rulesfile_grow.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"
#include "proto/id.h"

enum {
    NUMBER_MAX = 99999, /* five digits */
    ROUND = 10000       /* the new ones begin at a round number */
};

struct growing {
    struct rulesfile_text sanji, roster;
    char roster_path[RULESFILE_PATH_SIZE];
    struct fault *fault;
};

/* ---- writing ---- */

static void write_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void write_key(FILE *out, const char *key, const char *text)
{
    if (text != NULL) {
        (void)fprintf(out, ", %s: ", key);
        write_text(out, text);
    }
}

static void write_list(FILE *out, const char *key, char *const *texts, uint32_t count)
{
    if (count == 0) {
        return;
    }
    (void)fprintf(out, ", %s: [", key);
    for (uint32_t i = 0; i < count; i++) {
        (void)fputs(i > 0 ? ", " : "", out);
        write_text(out, texts[i]);
    }
    (void)fputc(']', out);
}

static void write_number(FILE *out, const char *key, uint32_t number)
{
    if (number != 0) {
        (void)fprintf(out, ", %s: %" PRIu32, key, number);
    }
}

static void write_worker(FILE *out, const struct yaml_worker *worker, uint32_t number,
                         uint32_t count)
{
    char text[WORKER_SIZE];
    (void)fprintf(out, "- {worker: %s", id_worker_print(number, text));
    write_number(out, "count", count);
    write_key(out, "role", worker->role);
    write_key(out, "desk", worker->desk);
    write_key(out, "team", worker->team);
    write_key(out, "home_grid", worker->home_grid);
    write_number(out, "shift", worker->shift);
    write_key(out, "capacity", worker->capacity);
    write_list(out, "skills", worker->skills, worker->skills_count);
    write_list(out, "backup_grids", worker->backup_grids, worker->backup_grids_count);
    write_number(out, "building_no", worker->building_no);
    write_list(out, "authority", worker->authority, worker->authority_count);
    (void)fputs(worker->clearance ? ", clearance: yes" : "", out);
    write_key(out, "employer", worker->employer);
    write_key(out, "volunteer_kind", worker->volunteer_kind);
    write_number(out, "cases_max", worker->cases_max);
    write_list(out, "further_roles", worker->further_roles, worker->further_roles_count);
    (void)fputs("}\n", out);
}

static void write_shifts(FILE *out, const struct yaml_roster *roster)
{
    for (uint32_t i = 0; i < roster->shifts_count; i++) {
        const struct yaml_shift *shift = &roster->shifts[i];
        (void)fprintf(out, "- {id: %" PRIu32, shift->id);
        write_key(out, "name", shift->name);
        write_key(out, "from", shift->from);
        write_key(out, "to", shift->to);
        write_list(out, "days", shift->days, shift->days_count);
        (void)fputs("}\n", out);
    }
}

/* ---- the two files ---- */

static FILE *open_out(struct growing *growing, const char *folder, const char *name,
                      char *path, size_t path_size)
{
    const int length = snprintf(path, path_size, "%s/%s", folder, name);
    FILE *out = length > 0 && (size_t)length < path_size ? fopen(path, "w") : NULL;
    if (out == NULL) {
        (void)!fault_set(growing->fault, STATUS_CANNOT_START, "%s/%s: %s", folder, name,
                         strerror(errno));
    }
    return out;
}

static enum status close_out(struct growing *growing, FILE *out, const char *path)
{
    const bool written = ferror(out) == 0;
    return fclose(out) == 0 && written
               ? STATUS_OK
               : fault_set(growing->fault, STATUS_CANNOT_START, "%s: not written", path);
}

static uint32_t people(const struct yaml_worker *worker)
{
    return worker->count > 1 ? worker->count : 1;
}

/* The first number for the new ones; 0: not all fit behind it. */
static uint32_t first_new(const struct yaml_roster *roster, uint32_t times)
{
    uint64_t last = 0;
    uint64_t more = 0;
    for (uint32_t i = 0; i < roster->workers_count; i++) {
        uint32_t number = 0;
        if (id_worker_parse(roster->workers[i].worker, &number) != STATUS_OK) {
            continue; // rulesfile_load will say so
        }
        const uint64_t end = (uint64_t)number + people(&roster->workers[i]) - 1;
        last = end > last ? end : last;
        more += (uint64_t)people(&roster->workers[i]) * (times - 1);
    }
    const uint64_t first = (last / ROUND + 1) * ROUND + 1;
    return first + more - 1 <= NUMBER_MAX ? (uint32_t)first : 0;
}

static enum status write_roster(struct growing *growing, uint32_t times, const char *folder)
{
    const struct yaml_roster *roster = growing->roster.data;
    char path[RULESFILE_PATH_SIZE];
    uint32_t next = first_new(roster, times);
    if (next == 0) {
        return fault_set(growing->fault, STATUS_TOO_LARGE,
                         "%s: %" PRIu32 " 倍的人员超出五位工号 / %" PRIu32
                         " times its people are more than five digits number",
                         growing->roster_path, times, times);
    }
    FILE *out = open_out(growing, folder, "roster.yaml", path, sizeof path);
    if (out == NULL) {
        return growing->fault->status;
    }
    (void)fprintf(
        out,
        "# The people of %s, %" PRIu32 " times. Written by `sanji up --scale`.\n"
        "# count: so many people alike, with the numbers from the written one on.\n"
        "\nshifts:\n",
        growing->roster_path, times);
    write_shifts(out, roster);
    (void)fputs("\nworkers:\n", out);
    for (uint32_t i = 0; i < roster->workers_count; i++) {
        const struct yaml_worker *worker = &roster->workers[i];
        uint32_t number = 0;
        if (id_worker_parse(worker->worker, &number) == STATUS_OK) {
            write_worker(out, worker, number, worker->count);
            write_worker(out, worker, next, people(worker) * (times - 1));
            next += people(worker) * (times - 1);
        }
    }
    return close_out(growing, out, path);
}

/* Names a file as it can be found from another folder. */
static enum status write_place(struct growing *growing, FILE *out, const char *key,
                               const char *place)
{
    const char *slash = strrchr(growing->sanji.path, '/');
    const int folder =
        place[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - growing->sanji.path);
    char path[RULESFILE_PATH_SIZE];
    const int length =
        snprintf(path, sizeof path, "%.*s%s", folder, growing->sanji.path, place);
    char *whole = length > 0 && (size_t)length < sizeof path ? realpath(path, NULL) : NULL;
    if (whole == NULL) {
        return fault_set(growing->fault, STATUS_CANNOT_START, "%s: %s", place,
                         strerror(errno));
    }
    (void)fprintf(out, "%s: ", key);
    write_text(out, whole);
    (void)fputc('\n', out);
    free(whole);
    return STATUS_OK;
}

static enum status write_sanji(struct growing *growing, const char *folder)
{
    const struct yaml_sanji *sanji = growing->sanji.data;

    const struct {
        const char *key, *place;
    } files[] = {{"organisation", sanji->organisation},
                 {"sla", sanji->sla},
                 {"calendar", sanji->calendar},
                 {"policy", sanji->policy},
                 {"labels", sanji->labels}};

    char path[RULESFILE_PATH_SIZE];
    FILE *out = open_out(growing, folder, "sanji.yaml", path, sizeof path);
    if (out == NULL) {
        return growing->fault->status;
    }
    enum status status = STATUS_OK;
    (void)fputs("# The rules with a larger roster. Written by `sanji up --scale`.\n", out);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == STATUS_OK; i++) {
        status = write_place(growing, out, files[i].key, files[i].place);
    }
    (void)fprintf(out, "roster: roster.yaml\nstrict: %s\n", sanji->strict ? "yes" : "no");
    const enum status closed = close_out(growing, out, path);
    return status == STATUS_OK ? closed : status;
}

static enum status open_roster(struct growing *growing)
{
    const struct yaml_sanji *sanji = growing->sanji.data;
    const char *slash = strrchr(growing->sanji.path, '/');
    const int folder = sanji->roster[0] == '/' || slash == NULL
                           ? 0
                           : (int)(slash + 1 - growing->sanji.path);
    const int length = snprintf(growing->roster_path, sizeof growing->roster_path, "%.*s%s",
                                folder, growing->sanji.path, sanji->roster);
    if (length < 0 || (size_t)length >= sizeof growing->roster_path) {
        return fault_set(growing->fault, STATUS_TOO_LARGE, "%s: path too long",
                         sanji->roster);
    }
    return rulesfile_text_open(&growing->roster, growing->roster_path,
                               &rulesfile_schema_roster, growing->fault);
}

enum status rulesfile_grow(const char *sanji_yaml, uint32_t times, const char *folder,
                           struct fault *fault)
{
    assert(times >= 2);
    struct growing *growing = calloc(1, sizeof *growing);
    assert(growing != NULL);
    growing->fault = fault;
    enum status status =
        rulesfile_text_open(&growing->sanji, sanji_yaml, &rulesfile_schema_sanji, fault);
    if (status == STATUS_OK) {
        status = open_roster(growing);
        status = status == STATUS_OK ? write_roster(growing, times, folder) : status;
        status = status == STATUS_OK ? write_sanji(growing, folder) : status;
        rulesfile_text_close(&growing->roster);
    }
    rulesfile_text_close(&growing->sanji);
    free(growing);
    return status;
}
