/* logcheck.c: the two passes over a log. */
#include "broker/runtime/logcheck.h"

#include <assert.h>
#include <stdio.h>

#include "broker/runtime/check.h"
#include "broker/runtime/world.h"
#include "proto/arena.h"
#include "proto/codec.h"
#include "store/log.h"
#include "store/verify.h"

enum {
    ARENA_SIZE = 4 * 1024 * 1024,
    RECORDS_A_READ = 4096 // a snapshot is held no longer than that
};

struct pass {
    logcheck_report_fn report;
    void *context;
    struct logcheck_result *result;
    struct world *world;
    struct check *check;
    struct arena *arena;
};

static void on_bytes(void *context, const struct verify_finding *found)
{
    const struct pass *pass = context;
    struct logcheck_finding finding = {.code = verify_kind_name(found->kind),
                                       .seq = found->seq,
                                       .upto = found->upto,
                                       .text = found->text};
    pass->report(pass->context, &finding);
}

static void tell(struct pass *pass, const struct check_finding *found)
{
    char text[VERIFY_TEXT_SIZE];
    int size = snprintf(text, sizeof text, "%s / %s", check_code_zh(found->code),
                        check_code_en(found->code));
    assert(size > 0);
    struct logcheck_finding finding = {.code = check_code_name(found->code),
                                       .seq = found->seq,
                                       .upto = found->seq,
                                       .text = text};
    pass->result->findings++;
    pass->report(pass->context, &finding);
}

static bool on_record(void *context, const struct record *record)
{
    struct pass *pass = context;
    arena_reset(pass->arena);
    Sanji__Envelope *envelope = NULL;
    enum status folded = codec_unpack(record->envelope, pass->arena, &envelope);
    if (folded == STATUS_OK) {
        folded = world_fold(pass->world, record, envelope);
    } else {
        envelope = NULL;
    }
    world_set_read(pass->world, record->seq);
    uint64_t key = record->header.case_key;
    const struct kase *kase = key == 0 ? NULL : world_case(pass->world, key);
    struct check_finding findings[CHECK_FINDINGS_MAX];
    size_t count = check_record(pass->check, record, envelope, kase, folded, findings);
    for (size_t i = 0; i < count; i++) {
        tell(pass, &findings[i]);
    }
    return true;
}

static enum status read_meaning(struct pass *pass, const char *data_dir,
                                struct fault *fault)
{
    // Nothing is written, so the kind of file system does not matter.
    const struct log_options options = {.read_only = true, .allow_any_fs = true};
    struct log *log = NULL;
    enum status status = log_open(data_dir, &options, &log, fault);
    if (status != STATUS_OK) {
        return status;
    }
    pass->world = world_new();
    pass->check = check_new();
    pass->arena = arena_new(ARENA_SIZE);
    uint64_t next = 1;
    while (status == STATUS_OK && next <= pass->result->head) {
        status =
            log_read(log, next, pass->result->head, RECORDS_A_READ, on_record, pass, &next);
    }
    if (status != STATUS_OK) {
        status = fault_set(fault, status, "record %llu: %s", (unsigned long long)next,
                           status_en(status));
    }
    pass->result->cases = world_case_count(pass->world);
    pass->result->unanswered = check_unanswered(pass->check);
    pass->result->has_meaning = status == STATUS_OK;
    arena_free(&pass->arena);
    check_free(&pass->check);
    world_free(&pass->world);
    log_close(&log);
    return status;
}

enum status logcheck_run(const char *data_dir, logcheck_report_fn report, void *context,
                         struct logcheck_result *result, struct fault *fault)
{
    assert(report != NULL);
    *result = (struct logcheck_result){.head = 0};
    struct pass pass = {.report = report, .context = context, .result = result};
    struct verify_result bytes;
    enum status status = verify_log(data_dir, on_bytes, &pass, &bytes, fault);
    if (status != STATUS_OK && status != STATUS_CORRUPT) {
        return status;
    }
    result->log_id = bytes.meta.log_id;
    result->head = bytes.meta.head;
    result->records = bytes.records;
    result->bytes = bytes.bytes;
    result->writers = bytes.writers;
    result->readers = bytes.readers;
    result->findings = bytes.findings;
    result->first_ms = bytes.first_ms;
    result->last_ms = bytes.last_ms;
    if (status == STATUS_CORRUPT) {
        return status; // damaged pages could kill this process
    }
    status = read_meaning(&pass, data_dir, fault);
    return status == STATUS_OK && result->findings > 0 ? STATUS_CORRUPT : status;
}
