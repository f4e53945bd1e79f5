/* check.c: see check.h. */
#include "broker/runtime/check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/codec.h"

enum {
    OWNERS = OWNER_BY_KIND /* NONE to AUDIT */
};

/* Statements of one decider that have no answer yet, in log order. He answers in log order,
 * so they leave at the front; what left is cut off when half of the array is behind it. */
struct pending {
    uint64_t *seqs;
    size_t first, count, room;
};

struct check {
    uint64_t last_seq;
    int64_t last_ms;
    uint64_t received_key; /* received just now without ACCEPT; 0: none */
    uint64_t received_seq;
    struct pending pending[OWNERS];
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
    return memory_new(1, sizeof(struct check));
}

void check_free(struct check **check)
{
    if (*check == NULL) {
        return;
    }
    for (size_t owner = 0; owner < OWNERS; owner++) {
        memory_free((*check)->pending[owner].seqs);
    }
    memory_free(*check);
    *check = NULL;
}

/* What one record is found to be. */
struct looking {
    struct check *check;
    const struct record *record;
    const Sanji__Envelope *envelope;
    struct check_finding *findings;
    size_t count;
};

static void add(struct looking *l, uint64_t seq, enum check_code code)
{
    if (l->count < CHECK_FINDINGS_MAX) {
        l->findings[l->count++] = (struct check_finding){.seq = seq, .code = code};
    }
}

/* ---- header, owner ---- */

static bool header_agrees(const struct record *record, const Sanji__Envelope *envelope)
{
    struct record_header made = {0};
    if (codec_header(envelope, record->envelope, &made) != STATUS_OK) {
        return false;
    }
    const struct record_header *have = &record->header;
    // FACT is the author's word and not in the envelope: Said carries it, nothing else does.
    const uint8_t facts = have->flags & (uint8_t)RECORD_FACT;
    const bool fact_fits = (facts != 0) == (have->type == EVENT_SAID);
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

/* ---- statements and their answers ---- */

static void note_statement(struct pending *pending, uint64_t seq)
{
    if (pending->first > pending->count - pending->first) {
        for (size_t i = pending->first; i < pending->count; i++) {
            pending->seqs[i - pending->first] = pending->seqs[i];
        }
        pending->count -= pending->first;
        pending->first = 0;
    }
    if (pending->count == pending->room) {
        pending->room = pending->room == 0 ? 64 : pending->room * 2;
        pending->seqs = memory_resize(pending->seqs, pending->room, sizeof *pending->seqs);
    }
    pending->seqs[pending->count++] = seq;
}

static size_t find_pending(const struct pending *pending, uint64_t seq)
{
    size_t low = pending->first;
    size_t high = pending->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pending->seqs[middle] < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < pending->count && pending->seqs[low] == seq ? low : pending->count;
}

/* Takes the statement that this record answers off the list; an earlier one of the same
 * decider that still waits was passed over. */
static void settle(struct looking *l, enum owner decider)
{
    struct pending *pending = &l->check->pending[decider];
    const size_t at = find_pending(pending, l->record->header.cause_seq);
    if (at == pending->count) {
        return; // it answers no statement, or one that was answered before
    }
    for (size_t i = pending->first; i < at; i++) {
        add(l, pending->seqs[i], CHECK_UNANSWERED);
    }
    pending->first = at + 1;
}

static void check_answers(struct looking *l, enum owner rightful)
{
    if (l->envelope->body_case == SANJI__ENVELOPE__BODY_SAID) {
        const enum owner decider = vocab_statement_decider(l->envelope->said->kind);
        if (decider != OWNER_NONE) {
            note_statement(&l->check->pending[decider], l->record->seq);
        }
    } else if (l->record->header.cause_seq != 0 && rightful != OWNER_NONE) {
        settle(l, rightful);
    }
}

/* ---- the case ---- */

/* A received case is accepted or handled in the same append, right behind, or it has ACCEPT:
 * so one without is judged by the next record. */
static void check_received(struct looking *l, const struct kase *kase)
{
    struct check *check = l->check;
    const bool moved_on =
        kase != NULL && kase->key == check->received_key && kase->state != STATE_RECEIVED;
    if (check->received_key != 0 && !moved_on) {
        add(l, check->received_seq, CHECK_TIMER);
    }
    check->received_key = 0;
}

static void check_case(struct looking *l, const struct kase *kase)
{
    if (!lifecycle_is_open((enum case_state)kase->state)) {
        return;
    }
    if (kase->holder.place == 0 || kase->owner.place == 0) {
        add(l, l->record->seq, CHECK_HOLDER);
    }
    if (case_missing_timers(kase) == 0) {
        return;
    }
    if (l->envelope->body_case == SANJI__ENVELOPE__BODY_CASE_RECEIVED) {
        l->check->received_key = kase->key;
        l->check->received_seq = l->record->seq;
    } else {
        add(l, l->record->seq, CHECK_TIMER);
    }
}

/* ---- the record ---- */

static void check_place(struct looking *l)
{
    struct check *check = l->check;
    const struct record *record = l->record;
    if (check->last_seq != 0 && record->seq != check->last_seq + 1) {
        add(l, record->seq, CHECK_SEQUENCE);
    }
    if (record->header.recorded_at_ms < check->last_ms) {
        add(l, record->seq, CHECK_TIME);
    }
    check->last_seq = record->seq;
    check->last_ms = record->header.recorded_at_ms;
    if (record_check(record) != STATUS_OK) {
        add(l, record->seq, CHECK_CHECKSUM);
    }
}

size_t check_record(struct check *check, const struct record *record,
                    const Sanji__Envelope *envelope, const struct kase *kase,
                    enum status folded, struct check_finding findings[CHECK_FINDINGS_MAX])
{
    struct looking l = {
        .check = check, .record = record, .envelope = envelope, .findings = findings};
    check_place(&l);
    check_received(&l, folded == STATUS_OK ? kase : NULL);
    if (envelope == NULL) {
        add(&l, record->seq, CHECK_ENVELOPE);
        return l.count;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY__NOT_SET) {
        return l.count; // of a type that a later version knows: kept, not judged
    }
    if (!header_agrees(record, envelope)) {
        add(&l, record->seq, CHECK_HEADER);
    }
    if (record->header.cause_seq >= record->seq) {
        add(&l, record->seq, CHECK_CAUSE);
    }
    const enum owner rightful = rightful_owner(envelope);
    if (rightful == OWNER_NONE || record->header.writer != (unsigned)rightful) {
        add(&l, record->seq, CHECK_OWNER);
    }
    if (folded != STATUS_OK) {
        add(&l, record->seq, CHECK_LIFECYCLE);
    } else if (kase != NULL) {
        check_case(&l, kase);
    }
    check_answers(&l, rightful);
    return l.count;
}

/* ---- keeping ---- */

/* In front of the waiting statements, decider by decider. */
struct kept {
    uint64_t last_seq;
    int64_t last_ms;
    uint64_t received_key;
    uint64_t received_seq;
    uint64_t waiting[OWNERS];
};

void check_keep(const struct check *check, uint8_t **data, size_t *size)
{
    struct kept kept = {.last_seq = check->last_seq,
                        .last_ms = check->last_ms,
                        .received_key = check->received_key,
                        .received_seq = check->received_seq};
    size_t at = sizeof kept;
    *size = sizeof kept + check_unanswered(check) * sizeof(uint64_t);
    *data = memory_new(*size, 1);
    for (size_t owner = 0; owner < OWNERS; owner++) {
        const struct pending *pending = &check->pending[owner];
        const size_t count = pending->count - pending->first;
        kept.waiting[owner] = count;
        if (count > 0) {
            memcpy(*data + at, pending->seqs + pending->first, count * sizeof(uint64_t));
        }
        at += count * sizeof(uint64_t);
    }
    memcpy(*data, &kept, sizeof kept);
}

enum status check_restore(struct check *check, const uint8_t *data, size_t size)
{
    struct kept kept;
    if (size < sizeof kept || (size - sizeof kept) % sizeof(uint64_t) != 0) {
        return STATUS_INVALID;
    }
    memcpy(&kept, data, sizeof kept);
    uint64_t left = (size - sizeof kept) / sizeof(uint64_t);
    for (size_t owner = 0; owner < OWNERS; owner++) {
        if (kept.waiting[owner] > left) {
            return STATUS_INVALID;
        }
        left -= kept.waiting[owner];
    }
    if (left != 0) {
        return STATUS_INVALID;
    }
    check->last_seq = kept.last_seq;
    check->last_ms = kept.last_ms;
    check->received_key = kept.received_key;
    check->received_seq = kept.received_seq;
    const uint8_t *from = data + sizeof kept;
    for (size_t owner = 0; owner < OWNERS; owner++) {
        for (uint64_t i = 0; i < kept.waiting[owner]; i++) {
            uint64_t seq = 0;
            memcpy(&seq, from, sizeof seq);
            note_statement(&check->pending[owner], seq);
            from += sizeof seq;
        }
    }
    return STATUS_OK;
}

size_t check_unanswered(const struct check *check)
{
    size_t count = 0;
    for (size_t owner = 0; owner < OWNERS; owner++) {
        count += check->pending[owner].count - check->pending[owner].first;
    }
    return count;
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
