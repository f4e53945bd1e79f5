/* casepack.h: a case in as few bytes as its zeros allow, for those nobody works on.
 *
 *     struct kase (mostly zeros once it is final) -> runs: zeros, count, bytes -> struct kase
 *
 * A closed case of the demo takes about a quarter of its size. The bytes are of this program:
 * they never leave its memory.
 */
#ifndef RUNTIME_CASEPACK_H
#define RUNTIME_CASEPACK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/case.h"

enum {
    /* Two bytes a run of at most 255; a run without zeros at its end is a full one. */
    CASEPACK_SIZE_MAX = 2 * sizeof(struct kase) + 16
};

/* Returns the size, at most CASEPACK_SIZE_MAX. */
size_t casepack_write(const struct kase *kase, uint8_t out[CASEPACK_SIZE_MAX]);
/* What casepack_write wrote. */
void casepack_read(const uint8_t *in, size_t size, struct kase *kase);

#endif
