/* agenda.c: see agenda.h. */
#include "workers/sanji/agenda.h"

#include "broker/runtime/memory.h"

static bool before(const struct line *a, const struct line *b)
{
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms;
    }
    if (a->cause_seq != b->cause_seq) {
        return a->cause_seq < b->cause_seq;
    }
    if (a->act != b->act) {
        return a->act < b->act;
    }
    return a->kind != b->kind ? a->kind < b->kind : a->n < b->n;
}

static void swap(struct line *a, struct line *b)
{
    const struct line kept = *a;
    *a = *b;
    *b = kept;
}

void agenda_reset(struct agenda *agenda)
{
    memory_free(agenda->lines);
    *agenda = (struct agenda){0};
}

void agenda_put(struct agenda *agenda, const struct line *line)
{
    MEMORY_ROOM_FOR_ONE(agenda->lines, agenda->count, agenda->room);
    size_t at = agenda->count++;
    agenda->lines[at] = *line;
    while (at > 0 && before(&agenda->lines[at], &agenda->lines[(at - 1) / 2])) {
        swap(&agenda->lines[at], &agenda->lines[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

int64_t agenda_next_ms(const struct agenda *agenda)
{
    return agenda->count != 0 ? agenda->lines[0].at_ms : 0;
}

bool agenda_take(struct agenda *agenda, int64_t now_ms, struct line *line)
{
    if (agenda->count == 0 || agenda->lines[0].at_ms > now_ms) {
        return false;
    }
    *line = agenda->lines[0];
    agenda->lines[0] = agenda->lines[--agenda->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = at * 2 + 1; child <= at * 2 + 2; child++) {
            if (child < agenda->count &&
                before(&agenda->lines[child], &agenda->lines[least])) {
                least = child;
            }
        }
        if (least == at) {
            return true;
        }
        swap(&agenda->lines[at], &agenda->lines[least]);
        at = least;
    }
}
