/* own.c: packs an envelope and puts it into a batch like anybody's. */
#include "broker/own.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/batch.h"
#include "broker/keeper.h"
#include "proto/codec.h"
#include "proto/vocab.h"

enum {
    OWN_SIZE_MAX = 256 // bytes of an envelope
};

// The broker is the first writer of every log.
static const uint16_t own_writer = 0;

static void add(struct batch *batch, Sanji__Envelope *envelope)
{
    uint8_t packed[OWN_SIZE_MAX];
    struct record_header header = {0};
    Sanji__Actor actor = SANJI__ACTOR__INIT;
    actor.role = SANJI__ROLE__ROLE_SYSTEM;
    envelope->actor = &actor;
    envelope->schema_version = SCHEMA_VERSION;
    struct bytes wire = {.data = packed,
                         .size = codec_pack(envelope, packed, sizeof(packed))};
    assert(wire.size != 0);
    enum status status = codec_header(envelope, wire, &header);
    assert(status == STATUS_OK);
    envelope->actor = NULL; // lives here only

    struct batch_item *item = batch_add(batch, BATCH_APPEND);
    item->writer = own_writer;
    item->append.own = malloc(RECORD_FRAME_SIZE + wire.size);
    assert(item->append.own != NULL);
    size_t size = record_write(item->append.own, 0, &header, wire);
    item->append.asked.packed = (struct bytes){.data = item->append.own, .size = size};
    item->append.asked.head.count = 1;
    batch_hold(batch, size);
}

void own_log_opened(const struct keeper *keeper, struct batch *batch)
{
    struct batch_item *hello = batch_add(batch, BATCH_HELLO);
    int size = snprintf(hello->row.name, sizeof(hello->row.name), "%s",
                        vocab_owner_name(OWNER_BROKER));
    assert(size > 0);
    Sanji__LogOpened opened = SANJI__LOG_OPENED__INIT;
    opened.log_id = keeper->log_id;
    opened.broker_epoch = keeper->broker_epoch;
    opened.format = LOG_FORMAT_VERSION;
    opened.driven = keeper->clock.is_driven;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    envelope.body_case = SANJI__ENVELOPE__BODY_LOG_OPENED;
    envelope.log_opened = &opened;
    add(batch, &envelope);
}

void own_clock_moved(const struct keeper *keeper, struct batch *batch, int64_t to_ms,
                     bool by_advance)
{
    Sanji__ClockMoved moved = SANJI__CLOCK_MOVED__INIT;
    moved.to_ms = to_ms;
    moved.rate = keeper->clock.rate;
    moved.by_advance = by_advance;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    envelope.body_case = SANJI__ENVELOPE__BODY_CLOCK_MOVED;
    envelope.clock_moved = &moved;
    add(batch, &envelope);
}
