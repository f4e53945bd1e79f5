/* vocab.c: the tables of vocab.h, looked up by number and by name.
 *
 * An event's name is that of its message in event.proto, so it is read from the descriptor
 * and not written a second time.
 */
#include "proto/vocab.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "event.pb-c.h"

enum {
    EVENT_MAX = UINT8_MAX // a record's type is one byte
};

struct event_row {
    const char *code;
    const char *zh;
    enum owner owner;
};

static const struct event_row events[EVENT_MAX + 1] = {
#define X(name, number, code, owner, zh) [number] = {code, zh, owner},
    VOCAB_EVENTS(X)
#undef X
};

struct state_row {
    const char *name;
    const char *zh;
    const char *en;
};

static const struct state_row states[STATE_COUNT] = {
#define X(name, number, zh, en) [number] = {#name, zh, en},
    VOCAB_STATES(X)
#undef X
};

struct timer_row {
    const char *name;
    const char *zh;
    enum owner owner;
};

static const struct timer_row timers[TIMER_COUNT] = {
#define X(name, number, owner, zh) [number] = {#name, zh, owner},
    VOCAB_TIMERS(X)
#undef X
};

struct statement_row {
    const char *zh;
    enum owner decider;
};

static const struct statement_row statements[SAY_COUNT] = {
#define X(name, number, decider, zh) [number] = {zh, decider},
    VOCAB_STATEMENTS(X)
#undef X
};

// The preprocessor cannot write small letters; test_vocab.c holds these to the descriptor.
static const char *const statement_names[SAY_COUNT] = {
    [SAY_ACCEPT] = "accept",
    [SAY_REJECT] = "reject",
    [SAY_VERIFY] = "verify",
    [SAY_VERIFIED] = "verified",
    [SAY_CHECK] = "check",
    [SAY_REVISIT] = "revisit",
    [SAY_MERGE] = "merge",
    [SAY_UNMERGE] = "unmerge",
    [SAY_CANCEL] = "cancel",
    [SAY_REOPEN] = "reopen",
    [SAY_INFORMED] = "informed",
    [SAY_NOTE] = "note",
    [SAY_READ] = "read",
    [SAY_ERASE] = "erase",
    [SAY_ROUTE] = "route",
    [SAY_ESCALATE] = "escalate",
    [SAY_RETURN] = "return",
    [SAY_EXTEND] = "extend",
    [SAY_SUSPEND] = "suspend",
    [SAY_DECIDE] = "decide",
    [SAY_RESUME] = "resume",
    [SAY_UPSTREAM] = "upstream",
    [SAY_UPSTREAM_UPDATE] = "upstream_update",
    [SAY_TAKE_BACK] = "take_back",
    [SAY_ASSIST] = "assist",
    [SAY_ASSIST_JOINED] = "assist_joined",
    [SAY_ASSIST_DONE] = "assist_done",
    [SAY_URGE] = "urge",
    [SAY_SUPERVISE] = "supervise",
    [SAY_LIFT] = "lift",
    [SAY_SEVERITY] = "severity",
    [SAY_RECLASSIFY] = "reclassify",
    [SAY_APPEAL] = "appeal",
    [SAY_OFFER] = "offer",
    [SAY_ACK] = "ack",
    [SAY_DECLINE] = "decline",
    [SAY_RECALL] = "recall",
    [SAY_ARRIVE] = "arrive",
    [SAY_PROGRESS] = "progress",
    [SAY_RESOLVE] = "resolve",
    [SAY_DUTY] = "duty",
    [SAY_COVERAGE] = "coverage",
    [SAY_WORKLOG] = "worklog",
};

struct word {
    const char *name;
    const char *zh;
};

static const struct word roles[ROLE_COUNT] = {
#define X(name, number, zh) [number] = {#name, zh},
    VOCAB_ROLES(X)
#undef X
};

static const struct word filters[FILTER_COUNT] = {
#define X(name, number, zh) [number] = {#name, zh},
    VOCAB_FILTERS(X)
#undef X
};

static const char *const owner_names[] = {
    [OWNER_BROKER] = "broker",         [OWNER_INTAKE] = "intake",
    [OWNER_ESCALATION] = "escalation", [OWNER_DISPATCH] = "dispatch",
    [OWNER_AUDIT] = "audit",           [OWNER_BY_KIND] = NULL,
};

const char *vocab_event_name(unsigned type)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(&sanji__envelope__descriptor, type);
    if (field == NULL || (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0) {
        return NULL;
    }
    const ProtobufCMessageDescriptor *body = field->descriptor;
    return body->short_name;
}

const char *vocab_event_code(unsigned type)
{
    return type <= EVENT_MAX ? events[type].code : NULL;
}

const char *vocab_event_zh(unsigned type)
{
    return type <= EVENT_MAX ? events[type].zh : NULL;
}

const char *vocab_state_name(unsigned state)
{
    return state < STATE_COUNT ? states[state].name : NULL;
}

const char *vocab_state_zh(unsigned state)
{
    return state < STATE_COUNT ? states[state].zh : NULL;
}

const char *vocab_state_en(unsigned state)
{
    return state < STATE_COUNT ? states[state].en : NULL;
}

const char *vocab_timer_name(unsigned kind)
{
    return kind < TIMER_COUNT ? timers[kind].name : NULL;
}

const char *vocab_timer_zh(unsigned kind)
{
    return kind < TIMER_COUNT ? timers[kind].zh : NULL;
}

const char *vocab_statement_name(unsigned kind)
{
    return kind < SAY_COUNT ? statement_names[kind] : NULL;
}

const char *vocab_statement_zh(unsigned kind)
{
    return kind < SAY_COUNT ? statements[kind].zh : NULL;
}

const char *vocab_role_name(unsigned role)
{
    return role < ROLE_COUNT ? roles[role].name : NULL;
}

const char *vocab_role_zh(unsigned role)
{
    return role < ROLE_COUNT ? roles[role].zh : NULL;
}

const char *vocab_filter_name(unsigned filter)
{
    return filter < FILTER_COUNT ? filters[filter].name : NULL;
}

const char *vocab_filter_zh(unsigned filter)
{
    return filter < FILTER_COUNT ? filters[filter].zh : NULL;
}

const char *vocab_owner_name(enum owner owner)
{
    size_t index = (size_t)owner;
    return index < sizeof owner_names / sizeof owner_names[0] ? owner_names[index] : NULL;
}

// The first number below `count` that goes by `name`, or 0.
static unsigned find(const char *(*name_of)(unsigned), unsigned count, const char *name)
{
    assert(name != NULL);
    for (unsigned number = 1; number < count; number++) {
        const char *candidate = name_of(number);
        if (candidate != NULL && strcasecmp(candidate, name) == 0) {
            return number;
        }
    }
    return 0;
}

// "#60" stands for types that this version has no name for; so any byte will do.
static unsigned read_number(const char *digits)
{
    unsigned number = 0;
    for (const char *at = digits; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return 0;
        }
        number = number * 10 + (unsigned)(*at - '0');
        if (number > EVENT_MAX) {
            return 0;
        }
    }
    return number;
}

unsigned vocab_event_type(const char *name)
{
    assert(name != NULL);
    if (name[0] == '#') {
        return read_number(name + 1);
    }
    return find(vocab_event_name, EVENT_MAX + 1, name);
}

unsigned vocab_state(const char *name)
{
    return find(vocab_state_name, STATE_COUNT, name);
}

unsigned vocab_statement(const char *name)
{
    return find(vocab_statement_name, SAY_COUNT, name);
}

unsigned vocab_role(const char *name)
{
    return find(vocab_role_name, ROLE_COUNT, name);
}

enum owner vocab_owner(const char *writer_name)
{
    assert(writer_name != NULL);
    for (int owner = OWNER_BROKER; owner <= OWNER_AUDIT; owner++) {
        // A session's name, not a word that people type: its case matters.
        if (strcmp(owner_names[owner], writer_name) == 0) {
            return (enum owner)owner;
        }
    }
    return OWNER_NONE;
}

enum owner vocab_event_owner(unsigned type)
{
    return type <= EVENT_MAX ? events[type].owner : OWNER_NONE;
}

enum owner vocab_timer_owner(unsigned timer_kind)
{
    return timer_kind < TIMER_COUNT ? timers[timer_kind].owner : OWNER_NONE;
}

enum owner vocab_statement_decider(unsigned statement_kind)
{
    return statement_kind < SAY_COUNT ? statements[statement_kind].decider : OWNER_NONE;
}
