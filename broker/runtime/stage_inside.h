/* stage_inside.h: what stage.c (messages) and stage_turn.c (decisions) share. Nobody else
 * includes it. */
#ifndef RUNTIME_STAGE_INSIDE_H
#define RUNTIME_STAGE_INSIDE_H

#include "broker/runtime/inbox.h"
#include "broker/runtime/stage.h"
#include "broker/runtime/stagecache.h"
#include "proto/arena.h"

enum {
    STAGE_RULES_KINDS = SANJI__RULES_KIND__RULES_KIND_LABELS + 1
};

enum flight {
    FLIGHT_NONE = 0,
    FLIGHT_DECIDE, /* inputs, timers, wakes */
    FLIGHT_DOOR,
    FLIGHT_CURSOR /* count 0 */
};

struct stage {
    const struct stage_ops *ops;
    void *context;
    const struct stage_port *port;
    void *port_context;
    struct world *world;
    struct turn *turn;
    struct arena *arena; /* one envelope being read */

    /* Newest record handed in. Behind what the world has folded while records that the cache
     * had folded are read again, for their decisions; else the same. */
    uint64_t received;
    uint64_t read_count;      /* records handed in by this process */
    struct stagecache *cache; /* NULL: none */
    uint32_t folded_crc;      /* of the newest record folded */
    uint32_t
        kept_versions[STAGE_RULES_KINDS]; /* of the rules, as they stand in the cache */

    /* session */
    uint64_t log_id; /* 0: no Welcome yet */
    bool is_up;
    bool is_driven;
    uint32_t epoch;
    uint64_t batch_no;   /* of the last append that was committed */
    uint64_t row_cursor; /* as the broker has it */
    uint64_t must_read;  /* no turn before this was read */
    bool is_caught_up;   /* after the newest Welcome */
    bool was_caught_up;  /* ever */
    bool is_paused;
    uint64_t head_known;

    /* inputs */
    struct inbox inbox;
    uint64_t cursor;        /* last input decided, as far as this process knows */
    uint64_t credited_upto; /* inputs up to here cost no credit any more */
    uint32_t inputs_max;

    /* time */
    int64_t recorded_ms; /* stamp of the newest record read */
    bool has_tick;
    bool is_ticked; /* the newest Tick was worked off */
    bool after_restart;
    int64_t tick_ms;
    uint64_t tick_head;
    bool is_advancing; /* the newest Tick had `turn` */
    bool has_turn;
    bool owes_idle;
    uint64_t idle_read;
    int64_t cursor_saved_ms;

    /* the append in flight */
    enum flight flight;
    uint64_t flight_cursor;
    uint32_t flight_count;
    bool door_was_last;
    bool owes_wake; /* a wake's append is in flight or was refused */
};

int64_t stage_now_ms(const struct stage *stage);

/* ---- stage_cache.c ---- */

/* A record that the cache had folded.
 * Fails: AHEAD, IO: the log has another one there; the cache was dropped (IO: could not be
 *        removed), and the world of this process is worth nothing. */
MUST_CHECK enum status stage_check_cached(struct stage *stage, const struct record *record);

/* ---- stage_turn.c ---- */

bool stage_has_due(struct stage *stage);
bool stage_wants_decide(struct stage *stage);
void stage_take_decide_turn(struct stage *stage);
void stage_take_door_turn(struct stage *stage);
void stage_save_cursor(struct stage *stage);
/* Inputs up to `seq` are decided: dropped, their credit returned. */
void stage_drop_inputs(struct stage *stage, uint64_t seq);

#endif
