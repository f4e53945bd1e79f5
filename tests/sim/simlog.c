/* simlog.c: see simlog.h. Here: processes, their sessions, and which step is next. */
#include "tests/sim/simlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/simlog_inside.h"

/* ---- ports ---- */

static void port_append(void *port, const Sanji__Append *head, struct bytes packed)
{
    struct participant *p = port;
    struct message *message = simlog_push(&p->to_broker, SENT_APPEND, p->session);
    message->append = *head;
    simlog_set_packed(message, packed);
}

static void port_idle(void *port, const Sanji__Idle *idle)
{
    struct participant *p = port;
    simlog_push(&p->to_broker, SENT_IDLE, p->session)->idle = *idle;
}

static void port_taken(void *port, uint64_t records, uint64_t bytes)
{
    struct participant *p = port;
    assert(bytes >= records * RECORD_FRAME_SIZE);
    p->taken_records += records;
    assert(p->taken_records <= p->sent_records);
}

static void port_pause(void *port, uint32_t retry_after_ms)
{
    struct participant *p = port;
    assert(retry_after_ms > 0);
    p->is_paused = true;
}

static void port_die(void *port, enum status status, const char *text)
{
    struct participant *p = port;
    assert(text != NULL);
    p->died = status;
    p->sim->counts.deaths++;
}

static const struct stage_port sim_port = {.append = port_append,
                                           .idle = port_idle,
                                           .taken = port_taken,
                                           .pause = port_pause,
                                           .die = port_die};

/* ---- sessions ---- */

static void welcome(struct simlog *sim, struct participant *p, const struct message *hello)
{
    struct row *row = &sim->rows[p->row];
    row->epoch++;
    if (hello->session != p->session) {
        return;
    }
    struct message *answer = simlog_push(&p->to_stage, GOT_WELCOME, p->session);
    sanji__welcome__init(&answer->welcome);
    answer->welcome.log_id = LOG_ID;
    answer->welcome.session_epoch = row->epoch;
    answer->welcome.batch_no = row->batch_no;
    answer->welcome.batch_first_seq = row->first_seq;
    answer->welcome.batch_last_seq = row->last_seq;
    answer->welcome.cursor = row->cursor;
    answer->welcome.head = sim->head;
    answer->welcome.now_ms = sim->options.now_ms;
    answer->welcome.driven = sim->options.driven;
}

static void say_hello(struct simlog *sim, struct participant *p)
{
    p->needs_hello = false;
    sim->sessions++;
    p->session = sim->sessions;
    if (sim->options.hello_overtakes) {
        struct queue late = p->to_broker;
        p->to_broker = (struct queue){NULL, NULL};
        simlog_push(&p->to_broker, SENT_HELLO, p->session)->next = late.first;
        p->to_broker.last = late.last != NULL ? late.last : p->to_broker.first;
        return;
    }
    simlog_push(&p->to_broker, SENT_HELLO, p->session);
}

static void end_session(struct simlog *sim, struct participant *p)
{
    p->session = 0;
    p->is_following = false;
    p->has_turn = false;
    p->has_answered = false;
    p->owes_tick = TICK_NONE;
    p->is_paused = false;
    simlog_clear(&p->to_stage);
    size_t count = 0;
    for (struct message *at = p->to_broker.first; at != NULL; at = at->next) {
        count++;
    }
    // The network gave up at some point: what was sent after it never arrives.
    size_t kept = (size_t)simlog_draw(sim, count + 1);
    struct queue all = p->to_broker;
    p->to_broker = (struct queue){NULL, NULL};
    for (size_t i = 0; all.first != NULL; i++) {
        struct message *message = simlog_take(&all);
        message->next = NULL;
        if (i >= kept) {
            simlog_free_message(message);
        } else if (p->to_broker.last != NULL) {
            p->to_broker.last->next = message;
            p->to_broker.last = message;
        } else {
            p->to_broker.first = p->to_broker.last = message;
        }
    }
}

void simlog_cut(struct simlog *sim, size_t participant)
{
    struct participant *p = &sim->participants[participant];
    assert(p->stage != NULL);
    end_session(sim, p);
    stage_lost(p->stage);
    p->needs_hello = true;
}

void simlog_kill(struct simlog *sim, size_t participant)
{
    struct participant *p = &sim->participants[participant];
    end_session(sim, p);
    stage_free(&p->stage);
    p->needs_hello = false;
}

void simlog_start(struct simlog *sim, size_t participant, void *context)
{
    struct participant *p = &sim->participants[participant];
    assert(p->stage == NULL);
    p->context = context;
    p->died = STATUS_OK;
    p->stage = stage_new(p->ops, context, &sim_port, p);
    p->needs_hello = true;
    p->is_dirty = true;
}

size_t simlog_join(struct simlog *sim, const struct stage_ops *ops, void *context)
{
    assert(sim->count < SIMLOG_PARTICIPANTS_MAX);
    struct participant *p = &sim->participants[sim->count];
    *p = (struct participant){.sim = sim, .ops = ops};
    size_t row = 0;
    while (row < sim->row_count && strcmp(sim->rows[row].name, ops->name) != 0) {
        row++;
    }
    if (row == sim->row_count) {
        sim->rows[row] = (struct row){.name = ops->name};
        sim->row_count++;
    }
    p->row = row;
    sim->count++;
    simlog_start(sim, sim->count - 1, context);
    return sim->count - 1;
}

void simlog_poke(struct simlog *sim, size_t participant)
{
    sim->participants[participant].is_dirty = true;
}

/* ---- steps ---- */

static void deliver(struct participant *p)
{
    struct message *message = simlog_take(&p->to_stage);
    p->is_dirty = true;
    switch (message->kind) {
    case GOT_WELCOME:
        p->sent_seq = stage_welcome(p->stage, &message->welcome) - 1;
        p->is_following = p->died == STATUS_OK;
        p->sent_records = 0;
        p->taken_records = 0;
        break;
    case GOT_RECORDS:
        stage_records(p->stage, &message->records,
                      (struct bytes){message->packed, message->size});
        break;
    case GOT_TICK:
        stage_tick(p->stage, &message->tick);
        break;
    case GOT_APPENDED:
        stage_appended(p->stage, &message->appended);
        break;
    case GOT_REFUSED:
        stage_refused(p->stage, &message->refused);
        break;
    case SENT_HELLO:
    case SENT_APPEND:
    case SENT_IDLE:
        assert(0 && "not for a stage");
    }
    simlog_free_message(message);
}

static void handle(struct simlog *sim, struct participant *p)
{
    struct message *message = simlog_take(&p->to_broker);
    if (message->kind == SENT_HELLO) {
        welcome(sim, p, message);
    } else if (message->kind == SENT_APPEND) {
        simlog_decide_append(sim, p, message);
    } else if (message->session == p->session) {
        sim->counts.idles++;
        p->idle = message->idle;
        p->has_answered = true;
        p->has_turn = false;
    }
    simlog_free_message(message);
}

static bool can_pump(const struct simlog *sim, const struct participant *p)
{
    uint32_t window = sim->options.credit_records != 0 ? sim->options.credit_records
                                                       : (uint32_t)CREDIT_RECORDS;
    return p->is_following && p->sent_seq < sim->head &&
           p->sent_records - p->taken_records < window;
}

static void pump(struct simlog *sim, struct participant *p)
{
    uint32_t most = sim->options.message_records != 0 ? sim->options.message_records
                                                      : (uint32_t)MESSAGE_RECORDS;
    uint64_t count = simlog_draw(sim, most) + 1;
    struct message *message = simlog_push(&p->to_stage, GOT_RECORDS, p->session);
    sanji__records__init(&message->records);
    message->records.from = p->sent_seq + 1;
    size_t size = 0;
    while (count > 0 && can_pump(sim, p)) {
        const struct record *record = &sim->records[p->sent_seq + 1].record;
        if (size + RECORD_FRAME_SIZE + record->envelope.size > PACKED_MAX) {
            break;
        }
        size += record_write(sim->packed + size, record->seq, &record->header,
                             record->envelope);
        p->sent_seq++;
        p->sent_records++;
        message->records.count++;
        count--;
    }
    message->records.upto = p->sent_seq;
    message->records.head = sim->head;
    simlog_set_packed(message, (struct bytes){sim->packed, size});
}

static bool can_tick(const struct simlog *sim, const struct participant *p)
{
    return p->owes_tick != TICK_NONE && p->is_following &&
           (p->sent_seq == sim->head || sim->options.tick_overtakes);
}

static void tick(struct simlog *sim, struct participant *p)
{
    sim->counts.ticks++;
    struct message *message = simlog_push(&p->to_stage, GOT_TICK, p->session);
    sanji__tick__init(&message->tick);
    message->tick.now_ms = sim->options.now_ms;
    message->tick.head = p->sent_seq;
    message->tick.turn = p->owes_tick == TICK_TURN;
    p->owes_tick = TICK_NONE;
}

enum action_kind {
    ACT_HELLO,
    ACT_DELIVER,
    ACT_HANDLE,
    ACT_PUMP,
    ACT_TICK,
    ACT_TURN
};

struct action {
    enum action_kind kind;
    struct participant *p;
};

static size_t list_actions(struct simlog *sim, struct action actions[ACTIONS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < sim->count; i++) {
        struct participant *p = &sim->participants[i];
        bool lives = p->stage != NULL && p->died == STATUS_OK;

        const struct {
            enum action_kind kind;
            bool can;
        } can[] = {{ACT_HELLO, lives && p->needs_hello},
                   {ACT_DELIVER, lives && p->to_stage.first != NULL},
                   {ACT_HANDLE, p->to_broker.first != NULL},
                   {ACT_PUMP, lives && can_pump(sim, p)},
                   {ACT_TICK, lives && can_tick(sim, p)},
                   {ACT_TURN, lives && (p->is_dirty || p->is_paused)}};

        for (size_t k = 0; k < sizeof can / sizeof can[0]; k++) {
            if (can[k].can) {
                actions[count++] = (struct action){can[k].kind, p};
            }
        }
    }
    return count;
}

static void take_turn(struct participant *p)
{
    if (p->is_paused) {
        p->is_paused = false;
        stage_retry(p->stage);
    }
    p->is_dirty = stage_next(p->stage);
}

bool simlog_step(struct simlog *sim)
{
    struct action actions[ACTIONS_MAX];
    size_t count = list_actions(sim, actions);
    if (count == 0) {
        return false;
    }
    struct action action = actions[simlog_draw(sim, count)];
    switch (action.kind) {
    case ACT_HELLO:
        say_hello(sim, action.p);
        break;
    case ACT_DELIVER:
        deliver(action.p);
        break;
    case ACT_HANDLE:
        handle(sim, action.p);
        break;
    case ACT_PUMP:
        pump(sim, action.p);
        break;
    case ACT_TICK:
        tick(sim, action.p);
        break;
    case ACT_TURN:
        take_turn(action.p);
        break;
    }
    return true;
}

bool simlog_settle(struct simlog *sim)
{
    for (uint64_t steps = 0; steps < SIMLOG_STEPS_MAX; steps++) {
        if (!simlog_step(sim)) {
            return true;
        }
    }
    return false;
}

void simlog_set_now(struct simlog *sim, int64_t now_ms)
{
    assert(now_ms >= sim->options.now_ms);
    sim->options.now_ms = now_ms;
    for (size_t i = 0; i < sim->count; i++) {
        sim->participants[i].owes_tick = TICK_PLAIN;
    }
}

/* ---- looking ---- */

struct simlog *simlog_new(const struct simlog_options *options)
{
    struct simlog *self = simlog_zeroed(sizeof *self);
    self->options = *options;
    self->random = options->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    self->decided = simlog_zeroed(TABLE_SIZE * sizeof *self->decided);
    self->packed = simlog_zeroed(PACKED_MAX);
    simlog_put_own(self, true);
    return self;
}

void simlog_free(struct simlog **sim)
{
    struct simlog *self = *sim;
    for (size_t i = 0; i < self->count; i++) {
        simlog_clear(&self->participants[i].to_stage);
        simlog_clear(&self->participants[i].to_broker);
        stage_free(&self->participants[i].stage);
    }
    for (uint64_t seq = 1; seq <= self->head; seq++) {
        free(self->records[seq].bytes);
    }
    free(self->records);
    free(self->decided);
    free(self->packed);
    free(self);
    *sim = NULL;
}

struct simlog_options *simlog_options(struct simlog *sim)
{
    return &sim->options;
}

struct stage *simlog_stage(struct simlog *sim, size_t participant)
{
    return sim->participants[participant].stage;
}

enum status simlog_died(const struct simlog *sim, size_t participant)
{
    return sim->participants[participant].died;
}

uint64_t simlog_head(const struct simlog *sim)
{
    return sim->head;
}

int64_t simlog_now_ms(const struct simlog *sim)
{
    return sim->options.now_ms;
}

const struct record *simlog_record(const struct simlog *sim, uint64_t seq)
{
    assert(seq > 0 && seq <= sim->head);
    return &sim->records[seq].record;
}

bool simlog_is_newest(const struct simlog *sim, uint64_t seq)
{
    assert(seq > 0 && seq <= sim->head);
    return sim->records[seq].is_newest;
}

struct simlog_counts simlog_counts(const struct simlog *sim)
{
    return sim->counts;
}
