/* submission.c: what a sound item becomes in the log. See submission.h. */
#include "workers/intake/submission.h"

#include <assert.h>
#include <string.h>

#include "workers/intake/desk.h"
#include "workers/intake/merging.h"
#include "workers/intake/reading.h"
#include "workers/intake/seal.h"
#include "workers/intake/verifying.h"

enum {
    CLOCK_AHEAD_MS = 5 * 60 * 1000, /* domain 4.1 */
    CLOCK_BEHIND_MS = 7 * 24 * 60 * 60 * 1000,
    REASON_CLOCK = 901
};

static char advice_s1[] = "110";

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

static void list_alike(struct writing *w, const struct reading *r,
                       Sanji__CaseReceived *body)
{
    const Sanji__Duplicates *rules = rules_policy(turn_rules(w->turn))->duplicates;
    if (r->alike_count == 0) {
        return; // also where the rules know of no duplicates
    }
    const size_t count =
        r->alike_count < rules->listed_max ? r->alike_count : rules->listed_max;
    body->possible_duplicates =
        turn_take(w->turn, (count + 1) * sizeof *body->possible_duplicates);
    body->n_possible_duplicates = count;
    for (size_t i = 0; i < count; i++) {
        body->possible_duplicates[i] =
            id_case_print(rules_place(turn_rules(w->turn)), r->alike[i].case_key,
                          turn_take(w->turn, CASE_NO_SIZE));
    }
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
    list_alike(w, r, body);
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
    envelope->status = (Sanji__MsgStatus)reading_status(submission);
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
        w->receipt->code = reading_say(w, status_name(STATUS_DAY_FULL));
        return reading_refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "",
                              reading_say(w, status_en(STATUS_DAY_FULL)), NULL);
    }
    if (*w->key_no == 0 && keystore_next(w->keystore, w->key_no) != STATUS_OK) {
        return reading_refuse(
            w, SANJI__OUTCOME__OUTCOME_STORE_FULL, "",
            reading_say(w, "密钥库写入失败 / the key store cannot be written"), NULL);
    }
    *case_key = id_case_key(turn_now_ms(w->turn), offset_min, running);
    return true;
}

/* What a report becomes, beside received. */
enum outcome {
    BECOMES_RECEIVED, /* somebody must say where it is */
    BECOMES_SELF_HANDLED,
    BECOMES_MERGED,
    BECOMES_VERIFYING,
    BECOMES_ACCEPTED
};

static enum outcome outcome_of(const struct writing *w, const Sanji__Submission *submission,
                               const struct reading *r)
{
    if (submission->self_handled) {
        return BECOMES_SELF_HANDLED;
    }
    if (r->same != NULL) {
        return BECOMES_MERGED;
    }
    if (r->area.packed == 0) {
        return BECOMES_RECEIVED;
    }
    return verifying_applies(turn_rules(w->turn), submission->source,
                             submission->confidence_permille, r->severity)
               ? BECOMES_VERIFYING
               : BECOMES_ACCEPTED;
}

static void write_outcome(struct writing *w, const struct reading *r, struct kase *kase,
                          enum outcome outcome)
{
    switch (outcome) {
    case BECOMES_SELF_HANDLED:
        write_self_handled(w, r, kase);
        break;
    case BECOMES_MERGED:
        merging_write(w->turn, kase, r->same,
                      &(struct merge){.rule = MERGE_SAME_DEVICE,
                                      .score_permille = r->alike[0].points});
        break;
    case BECOMES_VERIFYING:
        verifying_request(w->turn, kase, 0, NULL, 0);
        break;
    case BECOMES_ACCEPTED:
        desk_accept(w->turn, kase, turn_event(w->turn, kase, 0), true);
        break;
    case BECOMES_RECEIVED:
        break;
    }
}

bool submission_write(struct writing *w, const Sanji__Submission *submission)
{
    struct reading r = {0};
    uint64_t case_key = 0;
    if (!reading_make(w, submission, &r) || !new_key(w, &case_key)) {
        return false;
    }
    struct world *world = turn_world(w->turn);
    char *case_no = arena_take(w->arena, CASE_NO_SIZE);
    if (case_no == NULL) {
        return reading_refuse(w, SANJI__OUTCOME__OUTCOME_BUSY, "", NULL, NULL);
    }
    id_case_print(rules_place(turn_rules(w->turn)), case_key, case_no);
    reading_find_alike(w, submission, &r);
    Sanji__CaseReceived *body = received_body(w, submission, &r, case_no);
    if (body == NULL) {
        return reading_refuse(w, SANJI__OUTCOME__OUTCOME_STORE_FULL, "",
                              reading_say(w, "密封失败 / the text could not be sealed"),
                              NULL);
    }
    Sanji__Envelope *envelope = received_envelope(w, submission, &r, case_no);
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = body;
    const enum outcome outcome = outcome_of(w, submission, &r);
    const bool waits = outcome == BECOMES_RECEIVED || outcome == BECOMES_VERIFYING;
    w->record_index =
        turn_emit(w->turn, &(struct emission){.edge = T01,
                                              .envelope = envelope,
                                              .new_case_key = case_key,
                                              .skip_arms = waits ? 0 : 1U << TIMER_ACCEPT});
    struct kase *kase = world_case(world, case_key);
    assert(kase != NULL);
    write_outcome(w, &r, kase, outcome);
    if (w->duplicates != NULL) {
        duplicates_add_tentative(w->duplicates, kase);
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
        return reading_refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "case_no",
                              reading_say(w, "无此案件 / no such case"), NULL);
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
            return reading_refuse(w, SANJI__OUTCOME__OUTCOME_INVALID, "sealed",
                                  reading_say(w, status_en(STATUS_ERASED)), NULL);
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
