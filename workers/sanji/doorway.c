/* doorway.c: a queue of items, and groups of them on their way.
 *
 *     queue (not sent yet) --up to batch--> group {message, items} --reply--> answered, gone
 *                                             |  ^
 *                                  silence: the same message again, later and later
 *                                  BUSY for some items: these become a group of their own
 *
 * A group keeps its message, so what is sent again is the same bytes under the same number
 * and an answer to any of the sendings counts.
 */
#include "workers/sanji/doorway.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/loop.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/wire.h"

enum {
    HWM = 1000,
    TICK_MS = 20,
    ANSWER_FIRST_MS = 2000, // silence after which a message is sent again, at first
    ANSWER_MAX_MS = 15000,
    BUSY_FIRST_MS = 50,
    BUSY_MAX_MS = 2000,
    MESSAGE_ROOM = 512 * 1024, // bytes of items in one message
    HEAD_SIZE = 16,
    REPLY_ARENA_SIZE = 8 * 1024 * 1024,
    REPLIES_PER_TURN = 64,
    TAG_SUBMISSION = 3 << 3 | 2,
    TAG_STATEMENT = 4 << 3 | 2
};

struct item {
    struct item *next;
    uint64_t no;
    int64_t since_ms;
    size_t size; // of bytes: tag, length and message, as it stands in a DoorRequest
    uint8_t tag;
    uint8_t bytes[];
};

struct group {
    struct group *next;
    uint64_t request_no;
    struct item *items;
    uint32_t item_count;
    int64_t again_ms;  // steady time of the next sending
    unsigned silences; // sendings that nothing answered
    unsigned refusals; // BUSY answers its items have had
    size_t size;
    uint8_t *message;
};

struct doorway {
    struct loop *loop;
    struct socket *socket;
    struct doorway_events events;
    void *context;
    uint32_t window;
    uint32_t batch;
    int64_t give_up_ms;
    bool waits_if_full;
    bool in_order;
    bool is_waited_for; // the owner was told that there is no room
    struct arena *arena;
    struct loop_timer *tick;
    uint64_t item_no;
    uint64_t request_no;
    uint64_t unanswered;
    struct item *queue;
    struct item **queue_end;
    struct group *groups;
};

// ---- items ----

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) {
        out[size++] = (uint8_t)(value | 0x80);
    }
    out[size++] = (uint8_t)value;
    return size;
}

static uint64_t put_item(struct doorway *door, const ProtobufCMessage *message, uint8_t tag)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    struct item *item = malloc(sizeof *item + HEAD_SIZE + size);
    if (item == NULL) {
        abort();
    }
    item->next = NULL;
    item->no = ++door->item_no;
    item->since_ms = loop_steady_ms();
    item->tag = tag;
    item->bytes[0] = tag;
    size_t head = 1 + put_varint(item->bytes + 1, size);
    size_t written = protobuf_c_message_pack(message, item->bytes + head);
    assert(written == size);
    item->size = head + size;
    *door->queue_end = item;
    door->queue_end = &item->next;
    door->unanswered++;
    return item->no;
}

static void answer(struct doorway *door, struct item *item, const Sanji__Receipt *receipt)
{
    uint64_t no = item->no;
    free(item);
    assert(door->unanswered > 0);
    door->unanswered--;
    door->events.answered(door->context, no, receipt);
}

static void answer_as(struct doorway *door, struct item *item, Sanji__Outcome outcome,
                      const char *reason)
{
    Sanji__Receipt receipt = SANJI__RECEIPT__INIT;
    receipt.outcome = outcome;
    char text[FAULT_TEXT_SIZE];
    size_t size = strnlen(reason, sizeof text - 1);
    memcpy(text, reason, size);
    text[size] = '\0';
    receipt.reason = text;
    answer(door, item, &receipt);
}

// ---- groups ----

static void free_group(struct group *group)
{
    for (struct item *item = group->items; item != NULL;) {
        struct item *next = item->next;
        free(item);
        item = next;
    }
    free(group->message);
    free(group);
}

static void build_message(struct doorway *door, struct group *group)
{
    Sanji__DoorRequest head = SANJI__DOOR_REQUEST__INIT;
    head.protocol = PROTOCOL_VERSION;
    head.request_no = group->request_no = ++door->request_no;
    size_t size = protobuf_c_message_get_packed_size(&head.base);
    size_t room = size;
    for (const struct item *item = group->items; item != NULL; item = item->next) {
        room += item->size;
    }
    group->message = malloc(room);
    if (group->message == NULL) {
        abort();
    }
    size_t written = protobuf_c_message_pack(&head.base, group->message);
    assert(written == size);
    for (const struct item *item = group->items; item != NULL; item = item->next) {
        memcpy(group->message + size, item->bytes, item->size);
        size += item->size;
    }
    group->size = size;
}

static struct group *new_group(struct doorway *door)
{
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL) {
        abort();
    }
    struct group **end = &door->groups;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = group;
    return group;
}

static int64_t back_off(int64_t first_ms, int64_t max_ms, unsigned times)
{
    int64_t wait_ms = first_ms;
    while (times-- > 0 && wait_ms < max_ms) {
        wait_ms *= 2;
    }
    return wait_ms < max_ms ? wait_ms : max_ms;
}

static void send_group(struct doorway *door, struct group *group, int64_t now_ms)
{
    struct bytes frame = {.data = group->message, .size = group->size};
    if (socket_send(door->socket, NULL, &frame, 1) != STATUS_OK) {
        group->again_ms = now_ms; // nobody there, or his queue is full: with the next tick
        return;
    }
    group->again_ms = now_ms + back_off(ANSWER_FIRST_MS, ANSWER_MAX_MS, group->silences);
    group->silences++;
}

// Takes items of one kind off the queue, as many as one message holds.
static void start_group(struct doorway *door, int64_t now_ms)
{
    struct group *group = new_group(door);
    struct item **end = &group->items;
    size_t size = 0;
    while (door->queue != NULL && group->item_count < door->batch) {
        struct item *item = door->queue;
        bool fits = group->item_count == 0 ||
                    (size + item->size <= MESSAGE_ROOM && item->tag == group->items->tag);
        if (!fits) {
            break;
        }
        door->queue = item->next;
        item->next = NULL;
        *end = item;
        end = &item->next;
        group->item_count++;
        size += item->size;
    }
    if (door->queue == NULL) {
        door->queue_end = &door->queue;
    }
    build_message(door, group);
    send_group(door, group, now_ms);
}

static void start_groups(struct doorway *door, int64_t now_ms)
{
    while (door->queue != NULL && !(door->in_order && door->groups != NULL)) {
        start_group(door, now_ms);
    }
}

static struct group *take_group(struct doorway *door, uint64_t request_no)
{
    for (struct group **at = &door->groups; *at != NULL; at = &(*at)->next) {
        if ((*at)->request_no == request_no) {
            struct group *group = *at;
            *at = group->next;
            return group;
        }
    }
    return NULL;
}

// ---- answers ----

// What is busy is sent again as a group of its own, after a pause.
static void delay(struct doorway *door, struct item *items, uint32_t count,
                  unsigned refusals, uint32_t retry_after_ms)
{
    struct group *group = new_group(door);
    group->items = items;
    group->item_count = count;
    group->refusals = refusals + 1;
    build_message(door, group);
    int64_t wait_ms = back_off(BUSY_FIRST_MS, BUSY_MAX_MS, refusals);
    if (wait_ms < (int64_t)retry_after_ms) {
        wait_ms = retry_after_ms;
    }
    group->again_ms = loop_steady_ms() + wait_ms;
}

static void take_receipts(struct doorway *door, struct group *group,
                          const Sanji__DoorReply *reply)
{
    struct item *busy = NULL;
    struct item **busy_end = &busy;
    uint32_t busy_count = 0;
    uint32_t retry_after_ms = reply->retry_after_ms;
    struct item *item = group->items;
    group->items = NULL;
    for (size_t i = 0; i < reply->n_receipts; i++) {
        const Sanji__Receipt *receipt = reply->receipts[i];
        struct item *next = item->next;
        item->next = NULL;
        if (receipt->outcome == SANJI__OUTCOME__OUTCOME_BUSY ||
            (door->waits_if_full &&
             receipt->outcome == SANJI__OUTCOME__OUTCOME_STORE_FULL)) {
            *busy_end = item;
            busy_end = &item->next;
            busy_count++;
            if (receipt->retry_after_ms > retry_after_ms) {
                retry_after_ms = receipt->retry_after_ms;
            }
        } else {
            answer(door, item, receipt);
        }
        item = next;
    }
    assert(item == NULL);
    if (busy != NULL) {
        delay(door, busy, busy_count, group->refusals, retry_after_ms);
    }
}

static bool is_for_later(const struct doorway *door, uint32_t code)
{
    return (door->waits_if_full && code == STATUS_STORE_FULL) || code == STATUS_BUSY ||
           code == STATUS_NO_SESSION || code == STATUS_CATCH_UP;
}

// The request as a whole was refused.
static void take_error(struct doorway *door, struct group *group,
                       const Sanji__DoorReply *reply)
{
    if (is_for_later(door, reply->code)) {
        struct item *items = group->items;
        group->items = NULL;
        delay(door, items, group->item_count, group->refusals, reply->retry_after_ms);
        return;
    }
    Sanji__Outcome outcome = reply->code == STATUS_STORE_FULL
                                 ? SANJI__OUTCOME__OUTCOME_STORE_FULL
                                 : SANJI__OUTCOME__OUTCOME_INVALID;
    while (group->items != NULL) {
        struct item *item = group->items;
        group->items = item->next;
        answer_as(door, item, outcome, reply->error);
    }
}

static void take_reply(struct doorway *door, const Sanji__DoorReply *reply)
{
    struct group *group = take_group(door, reply->request_no);
    if (group == NULL) {
        return; // answered before: it had been sent twice
    }
    bool is_error = reply->code != STATUS_OK || reply->error[0] != '\0';
    if (is_error && reply->n_receipts == 0) {
        take_error(door, group, reply);
    } else if (reply->n_receipts == group->item_count) {
        take_receipts(door, group, reply);
    } else {
        // An answer to something else counts as none.
        group->next = door->groups;
        door->groups = group;
        return;
    }
    free_group(group);
}

static void give_room(struct doorway *door)
{
    if (door->is_waited_for && doorway_has_room(door)) {
        door->is_waited_for = false;
        if (door->events.room != NULL) {
            door->events.room(door->context);
        }
    }
}

static void on_reply(void *context)
{
    struct doorway *door = context;
    for (unsigned i = 0; i < REPLIES_PER_TURN; i++) {
        struct bytes frame;
        size_t count = 0;
        enum status status = socket_receive(door->socket, NULL, &frame, 1, &count);
        if (status == STATUS_NOT_FOUND) {
            break;
        }
        arena_reset(door->arena);
        ProtobufCMessage *message = NULL;
        if (status == STATUS_OK && count == 1 &&
            wire_unpack(&sanji__door_reply__descriptor, frame, door->arena, &message) ==
                STATUS_OK) {
            take_reply(door, (const Sanji__DoorReply *)message);
        }
    }
    start_groups(door, loop_steady_ms());
    give_room(door);
}

// ---- time ----

static void give_up(struct doorway *door, struct item **list, int64_t now_ms)
{
    while (*list != NULL && door->give_up_ms >= 0 &&
           now_ms - (*list)->since_ms >= door->give_up_ms) {
        struct item *item = *list;
        *list = item->next;
        if (door->queue == NULL) {
            door->queue_end = &door->queue;
        }
        answer_as(
            door, item, SANJI__OUTCOME__OUTCOME_UNREACHABLE,
            "no final answer from the door in the time given; the outcome is unknown");
    }
}

// The oldest item of a group decides for all: they came within moments of each other.
static void give_up_groups(struct doorway *door, int64_t now_ms)
{
    for (struct group **at = &door->groups; *at != NULL;) {
        struct group *group = *at;
        give_up(door, &group->items, now_ms);
        if (group->items == NULL) {
            *at = group->next;
            free_group(group);
            continue;
        }
        at = &group->next;
    }
}

static void on_tick(void *context)
{
    struct doorway *door = context;
    int64_t now_ms = loop_steady_ms();
    give_up(door, &door->queue, now_ms);
    give_up_groups(door, now_ms);
    for (struct group *group = door->groups; group != NULL; group = group->next) {
        if (group->again_ms <= now_ms) {
            send_group(door, group, now_ms);
        }
    }
    start_groups(door, now_ms);
    if (door->unanswered > 0) {
        loop_timer_start(door->tick, TICK_MS, 0);
    }
    give_room(door);
}

// ---- the owner's calls ----

struct doorway *doorway_new(struct loop *loop, const char *run_dir,
                            const struct doorway_options *options,
                            const struct doorway_events *events, void *context)
{
    assert(events->answered != NULL);
    struct doorway *door = calloc(1, sizeof *door);
    if (door == NULL) {
        abort();
    }
    door->loop = loop;
    door->events = *events;
    door->context = context;
    door->window = options->window == 0 ? DOOR_WINDOW : options->window;
    door->batch = options->batch == 0 ? DOOR_BATCH : options->batch;
    assert(door->batch <= DOOR_ITEMS_MAX);
    door->give_up_ms = options->give_up_ms == 0 ? DOOR_GIVE_UP_MS : options->give_up_ms;
    door->waits_if_full = options->waits_if_full;
    door->in_order = options->in_order;
    door->queue_end = &door->queue;
    char endpoint[ENDPOINT_SIZE];
    process_endpoint(run_dir, "door", endpoint);
    struct fault fault;
    if (socket_connect(SOCKET_DEALER, endpoint, HWM, &door->socket, &fault) != STATUS_OK) {
        process_cannot_start(&fault);
    }
    door->arena = arena_new(REPLY_ARENA_SIZE);
    door->tick = loop_timer_new(loop, on_tick, door);
    loop_watch(loop, door->socket, on_reply, door);
    return door;
}

void doorway_free(struct doorway **freeing)
{
    struct doorway *door = *freeing;
    if (door == NULL) {
        return;
    }
    while (door->queue != NULL) {
        struct item *item = door->queue;
        door->queue = item->next;
        free(item);
    }
    while (door->groups != NULL) {
        struct group *group = door->groups;
        door->groups = group->next;
        free_group(group);
    }
    loop_timer_free(&door->tick);
    loop_unwatch(door->loop, door->socket);
    socket_close(&door->socket);
    arena_free(&door->arena);
    free(door);
    *freeing = NULL;
}

bool doorway_has_room(const struct doorway *door)
{
    return door->unanswered < door->window;
}

uint64_t doorway_unanswered(const struct doorway *door)
{
    return door->unanswered;
}

static uint64_t queue_one(struct doorway *door, const ProtobufCMessage *message,
                          uint8_t tag)
{
    uint64_t no = put_item(door, message, tag);
    if (!doorway_has_room(door)) {
        door->is_waited_for = true;
    }
    if (no == 1 || door->unanswered == 1 || door->unanswered % door->batch == 0) {
        loop_timer_start(door->tick, 0, 0); // at the end of this turn
    }
    return no;
}

uint64_t doorway_submit(struct doorway *door, const Sanji__Submission *submission)
{
    return queue_one(door, &submission->base, TAG_SUBMISSION);
}

uint64_t doorway_say(struct doorway *door, const Sanji__Statement *statement)
{
    return queue_one(door, &statement->base, TAG_STATEMENT);
}
