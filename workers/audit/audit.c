/* audit.c: see audit.h. */
#include "workers/audit/audit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/runtime/diag.h"
#include "broker/runtime/process.h"

void audit_open(struct audit *audit)
{
    audit->check = check_new();
}

void audit_close(struct audit *audit)
{
    check_free(&audit->check);
    free(audit->notes);
    audit->notes = NULL;
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
        audit->notes = realloc(audit->notes, audit->note_room * sizeof *audit->notes);
        assert(audit->notes != NULL);
    }
    audit->notes[audit->note_count++] = (struct audit_note){.at = at, .finding = finding};
    say(finding);
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

static void decide(void *context, struct turn *turn, const struct record *record,
                   const Sanji__Envelope *envelope)
{
    (void)envelope;
    struct audit *audit = context;
    size_t kept = 0;
    for (size_t i = 0; i < audit->note_count; i++) {
        const struct audit_note *found = &audit->notes[i];
        if (found->at == record->seq) {
            write_found(turn, found->at, found->finding);
        }
        // What lies before the cursor was written in an earlier life of this process.
        if (found->at >= record->seq) {
            audit->notes[kept++] = *found;
        }
    }
    audit->note_count = kept;
}

static void caught_up(void *context, struct world *world)
{
    struct audit *audit = context;
    (void)world;
    if (audit->process != NULL) {
        process_ready(audit->process);
    }
}

const struct stage_ops audit_ops = {
    .name = "audit",
    .owner = OWNER_AUDIT,
    .folded = folded,
    .decide = decide,
    .caught_up = caught_up,
};
