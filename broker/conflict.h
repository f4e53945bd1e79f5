/* conflict.h: which cases have a decision that an author may not have read yet.
 *
 *     case key -> line of 8 places, one cache line: tag (24 bits) | seq of the newest decision
 *
 * Invariants
 *  1. A decision noted later than the table's floor is never missed: it stands in its line, or
 *     it is older than everything in that full line, and then who has not read so far is told
 *     to catch up.
 *  2. Two cases with one tag in one line look like one: an author may be refused for a
 *     decision on another case, reads up to it, and passes the next time.
 *  3. At start the table is empty and its floor is the head: nothing is rebuilt.
 *
 * Source: reference measurement: 8 MiB hold some 100,000 recent cases exactly; an exact map
 * of a million takes 40 MiB.
 */
#ifndef BROKER_CONFLICT_H
#define BROKER_CONFLICT_H

#include <stdint.h>

#include "proto/status.h"

struct conflict;

/* Never NULL: aborts when the process has no memory at start. */
struct conflict *conflict_new(uint64_t floor_seq);
void conflict_free(struct conflict **conflict);

/* Forgets everything; the floor is `floor_seq` from here on. */
void conflict_reset(struct conflict *conflict, uint64_t floor_seq);

/* A decision on this case stands at `seq`, which is above every one noted before.
 * case_key is not 0. */
void conflict_note(struct conflict *conflict, uint64_t case_key, uint64_t seq);

/* Whether an author that has read up to `read_seq` may decide on this case.
 * Fails: CONFLICT, *seq = the decision to read; CATCH_UP: the table does not reach back so
 *        far, *seq is untouched. */
MUST_CHECK enum status conflict_check(const struct conflict *conflict, uint64_t case_key,
                                      uint64_t read_seq, uint64_t *seq);

#endif
