/* script_check.c: what came of each planned submission, against its truth. */
#include <stdio.h>
#include <string.h>

#include "workers/sanji/script_inside.h"

enum {
    DIFFER_SIZE = 400
};

/* One figure of a case: what was wanted, what the log shows. */
struct figure {
    const char *name;
    unsigned wanted, found;
};

static unsigned final_state(const struct planned *truth)
{
    switch ((enum planned_kind)truth->kind) {
    case PLANNED_MERGED:
        return STATE_MERGED;
    case PLANNED_REJECTED:
        return STATE_REJECTED;
    case PLANNED_CANCELLED:
        return STATE_CANCELLED;
    case PLANNED_CASE:
        break;
    }
    return STATE_CLOSED;
}

/* A disturbance that this version cannot play is not wanted of it. */
static unsigned wanted(enum statement_kind kind, unsigned count)
{
    return kind == SAY_NONE || script_can_say(kind) ? count : 0;
}

static unsigned tier_of(const struct kase *kase)
{
    return kase->self_handled && kase->resolver_tier <= TIER_GRID ? (unsigned)TIER_GRID
                                                                  : kase->resolver_tier;
}

static unsigned wanted_tier(const struct planned *truth)
{
    return truth->tier == TIER_MUNICIPAL && !script_can_say(SAY_UPSTREAM)
               ? (unsigned)TIER_SUBDISTRICT
               : truth->tier;
}

enum {
    FIGURES_MAX = 24
};

/* What only a case of its own has. */
static size_t list_handling(const struct planned *truth, const struct act *act,
                            const struct kase *kase, struct figure *list)
{
    const struct figure all[] = {
        {"tier", wanted_tier(truth), tier_of(kase)},
        {"resolution", truth->resolution, kase->resolution},
        {"late", truth->late, kase->resolve_missed},
        {"satisfaction", truth->wants_contact ? truth->satisfaction : 0, act->satisfaction},
        {"declines", truth->declines, act->declines},
        {"timeouts", truth->timeouts, act->timeouts},
        {"recalls", wanted(SAY_RECALL, truth->recalls), act->recalls},
        {"returns", wanted(SAY_RETURN, truth->returns), kase->returns},
        {"extensions", wanted(SAY_EXTEND, truth->extensions), kase->extensions},
        {"suspensions", wanted(SAY_SUSPEND, truth->suspensions), kase->suspensions},
        {"assists", wanted(SAY_ASSIST, truth->assists), act->assists},
        {"reworks", truth->reworks, kase->reworks},
        {"reopens", truth->reopens, kase->reopens},
        {"unmerged", wanted(SAY_UNMERGE, truth->unmerged), act->merges},
    };
    const size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++) {
        list[i] = all[i];
    }
    return count;
}

static size_t list_figures(const struct planned *truth, const struct act *act,
                           const struct kase *kase, struct figure *list)
{
    size_t count = 0;
    list[count++] = (struct figure){"state", final_state(truth), kase->state};
    list[count++] = (struct figure){"category", truth->category, kase->category};
    list[count++] = (struct figure){"severity", truth->severity, kase->severity};
    list[count++] = (struct figure){"urges", wanted(SAY_URGE, truth->urges), act->urges};
    list[count++] = (struct figure){"supervised", wanted(SAY_SUPERVISE, truth->supervise),
                                    act->supervised};
    if (truth->kind == PLANNED_CASE) {
        count += list_handling(truth, act, kase, list + count);
    }
    return count;
}

enum outcome {
    AS_PLANNED,
    STRAINED, /* otherwise, as far as too few people make it so */
    OTHERWISE
};

/* What comes out otherwise where there are too few people. */
static bool is_of_strain(const char *name)
{
    static const char *const names[] = {"tier", "late", "timeouts"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum outcome compare_one(const struct script *script, struct world *world,
                                size_t place, char text[DIFFER_SIZE])
{
    const struct act *act = &script->acts[place];
    const struct planned *truth = &script->plan->cases[place];
    const struct kase *kase = act->key != 0 ? world_case(world, act->key) : NULL;
    char case_no[CASE_NO_SIZE] = "";
    if (kase == NULL) {
        (void)snprintf(text, DIFFER_SIZE, "%u: no case", truth->number);
        return OTHERWISE;
    }
    struct figure list[FIGURES_MAX];
    const size_t count = list_figures(truth, act, kase, list);
    id_case_print(world_place(world), act->key, case_no);
    size_t at = (size_t)snprintf(text, DIFFER_SIZE, "%u %s:", truth->number, case_no);
    enum outcome found = AS_PLANNED;
    for (size_t i = 0; i < count; i++) {
        if (list[i].wanted != list[i].found && at < DIFFER_SIZE) {
            const bool is_strain = is_of_strain(list[i].name);
            found = is_strain && found != OTHERWISE ? STRAINED : OTHERWISE;
            at += (size_t)snprintf(text + at, DIFFER_SIZE - at, " %s %u not %u",
                                   list[i].name, list[i].found, list[i].wanted);
        }
    }
    return found;
}

static void add_handling(const struct act *act, const struct kase *kase,
                         struct script_result *result)
{
    result->cases++;
    result->self_handled += tier_of(kase) == TIER_GRID ? 1U : 0U;
    if (tier_of(kase) != TIER_GRID && tier_of(kase) <= TIER_MUNICIPAL) {
        result->by_tier[tier_of(kase)]++;
    }
    result->in_time += kase->resolve_missed ? 0U : 1U;
    const bool is_answer =
        act->satisfaction >= SANJI__SATISFACTION__SATISFACTION_VERY &&
        act->satisfaction <= SANJI__SATISFACTION__SATISFACTION_VERY_UNSATISFIED;
    result->answered += is_answer ? 1U : 0U;
    result->satisfied +=
        is_answer && act->satisfaction <= SANJI__SATISFACTION__SATISFACTION_SATISFIED ? 1U
                                                                                      : 0U;
}

static void add(const struct act *act, const struct planned *truth, const struct kase *kase,
                struct script_result *result)
{
    result->final += act->is_final ? 1U : 0U;
    result->merged += kase->state == STATE_MERGED ? 1U : 0U;
    result->rejected += kase->state == STATE_REJECTED ? 1U : 0U;
    result->cancelled += kase->state == STATE_CANCELLED ? 1U : 0U;
    result->said_refused += act->refused;
    if (truth->kind == PLANNED_CASE) {
        add_handling(act, kase, result);
        result->unmerged += act->merges;
    }
    result->declines += act->declines;
    result->timeouts += act->timeouts;
    result->recalls += act->recalls;
    result->returns += kase->returns;
    result->extensions += kase->extensions;
    result->suspensions += kase->suspensions;
    result->assists += act->assists;
    result->reworks += kase->reworks;
    result->reopens += kase->reopens;
    result->urges += act->urges;
    result->supervised[act->supervised]++;
    result->reclassified += act->reclassified;
    result->regraded += act->regraded;
}

void script_compare(const struct script *script, struct world *world, bool is_strained,
                    void (*differ)(void *context, const char *text), void *context,
                    struct script_result *result)
{
    *result = (struct script_result){.planned = (uint32_t)script->plan->count,
                                     .repeats = script->repeats,
                                     .malformed = script->malformed,
                                     .pii = script->pii};
    for (size_t place = 0; place < script->plan->count; place++) {
        char text[DIFFER_SIZE];
        const struct act *act = &script->acts[place];
        const struct kase *kase = act->key != 0 ? world_case(world, act->key) : NULL;
        if (kase != NULL) {
            add(act, &script->plan->cases[place], kase, result);
        }
        const enum outcome outcome = compare_one(script, world, place, text);
        if (outcome == STRAINED && is_strained) {
            result->strained++;
        } else if (outcome != AS_PLANNED) {
            result->differing++;
            if (differ != NULL) {
                differ(context, text);
            }
        }
    }
    if (script->strays_wrong != 0) {
        result->differing++;
        if (differ != NULL) {
            char text[DIFFER_SIZE];
            (void)snprintf(text, sizeof text, "%u strays were not answered as they must be",
                           script->strays_wrong);
            differ(context, text);
        }
    }
}
