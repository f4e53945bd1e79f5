/* model_table.h: the tables of domain.md 4.2 and 4.3 with the corrections of records.md 3,
 * as data: what model.c judges records by. */
#ifndef TESTS_SIM_MODEL_TABLE_H
#define TESTS_SIM_MODEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/vocab.h"

/* One row of the table of transitions. Masks are 1 << number. */
struct model_move {
    unsigned id;   /* 1..32 */
    uint32_t from; /* states; bit 0: no case */
    enum case_state to;
    unsigned first; /* the event that stands right before; 0: none */
    unsigned event; /* the event that moves the case */
    enum owner writer;
    uint32_t actors;      /* roles */
    uint32_t arms, stops; /* timers: "+X", "-X" */
};

/* One row of the table of events that leave the state alone. */
struct model_side {
    unsigned event;
    uint32_t states;
};

extern const struct model_move model_moves[];
extern const size_t model_moves_count;
extern const struct model_side model_sides[];
extern const size_t model_sides_count;
extern const uint32_t model_must_have[STATE_COUNT];

#endif
