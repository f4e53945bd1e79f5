/* case_attention.c: who must act on a case: a few places, told once each. */
#include <stddef.h>
#include <string.h>

#include "proto/case_inside.h"

static bool same_told(const struct case_attention *a, const struct case_attention *b)
{
    return a->kind == b->kind && a->role == b->role && a->worker == b->worker &&
           org_equal(a->org, b->org);
}

/* Told again: the alert is older, not two. Of more alerts than there are places the oldest
 * gives way; its record stays in the log. */
static void add_attention(struct kase *kase, const struct case_attention *told)
{
    for (size_t i = 0; i < kase->attention_count; i++) {
        if (same_told(&kase->attention[i], told)) {
            kase->attention[i].seq = told->seq;
            return;
        }
    }
    if (kase->attention_count == CASE_ATTENTION_MAX) {
        memmove(kase->attention, kase->attention + 1,
                sizeof kase->attention - sizeof kase->attention[0]);
        kase->attention_count--;
    }
    kase->attention[kase->attention_count] = *told;
    kase->attention_count++;
}

enum status fold_told(const struct fold *fold, const Sanji__Told *told, unsigned kind)
{
    struct case_attention attention = {.seq = fold->record->seq,
                                       .since_ms = fold->at_ms,
                                       .kind = (uint8_t)kind,
                                       .role = (uint8_t)told->role};
    enum status status = fold_path(told->org, &attention.org);
    if (status == STATUS_OK) {
        status = id_worker_parse(told->worker, &attention.worker);
    }
    if (status == STATUS_OK) {
        add_attention(fold->kase, &attention);
    }
    return status;
}
