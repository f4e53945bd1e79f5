/* org.c: org paths as text, and as 26 bits in tree order. */
#include "proto/org.h"

#include <assert.h>
#include <string.h>

#include "proto/digits.h"

enum {
    NUMBER_BITS = 7,
    KIND_BITS = 2,
    COMMITTEE_BITS = 10,
    COMMUNITY_BITS = 7,
    COMMITTEE_SHIFT = NUMBER_BITS + KIND_BITS,
    COMMUNITY_SHIFT = COMMITTEE_SHIFT + COMMITTEE_BITS,

    NUMBER_MASK = (1 << NUMBER_BITS) - 1,
    GRID_MASK = (1 << COMMITTEE_SHIFT) - 1,
    BELOW_COMMUNITY_MASK = (1 << COMMUNITY_SHIFT) - 1,
    PACKED_MASK = (1 << (COMMUNITY_SHIFT + COMMUNITY_BITS)) - 1,

    KIND_BLOCK = 1,    // B
    KIND_DEDICATED = 2 // S
};

static uint32_t community_of(struct org_path path)
{
    return path.packed >> COMMUNITY_SHIFT;
}

static uint32_t committee_of(struct org_path path)
{
    return (path.packed & BELOW_COMMUNITY_MASK) >> COMMITTEE_SHIFT;
}

static uint32_t grid_of(struct org_path path)
{
    return path.packed & GRID_MASK;
}

// Reads ".digits" and moves *text behind it. False, and *text stays, where it does not stand.
static bool read_segment(const char **text, unsigned width, uint64_t *value)
{
    if (**text != '.' || !digits_read(*text + 1, width, value)) {
        return false;
    }
    *text += 1 + width;
    return true;
}

static bool read_grid(const char **text, uint32_t *grid)
{
    const char *at = *text;
    if (at[0] != '.' || (at[1] != 'B' && at[1] != 'S')) {
        return false;
    }
    uint32_t kind = at[1] == 'B' ? KIND_BLOCK : KIND_DEDICATED;
    uint64_t number = 0;
    if (!digits_read(at + 2, 2, &number) || number == 0) {
        return false;
    }
    *grid = kind << NUMBER_BITS | (uint32_t)number;
    *text = at + 4;
    return true;
}

enum status org_parse(const char *text, struct org_path *path)
{
    assert(text != NULL);
    assert(path != NULL);

    uint64_t municipality = 0;
    uint64_t level[3] = {0, 0, 0}; // sub-district, community, committee
    static const unsigned widths[3] = {3, 2, 3};
    uint32_t grid = 0;

    if (!digits_read(text, 6, &municipality) || municipality == 0) {
        return STATUS_INVALID;
    }
    text += 6;
    uint64_t last = municipality; // of the segments read: a path does not end in zeros
    for (unsigned i = 0; i < 3 && *text != '\0'; i++) {
        if (!read_segment(&text, widths[i], &level[i])) {
            return STATUS_INVALID;
        }
        last = level[i];
        if (level[0] == 0) {
            return STATUS_INVALID; // nothing lies below a sub-district that is none
        }
    }
    if (*text != '\0') {
        if (!read_grid(&text, &grid)) {
            return STATUS_INVALID;
        }
        last = grid;
    }
    if (*text != '\0' || last == 0) {
        return STATUS_INVALID;
    }
    path->place = (uint32_t)(municipality * 1000 + level[0]);
    path->packed =
        (uint32_t)(level[1] << COMMUNITY_SHIFT | level[2] << COMMITTEE_SHIFT) | grid;
    return STATUS_OK;
}

static char *write_grid(char *at, uint32_t grid)
{
    *at = '0';
    if (grid != 0) {
        *at = grid >> NUMBER_BITS == KIND_BLOCK ? 'B' : 'S';
    }
    return digits_write(at + 1, 2, (grid & NUMBER_MASK) % 100);
}

char *org_print_full(struct org_path path, char *text)
{
    assert(text != NULL);
    assert(path.packed <= PACKED_MASK);
    char *at = digits_write(text, 6, path.place / 1000);
    *at++ = '.';
    at = digits_write(at, 3, path.place % 1000);
    *at++ = '.';
    // The remainders only matter for bits that org_parse never makes.
    at = digits_write(at, 2, community_of(path) % 100);
    *at++ = '.';
    at = digits_write(at, 3, committee_of(path) % 1000);
    *at++ = '.';
    at = write_grid(at, grid_of(path));
    *at = '\0';
    return text;
}

char *org_print(struct org_path path, char *text)
{
    static const size_t lengths[] = {
        [TIER_NONE] = 0,       [TIER_GRID] = 21,        [TIER_COMMITTEE] = 17,
        [TIER_COMMUNITY] = 13, [TIER_SUBDISTRICT] = 10, [TIER_MUNICIPAL] = 6,
    };
    (void)org_print_full(path, text); // returns text
    text[lengths[org_depth(path)]] = '\0';
    return text;
}

enum org_tier org_depth(struct org_path path)
{
    if (path.place == 0) {
        return TIER_NONE;
    }
    if (grid_of(path) != 0) {
        return TIER_GRID;
    }
    if (committee_of(path) != 0) {
        return TIER_COMMITTEE;
    }
    if (community_of(path) != 0) {
        return TIER_COMMUNITY;
    }
    return path.place % 1000 != 0 ? TIER_SUBDISTRICT : TIER_MUNICIPAL;
}

struct org_path org_parent(struct org_path path)
{
    switch (org_depth(path)) {
    case TIER_GRID:
        // Below a community without a committee, that is the community already.
        path.packed &= ~(uint32_t)GRID_MASK;
        return path;
    case TIER_COMMITTEE:
        return org_community(path);
    case TIER_COMMUNITY:
        return org_subdistrict(path);
    case TIER_SUBDISTRICT:
        return (struct org_path){.place = path.place - path.place % 1000, .packed = 0};
    case TIER_MUNICIPAL:
    case TIER_NONE:
        break;
    }
    return (struct org_path){.place = 0, .packed = 0};
}

struct org_path org_community(struct org_path path)
{
    path.packed &= ~(uint32_t)BELOW_COMMUNITY_MASK;
    return path;
}

struct org_path org_subdistrict(struct org_path path)
{
    path.packed = 0;
    return path;
}

bool org_within(struct org_path path, struct org_path above)
{
    if (above.place == 0) {
        return false;
    }
    if (org_depth(above) == TIER_MUNICIPAL) {
        return path.place / 1000 == above.place / 1000;
    }
    uint32_t lo = 0;
    uint32_t hi = 0;
    org_range(above, &lo, &hi);
    return path.place == above.place && lo <= path.packed && path.packed <= hi;
}

bool org_equal(struct org_path a, struct org_path b)
{
    return a.place == b.place && a.packed == b.packed;
}

void org_range(struct org_path above, uint32_t *lo, uint32_t *hi)
{
    assert(lo != NULL);
    assert(hi != NULL);
    uint32_t below = PACKED_MASK;
    if (grid_of(above) != 0) {
        below = 0;
    } else if (committee_of(above) != 0) {
        below = GRID_MASK;
    } else if (community_of(above) != 0) {
        below = BELOW_COMMUNITY_MASK;
    }
    *lo = above.packed;
    *hi = above.packed | below;
}
