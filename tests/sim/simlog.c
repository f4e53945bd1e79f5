/* simlog.c: see simlog.h. */
#include "tests/sim/simlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/limits.h"

enum {
    CREDIT_RECORDS = 1000,
    MESSAGE_RECORDS = 8,
    PACKED_MAX = 1024 * 1024,
    TABLE_SIZE = 1 << 16,
    LOG_ID = 77,
    ACTIONS_MAX = SIMLOG_PARTICIPANTS_MAX * 6
};

enum message_kind {
    SENT_HELLO,
    SENT_APPEND,
    SENT_IDLE,
    GOT_WELCOME,
    GOT_RECORDS,
    GOT_TICK,
    GOT_APPENDED,
    GOT_REFUSED
};

struct message {
    struct message *next;
    enum message_kind kind;
    uint32_t session;
    Sanji__Append append;
    Sanji__Idle idle;
    Sanji__Welcome welcome;
    Sanji__Records records;
    Sanji__Tick tick;
    Sanji__Appended appended;
    Sanji__Refused refused;
    uint8_t *packed;
    size_t size;
};

struct queue {
    struct message *first, *last;
};

struct row {
    const char *name;
    uint32_t epoch;
    uint64_t batch_no, first_seq, last_seq, cursor;
};

enum tick_owed {
    TICK_NONE,
    TICK_PLAIN,
    TICK_TURN
};

struct participant {
    struct simlog *sim;
    const struct stage_ops *ops;
    void *context;
    struct stage *stage; /* NULL: the process is down */
    enum status died;
    size_t row;
    uint32_t session; /* 0: none open; counts up */
    bool needs_hello;
    bool is_following;
    uint64_t sent_seq;
    uint64_t sent_records, taken_records;
    struct queue to_stage, to_broker;
    bool is_dirty; /* stage_next may have something to do */
    bool is_paused;
    enum tick_owed owes_tick;
    /* advance */
    bool has_turn, has_answered;
    Sanji__Idle idle;
};

struct stored {
    struct record record;
    uint8_t *bytes;
};

struct decided { /* newest decision of a case */
    uint64_t key, seq;
};

struct simlog {
    struct simlog_options options;
    uint64_t random;
    struct stored *records;
    uint64_t head, room;
    int64_t recorded_ms;
    struct decided *decided;
    struct row rows[SIMLOG_PARTICIPANTS_MAX];
    size_t row_count;
    struct participant participants[SIMLOG_PARTICIPANTS_MAX];
    size_t count;
    uint32_t sessions;
    size_t current; /* whose turn it is in an advance */
    bool is_advancing;
    struct simlog_counts counts;
    uint8_t *packed;
};

/* Source: Vigna, xorshift64*. */
static uint64_t draw(struct simlog *sim, uint64_t below)
{
    sim->random ^= sim->random >> 12;
    sim->random ^= sim->random << 25;
    sim->random ^= sim->random >> 27;
    return (sim->random * UINT64_C(2685821657736338717) >> 33) % below;
}

static void *zeroed(size_t size)
{
    void *memory = calloc(1, size);
    assert(memory != NULL);
    return memory;
}

/* ---- queues ---- */

static struct message *push(struct queue *queue, enum message_kind kind, uint32_t session)
{
    struct message *message = zeroed(sizeof *message);
    message->kind = kind;
    message->session = session;
    if (queue->last != NULL) {
        queue->last->next = message;
    } else {
        queue->first = message;
    }
    queue->last = message;
    return message;
}

static void free_message(struct message *message)
{
    free(message->packed);
    free(message);
}

static struct message *take(struct queue *queue)
{
    struct message *message = queue->first;
    queue->first = message->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    return message;
}

static void clear(struct queue *queue)
{
    while (queue->first != NULL) {
        free_message(take(queue));
    }
}

static void set_packed(struct message *message, struct bytes packed)
{
    message->packed = zeroed(packed.size + 1);
    message->size = packed.size;
    if (packed.size > 0) {
        memcpy(message->packed, packed.data, packed.size);
    }
}

/* ---- the log ---- */

static struct decided *find_decided(struct simlog *sim, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 48) % TABLE_SIZE;
    while (sim->decided[at].key != 0 && sim->decided[at].key != key) {
        at = (at + 1) % TABLE_SIZE;
    }
    return &sim->decided[at];
}

static bool takes_part(const struct record_header *header)
{
    return header->case_key != 0 && (header->flags & RECORD_FACT) == 0;
}

static void store(struct simlog *sim, const struct record *record, uint8_t writer)
{
    if (sim->head + 1 >= sim->room) {
        sim->room = sim->room == 0 ? 1024 : sim->room * 2;
        sim->records = realloc(sim->records, sim->room * sizeof *sim->records);
        assert(sim->records != NULL);
    }
    sim->head++;
    struct stored *stored = &sim->records[sim->head];
    *stored = (struct stored){.record = *record};
    stored->bytes = zeroed(record->envelope.size + 1);
    memcpy(stored->bytes, record->envelope.data, record->envelope.size);
    stored->record.envelope.data = stored->bytes;
    stored->record.seq = sim->head;
    if (sim->options.now_ms > sim->recorded_ms) {
        sim->recorded_ms = sim->options.now_ms;
    }
    stored->record.header.recorded_at_ms = sim->recorded_ms;
    stored->record.header.writer = writer;
    uint8_t packed[RECORD_HEADER_SIZE];
    record_header_pack(&stored->record.header, packed);
    stored->record.header.crc = record_crc(packed, record->header.crc);
    if (takes_part(&record->header)) {
        struct decided *decided = find_decided(sim, record->header.case_key);
        *decided = (struct decided){record->header.case_key, sim->head};
    }
    for (size_t i = 0; i < sim->count; i++) {
        sim->participants[i].is_dirty = true;
    }
}

uint64_t simlog_put(struct simlog *sim, const Sanji__Envelope *envelope)
{
    struct record record = {.seq = 0};
    size_t size = codec_pack(envelope, sim->packed, RECORD_SIZE_MAX);
    assert(size > 0);
    record.envelope = (struct bytes){sim->packed, size};
    enum status status = codec_header(envelope, record.envelope, &record.header);
    assert(status == STATUS_OK);
    enum owner owner = vocab_event_owner(record.header.type);
    store(sim, &record, (uint8_t)owner);
    return sim->head;
}

static void put_own(struct simlog *sim, bool opened)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    Sanji__LogOpened log_opened = SANJI__LOG_OPENED__INIT;
    Sanji__ClockMoved clock_moved = SANJI__CLOCK_MOVED__INIT;
    envelope.schema_version = SCHEMA_VERSION;
    if (opened) {
        log_opened.log_id = LOG_ID;
        log_opened.driven = sim->options.driven;
        envelope.body_case = SANJI__ENVELOPE__BODY_LOG_OPENED;
        envelope.log_opened = &log_opened;
    } else {
        clock_moved.to_ms = sim->options.now_ms;
        clock_moved.by_advance = true;
        envelope.body_case = SANJI__ENVELOPE__BODY_CLOCK_MOVED;
        envelope.clock_moved = &clock_moved;
    }
    (void)simlog_put(sim, &envelope); // its number is the head
}

/* ---- ports ---- */

static void port_append(void *port, const Sanji__Append *head, struct bytes packed)
{
    struct participant *p = port;
    struct message *message = push(&p->to_broker, SENT_APPEND, p->session);
    message->append = *head;
    set_packed(message, packed);
}

static void port_idle(void *port, const Sanji__Idle *idle)
{
    struct participant *p = port;
    push(&p->to_broker, SENT_IDLE, p->session)->idle = *idle;
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

/* ---- appends ---- */

static struct record *unpack(const struct message *message)
{
    struct record *records = zeroed((message->append.count + 1) * sizeof *records);
    struct bytes rest = {message->packed, message->size};
    for (uint32_t i = 0; i < message->append.count; i++) {
        enum status status = record_read(&rest, &records[i]);
        assert(status == STATUS_OK);
    }
    assert(rest.size == 0);
    return records;
}

static enum status check_order(struct simlog *sim, const struct row *row,
                               const Sanji__Append *append)
{
    if (append->epoch != row->epoch && !sim->options.no_fencing) {
        return STATUS_FENCED;
    }
    if (append->batch_no != row->batch_no + 1) {
        return STATUS_BATCH_ORDER;
    }
    if (append->read_up_to > sim->head || append->cursor > append->read_up_to) {
        return STATUS_AHEAD;
    }
    return sim->options.busy_permille > draw(sim, 1000) ? STATUS_BUSY : STATUS_OK;
}

static enum status check_records(struct simlog *sim, const struct row *row,
                                 const Sanji__Append *append, const struct record *records,
                                 uint64_t *seq)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < append->count; i++) {
        enum owner owner = vocab_event_owner(records[i].header.type);
        if (owner != OWNER_BY_KIND && owner != vocab_owner(row->name)) {
            return STATUS_FORBIDDEN;
        }
        if (!takes_part(&records[i].header) || sim->options.no_conflicts) {
            continue;
        }
        uint64_t decided = find_decided(sim, records[i].header.case_key)->seq;
        if (decided > append->read_up_to) {
            status = STATUS_CONFLICT;
            *seq = decided > *seq ? decided : *seq;
        }
    }
    return status;
}

static void refuse(struct simlog *sim, struct participant *p, const struct message *message,
                   enum status status, uint64_t seq)
{
    sim->counts.conflicts += status == STATUS_CONFLICT;
    sim->counts.busy += status == STATUS_BUSY;
    sim->counts.fenced += status == STATUS_FENCED;
    if (message->session != p->session) {
        return;
    }
    static char text[] = "refused";
    struct message *answer = push(&p->to_stage, GOT_REFUSED, p->session);
    sanji__refused__init(&answer->refused);
    answer->refused.code = (uint32_t)status;
    answer->refused.batch_no = message->append.batch_no;
    answer->refused.seq = seq;
    answer->refused.text = text;
}

static void decide_append(struct simlog *sim, struct participant *p,
                          struct message *message)
{
    struct row *row = &sim->rows[p->row];
    struct record *records = unpack(message);
    uint64_t seq = 0;
    enum status status = check_order(sim, row, &message->append);
    if (status == STATUS_OK) {
        status = check_records(sim, row, &message->append, records, &seq);
    }
    if (status != STATUS_OK) {
        refuse(sim, p, message, status, seq);
        free(records);
        return;
    }
    sim->counts.appends++;
    sim->counts.empty_appends += message->append.count == 0;
    row->batch_no = message->append.batch_no;
    row->cursor = message->append.cursor;
    row->first_seq = message->append.count > 0 ? sim->head + 1 : 0;
    for (uint32_t i = 0; i < message->append.count; i++) {
        store(sim, &records[i], (uint8_t)vocab_owner(row->name));
    }
    row->last_seq = message->append.count > 0 ? sim->head : 0;
    free(records);
    if (message->session == p->session) {
        struct message *answer = push(&p->to_stage, GOT_APPENDED, p->session);
        sanji__appended__init(&answer->appended);
        answer->appended.batch_no = row->batch_no;
        answer->appended.first_seq = row->first_seq;
        answer->appended.last_seq = row->last_seq;
        answer->appended.recorded_at_ms = sim->recorded_ms;
        answer->appended.cursor = row->cursor;
    }
}

/* ---- sessions ---- */

static void welcome(struct simlog *sim, struct participant *p, const struct message *hello)
{
    struct row *row = &sim->rows[p->row];
    row->epoch++;
    if (hello->session != p->session) {
        return;
    }
    struct message *answer = push(&p->to_stage, GOT_WELCOME, p->session);
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
        push(&p->to_broker, SENT_HELLO, p->session)->next = late.first;
        p->to_broker.last = late.last != NULL ? late.last : p->to_broker.first;
        return;
    }
    push(&p->to_broker, SENT_HELLO, p->session);
}

static void end_session(struct simlog *sim, struct participant *p)
{
    p->session = 0;
    p->is_following = false;
    p->has_turn = false;
    p->has_answered = false;
    p->owes_tick = TICK_NONE;
    p->is_paused = false;
    clear(&p->to_stage);
    size_t count = 0;
    for (struct message *at = p->to_broker.first; at != NULL; at = at->next) {
        count++;
    }
    // The network gave up at some point: what was sent after it never arrives.
    size_t kept = (size_t)draw(sim, count + 1);
    struct queue all = p->to_broker;
    p->to_broker = (struct queue){NULL, NULL};
    for (size_t i = 0; all.first != NULL; i++) {
        struct message *message = take(&all);
        message->next = NULL;
        if (i >= kept) {
            free_message(message);
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
    struct message *message = take(&p->to_stage);
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
    free_message(message);
}

static void handle(struct simlog *sim, struct participant *p)
{
    struct message *message = take(&p->to_broker);
    if (message->kind == SENT_HELLO) {
        welcome(sim, p, message);
    } else if (message->kind == SENT_APPEND) {
        decide_append(sim, p, message);
    } else if (message->session == p->session) {
        sim->counts.idles++;
        p->idle = message->idle;
        p->has_answered = true;
        p->has_turn = false;
    }
    free_message(message);
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
    uint64_t count = draw(sim, most) + 1;
    struct message *message = push(&p->to_stage, GOT_RECORDS, p->session);
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
    set_packed(message, (struct bytes){sim->packed, size});
}

static bool can_tick(const struct simlog *sim, const struct participant *p)
{
    return p->owes_tick != TICK_NONE && p->is_following &&
           (p->sent_seq == sim->head || sim->options.tick_overtakes);
}

static void tick(struct simlog *sim, struct participant *p)
{
    sim->counts.ticks++;
    struct message *message = push(&p->to_stage, GOT_TICK, p->session);
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
    struct action action = actions[draw(sim, count)];
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

/* ---- driven time ---- */

static bool is_quiet(const struct simlog *sim, const struct participant *p)
{
    bool is_due = p->idle.next_due_ms != 0 && p->idle.next_due_ms <= sim->options.now_ms;
    return p->has_answered && p->idle.read == sim->head &&
           p->idle.now_ms == sim->options.now_ms && !is_due;
}

static bool is_all_quiet(const struct simlog *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        if (!is_quiet(sim, &sim->participants[i])) {
            return false;
        }
    }
    return true;
}

static void begin_round(struct simlog *sim)
{
    sim->current = 0;
    for (size_t i = 0; i < sim->count; i++) {
        sim->participants[i].has_answered = false;
        sim->participants[i].has_turn = false;
    }
}

static void jump(struct simlog *sim, int64_t to_ms)
{
    for (size_t i = 0; i < sim->count; i++) {
        int64_t due_ms = sim->participants[i].idle.next_due_ms;
        if (due_ms > sim->options.now_ms && due_ms < to_ms) {
            to_ms = due_ms;
        }
    }
    sim->options.now_ms = to_ms;
    begin_round(sim);
}

// Gives the turn to whoever is next and not quiet.
static void give_turn(struct simlog *sim)
{
    while (is_quiet(sim, &sim->participants[sim->current])) {
        sim->current = (sim->current + 1) % sim->count;
    }
    struct participant *p = &sim->participants[sim->current];
    if (p->is_following && !p->has_turn) {
        p->has_turn = true;
        p->has_answered = false;
        p->owes_tick = TICK_TURN;
    }
}

bool simlog_advance(struct simlog *sim, int64_t to_ms)
{
    assert(sim->options.driven && to_ms >= sim->options.now_ms && sim->count > 0);
    begin_round(sim);
    sim->is_advancing = true;
    for (uint64_t steps = 0; steps < SIMLOG_STEPS_MAX; steps++) {
        if (!sim->participants[sim->current].has_turn) {
            if (is_all_quiet(sim) && sim->options.now_ms >= to_ms) {
                sim->is_advancing = false;
                put_own(sim, false);
                simlog_set_now(sim, to_ms);
                return simlog_settle(sim);
            }
            if (is_all_quiet(sim) || (sim->options.jumps_early && draw(sim, 4) == 0)) {
                jump(sim, to_ms);
            }
            give_turn(sim);
        }
        if (sim->options.before_step != NULL) {
            sim->options.before_step(sim->options.step_context);
        }
        if (!simlog_step(sim) && sim->options.before_step == NULL) {
            return false;
        }
    }
    return false;
}

const char *simlog_waiting_for(const struct simlog *sim)
{
    return sim->is_advancing ? sim->participants[sim->current].ops->name : "";
}

/* ---- looking ---- */

struct simlog *simlog_new(const struct simlog_options *options)
{
    struct simlog *self = zeroed(sizeof *self);
    self->options = *options;
    self->random = options->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    self->decided = zeroed(TABLE_SIZE * sizeof *self->decided);
    self->packed = zeroed(PACKED_MAX);
    put_own(self, true);
    return self;
}

void simlog_free(struct simlog **sim)
{
    struct simlog *self = *sim;
    for (size_t i = 0; i < self->count; i++) {
        clear(&self->participants[i].to_stage);
        clear(&self->participants[i].to_broker);
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

struct simlog_counts simlog_counts(const struct simlog *sim)
{
    return sim->counts;
}
