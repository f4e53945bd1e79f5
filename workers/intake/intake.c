/* intake.c: the table that makes intake a stage. See intake.h. */
#include "workers/intake/intake.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/process.h"
#include "broker/runtime/stagecache.h"
#include "workers/intake/desk.h"
#include "workers/intake/door.h"
#include "workers/intake/duplicate.h"
#include "workers/intake/publish.h"
#include "workers/intake/vault.h"

enum {
    DAYS_OF_YEAR = 10000 /* of a day as yyyymmdd */
};

static void remember(struct intake *intake, const struct record *record,
                     const Sanji__Envelope *envelope)
{
    struct index_entry entry = {.seq = record->seq, .case_key = record->header.case_key};
    const ProtobufCBinaryData *reference = NULL;
    const ProtobufCBinaryData *content = NULL;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        reference = &envelope->case_received->source_ref_hmac;
        content = &envelope->case_received->content_hmac;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        entry.is_statement = true;
        reference = &envelope->said->source_ref_hmac;
        content = &envelope->said->content_hmac;
    }
    if (reference == NULL || reference->len != KEYSTORE_HMAC_SIZE ||
        content->len != KEYSTORE_HMAC_SIZE) {
        return;
    }
    memcpy(entry.reference, reference->data, KEYSTORE_HMAC_SIZE);
    memcpy(entry.content, content->data, KEYSTORE_HMAC_SIZE);
    index_put(intake->index, &entry);
}

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct intake *intake = context;
    if (envelope != NULL && status != STATUS_OK && intake->world != NULL &&
        intake->publisher != NULL &&
        envelope->body_case == SANJI__ENVELOPE__BODY_RULES_PUBLISHED) {
        publish_refused(intake->publisher, envelope->rules_published->kind);
    }
    if (envelope == NULL || status != STATUS_OK) {
        return;
    }
    remember(intake, record, envelope);
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED &&
        intake->world != NULL && intake->duplicates != NULL) {
        duplicates_add(intake->duplicates, world_case(world, record->header.case_key));
    }
    vault_folded(intake, record, envelope, world_case(world, record->header.case_key));
}

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    struct intake *intake = context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        const enum statement_kind kind = (enum statement_kind)envelope->said->kind;
        if (kind == SAY_READ || kind == SAY_ERASE) {
            vault_decide(intake, turn, record, envelope);
        } else if (vocab_statement_decider(kind) == OWNER_INTAKE) {
            desk_decide(turn, record, envelope);
        }
        return;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_KEY_DESTROYED) {
        vault_destroyed(intake, record);
    }
    struct kase *kase = world_case(turn_world(turn), record->header.case_key);
    if (kase != NULL && rules_complete(turn_rules(turn))) {
        desk_consider(turn, kase, record->seq, envelope);
    }
}

static void due(void *context, struct turn *turn, struct kase *kase,
                const struct case_timer *timer)
{
    (void)context;
    desk_due(turn, kase, timer);
}

/* ---- the door ---- */

static bool rules_wait(const struct intake *intake)
{
    return intake->publisher != NULL &&
           publish_waits(intake->publisher, world_rules(intake->world));
}

static bool wants_admit(void *context)
{
    struct intake *intake = context;
    if (intake->world == NULL) {
        return false;
    }
    if (rules_wait(intake)) {
        return true;
    }
    if (!intake->is_ready && rules_complete(world_rules(intake->world))) {
        intake->is_ready = true;
        if (intake->process != NULL) {
            process_ready(intake->process);
        }
    }
    return intake->is_ready && intake->door != NULL && door_waits(intake->door);
}

static void admit(void *context, struct turn *turn)
{
    struct intake *intake = context;
    if (rules_wait(intake)) {
        intake->turn = INTAKE_TURN_RULES;
        publish_emit(intake->publisher, turn);
    } else {
        intake->turn = INTAKE_TURN_DOOR;
        door_admit(intake->door, turn);
    }
}

static void admitted(void *context, enum status status, uint64_t first_seq)
{
    struct intake *intake = context;
    assert(intake->turn != INTAKE_TURN_NONE);
    if (intake->turn == INTAKE_TURN_DOOR) {
        door_admitted(intake->door, status, first_seq);
    }
    intake->turn = INTAKE_TURN_NONE;
}

static void caught_up(void *context, struct world *world)
{
    struct intake *intake = context;
    intake->world = world;
    if (intake->duplicates != NULL) {
        duplicates_fill(intake->duplicates, world);
    }
}

/* Working deadlines of a year without a table count every weekday: said once a year. */
static void ticked(void *context, int64_t now_ms)
{
    struct intake *intake = context;
    const struct rules *rules = world_rules(intake->world);
    const struct calendar *calendar = rules_calendar(rules);
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    if (calendar == NULL) {
        return;
    }
    deadline_local(rules_utc_offset_min(rules), now_ms, &day, &minute, &weekday);
    const uint32_t year = day / DAYS_OF_YEAR;
    if (year != intake->year_looked_at && !deadline_knows_year(calendar, now_ms)) {
        diag_say(DIAG_EV_RULES_MISSING_YEAR, "year=%u", year);
    }
    intake->year_looked_at = year;
}

/* ---- the cache ---- */

/* One entry of the index, without holes. */
struct kept {
    uint8_t reference[KEYSTORE_HMAC_SIZE];
    uint8_t content[KEYSTORE_HMAC_SIZE];
    uint64_t seq;
    uint64_t case_key;
    uint64_t is_statement;
};

static void cache_save(void *context, struct stagecache *cache)
{
    struct intake *intake = context;
    const size_t count = index_count(intake->index);
    for (size_t number = intake->index_kept; number < count; number++) {
        const struct index_entry *entry = index_at(intake->index, number);
        struct kept kept = {.seq = entry->seq,
                            .case_key = entry->case_key,
                            .is_statement = entry->is_statement};
        memcpy(kept.reference, entry->reference, KEYSTORE_HMAC_SIZE);
        memcpy(kept.content, entry->content, KEYSTORE_HMAC_SIZE);
        stagecache_put(cache, STAGECACHE_OWN, number,
                       (struct bytes){(const uint8_t *)&kept, sizeof kept});
    }
    intake->index_kept = count;
}

static bool load_entry(void *context, uint64_t number, struct bytes value)
{
    struct intake *intake = context;
    struct kept kept;
    if (value.size != sizeof kept || number != index_count(intake->index)) {
        return false;
    }
    memcpy(&kept, value.data, sizeof kept);
    struct index_entry entry = {
        .seq = kept.seq, .case_key = kept.case_key, .is_statement = kept.is_statement != 0};
    memcpy(entry.reference, kept.reference, KEYSTORE_HMAC_SIZE);
    memcpy(entry.content, kept.content, KEYSTORE_HMAC_SIZE);
    if (entry.seq == 0) {
        return false;
    }
    index_put(intake->index, &entry);
    return index_count(intake->index) == number + 1;
}

static bool cache_load(void *context, struct stagecache *cache)
{
    struct intake *intake = context;
    const enum status status = stagecache_each(cache, STAGECACHE_OWN, load_entry, intake);
    intake->index_kept = index_count(intake->index);
    return status == STATUS_OK;
}

static void cache_forget(void *context)
{
    struct intake *intake = context;
    index_reset(intake->index);
    intake->index_kept = 0;
}

const struct stage_ops intake_ops = {
    .name = "intake",
    .owner = OWNER_INTAKE,
    .folded = folded,
    .decide = decide,
    .due = due,
    .wants_admit = wants_admit,
    .admit = admit,
    .admitted = admitted,
    .caught_up = caught_up,
    .cache_save = cache_save,
    .cache_load = cache_load,
    .cache_forget = cache_forget,
    .ticked = ticked,
};
