/* simlog_log.c: what the simulated broker keeps: messages under way, the log, and which append
 * it takes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/sim/simlog_inside.h"

uint64_t simlog_draw(struct simlog *sim, uint64_t below)
{
    sim->random ^= sim->random >> 12;
    sim->random ^= sim->random << 25;
    sim->random ^= sim->random >> 27;
    return (sim->random * UINT64_C(2685821657736338717) >> 33) % below;
}

void *simlog_zeroed(size_t size)
{
    void *memory = calloc(1, size);
    assert(memory != NULL);
    return memory;
}

/* ---- queues ---- */

struct message *simlog_push(struct queue *queue, enum message_kind kind, uint32_t session)
{
    struct message *message = simlog_zeroed(sizeof *message);
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

void simlog_free_message(struct message *message)
{
    free(message->packed);
    free(message);
}

struct message *simlog_take(struct queue *queue)
{
    struct message *message = queue->first;
    queue->first = message->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    return message;
}

void simlog_clear(struct queue *queue)
{
    while (queue->first != NULL) {
        simlog_free_message(simlog_take(queue));
    }
}

void simlog_set_packed(struct message *message, struct bytes packed)
{
    message->packed = simlog_zeroed(packed.size + 1);
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
    stored->bytes = simlog_zeroed(record->envelope.size + 1);
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

void simlog_put_own(struct simlog *sim, bool opened)
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

/* ---- appends ---- */

static struct record *unpack(const struct message *message)
{
    struct record *records = simlog_zeroed((message->append.count + 1) * sizeof *records);
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
    return sim->options.busy_permille > simlog_draw(sim, 1000) ? STATUS_BUSY : STATUS_OK;
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
    struct message *answer = simlog_push(&p->to_stage, GOT_REFUSED, p->session);
    sanji__refused__init(&answer->refused);
    answer->refused.code = (uint32_t)status;
    answer->refused.batch_no = message->append.batch_no;
    answer->refused.seq = seq;
    answer->refused.text = text;
}

void simlog_decide_append(struct simlog *sim, struct participant *p,
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
    const bool is_newest = message->append.read_up_to == sim->head;
    for (uint32_t i = 0; i < message->append.count; i++) {
        store(sim, &records[i], (uint8_t)vocab_owner(row->name));
        sim->records[sim->head].is_newest = is_newest;
    }
    row->last_seq = message->append.count > 0 ? sim->head : 0;
    free(records);
    if (message->session == p->session) {
        struct message *answer = simlog_push(&p->to_stage, GOT_APPENDED, p->session);
        sanji__appended__init(&answer->appended);
        answer->appended.batch_no = row->batch_no;
        answer->appended.first_seq = row->first_seq;
        answer->appended.last_seq = row->last_seq;
        answer->appended.recorded_at_ms = sim->recorded_ms;
        answer->appended.cursor = row->cursor;
    }
}
