/* codec.c: envelopes to and from bytes, and the header that repeats what filters need. */
#include "proto/codec.h"

#include <assert.h>

#include "proto/id.h"
#include "proto/limits.h"
#include "proto/org.h"
#include "proto/vocab.h"
#include "proto/wire.h"

enum status codec_unpack(struct bytes wire, struct arena *arena, Sanji__Envelope **envelope)
{
    assert(envelope != NULL);
    ProtobufCMessage *message = NULL;
    enum status status = wire_unpack(&sanji__envelope__descriptor, wire, arena, &message);
    if (status != STATUS_OK) {
        return status;
    }
    Sanji__Envelope *unpacked = (Sanji__Envelope *)message;
    if (unpacked->schema_version != SCHEMA_VERSION) {
        return STATUS_BAD_VERSION;
    }
    *envelope = unpacked;
    return STATUS_OK;
}

size_t codec_pack(const Sanji__Envelope *envelope, uint8_t *out, size_t room)
{
    assert(envelope != NULL);
    assert(out != NULL);
    size_t size = protobuf_c_message_get_packed_size(&envelope->base);
    if (size > room || size > RECORD_SIZE_MAX) {
        return 0;
    }
    size_t written = protobuf_c_message_pack(&envelope->base, out);
    assert(written == size);
    return size;
}

// An empty text is no path: packed 0.
static enum status read_path(const char *text, uint32_t *packed)
{
    struct org_path path = {.place = 0, .packed = 0};
    if (text[0] != '\0') {
        enum status status = org_parse(text, &path);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *packed = path.packed;
    return STATUS_OK;
}

static enum status read_names(const Sanji__Envelope *envelope, struct record_header *header)
{
    uint32_t place = 0;
    header->case_key = 0;
    enum status status = STATUS_OK;
    if (envelope->case_no[0] != '\0') {
        status = id_case_parse(envelope->case_no, &place, &header->case_key);
    }
    if (status == STATUS_OK) {
        status = read_path(envelope->area, &header->area);
    }
    if (status == STATUS_OK) {
        status = read_path(envelope->holder, &header->holder);
    }
    if (status == STATUS_OK) {
        status = id_worker_parse(envelope->worker, &header->worker);
    }
    if (status == STATUS_OK) {
        status = id_team_parse(envelope->team, &header->team);
    }
    return status;
}

static uint8_t flags_of(const Sanji__Envelope *envelope)
{
    unsigned flags = 0;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        flags |= RECORD_FACT;
    }
    if (envelope->sensitivity == SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED) {
        flags |= RECORD_RESTRICTED;
    }
    if (envelope->status == SANJI__MSG_STATUS__MSG_STATUS_EXERCISE) {
        flags |= RECORD_EXERCISE;
    }
    if (envelope->status == SANJI__MSG_STATUS__MSG_STATUS_TEST) {
        flags |= RECORD_TEST;
    }
    return (uint8_t)flags;
}

// An author's own enums never went through wire_unpack.
static bool has_known_enums(const Sanji__Envelope *envelope)
{
    return (unsigned)envelope->severity <= SEVERITY_S4 &&
           (unsigned)envelope->tier <= TIER_MUNICIPAL &&
           (unsigned)envelope->state_after < STATE_COUNT;
}

enum status codec_header(const Sanji__Envelope *envelope, struct bytes packed,
                         struct record_header *header)
{
    assert(envelope != NULL);
    assert(packed.data != NULL && packed.size > 0);
    assert(header != NULL);
    struct record_header made = *header; // keeps what the broker stamps
    if (envelope->body_case == SANJI__ENVELOPE__BODY__NOT_SET ||
        !has_known_enums(envelope)) {
        return STATUS_INVALID;
    }
    enum status status = read_names(envelope, &made);
    if (status != STATUS_OK) {
        return status;
    }
    assert((unsigned)envelope->body_case <= UINT8_MAX);
    made.type = (uint8_t)envelope->body_case;
    made.flags = flags_of(envelope);
    made.severity = (uint8_t)envelope->severity;
    made.tier = (uint8_t)envelope->tier;
    made.state = (uint8_t)envelope->state_after;
    made.cause_seq = envelope->cause_seq;
    made.source = id_source(envelope->source_system);
    made.crc = crc32c(0, packed.data, packed.size);
    made.spare = 0;
    *header = made;
    return STATUS_OK;
}
