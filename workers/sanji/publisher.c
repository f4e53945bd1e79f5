/* publisher.c: see publisher.h. */
#include "workers/sanji/publisher.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "log.pb-c.h"
#include "proto/codec.h"
#include "proto/wire.h"

enum {
    HWM = 100000,
    HELLO_LIMIT_MS = 10000,
    ARENA_BYTES = 64 * 1024,
    HEAD_ROOM = 96,
    FRAMES = 2,
    STALLED_RECORD_SIZE = 128, /* never sent */
    STALLED_CREDIT_RECORDS = 100000,
    STALLED_CREDIT_BYTES = 4 * 1024 * 1024
};

struct sent { /* one message on its way */
    uint64_t batch_no;
    int64_t at_ns;
    uint32_t records;
};

struct publisher {
    struct publisher_options options;
    struct socket *socket;
    struct arena *arena;
    uint32_t epoch;
    uint64_t batch_no;
    uint64_t head;
    uint64_t unanswered; /* records */
    uint64_t next_case_key;
    uint8_t *packed; /* one message's records, patched for each */
    size_t record_bytes;
    struct sent *sent; /* a ring */
    size_t sent_room, sent_first, sent_count;
};

int64_t publisher_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail for this clock
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- the record ---- */

/* A note on a case whose sealed text fills the envelope up to the size asked for. */
static size_t make_envelope(uint32_t size, uint8_t *out, struct record_header *header)
{
    static char case_no[] = "37049900320200815000001";
    static uint8_t filler[RECORD_SIZE_MAX];
    Sanji__Envelope envelope;
    Sanji__NoteAdded note;
    Sanji__Sealed text;
    sanji__envelope__init(&envelope);
    sanji__note_added__init(&note);
    sanji__sealed__init(&text);
    envelope.schema_version = SCHEMA_VERSION;
    envelope.case_no = case_no;
    envelope.body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
    envelope.note_added = &note;
    note.kind = SANJI__NOTE_KIND__NOTE_KIND_NOTE;
    note.text = &text;
    text.box.data = filler;
    for (size_t i = 0; i < sizeof filler; i++) {
        filler[i] = (uint8_t)(i * 2654435761U >> 13);
    }
    size_t packed = 0;
    for (text.box.len = size; text.box.len > 0; text.box.len--) {
        if (sanji__envelope__get_packed_size(&envelope) <= size) {
            packed = codec_pack(&envelope, out, RECORD_SIZE_MAX);
            break;
        }
    }
    const enum status made = codec_header(&envelope, (struct bytes){out, packed}, header);
    assert(made == STATUS_OK);
    return packed;
}

static void make_message(struct publisher *publisher)
{
    uint8_t *envelope = malloc(RECORD_SIZE_MAX);
    assert(envelope != NULL);
    struct record_header header;
    memset(&header, 0, sizeof header);
    const size_t size = make_envelope(publisher->options.record_size, envelope, &header);
    publisher->record_bytes = RECORD_FRAME_SIZE + size;
    publisher->packed = malloc(publisher->record_bytes * publisher->options.per_message);
    assert(publisher->packed != NULL);
    for (uint32_t i = 0; i < publisher->options.per_message; i++) {
        (void)record_write(publisher->packed + i * publisher->record_bytes, 0, &header,
                           (struct bytes){envelope, size}); // its size is known already
    }
    free(envelope);
}

/* The case key stands at offset 8 of the header (proto/record.h), little-endian. */
static void patch_keys(struct publisher *publisher, uint32_t records)
{
    for (uint32_t i = 0; i < records; i++) {
        uint8_t *at = publisher->packed + i * publisher->record_bytes + 8 + 4 + 8;
        uint64_t key = publisher->next_case_key++;
        for (int byte = 0; byte < 8; byte++) {
            at[byte] = (uint8_t)key;
            key >>= 8;
        }
    }
}

/* ---- the session ---- */

static bool wait_input(struct publisher *publisher, int limit_ms)
{
    const int64_t until_ns = publisher_now_ns() + (int64_t)limit_ms * 1000000;
    while (!socket_has_input(publisher->socket)) {
        const int64_t left_ns = until_ns - publisher_now_ns();
        if (left_ns <= 0) {
            return false;
        }
        struct pollfd waited = {.fd = socket_fd(publisher->socket), .events = POLLIN};
        (void)poll(&waited, 1, (int)(left_ns / 1000000) + 1); // the loop asks again
    }
    return true;
}

static enum status send_request(struct publisher *publisher,
                                const Sanji__LogRequest *request, struct bytes packed)
{
    uint8_t head[HEAD_ROOM];
    assert(sanji__log_request__get_packed_size(request) <= sizeof head);
    const struct bytes frames[FRAMES] = {{head, sanji__log_request__pack(request, head)},
                                         packed};
    return socket_send(publisher->socket, NULL, frames, packed.size > 0 ? FRAMES : 1);
}

static const Sanji__LogReply *receive(struct publisher *publisher)
{
    struct bytes frames[FRAMES];
    size_t count = 0;
    ProtobufCMessage *message = NULL;
    arena_reset(publisher->arena);
    if (socket_receive(publisher->socket, NULL, frames, FRAMES, &count) != STATUS_OK ||
        wire_unpack(&sanji__log_reply__descriptor, frames[0], publisher->arena, &message) !=
            STATUS_OK) {
        return NULL;
    }
    return (const Sanji__LogReply *)message;
}

static enum status say_hello(struct publisher *publisher, struct fault *fault)
{
    char name[32];
    Sanji__LogRequest request;
    Sanji__Hello hello;
    sanji__log_request__init(&request);
    sanji__hello__init(&hello);
    (void)snprintf(name, sizeof name, "%s", publisher->options.name); // "bench-N" or ""
    hello.protocol = PROTOCOL_VERSION;
    hello.name = name;
    hello.writer = name[0] != '\0';
    request.body_case = SANJI__LOG_REQUEST__BODY_HELLO;
    request.hello = &hello;
    const int64_t until_ns = publisher_now_ns() + (int64_t)HELLO_LIMIT_MS * 1000000;
    while (send_request(publisher, &request, (struct bytes){NULL, 0}) != STATUS_OK) {
        if (publisher_now_ns() > until_ns) {
            return fault_set(fault, STATUS_TIMEOUT, "no broker at %s",
                             publisher->options.run_dir);
        }
        (void)poll(NULL, 0, 1); // not connected yet
    }
    if (!wait_input(publisher, HELLO_LIMIT_MS)) {
        return fault_set(fault, STATUS_TIMEOUT, "no Welcome from the broker");
    }
    const Sanji__LogReply *reply = receive(publisher);
    if (reply == NULL || reply->body_case != SANJI__LOG_REPLY__BODY_WELCOME) {
        const bool refused =
            reply != NULL && reply->body_case == SANJI__LOG_REPLY__BODY_REFUSED;
        return fault_set(fault, STATUS_FORBIDDEN, "Hello as %s: %s", name,
                         refused ? reply->refused->text : "an answer that is no Welcome");
    }
    publisher->epoch = reply->welcome->session_epoch;
    publisher->batch_no = reply->welcome->batch_no;
    publisher->head = reply->welcome->head;
    return STATUS_OK;
}

enum status publisher_open(const struct publisher_options *options,
                           struct publisher **publisher, struct fault *fault)
{
    char endpoint[ENDPOINT_SIZE];
    struct publisher *self = calloc(1, sizeof *self);
    assert(self != NULL);
    self->options = *options;
    self->next_case_key = options->first_case_key;
    self->arena = arena_new(ARENA_BYTES);
    self->sent_room = options->in_flight / options->per_message + 2;
    self->sent = calloc(self->sent_room, sizeof *self->sent);
    assert(self->sent != NULL);
    make_message(self);
    enum status status =
        socket_connect(SOCKET_DEALER, process_endpoint(options->run_dir, "log", endpoint),
                       HWM, &self->socket, fault);
    if (status == STATUS_OK) {
        status = say_hello(self, fault);
    }
    if (status != STATUS_OK) {
        publisher_close(&self);
        return status;
    }
    *publisher = self;
    return STATUS_OK;
}

enum status publisher_stalled_reader(const char *run_dir, struct publisher **reader,
                                     struct fault *fault)
{
    const struct publisher_options options = {.run_dir = run_dir,
                                              .name = "",
                                              .record_size = STALLED_RECORD_SIZE,
                                              .per_message = 1,
                                              .in_flight = 1};
    Sanji__LogRequest request;
    Sanji__Follow follow;
    struct publisher *self = NULL;
    const enum status opened = publisher_open(&options, &self, fault);
    if (opened != STATUS_OK) {
        return opened;
    }
    sanji__log_request__init(&request);
    sanji__follow__init(&follow);
    follow.follow_no = 1;
    follow.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST;
    follow.credit_records = STALLED_CREDIT_RECORDS;
    follow.credit_bytes = STALLED_CREDIT_BYTES;
    request.body_case = SANJI__LOG_REQUEST__BODY_FOLLOW;
    request.follow = &follow;
    if (send_request(self, &request, (struct bytes){NULL, 0}) != STATUS_OK) {
        publisher_close(&self);
        return fault_set(fault, STATUS_BUSY, "the broker took no Follow");
    }
    *reader = self;
    return STATUS_OK;
}

void publisher_close(struct publisher **publisher)
{
    struct publisher *self = *publisher;
    if (self->socket != NULL) {
        socket_close(&self->socket);
    }
    arena_free(&self->arena);
    free(self->sent);
    free(self->packed);
    free(self);
    *publisher = NULL;
}

/* ---- the load ---- */

uint64_t publisher_send(struct publisher *publisher, uint64_t left)
{
    uint64_t sent = 0;
    while (sent < left && publisher->unanswered < publisher->options.in_flight) {
        uint64_t room = publisher->options.in_flight - publisher->unanswered;
        room = room < left - sent ? room : left - sent;
        const uint32_t records = room < publisher->options.per_message
                                     ? (uint32_t)room
                                     : publisher->options.per_message;
        Sanji__LogRequest request;
        Sanji__Append append;
        sanji__log_request__init(&request);
        sanji__append__init(&append);
        append.epoch = publisher->epoch;
        append.batch_no = publisher->batch_no + 1;
        append.read_up_to = publisher->head;
        append.count = records;
        append.keeps_cursor = true;
        request.body_case = SANJI__LOG_REQUEST__BODY_APPEND;
        request.append = &append;
        patch_keys(publisher, records);
        if (send_request(publisher, &request,
                         (struct bytes){publisher->packed,
                                        records * publisher->record_bytes}) != STATUS_OK) {
            break; // its queue is full: the acknowledgements make room
        }
        publisher->batch_no++;
        assert(publisher->sent_count < publisher->sent_room);
        publisher->sent[(publisher->sent_first + publisher->sent_count++) %
                        publisher->sent_room] =
            (struct sent){.batch_no = publisher->batch_no,
                          .at_ns = publisher_now_ns(),
                          .records = records};
        publisher->unanswered += records;
        sent += records;
    }
    return sent;
}

static uint64_t take_acked(struct publisher *publisher, const Sanji__Appended *appended,
                           void (*note)(void *context, int64_t latency_ns), void *context)
{
    const int64_t now_ns = publisher_now_ns();
    uint64_t acked = 0;
    while (publisher->sent_count > 0 &&
           publisher->sent[publisher->sent_first].batch_no <= appended->batch_no) {
        const struct sent *sent = &publisher->sent[publisher->sent_first];
        note(context, now_ns - sent->at_ns);
        acked += sent->records;
        publisher->sent_first = (publisher->sent_first + 1) % publisher->sent_room;
        publisher->sent_count--;
    }
    publisher->unanswered -= acked;
    publisher->head = appended->last_seq;
    return acked;
}

bool publisher_receive(struct publisher *publisher, uint64_t *acked,
                       void (*note)(void *context, int64_t latency_ns), void *context,
                       struct fault *fault)
{
    *acked = 0;
    while (socket_has_input(publisher->socket)) {
        const Sanji__LogReply *reply = receive(publisher);
        if (reply != NULL && reply->body_case == SANJI__LOG_REPLY__BODY_REFUSED) {
            const enum status refused = fault_set(
                fault, (enum status)reply->refused->code, "append refused: %s %s",
                status_name((enum status)reply->refused->code), reply->refused->text);
            return refused == STATUS_OK;
        }
        if (reply != NULL && reply->body_case == SANJI__LOG_REPLY__BODY_APPENDED) {
            *acked += take_acked(publisher, reply->appended, note, context);
        }
    }
    return true;
}

int publisher_fd(const struct publisher *publisher)
{
    return socket_fd(publisher->socket);
}

bool publisher_has_input(struct publisher *publisher)
{
    return socket_has_input(publisher->socket);
}
