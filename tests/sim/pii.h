/* pii.h: looks for personal data in bytes: identity numbers, mobile numbers, bank cards,
 * plates. Written from records.md 6, not from the screen at the door. */
#ifndef TESTS_SIM_PII_H
#define TESTS_SIM_PII_H

#include <stddef.h>

#include "proto/bytes.h"

/* How many there are; `what` (may be NULL) names the last. */
size_t pii_count(struct bytes bytes, const char **what);

#endif
