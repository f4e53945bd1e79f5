/* test_simlog.c: small stages on the real lifecycle, many interleavings: what must hold at
 * every seed, and that it would not hold without the rules of the log. */
#include "tests/sim/simlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ruleset.h"

enum {
    SAY_MAX = 4096,
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};

/* ---- what the outside wants, which survives every process ---- */

struct wish {
    bool is_said;
    uint64_t case_key;
    uint64_t offer;
    uint32_t id; /* the identity of the submission or statement */
};

struct line {
    struct simlog *sim;
    size_t intake, escalation, dispatch, driver;
    bool has_driver;
    struct wish wishes[SAY_MAX];
    size_t wish_count, wish_done;
    uint32_t next_id;
    bool acks_late; /* the driver answers some offers after their time */
};

/* ---- intake: its memory dies with the process ---- */

struct toy_intake {
    struct line *line;
    struct world *world;
    bool has[SAY_MAX]; /* identities in the log */
    size_t in_flight;
};

static uint32_t identity(const Sanji__Envelope *envelope)
{
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        return envelope->case_received->confidence_permille;
    }
    return envelope->body_case == SANJI__ENVELOPE__BODY_SAID ? envelope->said->key_no : 0;
}

static void intake_folded(void *context, struct world *world, const struct record *record,
                          const Sanji__Envelope *envelope, enum status status)
{
    struct toy_intake *intake = context;
    (void)world;
    (void)record;
    if (status == STATUS_OK) {
        intake->has[identity(envelope)] = true;
    }
}

static void intake_caught_up(void *context, struct world *world)
{
    ((struct toy_intake *)context)->world = world;
}

static bool intake_wants(void *context)
{
    const struct toy_intake *intake = context;
    return intake->world != NULL && (!rules_complete(world_rules(intake->world)) ||
                                     intake->line->wish_done < intake->line->wish_count);
}

static void emit_rules(struct turn *turn)
{
    for (int kind = 1; kind <= SANJI__RULES_KIND__RULES_KIND_POLICY; kind++) {
        if (rules_version(turn_rules(turn), (Sanji__RulesKind)kind) != 0) {
            continue;
        }
        for (uint32_t part = 1; part <= 2; part++) {
            Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
            envelope->rules_published =
                TURN_NEW(turn, Sanji__RulesPublished, sanji__rules_published__init);
            ruleset_part((Sanji__RulesKind)kind, 1, part, 2, envelope->rules_published);
            envelope->body_case = SANJI__ENVELOPE__BODY_RULES_PUBLISHED;
            turn_emit(turn, &(struct emission){.envelope = envelope});
        }
        return;
    }
}

static void emit_case(struct turn *turn, uint32_t id)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    struct org_path area = {0};
    assert_int_equal(org_parse("370499.003.01.001.B01", &area), STATUS_OK);
    deadline_local(RULESET_OFFSET_MIN, turn_now_ms(turn), &day, &minute, &weekday);
    uint64_t key = id_case_key(turn_now_ms(turn), RULESET_OFFSET_MIN,
                               world_running(turn_world(turn), day) + 1);
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    envelope->case_received =
        TURN_NEW(turn, Sanji__CaseReceived, sanji__case_received__init);
    envelope->case_received->confidence_permille = id;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->severity = SANJI__SEVERITY__SEVERITY_S2;
    envelope->category = turn_text(turn, "02001");
    turn_set_area(turn, envelope, area);
    turn_set_holder(turn, envelope, org_subdistrict(area), TIER_SUBDISTRICT);
    turn_set_owner(turn, envelope, org_community(area));
    turn_emit(turn,
              &(struct emission){.edge = T01, .envelope = envelope, .new_case_key = key});
}

static void emit_said(struct turn *turn, const struct wish *wish)
{
    struct kase *kase = world_case(turn_world(turn), wish->case_key);
    Sanji__Envelope *envelope = turn_event(turn, kase, 0);
    envelope->said = TURN_NEW(turn, Sanji__Said, sanji__said__init);
    envelope->said->kind = SANJI__STATEMENT_KIND__STATEMENT_KIND_ACK;
    envelope->said->key_no = wish->id;
    envelope->said->fields =
        TURN_NEW(turn, Sanji__StatementFields, sanji__statement_fields__init);
    envelope->said->fields->offer = wish->offer;
    envelope->actor->role = SANJI__ROLE__ROLE_FULLTIME;
    envelope->actor->worker = turn_text(turn, "W00002");
    envelope->body_case = SANJI__ENVELOPE__BODY_SAID;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static void intake_admit(void *context, struct turn *turn)
{
    struct toy_intake *intake = context;
    struct line *line = intake->line;
    intake->in_flight = 0;
    if (!rules_complete(turn_rules(turn))) {
        emit_rules(turn);
        return;
    }
    while (line->wish_done + intake->in_flight < line->wish_count &&
           intake->in_flight < 7 && turn_has_room(turn)) {
        const struct wish *wish = &line->wishes[line->wish_done + intake->in_flight];
        intake->in_flight++;
        if (intake->has[wish->id]) {
            continue; // a repeat: the receipt is given again
        }
        if (wish->is_said) {
            emit_said(turn, wish);
        } else {
            emit_case(turn, wish->id);
        }
    }
}

static void intake_admitted(void *context, enum status status, uint64_t first_seq)
{
    struct toy_intake *intake = context;
    (void)first_seq;
    if (status == STATUS_OK) {
        intake->line->wish_done += intake->in_flight;
        if (intake->line->has_driver) {
            simlog_poke(intake->line->sim, intake->line->driver); // its receipts
        }
    }
    intake->in_flight = 0;
}

static void intake_decide(void *context, struct turn *turn, const struct record *record,
                          const Sanji__Envelope *envelope)
{
    (void)context;
    (void)envelope;
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase != NULL && kase->state == STATE_RECEIVED) {
        Sanji__Envelope *accepted = turn_event(turn, kase, record->seq);
        accepted->case_accepted =
            TURN_NEW(turn, Sanji__CaseAccepted, sanji__case_accepted__init);
        accepted->body_case = SANJI__ENVELOPE__BODY_CASE_ACCEPTED;
        turn_emit(turn,
                  &(struct emission){.kase = kase, .edge = T05, .envelope = accepted});
    }
}

static void repeat_timer(void *context, struct turn *turn, struct kase *kase,
                         const struct case_timer *timer)
{
    (void)context;
    turn_timer_fired(turn, kase, timer, NULL, 0, true);
}

static const struct stage_ops intake_toy = {.name = "intake",
                                            .owner = OWNER_INTAKE,
                                            .folded = intake_folded,
                                            .decide = intake_decide,
                                            .due = repeat_timer,
                                            .wants_admit = intake_wants,
                                            .admit = intake_admit,
                                            .admitted = intake_admitted,
                                            .caught_up = intake_caught_up};

/* ---- escalation ---- */

static void escalation_decide(void *context, struct turn *turn, const struct record *record,
                              const Sanji__Envelope *envelope)
{
    (void)context;
    (void)envelope;
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase == NULL || kase->state != STATE_ACCEPTED) {
        return;
    }
    Sanji__Envelope *routed = turn_event(turn, kase, record->seq);
    routed->case_routed = TURN_NEW(turn, Sanji__CaseRouted, sanji__case_routed__init);
    routed->body_case = SANJI__ENVELOPE__BODY_CASE_ROUTED;
    turn_set_holder(turn, routed, rules_desk(kase->area, TIER_COMMITTEE), TIER_COMMITTEE);
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T08, .envelope = routed});
}

// RESOLVE takes the case away from whoever has it, so escalation and dispatch meet.
static void escalation_due(void *context, struct turn *turn, struct kase *kase,
                           const struct case_timer *timer)
{
    (void)context;
    struct case_timer fired = *timer;
    enum org_tier tier = TIER_NONE;
    struct org_path desk = {0};
    turn_timer_fired(turn, kase, &fired, NULL, 0, fired.kind == TIMER_RESOLVE_WARN);
    if ((lifecycle_edge(T15)->from >> kase->state & 1U) == 0 ||
        !rules_tier_above(turn_rules(turn), kase, (enum org_tier)kase->tier, &tier,
                          &desk)) {
        return;
    }
    Sanji__Envelope *raised = turn_event(turn, kase, 0);
    raised->case_escalated =
        TURN_NEW(turn, Sanji__CaseEscalated, sanji__case_escalated__init);
    raised->body_case = SANJI__ENVELOPE__BODY_CASE_ESCALATED;
    turn_set_holder(turn, raised, desk, tier);
    turn_set_worker(turn, raised, 0);
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T15, .envelope = raised});
}

static const struct stage_ops escalation_toy = {.name = "escalation",
                                                .owner = OWNER_ESCALATION,
                                                .decide = escalation_decide,
                                                .due = escalation_due};

/* ---- dispatch ---- */

static void offer(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    Sanji__Envelope *offered = turn_event(turn, kase, cause_seq);
    turn_set_worker(turn, offered, 2);
    offered->dispatch_offered =
        TURN_NEW(turn, Sanji__DispatchOffered, sanji__dispatch_offered__init);
    offered->dispatch_offered->worker = offered->worker;
    offered->dispatch_offered->effort_min = 30;
    offered->dispatch_offered->n = kase->offers + 1;
    offered->body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T09, .envelope = offered});
}

static void dispatch_decide(void *context, struct turn *turn, const struct record *record,
                            const Sanji__Envelope *envelope)
{
    (void)context;
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        struct refusal refusal = turn_check_said(turn, envelope, kase);
        if (refusal.status != STATUS_OK) {
            turn_refuse(turn, record, envelope, kase, refusal);
            return;
        }
        Sanji__Envelope *acked = turn_event(turn, kase, record->seq);
        acked->dispatch_acked =
            TURN_NEW(turn, Sanji__DispatchAcked, sanji__dispatch_acked__init);
        acked->dispatch_acked->offer = kase->offer_seq;
        acked->body_case = SANJI__ENVELOPE__BODY_DISPATCH_ACKED;
        turn_emit(turn, &(struct emission){.kase = kase, .edge = T10, .envelope = acked});
    } else if (kase != NULL && kase->state == STATE_ASSIGNING) {
        offer(turn, kase, record->seq);
    }
}

static void dispatch_due(void *context, struct turn *turn, struct kase *kase,
                         const struct case_timer *timer)
{
    (void)context;
    struct case_timer fired = *timer;
    turn_timer_fired(turn, kase, &fired, NULL, 0, fired.kind == TIMER_PROGRESS);
    if (fired.kind != TIMER_ACK) {
        return;
    }
    Sanji__Envelope *expired = turn_event(turn, kase, kase->decision_seq);
    expired->dispatch_expired =
        TURN_NEW(turn, Sanji__DispatchExpired, sanji__dispatch_expired__init);
    expired->dispatch_expired->offer = kase->offer_seq;
    expired->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED;
    turn_set_worker(turn, expired, 0);
    turn_emit(turn, &(struct emission){.kase = kase, .edge = T12, .envelope = expired});
    offer(turn, kase, kase->decision_seq);
}

static const struct stage_ops dispatch_toy = {.name = "dispatch",
                                              .owner = OWNER_DISPATCH,
                                              .decide = dispatch_decide,
                                              .due = dispatch_due};

/* ---- the driver: answers offers after a while ---- */

struct planned {
    int64_t at_ms;
    uint64_t case_key, offer;
};

struct toy_driver {
    struct line *line;
    struct planned plan[SAY_MAX];
    size_t planned, said;
};

static void driver_folded(void *context, struct world *world, const struct record *record,
                          const Sanji__Envelope *envelope, enum status status)
{
    struct toy_driver *driver = context;
    (void)world;
    if (status != STATUS_OK ||
        envelope->body_case != SANJI__ENVELOPE__BODY_DISPATCH_OFFERED ||
        driver->planned == SAY_MAX) {
        return;
    }
    // From the log alone, so that each run plans the same.
    int64_t after_ms =
        driver->line->acks_late ? (int64_t)(record->seq * 97 % 900) * 1000 : 30 * 1000;
    struct planned planned = {record->header.recorded_at_ms + after_ms,
                              record->header.case_key, record->seq};
    size_t at = driver->planned++;
    while (at > driver->said && driver->plan[at - 1].at_ms > planned.at_ms) {
        driver->plan[at] = driver->plan[at - 1];
        at--;
    }
    driver->plan[at] = planned;
}

static int64_t driver_wake_ms(void *context)
{
    const struct toy_driver *driver = context;
    return driver->said < driver->planned ? driver->plan[driver->said].at_ms : 0;
}

static void driver_wake(void *context, struct turn *turn)
{
    struct toy_driver *driver = context;
    struct line *line = driver->line;
    while (driver->said < driver->planned &&
           driver->plan[driver->said].at_ms <= turn_now_ms(turn)) {
        const struct planned *planned = &driver->plan[driver->said++];
        line->wishes[line->wish_count++] =
            (struct wish){true, planned->case_key, planned->offer, line->next_id++};
    }
    simlog_poke(line->sim, line->intake);
}

static bool driver_busy(void *context)
{
    const struct toy_driver *driver = context;
    return driver->line->wish_done < driver->line->wish_count;
}

static const struct stage_ops driver_toy = {.name = "driver",
                                            .owner = OWNER_NONE,
                                            .folded = driver_folded,
                                            .next_wake_ms = driver_wake_ms,
                                            .wake = driver_wake,
                                            .busy = driver_busy};

/* ---- a line ---- */

struct setup {
    struct line line;
    struct toy_intake intake;
    struct toy_driver driver;
};

static int64_t start_ms(void)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse("2020-08-14T10:00:00+08:00", &at_ms), STATUS_OK);
    return at_ms;
}

static struct setup *open_line(struct simlog_options options, uint32_t cases,
                               bool has_driver)
{
    struct setup *s = calloc(1, sizeof *s);
    assert_non_null(s);
    options.now_ms = start_ms();
    s->line.sim = simlog_new(&options);
    s->intake.line = &s->line;
    s->driver.line = &s->line;
    s->line.has_driver = has_driver;
    s->line.intake = simlog_join(s->line.sim, &intake_toy, &s->intake);
    s->line.escalation = simlog_join(s->line.sim, &escalation_toy, NULL);
    s->line.dispatch = simlog_join(s->line.sim, &dispatch_toy, NULL);
    if (has_driver) {
        s->line.driver = simlog_join(s->line.sim, &driver_toy, &s->driver);
    }
    s->line.next_id = 1;
    for (uint32_t i = 0; i < cases; i++) {
        s->line.wishes[s->line.wish_count++] = (struct wish){.id = s->line.next_id++};
    }
    return s;
}

static void close_line(struct setup *s)
{
    simlog_free(&s->line.sim);
    free(s);
}

static void restart_intake(struct setup *s)
{
    simlog_kill(s->line.sim, s->line.intake);
    s->intake = (struct toy_intake){.line = &s->line};
    simlog_start(s->line.sim, s->line.intake, &s->intake);
}

/* ---- what must hold of the whole log ---- */

struct findings {
    unsigned illegal;    /* records that cannot stand where they are */
    unsigned unanswered; /* statements with no answer or several */
    unsigned doubled;    /* identities that stand twice */
    unsigned missing;    /* cases without a timer they must have */
    unsigned died;       /* processes that gave up */
};

static bool find_missing(void *context, struct kase *kase)
{
    struct findings *findings = context;
    findings->missing += case_missing_timers(kase) != 0;
    return true;
}

static struct findings verify(struct simlog *sim)
{
    static uint8_t answers[1 << 16];
    static uint8_t is_said[1 << 16];
    static bool seen[SAY_MAX];
    struct findings findings = {0};
    struct world *world = world_new();
    struct arena *arena = arena_new(1 << 20);
    assert_true(simlog_head(sim) < sizeof answers);
    memset(answers, 0, sizeof answers);
    memset(is_said, 0, sizeof is_said);
    memset(seen, 0, sizeof seen);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        assert_int_equal(record_check(record), STATUS_OK);
        assert_int_equal(codec_unpack(record->envelope, arena, &envelope), STATUS_OK);
        findings.illegal += world_fold(world, record, envelope) != STATUS_OK;
        uint32_t id = identity(envelope);
        findings.doubled += id != 0 && seen[id];
        seen[id] = true;
        is_said[seq] = envelope->body_case == SANJI__ENVELOPE__BODY_SAID;
        if (envelope->cause_seq != 0 && is_said[envelope->cause_seq]) {
            answers[envelope->cause_seq]++;
        }
    }
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        findings.unanswered += is_said[seq] && answers[seq] != 1;
    }
    world_each_case(world, find_missing, &findings);
    world_free(&world);
    arena_free(&arena);
    return findings;
}

static void check_sound(struct simlog *sim)
{
    struct findings findings = verify(sim);
    assert_int_equal(findings.illegal, 0);
    assert_int_equal(findings.unanswered, 0);
    assert_int_equal(findings.doubled, 0);
    assert_int_equal(findings.missing, 0);
}

static unsigned count_type(struct simlog *sim, unsigned type)
{
    unsigned count = 0;
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        count += simlog_record(sim, seq)->header.type == type;
    }
    return count;
}

/* ---- the tests ---- */

static void every_case_goes_down_the_line_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct setup *s = open_line((struct simlog_options){.seed = seed}, 60, false);
        assert_true(simlog_settle(s->line.sim));
        assert_int_equal(count_type(s->line.sim, EVENT_CASE_RECEIVED), 60);
        assert_int_equal(count_type(s->line.sim, EVENT_CASE_ACCEPTED), 60);
        assert_int_equal(count_type(s->line.sim, EVENT_CASE_ROUTED), 60);
        assert_int_equal(count_type(s->line.sim, EVENT_DISPATCH_OFFERED), 60);
        check_sound(s->line.sim);
        close_line(s);
    }
}

static void timers_fire_when_time_passes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct setup *s = open_line((struct simlog_options){.seed = seed}, 20, false);
        assert_true(simlog_settle(s->line.sim));
        for (unsigned i = 1; i <= 30; i++) {
            simlog_set_now(s->line.sim, start_ms() + (int64_t)i * 11 * MINUTE_MS);
            assert_true(simlog_settle(s->line.sim));
        }
        assert_true(count_type(s->line.sim, EVENT_DISPATCH_EXPIRED) >= 20 * 20);
        check_sound(s->line.sim);
        close_line(s);
    }
}

// Runs with sessions cut and processes killed at random moments.
static struct findings run_with_faults(struct simlog_options options, unsigned faults)
{
    struct setup *s = open_line(options, 40, true);
    uint64_t random = options.seed * 77 + 5;
    s->line.acks_late = true;
    for (unsigned fault = 0; fault < faults; fault++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        for (uint64_t step = random >> 55; step > 0; step--) {
            (void)simlog_step(s->line.sim); // false: all is quiet until time moves
        }
        size_t victim = (random >> 20) % 3;
        if ((random >> 30 & 1) != 0) {
            simlog_cut(s->line.sim, victim);
        } else if (victim == s->line.intake) {
            restart_intake(s);
        } else {
            simlog_kill(s->line.sim, victim);
            simlog_start(s->line.sim, victim, NULL);
        }
        if (fault % 3 == 0) {
            simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + 7 * MINUTE_MS);
        }
    }
    assert_true(simlog_settle(s->line.sim));
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + MINUTE_MS);
    assert_true(simlog_settle(s->line.sim));
    struct findings findings = verify(s->line.sim);
    findings.died = (unsigned)simlog_counts(s->line.sim).deaths;
    if (!options.hello_overtakes) {
        assert_int_equal(findings.died, 0);
        assert_int_equal(count_type(s->line.sim, EVENT_CASE_RECEIVED), 40);
    }
    close_line(s);
    return findings;
}

static void nothing_is_lost_or_doubled_when_processes_die(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 15; seed++) {
        struct findings findings = run_with_faults(
            (struct simlog_options){.seed = seed, .busy_permille = seed % 2 ? 100 : 0}, 60);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.unanswered, 0);
        assert_int_equal(findings.doubled, 0);
        assert_int_equal(findings.missing, 0);
    }
}

static void a_small_credit_stops_nobody(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct findings findings =
            run_with_faults((struct simlog_options){.seed = seed, .credit_records = 3}, 20);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.unanswered, 0);
    }
}

// Two stages want the same case at the same time: RESOLVE and ACK are due together.
static unsigned fight(struct simlog_options options, struct findings *findings)
{
    struct setup *s = open_line(options, 30, false);
    assert_true(simlog_settle(s->line.sim));
    for (unsigned i = 1; i <= 4; i++) {
        simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + DAY_MS);
        assert_true(simlog_settle(s->line.sim));
    }
    unsigned conflicts = (unsigned)simlog_counts(s->line.sim).conflicts;
    *findings = verify(s->line.sim);
    close_line(s);
    return conflicts;
}

static void of_two_decisions_one_is_decided_again(void **state)
{
    (void)state;
    unsigned conflicts = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct findings findings;
        conflicts += fight((struct simlog_options){.seed = seed}, &findings);
        assert_int_equal(findings.illegal, 0);
        assert_int_equal(findings.missing, 0);
    }
    assert_true(conflicts > 0);
}

static void without_the_conflict_check_the_log_would_be_wrong(void **state)
{
    (void)state;
    unsigned illegal = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct findings findings;
        fight((struct simlog_options){.seed = seed, .no_conflicts = true}, &findings);
        illegal += findings.illegal;
    }
    assert_true(illegal > 0);
}

// The batch number still keeps the log right, at the price of a process that must give up.
static void a_welcome_that_overtakes_an_append_does_harm(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct findings findings = run_with_faults(
            (struct simlog_options){
                .seed = seed, .hello_overtakes = true, .no_fencing = true},
            60);
        wrong += findings.illegal + findings.doubled + findings.died;
    }
    assert_true(wrong > 0);
}

static void the_older_of_two_processes_of_one_name_stops(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct setup *s = open_line((struct simlog_options){.seed = seed}, 30, false);
        for (unsigned i = 0; i < 300; i++) {
            (void)simlog_step(s->line.sim);
        }
        size_t second = simlog_join(s->line.sim, &escalation_toy, NULL);
        assert_true(simlog_settle(s->line.sim));
        for (unsigned i = 0; i < 4; i++) { // each has something to do
            simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + DAY_MS);
            assert_true(simlog_settle(s->line.sim));
        }
        assert_int_equal(simlog_died(s->line.sim, s->line.escalation), STATUS_FENCED);
        assert_int_equal(simlog_died(s->line.sim, second), STATUS_OK);
        assert_int_equal(count_type(s->line.sim, EVENT_CASE_ROUTED), 30);
        check_sound(s->line.sim);
        close_line(s);
    }
}

/* ---- driven time ---- */

static struct setup *drive(uint64_t seed, int64_t ms, unsigned kills)
{
    struct setup *s =
        open_line((struct simlog_options){.seed = seed, .driven = true}, 50, true);
    s->line.acks_late = true;
    assert_true(simlog_settle(s->line.sim));
    for (unsigned i = 0; i < kills; i++) {
        assert_true(
            simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + ms / (kills + 1)));
        simlog_kill(s->line.sim, s->line.dispatch);
        simlog_start(s->line.sim, s->line.dispatch, NULL);
    }
    assert_true(simlog_advance(s->line.sim, start_ms() + ms));
    return s;
}

static void driven_time_goes_from_due_time_to_due_time(void **state)
{
    (void)state;
    struct setup *s = drive(1, 12 * HOUR_MS, 0);
    struct simlog *sim = s->line.sim;
    assert_int_equal(simlog_now_ms(sim), start_ms() + 12 * HOUR_MS);
    assert_int_equal(count_type(sim, EVENT_DISPATCH_ACKED), 50); // each in the end
    assert_true(count_type(sim, EVENT_DISPATCH_EXPIRED) > 5);
    assert_true(count_type(sim, EVENT_STATEMENT_REFUSED) > 5);
    check_sound(sim);
    // Nothing fires late: time waited for everybody.
    struct arena *arena = arena_new(1 << 20);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        assert_int_equal(codec_unpack(simlog_record(sim, seq)->envelope, arena, &envelope),
                         STATUS_OK);
        if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
            assert_int_equal(envelope->timer_fired->late_ms, 0);
        }
    }
    arena_free(&arena);
    close_line(s);
}

static void driven_time_gives_the_same_log_each_time(void **state)
{
    (void)state;
    // The cases are admitted before time is driven; what follows must not depend on who is
    // faster: other portions draw other numbers, and so other interleavings.
    struct setup *first = drive(1, 6 * HOUR_MS, 0);
    for (uint64_t seed = 2; seed <= 6; seed++) {
        struct setup *s =
            open_line((struct simlog_options){.seed = 1, .driven = true}, 50, true);
        s->line.acks_late = true;
        assert_true(simlog_settle(s->line.sim));
        uint64_t head = simlog_head(s->line.sim);
        simlog_options(s->line.sim)->message_records = (uint32_t)seed;
        assert_true(simlog_advance(s->line.sim, start_ms() + 6 * HOUR_MS));
        assert_int_equal(simlog_head(s->line.sim), simlog_head(first->line.sim));
        for (uint64_t seq = head + 1; seq <= simlog_head(s->line.sim); seq++) {
            const struct record *a = simlog_record(first->line.sim, seq);
            const struct record *b = simlog_record(s->line.sim, seq);
            assert_memory_equal(&a->header, &b->header, sizeof a->header);
            assert_int_equal(a->envelope.size, b->envelope.size);
            assert_memory_equal(a->envelope.data, b->envelope.data, a->envelope.size);
        }
        close_line(s);
    }
    close_line(first);
}

static void driven_time_waits_for_a_process_that_is_down(void **state)
{
    (void)state;
    struct setup *s = drive(3, HOUR_MS, 0);
    simlog_kill(s->line.sim, s->line.dispatch);
    assert_false(simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + HOUR_MS));
    assert_string_equal(simlog_waiting_for(s->line.sim), "dispatch");
    simlog_start(s->line.sim, s->line.dispatch, NULL);
    assert_true(simlog_advance(s->line.sim, simlog_now_ms(s->line.sim) + HOUR_MS));
    check_sound(s->line.sim);
    close_line(s);
}

static void driven_time_survives_restarts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct setup *s = drive(seed, 5 * HOUR_MS, 4);
        assert_int_equal(count_type(s->line.sim, EVENT_DISPATCH_ACKED), 50);
        check_sound(s->line.sim);
        close_line(s);
    }
}

static int64_t ack_due_ms(const Sanji__Envelope *offered)
{
    for (size_t i = 0; i < offered->n_timers; i++) {
        if (offered->timers[i]->kind == SANJI__TIMER_KIND__TIMER_KIND_ACK) {
            return offered->timers[i]->due_at_ms;
        }
    }
    return 0;
}

/* An offer of the log whose ack stands there before its time, and which expired. */
static unsigned count_unfair(struct simlog *sim)
{
    unsigned unfair = 0;
    struct arena *arena = arena_new(1 << 20);
    static int64_t acked_ms[1 << 16];
    static int64_t due_ms[1 << 16];
    memset(acked_ms, 0, sizeof acked_ms);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        assert_int_equal(codec_unpack(record->envelope, arena, &envelope), STATUS_OK);
        due_ms[seq] = ack_due_ms(envelope);
        if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
            acked_ms[envelope->said->fields->offer] = record->header.recorded_at_ms;
        } else if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED) {
            uint64_t offer_seq = envelope->dispatch_expired->offer;
            unfair += acked_ms[offer_seq] != 0 && acked_ms[offer_seq] < due_ms[offer_seq];
        }
    }
    arena_free(&arena);
    return unfair;
}

static unsigned race_ticks(uint64_t seed, bool tick_overtakes)
{
    struct setup *s = open_line((struct simlog_options){.seed = seed,
                                                        .tick_overtakes = tick_overtakes,
                                                        .message_records = 1},
                                20, true);
    assert_true(simlog_settle(s->line.sim));
    // The taps come after half a minute; time runs on before everybody has read them.
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + MINUTE_MS);
    for (unsigned step = 0; step < 20 + 3 * seed; step++) {
        (void)simlog_step(s->line.sim);
    }
    simlog_set_now(s->line.sim, simlog_now_ms(s->line.sim) + 9 * MINUTE_MS);
    assert_true(simlog_settle(s->line.sim));
    unsigned unfair = count_unfair(s->line.sim);
    check_sound(s->line.sim);
    close_line(s);
    return unfair;
}

static void a_tap_in_time_counts_although_it_is_read_late(void **state)
{
    (void)state;
    unsigned unfair_without = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        assert_int_equal(race_ticks(seed, false), 0);
        unfair_without += race_ticks(seed, true);
    }
    assert_true(unfair_without > 0); // the control: a tick that passes records
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_goes_down_the_line_once),
        cmocka_unit_test(timers_fire_when_time_passes),
        cmocka_unit_test(nothing_is_lost_or_doubled_when_processes_die),
        cmocka_unit_test(a_small_credit_stops_nobody),
        cmocka_unit_test(of_two_decisions_one_is_decided_again),
        cmocka_unit_test(without_the_conflict_check_the_log_would_be_wrong),
        cmocka_unit_test(a_welcome_that_overtakes_an_append_does_harm),
        cmocka_unit_test(the_older_of_two_processes_of_one_name_stops),
        cmocka_unit_test(driven_time_goes_from_due_time_to_due_time),
        cmocka_unit_test(driven_time_gives_the_same_log_each_time),
        cmocka_unit_test(driven_time_waits_for_a_process_that_is_down),
        cmocka_unit_test(driven_time_survives_restarts),
        cmocka_unit_test(a_tap_in_time_counts_although_it_is_read_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
