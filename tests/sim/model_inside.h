/* model_inside.h: what model.c, model_timer.c and model_guard.c share. */
#ifndef TESTS_SIM_MODEL_INSIDE_H
#define TESTS_SIM_MODEL_INSIDE_H

#include "proto/id.h"
#include "tests/sim/model.h"
#include "tests/sim/model_table.h"

struct model {
    struct model_case *cases;
    size_t count, room;
    uint32_t *slots; /* hash: index + 1 */
    size_t slot_count;
    bool punctual;
    uint64_t owed_seq; /* CaseReceived without ACCEPT: what follows must be of this case */
    uint64_t owed_key;
    uint64_t taken[33];
};

/* One record being judged. */
struct look {
    struct model *model;
    struct model_case *kase;
    const struct record *record;
    const Sanji__Envelope *envelope;
    const struct model_move *move; /* NULL: the state stays */
    struct laws *laws;
    int64_t at_ms;
};

/* "seq 12 (CaseRouted, case 2020...): " and the sentence. */
void model_say(const struct look *look, const char *text);
struct model_case *model_find(const struct model *model, uint64_t key);
uint32_t model_worker(const char *text);
struct org_path model_path(const char *text);

/* ---- model_timer.c ---- */
struct model_timer *model_timer(struct model_case *kase, enum timer_kind kind, uint32_t n);
void model_timers_before(const struct look *look);
void model_timers_apply(const struct look *look);
void model_timers_after(const struct look *look);
void model_timer_fired(const struct look *look, unsigned kind, uint32_t n);
/* The timer whose effect stands here without a TimerFired. */
void model_timer_effect(const struct look *look, unsigned kind);

/* ---- model_fold.c ---- */
/* The transition, then the body; places and timers are folded beside. */
void model_fold_move(const struct look *look);
void model_fold_body(const struct look *look);

/* ---- model_guard.c ---- */
/* What the table says in its column "guard"; the case is as it was before. */
void model_guard(const struct look *look);

#endif
