/* import_map.h: how rows of somebody else's CSV become submissions; a YAML file.
 *
 *     source_system: nyc311        columns:            categories:
 *     source: RESIDENT_APP           ref: id             - {match: [manhole], category: "04002"}
 *                                    type: type        rest: "09001"
 *     box / onto: the box of their coordinates, laid over the box of our grids
 *
 * A pattern is a text that the type column contains, upper and lower case alike; the first
 * row that matches wins, `rest` takes what none does.
 */
#ifndef SANJI_IMPORT_MAP_H
#define SANJI_IMPORT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "door.pb-c.h"
#include "proto/status.h"

struct map_box {
    double lat_min, lat_max, lon_min, lon_max;
};

struct map_rule {
    char **match;
    unsigned match_count;
    char *category;
};

struct map_columns {
    char *ref;
    char *type;
    char *text;
    char *observed_s; /* Unix seconds; optional */
    char *lat;
    char *lon;
};

struct import_map {
    char *source_system;
    char *source;
    char *outside; /* org path of what lies outside the box */
    struct map_columns columns;
    struct map_box box;
    struct map_box onto;
    struct map_rule *categories;
    unsigned categories_count;
    char *rest;
};

/* Owns: *map on OK; release with import_map_free.
 * Fails: INVALID, with file, line and what was expected in *fault. */
MUST_CHECK enum status import_map_load(const char *file, struct import_map **map,
                                       struct fault *fault);
void import_map_free(struct import_map **map);

/* The category of a type; never NULL. */
char *import_map_category(const struct import_map *map, const char *type);

/* Lays a point of their box over ours. False: outside, or not a number. */
bool import_map_place(const struct import_map *map, const char *lat, const char *lon,
                      int32_t *lat_e6, int32_t *lon_e6);

#endif
