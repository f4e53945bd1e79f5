/* voice.h: somebody who says anything at all: mostly what could be said of the case in hand,
 * often with one thing wrong, sometimes nonsense.
 *
 *     case (existing, foreign, none) -> kind -> role -> worker, desk -> fields -> statement
 *
 * Everything is drawn from the seed and from the world as it stands, so a run is repeated
 * exactly. Kinds come from proto/statement.c: what is not built yet is said as well.
 */
#ifndef TESTS_SIM_VOICE_H
#define TESTS_SIM_VOICE_H

#include "broker/runtime/world.h"
#include "door.pb-c.h"
#include "proto/arena.h"
#include "tests/sim/model.h"
#include "workers/sanji/random.h"

/* Personal data, to be planted: each has its pattern. */
#define VOICE_PHONE "13912345678"

struct voice {
    struct random *random;
    struct arena *arena; /* what is said lives there */
    struct world *world;
    const struct model *model;
    int64_t now_ms;
    uint64_t *serial; /* counts references */
    bool is_calm;     /* no case is urgent */
};

/* What a statement was meant to be, for whoever checks the receipt. */
struct voice_meant {
    bool is_foreign; /* no such case */
    bool has_pii;    /* in a clear field */
    bool is_repeat;  /* a reference used before, for something else */
};

Sanji__Statement *voice_statement(const struct voice *voice, struct voice_meant *meant);
Sanji__Submission *voice_submission(const struct voice *voice, struct voice_meant *meant);

#endif
