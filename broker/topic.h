/* topic.h: the first frame of the live feed: one text per view of a record.
 *
 *     a.370499.003.03.001.B03.2.02001.offr.   area       t.2.370499.003.03.001.000.2.offr.  tier
 *     m.TB03.W00007.2.offr.                   team       k.37049900320200815000007.offr.    case
 *     e.offr.2.370499.003.03.001.B03.         event
 *
 * A subscription matches a byte prefix and nothing else, so every segment has a fixed width
 * and ends with "."; what is unknown is zeros ("0000" for no team).
 *
 * Invariants
 *  1. A record stands in a view only where it has what the view is about: a. needs an area,
 *     t. a tier, m. a team or worker, k. a case; e. has every record.
 *  2. A restricted record shows as a stub: category 99000, committee and grid 000, worker
 *     W00000 in every view.
 *  3. No text that somebody outside chose stands in a topic.
 */
#ifndef BROKER_TOPIC_H
#define BROKER_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "event.pb-c.h"
#include "proto/record.h"

enum topic_view {
    TOPIC_AREA,
    TOPIC_TIER,
    TOPIC_TEAM,
    TOPIC_CASE,
    TOPIC_EVENT,
    TOPIC_VIEW_COUNT
};

enum {
    TOPIC_SIZE = 64 /* the longest topic, and its NUL */
};

/* The view that a subscription's first letter asks for; TOPIC_VIEW_COUNT: none of them. */
enum topic_view topic_view(char letter);

/* Writes the record's topic in this view. False: the record is not in it. */
bool topic_print(enum topic_view view, const struct record_header *header,
                 const Sanji__Envelope *envelope, char text[TOPIC_SIZE]);

#endif
