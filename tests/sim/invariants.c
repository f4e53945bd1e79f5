/* invariants.c: see invariants.h. */
#include "tests/sim/invariants.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/runtime/check.h"
#include "broker/runtime/memory.h"
#include "proto/arena.h"
#include "proto/codec.h"

enum {
    ARENA_SIZE = 8 * 1024 * 1024,
    HMAC_SIZE = 32,
    WORKERS = 100000,
    TYPES = 256
};

void laws_say(struct laws *laws, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (laws->count < LAWS_KEPT_MAX) {
        (void)vsnprintf(laws->texts[laws->count], LAW_TEXT_SIZE, format,
                        arguments); // cut off is fine
    }
    va_end(arguments);
    laws->count++;
}

static unsigned long long number(uint64_t seq)
{
    return (unsigned long long)seq;
}

/* Calls `visit` with each record and its envelope, in order. */
typedef void (*visit_fn)(void *context, const struct record *record,
                         const Sanji__Envelope *envelope, struct laws *laws);

static void each(const struct simlog *sim, visit_fn visit, void *context, struct laws *laws)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        Sanji__Envelope *envelope = NULL;
        arena_reset(arena);
        if (codec_unpack(record->envelope, arena, &envelope) != STATUS_OK) {
            laws_say(laws, "seq %llu does not decode", number(seq));
            continue;
        }
        visit(context, record, envelope, laws);
    }
    arena_free(&arena);
}

/* ---- sequence ---- */

void law_sequence(const struct simlog *sim, struct laws *laws)
{
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct record *record = simlog_record(sim, seq);
        if (record->seq != seq) {
            laws_say(laws, "seq %llu stands at %llu", number(record->seq), number(seq));
        }
        if (seq > 1 && record->header.recorded_at_ms <
                           simlog_record(sim, seq - 1)->header.recorded_at_ms) {
            laws_say(laws, "seq %llu is stamped before the one before it", number(seq));
        }
    }
}

/* ---- once ---- */

struct seen {
    uint64_t seq;
    uint64_t received_key; /* 0: a statement */
    uint8_t reference[HMAC_SIZE];
};

struct seen_list {
    struct seen *items;
    size_t count;
};

static void note_seen(void *context, const struct record *record,
                      const Sanji__Envelope *envelope, struct laws *laws)
{
    struct seen_list *list = context;
    struct seen fresh = {.seq = record->seq};
    const ProtobufCBinaryData *reference = NULL;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        fresh.received_key = record->header.case_key;
        reference = &envelope->case_received->source_ref_hmac;
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        reference = &envelope->said->source_ref_hmac;
    }
    if (reference == NULL || reference->len != HMAC_SIZE) {
        return;
    }
    memcpy(fresh.reference, reference->data, HMAC_SIZE);
    for (size_t i = 0; i < list->count; i++) {
        const struct seen *old = &list->items[i];
        if (fresh.received_key != 0 && old->received_key == fresh.received_key) {
            laws_say(laws, "seq %llu and %llu receive one case", number(old->seq),
                     number(fresh.seq));
        }
        if (memcmp(old->reference, fresh.reference, HMAC_SIZE) == 0) {
            laws_say(laws, "seq %llu and %llu have one reference", number(old->seq),
                     number(fresh.seq));
        }
    }
    list->items[list->count++] = fresh;
}

void law_once(const struct simlog *sim, struct laws *laws)
{
    struct seen_list list = {.count = 0};
    list.items = memory_new(simlog_head(sim) + 1, sizeof *list.items);
    each(sim, note_seen, &list, laws);
    memory_free(list.items);
}

/* ---- answers ---- */

/* What is known of the answer to the statement at a position. */
struct answer {
    uint8_t decider; /* 0: no statement stands here */
    uint8_t kind;
    bool is_refused;
    uint64_t last_seq; /* newest record of the answer; 0: none */
    unsigned types[4]; /* of the records so far */
    size_t count;
};

static void note_answer(void *context, const struct record *record,
                        const Sanji__Envelope *envelope, struct laws *laws)
{
    struct answer *answers = context;
    const uint64_t cause = record->header.cause_seq;
    const unsigned type = envelope->body_case;
    if (type == EVENT_SAID) {
        answers[record->seq] = (struct answer){
            .decider = (uint8_t)vocab_statement_decider(envelope->said->kind),
            .kind = (uint8_t)envelope->said->kind};
        return;
    }
    if (cause == 0 || cause >= record->seq || type == EVENT_AUDIT_FOUND ||
        answers[cause].decider != record->header.writer) {
        return;
    }
    struct answer *answer = &answers[cause];
    if (answer->count > 0 && answer->last_seq + 1 != record->seq) {
        laws_say(laws, "statement %llu (%s) is answered at %llu and again at %llu",
                 number(cause), vocab_statement_name(answer->kind),
                 number(answer->last_seq), number(record->seq));
    }
    if (answer->is_refused || (answer->count > 0 && type == EVENT_STATEMENT_REFUSED)) {
        laws_say(laws, "statement %llu (%s) is refused and carried out", number(cause),
                 vocab_statement_name(answer->kind));
    }
    for (size_t i = 0; i < answer->count && i < 4; i++) {
        // Of several who were offered a case each is stood down by a record of his own.
        if (answer->types[i] == type && type != EVENT_DISPATCH_RECALLED) {
            laws_say(laws, "statement %llu (%s) leads to %s twice", number(cause),
                     vocab_statement_name(answer->kind), vocab_event_name(type));
        }
    }
    answer->types[answer->count < 4 ? answer->count : 3] = type;
    answer->count++;
    answer->last_seq = record->seq;
    answer->is_refused = type == EVENT_STATEMENT_REFUSED;
}

void law_answers(const struct simlog *sim, struct laws *laws)
{
    struct answer *answers = memory_new(simlog_head(sim) + 1, sizeof *answers);
    each(sim, note_answer, answers, laws);
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        if (answers[seq].decider != 0 && answers[seq].count == 0) {
            laws_say(laws, "statement %llu (%s) has no answer", number(seq),
                     vocab_statement_name(answers[seq].kind));
        }
    }
    memory_free(answers);
}

/* ---- versions ---- */

struct version {
    uint64_t key;
    uint32_t version;
};

struct version_list {
    struct version *items;
    size_t count;
};

static void note_version(void *context, const struct record *record,
                         const Sanji__Envelope *envelope, struct laws *laws)
{
    struct version_list *list = context;
    if (record->header.case_key == 0 || envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        return;
    }
    size_t at = 0;
    while (at < list->count && list->items[at].key != record->header.case_key) {
        at++;
    }
    if (at == list->count) {
        list->items[list->count++] = (struct version){.key = record->header.case_key};
    }
    struct version *newest = &list->items[at];
    if (envelope->case_version != newest->version &&
        envelope->case_version != newest->version + 1) {
        laws_say(laws, "seq %llu: version %u after %u of %s", number(record->seq),
                 envelope->case_version, newest->version, envelope->case_no);
    }
    newest->version = envelope->case_version;
}

void law_versions(const struct simlog *sim, struct laws *laws)
{
    struct version_list list = {.count = 0};
    list.items = memory_new(simlog_head(sim) + 1, sizeof *list.items);
    each(sim, note_version, &list, laws);
    memory_free(list.items);
}

/* ---- places, timers: along a fold of one's own ---- */

struct walk {
    struct world *world;
    struct check *check;
    uint64_t received_seq; /* CaseReceived just now, without ACCEPT */
    uint64_t received_key;
};

static void check_place(void *context, const struct record *record,
                        const Sanji__Envelope *envelope, struct laws *laws)
{
    struct walk *walk = context;
    const enum status folded = world_fold(walk->world, record, envelope);
    world_set_read(walk->world, record->seq);
    struct check_finding findings[CHECK_FINDINGS_MAX];
    const struct kase *kase = record->header.case_key != 0
                                  ? world_case(walk->world, record->header.case_key)
                                  : NULL;
    const size_t count =
        check_record(walk->check, record, envelope, kase, folded, findings);
    for (size_t i = 0; i < count; i++) {
        laws_say(laws, "seq %llu: %s (%s)", number(findings[i].seq),
                 check_code_name(findings[i].code), vocab_event_name(record->header.type));
    }
}

void law_places(const struct simlog *sim, struct laws *laws)
{
    struct walk walk = {.world = world_new(), .check = check_new()};
    each(sim, check_place, &walk, laws);
    if (check_unanswered(walk.check) != 0) {
        laws_say(laws, "%zu statements are unanswered", check_unanswered(walk.check));
    }
    check_free(&walk.check);
    world_free(&walk.world);
}

static bool has_timer(const struct kase *kase, unsigned kind)
{
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind == kind && kase->timers[i].state != TIMER_STATE_PAUSED) {
            return true;
        }
    }
    return false;
}

static void check_timers(void *context, const struct record *record,
                         const Sanji__Envelope *envelope, struct laws *laws)
{
    struct walk *walk = context;
    if (walk->received_key != 0 && walk->received_key != record->header.case_key) {
        laws_say(laws, "seq %llu: a received case without ACCEPT",
                 number(walk->received_seq));
    }
    walk->received_key = 0;
    if (world_fold(walk->world, record, envelope) != STATUS_OK) {
        return; // law_places says so
    }
    world_set_read(walk->world, record->seq);
    const struct kase *kase = world_case(walk->world, record->header.case_key);
    if (kase == NULL) {
        return;
    }
    const uint32_t must = lifecycle_must_have((enum case_state)kase->state);
    for (unsigned kind = 1; kind < TIMER_COUNT; kind++) {
        if ((must >> kind & 1U) == 0 || has_timer(kase, kind)) {
            continue;
        }
        if (envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
            walk->received_key = kase->key;
            walk->received_seq = record->seq;
        } else {
            laws_say(laws, "seq %llu: %s in %s lacks %s", number(record->seq),
                     envelope->case_no, vocab_state_name(kase->state),
                     vocab_timer_name(kind));
        }
    }
}

struct overdue {
    int64_t now_ms;
    struct laws *laws;
};

static bool check_overdue(void *context, struct kase *kase)
{
    const struct overdue *overdue = context;
    const struct case_timer *next = case_next_due(kase);
    if (next != NULL && next->due_ms <= overdue->now_ms) {
        laws_say(overdue->laws, "%s of case %llu was due and has not fired",
                 vocab_timer_name(next->kind), number(kase->key));
    }
    return true;
}

void law_timers(const struct simlog *sim, struct laws *laws)
{
    struct walk walk = {.world = world_new()};
    struct overdue overdue = {.now_ms = simlog_now_ms(sim), .laws = laws};
    each(sim, check_timers, &walk, laws);
    world_each_case(walk.world, check_overdue, &overdue);
    world_free(&walk.world);
}

/* ---- found, sealed ---- */

static void check_found(void *context, const struct record *record,
                        const Sanji__Envelope *envelope, struct laws *laws)
{
    (void)context;
    if (envelope->body_case == SANJI__ENVELOPE__BODY_AUDIT_FOUND) {
        laws_say(laws, "seq %llu: audit found %s at %llu", number(record->seq),
                 envelope->audit_found->code_name, number(envelope->audit_found->seq));
    }
}

void law_found(const struct simlog *sim, struct laws *laws)
{
    each(sim, check_found, NULL, laws);
}

void law_sealed(const struct simlog *sim, const char *words, struct laws *laws)
{
    for (uint64_t seq = 1; seq <= simlog_head(sim); seq++) {
        const struct bytes envelope = simlog_record(sim, seq)->envelope;
        if (memmem(envelope.data, envelope.size, words, strlen(words)) != NULL) {
            laws_say(laws, "seq %llu holds the words in the clear", number(seq));
        }
    }
}

/* ---- replay ---- */

struct comparison {
    struct world *other;
    struct laws *laws;
};

static bool compare_case(void *context, struct kase *kase)
{
    const struct comparison *comparison = context;
    const struct kase *other = world_case(comparison->other, kase->key);
    // Both were folded into zeroed memory: what lies between the fields is the same too.
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    if (other == NULL || memcmp(other, kase, sizeof *kase) != 0) {
        laws_say(comparison->laws, "replay gives another case %llu", number(kase->key));
    }
    return true;
}

static void replay_one(void *context, const struct record *record,
                       const Sanji__Envelope *envelope, struct laws *laws)
{
    struct world *world = context;
    if (world_fold(world, record, envelope) != STATUS_OK) {
        laws_say(laws, "seq %llu does not fold", number(record->seq));
    }
    world_set_read(world, record->seq);
}

static void compare_workers(struct world *world, struct world *other, struct laws *laws)
{
    const Sanji__Roster *roster = rules_roster(world_rules(world));
    for (size_t i = 0; roster != NULL && i < roster->n_workers; i++) {
        uint32_t worker = 0;
        if (id_worker_parse(roster->workers[i]->worker, &worker) != STATUS_OK) {
            continue;
        }
        const struct worker_state *have = world_worker(world, worker);
        const struct worker_state *made = world_worker(other, worker);
        // As with the case above.
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
        if (memcmp(have, made, sizeof *have) != 0) {
            laws_say(laws, "replay gives another worker %s", roster->workers[i]->worker);
        }
    }
}

void law_same_world(struct world *replayed, struct world *world, struct laws *laws)
{
    if (world_read_seq(world) != world_read_seq(replayed)) {
        laws_say(laws, "the world has read to %llu of %llu", number(world_read_seq(world)),
                 number(world_read_seq(replayed)));
    }
    if (world_case_count(world) != world_case_count(replayed)) {
        laws_say(laws, "replay gives %zu cases, not %zu", world_case_count(replayed),
                 world_case_count(world));
    }
    struct comparison comparison = {.other = replayed, .laws = laws};
    world_each_case(world, compare_case, &comparison);
    compare_workers(world, replayed, laws);
}

void law_replay(const struct simlog *sim, struct world *world, struct laws *laws)
{
    struct world *replayed = world_new();
    each(sim, replay_one, replayed, laws);
    law_same_world(replayed, world, laws);
    world_free(&replayed);
}

/* ---- receipts ---- */

void law_receipts(const struct simlog *sim, const struct law_receipt *receipt,
                  struct laws *laws)
{
    if (receipt->seq == 0 || receipt->seq > simlog_head(sim)) {
        laws_say(laws, "a receipt names seq %llu, the log has %llu", number(receipt->seq),
                 number(simlog_head(sim)));
        return;
    }
    const struct record *record = simlog_record(sim, receipt->seq);
    uint32_t place = 0;
    uint64_t key = 0;
    const bool is_case = receipt->case_no[0] != '\0';
    const unsigned type = is_case ? EVENT_CASE_RECEIVED : EVENT_SAID;
    if (record->header.type != type) {
        laws_say(laws, "the receipt for seq %llu rests on %s", number(receipt->seq),
                 vocab_event_name(record->header.type));
    } else if (is_case && (id_case_parse(receipt->case_no, &place, &key) != STATUS_OK ||
                           key != record->header.case_key)) {
        laws_say(laws, "the receipt for seq %llu names %s", number(receipt->seq),
                 receipt->case_no);
    }
}
