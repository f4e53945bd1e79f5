/* world_merge.c: the cases above a merged one count its reports.
 *
 *     CaseMerged   child -> parent -> .. -> root    each counts what came with the child
 *     CaseUnmerged                                  each no longer does
 *
 * Cases that stand in others are a forest: nothing is folded that would close a ring, so every
 * walk upwards ends at a case that stands in none.
 */
#include <assert.h>

#include "broker/runtime/world_inside.h"

static struct case_slot *above(const struct world *world, const struct kase *kase)
{
    return kase->merged_into != 0 && kase->state == STATE_MERGED
               ? casetable_find(&world->cases, kase->merged_into)
               : NULL;
}

bool world_may_merge(const struct world *world, const struct record *record,
                     const Sanji__Envelope *envelope)
{
    uint32_t place = 0;
    uint64_t into = 0;
    if (envelope->body_case != SANJI__ENVELOPE__BODY_CASE_MERGED) {
        return true;
    }
    if (id_case_parse(envelope->case_merged->into_case_no, &place, &into) != STATUS_OK) {
        return false;
    }
    const struct case_slot *slot = casetable_find(&world->cases, into);
    if (slot == NULL) {
        return false;
    }
    while (slot != NULL && slot->key != record->header.case_key) {
        struct kase room;
        slot = above(world, casetable_look(slot, &room));
    }
    return slot == NULL;
}

void world_merge(struct world *world, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    const bool joins = envelope->body_case == SANJI__ENVELOPE__BODY_CASE_MERGED;
    if (!joins && envelope->body_case != SANJI__ENVELOPE__BODY_CASE_UNMERGED) {
        return;
    }
    const struct kase *child = world_case(world, record->header.case_key);
    assert(child != NULL && world->has_before);
    struct case_slot *slot = above(world, joins ? child : &world->before);
    while (slot != NULL) {
        struct kase *parent = casetable_kase(&world->cases, slot);
        world_save_case(world, slot);
        if (joins) {
            case_join(parent, child, envelope->case_merged->watchers_moved);
        } else {
            case_leave(parent, child);
        }
        world_note_case(world, slot);
        slot = above(world, parent);
    }
}
