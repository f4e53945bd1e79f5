/* sample.c: fills messages by walking their descriptors. */
#include "tests/unit/sample.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/json_field.h"

enum {
    REPEATED_COUNT = 2,
    BYTES_SIZE = 3
};

static char sample_text[] = "网格";
static uint8_t sample_bytes[BYTES_SIZE] = {0x00, 0xff, 0x80};

unsigned sample_body(unsigned n)
{
    for (unsigned i = 0; i < sanji__envelope__descriptor.n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &sanji__envelope__descriptor.fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && n-- == 0) {
            return field->id;
        }
    }
    return 0;
}

static void set_number(const ProtobufCFieldDescriptor *field, uint8_t *at)
{
    const double one = 1;
    const float half = 0.5F;
    uint64_t wide = 1U + field->id;
    uint32_t narrow = 1U + field->id;
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumDescriptor *words = field->descriptor;
        narrow = (uint32_t)words->values[words->n_values - 1].value;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL) {
        narrow = 1;
    }
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        memcpy(at, &one, sizeof one);
    } else if (field->type == PROTOBUF_C_TYPE_FLOAT) {
        memcpy(at, &half, sizeof half);
    } else if (json_element_size(field) == sizeof wide) {
        memcpy(at, &wide, sizeof wide);
    } else {
        memcpy(at, &narrow, sizeof narrow);
    }
}

static void set_value(const ProtobufCFieldDescriptor *field, uint8_t *at, unsigned member,
                      struct arena *arena);

static void set_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                      unsigned member, struct arena *arena)
{
    uint8_t *base = (uint8_t *)message;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            memcpy(base + field->quantifier_offset, &field->id, sizeof field->id);
        }
        set_value(field, base + field->offset, member, arena);
        return;
    }
    size_t count = REPEATED_COUNT;
    size_t size = json_element_size(field);
    uint8_t *items = arena_take(arena, count * size);
    assert(items != NULL);
    for (size_t i = 0; i < count; i++) {
        set_value(field, items + i * size, member, arena);
    }
    memcpy(base + field->quantifier_offset, &count, sizeof count);
    memcpy(base + field->offset, &items, sizeof items);
}

static unsigned member_to_set(const ProtobufCMessageDescriptor *descriptor, unsigned member)
{
    unsigned first = 0;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0) {
            continue;
        }
        if (field->id == member) {
            return member;
        }
        first = first == 0 ? field->id : first;
    }
    return first;
}

ProtobufCMessage *sample_message(const ProtobufCMessageDescriptor *descriptor,
                                 unsigned member, struct arena *arena)
{
    ProtobufCMessage *message = arena_take(arena, descriptor->sizeof_message);
    assert(message != NULL);
    protobuf_c_message_init(descriptor, message);
    unsigned chosen = member_to_set(descriptor, member);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 || field->id == chosen) {
            set_field(message, field, member, arena);
        }
    }
    return message;
}

static void set_value(const ProtobufCFieldDescriptor *field, uint8_t *at, unsigned member,
                      struct arena *arena)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        char *text = sample_text;
        memcpy(at, &text, sizeof(char *));
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData data = {.len = BYTES_SIZE, .data = sample_bytes};
        memcpy(at, &data, sizeof data);
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage *inner = sample_message(field->descriptor, member, arena);
        memcpy(at, &inner, sizeof(ProtobufCMessage *));
    } else {
        set_number(field, at);
    }
}

Sanji__Envelope *sample_envelope(unsigned type, struct arena *arena)
{
    ProtobufCMessage *message = sample_message(&sanji__envelope__descriptor, type, arena);
    Sanji__Envelope *envelope = (Sanji__Envelope *)message;
    envelope->schema_version = 1;
    envelope->case_no = arena_copy_text(arena, "37049900320200815000007");
    envelope->area = arena_copy_text(arena, "370499.003.01.001.B03");
    envelope->holder = arena_copy_text(arena, "370499.003.01");
    envelope->owner = arena_copy_text(arena, "370499.003.01");
    envelope->worker = arena_copy_text(arena, "W00007");
    envelope->team = arena_copy_text(arena, "TB03");
    envelope->category = arena_copy_text(arena, "02001");
    envelope->source_system = arena_copy_text(arena, "ehsy");
    assert((unsigned)envelope->body_case == type);
    return envelope;
}

struct bytes sample_pack(const ProtobufCMessage *message, struct arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_take(arena, size);
    assert(data != NULL);
    size_t written = protobuf_c_message_pack(message, data);
    assert(written == size);
    return (struct bytes){.data = data, .size = size};
}

uint8_t *sample_exact(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}
