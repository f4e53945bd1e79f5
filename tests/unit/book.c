/* book.c: see book.h. */
#include "tests/unit/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void seen(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct book *book = context;
    struct world *world = book->ledger.world;
    const struct indicator_seen each = {.record = record,
                                        .envelope = envelope,
                                        .before = world_before(world),
                                        .after = world_case(world, record->header.case_key),
                                        .calendar = rules_calendar(world_rules(world))};
    for (size_t i = 0; i < book->view_count; i++) {
        indicator_fold(book->views[i], &each);
    }
}

struct indicators *book_add_view(struct book *book, const char *scope, int64_t from_ms,
                                 int64_t to_ms)
{
    struct indicator_window window = {.from_ms = from_ms, .to_ms = to_ms};
    if (scope != NULL) {
        assert_int_equal(org_parse(scope, &window.scope), STATUS_OK);
    }
    assert_true(book->view_count < VIEWS_MAX);
    book->views[book->view_count] = indicator_new(&window);
    return book->views[book->view_count++];
}

int book_open(void **state)
{
    struct book *book = calloc(1, sizeof *book);
    assert_non_null(book);
    ledger_open(&book->ledger);
    book->ledger.seen = seen;
    book->ledger.seen_context = book;
    book_add_view(book, NULL, 0, 0);
    *state = book;
    return 0;
}

int book_close(void **state)
{
    struct book *book = *state;
    for (size_t i = 0; i < book->view_count; i++) {
        indicator_free(&book->views[i]);
    }
    ledger_close(&book->ledger);
    free(book);
    return 0;
}

struct indicator_figure book_figure_of(const struct indicators *view, const char *name)
{
    for (size_t i = 0; i < indicator_count(); i++) {
        const struct indicator_definition *definition = indicator_definition(i);
        char text[64];
        (void)snprintf(text, sizeof text, "%s%s%s", definition->code,
                       definition->part == NULL ? "" : " ",
                       definition->part == NULL ? "" : definition->part);
        if (strcmp(text, name) == 0) {
            struct indicator_figure figure;
            indicator_read(view, i, &figure);
            return figure;
        }
    }
    fail_msg("no figure %s", name);
    return (struct indicator_figure){0};
}

void book_check_view(const struct indicators *view, const char *name, int64_t numerator,
                     int64_t denominator)
{
    const struct indicator_figure figure = book_figure_of(view, name);
    if (figure.numerator != numerator || figure.denominator != denominator) {
        fail_msg("%s is %lld / %lld, not %lld / %lld", name, (long long)figure.numerator,
                 (long long)figure.denominator, (long long)numerator,
                 (long long)denominator);
    }
    assert_int_equal(figure.has_value, denominator != 0);
    assert_false(figure.suppressed);
}

void book_check(const struct book *book, const char *name, int64_t numerator,
                int64_t denominator)
{
    book_check_view(book->views[0], name, numerator, denominator);
}

/* ---- steps that the ledger does not have ---- */

void book_pass_time(struct book *book, int64_t ms)
{
    book->ledger.now_ms += ms;
}

/* An event with its body; edge T_NONE: a side event. */
void book_emit(struct book *book, struct kase *kase, enum transition edge, unsigned type,
               const ProtobufCMessage *body)
{
    struct turn *turn = book->ledger.open;
    Sanji__Envelope *envelope = turn_event(turn, kase, kase->last_seq);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&sanji__envelope__descriptor, type);
    memcpy((uint8_t *)envelope + field->offset, &body, sizeof(body));
    envelope->body_case = (Sanji__Envelope__BodyCase)type;
    turn_emit(turn, &(struct emission){.kase = kase, .edge = edge, .envelope = envelope});
}

void book_write_one(struct book *book, struct kase *kase, enum transition edge,
                    unsigned type, const ProtobufCMessage *body)
{
    ledger_turn(&book->ledger, vocab_event_owner(type));
    book_emit(book, kase, edge, type, body);
    ledger_commit(&book->ledger);
}

struct kase *book_receive_from(struct book *book, Sanji__Source source, const char *area,
                               Sanji__MsgStatus status, int64_t observed_ms)
{
    struct ledger *ledger = &book->ledger;
    struct turn *turn = ledger_turn(ledger, OWNER_INTAKE);
    const uint64_t key = ledger_next_key(ledger);
    struct org_path path = {0};
    assert_int_equal(org_parse(area, &path), STATUS_OK);
    Sanji__CaseReceived body = SANJI__CASE_RECEIVED__INIT;
    body.source = source;
    body.source_system = turn_text(turn, "ehsy");
    body.clock_reason = book->clock_reason;
    Sanji__Envelope *envelope = turn_event(turn, NULL, 0);
    turn_set_area(turn, envelope, path);
    turn_set_holder(turn, envelope, org_subdistrict(path), TIER_SUBDISTRICT);
    turn_set_owner(turn, envelope, org_community(path));
    envelope->severity = SANJI__SEVERITY__SEVERITY_S3;
    envelope->category = turn_text(turn, "03001");
    envelope->status = status;
    envelope->occurred_at_ms = observed_ms;
    envelope->body_case = SANJI__ENVELOPE__BODY_CASE_RECEIVED;
    envelope->case_received = &body;
    turn_emit(turn,
              &(struct emission){.edge = T01, .envelope = envelope, .new_case_key = key});
    ledger_commit(ledger);
    return world_case(ledger->world, key);
}

struct kase *book_receive(struct book *book)
{
    return ledger_receive(&book->ledger, BOOK_GRID, SEVERITY_S3, 3001);
}

void book_self_handle(struct book *book, struct kase *kase)
{
    Sanji__CaseSelfHandled body = SANJI__CASE_SELF_HANDLED__INIT;
    body.resolution = SANJI__RESOLUTION__RESOLUTION_SELF_HANDLED;
    book_write_one(book, kase, T07, EVENT_CASE_SELF_HANDLED, &body.base);
}

void book_check_case(struct book *book, struct kase *kase, bool passed)
{
    Sanji__CheckCompleted body = SANJI__CHECK_COMPLETED__INIT;
    body.passed = passed;
    book_write_one(book, kase, passed ? T21 : T20, EVENT_CHECK_COMPLETED, &body.base);
}

void book_close_after(struct book *book, struct kase *kase, unsigned first,
                      const ProtobufCMessage *first_body)
{
    Sanji__CaseClosed body = SANJI__CASE_CLOSED__INIT;
    body.local = kase->resolver_tier != TIER_MUNICIPAL;
    body.in_time = !kase->resolve_missed;
    body.resolution = (Sanji__Resolution)kase->resolution;
    ledger_turn(&book->ledger, OWNER_INTAKE);
    book_emit(book, kase, T_NONE, first, first_body);
    book_emit(book, kase, first == EVENT_CHECK_COMPLETED ? T22 : T23, EVENT_CASE_CLOSED,
              &body.base);
    ledger_commit(&book->ledger);
}

/* RESOLVED -> CLOSED, nobody asked. */
void book_close_case(struct book *book, struct kase *kase)
{
    Sanji__CheckCompleted body = SANJI__CHECK_COMPLETED__INIT;
    body.passed = true;
    book_close_after(book, kase, EVENT_CHECK_COMPLETED, &body.base);
}

/* REVISIT -> CLOSED. */
void book_close_answered(struct book *book, struct kase *kase, Sanji__Satisfaction result,
                         bool is_solved)
{
    Sanji__RevisitCompleted body = SANJI__REVISIT_COMPLETED__INIT;
    body.result = result;
    body.solved = is_solved;
    book_close_after(book, kase, EVENT_REVISIT_COMPLETED, &body.base);
}

void book_fire(struct book *book, struct kase *kase, enum timer_kind kind, bool again)
{
    const struct case_timer *timer = case_timer(kase, kind, kind == TIMER_ACK);
    assert_non_null(timer);
    struct turn *turn = ledger_turn(&book->ledger, vocab_timer_owner(kind));
    turn_timer_fired(turn, kase, timer, NULL, 0, again);
    ledger_commit(&book->ledger);
}

void book_escalate(struct book *book, struct kase *kase, Sanji__EscalationCause cause)
{
    Sanji__CaseEscalated body = SANJI__CASE_ESCALATED__INIT;
    body.cause = cause;
    book_write_one(book, kase, T15, EVENT_CASE_ESCALATED, &body.base);
}

void book_inform(struct book *book, struct kase *kase)
{
    Sanji__ReporterInformed body = SANJI__REPORTER_INFORMED__INIT;
    book_write_one(book, kase, T_NONE, EVENT_REPORTER_INFORMED, &body.base);
}

void book_reject(struct book *book, struct kase *kase)
{
    ledger_move(&book->ledger, kase, T06);
}

/* A case as far as RESOLVED, all at once. */
struct kase *book_resolve(struct book *book)
{
    return ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_RESOLVED);
}

struct kase *book_hand_upstream(struct book *book)
{
    struct kase *kase = ledger_case(&book->ledger, SEVERITY_S3, 3001, STATE_ASSIGNING);
    ledger_move(&book->ledger, kase, T16);
    return kase;
}

void book_finish_upstream(struct book *book, struct kase *kase)
{
    Sanji__UpstreamUpdated body = SANJI__UPSTREAM_UPDATED__INIT;
    body.kind = SANJI__UPSTREAM_UPDATE__UPSTREAM_UPDATE_DONE;
    body.resolution = SANJI__RESOLUTION__RESOLUTION_FIXED;
    book_write_one(book, kase, T18, EVENT_UPSTREAM_UPDATED, &body.base);
}
