/* casefile.h: one case read out of the log, with the rules of its time.
 *
 *     log -> RulesPublished and the records of the case, in order -> rules, the case + list
 *
 * Nothing but the log is asked: no rule file, no casebook. Records after `at` are not read,
 * so what is shown is what was known then.
 */
#ifndef SANJI_CASEFILE_H
#define SANJI_CASEFILE_H

#include "broker/runtime/world.h"
#include "proto/arena.h"
#include "proto/record.h"
#include "workers/sanji/cli.h"

struct casefile_entry {
    struct record record; /* its envelope is owned by the casefile */
    struct kase after;    /* the case after it */
};

struct casefile {
    struct world *world; /* holds the rules of the newest entry */
    struct kase kase;    /* as of the newest entry */
    uint64_t case_key;
    uint32_t place;
    int64_t now_ms; /* the broker's clock; with `at`: stamp of the newest record shown */
    struct casefile_entry *entries;
    size_t count, room;
    struct arena *arena; /* one envelope at a time */
};

/* Called for each record of the case after it was folded, with the rules of that moment. */
typedef void (*casefile_fn)(void *context, struct casefile *file,
                            const struct casefile_entry *entry);

struct casefile_wanted {
    const char *case_no;
    uint64_t at_seq;   /* nothing later is read; 0: all */
    int64_t at_ms;     /* likewise */
    casefile_fn visit; /* may be NULL */
    void *context;
};

/* Reads the case. Returns an exit code; on CLI_OK the caller releases *file with
 * casefile_close. */
int casefile_open(struct cli *cli, const struct casefile_wanted *wanted,
                  struct casefile **file);
void casefile_close(struct casefile **file);

/* The case as of the newest entry; never NULL after CLI_OK. */
const struct kase *casefile_case(const struct casefile *file);

#endif
