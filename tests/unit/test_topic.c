/* test_topic.c: first frames of the live feed, letter by letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "broker/topic.h"
#include "proto/id.h"
#include "proto/org.h"
#include "proto/vocab.h"

static char area[] = "370499.003.01.001.B03";
static char holder[] = "370499.003.01.001";
static char category[] = "02001";
static char case_no[] = "37049900320200815000007";

static Sanji__Envelope an_envelope(void)
{
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    envelope.area = area;
    envelope.holder = holder;
    envelope.category = category;
    envelope.case_no = case_no;
    return envelope;
}

static struct record_header a_header(void)
{
    struct record_header header = {.type = EVENT_DISPATCH_OFFERED,
                                   .severity = SEVERITY_S2,
                                   .tier = TIER_COMMITTEE,
                                   .worker = 7,
                                   .case_key = UINT64_C(20200815000007)};
    assert_int_equal(id_team_parse("TB03", &header.team), STATUS_OK);
    return header;
}

static void has(enum topic_view view, const struct record_header *header,
                const Sanji__Envelope *envelope, const char *topic)
{
    char text[TOPIC_SIZE] = "";
    assert_int_equal(topic_print(view, header, envelope, text), topic != NULL);
    if (topic != NULL) {
        assert_string_equal(text, topic);
    }
}

static void every_view_has_its_fixed_widths(void **state)
{
    (void)state;
    Sanji__Envelope envelope = an_envelope();
    struct record_header header = a_header();
    has(TOPIC_AREA, &header, &envelope, "a.370499.003.01.001.B03.2.02001.offr.");
    has(TOPIC_TIER, &header, &envelope, "t.2.370499.003.01.001.000.2.offr.");
    has(TOPIC_TEAM, &header, &envelope, "m.TB03.W00007.2.offr.");
    has(TOPIC_CASE, &header, &envelope, "k.37049900320200815000007.offr.");
    has(TOPIC_EVENT, &header, &envelope, "e.offr.2.370499.003.01.001.B03.");
}

static void a_worker_without_a_team_is_found_below_0000(void **state)
{
    (void)state;
    Sanji__Envelope envelope = an_envelope();
    struct record_header header = a_header();
    header.team = 0;
    has(TOPIC_TEAM, &header, &envelope, "m.0000.W00007.2.offr.");
    header.worker = 0;
    has(TOPIC_TEAM, &header, &envelope, NULL);
}

static void a_restricted_record_is_a_stub(void **state)
{
    (void)state;
    Sanji__Envelope envelope = an_envelope();
    struct record_header header = a_header();
    header.flags = RECORD_RESTRICTED;
    has(TOPIC_AREA, &header, &envelope, "a.370499.003.01.000.000.2.99000.offr.");
    has(TOPIC_TIER, &header, &envelope, "t.2.370499.003.01.000.000.2.offr.");
    has(TOPIC_TEAM, &header, &envelope, "m.TB03.W00000.2.offr.");
    has(TOPIC_EVENT, &header, &envelope, "e.offr.2.370499.003.01.000.000.");
}

static void what_is_not_about_a_case_is_an_event_only(void **state)
{
    (void)state;
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    struct record_header header = {.type = EVENT_LOG_OPENED};
    has(TOPIC_AREA, &header, &envelope, NULL);
    has(TOPIC_TIER, &header, &envelope, NULL);
    has(TOPIC_TEAM, &header, &envelope, NULL);
    has(TOPIC_CASE, &header, &envelope, NULL);
    has(TOPIC_EVENT, &header, &envelope, "e.logo.0.000000.000.00.000.000.");
    header.type = 250;
    has(TOPIC_EVENT, &header, &envelope, "e.unkn.0.000000.000.00.000.000.");
}

static void texts_from_outside_never_stand_in_a_topic(void **state)
{
    (void)state;
    Sanji__Envelope envelope = an_envelope();
    struct record_header header = a_header();
    char bad[] = "x.y.z";
    envelope.area = bad;
    envelope.holder = bad;
    envelope.category = bad;
    envelope.case_no = bad;
    has(TOPIC_AREA, &header, &envelope, NULL);
    has(TOPIC_TIER, &header, &envelope, NULL);
    has(TOPIC_CASE, &header, &envelope, NULL);
    has(TOPIC_EVENT, &header, &envelope, "e.offr.2.000000.000.00.000.000.");
    envelope.area = area;
    has(TOPIC_AREA, &header, &envelope, "a.370499.003.01.001.B03.2.00000.offr.");
}

static void the_public_feed_is_one_prefix_of_events(void **state)
{
    (void)state;
    static char community[] = "370499.003.01";
    Sanji__Envelope envelope = SANJI__ENVELOPE__INIT;
    struct record_header header = {.type = EVENT_PUBLIC_NOTICE};
    envelope.area = community;
    has(TOPIC_EVENT, &header, &envelope, "e.pubn.0.370499.003.01.000.000.");
    has(TOPIC_AREA, &header, &envelope, "a.370499.003.01.000.000.0.00000.pubn.");
    has(TOPIC_CASE, &header, &envelope, NULL);
    has(TOPIC_TEAM, &header, &envelope, NULL);
}

static void letters_name_views(void **state)
{
    (void)state;
    assert_int_equal(topic_view('a'), TOPIC_AREA);
    assert_int_equal(topic_view('e'), TOPIC_EVENT);
    assert_int_equal(topic_view('!'), TOPIC_VIEW_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_view_has_its_fixed_widths),
        cmocka_unit_test(a_worker_without_a_team_is_found_below_0000),
        cmocka_unit_test(a_restricted_record_is_a_stub),
        cmocka_unit_test(what_is_not_about_a_case_is_an_event_only),
        cmocka_unit_test(texts_from_outside_never_stand_in_a_topic),
        cmocka_unit_test(the_public_feed_is_one_prefix_of_events),
        cmocka_unit_test(letters_name_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
