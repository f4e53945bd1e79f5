/* watch.c: see watch.h. */
#include "tests/sim/watch.h"

#include <stdio.h>
#include <string.h>

#include "broker/runtime/check.h"
#include "broker/runtime/memory.h"
#include "broker/topic.h"
#include "proto/arena.h"
#include "proto/codec.h"
#include "proto/lifecycle.h"
#include "tests/sim/law_offer.h"
#include "tests/sim/pii.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024,
    CODES = 64 /* more than there are of enum status */
};

/* The answer to the statement at a position. */
struct answer {
    uint64_t last_seq; /* 0: none yet */
    uint64_t key;
    uint8_t decider; /* 0: no statement stands here */
    uint8_t kind;
    uint8_t role;
    bool is_refused;
};

struct watch {
    struct world *world;
    struct check *check;
    struct model *model;
    struct pool pool;
    struct arena *arena;
    struct answer *answers; /* by seq */
    size_t room;
    uint64_t seq;
    int64_t last_ms;
    struct watch_counts counts;
    uint64_t applied[SAY_COUNT], refused[SAY_COUNT];
    uint64_t refused_with[SAY_COUNT][CODES];
};

struct watch *watch_new(void)
{
    struct watch *watch = memory_new(1, sizeof *watch);
    watch->world = world_new();
    watch->check = check_new();
    watch->model = model_new();
    watch->arena = arena_new(ARENA_SIZE);
    return watch;
}

void watch_free(struct watch **watch)
{
    struct watch *self = *watch;
    world_free(&self->world);
    check_free(&self->check);
    model_free(&self->model);
    pool_reset(&self->pool);
    arena_free(&self->arena);
    memory_free(self->answers);
    memory_free(self);
    *watch = NULL;
}

static unsigned long long number(uint64_t seq)
{
    return (unsigned long long)seq;
}

/* ---- the statements ---- */

static struct answer *answer_at(struct watch *watch, uint64_t seq)
{
    if (seq >= watch->room) {
        const size_t room = watch->room == 0 ? 4096 : watch->room * 2;
        struct answer *more = memory_new(room, sizeof *more);
        if (watch->answers != NULL) {
            memcpy(more, watch->answers, watch->room * sizeof *more);
        }
        memory_free(watch->answers);
        watch->answers = more;
        watch->room = room;
    }
    return &watch->answers[seq];
}

static void note_said(struct watch *watch, const struct record *record,
                      const Sanji__Envelope *envelope, struct laws *laws)
{
    const unsigned kind = (unsigned)envelope->said->kind;
    struct answer *answer = answer_at(watch, record->seq);
    answer->key = record->header.case_key;
    answer->kind = (uint8_t)(kind < SAY_COUNT ? kind : 0);
    answer->decider = (uint8_t)vocab_statement_decider(kind);
    answer->role = envelope->actor != NULL ? (uint8_t)envelope->actor->role : 0;
    watch->counts.said++;
    if (answer->decider == OWNER_NONE) {
        laws_say(laws, "statement %llu is of no kind", number(record->seq));
    }
}

static void check_refusal(struct watch *watch, const struct record *record,
                          const Sanji__Envelope *envelope, struct laws *laws)
{
    const Sanji__StatementRefused *body = envelope->statement_refused;
    const struct statement_rule *rule = statement_rule((unsigned)body->kind);
    if (body->code == STATUS_OK || body->reason[0] == '\0' ||
        strstr(body->reason, " / ") == NULL) {
        laws_say(laws, "seq %llu refuses %s without a reason in both languages: '%s'",
                 number(record->seq), body->code_name, body->reason);
    }
    if (rule != NULL && !rule->built && body->code != STATUS_NOT_YET) {
        laws_say(laws, "seq %llu: %s is not built and answered with %s",
                 number(record->seq), vocab_statement_name((unsigned)body->kind),
                 body->code_name);
    }
    if ((unsigned)body->kind < SAY_COUNT && body->code < CODES) {
        watch->refused_with[body->kind][body->code]++;
    }
    watch->counts.not_yet += body->code == STATUS_NOT_YET ? 1 : 0;
}

static void note_answer(struct watch *watch, const struct record *record,
                        const Sanji__Envelope *envelope, struct laws *laws)
{
    const uint64_t cause = record->header.cause_seq;
    const bool refuses = record->header.type == EVENT_STATEMENT_REFUSED;
    struct answer *answer =
        cause > 0 && cause < record->seq ? answer_at(watch, cause) : NULL;
    if (answer == NULL || answer->decider == OWNER_NONE) {
        if (refuses) {
            laws_say(laws, "seq %llu refuses no statement", number(record->seq));
        }
        return;
    }
    if (record->header.type == EVENT_AUDIT_FOUND ||
        answer->decider != record->header.writer) {
        return;
    }
    if (answer->last_seq != 0 && answer->last_seq + 1 != record->seq) {
        laws_say(laws, "statement %llu (%s) is answered at %llu and again at %llu",
                 number(cause), vocab_statement_name(answer->kind),
                 number(answer->last_seq), number(record->seq));
    }
    if (answer->is_refused || (refuses && answer->last_seq != 0)) {
        laws_say(laws, "statement %llu (%s) is refused and carried out", number(cause),
                 vocab_statement_name(answer->kind));
    }
    if (answer->last_seq == 0) {
        uint64_t *counts = refuses ? watch->refused : watch->applied;
        counts[answer->kind]++;
        watch->counts.refused += refuses ? 1 : 0;
        watch->counts.applied += refuses ? 0 : 1;
    }
    answer->last_seq = record->seq;
    answer->is_refused = refuses;
    if (refuses) {
        check_refusal(watch, record, envelope, laws);
    }
}

/* ---- the fold ---- */

static void compare(const struct watch *watch, const struct record *record,
                    const struct kase *kase, struct laws *laws)
{
    const struct model_case *told = model_case(watch->model, record->header.case_key);
    if (kase == NULL || told == NULL) {
        return;
    }
    const bool same =
        kase->state == told->state && kase->version == told->version &&
        kase->severity == told->severity && kase->tier == told->tier &&
        kase->supervise == told->supervise && org_equal(kase->holder, told->holder) &&
        org_equal(kase->owner, told->owner) && kase->merged_into == told->merged_into;
    if (!same) {
        laws_say(laws, "seq %llu (%s): the fold has %s version %u, the model %s version %u",
                 number(record->seq), vocab_event_name(record->header.type),
                 vocab_state_name(kase->state), kase->version,
                 told->state != STATE_NONE ? vocab_state_name(told->state) : "-",
                 told->version);
    }
}

/* A refusal leaves the case as it was, but for the numbers of its newest records. */
static void check_unchanged(const struct watch *watch, const struct record *record,
                            const struct kase *kase, struct laws *laws)
{
    const struct kase *before = world_before(watch->world);
    if (record->header.type != EVENT_STATEMENT_REFUSED || kase == NULL || before == NULL) {
        return;
    }
    struct kase was = *before;
    was.last_seq = kase->last_seq;
    was.decision_seq = kase->decision_seq;
    was.last_type = kase->last_type;
    // Both were folded into zeroed memory: what lies between the fields is the same too.
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    if (memcmp(&was, kase, sizeof was) != 0) {
        laws_say(laws, "seq %llu: a refusal changes the case", number(record->seq));
    }
}

static void fold(struct watch *watch, const struct record *record,
                 const Sanji__Envelope *envelope, struct laws *laws)
{
    struct check_finding findings[CHECK_FINDINGS_MAX];
    const enum status folded = world_fold(watch->world, record, envelope);
    const uint64_t key = record->header.case_key;
    const struct kase *kase = key != 0 ? world_case(watch->world, key) : NULL;
    world_set_read(watch->world, record->seq);
    const size_t count =
        check_record(watch->check, record, envelope, kase, folded, findings);
    for (size_t i = 0; i < count; i++) {
        laws_say(laws, "seq %llu: %s (%s)", number(findings[i].seq),
                 check_code_name(findings[i].code), vocab_event_name(record->header.type));
    }
    if (folded == STATUS_OK) {
        compare(watch, record, kase, laws);
        check_unchanged(watch, record, kase, laws);
    }
}

/* Numbers in a record name records before it: `offer`, `request_seq`, `handover`, ... What
 * the outside said may name anything. */
static void check_numbers(const struct record *record, const ProtobufCMessage *message,
                          struct laws *laws)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const uint8_t *at = (const uint8_t *)message + field->offset;
        const bool is_one_of = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        uint32_t chosen = field->id;
        if (is_one_of) {
            memcpy(&chosen, (const uint8_t *)message + field->quantifier_offset,
                   sizeof chosen);
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED || chosen != field->id) {
            continue;
        }
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            const ProtobufCMessage *inner = NULL;
            memcpy(&inner, at, sizeof inner);
            if (inner != NULL) {
                check_numbers(record, inner, laws);
            }
        } else if (field->type == PROTOBUF_C_TYPE_FIXED64) {
            uint64_t value = 0;
            memcpy(&value, at, sizeof value);
            if (value >= record->seq && strcmp(field->name, "log_id") != 0) {
                laws_say(laws, "seq %llu (%s): %s names %llu, which does not come before",
                         number(record->seq), vocab_event_name(record->header.type),
                         field->name, number(value));
            }
        }
    }
}

/* What subscribers of the live feed see of it: no personal data in any topic, and of a
 * restricted case neither grid nor worker nor category. */
static void check_topics(const struct watch *watch, const struct record *record,
                         const Sanji__Envelope *envelope, bool is_newest, struct laws *laws)
{
    const struct model_case *kase = record->header.case_key != 0
                                        ? model_case(watch->model, record->header.case_key)
                                        : NULL;
    const bool is_stub = (record->header.flags & RECORD_RESTRICTED) != 0;
    // The door may take a statement before it has read that the case is restricted now.
    const bool may_lag = record->header.type == EVENT_SAID && !is_newest;
    if (kase != NULL && kase->restricted && !is_stub && !may_lag) {
        laws_say(laws, "seq %llu: the case is restricted, and the header does not say so",
                 number(record->seq));
    }
    for (enum topic_view view = TOPIC_AREA; view < TOPIC_VIEW_COUNT; view++) {
        char topic[TOPIC_SIZE];
        char worker[WORKER_SIZE];
        if (!topic_print(view, &record->header, envelope, topic)) {
            continue;
        }
        const struct bytes bytes = {(const uint8_t *)topic, strlen(topic)};
        if (pii_count(bytes, NULL) != 0) {
            laws_say(laws, "seq %llu: personal data in the topic %s", number(record->seq),
                     topic);
        }
        const bool tells =
            strstr(topic, ".B0") != NULL || strstr(topic, ".S0") != NULL ||
            (record->header.worker != 0 &&
             strstr(topic, id_worker_print(record->header.worker, worker)) != NULL);
        if (is_stub && tells) {
            laws_say(laws, "seq %llu: a restricted case in the topic %s",
                     number(record->seq), topic);
        }
    }
}

static void check_order(struct watch *watch, const struct record *record, struct laws *laws)
{
    if (record->seq != watch->seq + 1) {
        laws_say(laws, "seq %llu follows %llu", number(record->seq), number(watch->seq));
    }
    if (record->header.recorded_at_ms < watch->last_ms) {
        laws_say(laws, "seq %llu is stamped before the one before it", number(record->seq));
    }
    watch->seq = record->seq;
    watch->last_ms = record->header.recorded_at_ms;
}

void watch_record(struct watch *watch, const struct record *record, bool is_newest,
                  struct laws *laws)
{
    Sanji__Envelope *envelope = NULL;
    const char *what = NULL;
    check_order(watch, record, laws);
    arena_reset(watch->arena);
    if (codec_unpack(record->envelope, watch->arena, &envelope) != STATUS_OK) {
        laws_say(laws, "seq %llu does not decode", number(record->seq));
        return;
    }
    if (record->header.type == EVENT_SAID) {
        note_said(watch, record, envelope, laws);
    } else {
        check_numbers(record, &envelope->base, laws);
        note_answer(watch, record, envelope, laws);
    }
    if (record->header.type == EVENT_AUDIT_FOUND) {
        laws_say(laws, "seq %llu: audit found %s at %llu", number(record->seq),
                 envelope->audit_found->code_name, number(envelope->audit_found->seq));
    }
    if (record->header.type != EVENT_RULES_PUBLISHED &&
        pii_count(record->envelope, &what) != 0) {
        laws_say(laws, "seq %llu holds %s in the clear", number(record->seq), what);
    }
    if (record->header.type == EVENT_DISPATCH_OFFERED) {
        law_offer(&watch->pool, watch->world, record, envelope, is_newest, laws);
    }
    model_record(watch->model, record, envelope, laws);
    check_topics(watch, record, envelope, is_newest, laws);
    fold(watch, record, envelope, laws);
}

void watch_log(struct watch *watch, const struct simlog *sim, struct laws *laws)
{
    while (watch->seq < simlog_head(sim)) {
        const uint64_t seq = watch->seq + 1;
        watch_record(watch, simlog_record(sim, seq), simlog_is_newest(sim, seq), laws);
    }
}

void watch_end(struct watch *watch, int64_t now_ms, struct laws *laws)
{
    for (uint64_t seq = 1; seq <= watch->seq && seq < watch->room; seq++) {
        const struct answer *answer = &watch->answers[seq];
        if (answer->decider != OWNER_NONE && answer->last_seq == 0) {
            laws_say(laws, "statement %llu (%s) has no answer", number(seq),
                     vocab_statement_name(answer->kind));
        }
    }
    if (check_unanswered(watch->check) != 0) {
        laws_say(laws, "%zu statements are unanswered", check_unanswered(watch->check));
    }
    model_end(watch->model, now_ms, laws);
}

/* ---- looking ---- */

struct world *watch_world(struct watch *watch)
{
    return watch->world;
}

struct model *watch_model(struct watch *watch)
{
    return watch->model;
}

uint64_t watch_seq(const struct watch *watch)
{
    return watch->seq;
}

struct watch_counts watch_counts(const struct watch *watch)
{
    return watch->counts;
}

uint64_t watch_applied(const struct watch *watch, unsigned kind)
{
    return watch->applied[kind];
}

uint64_t watch_refused(const struct watch *watch, unsigned kind)
{
    return watch->refused[kind];
}

uint64_t watch_refused_with(const struct watch *watch, unsigned kind, unsigned code)
{
    return code < CODES ? watch->refused_with[kind][code] : 0;
}
