/* answer.c: walks a batch's items once and sends what came of them. */
#include "broker/answer.h"

#include <assert.h>

#include "broker/front.h"
#include "broker/keeper.h"
#include "broker/reply.h"
#include "broker/runtime/failpoint.h"

enum {
    FULL_RETRY_MS = 1000
};

static void flush_ack(struct keeper *keeper, struct session *session)
{
    struct session_ack *ack = &session->ack;
    if (!ack->is_pending) {
        return;
    }
    ack->is_pending = false;
    Sanji__Appended appended = SANJI__APPENDED__INIT;
    appended.batch_no = ack->batch_no;
    appended.first_seq = ack->first_seq;
    appended.last_seq = ack->last_seq;
    appended.recorded_at_ms = ack->recorded_at_ms;
    appended.cursor = ack->cursor;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_APPENDED;
    reply.appended = &appended;
    reply_send(keeper, session, &reply);
}

static void grow_ack(struct session *session, const struct batch_item *item)
{
    const struct batch_append *append = &item->append;
    struct session_ack *ack = &session->ack;
    if (!ack->is_pending) {
        *ack = (struct session_ack){.is_pending = true};
    }
    if (ack->first_seq == 0) {
        ack->first_seq = append->first_seq; // still 0 after an append without records
    }
    if (append->last_seq != 0) {
        ack->last_seq = append->last_seq;
    }
    ack->batch_no = append->asked.head.batch_no;
    ack->cursor = append->cursor;
    ack->recorded_at_ms = append->recorded_at_ms;
    session->cursor = append->cursor;
    if (!item->is_repeat && append->last_seq != 0) {
        session->appended += append->last_seq - append->first_seq + 1;
    }
}

static void answer_append(struct keeper *keeper, const struct batch_item *item)
{
    struct session *session = sessions_by_no(keeper->sessions, item->session_no);
    if (session == NULL) {
        return; // the broker itself, or a session that is over
    }
    if (item->is_repeat) {
        flush_ack(keeper, session); // an answer of its own
    }
    if (item->status == STATUS_OK) {
        grow_ack(session, item);
        if (item->is_repeat) {
            flush_ack(keeper, session);
        }
        return;
    }
    flush_ack(keeper, session);
    struct reply_refusal refusal = {
        .status = item->status,
        .batch_no = item->append.asked.head.batch_no,
        .seq = item->seq,
        .retry_after_ms = item->status == STATUS_STORE_FULL ? FULL_RETRY_MS : 0};
    reply_refuse(keeper, session, &refusal);
}

static void answer_hello(struct keeper *keeper, const struct batch_item *item)
{
    struct session *session = sessions_by_no(keeper->sessions, item->session_no);
    if (session == NULL) {
        return;
    }
    if (item->status != STATUS_OK) {
        struct reply_refusal refusal = {.status = item->status,
                                        .retry_after_ms = FULL_RETRY_MS};
        reply_refuse(keeper, session, &refusal);
        keeper_end_session(keeper, session, "refused");
        return;
    }
    session->writer = item->writer;
    session->epoch = item->row.epoch;
    front_fence_others(keeper, session);
    front_welcome(keeper, session, &item->row);
}

static void answer_cursor(struct keeper *keeper, const struct batch *batch, size_t at)
{
    const struct batch_item *item = &batch->items[at];
    struct session *session = sessions_by_no(keeper->sessions, item->session_no);
    if (session == NULL) {
        return;
    }
    if (item->status != STATUS_OK) {
        struct reply_refusal refusal = {
            .status = item->status, .seq = item->cursor.seq, .text = "durable"};
        reply_refuse(keeper, session, &refusal);
        return;
    }
    Sanji__Committed committed = SANJI__COMMITTED__INIT;
    char name[LOG_NAME_SIZE_MAX];
    for (size_t i = 0; i < sizeof(name); i++) {
        name[i] = item->cursor.name[i];
    }
    committed.durable = name;
    committed.seq = item->cursor.seq;
    Sanji__LogReply reply = SANJI__LOG_REPLY__INIT;
    reply.body_case = SANJI__LOG_REPLY__BODY_COMMITTED;
    reply.committed = &committed;
    reply_send(keeper, session, &reply);
}

static void flush_all(struct keeper *keeper, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        struct session *session = NULL;
        if (item->kind == BATCH_APPEND) {
            session = sessions_by_no(keeper->sessions, item->session_no);
        }
        if (session != NULL) {
            flush_ack(keeper, session);
        }
    }
}

void answer_batch(struct keeper *keeper, struct batch *batch)
{
    FAILPOINT("broker_before_answer");
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        switch (item->kind) {
        case BATCH_APPEND:
            answer_append(keeper, item);
            break;
        case BATCH_HELLO:
            answer_hello(keeper, item);
            break;
        case BATCH_CURSOR:
            answer_cursor(keeper, batch, i);
            break;
        }
    }
    flush_all(keeper, batch);
    FAILPOINT("broker_after_answer");
}
