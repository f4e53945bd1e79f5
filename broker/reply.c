/* reply.c: packs and sends, and counts refusals. */
#include "broker/reply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "broker/keeper.h"
#include "broker/runtime/diag.h"
#include "proto/limits.h"

enum {
    HEAD_SIZE = 1024,
    TEXT_SIZE = 200,
    // Above this a copy by libzmq costs more than handing the buffer over.
    COPY_MAX = 16 * 1024
};

static struct bytes pack(const Sanji__LogReply *reply, uint8_t room[HEAD_SIZE])
{
    size_t size = sanji__log_reply__get_packed_size(reply);
    assert(size <= HEAD_SIZE); // texts are ours and short
    size_t written = sanji__log_reply__pack(reply, room);
    assert(written == size);
    return (struct bytes){.data = room, .size = size};
}

static void note(struct keeper *keeper, struct session *session, enum status status)
{
    if (status != STATUS_OK) {
        session->is_broken = true;
        keeper->has_broken = true;
    }
}

void reply_send(struct keeper *keeper, struct session *session,
                const Sanji__LogReply *reply)
{
    uint8_t room[HEAD_SIZE];
    struct bytes frame = pack(reply, room);
    if (!session->is_broken) {
        note(keeper, session, socket_send(keeper->socket, &session->peer, &frame, 1));
    }
}

void reply_send_records(struct keeper *keeper, struct session *session,
                        const Sanji__Records *head, struct bytes packed)
{
    uint8_t room[HEAD_SIZE];
    Sanji__Records records = *head;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_RECORDS;
    reply.records = &records;
    struct bytes frames[2] = {pack(&reply, room), packed};
    if (session->is_broken) {
        return;
    }
    if (packed.size <= COPY_MAX) {
        note(keeper, session, socket_send(keeper->socket, &session->peer, frames, 2));
        return;
    }
    uint8_t *buffer = socket_buffer(packed.size);
    memcpy(buffer, packed.data, packed.size);
    note(
        keeper, session,
        socket_send_buffer(keeper->socket, &session->peer, frames[0], buffer, packed.size));
}

// Texts of messages are char *, and never written through.
static char *text_of(const char *text, char room[TEXT_SIZE])
{
    (void)snprintf(room, TEXT_SIZE, "%s", text != NULL ? text : ""); // cut is fine
    return room;
}

static struct bytes pack_refusal(const struct reply_refusal *refusal,
                                 uint8_t room[HEAD_SIZE])
{
    char text[TEXT_SIZE];
    Sanji__Refused refused = SANJI__REFUSED__INIT;
    refused.code = (uint32_t)refusal->status;
    refused.batch_no = refusal->batch_no;
    refused.seq = refusal->seq;
    refused.follow_no = refusal->follow_no;
    refused.retry_after_ms = refusal->retry_after_ms;
    refused.text =
        text_of(refusal->text != NULL ? refusal->text : status_en(refusal->status), text);
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_REFUSED;
    reply.refused = &refused;
    return pack(&reply, room);
}

// Answers that belong to normal work are not worth a line.
static bool is_worth_a_line(enum status status)
{
    return status != STATUS_CONFLICT && status != STATUS_CATCH_UP &&
           status != STATUS_NO_SESSION && status != STATUS_STORE_FULL &&
           status != STATUS_BATCH_ORDER;
}

void reply_refuse(struct keeper *keeper, struct session *session,
                  const struct reply_refusal *refusal)
{
    uint8_t room[HEAD_SIZE];
    struct bytes frame = pack_refusal(refusal, room);
    keeper->counts.refused++;
    if (is_worth_a_line(refusal->status)) {
        diag_say(DIAG_EV_REFUSED, "code=%s peer=%s", status_name(refusal->status),
                 session->name[0] != '\0' ? session->name : "-");
    }
    if (!session->is_broken) {
        note(keeper, session, socket_send(keeper->socket, &session->peer, &frame, 1));
    }
}

void reply_refuse_peer(struct keeper *keeper, const struct socket_peer *peer,
                       enum status status, const char *text)
{
    struct session *session = sessions_find(keeper->sessions, peer);
    struct reply_refusal refusal = {.status = status, .text = text};
    if (session != NULL) {
        reply_refuse(keeper, session, &refusal);
        return;
    }
    uint8_t room[HEAD_SIZE];
    struct bytes frame = pack_refusal(&refusal, room);
    keeper->counts.refused++;
    if (is_worth_a_line(status)) {
        diag_say(DIAG_EV_REFUSED, "code=%s peer=-", status_name(status));
    }
    // Without a session there is nothing to end.
    enum status sent = socket_send(keeper->socket, peer, &frame, 1);
    (void)sent; // said so above
}

void reply_bye(struct keeper *keeper, struct session *session, enum status status,
               const char *text)
{
    char room[TEXT_SIZE];
    Sanji__Bye bye = SANJI__BYE__INIT;
    bye.code = (uint32_t)status;
    bye.text = text_of(text, room);
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_BYE;
    reply.bye = &bye;
    reply_send(keeper, session, &reply);
}
