/* indicator_facts.c: what each record adds to the facts of its case.
 *
 * Whatever stands in the case is copied from it after every record; what a case forgets
 * (the first offer, a timer that fired, an answer that a later one replaced) is noted here
 * when its record passes. Durations are measured when a case closes, by the calendar of then.
 */
#include <stddef.h>

#include "broker/runtime/indicator_inside.h"
#include "proto/id.h"

enum {
    CATEGORY_MAJOR = 1000 /* 02001: major 02 */
};

bool indicator_within(int64_t at_ms, int64_t from_ms, int64_t to_ms)
{
    return at_ms != 0 && at_ms >= from_ms && at_ms < to_ms;
}

bool indicator_in_window(const struct indicator_window *window, int64_t at_ms)
{
    return indicator_within(at_ms, window->from_ms,
                            window->to_ms == 0 ? INT64_MAX : window->to_ms);
}

// ---- durations --------------------------------------------------------------------------

static int64_t elapsed_ms(const struct calendar *calendar, enum deadline_clock clock,
                          int64_t from_ms, int64_t to_ms)
{
    return from_ms < to_ms ? deadline_elapsed_ms(calendar, clock, from_ms, to_ms) : 0;
}

/* Of [from, to), what lies in suspensions. */
static int64_t suspended_ms(const struct calendar *calendar, enum deadline_clock clock,
                            const struct kase *kase, int64_t from_ms, int64_t to_ms)
{
    int64_t sum_ms = 0;
    for (size_t i = 0; i < kase->pause_count; i++) {
        const struct deadline_pause *pause = &kase->pauses[i];
        const int64_t end_ms = pause->to_ms == 0 ? to_ms : pause->to_ms;
        sum_ms +=
            elapsed_ms(calendar, clock, pause->from_ms > from_ms ? pause->from_ms : from_ms,
                       end_ms < to_ms ? end_ms : to_ms);
    }
    return sum_ms;
}

int64_t indicator_active_ms(const struct calendar *calendar, enum deadline_clock clock,
                            const struct kase *kase, int64_t from_ms, int64_t to_ms)
{
    return elapsed_ms(calendar, clock, from_ms, to_ms) -
           suspended_ms(calendar, clock, kase, from_ms, to_ms);
}

/* Whole seconds; 68 years are enough. */
static int32_t seconds(int64_t ms)
{
    const int64_t whole = ms / INDICATOR_SECOND_MS;
    return whole > INT32_MAX ? INT32_MAX : (int32_t)whole;
}

static void measure_segments(struct indicator_facts *facts,
                             const struct indicator_seen *seen)
{
    const int64_t ends[SEGMENT_COUNT][2] = {
        [SEGMENT_DISCOVERY] = {facts->observed_ms, facts->received_ms},
        [SEGMENT_DISPATCH] = {facts->received_ms, facts->first_offer_ms},
        [SEGMENT_HANDLING] = {facts->first_offer_ms, facts->resolved_ms},
        [SEGMENT_CLOSING] = {facts->resolved_ms, facts->closed_ms},
        [SEGMENT_WHOLE] = {facts->received_ms, facts->closed_ms},
    };

    static const enum deadline_clock clocks[SEGMENT_CLOCKS] = {CLOCK_NATURAL,
                                                               CLOCK_WORKING};

    for (size_t i = 0; i < SEGMENT_COUNT; i++) {
        for (size_t c = 0; c < SEGMENT_CLOCKS; c++) {
            const bool has = ends[i][0] != 0 && ends[i][1] != 0 &&
                             (clocks[c] == CLOCK_NATURAL || seen->calendar != NULL);
            facts->segment_s[i][c] =
                has ? seconds(indicator_active_ms(seen->calendar, clocks[c], seen->after,
                                                  ends[i][0], ends[i][1]))
                    : -1;
        }
    }
    facts->suspended_s = (uint32_t)seconds(suspended_ms(
        seen->calendar, CLOCK_NATURAL, seen->after, facts->received_ms, facts->closed_ms));
}

/* Entering RESOLVED: how much of RESOLVE was used up. Its timer is paused or has fired, so
 * it still shows its due time; who handled it himself never had one. */
static void measure_resolution(struct indicator_facts *facts,
                               const struct indicator_seen *seen)
{
    const struct case_timer *timer = case_timer(seen->after, TIMER_RESOLVE, 0);
    const int64_t at_ms = seen->after->resolved_ms;
    facts->used_ms = 0;
    facts->limit_ms = 0;
    if (timer == NULL) {
        return;
    }
    enum deadline_clock clock = (enum deadline_clock)timer->clock;
    if (clock != CLOCK_WORKING || seen->calendar == NULL) {
        clock = CLOCK_NATURAL;
    }
    facts->limit_ms = indicator_active_ms(seen->calendar, clock, seen->after, timer->t0_ms,
                                          timer->due_ms);
    if (facts->limit_ms == 0) {
        // The cap fell due before any working time had come.
        clock = CLOCK_NATURAL;
        facts->limit_ms = indicator_active_ms(seen->calendar, clock, seen->after,
                                              timer->t0_ms, timer->due_ms);
    }
    facts->limit_clock = (uint8_t)clock;
    facts->used_ms =
        indicator_active_ms(seen->calendar, clock, seen->after, timer->t0_ms, at_ms);
    if (facts->missed_ms == 0 && at_ms > timer->due_ms) {
        facts->missed_ms = timer->due_ms;
    }
}

// ---- records ----------------------------------------------------------------------------

static void see_received(struct indicator_facts *facts, const Sanji__Envelope *envelope,
                         int64_t at_ms)
{
    // What the source's clock says is worth nothing where intake marked it (901).
    if (envelope->occurred_at_ms != 0 && envelope->case_received->clock_reason == 0) {
        facts->observed_ms =
            envelope->occurred_at_ms < at_ms ? envelope->occurred_at_ms : at_ms;
    }
}

static void see_timer_fired(struct indicator_facts *facts, const Sanji__TimerFired *body,
                            int64_t at_ms)
{
    if (body->kind == SANJI__TIMER_KIND__TIMER_KIND_ACCEPT) {
        facts->accept_fired = true;
    } else if (body->kind == SANJI__TIMER_KIND__TIMER_KIND_FEEDBACK) {
        facts->feedback_fired = true;
    } else if (body->kind == SANJI__TIMER_KIND__TIMER_KIND_DISPATCH) {
        facts->dispatch_fired = facts->dispatch_fired || facts->dispatch_runs;
    } else if (body->kind == SANJI__TIMER_KIND__TIMER_KIND_REVISIT) {
        facts->asked_ms = at_ms;
    }
}

static void see_escalated(struct indicator_facts *facts, const Sanji__CaseEscalated *body)
{
    const unsigned cause = (unsigned)body->cause;
    facts->escalations++;
    facts->causes |= cause < 32 ? 1U << cause : 0;
    if (body->fired_timer == SANJI__TIMER_KIND__TIMER_KIND_DISPATCH) {
        facts->dispatch_fired = facts->dispatch_fired || facts->dispatch_runs;
    }
}

static void see_revisited(struct indicator_facts *facts,
                          const Sanji__RevisitCompleted *body, int64_t at_ms)
{
    facts->asked_ms = at_ms;
    if (body->result >= SANJI__SATISFACTION__SATISFACTION_VERY &&
        body->result <= SANJI__SATISFACTION__SATISFACTION_VERY_UNSATISFIED) {
        facts->answered_ms = at_ms;
        facts->answer = (uint8_t)body->result;
        facts->solved = body->solved;
    }
}

static void see_closed(struct indicator_facts *facts, const struct indicator_seen *seen)
{
    facts->local = seen->envelope->case_closed->local;
    facts->in_time = seen->envelope->case_closed->in_time;
    measure_segments(facts, seen);
}

static void see_informed(struct indicator_facts *facts)
{
    if (!facts->informed) {
        facts->informed = true;
        facts->informed_in_time = !facts->feedback_fired;
    }
}

/* Whoever acks has the case from then on. The role is what he spoke as, else what he was
 * offered the case as. */
static void see_acked(struct indicator_facts *facts, const struct indicator_seen *seen,
                      const struct indicator_window *window)
{
    const Sanji__Actor *actor = seen->envelope->actor;
    const unsigned role = actor != NULL && actor->worker[0] != '\0'
                              ? (unsigned)actor->role
                              : seen->after->offered_role;
    // All offers of a broadcast have one stamp, so it does not matter which was acked.
    facts->acks += indicator_in_window(window, seen->after->offered_ms);
    facts->worker = seen->after->worker;
    facts->by_social = role == SANJI__ROLE__ROLE_SOCIAL_WORKER;
}

/* 201 wrong grid, 202 wrong category, 204 wrong department: sent to the wrong desk. */
static void see_decided(struct indicator_facts *facts, const Sanji__DecisionMade *body)
{
    if (body->kind != SANJI__DECISION_KIND__DECISION_KIND_RETURN || !body->approved) {
        return;
    }
    const unsigned reason = facts->return_reason;
    facts->returns++;
    facts->misdirected =
        facts->misdirected || reason == 201 || reason == 202 || reason == 204;
}

/* `lift` lowers the level and raises nothing. */
static void see_supervised(struct indicator_facts *facts, const Sanji__Supervised *body)
{
    if (body->to > body->from && (unsigned)body->to < SUPERVISE_LEVELS) {
        facts->supervised[body->to]++;
        facts->supervise_points += body->points;
    }
}

/* Reads of sealed fields. Somebody reads as one of the case when he has it in hand, when
 * his desk holds or owns it, or when he asks back at intake. */
static void see_read(struct indicator_facts *facts, const Sanji__RestrictedRead *body,
                     const struct kase *kase)
{
    struct org_path org = {0, 0};
    uint32_t worker = 0;
    const bool has_org = body->org[0] != '\0' && org_parse(body->org, &org) == STATUS_OK;
    const bool has_worker =
        body->worker[0] != '\0' && id_worker_parse(body->worker, &worker) == STATUS_OK;
    const bool is_inside =
        (has_worker && worker == kase->worker) ||
        (has_org && (org_equal(org, kase->holder) || org_equal(org, kase->owner))) ||
        body->role == SANJI__ROLE__ROLE_INTAKE_OPERATOR;
    if (!body->granted) {
        facts->reads_denied++;
        return;
    }
    facts->reads++;
    if (!is_inside) {
        facts->reads_outside++;
    }
}

/* What counts by the window of the record itself. */
static void see_in_window(struct indicator_facts *facts, const struct indicator_seen *seen)
{
    const Sanji__Envelope *envelope = seen->envelope;
    switch ((unsigned)envelope->body_case) {
    case EVENT_DISPATCH_OFFERED:
        facts->offers++;
        break;
    case EVENT_CHECK_COMPLETED:
        facts->checked = true;
        facts->check_failed = facts->check_failed || !envelope->check_completed->passed;
        break;
    case EVENT_CASE_CLOSED:
        facts->closed_in_window = true;
        break;
    case EVENT_SUPERVISED:
        see_supervised(facts, envelope->supervised);
        break;
    case EVENT_RESTRICTED_READ:
        see_read(facts, envelope->restricted_read, seen->after);
        break;
    case EVENT_STATEMENT_REFUSED:
        if (envelope->statement_refused->kind ==
            SANJI__STATEMENT_KIND__STATEMENT_KIND_READ) {
            facts->reads_denied++;
        }
        break;
    default:
        break;
    }
}

static void see_body(struct indicator_facts *facts, const struct indicator_seen *seen,
                     const struct indicator_window *window)
{
    const Sanji__Envelope *envelope = seen->envelope;
    const int64_t at_ms = seen->record->header.recorded_at_ms;
    switch ((unsigned)envelope->body_case) {
    case EVENT_CASE_RECEIVED:
        see_received(facts, envelope, at_ms);
        break;
    case EVENT_CASE_SELF_HANDLED:
        facts->worker = seen->after->worker;
        break;
    case EVENT_TIMER_FIRED:
        see_timer_fired(facts, envelope->timer_fired, at_ms);
        break;
    case EVENT_DISPATCH_OFFERED:
        facts->first_offer_ms = facts->first_offer_ms != 0 ? facts->first_offer_ms : at_ms;
        break;
    case EVENT_DISPATCH_ACKED:
        see_acked(facts, seen, window);
        break;
    case EVENT_CASE_ESCALATED:
        see_escalated(facts, envelope->case_escalated);
        break;
    case EVENT_DECISION_REQUESTED:
        facts->return_reason = (uint16_t)envelope->decision_requested->reason_code;
        break;
    case EVENT_DECISION_MADE:
        see_decided(facts, envelope->decision_made);
        break;
    case EVENT_REPORTER_INFORMED:
        see_informed(facts);
        break;
    case EVENT_REVISIT_COMPLETED:
        see_revisited(facts, envelope->revisit_completed, at_ms);
        break;
    case EVENT_CASE_CLOSED:
        see_closed(facts, seen);
        break;
    default:
        break;
    }
}

/* DISPATCH counts as the first from the acceptance until a record moves it. */
static void see_dispatch_timer(struct indicator_facts *facts,
                               const struct indicator_seen *seen)
{
    const unsigned type = seen->envelope->body_case;
    if (type == EVENT_CASE_ACCEPTED || type == EVENT_CASE_UNMERGED) {
        facts->dispatch_runs = true;
        facts->dispatch_fired = false;
        return;
    }
    for (size_t i = 0; i < seen->envelope->n_timers; i++) {
        if (seen->envelope->timers[i]->kind == SANJI__TIMER_KIND__TIMER_KIND_DISPATCH) {
            facts->dispatch_runs = false;
        }
    }
}

/* In the suspension that goes on; 0: none does. */
static int64_t suspended_since_ms(const struct kase *kase)
{
    const size_t count = kase->pause_count;
    return count > 0 && kase->pauses[count - 1].to_ms == 0 ? kase->pauses[count - 1].from_ms
                                                           : 0;
}

static void copy_case(struct indicator_facts *facts, struct kase *kase)
{
    const struct case_timer *resolve = case_timer(kase, TIMER_RESOLVE, 0);
    facts->area = kase->area;
    facts->received_ms = kase->received_ms;
    facts->accepted_ms = kase->accepted_ms;
    facts->resolved_ms = kase->resolved_ms;
    facts->closed_ms = kase->closed_ms;
    facts->due_ms =
        resolve != NULL && resolve->state == TIMER_STATE_ARMED ? resolve->due_ms : 0;
    facts->state = kase->state;
    facts->tier = kase->tier;
    facts->status = kase->status;
    facts->source = kase->source;
    facts->severity = kase->severity;
    facts->major = (uint8_t)(kase->category / CATEGORY_MAJOR);
    facts->restricted = kase->restricted;
    facts->assisted = kase->assists > 0;
    facts->extended = kase->extensions > 0;
    facts->was_suspended = kase->suspensions > 0;
    facts->suspended_since_ms = suspended_since_ms(kase);
    facts->resolver_tier = kase->resolver_tier;
    facts->resolution = kase->resolution;
    facts->wants_contact = kase->wants_contact;
    facts->self_handled = kase->self_handled;
    facts->reopens = kase->reopens;
}

void indicator_facts_fold(struct indicator_facts *facts, const struct indicator_seen *seen,
                          const struct indicator_window *window)
{
    const int64_t ran_until_ms = facts->due_ms;
    copy_case(facts, seen->after);
    if (seen->after->resolve_missed && facts->missed_ms == 0) {
        facts->missed_ms =
            ran_until_ms != 0 ? ran_until_ms : seen->record->header.recorded_at_ms;
    }
    if (seen->before != NULL && seen->before->state != STATE_RESOLVED &&
        seen->after->state == STATE_RESOLVED) {
        measure_resolution(facts, seen);
    }
    see_body(facts, seen, window);
    if (indicator_in_window(window, seen->record->header.recorded_at_ms)) {
        see_in_window(facts, seen);
    }
    see_dispatch_timer(facts, seen);
}
