/* audit.c: see audit.h. */
#include "workers/audit/audit.h"

#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/process.h"
#include "broker/runtime/stagecache.h"

static const char CHECK_TEXT[] = "audit.check";
static const char NOTES_TEXT[] = "audit.notes";

enum {
    NOTE_WORDS = 3 /* at, seq, code */
};

void audit_open(struct audit *audit)
{
    audit->check = check_new();
    reports_open(&audit->reports);
}

void audit_close(struct audit *audit)
{
    check_free(&audit->check);
    memory_free(audit->notes);
    audit->notes = NULL;
    reports_close(&audit->reports);
}

static void say(struct check_finding finding)
{
    diag_say(DIAG_EV_AUDIT_FOUND, "seq=%llu code=%s", (unsigned long long)finding.seq,
             check_code_name(finding.code));
}

static void note(struct audit *audit, uint64_t at, struct check_finding finding)
{
    if (audit->note_count == audit->note_room) {
        audit->note_room = audit->note_room == 0 ? 16 : audit->note_room * 2;
        audit->notes = memory_resize(audit->notes, audit->note_room, sizeof *audit->notes);
    }
    audit->notes[audit->note_count++] = (struct audit_note){.at = at, .finding = finding};
    say(finding);
}

/* A finding that stands in the log was written. They are written in the order in which they
 * were noted, so it is the first note, or one of an earlier program's that found less. */
static void forget(struct audit *audit, const Sanji__AuditFound *found)
{
    size_t at = audit->note_first;
    while (at < audit->note_count && (audit->notes[at].finding.seq != found->seq ||
                                      audit->notes[at].finding.code != found->code)) {
        at++;
    }
    if (at == audit->note_count) {
        return;
    }
    for (; at > audit->note_first; at--) {
        audit->notes[at] = audit->notes[at - 1];
    }
    audit->note_first++;
    if (audit->note_first == audit->note_count) {
        audit->note_first = 0;
        audit->note_count = 0;
    }
}

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct audit *audit = context;
    struct check_finding findings[CHECK_FINDINGS_MAX];
    const struct kase *kase =
        record->header.case_key != 0 ? world_case(world, record->header.case_key) : NULL;
    const size_t count =
        check_record(audit->check, record, envelope, kase, status, findings);
    // A finding about a finding would be found wrong in turn, without end: it is said on diag.
    const bool is_finding = record->header.type == EVENT_AUDIT_FOUND;
    for (size_t i = 0; i < count; i++) {
        if (is_finding) {
            say(findings[i]);
        } else {
            note(audit, record->seq, findings[i]);
        }
    }
    if (envelope != NULL && envelope->body_case == SANJI__ENVELOPE__BODY_AUDIT_FOUND) {
        forget(audit, envelope->audit_found);
    }
    if (envelope != NULL && status == STATUS_OK) {
        reports_fold(&audit->reports, world, record, envelope);
    }
}

static void write_found(struct turn *turn, uint64_t at, struct check_finding finding)
{
    Sanji__AuditFound *body = TURN_NEW(turn, Sanji__AuditFound, sanji__audit_found__init);
    Sanji__Envelope *envelope = turn_event(turn, NULL, at);
    body->seq = finding.seq;
    body->code = finding.code;
    body->code_name = turn_text(turn, "%s", check_code_name(finding.code));
    body->detail = turn_text(turn, "%s / %s", check_code_zh(finding.code),
                             check_code_en(finding.code));
    envelope->body_case = SANJI__ENVELOPE__BODY_AUDIT_FOUND;
    envelope->audit_found = body;
    turn_emit(turn, &(struct emission){.envelope = envelope});
}

/* Not only what this record shows: a record that cannot be decoded is never decided, so the
 * next one speaks for it. A turn that is refused decides the same records again. */
static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    (void)envelope;
    struct audit *audit = context;
    for (size_t i = audit->note_first; i < audit->note_count && turn_has_room(turn); i++) {
        struct audit_note *note = &audit->notes[i];
        const bool is_due = note->written_at == 0 || note->written_at == record->seq;
        if (note->at <= record->seq && is_due) {
            write_found(turn, note->at, note->finding);
            note->written_at = record->seq;
        }
    }
}

static int64_t next_wake_ms(void *context)
{
    const struct audit *audit = context;
    return reports_next_wake_ms(&audit->reports);
}

static void wake(void *context, struct turn *turn)
{
    struct audit *audit = context;
    reports_wake(&audit->reports, turn);
}

static void caught_up(void *context, struct world *world)
{
    struct audit *audit = context;
    (void)world;
    if (audit->process != NULL) {
        process_ready(audit->process);
    }
}

/* ---- the cache ---- */

static void cache_save(void *context, struct stagecache *cache)
{
    struct audit *audit = context;
    uint8_t *checked = NULL;
    size_t size = 0;
    check_keep(audit->check, &checked, &size);
    stagecache_put_text(cache, CHECK_TEXT, (struct bytes){checked, size});
    memory_free(checked);
    // Row by row, since a struct has holes and each of its bytes is kept.
    const size_t count = audit->note_count - audit->note_first;
    uint64_t *rows = memory_new(count * NOTE_WORDS + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const struct audit_note *note = &audit->notes[audit->note_first + i];
        rows[i * NOTE_WORDS] = note->at;
        rows[i * NOTE_WORDS + 1] = note->finding.seq;
        rows[i * NOTE_WORDS + 2] = note->finding.code;
    }
    stagecache_put_text(
        cache, NOTES_TEXT,
        (struct bytes){(const uint8_t *)rows, count * NOTE_WORDS * sizeof *rows});
    memory_free(rows);
    reports_save(&audit->reports, cache);
}

static enum status load_notes(struct audit *audit, struct stagecache *cache)
{
    uint8_t *rows = NULL;
    size_t size = 0;
    const enum status status = stagecache_take_text(cache, NOTES_TEXT, &rows, &size);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t at = 0; at + NOTE_WORDS * sizeof(uint64_t) <= size;
         at += NOTE_WORDS * sizeof(uint64_t)) {
        uint64_t words[NOTE_WORDS];
        memcpy(words, rows + at, sizeof words);
        // Whether it was written since is in what is read now, as at any start.
        note(audit, words[0],
             (struct check_finding){.seq = words[1], .code = (enum check_code)words[2]});
    }
    memory_free(rows);
    return STATUS_OK;
}

static bool cache_load(void *context, struct stagecache *cache)
{
    struct audit *audit = context;
    uint8_t *checked = NULL;
    size_t size = 0;
    enum status status = stagecache_take_text(cache, CHECK_TEXT, &checked, &size);
    if (status == STATUS_OK) {
        status = check_restore(audit->check, checked, size);
        memory_free(checked);
    }
    return status == STATUS_OK && load_notes(audit, cache) == STATUS_OK &&
           reports_load(&audit->reports, cache);
}

static void cache_forget(void *context)
{
    struct audit *audit = context;
    check_free(&audit->check);
    audit->check = check_new();
    audit->note_first = 0;
    audit->note_count = 0;
    reports_close(&audit->reports);
    reports_open(&audit->reports);
}

const struct stage_ops audit_ops = {
    .name = "audit",
    .owner = OWNER_AUDIT,
    .folded = folded,
    .decide = decide,
    .next_wake_ms = next_wake_ms,
    .wake = wake,
    .caught_up = caught_up,
    .cache_save = cache_save,
    .cache_load = cache_load,
    .cache_forget = cache_forget,
};
