/* stage_turn.c: taking a turn: inputs, then timers, then one append. */
#include <assert.h>
#include <stddef.h>

#include "broker/runtime/stage_inside.h"
#include "proto/codec.h"

/* ---- inputs ---- */

void stage_drop_inputs(struct stage *stage, uint64_t seq)
{
    uint64_t records = 0;
    uint64_t bytes = 0;
    struct inbox_place place = inbox_begin(&stage->inbox);
    struct record record;
    while (inbox_read(&place, &record) && record.seq <= seq) {
        if (record.seq > stage->credited_upto) {
            records++;
            bytes += RECORD_FRAME_SIZE + record.envelope.size;
        }
    }
    inbox_drop(&stage->inbox, seq);
    if (records > 0) {
        stage->port->taken(stage->port_context, records, bytes);
    }
}

static bool is_own_statement(const struct stage *stage, const Sanji__Envelope *envelope)
{
    return envelope->body_case == SANJI__ENVELOPE__BODY_SAID &&
           vocab_statement_decider((unsigned)envelope->said->kind) == stage->ops->owner;
}

static bool is_answered(const struct turn *turn, uint32_t from, uint64_t seq)
{
    for (uint32_t i = from; i < turn_count(turn); i++) {
        if (turn_cause(turn, i) == seq) {
            return true;
        }
    }
    return false;
}

static void decide_one(struct stage *stage, const struct record *record)
{
    Sanji__Envelope *envelope = NULL;
    uint32_t before = turn_count(stage->turn);
    arena_reset(stage->arena);
    if (codec_unpack(record->envelope, stage->arena, &envelope) != STATUS_OK) {
        return; // the fold has told `folded`, which is where audit looks
    }
    stage->ops->decide(stage->context, stage->turn, record, envelope);
    assert(!is_own_statement(stage, envelope) ||
           is_answered(stage->turn, before, record->seq));
}

// Returns how many were decided; *cursor is the last of them.
static uint32_t decide_inputs(struct stage *stage, uint64_t *cursor)
{
    struct inbox_place place = inbox_begin(&stage->inbox);
    struct record record;
    uint32_t decided = 0;
    while (decided < stage->inputs_max && turn_has_room(stage->turn) &&
           inbox_read(&place, &record)) {
        decide_one(stage, &record);
        *cursor = record.seq;
        decided++;
    }
    return decided;
}

/* ---- time ---- */

// Everything stamped <= tick_ms was read, and decided up to `cursor`.
static bool is_time(const struct stage *stage, uint64_t cursor)
{
    return stage->has_tick && stage->received >= stage->tick_head &&
           (cursor >= stage->tick_head || inbox_first_seq(&stage->inbox) == 0 ||
            inbox_first_seq(&stage->inbox) > stage->tick_head);
}

static bool next_due(struct stage *stage, struct world_due *due)
{
    return stage->ops->owner != OWNER_NONE &&
           world_next_due(stage->world, stage->ops->owner, due) &&
           due->due_ms <= stage->tick_ms;
}

static int64_t next_wake_ms(const struct stage *stage)
{
    int64_t wake_ms =
        stage->ops->next_wake_ms != NULL ? stage->ops->next_wake_ms(stage->context) : 0;
    return stage->owes_wake && (wake_ms == 0 || wake_ms > stage->tick_ms) ? stage->tick_ms
                                                                          : wake_ms;
}

static bool is_wake(const struct stage *stage, int64_t wake_ms)
{
    return stage->ops->wake != NULL && wake_ms != 0 && wake_ms <= stage->tick_ms;
}

bool stage_has_due(struct stage *stage)
{
    struct world_due due;
    return is_time(stage, stage->cursor) &&
           (next_due(stage, &due) || is_wake(stage, next_wake_ms(stage)));
}

bool stage_wants_decide(struct stage *stage)
{
    return stage->inbox.count > 0 || stage_has_due(stage);
}

static bool is_still_armed(struct stage *stage, const struct world_due *due)
{
    struct kase *kase = world_case(stage->world, due->case_key);
    const struct case_timer *timer = case_timer(kase, (enum timer_kind)due->kind, due->n);
    return timer != NULL && timer->state == TIMER_STATE_ARMED &&
           timer->due_ms == due->due_ms;
}

static void fire(struct stage *stage, const struct world_due *due)
{
    assert(stage->ops->due != NULL);
    world_take_due(stage->world, stage->ops->owner);
    struct kase *kase = world_case(stage->world, due->case_key);
    const struct case_timer *timer = case_timer(kase, (enum timer_kind)due->kind, due->n);
    assert(timer != NULL);
    stage->ops->due(stage->context, stage->turn, kase, timer);
    assert(!is_still_armed(stage, due)); // it would be due for ever
}

static void wake(struct stage *stage, int64_t wake_ms)
{
    uint32_t before = turn_count(stage->turn);
    stage->owes_wake = false;
    stage->ops->wake(stage->context, stage->turn);
    bool has_emitted = turn_count(stage->turn) > before;
    assert(has_emitted || next_wake_ms(stage) != wake_ms);
    stage->owes_wake = has_emitted; // until its append is committed
}

static void fire_timers(struct stage *stage, uint32_t items)
{
    bool has_woken = false;
    while (items < stage->inputs_max && turn_has_room(stage->turn)) {
        struct world_due due;
        bool has_due = next_due(stage, &due);
        int64_t wake_ms = has_woken ? 0 : next_wake_ms(stage);
        if (is_wake(stage, wake_ms) && (!has_due || wake_ms < due.due_ms)) {
            wake(stage, wake_ms);
            has_woken = true;
        } else if (has_due) {
            fire(stage, &due);
        } else {
            return;
        }
        items++;
    }
}

/* ---- turns ---- */

static void begin(struct stage *stage)
{
    assert(stage->received == world_read_seq(stage->world)); // decided on the newest state
    turn_begin(stage->turn, stage->world, stage_now_ms(stage), stage->after_restart);
}

static void send(struct stage *stage, enum flight flight, uint64_t cursor)
{
    assert(stage->ops->owner != OWNER_NONE);
    assert(stage->flight == FLIGHT_NONE);
    assert(stage->received == world_read_seq(stage->world));
    Sanji__Append head = SANJI__APPEND__INIT;
    head.epoch = stage->epoch;
    head.batch_no = stage->batch_no + 1;
    head.read_up_to = stage->received;
    head.cursor = cursor;
    struct bytes packed = {NULL, 0};
    if (flight != FLIGHT_CURSOR) {
        head.count = turn_count(stage->turn);
        packed = turn_packed(stage->turn);
    }
    stage->flight = flight;
    stage->flight_cursor = cursor;
    stage->flight_count = head.count;
    stage->port->append(stage->port_context, &head, packed);
}

void stage_take_decide_turn(struct stage *stage)
{
    uint64_t cursor = stage->cursor;
    begin(stage);
    uint32_t items = decide_inputs(stage, &cursor);
    if (is_time(stage, cursor)) {
        fire_timers(stage, items);
    }
    turn_end(stage->turn);
    if (turn_count(stage->turn) > 0) {
        send(stage, FLIGHT_DECIDE, cursor);
        return;
    }
    stage->owes_wake = false;
    stage->cursor = cursor;
    stage_drop_inputs(stage, cursor);
}

void stage_take_door_turn(struct stage *stage)
{
    begin(stage);
    stage->ops->admit(stage->context, stage->turn);
    turn_end(stage->turn);
    stage->door_was_last = true;
    if (turn_count(stage->turn) > 0) {
        send(stage, FLIGHT_DOOR, stage->cursor);
    } else {
        stage->ops->admitted(stage->context, STATUS_OK, 0);
    }
}

void stage_save_cursor(struct stage *stage)
{
    send(stage, FLIGHT_CURSOR, stage->cursor);
}
