/* script_note.c: what a record adds to what has happened to a planned case, where the folded
 * case does not count it: who said something, and what would have been possible. */
#include "workers/sanji/script_inside.h"

static void count(uint8_t *counter)
{
    *counter = (uint8_t)(*counter + (*counter < UINT8_MAX ? 1 : 0));
}

static bool is_by_people(const Sanji__Envelope *envelope)
{
    return envelope->actor != NULL &&
           envelope->actor->role != SANJI__ROLE__ROLE_UNSPECIFIED &&
           envelope->actor->role != SANJI__ROLE__ROLE_SYSTEM;
}

/* Somebody beside the one offered could take it, and still could when this offer expires. */
static bool has_others(struct world *world, const struct kase *kase,
                       const Sanji__DispatchOffered *offer, int64_t until_ms)
{
    const struct rules *rules = world_rules(world);
    for (size_t i = 0; i < offer->n_considered; i++) {
        const Sanji__Candidate *candidate = offer->considered[i];
        uint32_t number = 0;
        int64_t changes_ms = 0;
        if (candidate->reject != 0 ||
            id_worker_parse(candidate->worker, &number) != STATUS_OK ||
            number == kase->worker) {
            continue;
        }
        const Sanji__Worker *row = rules_worker(rules, number);
        if (row != NULL && rules_on_shift(rules, row, until_ms, &changes_ms) &&
            changes_ms > until_ms + (int64_t)(offer->effort_min + 60) * MS_PER_MIN) {
            return true;
        }
    }
    return false;
}

static void note_offer(struct world *world, struct act *act, const struct kase *kase,
                       const Sanji__Envelope *envelope)
{
    int64_t until_ms = kase->offered_ms;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        const struct case_timer *timer = &kase->timers[i];
        if (timer->kind == TIMER_ACK && timer->state == TIMER_STATE_ARMED &&
            timer->due_ms > until_ms) {
            until_ms = timer->due_ms;
        }
    }
    act->others_free = has_others(world, kase, envelope->dispatch_offered, until_ms);
}

static void note_people(struct act *act, const Sanji__Envelope *envelope)
{
    if (!is_by_people(envelope)) {
        return;
    }
    if (envelope->body_case == SANJI__ENVELOPE__BODY_DISPATCH_RECALLED) {
        count(&act->recalls);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_ASSIST_REQUESTED) {
        count(&act->assists);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_URGED) {
        count(&act->urges);
    } else if (envelope->body_case == SANJI__ENVELOPE__BODY_SUPERVISED &&
               (unsigned)envelope->supervised->to > act->supervised) {
        act->supervised = (uint8_t)envelope->supervised->to;
    }
}

/* What is refused is not tried again for ever. */
static void note_refused(struct script *script, struct act *act,
                         const Sanji__StatementRefused *refused)
{
    count(&act->refused);
    act->given_up |= script_give_up_bit((enum statement_kind)refused->kind);
    if (script->port->refused != NULL) {
        script->port->refused(script->port_context, act->key, refused);
    }
}

void script_note(struct script *script, struct world *world, struct act *act,
                 const struct kase *kase, const Sanji__Envelope *envelope)
{
    switch ((unsigned)envelope->body_case) {
    case SANJI__ENVELOPE__BODY_DISPATCH_OFFERED:
        note_offer(world, act, kase, envelope);
        break;
    case SANJI__ENVELOPE__BODY_DISPATCH_DECLINED:
        count(&act->declines);
        break;
    case SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED:
        count(&act->timeouts);
        break;
    case SANJI__ENVELOPE__BODY_UPSTREAM_SUBMITTED:
        act->is_received = false;
        break;
    case SANJI__ENVELOPE__BODY_UPSTREAM_UPDATED:
        act->is_received = true;
        break;
    case SANJI__ENVELOPE__BODY_CASE_MERGED:
        count(&act->merges);
        break;
    case SANJI__ENVELOPE__BODY_CASE_RECLASSIFIED:
        count(&act->reclassified);
        break;
    case SANJI__ENVELOPE__BODY_SEVERITY_CHANGED:
        count(&act->regraded);
        break;
    case SANJI__ENVELOPE__BODY_REVISIT_COMPLETED:
        act->satisfaction = (uint8_t)envelope->revisit_completed->result;
        break;
    case SANJI__ENVELOPE__BODY_STATEMENT_REFUSED:
        note_refused(script, act, envelope->statement_refused);
        break;
    default:
        note_people(act, envelope);
        break;
    }
}
