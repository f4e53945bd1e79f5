/* test_lifecycle.c: every cell, every edge, every path of timers of the lifecycle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/lifecycle.h"

#define AT(state)   (1U << STATE_##state)
#define TIMER(kind) (1U << TIMER_##kind)

enum {
    TYPES = 256 /* every number a record's header can hold */
};

static const struct lifecycle_edge *edge_at(unsigned id)
{
    return lifecycle_edge((enum transition)id);
}

static bool is_from(const struct lifecycle_edge *edge, unsigned state)
{
    return (edge->from >> state & 1U) != 0;
}

static void every_edge_stands_in_its_own_place_and_is_complete(void **state)
{
    (void)state;
    for (unsigned id = T01; id < T_COUNT; id++) {
        const struct lifecycle_edge *edge = edge_at(id);
        assert_int_equal(edge->id, id);
        assert_int_not_equal(edge->from, 0);
        assert_int_equal(edge->from >> STATE_COUNT, 0);
        assert_true(edge->to > STATE_NONE && edge->to < STATE_COUNT);
        assert_int_not_equal(edge->events[0], 0);
        assert_int_not_equal(edge->roles, 0);
        assert_int_equal(edge->roles & 1U, 0);
        assert_int_equal(edge->roles >> ROLE_COUNT, 0);
        assert_non_null(edge->guard);
        const uint32_t timers = edge->arms | edge->cancels | edge->pauses | edge->resumes;
        assert_int_equal(timers & 1U, 0);
        assert_int_equal(timers >> TIMER_COUNT, 0);
    }
    assert_int_equal(T_COUNT - T01, 32);
}

static enum owner owner_of(unsigned event, const struct lifecycle_edge *edge)
{
    const enum owner owner = vocab_event_owner(event);
    if (owner != OWNER_BY_KIND) {
        return owner;
    }
    // The only edge with an event of no single owner is T12, by the timer ACK.
    assert_int_equal(edge->id, T12);
    assert_int_equal(event, EVENT_TIMER_FIRED);
    return vocab_timer_owner(TIMER_ACK);
}

static void the_owner_of_an_edge_owns_each_of_its_events(void **state)
{
    (void)state;
    for (unsigned id = T01; id < T_COUNT; id++) {
        const struct lifecycle_edge *edge = edge_at(id);
        assert_int_equal(owner_of(edge->events[0], edge), edge->owner);
        if (edge->events[1] != 0) {
            assert_int_equal(owner_of(edge->events[1], edge), edge->owner);
        }
        assert_int_equal(lifecycle_last_event(edge),
                         edge->events[1] != 0 ? edge->events[1] : edge->events[0]);
    }
}

/* The corrections of records.md 3, and what the brief of the table names. */
static void the_corrected_rows_say_what_holds(void **state)
{
    (void)state;

    static const struct {
        enum transition id;
        enum case_state to;
        uint8_t events[2];
    } rows[] = {
        {T03, STATE_ACCEPTED, {EVENT_VERIFICATION_REPORTED, EVENT_CASE_ACCEPTED}},
        {T07, STATE_RESOLVED, {EVENT_CASE_SELF_HANDLED, 0}},
        {T12, STATE_ASSIGNING, {EVENT_TIMER_FIRED, EVENT_DISPATCH_EXPIRED}},
        {T18, STATE_RESOLVED, {EVENT_UPSTREAM_UPDATED, 0}},
        {T24, STATE_ACCEPTED, {EVENT_REVISIT_COMPLETED, EVENT_CASE_REOPENED}},
        {T25, STATE_ACCEPTED, {EVENT_CASE_REOPENED, 0}},
        {T31, STATE_RECEIVED, {EVENT_CASE_REOPENED, 0}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lifecycle_edge *edge = lifecycle_edge(rows[i].id);
        assert_int_equal(edge->to, rows[i].to);
        assert_int_equal(edge->events[0], rows[i].events[0]);
        assert_int_equal(edge->events[1], rows[i].events[1]);
    }
    const uint32_t again = TIMER(DISPATCH) | TIMER(RESOLVE) | TIMER(RESOLVE_WARN);
    assert_int_equal(lifecycle_edge(T24)->arms, again);
    assert_int_equal(lifecycle_edge(T25)->arms, again);
    assert_int_equal(lifecycle_edge(T05)->arms, again | TIMER(FEEDBACK));
    assert_int_equal(lifecycle_edge(T08)->arms | lifecycle_edge(T08)->cancels, 0);
    assert_int_equal(lifecycle_edge(T28)->arms, 0);
    const uint32_t resolving = TIMER(RESOLVE) | TIMER(RESOLVE_WARN) | TIMER(ESCALATE);
    assert_int_equal(lifecycle_edge(T19)->pauses, resolving);
    assert_int_equal(lifecycle_edge(T18)->pauses, resolving);
    assert_int_equal(lifecycle_edge(T20)->resumes, resolving);
}

/* What the edges alone say: those whose last event this is, from this state. */
static uint64_t moves_by_edges(unsigned from, unsigned type)
{
    uint64_t moves = 0;
    for (unsigned id = T01; id < T_COUNT; id++) {
        if (is_from(edge_at(id), from) && lifecycle_last_event(edge_at(id)) == type) {
            moves |= UINT64_C(1) << id;
        }
    }
    return moves;
}

static enum transition first_to(uint64_t moves, unsigned target)
{
    for (unsigned id = T01; id < T_COUNT; id++) {
        if ((moves >> id & 1U) != 0 && edge_at(id)->to == target) {
            return (enum transition)id;
        }
    }
    return T_NONE;
}

/* Gives the number of targets that the event leads to from here. */
static unsigned walk_cell(unsigned from, unsigned type)
{
    const uint64_t moves = moves_by_edges(from, type);
    assert_int_equal(lifecycle_moves((enum case_state)from, type), moves);
    unsigned targets = 0;
    for (unsigned to = STATE_NONE; to < STATE_COUNT; to++) {
        const enum transition expected = first_to(moves, to);
        assert_int_equal(lifecycle_find((enum case_state)from, type, (enum case_state)to),
                         expected);
        targets += expected != T_NONE ? 1 : 0;
    }
    return targets;
}

static void every_cell_agrees_with_the_edges(void **state)
{
    (void)state;
    unsigned moving = 0;
    for (unsigned from = STATE_NONE; from < STATE_COUNT; from++) {
        for (unsigned type = 0; type < TYPES; type++) {
            moving += walk_cell(from, type);
        }
    }
    // One a (state, edge) pair; T17 and T32 share theirs.
    unsigned pairs = 0;
    for (unsigned id = T01; id < T_COUNT; id++) {
        pairs += (unsigned)__builtin_popcount(edge_at(id)->from);
    }
    assert_int_equal(moving, pairs - 1);
}

static void a_state_and_an_event_have_one_target_or_the_content_names_it(void **state)
{
    (void)state;
    for (unsigned from = STATE_NONE; from < STATE_COUNT; from++) {
        for (unsigned type = 0; type < TYPES; type++) {
            // passed leads to REVISIT, failed back in line
            const bool by_content = from == STATE_RESOLVED && type == EVENT_CHECK_COMPLETED;
            assert_true(walk_cell(from, type) <= (by_content ? 2 : 1));
        }
    }
    assert_int_equal(lifecycle_find(STATE_RESOLVED, EVENT_CHECK_COMPLETED, STATE_REVISIT),
                     T21);
    assert_int_equal(lifecycle_find(STATE_RESOLVED, EVENT_CHECK_COMPLETED, STATE_ASSIGNING),
                     T20);
}

static void the_first_of_two_events_stands_where_its_edge_starts(void **state)
{
    (void)state;
    for (unsigned id = T01; id < T_COUNT; id++) {
        const struct lifecycle_edge *edge = edge_at(id);
        for (unsigned from = 0; edge->events[1] != 0 && from < STATE_COUNT; from++) {
            if (is_from(edge, from)) {
                assert_true(lifecycle_side_allowed((enum case_state)from, edge->events[0]));
            }
        }
    }
}

/* domain.md's table of side events, by mask; bit 0: about no case. */
static void side_events_stand_where_the_contract_allows_them(void **state)
{
    (void)state;
    const uint32_t any = (1U << STATE_COUNT) - 2;
    const uint32_t finals = AT(CLOSED) | AT(REJECTED) | AT(CANCELLED) | AT(MERGED);
    const uint32_t before_resolved = any & ~finals & ~AT(RESOLVED) & ~AT(REVISIT);
    const uint32_t desk = AT(ASSIGNING) | AT(IN_PROGRESS);

    const struct {
        unsigned type;
        uint32_t states;
    } rows[] = {
        {EVENT_URGED, any & ~finals},
        {EVENT_SUPERVISED,
         (before_resolved & ~AT(RECEIVED) & ~AT(VERIFYING)) | AT(RESOLVED)},
        {EVENT_SEVERITY_CHANGED, before_resolved},
        {EVENT_CASE_RECLASSIFIED, before_resolved},
        {EVENT_DECISION_REQUESTED,
         desk | AT(DISPATCHED) | AT(SUSPENDED) | AT(REJECTED) | AT(CANCELLED)},
        {EVENT_DEADLINE_EXTENDED, before_resolved & ~AT(RECEIVED) & ~AT(VERIFYING)},
        {EVENT_ASSIST_REQUESTED, desk},
        {EVENT_ASSIST_JOINED, desk},
        {EVENT_ASSIST_DONE, desk},
        {EVENT_ARRIVAL_REPORTED, AT(IN_PROGRESS)},
        {EVENT_PROGRESS_REPORTED, AT(IN_PROGRESS)},
        {EVENT_REPORTER_INFORMED, any},
        {EVENT_CHECK_REQUESTED, AT(RESOLVED)},
        {EVENT_NOTE_ADDED, any},
        {EVENT_RESTRICTED_READ, any},
        {EVENT_KEY_DESTROYED, any},
        {EVENT_DISPATCH_EXHAUSTED, AT(ASSIGNING)},
        {EVENT_TIMER_FIRED, any & ~AT(MERGED)},
        {EVENT_SAID, any | 1U},
        {EVENT_STATEMENT_REFUSED, any | 1U},
        {EVENT_DUTY_CHANGED, 1U},
        {EVENT_RULES_PUBLISHED, 1U},
        {EVENT_LOG_OPENED, 1U},
        {EVENT_CLOCK_MOVED, 1U},
        {EVENT_CASE_RECEIVED, 0},
        {EVENT_CASE_ACCEPTED, 0},
        {EVENT_CASE_ROUTED, 0},
        {EVENT_CASE_ESCALATED, 0},
        {EVENT_DISPATCH_ACKED, AT(IN_PROGRESS)}, // the second of a pair
        {EVENT_CASE_RESOLVED, 0},
        {EVENT_CASE_CLOSED, 0},
        {EVENT_CASE_REOPENED, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned at = STATE_NONE; at < STATE_COUNT; at++) {
            assert_int_equal(lifecycle_side_allowed((enum case_state)at, rows[i].type),
                             rows[i].states >> at & 1U);
        }
    }
}

static void every_known_event_may_stand_somewhere_and_no_unknown_one(void **state)
{
    (void)state;
    for (unsigned type = 0; type < TYPES; type++) {
        bool stands = false;
        for (unsigned at = STATE_NONE; at < STATE_COUNT; at++) {
            stands = stands || lifecycle_side_allowed((enum case_state)at, type) ||
                     lifecycle_moves((enum case_state)at, type) != 0;
        }
        assert_int_equal(stands, vocab_event_name(type) != NULL);
    }
}

static uint32_t reached_from(unsigned start)
{
    uint32_t reached = 1U << start;
    for (unsigned round = 0; round < STATE_COUNT; round++) {
        for (unsigned id = T01; id < T_COUNT; id++) {
            if ((edge_at(id)->from & reached) != 0) {
                reached |= 1U << edge_at(id)->to;
            }
        }
    }
    return reached;
}

static void every_state_is_reached_and_a_final_one_from_each(void **state)
{
    (void)state;
    assert_int_equal(reached_from(STATE_NONE), (1U << STATE_COUNT) - 1);
    for (unsigned at = STATE_RECEIVED; at < STATE_COUNT; at++) {
        assert_true((reached_from(at) & AT(CLOSED)) != 0 || at == STATE_NONE);
        assert_int_equal(lifecycle_is_final((enum case_state)at),
                         at == STATE_CLOSED || at == STATE_REJECTED ||
                             at == STATE_CANCELLED || at == STATE_MERGED);
        assert_int_equal(lifecycle_is_open((enum case_state)at),
                         !lifecycle_is_final((enum case_state)at));
    }
    assert_false(lifecycle_is_open(STATE_NONE));
    assert_false(lifecycle_is_final(STATE_NONE));
}

static void every_open_state_but_upstream_has_a_way_out_by_the_system(void **state)
{
    (void)state;
    for (unsigned at = STATE_RECEIVED; at < STATE_COUNT; at++) {
        bool way_out = false;
        for (unsigned id = T01; id < T_COUNT; id++) {
            const struct lifecycle_edge *edge = edge_at(id);
            way_out = way_out || (is_from(edge, at) && edge->id != T28 &&
                                  (edge->roles & 1U << ROLE_SYSTEM) != 0);
        }
        if (lifecycle_is_open((enum case_state)at)) {
            assert_int_equal(way_out, at != STATE_UPSTREAM);
        }
    }
}

/* ---- timers: every set of timers that any path of edges can leave behind ---- */

struct spot {
    unsigned state;
    uint32_t armed;
    uint32_t paused;
};

struct spots {
    struct spot list[65536];
    size_t count;
};

static void add_spot(struct spots *spots, struct spot spot)
{
    for (size_t i = 0; i < spots->count; i++) {
        const struct spot *have = &spots->list[i];
        if (have->state == spot.state && have->armed == spot.armed &&
            have->paused == spot.paused) {
            return;
        }
    }
    assert_true(spots->count < sizeof spots->list / sizeof spots->list[0]);
    spots->list[spots->count] = spot;
    spots->count++;
}

/* What the author of an edge writes; see the comments of struct lifecycle_edge. */
static struct spot follow(struct spot spot, const struct lifecycle_edge *edge)
{
    spot.armed &= ~edge->cancels;
    spot.paused &= ~edge->cancels;
    spot.paused |= spot.armed & edge->pauses;
    spot.armed &= ~edge->pauses;
    const uint32_t goes_on = (spot.paused | TIMER(RESOLVE)) & edge->resumes;
    spot.armed |= goes_on;
    spot.paused &= ~edge->resumes;
    spot.armed |= edge->arms;
    spot.state = edge->to;
    return spot;
}

/* Where side events arm timers that no edge arms. */
static uint32_t side_arms(unsigned state)
{
    const uint32_t desk = AT(ASSIGNING) | AT(DISPATCHED) | AT(IN_PROGRESS);
    const uint32_t running = desk | AT(ACCEPTED) | AT(UPSTREAM);
    const uint32_t asked = desk | AT(REJECTED) | AT(CANCELLED); // the latter: an appeal
    uint32_t arms = 0;
    arms |= (asked >> state & 1U) != 0 ? TIMER(DECISION) : 0;
    arms |= (running >> state & 1U) != 0 ? TIMER(ESCALATE) : 0;
    return arms;
}

static void check_spot(const struct spot *spot)
{
    const uint32_t must = lifecycle_must_have((enum case_state)spot->state);
    assert_int_equal(must & ~spot->armed, 0);

    static const struct {
        uint32_t timer;
        uint32_t states;
    } only[] = {
        {TIMER(ACCEPT), AT(RECEIVED) | AT(VERIFYING)},
        {TIMER(VERIFY), AT(VERIFYING)},
        {TIMER(DISPATCH), AT(ACCEPTED) | AT(ASSIGNING)},
        {TIMER(ACK), AT(DISPATCHED)},
        {TIMER(ARRIVE) | TIMER(PROGRESS), AT(IN_PROGRESS)},
        {TIMER(CHECK), AT(RESOLVED)},
        {TIMER(REVISIT), AT(REVISIT)},
        {TIMER(RESUME), AT(SUSPENDED)},
        {TIMER(DECISION), ~(AT(RECEIVED) | AT(VERIFYING) | AT(CLOSED) | AT(MERGED))},
        {TIMER(UPSTREAM), AT(UPSTREAM)},
        {TIMER(REOPEN_WINDOW), AT(CLOSED) | AT(REJECTED) | AT(CANCELLED)},
        {TIMER(RESOLVE) | TIMER(RESOLVE_WARN) | TIMER(ESCALATE),
         AT(ACCEPTED) | AT(ASSIGNING) | AT(DISPATCHED) | AT(IN_PROGRESS) | AT(UPSTREAM)},
    };

    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++) {
        if ((only[i].states >> spot->state & 1U) == 0) {
            assert_int_equal(spot->armed & only[i].timer, 0);
        }
    }
    if (lifecycle_is_final((enum case_state)spot->state)) {
        assert_int_equal(spot->armed & ~(TIMER(REOPEN_WINDOW) | TIMER(DECISION)), 0);
        assert_int_equal(spot->paused, 0);
    }
}

static void on_every_path_each_state_has_its_timers_and_no_strays(void **state)
{
    (void)state;
    static struct spots spots;
    spots.count = 0;
    add_spot(&spots, (struct spot){.state = STATE_NONE});
    uint32_t seen = 0;
    for (size_t i = 0; i < spots.count; i++) {
        const struct spot spot = spots.list[i];
        check_spot(&spot);
        seen |= 1U << spot.state;
        for (unsigned id = T01; id < T_COUNT; id++) {
            if (is_from(edge_at(id), spot.state)) {
                add_spot(&spots, follow(spot, edge_at(id)));
            }
        }
        const uint32_t arms = side_arms(spot.state);
        if (arms != 0) {
            add_spot(&spots, (struct spot){spot.state, spot.armed | arms, spot.paused});
        }
    }
    assert_int_equal(seen, (1U << STATE_COUNT) - 1);
}

static void every_state_but_merged_must_have_a_timer(void **state)
{
    (void)state;
    for (unsigned at = STATE_RECEIVED; at < STATE_COUNT; at++) {
        const uint32_t must = lifecycle_must_have((enum case_state)at);
        assert_int_equal(must == 0, at == STATE_MERGED);
        assert_int_equal(must >> TIMER_COUNT, 0);
    }
    assert_int_equal(lifecycle_must_have(STATE_IN_PROGRESS),
                     TIMER(PROGRESS) | TIMER(RESOLVE));
    assert_int_equal(lifecycle_must_have(STATE_VERIFYING), TIMER(VERIFY) | TIMER(ACCEPT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_stands_in_its_own_place_and_is_complete),
        cmocka_unit_test(the_owner_of_an_edge_owns_each_of_its_events),
        cmocka_unit_test(the_corrected_rows_say_what_holds),
        cmocka_unit_test(every_cell_agrees_with_the_edges),
        cmocka_unit_test(a_state_and_an_event_have_one_target_or_the_content_names_it),
        cmocka_unit_test(the_first_of_two_events_stands_where_its_edge_starts),
        cmocka_unit_test(side_events_stand_where_the_contract_allows_them),
        cmocka_unit_test(every_known_event_may_stand_somewhere_and_no_unknown_one),
        cmocka_unit_test(every_state_is_reached_and_a_final_one_from_each),
        cmocka_unit_test(every_open_state_but_upstream_has_a_way_out_by_the_system),
        cmocka_unit_test(on_every_path_each_state_has_its_timers_and_no_strays),
        cmocka_unit_test(every_state_but_merged_must_have_a_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
