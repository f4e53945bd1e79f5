/* check.h: what can be wrong with one record, given everything before it.
 *
 * Looks at each record as it stands in the log: its place, its stamp, that header and envelope
 * agree, who wrote it, whether the lifecycle allows it here, and that statements are answered
 * in their order. `sanji verify` and the audit process use the same checks.
 *
 * Invariants
 *  1. A checker reads every record once, in order, and changes nothing.
 *  2. A decider answers statements in the order they stand in the log, so an answer to a later
 *     one convicts an earlier one that has none.
 */
#ifndef RUNTIME_CHECK_H
#define RUNTIME_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.pb-c.h"
#include "proto/case.h"
#include "proto/record.h"
#include "proto/status.h"

/* X(NAME, number, zh, en): AuditFound.code; a number is never used again. */
#define CHECK_CODES(X)                                                                     \
    X(SEQUENCE, 1, "序号不连续", "the sequence has a gap or a repeat")                     \
    X(TIME, 2, "时间倒退", "stamped earlier than the record before it")                    \
    X(CHECKSUM, 3, "校验和不符", "the checksum does not match")                            \
    X(ENVELOPE, 4, "信封无法解析", "the envelope cannot be decoded")                       \
    X(HEADER, 5, "头部与信封不一致", "header and envelope disagree")                       \
    X(OWNER, 6, "越权写入", "written by a process that does not own this event")           \
    X(LIFECYCLE, 7, "生命周期不允许", "the lifecycle does not allow this event here")      \
    X(UNANSWERED, 8, "陈述未得答复", "a statement was passed over without an answer")      \
    X(CAUSE, 9, "原因序号超前", "names a cause that does not come before it")              \
    X(TIMER, 10, "缺少必备时限", "a case lacks the timer its state must have")             \
    X(HOLDER, 11, "缺少承办或责任单位", "an open case has no holder or no owner")

enum check_code {
    CHECK_OK = 0,
#define X(name, number, zh, en) CHECK_##name = (number),
    CHECK_CODES(X)
#undef X
};

struct check_finding {
    uint64_t
        seq; /* the record that is wrong: for UNANSWERED the statement, else this one */
    enum check_code code;
};

enum {
    CHECK_FINDINGS_MAX = 8 /* of one record; more than that says nothing new */
};

struct check;

struct check *check_new(void);
void check_free(struct check **check);

/* Looks at the next record. `envelope` NULL: it does not decode. `kase` is the case after the
 * fold (NULL: none), `folded` the fold's answer. Returns how many findings were written. */
size_t check_record(struct check *check, const struct record *record,
                    const Sanji__Envelope *envelope, const struct kase *kase,
                    enum status folded, struct check_finding findings[CHECK_FINDINGS_MAX]);

/* Everything a checker knows of what came before, as bytes of this machine, for a cache of the
 * log. Owns: *data, to be given to memory_free. */
void check_keep(const struct check *check, uint8_t **data, size_t *size);
/* Into a new checker. Fails: INVALID: not such bytes; *check is unchanged. */
MUST_CHECK enum status check_restore(struct check *check, const uint8_t *data, size_t size);

/* Statements that have no answer yet. */
size_t check_unanswered(const struct check *check);

const char *check_code_name(enum check_code code); /* "LIFECYCLE" */
const char *check_code_zh(enum check_code code);
const char *check_code_en(enum check_code code);

#endif
