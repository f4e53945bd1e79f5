/* import_map.c: see import_map.h. */
#include "workers/sanji/import_map.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cyaml/cyaml.h>

#include "proto/id.h"
#include "proto/org.h"

enum {
    NAME_MAX_BYTES = 128,
    RULES_MAX = 1000,
    MATCHES_MAX = 100,
    LAT_MAX = 90,
    LON_MAX = 180,
    LINE_SIZE = 160 /* of what libcyaml says at once; a fault holds two of them */
};

// clang-format off
static const cyaml_schema_field_t box_fields[] = {
    CYAML_FIELD_FLOAT("lat_min", CYAML_FLAG_DEFAULT, struct map_box, lat_min),
    CYAML_FIELD_FLOAT("lat_max", CYAML_FLAG_DEFAULT, struct map_box, lat_max),
    CYAML_FIELD_FLOAT("lon_min", CYAML_FLAG_DEFAULT, struct map_box, lon_min),
    CYAML_FIELD_FLOAT("lon_max", CYAML_FLAG_DEFAULT, struct map_box, lon_max),
    CYAML_FIELD_END};

static const cyaml_schema_field_t column_fields[] = {
    CYAML_FIELD_STRING_PTR("ref", CYAML_FLAG_POINTER, struct map_columns, ref, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("type", CYAML_FLAG_POINTER, struct map_columns, type, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("text", CYAML_FLAG_POINTER, struct map_columns, text, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("observed_s", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct map_columns, observed_s, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("lat", CYAML_FLAG_POINTER, struct map_columns, lat, 1, NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("lon", CYAML_FLAG_POINTER, struct map_columns, lon, 1, NAME_MAX_BYTES),
    CYAML_FIELD_END};

static const cyaml_schema_value_t match_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, NAME_MAX_BYTES)};

static const cyaml_schema_field_t rule_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("match", CYAML_FLAG_POINTER, struct map_rule, match, match_count,
                               &match_entry, 1, MATCHES_MAX),
    CYAML_FIELD_STRING_PTR("category", CYAML_FLAG_POINTER, struct map_rule, category, 5, 5),
    CYAML_FIELD_END};

static const cyaml_schema_value_t rule_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct map_rule, rule_fields)};

static const cyaml_schema_field_t map_fields[] = {
    CYAML_FIELD_STRING_PTR("source_system", CYAML_FLAG_POINTER, struct import_map, source_system, 1,
                           NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct import_map, source, 1,
                           NAME_MAX_BYTES),
    CYAML_FIELD_STRING_PTR("outside", CYAML_FLAG_POINTER, struct import_map, outside, 1,
                           NAME_MAX_BYTES),
    CYAML_FIELD_MAPPING("columns", CYAML_FLAG_DEFAULT, struct import_map, columns, column_fields),
    CYAML_FIELD_MAPPING("box", CYAML_FLAG_DEFAULT, struct import_map, box, box_fields),
    CYAML_FIELD_MAPPING("onto", CYAML_FLAG_DEFAULT, struct import_map, onto, box_fields),
    CYAML_FIELD_SEQUENCE("categories", CYAML_FLAG_POINTER, struct import_map, categories,
                         &rule_entry, 0, RULES_MAX),
    CYAML_FIELD_STRING_PTR("rest", CYAML_FLAG_POINTER, struct import_map, rest, 5, 5),
    CYAML_FIELD_END};

static const cyaml_schema_value_t map_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct import_map, map_fields)};

// clang-format on

/* libcyaml says what is wrong through its log: the first line that names a place is kept. */
static __attribute__((format(printf, 3, 0))) void
keep_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct fault *fault = context;
    char line[LINE_SIZE];
    (void)vsnprintf(line, sizeof line, format, arguments); // cut off is fine
    line[strcspn(line, "\n")] = '\0';
    const size_t used = strlen(fault->text);
    if (level >= CYAML_LOG_ERROR && used + 2 < sizeof fault->text) {
        (void)snprintf(fault->text + used, sizeof fault->text - used, "%s%s",
                       used != 0 ? "; " : "", line);
    }
}

static cyaml_config_t config_for(struct fault *fault)
{
    return (cyaml_config_t){.log_fn = keep_log,
                            .log_ctx = fault,
                            .log_level = CYAML_LOG_ERROR,
                            .mem_fn = cyaml_mem};
}

static bool is_span(double min, double max, double bound)
{
    return min < max && min >= -bound && max <= bound; // false for what is no number
}

static enum status check_box(const char *file, const char *name, const struct map_box *box,
                             struct fault *fault)
{
    if (is_span(box->lat_min, box->lat_max, LAT_MAX) &&
        is_span(box->lon_min, box->lon_max, LON_MAX)) {
        return STATUS_OK;
    }
    return fault_set(fault, STATUS_INVALID,
                     "%s: %s: min 须小于 max, 纬度±90, 经度±180 / min below max, latitudes "
                     "within 90 and longitudes within 180 degrees",
                     file, name);
}

static enum status check(const char *file, const struct import_map *map,
                         struct fault *fault)
{
    uint32_t category = 0;
    struct org_path path;
    for (unsigned i = 0; i < map->categories_count; i++) {
        if (id_category_parse(map->categories[i].category, &category) != STATUS_OK) {
            return fault_set(fault, STATUS_INVALID,
                             "%s: categories[%u].category \"%s\": 应为5位数字 / 5 digits",
                             file, i + 1, map->categories[i].category);
        }
    }
    if (id_category_parse(map->rest, &category) != STATUS_OK) {
        return fault_set(fault, STATUS_INVALID, "%s: rest \"%s\": 应为5位数字 / 5 digits",
                         file, map->rest);
    }
    if (org_parse(map->outside, &path) != STATUS_OK) {
        return fault_set(fault, STATUS_INVALID,
                         "%s: outside \"%s\": 不是组织路径 / an org path", file,
                         map->outside);
    }
    const enum status status = check_box(file, "box", &map->box, fault);
    return status != STATUS_OK ? status : check_box(file, "onto", &map->onto, fault);
}

enum status import_map_load(const char *file, struct import_map **map, struct fault *fault)
{
    fault->status = STATUS_INVALID;
    fault->text[0] = '\0';
    const cyaml_config_t config = config_for(fault);
    struct import_map *self = NULL;
    const cyaml_err_t loaded =
        cyaml_load_file(file, &config, &map_schema, (cyaml_data_t **)&self, NULL);
    if (loaded != CYAML_OK) {
        char said[FAULT_TEXT_SIZE];
        (void)snprintf(said, sizeof said, "%s", fault->text);
        return fault_set(fault, STATUS_INVALID, "%s: %s: %s", file, cyaml_strerror(loaded),
                         said);
    }
    if (self == NULL) { // libcyaml takes a file without a document for nothing at all
        return fault_set(fault, STATUS_INVALID, "%s: 文件为空 / the file is empty", file);
    }
    const enum status sound = check(file, self, fault);
    if (sound != STATUS_OK) {
        import_map_free(&self);
        return sound;
    }
    *map = self;
    return STATUS_OK;
}

void import_map_free(struct import_map **map)
{
    struct fault ignored = {.status = STATUS_OK};
    const cyaml_config_t config = config_for(&ignored);
    if (*map != NULL) {
        (void)cyaml_free(&config, &map_schema, *map, 0); // frees what it made itself
        *map = NULL;
    }
}

char *import_map_category(const struct import_map *map, const char *type)
{
    for (unsigned i = 0; i < map->categories_count; i++) {
        for (unsigned j = 0; j < map->categories[i].match_count; j++) {
            if (strcasestr(type, map->categories[i].match[j]) != NULL) {
                return map->categories[i].category;
            }
        }
    }
    return map->rest;
}

static bool read_number(const char *text, double *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtod(text, &end);
    return errno == 0 && end != text && *end == '\0' && isfinite(*number);
}

static bool lay(double value, double from_min, double from_max, double to_min,
                double to_max, int32_t *out_e6)
{
    if (value < from_min || value > from_max) {
        return false;
    }
    const double share = (value - from_min) / (from_max - from_min);
    *out_e6 = (int32_t)lround((to_min + share * (to_max - to_min)) * 1e6);
    return true;
}

bool import_map_place(const struct import_map *map, const char *lat, const char *lon,
                      int32_t *lat_e6, int32_t *lon_e6)
{
    double lat_deg = 0;
    double lon_deg = 0;
    return read_number(lat, &lat_deg) && read_number(lon, &lon_deg) &&
           lay(lat_deg, map->box.lat_min, map->box.lat_max, map->onto.lat_min,
               map->onto.lat_max, lat_e6) &&
           lay(lon_deg, map->box.lon_min, map->box.lon_max, map->onto.lon_min,
               map->onto.lon_max, lon_e6);
}
