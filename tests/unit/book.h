/* book.h: histories of cases counted by hand: a ledger (tests/sim/ledger.h) and indicators that
 * see each of its records.
 *
 *     book_check(book, "I12 UPSTREAM", 1, 2);         numerator and denominator
 *
 * The ledger begins on Friday, 2020-08-14 10:00 +08. Category 03001 (S3) has 4 working
 * hours: what is received then is due at 16:00.
 */
#ifndef TESTS_UNIT_BOOK_H
#define TESTS_UNIT_BOOK_H

#include "broker/runtime/indicator.h"
#include "tests/sim/ledger.h"

#define BOOK_GRID "370499.003.01.001.B01"

enum {
    VIEWS_MAX = 4,
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE
};

struct book {
    struct ledger ledger;
    struct indicators *views[VIEWS_MAX]; /* [0]: everything, from first to last */
    size_t view_count;
    uint32_t clock_reason; /* of what is received next */
};

/* cmocka's set-up and tear-down: *state is the book. */
struct indicators *book_add_view(struct book *book, const char *scope, int64_t from_ms,
                                 int64_t to_ms);
int book_open(void **state);
int book_close(void **state);
struct indicator_figure book_figure_of(const struct indicators *view, const char *name);
void book_check_view(const struct indicators *view, const char *name, int64_t numerator,
                     int64_t denominator);
void book_check(const struct book *book, const char *name, int64_t numerator,
                int64_t denominator);
void book_pass_time(struct book *book, int64_t ms);
void book_emit(struct book *book, struct kase *kase, enum transition edge, unsigned type,
               const ProtobufCMessage *body);
void book_write_one(struct book *book, struct kase *kase, enum transition edge,
                    unsigned type, const ProtobufCMessage *body);
struct kase *book_receive_from(struct book *book, Sanji__Source source, const char *area,
                               Sanji__MsgStatus status, int64_t observed_ms);
struct kase *book_receive(struct book *book);
void book_self_handle(struct book *book, struct kase *kase);
void book_check_case(struct book *book, struct kase *kase, bool passed);
void book_close_after(struct book *book, struct kase *kase, unsigned first,
                      const ProtobufCMessage *first_body);
void book_close_case(struct book *book, struct kase *kase);
void book_close_answered(struct book *book, struct kase *kase, Sanji__Satisfaction result,
                         bool is_solved);
void book_fire(struct book *book, struct kase *kase, enum timer_kind kind, bool again);
void book_escalate(struct book *book, struct kase *kase, Sanji__EscalationCause cause);
void book_inform(struct book *book, struct kase *kase);
void book_reject(struct book *book, struct kase *kase);
struct kase *book_resolve(struct book *book);
struct kase *book_hand_upstream(struct book *book);
void book_finish_upstream(struct book *book, struct kase *kase);

#endif
