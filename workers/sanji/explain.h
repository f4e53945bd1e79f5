/* explain.h: why a case is where it is: routing and deadlines line by line, by the rules of
 * each record's time, from the log alone.
 *
 *     casefile -> one step a record: reasons, candidates, timers recounted
 *              -> the life of every timer, the ledger of holders
 *              -> JSON (-o json), and the same JSON as lines for people (explain_text.c)
 */
#ifndef SANJI_EXPLAIN_H
#define SANJI_EXPLAIN_H

#include <jansson.h>

#include "workers/sanji/casefile.h"

struct explain;

struct explain *explain_new(void);
void explain_free(struct explain **explain);
/* A casefile_fn; context: the struct explain. */
void explain_visit(void *context, struct casefile *file,
                   const struct casefile_entry *entry);
/* The whole, after the last visit. Owns: the caller. Never NULL. */
json_t *explain_json(struct explain *explain, struct casefile *file);

/* The value of explain_json for people, on stdout. */
void explain_print(json_t *value);

#endif
