/* turns.c: one round after the other until nobody has anything to do. */
#include "broker/turns.h"

#include <assert.h>
#include <string.h>

static const char driver_name[] = "driver";

enum {
    DOOR = 0 /* the first of the list */
};

// False: no room, too long, empty or there already.
static bool add(struct turns *turns, const char *name, size_t size, bool is_optional)
{
    if (size == 0 || size >= TURNS_NAME_SIZE || turns->count == TURNS_PARTICIPANTS_MAX) {
        return false;
    }
    struct turns_participant *participant = &turns->participants[turns->count];
    *participant = (struct turns_participant){.is_optional = is_optional};
    participant->is_member = !is_optional;
    memcpy(participant->name, name, size);
    if (turns_find(turns, participant->name) != turns->count) {
        return false;
    }
    turns->count++;
    return true;
}

enum status turns_init(struct turns *turns, const char *names)
{
    struct turns made = {0};
    const char *at = names;
    for (;;) {
        size_t size = strcspn(at, ",");
        if (!add(&made, at, size, false)) {
            return STATUS_INVALID;
        }
        if (at[size] == '\0') {
            break;
        }
        at += size + 1;
    }
    if (!add(&made, driver_name, sizeof(driver_name) - 1, true)) {
        return STATUS_INVALID;
    }
    *turns = made;
    return STATUS_OK;
}

size_t turns_find(const struct turns *turns, const char *name)
{
    size_t i = 0;
    while (i < turns->count && strcmp(turns->participants[i].name, name) != 0) {
        i++;
    }
    return i;
}

static struct turns_participant *get(struct turns *turns, size_t participant)
{
    assert(participant < turns->count);
    return &turns->participants[participant];
}

static void forget_turn(struct turns_participant *participant)
{
    participant->has_turn = false;
    participant->has_answered = false;
}

void turns_joined(struct turns *turns, size_t participant)
{
    struct turns_participant *joined = get(turns, participant);
    forget_turn(joined);
    joined->is_connected = true;
    joined->is_member = true;
}

void turns_left(struct turns *turns, size_t participant)
{
    struct turns_participant *left = get(turns, participant);
    forget_turn(left);
    left->is_connected = false;
}

void turns_gone(struct turns *turns, size_t participant)
{
    turns_left(turns, participant);
    struct turns_participant *gone = get(turns, participant);
    gone->is_member = !gone->is_optional;
}

static void begin(struct turns *turns)
{
    turns->current = DOOR;
    for (size_t i = 0; i < turns->count; i++) {
        forget_turn(&turns->participants[i]);
    }
}

enum status turns_begin(struct turns *turns, int64_t now_ms, int64_t to_ms,
                        int64_t quantum_ms)
{
    if (turns->is_running) {
        return STATUS_BUSY;
    }
    if (to_ms < now_ms || quantum_ms < 0) {
        return STATUS_INVALID;
    }
    turns->is_running = true;
    turns->to_ms = to_ms;
    turns->quantum_ms = quantum_ms;
    turns->steps = 0;
    begin(turns);
    return STATUS_OK;
}

void turns_end(struct turns *turns)
{
    turns->is_running = false;
    begin(turns);
}

void turns_gave(struct turns *turns, size_t participant)
{
    assert(turns->is_running && participant == turns->current);
    struct turns_participant *given = get(turns, participant);
    assert(given->is_connected && !given->has_turn);
    given->has_turn = true;
    given->has_answered = false;
}

void turns_idle(struct turns *turns, size_t participant, uint64_t read_seq, int64_t now_ms,
                int64_t next_due_ms)
{
    struct turns_participant *idle = get(turns, participant);
    if (!idle->has_turn) {
        return;
    }
    idle->has_turn = false;
    idle->has_answered = true;
    idle->read_seq = read_seq;
    idle->now_ms = now_ms;
    idle->next_due_ms = next_due_ms;
}

static bool is_quiet(const struct turns *turns, size_t number, uint64_t head,
                     int64_t now_ms)
{
    const struct turns_participant *participant = &turns->participants[number];
    if (!participant->is_member) {
        return true;
    }
    const bool is_due = participant->next_due_ms != 0 && participant->next_due_ms <= now_ms;
    const bool must_see_now = number == DOOR || now_ms >= turns->to_ms;
    return participant->has_answered && participant->read_seq == head && !is_due &&
           (participant->now_ms == now_ms || !must_see_now);
}

static bool is_all_quiet(const struct turns *turns, uint64_t head, int64_t now_ms)
{
    for (size_t i = 0; i < turns->count; i++) {
        if (!is_quiet(turns, i, head, now_ms)) {
            return false;
        }
    }
    return true;
}

static int64_t next_instant(const struct turns *turns, int64_t now_ms)
{
    int64_t to_ms = turns->to_ms;
    for (size_t i = 0; i < turns->count; i++) {
        const struct turns_participant *participant = &turns->participants[i];
        int64_t due_ms = participant->is_member ? participant->next_due_ms : 0;
        if (due_ms > now_ms && due_ms < to_ms) {
            to_ms = due_ms;
        }
    }
    if (turns->quantum_ms != 0 && to_ms - now_ms < turns->quantum_ms) {
        to_ms = turns->to_ms - now_ms > turns->quantum_ms ? now_ms + turns->quantum_ms
                                                          : turns->to_ms;
    }
    return to_ms;
}

struct turns_step turns_next(struct turns *turns, uint64_t head, int64_t now_ms)
{
    assert(turns->is_running);
    struct turns_participant *current = get(turns, turns->current);
    struct turns_step step = {.act = TURNS_WAIT, .participant = turns->current};
    if (current->has_turn) {
        return step;
    }
    if (is_all_quiet(turns, head, now_ms)) {
        if (now_ms >= turns->to_ms) {
            step.act = TURNS_DONE;
            return step;
        }
        step.act = TURNS_JUMP;
        step.to_ms = next_instant(turns, now_ms);
        turns->steps++;
        turns->current = DOOR;
        return step;
    }
    // Ends: somebody is not quiet.
    while (is_quiet(turns, turns->current, head, now_ms)) {
        turns->current = (turns->current + 1) % turns->count;
    }
    step.participant = turns->current;
    step.act = get(turns, turns->current)->is_connected ? TURNS_GIVE : TURNS_WAIT;
    return step;
}

const char *turns_waiting_for(const struct turns *turns)
{
    return turns->is_running ? turns->participants[turns->current].name : "";
}
