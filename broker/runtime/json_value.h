/* json_value.h: reads single values of JSON into members of a message, and keeps the path
 * that a refusal names. For json_read.c alone. */
#ifndef RUNTIME_JSON_VALUE_H
#define RUNTIME_JSON_VALUE_H

#include <stddef.h>

#include "broker/runtime/json.h"
#include "broker/runtime/json_field.h"

struct json_reader {
    struct arena *arena;
    struct json_fault *fault; /* fault->field holds the path while reading */
    size_t path_size;
};

/* A place that takes one value. */
struct json_slot {
    const ProtobufCFieldDescriptor *field;
    struct json_field as;
    void *member;
};

/* Fills the fault's reason; the path is there already. Always INVALID. Too long is cut. */
enum status json_refuse(struct json_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What would have been right. Too long is cut. */
void json_expect(struct json_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum status json_refuse_kind(struct json_reader *reader, const json_t *value,
                             const char *expected);
/* The arena is exhausted: TOO_LARGE. */
enum status json_refuse_size(struct json_reader *reader);

/* Steps into a field or "[2]"; what it returns is given back to json_leave. */
size_t json_enter(struct json_reader *reader, const char *name);
void json_leave(struct json_reader *reader, size_t before);

/* Reads one value, not a list and not an object.
 * Fails: INVALID, TOO_LARGE, with the fault filled. */
MUST_CHECK enum status json_value_read(struct json_reader *reader, json_t *value,
                                       const struct json_slot *slot);

#endif
