/* voice_draw.c: drawing from the rules: a place, a worker, a category. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/sim/voice_inside.h"

uint32_t voice_below(const struct voice *voice, uint32_t bound)
{
    return random_below(voice->random, bound);
}

bool voice_chance(const struct voice *voice, uint32_t percent)
{
    return voice_below(voice, 100) < percent;
}

void *voice_take(const struct voice *voice, size_t size)
{
    void *memory = arena_take(voice->arena, size);
    assert(memory != NULL);
    return memory;
}

char *voice_text(const struct voice *voice, const char *format, ...)
{
    char line[128];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments); // codes and numbers fit
    va_end(arguments);
    char *copy = arena_copy_text(voice->arena, line);
    assert(copy != NULL);
    return copy;
}

char *voice_path_text(const struct voice *voice, struct org_path path)
{
    char line[ORG_TEXT_SIZE];
    return voice_text(voice, "%s", org_print(path, line));
}

/* ---- drawing from the rules ---- */

char *voice_any_path(const struct voice *voice)
{
    const Sanji__Org *org = rules_org(world_rules(voice->world));
    return voice_chance(voice, 60)
               ? org->grids[voice_below(voice, (uint32_t)org->n_grids)]->path
               : org->units[voice_below(voice, (uint32_t)org->n_units)]->path;
}

const Sanji__Worker *voice_any_worker(const struct voice *voice)
{
    const Sanji__Roster *roster = rules_roster(world_rules(voice->world));
    return roster->workers[voice_below(voice, (uint32_t)roster->n_workers)];
}

static bool has_role(const Sanji__Worker *row, unsigned role)
{
    bool has = (unsigned)row->role == role;
    for (size_t i = 0; i < row->n_further_roles; i++) {
        has |= (unsigned)row->further_roles[i] == role;
    }
    return has;
}

/* Some worker of the role, of the case's community where there is one; NULL: no such role. */
const Sanji__Worker *voice_worker_of_role(const struct voice *voice, unsigned role,
                                          const struct kase *kase)
{
    const Sanji__Roster *roster = rules_roster(world_rules(voice->world));
    const Sanji__Worker *found = NULL;
    const size_t first = voice_below(voice, (uint32_t)roster->n_workers);
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *row = roster->workers[(first + i) % roster->n_workers];
        struct org_path desk = {0};
        if (!has_role(row, role)) {
            continue;
        }
        found = found != NULL ? found : row;
        if (kase == NULL || (org_parse(row->desk, &desk) == STATUS_OK &&
                             org_within(desk, org_community(kase->area)))) {
            return row;
        }
    }
    return found;
}

char *voice_any_category(const struct voice *voice)
{
    const Sanji__Sla *sla = rules_sla(world_rules(voice->world));
    const Sanji__Category *category = NULL;
    do {
        category = sla->categories[voice_below(voice, (uint32_t)sla->n_categories)];
    } while (voice->is_calm && category->severity < SANJI__SEVERITY__SEVERITY_S3);
    return category->code;
}
