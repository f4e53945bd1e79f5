/* morning.h: where `sanji demo --stay` leaves the clock: people are at work. */
#ifndef SANJI_MORNING_H
#define SANJI_MORNING_H

#include <stdint.h>

#include "broker/runtime/rules.h"

/* 09:30 of the first working day by the calendar, not before `now`. */
int64_t morning_next_ms(const struct rules *rules, int64_t now_ms);

#endif
