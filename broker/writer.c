/* writer.c: the checks of an append, in the order in which an author must fix them. */
#include "broker/writer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/record.h"

static const char bench_prefix[] = "bench-";

static bool is_bench(const char *name)
{
    size_t size = sizeof(bench_prefix) - 1;
    if (strncmp(name, bench_prefix, size) != 0) {
        return false;
    }
    const char *digits = name + size;
    return digits[0] != '\0' && strspn(digits, "0123456789") == strlen(digits);
}

bool writer_may_be(const char *name, bool allows_bench)
{
    enum owner owner = vocab_owner(name);
    if (owner != OWNER_NONE) {
        return owner != OWNER_BROKER && owner != OWNER_BY_KIND;
    }
    return allows_bench && is_bench(name);
}

void writer_init(struct writer *writer, const char *name, uint8_t number)
{
    *writer = (struct writer){.owner = vocab_owner(name)};
    int size = snprintf(writer->row.name, sizeof(writer->row.name), "%s", name);
    assert(size > 0 && (size_t)size < sizeof(writer->row.name));
    writer->row.number = number;
}

void writer_load(struct writer *writer, const struct log_writer *row)
{
    *writer = (struct writer){.row = *row, .owner = vocab_owner(row->name)};
}

void writer_hello(struct writer *writer)
{
    writer->row.epoch++;
    writer->recorded_at_ms = 0;
    writer->refused_no = 0;
}

static struct writer_verdict refuse(enum status status, uint64_t seq)
{
    return (struct writer_verdict){.status = status, .seq = seq};
}

static const struct writer_verdict accepted = {.status = STATUS_OK};

static bool may_own(enum owner writer, unsigned type)
{
    enum owner owner = vocab_event_owner(type);
    if (owner == OWNER_BY_KIND) {
        return writer == OWNER_INTAKE || writer == OWNER_ESCALATION ||
               writer == OWNER_DISPATCH;
    }
    return owner == writer;
}

static struct writer_verdict judge_owner(const struct writer *writer, struct bytes packed)
{
    struct record record;
    while (writer->owner != OWNER_NONE && record_read(&packed, &record) == STATUS_OK) {
        if (vocab_event_owner(record.header.type) == OWNER_NONE) {
            return refuse(STATUS_UNKNOWN_KIND, 0);
        }
        if (!may_own(writer->owner, record.header.type)) {
            return refuse(STATUS_FORBIDDEN, 0);
        }
    }
    return accepted;
}

static struct writer_verdict judge_conflict(const struct writer_append *append,
                                            uint64_t head, const struct conflict *conflict)
{
    struct bytes packed = append->packed;
    struct writer_verdict verdict = accepted;
    struct record record;
    while (record_read(&packed, &record) == STATUS_OK) {
        if (record.header.case_key == 0 || (record.header.flags & RECORD_FACT) != 0) {
            continue;
        }
        uint64_t seq = 0;
        enum status status =
            conflict_check(conflict, record.header.case_key, append->head.read_up_to, &seq);
        if (status == STATUS_CATCH_UP) {
            return refuse(STATUS_CATCH_UP, head);
        }
        // One answer for the whole append: the latest of what it must read.
        if (status == STATUS_CONFLICT && seq > verdict.seq) {
            verdict = refuse(STATUS_CONFLICT, seq);
        }
    }
    return verdict;
}

// Whether the number is the next; *verdict says what to answer when it is not.
static bool is_next(const struct writer *writer, uint64_t batch_no,
                    struct writer_verdict *verdict)
{
    uint64_t last = writer->row.batch_no;
    if (batch_no == last + 1) {
        return true;
    }
    if (batch_no == last && last != 0) {
        verdict->status = STATUS_OK;
        verdict->is_repeat = true;
    } else if (writer->refused_no != 0 && batch_no > writer->refused_no) {
        *verdict = refuse(writer->refused_status, writer->refused_seq);
    } else {
        *verdict = refuse(STATUS_BATCH_ORDER, 0);
    }
    return false;
}

struct writer_verdict writer_judge(const struct writer *writer,
                                   const struct writer_append *append, uint64_t head,
                                   const struct conflict *conflict)
{
    const struct request_append *wanted = &append->head;
    struct writer_verdict verdict = accepted;
    if (wanted->epoch != writer->row.epoch) {
        return refuse(STATUS_FENCED, 0);
    }
    if (!is_next(writer, wanted->batch_no, &verdict)) {
        return verdict;
    }
    if (append->found != STATUS_OK) {
        return refuse(append->found, 0);
    }
    if (wanted->read_up_to > head || (!wanted->keeps_cursor && wanted->cursor > head)) {
        return refuse(STATUS_AHEAD, head);
    }
    if (!wanted->keeps_cursor && wanted->cursor < writer->row.cursor) {
        return refuse(STATUS_INVALID, writer->row.cursor);
    }
    verdict = judge_owner(writer, append->packed);
    if (verdict.status != STATUS_OK) {
        return verdict;
    }
    return judge_conflict(append, head, conflict);
}

void writer_accept(struct writer *writer, const struct request_append *head,
                   uint64_t first_seq, uint64_t last_seq, int64_t recorded_at_ms)
{
    struct log_writer *row = &writer->row;
    assert(head->batch_no == row->batch_no + 1);
    row->batch_no = head->batch_no;
    row->first_seq = first_seq;
    row->last_seq = last_seq;
    if (!head->keeps_cursor) {
        row->cursor = head->cursor;
    }
    writer->recorded_at_ms = recorded_at_ms;
    writer->refused_no = 0;
}

void writer_refuse(struct writer *writer, const struct request_append *head,
                   struct writer_verdict verdict)
{
    assert(verdict.status != STATUS_OK);
    // What follows an older session's append, or a number that nobody waits for, is its own
    // matter.
    if (verdict.status == STATUS_FENCED || head->batch_no != writer->row.batch_no + 1) {
        return;
    }
    writer->refused_no = head->batch_no;
    writer->refused_status = verdict.status;
    writer->refused_seq = verdict.seq;
}
