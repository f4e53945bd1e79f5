/* row.c: see row.h. */
#include "workers/casebook/row.h"

#include <string.h>

enum {
    CATEGORY_MASKED = 99000
};

struct row_shown row_shown(const struct kase *kase, bool open)
{
    if (open || !kase->restricted) {
        return (struct row_shown){.area = kase->area,
                                  .holder = kase->holder,
                                  .category = kase->category,
                                  .worker = kase->worker,
                                  .team = kase->team};
    }
    return (struct row_shown){.area = org_community(kase->area),
                              .holder = org_community(kase->holder),
                              .category = CATEGORY_MASKED};
}

static char *path_text(struct arena *arena, struct org_path path)
{
    char text[ORG_TEXT_SIZE];
    return arena_copy_text(arena, org_print(path, text));
}

bool row_is_overdue(const struct kase *kase, int64_t now_ms)
{
    if (!lifecycle_is_open((enum case_state)kase->state) || kase->state == STATE_RESOLVED ||
        kase->state == STATE_REVISIT) {
        return false;
    }
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind == TIMER_RESOLVE && timer->state != TIMER_STATE_PAUSED &&
            timer->due_ms <= now_ms) {
            return true;
        }
    }
    return kase->resolve_missed;
}

static bool fill_timers(struct arena *arena, const struct kase *kase, Sanji__CaseRow *row)
{
    row->timers = arena_take(arena, CASE_TIMERS_MAX * sizeof *row->timers);
    if (row->timers == NULL) {
        return false;
    }
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        Sanji__TimerRow *out = timer->kind != 0 ? arena_take(arena, sizeof *out) : NULL;
        if (out == NULL) {
            continue;
        }
        sanji__timer_row__init(out);
        out->kind = (Sanji__TimerKind)timer->kind;
        out->n = timer->n;
        out->due_at_ms = timer->due_ms;
        out->paused = timer->state == TIMER_STATE_PAUSED;
        out->fired = timer->state == TIMER_STATE_FIRED;
        out->clock = (Sanji__Clock)timer->clock;
        out->budget_s = timer->budget_s;
        out->cap_s = timer->cap_s;
        out->t0_ms = timer->t0_ms;
        row->timers[row->n_timers++] = out;
    }
    return true;
}

static bool fill_attention(struct arena *arena, const struct kase *kase, bool open,
                           Sanji__CaseRow *row)
{
    row->attention = arena_take(arena, CASE_ATTENTION_MAX * sizeof *row->attention);
    if (row->attention == NULL) {
        return false;
    }
    for (size_t i = 0; i < kase->attention_count; i++) {
        const struct case_attention *alert = &kase->attention[i];
        Sanji__AttentionRow *out = arena_take(arena, sizeof *out);
        char worker[WORKER_SIZE];
        if (out == NULL) {
            return false;
        }
        sanji__attention_row__init(out);
        out->seq = alert->seq;
        out->kind = (Sanji__TimerKind)alert->kind;
        out->role = (Sanji__Role)alert->role;
        out->since_ms = alert->since_ms;
        out->org = path_text(arena, open ? alert->org : org_community(alert->org));
        out->worker =
            arena_copy_text(arena, id_worker_print(open ? alert->worker : 0, worker));
        if (out->org == NULL || out->worker == NULL) {
            return false;
        }
        row->attention[row->n_attention++] = out;
    }
    return true;
}

static void fill_numbers(const struct kase *kase, int64_t now_ms, Sanji__CaseRow *row)
{
    row->state = (Sanji__CaseState)kase->state;
    row->version = kase->version;
    row->severity = (Sanji__Severity)kase->severity;
    row->tier = (Sanji__Tier)kase->tier;
    row->source = (Sanji__Source)kase->source;
    row->status = (Sanji__MsgStatus)kase->status;
    row->sensitivity = (Sanji__Sensitivity)kase->sensitivity;
    row->escalation_level = kase->escalation_level;
    row->attempts = kase->attempts;
    row->reworks = kase->reworks;
    row->reopens = kase->reopens;
    row->received_ms = kase->received_ms;
    row->overdue = row_is_overdue(kase, now_ms);
    row->first_seq = kase->first_seq;
    row->last_seq = kase->last_seq;
    row->offer_seq = kase->offer_seq;
    row->resolution = (Sanji__Resolution)kase->resolution;
    const struct case_timer *next = case_next_due(kase);
    if (next != NULL) {
        row->next_due_ms = next->due_ms;
        row->next_due_kind = (Sanji__TimerKind)next->kind;
    }
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == TIMER_RESOLVE) {
            row->resolve_due_ms = kase->timers[i].due_ms;
        }
    }
}

static bool fill_texts(struct arena *arena, struct world *world, const struct kase *kase,
                       bool open, Sanji__CaseRow *row)
{
    char case_no[CASE_NO_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
    char team[TEAM_SIZE];
    const struct row_shown shown = row_shown(kase, open);
    row->case_no =
        arena_copy_text(arena, id_case_print(world_place(world), kase->key, case_no));
    row->category = arena_copy_text(arena, id_category_print(shown.category, category));
    row->area = path_text(arena, shown.area);
    row->holder = path_text(arena, shown.holder);
    row->owner = path_text(arena, kase->owner);
    row->worker = arena_copy_text(arena, id_worker_print(shown.worker, worker));
    row->team = arena_copy_text(arena, id_team_print(shown.team, team));
    row->source_system = arena_copy_text(arena, open ? kase->source_system : "");
    return row->case_no != NULL && row->category != NULL && row->area != NULL &&
           row->holder != NULL && row->owner != NULL && row->worker != NULL &&
           row->team != NULL && row->source_system != NULL;
}

Sanji__CaseRow *row_new(struct arena *arena, struct world *world, const struct kase *kase,
                        int64_t now_ms, bool open, bool whole)
{
    Sanji__CaseRow *row = arena_take(arena, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    sanji__case_row__init(row);
    fill_numbers(kase, now_ms, row);
    const bool shows = open || !kase->restricted;
    if (!fill_texts(arena, world, kase, shows, row) ||
        !fill_attention(arena, kase, shows, row) ||
        (whole && !fill_timers(arena, kase, row))) {
        return NULL;
    }
    return row;
}
