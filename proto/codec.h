/* codec.h: envelopes to and from bytes. With vocab.h, what the rest sees of the generated code.
 *
 * Records keep the envelope's bytes as received; nothing here ever re-encodes a stored one.
 */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/arena.h"
#include "proto/bytes.h"
#include "proto/record.h"
#include "proto/status.h"

/* Fails: as wire_unpack; BAD_VERSION without schema_version 1. A body of a type that this
 *        version does not know gives OK and body_case NOT_SET. */
MUST_CHECK enum status codec_unpack(struct bytes wire, struct arena *arena,
                                    Sanji__Envelope **envelope);

/* Packs into `out`. Returns the size, or 0 when it is above `room` or RECORD_SIZE_MAX. */
size_t codec_pack(const Sanji__Envelope *envelope, uint8_t *out, size_t room);

/* Fills the author's part of a header from an envelope and its packed bytes: every field
 * but recorded_at_ms and writer. Used by authors, and by audit to compare.
 * Fails: INVALID when case_no, a path, worker or team is not well-formed, or no body. */
MUST_CHECK enum status codec_header(const Sanji__Envelope *envelope, struct bytes packed,
                                    struct record_header *header);

#endif
