/* receipt.h: an answer of the door as one line (records.md 5), and what it counts as. */
#ifndef SANJI_RECEIPT_H
#define SANJI_RECEIPT_H

#include <stdint.h>

#include <jansson.h>

#include "broker/runtime/json.h"
#include "door.pb-c.h"

/* What lines came to: the exit code is made of these. */
struct receipt_counts {
    uint64_t stored; /* duplicates are stored */
    uint64_t rejected;
    uint64_t unreachable; /* also without room: the same line may be taken later */
    uint64_t pending;     /* stored, no decision in the time given */
};

/* {"line":1,"outcome":"stored",...}. Owns: the caller releases it. */
json_t *receipt_json(uint64_t line, const Sanji__Receipt *receipt);
/* The same for a line that never left. */
json_t *receipt_invalid_json(uint64_t line, const struct json_fault *fault);

void receipt_count(struct receipt_counts *counts, Sanji__Outcome outcome);
/* 0 all stored, 7 any rejected, else 6 any unreachable, else 124 any pending. */
int receipt_exit(const struct receipt_counts *counts);

/* One row for people: line, outcome, case, seq, state, what was wrong. */
void receipt_print_row(json_t *receipt);

#endif
