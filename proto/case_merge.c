/* case_merge.c: what merged reports mean to the case they went into: voices, and how close
 * together they came.
 *
 *     child -> parent -> ... -> root      each counts everything below it
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/case.h"

enum {
    MS_PER_S = 1000
};

static uint16_t plus(uint16_t have, uint32_t more)
{
    return more < (uint32_t)(UINT16_MAX - have) ? (uint16_t)(have + more) : UINT16_MAX;
}

static uint16_t minus(uint16_t have, uint32_t less)
{
    return less < have ? (uint16_t)(have - less) : 0;
}

static int32_t seconds_after(const struct kase *kase, int64_t at_ms)
{
    const int64_t after_s = (at_ms - kase->received_ms) / MS_PER_S;
    return after_s > INT32_MAX ? INT32_MAX
                               : (after_s < INT32_MIN ? INT32_MIN : (int32_t)after_s);
}

/* Of more than there are places the newest stay. */
static void note_report(struct kase *kase, int32_t after_s)
{
    size_t at = kase->burst_count;
    while (at > 0 && kase->burst_s[at - 1] > after_s) {
        at--;
    }
    if (kase->burst_count == CASE_BURST_MAX) {
        if (at == 0) {
            return;
        }
        at--;
        memmove(kase->burst_s, kase->burst_s + 1, at * sizeof kase->burst_s[0]);
    } else {
        memmove(kase->burst_s + at + 1, kase->burst_s + at,
                (kase->burst_count - at) * sizeof kase->burst_s[0]);
        kase->burst_count++;
    }
    kase->burst_s[at] = after_s;
}

static void forget_report(struct kase *kase, int32_t after_s)
{
    size_t at = 0;
    while (at < kase->burst_count && kase->burst_s[at] != after_s) {
        at++;
    }
    if (at < kase->burst_count) {
        kase->burst_count--;
        memmove(kase->burst_s + at, kase->burst_s + at + 1,
                (kase->burst_count - at) * sizeof kase->burst_s[0]);
        kase->burst_s[kase->burst_count] = 0;
    }
}

/* The child's own report, and the newest of those that stand in it. */
static size_t reports_of(const struct kase *kase, const struct kase *child,
                         int32_t after_s[CASE_BURST_MAX + 1])
{
    const int32_t base_s = seconds_after(kase, child->received_ms);
    size_t count = 0;
    after_s[count++] = base_s;
    for (size_t i = 0; i < child->burst_count; i++) {
        after_s[count++] =
            seconds_after(kase, child->received_ms + (int64_t)child->burst_s[i] * MS_PER_S);
    }
    return count;
}

uint32_t case_voices(const struct kase *kase)
{
    assert(kase != NULL);
    return kase->watchers + (kase->wants_contact ? 1U : 0U);
}

void case_join(struct kase *kase, const struct kase *child, uint32_t watchers)
{
    assert(kase != NULL && child != NULL);
    int32_t after_s[CASE_BURST_MAX + 1];
    const size_t count = reports_of(kase, child, after_s);
    kase->merged_reports = plus(kase->merged_reports, 1U + child->merged_reports);
    kase->watchers = plus(kase->watchers, watchers);
    for (size_t i = 0; i < count; i++) {
        note_report(kase, after_s[i]);
    }
}

void case_leave(struct kase *kase, const struct kase *child)
{
    assert(kase != NULL && child != NULL);
    int32_t after_s[CASE_BURST_MAX + 1];
    const size_t count = reports_of(kase, child, after_s);
    kase->merged_reports = minus(kase->merged_reports, 1U + child->merged_reports);
    kase->watchers = minus(kase->watchers, case_voices(child));
    for (size_t i = 0; i < count; i++) {
        forget_report(kase, after_s[i]);
    }
}

static int by_time(const void *a, const void *b)
{
    const int32_t first = *(const int32_t *)a;
    const int32_t second = *(const int32_t *)b;
    return first < second ? -1 : first > second;
}

bool case_has_burst(const struct kase *kase, uint32_t reports, uint32_t within_s)
{
    assert(kase != NULL);
    assert(reports <= CASE_BURST_MAX);
    int32_t times_s[CASE_BURST_MAX + 1] = {0}; // its own report came at 0
    const size_t count = kase->burst_count + 1U;
    if (reports == 0 || count < reports) {
        return false;
    }
    memcpy(times_s + 1, kase->burst_s, kase->burst_count * sizeof kase->burst_s[0]);
    qsort(times_s, count, sizeof times_s[0], by_time);
    const int64_t span_s = (int64_t)times_s[count - 1] - times_s[count - reports];
    return span_s <= (int64_t)within_s;
}
