/* json_write.c: messages and records -> JSON, in the order of their field numbers.
 *
 * Fields that stand at their default are left out. Keys follow the proto, so a script that
 * reads one message can write it again.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "broker/runtime/json.h"
#include "broker/runtime/json_field.h"
#include "proto/codec.h"
#include "proto/id.h"
#include "proto/org.h"
#include "proto/time.h"
#include "proto/vocab.h"

enum {
    DIGITS_MAX = 15 // significant ones of a number with a fraction
};

// A value that jansson could not make means that the process has no memory.
static json_t *made(json_t *value)
{
    if (value == NULL) {
        abort();
    }
    return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, made(value)) != 0) {
        abort();
    }
}

static void push(json_t *list, json_t *value)
{
    if (json_array_append_new(list, made(value)) != 0) {
        abort();
    }
}

static json_t *write_u64(uint64_t number)
{
    if (number <= INT64_MAX) {
        return json_integer((json_int_t)number);
    }
    // Above what jansson's numbers hold; nothing but a log's random id can be so large.
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRIu64, number);
    assert(size > 0 && (size_t)size < sizeof text);
    return json_string(text);
}

static json_t *write_hex(ProtobufCBinaryData bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL) {
        abort();
    }
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = DIGITS[bytes.data[i] >> 4];
        text[2 * i + 1] = DIGITS[bytes.data[i] & 15];
    }
    text[2 * bytes.len] = '\0';
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *write_base64(const uint8_t *data, size_t size)
{
    assert(size <= INT_MAX / 2);
    unsigned char *text = malloc(4 * ((size + 2) / 3) + 1);
    if (text == NULL) {
        abort();
    }
    int written = size == 0 ? 0 : EVP_EncodeBlock(text, data, (int)size);
    text[written] = '\0';
    json_t *value = json_string((const char *)text);
    free(text);
    return value;
}

static json_t *write_filters(uint32_t bits)
{
    json_t *list = made(json_array());
    for (unsigned filter = 1; filter < FILTER_COUNT; filter++) {
        if ((bits & (UINT32_C(1) << (filter - 1))) != 0) {
            push(list, json_string(vocab_filter_name(filter)));
        }
    }
    return list;
}

static json_t *write_time(int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    return json_string(time_print(at_ms, text));
}

static json_t *write_sealed(const Sanji__Sealed *sealed)
{
    json_t *object = made(json_object());
    put(object, "sealed", json_true());
    put(object, "key_no", json_integer(sealed->key_no));
    put(object, "bytes", json_integer((json_int_t)sealed->box.len));
    return object;
}

static void write_fields(const ProtobufCMessage *message, json_t *object);

static json_t *write_message(const ProtobufCMessage *message, enum json_form form)
{
    if (form == JSON_SEALED) {
        const void *sealed = message;
        return write_sealed(sealed);
    }
    json_t *object = made(json_object());
    write_fields(message, object);
    return object;
}

static json_t *write_bytes(ProtobufCBinaryData bytes, enum json_form form)
{
    return form == JSON_HEX ? write_hex(bytes) : write_base64(bytes.data, bytes.len);
}

static json_t *write_enum(const ProtobufCEnumDescriptor *descriptor, int value)
{
    char text[JSON_NAME_SIZE];
    return json_string(json_enum_name(descriptor, value, text));
}

static json_t *write_i32(int32_t number, enum json_form form)
{
    return form == JSON_DEGREES ? json_real(number / 1e6) : json_integer(number);
}

static json_t *write_i64(int64_t number, enum json_form form)
{
    return form == JSON_TIME ? write_time(number) : json_integer(number);
}

static json_t *write_u32(uint32_t number, enum json_form form)
{
    return form == JSON_FILTERS ? write_filters(number) : json_integer(number);
}

static json_t *write_real(double number)
{
    json_t *value = json_real(number);
    return value == NULL ? json_null() : value; // not a number, infinite
}

static json_t *write_value(const ProtobufCFieldDescriptor *field, enum json_form form,
                           const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return write_i32(*(const int32_t *)member, form);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return write_u32(*(const uint32_t *)member, form);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return write_i64(*(const int64_t *)member, form);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return write_u64(*(const uint64_t *)member);
    case PROTOBUF_C_TYPE_FLOAT:
        return write_real((double)*(const float *)member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return write_real(*(const double *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)member);
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(field->descriptor, *(const int *)member);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(*(const ProtobufCBinaryData *)member, form);
    case PROTOBUF_C_TYPE_MESSAGE:
        return write_message(*(const ProtobufCMessage *const *)member, form);
    }
    return json_null();
}

static bool is_unset(const ProtobufCFieldDescriptor *field, const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        return *(const uint32_t *)member == 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const uint64_t *)member == 0;
    case PROTOBUF_C_TYPE_FLOAT:
        return !(*(const float *)member > 0) && !(*(const float *)member < 0);
    case PROTOBUF_C_TYPE_DOUBLE:
        return !(*(const double *)member > 0) && !(*(const double *)member < 0);
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)member == 0;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)member;
        return text == NULL || text[0] == '\0';
    }
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)member)->len == 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(const ProtobufCMessage *const *)member == NULL;
    }
    return true;
}

static void write_list(const ProtobufCFieldDescriptor *field, const struct json_field *as,
                       const ProtobufCMessage *message, json_t *object)
{
    const void *count_at = (const char *)message + field->quantifier_offset;
    size_t count = *(const size_t *)count_at;
    if (count == 0) {
        return;
    }
    const void *list_at = (const char *)message + field->offset;
    const char *elements = *(const char *const *)list_at;
    json_t *list = made(json_array());
    for (size_t i = 0; i < count; i++) {
        push(list, write_value(field, as->form, elements + i * json_element_size(field)));
    }
    put(object, as->name, list);
}

static void write_fields(const ProtobufCMessage *message, json_t *object)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        struct json_field as = json_field_of(descriptor, field);
        const void *member = (const char *)message + field->offset;
        if (as.form == JSON_HIDDEN) {
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            write_list(field, &as, message, object);
            continue;
        }
        bool is_choice = (field->flags & (uint32_t)PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        const void *chosen = (const char *)message + field->quantifier_offset;
        if (is_choice && *(const uint32_t *)chosen != field->id) {
            continue;
        }
        if (!is_choice && is_unset(field, member)) {
            continue;
        }
        if (as.form == JSON_FLAT) {
            const void *inner = *(const void *const *)member;
            write_fields(inner, object);
            continue;
        }
        put(object, as.name, write_value(field, as.form, member));
    }
}

json_t *json_write(const ProtobufCMessage *message)
{
    assert(message != NULL);
    return write_message(message, JSON_PLAIN);
}

char *json_line(const json_t *value)
{
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS_MAX));
    if (text == NULL) {
        abort();
    }
    return text;
}

// ---- records ----

// Whose record this is: each type has one writer, those that answer for others one a kind.
static enum owner author_of(unsigned type, const Sanji__Envelope *envelope)
{
    enum owner owner = vocab_event_owner(type);
    if (owner != OWNER_BY_KIND || envelope == NULL) {
        return owner == OWNER_BY_KIND ? OWNER_NONE : owner;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
        return vocab_timer_owner((unsigned)envelope->timer_fired->kind);
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_STATEMENT_REFUSED) {
        return vocab_statement_decider((unsigned)envelope->statement_refused->kind);
    }
    return OWNER_NONE;
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        put(object, key, json_string(text));
    }
}

// What every record has, from its header: it is there for records of any type.
static void put_header(json_t *event, const struct record_header *header, uint32_t place)
{
    char text[ORG_TEXT_SIZE > (int)CASE_NO_SIZE ? ORG_TEXT_SIZE : (int)CASE_NO_SIZE];
    put_text(event, "case_no", id_case_print(place, header->case_key, text));
    put_text(event, "state", vocab_state_name(header->state));
    if (header->severity != 0) {
        put(event, "severity", write_enum(&sanji__severity__descriptor, header->severity));
    }
    if (header->tier != 0) {
        put(event, "tier", write_enum(&sanji__tier__descriptor, header->tier));
    }
    if (header->area != 0 && place != 0) {
        put_text(event, "area", org_print((struct org_path){place, header->area}, text));
    }
    if (header->holder != 0 && place != 0) {
        put_text(event, "holder",
                 org_print((struct org_path){place, header->holder}, text));
    }
    put_text(event, "team", id_team_print(header->team, text));
    put_text(event, "worker", id_worker_print(header->worker, text));
    if (header->cause_seq != 0) {
        put(event, "cause_seq", write_u64(header->cause_seq));
    }
}

// The order in which people read an event; what is not named here follows behind it.
static const char *const ORDER[] = {
    "case_no", "version", "state",  "severity",      "category", "tier",      "area",
    "holder",  "team",    "worker", "source_system", "writer",   "cause_seq", "timers",
};

static void move_in_order(json_t *event, json_t *fields)
{
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        json_t *value = json_object_get(fields, ORDER[i]);
        if (value != NULL) {
            put(event, ORDER[i], json_incref(value));
            if (json_object_del(fields, ORDER[i]) != 0) {
                abort();
            }
        }
    }
    if (json_object_update(event, fields) != 0) {
        abort();
    }
}

json_t *json_event(const struct record *record, uint32_t place, struct arena *arena)
{
    assert(record != NULL);
    const struct record_header *header = &record->header;
    Sanji__Envelope *envelope = NULL;
    enum status status = codec_unpack(record->envelope, arena, &envelope);
    bool is_known = status == STATUS_OK &&
                    envelope->body_case != SANJI__ENVELOPE__BODY__NOT_SET &&
                    (unsigned)envelope->body_case == header->type;
    json_t *event = made(json_object());
    put(event, "seq", write_u64(record->seq));
    put(event, "recorded_at", write_time(header->recorded_at_ms));
    char number[8];
    int size = snprintf(number, sizeof number, "#%u", header->type);
    assert(size > 0 && (size_t)size < sizeof number);
    put(event, "type", json_string(is_known ? vocab_event_name(header->type) : number));

    json_t *fields = made(json_object());
    put_header(fields, header, place);
    if (status == STATUS_OK) {
        write_fields(&envelope->base, fields);
    }
    enum owner author = author_of(header->type, is_known ? envelope : NULL);
    put_text(fields, "writer", author == OWNER_NONE ? NULL : vocab_owner_name(author));
    if (!is_known) {
        put(fields, "raw", write_base64(record->envelope.data, record->envelope.size));
    }
    move_in_order(event, fields);
    json_decref(fields);
    return event;
}
