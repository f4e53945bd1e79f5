/* command.c: see command.h. */
#include "tests/unit/command.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/deploy_rules.h"
#include "workers/escalation/escalation.h"

static void fold_rules(struct world *world)
{
    for (int kind = SANJI__RULES_KIND__RULES_KIND_ORG;
         kind <= SANJI__RULES_KIND__RULES_KIND_LABELS; kind++) {
        uint32_t parts = 1;
        for (uint32_t part = 1; part <= parts; part++) {
            Sanji__RulesPublished published;
            parts = deploy_rules_part((Sanji__RulesKind)kind, part, &published);
            published.version = 2; // over what the ledger came with
            assert_int_equal(rules_fold(world_rules(world), &published), STATUS_OK);
        }
    }
}

/* ---- what holds after every record ---- */

static bool leaves_resolve(unsigned type)
{
    return type == EVENT_CASE_ROUTED || type == EVENT_CASE_ESCALATED ||
           type == EVENT_DECISION_REQUESTED || type == EVENT_DECISION_MADE ||
           type == EVENT_DISPATCH_OFFERED || type == EVENT_DISPATCH_ACKED ||
           type == EVENT_ASSIST_REQUESTED || type == EVENT_SUPERVISED ||
           type == EVENT_URGED;
}

static void hold(void *context, const struct record *record,
                 const Sanji__Envelope *envelope)
{
    struct command *command = context;
    struct kase *kase = world_case(command->ledger.world, record->header.case_key);
    const struct kase *before = world_before(command->ledger.world);
    if (kase == NULL || before == NULL) {
        return;
    }
    assert_int_equal(case_missing_timers(kase), 0);
    const bool lifted = envelope->body_case == SANJI__ENVELOPE__BODY_SUPERVISED &&
                        envelope->supervised->to == 0;
    assert_true(lifted || kase->supervise >= before->supervise);
    assert_true(kase->supervise_points >= before->supervise_points);
    assert_true(kase->returns <= 2 || kase->return_final);
    struct kase was = *before;
    const struct case_timer *old = case_timer(&was, TIMER_RESOLVE, 0);
    const struct case_timer *now = case_timer(kase, TIMER_RESOLVE, 0);
    if (leaves_resolve(envelope->body_case) && old != NULL) {
        assert_non_null(now);
        assert_true(now->due_ms == old->due_ms && now->state == old->state);
    }
}

int command_make(void **state)
{
    struct command *command = test_calloc(1, sizeof *command);
    ledger_open(&command->ledger);
    fold_rules(command->ledger.world);
    command->ledger.seen = hold;
    command->ledger.seen_context = command;
    *state = command;
    return 0;
}

int command_unmake(void **state)
{
    struct command *command = *state;
    ledger_close(&command->ledger);
    test_free(command);
    return 0;
}

/* ---- what is done ---- */

struct kase *command_case(struct command *command, enum severity severity,
                          uint32_t category, enum case_state upto)
{
    struct kase *kase =
        ledger_receive(&command->ledger, "370499.003.01.001.B01", severity, category);
    if (upto == STATE_RECEIVED) {
        return kase;
    }
    ledger_move(&command->ledger, kase, T05);
    command->count = speech_decide(&command->ledger, &escalation_ops, NULL);
    if (upto != STATE_ASSIGNING) {
        ledger_offer(&command->ledger, kase, 7, 30);
    }
    if (upto == STATE_IN_PROGRESS) {
        ledger_move(&command->ledger, kase, T10);
    }
    assert_int_equal(kase->state, upto);
    return kase;
}

uint32_t command_say(struct command *command, struct kase *kase, enum statement_kind kind,
                     struct speaker speaker, const Sanji__StatementFields *fields)
{
    Sanji__StatementFields copy = SANJI__STATEMENT_FIELDS__INIT;
    if (fields != NULL) {
        copy = *fields;
    }
    speech_say(&command->ledger, kase, kind, speaker, &copy);
    command->count = speech_decide(&command->ledger, &escalation_ops, NULL);
    return command->count;
}

void command_refuses(struct command *command, struct kase *kase, enum statement_kind kind,
                     struct speaker speaker, const Sanji__StatementFields *fields,
                     struct refused how)
{
    assert_int_equal(command_say(command, kase, kind, speaker, fields), 1);
    const Sanji__Envelope *answer = command_record(command, 0);
    assert_int_equal(answer->body_case, SANJI__ENVELOPE__BODY_STATEMENT_REFUSED);
    const Sanji__StatementRefused *refused = answer->statement_refused;
    assert_string_equal(refused->code_name, status_name(how.status));
    assert_string_equal(refused->field, how.field);
    assert_true(refused->reason[0] != '\0');
}

uint32_t command_due(struct command *command, struct kase *kase, enum timer_kind kind,
                     unsigned n)
{
    command->count = speech_due(&command->ledger, &escalation_ops, NULL, kase, kind, n);
    return command->count;
}

uint32_t command_other_fires(struct command *command, struct kase *kase,
                             enum timer_kind kind, bool again)
{
    const struct case_timer *timer = case_timer(kase, kind, 0);
    assert_non_null(timer);
    if (timer->due_ms > command->ledger.now_ms) {
        command->ledger.now_ms = timer->due_ms;
    }
    struct turn *turn = ledger_turn(&command->ledger, vocab_timer_owner(kind));
    turn_timer_fired(turn, kase, timer, NULL, 0, again);
    ledger_commit(&command->ledger);
    command->count = speech_decide(&command->ledger, &escalation_ops, NULL);
    return command->count;
}

const Sanji__Envelope *command_record(struct command *command, uint32_t i)
{
    return speech_record(&command->ledger, OWNER_ESCALATION, i);
}

void command_raise(struct command *command, struct kase *kase, enum org_tier tier)
{
    while (kase->tier < (unsigned)tier) {
        assert_int_equal(command_say(command, kase, SAY_ESCALATE,
                                     command_leader(SUBDISTRICT_DESK), NULL),
                         1);
        assert_int_equal(command_record(command, 0)->body_case,
                         SANJI__ENVELOPE__BODY_CASE_ESCALATED);
    }
}

void command_take(struct command *command, struct kase *kase)
{
    ledger_offer(&command->ledger, kase, 7, 30);
    ledger_move(&command->ledger, kase, T10);
}

void command_pass(struct command *command, int64_t ms)
{
    command->ledger.now_ms += ms;
}

struct speaker command_leader(const char *desk)
{
    return (struct speaker){ROLE_DUTY_LEADER, "", desk};
}

struct speaker command_dispatcher(const char *desk)
{
    return (struct speaker){ROLE_DISPATCHER, "", desk};
}

struct speaker command_chief(const char *desk)
{
    return (struct speaker){ROLE_GRID_CHIEF, "", desk};
}

struct speaker command_reporter(void)
{
    return (struct speaker){ROLE_REPORTER, "", ""};
}

struct speaker command_platform(void)
{
    return (struct speaker){ROLE_MUNICIPAL, "", ""};
}

char *command_text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

void command_at(const struct kase *kase, const char *desk)
{
    char text[ORG_TEXT_SIZE];
    assert_string_equal(org_print(kase->holder, text), desk);
}
