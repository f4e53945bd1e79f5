/* stage.c: the machine between a session and a table of functions: what came in, and what may
 * be done now.
 *
 *     Welcome -> read to the head -> caught up -> turns, one append in flight
 *       turn -> Append -> Appended -> read own records -> next turn
 *                      -> Refused (CONFLICT) -> read on, half the inputs
 *     Tick -> work off -> ticked -> Idle
 */
#include "broker/runtime/stage.h"

#include <assert.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/stage_inside.h"
#include "proto/codec.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024, /* an envelope of RECORD_SIZE_MAX decoded, at its worst */
    CURSOR_AGE_MS = 1000,
    /* Driven time jumps far and often: counted in records instead. */
    CURSOR_AGE_DRIVEN_MS = 3600 * 1000,
    CURSOR_LAG_DRIVEN = 256,
    PAUSE_MS = 100 /* where the broker named none */
};

struct stage *stage_new(const struct stage_ops *ops, void *context,
                        const struct stage_port *port, void *port_context)
{
    assert(ops != NULL && ops->name != NULL && port != NULL);
    assert((ops->wants_admit == NULL) == (ops->admit == NULL));
    assert((ops->admit == NULL) == (ops->admitted == NULL));
    assert((ops->cache_save == NULL) == (ops->cache_load == NULL));
    assert((ops->cache_save == NULL) == (ops->cache_forget == NULL));
    struct stage *self = memory_new(1, sizeof *self);
    self->ops = ops;
    self->context = context;
    self->port = port;
    self->port_context = port_context;
    self->world = world_new();
    self->turn = turn_new(ops->name, ops->owner);
    self->arena = arena_new(ARENA_SIZE);
    self->inputs_max = TURN_INPUTS_MAX;
    return self;
}

void stage_free(struct stage **stage)
{
    assert(stage != NULL);
    struct stage *self = *stage;
    if (self == NULL) {
        return;
    }
    inbox_reset(&self->inbox);
    stagecache_close(&self->cache);
    turn_free(&self->turn);
    world_free(&self->world);
    arena_free(&self->arena);
    memory_free(self);
    *stage = NULL;
}

struct world *stage_world(struct stage *stage)
{
    return stage->world;
}

int64_t stage_now_ms(const struct stage *stage)
{
    return stage->recorded_ms > stage->tick_ms ? stage->recorded_ms : stage->tick_ms;
}

uint64_t stage_read_count(const struct stage *stage)
{
    return stage->read_count;
}

bool stage_is_caught_up(const struct stage *stage)
{
    return stage->is_caught_up;
}

static void die(struct stage *stage, enum status status, const char *text)
{
    stage->is_up = false; // where a test's port returns, nothing more is done
    stage->port->die(stage->port_context, status, text);
}

/* ---- sessions ---- */

static void forget_flight(struct stage *stage, enum status status)
{
    enum flight flight = stage->flight;
    stage->flight = FLIGHT_NONE;
    if (flight == FLIGHT_DOOR) {
        stage->ops->admitted(stage->context, status, 0);
    }
}

// What waits to be decided costs the new session nothing, or no more of this one.
static void credit_inputs(struct stage *stage, bool returns)
{
    uint64_t records = 0;
    uint64_t bytes = 0;
    struct inbox_place place = inbox_begin(&stage->inbox);
    struct record record;
    while (returns && inbox_read(&place, &record)) {
        if (record.seq > stage->credited_upto) {
            records++;
            bytes += RECORD_FRAME_SIZE + record.envelope.size;
        }
    }
    stage->credited_upto = stage->received;
    if (records > 0) {
        stage->port->taken(stage->port_context, records, bytes);
    }
}

static void must_read(struct stage *stage, uint64_t seq)
{
    if (seq > stage->must_read) {
        stage->must_read = seq;
    }
    if (seq > stage->head_known) {
        stage->head_known = seq;
    }
    if (stage->must_read > stage->received) {
        credit_inputs(stage, true);
    }
}

// Where reading begins: behind what is folded already, but the newest of that is read once more
// (it must be the record that was folded), and so is what is not decided yet.
static uint64_t first_place(const struct stage *stage, const Sanji__Welcome *welcome)
{
    const uint64_t folded = world_read_seq(stage->world);
    if (folded == 0) {
        return 0;
    }
    const bool decides = stage->ops->decide != NULL && welcome->cursor < folded;
    return decides ? welcome->cursor : folded - 1;
}

uint64_t stage_welcome(struct stage *stage, const Sanji__Welcome *welcome)
{
    assert(stage != NULL && welcome != NULL);
    if (stage->log_id == 0) {
        stage->received = first_place(stage, welcome);
    }
    if (stage->log_id != 0 && welcome->log_id != stage->log_id) {
        die(stage, STATUS_OTHER_LOG, "the broker has another log now");
        return stage->received + 1;
    }
    if (welcome->head < world_read_seq(stage->world)) {
        die(stage, STATUS_AHEAD, "the log is shorter than what was read of it");
        return stage->received + 1;
    }
    forget_flight(stage, STATUS_NO_SESSION);
    stage->log_id = welcome->log_id;
    stage->is_up = true;
    stage->is_driven = welcome->driven != 0;
    stage->epoch = welcome->session_epoch;
    stage->batch_no = welcome->batch_no;
    stage->row_cursor = welcome->cursor;
    if (welcome->cursor > stage->cursor) {
        stage->cursor = welcome->cursor;
    }
    inbox_drop(&stage->inbox, stage->cursor);
    credit_inputs(stage, false);
    stage->must_read = welcome->head;
    stage->head_known = welcome->head;
    stage->is_caught_up = false;
    stage->is_paused = false;
    stage->has_tick = false;
    stage->is_advancing = false;
    stage->has_turn = false;
    stage->owes_idle = false;
    stage->after_restart = true;
    return stage->received + 1;
}

void stage_lost(struct stage *stage)
{
    stage->is_up = false;
    stage->is_caught_up = false;
    forget_flight(stage, STATUS_NO_SESSION);
}

void stage_retry(struct stage *stage)
{
    stage->is_paused = false;
}

/* ---- reading ---- */

static void fold(struct stage *stage, const struct record *record)
{
    Sanji__Envelope *envelope = NULL;
    arena_reset(stage->arena);
    enum status status = codec_unpack(record->envelope, stage->arena, &envelope);
    if (status == STATUS_OK) {
        status = world_fold(stage->world, record, envelope);
    } else {
        envelope = NULL;
    }
    world_set_read(stage->world, record->seq);
    stage->recorded_ms = record->header.recorded_at_ms;
    stage->folded_crc = record->header.crc;
    if (stage->ops->folded != NULL) {
        stage->ops->folded(stage->context, stage->world, record, envelope, status);
    }
}

// Folds what was not folded before this process began.
static bool take_in(struct stage *stage, const struct record *record)
{
    if (record->seq > world_read_seq(stage->world)) {
        fold(stage, record);
        return true;
    }
    const enum status status = stage_check_cached(stage, record);
    if (status != STATUS_OK) {
        die(stage, status, "the cache is not of this log: it is dropped, start again");
    }
    return status == STATUS_OK;
}

static void read_one(struct stage *stage, const struct record *record)
{
    if (record->seq != stage->received + 1) {
        die(stage, STATUS_CORRUPT, "a record is missing in what was sent");
        return;
    }
    if (record_check(record) != STATUS_OK) {
        die(stage, STATUS_BAD_CHECKSUM, "a record does not match its checksum");
        return;
    }
    if (!take_in(stage, record)) {
        return;
    }
    stage->received = record->seq;
    stage->read_count++;
    bool reads_on = stage->must_read > record->seq;
    bool is_input = stage->ops->decide != NULL && record->seq > stage->cursor;
    if (is_input) {
        inbox_put(&stage->inbox, record);
    } else if (stage->inbox.count == 0 && record->seq > stage->cursor) {
        stage->cursor = record->seq; // nobody decides: read is decided
    }
    if (!is_input || reads_on) {
        stage->port->taken(stage->port_context, 1,
                           RECORD_FRAME_SIZE + record->envelope.size);
    }
    if (is_input && reads_on) {
        stage->credited_upto = record->seq;
    }
}

void stage_records(struct stage *stage, const Sanji__Records *head, struct bytes packed)
{
    assert(stage != NULL && head != NULL);
    struct bytes rest = packed;
    struct record record;
    enum status status = STATUS_OK;
    while ((status = record_read(&rest, &record)) == STATUS_OK) {
        if (record.seq > stage->received) {
            read_one(stage, &record);
        }
    }
    if (status != STATUS_NOT_FOUND) {
        die(stage, status, "records that cannot be unpacked");
        return;
    }
    if (head->head > stage->head_known) {
        stage->head_known = head->head;
    }
}

void stage_tick(struct stage *stage, const Sanji__Tick *tick)
{
    assert(stage != NULL && tick != NULL);
    stage->has_tick = true;
    stage->is_ticked = false;
    stage->owes_idle = true;
    stage->is_advancing = tick->turn != 0;
    stage->has_turn = stage->has_turn || tick->turn != 0;
    stage->tick_head = tick->head;
    // As the broker says it, also when a broker that started anew stands a little earlier.
    stage->tick_ms = tick->now_ms;
    if (tick->head > stage->head_known) {
        stage->head_known = tick->head;
    }
}

/* ---- answers ---- */

void stage_appended(struct stage *stage, const Sanji__Appended *appended)
{
    assert(stage != NULL && appended != NULL);
    if (stage->flight == FLIGHT_NONE || appended->batch_no != stage->batch_no + 1) {
        return; // of a session that is over
    }
    enum flight flight = stage->flight;
    stage->flight = FLIGHT_NONE;
    stage->batch_no = appended->batch_no;
    stage->row_cursor = stage->flight_cursor;
    stage->cursor_saved_ms = stage_now_ms(stage);
    stage->inputs_max = TURN_INPUTS_MAX;
    if (stage->flight_cursor > stage->cursor) {
        stage->cursor = stage->flight_cursor;
    }
    stage_drop_inputs(stage, stage->cursor);
    if (stage->flight_count > 0) {
        must_read(stage, appended->last_seq);
    }
    if (flight == FLIGHT_DOOR) {
        stage->ops->admitted(stage->context, STATUS_OK, appended->first_seq);
    } else if (flight == FLIGHT_DECIDE) {
        stage->owes_wake = false;
    }
}

static void read_on(struct stage *stage, const Sanji__Refused *refused)
{
    stage->inputs_max = stage->inputs_max > 1 ? stage->inputs_max / 2 : 1;
    must_read(stage, refused->seq);
    forget_flight(stage, (enum status)refused->code);
}

static void wait_a_while(struct stage *stage, const Sanji__Refused *refused)
{
    stage->is_paused = true;
    forget_flight(stage, (enum status)refused->code);
    stage->port->pause(stage->port_context,
                       refused->retry_after_ms > 0 ? refused->retry_after_ms : PAUSE_MS);
}

void stage_refused(struct stage *stage, const Sanji__Refused *refused)
{
    assert(stage != NULL && refused != NULL);
    if (refused->code == STATUS_FENCED) {
        die(stage, STATUS_FENCED, "a newer session has this name");
        return;
    }
    bool is_flight =
        stage->flight != FLIGHT_NONE && refused->batch_no == stage->batch_no + 1;
    if (refused->code == STATUS_NO_SESSION || (!is_flight && refused->batch_no != 0)) {
        return; // the session ends, or has ended
    }
    if (is_flight &&
        (refused->code == STATUS_CONFLICT || refused->code == STATUS_CATCH_UP)) {
        read_on(stage, refused);
    } else if (is_flight &&
               (refused->code == STATUS_BUSY || refused->code == STATUS_STORE_FULL)) {
        wait_a_while(stage, refused);
    } else if (refused->code != STATUS_BUSY) {
        die(stage, (enum status)refused->code, refused->text);
    }
}

/* ---- what may be done now ---- */

static void settle(struct stage *stage)
{
    if (stage->is_caught_up || stage->received < stage->must_read) {
        return;
    }
    stage->is_caught_up = true;
    stage->cursor_saved_ms = stage_now_ms(stage);
    if (!stage->was_caught_up) {
        stage->was_caught_up = true;
        if (stage->ops->caught_up != NULL) {
            stage->ops->caught_up(stage->context, stage->world);
        }
    }
}

static bool wants_admit(const struct stage *stage)
{
    return stage->ops->wants_admit != NULL && stage->ops->wants_admit(stage->context);
}

static bool may_decide(const struct stage *stage)
{
    return !stage->is_advancing || stage->has_turn;
}

static bool wants_cursor(const struct stage *stage)
{
    if (stage->ops->owner == OWNER_NONE || stage->cursor <= stage->row_cursor ||
        !stage->has_tick) {
        return false;
    }
    int64_t age_ms = stage_now_ms(stage) - stage->cursor_saved_ms;
    if (stage->is_driven) {
        return age_ms >= CURSOR_AGE_DRIVEN_MS ||
               stage->cursor - stage->row_cursor >= CURSOR_LAG_DRIVEN;
    }
    return age_ms >= CURSOR_AGE_MS;
}

static int64_t earliest_ms(struct stage *stage)
{
    struct world_due due;
    int64_t next_ms = 0;
    if (stage->ops->owner != OWNER_NONE &&
        world_next_due(stage->world, stage->ops->owner, &due)) {
        next_ms = due.due_ms;
    }
    int64_t wake_ms =
        stage->ops->next_wake_ms != NULL ? stage->ops->next_wake_ms(stage->context) : 0;
    return wake_ms != 0 && (next_ms == 0 || wake_ms < next_ms) ? wake_ms : next_ms;
}

// Everything up to the newest Tick is decided and nothing is due; more may have come since.
static bool is_worked_off(struct stage *stage)
{
    uint64_t waiting = inbox_first_seq(&stage->inbox);
    return stage->has_tick && stage->received >= stage->tick_head &&
           (waiting == 0 || waiting > stage->tick_head) && !stage_has_due(stage);
}

static bool is_idle(struct stage *stage)
{
    bool has_all = stage->inbox.count == 0 && stage->received >= stage->head_known;
    if (stage->ops->busy != NULL && stage->ops->busy(stage->context)) {
        return false;
    }
    if (stage->is_advancing) {
        return stage->has_turn && has_all && !wants_admit(stage);
    }
    return stage->owes_idle || (has_all && stage->received != stage->idle_read);
}

static void say_idle(struct stage *stage)
{
    Sanji__Idle idle = SANJI__IDLE__INIT;
    idle.read = stage->received;
    idle.now_ms = stage->tick_ms;
    idle.next_due_ms = earliest_ms(stage);
    assert(idle.next_due_ms == 0 || idle.next_due_ms > stage->tick_ms);
    stage->owes_idle = false;
    stage->has_turn = false;
    stage->idle_read = idle.read;
    stage->port->idle(stage->port_context, &idle);
}

// True when something may have changed by it.
static bool rest(struct stage *stage)
{
    if (!may_decide(stage) || !is_worked_off(stage)) {
        return false;
    }
    if (!stage->is_ticked) {
        stage->is_ticked = true;
        stage->after_restart = false;
        if (stage->ops->ticked != NULL) {
            stage->ops->ticked(stage->context, stage->tick_ms);
        }
        return true;
    }
    if (is_idle(stage)) {
        say_idle(stage);
    }
    if (wants_cursor(stage)) {
        stage_save_cursor(stage); // nobody waits for it, so Idle goes first
        return true;
    }
    return false;
}

bool stage_next(struct stage *stage)
{
    assert(stage != NULL);
    if (!stage->is_up) {
        return false;
    }
    settle(stage);
    if (!stage->is_caught_up || stage->flight != FLIGHT_NONE || stage->is_paused ||
        stage->received < stage->must_read) {
        return false;
    }
    // Under a load that never ends, the broker still hears that the Tick was worked off.
    if (stage->owes_idle && !stage->is_advancing && rest(stage)) {
        return true;
    }
    bool decides = may_decide(stage) && stage_wants_decide(stage);
    if (wants_admit(stage) && !(decides && stage->door_was_last)) {
        stage_take_door_turn(stage);
        return true;
    }
    stage->door_was_last = false;
    if (decides) {
        stage_take_decide_turn(stage);
        return true;
    }
    return rest(stage);
}
