/* vault.c: see vault.h. */
#include "workers/intake/vault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/runtime/client.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"
#include "proto/codec.h"
#include "workers/intake/door.h"
#include "workers/intake/intake.h"
#include "workers/intake/seal.h"

enum {
    FETCH_ARENA_BYTES = 512 * 1024, /* one record of 64 KiB unpacked, and four texts */
    FETCHES_MAX = 16
};

/* One granted read on its way: the case's first record is fetched from the log. */
struct fetch {
    struct vault *vault;
    struct client *client; /* NULL: the place is free */
    uint64_t said_seq;
    uint64_t first_seq;
    char case_no[CASE_NO_SIZE];
    bool is_done;
};

struct vault {
    struct intake *intake;
    struct loop *loop;
    const char *log_endpoint;
    struct arena *arena;
    struct loop_timer *reaper; /* frees clients outside their own callbacks */
    struct fetch fetches[FETCHES_MAX];
};

/* ---- deciding ---- */

static bool is_assignee(const struct kase *kase, const Sanji__Actor *actor)
{
    uint32_t worker = 0;
    return actor->worker[0] != '\0' &&
           id_worker_parse(actor->worker, &worker) == STATUS_OK && worker == kase->worker &&
           (kase->state == STATE_DISPATCHED || kase->state == STATE_IN_PROGRESS);
}

static bool is_holders_desk(const struct kase *kase, const Sanji__Actor *actor)
{
    struct org_path org;
    const bool desk = actor->role == SANJI__ROLE__ROLE_DISPATCHER ||
                      actor->role == SANJI__ROLE__ROLE_DUTY_LEADER ||
                      actor->role == SANJI__ROLE__ROLE_GRID_CHIEF;
    return desk && org_parse(actor->org, &org) == STATUS_OK && org_equal(org, kase->holder);
}

static bool may_read(const struct kase *kase, const Sanji__Actor *actor,
                     Sanji__Purpose purpose)
{
    const bool intake = actor->role == SANJI__ROLE__ROLE_INTAKE_OPERATOR;
    switch (purpose) {
    case SANJI__PURPOSE__PURPOSE_HANDLE:
        return is_assignee(kase, actor) || is_holders_desk(kase, actor);
    case SANJI__PURPOSE__PURPOSE_CHECK:
        return intake && kase->state == STATE_RESOLVED;
    case SANJI__PURPOSE__PURPOSE_REVISIT:
        return intake && kase->state == STATE_REVISIT;
    case SANJI__PURPOSE__PURPOSE_UNSPECIFIED:
    case _SANJI__PURPOSE_IS_INT_SIZE:
        break;
    }
    return false;
}

static void refuse(struct turn *turn, const struct record *record,
                   const Sanji__Envelope *said, const struct kase *kase, enum status status,
                   const char *reason)
{
    turn_refuse(turn, record, said, kase,
                (struct refusal){.status = status, .reason = reason});
}

static void decide_read(struct turn *turn, const struct record *record,
                        const Sanji__Envelope *said, struct kase *kase)
{
    const Sanji__Purpose purpose = said->said->fields->purpose;
    if (!may_read(kase, said->actor, purpose)) {
        refuse(
            turn, record, said, kase, STATUS_WRONG_ROLE,
            "只有被派单人员、承办单位 (HANDLE) 和受理员 (CHECK, REVISIT) 可查阅 / only the "
            "assignee and the holder's desk (HANDLE) and intake (CHECK, REVISIT) may read");
        return;
    }
    if (kase->key_destroyed) {
        refuse(turn, record, said, kase, STATUS_ERASED, NULL); // in both languages
        return;
    }
    Sanji__RestrictedRead *body =
        TURN_NEW(turn, Sanji__RestrictedRead, sanji__restricted_read__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->role = said->actor->role;
    body->worker = said->actor->worker;
    body->org = said->actor->org;
    body->purpose = purpose;
    body->granted = true;
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_RESTRICTED_READ;
    envelope->restricted_read = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

static void decide_erase(struct intake *intake, struct turn *turn,
                         const struct record *record, const Sanji__Envelope *said,
                         struct kase *kase)
{
    if (kase->key_no == 0 || kase->key_destroyed) {
        refuse(turn, record, said, kase,
               kase->key_destroyed ? STATUS_ERASED : STATUS_NOTHING_SEALED,
               "没有可销毁的密钥 / there is no key to destroy");
        return;
    }
    const enum status destroyed = keystore_destroy(intake->keystore, kase->key_no);
    if (destroyed == STATUS_IO) {
        diag_lost_durability("keys/slots");
    }
    if (destroyed != STATUS_OK) {
        refuse(turn, record, said, kase, STATUS_NOT_FOUND,
               "密钥库中无此密钥 / the key store has no such key: was it restored apart?");
        return;
    }
    Sanji__KeyDestroyed *body =
        TURN_NEW(turn, Sanji__KeyDestroyed, sanji__key_destroyed__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, record->seq);
    body->key_no = kase->key_no;
    body->reason_code = said->said->fields != NULL ? said->said->fields->reason_code : 0;
    envelope->actor = said->actor;
    envelope->body_case = SANJI__ENVELOPE__BODY_KEY_DESTROYED;
    envelope->key_destroyed = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

void vault_decide(struct intake *intake, struct turn *turn, const struct record *record,
                  const Sanji__Envelope *said)
{
    struct kase *kase = NULL;
    if (!turn_admits(turn, record, said, &kase)) {
        return;
    }
    if (said->said->kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_READ) {
        decide_read(turn, record, said, kase);
    } else {
        assert(said->said->kind == SANJI__STATEMENT_KIND__STATEMENT_KIND_ERASE);
        decide_erase(intake, turn, record, said, kase);
    }
}

/* ---- fetching ---- */

static void finish(struct fetch *fetch, enum status status, const Sanji__SealedText *opened)
{
    fetch->is_done = true;
    door_read_decided(fetch->vault->intake->door, fetch->said_seq, status, opened, NULL);
    loop_timer_start(fetch->vault->reaper, 0, 0);
}

static enum status open_field(struct fetch *fetch, const Sanji__Sealed *sealed,
                              const char *field, char **text)
{
    if (sealed == NULL) {
        return STATUS_OK;
    }
    return seal_open(fetch->vault->intake->keystore, sealed,
                     (struct seal_about){.case_no = fetch->case_no, .field = field},
                     fetch->vault->arena, text);
}

static void open_received(struct fetch *fetch, const Sanji__CaseReceived *received)
{
    Sanji__SealedText opened = SANJI__SEALED_TEXT__INIT;
    enum status status = open_field(fetch, received->text, "text", &opened.text);
    if (status == STATUS_OK) {
        status = open_field(fetch, received->contact, "contact", &opened.contact);
    }
    if (status == STATUS_OK) {
        status = open_field(fetch, received->reporter, "reporter", &opened.reporter);
    }
    if (status == STATUS_OK) {
        status = open_field(fetch, received->address, "address", &opened.address);
    }
    finish(fetch, status, status == STATUS_OK ? &opened : NULL);
}

static void fetch_welcome(void *context, const Sanji__Welcome *welcome,
                          Sanji__Follow *follow)
{
    (void)welcome;
    struct fetch *fetch = context;
    follow->from = SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ;
    follow->seq = fetch->first_seq;
}

static void fetch_records(void *context, const Sanji__Records *head, struct bytes packed)
{
    struct fetch *fetch = context;
    struct record record;
    (void)head;
    if (fetch->is_done || record_read(&packed, &record) != STATUS_OK) {
        return;
    }
    Sanji__Envelope *envelope = NULL;
    arena_reset(fetch->vault->arena);
    const bool sound =
        record.seq == fetch->first_seq && record_check(&record) == STATUS_OK &&
        codec_unpack(record.envelope, fetch->vault->arena, &envelope) == STATUS_OK &&
        envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    if (sound) {
        open_received(fetch, envelope->case_received);
    } else {
        finish(fetch, STATUS_CORRUPT, NULL);
    }
    arena_wipe(fetch->vault->arena);
}

static void fetch_refused(void *context, const Sanji__Refused *refused)
{
    struct fetch *fetch = context;
    // A Hello that the broker cannot take yet is said again by the client itself.
    if (client_is_up(fetch->client) && !fetch->is_done) {
        finish(fetch, (enum status)refused->code, NULL);
    }
}

static void fetch_lost(void *context)
{
    (void)context; // the next Welcome begins the fetch anew
}

static void reap(void *context)
{
    struct vault *vault = context;
    for (size_t i = 0; i < FETCHES_MAX; i++) {
        if (vault->fetches[i].client != NULL && vault->fetches[i].is_done) {
            client_free(&vault->fetches[i].client);
        }
    }
}

static void start_fetch(struct vault *vault, uint64_t said_seq, const struct kase *kase)
{
    static const struct client_events events = {.welcome = fetch_welcome,
                                                .records = fetch_records,
                                                .refused = fetch_refused,
                                                .lost = fetch_lost};
    struct fetch *fetch = NULL;
    for (size_t i = 0; i < FETCHES_MAX && fetch == NULL; i++) {
        fetch = vault->fetches[i].client == NULL ? &vault->fetches[i] : NULL;
    }
    if (fetch == NULL) {
        door_read_decided(vault->intake->door, said_seq, STATUS_BUSY, NULL, NULL);
        return;
    }
    *fetch =
        (struct fetch){.vault = vault, .said_seq = said_seq, .first_seq = kase->first_seq};
    id_case_print(kase->area.place, kase->key, fetch->case_no);
    fetch->client = client_new(vault->loop,
                               &(struct client_options){.endpoint = vault->log_endpoint,
                                                        .name = "",
                                                        .credit_records = 1,
                                                        .credit_bytes = MESSAGE_SIZE_MAX},
                               &events, fetch);
}

struct vault *vault_new(struct loop *loop, const char *log_endpoint, struct intake *intake)
{
    struct vault *vault = calloc(1, sizeof *vault);
    assert(vault != NULL);
    vault->intake = intake;
    vault->loop = loop;
    vault->log_endpoint = log_endpoint;
    vault->arena = arena_new(FETCH_ARENA_BYTES);
    vault->reaper = loop_timer_new(loop, reap, vault);
    return vault;
}

void vault_free(struct vault **vault)
{
    struct vault *self = *vault;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < FETCHES_MAX; i++) {
        client_free(&self->fetches[i].client);
    }
    loop_timer_free(&self->reaper);
    arena_free(&self->arena);
    free(self);
    *vault = NULL;
}

void vault_folded(struct intake *intake, const struct record *record,
                  const Sanji__Envelope *envelope, const struct kase *kase)
{
    const uint64_t cause_seq = record->header.cause_seq;
    if (intake->door == NULL || !intake->is_ready) {
        return;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_STATEMENT_REFUSED) {
        door_read_decided(intake->door, cause_seq, STATUS_OK, NULL,
                          envelope->statement_refused);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_RESTRICTED_READ &&
               kase != NULL && door_awaits(intake->door, cause_seq)) {
        if (intake->vault != NULL) {
            start_fetch(intake->vault, cause_seq, kase);
        } else {
            door_read_decided(intake->door, cause_seq, STATUS_BUSY, NULL, NULL);
        }
    }
}

void vault_destroyed(struct intake *intake, const struct record *record)
{
    if (keystore_renew(intake->keystore) != STATUS_OK) {
        diag_lost_durability("keys/kek");
    }
    diag_say(DIAG_EV_KEY_RENEWED, "seq=%llu", (unsigned long long)record->seq);
}
