/* verifying.c: see verifying.h. */
#include "workers/intake/verifying.h"

#include <assert.h>

#include "workers/intake/desk.h"
#include "workers/intake/notice.h"

enum {
    REASON_NOT_FOUND = 105,
    ROUNDS = 2, /* where the rules do not say */
    RANKS = 3   /* home grid, backup grid, others of the grid */
};

bool verifying_applies(const struct rules *rules, unsigned source,
                       uint32_t confidence_permille, enum severity severity)
{
    const Sanji__SourceRule *rule = rules_source(rules, source);
    return rule != NULL && severity != SEVERITY_S1 &&
           (rule->verify_always || confidence_permille < rule->verify_below_permille);
}

/* ---- who is sent ---- */

static bool is_at(const char *text, struct org_path grid)
{
    struct org_path path = {0};
    return org_parse(text, &path) == STATUS_OK && org_equal(path, grid);
}

/* The smaller the nearer; RANKS: not to be sent. */
static unsigned rank_of(const Sanji__Worker *row, struct org_path grid)
{
    if (is_at(row->home_grid, grid)) {
        return row->role == SANJI__ROLE__ROLE_FULLTIME ? 0 : 2;
    }
    for (size_t i = 0; i < row->n_backup_grids; i++) {
        if (row->role == SANJI__ROLE__ROLE_FULLTIME && is_at(row->backup_grids[i], grid)) {
            return 1;
        }
    }
    return RANKS;
}

/* Who has dealings with the case, or was sent before, is not sent. */
static bool may_go(struct turn *turn, const struct kase *kase, const Sanji__Worker *row)
{
    uint32_t worker = 0;
    int64_t changes_ms = 0;
    return (lifecycle_edge(T03)->roles >> (unsigned)row->role & 1U) != 0 &&
           id_worker_parse(row->worker, &worker) == STATUS_OK && worker != kase->verifier &&
           worker != kase->worker && worker != kase->resolver &&
           rules_on_shift(turn_rules(turn), row, turn_now_ms(turn), &changes_ms);
}

/* 0: nobody. The first of the best rank, in the roster's order. */
static uint32_t choose_verifier(struct turn *turn, const struct kase *kase)
{
    const Sanji__Roster *roster = rules_roster(turn_rules(turn));
    const Sanji__Worker *best = NULL;
    unsigned best_rank = RANKS;
    uint32_t worker = 0;
    if (org_depth(kase->area) != TIER_GRID) {
        return 0;
    }
    for (size_t i = 0; i < roster->n_workers && best_rank > 0; i++) {
        const unsigned rank = rank_of(roster->workers[i], kase->area);
        if (rank < best_rank && may_go(turn, kase, roster->workers[i])) {
            best = roster->workers[i];
            best_rank = rank;
        }
    }
    return best != NULL && id_worker_parse(best->worker, &worker) == STATUS_OK ? worker : 0;
}

void verifying_request(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                       Sanji__Actor *actor, uint32_t worker)
{
    const bool is_first = kase->state == STATE_RECEIVED;
    Sanji__VerificationRequested *body =
        TURN_NEW(turn, Sanji__VerificationRequested, sanji__verification_requested__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    turn_set_worker(turn, envelope, worker != 0 ? worker : choose_verifier(turn, kase));
    body->verifier = envelope->worker;
    if (actor != NULL) {
        envelope->actor = actor;
    }
    if (!is_first && actor != NULL) {
        // Whom the desk sends has the whole time. No limit: nothing to arm.
        (void)turn_arm(turn, envelope, TIMER_VERIFY, 0, 0);
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_VERIFICATION_REQUESTED;
    envelope->verification_requested = body;
    turn_emit(turn, &(struct emission){.kase = kase,
                                       .edge = is_first ? T02 : T_NONE,
                                       .envelope = envelope});
}

/* ---- what was seen ---- */

/* `said` NULL: nobody has answered. */
static void write_reported(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                           const Sanji__Envelope *said, bool confirmed)
{
    const Sanji__StatementFields *fields = said != NULL ? said->said->fields : NULL;
    Sanji__VerificationReported *body =
        TURN_NEW(turn, Sanji__VerificationReported, sanji__verification_reported__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    body->confirmed = confirmed;
    if (!confirmed) {
        body->reason_code = fields != NULL && fields->reason_code != 0 ? fields->reason_code
                                                                       : REASON_NOT_FOUND;
    }
    if (fields != NULL) {
        body->evidence = fields->evidence;
        body->n_evidence = fields->n_evidence;
    }
    if (said != NULL) {
        envelope->actor = said->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_VERIFICATION_REPORTED;
    envelope->verification_reported = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* T03 without a person. */
static void accept_in_doubt(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    write_reported(turn, kase, cause_seq, NULL, true);
    desk_accept(turn, kase, turn_event(turn, kase, cause_seq), true);
}

/* ---- statements ---- */

void verifying_decide_verify(struct turn *turn, const struct record *record,
                             const Sanji__Envelope *said, struct kase *kase)
{
    uint32_t worker = 0;
    const Sanji__Worker *row = NULL;
    struct refusal refusal = {.status = STATUS_OK, .field = "worker"};
    if (id_worker_parse(said->said->fields->worker, &worker) == STATUS_OK) {
        row = rules_worker(turn_rules(turn), worker);
    }
    if (kase->severity == SEVERITY_S1) {
        refusal = (struct refusal){
            .status = STATUS_INVALID,
            .field = "severity",
            .reason = "特急案件不得因核实而延误,请直接受理 / an S1 is never held up by a "
                      "verification: accept it"};
    } else if (row == NULL) {
        refusal.status = STATUS_NOT_FOUND;
        refusal.reason = "名册中无此人员 / no such worker in the roster";
    } else if ((lifecycle_edge(T03)->roles >> (unsigned)row->role & 1U) == 0) {
        refusal.status = STATUS_WRONG_ROLE;
        refusal.reason = "须为专职网格员、楼长、志愿者、网格长或专业人员 / a verifier is "
                         "FULLTIME, BUILDING_HEAD, VOLUNTEER, GRID_CHIEF or PROFESSIONAL";
    } else if (worker == kase->worker || worker == kase->resolver) {
        refusal.status = STATUS_SAME_PERSON;
        refusal.reason =
            "处置人不得核实自己的案件 / who handled the case may not verify it";
    }
    if (refusal.status != STATUS_OK) {
        turn_refuse(turn, record, said, kase, refusal);
        return;
    }
    verifying_request(turn, kase, record->seq, said->actor, worker);
}

void verifying_decide_verified(struct turn *turn, const struct record *record,
                               const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__StatementFields *fields = said->said->fields;
    if (desk_refuses_handler(turn, record, said, kase)) {
        return;
    }
    if (fields == NULL || !fields->confirmed) {
        write_reported(turn, kase, record->seq, said, false);
        notice_write(turn, kase, record->seq,
                     &(struct notice){.kind = SANJI__NOTE_KIND__NOTE_KIND_NOT_FOUND,
                                      .org = kase->holder,
                                      .role = ROLE_INTAKE_OPERATOR});
        return;
    }
    Sanji__Envelope *accepted = desk_acceptance(turn, record, said, kase);
    if (accepted != NULL) {
        write_reported(turn, kase, record->seq, said, true);
        desk_accept(turn, kase, accepted, false);
    }
}

bool verifying_may_reject(struct turn *turn, const struct record *record,
                          const Sanji__Envelope *said, struct kase *kase)
{
    assert(kase->state == STATE_VERIFYING);
    if (!kase->not_found) {
        turn_refuse(turn, record, said, kase,
                    (struct refusal){
                        .status = STATUS_WRONG_STATE,
                        .reason = "核实结果未出,须有未发现的核实报告 (verified) / a case "
                                  "under verification is rejected after a report that "
                                  "nothing was found (verified, confirmed false)"});
        return false;
    }
    write_reported(turn, kase, record->seq, said, false);
    return true;
}

/* ---- by itself ---- */

void verifying_consider(struct turn *turn, struct kase *kase, uint64_t cause_seq)
{
    if (kase->state == STATE_VERIFYING && kase->severity == SEVERITY_S1 &&
        desk_can_accept(turn_rules(turn), kase)) {
        accept_in_doubt(turn, kase, cause_seq);
    }
}

void verifying_due(struct turn *turn, struct kase *kase, const struct case_timer *timer)
{
    const struct rules *rules = turn_rules(turn);
    const uint32_t rounds = rules_policy(rules)->verify_rounds != 0
                                ? rules_policy(rules)->verify_rounds
                                : ROUNDS;
    const bool last = timer->times + 1U >= rounds;
    const struct turn_told told[2] = {{.org = kase->holder, .role = ROLE_INTAKE_OPERATOR},
                                      {.org = kase->holder, .role = ROLE_DUTY_LEADER}};
    if (last && desk_can_accept(rules, kase)) {
        turn_timer_fired(turn, kase, timer, NULL, 0, false);
        accept_in_doubt(turn, kase, 0);
        return;
    }
    // Somebody has been there, or it cannot be accepted as it is: the desk must look.
    const bool asks_desk = last || kase->not_found;
    const uint32_t second = asks_desk ? 0 : choose_verifier(turn, kase);
    turn_timer_fired(turn, kase, timer, told, asks_desk ? 2 : second == 0 ? 1 : 0, true);
    if (second != 0) {
        verifying_request(turn, kase, 0, NULL, second);
    }
}
