/* law_offer.h: property 16: an offer follows from the log before it, and whoever is offered a
 * case may take it.
 */
#ifndef TESTS_SIM_LAW_OFFER_H
#define TESTS_SIM_LAW_OFFER_H

#include "broker/runtime/world.h"
#include "event.pb-c.h"
#include "proto/record.h"
#include "tests/sim/laws.h"
#include "workers/dispatch/pool.h"

/* Looks at a DispatchOffered that moves its case, in the world as it was before. `exact`: the
 * dispatcher had read all of it, so weighing again must give the very list of the record. */
void law_offer(struct pool *pool, struct world *world, const struct record *record,
               const Sanji__Envelope *envelope, bool exact, struct laws *laws);

#endif
