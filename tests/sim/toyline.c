/* toyline.c: see toyline.h. */
#include "tests/sim/toyline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/codec.h"
#include "tests/sim/ruleset.h"

enum {
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};

/* ---- intake: its memory dies with the process ---- */

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

const struct stage_ops toyline_escalation = {.name = "escalation",
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

int64_t toyline_start_ms(void)
{
    int64_t at_ms = 0;
    assert_int_equal(time_parse("2020-08-14T10:00:00+08:00", &at_ms), STATUS_OK);
    return at_ms;
}

struct toyline *toyline_open(struct simlog_options options, uint32_t cases, bool has_driver)
{
    struct toyline *s = calloc(1, sizeof *s);
    assert_non_null(s);
    options.now_ms = toyline_start_ms();
    s->line.sim = simlog_new(&options);
    s->intake.line = &s->line;
    s->driver.line = &s->line;
    s->line.has_driver = has_driver;
    s->line.intake = simlog_join(s->line.sim, &intake_toy, &s->intake);
    s->line.escalation = simlog_join(s->line.sim, &toyline_escalation, NULL);
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

void toyline_close(struct toyline *s)
{
    simlog_free(&s->line.sim);
    free(s);
}

void toyline_restart_intake(struct toyline *s)
{
    simlog_kill(s->line.sim, s->line.intake);
    s->intake = (struct toy_intake){.line = &s->line};
    simlog_start(s->line.sim, s->line.intake, &s->intake);
}

/* ---- what must hold of the whole log ---- */

static bool find_missing(void *context, struct kase *kase)
{
    struct findings *findings = context;
    findings->missing += case_missing_timers(kase) != 0;
    return true;
}

struct findings toyline_verify(struct simlog *sim)
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

void toyline_check_sound(struct simlog *sim)
{
    struct findings findings = toyline_verify(sim);
    assert_int_equal(findings.illegal, 0);
    assert_int_equal(findings.unanswered, 0);
    assert_int_equal(findings.doubled, 0);
    assert_int_equal(findings.missing, 0);
}

unsigned toyline_count(struct simlog *sim, unsigned type)
{
    unsigned count = 0;
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        count += simlog_record(sim, seq)->header.type == type;
    }
    return count;
}
