/* rules_roster.c: a roster line may stand for several people alike: their numbers run on from
 * the one that is written. Everybody who looks into a roster sees each of them, so the log
 * holds the short form and nobody else knows of it.
 *
 *     {worker: W20001, role: FULLTIME, ..., count: 26} -> W20001 .. W20026
 */
#include <assert.h>

#include "broker/runtime/memory.h"
#include "broker/runtime/rules_tables.h"
#include "proto/id.h"

enum {
    NUMBER_MAX = 99999 /* five digits */
};

struct spelled_worker {
    Sanji__Worker worker;
    char number[WORKER_SIZE];
};

static uint32_t count_of(const Sanji__Worker *worker)
{
    return worker->count > 1 ? worker->count : 1;
}

/* All workers; 0: a count that no numbers are left for. */
static size_t count_workers(const Sanji__Roster *roster)
{
    size_t sum = 0;
    for (size_t i = 0; i < roster->n_workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        uint32_t number = 0;
        if (id_worker_parse(worker->worker, &number) != STATUS_OK || number == 0 ||
            count_of(worker) > NUMBER_MAX - number + 1U) {
            return 0;
        }
        sum += count_of(worker);
    }
    return sum <= NUMBER_MAX ? sum : 0;
}

bool rules_roster_spell(ProtobufCMessage **message, void **memory)
{
    const Sanji__Roster *roster = (const Sanji__Roster *)*message;
    const size_t count = count_workers(roster);
    if (count <= roster->n_workers) {
        return count == roster->n_workers;
    }
    // One block: the roster, its list, the workers; each begins where a pointer may.
    const size_t list_size = count * sizeof(Sanji__Worker *);
    uint8_t *block =
        memory_new(1, sizeof *roster + list_size + count * sizeof(struct spelled_worker));
    Sanji__Roster *spelled = (void *)block;
    Sanji__Worker **list = (void *)(block + sizeof *roster);
    struct spelled_worker *workers = (void *)(block + sizeof *roster + list_size);
    size_t at = 0;
    for (size_t i = 0; i < roster->n_workers; i++) {
        uint32_t number = 0;
        const bool known =
            id_worker_parse(roster->workers[i]->worker, &number) == STATUS_OK;
        assert(known); // it was counted
        for (uint32_t k = 0; k < count_of(roster->workers[i]); k++) {
            workers[at].worker = *roster->workers[i]; // what it points to is shared
            workers[at].worker.worker = id_worker_print(number + k, workers[at].number);
            workers[at].worker.count = 0;
            list[at] = &workers[at].worker;
            at++;
        }
    }
    *spelled = *roster;
    spelled->workers = list;
    spelled->n_workers = count;
    *message = &spelled->base;
    *memory = block;
    return true;
}
