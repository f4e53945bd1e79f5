/* test_wire.c: what stands between a socket and protobuf-c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "door.pb-c.h"
#include "log.pb-c.h"
#include "proto/arena.h"
#include "proto/limits.h"
#include "proto/wire.h"
#include "query.pb-c.h"
#include "tests/unit/sample.h"

enum {
    ARENA_SIZE = 1024 * 1024
};

#define BYTES(...)                                                                         \
    ((struct bytes){.data = (const uint8_t[]){__VA_ARGS__},                                \
                    .size = sizeof((const uint8_t[]){__VA_ARGS__})})

// A tag: field number below 16 and wire type.
#define VARINT(number)  ((number) << 3 | PROTOBUF_C_WIRE_TYPE_VARINT)
#define FIXED64(number) ((number) << 3 | PROTOBUF_C_WIRE_TYPE_64BIT)
#define LENGTH(number)  ((number) << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
#define FIXED32(number) ((number) << 3 | PROTOBUF_C_WIRE_TYPE_32BIT)

static int make_arena(void **state)
{
    *state = arena_new(ARENA_SIZE);
    return 0;
}

static int free_arena(void **state)
{
    struct arena *arena = *state;
    arena_free(&arena);
    return 0;
}

// Checks a copy of exactly this size, so that the sanitizer sees a read behind it.
static enum status check(const ProtobufCMessageDescriptor *descriptor, struct bytes wire)
{
    uint8_t *copy = sample_exact(wire.data, wire.size);
    enum status status = wire_check(descriptor, (struct bytes){copy, wire.size});
    free(copy);
    return status;
}

static enum status check_filter(struct bytes wire)
{
    return check(&sanji__filter__descriptor, wire);
}

static enum status check_lane(struct bytes wire)
{
    return check(&sanji__lane__descriptor, wire);
}

static const ProtobufCMessageDescriptor *const roots[] = {
    &sanji__log_request__descriptor,   &sanji__log_reply__descriptor,
    &sanji__door_request__descriptor,  &sanji__door_reply__descriptor,
    &sanji__query_request__descriptor, &sanji__query_reply__descriptor,
};

typedef void (*sample_fn)(const ProtobufCMessageDescriptor *descriptor, struct bytes wire,
                          struct arena *scratch);

// Calls `use` with a full sample of every body of every root, envelopes first.
static void for_each_sample(struct arena *arena, sample_fn use)
{
    struct arena *scratch = arena_new(ARENA_SIZE);
    unsigned type = 0;
    for (unsigned n = 0; (type = sample_body(n)) != 0; n++) {
        arena_reset(arena);
        Sanji__Envelope *envelope = sample_envelope(type, arena);
        use(&sanji__envelope__descriptor, sample_pack(&envelope->base, arena), scratch);
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        for (unsigned member = 0; member < 16; member++) {
            if (member != 0 &&
                protobuf_c_message_descriptor_get_field(roots[i], member) == NULL) {
                continue;
            }
            arena_reset(arena);
            ProtobufCMessage *message = sample_message(roots[i], member, arena);
            use(roots[i], sample_pack(message, arena), scratch);
        }
    }
    arena_free(&scratch);
}

static void assert_round(const ProtobufCMessageDescriptor *descriptor, struct bytes wire,
                         struct arena *scratch)
{
    arena_reset(scratch);
    ProtobufCMessage *message = NULL;
    assert_int_equal(check(descriptor, wire), STATUS_OK);
    assert_int_equal(wire_unpack(descriptor, wire, scratch, &message), STATUS_OK);
    assert_ptr_equal(message->descriptor, descriptor);
    assert_int_equal(message->n_unknown_fields, 0);
    struct bytes again = sample_pack(message, scratch);
    assert_int_equal(again.size, wire.size);
    assert_memory_equal(again.data, wire.data, wire.size);
}

static void full_samples_of_every_kind_pass_and_unpack(void **state)
{
    for_each_sample(*state, assert_round);
}

// Where the top-level fields of a well-formed sample end: tags and lengths of one or two
// bytes, lengths below 128 K, no groups.
static size_t next_boundary(struct bytes wire, size_t at)
{
    unsigned wire_type = wire.data[at] & 7;
    uint64_t value = 0;
    while (wire.data[at++] >= 0x80) {
    }
    if (wire_type == PROTOBUF_C_WIRE_TYPE_64BIT) {
        return at + 8;
    }
    if (wire_type == PROTOBUF_C_WIRE_TYPE_32BIT) {
        return at + 4;
    }
    for (unsigned shift = 0;; shift += 7) {
        value |= (uint64_t)(wire.data[at] & 0x7f) << shift;
        if (wire.data[at++] < 0x80) {
            break;
        }
    }
    return wire_type == PROTOBUF_C_WIRE_TYPE_VARINT ? at : at + value;
}

static void assert_truncations(const ProtobufCMessageDescriptor *descriptor,
                               struct bytes wire, struct arena *scratch)
{
    size_t boundary = 0;
    for (size_t size = 0; size < wire.size; size++) {
        if (size > boundary) {
            boundary = next_boundary(wire, boundary);
        }
        uint8_t *cut = sample_exact(wire.data, size);
        struct bytes part = {.data = cut, .size = size};
        ProtobufCMessage *message = NULL;
        enum status expected = size == boundary ? STATUS_OK : STATUS_MALFORMED;
        assert_int_equal(wire_check(descriptor, part), expected);
        arena_reset(scratch);
        assert_int_equal(wire_unpack(descriptor, part, scratch, &message), expected);
        assert_true((message == NULL) == (expected != STATUS_OK));
        free(cut);
    }
}

static void every_truncation_inside_a_field_is_malformed(void **state)
{
    for_each_sample(*state, assert_truncations);
}

static void assert_flips(const ProtobufCMessageDescriptor *descriptor, struct bytes wire,
                         struct arena *scratch)
{
    uint8_t *damaged = sample_exact(wire.data, wire.size);
    struct bytes view = {.data = damaged, .size = wire.size};
    for (size_t bit = 0; bit < wire.size * 8; bit++) {
        damaged[bit / 8] ^= (uint8_t)(1U << bit % 8);
        enum status checked = wire_check(descriptor, view);
        ProtobufCMessage *message = NULL;
        arena_reset(scratch);
        enum status unpacked = wire_unpack(descriptor, view, scratch, &message);
        // What the check passes protobuf-c reads, but for an enum's unknown value.
        bool agree =
            unpacked == checked || (checked == STATUS_OK && unpacked == STATUS_INVALID);
        assert_true(agree);
        assert_true((message == NULL) == (unpacked != STATUS_OK));
        damaged[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    free(damaged);
}

static void protobuf_c_reads_what_the_check_passes_whatever_bit_is_flipped(void **state)
{
    for_each_sample(*state, assert_flips);
}

static void nothing_is_an_empty_message(void **state)
{
    ProtobufCMessage *message = NULL;
    struct bytes nothing = {.data = NULL, .size = 0};
    assert_int_equal(wire_check(&sanji__envelope__descriptor, nothing), STATUS_OK);
    assert_int_equal(wire_unpack(&sanji__envelope__descriptor, nothing, *state, &message),
                     STATUS_OK);
    assert_non_null(message);
}

static void a_message_above_the_limit_is_too_large(void **state)
{
    ProtobufCMessage *message = NULL;
    uint8_t *data = calloc(1, MESSAGE_SIZE_MAX + 1);
    assert_non_null(data);
    // An unknown field that fills the message: tag, length in 3 bytes, content.
    struct bytes wire = {.data = data, .size = MESSAGE_SIZE_MAX};
    const size_t size = MESSAGE_SIZE_MAX - 4;
    data[0] = LENGTH(15);
    data[1] = (uint8_t)(size | 0x80);
    data[2] = (uint8_t)(size >> 7 | 0x80);
    data[3] = (uint8_t)(size >> 14);
    assert_int_equal(wire_check(&sanji__filter__descriptor, wire), STATUS_OK);
    wire.size++;
    assert_int_equal(wire_check(&sanji__filter__descriptor, wire), STATUS_TOO_LARGE);
    assert_int_equal(wire_unpack(&sanji__filter__descriptor, wire, *state, &message),
                     STATUS_TOO_LARGE);
    assert_null(message);
    free(data);
}

static void more_fields_than_the_limit_are_too_large(void **state)
{
    (void)state;
    uint8_t *data = calloc(WIRE_FIELDS_MAX + 1, 2);
    assert_non_null(data);
    for (size_t i = 0; i <= WIRE_FIELDS_MAX; i++) {
        data[2 * i] = VARINT(3);
        data[2 * i + 1] = 1;
    }
    struct bytes wire = {.data = data, .size = 2 * (size_t)WIRE_FIELDS_MAX};
    assert_int_equal(wire_check(&sanji__filter__descriptor, wire), STATUS_OK);
    wire.size += 2;
    assert_int_equal(wire_check(&sanji__filter__descriptor, wire), STATUS_TOO_LARGE);
    free(data);
}

static void fields_are_counted_over_the_whole_tree(void **state)
{
    (void)state;
    // A LogRequest with a Follow with a Filter: two fields around WIRE_FIELDS_MAX - 1.
    const size_t fields = WIRE_FIELDS_MAX - 1;
    const size_t inner = 2 * fields;
    uint8_t *data = calloc(1, inner + 8);
    assert_non_null(data);
    struct bytes wire = {.data = data, .size = inner + 8};
    const size_t outer = inner + 4;
    const uint8_t front[8] = {
        LENGTH(3),
        (uint8_t)(outer | 0x80),
        (uint8_t)(outer >> 7 | 0x80),
        (uint8_t)(outer >> 14),
        LENGTH(6),
        (uint8_t)(inner | 0x80),
        (uint8_t)(inner >> 7 | 0x80),
        (uint8_t)(inner >> 14),
    };
    memcpy(data, front, sizeof front);
    for (size_t i = 0; i < fields; i++) {
        data[8 + 2 * i] = VARINT(3);
        data[8 + 2 * i + 1] = 1;
    }
    assert_int_equal(wire_check(&sanji__log_request__descriptor, wire), STATUS_TOO_LARGE);
    free(data);
}

// No message of ours is recursive, so that depth needs one of the test's own.
static const ProtobufCMessageDescriptor recursive;
static const ProtobufCFieldDescriptor recursive_field = {
    .name = "inner",
    .id = 1,
    .label = PROTOBUF_C_LABEL_NONE,
    .type = PROTOBUF_C_TYPE_MESSAGE,
    .descriptor = &recursive,
};
static const ProtobufCIntRange recursive_range[] = {{1, 0}, {0, 1}};
static const ProtobufCMessageDescriptor recursive = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "recursive",
    .sizeof_message = sizeof(ProtobufCMessage) + sizeof(void *),
    .n_fields = 1,
    .fields = &recursive_field,
    .n_field_ranges = 1,
    .field_ranges = recursive_range,
};

static void nesting_beyond_the_limit_is_too_deep(void **state)
{
    // Messages inside messages, the innermost empty; `levels` counts the outermost too.
    for (size_t levels = 2; levels < 40; levels++) {
        uint8_t data[80];
        size_t size = 2 * (levels - 1);
        for (size_t i = 0; i < levels - 1; i++) {
            data[2 * i] = LENGTH(1);
            data[2 * i + 1] = (uint8_t)(size - 2 * i - 2);
        }
        enum status expected = levels <= WIRE_DEPTH_MAX ? STATUS_OK : STATUS_TOO_DEEP;
        assert_int_equal(check(&recursive, (struct bytes){data, size}), expected);
        ProtobufCMessage *message = NULL;
        if (expected == STATUS_TOO_DEEP) {
            assert_int_equal(
                wire_unpack(&recursive, (struct bytes){data, size}, *state, &message),
                STATUS_TOO_DEEP);
        }
    }
}

static void unknown_fields_pass_and_are_not_looked_into(void **state)
{
    (void)state;
    assert_int_equal(check_filter(BYTES(VARINT(15), 0x01)), STATUS_OK);
    assert_int_equal(check_filter(BYTES(FIXED64(15), 1, 2, 3, 4, 5, 6, 7, 8)), STATUS_OK);
    assert_int_equal(check_filter(BYTES(FIXED32(15), 1, 2, 3, 4)), STATUS_OK);
    assert_int_equal(check_filter(BYTES(LENGTH(15), 3, 0xff, 0x00, 0x07)), STATUS_OK);
    // The highest field number there is: 2^29 - 1.
    assert_int_equal(check_filter(BYTES(0xf8, 0xff, 0xff, 0xff, 0x0f, 0x01)), STATUS_OK);
    // Unknown or not, its bytes must be there.
    assert_int_equal(check_filter(BYTES(VARINT(15), 0x80)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(FIXED64(15), 1, 2, 3, 4, 5, 6, 7)),
                     STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(FIXED32(15), 1, 2, 3)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(LENGTH(15), 3, 1, 2)), STATUS_MALFORMED);
}

static void groups_and_wire_types_that_mean_nothing_are_malformed(void **state)
{
    (void)state;
    for (uint8_t wire_type = 0; wire_type < 8; wire_type++) {
        uint8_t data[] = {
            (uint8_t)(15 << 3 | wire_type), 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
        size_t size = wire_type == 1 ? 9 : wire_type == 5 ? 5 : 2;
        bool means_something = wire_type < 3 || wire_type == 5;
        assert_int_equal(check_filter((struct bytes){data, size}),
                         means_something ? STATUS_OK : STATUS_MALFORMED);
    }
}

static void field_number_0_is_malformed(void **state)
{
    (void)state;
    assert_int_equal(check_filter(BYTES(VARINT(0), 0x01)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(0x80, 0x00, 0x01)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(LENGTH(0), 0x00)), STATUS_MALFORMED);
}

static void a_varint_longer_than_it_can_be_is_malformed(void **state)
{
    (void)state;
    // 10 bytes, of which the last holds one bit
    assert_int_equal(check_filter(BYTES(VARINT(15), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0x01)),
                     STATUS_OK);
    assert_int_equal(check_filter(BYTES(VARINT(15), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0x02)),
                     STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(VARINT(15), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                        0x80, 0x80, 0x80, 0x80, 0x00)),
                     STATUS_MALFORMED);
    // a tag above 32 bits, and one of 6 bytes
    assert_int_equal(check_filter(BYTES(0xf8, 0xff, 0xff, 0xff, 0x1f, 0x01)),
                     STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(0xf8, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01)),
                     STATUS_MALFORMED);
    // a length of 6 bytes, and one above 32 bits
    assert_int_equal(check_filter(BYTES(LENGTH(1), 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)),
                     STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(LENGTH(1), 0x80, 0x80, 0x80, 0x80, 0x10)),
                     STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(LENGTH(1), 0xff, 0xff, 0xff, 0xff, 0x0f)),
                     STATUS_MALFORMED);
    // padded, but within five bytes: as protobuf-c reads it
    assert_int_equal(check_filter(BYTES(LENGTH(1), 0x81, 0x80, 0x80, 0x80, 0x00, 'a')),
                     STATUS_OK);
}

static void a_known_field_of_another_wire_type_is_malformed(void **state)
{
    (void)state;
    // text, bytes or message
    assert_int_equal(check_filter(BYTES(VARINT(1), 0x01)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(FIXED32(1), 1, 2, 3, 4)), STATUS_MALFORMED);
    // enum, bool
    assert_int_equal(check_filter(BYTES(LENGTH(3), 0x01, 0x01)), STATUS_MALFORMED);
    assert_int_equal(check_filter(BYTES(FIXED64(10), 1, 2, 3, 4, 5, 6, 7, 8)),
                     STATUS_MALFORMED);
    // fixed64
    assert_int_equal(check(&sanji__ping__descriptor, BYTES(VARINT(1), 0x01)),
                     STATUS_MALFORMED);
    assert_int_equal(check(&sanji__ping__descriptor, BYTES(FIXED32(1), 1, 2, 3, 4)),
                     STATUS_MALFORMED);
    assert_int_equal(check(&sanji__ping__descriptor, BYTES(LENGTH(1), 0x00)),
                     STATUS_MALFORMED);
    // a repeated message is never packed
    assert_int_equal(check_lane(BYTES(VARINT(5), 0x01)), STATUS_MALFORMED);
}

static void repeated_numbers_may_be_packed_or_not(void **state)
{
    (void)state;
    // Lane.by_state: uint32
    assert_int_equal(check_lane(BYTES(VARINT(4), 0x01, VARINT(4), 0x02)), STATUS_OK);
    assert_int_equal(check_lane(BYTES(LENGTH(4), 3, 0x01, 0x80, 0x01)), STATUS_OK);
    assert_int_equal(check_lane(BYTES(LENGTH(4), 0)), STATUS_OK);
    assert_int_equal(check_lane(BYTES(LENGTH(4), 2, 0x01, 0x80)), STATUS_MALFORMED);
    assert_int_equal(check_lane(BYTES(FIXED32(4), 1, 2, 3, 4)), STATUS_MALFORMED);
}

// Nor has any of ours a repeated number of fixed size.
static const ProtobufCFieldDescriptor fixed_fields[] = {
    {.name = "wide",
     .id = 1,
     .label = PROTOBUF_C_LABEL_REPEATED,
     .type = PROTOBUF_C_TYPE_FIXED64},
    {.name = "narrow",
     .id = 2,
     .label = PROTOBUF_C_LABEL_REPEATED,
     .type = PROTOBUF_C_TYPE_FIXED32},
};
static const ProtobufCIntRange fixed_range[] = {{1, 0}, {0, 2}};
static const ProtobufCMessageDescriptor fixed = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "fixed",
    .n_fields = 2,
    .fields = fixed_fields,
    .n_field_ranges = 1,
    .field_ranges = fixed_range,
};

static void packed_numbers_of_fixed_size_come_whole(void **state)
{
    (void)state;
    assert_int_equal(check(&fixed, BYTES(LENGTH(1), 8, 1, 2, 3, 4, 5, 6, 7, 8)), STATUS_OK);
    assert_int_equal(check(&fixed, BYTES(LENGTH(1), 7, 1, 2, 3, 4, 5, 6, 7)),
                     STATUS_MALFORMED);
    assert_int_equal(check(&fixed, BYTES(LENGTH(1), 4, 1, 2, 3, 4)), STATUS_MALFORMED);
    assert_int_equal(check(&fixed, BYTES(FIXED64(1), 1, 2, 3, 4, 5, 6, 7, 8)), STATUS_OK);
    assert_int_equal(check(&fixed, BYTES(LENGTH(2), 4, 1, 2, 3, 4)), STATUS_OK);
    assert_int_equal(check(&fixed, BYTES(LENGTH(2), 3, 1, 2, 3)), STATUS_MALFORMED);
    assert_int_equal(check(&fixed, BYTES(FIXED32(2), 1, 2, 3, 4)), STATUS_OK);
}

static enum status unpack(const ProtobufCMessageDescriptor *descriptor, struct bytes wire,
                          struct arena *arena)
{
    ProtobufCMessage *message = NULL;
    assert_int_equal(check(descriptor, wire), STATUS_OK);
    enum status status = wire_unpack(descriptor, wire, arena, &message);
    assert_true((message == NULL) == (status != STATUS_OK));
    return status;
}

static void an_enum_value_that_nobody_defined_is_invalid_only_when_unpacked(void **state)
{
    const ProtobufCMessageDescriptor *filter = &sanji__filter__descriptor;
    assert_int_equal(unpack(filter, BYTES(VARINT(3), 5), *state), STATUS_OK);
    assert_int_equal(unpack(filter, BYTES(VARINT(3), 6), *state), STATUS_INVALID);
    // -1, in the ten bytes that negative numbers have
    struct bytes minus_one =
        BYTES(VARINT(3), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    assert_int_equal(unpack(filter, minus_one, *state), STATUS_INVALID);
    // reserved numbers in the middle: DecisionKind 4
    const ProtobufCMessageDescriptor *decision = &sanji__decision_made__descriptor;
    assert_int_equal(unpack(decision, BYTES(VARINT(1), 3), *state), STATUS_OK);
    assert_int_equal(unpack(decision, BYTES(VARINT(1), 4), *state), STATUS_INVALID);
    // inside another message: Statement.actor.role
    assert_int_equal(
        unpack(&sanji__statement__descriptor, BYTES(LENGTH(5), 2, VARINT(1), 16), *state),
        STATUS_INVALID);
}

static void a_repeated_enum_is_looked_at_value_by_value(void **state)
{
    // StatementRefused.allowed_now, packed and not
    const ProtobufCMessageDescriptor *refused = &sanji__statement_refused__descriptor;
    assert_int_equal(unpack(refused, BYTES(LENGTH(4), 3, 1, 49, 20), *state), STATUS_OK);
    assert_int_equal(unpack(refused, BYTES(LENGTH(4), 3, 1, 50, 20), *state),
                     STATUS_INVALID);
    assert_int_equal(unpack(refused, BYTES(VARINT(4), 1, VARINT(4), 20), *state),
                     STATUS_OK);
    assert_int_equal(unpack(refused, BYTES(VARINT(4), 1, VARINT(4), 15), *state),
                     STATUS_INVALID);
}

static void a_text_that_is_not_utf8_or_holds_a_nul_is_refused(void **state)
{
    ProtobufCMessage *message = NULL;
    assert_int_equal(check_filter(BYTES(LENGTH(1), 3, 0xe7, 0xbd, 0x91)), STATUS_OK);
    assert_int_equal(check_filter(BYTES(LENGTH(1), 2, 0xe7, 0xbd)), STATUS_BAD_UTF8);
    assert_int_equal(check_filter(BYTES(LENGTH(1), 3, 'a', 0x00, 'b')), STATUS_BAD_UTF8);
    assert_int_equal(check_filter(BYTES(LENGTH(1), 0)), STATUS_OK);
    assert_int_equal(wire_unpack(&sanji__filter__descriptor, BYTES(LENGTH(1), 1, 0xff),
                                 *state, &message),
                     STATUS_BAD_UTF8);
    // bytes are bytes: Evidence.sha256
    assert_int_equal(check(&sanji__evidence__descriptor, BYTES(LENGTH(2), 2, 0xff, 0x00)),
                     STATUS_OK);
    // and a text in a repeated field, inside another message: Receipt.fields
    assert_int_equal(
        check(&sanji__door_reply__descriptor, BYTES(LENGTH(3), 3, LENGTH(10), 1, 0xff)),
        STATUS_BAD_UTF8);
}

static void an_exhausted_arena_is_too_large(void **state)
{
    Sanji__Envelope *envelope = sample_envelope(30, *state);
    struct bytes wire = sample_pack(&envelope->base, *state);
    unsigned refused = 0;
    for (size_t room = 16;; room += 16) {
        struct arena *small = arena_new(room);
        ProtobufCMessage *message = NULL;
        enum status status =
            wire_unpack(&sanji__envelope__descriptor, wire, small, &message);
        assert_true((message == NULL) == (status != STATUS_OK));
        arena_free(&small);
        if (status == STATUS_OK) {
            break;
        }
        assert_int_equal(status, STATUS_TOO_LARGE);
        refused++;
    }
    assert_true(refused > 10);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(full_samples_of_every_kind_pass_and_unpack),
        WITH_ARENA(every_truncation_inside_a_field_is_malformed),
        WITH_ARENA(protobuf_c_reads_what_the_check_passes_whatever_bit_is_flipped),
        WITH_ARENA(nothing_is_an_empty_message),
        WITH_ARENA(a_message_above_the_limit_is_too_large),
        cmocka_unit_test(more_fields_than_the_limit_are_too_large),
        cmocka_unit_test(fields_are_counted_over_the_whole_tree),
        WITH_ARENA(nesting_beyond_the_limit_is_too_deep),
        cmocka_unit_test(unknown_fields_pass_and_are_not_looked_into),
        cmocka_unit_test(groups_and_wire_types_that_mean_nothing_are_malformed),
        cmocka_unit_test(field_number_0_is_malformed),
        cmocka_unit_test(a_varint_longer_than_it_can_be_is_malformed),
        cmocka_unit_test(a_known_field_of_another_wire_type_is_malformed),
        cmocka_unit_test(repeated_numbers_may_be_packed_or_not),
        cmocka_unit_test(packed_numbers_of_fixed_size_come_whole),
        WITH_ARENA(an_enum_value_that_nobody_defined_is_invalid_only_when_unpacked),
        WITH_ARENA(a_repeated_enum_is_looked_at_value_by_value),
        WITH_ARENA(a_text_that_is_not_utf8_or_holds_a_nul_is_refused),
        WITH_ARENA(an_exhausted_arena_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
