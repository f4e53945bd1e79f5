/* json_read.c: one line of JSON -> a message in an arena, strictly.
 *
 *     bytes --jansson--> tree --descriptors--> message
 *
 * Nothing is skipped: each key must be a field, each value must fit it. What is refused is
 * named by its path ("place.grid", "evidence[2].sha256"), never by its text, unless the text
 * should have been one word of a short list or a time.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "broker/runtime/json.h"
#include "broker/runtime/json_field.h"
#include "proto/deadline.h"
#include "proto/limits.h"
#include "proto/vocab.h"

enum {
    SHA256_SIZE = 32,
    SHOWN_TEXT_MAX = 40, // letters of a wrong value that are repeated
    NEAR = 3             // changed letters up to which a name is "near"
};

struct reader {
    struct arena *arena;
    struct json_fault *fault;
    size_t path_size; // of fault->field, which holds the path while reading
};

// A place that takes one value.
struct slot {
    const ProtobufCFieldDescriptor *field;
    struct json_field as;
    void *member;
};

static enum status read_message(struct reader *reader, json_t *object,
                                ProtobufCMessage *message);

// ---- what is refused ----

__attribute__((format(printf, 2, 3))) static enum status refuse(struct reader *reader,
                                                                const char *format, ...)
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

__attribute__((format(printf, 2, 3))) static void expect(struct reader *reader,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // As above.
    (void)vsnprintf(reader->fault->expected, sizeof reader->fault->expected, format,
                    arguments);
    va_end(arguments);
}

static enum status refuse_size(struct reader *reader)
{
    // The sentence has no values, so it is never cut.
    (void)refuse(reader, "the message needs more memory than one may take");
    reader->fault->status = STATUS_TOO_LARGE;
    return STATUS_TOO_LARGE;
}

// Longer paths are cut; the fault is still the right one.
static size_t enter(struct reader *reader, const char *name)
{
    size_t before = reader->path_size;
    char *field = reader->fault->field;
    int size = snprintf(field + before, sizeof reader->fault->field - before, "%s%s",
                        before > 0 && name[0] != '[' ? "." : "", name);
    assert(size > 0);
    reader->path_size = strnlen(field, sizeof reader->fault->field);
    return before;
}

static void leave(struct reader *reader, size_t before)
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

static enum status refuse_kind(struct reader *reader, const json_t *value,
                               const char *expected)
{
    expect(reader, "%s", expected);
    return refuse(reader, "%s cannot stand here", kind_of(value));
}

// ---- values ----

static enum status read_whole(struct reader *reader, const json_t *value, int64_t least,
                              int64_t most, int64_t *number)
{
    if (!json_is_integer(value)) {
        return refuse_kind(reader, value, "a whole number");
    }
    json_int_t found = json_integer_value(value);
    if (found < least || found > most) {
        expect(reader, "%" PRId64 " to %" PRId64, least, most);
        return refuse(reader, "%lld is out of range", found);
    }
    *number = found;
    return STATUS_OK;
}

static enum status read_number(struct reader *reader, const json_t *value,
                               const struct slot *slot)
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
    assert(!"a number's type");
    return STATUS_INVALID;
}

static enum status read_double(struct reader *reader, const json_t *value, double *number)
{
    if (!json_is_number(value)) {
        return refuse_kind(reader, value, "a number");
    }
    *number = json_number_value(value);
    return STATUS_OK;
}

static enum status read_degrees(struct reader *reader, const json_t *value,
                                const struct slot *slot)
{
    double degrees = 0;
    enum status status = read_double(reader, value, &degrees);
    if (status != STATUS_OK) {
        return status;
    }
    double bound = strcmp(slot->as.name, "lat") == 0 ? 90 : 180;
    if (!(fabs(degrees) <= bound)) {
        expect(reader, "-%.0f to %.0f degrees", bound, bound);
        return refuse(reader, "%g is out of range", degrees);
    }
    *(int32_t *)slot->member = (int32_t)lround(degrees * 1e6);
    return STATUS_OK;
}

static enum status read_time(struct reader *reader, const json_t *value,
                             const struct slot *slot)
{
    static const char EXPECTED[] = "a time with a zone, 2020-08-15T15:02:11+08:00";
    if (!json_is_string(value)) {
        return refuse_kind(reader, value, EXPECTED);
    }
    const char *text = json_string_value(value);
    int64_t at_ms = 0;
    if (time_parse(text, &at_ms) != STATUS_OK) {
        expect(reader, "%s", EXPECTED);
        return refuse(reader, "\"%.*s\" is no time", SHOWN_TEXT_MAX, text);
    }
    if (at_ms <= 0) {
        expect(reader, "a time after 1970");
        return refuse(reader, "\"%.*s\" is out of range", SHOWN_TEXT_MAX, text);
    }
    *(int64_t *)slot->member = at_ms;
    return STATUS_OK;
}

static enum status read_text(struct reader *reader, const json_t *value,
                             const struct slot *slot)
{
    if (!json_is_string(value)) {
        return refuse_kind(reader, value, "a text");
    }
    char *copy = arena_copy_text(reader->arena, json_string_value(value));
    if (copy == NULL) {
        return refuse_size(reader);
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
static void expect_names(struct reader *reader, const ProtobufCEnumDescriptor *descriptor,
                         const char *near_to)
{
    char list[sizeof reader->fault->expected - sizeof ", ..."];
    if (!list_names(descriptor, near_to, UINT32_MAX, list, sizeof list)) {
        expect(reader, "%s", list);
        return;
    }
    char near[sizeof list];
    if (!list_names(descriptor, near_to, NEAR, near, sizeof near) && near[0] != '\0') {
        expect(reader, "%s", near);
        return;
    }
    expect(reader, "%s, ...", list);
}

static enum status read_enum(struct reader *reader, const json_t *value,
                             const struct slot *slot)
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
        return refuse(reader, "%s cannot stand here", kind_of(value));
    }
    return refuse(reader, "\"%.*s\" is not one of them", SHOWN_TEXT_MAX, text);
}

static enum status read_filters(struct reader *reader, const json_t *value,
                                const struct slot *slot)
{
    if (!json_is_array(value)) {
        return refuse_kind(reader, value, "a list of filters");
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
            return refuse(reader, "no such filter");
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

static enum status read_bytes(struct reader *reader, const json_t *value,
                              const struct slot *slot)
{
    bool hex = slot->as.form == JSON_HEX;
    const char *expected = hex ? "64 hexadecimal digits" : "base64";
    if (!json_is_string(value)) {
        return refuse_kind(reader, value, expected);
    }
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    uint8_t *data = arena_take(reader->arena, size + 1);
    if (data == NULL) {
        return refuse_size(reader);
    }
    ProtobufCBinaryData *out = slot->member;
    if (hex) {
        if (size != 2 * (size_t)SHA256_SIZE || !decode_hex(text, size, data)) {
            expect(reader, "%s", expected);
            return refuse(reader, "not a SHA-256 in hexadecimal");
        }
        *out = (ProtobufCBinaryData){.len = SHA256_SIZE, .data = data};
        return STATUS_OK;
    }
    // EVP_DecodeBlock counts padding as zero bytes.
    int decoded = size % 4 != 0 || size > INT32_MAX
                      ? -1
                      : EVP_DecodeBlock(data, (const unsigned char *)text, (int)size);
    if (decoded < 0) {
        expect(reader, "%s", expected);
        return refuse(reader, "not base64");
    }
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=') {
        padding++;
    }
    *out = (ProtobufCBinaryData){.len = (size_t)decoded - padding, .data = data};
    return STATUS_OK;
}

static enum status read_inner(struct reader *reader, json_t *value, const struct slot *slot)
{
    const ProtobufCMessageDescriptor *descriptor = slot->field->descriptor;
    if (slot->as.form == JSON_SEALED) {
        return refuse(reader, "a sealed text is made by intake alone");
    }
    if (!json_is_object(value)) {
        return refuse_kind(reader, value, "an object");
    }
    ProtobufCMessage *inner = arena_take(reader->arena, descriptor->sizeof_message);
    if (inner == NULL) {
        return refuse_size(reader);
    }
    descriptor->message_init(inner);
    enum status status = read_message(reader, value, inner);
    if (status == STATUS_OK) {
        *(ProtobufCMessage **)slot->member = inner;
    }
    return status;
}

static enum status read_value(struct reader *reader, json_t *value, const struct slot *slot)
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
            return refuse_kind(reader, value, "true or false");
        }
        *(protobuf_c_boolean *)slot->member = json_is_true(value);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(reader, value, slot->member);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(reader, value, slot);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(reader, value, slot);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_inner(reader, value, slot);
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
        break;
    }
    assert(!"no message of ours has such a field");
    return STATUS_INVALID;
}

// ---- messages ----

static size_t element_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    return sizeof(void *);
}

static enum status read_list(struct reader *reader, json_t *value, struct slot slot,
                             ProtobufCMessage *message)
{
    if (!json_is_array(value)) {
        return refuse_kind(reader, value, "a list");
    }
    size_t count = json_array_size(value);
    size_t size = element_size(slot.field);
    char *elements = arena_take(reader->arena, count * size + 1);
    if (elements == NULL) {
        return refuse_size(reader);
    }
    void **list = slot.member;
    for (size_t i = 0; i < count; i++) {
        char place[24];
        int written = snprintf(place, sizeof place, "[%zu]", i);
        assert(written > 0);
        size_t before = enter(reader, place);
        slot.member = elements + i * size;
        enum status status = read_value(reader, json_array_get(value, i), &slot);
        if (status != STATUS_OK) {
            return status;
        }
        leave(reader, before);
    }
    void *quantifier = (char *)message + slot.field->quantifier_offset;
    *(size_t *)quantifier = count;
    *list = elements;
    return STATUS_OK;
}

static enum status read_field(struct reader *reader, json_t *value,
                              const ProtobufCFieldDescriptor *field, struct json_field as,
                              ProtobufCMessage *message)
{
    struct slot slot = {
        .field = field, .as = as, .member = (char *)message + field->offset};
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read_list(reader, value, slot, message);
    }
    if ((field->flags & (uint32_t)PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        void *chosen = (char *)message + field->quantifier_offset;
        if (*(int *)chosen != 0) {
            return refuse(reader, "only one body can be given");
        }
        *(int *)chosen = (int)field->id;
    }
    return read_value(reader, value, &slot);
}

// The field of this name, also one that stands flat here. *flat: the message it belongs to.
static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *descriptor, const char *key,
           struct json_field *as, const ProtobufCFieldDescriptor **flat)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        *as = json_field_of(descriptor, field);
        if (as->form == JSON_FLAT) {
            const ProtobufCFieldDescriptor *none = NULL;
            const ProtobufCFieldDescriptor *inner =
                find_field(field->descriptor, key, as, &none);
            if (inner != NULL) {
                *flat = field;
                return inner;
            }
        } else if (as->form != JSON_HIDDEN && strcmp(as->name, key) == 0) {
            *flat = NULL;
            return field;
        }
    }
    return NULL;
}

static void nearest_field(const ProtobufCMessageDescriptor *descriptor, const char *key,
                          unsigned *distance, char best[JSON_NAME_SIZE])
{
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        struct json_field as = json_field_of(descriptor, &descriptor->fields[i]);
        if (as.form == JSON_FLAT) {
            nearest_field(descriptor->fields[i].descriptor, key, distance, best);
            continue;
        }
        unsigned found = json_distance(as.name, key);
        if (as.form != JSON_HIDDEN && found < *distance) {
            *distance = found;
            memcpy(best, as.name, JSON_NAME_SIZE);
        }
    }
}

static enum status refuse_key(struct reader *reader,
                              const ProtobufCMessageDescriptor *descriptor, const char *key)
{
    unsigned distance = UINT32_MAX;
    char best[JSON_NAME_SIZE] = "";
    nearest_field(descriptor, key, &distance, best);
    expect(reader, "%s", best);
    return refuse(reader, "no such field");
}

// The message that stands flat in `message`, made at its first field.
static ProtobufCMessage *flat_message(struct reader *reader, ProtobufCMessage *message,
                                      const ProtobufCFieldDescriptor *flat)
{
    void *member = (char *)message + flat->offset;
    ProtobufCMessage **inner = member;
    if (*inner == NULL) {
        const ProtobufCMessageDescriptor *descriptor = flat->descriptor;
        *inner = arena_take(reader->arena, descriptor->sizeof_message);
        if (*inner != NULL) {
            descriptor->message_init(*inner);
        }
    }
    return *inner;
}

static enum status read_message(struct reader *reader, json_t *object,
                                ProtobufCMessage *message)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        size_t before = enter(reader, key[0] == '\0' ? "\"\"" : key);
        struct json_field as;
        const ProtobufCFieldDescriptor *flat = NULL;
        const ProtobufCFieldDescriptor *field =
            find_field(message->descriptor, key, &as, &flat);
        if (field == NULL) {
            return refuse_key(reader, message->descriptor, key);
        }
        ProtobufCMessage *target =
            flat == NULL ? message : flat_message(reader, message, flat);
        if (target == NULL) {
            return refuse_size(reader);
        }
        enum status status = read_field(reader, value, field, as, target);
        if (status != STATUS_OK) {
            return status;
        }
        leave(reader, before);
    }
    return STATUS_OK;
}

// ---- the line ----

// jansson says: duplicate object key near '"source"'
static void name_duplicate(struct json_fault *fault, const char *text)
{
    const char *from = strstr(text, "near '\"");
    const char *to = from == NULL ? NULL : strrchr(text, '"');
    if (from == NULL || to <= from + strlen("near '\"") - 1) {
        return;
    }
    from += strlen("near '\"");
    size_t size = (size_t)(to - from);
    if (size >= sizeof fault->field) {
        size = sizeof fault->field - 1;
    }
    memcpy(fault->field, from, size);
    fault->field[size] = '\0';
}

static enum status refuse_syntax(struct reader *reader, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        name_duplicate(reader->fault, error->text);
        return refuse(reader, "the key stands twice");
    case json_error_invalid_utf8:
        expect(reader, "UTF-8");
        return refuse(reader, "not UTF-8 at byte %d", error->position);
    case json_error_numeric_overflow:
        expect(reader, "at most 9223372036854775807");
        return refuse(reader, "a number out of range at byte %d", error->position);
    case json_error_stack_overflow:
        return refuse(reader, "nested too deep at byte %d", error->position);
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return refuse(reader, "a NUL in a text at byte %d", error->position);
    case json_error_end_of_input_expected:
        expect(reader, "one object a line");
        return refuse(reader, "something follows the object at byte %d", error->position);
    case json_error_unknown:
    case json_error_out_of_memory:
    case json_error_cannot_open_file:
    case json_error_invalid_argument:
    case json_error_premature_end_of_input:
    case json_error_invalid_syntax:
    case json_error_invalid_format:
    case json_error_wrong_type:
    case json_error_null_value:
    case json_error_item_not_found:
    case json_error_index_out_of_range:
        break;
    }
    expect(reader, "one JSON object a line");
    return refuse(reader, "not JSON at byte %d", error->position);
}

enum status json_read(const ProtobufCMessageDescriptor *descriptor, struct bytes line,
                      struct arena *arena, ProtobufCMessage **message,
                      struct json_fault *fault)
{
    assert(descriptor != NULL);
    assert(message != NULL);
    assert(fault != NULL);
    *fault = (struct json_fault){.status = STATUS_OK};
    struct reader reader = {.arena = arena, .fault = fault, .path_size = 0};
    if (line.size > JSON_LINE_SIZE_MAX) {
        expect(&reader, "at most %d bytes", JSON_LINE_SIZE_MAX);
        // The status is what counts here; refuse always gives INVALID.
        (void)refuse(&reader, "a line of %zu bytes", line.size);
        fault->status = STATUS_TOO_LARGE;
        return STATUS_TOO_LARGE;
    }
    json_error_t error;
    json_t *root =
        json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return refuse_syntax(&reader, &error);
    }
    enum status status = STATUS_OK;
    ProtobufCMessage *made = arena_take(arena, descriptor->sizeof_message);
    if (made == NULL) {
        status = refuse_size(&reader);
    } else if (!json_is_object(root)) {
        status = refuse_kind(&reader, root, "one JSON object a line");
    } else {
        descriptor->message_init(made);
        status = read_message(&reader, root, made);
    }
    json_decref(root);
    if (status == STATUS_OK) {
        *message = made;
    }
    return status;
}
