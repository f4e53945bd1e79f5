/* own.h: the records that the log keeper writes itself: LogOpened and ClockMoved. */
#ifndef BROKER_OWN_H
#define BROKER_OWN_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct keeper;

/* A new session of the writer "broker" and LogOpened, as a batch's first items. */
void own_log_opened(const struct keeper *keeper, struct batch *batch);
void own_clock_moved(const struct keeper *keeper, struct batch *batch, int64_t to_ms,
                     bool by_advance);

#endif
