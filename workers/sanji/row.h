/* row.h: one record as a row for people, in Chinese, in Asia/Shanghai time. */
#ifndef SANJI_ROW_H
#define SANJI_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/record.h"

/* Prints a row on stdout. `envelope` NULL: it does not decode. */
void row_print(const struct record *record, const Sanji__Envelope *envelope, uint32_t place,
               bool has_color);

#endif
