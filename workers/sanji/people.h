/* people.h: workers who follow no script: whether one answers an offer, how long he works,
 * and how evenly the work fell on them (the closed loop, domain 7.6 and 9.3.5).
 *
 *     seed, seq of the offer -> hash -> is he silent?  how many minutes?
 *     records -> minutes and cases by worker -> Gini, the busiest, shares
 *
 * Invariants
 *  1. A draw follows from the seed and the offer's seq alone: asked again, the same answer.
 *  2. A record counts once, however often it is seen.
 */
#ifndef SANJI_PEOPLE_H
#define SANJI_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/runtime/world.h"

/* Nobody answers this offer: 30 % of volunteers, 5 % of all others. */
bool people_is_silent(uint64_t seed, uint64_t offer_seq, enum role role);
/* Minutes that he works on it: log-normal around the offer's estimate; at least 1. */
uint32_t people_effort_min(uint64_t seed, uint64_t offer_seq, uint32_t effort_min);

struct people;

struct people *people_new(void);
void people_free(struct people **people);
/* A record was folded: offers, expiries and resolutions are counted, the rest is not. */
void people_note(struct people *people, struct world *world, const struct record *record,
                 const Sanji__Envelope *envelope);
/* A worker reported a case resolved. */
void people_resolved(struct people *people, uint32_t worker, uint32_t minutes, bool is_home,
                     int64_t at_ms);

/* In permille; 0 where there is nothing to divide by. The first three are of the full-time
 * workers of community 370499.003.01, idle ones included; the others of everybody. */
struct people_figures {
    uint32_t gini;        /* of their minutes */
    uint32_t max_to_mean; /* the one with most minutes by the mean */
    uint32_t busiest;     /* highest minutes by capacity, over the days (of 24 h, the begun
                             one counts) from the first offer to the last resolution */
    uint32_t fulltime;    /* minutes of full-time workers by all minutes */
    uint32_t home;        /* their cases in their home grid by all their cases */
    uint32_t expired;     /* offers that ran out by all offers */
};

void people_count(const struct people *people, const Sanji__Roster *roster,
                  struct people_figures *figures);

#endif
