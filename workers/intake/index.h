/* index.h: the memory of intake: which reference led to which record, for ever.
 *
 *     HMAC(source_system, source_ref) -> seq, case, digest of the content
 *
 * Folded from CaseReceived and Said, so it can be rebuilt from the log at any time; holds
 * hashes under the key of references, never a reference. 88 bytes an entry and some for its place, in
 * memory.
 */
#ifndef INTAKE_INDEX_H
#define INTAKE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "workers/intake/keystore.h"

struct index;

struct index_entry {
    uint8_t reference[KEYSTORE_HMAC_SIZE];
    uint8_t content[KEYSTORE_HMAC_SIZE];
    uint64_t seq;      /* CaseReceived or Said; while tentative: 0 */
    uint64_t case_key; /* 0: a statement about no case */
    bool is_statement;
};

struct index *index_new(void);
void index_free(struct index **index);
/* Forgets everything: for what one turn has seen. */
void index_reset(struct index *index);

/* NULL: never seen. The pointer is good until the next put. */
const struct index_entry *index_find(const struct index *index,
                                     const uint8_t reference[KEYSTORE_HMAC_SIZE]);
/* A reference that is there already stays as it is: the first effect holds. */
void index_put(struct index *index, const struct index_entry *entry);
size_t index_count(const struct index *index);
/* The entry of a number below the count, in order of coming: what is new since a count are the
 * entries from there on. Good until the next put. */
const struct index_entry *index_at(const struct index *index, size_t number);

#endif
