/* simlog.h: the log keeper in memory, with any number of stages in one process and one seed.
 *
 *     simlog_join(sim, &intake_ops, &intake);        each is a process with its session
 *     simlog_settle(sim);                            until nothing moves
 *     simlog_advance(sim, to_ms);                    driven time, by turns
 *     simlog_cut / simlog_kill / simlog_start        sessions and processes end and come back
 *
 * Every step delivers one message, or lets one stage take one turn, or sends one reader some
 * records: which one, the seed says. So a run is repeated exactly, and many seeds try many
 * interleavings. What the broker promises holds here as in design.md 3 and 6: appends are
 * decided in order with the epoch, batch number, read_up_to and conflict checks; Hello passes
 * through the same queue; a Tick leaves after every record stamped <= its now.
 *
 * Each of these rules can be switched off, for tests which show that it is needed.
 */
#ifndef TESTS_SIM_SIMLOG_H
#define TESTS_SIM_SIMLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/stage.h"
#include "proto/record.h"

enum {
    SIMLOG_PARTICIPANTS_MAX = 10,
    SIMLOG_STEPS_MAX = 2000000 /* of one settle or advance: more is a hang */
};

struct simlog_options {
    uint64_t seed;
    int64_t now_ms;
    bool driven;
    uint32_t credit_records;  /* 0: 1000 */
    uint32_t message_records; /* of one RECORDS at most; 0: 8 */
    uint32_t busy_permille;   /* appends answered BUSY */

    /* Called before each step of an advance: faults, letters that arrive. With it, an advance
     * in which nothing moves waits for what it will do. May be NULL. */
    void (*before_step)(void *context);
    void *step_context;

    bool no_conflicts;    /* law 2 off: a later decision refuses nobody */
    bool no_fencing;      /* an old epoch may append */
    bool hello_overtakes; /* Welcome before the old session's appends are decided */
    bool tick_overtakes;  /* a Tick may pass records stamped before it */
    bool jumps_early;     /* time may jump before everybody is idle at the last instant */
};

struct simlog;

struct simlog *simlog_new(const struct simlog_options *options);
void simlog_free(struct simlog **sim);
struct simlog_options *simlog_options(struct simlog *sim); /* may be changed at any time */

/* Starts a process: a stage with a session, and a participant of every advance from now on.
 * Two of one name share its row, as two processes would. Returns its number. */
size_t simlog_join(struct simlog *sim, const struct stage_ops *ops, void *context);
/* The session ends; what was on its way to the broker arrives up to a point that the seed
 * picks, what was on its way back does not. A new session follows. */
void simlog_cut(struct simlog *sim, size_t participant);
/* The same, and the stage with all its state is gone. */
void simlog_kill(struct simlog *sim, size_t participant);
void simlog_start(struct simlog *sim, size_t participant, void *context);
/* Something was put in front of its door. */
void simlog_poke(struct simlog *sim, size_t participant);

struct stage *simlog_stage(struct simlog *sim, size_t participant);
/* What it died of; OK: it lives. */
enum status simlog_died(const struct simlog *sim, size_t participant);

/* Appends one record as the owner of its event, from nowhere: never refused. Returns seq. */
uint64_t simlog_put(struct simlog *sim, const Sanji__Envelope *envelope);

/* Free time: moves it and ticks everybody. */
void simlog_set_now(struct simlog *sim, int64_t now_ms);
/* One step. False: nothing can move. */
bool simlog_step(struct simlog *sim);
/* False: it does not end. */
bool simlog_settle(struct simlog *sim);
/* Driven time to to_ms, from due time to due time, by turns in order of joining. False: it
 * hangs; simlog_waiting_for says on whom. */
bool simlog_advance(struct simlog *sim, int64_t to_ms);
const char *simlog_waiting_for(const struct simlog *sim);

uint64_t simlog_head(const struct simlog *sim);
int64_t simlog_now_ms(const struct simlog *sim);
/* seq 1 .. head; as it stands in the log. */
const struct record *simlog_record(const struct simlog *sim, uint64_t seq);
/* Whoever wrote it had read everything before its append when he decided. */
bool simlog_is_newest(const struct simlog *sim, uint64_t seq);

struct simlog_counts {
    uint64_t appends, empty_appends, conflicts, busy, fenced, idles, ticks, deaths;
};
struct simlog_counts simlog_counts(const struct simlog *sim);

#endif
