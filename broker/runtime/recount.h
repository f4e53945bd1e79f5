/* recount.h: a log folded once from its first record to its last, to count something.
 *
 *     record -> recount_fold -> the case before and after, the rules, the workers
 *
 * The same folds as world.h, without timers, undo or lists by state. A case that is final is
 * kept packed (its bytes that are not zero) until a record touches it again, so a long log
 * costs the memory of its open cases and little more.
 */
#ifndef RUNTIME_RECOUNT_H
#define RUNTIME_RECOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "broker/runtime/rules.h"
#include "broker/runtime/world.h"

struct recount;

struct recount *recount_new(void);
void recount_free(struct recount **recount);

/* Fails: INVALID: the record cannot stand here; nothing changed. */
MUST_CHECK enum status recount_fold(struct recount *recount, const struct record *record,
                                    const Sanji__Envelope *envelope);

/* The case of the last record folded, before it (NULL: new, or not about a case) and after
 * (NULL: not about a case). Good until the next fold. */
const struct kase *recount_before(const struct recount *recount);
struct kase *recount_after(struct recount *recount);

const struct rules *recount_rules(const struct recount *recount);
const struct worker_state *recount_worker(struct recount *recount, uint32_t worker);
/* The log's nine digits; 0: neither rules nor cases yet. */
uint32_t recount_place(const struct recount *recount);

size_t recount_case_count(const struct recount *recount);
/* Bytes that the cases take. */
size_t recount_case_bytes(const struct recount *recount);

#endif
