/* story.h: one case told record by record: an event is begun, filled, and then stands or not.
 *
 *     struct story story = story_in_progress();
 *     Sanji__NoteAdded *body = story_begin(&story, EVENT_NOTE_ADDED);
 *     story_stands(&story);
 *
 * Nothing here but proto/: what is tested is case_fold alone. */
#ifndef TESTS_UNIT_STORY_H
#define TESTS_UNIT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/case.h"

#define CASE_NO     "37049900320200815000007"
#define OTHER_NO    "37049900320200815000008"
#define CASE_KEY    UINT64_C(20200815000007)
#define BASIC_GRID  "370499.003.01.001.B03"
#define COMMITTEE   "370499.003.01.001"
#define COMMUNITY   "370499.003.01"
#define SUBDISTRICT "370499.003"

enum {
    START_MS = 1000000,
    STEP_MS = 1000,
    TIMER_CHANGES_MAX = 20
};

struct story {
    struct kase kase;
    uint64_t seq;
    int64_t now_ms;
    struct record record; /* of the event being told */
    Sanji__Envelope envelope;
    Sanji__TimerChange changes[TIMER_CHANGES_MAX];
    Sanji__TimerChange *change_list[TIMER_CHANGES_MAX];
    Sanji__Actor actor;
    _Alignas(16) unsigned char body[512]; /* room for any of them */
};

/* At START_MS; no case yet. */
struct story story_new(void);
/* protobuf-c's strings are char *; the fold only reads them. */
char *story_text(const char *constant);

/* Begins an event of this type that leaves the case where it is; gives its fresh body. */
void *story_begin(struct story *story, unsigned type);
/* The event being told is a move. */
void story_to(struct story *story, enum case_state state);
/* The event being told changes a timer as well. */
void story_change(struct story *story, enum timer_kind kind, unsigned n, Sanji__TimerOp op,
                  int64_t due_ms);
void story_arm(struct story *story, enum timer_kind kind, int64_t after_ms);
void story_cancel(struct story *story, enum timer_kind kind);
/* The event as it was told so far, ended by nothing. */
enum status story_fold(struct story *story);
/* Ends the event: it stands. */
void story_stands(struct story *story);
/* Ends the event: it cannot stand, and nothing has changed. */
void story_cannot_stand(struct story *story);

/* The events of the straight line, each with the timers that its author sets; they stand. */
void story_receive(struct story *story);
void story_accept(struct story *story);
void story_route(struct story *story);
void story_offer(struct story *story, const char *worker);
void story_ack(struct story *story, const char *worker);
void story_resolve(struct story *story);
void story_check(struct story *story, bool passed, enum case_state state);
void story_close(struct story *story);
/* Told as far as the acknowledgement by W00007. */
struct story story_in_progress(void);
/* Decided and entered: the timers pause. */
void story_suspend(struct story *story);
/* Begins the firing of a timer. */
void story_fire(struct story *story, enum timer_kind kind, unsigned n);

/* Timers that the case has, in whatever state. */
size_t story_timer_count(const struct kase *kase);
void story_path_is(struct org_path have, const char *want);

#endif
