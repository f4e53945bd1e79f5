/* casebook.c: see casebook.h. */
#include "workers/casebook/casebook.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "broker/runtime/stagecache.h"
#include "proto/arena.h"
#include "proto/wire.h"
#include "workers/casebook/answer.h"

static const char NOW_TEXT[] = "casebook.now";

enum {
    QUESTIONS_PER_TURN = 16,
    ERROR_TEXT_SIZE = 160
};

static void send_reply(struct casebook *casebook, const struct socket_peer *peer,
                       const Sanji__QueryReply *reply)
{
    const size_t size = sanji__query_reply__get_packed_size(reply);
    uint8_t *packed = arena_take(casebook->arena, size);
    if (packed == NULL || size > MESSAGE_SIZE_MAX) {
        diag_say(DIAG_EV_REFUSED, "code=%s bytes=%zu", status_name(STATUS_TOO_LARGE), size);
        return; // the asker's time limit tells him; no row count reaches this size
    }
    sanji__query_reply__pack(reply, packed);
    const struct bytes frame = {.data = packed, .size = size};
    const enum status sent = socket_send(casebook->query, peer, &frame, 1);
    if (sent != STATUS_OK) {
        diag_say(DIAG_EV_SESSION_LOST, "code=%s", status_name(sent)); // he has gone
    }
}

/* What could not be decoded; the arena may be full of what was. */
static void refuse_message(struct casebook *casebook, const struct socket_peer *peer,
                           enum status status)
{
    char text[ERROR_TEXT_SIZE];
    Sanji__QueryReply reply = SANJI__QUERY_REPLY__INIT;
    Sanji__QueryError error = SANJI__QUERY_ERROR__INIT;
    arena_reset(casebook->arena);
    (void)snprintf(text, sizeof text, "%s / %s", status_zh(status),
                   status_en(status)); // fits: sentences of our own
    diag_say(DIAG_EV_REFUSED, "code=%s", status_name(status));
    error.code = status;
    error.text = text;
    reply.protocol = PROTOCOL_VERSION;
    reply.body_case = SANJI__QUERY_REPLY__BODY_ERROR;
    reply.error = &error;
    send_reply(casebook, peer, &reply);
}

void casebook_serve(void *context)
{
    struct casebook *casebook = context;
    for (int i = 0; i < QUESTIONS_PER_TURN; i++) {
        struct socket_peer peer;
        struct bytes frame;
        size_t frames = 0;
        const enum status got = socket_receive(casebook->query, &peer, &frame, 1, &frames);
        if (got == STATUS_NOT_FOUND) {
            return;
        }
        if (got == STATUS_TOO_LARGE && peer.size == 0) {
            continue; // an id that cannot be answered
        }
        arena_reset(casebook->arena);
        ProtobufCMessage *message = NULL;
        enum status read = got;
        if (got == STATUS_OK) {
            read = frames == 1 ? wire_unpack(&sanji__query_request__descriptor, frame,
                                             casebook->arena, &message)
                               : STATUS_MALFORMED;
        }
        if (read != STATUS_OK) {
            refuse_message(casebook, &peer, read);
            continue;
        }
        Sanji__QueryReply reply = SANJI__QUERY_REPLY__INIT;
        answer_query(casebook, (const Sanji__QueryRequest *)message, &reply);
        send_reply(casebook, &peer, &reply);
    }
}

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    (void)world;
    (void)envelope;
    (void)status;
    struct casebook *casebook = context;
    if (record->header.recorded_at_ms > casebook->now_ms) {
        casebook->now_ms = record->header.recorded_at_ms;
    }
}

static void ticked(void *context, int64_t now_ms)
{
    struct casebook *casebook = context;
    casebook->now_ms = now_ms;
}

static void caught_up(void *context, struct world *world)
{
    struct casebook *casebook = context;
    casebook->world = world;
    if (casebook->process != NULL) {
        process_ready(casebook->process);
    }
}

static void cache_save(void *context, struct stagecache *cache)
{
    const struct casebook *casebook = context;
    stagecache_put_text(
        cache, NOW_TEXT,
        (struct bytes){(const uint8_t *)&casebook->now_ms, sizeof casebook->now_ms});
}

static bool cache_load(void *context, struct stagecache *cache)
{
    struct casebook *casebook = context;
    return stagecache_read_text(cache, NOW_TEXT, &casebook->now_ms,
                                sizeof casebook->now_ms) == STATUS_OK;
}

static void cache_forget(void *context)
{
    struct casebook *casebook = context;
    casebook->now_ms = 0;
}

const struct stage_ops casebook_ops = {
    .name = "casebook",
    .owner = OWNER_NONE,
    .folded = folded,
    .caught_up = caught_up,
    .ticked = ticked,
    .cache_save = cache_save,
    .cache_load = cache_load,
    .cache_forget = cache_forget,
};
