/* indicator_tally.c: what belongs to no case: how late timers fired, how often the log was
 * opened, which photos came twice.
 *
 * Lateness is kept in buckets a sixteenth of their value wide, exact below 16 ms, so a
 * rank over any number of timers needs one small table.
 */
#include <string.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"

enum {
    PHOTOS_FIRST = 1024,
    P99 = 990,
    PERMILLE = 1000,
    LATE_BITS = 4
};

void indicator_tally_reset(struct indicator_tally *tally)
{
    memory_free(tally->late);
    memory_free(tally->photos);
    *tally = (struct indicator_tally){0};
}

// ---- lateness ---------------------------------------------------------------------------

static size_t bucket_of(uint64_t late_ms)
{
    if (late_ms < LATE_STEPS) {
        return (size_t)late_ms;
    }
    const unsigned high = 63U - (unsigned)__builtin_clzll(late_ms);
    const unsigned step = (unsigned)(late_ms >> (high - LATE_BITS)) & (LATE_STEPS - 1U);
    return (size_t)(high - LATE_BITS + 1) * LATE_STEPS + step;
}

/* The largest value of the bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < LATE_STEPS) {
        return bucket;
    }
    const unsigned shift = (unsigned)(bucket / LATE_STEPS) - 1;
    const uint64_t next = LATE_STEPS + bucket % LATE_STEPS + 1;
    return (next << shift) - 1;
}

static void add_late(struct indicator_tally *tally, uint64_t late_ms, bool after_restart)
{
    if (tally->late == NULL) {
        tally->late = memory_new(LATE_BUCKETS, sizeof *tally->late);
    }
    tally->late[bucket_of(late_ms)]++;
    tally->fired++;
    tally->after_restart += after_restart;
}

/* argument: unused. */
struct indicator_amount indicator_total_late(const struct indicators *indicators,
                                             const struct indicator_view *view,
                                             unsigned argument)
{
    (void)view;
    (void)argument;
    const struct indicator_tally *tally = &indicators->tally;
    const uint64_t place = (tally->fired * P99 + PERMILLE - 1) / PERMILLE;
    uint64_t seen = 0;
    for (size_t i = 0; tally->fired > 0 && i < LATE_BUCKETS; i++) {
        seen += tally->late[i];
        if (seen >= place) {
            return (struct indicator_amount){(int64_t)bucket_top(i), 1};
        }
    }
    return (struct indicator_amount){0, 0};
}

/* argument 0: timers fired, 1: of these after a restart, 2: findings of audit, 3: starts. */
struct indicator_amount indicator_total_counted(const struct indicators *indicators,
                                                const struct indicator_view *view,
                                                unsigned argument)
{
    (void)view;
    const struct indicator_tally *tally = &indicators->tally;
    const uint64_t counts[] = {tally->fired, tally->after_restart, tally->found,
                               tally->starts};
    return (struct indicator_amount){(int64_t)counts[argument % 4], 1};
}

// ---- photos -----------------------------------------------------------------------------

/* The cell of this photo or the free one where it would stand. */
static size_t find_photo(const struct indicator_tally *tally, uint64_t photo)
{
    size_t cell = (size_t)photo & (tally->photo_room - 1);
    while (tally->photos[cell] != 0 && tally->photos[cell] != photo) {
        cell = (cell + 1) & (tally->photo_room - 1);
    }
    return cell;
}

static void grow(struct indicator_tally *tally)
{
    uint64_t *had = tally->photos;
    const size_t room = tally->photo_room;
    tally->photo_room = room == 0 ? PHOTOS_FIRST : room * 2;
    tally->photos = memory_new(tally->photo_room, sizeof *tally->photos);
    for (size_t i = 0; i < room; i++) {
        if (had[i] != 0) {
            tally->photos[find_photo(tally, had[i])] = had[i];
        }
    }
    memory_free(had);
}

/* Whether these bytes were sent before, by eight bytes of their SHA-256. */
static bool add_photo(struct indicator_tally *tally, const Sanji__Evidence *evidence)
{
    uint64_t photo = 0;
    if (evidence->sha256.len < sizeof photo) {
        return false;
    }
    memcpy(&photo, evidence->sha256.data, sizeof photo);
    photo = photo == 0 ? 1 : photo; // 0 is a free cell
    if ((tally->photo_count + 1) * 2 > tally->photo_room) {
        grow(tally);
    }
    const size_t cell = find_photo(tally, photo);
    const bool was_there = tally->photos[cell] != 0;
    tally->photos[cell] = photo;
    tally->photo_count += !was_there;
    return was_there;
}

static void see_photos(struct indicator_tally *tally, struct indicator_facts *facts,
                       const Sanji__CaseReceived *body)
{
    for (size_t i = 0; i < body->n_evidence; i++) {
        const bool again = add_photo(tally, body->evidence[i]);
        facts->photo_again = facts->photo_again || (again && body->self_handled);
    }
}

// ---- records ----------------------------------------------------------------------------

static void see_case(struct indicator_tally *tally, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case EVENT_TIMER_FIRED:
        add_late(tally, envelope->timer_fired->late_ms,
                 envelope->timer_fired->after_restart != 0);
        break;
    case EVENT_CASE_ESCALATED:
        if (envelope->case_escalated->fired_timer !=
            SANJI__TIMER_KIND__TIMER_KIND_UNSPECIFIED) {
            add_late(tally, envelope->case_escalated->late_ms, false);
        }
        break;
    default:
        break;
    }
}

void indicator_tally_fold(struct indicators *indicators, struct indicator_facts *facts,
                          const struct indicator_seen *seen)
{
    const Sanji__Envelope *envelope = seen->envelope;
    struct indicator_tally *tally = &indicators->tally;
    const unsigned type = envelope->body_case;
    if (indicators->window.for_snapshots) {
        return;
    }
    if (facts != NULL && type == EVENT_CASE_RECEIVED && indicator_is_actual(facts)) {
        see_photos(tally, facts, envelope->case_received);
    }
    if (!indicator_in_window(&indicators->window, seen->record->header.recorded_at_ms)) {
        return;
    }
    tally->found += type == EVENT_AUDIT_FOUND;
    tally->starts += type == EVENT_LOG_OPENED;
    if (facts != NULL && indicator_in_scope(indicators, facts)) {
        see_case(tally, envelope);
    }
}
