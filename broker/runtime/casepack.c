/* casepack.c: see casepack.h. */
#include "broker/runtime/casepack.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    RUN_MAX = 255,
    GAP_MIN = 3 /* fewer zeros cost less among the bytes than as the head of a run */
};

static bool is_gap(const uint8_t *in, size_t at, size_t size)
{
    for (size_t i = 0; i < GAP_MIN && at + i < size; i++) {
        if (in[at + i] != 0) {
            return false;
        }
    }
    return true;
}

size_t casepack_write(const struct kase *kase, uint8_t out[CASEPACK_SIZE_MAX])
{
    const uint8_t *in = (const uint8_t *)kase;
    size_t at = 0;
    size_t size = 0;
    while (at < sizeof *kase) {
        unsigned zeros = 0;
        while (at < sizeof *kase && in[at] == 0 && zeros < RUN_MAX) {
            zeros++;
            at++;
        }
        const size_t from = at;
        while (at < sizeof *kase && at - from < RUN_MAX &&
               (in[at] != 0 || !is_gap(in, at, sizeof *kase))) {
            at++;
        }
        out[size++] = (uint8_t)zeros;
        out[size++] = (uint8_t)(at - from);
        memcpy(out + size, in + from, at - from);
        size += at - from;
    }
    return size;
}

void casepack_read(const uint8_t *in, size_t size, struct kase *kase)
{
    uint8_t *out = (uint8_t *)kase;
    size_t at = 0;
    memset(kase, 0, sizeof *kase);
    for (size_t i = 0; i + 1 < size;) {
        const size_t count = in[i + 1];
        at += in[i];
        assert(at + count <= sizeof *kase);
        memcpy(out + at, in + i + 2, count);
        at += count;
        i += 2 + count;
    }
}
