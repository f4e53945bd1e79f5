/* script.h: what people say to what the log shows: workers to offers, desks to checks.
 *
 *     record (committed) --> what has happened to the case so far
 *                            + its truth (plan.h)  --> the one thing to be said next
 *                                                        |  (steps.c)
 *     submissions and statements <-- voice.c <-- when its time has come (agenda.h)
 *
 * The script never writes the log and never looks at a clock: it sees records and `now`.
 *
 * Invariants
 *  1. The next step of a case follows from the case and its truth alone, so it does not
 *     matter whether a receipt or a record is seen first, nor how often one is seen.
 *  2. A case has at most one step under way; when the case moves, the step is thought anew.
 *  3. A line's source_ref is made of the record it answers, so saying it twice is a repeat.
 *  4. What this version cannot do yet (statement_rule: not built) is not said.
 */
#ifndef SANJI_SCRIPT_H
#define SANJI_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/world.h"
#include "door.pb-c.h"
#include "workers/sanji/plan.h"

struct script;

/* How the lines leave: called from script_perform. `tag` comes back with the receipt. */
struct script_port {
    void (*submit)(void *port, const Sanji__Submission *submission, uint32_t tag);
    void (*say)(void *port, const Sanji__Statement *statement);
    /* A decider refused what was said on a planned case; NULL: nobody wants to know. */
    void (*refused)(void *port, uint64_t key, const Sanji__StatementRefused *refused);
};

/* `plan` is borrowed. `prefix` begins every source_ref: "y-mini/20200904". */
struct script *script_new(const struct plan *plan, const char *prefix,
                          const struct script_port *port, void *port_context);
void script_free(struct script **script);

/* From here on the planned submissions are on the agenda. */
void script_begin(struct script *script);
/* From now on also cases that nobody planned are answered. */
void script_stay(struct script *script);
/* The planned submissions are all that is planned (domain 9.3.5): whoever is offered a case
 * answers and works as people.h draws it from `seed`, and nothing disturbs any case. Said
 * before script_begin. */
void script_close_loop(struct script *script, uint64_t seed);
/* Every so-many-th submission is sent twice, and two neighbours change places (0: none). */
void script_stir(struct script *script, uint32_t every);

/* Planned case `number` has become this case. */
void script_bind(struct script *script, struct world *world, uint32_t number,
                 uint64_t case_key, int64_t now_ms);
/* The tag of a stray: it must be answered otherwise. */
bool script_is_stray(uint32_t tag);
/* A submission was answered. */
void script_receipt(struct script *script, struct world *world, uint32_t tag,
                    const Sanji__Receipt *receipt, int64_t now_ms);
/* A record was folded. */
void script_react(struct script *script, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope);
/* Time of the next line; 0: none. */
int64_t script_next_ms(const struct script *script);
/* Says every line whose time has come. */
void script_perform(struct script *script, struct world *world, int64_t now_ms);

/* Planned cases that are in a final state in this world and have nothing more to come. */
size_t script_final_count(const struct script *script, struct world *world);
uint64_t script_case_key(const struct script *script, uint32_t number); /* 0: not yet */

/* ---- against the truth (script_check.c) ---- */

/* What came of it, over all planned submissions; `differing` of them are not as planned. */
struct script_result {
    uint32_t planned, cases, final, merged, rejected, cancelled;
    uint32_t self_handled, by_tier[6]; /* enum org_tier; self-handled ones are not in it */
    uint32_t in_time, answered, satisfied;
    uint32_t declines, timeouts, recalls, returns, extensions, suspensions, assists;
    uint32_t reworks, reopens, urges, supervised[4], unmerged, reclassified, regraded;
    uint32_t repeats, malformed, pii; /* strays answered as they must be */
    uint32_t said_refused;            /* statements that a decider refused */
    uint32_t strained, differing;
};

/* `is_strained`: there are too few people; a case that rose, was late or waited in vain more
 * often than its truth says for want of them is counted as strained, not as differing.
 * `differ` is called for each planned submission that ended otherwise, with a line that says
 * how; NULL: nobody wants to know. */
void script_compare(const struct script *script, struct world *world, bool is_strained,
                    void (*differ)(void *context, const char *text), void *context,
                    struct script_result *result);

#endif
