/* door.c: see door.h. */
#include "workers/intake/door.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/memory.h"
#include "proto/arena.h"
#include "proto/wire.h"
#include "workers/intake/intake.h"
#include "workers/intake/submission.h"

enum {
    QUEUED_ITEMS_MAX = 16384, /* beyond it: BUSY; about a second of the fastest disk */
    QUEUED_BYTES_MAX = 64 * 1024 * 1024,
    ARENA_PER_BYTE = 10, /* unpacked, digested and answered, measured on small items */
    ARENA_FLOOR_BYTES = 48 * 1024, /* room for an opened text of four fields of 4 KiB */
    ITEM_ROOM_BYTES = 64,          /* a receipt at its least: the case's number */
    RETRY_AFTER_MS = 200
};

enum item_state {
    ITEM_WAITING,
    ITEM_TENTATIVE, /* in the turn in flight */
    ITEM_READING,   /* `read`: said, its decision is awaited */
    ITEM_SETTLED
};

struct item {
    enum item_state state;
    const Sanji__Submission *submission; /* one of the two */
    const Sanji__Statement *statement;
    uint8_t reference[KEYSTORE_HMAC_SIZE];
    uint8_t content[KEYSTORE_HMAC_SIZE];
    uint32_t key_no;
    size_t record_index; /* in the turn in flight: what the receipt rests on */
    bool has_record;     /* false: rests on committed records only */
    Sanji__Receipt receipt;
};

struct request {
    struct request *next;
    struct socket_peer peer;
    uint64_t request_no;
    struct arena *arena;
    size_t arena_bytes;
    size_t item_count;
    size_t settled;
    struct item items[];
};

struct door {
    struct intake *intake;
    door_reply_fn reply;
    void *reply_context;
    struct request *first;
    struct request **last;
    size_t queued_items; /* waiting or in flight */
    size_t queued_bytes;
    size_t waiting;           /* items WAITING */
    struct index *turn_index; /* references of the turn in flight: seq = record index + 1 */
};

/* ---- replies ---- */

static void send_reply(struct door *door, const struct socket_peer *peer,
                       const Sanji__DoorReply *reply)
{
    const size_t size = sanji__door_reply__get_packed_size(reply);
    uint8_t *packed = memory_new(size + 1, 1);
    (void)sanji__door_reply__pack(reply, packed); // the size was just asked
    door->reply(door->reply_context, peer, (struct bytes){.data = packed, .size = size});
    explicit_bzero(packed, size); // an opened text may stand in it
    memory_free(packed);
}

static void refuse_request(struct door *door, const struct socket_peer *peer,
                           uint64_t request_no, enum status status, uint32_t retry_ms)
{
    char text[160];
    Sanji__DoorReply reply = SANJI__DOOR_REPLY__INIT;
    (void)snprintf(text, sizeof text, "%s / %s", status_zh(status), status_en(status));
    reply.protocol = PROTOCOL_VERSION;
    reply.request_no = request_no;
    reply.code = status;
    reply.error = text;
    reply.retry_after_ms = retry_ms;
    send_reply(door, peer, &reply);
    if (status != STATUS_BUSY) {
        diag_say(DIAG_EV_REFUSED, "peer=door code=%s", status_name(status));
    }
}

static void settle(struct request *request, struct item *item)
{
    assert(item->state != ITEM_SETTLED);
    item->state = ITEM_SETTLED;
    request->settled++;
}

static void answer(struct door *door, struct request *request)
{
    Sanji__DoorReply reply = SANJI__DOOR_REPLY__INIT;
    Sanji__Receipt **receipts = memory_new(request->item_count, sizeof *receipts);
    for (size_t i = 0; i < request->item_count; i++) {
        receipts[i] = &request->items[i].receipt;
    }
    reply.protocol = PROTOCOL_VERSION;
    reply.request_no = request->request_no;
    reply.n_receipts = request->item_count;
    reply.receipts = receipts;
    send_reply(door, &request->peer, &reply);
    memory_free(receipts);
}

static void free_request(struct door *door, struct request *request)
{
    door->queued_items -= request->item_count;
    door->queued_bytes -= request->arena_bytes;
    arena_wipe(request->arena); // it held words that nobody else may see
    arena_free(&request->arena);
    memory_free(request);
}

/* Answers every request whose items are all settled. */
static void answer_settled(struct door *door)
{
    struct request **at = &door->first;
    while (*at != NULL) {
        struct request *request = *at;
        if (request->settled < request->item_count) {
            at = &request->next;
            continue;
        }
        answer(door, request);
        *at = request->next;
        free_request(door, request);
    }
    door->last = at;
}

/* ---- requests ---- */

static void take_item(struct door *door, struct request *request, struct item *item)
{
    const struct keystore *keystore = door->intake->keystore;
    sanji__receipt__init(&item->receipt);
    item->state = ITEM_WAITING;
    const bool sound =
        item->submission != NULL
            ? submission_check(item->submission, request->arena, &item->receipt)
            : statement_check(item->statement, request->arena, &item->receipt);
    if (!sound) {
        settle(request, item);
        return;
    }
    if (item->submission != NULL) {
        reference_digest(item->submission->source_system, item->submission->source_ref,
                         keystore, item->reference);
        submission_digest(item->submission, keystore, item->content);
    } else {
        reference_digest(item->statement->source_system, item->statement->source_ref,
                         keystore, item->reference);
        statement_digest(item->statement, keystore, item->content);
    }
    door->waiting++;
}

static void queue_request(struct door *door, struct request *request,
                          const Sanji__DoorRequest *message)
{
    for (size_t i = 0; i < message->n_submissions; i++) {
        request->items[i].submission = message->submissions[i];
    }
    for (size_t i = 0; i < message->n_statements; i++) {
        request->items[i].statement = message->statements[i];
    }
    door->queued_items += request->item_count;
    door->queued_bytes += request->arena_bytes;
    for (size_t i = 0; i < request->item_count; i++) {
        take_item(door, request, &request->items[i]);
    }
    *door->last = request;
    door->last = &request->next;
}

/* What is wrong with a request as a whole. */
static enum status judge_request(const Sanji__DoorRequest *message,
                                 const struct arena *arena)
{
    const size_t items = message->n_submissions + message->n_statements;
    if (message->protocol != PROTOCOL_VERSION) {
        return STATUS_BAD_VERSION;
    }
    if (items > DOOR_ITEMS_MAX || arena_left(arena) < items * ITEM_ROOM_BYTES) {
        return STATUS_TOO_LARGE;
    }
    const bool mixed = message->n_submissions > 0 && message->n_statements > 0;
    return items == 0 || mixed || message->base.n_unknown_fields != 0 ? STATUS_INVALID
                                                                      : STATUS_OK;
}

void door_take(struct door *door, const struct socket_peer *peer, struct bytes frame)
{
    const size_t arena_bytes = frame.size * ARENA_PER_BYTE + ARENA_FLOOR_BYTES;
    if (door->queued_items > QUEUED_ITEMS_MAX ||
        door->queued_bytes + arena_bytes > QUEUED_BYTES_MAX) {
        refuse_request(door, peer, 0, STATUS_BUSY, RETRY_AFTER_MS);
        return;
    }
    struct arena *arena = arena_new(arena_bytes);
    ProtobufCMessage *unpacked = NULL;
    enum status status =
        wire_unpack(&sanji__door_request__descriptor, frame, arena, &unpacked);
    const Sanji__DoorRequest *message = (const Sanji__DoorRequest *)unpacked;
    if (status == STATUS_OK) {
        status = judge_request(message, arena);
    }
    if (status != STATUS_OK) {
        refuse_request(door, peer, message != NULL ? message->request_no : 0, status, 0);
        arena_free(&arena);
        return;
    }
    const size_t items = message->n_submissions + message->n_statements;
    struct request *request =
        memory_new(1, sizeof *request + items * sizeof request->items[0]);
    request->peer = *peer;
    request->request_no = message->request_no;
    request->arena = arena;
    request->arena_bytes = arena_bytes;
    request->item_count = items;
    queue_request(door, request, message);
    answer_settled(door);
}

void door_refuse(struct door *door, const struct socket_peer *peer, enum status status)
{
    refuse_request(door, peer, 0, status, 0);
}

struct door *door_new(struct intake *intake, door_reply_fn reply, void *context)
{
    struct door *self = memory_new(1, sizeof *self);
    self->intake = intake;
    self->reply = reply;
    self->reply_context = context;
    self->last = &self->first;
    self->turn_index = index_new();
    return self;
}

void door_free(struct door **door)
{
    struct door *self = *door;
    if (self == NULL) {
        return;
    }
    while (self->first != NULL) {
        struct request *request = self->first;
        self->first = request->next;
        free_request(self, request);
    }
    index_free(&self->turn_index);
    memory_free(self);
    *door = NULL;
}

bool door_waits(const struct door *door)
{
    return door->waiting > 0;
}

/* ---- turns ---- */

/* The reference was used for other content: which groups of fields differ. */
static void refuse_conflict(struct item *item, const struct index_entry *entry,
                            struct arena *arena)
{
    static char none[] = "";
    const char *names[8];
    const bool is_statement = item->statement != NULL;
    const size_t count =
        entry->is_statement == is_statement
            ? submission_differs(entry->content, item->content, is_statement, names)
            : 0;
    char *reason = arena_copy_text(
        arena, "该 source_ref 已用于其他内容 / this source_ref was used for "
               "other content");
    item->receipt.outcome = SANJI__OUTCOME__OUTCOME_CONFLICT;
    item->receipt.reason = reason != NULL ? reason : none;
    item->receipt.fields = arena_take(arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; item->receipt.fields != NULL && i < count; i++) {
        char *name = arena_copy_text(arena, names[i]);
        if (name != NULL) {
            item->receipt.fields[item->receipt.n_fields++] = name;
        }
    }
}

/* The reference is known: from the log, or from earlier in this turn. */
static void rest_on(struct item *item, const struct index_entry *entry, uint32_t place,
                    struct arena *arena, bool committed)
{
    item->state = ITEM_TENTATIVE;
    item->has_record = !committed;
    if (committed) {
        item->receipt.seq = entry->seq;
    } else {
        item->record_index = (size_t)entry->seq - 1;
    }
    if (entry->case_key != 0 && !entry->is_statement) {
        char *case_no = arena_take(arena, CASE_NO_SIZE);
        if (case_no != NULL) {
            item->receipt.case_no = id_case_print(place, entry->case_key, case_no);
        }
    }
    if (entry->is_statement == (item->statement != NULL) &&
        memcmp(entry->content, item->content, KEYSTORE_HMAC_SIZE) == 0) {
        item->receipt.outcome = SANJI__OUTCOME__OUTCOME_STORED;
        item->receipt.duplicate = true;
    } else {
        refuse_conflict(item, entry, arena);
    }
}

static void write_item(struct door *door, struct turn *turn, struct request *request,
                       struct item *item)
{
    const Sanji__Submission *submission = item->submission;
    const Sanji__Statement *statement = item->statement;
    assert((submission != NULL) != (statement != NULL));
    struct writing writing = {.turn = turn,
                              .keystore = door->intake->keystore,
                              .duplicates = door->intake->duplicates,
                              .key_no = &item->key_no,
                              .reference = item->reference,
                              .content = item->content,
                              .arena = request->arena,
                              .receipt = &item->receipt};
    const bool written = submission != NULL ? submission_write(&writing, submission)
                                            : statement_write(&writing, statement);
    if (!written) {
        settle(request, item);
        return;
    }
    item->state = ITEM_TENTATIVE;
    item->has_record = true;
    item->record_index = writing.record_index;
    struct index_entry entry = {.seq = writing.record_index + 1,
                                .is_statement = statement != NULL};
    memcpy(entry.reference, item->reference, sizeof entry.reference);
    memcpy(entry.content, item->content, sizeof entry.content);
    uint32_t place = 0;
    const char *case_no = submission != NULL ? item->receipt.case_no : statement->case_no;
    if (case_no[0] != '\0' &&
        id_case_parse(case_no, &place, &entry.case_key) != STATUS_OK) {
        entry.case_key = 0; // a statement about no case
    }
    index_put(door->turn_index, &entry);
}

static void admit_item(struct door *door, struct turn *turn, struct request *request,
                       struct item *item)
{
    const uint32_t place = rules_place(turn_rules(turn));
    const struct index_entry *entry = index_find(door->intake->index, item->reference);
    door->waiting--;
    if (entry != NULL) {
        rest_on(item, entry, place, request->arena, true);
        return;
    }
    entry = index_find(door->turn_index, item->reference);
    if (entry != NULL) {
        rest_on(item, entry, place, request->arena, false);
        return;
    }
    write_item(door, turn, request, item);
}

/* False: the turn is full. */
static bool admit_request(struct door *door, struct turn *turn, struct request *request)
{
    for (size_t i = 0; i < request->item_count; i++) {
        if (!turn_has_room(turn)) {
            return false;
        }
        if (request->items[i].state == ITEM_WAITING) {
            admit_item(door, turn, request, &request->items[i]);
        }
    }
    return true;
}

static bool is_waiting(const struct request *request)
{
    size_t i = 0;
    while (i < request->item_count && request->items[i].state != ITEM_WAITING) {
        i++;
    }
    return i < request->item_count;
}

/* A turn is one append, and a nearly full store refuses an append with new cases whole: so it
 * takes submissions or statements, whichever has waited longest. */
void door_admit(struct door *door, struct turn *turn)
{
    const struct request *oldest = NULL;
    index_reset(door->turn_index);
    if (door->intake->duplicates != NULL) {
        duplicates_undo(door->intake->duplicates);
    }
    for (struct request *request = door->first; request != NULL; request = request->next) {
        if (!is_waiting(request)) {
            continue;
        }
        oldest = oldest != NULL ? oldest : request;
        const bool is_alike =
            (request->items[0].statement != NULL) == (oldest->items[0].statement != NULL);
        if (is_alike && !admit_request(door, turn, request)) {
            return;
        }
    }
}

static void item_admitted(struct door *door, struct request *request, struct item *item,
                          enum status status, uint64_t first_seq)
{
    if (status == STATUS_STORE_FULL && item->has_record) {
        sanji__receipt__init(&item->receipt);
        item->receipt.outcome = SANJI__OUTCOME__OUTCOME_STORE_FULL;
        settle(request, item);
    } else if (status != STATUS_OK && status != STATUS_STORE_FULL) {
        sanji__receipt__init(&item->receipt);
        item->state = ITEM_WAITING;
        door->waiting++;
    } else {
        // Also when the store is full: what rests on committed records is as it was.
        if (item->has_record) {
            item->receipt.seq = first_seq + item->record_index;
        }
        const bool reads =
            item->statement != NULL &&
            item->statement->kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_READ &&
            item->receipt.outcome == SANJI__OUTCOME__OUTCOME_STORED &&
            !item->receipt.duplicate;
        if (reads) {
            item->state = ITEM_READING;
        } else {
            settle(request, item);
        }
    }
}

void door_admitted(struct door *door, enum status status, uint64_t first_seq)
{
    for (struct request *request = door->first; request != NULL; request = request->next) {
        for (size_t i = 0; i < request->item_count; i++) {
            if (request->items[i].state == ITEM_TENTATIVE) {
                item_admitted(door, request, &request->items[i], status, first_seq);
            }
        }
    }
    answer_settled(door);
}

/* ---- reading ---- */

static struct item *find_reading(const struct door *door, uint64_t said_seq,
                                 struct request **request)
{
    for (struct request *at = door->first; at != NULL; at = at->next) {
        for (size_t i = 0; i < at->item_count; i++) {
            if (at->items[i].state == ITEM_READING &&
                at->items[i].receipt.seq == said_seq) {
                *request = at;
                return &at->items[i];
            }
        }
    }
    return NULL;
}

bool door_awaits(const struct door *door, uint64_t said_seq)
{
    struct request *request = NULL;
    return find_reading(door, said_seq, &request) != NULL;
}

/* The other items of the request may keep it here longer than the caller keeps the text. NULL
 * when the arena is full: the receipt then comes without the text, and is asked for again. */
static Sanji__SealedText *copy_opened(struct arena *arena, const Sanji__SealedText *opened)
{
    Sanji__SealedText *copy = arena_take(arena, sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    sanji__sealed_text__init(copy);
    copy->text = arena_copy_text(arena, opened->text);
    copy->contact = arena_copy_text(arena, opened->contact);
    copy->reporter = arena_copy_text(arena, opened->reporter);
    copy->address = arena_copy_text(arena, opened->address);
    const bool whole = copy->text != NULL && copy->contact != NULL &&
                       copy->reporter != NULL && copy->address != NULL;
    return whole ? copy : NULL;
}

/* A full arena costs the words, not the refusal. */
static char *text_of(struct arena *arena, const char *text)
{
    static char none[] = "";
    char *copy = arena_copy_text(arena, text);
    return copy != NULL ? copy : none;
}

void door_read_decided(struct door *door, uint64_t said_seq, enum status status,
                       const Sanji__SealedText *opened,
                       const Sanji__StatementRefused *refused)
{
    struct request *request = NULL;
    struct item *item = find_reading(door, said_seq, &request);
    if (item == NULL) {
        return; // the asker has gone, or this process was started anew
    }
    if (refused != NULL || opened == NULL) {
        struct arena *arena = request->arena;
        const bool is_said = refused != NULL;
        item->receipt.outcome = SANJI__OUTCOME__OUTCOME_REFUSED;
        item->receipt.code =
            text_of(arena, is_said ? refused->code_name : status_name(status));
        item->receipt.field = text_of(arena, is_said ? refused->field : "");
        item->receipt.reason =
            text_of(arena, is_said ? refused->reason : status_zh(status));
    } else {
        item->receipt.outcome = SANJI__OUTCOME__OUTCOME_APPLIED;
        item->receipt.opened = copy_opened(request->arena, opened);
    }
    settle(request, item);
    answer_settled(door);
}
