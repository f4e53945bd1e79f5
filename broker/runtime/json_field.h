/* json_field.h: how a field of a message stands in JSON: its name there and its form.
 *
 *     most fields      the name of the proto, the value as it is
 *     by a rule        sfixed64 x_ms -> "x", RFC 3339     sint32 x_e6 -> "x" in degrees
 *                      sha256, *_hmac -> hex               other bytes -> base64
 *     by the table     what records.md 5 calls by another name (json_field.c, SPECIAL)
 *
 * Used by json_read.c and json_write.c, so both ways agree by construction.
 */
#ifndef RUNTIME_JSON_FIELD_H
#define RUNTIME_JSON_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

enum json_form {
    JSON_PLAIN,
    JSON_TIME,    /* milliseconds <-> RFC 3339 text */
    JSON_DEGREES, /* degrees * 1e6 <-> a number */
    JSON_HEX,
    JSON_BASE64,
    JSON_FILTERS, /* bits <-> list of the names of dispatch's hard filters */
    JSON_FLAT,    /* the fields of this message stand beside those of the one around it */
    JSON_SEALED,  /* shown as {"sealed":true,...}; cannot be given */
    JSON_HIDDEN   /* stands in every record and says nothing */
};

enum {
    JSON_NAME_SIZE = 48
};

struct json_field {
    char name[JSON_NAME_SIZE];
    enum json_form form;
};

struct json_field json_field_of(const ProtobufCMessageDescriptor *message,
                                const ProtobufCFieldDescriptor *field);

/* "IN_PROGRESS", "upstream_update": the value's name in JSON. `#7` for a number that the
 * enum lacks. Writes JSON_NAME_SIZE bytes. Returns text. */
char *json_enum_name(const ProtobufCEnumDescriptor *descriptor, int value,
                     char text[JSON_NAME_SIZE]);
/* True when the value with this number means "not set" and is no answer. */
bool json_enum_is_unset(const ProtobufCEnumDescriptor *descriptor, int value);
/* Case ignored. False: there is no such value. */
bool json_enum_find(const ProtobufCEnumDescriptor *descriptor, const char *name,
                    int *value);

/* Bytes that one value of the field takes in a message, and so one element of a list. */
size_t json_element_size(const ProtobufCFieldDescriptor *field);

/* How many letters must change to make one word of the other, case ignored: for "did you
 * mean". Words longer than JSON_NAME_SIZE count as far away (1000). */
unsigned json_distance(const char *a, const char *b);

#endif
