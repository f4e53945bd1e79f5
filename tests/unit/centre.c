/* centre.c: see centre.h. */
#include "tests/unit/centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    DAY_S = 24 * 3600
};

const struct speaker centre_desk = {ROLE_INTAKE_OPERATOR, "", SUBDISTRICT};
const struct speaker centre_leader = {ROLE_DUTY_LEADER, "", SUBDISTRICT};
const struct speaker centre_reporter = {ROLE_REPORTER, "", ""};

void centre_rules(struct small_rules *rules)
{
    static Sanji__Duplicates duplicates;
    static Sanji__Source devices[] = {SANJI__SOURCE__SOURCE_VIDEO,
                                      SANJI__SOURCE__SOURCE_IOT};
    sanji__duplicates__init(&duplicates);
    duplicates.window_s = 2 * DAY_S;
    duplicates.grid_points = 300;
    duplicates.minor_points = 200;
    duplicates.near_points = 250;
    duplicates.near_m = 50;
    duplicates.device_points = 400;
    duplicates.closed_points = 100;
    duplicates.closed_s = 7 * DAY_S;
    duplicates.listed_permille = 700;
    duplicates.listed_max = 3;
    duplicates.merged_permille = 950;
    duplicates.looked_at = 32;
    duplicates.devices = devices;
    duplicates.n_devices = sizeof devices / sizeof devices[0];
    rules->policy.duplicates = &duplicates;
    rules->policy.unmerge_s = 30 * DAY_S;
    rules->policy.burst_reports = 5;
    rules->policy.burst_s = 2 * 3600;
    rules->policy.verify_rounds = 2;
}

int centre_open(void **state)
{
    struct centre *centre = test_calloc(1, sizeof *centre);
    small_rules_open(&centre->rules);
    ledger_open(&centre->ledger);
    small_rules_category(&centre->rules, "02003", SEVERITY_S1, "g");
    small_rules_category(&centre->rules, "02001", SEVERITY_S2, "g");
    small_rules_category(&centre->rules, "03001", SEVERITY_S3, "g");
    small_rules_category(&centre->rules, "03002", SEVERITY_S3, "g");
    small_rules_worker(&centre->rules, "W00002", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&centre->rules, "W00003", ROLE_FULLTIME, GRID_B01, "g");
    small_rules_worker(&centre->rules, "W00004", ROLE_FULLTIME, GRID_B02, "g");
    small_rules_worker(&centre->rules, "W00005", ROLE_GRID_CHIEF, GRID_B01, "g");
    centre_rules(&centre->rules);
    centre_publish(centre);
    *state = centre;
    return 0;
}

int centre_close(void **state)
{
    struct centre *centre = *state;
    ledger_close(&centre->ledger);
    small_rules_close(&centre->rules);
    test_free(centre);
    return 0;
}

void centre_publish(struct centre *centre)
{
    small_rules_publish(&centre->rules, centre->ledger.world);
}

char *centre_text(struct centre *centre, const char *text)
{
    return small_rules_text(&centre->rules, text);
}

uint32_t centre_decide(struct centre *centre)
{
    return speech_decide(&centre->ledger, &intake_ops, &centre->intake);
}

uint32_t centre_say(struct centre *centre, const struct kase *kase,
                    enum statement_kind kind, struct speaker speaker,
                    Sanji__StatementFields *fields)
{
    speech_say(&centre->ledger, kase, kind, speaker, fields);
    return centre_decide(centre);
}

uint32_t centre_due(struct centre *centre, struct kase *kase, enum timer_kind kind)
{
    return speech_due(&centre->ledger, &intake_ops, &centre->intake, kase, kind, 0);
}

const Sanji__Envelope *centre_record(struct centre *centre, uint32_t i)
{
    return speech_record(&centre->ledger, OWNER_INTAKE, i);
}

void centre_refused(struct centre *centre, enum status code, const char *field)
{
    const Sanji__Envelope *envelope = centre_record(centre, 0);
    assert_int_equal(envelope->body_case, SANJI__ENVELOPE__BODY_STATEMENT_REFUSED);
    assert_int_equal(envelope->statement_refused->code, code);
    assert_string_equal(envelope->statement_refused->field, field);
    assert_non_null(strstr(envelope->statement_refused->reason, " / "));
}
