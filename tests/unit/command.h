/* command.h: the command command with the rules of deploy/, spoken to one statement at a time.
 *
 * After every record that is committed it is asserted of the case that
 *     each timer that its state must have is armed, or has fired
 *     supervision only rose, or was lifted by word; points never fell
 *     it was returned at most twice without a final decision
 *     RESOLVE is due when it was, if only the holder or the assignee changed
 */
#ifndef TESTS_UNIT_COMMAND_H
#define TESTS_UNIT_COMMAND_H

#include "tests/unit/speech.h"

#define COMMITTEE_DESK   "370499.003.01.001"
#define OTHER_DESK       "370499.003.01.002"
#define COMMUNITY_DESK   "370499.003.01"
#define SUBDISTRICT_DESK "370499.003"

struct command {
    struct ledger ledger;
    uint32_t count; /* records of the last turn */
};

struct refused {
    enum status status;
    const char *field; /* "": none */
};

/* cmocka's set-up and tear-down: *state is the command. 2020-08-14 10:00 +08, a Friday. */
int command_make(void **state);
int command_unmake(void **state);

/* A case of the first committee, brought by the rules as far as `upto`. */
struct kase *command_case(struct command *command, enum severity severity,
                          uint32_t category, enum case_state upto);
/* Says it and has it decided; returns how many records it led to. `fields` may be NULL. */
uint32_t command_say(struct command *command, struct kase *kase, enum statement_kind kind,
                     struct speaker speaker, const Sanji__StatementFields *fields);
/* The same, and it was refused like this. */
void command_refuses(struct command *command, struct kase *kase, enum statement_kind kind,
                     struct speaker speaker, const Sanji__StatementFields *fields,
                     struct refused how);
/* The timer is due: the time moves there. */
uint32_t command_due(struct command *command, struct kase *kase, enum timer_kind kind,
                     unsigned n);
/* Another stage's timer fires, told nobody, and the command looks. */
uint32_t command_other_fires(struct command *command, struct kase *kase,
                             enum timer_kind kind, bool again);
/* The i-th record of the last turn. */
const Sanji__Envelope *command_record(struct command *command, uint32_t i);
/* By `escalate`, until the tier is reached. */
void command_raise(struct command *command, struct kase *kase, enum org_tier tier);
/* An offer to W00007 is made and acked. */
void command_take(struct command *command, struct kase *kase);
void command_pass(struct command *command, int64_t ms);

/* A duty leader, a dispatcher, a grid chief of this desk. */
struct speaker command_leader(const char *desk);
struct speaker command_dispatcher(const char *desk);
struct speaker command_chief(const char *desk);
struct speaker command_reporter(void);
struct speaker command_platform(void);

char *command_text(const char *constant);
void command_at(const struct kase *kase, const char *desk);

#define COMMAND_TEST(name)                                                                 \
    cmocka_unit_test_setup_teardown(name, command_make, command_unmake)

#endif
