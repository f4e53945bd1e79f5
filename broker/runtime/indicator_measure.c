/* indicator_measure.c: which cases a row counts, and with how much.
 *
 * The time that decides about the window stands in each function's first condition. "Due"
 * is the moment at which it is settled whether a case kept its RESOLVE limit: the limit that
 * was missed first, or, of a case in time, the resolution that stands. So a case resolved
 * early counts at once, and one that is open and not late does not count yet.
 */
#include <stddef.h>

#include "broker/runtime/indicator_inside.h"

#define MEASURE(name)                                                                      \
    bool indicator_measure_##name(const struct indicator_facts *facts,                     \
                                  const struct indicator_view *view, unsigned argument,    \
                                  struct indicator_amount *amount)

enum {
    PERMILLE = 1000,
    SECOND_MS = 1000
};

bool indicator_is_case(const struct indicator_facts *facts)
{
    return facts->state != STATE_MERGED && facts->state != STATE_REJECTED &&
           facts->state != STATE_CANCELLED;
}

static bool in_view(const struct indicator_view *view, int64_t at_ms)
{
    return indicator_within(at_ms, view->from_ms, view->to_ms);
}

static bool share(struct indicator_amount *amount, bool counts)
{
    *amount = (struct indicator_amount){counts ? 1 : 0, 1};
    return true;
}

/* Its closing stands, and lies in the window. */
static bool is_closed(const struct indicator_facts *facts,
                      const struct indicator_view *view)
{
    return facts->state == STATE_CLOSED && in_view(view, facts->closed_ms);
}

/* Taken up as a case: accepted, or handled on the spot, which needs no acceptance. */
static bool is_taken(const struct indicator_facts *facts)
{
    return facts->accepted_ms != 0 || facts->self_handled;
}

/* When RESOLVE was missed first; 0: never, or not yet. */
static int64_t missed_ms(const struct indicator_facts *facts,
                         const struct indicator_view *view)
{
    if (facts->missed_ms != 0) {
        return facts->missed_ms;
    }
    return facts->due_ms != 0 && facts->due_ms < view->now_ms ? facts->due_ms : 0;
}

/* See "due" above; 0: not settled. */
static int64_t settled_ms(const struct indicator_facts *facts,
                          const struct indicator_view *view)
{
    const int64_t late_ms = missed_ms(facts, view);
    return late_ms != 0 ? late_ms : facts->resolved_ms;
}

// ---- I01 to I08: what was closed, by whom; what came in ---------------------------------

MEASURE(local)
{
    (void)argument;
    return is_closed(facts, view) && share(amount, facts->local);
}

MEASURE(local_completed)
{
    (void)argument;
    const bool closed = facts->state == STATE_CLOSED && facts->local;
    const bool open_late = lifecycle_is_open((enum case_state)facts->state) &&
                           facts->state != STATE_UPSTREAM && facts->resolved_ms == 0 &&
                           missed_ms(facts, view) != 0;
    return (closed || open_late) && in_view(view, settled_ms(facts, view)) &&
           share(amount, closed);
}

MEASURE(self_handled)
{
    (void)argument;
    return is_closed(facts, view) &&
           share(amount, facts->resolution == SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED);
}

/* argument: the tier of the part (COMMITTEE takes in GRID); 0: any that is known. */
MEASURE(tier)
{
    const unsigned tier =
        facts->resolver_tier == TIER_GRID ? (unsigned)TIER_COMMITTEE : facts->resolver_tier;
    return is_closed(facts, view) &&
           share(amount, argument == 0 ? tier != TIER_NONE : tier == argument);
}

static bool is_decided(const struct indicator_facts *facts,
                       const struct indicator_view *view)
{
    return in_view(view, facts->received_ms) &&
           (facts->state == STATE_REJECTED ||
            (indicator_is_case(facts) && is_taken(facts)));
}

MEASURE(accepted)
{
    (void)argument;
    return is_decided(facts, view) && share(amount, facts->state != STATE_REJECTED);
}

MEASURE(rejected)
{
    (void)argument;
    return is_decided(facts, view) && share(amount, facts->state == STATE_REJECTED);
}

/* argument: enum Source; 0: all. */
MEASURE(valid_report)
{
    return in_view(view, facts->received_ms) &&
           (argument == 0 || facts->source == argument) &&
           share(amount, is_taken(facts) && facts->state != STATE_REJECTED);
}

MEASURE(proactive)
{
    (void)argument;
    const bool found = facts->source == SANJI__SOURCE__SOURCE_HANDHELD ||
                       facts->source == SANJI__SOURCE__SOURCE_VIDEO ||
                       facts->source == SANJI__SOURCE__SOURCE_IOT ||
                       facts->source == SANJI__SOURCE__SOURCE_INSPECTION;
    return in_view(view, facts->received_ms) && indicator_is_case(facts) &&
           is_taken(facts) && share(amount, found);
}

// ---- I10 to I18: kept in time -----------------------------------------------------------

MEASURE(accept_in_time)
{
    (void)argument;
    return in_view(view, facts->received_ms) && share(amount, !facts->accept_fired);
}

MEASURE(dispatch_in_time)
{
    (void)argument;
    return in_view(view, facts->accepted_ms) && indicator_is_case(facts) &&
           share(amount, !facts->dispatch_fired);
}

/* Resolved, or open past its limit: what should be done by now. */
static bool is_due(const struct indicator_facts *facts, const struct indicator_view *view)
{
    return indicator_is_case(facts) && in_view(view, settled_ms(facts, view));
}

MEASURE(resolved_in_time)
{
    (void)argument;
    return is_due(facts, view) && share(amount, missed_ms(facts, view) == 0);
}

MEASURE(closed_of_due)
{
    (void)argument;
    return is_due(facts, view) && share(amount, facts->state == STATE_CLOSED);
}

MEASURE(closed_in_time)
{
    (void)argument;
    return is_due(facts, view) &&
           share(amount, facts->state == STATE_CLOSED && facts->in_time);
}

static bool is_closed_late(const struct indicator_facts *facts,
                           const struct indicator_view *view)
{
    return is_closed(facts, view) && facts->missed_ms != 0 && facts->limit_ms > 0;
}

/* A case whose check failed after it was late may have got a new limit and kept it: 0. */
static int64_t overrun_ms(const struct indicator_facts *facts)
{
    return facts->used_ms > facts->limit_ms ? facts->used_ms - facts->limit_ms : 0;
}

MEASURE(overrun)
{
    (void)argument;
    if (!is_closed_late(facts, view)) {
        return false;
    }
    *amount =
        (struct indicator_amount){overrun_ms(facts) * PERMILLE / facts->limit_ms, PERMILLE};
    return true;
}

MEASURE(overrun_worst)
{
    (void)argument;
    if (!is_closed_late(facts, view)) {
        return false;
    }
    *amount = (struct indicator_amount){overrun_ms(facts) / SECOND_MS,
                                        facts->limit_ms / SECOND_MS};
    return amount->denominator > 0;
}

MEASURE(acked)
{
    (void)argument;
    (void)view; // the facts hold the window's offers only
    *amount = (struct indicator_amount){facts->acks, facts->offers};
    return indicator_is_case(facts);
}

static bool is_contactable(const struct indicator_facts *facts,
                           const struct indicator_view *view)
{
    return in_view(view, facts->received_ms) && indicator_is_case(facts) &&
           facts->accepted_ms != 0 && facts->wants_contact;
}

MEASURE(feedback_in_time)
{
    (void)argument;
    return is_contactable(facts, view) && share(amount, !facts->feedback_fired);
}

MEASURE(contacted_in_time)
{
    (void)argument;
    return is_contactable(facts, view) && share(amount, facts->informed_in_time);
}

// ---- I20 to I25: how long, how high -----------------------------------------------------

/* argument: segment * SEGMENT_CLOCKS + clock. */
MEASURE(segment)
{
    if (!is_closed(facts, view)) {
        return false;
    }
    const int64_t took_ms =
        facts->segment_ms[argument / SEGMENT_CLOCKS][argument % SEGMENT_CLOCKS];
    *amount = (struct indicator_amount){took_ms / SECOND_MS, 1};
    return took_ms >= 0;
}

MEASURE(suspended)
{
    (void)argument;
    *amount = (struct indicator_amount){facts->suspended_ms / SECOND_MS, 1};
    return is_closed(facts, view);
}

static bool is_accepted(const struct indicator_facts *facts,
                        const struct indicator_view *view)
{
    return in_view(view, facts->accepted_ms) && indicator_is_case(facts);
}

/* argument: enum EscalationCause; 0: any. */
MEASURE(escalated)
{
    return is_accepted(facts, view) &&
           share(amount, argument == 0 ? facts->escalations > 0
                                       : (facts->causes >> argument & 1U) != 0);
}

MEASURE(levels)
{
    (void)argument;
    *amount = (struct indicator_amount){facts->escalations, 1};
    return is_accepted(facts, view);
}

// ---- I30 to I35: what the reporters say, what did not hold ------------------------------

static bool is_answered(const struct indicator_facts *facts,
                        const struct indicator_view *view)
{
    return in_view(view, facts->answered_ms) && indicator_is_case(facts);
}

MEASURE(satisfied)
{
    (void)argument;
    return is_answered(facts, view) &&
           share(amount, facts->answer <= SANJI__SATISFACTION__SATISFACTION_SATISFIED);
}

MEASURE(solved)
{
    (void)argument;
    return is_answered(facts, view) && share(amount, facts->solved);
}

MEASURE(score)
{
    static const int points[] = {
        [SANJI__SATISFACTION__SATISFACTION_VERY] = 100,
        [SANJI__SATISFACTION__SATISFACTION_SATISFIED] = 80,
        [SANJI__SATISFACTION__SATISFACTION_NEUTRAL] = 50,
        [SANJI__SATISFACTION__SATISFACTION_UNSATISFIED] = 0,
        [SANJI__SATISFACTION__SATISFACTION_VERY_UNSATISFIED] = -100,
    };

    (void)argument;
    if (!is_answered(facts, view)) {
        return false;
    }
    *amount = (struct indicator_amount){points[facts->answer], 1};
    return true;
}

MEASURE(revisited)
{
    (void)argument;
    const int64_t at_ms = facts->answered_ms != 0 ? facts->answered_ms : facts->asked_ms;
    return in_view(view, at_ms) && indicator_is_case(facts) &&
           share(amount, facts->answered_ms != 0);
}

MEASURE(reworked)
{
    (void)argument;
    (void)view; // the facts hold the window's checks only
    return facts->checked && indicator_is_case(facts) && share(amount, facts->check_failed);
}

MEASURE(reopened)
{
    (void)argument;
    (void)view; // the facts hold the window's closings only
    return facts->closed_in_window && indicator_is_case(facts) &&
           share(amount, facts->reopens > 0);
}

// ---- I36: what is open now --------------------------------------------------------------

MEASURE(open)
{
    (void)argument;
    (void)view; // now: the window does not matter
    return lifecycle_is_open((enum case_state)facts->state) && share(amount, true);
}

MEASURE(open_state)
{
    (void)view;
    return facts->state == argument && share(amount, true);
}

MEASURE(open_tier)
{
    (void)view;
    return lifecycle_is_open((enum case_state)facts->state) && facts->tier == argument &&
           share(amount, true);
}

/* argument: the part's place in the list of ages. */
MEASURE(open_age)
{
    static const int days[] = {0, 1, 3, 7, 15, 60};

    enum {
        AGES = sizeof days / sizeof days[0]
    };

    const int64_t age_ms = view->now_ms - facts->received_ms;
    const bool is_older = argument + 1 < AGES && age_ms >= days[argument + 1] * TIME_DAY_MS;
    return lifecycle_is_open((enum case_state)facts->state) &&
           age_ms >= days[argument] * TIME_DAY_MS && !is_older && share(amount, true);
}
