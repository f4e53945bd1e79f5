/* turn.c: the place where a decision becomes a record: filled, checked, packed, and folded
 * for the next decision of the same turn. */
#include "broker/runtime/turn.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/turn_inside.h"
#include "proto/arena.h"
#include "proto/codec.h"

enum {
    /* A turn of 256 inputs, each with some events and their texts, stays far below. */
    ARENA_SIZE = 16 * 1024 * 1024,
    ARENA_LEFT_MIN = 2 * 1024 * 1024,
    /* Where inputs stop: what one of them may still write stays below MESSAGE_SIZE_MAX. */
    PACKED_SIZE_MAX = 768 * 1024,
    ROOM_BYTES = 96 * 1024,
    ROOM_RECORDS = 64
};

struct turn *turn_new(const char *name, enum owner owner)
{
    assert(name != NULL);
    struct turn *self = memory_new(1, sizeof *self);
    self->name = name;
    self->owner = owner;
    self->arena = arena_new(ARENA_SIZE);
    self->packed = memory_new(MESSAGE_SIZE_MAX, 1);
    self->scratch = memory_new(RECORD_SIZE_MAX, 1);
    return self;
}

void turn_free(struct turn **turn)
{
    assert(turn != NULL);
    struct turn *self = *turn;
    if (self == NULL) {
        return;
    }
    arena_free(&self->arena);
    memory_free(self->packed);
    memory_free(self->scratch);
    memory_free(self);
    *turn = NULL;
}

void turn_begin(struct turn *turn, struct world *world, int64_t now_ms, bool after_restart)
{
    assert(turn != NULL && world != NULL);
    turn->world = world;
    turn->now_ms = now_ms;
    turn->after_restart = after_restart;
    turn->has_rules = false;
    turn->count = 0;
    turn->size = 0;
    arena_reset(turn->arena);
    world_save_begin(world);
}

void turn_end(struct turn *turn)
{
    assert(turn != NULL && turn->world != NULL);
    world_undo(turn->world);
}

uint32_t turn_count(const struct turn *turn)
{
    return turn->count;
}

struct bytes turn_packed(const struct turn *turn)
{
    return (struct bytes){turn->packed, turn->size};
}

uint64_t turn_cause(const struct turn *turn, uint32_t index)
{
    assert(index < turn->count);
    return turn->causes[index];
}

/* ---- what a decider sees ---- */

bool turn_has_room(const struct turn *turn)
{
    return turn->count + ROOM_RECORDS <= APPEND_RECORDS_MAX &&
           turn->size + ROOM_BYTES <= PACKED_SIZE_MAX &&
           arena_left(turn->arena) >= ARENA_LEFT_MIN;
}

struct world *turn_world(struct turn *turn)
{
    return turn->world;
}

const struct rules *turn_rules(struct turn *turn)
{
    return world_rules(turn->world);
}

int64_t turn_now_ms(const struct turn *turn)
{
    return turn->now_ms;
}

struct arena *turn_arena(struct turn *turn)
{
    return turn->arena;
}

bool turn_after_restart(const struct turn *turn)
{
    return turn->after_restart;
}

/* ---- memory ---- */

void *turn_take(struct turn *turn, size_t size)
{
    void *taken = arena_take(turn->arena, size);
    assert(taken != NULL);
    return taken;
}

char *turn_text(struct turn *turn, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    char *text = turn_take(turn, (size_t)size + 1);
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)size + 1, format, arguments); // the size was just asked
    va_end(arguments);
    return text;
}

uint64_t turn_committed(uint64_t seq)
{
    return seq >> TURN_SEQ != 0 ? 0 : seq;
}

const char *turn_seq_text(struct turn *turn, uint64_t seq)
{
    const uint64_t known = turn_committed(seq);
    return known != 0 ? turn_text(turn, " %llu", (unsigned long long)known) : "";
}

/* ---- envelopes ---- */

static char *path_text(struct turn *turn, struct org_path path)
{
    return org_print(path, turn_take(turn, ORG_TEXT_SIZE));
}

static char *team_text(struct turn *turn, uint16_t team)
{
    return id_team_print(team, turn_take(turn, TEAM_SIZE));
}

static char *worker_text(struct turn *turn, uint32_t worker)
{
    return id_worker_print(worker, turn_take(turn, WORKER_SIZE));
}

static void fill_from_case(struct turn *turn, Sanji__Envelope *envelope,
                           const struct kase *kase)
{
    envelope->case_no =
        id_case_print(world_place(turn->world), kase->key, turn_take(turn, CASE_NO_SIZE));
    envelope->case_version = kase->version;
    envelope->state_after = (Sanji__CaseState)kase->state;
    envelope->holder = path_text(turn, kase->holder);
    envelope->owner = path_text(turn, kase->owner);
    envelope->area = path_text(turn, kase->area);
    envelope->tier = (Sanji__Tier)kase->tier;
    envelope->severity = (Sanji__Severity)kase->severity;
    envelope->category = id_category_print(kase->category, turn_take(turn, CATEGORY_SIZE));
    envelope->sensitivity = (Sanji__Sensitivity)kase->sensitivity;
    envelope->status = (Sanji__MsgStatus)kase->status;
    envelope->worker = worker_text(turn, kase->worker);
    envelope->team = team_text(turn, kase->team);
    envelope->source_system = turn_text(turn, "%s", kase->source_system);
}

static uint64_t committed_cause(const struct turn *turn, uint64_t seq)
{
    while (seq >> TURN_SEQ != 0) {
        seq -= UINT64_C(1) << TURN_SEQ;
        assert(seq < turn->count);
        seq = turn->causes[seq];
    }
    return seq;
}

Sanji__Envelope *turn_event(struct turn *turn, const struct kase *kase, uint64_t cause_seq)
{
    Sanji__Envelope *envelope = TURN_NEW(turn, Sanji__Envelope, sanji__envelope__init);
    Sanji__Actor *actor = TURN_NEW(turn, Sanji__Actor, sanji__actor__init);
    actor->role = SANJI__ROLE__ROLE_SYSTEM;
    actor->system = turn_text(turn, "%s", turn->name);
    envelope->schema_version = SCHEMA_VERSION;
    envelope->actor = actor;
    envelope->cause_seq = committed_cause(turn, cause_seq);
    if (kase != NULL) {
        fill_from_case(turn, envelope, kase);
    }
    return envelope;
}

void turn_set_holder(struct turn *turn, Sanji__Envelope *envelope, struct org_path holder,
                     enum org_tier tier)
{
    envelope->holder = path_text(turn, holder);
    envelope->tier = (Sanji__Tier)tier;
}

void turn_set_owner(struct turn *turn, Sanji__Envelope *envelope, struct org_path owner)
{
    envelope->owner = path_text(turn, owner);
}

void turn_set_area(struct turn *turn, Sanji__Envelope *envelope, struct org_path area)
{
    envelope->area = path_text(turn, area);
}

void turn_set_worker(struct turn *turn, Sanji__Envelope *envelope, uint32_t worker)
{
    const Sanji__Worker *row = rules_worker(turn_rules(turn), worker);
    envelope->worker = worker_text(turn, worker);
    envelope->team = turn_text(turn, "%s", row != NULL ? row->team : "");
}

/* ---- emitting ---- */

static enum owner owner_of(const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
        return vocab_timer_owner(envelope->timer_fired->kind);
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_STATEMENT_REFUSED) {
        return vocab_statement_decider(envelope->statement_refused->kind);
    }
    return vocab_event_owner(envelope->body_case);
}

// What the edge writes over the context: state, version, timers.
static void apply_edge(struct turn *turn, const struct emission *emission)
{
    const struct lifecycle_edge *edge = lifecycle_edge(emission->edge);
    const struct kase *kase = emission->kase;
    Sanji__Envelope *envelope = emission->envelope;
    unsigned from = kase != NULL ? kase->state : STATE_NONE;
    unsigned last = edge->events[1] != 0 ? edge->events[1] : edge->events[0];
    assert((edge->from >> from & 1U) != 0);
    assert(edge->owner == turn->owner);
    assert((unsigned)envelope->body_case == last);
    envelope->state_after = (Sanji__CaseState)edge->to;
    envelope->case_version = kase != NULL ? kase->version + 1 : 1;
    turn_edge_timers(turn, emission, edge);
}

static void fold_tentatively(struct turn *turn, const struct record *record,
                             const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
        assert(turn->has_rules || turn->count == 0);
        turn->has_rules = true;
        return;
    }
    assert(!turn->has_rules);
    enum status folded = world_fold(turn->world, record, envelope);
    assert(folded == STATUS_OK); // a record that cannot stand is a broken program
}

size_t turn_emit(struct turn *turn, const struct emission *emission)
{
    assert(turn != NULL && emission != NULL && emission->envelope != NULL);
    Sanji__Envelope *envelope = emission->envelope;
    assert(turn->owner != OWNER_NONE && owner_of(envelope) == turn->owner);
    assert(turn->count < APPEND_RECORDS_MAX);
    if (emission->new_case_key != 0) {
        assert(emission->kase == NULL && emission->edge == T01);
        uint32_t place = rules_place(turn_rules(turn));
        envelope->case_no =
            id_case_print(place, emission->new_case_key, turn_take(turn, CASE_NO_SIZE));
    }
    if (emission->edge != T_NONE) {
        apply_edge(turn, emission);
    }
    size_t size = codec_pack(envelope, turn->scratch, RECORD_SIZE_MAX);
    assert(size > 0);
    assert(turn->size + RECORD_FRAME_SIZE + size <= MESSAGE_SIZE_MAX);
    struct record record = {.seq = (UINT64_C(1) << TURN_SEQ) + turn->count,
                            .envelope = {turn->scratch, size}};
    enum status headed = codec_header(envelope, record.envelope, &record.header);
    assert(headed == STATUS_OK);
    record.header.flags |= emission->flags;
    turn->size +=
        record_write(turn->packed + turn->size, 0, &record.header, record.envelope);
    turn->causes[turn->count] = envelope->cause_seq;
    record.header.recorded_at_ms = turn->now_ms;
    fold_tentatively(turn, &record, envelope);
    turn->count++;
    return turn->count - 1;
}

static void fill_told(struct turn *turn, Sanji__TimerFired *fired,
                      const struct turn_told *told, size_t told_count)
{
    if (told_count == 0) {
        return;
    }
    fired->told = turn_take(turn, told_count * sizeof *fired->told);
    fired->n_told = told_count;
    for (size_t i = 0; i < told_count; i++) {
        fired->told[i] = TURN_NEW(turn, Sanji__Told, sanji__told__init);
        fired->told[i]->org = path_text(turn, told[i].org);
        fired->told[i]->role = (Sanji__Role)told[i].role;
        fired->told[i]->worker = worker_text(turn, told[i].worker);
    }
}

Sanji__Envelope *turn_fired(struct turn *turn, const struct kase *kase,
                            const struct case_timer *timer, const struct turn_told *told,
                            size_t told_count)
{
    assert(kase != NULL && timer != NULL);
    int64_t late_ms = turn->now_ms - timer->due_ms;
    Sanji__TimerFired *fired = TURN_NEW(turn, Sanji__TimerFired, sanji__timer_fired__init);
    fired->kind = (Sanji__TimerKind)timer->kind;
    fired->n = timer->n;
    fired->due_at_ms = timer->due_ms;
    fired->late_ms = late_ms > 0 ? (uint64_t)late_ms : 0;
    fired->after_restart = turn->after_restart;
    fired->times = timer->times + 1U;
    fired->recomputed = timer->recomputed;
    fill_told(turn, fired, told, told_count);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->body_case = SANJI__ENVELOPE__BODY_TIMER_FIRED;
    envelope->timer_fired = fired;
    return envelope;
}

size_t turn_timer_fired(struct turn *turn, struct kase *kase,
                        const struct case_timer *timer, const struct turn_told *told,
                        size_t told_count, bool again)
{
    Sanji__Envelope *envelope = turn_fired(turn, kase, timer, told, told_count);
    if (again) {
        // A timer without a budget would be due again at once, for ever.
        struct deadline_limit limit = {.clock = (enum deadline_clock)timer->clock,
                                       .budget_s =
                                           timer->budget_s > 0 ? timer->budget_s : 1,
                                       .cap_s = timer->cap_s};
        turn_arm_limit(turn, envelope, (enum timer_kind)timer->kind, timer->n, 0, &limit);
    }
    return turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}
