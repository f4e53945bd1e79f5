/* town.h: the whole line in one process: intake with its door and key store, escalation,
 * dispatch, audit, the casebook, and people who answer, over the log in memory.
 *
 *     plan -> people (workers/sanji/script.h) -> letters -> the door -> intake -> log -> ...
 *                 ^------------------ committed records ---------------------------'
 *
 * A letter is a DoorRequest with one item, sent again until it is answered; the seed says when
 * it arrives, whether it arrives twice, and which process dies or loses its session at which
 * step. The rules are those of deploy/.
 */
#ifndef TESTS_SIM_TOWN_H
#define TESTS_SIM_TOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "door.pb-c.h"
#include "proto/id.h"
#include "tests/sim/simlog.h"
#include "workers/sanji/plan.h"

enum town_process {
    TOWN_INTAKE,
    TOWN_ESCALATION,
    TOWN_DISPATCH,
    TOWN_AUDIT,
    TOWN_CASEBOOK,
    TOWN_PEOPLE,
    TOWN_PROCESSES
};

struct town_options {
    uint64_t seed;           /* what moves when, what dies */
    uint64_t plan_seed;      /* what is reported; 0: seed */
    size_t cases;            /* of y-mini's plan, moved together into two days */
    uint32_t kills_permille; /* of 100,000 steps: a process dies, all but the people */
    uint32_t cuts_permille;  /* of 100,000 steps: a session ends */
    uint32_t twice_permille; /* letters that arrive a second time */
    uint32_t busy_permille;  /* appends answered BUSY */
    uint32_t noise_permille; /* of 10,000 steps: somebody says or submits anything at all */
    uint32_t noise_letters;  /* at most so many */
    bool letters_in_order;   /* they arrive as they were sent */
};

/* What came back for one letter. */
struct town_receipt {
    Sanji__Outcome outcome;
    uint64_t seq;
    char case_no[CASE_NO_SIZE];
    bool duplicate;
    char field[64];
    char fields[128]; /* of a conflict: the groups, joined by spaces */
};

struct town;

struct town *town_new(const struct town_options *options);
void town_free(struct town **town);

/* Driven time until every planned case is final, or for so many days where there is noise.
 * False: it hangs, or some case is not final. */
bool town_play(struct town *town, unsigned days);
/* The same in free time: it moves on while work is under way, so stages decide beside each
 * other and late, and meet each other's decisions. */
bool town_play_freely(struct town *town, unsigned days);
/* Driven time for so many minutes. False: it hangs. */
bool town_pass(struct town *town, unsigned minutes);

/* Puts a letter in the post. Returns its number. */
size_t town_submit(struct town *town, const Sanji__Submission *submissions, size_t count);
size_t town_say(struct town *town, const Sanji__Statement *statement);
size_t town_say_many(struct town *town, Sanji__Statement **statements, size_t count);
/* Burns every letter; all are answered. Numbers begin anew. */
void town_clear_post(struct town *town);
/* Puts it before the door now, whatever waits. */
void town_deliver(struct town *town, size_t number);
/* NULL: not answered. */
const struct town_receipt *town_receipt(const struct town *town, size_t number,
                                        size_t item);
size_t town_letters(const struct town *town);
size_t town_letter_items(const struct town *town, size_t number);
size_t town_unanswered(const struct town *town);

void town_kill(struct town *town, enum town_process process);
void town_cut(struct town *town, enum town_process process);

struct simlog *town_log(struct town *town);
struct world *town_world(struct town *town, enum town_process process);
/* Answers that a second delivery contradicted. */
size_t town_contradictions(const struct town *town);
/* The last of them in words. */
const char *town_contradiction(const struct town *town);
size_t town_kills(const struct town *town);

/* The newest record of this type; 0: none. */
uint64_t town_newest(struct town *town, unsigned event_type);
size_t town_count(struct town *town, unsigned event_type);

#endif
