/* keeper.h: what the parts of the log keeper share.
 *
 *     front     messages in: Hello, Append, Follow, ...      -> filling batch, follows
 *     keeper    the turn: hand the batch over, take the last -> answer
 *     answer    what a committed batch's peers are told      -> reply
 *     follow    records out, as far as credit reaches
 *     ticker    ticks, and the turns of driven time
 *     live, admin   the other two endpoints
 *
 * Everything here belongs to the loop's thread; the batch in progress is the committer's.
 */
#ifndef BROKER_KEEPER_H
#define BROKER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/batch.h"
#include "broker/clock.h"
#include "broker/session.h"
#include "broker/turns.h"
#include "proto/arena.h"

struct admin;
struct commit;
struct committer;
struct follows;
struct live;
struct log;
struct loop;
struct loop_timer;
struct socket;

enum {
    KEEPER_BATCHES = 3,
    /* Messages queued for one peer: above the records that credit allows to be on their way,
     * and above a writer's window. */
    KEEPER_HWM = 2 * 128 * 1024
};

struct keeper_counts {
    uint64_t commits;
    uint64_t records;
    uint64_t refused;
};

struct keeper {
    struct loop *loop;
    struct log *log;
    const char *data_dir;
    uint64_t log_id;
    uint32_t broker_epoch;
    uint32_t place;
    uint64_t head; /* last committed that the loop knows of */
    bool allows_bench;
    bool is_store_full;
    int64_t silent_ms; /* a session not heard of for longer is over */

    struct socket *socket; /* the log endpoint */
    bool is_reading;
    bool is_draining;
    struct sessions *sessions;
    bool has_broken; /* sessions to end at the end of the turn */
    struct follows *follows;
    struct arena *arena; /* of the message in hand */

    struct commit *commit;
    struct committer *committer;
    struct batch batches[KEEPER_BATCHES];
    struct batch *filling;
    struct batch *committing; /* NULL: none; its stamp is the only field to look at */

    struct clock clock;
    struct turns turns;
    struct session *participants[TURNS_PARTICIPANTS_MAX];
    size_t ticker_count; /* sessions that wait for ticks */
    struct session *tickers[SESSIONS_MAX];
    struct loop_timer *tick_timer;
    struct loop_timer *beat; /* each 100 ms: silence, empty ranges, cold pages */
    int64_t beat_steady_ms;

    struct live *live;
    struct admin *admin;
    struct keeper_counts counts;
};

/* Begins the turn's work after `keeper` was filled and the endpoints are bound. */
void keeper_start(struct keeper *keeper);
/* Decides what was read, says Bye to everybody. The loop has ended. */
void keeper_stop(struct keeper *keeper);

struct instant keeper_instant(void);
int64_t keeper_now_ms(const struct keeper *keeper);
/* No append is on its way into the log. */
bool keeper_is_settled(const struct keeper *keeper);

/* From now on this session gets ticks; again: nothing happens. */
void keeper_add_ticker(struct keeper *keeper, struct session *session);

/* Ends a session: its follows, its place among the participants. `why`: static text for
 * diag. */
void keeper_end_session(struct keeper *keeper, struct session *session, const char *why);

#endif
