/* indicator_measure.c: which cases a row of I01 to I18 counts, and with how much.
 *
 * The time that decides about the window stands in each function's first condition. "Due"
 * is the moment at which it is settled whether a case kept its RESOLVE limit: the limit that
 * was missed first, or, of a case in time, the resolution that stands. So a case resolved
 * early counts at once, and one that is open and not late does not count yet.
 */
#include <stddef.h>

#include "broker/runtime/indicator_measure.h"

enum {
    PERMILLE = 1000,
    SECOND_MS = INDICATOR_SECOND_MS
};

bool indicator_is_case(const struct indicator_facts *facts)
{
    return facts->state != STATE_MERGED && facts->state != STATE_REJECTED &&
           facts->state != STATE_CANCELLED;
}

bool measure_in_view(const struct indicator_view *view, int64_t at_ms)
{
    return indicator_within(at_ms, view->from_ms, view->to_ms);
}

bool measure_share(struct indicator_amount *amount, bool counts)
{
    *amount = (struct indicator_amount){counts ? 1 : 0, 1};
    return true;
}

/* Its closing stands, and lies in the window. */
bool measure_is_closed(const struct indicator_facts *facts,
                       const struct indicator_view *view)
{
    return facts->state == STATE_CLOSED && measure_in_view(view, facts->closed_ms);
}

/* Taken up as a case: accepted, or handled on the spot, which needs no acceptance. */
bool measure_is_taken(const struct indicator_facts *facts)
{
    return facts->accepted_ms != 0 || facts->self_handled;
}

/* When RESOLVE was missed first; 0: never, or not yet. */
int64_t measure_missed_ms(const struct indicator_facts *facts,
                          const struct indicator_view *view)
{
    if (facts->missed_ms != 0) {
        return facts->missed_ms;
    }
    return facts->due_ms != 0 && facts->due_ms < view->now_ms ? facts->due_ms : 0;
}

/* See "due" above; 0: not settled. */
int64_t measure_settled_ms(const struct indicator_facts *facts,
                           const struct indicator_view *view)
{
    const int64_t late_ms = measure_missed_ms(facts, view);
    return late_ms != 0 ? late_ms : facts->resolved_ms;
}

// ---- I01 to I08: what was closed, by whom; what came in ---------------------------------

MEASURE(local)
{
    (void)argument;
    return measure_is_closed(facts, view) && measure_share(amount, facts->local);
}

MEASURE(local_completed)
{
    (void)argument;
    const bool closed = facts->state == STATE_CLOSED && facts->local;
    const bool open_late = lifecycle_is_open((enum case_state)facts->state) &&
                           facts->state != STATE_UPSTREAM && facts->resolved_ms == 0 &&
                           measure_missed_ms(facts, view) != 0;
    return (closed || open_late) &&
           measure_in_view(view, measure_settled_ms(facts, view)) &&
           measure_share(amount, closed);
}

MEASURE(self_handled)
{
    (void)argument;
    return measure_is_closed(facts, view) &&
           measure_share(amount,
                         facts->resolution == SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED);
}

/* argument: the tier of the part (COMMITTEE takes in GRID); 0: any that is known. */
MEASURE(tier)
{
    const unsigned tier =
        facts->resolver_tier == TIER_GRID ? (unsigned)TIER_COMMITTEE : facts->resolver_tier;
    return measure_is_closed(facts, view) &&
           measure_share(amount, argument == 0 ? tier != TIER_NONE : tier == argument);
}

static bool is_decided(const struct indicator_facts *facts,
                       const struct indicator_view *view)
{
    return measure_in_view(view, facts->received_ms) &&
           (facts->state == STATE_REJECTED ||
            (indicator_is_case(facts) && measure_is_taken(facts)));
}

MEASURE(accepted)
{
    (void)argument;
    return is_decided(facts, view) && measure_share(amount, facts->state != STATE_REJECTED);
}

MEASURE(rejected)
{
    (void)argument;
    return is_decided(facts, view) && measure_share(amount, facts->state == STATE_REJECTED);
}

/* argument: enum Source; 0: all. */
MEASURE(valid_report)
{
    return measure_in_view(view, facts->received_ms) &&
           (argument == 0 || facts->source == argument) &&
           measure_share(amount, measure_is_taken(facts) && facts->state != STATE_REJECTED);
}

MEASURE(merged)
{
    (void)argument;
    return measure_in_view(view, facts->received_ms) &&
           measure_share(amount, facts->state == STATE_MERGED);
}

MEASURE(proactive)
{
    (void)argument;
    const bool found = facts->source == SANJI__SOURCE__SOURCE_HANDHELD ||
                       facts->source == SANJI__SOURCE__SOURCE_VIDEO ||
                       facts->source == SANJI__SOURCE__SOURCE_IOT ||
                       facts->source == SANJI__SOURCE__SOURCE_INSPECTION;
    return measure_in_view(view, facts->received_ms) && indicator_is_case(facts) &&
           measure_is_taken(facts) && measure_share(amount, found);
}

// ---- I10 to I18: kept in time -----------------------------------------------------------

MEASURE(accept_in_time)
{
    (void)argument;
    return measure_in_view(view, facts->received_ms) &&
           measure_share(amount, !facts->accept_fired);
}

MEASURE(dispatch_in_time)
{
    (void)argument;
    return measure_in_view(view, facts->accepted_ms) && indicator_is_case(facts) &&
           measure_share(amount, !facts->dispatch_fired);
}

/* Resolved, or open past its limit: what should be done by now. */
bool measure_is_due(const struct indicator_facts *facts, const struct indicator_view *view)
{
    return indicator_is_case(facts) &&
           measure_in_view(view, measure_settled_ms(facts, view));
}

/* argument: IN_TIME_ALL and its kin, or a severity. */
static bool is_of_part(const struct indicator_facts *facts, unsigned argument)
{
    if (argument >= IN_TIME_MAJOR) {
        return facts->major == argument - IN_TIME_MAJOR;
    }
    if (argument == IN_TIME_UPSTREAM) {
        return facts->resolver_tier == TIER_MUNICIPAL || facts->state == STATE_UPSTREAM;
    }
    if (argument == IN_TIME_WORKED) {
        return facts->worker != 0;
    }
    return argument == IN_TIME_ALL || facts->severity == argument;
}

MEASURE(resolved_in_time)
{
    return is_of_part(facts, argument) && measure_is_due(facts, view) &&
           measure_share(amount, measure_missed_ms(facts, view) == 0);
}

MEASURE(closed_of_due)
{
    (void)argument;
    return measure_is_due(facts, view) &&
           measure_share(amount, facts->state == STATE_CLOSED);
}

MEASURE(closed_in_time)
{
    (void)argument;
    return measure_is_due(facts, view) &&
           measure_share(amount, facts->state == STATE_CLOSED && facts->in_time);
}

/* Seconds of the holding on the clock of RESOLVE; below 1 it is none. */
static int64_t held_s(const struct indicator_facts *facts,
                      const struct indicator_holding *holding)
{
    return facts->limit_clock == CLOCK_WORKING ? holding->working_s : holding->natural_s;
}

/* Holdings that ended, up to the newest resolution, and each one's share of the limit. */
static int64_t share_of_limit_s(const struct indicator_facts *facts,
                                const struct indicator_view *view)
{
    int64_t count = 0;
    for (uint32_t place = facts->holding_first; place != 0;
         place = view->holdings[place - 1].next) {
        const struct indicator_holding *holding = &view->holdings[place - 1];
        count += holding->to_ms != 0 && held_s(facts, holding) > 0;
    }
    return count > 0 ? facts->limit_ms / SECOND_MS / count : 0;
}

/* argument: the holder's tier; 0: any. */
MEASURE(held)
{
    *amount = (struct indicator_amount){0, 0};
    if (!indicator_is_case(facts) || facts->limit_ms == 0) {
        return false;
    }
    const int64_t share_s = share_of_limit_s(facts, view);
    for (uint32_t place = facts->holding_first; place != 0;
         place = view->holdings[place - 1].next) {
        const struct indicator_holding *holding = &view->holdings[place - 1];
        const int64_t took_s = held_s(facts, holding);
        if (took_s > 0 && measure_in_view(view, holding->to_ms) &&
            (argument == 0 || holding->tier == argument)) {
            amount->numerator += took_s <= share_s;
            amount->denominator++;
        }
    }
    return amount->denominator > 0;
}

/* The desk that had it when it was resolved. argument 1: only where a worker had it. */
MEASURE(held_last)
{
    if (!indicator_is_case(facts) || facts->limit_ms == 0 || facts->holding_last == 0 ||
        (argument == 1 && facts->worker == 0)) {
        return false;
    }
    const struct indicator_holding *holding = &view->holdings[facts->holding_last - 1];
    return measure_in_view(view, holding->to_ms) &&
           measure_share(amount, held_s(facts, holding) <= share_of_limit_s(facts, view));
}

static bool is_closed_late(const struct indicator_facts *facts,
                           const struct indicator_view *view)
{
    return measure_is_closed(facts, view) && facts->missed_ms != 0 && facts->limit_ms > 0;
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

MEASURE(well_directed)
{
    (void)argument;
    return measure_in_view(view, facts->first_offer_ms) && indicator_is_case(facts) &&
           measure_share(amount, !facts->misdirected);
}

static bool is_contactable(const struct indicator_facts *facts,
                           const struct indicator_view *view)
{
    return measure_in_view(view, facts->received_ms) && indicator_is_case(facts) &&
           facts->accepted_ms != 0 && facts->wants_contact;
}

MEASURE(feedback_in_time)
{
    (void)argument;
    return is_contactable(facts, view) && measure_share(amount, !facts->feedback_fired);
}

MEASURE(contacted_in_time)
{
    (void)argument;
    return is_contactable(facts, view) && measure_share(amount, facts->informed_in_time);
}
