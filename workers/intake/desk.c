/* desk.c: statements and timers of the supervision centre. See desk.h. */
#include "workers/intake/desk.h"

#include <assert.h>

#include "workers/intake/closing.h"
#include "workers/intake/merging.h"
#include "workers/intake/verifying.h"

enum {
    PERMILLE = 1000
};

/* Spreads case keys evenly over 0..999. Source: Steele et al., "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014 (the finalizer of SplitMix64). */
static uint32_t draw_permille(uint64_t key)
{
    key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((key ^ (key >> 31)) % PERMILLE);
}

/* A case that its finder handled on the spot, small enough to pass unseen. */
static bool passes_by_itself(const struct rules *rules, const struct kase *kase)
{
    return kase->self_handled && kase->reworks == 0 && kase->reopens == 0 &&
           (kase->severity == SEVERITY_S3 || kase->severity == SEVERITY_S4) &&
           draw_permille(kase->key) >= rules_policy(rules)->check_sample_permille;
}

bool desk_can_accept(const struct rules *rules, const struct kase *kase)
{
    return kase->severity != SEVERITY_NONE && kase->area.packed != 0 &&
           rules_category(rules, kase->category) != NULL;
}

void desk_accept(struct turn *turn, struct kase *kase, Sanji__Envelope *envelope,
                 bool automatic)
{
    const struct rules *rules = turn_rules(turn);
    Sanji__CaseAccepted *body =
        TURN_NEW(turn, Sanji__CaseAccepted, sanji__case_accepted__init);
    uint32_t category = 0;
    if (id_category_parse(envelope->category, &category) == STATUS_OK) {
        body->sla_row = category;
    }
    body->sla_version = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_SLA);
    body->automatic = automatic;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_ACCEPTED;
    envelope->case_accepted = body;
    turn_emit(turn, &(struct emission){.kase = kase,
                                       .edge = kase->state == STATE_VERIFYING ? T03 : T05,
                                       .envelope = envelope});
}

static void ask_for_check(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    if (kase->state != STATE_RESOLVED || kase->check_requested ||
        passes_by_itself(turn_rules(turn), kase)) {
        return;
    }
    Sanji__CheckRequested *body =
        TURN_NEW(turn, Sanji__CheckRequested, sanji__check_requested__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    char *desk = turn_take(turn, ORG_TEXT_SIZE);
    body->desk = org_print(org_community(kase->area), desk);
    body->sampled = kase->self_handled;
    envelope->body_case = SANJI__ENVELOPE__BODY_CHECK_REQUESTED;
    envelope->check_requested = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

void desk_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                   const Sanji__Envelope *envelope)
{
    ask_for_check(turn, kase, cause_seq);
    verifying_consider(turn, kase, cause_seq);
    merging_consider(turn, kase, cause_seq);
    closing_consider(turn, kase, cause_seq, envelope);
}

/* ---- statements ---- */

Sanji__Envelope *desk_acceptance(struct turn *turn, const struct record *record,
                                 const Sanji__Envelope *said, const struct kase *kase)
{
    const struct rules *rules = turn_rules(turn);
    const Sanji__StatementFields *fields = said->said->fields;
    struct kase wanted = *kase;
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    if (fields != NULL && fields->category[0] != '\0') {
        if (id_category_parse(fields->category, &wanted.category) != STATUS_OK) {
            wanted.category = 0;
        }
        envelope->category = fields->category;
    }
    if (fields != NULL && fields->severity != SANJI__SEVERITY__SEVERITY_UNSPECIFIED) {
        wanted.severity = (uint8_t)fields->severity;
        envelope->severity = fields->severity;
    }
    if (fields != NULL && fields->to[0] != '\0') {
        if (org_parse(fields->to, &wanted.area) != STATUS_OK ||
            !rules_has_path(rules, wanted.area)) {
            wanted.area.packed = 0;
        }
        turn_set_area(turn, envelope, wanted.area);
    }
    if (!desk_can_accept(rules, &wanted)) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){
                        .status = STATUS_INVALID,
                        .field = rules_category(rules, wanted.category) == NULL ? "category"
                                 : wanted.severity == SEVERITY_NONE             ? "severity"
                                                                                : "to",
                        .reason = "受理须有类别、级别和所在社区 / accepting needs a known "
                                  "category, a severity and at least the community"});
        return NULL;
    }
    envelope->actor = said->actor;
    return envelope;
}

bool desk_refuses_handler(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, const struct kase *kase)
{
    uint32_t worker = 0;
    if (id_worker_parse(said->actor->worker, &worker) != STATUS_OK || worker == 0 ||
        (worker != kase->worker && worker != kase->resolver)) {
        return false;
    }
    turn_refuse(turn, record, said, kase,
                (struct refusal){.status = STATUS_SAME_PERSON,
                                 .field = "actor.worker",
                                 .reason =
                                     "处置人不得核实或驳回自己的案件 / who handles the "
                                     "case may neither verify nor reject it"});
    return true;
}

static void decide_accept(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase)
{
    Sanji__Envelope *envelope = desk_acceptance(turn, record, said, kase);
    if (envelope != NULL) {
        desk_accept(turn, kase, envelope, false);
    }
}

static void decide_reject(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const enum transition edge = kase->state == STATE_VERIFYING ? T04 : T06;
    if (desk_refuses_handler(turn, record, said, kase) ||
        (edge == T04 && !verifying_may_reject(turn, record, said, kase))) {
        return;
    }
    Sanji__CaseRejected *body =
        TURN_NEW(turn, Sanji__CaseRejected, sanji__case_rejected__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->reason_code = fields->reason_code;
    body->advice_code = fields->advice_code;
    body->appealable = true;
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_REJECTED;
    envelope->case_rejected = body;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = edge, .envelope = envelope});
    merging_ended(turn, kase, record->seq);
}

static void decide_check(struct turn *turn, const struct record *record,
                         const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    uint32_t checker = 0;
    if (said->actor->worker[0] != '\0' &&
        id_worker_parse(said->actor->worker, &checker) == STATUS_OK &&
        checker == kase->resolver) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_SAME_PERSON,
                                     .field = "actor.worker",
                                     .reason = "处置人不得核查自己的案件 / who handled the "
                                               "case may not check it"});
        return;
    }
    static const Sanji__StatementFields nothing = SANJI__STATEMENT_FIELDS__INIT;
    if (fields == NULL) {
        fields = &nothing; // `check` needs no field, so the door lets it through without
    }
    if (!fields->passed && fields->reason_code == 0) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_INVALID,
                                     .field = "reason_code",
                                     .reason = "核查未通过须说明原因 (601-604) / a failed "
                                               "check needs a reason code (601-604)"});
        return;
    }
    closing_check(turn, kase,
                  &(struct check_result){.cause_seq = record->seq,
                                         .actor = said->actor,
                                         .passed = fields->passed,
                                         .reason_code = fields->reason_code,
                                         .evidence = fields->evidence,
                                         .evidence_count = fields->n_evidence});
}

static void decide_informed(struct turn *turn, const struct record *record,
                            const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    Sanji__ReporterInformed *body =
        TURN_NEW(turn, Sanji__ReporterInformed, sanji__reporter_informed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    if (fields != NULL) {
        body->channel = fields->channel;
        body->template_code = fields->template_code;
        body->told_state = fields->told_state;
    }
    body->first_contact = !kase->informed;
    if (case_timer(kase, TIMER_FEEDBACK, 0) != NULL) {
        turn_cancel(turn, envelope, TIMER_FEEDBACK, 0);
    }
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_REPORTER_INFORMED;
    envelope->reporter_informed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static void decide_note(struct turn *turn, const struct record *record,
                        const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    const Sanji__NoteKind kind =
        fields != NULL && fields->note_kind != SANJI__NOTE_KIND__NOTE_KIND_UNSPECIFIED
            ? fields->note_kind
            : SANJI__NOTE_KIND__NOTE_KIND_NOTE;
    if (kind > SANJI__NOTE_KIND__NOTE_KIND_OBJECTION) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){.status = STATUS_INVALID,
                                     .field = "note_kind",
                                     .reason =
                                         "只能为 NOTE 或 OBJECTION,其余由系统提示 / NOTE "
                                         "or OBJECTION; the others are alerts that "
                                         "intake writes itself"});
        return;
    }
    Sanji__NoteAdded *body = TURN_NEW(turn, Sanji__NoteAdded, sanji__note_added__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->kind = kind;
    body->text = said->said->text; // sealed when it was said; the box is copied as it is
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
    envelope->note_added = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* By statement kind; `read` and `erase` are the vault's. */
typedef void (*decide_fn)(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase);

static const decide_fn deciders[] = {
    [SAY_ACCEPT] = decide_accept,
    [SAY_REJECT] = decide_reject,
    [SAY_VERIFY] = verifying_decide_verify,
    [SAY_VERIFIED] = verifying_decide_verified,
    [SAY_CHECK] = decide_check,
    [SAY_REVISIT] = closing_revisit,
    [SAY_MERGE] = merging_decide_merge,
    [SAY_UNMERGE] = merging_decide_unmerge,
    [SAY_CANCEL] = closing_decide_cancel,
    [SAY_REOPEN] = closing_decide_reopen,
    [SAY_INFORMED] = decide_informed,
    [SAY_NOTE] = decide_note,
};

void desk_decide(struct turn *turn, const struct record *record,
                 const Sanji__Envelope *said)
{
    struct kase *kase = NULL;
    if (!turn_admits(turn, record, said, &kase)) {
        return;
    }
    const unsigned kind = (unsigned)said->said->kind;
    assert(kind < sizeof deciders / sizeof deciders[0] && deciders[kind] != NULL);
    deciders[kind](turn, record, said, kase);
}

/* ---- timers ----
 * What a timer leads to names no cause: TimerFired stands right before it. */

static void due_accept(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const bool can =
        kase->state == STATE_RECEIVED && desk_can_accept(turn_rules(turn), kase);
    const struct turn_told told[2] = {{.org = kase->holder, .role = ROLE_INTAKE_OPERATOR},
                                      {.org = kase->holder, .role = ROLE_DUTY_LEADER}};
    turn_timer_fired(turn, kase, timer, told, can ? 0 : 2, !can);
    if (can) {
        desk_accept(turn, kase, turn_event(turn, kase, 0), true);
    }
}

static void due_check(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const bool passes = passes_by_itself(turn_rules(turn), kase);
    const struct turn_told told = {.org = org_community(kase->area),
                                   .role = timer->times == 0 ? ROLE_INTAKE_OPERATOR
                                                             : ROLE_DUTY_LEADER};
    turn_timer_fired(turn, kase, timer, &told, passes ? 0 : 1, !passes);
    if (passes) {
        closing_check(turn, kase,
                      &(struct check_result){.passed = true, .automatic = true});
    }
}

static void due_revisit(struct turn *turn, struct kase *kase,
                        const struct case_timer *timer)
{
    const uint32_t attempts = rules_policy(turn_rules(turn))->revisit_attempts;
    const bool last = timer->times + 1U >= attempts;
    const struct turn_told told = {.org = kase->owner, .role = ROLE_INTAKE_OPERATOR};
    turn_timer_fired(turn, kase, timer, &told, last ? 0 : 1, !last);
    if (last) {
        closing_unreachable(turn, kase);
    }
}

void desk_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct case_timer fired = *timer; // the fold moves the place it stands in
    const struct turn_told owner = {.org = kase->owner, .role = ROLE_INTAKE_OPERATOR};
    if (fired.kind == TIMER_ACCEPT) {
        due_accept(turn, kase, &fired);
    } else if (fired.kind == TIMER_VERIFY) {
        verifying_due(turn, kase, &fired);
    } else if (fired.kind == TIMER_CHECK) {
        due_check(turn, kase, &fired);
    } else if (fired.kind == TIMER_REVISIT) {
        due_revisit(turn, kase, &fired);
    } else if (fired.kind == TIMER_FEEDBACK) {
        turn_timer_fired(turn, kase, &fired, &owner, 1, false);
    } else {
        // REOPEN_WINDOW: from here on a new report is a new case.
        assert(fired.kind == TIMER_REOPEN_WINDOW);
        turn_timer_fired(turn, kase, &fired, NULL, 0, false);
    }
}
