/* rulesfile_geometry.c: the grids as one whole (domain R8, R11): no two boxes overlap,
 * neighbours name each other, and the grids of a community hang together. */
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"

struct geometry {
    struct rulesfile_reading *reading;
    const Sanji__Org *org;
    const struct org_path *paths;
    size_t **neighbours; // by grid: entries of its neighbours, in the order of the file
    size_t *root;        // by grid: a grid it hangs together with, itself at the end
};

static struct rulesfile_at at_grid(const struct geometry *geometry, size_t index,
                                   const char *key)
{
    return (struct rulesfile_at){geometry->reading,
                                 FILE_ORG,
                                 "grids",
                                 index,
                                 geometry->org->grids[index]->path,
                                 key,
                                 NULL};
}

// ---- overlap: by south edge, each against those that begin below its north edge ----

struct southern {
    const Sanji__Grid *grid;
    size_t index;
};

static int by_south(const void *left, const void *right)
{
    const struct southern *a = left;
    const struct southern *b = right;
    int order = (a->grid->lat_min_e6 > b->grid->lat_min_e6) -
                (a->grid->lat_min_e6 < b->grid->lat_min_e6);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static enum status check_overlap(const struct geometry *geometry)
{
    size_t count = geometry->org->n_grids;
    struct southern *sorted =
        RULESFILE_TAKE_ARRAY(geometry->reading, struct southern, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (struct southern){geometry->org->grids[i], i};
    }
    qsort(sorted, count, sizeof sorted[0], by_south);
    for (size_t i = 0; i < count; i++) {
        const Sanji__Grid *a = sorted[i].grid;
        for (size_t k = i + 1; k < count; k++) {
            const Sanji__Grid *b = sorted[k].grid;
            if (b->lat_min_e6 >= a->lat_max_e6) {
                break;
            }
            if (b->lon_min_e6 < a->lon_max_e6 && a->lon_min_e6 < b->lon_max_e6) {
                bool later = sorted[k].index > sorted[i].index;
                return rulesfile_refuse(
                    at_grid(geometry, later ? sorted[k].index : sorted[i].index, "box"),
                    "overlaps the box of %s", later ? a->path : b->path);
            }
        }
    }
    return STATUS_OK;
}

// ---- neighbours ----

static enum status find_neighbours(struct geometry *geometry, size_t index)
{
    const Sanji__Grid *grid = geometry->org->grids[index];
    struct rulesfile_at at = at_grid(geometry, index, "neighbours");
    size_t *found = RULESFILE_TAKE_ARRAY(geometry->reading, size_t, grid->n_neighbours);
    geometry->neighbours[index] = found;
    for (size_t i = 0; i < grid->n_neighbours; i++) {
        at.value = grid->neighbours[i];
        enum status status = rulesfile_names_need(&geometry->reading->grids, at, "grid",
                                                  grid->neighbours[i], &found[i]);
        if (status != STATUS_OK) {
            return status;
        }
        if (found[i] == index) {
            return rulesfile_refuse(at, "a grid is not its own neighbour");
        }
        for (size_t k = 0; k < i; k++) {
            if (found[k] == found[i]) {
                return rulesfile_refuse(at, "%s stands twice", grid->neighbours[i]);
            }
        }
    }
    return STATUS_OK;
}

static bool names_back(const struct geometry *geometry, size_t index, size_t neighbour)
{
    const Sanji__Grid *grid = geometry->org->grids[neighbour];
    for (size_t i = 0; i < grid->n_neighbours; i++) {
        if (geometry->neighbours[neighbour][i] == index) {
            return true;
        }
    }
    return false;
}

static size_t root_of(struct geometry *geometry, size_t grid)
{
    size_t *root = geometry->root;
    while (root[grid] != grid) {
        root[grid] = root[root[grid]];
        grid = root[grid];
    }
    return grid;
}

static enum status join_neighbours(struct geometry *geometry, size_t index)
{
    const Sanji__Grid *grid = geometry->org->grids[index];
    for (size_t i = 0; i < grid->n_neighbours; i++) {
        size_t neighbour = geometry->neighbours[index][i];
        if (!names_back(geometry, index, neighbour)) {
            return rulesfile_refuse(at_grid(geometry, index, "neighbours"),
                                    "%s does not name this grid as its neighbour",
                                    grid->neighbours[i]);
        }
        if (org_equal(org_community(geometry->paths[index]),
                      org_community(geometry->paths[neighbour]))) {
            geometry->root[root_of(geometry, index)] = root_of(geometry, neighbour);
        }
    }
    return STATUS_OK;
}

// ---- contiguity: every grid has the root of the first grid of its community ----

static enum status check_contiguous(struct geometry *geometry)
{
    struct rulesfile_reading *reading = geometry->reading;
    // By unit; 0: no grid of it seen yet, else the grid's index + 1.
    size_t *first = RULESFILE_TAKE_ARRAY(reading, size_t, reading->units.count);
    char text[ORG_TEXT_SIZE];
    for (size_t i = 0; i < geometry->org->n_grids; i++) {
        size_t unit;
        if (!rulesfile_names_find(&reading->units,
                                  org_print(org_community(geometry->paths[i]), text),
                                  &unit)) {
            continue; // a grid right below the sub-district has no community
        }
        if (first[unit] == 0) {
            first[unit] = i + 1;
        } else if (root_of(geometry, i) != root_of(geometry, first[unit] - 1)) {
            return rulesfile_refuse(
                at_grid(geometry, i, "neighbours"),
                "no chain of neighbours leads to %s of the same community",
                geometry->org->grids[first[unit] - 1]->path);
        }
    }
    return STATUS_OK;
}

enum status rulesfile_geometry(struct rulesfile_reading *reading, const Sanji__Org *org,
                               const struct org_path *paths)
{
    struct geometry geometry = {
        .reading = reading,
        .org = org,
        .paths = paths,
        .neighbours = RULESFILE_TAKE_ARRAY(reading, size_t *, org->n_grids),
        .root = RULESFILE_TAKE_ARRAY(reading, size_t, org->n_grids),
    };
    enum status status = check_overlap(&geometry);
    for (size_t i = 0; i < org->n_grids && status == STATUS_OK; i++) {
        geometry.root[i] = i;
        status = find_neighbours(&geometry, i);
    }
    for (size_t i = 0; i < org->n_grids && status == STATUS_OK; i++) {
        status = join_neighbours(&geometry, i);
    }
    return status == STATUS_OK ? check_contiguous(&geometry) : status;
}
