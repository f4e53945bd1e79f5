/* json.h: messages to and from JSON, by protobuf-c's descriptors (records.md 5).
 *
 *     names as in proto/; enums without their prefix, case ignored on input; x_ms of a point
 *     in time is "x", RFC 3339; bytes are base64, sha256 and *_hmac hex; lat_e6 is "lat" in
 *     degrees; fields without a value are left out; Sealed shows {"sealed":true,"key_no":7,
 *     "bytes":84}; 64-bit numbers are JSON numbers.
 *
 * Input is strict: an unknown field, a duplicate key, a number out of range, a wrong type is
 * refused with the path of the field, what was found and what was expected.
 */
#ifndef RUNTIME_JSON_H
#define RUNTIME_JSON_H

#include <jansson.h>

#include <protobuf-c/protobuf-c.h>

#include "proto/arena.h"
#include "proto/bytes.h"
#include "proto/record.h"
#include "proto/status.h"

struct json_fault {
    enum status status;
    char field[96];
    char reason[200];
    char expected[200];
};

/* One line -> message in the arena. A Statement takes the fields of StatementFields beside
 * its own. Fails: INVALID with *fault, TOO_LARGE (line over JSON_LINE_SIZE_MAX). */
MUST_CHECK enum status json_read(const ProtobufCMessageDescriptor *descriptor,
                                 struct bytes line, struct arena *arena,
                                 ProtobufCMessage **message, struct json_fault *fault);

/* Owns: the caller releases the value with json_decref. Never NULL. */
json_t *json_write(const ProtobufCMessage *message);

/* A record as `sanji tail -o ndjson` prints it. `writer` is the writer's name. A type that
 * this version does not know: "type":"#117" and "raw". Never NULL. */
json_t *json_event(const struct record *record, uint32_t place, struct arena *arena);

/* The value as one line without a line end, numbers with at most 15 digits.
 * Owns: the caller frees the text. Never NULL. */
char *json_line(const json_t *value);

#endif
