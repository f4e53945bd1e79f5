/* json_read.c: one line of JSON -> a message in an arena, strictly.
 *
 *     bytes --jansson--> tree --descriptors--> message
 *
 * Nothing is skipped: each key must be a field, each value must fit it. What is refused is
 * named by its path ("place.grid", "evidence[2].sha256"), never by its text, unless the text
 * should have been one word of a short list or a time.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/json.h"
#include "broker/runtime/json_value.h"
#include "proto/limits.h"

static enum status read_message(struct json_reader *reader, json_t *object,
                                ProtobufCMessage *message);

// ---- messages ----

static enum status read_inner(struct json_reader *reader, json_t *value,
                              const struct json_slot *slot)
{
    const ProtobufCMessageDescriptor *descriptor = slot->field->descriptor;
    if (slot->as.form == JSON_SEALED) {
        return json_refuse(reader, "a sealed text is made by intake alone");
    }
    if (!json_is_object(value)) {
        return json_refuse_kind(reader, value, "an object");
    }
    ProtobufCMessage *inner = arena_take(reader->arena, descriptor->sizeof_message);
    if (inner == NULL) {
        return json_refuse_size(reader);
    }
    descriptor->message_init(inner);
    enum status status = read_message(reader, value, inner);
    if (status == STATUS_OK) {
        *(ProtobufCMessage **)slot->member = inner;
    }
    return status;
}

static enum status read_one(struct json_reader *reader, json_t *value,
                            const struct json_slot *slot)
{
    return slot->field->type == PROTOBUF_C_TYPE_MESSAGE
               ? read_inner(reader, value, slot)
               : json_value_read(reader, value, slot);
}

static enum status read_list(struct json_reader *reader, json_t *value,
                             struct json_slot slot, ProtobufCMessage *message)
{
    if (!json_is_array(value)) {
        return json_refuse_kind(reader, value, "a list");
    }
    size_t count = json_array_size(value);
    size_t size = json_element_size(slot.field);
    char *elements = arena_take(reader->arena, count * size + 1);
    if (elements == NULL) {
        return json_refuse_size(reader);
    }
    void **list = slot.member;
    for (size_t i = 0; i < count; i++) {
        char place[24];
        int written = snprintf(place, sizeof place, "[%zu]", i);
        assert(written > 0);
        size_t before = json_enter(reader, place);
        slot.member = elements + i * size;
        enum status status = read_one(reader, json_array_get(value, i), &slot);
        if (status != STATUS_OK) {
            return status;
        }
        json_leave(reader, before);
    }
    void *quantifier = (char *)message + slot.field->quantifier_offset;
    *(size_t *)quantifier = count;
    *list = elements;
    return STATUS_OK;
}

static enum status read_field(struct json_reader *reader, json_t *value,
                              const ProtobufCFieldDescriptor *field, struct json_field as,
                              ProtobufCMessage *message)
{
    struct json_slot slot = {
        .field = field, .as = as, .member = (char *)message + field->offset};
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read_list(reader, value, slot, message);
    }
    if ((field->flags & (uint32_t)PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        void *chosen = (char *)message + field->quantifier_offset;
        if (*(int *)chosen != 0) {
            return json_refuse(reader, "only one body can be given");
        }
        *(int *)chosen = (int)field->id;
    }
    return read_one(reader, value, &slot);
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
        // "reason" means reason_code rather than "passed".
        bool is_begun = key[0] != '\0' && strncmp(as.name, key, strlen(key)) == 0;
        unsigned found = is_begun ? 1 : json_distance(as.name, key);
        if (as.form != JSON_HIDDEN && found < *distance) {
            *distance = found;
            memcpy(best, as.name, JSON_NAME_SIZE);
        }
    }
}

static enum status refuse_key(struct json_reader *reader,
                              const ProtobufCMessageDescriptor *descriptor, const char *key)
{
    unsigned distance = UINT32_MAX;
    char best[JSON_NAME_SIZE] = "";
    nearest_field(descriptor, key, &distance, best);
    json_expect(reader, "%s", best);
    return json_refuse(reader, "no such field");
}

// The message that stands flat in `message`, made at its first field.
static ProtobufCMessage *flat_message(struct json_reader *reader, ProtobufCMessage *message,
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

static enum status read_message(struct json_reader *reader, json_t *object,
                                ProtobufCMessage *message)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        size_t before = json_enter(reader, key[0] == '\0' ? "\"\"" : key);
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
            return json_refuse_size(reader);
        }
        enum status status = read_field(reader, value, field, as, target);
        if (status != STATUS_OK) {
            return status;
        }
        json_leave(reader, before);
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

static enum status refuse_syntax(struct json_reader *reader, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        name_duplicate(reader->fault, error->text);
        return json_refuse(reader, "the key stands twice");
    case json_error_invalid_utf8:
        json_expect(reader, "UTF-8");
        return json_refuse(reader, "not UTF-8 at byte %d", error->position);
    case json_error_numeric_overflow:
        json_expect(reader, "at most 9223372036854775807");
        return json_refuse(reader, "a number out of range at byte %d", error->position);
    case json_error_stack_overflow:
        return json_refuse(reader, "nested too deep at byte %d", error->position);
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return json_refuse(reader, "a NUL in a text at byte %d", error->position);
    case json_error_end_of_input_expected:
        json_expect(reader, "one object a line");
        return json_refuse(reader, "something follows the object at byte %d",
                           error->position);
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
    json_expect(reader, "one JSON object a line");
    return json_refuse(reader, "not JSON at byte %d", error->position);
}

enum status json_read(const ProtobufCMessageDescriptor *descriptor, struct bytes line,
                      struct arena *arena, ProtobufCMessage **message,
                      struct json_fault *fault)
{
    assert(descriptor != NULL);
    assert(message != NULL);
    assert(fault != NULL);
    *fault = (struct json_fault){.status = STATUS_OK};
    struct json_reader reader = {.arena = arena, .fault = fault, .path_size = 0};
    if (line.size > JSON_LINE_SIZE_MAX) {
        json_expect(&reader, "at most %d bytes", JSON_LINE_SIZE_MAX);
        // The status is what counts here; refuse always gives INVALID.
        (void)json_refuse(&reader, "a line of %zu bytes", line.size);
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
        status = json_refuse_size(&reader);
    } else if (!json_is_object(root)) {
        status = json_refuse_kind(&reader, root, "one JSON object a line");
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
