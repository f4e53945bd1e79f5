/* seal.h: a text under the key of its case: XChaCha20-Poly1305, bound to case and field, so a
 * box moved to another case or field does not open. */
#ifndef INTAKE_SEAL_H
#define INTAKE_SEAL_H

#include "proto/arena.h"
#include "vocab.pb-c.h"
#include "workers/intake/keystore.h"

/* What a box is bound to. */
struct seal_about {
    const char *case_no;
    const char *field;
};

/* Fills *sealed (memory from the arena). Fails: as keystore_get; TOO_LARGE (arena). */
MUST_CHECK enum status seal_close(struct keystore *keystore, uint32_t key_no,
                                  struct seal_about about, const char *text,
                                  struct arena *arena, Sanji__Sealed *sealed);

/* Fails: ERASED, NOT_FOUND, CORRUPT (damaged, or of another case or field), TOO_LARGE. */
MUST_CHECK enum status seal_open(struct keystore *keystore, const Sanji__Sealed *sealed,
                                 struct seal_about about, struct arena *arena, char **text);

#endif
