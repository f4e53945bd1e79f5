/* test_audit.c: what is found is written, once, whatever happens to the turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/sim/simlog.h"
#include "workers/audit/audit.h"

enum {
    SEEDS = 20,
    WRONG = 12 /* records without the worker that they name */
};

static int64_t start_ms = 1597593600000;

struct house {
    struct simlog *sim;
    struct audit audit;
    size_t number;
};

static void open_house(struct house *house, uint64_t seed)
{
    *house = (struct house){.number = 0};
    house->sim = simlog_new(&(struct simlog_options){
        .seed = seed, .now_ms = start_ms, .busy_permille = 300, .message_records = 3});
    audit_open(&house->audit);
    house->number = simlog_join(house->sim, &audit_ops, &house->audit);
}

static void close_house(struct house *house)
{
    simlog_free(&house->sim);
    audit_close(&house->audit);
}

static void put_duty_of(struct house *house, uint64_t cause_seq, uint32_t version)
{
    static char worker[] = "W00002";
    Sanji__DutyChanged body = SANJI__DUTY_CHANGED__INIT;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    body.worker = worker;
    envelope.schema_version = version;
    envelope.worker = worker;
    envelope.cause_seq = cause_seq;
    envelope.body_case = SANJI__ENVELOPE__BODY_DUTY_CHANGED;
    envelope.duty_changed = &body;
    (void)simlog_put(house->sim, &envelope); // its number is the head
}

static void put_duty(struct house *house, uint64_t cause_seq)
{
    put_duty_of(house, cause_seq, 1);
}

/* A cause that lies ahead: CHECK_CAUSE. */
static void put_wrong(struct house *house)
{
    put_duty(house, simlog_head(house->sim) + 1000);
}

static size_t findings(const struct house *house)
{
    size_t count = 0;
    for (uint64_t seq = 1; seq <= simlog_head(house->sim); seq++) {
        count += simlog_record(house->sim, seq)->header.type == EVENT_AUDIT_FOUND ? 1 : 0;
    }
    return count;
}

static void settle(struct house *house)
{
    simlog_set_now(house->sim, simlog_now_ms(house->sim) + 2000);
    assert_true(simlog_settle(house->sim));
}

static void a_sound_log_gets_no_finding(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 1);
    put_duty(&house, 0);
    settle(&house);
    assert_int_equal(findings(&house), 0);
    close_house(&house);
}

static void each_wrong_record_is_written_once_though_turns_are_refused(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct house house;
        open_house(&house, seed);
        for (int i = 0; i < WRONG; i++) {
            put_wrong(&house);
            put_duty(&house, 0);
            for (int step = 0; step < (int)(seed % 7); step++) {
                (void)simlog_step(house.sim); // nothing to move is fine
            }
            if (i % 4 == 1) {
                simlog_cut(house.sim, house.number);
            }
        }
        settle(&house);
        assert_int_equal(findings(&house), WRONG);
        assert_int_equal(house.audit.note_count, 0);
        close_house(&house);
    }
}

static void a_restart_writes_no_finding_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct house house;
        open_house(&house, seed);
        for (int i = 0; i < WRONG; i++) {
            put_wrong(&house);
            for (int step = 0; step < (int)(seed * 3 % 17); step++) {
                (void)simlog_step(house.sim); // as above
            }
            simlog_kill(house.sim, house.number);
            audit_close(&house.audit);
            house.audit = (struct audit){.process = NULL};
            audit_open(&house.audit);
            simlog_start(house.sim, house.number, &house.audit);
        }
        settle(&house);
        assert_int_equal(findings(&house), WRONG);
        close_house(&house);
    }
}

static void a_record_that_does_not_decode_is_written_with_the_next(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 5);
    put_duty_of(&house, 0, 0); // an envelope without its version
    settle(&house);
    put_duty(&house, 0);
    settle(&house);
    assert_int_equal(findings(&house), 1);
    put_duty(&house, 0);
    settle(&house);
    assert_int_equal(findings(&house), 1);
    close_house(&house);
}

/* What stands at a finding's number and what it says of it. */
static void a_finding_names_the_record_and_the_code(void **state)
{
    (void)state;
    struct house house;
    open_house(&house, 3);
    put_wrong(&house);
    const uint64_t wrong_seq = simlog_head(house.sim);
    settle(&house);
    uint64_t seq = simlog_head(house.sim);
    while (simlog_record(house.sim, seq)->header.type != EVENT_AUDIT_FOUND) {
        seq--;
    }
    assert_int_equal(simlog_record(house.sim, seq)->header.cause_seq, wrong_seq);
    assert_int_equal(simlog_record(house.sim, seq)->header.writer, OWNER_AUDIT);
    close_house(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_log_gets_no_finding),
        cmocka_unit_test(each_wrong_record_is_written_once_though_turns_are_refused),
        cmocka_unit_test(a_restart_writes_no_finding_again),
        cmocka_unit_test(a_record_that_does_not_decode_is_written_with_the_next),
        cmocka_unit_test(a_finding_names_the_record_and_the_code),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
