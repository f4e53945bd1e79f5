/* org.h: org paths, the addresses of the three tiers.
 *
 *     370499 . 003 . 01 . 001 . B03
 *     municipality sub-district community committee grid
 *
 * In text unused levels at the end are left out ("370499.003" is the sub-district). Packed,
 * a path below its sub-district is 26 bits in tree order, so that a prefix is a range:
 *
 *     community 7 bits | committee 10 bits | grid: kind 2 bits (0 none, 1 B, 2 S), number 7
 *
 * The nine digits before it are the log's own: one log serves one sub-district.
 */
#ifndef PROTO_ORG_H
#define PROTO_ORG_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

enum org_tier {
    TIER_NONE = 0,
    TIER_GRID = 1,
    TIER_COMMITTEE = 2,
    TIER_COMMUNITY = 3,
    TIER_SUBDISTRICT = 4,
    TIER_MUNICIPAL = 5
};

enum {
    ORG_TEXT_SIZE = 24 /* longest path and its NUL */
};

struct org_path {
    /* 370499003: municipality and sub-district as one decimal; 0: no path */
    uint32_t place;
    uint32_t packed; /* below the sub-district; 0: the sub-district itself */
};

/* Reads a path of 2 to 5 segments, or of 1 (a municipality: place 370499000, packed 0).
 * Fails: INVALID when a segment has the wrong width or characters, a level is skipped that
 *        is not written as zeros, or `text` ends in zeros that should be left out. */
MUST_CHECK enum status org_parse(const char *text, struct org_path *path);

/* Writes the path; "" for place 0. `text` has ORG_TEXT_SIZE bytes. Returns text. */
char *org_print(struct org_path path, char *text);

/* The tier that a unit at this path has by its depth (a grid path: GRID). A path that names
 * a dedicated grid directly below its community is GRID as well. */
enum org_tier org_depth(struct org_path path);

/* The unit one level up; a dedicated grid's parent is its community. The sub-district's is
 * the municipality {370499000, 0}. */
struct org_path org_parent(struct org_path path);
struct org_path org_community(struct org_path path);
struct org_path org_subdistrict(struct org_path path);

/* True when `path` is `above` or lies below it, on whole segments. No path lies nowhere, and
 * nothing lies below it. */
bool org_within(struct org_path path, struct org_path above);
bool org_equal(struct org_path a, struct org_path b);

/* The range of packed values at or below `above`: lo <= packed <= hi. */
void org_range(struct org_path above, uint32_t *lo, uint32_t *hi);

/* Fixed-width form for topics: "370499.003.01.001.B03", zeros spelled out. Returns text. */
char *org_print_full(struct org_path path, char *text);

#endif
