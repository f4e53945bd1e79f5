/* script.h: what people say to what the log shows: workers to offers, desks to checks.
 *
 *     record (committed) -> script_react -> lines in an agenda -> when their time has come:
 *     submissions and statements in front of the door
 *
 * The script never writes the log and never looks at a clock: it sees records and `now`.
 * A line's source_ref is made of what it is about, so saying it twice is a repeat.
 */
#ifndef SANJI_SCRIPT_H
#define SANJI_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/world.h"
#include "door.pb-c.h"
#include "workers/sanji/plan.h"

struct script;

/* How the lines leave: called from script_perform. */
struct script_port {
    void (*submit)(void *port, const Sanji__Submission *submission, uint32_t number);
    void (*say)(void *port, const Sanji__Statement *statement);
};

/* `plan` is borrowed. `prefix` begins every source_ref: "y-mini/20200904". */
struct script *script_new(const struct plan *plan, const char *prefix,
                          const struct script_port *port, void *port_context);
void script_free(struct script **script);

/* Puts the planned submissions on the agenda. */
void script_begin(struct script *script);
/* Planned case `number` has become this case. */
void script_bind(struct script *script, uint32_t number, uint64_t case_key);
/* From now on also cases that nobody planned are answered. */
void script_stay(struct script *script);

void script_react(struct script *script, struct world *world, const struct record *record,
                  const Sanji__Envelope *envelope);
/* Time of the next line; 0: none. */
int64_t script_next_ms(const struct script *script);
/* Says every line whose time has come. */
void script_perform(struct script *script, int64_t now_ms);

/* Planned cases that are in a final state in this world. */
size_t script_final_count(const struct script *script, struct world *world);
uint64_t script_case_key(const struct script *script, uint32_t number); /* 0: not yet */

#endif
