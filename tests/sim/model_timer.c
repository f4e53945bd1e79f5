/* model_timer.c: the timers of the model: armed by what records say, and only there; each
 * fires once for each time it was armed. */
#include <stdio.h>

#include "tests/sim/model_inside.h"

enum {
    SECOND_MS = 1000,
    /* The handlers' time: what may move it is in `may_move`. */
    RESOLVING = 1 << TIMER_RESOLVE | 1 << TIMER_RESOLVE_WARN | 1 << TIMER_ESCALATE
};

struct model_timer *model_timer(struct model_case *kase, enum timer_kind kind, uint32_t n)
{
    for (size_t i = 0; i < MODEL_TIMERS_MAX; i++) {
        struct model_timer *timer = &kase->timers[i];
        if (timer->state != MODEL_GONE && timer->kind == kind && timer->n == n) {
            return timer;
        }
    }
    return NULL;
}

static struct model_timer *place_for(struct model_case *kase, enum timer_kind kind,
                                     uint32_t n)
{
    struct model_timer *timer = model_timer(kase, kind, n);
    for (size_t i = 0; i < MODEL_TIMERS_MAX && timer == NULL; i++) {
        if (kase->timers[i].state == MODEL_GONE) {
            timer = &kase->timers[i];
        }
    }
    return timer;
}

static bool is_armed(const struct model_case *kase, unsigned kind)
{
    for (size_t i = 0; i < MODEL_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == kind && kase->timers[i].state == MODEL_ARMED) {
            return true;
        }
    }
    return false;
}

/* Time has moved on although this timer was due; or somebody has it, and others are still
 * waited for. */
void model_timers_before(const struct look *look)
{
    if (look->kase->state == STATE_IN_PROGRESS && !look->kase->pair &&
        is_armed(look->kase, TIMER_ACK) &&
        look->envelope->body_case != SANJI__ENVELOPE__BODY_DISPATCH_RECALLED) {
        model_say(look, "acknowledged, and not everybody else was stood down at once");
    }
    if (!look->model->punctual) {
        return;
    }
    for (size_t i = 0; i < MODEL_TIMERS_MAX; i++) {
        const struct model_timer *timer = &look->kase->timers[i];
        if (timer->state == MODEL_ARMED && timer->due_ms < look->at_ms &&
            timer->armed_ms < look->at_ms) {
            char text[100];
            (void)snprintf(text, sizeof text, "%s was due %lld ms ago and has not fired",
                           vocab_timer_name(timer->kind),
                           (long long)(look->at_ms - timer->due_ms)); // short enough
            model_say(look, text);
        }
    }
}

/* t0 + amount, moved by every pause that began before it was over; one that runs counts
 * until now. */
static int64_t with_pauses(const struct look *look, int64_t t0_ms, int64_t amount_ms)
{
    const struct model_case *kase = look->kase;
    int64_t due_ms = t0_ms + amount_ms;
    for (size_t i = 0; i < kase->pause_count; i++) {
        const int64_t from_ms = kase->pauses[i][0];
        const int64_t to_ms = kase->pauses[i][1] != 0 ? kase->pauses[i][1] : look->at_ms;
        due_ms += from_ms >= t0_ms && from_ms < due_ms ? to_ms - from_ms : 0;
    }
    return due_ms;
}

/* "due(kind) = earliest t with active_elapsed >= budget, bounded by t0 + cap + pauses": told
 * exactly on the natural clock, by its bounds on the working one. */
static void check_due(const struct look *look, const Sanji__TimerChange *change)
{
    const int64_t budget_ms = (int64_t)change->budget_s * SECOND_MS;
    const int64_t cap_ms = (int64_t)change->cap_s * SECOND_MS;
    const int64_t full_ms = with_pauses(look, change->t0_ms, budget_ms);
    const int64_t last_ms = with_pauses(look, change->t0_ms, cap_ms);
    if (change->t0_ms > look->at_ms) {
        model_say(look, "a timer counts from a moment that has not come");
    }
    if ((unsigned)change->kind == TIMER_RESUME) {
        if (look->move != NULL && look->move->id == 26 &&
            change->due_at_ms != look->envelope->case_suspended->resume_by_ms) {
            model_say(look, "RESUME is not due when the suspension ends");
        }
        return;
    }
    if (change->budget_s == 0 || change->op == SANJI__TIMER_OP__TIMER_OP_RESUME) {
        return; // a moment that somebody named, or what was left
    }
    if (change->recomputed) { // over already under the new terms: due now
        const bool is_over =
            full_ms <= look->at_ms || (change->cap_s != 0 && last_ms <= look->at_ms);
        if (change->due_at_ms != look->at_ms || !is_over) {
            model_say(look, "recomputed to now, and not over yet");
        }
        return;
    }
    if (change->cap_s != 0 && look->kase->stopped_ms == 0 && change->due_at_ms > last_ms) {
        char text[120];
        (void)snprintf(text, sizeof text, "%s is due %lld ms after t0 + cap + pauses",
                       vocab_timer_name((unsigned)change->kind),
                       (long long)(change->due_at_ms - last_ms)); // short enough
        model_say(look, text);
    }
    const bool is_capped = change->cap_s != 0 && full_ms >= last_ms;
    // What a rework left, at least a tenth of the budget, stays added when terms change.
    // A suspension stops the handlers' time alone; what else ran on was not moved by it.
    const bool is_resolving = (RESOLVING >> (unsigned)change->kind & 1) != 0;
    const int64_t least_ms = is_resolving ? full_ms : change->t0_ms + budget_ms;
    const struct model_timer *old =
        model_timer(look->kase, (enum timer_kind)change->kind, change->n);
    const int64_t tenth_ms = (int64_t)(old != NULL ? old->budget_s : 0) * SECOND_MS / 10;
    const int64_t stopped_ms = look->kase->stopped_ms;
    const int64_t most_ms = full_ms + (stopped_ms != 0 ? stopped_ms + tenth_ms : 0);
    if (change->clock == SANJI__CLOCK__CLOCK_NATURAL && !is_capped &&
        (change->due_at_ms < least_ms || change->due_at_ms > most_ms)) {
        char text[120];
        (void)snprintf(text, sizeof text, "%s is due %lld ms off t0 + budget + pauses",
                       vocab_timer_name((unsigned)change->kind),
                       (long long)(change->due_at_ms - full_ms)); // short enough
        model_say(look, text);
    }
    if (change->clock == SANJI__CLOCK__CLOCK_WORKING && !is_capped &&
        change->due_at_ms < change->t0_ms + budget_ms) {
        model_say(look, "a timer on the working clock is due before its budget is over");
    }
}

/* Property 8: what may move the handlers' time: a change of its terms, an extension, and
 * these transitions. RESOLVE_WARN and ESCALATE, which hang on it, also as it fires. */
static bool may_move(const struct look *look, const Sanji__TimerChange *change)
{
    enum {
        MOVES = 1 << 3 | 1 << 5 | 1 << 18 | 1 << 19 | 1 << 20 | 1 << 24 | 1 << 25 |
                1 << 26 | 1 << 27 | 1 << 29
    };

    const unsigned type = (unsigned)look->envelope->body_case;
    if (type == EVENT_SEVERITY_CHANGED || type == EVENT_CASE_RECLASSIFIED ||
        type == EVENT_DEADLINE_EXTENDED) {
        return true;
    }
    if ((unsigned)change->kind != TIMER_RESOLVE &&
        (type == EVENT_TIMER_FIRED || type == EVENT_SUPERVISED || type == EVENT_URGED ||
         type == EVENT_CASE_ESCALATED)) {
        return true;
    }
    if (look->move == NULL) {
        return false;
    }
    return ((uint32_t)MOVES >> look->move->id & 1U) != 0 ||
           (change->op == SANJI__TIMER_OP__TIMER_OP_CANCEL &&
            look->move->stops == (1U << TIMER_COUNT) - 2);
}

static void check_moves(const struct look *look, const Sanji__TimerChange *change)
{
    // ESCALATE with a number is a step of the escalation policy.
    const bool is_resolving =
        (RESOLVING >> (unsigned)change->kind & 1) != 0 && change->n == 0;
    if (is_resolving && !may_move(look, change)) {
        model_say(look, "this does not move the handlers' time");
    }
    const struct model_timer *old =
        model_timer(look->kase, (enum timer_kind)change->kind, change->n);
    if (change->op == SANJI__TIMER_OP__TIMER_OP_RESET && old != NULL &&
        old->t0_ms != change->t0_ms) {
        model_say(look, "recomputed from another t0");
    }
    if (look->move != NULL && look->move->id == 29 &&
        (unsigned)change->kind == TIMER_RESOLVE &&
        change->t0_ms != look->kase->received_ms) {
        model_say(look, "unmerged: RESOLVE does not count from the original receipt");
    }
}

static void arm(const struct look *look, const Sanji__TimerChange *change)
{
    struct model_timer *timer =
        place_for(look->kase, (enum timer_kind)change->kind, change->n);
    if (timer == NULL) {
        model_say(look, "more timers than the model has places for");
        return;
    }
    check_due(look, change);
    *timer = (struct model_timer){.kind = (enum timer_kind)change->kind,
                                  .state = MODEL_ARMED,
                                  .n = change->n,
                                  .clock = (uint32_t)change->clock,
                                  .budget_s = change->budget_s,
                                  .cap_s = change->cap_s,
                                  .t0_ms = change->t0_ms,
                                  .due_ms = change->due_at_ms,
                                  .armed_ms = look->at_ms};
}

static void change_existing(const struct look *look, const Sanji__TimerChange *change,
                            struct model_timer *timer)
{
    switch (change->op) {
    case SANJI__TIMER_OP__TIMER_OP_CANCEL:
        timer->state = MODEL_GONE;
        return;
    case SANJI__TIMER_OP__TIMER_OP_PAUSE:
        if (timer->state == MODEL_ARMED) {
            timer->state = MODEL_PAUSED;
            timer->left_ms = timer->due_ms - look->at_ms;
        }
        return;
    case SANJI__TIMER_OP__TIMER_OP_RESUME:
        timer->state = MODEL_ARMED;
        timer->due_ms = change->due_at_ms;
        timer->armed_ms = look->at_ms;
        return;
    case SANJI__TIMER_OP__TIMER_OP_RESET:
        check_due(look, change);
        timer->state = timer->state == MODEL_PAUSED ? MODEL_PAUSED : MODEL_ARMED;
        timer->clock = (uint32_t)change->clock;
        timer->budget_s = change->budget_s;
        timer->cap_s = change->cap_s;
        timer->t0_ms = change->t0_ms;
        timer->due_ms = change->due_at_ms;
        timer->armed_ms = look->at_ms;
        return;
    case SANJI__TIMER_OP__TIMER_OP_ARM:
    case SANJI__TIMER_OP__TIMER_OP_UNSPECIFIED:
    case _SANJI__TIMER_OP_IS_INT_SIZE:
        break;
    }
    model_say(look, "an unknown change of a timer");
}

void model_timers_apply(const struct look *look)
{
    for (size_t i = 0; i < look->envelope->n_timers; i++) {
        const Sanji__TimerChange *change = look->envelope->timers[i];
        if (change->kind <= 0 || (unsigned)change->kind >= TIMER_COUNT) {
            model_say(look, "an unknown timer");
            continue;
        }
        struct model_timer *timer =
            model_timer(look->kase, (enum timer_kind)change->kind, change->n);
        check_moves(look, change);
        const bool runs_after = change->op == SANJI__TIMER_OP__TIMER_OP_RESUME ||
                                change->op == SANJI__TIMER_OP__TIMER_OP_RESET;
        if (change->op == SANJI__TIMER_OP__TIMER_OP_ARM || (timer == NULL && runs_after)) {
            arm(look, change);
        } else if (timer != NULL) {
            change_existing(look, change, timer);
        }
    }
}

void model_timer_fired(const struct look *look, unsigned kind, uint32_t n)
{
    const Sanji__TimerFired *body = look->envelope->timer_fired;
    struct model_timer *timer =
        kind < TIMER_COUNT ? model_timer(look->kase, (enum timer_kind)kind, n) : NULL;
    if (timer == NULL || timer->state != MODEL_ARMED) {
        model_say(look, "a timer fires that is not armed, or fires twice");
        return;
    }
    if (timer->due_ms > look->at_ms) {
        model_say(look, "a timer fires before it is due");
    }
    if (body->due_at_ms != timer->due_ms) {
        model_say(look, "a timer fires with another due time");
    }
    const int64_t late_ms = look->at_ms - timer->due_ms;
    const bool was_past = timer->due_ms <= timer->armed_ms; // late_ms = 0 then
    if ((int64_t)body->late_ms > late_ms ||
        (look->model->punctual && !was_past && (int64_t)body->late_ms != late_ms)) {
        model_say(look, "a timer says wrongly how late it is");
    }
    timer->state = MODEL_FIRED;
}

void model_timer_effect(const struct look *look, unsigned kind)
{
    struct model_timer *timer = kind != TIMER_NONE && kind < TIMER_COUNT
                                    ? model_timer(look->kase, (enum timer_kind)kind, 0)
                                    : NULL;
    if (timer != NULL && timer->state == MODEL_ARMED && timer->due_ms <= look->at_ms) {
        timer->state = MODEL_FIRED;
    }
}

static bool is_there(const struct model_case *kase, unsigned kind, bool now_armed,
                     int64_t at_ms)
{
    for (size_t i = 0; i < MODEL_TIMERS_MAX; i++) {
        const struct model_timer *timer = &kase->timers[i];
        if (timer->kind == kind &&
            (timer->state == MODEL_ARMED || (timer->state == MODEL_FIRED && !now_armed)) &&
            (!now_armed || timer->armed_ms == at_ms)) {
            return true;
        }
    }
    return false;
}

/* Where the "+X" of a row has a condition of its own. */
static bool must_arm(const struct look *look, unsigned kind)
{
    const struct model_case *kase = look->kase;
    switch (kind) {
    case TIMER_ARRIVE:
        return kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2;
    case TIMER_FEEDBACK:
        return kase->wants_contact && !kase->informed;
    default:
        return true;
    }
}

static void say_timer(const struct look *look, const char *text, unsigned kind)
{
    char both[100];
    (void)snprintf(both, sizeof both, "%s %s", text, vocab_timer_name(kind)); // fits
    model_say(look, both);
}

void model_timers_after(const struct look *look)
{
    const struct model_case *kase = look->kase;
    const uint32_t must = model_must_have[kase->state];
    const bool received = look->envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    for (unsigned kind = 1; kind < TIMER_COUNT; kind++) {
        const bool lacks = (must >> kind & 1U) != 0 && !is_there(kase, kind, false, 0);
        if (lacks && received) {
            look->model->owed_key = kase->key;
            look->model->owed_seq = look->record->seq;
        } else if (lacks) {
            say_timer(look, "the state must have", kind);
        }
        if (look->move == NULL || received) {
            continue;
        }
        if ((look->move->arms >> kind & 1U) != 0 && must_arm(look, kind) &&
            !is_there(kase, kind, true, look->at_ms)) {
            say_timer(look, "the transition should arm", kind);
        }
        if (((look->move->stops & ~look->move->arms) >> kind & 1U) != 0 &&
            is_armed(kase, kind)) {
            say_timer(look, "the transition should stop", kind);
        }
    }
}
