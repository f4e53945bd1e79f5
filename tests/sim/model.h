/* model.h: the life of a case told a second time, from domain.md 4.2 to 4.4 as plain data.
 *
 *     record -> model_record -> the rows of model_table.c, the guards, the timers -> laws
 *
 * Written from the document, not from proto/lifecycle.c, and folds the envelopes by itself,
 * so that a mistake in the product's table or fold is not made here as well. It sees every
 * record once, in order, and says what cannot stand.
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/org.h"
#include "proto/record.h"
#include "proto/vocab.h"
#include "tests/sim/laws.h"

enum {
    MODEL_TIMERS_MAX = 40,
    MODEL_PAUSES_MAX = 16,
    MODEL_OFFERS_MAX = 8
};

enum model_timer_state {
    MODEL_GONE,
    MODEL_ARMED,
    MODEL_PAUSED,
    MODEL_FIRED
};

struct model_timer {
    enum timer_kind kind;
    enum model_timer_state state;
    uint32_t n;
    uint32_t clock, budget_s, cap_s;
    int64_t t0_ms, due_ms, armed_ms, left_ms;
};

struct model_offer {
    uint64_t seq; /* 0: the place is free */
    uint32_t worker;
};

struct model_case {
    uint64_t key;
    uint64_t last_seq;
    enum case_state state;
    uint32_t version;
    unsigned last_type; /* of the newest decision on it */
    unsigned severity, status, source, tier, supervise;
    uint32_t category;
    bool wants_contact, informed, restricted;
    uint64_t restricted_seq; /* when it became so */
    struct org_path holder, owner, area;
    uint32_t worker, resolver;
    bool pair;         /* two persons go */
    bool granted;      /* an appeal was granted: intake reopens */
    bool seen_untimed; /* received without ACCEPT: the next record must say why */
    uint32_t level;
    struct model_offer offers[MODEL_OFFERS_MAX];
    unsigned returns; /* approved since the last final decision */
    unsigned extensions, reopens, assists_open;
    uint64_t request_seq, handover_seq;
    unsigned request_kind, children;
    uint64_t merged_into;
    int64_t received_ms, closed_ms, urged_ms;
    int64_t stopped_from_ms, stopped_ms; /* RESOLVED and reworked: how long it stood */
    size_t pause_count;
    int64_t pauses[MODEL_PAUSES_MAX][2]; /* from, to; the one that runs has no end yet */
    struct model_timer timers[MODEL_TIMERS_MAX];
};

struct model;

struct model *model_new(void);
void model_free(struct model **model);

/* Time never moved on before everybody had done what was due: what was due fired at its very
 * millisecond. False for runs in free time or with a quantum. */
void model_set_punctual(struct model *model, bool punctual);
void model_record(struct model *model, const struct record *record,
                  const Sanji__Envelope *envelope, struct laws *laws);
/* Nothing armed is overdue. */
void model_end(const struct model *model, int64_t now_ms, struct laws *laws);

/* NULL: unknown. Valid until the next record. */
const struct model_case *model_case(const struct model *model, uint64_t key);
size_t model_case_count(const struct model *model);
const struct model_case *model_case_at(const struct model *model, size_t index);

/* How often each transition (index 1..32) was taken. */
const uint64_t *model_taken(const struct model *model);

#endif
