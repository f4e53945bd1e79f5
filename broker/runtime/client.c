/* client.c: one session after the other.
 *
 *     DOWN --retry--> CONNECTING --Hello left--> GREETED --Welcome--> UP
 *      ^                  |                         |                 |
 *      +------------------+---- silence, refusal ---+-----------------+     FENCED -> ENDED
 *
 * Silence is counted in pings that nothing followed, not in milliseconds: a process that was
 * itself stopped or busy for long sends one ping when it goes on, and so accuses nobody.
 */
#include "broker/runtime/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/wire.h"

enum {
    // Messages queued each way: above what a window of one-record appends needs.
    QUEUE_MESSAGES = 2 * WINDOW_RECORDS,
    CREDIT_RECORDS = 100000,
    CREDIT_BYTES = 4 * 1024 * 1024,
    // Credit is given back after a quarter of the window, or a little later.
    CREDIT_SHARE = 4,
    CREDIT_DELAY_MS = 10,
    // A Hello can leave once the connection stands, which nothing but trying tells.
    HELLO_FIRST_MS = 1,
    HELLO_MAX_MS = 100,
    RETRY_FIRST_MS = 100,
    RETRY_MAX_MS = 2000,
    MESSAGES_PER_TURN = 64,
    REPLY_FRAMES_MAX = 2,
    REPLY_ARENA_SIZE = 64 * 1024,
    HEAD_SIZE = 1024
};

enum state {
    DOWN,       // no socket; the step timer opens the next session
    CONNECTING, // the step timer tries to send Hello
    GREETED,    // Welcome or Refused must come
    UP,
    ENDED // fenced: no socket, no timer
};

struct credit {
    uint64_t window_records;
    uint64_t window_bytes;
    uint64_t taken_records; // since Follow
    uint64_t taken_bytes;
    uint64_t told_records; // the part of taken that the broker knows
    uint64_t told_bytes;
};

struct client {
    struct loop *loop;
    char *endpoint;
    char *name;
    struct client_options options;
    struct client_events events;
    void *context;

    enum state state;
    bool is_broken; // a send failed: the step timer ends the session
    struct socket *socket;
    struct arena *arena;
    struct loop_timer *step;
    struct loop_timer *beat;
    struct loop_timer *give_credit;
    int64_t hello_ms; // until the next try
    int64_t retry_ms;
    int64_t unheard; // pings since something was heard
    uint64_t nonce;
    uint64_t log_id;
    uint32_t follow_no;
    struct credit credit;
};

// ---- sending ----------------------------------------------------------------------------

// `packed` empty: one frame.
static enum status send_request(struct client *client, const Sanji__LogRequest *request,
                                struct bytes packed)
{
    uint8_t room[HEAD_SIZE];
    uint8_t *head = room;
    size_t size = sanji__log_request__get_packed_size(request);
    if (size > sizeof(room)) {
        head = malloc(size); // a Follow with a long filter
        assert(head != NULL);
    }
    size_t written = sanji__log_request__pack(request, head);
    assert(written == size);
    assert(size > 0);
    assert(packed.size <= MESSAGE_SIZE_MAX);
    const struct bytes frames[REPLY_FRAMES_MAX] = {{head, size}, packed};
    enum status status =
        socket_send(client->socket, NULL, frames, packed.data != NULL ? 2 : 1);
    if (head != room) {
        free(head);
    }
    return status;
}

// A message that cannot leave would be missed by nobody, so the session ends. Not from here:
// the owner is in the middle of something.
static void send_or_break(struct client *client, const Sanji__LogRequest *request,
                          struct bytes packed)
{
    if (client->state != UP || client->is_broken) {
        return;
    }
    if (send_request(client, request, packed) != STATUS_OK) {
        client->is_broken = true;
        loop_timer_start(client->step, 0, 0);
    }
}

static const struct bytes no_packed = {NULL, 0};

void client_append(struct client *client, const Sanji__Append *head, struct bytes packed)
{
    static const uint8_t nothing[1] = {0};
    if (packed.data == NULL) {
        packed.data = nothing; // a cursor alone: the second frame is there, and empty
    }
    Sanji__Append append = *head;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_APPEND;
    request.append = &append;
    send_or_break(client, &request, packed);
}

void client_idle(struct client *client, const Sanji__Idle *idle)
{
    Sanji__Idle copy = *idle;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_IDLE;
    request.idle = &copy;
    send_or_break(client, &request, no_packed);
}

void client_commit_cursor(struct client *client, const char *durable, uint64_t seq)
{
    char *name = strdup(durable); // protobuf-c's messages hold no const text
    assert(name != NULL);
    Sanji__CommitCursor commit;
    sanji__commit_cursor__init(&commit);
    commit.durable = name;
    commit.seq = seq;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_COMMIT;
    request.commit = &commit;
    send_or_break(client, &request, no_packed);
    free(name);
}

static void send_credit(struct client *client)
{
    struct credit *credit = &client->credit;
    loop_timer_stop(client->give_credit);
    credit->told_records = credit->taken_records;
    credit->told_bytes = credit->taken_bytes;
    Sanji__Credit message = SANJI__CREDIT__INIT;
    message.follow_no = client->follow_no;
    message.records = credit->window_records + credit->taken_records;
    message.bytes = credit->window_bytes + credit->taken_bytes;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_CREDIT;
    request.credit = &message;
    send_or_break(client, &request, no_packed);
}

static void on_give_credit(void *context)
{
    send_credit(context);
}

void client_taken(struct client *client, uint64_t records, uint64_t bytes)
{
    if (client->state != UP) {
        return; // of a session that is over
    }
    struct credit *credit = &client->credit;
    credit->taken_records += records;
    credit->taken_bytes += bytes;
    uint64_t untold_records = credit->taken_records - credit->told_records;
    uint64_t untold_bytes = credit->taken_bytes - credit->told_bytes;
    if (untold_records >= credit->window_records / CREDIT_SHARE ||
        untold_bytes >= credit->window_bytes / CREDIT_SHARE) {
        send_credit(client);
    } else {
        loop_timer_start(client->give_credit, CREDIT_DELAY_MS, 0);
    }
}

static void send_ping(struct client *client)
{
    Sanji__Ping ping = SANJI__PING__INIT;
    ping.nonce = ++client->nonce;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_PING;
    request.ping = &ping;
    send_or_break(client, &request, no_packed);
}

// ---- the life of a session --------------------------------------------------------------

static void drop_socket(struct client *client)
{
    loop_timer_stop(client->step);
    loop_timer_stop(client->beat);
    loop_timer_stop(client->give_credit);
    if (client->socket != NULL) {
        loop_unwatch(client->loop, client->socket);
        socket_close(&client->socket);
    }
}

static void end_session(struct client *client, enum state next, const char *why)
{
    assert(next == DOWN || next == ENDED);
    bool was_up = client->state == UP;
    drop_socket(client);
    client->state = next;
    client->is_broken = false;
    char quoted[DIAG_QUOTED_SIZE];
    diag_say(DIAG_EV_SESSION_LOST, "endpoint=%s reason=%s",
             diag_quoted(client->endpoint, quoted), why);
    if (next == DOWN) {
        loop_timer_start(client->step, client->retry_ms, 0);
        client->retry_ms =
            client->retry_ms * 2 < RETRY_MAX_MS ? client->retry_ms * 2 : RETRY_MAX_MS;
    }
    if (was_up) {
        client->events.lost(client->context);
    }
}

static void on_ready(void *context);

static void open_session(struct client *client)
{
    struct fault fault;
    if (socket_connect(SOCKET_DEALER, client->endpoint, QUEUE_MESSAGES, &client->socket,
                       &fault) != STATUS_OK) {
        process_cannot_start(&fault);
    }
    loop_watch(client->loop, client->socket, on_ready, client);
    client->state = CONNECTING;
    client->unheard = 0;
    client->hello_ms = HELLO_FIRST_MS;
    loop_timer_start(client->step, 0, 0);
    loop_timer_start(client->beat, client->options.ping_ms, client->options.ping_ms);
}

static void try_hello(struct client *client)
{
    Sanji__Hello hello;
    sanji__hello__init(&hello);
    hello.protocol = PROTOCOL_VERSION;
    hello.name = client->name;
    hello.writer = client->options.writer;
    hello.log_id = client->log_id;
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_HELLO;
    request.hello = &hello;
    if (send_request(client, &request, no_packed) == STATUS_OK) {
        client->state = GREETED;
        return;
    }
    loop_timer_start(client->step, client->hello_ms, 0);
    client->hello_ms =
        client->hello_ms * 2 < HELLO_MAX_MS ? client->hello_ms * 2 : HELLO_MAX_MS;
}

static void on_step(void *context)
{
    struct client *client = context;
    switch (client->state) {
    case DOWN:
        open_session(client);
        return;
    case CONNECTING:
        try_hello(client);
        return;
    case UP:
        assert(client->is_broken);
        end_session(client, DOWN, "cannot_send");
        return;
    case GREETED:
    case ENDED:
        break;
    }
    assert(0 && "the step timer is stopped in this state");
}

static void on_beat(void *context)
{
    struct client *client = context;
    assert(client->socket != NULL);
    if (client->unheard >= client->options.silent_ms / client->options.ping_ms &&
        !socket_has_input(client->socket)) {
        end_session(client, DOWN, client->state == CONNECTING ? "unreachable" : "silent");
        return;
    }
    client->unheard++;
    send_ping(client);
}

// ---- receiving --------------------------------------------------------------------------

static void start_follow(struct client *client, Sanji__Follow *follow)
{
    assert(client->events.records != NULL);
    client->follow_no++;
    follow->follow_no = client->follow_no;
    if (follow->credit_records == 0) {
        follow->credit_records = client->options.credit_records;
    }
    if (follow->credit_bytes == 0) {
        follow->credit_bytes = client->options.credit_bytes;
    }
    client->credit = (struct credit){.window_records = follow->credit_records,
                                     .window_bytes = follow->credit_bytes};
    Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
    request.body_case = SANJI__LOG_REQUEST__BODY_FOLLOW;
    request.follow = follow;
    send_or_break(client, &request, no_packed);
}

static void on_welcome(struct client *client, const Sanji__Welcome *welcome)
{
    if (client->state != GREETED) {
        end_session(client, DOWN, "welcome_twice");
        return;
    }
    client->state = UP;
    client->retry_ms = RETRY_FIRST_MS;
    client->log_id = welcome->log_id;
    Sanji__Follow follow;
    sanji__follow__init(&follow);
    client->events.welcome(client->context, welcome, &follow);
    if (follow.from != SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED) {
        start_follow(client, &follow);
    }
}

static void on_refused(struct client *client, const Sanji__Refused *refused)
{
    if (refused->code == STATUS_NO_SESSION) {
        end_session(client, DOWN, "no_session");
        return;
    }
    bool is_hello = client->state == GREETED;
    if (is_hello) {
        char quoted[DIAG_QUOTED_SIZE];
        diag_say(DIAG_EV_REFUSED, "code=%u hello=%s text=%s", refused->code,
                 client->name[0] != '\0' ? client->name : "-",
                 diag_quoted(refused->text, quoted));
    }
    client->events.refused(client->context, refused);
    if (refused->code == STATUS_FENCED) {
        end_session(client, ENDED, "fenced");
    } else if (is_hello) {
        end_session(client, DOWN, "refused");
    }
}

static void on_records(struct client *client, const Sanji__Records *head,
                       const struct bytes *frames, size_t frame_count)
{
    if (frame_count != REPLY_FRAMES_MAX) {
        end_session(client, DOWN, "malformed");
        return;
    }
    if (head->follow_no == client->follow_no) {
        client->events.records(client->context, head, frames[1]);
    }
}

// Answers that only an established session gets.
static void dispatch_up(struct client *client, const Sanji__LogReply *reply,
                        const struct bytes *frames, size_t frame_count)
{
    const struct client_events *events = &client->events;
    switch (reply->body_case) {
    case SANJI__LOG_REPLY__BODY_APPENDED:
        if (events->appended != NULL) {
            events->appended(client->context, reply->appended);
        }
        return;
    case SANJI__LOG_REPLY__BODY_RECORDS:
        on_records(client, reply->records, frames, frame_count);
        return;
    case SANJI__LOG_REPLY__BODY_COMMITTED:
        if (events->committed != NULL) {
            events->committed(client->context, reply->committed);
        }
        return;
    case SANJI__LOG_REPLY__BODY_TICK:
        if (events->tick != NULL) {
            events->tick(client->context, reply->tick);
        }
        return;
    case SANJI__LOG_REPLY__BODY_PONG:     // that something was heard is all
    case SANJI__LOG_REPLY__BODY__NOT_SET: // a kind of a later version
        return;
    case SANJI__LOG_REPLY__BODY_WELCOME:
    case SANJI__LOG_REPLY__BODY_REFUSED:
    case SANJI__LOG_REPLY__BODY_BYE:
    case _SANJI__LOG_REPLY__BODY__CASE_IS_INT_SIZE:
    default:
        break;
    }
    assert(0 && "taken by dispatch");
}

static void dispatch(struct client *client, const Sanji__LogReply *reply,
                     const struct bytes *frames, size_t frame_count)
{
    if (reply->body_case == SANJI__LOG_REPLY__BODY_WELCOME) {
        on_welcome(client, reply->welcome);
    } else if (reply->body_case == SANJI__LOG_REPLY__BODY_REFUSED) {
        on_refused(client, reply->refused);
    } else if (reply->body_case == SANJI__LOG_REPLY__BODY_BYE) {
        end_session(client, DOWN, "bye");
    } else if (client->state == UP) {
        dispatch_up(client, reply, frames, frame_count);
    } else {
        end_session(client, DOWN, "answer_before_welcome");
    }
}

// False: nothing waits, or the session is over.
static bool take_reply(struct client *client)
{
    struct bytes frames[REPLY_FRAMES_MAX];
    size_t frame_count = 0;
    enum status status =
        socket_receive(client->socket, NULL, frames, REPLY_FRAMES_MAX, &frame_count);
    if (status == STATUS_NOT_FOUND) {
        return false;
    }
    ProtobufCMessage *message = NULL;
    if (status == STATUS_OK) {
        arena_reset(client->arena);
        status =
            wire_unpack(&sanji__log_reply__descriptor, frames[0], client->arena, &message);
    }
    if (status != STATUS_OK) {
        end_session(client, DOWN, "malformed");
        return false;
    }
    client->unheard = 0;
    // protobuf-c puts the base at the front of each message.
    dispatch(client, (const Sanji__LogReply *)message, frames, frame_count);
    return client->socket != NULL;
}

static void on_ready(void *context)
{
    struct client *client = context;
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (!take_reply(client)) {
            return;
        }
    }
}

// ---- making -----------------------------------------------------------------------------

static void fill_defaults(struct client_options *options)
{
    if (options->credit_records == 0) {
        options->credit_records = CREDIT_RECORDS;
    }
    if (options->credit_bytes == 0) {
        options->credit_bytes = CREDIT_BYTES;
    }
    if (options->ping_ms == 0) {
        options->ping_ms = CLIENT_PING_MS;
    }
    if (options->silent_ms == 0) {
        options->silent_ms = CLIENT_SILENT_MS;
    }
}

struct client *client_new(struct loop *loop, const struct client_options *options,
                          const struct client_events *events, void *context)
{
    assert(options->endpoint != NULL);
    assert(options->name != NULL);
    assert(!options->writer || options->name[0] != '\0');
    assert(events->welcome != NULL);
    assert(events->refused != NULL && events->lost != NULL);

    struct client *client = calloc(1, sizeof(*client));
    assert(client != NULL);
    client->loop = loop;
    client->options = *options;
    fill_defaults(&client->options);
    assert(client->options.ping_ms > 0);
    assert(client->options.silent_ms >= client->options.ping_ms);
    client->endpoint = strdup(options->endpoint);
    client->name = strdup(options->name);
    assert(client->endpoint != NULL && client->name != NULL);
    client->events = *events;
    client->context = context;
    client->arena = arena_new(REPLY_ARENA_SIZE);
    client->step = loop_timer_new(loop, on_step, client);
    client->beat = loop_timer_new(loop, on_beat, client);
    client->give_credit = loop_timer_new(loop, on_give_credit, client);
    client->retry_ms = RETRY_FIRST_MS;
    client->state = DOWN;
    loop_timer_start(client->step, 0, 0);
    return client;
}

void client_free(struct client **client)
{
    struct client *self = *client;
    if (self == NULL) {
        return;
    }
    if (self->state == UP) {
        // A courtesy: it may not leave any more, and then the broker hears silence.
        Sanji__Bye bye;
        sanji__bye__init(&bye);
        Sanji__LogRequest request = SANJI__LOG_REQUEST__INIT;
        request.body_case = SANJI__LOG_REQUEST__BODY_BYE;
        request.bye = &bye;
        send_or_break(self, &request, no_packed);
    }
    drop_socket(self);
    loop_timer_free(&self->step);
    loop_timer_free(&self->beat);
    loop_timer_free(&self->give_credit);
    arena_free(&self->arena);
    free(self->endpoint);
    free(self->name);
    free(self);
    *client = NULL;
}

bool client_is_up(const struct client *client)
{
    return client->state == UP;
}
