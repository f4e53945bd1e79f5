/* peer.c: sends, polls, unpacks. */
#include "tests/proc/peer.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/loop.h"
#include "proto/codec.h"
#include "proto/id.h"
#include "proto/wire.h"

enum {
    PEER_ARENA_SIZE = 8 * 1024 * 1024,
    PEER_HWM = 100000,
    POLL_MS = 5,
    PLACE = 370499003
};

static struct bytes ping_of(uint64_t nonce, uint8_t room[32])
{
    Sanji__Ping ping = SANJI__PING__INIT;
    ping.nonce = nonce;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_PING;
    request.ping = &ping;
    return (struct bytes){room, sanji__log_request__pack(&request, room)};
}

static void open_hwm(struct peer *peer, const struct harness *harness, const char *name,
                     int hwm)
{
    char endpoint[ENDPOINT_SIZE];
    struct fault fault;
    *peer = (struct peer){.arena = arena_new(PEER_ARENA_SIZE)};
    enum status status =
        socket_connect(SOCKET_DEALER, harness_endpoint(harness, name, endpoint), hwm,
                       &peer->socket, &fault);
    assert(status == STATUS_OK);
}

void peer_open(struct peer *peer, const struct harness *harness, const char *name)
{
    open_hwm(peer, harness, name, PEER_HWM);
}

void peer_open_narrow(struct peer *peer, const struct harness *harness, const char *name)
{
    open_hwm(peer, harness, name, 1);
}

void peer_close(struct peer *peer)
{
    socket_close(&peer->socket);
    arena_free(&peer->arena);
}

_Noreturn static void fail(const char *what)
{
    (void)fprintf(stderr, "peer: %s\n", what); // nobody to tell
    abort();
}

void peer_send_frames(struct peer *peer, const struct bytes *frames, size_t count)
{
    int64_t deadline_ms = loop_steady_ms() + HARNESS_WAIT_MS;
    // A socket takes nothing before its connection stands.
    while (socket_send(peer->socket, NULL, frames, count) != STATUS_OK) {
        if (loop_steady_ms() >= deadline_ms) {
            fail("nobody takes the message");
        }
        (void)poll(NULL, 0, 1);
    }
}

void peer_send(struct peer *peer, const Sanji__LogRequest *request, struct bytes packed)
{
    size_t size = sanji__log_request__get_packed_size(request);
    uint8_t *head = malloc(size);
    assert(head != NULL);
    struct bytes frames[2] = {{head, sanji__log_request__pack(request, head)}, packed};
    peer_send_frames(peer, frames, packed.data != NULL ? 2 : 1);
    free(head);
}

static size_t receive(struct peer *peer, struct bytes frames[2])
{
    int64_t deadline_ms = loop_steady_ms() + HARNESS_WAIT_MS;
    size_t count = 0;
    while (socket_receive(peer->socket, NULL, frames, 2, &count) != STATUS_OK) {
        if (loop_steady_ms() >= deadline_ms) {
            fail("no answer");
        }
        // The descriptor is a hint only, so the wait is short.
        struct pollfd fd = {.fd = socket_fd(peer->socket), .events = POLLIN};
        (void)poll(&fd, 1, POLL_MS);
    }
    return count;
}

static void *unpack(struct peer *peer, const ProtobufCMessageDescriptor *descriptor,
                    struct bytes wire)
{
    ProtobufCMessage *message = NULL;
    if (arena_left(peer->arena) < PEER_ARENA_SIZE / 4) {
        arena_reset(peer->arena);
    }
    enum status status = wire_unpack(descriptor, wire, peer->arena, &message);
    assert(status == STATUS_OK);
    return message;
}

Sanji__LogReply *peer_receive(struct peer *peer)
{
    struct bytes frames[2];
    size_t count = receive(peer, frames);
    assert(count == 1 || count == 2);
    Sanji__LogReply *reply = unpack(peer, &sanji__log_reply__descriptor, frames[0]);
    peer->packed = (struct bytes){0};
    if (count == 2 && frames[1].size != 0) {
        uint8_t *copy = arena_take(peer->arena, frames[1].size);
        assert(copy != NULL);
        memcpy(copy, frames[1].data, frames[1].size);
        peer->packed = (struct bytes){copy, frames[1].size};
    }
    return reply;
}

bool peer_hears_nothing(struct peer *peer)
{
    uint8_t room[32];
    peer->request_no++;
    struct bytes frame = ping_of(peer->request_no, room);
    peer_send_frames(peer, &frame, 1);
    Sanji__LogReply *reply = peer_receive(peer);
    return reply->body_case == SANJI__LOG_REPLY__BODY_PONG &&
           reply->pong->nonce == peer->request_no;
}

void peer_admin_send(struct peer *peer, Sanji__AdminRequest *request)
{
    request->protocol = PROTOCOL_VERSION;
    request->request_no = ++peer->request_no;
    uint8_t packed[1024];
    size_t size = sanji__admin_request__get_packed_size(request);
    assert(size <= sizeof(packed));
    struct bytes frame = {packed, sanji__admin_request__pack(request, packed)};
    peer_send_frames(peer, &frame, 1);
}

Sanji__AdminReply *peer_admin_receive(struct peer *peer)
{
    struct bytes frames[2];
    size_t count = receive(peer, frames);
    assert(count == 1);
    return unpack(peer, &sanji__admin_reply__descriptor, frames[0]);
}

Sanji__AdminReply *peer_admin(struct peer *peer, Sanji__AdminRequest *request)
{
    peer_admin_send(peer, request);
    Sanji__AdminReply *reply = peer_admin_receive(peer);
    assert(reply->request_no == peer->request_no);
    return reply;
}

// ---- one call each ------------------------------------------------------------------------

static const struct bytes no_packed = {NULL, 0};

void peer_say_hello(struct peer *peer, const char *name, bool writer)
{
    char text[64];
    Sanji__Hello hello = SANJI__HELLO__INIT;
    (void)snprintf(text, sizeof(text), "%s", name); // names of tests are short
    hello.protocol = PROTOCOL_VERSION;
    hello.name = text;
    hello.writer = writer;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_HELLO;
    request.hello = &hello;
    peer_send(peer, &request, no_packed);
}

static void must_be(const Sanji__LogReply *reply, Sanji__LogReply__BodyCase kind)
{
    if (reply->body_case == kind) {
        return;
    }
    (void)fprintf(stderr, "peer: answer %d, expected %d\n", (int)reply->body_case,
                  (int)kind); // nobody to tell
    if (reply->body_case == SANJI__LOG_REPLY__BODY_REFUSED) {
        (void)fprintf(stderr, "peer: refused: %s %s\n",
                      status_name((enum status)reply->refused->code),
                      reply->refused->text); // as above
    }
    abort();
}

Sanji__Welcome peer_hello(struct peer *peer, const char *name, bool writer)
{
    peer_say_hello(peer, name, writer);
    Sanji__LogReply *reply = peer_receive(peer);
    must_be(reply, SANJI__LOG_REPLY__BODY_WELCOME);
    return *reply->welcome;
}

void peer_append(struct peer *peer, Sanji__Append append, struct bytes packed)
{
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_APPEND;
    request.append = &append;
    peer_send(peer, &request, packed);
}

Sanji__Appended peer_appended(struct peer *peer)
{
    Sanji__LogReply *reply = peer_receive(peer);
    must_be(reply, SANJI__LOG_REPLY__BODY_APPENDED);
    return *reply->appended;
}

Sanji__Refused peer_refused(struct peer *peer)
{
    Sanji__LogReply *reply = peer_receive(peer);
    must_be(reply, SANJI__LOG_REPLY__BODY_REFUSED);
    return *reply->refused;
}

void peer_follow(struct peer *peer, uint32_t no, uint64_t from_seq, Sanji__Filter *filter)
{
    Sanji__Follow follow = SANJI__FOLLOW__INIT;
    follow.follow_no = no;
    follow.from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    follow.seq = from_seq;
    follow.filter = filter;
    follow.credit_records = 100000;
    follow.credit_bytes = 16 * 1024 * 1024;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_FOLLOW;
    request.follow = &follow;
    peer_send(peer, &request, no_packed);
}

Sanji__Records peer_records(struct peer *peer)
{
    Sanji__LogReply *reply = peer_receive(peer);
    must_be(reply, SANJI__LOG_REPLY__BODY_RECORDS);
    return *reply->records;
}

Sanji__Tick peer_tick(struct peer *peer)
{
    for (;;) {
        Sanji__LogReply *reply = peer_receive(peer);
        if (reply->body_case != SANJI__LOG_REPLY__BODY_RECORDS) {
            must_be(reply, SANJI__LOG_REPLY__BODY_TICK);
            return *reply->tick;
        }
    }
}

void peer_idle(struct peer *peer, uint64_t read_seq, int64_t now_ms, int64_t next_due_ms)
{
    Sanji__Idle idle = SANJI__IDLE__INIT;
    idle.read = read_seq;
    idle.now_ms = now_ms;
    idle.next_due_ms = next_due_ms;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_IDLE;
    request.idle = &idle;
    peer_send(peer, &request, no_packed);
}

static void set_body(Sanji__Envelope *envelope, unsigned type)
{
    static Sanji__CaseReceived received = SANJI__CASE_RECEIVED__INIT;
    static Sanji__CaseRouted routed = SANJI__CASE_ROUTED__INIT;
    static Sanji__DispatchOffered offered = SANJI__DISPATCH_OFFERED__INIT;
    static Sanji__Said said = SANJI__SAID__INIT;
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        envelope->case_received = &received;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_ROUTED) {
        envelope->case_routed = &routed;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_OFFERED) {
        envelope->dispatch_offered = &offered;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        envelope->said = &said;
    } else {
        fail("no such body in set_body");
    }
}

void peer_pack(struct peer_packed *out, unsigned type, uint64_t case_key, uint8_t flags)
{
    uint8_t packed[1024];
    char case_no[CASE_NO_SIZE];
    char area[] = "370499.003.01.001.B03";
    char worker[] = "W00007";
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    envelope.schema_version = SCHEMA_VERSION;
    envelope.case_no = id_case_print(PLACE, case_key, case_no);
    envelope.area = area;
    envelope.worker = worker;
    envelope.severity = SANJI__SEVERITY__SEVERITY_S2;
    set_body(&envelope, type);
    struct bytes wire = {packed, codec_pack(&envelope, packed, sizeof(packed))};
    assert(wire.size != 0);
    struct record_header header = {0};
    enum status status = codec_header(&envelope, wire, &header);
    assert(status == STATUS_OK);
    header.flags |= flags;
    assert(out->size + RECORD_FRAME_SIZE + wire.size <= sizeof(out->data));
    out->size += record_write(out->data + out->size, 0, &header, wire);
    out->count++;
}

struct bytes peer_packed_bytes(const struct peer_packed *packed)
{
    return (struct bytes){packed->data, packed->size};
}
