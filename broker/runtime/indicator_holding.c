/* indicator_holding.c: the holder ledger: who had the case from when to when.
 *
 *     holder or tier changes, the case is resolved or ends  -> the holding ends
 *     the case is in somebody's hands (again)               -> the next one begins
 *
 * The ledgers of all cases stand in one array in the order in which holdings began; those of
 * one case are a chain. Between the resolution and a rework nobody holds the case.
 */
#include <assert.h>

#include "broker/runtime/indicator_inside.h"
#include "broker/runtime/memory.h"

static bool is_held(const struct kase *kase)
{
    return kase != NULL && kase->holder.place != 0 &&
           lifecycle_is_open((enum case_state)kase->state) &&
           kase->state != STATE_RESOLVED && kase->state != STATE_REVISIT;
}

/* While it is upstream the sub-district's desk answers for it and the platform has it. */
static uint8_t tier_of(const struct kase *kase)
{
    return kase->state == STATE_UPSTREAM ? TIER_MUNICIPAL : kase->tier;
}

static bool is_same_holder(const struct kase *a, const struct kase *b)
{
    return org_equal(a->holder, b->holder) && tier_of(a) == tier_of(b);
}

static uint32_t seconds(int64_t ms)
{
    const int64_t whole = ms / INDICATOR_SECOND_MS;
    return whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole;
}

static void touch(struct indicators *indicators, size_t place)
{
    if (!indicators->window.for_snapshots) {
        return; // nobody keeps it
    }
    MEMORY_ROOM_FOR_ONE(indicators->touched, indicators->touched_count,
                        indicators->touched_room);
    indicators->touched[indicators->touched_count++] = (uint32_t)place;
}

static void end_holding(struct indicators *indicators, const struct indicator_facts *facts,
                        const struct indicator_seen *seen)
{
    if (facts->holding_last == 0) {
        return;
    }
    const size_t place = facts->holding_last - 1;
    struct indicator_holding *holding = &indicators->holdings[place];
    if (holding->to_ms != 0) {
        return;
    }
    holding->to_ms = seen->record->header.recorded_at_ms;
    holding->natural_s = seconds(indicator_active_ms(
        seen->calendar, CLOCK_NATURAL, seen->after, holding->from_ms, holding->to_ms));
    holding->working_s =
        seen->calendar == NULL
            ? 0
            : seconds(indicator_active_ms(seen->calendar, CLOCK_WORKING, seen->after,
                                          holding->from_ms, holding->to_ms));
    touch(indicators, place);
}

static void begin_holding(struct indicators *indicators, struct indicator_facts *facts,
                          const struct indicator_seen *seen)
{
    MEMORY_ROOM_FOR_ONE(indicators->holdings, indicators->holding_count,
                        indicators->holding_room);
    indicators->holdings[indicators->holding_count] =
        (struct indicator_holding){.from_ms = seen->record->header.recorded_at_ms,
                                   .holder = seen->after->holder.packed,
                                   .tier = tier_of(seen->after)};
    touch(indicators, indicators->holding_count);
    indicators->holding_count++;
    const uint32_t place = (uint32_t)indicators->holding_count; // + 1
    if (facts->holding_last == 0) {
        facts->holding_first = place;
    } else {
        const size_t before = facts->holding_last - 1;
        indicators->holdings[before].next = place;
        touch(indicators, before);
    }
    facts->holding_last = place;
}

void indicator_holding_fold(struct indicators *indicators, struct indicator_facts *facts,
                            const struct indicator_seen *seen)
{
    const bool was_held = is_held(seen->before);
    const bool held = is_held(seen->after);
    if (was_held && held && is_same_holder(seen->before, seen->after)) {
        return;
    }
    if (was_held) {
        end_holding(indicators, facts, seen);
    }
    if (held) {
        begin_holding(indicators, facts, seen);
    }
}

size_t indicator_ledger(const struct indicators *indicators, uint64_t case_key,
                        struct indicator_holding *holdings, size_t max)
{
    const struct indicator_facts *facts = indicator_facts_of(indicators, case_key);
    size_t count = 0;
    uint32_t place = facts != NULL ? facts->holding_first : 0;
    while (place != 0) {
        const struct indicator_holding *holding = &indicators->holdings[place - 1];
        if (count < max) {
            holdings[count] = *holding;
        }
        count++;
        place = holding->next;
    }
    return count;
}
