/* explain_life.c: see explain_life.h. */
#include "workers/sanji/explain_life.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/id.h"

enum {
    MS_PER_S = 1000
};

struct timer_life {
    unsigned kind, n;
    uint64_t armed_seq;
    int64_t armed_ms;
    int64_t due_ms; /* as it stood at the end */
    int64_t at_ms;  /* fired or cancelled; 0: neither */
    int64_t late_ms;
    bool has_fired;
    bool is_paused;
};

struct hold {
    struct org_path holder;
    unsigned tier;
    uint64_t seq;
    int64_t from_ms, to_ms;
    int64_t natural_ms, working_ms;
    int64_t suspended_ms; /* of the natural time: in SUSPENDED */
    int64_t checking_ms;  /* likewise: in RESOLVED and REVISIT, when nobody handles it */
    int64_t upstream_ms;  /* likewise: with the municipal platform */
};

struct explain_life {
    struct timer_life *timers;
    size_t timer_count, timer_room;
    struct hold *holds;
    size_t hold_count, hold_room;
};

static void *grow(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return list;
    }
    *room = *room == 0 ? 16 : *room * 2;
    void *grown = reallocarray(list, *room, size);
    assert(grown != NULL);
    return grown;
}

struct explain_life *explain_life_new(void)
{
    struct explain_life *life = calloc(1, sizeof *life);
    assert(life != NULL);
    return life;
}

void explain_life_free(struct explain_life **life)
{
    if (*life != NULL) {
        free((*life)->timers);
        free((*life)->holds);
        free(*life);
        *life = NULL;
    }
}

/* ---- timers ---- */

static const struct case_timer *same(const struct kase *kase,
                                     const struct case_timer *timer)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == timer->kind && kase->timers[i].n == timer->n) {
            return &kase->timers[i];
        }
    }
    return NULL;
}

/* The newest life of that name which has not ended; NULL: none. */
static struct timer_life *running(struct explain_life *life, const struct case_timer *timer)
{
    for (size_t i = life->timer_count; i > 0; i--) {
        struct timer_life *one = &life->timers[i - 1];
        if (one->kind == timer->kind && one->n == timer->n) {
            return one->at_ms == 0 ? one : NULL;
        }
    }
    return NULL;
}

static void begin(struct explain_life *life, const struct explain_moment *moment,
                  const struct case_timer *timer)
{
    life->timers =
        grow(life->timers, life->timer_count, &life->timer_room, sizeof *life->timers);
    life->timers[life->timer_count++] = (struct timer_life){.kind = timer->kind,
                                                            .n = timer->n,
                                                            .armed_seq = moment->seq,
                                                            .armed_ms = moment->at_ms,
                                                            .due_ms = timer->due_ms};
}

static void end(struct timer_life *one, int64_t at_ms, int64_t due_ms, bool has_fired)
{
    if (one != NULL) {
        one->at_ms = at_ms;
        one->due_ms = due_ms;
        one->has_fired = has_fired;
        one->late_ms = has_fired && at_ms > due_ms ? at_ms - due_ms : 0;
    }
}

static void look_at(struct explain_life *life, const struct explain_moment *moment,
                    const struct case_timer *now, const struct case_timer *was)
{
    struct timer_life *one = running(life, now);
    const bool fires = was != NULL && was->state != TIMER_STATE_FIRED &&
                       (now->state == TIMER_STATE_FIRED || now->times > was->times);
    if (fires) {
        end(one, moment->at_ms, was->due_ms, true);
        one = NULL;
    }
    if (now->state == TIMER_STATE_FIRED) {
        return;
    }
    if (one == NULL) {
        begin(life, moment, now);
        one = &life->timers[life->timer_count - 1];
    }
    one->due_ms = now->due_ms;
    one->is_paused = now->state == TIMER_STATE_PAUSED;
}

static void add_timers(struct explain_life *life, const struct explain_moment *moment)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *was = &moment->before->timers[i];
        if (was->kind != TIMER_NONE && same(moment->after, was) == NULL) {
            end(running(life, was), moment->at_ms, was->due_ms, false);
        }
    }
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *now = &moment->after->timers[i];
        if (now->kind != TIMER_NONE) {
            look_at(life, moment, now, same(moment->before, now));
        }
    }
}

json_t *explain_life_timers(const struct explain_life *life, const struct rules *rules)
{
    json_t *list = json_array();
    for (size_t i = 0; i < life->timer_count; i++) {
        const struct timer_life *one = &life->timers[i];
        json_t *object = json_object();
        explain_put_word(object, "kind", rules, LABEL_TIMER, (int)one->kind);
        if (one->n != 0) {
            json_object_set_new(object, "n", json_integer((json_int_t)one->n));
        }
        json_object_set_new(object, "armed_seq", json_integer((json_int_t)one->armed_seq));
        explain_put_time(object, "armed", one->armed_ms);
        explain_put_time(object, "due", one->due_ms);
        const char *outcome = one->at_ms == 0  ? (one->is_paused ? "PAUSED" : "RUNNING")
                              : one->has_fired ? "FIRED"
                                               : "CANCELLED";
        json_object_set_new(object, "outcome", json_string(outcome));
        explain_put_time(object, "at", one->at_ms);
        if (one->has_fired) {
            json_object_set_new(object, "late_s", json_integer(one->late_ms / MS_PER_S));
        } else if (one->at_ms != 0) {
            json_object_set_new(object, "left_s",
                                json_integer((one->due_ms - one->at_ms) / MS_PER_S));
        }
        json_array_append_new(list, object);
    }
    return list;
}

/* ---- holders ---- */

/* The time up to a record goes to who had the case until then; none while it was final. */
static void count(struct hold *hold, const struct rules *rules, const struct kase *kase,
                  int64_t at_ms)
{
    if (hold == NULL || lifecycle_is_final((enum case_state)kase->state) ||
        at_ms <= hold->to_ms) {
        return;
    }
    const int64_t passed_ms = at_ms - hold->to_ms;
    hold->natural_ms += passed_ms;
    hold->working_ms +=
        deadline_elapsed_ms(rules_calendar(rules), CLOCK_WORKING, hold->to_ms, at_ms);
    hold->suspended_ms += kase->state == STATE_SUSPENDED ? passed_ms : 0;
    hold->checking_ms +=
        kase->state == STATE_RESOLVED || kase->state == STATE_REVISIT ? passed_ms : 0;
    hold->upstream_ms += kase->state == STATE_UPSTREAM ? passed_ms : 0;
    hold->to_ms = at_ms;
}

static struct hold *last_hold(const struct explain_life *life)
{
    return life->hold_count > 0 ? &life->holds[life->hold_count - 1] : NULL;
}

static void add_holder(struct explain_life *life, const struct explain_moment *moment)
{
    const struct kase *kase = moment->after;
    const struct hold *last = last_hold(life);
    count(last_hold(life), moment->rules, moment->before, moment->at_ms);
    const bool is_back = lifecycle_is_final((enum case_state)moment->before->state) &&
                         !lifecycle_is_final((enum case_state)kase->state);
    if (last != NULL && !is_back && last->tier == kase->tier &&
        org_equal(last->holder, kase->holder)) {
        return;
    }
    life->holds =
        grow(life->holds, life->hold_count, &life->hold_room, sizeof *life->holds);
    life->holds[life->hold_count++] = (struct hold){.holder = kase->holder,
                                                    .tier = kase->tier,
                                                    .seq = moment->seq,
                                                    .from_ms = moment->at_ms,
                                                    .to_ms = moment->at_ms};
}

void explain_life_add(struct explain_life *life, const struct explain_moment *moment)
{
    add_timers(life, moment);
    add_holder(life, moment);
}

static void put_seconds(json_t *object, const char *key, int64_t ms, bool always)
{
    if (ms != 0 || always) {
        json_object_set_new(object, key, json_integer(ms / MS_PER_S));
    }
}

json_t *explain_life_ledger(struct explain_life *life, const struct rules *rules,
                            const struct kase *kase, int64_t now_ms)
{
    json_t *list = json_array();
    count(last_hold(life), rules, kase, now_ms);
    for (size_t i = 0; i < life->hold_count; i++) {
        const struct hold *hold = &life->holds[i];
        char path[ORG_TEXT_SIZE];
        json_t *object = json_object();
        json_object_set_new(object, "holder", json_string(org_print(hold->holder, path)));
        explain_put_word(object, "tier", rules, LABEL_TIER, (int)hold->tier);
        json_object_set_new(object, "since_seq", json_integer((json_int_t)hold->seq));
        explain_put_time(object, "from", hold->from_ms);
        explain_put_time(object, "to", hold->to_ms);
        json_object_set_new(
            object, "open",
            json_boolean(i + 1 == life->hold_count &&
                         !lifecycle_is_final((enum case_state)kase->state)));
        put_seconds(object, "natural_s", hold->natural_ms, true);
        put_seconds(object, "working_s", hold->working_ms, true);
        put_seconds(object, "suspended_s", hold->suspended_ms, false);
        put_seconds(object, "checking_s", hold->checking_ms, false);
        put_seconds(object, "upstream_s", hold->upstream_ms, false);
        json_array_append_new(list, object);
    }
    return list;
}
