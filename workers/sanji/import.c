/* import.c: `sanji import`: every row of a CSV file is submitted and gets one receipt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/loop.h"
#include "proto/vocab.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/csv.h"
#include "workers/sanji/feed.h"
#include "workers/sanji/import_map.h"

enum {
    FIELDS_MAX = 256,
    MS_PER_S = 1000,
    COLUMN_NONE = -1
};

struct import {
    struct cli *cli;
    struct import_map *map;
    struct csv csv;
    char *text;
    Sanji__Source source;
    int ref, type, words, observed, lat, lon; /* columns; COLUMN_NONE: there is none */
    size_t columns;
    uint64_t row; /* rows read, the heading not counted */
};

/* ---- the file ---- */

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        const long end = ftell(file);
        text = end >= 0 && fseek(file, 0, SEEK_SET) == 0 ? malloc((size_t)end + 1) : NULL;
        if (text != NULL && fread(text, 1, (size_t)end, file) != (size_t)end) {
            free(text);
            text = NULL;
        }
        *size = (size_t)(end >= 0 ? end : 0);
    }
    (void)fclose(file); // it was only read
    return text;
}

static int column(char **names, size_t count, const char *name)
{
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return COLUMN_NONE;
}

/* The heading names the columns; one that the map needs and the file lacks stops us. */
static int read_heading(struct import *import, const char *path)
{
    char *names[FIELDS_MAX];
    uint64_t line = 0;
    const struct map_columns *wanted = &import->map->columns;
    if (csv_row(&import->csv, names, FIELDS_MAX, &import->columns, &line) != STATUS_OK) {
        return cli_fail(import->cli, CLI_FAILURE, "%s:1: 没有表头 / no heading", path);
    }

    const struct {
        int *at;
        const char *name;
        bool optional;
    } columns[] = {{&import->ref, wanted->ref, false},
                   {&import->type, wanted->type, false},
                   {&import->words, wanted->text, false},
                   {&import->lat, wanted->lat, false},
                   {&import->lon, wanted->lon, false},
                   {&import->observed, wanted->observed_s, true}};

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        *columns[i].at = column(names, import->columns, columns[i].name);
        if (*columns[i].at == COLUMN_NONE && !columns[i].optional) {
            return cli_fail(import->cli, CLI_FAILURE, "%s:1: 没有列 / no column \"%s\"",
                            path, columns[i].name);
        }
    }
    return CLI_OK;
}

/* ---- a row ---- */

static void place_row(const struct import *import, char **fields, Sanji__Place *place)
{
    if (import_map_place(import->map, fields[import->lat], fields[import->lon],
                         &place->lat_e6, &place->lon_e6)) {
        place->datum = SANJI__DATUM__DATUM_WGS84;
    } else {
        place->grid = import->map->outside;
    }
}

static void put_row(struct import *import, struct feed *feed, char **fields)
{
    Sanji__Submission submission = SANJI__SUBMISSION__INIT;
    Sanji__Place place = SANJI__PLACE__INIT;
    Sanji__SealedText sealed = SANJI__SEALED_TEXT__INIT;
    submission.source_system = import->map->source_system;
    submission.source_ref = fields[import->ref];
    submission.source = import->source;
    submission.category = import_map_category(import->map, fields[import->type]);
    submission.place = &place;
    place_row(import, fields, &place);
    if (import->observed != COLUMN_NONE) {
        submission.observed_at_ms = strtoll(fields[import->observed], NULL, 10) * MS_PER_S;
    }
    if (fields[import->words][0] != '\0') {
        submission.sealed = &sealed;
        sealed.text = fields[import->words];
    }
    if (feed == NULL) {
        cli_json(json_write(&submission.base));
    } else {
        feed_submit(feed, import->row, &submission);
    }
}

/* Puts the next row. False: the file has ended. */
static bool next_row(struct import *import, struct feed *feed)
{
    char *fields[FIELDS_MAX];
    size_t count = 0;
    uint64_t line = 0;
    const enum status status = csv_row(&import->csv, fields, FIELDS_MAX, &count, &line);
    if (status == STATUS_NOT_FOUND) {
        return false;
    }
    import->row++;
    if (status == STATUS_OK && count == import->columns) {
        put_row(import, feed, fields);
        return true;
    }
    struct json_fault fault = {.status = STATUS_INVALID};
    (void)snprintf(fault.reason, sizeof fault.reason,
                   "第 %llu 行: %s / line %llu: %zu fields, the heading has %zu",
                   (unsigned long long)line, status_zh(status), (unsigned long long)line,
                   count, import->columns);
    (void)snprintf(fault.expected, sizeof fault.expected, "RFC 4180");
    if (feed != NULL) {
        feed_invalid(feed, import->row, &fault);
    } else {
        fprintf(stderr, "sanji import: %s\n", fault.reason);
    }
    return true;
}

static void more(void *context, struct feed *feed)
{
    struct import *import = context;
    while (feed_has_room(feed)) {
        if (!next_row(import, feed)) {
            feed_end(feed);
            return;
        }
    }
}

static int run(struct import *import)
{
    if (cli_has(import->cli, "--dry-run")) {
        while (next_row(import, NULL)) {
        }
        return CLI_OK;
    }
    static const struct feed_source source = {.more = more};
    struct feed_options options = {0};
    if (cli_duration(import->cli, "--give-up", &options.give_up_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    struct loop *loop = loop_new();
    struct feed *feed = feed_new(loop, import->cli, &options, &source, import);
    const int code = feed_run(feed);
    feed_free(&feed);
    loop_free(&loop);
    return code;
}

static bool read_source(const char *name, Sanji__Source *source)
{
    char full[64];
    (void)snprintf(full, sizeof full, "SOURCE_%s", name); // cut off: not found
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value_by_name(&sanji__source__descriptor, full);
    if (value != NULL) {
        *source = (Sanji__Source)value->value;
    }
    return value != NULL && value->value != 0;
}

int cmd_import(struct cli *cli)
{
    struct import import = {.cli = cli};
    struct fault fault;
    size_t size = 0;
    const char *map = cli_option(cli, "--map");
    const char *path = cli_word(cli, 0);
    if (map == NULL || path == NULL) {
        return cli_usage(cli, "--map FILE and a CSV file are needed");
    }
    if (import_map_load(map, &import.map, &fault) != STATUS_OK) {
        return cli_fail(cli, CLI_FAILURE, "%s", fault.text);
    }
    int code = CLI_OK;
    if (!read_source(import.map->source, &import.source)) {
        code = cli_fail(cli, CLI_FAILURE,
                        "%s: source \"%s\": HANDHELD HOTLINE_12345 VIDEO IOT "
                        "RESIDENT_APP SUPERIOR WALK_IN INSPECTION",
                        map, import.map->source);
    }
    if (code == CLI_OK && (import.text = read_file(path, &size)) == NULL) {
        code = cli_fail(cli, CLI_FAILURE, "%s: 无法读取 / cannot be read", path);
    }
    if (code == CLI_OK) {
        csv_init(&import.csv, import.text, size);
        code = read_heading(&import, path);
    }
    if (code == CLI_OK) {
        code = run(&import);
    }
    free(import.text);
    import_map_free(&import.map);
    return code;
}
