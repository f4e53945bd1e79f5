/* json_field.c: names and forms of fields in JSON. */
#include "broker/runtime/json_field.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    FAR_AWAY = 1000
};

// The few fields that records.md 5 calls by another name than the rules would.
static const struct special {
    const char *message;
    const char *field;
    const char *name;
    enum json_form form;
} SPECIAL[] = {
    {"Envelope", "schema_version", "schema_version", JSON_HIDDEN},
    {"Envelope", "case_version", "version", JSON_PLAIN},
    {"Envelope", "state_after", "state", JSON_PLAIN},
    {"TimerChange", "due_at_ms", "due", JSON_TIME},
    {"TimerFired", "due_at_ms", "due", JSON_TIME},
    {"TimerRow", "due_at_ms", "due", JSON_TIME},
    {"Candidate", "reject", "reject", JSON_FILTERS},
    {"Statement", "fields", "fields", JSON_FLAT},
    {"Said", "fields", "fields", JSON_FLAT},
};

// Enums whose words are lower-case in JSON.
static const char *const LOWER[] = {"StatementKind", "Outcome"};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

// "x_ms" without its last `cut` letters.
static void set_name(struct json_field *out, const char *name, size_t cut)
{
    size_t size = strlen(name) - cut;
    assert(size < JSON_NAME_SIZE);
    memcpy(out->name, name, size);
    out->name[size] = '\0';
}

static void by_rule(struct json_field *out, const ProtobufCFieldDescriptor *field)
{
    const char *name = field->name;
    set_name(out, name, 0);
    switch (field->type) {
    case PROTOBUF_C_TYPE_SFIXED64:
        if (ends_with(name, "_ms")) {
            out->form = JSON_TIME;
            set_name(out, name, strlen("_ms"));
        }
        return;
    case PROTOBUF_C_TYPE_SINT32:
        if (ends_with(name, "_e6")) {
            out->form = JSON_DEGREES;
            set_name(out, name, strlen("_e6"));
        }
        return;
    case PROTOBUF_C_TYPE_BYTES:
        out->form = strcmp(name, "sha256") == 0 || ends_with(name, "_hmac") ? JSON_HEX
                                                                            : JSON_BASE64;
        return;
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessageDescriptor *inner = field->descriptor;
        if (strcmp(inner->short_name, "Sealed") == 0) {
            out->form = JSON_SEALED;
        }
        return;
    }
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
        return;
    }
}

struct json_field json_field_of(const ProtobufCMessageDescriptor *message,
                                const ProtobufCFieldDescriptor *field)
{
    assert(message != NULL);
    assert(field != NULL);
    struct json_field out = {.form = JSON_PLAIN};
    for (size_t i = 0; i < sizeof SPECIAL / sizeof SPECIAL[0]; i++) {
        if (strcmp(SPECIAL[i].field, field->name) == 0 &&
            strcmp(SPECIAL[i].message, message->short_name) == 0) {
            set_name(&out, SPECIAL[i].name, 0);
            out.form = SPECIAL[i].form;
            return out;
        }
    }
    by_rule(&out, field);
    return out;
}

// Letters of a value's name that repeat the enum's: "TIMER_KIND_" of TimerKind.
static size_t prefix_size(const ProtobufCEnumDescriptor *descriptor)
{
    size_t size = 1;
    for (const char *at = descriptor->short_name; *at != '\0'; at++) {
        size += isupper((unsigned char)*at) != 0 && at != descriptor->short_name ? 2 : 1;
    }
    return size;
}

static const char *short_value(const ProtobufCEnumDescriptor *descriptor,
                               const ProtobufCEnumValue *value)
{
    size_t prefix = prefix_size(descriptor);
    assert(strlen(value->name) > prefix);
    return value->name + prefix;
}

char *json_enum_name(const ProtobufCEnumDescriptor *descriptor, int value,
                     char text[JSON_NAME_SIZE])
{
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value(descriptor, value);
    if (found == NULL) {
        int size = snprintf(text, JSON_NAME_SIZE, "#%d", value);
        assert(size > 0 && size < JSON_NAME_SIZE);
        return text;
    }
    const char *name = short_value(descriptor, found);
    size_t size = strlen(name);
    assert(size < JSON_NAME_SIZE);
    memcpy(text, name, size + 1);
    for (size_t i = 0; i < sizeof LOWER / sizeof LOWER[0]; i++) {
        if (strcmp(LOWER[i], descriptor->short_name) == 0) {
            for (size_t j = 0; j < size; j++) {
                text[j] = (char)tolower((unsigned char)text[j]);
            }
        }
    }
    return text;
}

bool json_enum_is_unset(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *found =
        protobuf_c_enum_descriptor_get_value(descriptor, value);
    return value == 0 && found != NULL &&
           strcmp(short_value(descriptor, found), "UNSPECIFIED") == 0;
}

bool json_enum_find(const ProtobufCEnumDescriptor *descriptor, const char *name, int *value)
{
    for (unsigned i = 0; i < descriptor->n_values; i++) {
        const ProtobufCEnumValue *candidate = &descriptor->values[i];
        if (strcasecmp(short_value(descriptor, candidate), name) == 0 &&
            !json_enum_is_unset(descriptor, candidate->value)) {
            *value = candidate->value;
            return true;
        }
    }
    return false;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned json_distance(const char *a, const char *b)
{
    size_t b_size = strlen(b);
    if (strlen(a) >= JSON_NAME_SIZE || b_size >= JSON_NAME_SIZE) {
        return FAR_AWAY;
    }
    unsigned row[JSON_NAME_SIZE];
    for (unsigned j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_size; j++) {
            bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
            unsigned changed = diagonal + (same ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = least(changed, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[b_size];
}

size_t json_element_size(const ProtobufCFieldDescriptor *field)
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
