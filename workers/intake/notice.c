/* notice.c: see notice.h. */
#include "workers/intake/notice.h"

void notice_write(struct turn *turn, struct kase *kase, uint64_t cause_seq,
                  const struct notice *notice)
{
    Sanji__NoteAdded *body = TURN_NEW(turn, Sanji__NoteAdded, sanji__note_added__init);
    Sanji__Told *told = TURN_NEW(turn, Sanji__Told, sanji__told__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    told->org = org_print(notice->org, turn_take(turn, ORG_TEXT_SIZE));
    told->role = (Sanji__Role)notice->role;
    body->kind = notice->kind;
    body->count = notice->count;
    body->severity = (Sanji__Severity)notice->severity;
    body->told = turn_take(turn, sizeof *body->told);
    body->told[0] = told;
    body->n_told = 1;
    envelope->body_case = SANJI__ENVELOPE__BODY_NOTE_ADDED;
    envelope->note_added = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}
