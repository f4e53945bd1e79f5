/* vault.h: reading and erasing sealed texts (records.md 6).
 *
 *     Said(read)  -> RestrictedRead | StatementRefused -> [committed] -> fetch boxes -> open
 *     Said(erase) -> slot overwritten and synced -> KeyDestroyed -> [decided] -> new kek
 *
 * Invariants
 *  1. The reading is a record before the text leaves.
 *  2. Granted to the assignee and the holder's desk to handle, to intake to check and to
 *     revisit; to nobody else, whatever his role.
 *  3. A key is destroyed before the log says so: a crash in between destroys it again.
 */
#ifndef INTAKE_VAULT_H
#define INTAKE_VAULT_H

#include "broker/runtime/turn.h"

struct intake;
struct loop;
struct vault;

struct vault *vault_new(struct loop *loop, const char *log_endpoint, struct intake *intake);
void vault_free(struct vault **vault);

/* Decides on `read` and `erase`; always answers. */
void vault_decide(struct intake *intake, struct turn *turn, const struct record *record,
                  const Sanji__Envelope *said);

/* A committed record: a granted read is fetched and answered, a refused one answered. Only
 * what was recorded while this process lives has an effect. Without a vault (the simulation
 * ring) nothing can be fetched: BUSY. */
void vault_folded(struct intake *intake, const struct record *record,
                  const Sanji__Envelope *envelope, const struct kase *kase);

/* KeyDestroyed is decided: a new kek. A crash before the cursor has passed it renews again. */
void vault_destroyed(struct intake *intake, const struct record *record);

#endif
