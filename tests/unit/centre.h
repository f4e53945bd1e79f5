/* centre.h: the supervision centre over a log in memory: what is said to it, what runs out, and
 * what it wrote. */
#ifndef TESTS_UNIT_CENTRE_H
#define TESTS_UNIT_CENTRE_H

#include "tests/unit/small_rules.h"
#include "tests/unit/speech.h"
#include "workers/intake/intake.h"

struct centre {
    struct small_rules rules;
    struct ledger ledger;
    struct intake intake;
};

/* An intake operator of the sub-district. */
extern const struct speaker centre_desk;
extern const struct speaker centre_leader;
extern const struct speaker centre_reporter;

/* Set-up and tear-down: categories 02003 (S1), 02001 (S2), 03001 and 03002 (S3); full-timers
 * W00002 and W00003 of grid B01, W00004 of B02, chief W00005 of B01. Rules of intake as they
 * are shipped. */
int centre_open(void **state);
int centre_close(void **state);
/* The rules of intake as they are shipped. */
void centre_rules(struct small_rules *rules);
/* After a change of the rules. */
void centre_publish(struct centre *centre);
char *centre_text(struct centre *centre, const char *text);

/* Each returns how many records it led to. */
uint32_t centre_say(struct centre *centre, const struct kase *kase,
                    enum statement_kind kind, struct speaker speaker,
                    Sanji__StatementFields *fields);
/* On the log's last record. */
uint32_t centre_decide(struct centre *centre);
uint32_t centre_due(struct centre *centre, struct kase *kase, enum timer_kind kind);

/* The i-th record of the last turn; good until the next call. */
const Sanji__Envelope *centre_record(struct centre *centre, uint32_t i);
/* The last turn wrote this refusal, with a reason in both languages. */
void centre_refused(struct centre *centre, enum status code, const char *field);

#endif
