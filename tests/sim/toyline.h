/* toyline.h: small stages on the real lifecycle, joined to a simulated log.
 *
 *     wishes -> intake -> escalation -> dispatch, and a driver that answers offers
 *
 * They decide little, but as stages must: level-triggered, on the newest state. */
#ifndef TESTS_SIM_TOYLINE_H
#define TESTS_SIM_TOYLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/simlog.h"

enum {
    SAY_MAX = 4096
};

/* What the outside wants, which survives every process. */
struct wish {
    bool is_said;
    uint64_t case_key;
    uint64_t offer;
    uint32_t id; /* the identity of the submission or statement */
};

struct line {
    struct simlog *sim;
    size_t intake, escalation, dispatch, driver;
    bool has_driver;
    struct wish wishes[SAY_MAX];
    size_t wish_count, wish_done;
    uint32_t next_id;
    bool acks_late; /* the driver answers some offers after their time */
};

/* Its memory dies with the process. */
struct toy_intake {
    struct line *line;
    struct world *world;
    bool has[SAY_MAX]; /* identities in the log */
    size_t in_flight;
};

struct planned {
    int64_t at_ms;
    uint64_t case_key, offer;
};

struct toy_driver {
    struct line *line;
    struct planned plan[SAY_MAX];
    size_t planned, said;
};

struct toyline {
    struct line line;
    struct toy_intake intake;
    struct toy_driver driver;
};

struct findings {
    unsigned illegal;    /* records that cannot stand where they are */
    unsigned unanswered; /* statements with no answer or several */
    unsigned doubled;    /* identities that stand twice */
    unsigned missing;    /* cases without a timer they must have */
    unsigned died;       /* processes that gave up */
};

/* Escalation of every line, to join a second one. */
extern const struct stage_ops toyline_escalation;

/* When every line begins: a Friday, 10:00. */
int64_t toyline_start_ms(void);
/* A line with so many submissions waiting at its door. Owns: it, for toyline_close. */
struct toyline *toyline_open(struct simlog_options options, uint32_t cases,
                             bool has_driver);
void toyline_close(struct toyline *s);
/* Kills intake and starts one that remembers nothing. */
void toyline_restart_intake(struct toyline *s);

/* Walks the whole log. */
struct findings toyline_verify(struct simlog *sim);
/* Fails the test where toyline_verify finds anything. */
void toyline_check_sound(struct simlog *sim);
/* Records of a type in the log. */
unsigned toyline_count(struct simlog *sim, unsigned type);

#endif
