/* submission.c: what a sound item becomes in the log. See submission.h. */
#include "workers/intake/submission.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "workers/intake/desk.h"
#include "workers/intake/seal.h"

enum {
    CLOCK_AHEAD_MS = 5 * 60 * 1000, /* domain 4.1 */
    CLOCK_BEHIND_MS = 7 * 24 * 60 * 60 * 1000,
    REASON_CLOCK = 901,
    NEAREST_MAX = 2
};

static char advice_s1[] = "110";

/* A submission seen through the rules. */
struct reading {
    const Sanji__Category *category;
    const Sanji__SourceRule *source;
    uint32_t category_no;
    enum severity severity;
    struct org_path area;
    struct org_path owner;
    uint32_t worker; /* who handled it on the spot; 0: nobody */
    enum role role;  /* of his */
    bool restricted;
};

static bool refuse(struct writing *w, Sanji__Outcome outcome, const char *field,
                   char *reason, char *expected)
{
    static char none[] = "";
    char *name = arena_copy_text(w->arena, field);
    w->receipt->outcome = outcome;
    w->receipt->field = name != NULL ? name : none;
    w->receipt->reason = reason != NULL ? reason : none;
    w->receipt->expected = expected != NULL ? expected : none;
    return false;
}

static char *say(struct writing *w, const char *text)
{
    return arena_copy_text(w->arena, text);
}

/* "370499.003.01.001.B03 or 370499.003.01.002.B02" */
static char *nearest_paths(struct writing *w, const char *text)
{
    struct org_path near[NEAREST_MAX];
    char names[NEAREST_MAX][ORG_TEXT_SIZE] = {"", ""};
    char both[NEAREST_MAX * ORG_TEXT_SIZE + 8];
    const size_t count = rules_nearest(turn_rules(w->turn), text, near, NEAREST_MAX);
    for (size_t i = 0; i < count; i++) {
        org_print(near[i], names[i]);
    }
    (void)snprintf(both, sizeof both, "%s%s%s", names[0], count > 1 ? " or " : "",
                   names[1]);
    return say(w, both);
}

/* A path that exists, else the grid at the point, else the sub-district: what does not resolve
 * is taken and goes to the desk of the lowest unit known (R11). */
static bool read_place(struct writing *w, const Sanji__Place *place, struct reading *r)
{
    const struct rules *rules = turn_rules(w->turn);
    r->area = (struct org_path){.place = rules_place(rules)};
    if (place->grid[0] != '\0') {
        if (org_parse(place->grid, &r->area) != STATUS_OK ||
            !rules_has_path(rules, r->area)) {
            char reason[96];
            (void)snprintf(reason, sizeof reason, "无此网格 / no grid %.40s", place->grid);
            return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "place.grid", say(w, reason),
                          nearest_paths(w, place->grid));
        }
        return true;
    }
    struct org_path grid;
    if (rules_grid_at(rules, place->lat_e6, place->lon_e6, place->datum, &grid)) {
        r->area = grid;
    }
    return true;
}

static void read_severity(const Sanji__Submission *submission, struct reading *r)
{
    r->severity = (enum severity)r->category->severity;
    const bool may_raise = r->source != NULL && r->source->may_raise;
    const enum severity proposed = (enum severity)submission->proposed_severity;
    if (may_raise && proposed != SEVERITY_NONE && proposed < r->severity) {
        r->severity = proposed;
    }
}

/* The community, but the sub-district for what came from above or nowhere. */
static void read_owner(struct reading *r)
{
    const bool from_above = r->source != NULL && r->source->owner_subdistrict;
    r->owner = from_above || r->area.packed == 0 ? org_subdistrict(r->area)
                                                 : org_community(r->area);
}

static bool read_handler(struct writing *w, const Sanji__Submission *submission,
                         struct reading *r)
{
    const Sanji__Worker *row = NULL;
    if (id_worker_parse(submission->worker, &r->worker) == STATUS_OK) {
        row = rules_worker(turn_rules(w->turn), r->worker);
    }
    if (row == NULL) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "worker",
                      say(w, "名册中无此人员 / no such worker in the roster"), NULL);
    }
    r->role = (enum role)row->role;
    if ((lifecycle_edge(T07)->roles >> (unsigned)r->role & 1U) == 0) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "worker",
                      say(w, "该角色不得自行处置 / his role does not handle cases"),
                      say(w, "FULLTIME, PROFESSIONAL, VOLUNTEER, BUILDING_HEAD or "
                             "SOCIAL_WORKER"));
    }
    return true;
}

static bool read_self_handled(struct writing *w, const Sanji__Submission *submission,
                              struct reading *r)
{
    if (!submission->self_handled) {
        return true;
    }
    if (submission->source != SANJI__SOURCE__SOURCE_HANDHELD ||
        !r->category->self_handled ||
        (r->severity != SEVERITY_S3 && r->severity != SEVERITY_S4)) {
        return refuse(
            w, SANJI__OUTCOME__OUTCOME_INVALID, "self_handled",
            say(w, "该来源、类别或级别不得自行处置 / not for this source, category or "
                   "severity"),
            say(w, "source HANDHELD, a category with flag H, S3 or S4"));
    }
    if (org_depth(r->area) != TIER_GRID) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "place.grid",
                      say(w, "自行处置须指明网格 / handled on the spot needs the grid"),
                      NULL);
    }
    return read_handler(w, submission, r);
}

static bool read_submission(struct writing *w, const Sanji__Submission *submission,
                            struct reading *r)
{
    const struct rules *rules = turn_rules(w->turn);
    const enum status parsed = id_category_parse(submission->category, &r->category_no);
    assert(parsed == STATUS_OK); // submission_check has looked
    r->category = rules_category(rules, r->category_no);
    r->source = rules_source(rules, submission->source);
    if (r->category == NULL) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "category",
                      say(w, "类别表中无此代码 / no such category in the rules in force"),
                      say(w, "a code of rules/sla.yaml"));
    }
    if (!read_place(w, submission->place, r)) {
        return false;
    }
    read_severity(submission, r);
    read_owner(r);
    r->restricted = r->category->restricted || submission->confidential;
    return read_self_handled(w, submission, r);
}

/* ---- CaseReceived ---- */

static bool seal_one(struct writing *w, const char *case_no, const char *field,
                     const char *text, Sanji__Sealed **sealed)
{
    if (text[0] == '\0') {
        return true;
    }
    *sealed = turn_take(w->turn, sizeof **sealed);
    return seal_close(w->keystore, *w->key_no,
                      (struct seal_about){.case_no = case_no, .field = field}, text,
                      turn_arena(w->turn), *sealed) == STATUS_OK;
}

static bool seal_all(struct writing *w, const Sanji__Submission *submission,
                     const char *case_no, Sanji__CaseReceived *body)
{
    const Sanji__SealedText *sealed = submission->sealed;
    return sealed == NULL ||
           (seal_one(w, case_no, "text", sealed->text, &body->text) &&
            seal_one(w, case_no, "contact", sealed->contact, &body->contact) &&
            seal_one(w, case_no, "reporter", sealed->reporter, &body->reporter) &&
            seal_one(w, case_no, "address", sealed->address, &body->address));
}

static uint32_t clock_reason(const struct writing *w, int64_t observed_ms)
{
    const int64_t ahead_ms = observed_ms - turn_now_ms(w->turn);
    return observed_ms != 0 && (ahead_ms > CLOCK_AHEAD_MS || ahead_ms < -CLOCK_BEHIND_MS)
               ? REASON_CLOCK
               : 0;
}

static ProtobufCBinaryData kept_hmac(struct writing *w,
                                     const uint8_t hmac[KEYSTORE_HMAC_SIZE])
{
    uint8_t *data = turn_take(w->turn, KEYSTORE_HMAC_SIZE);
    memcpy(data, hmac, KEYSTORE_HMAC_SIZE);
    return (ProtobufCBinaryData){.len = KEYSTORE_HMAC_SIZE, .data = data};
}

static Sanji__CaseReceived *received_body(struct writing *w,
                                          const Sanji__Submission *submission,
                                          const struct reading *r, const char *case_no)
{
    Sanji__CaseReceived *body =
        TURN_NEW(w->turn, Sanji__CaseReceived, sanji__case_received__init);
    if (!seal_all(w, submission, case_no, body)) {
        return NULL;
    }
    body->source = submission->source;
    body->source_system = submission->source_system;
    body->source_ref_hmac = kept_hmac(w, w->reference);
    body->content_hmac = kept_hmac(w, w->content);
    body->place = submission->place;
    body->reporter_wants_contact = submission->reporter_wants_contact;
    body->confidence_permille = submission->confidence_permille;
    body->self_handled = submission->self_handled;
    body->key_no = *w->key_no;
    body->n_evidence = submission->n_evidence;
    body->evidence = submission->evidence;
    body->device_id = submission->device_id;
    body->observed_at_ms = submission->observed_at_ms;
    body->proposed_severity = submission->proposed_severity;
    body->confidential = submission->confidential;
    body->clock_reason = clock_reason(w, submission->observed_at_ms);
    if (r->severity == SEVERITY_S1) {
        body->advice = advice_s1;
    }
    return body;
}

static Sanji__Envelope *received_envelope(struct writing *w,
                                          const Sanji__Submission *submission,
                                          const struct reading *r, char *case_no)
{
    Sanji__Envelope *envelope = turn_event(w->turn, NULL, 0);
    envelope->case_no = case_no;
    envelope->occurred_at_ms = submission->observed_at_ms;
    envelope->severity = (Sanji__Severity)r->severity;
    envelope->category = submission->category;
    envelope->sensitivity = r->restricted ? SANJI__SENSITIVITY__SENSITIVITY_RESTRICTED
                                          : SANJI__SENSITIVITY__SENSITIVITY_INTERNAL;
    envelope->status = submission->status == SANJI__MSG_STATUS__MSG_STATUS_UNSPECIFIED
                           ? SANJI__MSG_STATUS__MSG_STATUS_ACTUAL
                           : submission->status;
    envelope->source_system = submission->source_system;
    turn_set_area(w->turn, envelope, r->area);
    turn_set_holder(w->turn, envelope, org_subdistrict(r->area), TIER_SUBDISTRICT);
    turn_set_owner(w->turn, envelope, r->owner);
    return envelope;
}

/* T07: the grid holds what its own worker has done. */
static void write_self_handled(struct writing *w, const struct reading *r,
                               struct kase *kase)
{
    Sanji__CaseSelfHandled *body =
        TURN_NEW(w->turn, Sanji__CaseSelfHandled, sanji__case_self_handled__init);
    Sanji__Envelope *envelope = turn_event(w->turn, kase, 0);
    turn_set_holder(w->turn, envelope, r->area, TIER_GRID);
    turn_set_worker(w->turn, envelope, r->worker);
    envelope->actor->role = (Sanji__Role)r->role;
    envelope->actor->worker = envelope->worker;
    body->resolution = SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED;
    body->worker = envelope->worker;
    body->effort_min = r->category->effort_min;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_SELF_HANDLED;
    envelope->case_self_handled = body;
    turn_emit(w->turn, &(struct emission){.kase = kase, .edge = T07, .envelope = envelope});
}

static bool new_key(struct writing *w, uint64_t *case_key)
{
    const int32_t offset_min = rules_utc_offset_min(turn_rules(w->turn));
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(offset_min, turn_now_ms(w->turn), &day, &minute, &weekday);
    const uint32_t running = world_running(turn_world(w->turn), day) + 1;
    if (running > CASES_PER_DAY_MAX) {
        w->receipt->code = say(w, status_name(STATUS_DAY_FULL));
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "",
                      say(w, status_en(STATUS_DAY_FULL)), NULL);
    }
    if (*w->key_no == 0 && keystore_next(w->keystore, w->key_no) != STATUS_OK) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_STORE_FULL, "",
                      say(w, "密钥库写入失败 / the key store cannot be written"), NULL);
    }
    *case_key = id_case_key(turn_now_ms(w->turn), offset_min, running);
    return true;
}

bool submission_write(struct writing *w, const Sanji__Submission *submission)
{
    struct reading r = {0};
    uint64_t case_key = 0;
    if (!read_submission(w, submission, &r) || !new_key(w, &case_key)) {
        return false;
    }
    struct world *world = turn_world(w->turn);
    char *case_no = arena_take(w->arena, CASE_NO_SIZE);
    if (case_no == NULL) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_BUSY, "", NULL, NULL);
    }
    id_case_print(rules_place(turn_rules(w->turn)), case_key, case_no);
    Sanji__CaseReceived *body = received_body(w, submission, &r, case_no);
    if (body == NULL) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_STORE_FULL, "",
                      say(w, "密封失败 / the text could not be sealed"), NULL);
    }
    Sanji__Envelope *envelope = received_envelope(w, submission, &r, case_no);
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = body;
    const bool accepts = !submission->self_handled && r.area.packed != 0;
    w->record_index = turn_emit(
        w->turn, &(struct emission){.edge = T01,
                                    .envelope = envelope,
                                    .new_case_key = case_key,
                                    .skip_arms = accepts || submission->self_handled
                                                     ? 1U << TIMER_ACCEPT
                                                     : 0});
    struct kase *kase = world_case(world, case_key);
    assert(kase != NULL);
    if (submission->self_handled) {
        write_self_handled(w, &r, kase);
    } else if (accepts) {
        desk_accept(w->turn, kase, turn_event(w->turn, kase, 0), true);
    }
    w->receipt->outcome = SANJI__OUTCOME__OUTCOME_STORED;
    w->receipt->case_no = case_no;
    w->receipt->state = (Sanji__CaseState)kase->state;
    w->receipt->advice = body->advice;
    return true;
}

/* ---- Said ---- */

static bool find_case(struct writing *w, const Sanji__Statement *statement,
                      struct kase **kase)
{
    uint32_t place = 0;
    uint64_t key = 0;
    *kase = NULL;
    if (!statement_rule(statement->kind)->on_case) {
        return true;
    }
    const enum status parsed = id_case_parse(statement->case_no, &place, &key);
    assert(parsed == STATUS_OK); // statement_check has looked
    if (place == rules_place(turn_rules(w->turn))) {
        *kase = world_case(turn_world(w->turn), key);
    }
    if (*kase == NULL) {
        return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "case_no",
                      say(w, "无此案件 / no such case"), NULL);
    }
    return true;
}

bool statement_write(struct writing *w, const Sanji__Statement *statement)
{
    struct kase *kase = NULL;
    if (!find_case(w, statement, &kase)) {
        return false;
    }
    Sanji__Said *body = TURN_NEW(w->turn, Sanji__Said, sanji__said__init);
    Sanji__Envelope *envelope = turn_event(w->turn, kase, 0);
    if (kase != NULL && statement->sealed != NULL && statement->sealed->text[0] != '\0') {
        *w->key_no = kase->key_no;
        if (kase->key_destroyed || !seal_one(w, statement->case_no, "said",
                                             statement->sealed->text, &body->text)) {
            return refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "sealed",
                          say(w, status_en(STATUS_ERASED)), NULL);
        }
        body->key_no = kase->key_no;
    }
    body->kind = statement->kind;
    body->source_system = statement->source_system;
    body->source_ref_hmac = kept_hmac(w, w->reference);
    body->content_hmac = kept_hmac(w, w->content);
    body->fields = statement->fields;
    envelope->actor = statement->actor;
    envelope->occurred_at_ms = statement->observed_at_ms;
    envelope->body_case = SANJI__ENVELOPE__BODY_SAID;
    envelope->said = body;
    if (kase == NULL) {
        envelope->source_system = statement->source_system;
    }
    w->record_index = turn_emit(
        w->turn,
        &(struct emission){.kase = kase, .envelope = envelope, .flags = RECORD_FACT});
    w->receipt->outcome = SANJI__OUTCOME__OUTCOME_STORED;
    return true;
}
