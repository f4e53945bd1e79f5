/* audit.h: 考评: reads every record and says which one is wrong; writes down the figures of
 * each month and what the public is told of each week (reports.h).
 *
 *     record -> world fold -> check_record -> note -> [decided] -> AuditFound -> note gone
 *
 * Invariants
 *  1. Every record of the log is checked once, in order: the cache keeps what the checks know
 *     of those before it. `sanji verify` checks all again, and so does a start without a cache.
 *  2. A finding is written when the record that shows it is decided, so once as seen from the
 *     log, however often the process dies; of one that cannot be decoded, with the next. It is
 *     forgotten when its record was read, not when it was decided: the turn's append may be
 *     refused and the record decided again.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "broker/runtime/check.h"
#include "broker/runtime/stage.h"
#include "workers/audit/reports.h"

struct process;

struct audit_note {
    uint64_t at;         /* the record that showed it */
    uint64_t written_at; /* the record at whose decision it was written last; 0: never */
    struct check_finding finding;
};

struct audit {
    struct process *process; /* to say READY for; NULL in tests */
    struct check *check;
    struct audit_note *notes; /* found, and not yet read back as AuditFound */
    size_t note_first, note_count;
    size_t note_room;
    struct reports reports;
};

void audit_open(struct audit *audit);
void audit_close(struct audit *audit);

extern const struct stage_ops audit_ops; /* context: struct audit */

#endif
