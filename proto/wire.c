/* wire.c: one pass over protobuf bytes, with the message's descriptor beside it.
 *
 * The walk keeps its own stack of WIRE_DEPTH_MAX levels, so input decides neither the depth
 * of our stack nor, once it has passed, that of protobuf-c's.
 *
 * Invariants
 *  1. Every level ends inside the level below it; `at` never passes the end of the top one.
 *  2. What passes is read the same way by protobuf-c: a tag and a length have at most 5
 *     bytes there. Source: protobuf-c 1.4.1, parse_tag_and_wiretype,
 *     scan_length_prefixed_data.
 */
#include "proto/wire.h"

#include <assert.h>
#include <string.h>

#include "proto/arena.h"
#include "proto/limits.h"

enum {
    VARINT_SIZE_MAX = 10,
    SHORT_VARINT_SIZE_MAX = 5 // of tags and lengths
};

struct level {
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *end;
};

struct walk {
    const uint8_t *at;
    struct level levels[WIRE_DEPTH_MAX];
    unsigned depth;
    unsigned field_count;
    bool
        has_unknown_enum; // a value that its enum's descriptor lacks: legal, but not for us
};

// One field as it stands on the wire.
struct item {
    uint32_t number;
    unsigned wire_type;
    uint64_t value;       // of a VARINT
    struct bytes content; // of a LENGTH_PREFIXED
};

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < VARINT_SIZE_MAX && *at + i < end; i++) {
        uint64_t byte = (*at)[i];
        if (i == VARINT_SIZE_MAX - 1 && byte > 1) {
            return false;
        }
        sum |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *at += i + 1;
            *value = sum;
            return true;
        }
    }
    return false;
}

static bool read_short_varint(const uint8_t **at, const uint8_t *end, uint32_t *value)
{
    const uint8_t *start = *at;
    uint64_t wide = 0;
    if (!read_varint(at, end, &wide) || *at - start > SHORT_VARINT_SIZE_MAX ||
        wide > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)wide;
    return true;
}

static bool skip(const uint8_t **at, const uint8_t *end, size_t size)
{
    if ((size_t)(end - *at) < size) {
        return false;
    }
    *at += size;
    return true;
}

static bool read_item(const uint8_t **at, const uint8_t *end, struct item *item)
{
    uint32_t tag = 0;
    uint32_t size = 0;
    if (!read_short_varint(at, end, &tag) || tag >> 3 == 0) {
        return false;
    }
    *item = (struct item){.number = tag >> 3, .wire_type = tag & 7};
    switch (item->wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return read_varint(at, end, &item->value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return skip(at, end, 8);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return skip(at, end, 4);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        if (!read_short_varint(at, end, &size) || !skip(at, end, size)) {
            return false;
        }
        item->content = (struct bytes){.data = *at - size, .size = size};
        return true;
    default:
        return false; // groups, and two numbers that mean nothing
    }
}

static unsigned wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    }
    assert(false); // a type that protobuf-c does not have
    return PROTOBUF_C_WIRE_TYPE_VARINT;
}

static void note_enum(struct walk *walk, const ProtobufCFieldDescriptor *field,
                      uint64_t value)
{
    if (field->type != PROTOBUF_C_TYPE_ENUM) {
        return;
    }
    // protobuf-c keeps the low 32 bits, as every implementation does.
    int number = (int)(uint32_t)value;
    if (protobuf_c_enum_descriptor_get_value(field->descriptor, number) == NULL) {
        walk->has_unknown_enum = true;
    }
}

static enum status walk_packed(struct walk *walk, const ProtobufCFieldDescriptor *field,
                               struct bytes content)
{
    const uint8_t *at = content.data;
    const uint8_t *end = content.data + content.size;
    unsigned wire_type = wire_type_of(field->type);
    if (wire_type != PROTOBUF_C_WIRE_TYPE_VARINT) {
        size_t size = wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
        return content.size % size == 0 ? STATUS_OK : STATUS_MALFORMED;
    }
    while (at < end) {
        uint64_t value = 0;
        if (!read_varint(&at, end, &value)) {
            return STATUS_MALFORMED;
        }
        note_enum(walk, field, value);
    }
    return STATUS_OK;
}

static enum status enter(struct walk *walk, const ProtobufCMessageDescriptor *descriptor,
                         struct bytes content)
{
    if (walk->depth == WIRE_DEPTH_MAX) {
        return STATUS_TOO_DEEP;
    }
    walk->at = content.data;
    walk->levels[walk->depth++] = (struct level){descriptor, content.data + content.size};
    return STATUS_OK;
}

static enum status walk_known(struct walk *walk, const ProtobufCFieldDescriptor *field,
                              const struct item *item)
{
    if (item->wire_type != wire_type_of(field->type)) {
        bool is_packed = field->label == PROTOBUF_C_LABEL_REPEATED &&
                         item->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        return is_packed ? walk_packed(walk, field, item->content) : STATUS_MALFORMED;
    }
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        return wire_is_utf8(item->content) ? STATUS_OK : STATUS_BAD_UTF8;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return enter(walk, field->descriptor, item->content);
    }
    note_enum(walk, field, item->value);
    return STATUS_OK;
}

static enum status walk_all(struct walk *walk)
{
    while (walk->depth > 0) {
        const struct level *top = &walk->levels[walk->depth - 1];
        if (walk->at == top->end) {
            walk->depth--;
            continue;
        }
        struct item item;
        if (!read_item(&walk->at, top->end, &item)) {
            return STATUS_MALFORMED;
        }
        if (++walk->field_count > WIRE_FIELDS_MAX) {
            return STATUS_TOO_LARGE;
        }
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(top->descriptor, item.number);
        if (field == NULL) {
            continue;
        }
        enum status status = walk_known(walk, field, &item);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status walk_message(struct walk *walk,
                                const ProtobufCMessageDescriptor *descriptor,
                                struct bytes wire)
{
    assert(descriptor != NULL);
    assert(wire.data != NULL || wire.size == 0);
    *walk = (struct walk){.at = NULL};
    if (wire.size > MESSAGE_SIZE_MAX) {
        return STATUS_TOO_LARGE;
    }
    if (wire.size == 0) {
        return STATUS_OK;
    }
    enum status status = enter(walk, descriptor, wire);
    return status == STATUS_OK ? walk_all(walk) : status;
}

enum status wire_check(const ProtobufCMessageDescriptor *descriptor, struct bytes wire)
{
    struct walk walk;
    return walk_message(&walk, descriptor, wire);
}

// Tells a full arena from bytes that protobuf-c refuses.
struct counted {
    struct arena *arena;
    bool is_exhausted;
};

static void *take(void *data, size_t size)
{
    struct counted *counted = data;
    void *taken = arena_take(counted->arena, size);
    counted->is_exhausted = counted->is_exhausted || taken == NULL;
    return taken;
}

static void keep(void *data, void *pointer)
{
    (void)data; // the arena gives all back at once
    (void)pointer;
}

enum status wire_unpack(const ProtobufCMessageDescriptor *descriptor, struct bytes wire,
                        struct arena *arena, ProtobufCMessage **message)
{
    assert(arena != NULL);
    assert(message != NULL);
    struct walk walk;
    enum status status = walk_message(&walk, descriptor, wire);
    if (status != STATUS_OK) {
        return status;
    }
    if (walk.has_unknown_enum) {
        return STATUS_INVALID;
    }
    struct counted counted = {.arena = arena, .is_exhausted = false};
    ProtobufCAllocator allocator = {
        .alloc = take, .free = keep, .allocator_data = &counted};
    ProtobufCMessage *unpacked =
        protobuf_c_message_unpack(descriptor, &allocator, wire.size, wire.data);
    if (unpacked == NULL) {
        return counted.is_exhausted ? STATUS_TOO_LARGE : STATUS_MALFORMED;
    }
    *message = unpacked;
    return STATUS_OK;
}

// How many bytes follow a first byte, and what the second may be; all others are 80..BF.
struct lead {
    uint8_t lo;
    uint8_t hi;
    uint8_t following;
    uint8_t second_lo;
    uint8_t second_hi;
};

static const struct lead leads[] = {
    {0x01, 0x7f, 0, 0x00, 0x00}, // no NUL: texts are C strings here
    {0xc2, 0xdf, 1, 0x80, 0xbf}, // C0, C1 would be overlong
    {0xe0, 0xe0, 2, 0xa0, 0xbf}, // no overlong forms
    {0xe1, 0xec, 2, 0x80, 0xbf}, //
    {0xed, 0xed, 2, 0x80, 0x9f}, // no surrogates
    {0xee, 0xef, 2, 0x80, 0xbf}, //
    {0xf0, 0xf0, 3, 0x90, 0xbf}, // no overlong forms
    {0xf1, 0xf3, 3, 0x80, 0xbf}, //
    {0xf4, 0xf4, 3, 0x80, 0x8f}, // nothing above U+10FFFF
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (leads[i].lo <= byte && byte <= leads[i].hi) {
            return &leads[i];
        }
    }
    return NULL;
}

bool wire_is_utf8(struct bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        const struct lead *lead = find_lead(text.data[at]);
        if (lead == NULL || text.size - at <= lead->following) {
            return false;
        }
        for (size_t i = 1; i <= lead->following; i++) {
            uint8_t byte = text.data[at + i];
            uint8_t lo = i == 1 ? lead->second_lo : 0x80;
            uint8_t hi = i == 1 ? lead->second_hi : 0xbf;
            if (byte < lo || byte > hi) {
                return false;
            }
        }
        at += 1U + lead->following;
    }
    return true;
}
