/* intake.h: 监督中心: the only door: what comes in, and whether it was done.
 *
 *     door -> request queue -> admit turn -> CaseReceived (+ CaseAccepted | CaseSelfHandled), Said
 *     log  -> fold: index   -> decide turn -> checks, closing, reading, erasing
 *     rule files -> RulesPublished, before anything is admitted
 *
 * Invariants
 *  1. A receipt leaves after its record is committed (design law 1).
 *  2. The same reference has the same effect for ever: in one turn, across turns, after a
 *     restart (the index is folded from the log).
 *  3. Free words leave this process sealed or not at all.
 *  4. Nothing is admitted before the log holds the rules of the files it was started with.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "broker/runtime/stage.h"
#include "workers/intake/index.h"
#include "workers/intake/keystore.h"

struct door;
struct duplicates;
struct process;
struct publisher;
struct vault;

struct intake {
    struct process *process; /* to say READY for; NULL in tests */
    struct keystore *keystore;
    struct index *index;
    size_t index_kept;             /* entries that stand in the cache */
    struct duplicates *duplicates; /* NULL: none are looked for */
    struct door *door;             /* NULL until it is opened */
    struct publisher *publisher;   /* rule files on their way into the log */
    struct vault *vault;
    struct world *world; /* NULL until caught up */
    bool is_ready;
    uint32_t year_looked_at; /* in the calendar */

    enum intake_turn { /* what the admit turn in flight carries */
        INTAKE_TURN_NONE,
        INTAKE_TURN_RULES,
        INTAKE_TURN_DOOR
    } turn;
};

extern const struct stage_ops intake_ops; /* context: struct intake */

#endif
