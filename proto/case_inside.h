/* case_inside.h: what the five files of the fold share. Nobody else includes it.
 *
 *     case.c            may the record stand here, and what its edge changes
 *     case_body.c       what its body changes, one function an event
 *     case_centre.c     the same, for the events of the command centre
 *     case_attention.c  who is told to act
 *     case_timer.c      what its timer changes do
 */
#ifndef PROTO_CASE_INSIDE_H
#define PROTO_CASE_INSIDE_H

#include "proto/case.h"

/* One record being folded. `edge` NULL: a side event. `from`: the state before. */
struct fold {
    struct kase *kase;
    const struct record *record;
    const Sanji__Envelope *envelope;
    const struct lifecycle_edge *edge;
    enum case_state from;
    int64_t at_ms;
};

/* Texts of an envelope to values; "" leaves *value as it is. Fails: INVALID. */
MUST_CHECK enum status fold_path(const char *text, struct org_path *value);
MUST_CHECK enum status fold_category(const char *text, uint32_t *value);

/* Counts up, staying at the maximum: a counter that wrapped would lift a limit. */
void fold_count(uint16_t *counter);
/* Takes a count as the record wrote it; 0: the author left it out, count up. */
void fold_counted(uint16_t *counter, uint32_t written);
/* Offers of a new round: nobody has been tried. */
void fold_new_round(struct kase *kase);

/* Somebody must act, because a timer of this kind fired (NONE: something else). Fails:
 * INVALID. */
MUST_CHECK enum status fold_told(const struct fold *fold, const Sanji__Told *told,
                                 unsigned kind);

/* The event's own fields. Fails: INVALID. */
MUST_CHECK enum status fold_body(const struct fold *fold);

/* A resolution that a record names; none leaves the old one. */
void fold_resolution(struct kase *kase, Sanji__Resolution resolution);

/* The bodies that escalation writes; for fold_body. */
enum status fold_case_routed(const struct fold *fold);
enum status fold_case_escalated(const struct fold *fold);
enum status fold_assist_requested(const struct fold *fold);
enum status fold_assist_joined(const struct fold *fold);
enum status fold_assist_done(const struct fold *fold);
enum status fold_decision_requested(const struct fold *fold);
enum status fold_decision_made(const struct fold *fold);
enum status fold_case_suspended(const struct fold *fold);
enum status fold_deadline_extended(const struct fold *fold);
enum status fold_upstream_submitted(const struct fold *fold);
enum status fold_upstream_updated(const struct fold *fold);
enum status fold_urged(const struct fold *fold);
enum status fold_supervised(const struct fold *fold);
enum status fold_severity_changed(const struct fold *fold);
enum status fold_case_reclassified(const struct fold *fold);

/* envelope->timers. Fails: INVALID (kind, op, clock or n outside their range; no place). */
MUST_CHECK enum status fold_timers(const struct fold *fold);
/* Marks an armed timer as fired. Fails: INVALID when none is armed. */
MUST_CHECK enum status fold_timer_fired(struct kase *kase, unsigned kind, uint32_t n);

#endif
