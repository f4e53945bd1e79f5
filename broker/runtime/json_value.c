/* json_value.c: single values of JSON -> members of a message; and what is said when one
 * does not fit. */
#include "broker/runtime/json_value.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "proto/time.h"
#include "proto/vocab.h"

enum {
    SHA256_SIZE = 32,
    SHOWN_TEXT_MAX = 40, // letters of a wrong value that are repeated
    NEAR = 3             // changed letters up to which a word is "near"
};

// ---- what is refused ----

enum status json_refuse(struct json_reader *reader, const char *format, ...)
{
    struct json_fault *fault = reader->fault;
    fault->status = STATUS_INVALID;
    va_list arguments;
    va_start(arguments, format);
    // A reason that is too long is cut: it is for people.
    (void)vsnprintf(fault->reason, sizeof fault->reason, format, arguments);
    va_end(arguments);
    return STATUS_INVALID;
}

void json_expect(struct json_reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // As above.
    (void)vsnprintf(reader->fault->expected, sizeof reader->fault->expected, format,
                    arguments);
    va_end(arguments);
}

enum status json_refuse_size(struct json_reader *reader)
{
    // The sentence has no values, so it is never cut.
    (void)json_refuse(reader, "the message needs more memory than one may take");
    reader->fault->status = STATUS_TOO_LARGE;
    return STATUS_TOO_LARGE;
}

// Longer paths are cut; the fault is still the right one.
size_t json_enter(struct json_reader *reader, const char *name)
{
    size_t before = reader->path_size;
    char *field = reader->fault->field;
    int size = snprintf(field + before, sizeof reader->fault->field - before, "%s%s",
                        before > 0 && name[0] != '[' ? "." : "", name);
    assert(size > 0);
    reader->path_size = strnlen(field, sizeof reader->fault->field);
    return before;
}

void json_leave(struct json_reader *reader, size_t before)
{
    reader->path_size = before;
    reader->fault->field[before] = '\0';
}

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

enum status json_refuse_kind(struct json_reader *reader, const json_t *value,
                             const char *expected)
{
    json_expect(reader, "%s", expected);
    return json_refuse(reader, "%s cannot stand here", kind_of(value));
}

// ---- values ----

static enum status read_whole(struct json_reader *reader, const json_t *value,
                              int64_t least, int64_t most, int64_t *number)
{
    if (!json_is_integer(value)) {
        return json_refuse_kind(reader, value, "a whole number");
    }
    json_int_t found = json_integer_value(value);
    if (found < least || found > most) {
        json_expect(reader, "%" PRId64 " to %" PRId64, least, most);
        return json_refuse(reader, "%lld is out of range", found);
    }
    *number = found;
    return STATUS_OK;
}

static enum status read_number(struct json_reader *reader, const json_t *value,
                               const struct json_slot *slot)
{
    int64_t number = 0;
    enum status status = STATUS_OK;
    switch (slot->field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        status = read_whole(reader, value, INT32_MIN, INT32_MAX, &number);
        if (status == STATUS_OK) {
            *(int32_t *)slot->member = (int32_t)number;
        }
        return status;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        status = read_whole(reader, value, 0, UINT32_MAX, &number);
        if (status == STATUS_OK) {
            *(uint32_t *)slot->member = (uint32_t)number;
        }
        return status;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        status = read_whole(reader, value, INT64_MIN, INT64_MAX, &number);
        if (status == STATUS_OK) {
            *(int64_t *)slot->member = number;
        }
        return status;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        status = read_whole(reader, value, 0, INT64_MAX, &number);
        if (status == STATUS_OK) {
            *(uint64_t *)slot->member = (uint64_t)number;
        }
        return status;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    assert(false); // the caller looked at the type
    return STATUS_INVALID;
}

static enum status read_double(struct json_reader *reader, const json_t *value,
                               double *number)
{
    if (!json_is_number(value)) {
        return json_refuse_kind(reader, value, "a number");
    }
    *number = json_number_value(value);
    return STATUS_OK;
}

static enum status read_degrees(struct json_reader *reader, const json_t *value,
                                const struct json_slot *slot)
{
    double degrees = 0;
    enum status status = read_double(reader, value, &degrees);
    if (status != STATUS_OK) {
        return status;
    }
    double bound = strcmp(slot->as.name, "lat") == 0 ? 90 : 180;
    if (!(fabs(degrees) <= bound)) {
        json_expect(reader, "-%.0f to %.0f degrees", bound, bound);
        return json_refuse(reader, "%g is out of range", degrees);
    }
    *(int32_t *)slot->member = (int32_t)lround(degrees * 1e6);
    return STATUS_OK;
}

static enum status read_time(struct json_reader *reader, const json_t *value,
                             const struct json_slot *slot)
{
    static const char EXPECTED[] = "a time with a zone, 2020-08-15T15:02:11+08:00";
    if (!json_is_string(value)) {
        return json_refuse_kind(reader, value, EXPECTED);
    }
    const char *text = json_string_value(value);
    int64_t at_ms = 0;
    if (time_parse(text, &at_ms) != STATUS_OK) {
        json_expect(reader, "%s", EXPECTED);
        return json_refuse(reader, "\"%.*s\" is no time", SHOWN_TEXT_MAX, text);
    }
    if (at_ms <= 0) {
        json_expect(reader, "a time after 1970");
        return json_refuse(reader, "\"%.*s\" is out of range", SHOWN_TEXT_MAX, text);
    }
    *(int64_t *)slot->member = at_ms;
    return STATUS_OK;
}

static enum status read_text(struct json_reader *reader, const json_t *value,
                             const struct json_slot *slot)
{
    if (!json_is_string(value)) {
        return json_refuse_kind(reader, value, "a text");
    }
    char *copy = arena_copy_text(reader->arena, json_string_value(value));
    if (copy == NULL) {
        return json_refuse_size(reader);
    }
    *(char **)slot->member = copy;
    return STATUS_OK;
}

// Lists the words of an enum at most so far from what was written. True: some did not fit.
static bool list_names(const ProtobufCEnumDescriptor *descriptor, const char *near_to,
                       unsigned distance_max, char *list, size_t room)
{
    size_t size = 0;
    list[0] = '\0';
    for (unsigned i = 0; i < descriptor->n_values; i++) {
        char name[JSON_NAME_SIZE];
        int value = descriptor->values[i].value;
        json_enum_name(descriptor, value, name);
        if (json_enum_is_unset(descriptor, value) ||
            json_distance(name, near_to) > distance_max) {
            continue;
        }
        if (size + strlen(name) + strlen(", ") + 1 > room) {
            return true;
        }
        int added = snprintf(list + size, room - size, "%s%s", size > 0 ? ", " : "", name);
        assert(added > 0);
        size += (size_t)added;
    }
    return false;
}

// All words where they fit, else those nearest to what was written.
static void expect_names(struct json_reader *reader,
                         const ProtobufCEnumDescriptor *descriptor, const char *near_to)
{
    char list[sizeof reader->fault->expected - sizeof ", ..."];
    if (!list_names(descriptor, near_to, UINT32_MAX, list, sizeof list)) {
        json_expect(reader, "%s", list);
        return;
    }
    char near[sizeof list];
    if (!list_names(descriptor, near_to, NEAR, near, sizeof near) && near[0] != '\0') {
        json_expect(reader, "%s", near);
        return;
    }
    json_expect(reader, "%s, ...", list);
}

static enum status read_enum(struct json_reader *reader, const json_t *value,
                             const struct json_slot *slot)
{
    const ProtobufCEnumDescriptor *descriptor = slot->field->descriptor;
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    int number = 0;
    if (json_is_string(value) && json_enum_find(descriptor, text, &number)) {
        *(int *)slot->member = number;
        return STATUS_OK;
    }
    expect_names(reader, descriptor, text);
    if (!json_is_string(value)) {
        return json_refuse(reader, "%s cannot stand here", kind_of(value));
    }
    return json_refuse(reader, "\"%.*s\" is not one of them", SHOWN_TEXT_MAX, text);
}

static enum status read_filters(struct json_reader *reader, const json_t *value,
                                const struct json_slot *slot)
{
    if (!json_is_array(value)) {
        return json_refuse_kind(reader, value, "a list of filters");
    }
    uint32_t bits = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *entry = json_array_get(value, i);
        unsigned filter = 0;
        for (unsigned f = 1; json_is_string(entry) && f < FILTER_COUNT; f++) {
            if (strcasecmp(vocab_filter_name(f), json_string_value(entry)) == 0) {
                filter = f;
            }
        }
        if (filter == 0) {
            return json_refuse(reader, "no such filter");
        }
        bits |= UINT32_C(1) << (filter - 1);
    }
    *(uint32_t *)slot->member = bits;
    return STATUS_OK;
}

static int hex_digit(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *found =
        c == '\0' ? NULL : strchr(DIGITS, c >= 'A' && c <= 'F' ? c + 32 : c);
    return found == NULL ? -1 : (int)(found - DIGITS);
}

static bool decode_hex(const char *text, size_t size, uint8_t *out)
{
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i / 2] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static enum status read_bytes(struct json_reader *reader, const json_t *value,
                              const struct json_slot *slot)
{
    bool hex = slot->as.form == JSON_HEX;
    const char *expected = hex ? "64 hexadecimal digits" : "base64";
    if (!json_is_string(value)) {
        return json_refuse_kind(reader, value, expected);
    }
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    uint8_t *data = arena_take(reader->arena, size + 1);
    if (data == NULL) {
        return json_refuse_size(reader);
    }
    ProtobufCBinaryData *out = slot->member;
    if (hex) {
        if (size != 2 * (size_t)SHA256_SIZE || !decode_hex(text, size, data)) {
            json_expect(reader, "%s", expected);
            return json_refuse(reader, "not a SHA-256 in hexadecimal");
        }
        *out = (ProtobufCBinaryData){.len = SHA256_SIZE, .data = data};
        return STATUS_OK;
    }
    // EVP_DecodeBlock counts padding as zero bytes.
    int decoded = size % 4 != 0 || size > INT32_MAX
                      ? -1
                      : EVP_DecodeBlock(data, (const unsigned char *)text, (int)size);
    if (decoded < 0) {
        json_expect(reader, "%s", expected);
        return json_refuse(reader, "not base64");
    }
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=') {
        padding++;
    }
    *out = (ProtobufCBinaryData){.len = (size_t)decoded - padding, .data = data};
    return STATUS_OK;
}

enum status json_value_read(struct json_reader *reader, json_t *value,
                            const struct json_slot *slot)
{
    switch (slot->as.form) {
    case JSON_TIME:
        return read_time(reader, value, slot);
    case JSON_DEGREES:
        return read_degrees(reader, value, slot);
    case JSON_FILTERS:
        return read_filters(reader, value, slot);
    case JSON_HEX:
    case JSON_BASE64:
        return read_bytes(reader, value, slot);
    case JSON_PLAIN:
    case JSON_FLAT:
    case JSON_SEALED:
    case JSON_HIDDEN:
        break;
    }
    switch (slot->field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(value)) {
            return json_refuse_kind(reader, value, "true or false");
        }
        *(protobuf_c_boolean *)slot->member = json_is_true(value);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(reader, value, slot->member);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(reader, value, slot);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(reader, value, slot);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_number(reader, value, slot);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    assert(false); // no message of ours has a float; messages are read by json_read.c
    return STATUS_INVALID;
}
