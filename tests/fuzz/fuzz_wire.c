/* fuzz_wire.c: any bytes against the wire check and protobuf-c.
 *
 * The first byte chooses the message. Laws: unpacking agrees with the check; what was
 * unpacked packs to something that passes and unpacks again.
 */
#include <assert.h>

#include "door.pb-c.h"
#include "event.pb-c.h"
#include "log.pb-c.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024
};

static const ProtobufCMessageDescriptor *const targets[] = {
    &sanji__envelope__descriptor,
    &sanji__door_request__descriptor,
    &sanji__log_request__descriptor,
};

static void check_again(const ProtobufCMessage *message, struct arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = arena_take(arena, size);
    if (packed == NULL || size > MESSAGE_SIZE_MAX) {
        return;
    }
    size_t written = protobuf_c_message_pack(message, packed);
    assert(written == size);
    struct bytes wire = {.data = packed, .size = size};
    ProtobufCMessage *again = NULL;
    enum status status = wire_unpack(message->descriptor, wire, arena, &again);
    assert(status == STATUS_OK || arena_left(arena) < ARENA_SIZE / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    if (size == 0) {
        return 0;
    }
    if (arena == NULL) {
        arena = arena_new(ARENA_SIZE);
    }
    arena_reset(arena);
    const ProtobufCMessageDescriptor *target =
        targets[data[0] % (sizeof targets / sizeof targets[0])];
    struct bytes wire = {.data = data + 1, .size = size - 1};
    ProtobufCMessage *message = NULL;
    enum status checked = wire_check(target, wire);
    enum status unpacked = wire_unpack(target, wire, arena, &message);
    assert((message != NULL) == (unpacked == STATUS_OK));
    if (checked != STATUS_OK) {
        assert(unpacked == checked);
        return 0;
    }
    assert(unpacked == STATUS_OK || unpacked == STATUS_INVALID ||
           unpacked == STATUS_TOO_LARGE);
    if (message != NULL) {
        check_again(message, arena);
    }
    return 0;
}
