/* model.c: see model.h. */
#include "tests/sim/model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/codec.h"
#include "tests/sim/model_inside.h"

enum {
    SLOTS = 1 << 12
};

/* ---- cases ---- */

struct model *model_new(void)
{
    struct model *model = memory_new(1, sizeof *model);
    model->slot_count = SLOTS;
    model->slots = memory_new(model->slot_count, sizeof *model->slots);
    model->room = 64;
    model->cases = memory_new(model->room, sizeof *model->cases);
    return model;
}

void model_free(struct model **model)
{
    memory_free((*model)->cases);
    memory_free((*model)->slots);
    memory_free(*model);
    *model = NULL;
}

void model_set_punctual(struct model *model, bool punctual)
{
    model->punctual = punctual;
}

static size_t slot_of(const struct model *model, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 33) % model->slot_count;
    while (model->slots[at] != 0 && model->cases[model->slots[at] - 1].key != key) {
        at = (at + 1) % model->slot_count;
    }
    return at;
}

struct model_case *model_find(const struct model *model, uint64_t key)
{
    const uint32_t index = model->slots[slot_of(model, key)];
    return index != 0 ? &model->cases[index - 1] : NULL;
}

const struct model_case *model_case(const struct model *model, uint64_t key)
{
    return model_find(model, key);
}

size_t model_case_count(const struct model *model)
{
    return model->count;
}

const struct model_case *model_case_at(const struct model *model, size_t index)
{
    assert(index < model->count);
    return &model->cases[index];
}

const uint64_t *model_taken(const struct model *model)
{
    return model->taken;
}

static void grow_slots(struct model *model)
{
    memory_free(model->slots);
    model->slot_count *= 2;
    model->slots = memory_new(model->slot_count, sizeof *model->slots);
    for (size_t i = 0; i < model->count; i++) {
        model->slots[slot_of(model, model->cases[i].key)] = (uint32_t)i + 1;
    }
}

static struct model_case *add(struct model *model, uint64_t key)
{
    assert(model->cases != NULL && model->slots != NULL);
    if (model->count == model->room) {
        struct model_case *more = memory_new(model->room * 2, sizeof *more);
        memcpy(more, model->cases, model->count * sizeof *more);
        memory_free(model->cases);
        model->cases = more;
        model->room *= 2;
    }
    if (model->count * 2 > model->slot_count) {
        grow_slots(model);
    }
    struct model_case *kase = &model->cases[model->count];
    *kase = (struct model_case){.key = key};
    model->slots[slot_of(model, key)] = (uint32_t)++model->count;
    return kase;
}

/* ---- helpers ---- */

void model_say(const struct look *look, const char *text)
{
    laws_say(
        look->laws, "seq %llu (%s, case %llu in %s): %s",
        (unsigned long long)look->record->seq, vocab_event_name(look->record->header.type),
        (unsigned long long)look->kase->key,
        look->kase->state != STATE_NONE ? vocab_state_name(look->kase->state) : "-", text);
}

uint32_t model_worker(const char *text)
{
    uint32_t worker = 0;
    return id_worker_parse(text, &worker) == STATUS_OK ? worker : 0;
}

struct org_path model_path(const char *text)
{
    struct org_path path = {0};
    if (text[0] != '\0' && org_parse(text, &path) != STATUS_OK) {
        return (struct org_path){0};
    }
    return path;
}

/* ---- the table ---- */

/* An event that leads to two targets names the one by its content. */
static bool content_fits(const struct look *look, const struct model_move *move)
{
    const Sanji__Envelope *envelope = look->envelope;
    switch (move->event) {
    case EVENT_CHECK_COMPLETED:
        return envelope->check_completed->passed == (move->id == 21);
    case EVENT_UPSTREAM_UPDATED:
        return envelope->upstream_updated->kind ==
               SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    default:
        return true;
    }
}

static const struct model_move *find_move(const struct look *look)
{
    const struct model_case *kase = look->kase;
    for (size_t i = 0; i < model_moves_count; i++) {
        const struct model_move *move = &model_moves[i];
        const bool in_order = move->first == 0 || (kase->last_type == move->first &&
                                                   kase->last_seq + 1 == look->record->seq);
        if (move->event == (unsigned)look->envelope->body_case &&
            (move->from >> kase->state & 1U) != 0 &&
            (unsigned)move->to == (unsigned)look->envelope->state_after && in_order &&
            look->envelope->case_version == kase->version + 1 && content_fits(look, move)) {
            return move;
        }
    }
    return NULL;
}

static bool may_stand(const struct look *look)
{
    for (size_t i = 0; i < model_sides_count; i++) {
        if (model_sides[i].event == (unsigned)look->envelope->body_case) {
            return (model_sides[i].states >> look->kase->state & 1U) != 0;
        }
    }
    return false;
}

static void judge_place(struct look *look)
{
    const Sanji__Envelope *envelope = look->envelope;
    const struct model_case *kase = look->kase;
    look->move = find_move(look);
    if (look->move != NULL) {
        const unsigned role = envelope->actor != NULL ? (unsigned)envelope->actor->role : 0;
        if (look->record->header.writer != look->move->writer) {
            model_say(look, "written by a process that does not own the transition");
        }
        if (role >= ROLE_COUNT || (look->move->actors >> role & 1U) == 0) {
            model_say(look, "the table does not let this role do it");
        }
        look->model->taken[look->move->id]++;
        return;
    }
    if ((unsigned)envelope->state_after != (unsigned)kase->state) {
        model_say(look, "no such transition");
    } else if (envelope->case_version != kase->version) {
        model_say(look, "the version moves without a transition");
    } else if (!may_stand(look)) {
        model_say(look, "the event may not stand in this state");
    }
}

/* ---- who has it ---- */

/* Property 5. Only these records say where a case is. */
static bool may_move_holder(const struct look *look)
{
    switch (look->move != NULL ? look->move->id : 0) {
    case 1:
    case 7:
    case 8:
    case 14:
    case 15:
    case 16:
    case 17:
    case 32:
        return true;
    default:
        return false;
    }
}

static bool may_move_owner(const struct look *look)
{
    const unsigned id = look->move != NULL ? look->move->id : 0;
    return id == 1 || id == 3 || id == 5 || id == 14 || id == 32;
}

static void fold_places(const struct look *look)
{
    const Sanji__Envelope *envelope = look->envelope;
    struct model_case *kase = look->kase;
    const struct org_path holder = model_path(envelope->holder);
    const struct org_path owner = model_path(envelope->owner);
    if (envelope->holder[0] != '\0' && !org_equal(holder, kase->holder)) {
        if (!may_move_holder(look)) {
            model_say(look, "moves the holder");
        }
        kase->holder = holder;
    }
    if (envelope->owner[0] != '\0' && !org_equal(owner, kase->owner)) {
        if (!may_move_owner(look)) {
            model_say(look, "moves the owner");
        }
        kase->owner = owner;
    }
    kase->tier = envelope->tier != 0 ? (unsigned)envelope->tier : kase->tier;
    if (kase->holder.place == 0 || kase->owner.place == 0 || kase->tier == TIER_NONE) {
        model_say(look, "a case without holder or owner");
    }
    if (envelope->area[0] != '\0') {
        kase->area = model_path(envelope->area);
    }
}

/* ---- one record ---- */

static void take(struct look *look)
{
    struct model_case *kase = look->kase;
    const Sanji__Envelope *envelope = look->envelope;
    const unsigned type = (unsigned)envelope->body_case;
    judge_place(look);
    model_timers_before(look);
    model_guard(look);
    if (type != EVENT_STATEMENT_REFUSED && type != EVENT_AUDIT_FOUND) {
        kase->severity =
            envelope->severity != 0 ? (unsigned)envelope->severity : kase->severity;
        kase->status = envelope->status != 0 ? (unsigned)envelope->status : kase->status;
        if (!kase->restricted &&
            envelope->sensitivity == SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED) {
            kase->restricted = true;
            kase->restricted_seq = look->record->seq;
        }
        model_fold_move(look);
        fold_places(look);
        model_fold_body(look);
    } else if (envelope->n_timers != 0) {
        model_say(look, "a refusal moves timers");
    }
    model_timers_apply(look);
    model_timers_after(look);
    kase->last_type = type;
    kase->last_seq = look->record->seq;
}

void model_record(struct model *model, const struct record *record,
                  const Sanji__Envelope *envelope, struct laws *laws)
{
    if (model->owed_key != 0 && model->owed_key != record->header.case_key) {
        laws_say(laws, "seq %llu: a received case without ACCEPT",
                 (unsigned long long)model->owed_seq);
    }
    model->owed_key = 0;
    if (record->header.case_key == 0 || record->header.type == EVENT_SAID) {
        return;
    }
    struct look look = {.model = model,
                        .kase = model_find(model, record->header.case_key),
                        .record = record,
                        .envelope = envelope,
                        .laws = laws,
                        .at_ms = record->header.recorded_at_ms};
    if (look.kase == NULL) {
        look.kase = add(model, record->header.case_key);
    }
    take(&look);
}

void model_end(const struct model *model, int64_t now_ms, struct laws *laws)
{
    for (size_t i = 0; i < model->count; i++) {
        for (size_t k = 0; k < MODEL_TIMERS_MAX; k++) {
            const struct model_timer *timer = &model->cases[i].timers[k];
            if (timer->state == MODEL_ARMED && timer->due_ms <= now_ms) {
                laws_say(laws, "%s of case %llu was due and has not fired",
                         vocab_timer_name(timer->kind),
                         (unsigned long long)model->cases[i].key);
            }
        }
    }
}
