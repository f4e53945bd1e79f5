/* topic.c: fixed widths, from the header where it has the field, else from the envelope. */
#include "broker/topic.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/id.h"
#include "proto/org.h"
#include "proto/vocab.h"

static const char letters[TOPIC_VIEW_COUNT] = {'a', 't', 'm', 'k', 'e'};
static const char stub_category[] = "99000";
static const char no_category[] = "00000";
static const char no_team[] = "0000";

static bool is_restricted(const struct record_header *header)
{
    return (header->flags & RECORD_RESTRICTED) != 0;
}

enum topic_view topic_view(char letter)
{
    enum topic_view view = TOPIC_AREA;
    while (view < TOPIC_VIEW_COUNT && letters[view] != letter) {
        view++;
    }
    return view;
}

// False: no path, or one that is not well-formed. A stub says the community and no more.
static bool print_path(const struct record_header *header, const char *text,
                       char full[ORG_TEXT_SIZE])
{
    struct org_path path = {0};
    bool is_there = text[0] != '\0' && org_parse(text, &path) == STATUS_OK;
    if (is_there && is_restricted(header) && org_depth(path) < TIER_COMMUNITY) {
        path = org_community(path);
    }
    (void)org_print_full(path, full); // returns full
    return is_there;
}

static const char *event_code(const struct record_header *header)
{
    const char *code = vocab_event_code(header->type);
    return code != NULL ? code : "unkn";
}

static const char *category_of(const struct record_header *header,
                               const Sanji__Envelope *envelope)
{
    uint32_t category = 0;
    if (is_restricted(header)) {
        return stub_category;
    }
    // Another author's text has the width of a category or is not shown.
    return id_category_parse(envelope->category, &category) == STATUS_OK
               ? envelope->category
               : no_category;
}

static bool print_area(const struct record_header *header, const Sanji__Envelope *envelope,
                       char text[TOPIC_SIZE])
{
    char path[ORG_TEXT_SIZE];
    if (!print_path(header, envelope->area, path)) {
        return false;
    }
    int size = snprintf(text, TOPIC_SIZE, "a.%s.%u.%s.%s.", path, header->severity % 10U,
                        category_of(header, envelope), event_code(header));
    return size > 0 && size < TOPIC_SIZE;
}

static bool print_tier(const struct record_header *header, const Sanji__Envelope *envelope,
                       char text[TOPIC_SIZE])
{
    char path[ORG_TEXT_SIZE];
    if (header->tier == TIER_NONE || !print_path(header, envelope->holder, path)) {
        return false;
    }
    int size = snprintf(text, TOPIC_SIZE, "t.%u.%s.%u.%s.", header->tier % 10U, path,
                        header->severity % 10U, event_code(header));
    return size > 0 && size < TOPIC_SIZE;
}

static bool print_team(const struct record_header *header, char text[TOPIC_SIZE])
{
    char team[TEAM_SIZE];
    uint32_t worker = is_restricted(header) ? 0 : header->worker;
    if (header->team == 0 && header->worker == 0) {
        return false;
    }
    (void)id_team_print(header->team, team); // returns team
    int size = snprintf(text, TOPIC_SIZE, "m.%.*s%s.W%05u.%u.%s.",
                        (int)(sizeof(no_team) - 1 - strlen(team)), no_team, team,
                        worker % 100000U, header->severity % 10U, event_code(header));
    return size > 0 && size < TOPIC_SIZE;
}

static bool print_case(const struct record_header *header, const Sanji__Envelope *envelope,
                       char text[TOPIC_SIZE])
{
    uint32_t place = 0;
    uint64_t case_key = 0;
    char case_no[CASE_NO_SIZE];
    if (header->case_key == 0 ||
        id_case_parse(envelope->case_no, &place, &case_key) != STATUS_OK) {
        return false;
    }
    int size = snprintf(text, TOPIC_SIZE, "k.%s.%s.",
                        id_case_print(place, case_key, case_no), event_code(header));
    return size > 0 && size < TOPIC_SIZE;
}

static bool print_event(const struct record_header *header, const Sanji__Envelope *envelope,
                        char text[TOPIC_SIZE])
{
    char path[ORG_TEXT_SIZE];
    (void)print_path(header, envelope->area, path); // zeros where there is none
    int size = snprintf(text, TOPIC_SIZE, "e.%s.%u.%s.", event_code(header),
                        header->severity % 10U, path);
    return size > 0 && size < TOPIC_SIZE;
}

bool topic_print(enum topic_view view, const struct record_header *header,
                 const Sanji__Envelope *envelope, char text[TOPIC_SIZE])
{
    switch (view) {
    case TOPIC_AREA:
        return print_area(header, envelope, text);
    case TOPIC_TIER:
        return print_tier(header, envelope, text);
    case TOPIC_TEAM:
        return print_team(header, text);
    case TOPIC_CASE:
        return print_case(header, envelope, text);
    case TOPIC_EVENT:
        return print_event(header, envelope, text);
    case TOPIC_VIEW_COUNT:
        break;
    }
    assert(0 && "a view");
    return false;
}
