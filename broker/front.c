/* front.c: receives, checks, and hands to who does it. */
#include "broker/front.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/follow.h"
#include "broker/keeper.h"
#include "broker/reply.h"
#include "broker/request.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "proto/vocab.h"
#include "proto/wire.h"

enum {
    // Of one turn. More keeps answers and ticks waiting; less costs a turn per message.
    TURN_MESSAGES = 2048,
    TURN_BYTES = 1024 * 1024,
    APPEND_FRAMES = 2,
    PLACE_DIGITS_SIZE = 16,
    BUSY_RETRY_MS = 1000
};

struct incoming {
    struct socket_peer peer;
    struct bytes frames[APPEND_FRAMES];
    size_t frame_count;
    struct socket_held *held; // of the last frame; NULL once it was taken
};

// ---- hello --------------------------------------------------------------------------------

static void refuse(struct keeper *keeper, struct session *session, enum status status,
                   const char *text)
{
    struct reply_refusal refusal = {.status = status, .text = text};
    if (status == STATUS_BUSY) {
        refusal.retry_after_ms = BUSY_RETRY_MS;
    }
    reply_refuse(keeper, session, &refusal);
}

void front_welcome(struct keeper *keeper, struct session *session,
                   const struct log_writer *row)
{
    char digits[PLACE_DIGITS_SIZE] = "";
    if (keeper->place != 0) {
        (void)snprintf(digits, sizeof(digits), "%09u", keeper->place); // nine digits fit
    }
    Sanji__Welcome welcome = SANJI__WELCOME__INIT;
    welcome.log_id = keeper->log_id;
    welcome.broker_epoch = keeper->broker_epoch;
    welcome.session_epoch = session->epoch;
    welcome.head = keeper->head;
    welcome.now_ms = keeper_now_ms(keeper);
    welcome.driven = keeper->clock.is_driven;
    welcome.window_records = WINDOW_RECORDS;
    welcome.window_bytes = WINDOW_BYTES;
    welcome.place_digits = digits;
    if (row != NULL) {
        welcome.batch_no = row->batch_no;
        welcome.batch_first_seq = row->first_seq;
        welcome.batch_last_seq = row->last_seq;
        welcome.cursor = row->cursor;
        session->cursor = row->cursor;
    }
    session->is_welcome = true;
    if (session->participant != SESSION_NO_PARTICIPANT) {
        keeper->participants[session->participant] = session;
        turns_joined(&keeper->turns, session->participant);
        keeper_add_ticker(keeper, session);
    }
    if (session->name[0] != '\0') {
        diag_say(DIAG_EV_SESSION_OPENED, "peer=%s writer=%d epoch=%u", session->name,
                 session->is_writer, session->epoch);
    }
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_WELCOME;
    reply.welcome = &welcome;
    reply_send(keeper, session, &reply);
}

static bool is_rival(const struct session *session, const struct session *other)
{
    if (other == session || !other->is_welcome) {
        return false;
    }
    bool is_same_writer =
        session->is_writer && other->is_writer && other->writer == session->writer;
    bool is_same_participant = session->participant != SESSION_NO_PARTICIPANT &&
                               session->participant == other->participant;
    return is_same_writer || is_same_participant;
}

void front_fence_others(struct keeper *keeper, const struct session *session)
{
    size_t i = 0;
    while (i < sessions_count(keeper->sessions)) {
        struct session *other = sessions_at(keeper->sessions, i);
        if (is_rival(session, other)) {
            refuse(keeper, other, STATUS_FENCED, NULL);
            keeper_end_session(keeper, other, "fenced"); // the last one is at i now
        } else {
            i++;
        }
    }
}

// "" or letters, digits, '.', '_' and '-'.
static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    return strlen(name) < LOG_NAME_SIZE_MAX && strspn(name, allowed) == strlen(name);
}

static enum status check_hello(const struct keeper *keeper, const Sanji__Hello *hello,
                               const char **text)
{
    *text = NULL;
    if (hello->protocol != PROTOCOL_VERSION) {
        return STATUS_BAD_VERSION;
    }
    if (!is_name(hello->name)) {
        *text = "name";
        return STATUS_INVALID;
    }
    if (hello->log_id != 0 && hello->log_id != keeper->log_id) {
        return STATUS_OTHER_LOG;
    }
    if (hello->writer && !writer_may_be(hello->name, keeper->allows_bench)) {
        *text = "name";
        return STATUS_FORBIDDEN;
    }
    return STATUS_OK;
}

// A stage takes part as the writer that it is; others by their name alone.
static size_t find_participant(const struct keeper *keeper, const Sanji__Hello *hello)
{
    size_t i = turns_find(&keeper->turns, hello->name);
    bool is_stage = vocab_owner(hello->name) != OWNER_NONE;
    if (i == keeper->turns.count || (is_stage && !hello->writer)) {
        return SESSION_NO_PARTICIPANT;
    }
    return i;
}

static void on_hello(struct keeper *keeper, const struct socket_peer *peer,
                     const Sanji__Hello *hello)
{
    const char *text = NULL;
    struct session *session = sessions_find(keeper->sessions, peer);
    enum status status = check_hello(keeper, hello, &text);
    if (status != STATUS_OK) {
        reply_refuse_peer(keeper, peer, status, text);
        return;
    }
    if (session != NULL) {
        keeper_end_session(keeper, session, "hello_again");
    }
    session = sessions_add(keeper->sessions, peer);
    if (session == NULL) {
        reply_refuse_peer(keeper, peer, STATUS_BUSY, "sessions");
        return;
    }
    memcpy(session->name, hello->name, strlen(hello->name) + 1);
    session->heard_ms = loop_steady_ms();
    session->is_writer = hello->writer != 0;
    session->participant = find_participant(keeper, hello);
    if (!session->is_writer) {
        front_fence_others(keeper, session);
        front_welcome(keeper, session, NULL);
        return;
    }
    struct batch_item *item = batch_add(keeper->filling, BATCH_HELLO);
    item->session_no = session->no;
    memcpy(item->row.name, session->name, sizeof(item->row.name));
}

// ---- append -------------------------------------------------------------------------------

static void on_append(struct keeper *keeper, struct session *session,
                      struct incoming *incoming, const struct request_append *append)
{
    if (incoming->frame_count != APPEND_FRAMES) {
        refuse(keeper, session, STATUS_MALFORMED, "frames");
        return;
    }
    if (!session->is_writer) {
        refuse(keeper, session, STATUS_FORBIDDEN, NULL);
        return;
    }
    struct bytes packed = incoming->frames[1];
    struct batch_item *item = batch_add(keeper->filling, BATCH_APPEND);
    item->session_no = session->no;
    item->writer = session->writer;
    item->append.asked.head = *append;
    // What is wrong is answered in its turn: a batch number must not be skipped.
    item->append.asked.found = request_scan(packed, append->count);
    if (item->append.asked.found == STATUS_OK) {
        item->append.asked.packed = packed;
        item->append.held = incoming->held;
        incoming->held = NULL;
        batch_hold(keeper->filling, packed.size);
    }
}

static struct request_append append_of(const Sanji__Append *wire)
{
    return (struct request_append){.batch_no = wire->batch_no,
                                   .read_up_to = wire->read_up_to,
                                   .cursor = wire->cursor,
                                   .epoch = wire->epoch,
                                   .count = wire->count,
                                   .keeps_cursor = wire->keeps_cursor != 0};
}

// ---- the rest -----------------------------------------------------------------------------

static void on_commit_cursor(struct keeper *keeper, struct session *session,
                             const Sanji__CommitCursor *commit)
{
    size_t size = strlen(commit->durable);
    if (size == 0 || size >= LOG_NAME_SIZE_MAX) {
        refuse(keeper, session, STATUS_INVALID, "durable");
        return;
    }
    struct batch_item *item = batch_add(keeper->filling, BATCH_CURSOR);
    item->session_no = session->no;
    memcpy(item->cursor.name, commit->durable, size + 1);
    item->cursor.seq = commit->seq;
}

static void on_idle(struct keeper *keeper, struct session *session, const Sanji__Idle *wire)
{
    struct session_idle *idle = &session->idle;
    keeper_add_ticker(keeper, session);
    idle->has_idled = true;
    idle->unanswered -= idle->unanswered > 0;
    idle->read_seq = wire->read;
    idle->now_ms = wire->now_ms;
    idle->next_due_ms = wire->next_due_ms;
    if (session->participant != SESSION_NO_PARTICIPANT) {
        turns_idle(&keeper->turns, session->participant, wire->read, wire->now_ms,
                   wire->next_due_ms);
    }
}

static void on_ping(struct keeper *keeper, struct session *session, const Sanji__Ping *ping)
{
    Sanji__Pong pong = SANJI__PONG__INIT;
    pong.nonce = ping->nonce;
    pong.head = keeper->head;
    pong.now_ms = keeper_now_ms(keeper);
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_PONG;
    reply.pong = &pong;
    reply_send(keeper, session, &reply);
}

static void on_bye(struct keeper *keeper, struct session *session)
{
    if (session->participant != SESSION_NO_PARTICIPANT &&
        keeper->participants[session->participant] == session) {
        turns_gone(&keeper->turns, session->participant);
        keeper->participants[session->participant] = NULL;
    }
    session->participant = SESSION_NO_PARTICIPANT;
    keeper_end_session(keeper, session, NULL);
}

static void dispatch(struct keeper *keeper, struct session *session,
                     struct incoming *incoming, const Sanji__LogRequest *request)
{
    struct request_append append;
    switch (request->body_case) {
    case SANJI__LOG_REQUEST__BODY_APPEND:
        append = append_of(request->append);
        on_append(keeper, session, incoming, &append);
        return;
    case SANJI__LOG_REQUEST__BODY_FOLLOW:
        follow_open(keeper, session, request->follow);
        return;
    case SANJI__LOG_REQUEST__BODY_CREDIT:
        follow_credit(keeper, session, request->credit);
        return;
    case SANJI__LOG_REQUEST__BODY_COMMIT:
        on_commit_cursor(keeper, session, request->commit);
        return;
    case SANJI__LOG_REQUEST__BODY_UNFOLLOW:
        follow_close(keeper, session, request->unfollow->follow_no);
        return;
    case SANJI__LOG_REQUEST__BODY_IDLE:
        on_idle(keeper, session, request->idle);
        return;
    case SANJI__LOG_REQUEST__BODY_PING:
        on_ping(keeper, session, request->ping);
        return;
    case SANJI__LOG_REQUEST__BODY_BYE:
        on_bye(keeper, session);
        return;
    case SANJI__LOG_REQUEST__BODY_HELLO:
    case SANJI__LOG_REQUEST__BODY__NOT_SET:
    case _SANJI__LOG_REQUEST__BODY__CASE_IS_INT_SIZE:
    default:
        refuse(keeper, session, STATUS_UNKNOWN_KIND, NULL);
    }
}

// ---- receiving ----------------------------------------------------------------------------

static struct session *heard(struct keeper *keeper, const struct socket_peer *peer)
{
    struct session *session = sessions_find(keeper->sessions, peer);
    if (session == NULL || !session->is_welcome || session->is_broken) {
        reply_refuse_peer(keeper, peer, STATUS_NO_SESSION, NULL);
        return NULL;
    }
    session->heard_ms = loop_steady_ms();
    return session;
}

static void handle_other(struct keeper *keeper, struct incoming *incoming)
{
    ProtobufCMessage *message = NULL;
    arena_reset(keeper->arena);
    enum status status = wire_unpack(&sanji__log_request__descriptor, incoming->frames[0],
                                     keeper->arena, &message);
    if (status != STATUS_OK) {
        reply_refuse_peer(keeper, &incoming->peer, status, NULL);
        return;
    }
    Sanji__LogRequest *request = (Sanji__LogRequest *)message;
    bool is_append = request->body_case == SANJI__LOG_REQUEST__BODY_APPEND;
    if (!is_append && incoming->frame_count != 1) {
        reply_refuse_peer(keeper, &incoming->peer, STATUS_MALFORMED, "frames");
        return;
    }
    if (request->body_case == SANJI__LOG_REQUEST__BODY_HELLO) {
        on_hello(keeper, &incoming->peer, request->hello);
        return;
    }
    struct session *session = heard(keeper, &incoming->peer);
    if (session != NULL) {
        dispatch(keeper, session, incoming, request);
    }
}

static void handle(struct keeper *keeper, struct incoming *incoming)
{
    struct request_append append;
    if (incoming->frame_count == 0) {
        reply_refuse_peer(keeper, &incoming->peer, STATUS_MALFORMED, "frames");
        return;
    }
    if (!request_is_append(incoming->frames[0], &append)) {
        handle_other(keeper, incoming);
        return;
    }
    struct session *session = heard(keeper, &incoming->peer);
    if (session != NULL) {
        on_append(keeper, session, incoming, &append);
    }
}

static void on_ready(void *context)
{
    struct keeper *keeper = context;
    size_t bytes = 0;
    for (unsigned n = 0; n < TURN_MESSAGES && bytes < TURN_BYTES; n++) {
        struct incoming incoming = {.frame_count = 0};
        if (batch_is_full(keeper->filling)) {
            front_stop_reading(keeper);
            return;
        }
        enum status status =
            socket_receive_held(keeper->socket, &incoming.peer, incoming.frames,
                                APPEND_FRAMES, &incoming.frame_count, &incoming.held);
        if (status == STATUS_NOT_FOUND) {
            return;
        }
        if (status != STATUS_OK) {
            if (incoming.peer.size != 0) {
                reply_refuse_peer(keeper, &incoming.peer, status, "frames");
            }
            continue;
        }
        for (size_t i = 0; i < incoming.frame_count; i++) {
            bytes += incoming.frames[i].size;
        }
        handle(keeper, &incoming);
        socket_release(&incoming.held);
    }
}

void front_read(struct keeper *keeper)
{
    if (!keeper->is_reading && !keeper->is_draining) {
        keeper->is_reading = true;
        loop_watch(keeper->loop, keeper->socket, on_ready, keeper);
    }
}

void front_stop_reading(struct keeper *keeper)
{
    if (keeper->is_reading) {
        keeper->is_reading = false;
        loop_unwatch(keeper->loop, keeper->socket);
    }
}
