/* wire.h: looks at protobuf bytes before protobuf-c does.
 *
 * protobuf-c 1.4.1 has no recursion limit, turns 2-byte fields into 90 times the memory and
 * accepts any bytes as text. So nothing that came from a socket or a file is unpacked before
 * wire_check has passed it, against the descriptor of the message it should be.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct arena;

/* Walks the wire form against `descriptor`.
 * Fails: TOO_LARGE (> MESSAGE_SIZE_MAX or > WIRE_FIELDS_MAX fields), TOO_DEEP, MALFORMED
 *        (truncated, overlong varint, wrong wire type for a known field, group, field 0),
 *        BAD_UTF8 (a string field that is not UTF-8 or holds a NUL). Unknown fields pass. */
MUST_CHECK enum status wire_check(const ProtobufCMessageDescriptor *descriptor,
                                  struct bytes wire);

/* wire_check, then unpack into the arena; the message lives as long as the arena's content.
 * Fails: as wire_check; TOO_LARGE when the arena is exhausted; INVALID for an enum value
 *        that the descriptor does not have. */
MUST_CHECK enum status wire_unpack(const ProtobufCMessageDescriptor *descriptor,
                                   struct bytes wire, struct arena *arena,
                                   ProtobufCMessage **message);

/* True for well-formed UTF-8 without NUL. Source: RFC 3629 section 4. */
bool wire_is_utf8(struct bytes text);

#endif
