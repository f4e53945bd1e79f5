/* indicator_measure_course.c: which cases a row of I20 to I47 counts, and with how much: how
 * long it took, which way it went, what the reporter says, what is open.
 */
#include <stddef.h>

#include "broker/runtime/indicator_measure.h"

// ---- I20 to I25: how long, how high -----------------------------------------------------

/* argument: segment * SEGMENT_CLOCKS + clock. */
MEASURE(segment)
{
    if (!measure_is_closed(facts, view)) {
        return false;
    }
    const int32_t took_s =
        facts->segment_s[argument / SEGMENT_CLOCKS][argument % SEGMENT_CLOCKS];
    *amount = (struct indicator_amount){took_s, 1};
    return took_s >= 0;
}

MEASURE(suspended)
{
    (void)argument;
    *amount = (struct indicator_amount){facts->suspended_s, 1};
    return measure_is_closed(facts, view);
}

static bool is_accepted(const struct indicator_facts *facts,
                        const struct indicator_view *view)
{
    return measure_in_view(view, facts->accepted_ms) && indicator_is_case(facts);
}

/* argument: enum EscalationCause; 0: any. */
MEASURE(escalated)
{
    return is_accepted(facts, view) &&
           measure_share(amount, argument == 0 ? facts->escalations > 0
                                               : (facts->causes >> argument & 1U) != 0);
}

MEASURE(levels)
{
    (void)argument;
    *amount = (struct indicator_amount){facts->escalations, 1};
    return is_accepted(facts, view);
}

MEASURE(assisted)
{
    (void)argument;
    return is_accepted(facts, view) && measure_share(amount, facts->assisted);
}

/* argument: at least so many approved returns. */
MEASURE(returned)
{
    return is_accepted(facts, view) && measure_share(amount, facts->returns >= argument);
}

MEASURE(extended)
{
    (void)argument;
    return measure_is_due(facts, view) && measure_share(amount, facts->extended);
}

MEASURE(was_suspended)
{
    (void)argument;
    return measure_is_due(facts, view) && measure_share(amount, facts->was_suspended);
}

/* argument: more than so many days, now. */
MEASURE(long_suspended)
{
    return facts->suspended_since_ms != 0 && facts->state == STATE_SUSPENDED &&
           view->now_ms - facts->suspended_since_ms > argument * TIME_DAY_MS &&
           measure_share(amount, true);
}

/* argument: enum SuperviseLevel; 0: all. */
MEASURE(supervised)
{
    (void)view; // the facts hold the window's only
    *amount = (struct indicator_amount){0, 1};
    for (unsigned level = 1; level < SUPERVISE_LEVELS; level++) {
        amount->numerator +=
            argument == 0 || level == argument ? facts->supervised[level] : 0;
    }
    return amount->numerator > 0;
}

MEASURE(supervise_points)
{
    (void)argument;
    (void)view; // as above
    *amount = (struct indicator_amount){facts->supervise_points, 1};
    return true;
}

// ---- I30 to I35: what the reporters say, what did not hold ------------------------------

static bool is_answered(const struct indicator_facts *facts,
                        const struct indicator_view *view)
{
    return measure_in_view(view, facts->answered_ms) && indicator_is_case(facts);
}

MEASURE(satisfied)
{
    (void)argument;
    return is_answered(facts, view) &&
           measure_share(amount,
                         facts->answer <= SANJI__SATISFACTION__SATISFACTION_SATISFIED);
}

MEASURE(solved)
{
    (void)argument;
    return is_answered(facts, view) && measure_share(amount, facts->solved);
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
    return measure_in_view(view, at_ms) && indicator_is_case(facts) &&
           measure_share(amount, facts->answered_ms != 0);
}

MEASURE(reworked)
{
    (void)argument;
    (void)view; // the facts hold the window's checks only
    return facts->checked && indicator_is_case(facts) &&
           measure_share(amount, facts->check_failed);
}

MEASURE(reopened)
{
    (void)argument;
    (void)view; // the facts hold the window's closings only
    return facts->closed_in_window && indicator_is_case(facts) &&
           measure_share(amount, facts->reopens > 0);
}

// ---- I36: what is open now --------------------------------------------------------------

MEASURE(open)
{
    (void)argument;
    (void)view; // now: the window does not matter
    return lifecycle_is_open((enum case_state)facts->state) && measure_share(amount, true);
}

MEASURE(open_state)
{
    (void)view;
    return facts->state == argument && measure_share(amount, true);
}

MEASURE(open_tier)
{
    (void)view;
    return lifecycle_is_open((enum case_state)facts->state) && facts->tier == argument &&
           measure_share(amount, true);
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
           age_ms >= days[argument] * TIME_DAY_MS && !is_older &&
           measure_share(amount, true);
}

// ---- I43 to I47: about what workers do --------------------------------------------------

/* Natural seconds from seeing it to reporting it, of what was reported by handheld. */
MEASURE(reported_after)
{
    (void)argument;
    *amount = (struct indicator_amount){
        (facts->received_ms - facts->observed_ms) / INDICATOR_SECOND_MS, 1};
    return measure_in_view(view, facts->received_ms) && facts->observed_ms != 0 &&
           facts->source == SANJI__SOURCE__SOURCE_HANDHELD;
}

MEASURE(photo_again)
{
    (void)argument;
    return measure_in_view(view, facts->received_ms) && facts->photo_again &&
           indicator_is_case(facts) && measure_share(amount, true);
}

/* argument: major category. */
MEASURE(by_social)
{
    return facts->major == argument && measure_is_closed(facts, view) &&
           facts->worker != 0 && measure_share(amount, facts->by_social);
}

/* argument 0: granted, 1: refused, 2: granted to somebody outside the case. */
MEASURE(reads)
{
    (void)view; // the facts hold the window's only
    const int64_t counts[] = {facts->reads, facts->reads_denied, facts->reads_outside};
    *amount = (struct indicator_amount){counts[argument % 3], 1};
    return amount->numerator > 0;
}
