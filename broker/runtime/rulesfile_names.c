/* rulesfile_names.c: looking names up, and saying which ones are nearest to a wrong one. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/rulesfile_check.h"

enum {
    DISTANCE_SIZE = 64, // longer names are compared in their first 63 bytes
    NEAREST_SIZE = 160,
    ALL_MAX = 6 // so few are all listed
};

void rulesfile_names_reserve(struct rulesfile_reading *reading,
                             struct rulesfile_names *names, size_t count)
{
    names->sorted = RULESFILE_TAKE_ARRAY(reading, struct rulesfile_named, count);
    names->count = 0;
}

void rulesfile_names_add(struct rulesfile_names *names, const char *text, size_t index)
{
    names->sorted[names->count++] = (struct rulesfile_named){text, index};
}

static int by_text(const void *left, const void *right)
{
    const struct rulesfile_named *a = left;
    const struct rulesfile_named *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

enum status rulesfile_names_sort(struct rulesfile_names *names, struct rulesfile_at at)
{
    if (names->count == 0) {
        return STATUS_OK;
    }
    qsort(names->sorted, names->count, sizeof names->sorted[0], by_text);
    for (size_t i = 1; i < names->count; i++) {
        if (strcmp(names->sorted[i].text, names->sorted[i - 1].text) == 0) {
            at.index = names->sorted[i].index;
            at.name = names->sorted[i].text;
            return rulesfile_refuse(at, "'%s' stands twice, first as %s[%zu]",
                                    names->sorted[i].text, at.list,
                                    names->sorted[i - 1].index + 1);
        }
    }
    return STATUS_OK;
}

enum status rulesfile_names_of(struct rulesfile_names *names, struct rulesfile_at at,
                               const void *entries, size_t entry_size, size_t count)
{
    rulesfile_names_reserve(at.reading, names, count);
    for (size_t i = 0; i < count; i++) {
        const char *const *name = (const void *)((const char *)entries + i * entry_size);
        rulesfile_names_add(names, *name, i);
    }
    return rulesfile_names_sort(names, at);
}

bool rulesfile_names_find(const struct rulesfile_names *names, const char *text,
                          size_t *index)
{
    size_t low = 0;
    size_t high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(text, names->sorted[middle].text);
        if (order == 0) {
            *index = names->sorted[middle].index;
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

// Levenshtein: how many bytes must be changed, left out or put in.
static unsigned distance(const char *a, const char *b)
{
    unsigned row[DISTANCE_SIZE];
    size_t size_b = strnlen(b, DISTANCE_SIZE - 1);
    for (unsigned j = 0; j <= size_b; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; i < DISTANCE_SIZE - 1 && a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < size_b; j++) {
            unsigned best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j + 1] = diagonal + 1 < best ? diagonal + 1 : best;
        }
    }
    return row[size_b];
}

static void print_all(const struct rulesfile_names *names, char text[NEAREST_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < names->count && used < NEAREST_SIZE; i++) {
        const char *between = i == 0 ? "" : i + 1 == names->count ? " or " : ", ";
        int length = snprintf(text + used, NEAREST_SIZE - used, "%s%s", between,
                              names->sorted[i].text);
        assert(length >= 0);
        used += (size_t)length;
    }
}

// The two nearest; of equally near ones the first.
static void print_nearest(const struct rulesfile_names *names, const char *wrong,
                          char text[NEAREST_SIZE])
{
    size_t best[2] = {0, 0};
    unsigned least[2] = {UINT32_MAX, UINT32_MAX};
    if (names->count <= ALL_MAX) {
        print_all(names, text);
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        unsigned far = distance(wrong, names->sorted[i].text);
        if (far < least[0]) {
            best[1] = best[0];
            least[1] = least[0];
            best[0] = i;
            least[0] = far;
        } else if (far < least[1]) {
            best[1] = i;
            least[1] = far;
        }
    }
    (void)snprintf(text, NEAREST_SIZE, "%s or %s", names->sorted[best[0]].text,
                   names->sorted[best[1]].text);
}

enum status rulesfile_names_need(const struct rulesfile_names *names,
                                 struct rulesfile_at at, const char *what, const char *text,
                                 size_t *index)
{
    char nearest[NEAREST_SIZE] = "";
    if (rulesfile_names_find(names, text, index)) {
        return STATUS_OK;
    }
    if (names->count == 0) {
        return rulesfile_refuse(at, "no %s '%s': there are none", what, text);
    }
    print_nearest(names, text, nearest);
    return rulesfile_refuse(at, "no %s '%s', %s %s", what, text,
                            names->count <= ALL_MAX ? "expected" : "nearest:", nearest);
}
