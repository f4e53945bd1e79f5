/* live.c: counts subscriptions by view and publishes what is asked for. */
#include "broker/live.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "broker/batch.h"
#include "broker/keeper.h"
#include "broker/runtime/loop.h"
#include "broker/topic.h"
#include "proto/codec.h"

enum {
    SUBSCRIBE = 1, // first byte of what an XPUB receives; 0: unsubscribe
    STAMP_SIZE = 16,
    ARENA_SIZE = 512 * 1024
};

static const char welcome_topic[] = "!welcome.";

struct live {
    struct socket *socket;
    struct arena *arena;
    uint64_t all;                     // subscriptions to ""
    uint64_t views[TOPIC_VIEW_COUNT]; // different prefixes, as libzmq reports them
};

static void put64(uint8_t *out, uint64_t value)
{
    value = htobe64(value);
    memcpy(out, &value, sizeof(value));
}

static void put32(uint8_t *out, uint32_t value)
{
    value = htobe32(value);
    memcpy(out, &value, sizeof(value));
}

static void count(uint64_t *subscriptions, bool is_more)
{
    if (is_more) {
        (*subscriptions)++;
    } else if (*subscriptions > 0) {
        (*subscriptions)--;
    }
}

static void on_ready(void *context)
{
    struct keeper *keeper = context;
    struct live *live = keeper->live;
    struct bytes frame;
    size_t frame_count = 0;
    for (;;) {
        enum status status = socket_receive(live->socket, NULL, &frame, 1, &frame_count);
        if (status == STATUS_NOT_FOUND) {
            return;
        }
        if (status != STATUS_OK || frame_count == 0 || frame.size == 0) {
            continue; // a subscriber that talks: nobody listens
        }
        bool is_more = frame.data[0] == SUBSCRIBE;
        if (frame.size == 1) {
            count(&live->all, is_more);
            continue;
        }
        enum topic_view view = topic_view((char)frame.data[1]);
        if (view != TOPIC_VIEW_COUNT) {
            count(&live->views[view], is_more);
        }
    }
}

/* What a new subscriber is welcomed with. */
static void set_welcome(struct keeper *keeper)
{
    uint8_t message[sizeof(welcome_topic) - 1 + STAMP_SIZE + sizeof(uint32_t)];
    uint8_t *at = message;
    memcpy(at, welcome_topic, sizeof(welcome_topic) - 1);
    at += sizeof(welcome_topic) - 1;
    put64(at, keeper->head);
    put64(at + sizeof(uint64_t), (uint64_t)keeper_now_ms(keeper));
    put32(at + STAMP_SIZE, keeper->broker_epoch);
    socket_welcome(keeper->live->socket, (struct bytes){message, sizeof(message)});
}

enum status live_open(struct keeper *keeper, const char *endpoint, struct fault *fault)
{
    struct live *live = calloc(1, sizeof(*live));
    if (live == NULL) {
        abort();
    }
    enum status status = socket_bind(SOCKET_XPUB, endpoint, LIVE_HWM, &live->socket, fault);
    if (status != STATUS_OK) {
        free(live);
        return status;
    }
    live->arena = arena_new(ARENA_SIZE);
    keeper->live = live;
    set_welcome(keeper);
    loop_watch(keeper->loop, live->socket, on_ready, keeper);
    return STATUS_OK;
}

void live_close(struct keeper *keeper)
{
    struct live *live = keeper->live;
    if (live == NULL) {
        return;
    }
    loop_unwatch(keeper->loop, live->socket);
    socket_close(&live->socket);
    arena_free(&live->arena);
    free(live);
    keeper->live = NULL;
}

static bool is_wanted(const struct live *live, enum topic_view view)
{
    return live->all != 0 || live->views[view] != 0;
}

static bool is_any_wanted(const struct live *live)
{
    for (enum topic_view view = TOPIC_AREA; view < TOPIC_VIEW_COUNT; view++) {
        if (is_wanted(live, view)) {
            return true;
        }
    }
    return false;
}

static void publish_record(struct live *live, uint64_t seq, int64_t stamp_ms,
                           const struct record *record)
{
    Sanji__Envelope *envelope = NULL;
    arena_reset(live->arena);
    if (codec_unpack(record->envelope, live->arena, &envelope) != STATUS_OK) {
        return; // not one of ours (a bench): nobody could read it
    }
    uint8_t stamp[STAMP_SIZE];
    put64(stamp, seq);
    put64(stamp + sizeof(uint64_t), (uint64_t)stamp_ms);
    bool is_stub = (record->header.flags & RECORD_RESTRICTED) != 0;
    struct bytes body = {.data = record->envelope.data,
                         .size = is_stub ? 0 : record->envelope.size};
    for (enum topic_view view = TOPIC_AREA; view < TOPIC_VIEW_COUNT; view++) {
        char topic[TOPIC_SIZE];
        if (!is_wanted(live, view) ||
            !topic_print(view, &record->header, envelope, topic)) {
            continue;
        }
        struct bytes frames[] = {
            {(const uint8_t *)topic, strlen(topic)}, {stamp, sizeof(stamp)}, body};
        // Subscribers that are behind lose it and see the gap in the numbers.
        enum status status = socket_send(live->socket, NULL, frames, 3);
        (void)status; // as said
    }
}

void live_publish(struct keeper *keeper, const struct batch *batch)
{
    struct live *live = keeper->live;
    if (batch->first_seq <= batch->head) {
        set_welcome(keeper);
    }
    if (!is_any_wanted(live)) {
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_item *item = &batch->items[i];
        if (item->kind != BATCH_APPEND || item->status != STATUS_OK || item->is_repeat) {
            continue;
        }
        struct bytes packed = item->append.asked.packed;
        struct record record;
        uint64_t seq = item->append.first_seq;
        while (record_read(&packed, &record) == STATUS_OK) {
            publish_record(live, seq, batch->stamp_ms, &record);
            seq++;
        }
    }
}
