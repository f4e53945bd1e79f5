/* check.c: see check.h. */
#include "broker/runtime/check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec.h"

struct pending {
    uint64_t seq;
    enum owner decider;
};

/* Statements wait for their answers in log order; deciders answer in log order, so the array
 * is short and is searched from its front. */
struct check {
    uint64_t last_seq;
    int64_t last_ms;
    struct pending *pending;
    size_t pending_count;
    size_t pending_room;
};

static const struct {
    const char *name;
    const char *zh;
    const char *en;
} codes[] = {

#define X(name, number, zh, en) [number] = {#name, zh, en},
    CHECK_CODES(X)
#undef X
};

struct check *check_new(void)
{
    struct check *check = calloc(1, sizeof *check);
    assert(check != NULL);
    return check;
}

void check_free(struct check **check)
{
    if (*check != NULL) {
        free((*check)->pending);
        free(*check);
        *check = NULL;
    }
}

static void add(struct check_finding *findings, size_t *count, uint64_t seq,
                enum check_code code)
{
    if (*count < CHECK_FINDINGS_MAX) {
        findings[(*count)++] = (struct check_finding){.seq = seq, .code = code};
    }
}

static bool header_agrees(const struct record *record, const Sanji__Envelope *envelope)
{
    struct record_header made = {0};
    if (codec_header(envelope, record->envelope, &made) != STATUS_OK) {
        return false;
    }
    const struct record_header *have = &record->header;
    // FACT is the author's word and not in the envelope; only Said may carry it.
    const uint8_t facts = have->flags & (uint8_t)RECORD_FACT;
    const bool fact_fits = facts == 0 || have->type == EVENT_SAID;
    return fact_fits && made.case_key == have->case_key &&
           made.cause_seq == have->cause_seq && made.area == have->area &&
           made.holder == have->holder && made.worker == have->worker &&
           made.source == have->source && made.team == have->team &&
           made.type == have->type && (made.flags | facts) == have->flags &&
           made.severity == have->severity && made.tier == have->tier &&
           made.state == have->state;
}

static enum owner rightful_owner(const Sanji__Envelope *envelope)
{
    const enum owner owner = vocab_event_owner(envelope->body_case);
    if (owner != OWNER_BY_KIND) {
        return owner;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_TIMER_FIRED) {
        return vocab_timer_owner(envelope->timer_fired->kind);
    }
    return vocab_statement_decider(envelope->statement_refused->kind);
}

static void note_statement(struct check *check, uint64_t seq, enum owner decider)
{
    if (check->pending_count == check->pending_room) {
        check->pending_room = check->pending_room == 0 ? 64 : check->pending_room * 2;
        check->pending =
            realloc(check->pending, check->pending_room * sizeof *check->pending);
        assert(check->pending != NULL);
    }
    check->pending[check->pending_count++] =
        (struct pending){.seq = seq, .decider = decider};
}

/* Takes the statement that this record answers off the list; an earlier one of the same
 * decider that still waits was passed over. */
static void settle(struct check *check, uint64_t answered, enum owner decider,
                   struct check_finding *findings, size_t *count)
{
    size_t at = 0;
    while (at < check->pending_count && check->pending[at].seq != answered) {
        at++;
    }
    if (at == check->pending_count || check->pending[at].decider != decider) {
        return; // it answers no statement, or one that was answered before
    }
    size_t kept = 0;
    for (size_t i = 0; i < check->pending_count; i++) {
        const struct pending *pending = &check->pending[i];
        if (i < at && pending->decider == decider) {
            add(findings, count, pending->seq, CHECK_UNANSWERED);
        } else if (i != at) {
            check->pending[kept++] = *pending;
        }
    }
    check->pending_count = kept;
}

static void check_case(const struct record *record, const struct kase *kase,
                       struct check_finding *findings, size_t *count)
{
    if (!lifecycle_is_open((enum case_state)kase->state)) {
        return;
    }
    if (kase->holder.place == 0 || kase->owner.place == 0) {
        add(findings, count, record->seq, CHECK_HOLDER);
    }
    uint32_t has = 0;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        if (kase->timers[i].kind != 0) {
            has |= 1U << kase->timers[i].kind;
        }
    }
    // A received case is accepted or handled in the same append: its timer is never armed.
    const uint32_t must = lifecycle_must_have((enum case_state)kase->state);
    if ((must & ~has) != 0 && kase->state != STATE_RECEIVED) {
        add(findings, count, record->seq, CHECK_TIMER);
    }
}

size_t check_record(struct check *check, const struct record *record,
                    const Sanji__Envelope *envelope, const struct kase *kase,
                    enum status folded, struct check_finding findings[CHECK_FINDINGS_MAX])
{
    size_t count = 0;
    if (check->last_seq != 0 && record->seq != check->last_seq + 1) {
        add(findings, &count, record->seq, CHECK_SEQUENCE);
    }
    if (record->header.recorded_at_ms < check->last_ms) {
        add(findings, &count, record->seq, CHECK_TIME);
    }
    check->last_seq = record->seq;
    check->last_ms = record->header.recorded_at_ms;
    if (record_check(record) != STATUS_OK) {
        add(findings, &count, record->seq, CHECK_CHECKSUM);
    }
    if (envelope == NULL) {
        add(findings, &count, record->seq, CHECK_ENVELOPE);
        return count;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY__NOT_SET) {
        return count; // of a type that a later version knows: kept, not judged
    }
    if (!header_agrees(record, envelope)) {
        add(findings, &count, record->seq, CHECK_HEADER);
    }
    if (record->header.cause_seq >= record->seq) {
        add(findings, &count, record->seq, CHECK_CAUSE);
    }
    const enum owner writer = (enum owner)record->header.writer;
    if (rightful_owner(envelope) != writer) {
        add(findings, &count, record->seq, CHECK_OWNER);
    }
    if (folded != STATUS_OK) {
        add(findings, &count, record->seq, CHECK_LIFECYCLE);
    } else if (kase != NULL) {
        check_case(record, kase, findings, &count);
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        note_statement(check, record->seq, vocab_statement_decider(envelope->said->kind));
    } else if (record->header.cause_seq != 0) {
        settle(check, record->header.cause_seq, writer, findings, &count);
    }
    return count;
}

size_t check_unanswered(const struct check *check)
{
    return check->pending_count;
}

const char *check_code_name(enum check_code code)
{
    assert(code > CHECK_OK && (size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].name;
}

const char *check_code_zh(enum check_code code)
{
    assert(code > CHECK_OK && (size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].zh;
}

const char *check_code_en(enum check_code code)
{
    assert(code > CHECK_OK && (size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].en;
}
