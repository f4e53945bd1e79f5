/* case_timer.c: the timers of a case: armed, paused, fired, gone.
 *
 *     (free) -ARM-> ARMED -fired-> FIRED -ARM, RESUME, RESET-> ARMED
 *                   ARMED -PAUSE-> PAUSED -RESUME-> ARMED        any -CANCEL-> (free)
 *
 * Changes are applied as their author wrote them; nothing is computed but what a pause
 * leaves. A CANCEL or PAUSE that finds nothing changes nothing; a RESUME or RESET that
 * finds nothing arms: a deadline is never lost.
 */
#include <assert.h>
#include <stddef.h>

#include "proto/case_inside.h"

struct case_timer *case_timer(struct kase *kase, enum timer_kind kind, unsigned n)
{
    assert(kase != NULL);
    assert(kind > TIMER_NONE && kind < TIMER_COUNT);

    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == kind && kase->timers[i].n == n) {
            return &kase->timers[i];
        }
    }
    return NULL;
}

static bool is_before(const struct case_timer *a, const struct case_timer *b)
{
    if (a->due_ms != b->due_ms) {
        return a->due_ms < b->due_ms;
    }
    return a->kind != b->kind ? a->kind < b->kind : a->n < b->n;
}

const struct case_timer *case_next_due(const struct kase *kase)
{
    assert(kase != NULL);

    const struct case_timer *next = NULL;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind != TIMER_NONE && timer->state == TIMER_STATE_ARMED &&
            (next == NULL || is_before(timer, next))) {
            next = timer;
        }
    }
    return next;
}

uint32_t case_missing_timers(const struct kase *kase)
{
    assert(kase != NULL);

    uint32_t missing = lifecycle_must_have((enum case_state)kase->state);
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind != TIMER_NONE && timer->state != TIMER_STATE_PAUSED) {
            missing &= ~(1U << timer->kind);
        }
    }
    return missing;
}

enum status fold_timer_fired(struct kase *kase, unsigned kind, uint32_t n)
{
    if (kind == TIMER_NONE || kind >= TIMER_COUNT) {
        return STATUS_INVALID;
    }
    struct case_timer *timer = case_timer(kase, (enum timer_kind)kind, n);
    if (timer == NULL || timer->state != TIMER_STATE_ARMED) {
        return STATUS_INVALID;
    }
    timer->state = TIMER_STATE_FIRED;
    fold_count(&timer->times);
    return STATUS_OK;
}

static struct case_timer *free_place(struct kase *kase)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == TIMER_NONE) {
            return &kase->timers[i];
        }
    }
    return NULL;
}

/* ARM of the timer that this very record says has fired: a repeating kind counts on. */
static bool repeats(const Sanji__Envelope *envelope, const Sanji__TimerChange *change)
{
    return envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED &&
           envelope->timer_fired->kind == change->kind &&
           envelope->timer_fired->n == change->n;
}

static enum status arm(const struct fold *fold, const Sanji__TimerChange *change)
{
    struct kase *kase = fold->kase;
    struct case_timer *timer = case_timer(kase, (enum timer_kind)change->kind, change->n);
    const uint16_t times =
        timer != NULL && repeats(fold->envelope, change) ? timer->times : 0;
    if (timer == NULL) {
        timer = free_place(kase);
    }
    if (timer == NULL) {
        return STATUS_INVALID;
    }
    *timer = (struct case_timer){
        .kind = (uint8_t)change->kind,
        .state = TIMER_STATE_ARMED,
        .clock = (uint8_t)change->clock,
        .recomputed = change->recomputed,
        .n = (uint16_t)change->n,
        .times = times,
        .budget_s = change->budget_s,
        .cap_s = change->cap_s,
        .t0_ms = change->t0_ms,
        .due_ms = change->due_at_ms,
    };
    return STATUS_OK;
}

static void pause_timer(struct case_timer *timer, int64_t at_ms)
{
    if (timer->state == TIMER_STATE_ARMED) {
        timer->state = TIMER_STATE_PAUSED;
        timer->left_ms = timer->due_ms - at_ms;
    }
}

static void resume_timer(struct case_timer *timer, const Sanji__TimerChange *change)
{
    timer->state = TIMER_STATE_ARMED;
    timer->due_ms = change->due_at_ms;
    timer->left_ms = 0;
}

/* New terms (severity, extension): a paused one stays paused with what they leave. */
static void reset_timer(struct case_timer *timer, const Sanji__TimerChange *change,
                        int64_t at_ms)
{
    timer->due_ms = change->due_at_ms;
    timer->clock = (uint8_t)change->clock;
    timer->budget_s = change->budget_s;
    timer->cap_s = change->cap_s;
    timer->t0_ms = change->t0_ms;
    timer->recomputed = change->recomputed;
    if (timer->state == TIMER_STATE_PAUSED) {
        timer->left_ms = timer->due_ms - at_ms;
    } else {
        timer->state = TIMER_STATE_ARMED;
    }
}

static enum status change_timer(const struct fold *fold, const Sanji__TimerChange *change)
{
    struct case_timer *timer =
        case_timer(fold->kase, (enum timer_kind)change->kind, change->n);
    switch (change->op) {
    case SANJI__TIMER_OP__TIMER_OP_ARM:
        return arm(fold, change);
    case SANJI__TIMER_OP__TIMER_OP_CANCEL:
        if (timer != NULL) {
            *timer = (struct case_timer){0};
        }
        return STATUS_OK;
    case SANJI__TIMER_OP__TIMER_OP_PAUSE:
        if (timer != NULL) {
            pause_timer(timer, fold->at_ms);
        }
        return STATUS_OK;
    case SANJI__TIMER_OP__TIMER_OP_RESUME:
        if (timer == NULL) {
            return arm(fold, change);
        }
        resume_timer(timer, change);
        return STATUS_OK;
    case SANJI__TIMER_OP__TIMER_OP_RESET:
        if (timer == NULL) {
            return arm(fold, change);
        }
        reset_timer(timer, change, fold->at_ms);
        return STATUS_OK;
    case SANJI__TIMER_OP__TIMER_OP_UNSPECIFIED:
    case _SANJI__TIMER_OP_IS_INT_SIZE:
        break;
    }
    return STATUS_INVALID;
}

enum status fold_timers(const struct fold *fold)
{
    for (size_t i = 0; i < fold->envelope->n_timers; i++) {
        const Sanji__TimerChange *change = fold->envelope->timers[i];
        const unsigned kind = (unsigned)change->kind;
        if (kind == TIMER_NONE || kind >= TIMER_COUNT || change->n > UINT16_MAX ||
            (unsigned)change->clock > CLOCK_WORKING) {
            return STATUS_INVALID;
        }
        const enum status status = change_timer(fold, change);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}
