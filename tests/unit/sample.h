/* sample.h: full messages of every kind, made from their descriptors, so that a new field is
 * in every test on the day it is added. */
#ifndef TESTS_UNIT_SAMPLE_H
#define TESTS_UNIT_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/arena.h"
#include "proto/bytes.h"

/* Field number of the n-th body of an envelope, 0 behind the last: for (n = 0; ...; n++). */
unsigned sample_body(unsigned n);

/* A message with a value in every field, two in every repeated one. Of a oneof the member
 * numbered `member` is set, or the first where it has no such member. Lives in the arena. */
ProtobufCMessage *sample_message(const ProtobufCMessageDescriptor *descriptor,
                                 unsigned member, struct arena *arena);

/* The same for an envelope, with a body of this type and well-formed names. */
Sanji__Envelope *sample_envelope(unsigned type, struct arena *arena);

/* Packed into the arena. */
struct bytes sample_pack(const ProtobufCMessage *message, struct arena *arena);

/* A copy of exactly this size on the heap, so that the sanitizer sees a read behind it. The
 * caller frees. */
uint8_t *sample_exact(const uint8_t *data, size_t size);

#endif
