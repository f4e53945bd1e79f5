/* turn_timers.c: which timers an edge moves, and to when. turn.h tells the rules. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "broker/runtime/turn_inside.h"

enum {
    PERMILLE = 1000,
    REWORK_FLOOR_PERMILLE = 100,
    MS_PER_S = 1000,
    /* Due times were computed by an author's `now`, pauses end at the broker's stamp. */
    REGULAR_WITHIN_MS = 60 * MS_PER_S
};

static Sanji__TimerChange *add_change(struct turn *turn, Sanji__Envelope *envelope,
                                      Sanji__TimerOp op, enum timer_kind kind, unsigned n)
{
    Sanji__TimerChange *change =
        TURN_NEW(turn, Sanji__TimerChange, sanji__timer_change__init);
    change->op = op;
    change->kind = (Sanji__TimerKind)kind;
    change->n = n;
    size_t count = envelope->n_timers;
    Sanji__TimerChange **changes = turn_take(turn, (count + 1) * sizeof(*changes));
    if (count > 0) {
        memcpy(changes, envelope->timers, count * sizeof(*changes));
    }
    changes[count] = change;
    envelope->timers = changes;
    envelope->n_timers = count + 1;
    return change;
}

static void add_due(struct turn *turn, Sanji__Envelope *envelope, Sanji__TimerOp op,
                    const struct case_timer *timer)
{
    Sanji__TimerChange *change =
        add_change(turn, envelope, op, (enum timer_kind)timer->kind, timer->n);
    change->due_at_ms = timer->due_ms;
    change->clock = (Sanji__Clock)timer->clock;
    change->budget_s = timer->budget_s;
    change->t0_ms = timer->t0_ms;
    change->cap_s = timer->cap_s;
}

// The pauses since t0; one that is still on ends now. Returns how many.
static size_t pauses_since(const struct turn *turn, const struct kase *kase, int64_t t0_ms,
                           struct deadline_pause pauses[CASE_PAUSES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; kase != NULL && i < kase->pause_count; i++) {
        struct deadline_pause pause = kase->pauses[i];
        if (pause.to_ms == 0) {
            pause.to_ms = turn->now_ms > pause.from_ms ? turn->now_ms : pause.from_ms;
        }
        if (pause.from_ms >= t0_ms) {
            pauses[count] = pause;
            count++;
        }
    }
    return count;
}

static void arm(struct turn *turn, Sanji__Envelope *envelope, Sanji__TimerOp op,
                const struct kase *kase, struct case_timer timer)
{
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    struct deadline_limit limit = {(enum deadline_clock)timer.clock, timer.budget_s,
                                   timer.cap_s};
    size_t count = pauses_since(turn, kase, timer.t0_ms, pauses);
    timer.due_ms = deadline_due_ms(rules_calendar(turn_rules(turn)), &limit, timer.t0_ms,
                                   pauses, count);
    add_due(turn, envelope, op, &timer);
}

int64_t turn_due_ms(struct turn *turn, const struct kase *kase, int64_t t0_ms,
                    const struct deadline_limit *limit)
{
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    size_t count = pauses_since(turn, kase, t0_ms, pauses);
    return deadline_due_ms(rules_calendar(turn_rules(turn)), limit, t0_ms, pauses, count);
}

// Where the terms that a timer has now would have put it.
static int64_t regular_ms(struct turn *turn, const struct kase *kase,
                          const struct case_timer *timer)
{
    struct deadline_limit was = {(enum deadline_clock)timer->clock, timer->budget_s,
                                 timer->cap_s};
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    size_t count = pauses_since(turn, kase, timer->t0_ms, pauses);
    bool is_in_pause =
        timer->state == TIMER_STATE_PAUSED && kase->state == STATE_SUSPENDED && count > 0;
    return deadline_due_ms(rules_calendar(turn_rules(turn)), &was, timer->t0_ms, pauses,
                           is_in_pause ? count - 1 : count);
}

// `due_ms`, which new terms give, moved by what a rework had moved the timer by. On the
// working clock a wait of minutes may have moved it over a night, and a cap in the night is
// the evening before: there the working time counts, and what was really waited where the
// clock changes.
static int64_t keep_moved_ms(struct turn *turn, const struct kase *kase,
                             const struct case_timer *timer, enum deadline_clock clock,
                             int64_t due_ms)
{
    if (timer->recomputed || kase->reworks == 0) {
        return due_ms;
    }
    int64_t from_ms = regular_ms(turn, kase, timer);
    int64_t off_ms = timer->due_ms - from_ms;
    if (off_ms <= REGULAR_WITHIN_MS) {
        return clock == CLOCK_NATURAL && timer->clock == CLOCK_NATURAL &&
                       off_ms < -REGULAR_WITHIN_MS
                   ? due_ms + off_ms
                   : due_ms;
    }
    if (clock == CLOCK_WORKING && timer->clock == CLOCK_WORKING) {
        const struct calendar *calendar = rules_calendar(turn_rules(turn));
        return deadline_add_ms(
            calendar, clock, due_ms,
            deadline_elapsed_ms(calendar, clock, from_ms, timer->due_ms));
    }
    int64_t waited_ms = (int64_t)kase->stopped_s * MS_PER_S;
    return due_ms + (clock == (enum deadline_clock)timer->clock || off_ms < waited_ms
                         ? off_ms
                         : waited_ms);
}

int64_t turn_retime(struct turn *turn, Sanji__Envelope *envelope, const struct kase *kase,
                    const struct case_timer *timer, const struct deadline_limit *limit)
{
    assert(kase != NULL && timer != NULL && limit != NULL);
    struct case_timer next = *timer;
    next.clock = (uint8_t)limit->clock;
    next.budget_s = limit->budget_s;
    next.cap_s = limit->cap_s;
    // RESUME ends the pause it stands in, so no pause moves it.
    next.due_ms = timer->kind == TIMER_RESUME
                      ? timer->t0_ms + (int64_t)limit->budget_s * MS_PER_S
                      : keep_moved_ms(turn, kase, timer, limit->clock,
                                      turn_due_ms(turn, kase, timer->t0_ms, limit));
    bool is_past = timer->state != TIMER_STATE_PAUSED && next.due_ms < turn->now_ms;
    if (is_past) {
        next.due_ms = turn->now_ms;
    }
    add_due(turn, envelope, SANJI__TIMER_OP__TIMER_OP_RESET, &next);
    envelope->timers[envelope->n_timers - 1]->recomputed = is_past;
    return next.due_ms;
}

static const struct kase *case_of(struct turn *turn, const Sanji__Envelope *envelope)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if (envelope->case_no[0] == '\0' ||
        id_case_parse(envelope->case_no, &place, &key) != STATUS_OK) {
        return NULL;
    }
    return world_case(turn->world, key);
}

static bool is_paused(const struct kase *kase, enum timer_kind kind, unsigned n)
{
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind == (unsigned)kind && timer->n == n) {
            return timer->state == TIMER_STATE_PAUSED;
        }
    }
    return false;
}

void turn_arm_limit(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                    unsigned n, int64_t t0_ms, const struct deadline_limit *limit)
{
    assert(turn != NULL && envelope != NULL && limit != NULL);
    assert(n <= UINT16_MAX);
    const struct kase *kase = case_of(turn, envelope);
    bool stays_paused = kase != NULL && is_paused(kase, kind, n);
    arm(turn, envelope,
        stays_paused ? SANJI__TIMER_OP__TIMER_OP_RESET : SANJI__TIMER_OP__TIMER_OP_ARM,
        kase,
        (struct case_timer){.kind = (uint8_t)kind,
                            .n = (uint16_t)n,
                            .clock = (uint8_t)limit->clock,
                            .budget_s = limit->budget_s,
                            .cap_s = limit->cap_s,
                            .t0_ms = t0_ms != 0 ? t0_ms : turn->now_ms});
}

static bool limit_of(struct turn *turn, const Sanji__Envelope *envelope,
                     enum timer_kind kind, struct deadline_limit *limit)
{
    uint32_t category = 0;
    uint32_t times_max = 0;
    if (envelope->category[0] != '\0' &&
        id_category_parse(envelope->category, &category) != STATUS_OK) {
        category = 0;
    }
    return rules_limit(turn_rules(turn), kind, (unsigned)envelope->severity, category,
                       limit, &times_max);
}

bool turn_arm(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
              unsigned n, int64_t t0_ms)
{
    struct deadline_limit limit;
    if (!limit_of(turn, envelope, kind, &limit)) {
        return false;
    }
    turn_arm_limit(turn, envelope, kind, n, t0_ms, &limit);
    return true;
}

void turn_cancel(struct turn *turn, Sanji__Envelope *envelope, enum timer_kind kind,
                 unsigned n)
{
    (void)add_change(turn, envelope, SANJI__TIMER_OP__TIMER_OP_CANCEL, kind,
                     n); // nothing else to say
}

/* ---- what an edge does ---- */

/* The edge being written; `own`: what the decider had put into the envelope. */
struct moving {
    struct turn *turn;
    const struct emission *emission;
    const struct lifecycle_edge *edge;
    Sanji__TimerChange **own;
    size_t own_count;
};

static bool has_own(const struct moving *m, const struct case_timer *timer)
{
    for (size_t i = 0; i < m->own_count; i++) {
        if ((unsigned)m->own[i]->kind == timer->kind && m->own[i]->n == timer->n) {
            return true;
        }
    }
    return false;
}

static bool has_own_arm(const struct moving *m, unsigned kind)
{
    for (size_t i = 0; i < m->own_count; i++) {
        if ((unsigned)m->own[i]->kind == kind &&
            m->own[i]->op != SANJI__TIMER_OP__TIMER_OP_CANCEL) {
            return true;
        }
    }
    return false;
}

static bool counts_from_receipt(const struct moving *m, unsigned kind)
{
    const struct kase *kase = m->emission->kase;
    if (kind != TIMER_RESOLVE && kind != TIMER_RESOLVE_WARN && kind != TIMER_FEEDBACK) {
        return false;
    }
    // T31 gave it back after days of being final: that time was nobody's.
    bool was_given_back = (kase->state == STATE_RECEIVED && kase->version > 1) ||
                          (kase->state == STATE_VERIFYING && kase->version > 2);
    return (m->edge->id == T03 || m->edge->id == T05 || m->edge->id == T29) &&
           !was_given_back;
}

static unsigned number_of(const struct moving *m, unsigned kind)
{
    return kind == TIMER_ACK && m->edge->id == T09 ? m->emission->kase->offers + 1 : 0;
}

static bool wants(const struct moving *m, unsigned kind)
{
    const struct kase *kase = m->emission->kase;
    if ((m->edge->arms >> kind & 1U) == 0 || (m->emission->skip_arms >> kind & 1U) != 0 ||
        has_own_arm(m, kind)) {
        return false;
    }
    return kind != TIMER_FEEDBACK || (kase->wants_contact && !kase->informed);
}

static uint32_t share(uint32_t seconds, uint32_t permille)
{
    uint64_t part = (uint64_t)seconds * permille / PERMILLE;
    return seconds > 0 && part == 0 ? 1 : (uint32_t)part;
}

static void arm_resume(struct moving *m)
{
    const Sanji__Envelope *envelope = m->emission->envelope;
    assert(envelope->body_case == SANJI__ENVELOPE__BODY_CASE_SUSPENDED);
    int64_t due_ms = envelope->case_suspended->resume_by_ms;
    int64_t wait_ms = due_ms > m->turn->now_ms ? due_ms - m->turn->now_ms : 0;
    struct case_timer timer = {.kind = TIMER_RESUME,
                               .clock = CLOCK_NATURAL,
                               .budget_s = (uint32_t)(wait_ms / MS_PER_S),
                               .t0_ms = m->turn->now_ms,
                               .due_ms = due_ms};
    add_due(m->turn, m->emission->envelope, SANJI__TIMER_OP__TIMER_OP_ARM, &timer);
}

static void arm_by_rules(struct moving *m, unsigned kind)
{
    Sanji__Envelope *envelope = m->emission->envelope;
    const struct kase *kase = m->emission->kase;
    struct deadline_limit limit;
    if (!limit_of(m->turn, envelope, (enum timer_kind)kind, &limit)) {
        return;
    }
    uint32_t permille = m->emission->resolve_permille;
    if (permille != 0 && (kind == TIMER_RESOLVE || kind == TIMER_RESOLVE_WARN)) {
        limit.budget_s = share(limit.budget_s, permille);
        limit.cap_s = share(limit.cap_s, permille);
    }
    int64_t t0_ms = counts_from_receipt(m, kind) ? kase->received_ms : m->turn->now_ms;
    arm(m->turn, envelope, SANJI__TIMER_OP__TIMER_OP_ARM, kase,
        (struct case_timer){.kind = (uint8_t)kind,
                            .n = (uint16_t)number_of(m, kind),
                            .clock = (uint8_t)limit.clock,
                            .budget_s = limit.budget_s,
                            .cap_s = limit.cap_s,
                            .t0_ms = t0_ms});
}

static void end_old(struct moving *m)
{
    const struct kase *kase = m->emission->kase;
    for (unsigned i = 0; kase != NULL && i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        unsigned kind = timer->kind;
        if (kind == TIMER_NONE || has_own(m, timer)) {
            continue;
        }
        bool is_replaced = wants(m, kind) && number_of(m, kind) == timer->n;
        if ((m->edge->cancels >> kind & 1U) != 0 && !is_replaced) {
            turn_cancel(m->turn, m->emission->envelope, (enum timer_kind)kind, timer->n);
        } else if ((m->edge->pauses >> kind & 1U) != 0 &&
                   timer->state == TIMER_STATE_ARMED) {
            add_due(m->turn, m->emission->envelope, SANJI__TIMER_OP__TIMER_OP_PAUSE, timer);
        }
    }
}

/* ---- resuming ---- */

static int64_t rework_floor_ms(const struct moving *m, const struct case_timer *timer)
{
    const Sanji__Policy *policy = rules_policy(turn_rules(m->turn));
    struct deadline_limit limit = {.budget_s = timer->budget_s};
    if (timer->kind != TIMER_RESOLVE) {
        return 0;
    }
    // Without a row the budget stays what the timer was armed with.
    (void)limit_of(m->turn, m->emission->envelope, TIMER_RESOLVE, &limit);
    uint32_t permille = policy != NULL && policy->rework_floor_permille != 0
                            ? policy->rework_floor_permille
                            : REWORK_FLOOR_PERMILLE;
    return (int64_t)share(limit.budget_s, permille) * MS_PER_S;
}

// What was left when the pause began, at least `floor_ms`, on the timer's clock from now.
static int64_t due_by_rest(const struct moving *m, const struct case_timer *timer,
                           int64_t floor_ms)
{
    const struct calendar *calendar = rules_calendar(turn_rules(m->turn));
    enum deadline_clock clock = (enum deadline_clock)timer->clock;
    int64_t left_ms = 0;
    if (timer->left_ms > 0) {
        left_ms = deadline_elapsed_ms(calendar, clock, timer->due_ms - timer->left_ms,
                                      timer->due_ms);
    }
    return deadline_add_ms(calendar, clock, m->turn->now_ms,
                           left_ms > floor_ms ? left_ms : floor_ms);
}

// After a suspension: the regular due time with one pause more, where the old one was
// regular; a deadline that rework had set goes on with what was left of it.
static int64_t due_after_pause(const struct moving *m, const struct case_timer *timer)
{
    const struct calendar *calendar = rules_calendar(turn_rules(m->turn));
    struct deadline_limit limit = {(enum deadline_clock)timer->clock, timer->budget_s,
                                   timer->cap_s};
    struct deadline_pause pauses[CASE_PAUSES_MAX];
    size_t count = pauses_since(m->turn, m->emission->kase, timer->t0_ms, pauses);
    size_t ended = count > 0 ? count - 1 : 0;
    int64_t was_ms = deadline_due_ms(calendar, &limit, timer->t0_ms, pauses, ended);
    int64_t off_ms = was_ms - timer->due_ms;
    if (off_ms > REGULAR_WITHIN_MS || off_ms < -REGULAR_WITHIN_MS) {
        return due_by_rest(m, timer, 0);
    }
    return deadline_due_ms(calendar, &limit, timer->t0_ms, pauses, count);
}

static void resume_paused(struct moving *m)
{
    const struct kase *kase = m->emission->kase;
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        struct case_timer timer = kase->timers[i];
        if (timer.kind == TIMER_NONE || (m->edge->resumes >> timer.kind & 1U) == 0 ||
            timer.state != TIMER_STATE_PAUSED || has_own(m, &timer)) {
            continue;
        }
        timer.due_ms = m->edge->id == T27
                           ? due_after_pause(m, &timer)
                           : due_by_rest(m, &timer, rework_floor_ms(m, &timer));
        add_due(m->turn, m->emission->envelope, SANJI__TIMER_OP__TIMER_OP_RESUME, &timer);
    }
}

// A self-handled case that fails its check is worked on for the first time.
static void arm_first_resolve(struct moving *m)
{
    bool has_resolve = has_own_arm(m, TIMER_RESOLVE);
    for (unsigned i = 0; i < CASE_TIMERS_MAX; i++) {
        has_resolve = has_resolve || m->emission->kase->timers[i].kind == TIMER_RESOLVE;
    }
    if (!has_resolve) {
        arm_by_rules(m, TIMER_RESOLVE_WARN);
        arm_by_rules(m, TIMER_RESOLVE);
    }
}

void turn_edge_timers(struct turn *turn, const struct emission *emission,
                      const struct lifecycle_edge *edge)
{
    Sanji__Envelope *envelope = emission->envelope;
    struct moving moving = {.turn = turn,
                            .emission = emission,
                            .edge = edge,
                            .own = envelope->timers,
                            .own_count = envelope->n_timers};
    envelope->timers = NULL;
    envelope->n_timers = 0;
    end_old(&moving); // first, so that their places are free
    Sanji__TimerChange **all =
        turn_take(turn, (envelope->n_timers + moving.own_count + 1) * sizeof(*all));
    if (envelope->n_timers > 0) {
        memcpy(all, envelope->timers, envelope->n_timers * sizeof(*all));
    }
    if (moving.own_count > 0) {
        memcpy(all + envelope->n_timers, moving.own, moving.own_count * sizeof(*all));
    }
    envelope->timers = all;
    envelope->n_timers += moving.own_count;
    for (unsigned kind = 1; kind < TIMER_COUNT; kind++) {
        if (!wants(&moving, kind)) {
            continue;
        }
        if (kind == TIMER_RESUME) {
            arm_resume(&moving);
        } else {
            arm_by_rules(&moving, kind);
        }
    }
    if (edge->resumes != 0) {
        resume_paused(&moving);
        arm_first_resolve(&moving);
    }
}
