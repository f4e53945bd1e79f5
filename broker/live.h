/* live.h: the feed for a plain SUB: lossy by nature, numbered, stubs for restricted cases.
 *
 *     [topic] [seq u64 | recorded_at_ms i64, both big-endian] [envelope as stored]
 *     ["!welcome." | head u64 | now_ms i64 | broker epoch u32, big-endian]   one frame
 *
 * A view (the topic's first letter, topic.h) is published only while somebody subscribes to
 * something in it; "" asks for all of them. The welcome reaches a subscriber of a prefix of
 * "!welcome." when it connects. A restricted record has an empty third frame.
 */
#ifndef BROKER_LIVE_H
#define BROKER_LIVE_H

#include <stdint.h>

#include "proto/status.h"

struct batch;
struct keeper;
struct live;

enum {
    LIVE_HWM = 10000 /* messages for one slow subscriber; what is above is dropped for it */
};

/* Fails: as socket_bind. */
MUST_CHECK enum status live_open(struct keeper *keeper, const char *endpoint,
                                 struct fault *fault);
void live_close(struct keeper *keeper);

/* Publishes the records of a committed batch. */
void live_publish(struct keeper *keeper, const struct batch *batch);

#endif
