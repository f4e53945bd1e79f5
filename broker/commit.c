/* commit.c: the only code that writes the log. */
#include "broker/commit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/conflict.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/failpoint.h"
#include "proto/codec.h"
#include "proto/id.h"

enum {
    ARENA_SIZE = 512 * 1024 // one envelope, once in a log's life
};

struct commit {
    struct log *log;
    struct conflict *conflict;
    struct arena *arena;
    uint64_t head;        // last committed
    size_t refused_bytes; // what did not fit; the store is full until that much does
    uint32_t place;

    // The batch that is being made.
    bool is_begun;
    bool has_room; // for all of it, below STORE_FULL_PERCENT
    uint64_t next_seq;
    uint32_t next_place;
    size_t writer_count;
    size_t stood_count;
    bool touched[WRITERS_MAX];
    struct writer writers[WRITERS_MAX];
    struct writer stood[WRITERS_MAX]; // as before the batch, where touched
};

struct commit *commit_new(struct log *log)
{
    struct commit *commit = calloc(1, sizeof(*commit));
    if (commit == NULL) {
        abort();
    }
    struct log_meta meta = log_meta(log);
    commit->log = log;
    commit->conflict = conflict_new(meta.head);
    commit->arena = arena_new(ARENA_SIZE);
    commit->head = meta.head;
    commit->place = meta.place;
    commit->writer_count = log_writer_count(log);
    for (size_t i = 0; i < commit->writer_count; i++) {
        struct log_writer row = log_writer_at(log, i);
        writer_load(&commit->writers[i], &row);
    }
    return commit;
}

void commit_free(struct commit **commit)
{
    if (*commit == NULL) {
        return;
    }
    conflict_free(&(*commit)->conflict);
    arena_free(&(*commit)->arena);
    free(*commit);
    *commit = NULL;
}

// ---- the transaction ----------------------------------------------------------------------

static void start(struct commit *commit, const struct batch *batch)
{
    memset(commit->touched, 0, sizeof(commit->touched));
    commit->is_begun = false;
    commit->stood_count = commit->writer_count;
    commit->next_seq = commit->head + 1;
    commit->next_place = commit->place;
    // A page is left when the next record does not fit, so a batch takes up to twice its bytes.
    commit->has_room = log_has_room(commit->log, 2 * batch->bytes, STORE_FULL_PERCENT);
}

static void begin(struct commit *commit)
{
    if (commit->is_begun) {
        return;
    }
    enum status status = log_begin(commit->log);
    if (status != STATUS_OK) {
        diag_lost_durability("begin");
    }
    commit->is_begun = true;
}

static struct writer *touch(struct commit *commit, size_t i)
{
    if (!commit->touched[i]) {
        commit->touched[i] = true;
        commit->stood[i] = commit->writers[i];
    }
    return &commit->writers[i];
}

static void roll_back(struct commit *commit)
{
    log_abort(commit->log);
    for (size_t i = 0; i < commit->writer_count; i++) {
        if (commit->touched[i]) {
            commit->writers[i] = commit->stood[i];
        }
    }
    commit->writer_count = commit->stood_count;
    // What the batch noted stands nowhere. Who has read to the head is not held up by this.
    conflict_reset(commit->conflict, commit->head);
}

static void must_store(enum status status, const char *what)
{
    if (status == STATUS_IO) {
        diag_lost_durability(what);
    }
}

// ---- append -------------------------------------------------------------------------------

// The log's nine digits come from the first record about a case.
static void learn_place(struct commit *commit, const struct record *record)
{
    Sanji__Envelope *envelope = NULL;
    uint32_t place = 0;
    uint64_t case_key = 0;
    arena_reset(commit->arena);
    if (codec_unpack(record->envelope, commit->arena, &envelope) != STATUS_OK ||
        id_case_parse(envelope->case_no, &place, &case_key) != STATUS_OK) {
        return; // audit reports a header without its envelope
    }
    must_store(log_place_put(commit->log, place), "place");
    commit->next_place = place;
}

static enum status put_record(struct commit *commit, const struct writer *writer,
                              const struct record *record, int64_t stamp_ms)
{
    uint8_t packed[RECORD_HEADER_SIZE];
    struct record_header header = record->header;
    uint64_t seq = 0;
    header.recorded_at_ms = stamp_ms;
    header.writer = writer->row.number;
    header.spare = 0;
    record_header_pack(&header, packed);
    header.crc = record_crc(packed, record->header.crc);
    record_header_pack(&header, packed);
    enum status status = log_put(commit->log, packed, record->envelope, &seq);
    must_store(status, "put");
    if (status != STATUS_OK) {
        return status;
    }
    assert(seq == commit->next_seq);
    commit->next_seq++;
    if (header.case_key != 0 && commit->next_place == 0 && writer->owner != OWNER_NONE) {
        learn_place(commit, record);
    }
    if (header.case_key != 0 && (header.flags & RECORD_FACT) == 0) {
        conflict_note(commit->conflict, header.case_key, seq);
    }
    return STATUS_OK;
}

static bool has_new_case(struct bytes packed)
{
    struct record record;
    while (record_read(&packed, &record) == STATUS_OK) {
        if (record.header.type == EVENT_CASE_RECEIVED) {
            return true;
        }
    }
    return false;
}

// What finishes accepted cases has room longer than new ones: decisions, and what is said on
// them, without which there is nothing to decide.
static bool is_room_for(struct commit *commit, const struct writer *writer,
                        struct bytes packed)
{
    if (commit->has_room || writer->owner == OWNER_BROKER) {
        return true;
    }
    bool finishes = writer->owner != OWNER_NONE && !has_new_case(packed);
    return log_has_room(commit->log, 2 * packed.size,
                        finishes ? COMMIT_STAGE_FULL_PERCENT : STORE_FULL_PERCENT);
}

// False: the store took a part of it only, so the batch cannot stand.
static bool put_append(struct commit *commit, struct writer *writer,
                       struct batch_item *item, int64_t stamp_ms)
{
    struct batch_append *append = &item->append;
    struct bytes packed = append->asked.packed;
    struct record record;
    uint64_t first_seq = commit->next_seq;
    begin(commit);
    while (record_read(&packed, &record) == STATUS_OK) {
        if (put_record(commit, writer, &record, stamp_ms) != STATUS_OK) {
            append->asked.found = STATUS_STORE_FULL;
            return false;
        }
    }
    bool has_records = commit->next_seq != first_seq;
    writer_accept(writer, &append->asked.head, has_records ? first_seq : 0,
                  has_records ? commit->next_seq - 1 : 0, stamp_ms);
    return true;
}

static void answer_append(const struct writer *writer, struct batch_item *item)
{
    item->append.first_seq = writer->row.first_seq;
    item->append.last_seq = writer->row.last_seq;
    item->append.cursor = writer->row.cursor;
    item->append.recorded_at_ms = writer->recorded_at_ms;
}

static void complete_own(const struct writer *writer, struct request_append *head)
{
    *head = (struct request_append){.epoch = writer->row.epoch,
                                    .batch_no = writer->row.batch_no + 1,
                                    .keeps_cursor = true,
                                    .count = head->count};
}

// False: as put_append.
static bool do_append(struct commit *commit, struct batch_item *item, int64_t stamp_ms)
{
    struct writer *writer = touch(commit, item->writer);
    struct writer_append *asked = &item->append.asked;
    struct writer_verdict verdict = {.status = STATUS_OK};
    if (item->session_no == 0) {
        complete_own(writer, &asked->head);
        verdict.status = asked->found;
    } else {
        verdict = writer_judge(writer, asked, commit->head, commit->conflict);
    }
    if (verdict.status == STATUS_OK && !verdict.is_repeat &&
        !is_room_for(commit, writer, asked->packed)) {
        verdict.status = STATUS_STORE_FULL;
    }
    if (verdict.status == STATUS_STORE_FULL &&
        2 * asked->packed.size > commit->refused_bytes) {
        commit->refused_bytes = 2 * asked->packed.size;
    }
    item->status = verdict.status;
    item->is_repeat = verdict.is_repeat;
    item->seq = verdict.seq;
    if (verdict.status != STATUS_OK) {
        writer_refuse(writer, &asked->head, verdict);
        return true;
    }
    if (!verdict.is_repeat && !put_append(commit, writer, item, stamp_ms)) {
        return false;
    }
    answer_append(writer, item);
    return true;
}

// ---- hello, cursors -----------------------------------------------------------------------

static size_t find_writer(const struct commit *commit, const char *name)
{
    size_t i = 0;
    while (i < commit->writer_count && strcmp(commit->writers[i].row.name, name) != 0) {
        i++;
    }
    return i;
}

// A new log knows the stages first, in the order of the vocabulary: so the number in a
// record's header says whose it is, without a table of names.
static void found_writers(struct commit *commit)
{
    static_assert(OWNER_BROKER == 1 && OWNER_AUDIT == 5, "numbers of writers are stored");
    for (int owner = OWNER_BROKER; owner <= OWNER_AUDIT; owner++) {
        size_t i = commit->writer_count++;
        // Touched, so that its row is written.
        writer_init(touch(commit, i), vocab_owner_name((enum owner)owner),
                    (uint8_t)(i + 1));
    }
}

static void do_hello(struct commit *commit, struct batch_item *item)
{
    if (commit->writer_count == 0) {
        found_writers(commit);
    }
    size_t i = find_writer(commit, item->row.name);
    if (i == WRITERS_MAX) {
        item->status = STATUS_LIMIT;
        return;
    }
    if (i == commit->writer_count) {
        writer_init(&commit->writers[i], item->row.name, (uint8_t)(i + 1));
        commit->writer_count++;
    }
    struct writer *writer = touch(commit, i);
    begin(commit);
    writer_hello(writer);
    item->status = STATUS_OK;
    item->writer = (uint16_t)i;
    item->row = writer->row;
}

static bool is_last_of_its_name(const struct batch *batch, size_t i)
{
    for (size_t later = i + 1; later < batch->count; later++) {
        const struct batch_item *item = &batch->items[later];
        if (item->kind == BATCH_CURSOR &&
            strcmp(item->cursor.name, batch->items[i].cursor.name) == 0) {
            return false;
        }
    }
    return true;
}

// Each put is a sync, so only the newest of a name is written; the others are behind it.
static void put_cursors(struct commit *commit, struct batch *batch)
{
    if (batch->cursor_count == 0) {
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->kind == BATCH_CURSOR && is_last_of_its_name(batch, i)) {
            item->status = log_reader_put(commit->log, item->cursor.name, item->cursor.seq);
            must_store(item->status, "cursor");
        }
    }
}

// ---- the batch ----------------------------------------------------------------------------

// Fails: STORE_FULL.
static enum status put_writers(struct commit *commit)
{
    for (size_t i = 0; i < commit->writer_count; i++) {
        if (!commit->touched[i]) {
            continue;
        }
        enum status status = log_writer_put(commit->log, &commit->writers[i].row);
        must_store(status, "writer");
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

// The disk is full: what would have been written is refused, and the log goes on.
static void refuse_writes(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->kind == BATCH_APPEND && item->append.asked.found == STATUS_OK) {
            item->append.asked.found = STATUS_STORE_FULL;
        }
    }
}

// False: rolled back; an item more is refused when it is tried again.
static bool do_items(struct commit *commit, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->kind == BATCH_HELLO && !batch->is_disk_full) {
            do_hello(commit, item);
        } else if (item->kind == BATCH_HELLO) {
            item->status = STATUS_BUSY;
        } else if (item->kind == BATCH_APPEND &&
                   !do_append(commit, item, batch->stamp_ms)) {
            return false;
        }
    }
    return true;
}

static bool try_batch(struct commit *commit, struct batch *batch)
{
    start(commit, batch);
    if (!do_items(commit, batch)) {
        roll_back(commit);
        return false;
    }
    if (!commit->is_begun) {
        return true;
    }
    enum status status = put_writers(commit);
    if (status == STATUS_OK) {
        FAILPOINT("broker_before_commit");
        status = log_commit(commit->log);
        must_store(status, "commit");
    }
    if (status != STATUS_OK) {
        roll_back(commit);
        refuse_writes(batch);
        batch->is_disk_full = true;
        return false;
    }
    FAILPOINT("broker_after_commit");
    return true;
}

void commit_batch(struct commit *commit, struct batch *batch)
{
    batch->is_disk_full = false;
    if (log_has_room(commit->log, commit->refused_bytes, STORE_FULL_PERCENT)) {
        commit->refused_bytes = 0;
    }
    // Ends: each failed try marks an append that does not get as far again.
    while (!try_batch(commit, batch)) {
    }
    batch->is_store_full = commit->refused_bytes != 0;
    batch->first_seq = commit->head + 1;
    commit->head = commit->next_seq - 1;
    commit->place = commit->next_place;
    batch->head = commit->head;
    batch->place = commit->place;
    put_cursors(commit, batch);
}
