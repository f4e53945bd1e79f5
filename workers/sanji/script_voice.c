/* script_voice.c: lines become statements: who says it, with which fields.
 *
 * Everything but the words is read off the case as it is now; a line is only spoken while
 * the case is as it was when the line was thought.
 */
#include <stdio.h>
#include <string.h>

#include "workers/sanji/script_inside.h"

enum {
    REF_SIZE = 96,
    NAMED_SIZE = 32, /* a case, a desk, or a reference of the city's */
    REASON_NOT_IN_AREA = 101,
    REASON_NOT_FOUND = 105,
    REASON_ANSWERED = 106,
    REASON_WRONG_GRID = 201,
    REASON_NO_AUTHORITY = 203,
    REASON_PARTS = 301,
    REASON_ENGINEERING = 304,
    REASON_SEASON = 401,
    REASON_OFF_DUTY = 501,
    REASON_SKILL = 505,
    REASON_NOT_DONE = 601,
    REASON_NOT_SATISFIED = 701,
    REASON_RECURRED = 702,
    MS_PER_S = 1000,
    EXTEND_SHARE = 4, /* of RESOLVE's budget is asked for: a quarter */
    SUSPEND_DAYS = 5,
    MS_PER_DAY = 24 * 60 * MS_PER_MIN,
};

/* A statement with room for what it points at. */
struct speech {
    Sanji__Statement statement;
    Sanji__StatementFields fields;
    Sanji__Actor actor;
    Sanji__Evidence evidence;
    Sanji__Evidence *evidences[1];
    char ref[REF_SIZE];
    char case_no[CASE_NO_SIZE];
    char worker[WORKER_SIZE];
    char org[ORG_TEXT_SIZE];
    char named[NAMED_SIZE];
    char category[CATEGORY_SIZE];
};

static void by_desk(struct speech *speech, enum role role, struct org_path org)
{
    speech->actor.role = (Sanji__Role)role;
    speech->actor.org = org_print(org, speech->org);
}

static void by_worker(struct speech *speech, unsigned role, uint32_t worker)
{
    speech->actor.role = (Sanji__Role)role;
    speech->actor.worker = id_worker_print(worker, speech->worker);
}

/* ---- what each kind says ---- */

/* One scene: the case as it is now. */
struct spoken {
    const struct script *script;
    struct world *world;
    const struct act *act;
    const struct planned *truth;
    const struct kase *kase;
    const struct line *line;
    int64_t now_ms;
};

static uint32_t one_of(const struct spoken *spoken, uint32_t first, uint32_t count)
{
    return first + spoken->truth->number % count;
}

/* How it was resolved; by those who answer for others, in the plainest way. */
static Sanji__Resolution how(const struct spoken *spoken)
{
    const uint8_t planned = spoken->truth->resolution;
    return planned == 0 || planned == SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED
               ? SANJI__RESOLUTION__RESOLUTION_FIXED
               : (Sanji__Resolution)planned;
}

static void handler(struct speech *speech, const struct spoken *spoken)
{
    const struct kase *kase = spoken->kase;
    by_worker(speech, kase->offered_role, kase->worker);
    speech->fields.offer = kase->offer_seq;
}

/* Who answers; of two persons the second joins the first. */
static bool speak_ack(struct speech *speech, const struct spoken *spoken)
{
    struct offered answerer;
    if (!script_answerer(spoken->script, spoken->kase, &answerer)) {
        return false;
    }
    by_worker(speech, answerer.role, answerer.worker);
    speech->fields.offer = answerer.seq;
    return true;
}

static bool speak_handler(struct speech *speech, const struct spoken *spoken)
{
    static char photo[] = "photo/2";
    if (spoken->line->kind == SAY_ACK) {
        return speak_ack(speech, spoken);
    }
    handler(speech, spoken);
    if (spoken->line->kind == SAY_DECLINE) {
        speech->fields.reason_code = REASON_SKILL;
    } else if (spoken->line->kind == SAY_PROGRESS) {
        speech->fields.percent = 50;
    } else if (spoken->line->kind == SAY_RESOLVE) {
        speech->fields.resolution = how(spoken);
        speech->evidence.ref = photo;
        speech->evidences[0] = &speech->evidence;
        speech->fields.evidence = speech->evidences;
        speech->fields.n_evidence = 1;
        if (spoken->script->is_closed) {
            speech->fields.effort_min = script_effort_min(spoken->script, spoken->kase);
        }
    }
    return true;
}

static bool speak_check(struct speech *speech, const struct spoken *spoken)
{
    by_desk(speech, ROLE_INTAKE_OPERATOR, spoken->kase->owner);
    speech->fields.passed = spoken->truth->reworks <= spoken->kase->reworks;
    speech->fields.reason_code = speech->fields.passed ? 0 : REASON_NOT_DONE;
    return true;
}

static bool speak_revisit(struct speech *speech, const struct spoken *spoken)
{
    by_desk(speech, ROLE_INTAKE_OPERATOR, spoken->kase->owner);
    speech->fields.result = (Sanji__Satisfaction)spoken->truth->satisfaction;
    speech->fields.solved = true;
    return true;
}

static bool speak_informed(struct speech *speech, const struct spoken *spoken)
{
    by_desk(speech, ROLE_INTAKE_OPERATOR, spoken->kase->owner);
    speech->fields.told_state = SANJI__CASE_STATE__CASE_STATE_ACCEPTED;
    return true;
}

static bool speak_verified(struct speech *speech, const struct spoken *spoken)
{
    const Sanji__Worker *worker =
        rules_worker(world_rules(spoken->world), spoken->kase->verifier);
    if (worker == NULL) {
        return false;
    }
    by_worker(speech, (unsigned)worker->role, spoken->kase->verifier);
    speech->fields.confirmed = spoken->truth->kind != PLANNED_REJECTED;
    speech->fields.reason_code = speech->fields.confirmed ? 0 : REASON_NOT_FOUND;
    return true;
}

/* What the intake desk says: accept, reject, merge, unmerge, reclassify, severity. */
static bool speak_intake(struct speech *speech, const struct spoken *spoken)
{
    static char advice[] = "12345";
    const struct planned *truth = spoken->truth;
    Sanji__StatementFields *fields = &speech->fields;
    by_desk(speech, ROLE_INTAKE_OPERATOR, org_subdistrict(spoken->kase->area));
    switch (spoken->line->kind) {
    case SAY_REJECT:
        fields->reason_code = spoken->kase->state == STATE_VERIFYING ? REASON_NOT_FOUND
                              : truth->number % 2 == 0               ? REASON_NOT_IN_AREA
                                                                     : REASON_ANSWERED;
        fields->advice_code = advice;
        break;
    case SAY_MERGE:
        id_case_print(world_place(spoken->world), spoken->script->acts[truth->into - 1].key,
                      speech->named);
        fields->into_case_no = speech->named;
        break;
    case SAY_UNMERGE:
    case SAY_RECLASSIFY:
        fields->reason_code = REASON_WRONG_GRID + 1; // wrong category
        fields->category = spoken->line->kind == SAY_RECLASSIFY
                               ? id_category_print(truth->category, speech->category)
                               : fields->category;
        break;
    case SAY_SEVERITY:
        fields->severity = (Sanji__Severity)truth->severity;
        if (truth->severity > spoken->kase->severity) { // less severe: not a desk's to say
            speech->actor.role = SANJI__ROLE__ROLE_DUTY_LEADER;
            fields->reason_code = REASON_ENGINEERING;
        }
        break;
    default:
        break;
    }
    return true;
}

static bool speak_reporter(struct speech *speech, const struct spoken *spoken)
{
    speech->actor.role = SANJI__ROLE__ROLE_REPORTER;
    if (spoken->line->kind == SAY_REOPEN) {
        speech->fields.reason_code = REASON_RECURRED;
    } else if (spoken->kase->severity == SEVERITY_S1) {
        // An S1 is not the reporter's to call off.
        by_desk(speech, ROLE_DUTY_LEADER, spoken->kase->owner);
        speech->fields.reason_code = REASON_ANSWERED;
    }
    return true;
}

static bool speak_urge(struct speech *speech, const struct spoken *spoken)
{
    const struct kase *kase = spoken->kase;
    const bool reported = kase->source == SANJI__SOURCE__SOURCE_HOTLINE_12345 ||
                          kase->source == SANJI__SOURCE__SOURCE_RESIDENT_APP ||
                          kase->source == SANJI__SOURCE__SOURCE_WALK_IN;
    if (!lifecycle_is_open((enum case_state)kase->state)) {
        return false;
    }
    if (spoken->line->n == 1 && reported) {
        speech->actor.role = SANJI__ROLE__ROLE_REPORTER;
    } else {
        by_desk(speech, ROLE_DISPATCHER, kase->holder);
    }
    return true;
}

/* ---- desks and duty leaders ---- */

static struct org_path sub_district(const struct spoken *spoken)
{
    return org_subdistrict(spoken->kase->area);
}

static uint32_t resolve_budget_s(const struct kase *kase)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == TIMER_RESOLVE) {
            return kase->timers[i].budget_s;
        }
    }
    return 0;
}

static bool speak_desk(struct speech *speech, const struct spoken *spoken)
{
    const struct kase *kase = spoken->kase;
    Sanji__StatementFields *fields = &speech->fields;
    by_desk(speech, ROLE_DISPATCHER, kase->holder);
    switch (spoken->line->kind) {
    case SAY_ESCALATE:
        fields->reason_code = REASON_NO_AUTHORITY;
        break;
    case SAY_RECALL:
        fields->reason_code = REASON_OFF_DUTY;
        break;
    case SAY_RETURN:
        fields->reason_code = one_of(spoken, REASON_WRONG_GRID, 4);
        fields->suggested_holder = org_print(kase->came_from, speech->named);
        break;
    case SAY_EXTEND:
        fields->reason_code = one_of(spoken, REASON_PARTS, 4);
        fields->asked_s = resolve_budget_s(kase) / EXTEND_SHARE;
        break;
    case SAY_SUSPEND:
        fields->reason_code = one_of(spoken, REASON_SEASON, 4);
        fields->resume_by_ms = spoken->now_ms + (int64_t)SUSPEND_DAYS * MS_PER_DAY;
        break;
    default:
        break;
    }
    return true;
}

static bool speak_leader(struct speech *speech, const struct spoken *spoken)
{
    const struct kase *kase = spoken->kase;
    Sanji__StatementFields *fields = &speech->fields;
    by_desk(speech, ROLE_DUTY_LEADER, sub_district(spoken));
    switch (spoken->line->kind) {
    case SAY_DECIDE:
        by_desk(speech, ROLE_DUTY_LEADER, kase->request_decider);
        fields->decision = (Sanji__DecisionKind)kase->request_kind;
        fields->approved = true;
        // The desks have disagreed twice: the sub-district ends it.
        fields->final = kase->returns > 0 &&
                        kase->request_kind == SANJI__DECISION_KIND__DECISION_KIND_RETURN;
        break;
    case SAY_UPSTREAM:
        fields->reason_code = REASON_NO_AUTHORITY;
        break;
    case SAY_SUPERVISE:
        fields->level = (Sanji__SuperviseLevel)spoken->truth->supervise;
        return kase->state != STATE_REVISIT &&
               !lifecycle_is_final((enum case_state)kase->state) &&
               kase->supervise < spoken->truth->supervise;
    default:
        break;
    }
    return true;
}

/* Whom the duty leader calls; an S1's policy calls who has the authority, or who is there for
 * emergencies. */
static char *department_called(const struct spoken *spoken)
{
    static char utilities[] = "TUTL";
    const struct rules *rules = world_rules(spoken->world);
    const Sanji__Category *row = rules_category(rules, spoken->kase->category);
    const Sanji__Escalation *policy = rules_policy(rules)->escalation;
    char *const codes[] = {utilities, row != NULL ? row->authority : utilities,
                           policy != NULL ? policy->emergency_department : utilities};
    const bool has_joined = spoken->line->kind == SAY_ASSIST_DONE;
    for (size_t i = 0; i < CASE_ASSISTS_MAX && spoken->line->kind != SAY_ASSIST; i++) {
        const struct case_assist *assist = &spoken->kase->assist[i];
        for (size_t code = 0; code < sizeof codes / sizeof codes[0]; code++) {
            if (assist->n != 0 && assist->joined == has_joined &&
                assist->department == case_department(codes[code])) {
                return codes[code];
            }
        }
    }
    return utilities;
}

static bool speak_assist(struct speech *speech, const struct spoken *spoken)
{
    speech->fields.department_code = department_called(spoken);
    if (spoken->line->kind == SAY_ASSIST) {
        by_desk(speech, ROLE_DUTY_LEADER, spoken->kase->holder);
        return true;
    }
    by_desk(speech, ROLE_DEPARTMENT, sub_district(spoken));
    if (spoken->line->kind == SAY_ASSIST_DONE) {
        speech->fields.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    }
    return true;
}

static bool speak_municipal(struct speech *speech, const struct spoken *spoken)
{
    Sanji__StatementFields *fields = &speech->fields;
    speech->actor.role = SANJI__ROLE__ROLE_MUNICIPAL;
    fields->handover = spoken->kase->handover_seq;
    if (!spoken->act->is_received) {
        fields->update = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_RECEIVED;
        (void)snprintf(speech->named, sizeof speech->named, "M-%u", spoken->truth->number);
        fields->upstream_ref = speech->named;
    } else {
        fields->update = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
        fields->resolution = how(spoken);
    }
    return true;
}

typedef bool (*speak_fn)(struct speech *speech, const struct spoken *spoken);

static const speak_fn speakers[SAY_COUNT] = {
    [SAY_ACK] = speak_handler,
    [SAY_DECLINE] = speak_handler,
    [SAY_ARRIVE] = speak_handler,
    [SAY_PROGRESS] = speak_handler,
    [SAY_RESOLVE] = speak_handler,
    [SAY_CHECK] = speak_check,
    [SAY_REVISIT] = speak_revisit,
    [SAY_INFORMED] = speak_informed,
    [SAY_VERIFIED] = speak_verified,
    [SAY_ACCEPT] = speak_intake,
    [SAY_REJECT] = speak_intake,
    [SAY_MERGE] = speak_intake,
    [SAY_UNMERGE] = speak_intake,
    [SAY_RECLASSIFY] = speak_intake,
    [SAY_SEVERITY] = speak_intake,
    [SAY_CANCEL] = speak_reporter,
    [SAY_REOPEN] = speak_reporter,
    [SAY_URGE] = speak_urge,
    [SAY_ESCALATE] = speak_desk,
    [SAY_RECALL] = speak_desk,
    [SAY_RETURN] = speak_desk,
    [SAY_EXTEND] = speak_desk,
    [SAY_SUSPEND] = speak_desk,
    [SAY_DECIDE] = speak_leader,
    [SAY_RESUME] = speak_leader,
    [SAY_UPSTREAM] = speak_leader,
    [SAY_SUPERVISE] = speak_leader,
    [SAY_ASSIST] = speak_assist,
    [SAY_ASSIST_JOINED] = speak_assist,
    [SAY_ASSIST_DONE] = speak_assist,
    [SAY_UPSTREAM_UPDATE] = speak_municipal,
};

bool script_speak(struct script *script, struct world *world, const struct act *act,
                  const struct line *line, int64_t now_ms)
{
    static char system[] = "demo";
    static char city[] = "municipal-platform";
    const struct kase *kase = world_case(world, act->key);
    const struct spoken spoken = {.script = script,
                                  .world = world,
                                  .act = act,
                                  .truth = script_truth(script, act),
                                  .kase = kase,
                                  .line = line,
                                  .now_ms = now_ms};
    struct speech speech = {.statement = SANJI__STATEMENT__INIT,
                            .fields = SANJI__STATEMENT_FIELDS__INIT,
                            .actor = SANJI__ACTOR__INIT,
                            .evidence = SANJI__EVIDENCE__INIT};
    if (kase == NULL || speakers[line->kind] == NULL ||
        !speakers[line->kind](&speech, &spoken)) {
        return false;
    }
    // The record that is answered names the line: the same record, the same reference.
    (void)snprintf(speech.ref, sizeof speech.ref,
                   line->n > 1 ? "%s/%llu/%s%u" : "%s/%llu/%s", script->prefix,
                   (unsigned long long)line->cause_seq, vocab_statement_name(line->kind),
                   line->n);
    id_case_print(world_place(world), kase->key, speech.case_no);
    speech.statement.source_system = line->kind == SAY_UPSTREAM_UPDATE ? city : system;
    speech.statement.source_ref = speech.ref;
    speech.statement.kind = (Sanji__StatementKind)line->kind;
    speech.statement.case_no = speech.case_no;
    speech.statement.actor = &speech.actor;
    speech.statement.fields = &speech.fields;
    script->port->say(script->port_context, &speech.statement);
    return true;
}
