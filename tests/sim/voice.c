/* voice.c: see voice.h. */
#include "tests/sim/voice.h"

#include "proto/lifecycle.h"
#include "tests/sim/voice_inside.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_HOURS = 24,
    YOUNG_CASES = 40, /* the newest are spoken of more often */
    TRIES = 60
};

static char words[] = "a case of the fuzzer, said with a phone " VOICE_PHONE;
static char phone[] = VOICE_PHONE;
static char system_name[] = "fuzz";
static char photo[] = "photo/7";

static char *a_reference(const struct voice *voice, struct voice_meant *meant)
{
    if (*voice->serial > 8 && voice_chance(voice, 1)) {
        meant->is_repeat = true;
        return voice_text(voice, "f/%llu",
                          (unsigned long long)(*voice->serial - voice_below(voice, 8)));
    }
    if (voice_below(voice, 300) == 0) {
        meant->has_pii = true;
        return phone;
    }
    ++*voice->serial;
    return voice_text(voice, "f/%llu", (unsigned long long)*voice->serial);
}

/* ---- the case ---- */

static struct kase *any_case(const struct voice *voice)
{
    const size_t count = model_case_count(voice->model);
    if (count == 0) {
        return NULL;
    }
    const bool is_young = voice_chance(voice, 70) && count > YOUNG_CASES;
    const size_t at = is_young ? count - 1 - voice_below(voice, YOUNG_CASES)
                               : voice_below(voice, (uint32_t)count);
    return world_case(voice->world, model_case_at(voice->model, at)->key);
}

static char *case_text(const struct voice *voice, uint64_t key)
{
    char line[CASE_NO_SIZE];
    return voice_text(voice, "%s", id_case_print(world_place(voice->world), key, line));
}

/* ---- what is said ---- */

/* What is most likely said next of a case in this state, so that cases come far. */
static enum statement_kind likely(const struct voice *voice, const struct kase *kase)
{
    static const uint8_t next[STATE_COUNT][4] = {
        [STATE_RECEIVED] = {SAY_ACCEPT, SAY_VERIFY, SAY_REJECT, SAY_MERGE},
        [STATE_VERIFYING] = {SAY_VERIFIED, SAY_VERIFIED, SAY_REJECT, SAY_VERIFIED},
        [STATE_ACCEPTED] = {SAY_ROUTE, SAY_ROUTE, SAY_MERGE, SAY_SUPERVISE},
        [STATE_ASSIGNING] = {SAY_OFFER, SAY_ESCALATE, SAY_UPSTREAM, SAY_SUSPEND},
        [STATE_DISPATCHED] = {SAY_ACK, SAY_ACK, SAY_ACK, SAY_DECLINE},
        [STATE_IN_PROGRESS] = {SAY_RESOLVE, SAY_RESOLVE, SAY_PROGRESS, SAY_RETURN},
        [STATE_SUSPENDED] = {SAY_RESUME, SAY_EXTEND, SAY_URGE, SAY_RESUME},
        [STATE_UPSTREAM] = {SAY_UPSTREAM_UPDATE, SAY_UPSTREAM_UPDATE, SAY_TAKE_BACK,
                            SAY_UPSTREAM_UPDATE},
        [STATE_RESOLVED] = {SAY_CHECK, SAY_CHECK, SAY_CHECK, SAY_SUPERVISE},
        [STATE_REVISIT] = {SAY_REVISIT, SAY_REVISIT, SAY_REVISIT, SAY_URGE},
        [STATE_CLOSED] = {SAY_REOPEN, SAY_NOTE, SAY_INFORMED, SAY_READ},
        [STATE_REJECTED] = {SAY_REOPEN, SAY_APPEAL, SAY_APPEAL, SAY_NOTE},
        [STATE_CANCELLED] = {SAY_REOPEN, SAY_APPEAL, SAY_APPEAL, SAY_NOTE},
        [STATE_MERGED] = {SAY_UNMERGE, SAY_UNMERGE, SAY_INFORMED, SAY_URGE},
    };

    if (kase->request_seq != 0 && voice_chance(voice, 60)) {
        return SAY_DECIDE;
    }
    if (kase->assists_open != 0 && voice_chance(voice, 60)) {
        return voice_chance(voice, 50) ? SAY_ASSIST_DONE : SAY_ASSIST_JOINED;
    }
    return (enum statement_kind)next[kase->state][voice_below(voice, 4)];
}

static const struct statement_rule *any_rule(const struct voice *voice,
                                             const struct kase *kase)
{
    if (kase != NULL && voice_chance(voice, 35)) {
        return statement_rule(likely(voice, kase));
    }
    const bool plausible = kase != NULL && voice_chance(voice, 75);
    for (int i = 0; i < TRIES * 4; i++) {
        const struct statement_rule *rule =
            statement_rule(1 + voice_below(voice, SAY_COUNT - 1));
        // Renewing the key store for each erasure is slow, so it is said now and then.
        if (rule != NULL && (rule->kind != SAY_ERASE || voice_below(voice, 15) == 0) &&
            (!plausible || !rule->on_case || (rule->states >> kase->state & 1U) != 0)) {
            return rule;
        }
    }
    return statement_rule(SAY_NOTE);
}

static unsigned draw_role(const struct voice *voice, const struct statement_rule *rule)
{
    if (voice_chance(voice, 5)) {
        return voice_below(voice, ROLE_COUNT); // also nobody
    }
    unsigned role = 0;
    while (role == 0 || (rule->roles >> role & 1U) == 0) {
        role = voice_below(voice, ROLE_COUNT);
    }
    return role;
}

static bool answers_offer(enum statement_kind kind)
{
    return kind == SAY_ACK || kind == SAY_DECLINE || kind == SAY_ARRIVE ||
           kind == SAY_PROGRESS || kind == SAY_RESOLVE;
}

static Sanji__Actor *draw_actor(const struct voice *voice,
                                const struct statement_rule *rule, const struct kase *kase)
{
    enum {
        IN_ROSTER = 1 << ROLE_GRID_CHIEF | 1 << ROLE_FULLTIME | 1 << ROLE_GUIDE |
                    1 << ROLE_PROFESSIONAL | 1 << ROLE_VOLUNTEER | 1 << ROLE_BUILDING_HEAD |
                    1 << ROLE_SOCIAL_WORKER
    };

    Sanji__Actor *actor = voice_take(voice, sizeof *actor);
    sanji__actor__init(actor);
    unsigned role = draw_role(voice, rule);
    const Sanji__Worker *row = NULL;
    if (kase != NULL && kase->worker != 0 && answers_offer(rule->kind) &&
        voice_chance(voice, 92)) {
        row = rules_worker(world_rules(voice->world), kase->worker);
        role = row != NULL ? (unsigned)row->role : role;
    } else if (role < ROLE_COUNT && (IN_ROSTER >> role & 1) != 0 &&
               voice_chance(voice, 95)) {
        row = voice_worker_of_role(voice, role, kase);
    } else if (voice_chance(voice, 10)) {
        row = voice_any_worker(voice);
    }
    actor->role = (Sanji__Role)role;
    if (row != NULL) {
        actor->worker = row->worker;
    }
    if (rule->kind == SAY_DECIDE && kase != NULL && kase->request_seq != 0 &&
        voice_chance(voice, 85)) {
        actor->role = SANJI__ROLE__ROLE_DUTY_LEADER;
        actor->org =
            voice_path_text(voice, voice_chance(voice, 50) ? kase->request_decider
                                                           : org_subdistrict(kase->area));
        return actor;
    }
    if (kase == NULL || voice_chance(voice, 40)) {
        return actor;
    }
    const struct org_path desks[] = {kase->holder, kase->holder, kase->owner,
                                     org_community(kase->area),
                                     org_subdistrict(kase->area)};
    actor->org = voice_chance(voice, 8)
                     ? voice_any_path(voice)
                     : voice_path_text(voice, desks[voice_below(voice, 5)]);
    return actor;
}

static uint32_t draw_reason(const struct voice *voice, enum statement_kind kind)
{
    static const uint32_t rows[SAY_COUNT] = {
        [SAY_REJECT] = 101,  [SAY_RETURN] = 201, [SAY_EXTEND] = 301, [SAY_SUSPEND] = 401,
        [SAY_DECLINE] = 501, [SAY_CHECK] = 601,  [SAY_REOPEN] = 701, [SAY_APPEAL] = 701,
        [SAY_DECIDE] = 201,  [SAY_RECALL] = 501};

    if (voice_chance(voice, 10)) {
        return voice_below(voice, 10) * 101;
    }
    return (rows[kind] != 0 ? rows[kind] : 201) + voice_below(voice, 4);
}

static char *draw_worker_text(const struct voice *voice, const struct kase *kase)
{
    if (voice_chance(voice, 5)) {
        return voice_text(voice, "W%05u", voice_below(voice, 100000));
    }
    const Sanji__Worker *row = voice_worker_of_role(voice, ROLE_FULLTIME, kase);
    return row != NULL && voice_chance(voice, 70) ? row->worker
                                                  : voice_any_worker(voice)->worker;
}

/* Mostly one that was whistled for, where any was. */
static char *draw_department(const struct voice *voice, const struct kase *kase)
{
    static const char *const codes[] = {"TPOL",   "TMKT",    "TCTY", "TUTL",
                                        "TJUS",   "P001",    "P002", "PUBLIC_SECURITY",
                                        "MARKET", "nonsense"};
    for (size_t i = 0;
         kase != NULL && voice_chance(voice, 85) && i < sizeof codes / sizeof codes[0];
         i++) {
        for (size_t k = 0; k < CASE_ASSISTS_MAX; k++) {
            if (kase->assist[k].n != 0 &&
                kase->assist[k].department == case_department(codes[i])) {
                return voice_text(voice, "%s", codes[i]);
            }
        }
    }
    return voice_text(voice, "%s",
                      codes[voice_below(voice, sizeof codes / sizeof codes[0])]);
}

static struct org_path draw_holder(const struct voice *voice, const struct kase *kase)
{
    const struct org_path near[] = {kase->area, org_community(kase->area),
                                    org_subdistrict(kase->area), kase->owner};
    return near[voice_below(voice, 4)];
}

/* Fields of the decisions at a desk. */
static void draw_desk_fields(const struct voice *voice, const struct kase *kase,
                             Sanji__StatementFields *fields)
{
    static const Sanji__DecisionKind kinds[] = {
        SANJI__DECISION_KIND__DECISION_KIND_UNSPECIFIED,
        SANJI__DECISION_KIND__DECISION_KIND_RETURN,
        SANJI__DECISION_KIND__DECISION_KIND_EXTEND,
        SANJI__DECISION_KIND__DECISION_KIND_SUSPEND,
        SANJI__DECISION_KIND__DECISION_KIND_REOPEN,
        SANJI__DECISION_KIND__DECISION_KIND_UPSTREAM};

    const int64_t hours =
        1 + voice_below(voice, voice_chance(voice, 80) ? 14 * DAY_HOURS : 1700);
    fields->resume_by_ms =
        voice->now_ms + (voice_chance(voice, 95) ? hours : -hours) * HOUR_MS;
    fields->asked_s = voice_below(voice, 5 * DAY_HOURS) * 3600;
    fields->clock = (Sanji__Clock)voice_below(voice, 3);
    fields->approved = voice_chance(voice, 65);
    fields->final = voice_chance(voice, 30);
    fields->level = (Sanji__SuperviseLevel)voice_below(voice, 4);
    fields->update = (Sanji__UpstreamUpdate)voice_below(voice, 5);
    fields->upstream_ref = voice_text(voice, "u-%u", voice_below(voice, 1000));
    fields->department_code = draw_department(voice, kase);
    fields->skill = voice_text(voice, "%c", "gmpkjcsu"[voice_below(voice, 8)]);
    fields->emergency = voice_chance(voice, 20);
    fields->to_tier = (Sanji__Tier)voice_below(voice, 6);
    fields->decision = kinds[voice_below(voice, 6)];
    if (kase == NULL) {
        fields->handover = voice_below(voice, 1000);
        return;
    }
    if (kase->request_kind != 0 && voice_chance(voice, 95)) {
        fields->decision = (Sanji__DecisionKind)kase->request_kind;
        fields->final = fields->decision == SANJI__DECISION_KIND__DECISION_KIND_RETURN &&
                        voice_chance(voice, 40);
    }
    if (fields->final && voice_chance(voice, 50)) {
        fields->owner = voice_path_text(voice, draw_holder(voice, kase));
    }
    fields->handover =
        voice_chance(voice, 92) ? kase->handover_seq : voice_below(voice, 1000);
    fields->suggested_holder = voice_chance(voice, 90)
                                   ? voice_path_text(voice, draw_holder(voice, kase))
                                   : voice_any_path(voice);
    fields->to = voice_chance(voice, 50) ? voice_path_text(voice, draw_holder(voice, kase))
                                         : fields->to;
}

/* What a kind reads otherwise than the others. */
static void draw_own_fields(const struct voice *voice, const struct statement_rule *rule,
                            const struct kase *kase, Sanji__StatementFields *fields)
{
    static char nothing[] = "";
    const bool of_himself = rule->kind == SAY_DUTY || rule->kind == SAY_COVERAGE ||
                            rule->kind == SAY_WORKLOG || rule->kind == SAY_RECALL;
    if (of_himself && voice_chance(voice, 70)) {
        fields->worker = nothing;
    }
    if (rule->kind == SAY_WORKLOG && voice_chance(voice, 85)) {
        uint32_t day = 0;
        unsigned minute = 0;
        unsigned weekday = 0;
        const int32_t offset_min = rules_utc_offset_min(world_rules(voice->world));
        deadline_local(offset_min, voice->now_ms, &day, &minute, &weekday);
        fields->day =
            voice_text(voice, "%04u-%02u-%02u", day / 10000, day / 100 % 100, day % 100);
    }
    if (rule->kind == SAY_READ && kase != NULL && voice_chance(voice, 70)) {
        fields->purpose = kase->state == STATE_RESOLVED  ? SANJI__PURPOSE__PURPOSE_CHECK
                          : kase->state == STATE_REVISIT ? SANJI__PURPOSE__PURPOSE_REVISIT
                                                         : SANJI__PURPOSE__PURPOSE_HANDLE;
    }
}

static void draw_fields(const struct voice *voice, const struct statement_rule *rule,
                        const struct kase *kase, Sanji__StatementFields *fields)
{
    const struct kase *other = any_case(voice);
    for (int i = 0; i < 8 && kase != NULL && other != NULL && // more often a near one
                    !org_equal(org_community(other->area), org_community(kase->area));
         i++) {
        other = any_case(voice);
    }
    fields->reason_code = draw_reason(voice, rule->kind);
    fields->advice_code = voice_text(voice, "%u", 110 + voice_below(voice, 10));
    fields->resolution = (Sanji__Resolution)(1 + voice_below(voice, 9));
    fields->effort_min = voice_below(voice, 200);
    fields->needs_revisit = voice_chance(voice, 20);
    fields->percent = voice_below(voice, 120);
    fields->passed = voice_chance(voice, 60);
    fields->result = (Sanji__Satisfaction)(1 + voice_below(voice, 7));
    fields->service = (Sanji__Satisfaction)voice_below(voice, 8);
    fields->solved = voice_chance(voice, 60);
    fields->channel = voice_below(voice, 4);
    fields->note_kind = (Sanji__NoteKind)voice_below(voice, 3);
    fields->purpose = (Sanji__Purpose)voice_below(voice, 4);
    fields->duty = (Sanji__Duty)(voice_chance(voice, 70) ? 1 : voice_below(voice, 6));
    fields->severity = (Sanji__Severity)(voice->is_calm ? 3 + voice_below(voice, 2)
                                                        : 1 + voice_below(voice, 4));
    fields->confirmed = voice_chance(voice, 60);
    fields->category = voice_any_category(voice);
    fields->worker = draw_worker_text(voice, kase);
    fields->cells_planned = voice_below(voice, 50);
    fields->cells_visited = voice_below(voice, fields->cells_planned + 2);
    fields->visits_done = voice_below(voice, 20);
    fields->patrol_min = voice_below(voice, 300);
    fields->minutes = voice_below(voice, 600);
    fields->day = voice_text(voice, "2020-08-%02u", 1 + voice_below(voice, 33));
    if (other != NULL) {
        fields->into_case_no = case_text(voice, other->key);
    }
    if (kase != NULL) {
        fields->offer =
            voice_chance(voice, 93) ? kase->offer_seq : voice_below(voice, 4000);
        fields->if_version =
            voice_chance(voice, 12) ? kase->version + (voice_chance(voice, 20) ? 1 : 0) : 0;
        fields->told_state = (Sanji__CaseState)kase->state;
    }
    draw_desk_fields(voice, kase, fields);
    draw_own_fields(voice, rule, kase, fields);
    if (rule->kind == SAY_ACCEPT && voice_chance(voice, 80)) {
        fields->to = voice_any_path(voice);
    }
}

/* One field that the kind needs is missing. */
static void spoil(const struct voice *voice, Sanji__StatementFields *fields)
{
    static char nothing[] = "";
    switch (voice_below(voice, 6)) {
    case 0:
        fields->reason_code = 0;
        break;
    case 1:
        fields->offer = 0;
        break;
    case 2:
        fields->resolution = SANJI__RESOLUTION__RESOLUTION_UNSPECIFIED;
        break;
    case 3:
        fields->worker = nothing;
        break;
    case 4:
        fields->resume_by_ms = 0;
        break;
    default:
        fields->into_case_no = nothing;
        break;
    }
}

static void add_evidence(const struct voice *voice, Sanji__StatementFields *fields,
                         struct voice_meant *meant)
{
    Sanji__Evidence *evidence = voice_take(voice, sizeof *evidence);
    sanji__evidence__init(evidence);
    evidence->ref = photo;
    if (voice_below(voice, 400) == 0) {
        evidence->ref = phone;
        meant->has_pii = true;
    }
    fields->n_evidence = 1;
    fields->evidence = voice_take(voice, sizeof *fields->evidence);
    fields->evidence[0] = evidence;
}

Sanji__Statement *voice_statement(const struct voice *voice, struct voice_meant *meant)
{
    Sanji__Statement *statement = voice_take(voice, sizeof *statement);
    const struct kase *kase = any_case(voice);
    const struct statement_rule *rule = any_rule(voice, kase);
    *meant = (struct voice_meant){.is_foreign = rule->on_case && kase == NULL};
    sanji__statement__init(statement);
    statement->source_system = system_name;
    statement->source_ref = a_reference(voice, meant);
    statement->kind = (Sanji__StatementKind)rule->kind;
    statement->actor = draw_actor(voice, rule, kase);
    if (voice_chance(voice, 97)) {
        statement->fields = voice_take(voice, sizeof *statement->fields);
        sanji__statement_fields__init(statement->fields);
        draw_fields(voice, rule, kase, statement->fields);
        if (voice_chance(voice, 80)) {
            add_evidence(voice, statement->fields, meant);
        }
        if (voice_chance(voice, 3)) {
            spoil(voice, statement->fields);
        }
    }
    if (!rule->on_case) {
        return statement;
    }
    if (kase == NULL || voice_chance(voice, 1)) {
        meant->is_foreign = true;
        statement->case_no =
            case_text(voice, UINT64_C(20190101000000) + voice_below(voice, 9));
    } else {
        statement->case_no = case_text(voice, kase->key);
    }
    if (voice_chance(voice, 15)) {
        statement->sealed = voice_take(voice, sizeof *statement->sealed);
        sanji__sealed_text__init(statement->sealed);
        statement->sealed->text = words;
    }
    return statement;
}

/* ---- what is reported ---- */

static Sanji__Place *draw_place(const struct voice *voice)
{
    Sanji__Place *place = voice_take(voice, sizeof *place);
    sanji__place__init(place);
    if (voice_chance(voice, 90)) {
        place->grid = voice_any_path(voice);
        place->building_no = voice_below(voice, 20);
        return place;
    }
    place->datum = SANJI__DATUM__DATUM_CGCS2000;
    place->lat_e6 =
        (voice_chance(voice, 40) ? 30 : 34) * 1000000 + 800000; // some lie far away
    place->lat_e6 += (int32_t)voice_below(voice, 40000);
    place->lon_e6 = 117310000 + (int32_t)voice_below(voice, 40000);
    return place;
}

Sanji__Submission *voice_submission(const struct voice *voice, struct voice_meant *meant)
{
    Sanji__Submission *submission = voice_take(voice, sizeof *submission);
    Sanji__StatementFields carrier = SANJI__STATEMENT_FIELDS__INIT;
    *meant = (struct voice_meant){.has_pii = false};
    sanji__submission__init(submission);
    submission->source_system = system_name;
    submission->source_ref = a_reference(voice, meant);
    submission->source = (Sanji__Source)(1 + voice_below(voice, 8));
    submission->category = voice_any_category(voice);
    submission->place = draw_place(voice);
    submission->proposed_severity =
        (Sanji__Severity)(voice->is_calm ? 0 : voice_below(voice, 5));
    submission->confidence_permille = voice_below(voice, 1001);
    submission->reporter_wants_contact = voice_chance(voice, 50);
    submission->confidential = voice_chance(voice, 10);
    submission->worker = voice_any_worker(voice)->worker;
    if (voice_chance(voice, 20)) {
        submission->self_handled = true;
        submission->source = SANJI__SOURCE__SOURCE_HANDHELD;
        submission->proposed_severity = SANJI__SEVERITY__SEVERITY_UNSPECIFIED;
    }
    submission->status =
        (Sanji__MsgStatus)(voice_chance(voice, 85) ? 1 : voice_below(voice, 4));
    submission->device_id = voice_text(voice, "cam-%u", voice_below(voice, 6));
    if (voice_below(voice, 100) == 0) {
        submission->device_id = phone;
        meant->has_pii = true;
    }
    if (voice_chance(voice, 60)) {
        submission->sealed = voice_take(voice, sizeof *submission->sealed);
        sanji__sealed_text__init(submission->sealed);
        submission->sealed->text = words;
        submission->sealed->contact = phone;
    }
    add_evidence(voice, &carrier, meant);
    submission->n_evidence = carrier.n_evidence;
    submission->evidence = carrier.evidence;
    return submission;
}
