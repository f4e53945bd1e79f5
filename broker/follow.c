/* follow.c: one scan of the log for each message that goes out. */
#include "broker/follow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/credit.h"
#include "broker/keeper.h"
#include "broker/match.h"
#include "broker/reply.h"
#include "broker/runtime/diag.h"
#include "broker/runtime/loop.h"

enum {
    // A message ends with the record that reaches RECORDS_MESSAGE_BYTES.
    BUFFER_SIZE = RECORDS_MESSAGE_BYTES + RECORD_FRAME_SIZE + RECORD_SIZE_MAX,
    // A look at a header that does not match, in bytes of a turn's bound.
    LOOK_BYTES = 64,
    LOOKED_MAX = FOLLOW_TURN_BYTES / LOOK_BYTES / 4
};

static_assert((int)BUFFER_SIZE <= (int)MESSAGE_SIZE_MAX, "it fits a message");

struct follow {
    struct session *session;
    uint32_t no;
    struct match match;
    struct credit credit;
    uint64_t next;   // the next to look at
    uint64_t told;   // the follower knows of everything up to here
    int64_t told_ms; // steady
    size_t at;       // in follows->all
    struct follow *next_of_session;
};

struct follows {
    size_t count;
    size_t turn; // who begins
    struct follow *all[FOLLOWERS_MAX];
    uint8_t buffer[BUFFER_SIZE];
};

struct collected {
    uint8_t *out;
    size_t size;
    uint64_t count;
    uint64_t records_left;
    uint64_t bytes_left;
};

struct follows *follows_new(void)
{
    struct follows *follows = calloc(1, sizeof(*follows));
    if (follows == NULL) {
        abort();
    }
    return follows;
}

void follows_free(struct follows **follows)
{
    if (*follows == NULL) {
        return;
    }
    for (size_t i = 0; i < (*follows)->count; i++) {
        free((*follows)->all[i]);
    }
    free(*follows);
    *follows = NULL;
}

size_t follows_count(const struct follows *follows)
{
    return follows->count;
}

// ---- open and close -----------------------------------------------------------------------

static struct follow **find_link(struct session *session, uint32_t no)
{
    struct follow **link = &session->follows;
    while (*link != NULL && (*link)->no != no) {
        link = &(*link)->next_of_session;
    }
    return link;
}

static void refuse(struct keeper *keeper, struct session *session, enum status status,
                   uint32_t follow_no, const char *text)
{
    struct reply_refusal refusal = {.status = status, .follow_no = follow_no, .text = text};
    reply_refuse(keeper, session, &refusal);
}

// Where a durable reader goes on: behind what it has committed, or where it says that a new
// one begins (the first record, unless it names another).
static enum status find_durable(struct keeper *keeper, const Sanji__Follow *asked,
                                uint64_t *next)
{
    uint64_t seq = 0;
    enum status status = log_reader_get(keeper->log, asked->durable, &seq);
    if (status == STATUS_NOT_FOUND && asked->durable[0] != '\0' &&
        strlen(asked->durable) < LOG_NAME_SIZE_MAX) {
        *next = asked->seq != 0 ? asked->seq : 1;
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        *next = seq + 1;
    }
    return status == STATUS_NOT_FOUND ? STATUS_INVALID : status;
}

static enum status find_start(struct keeper *keeper, const Sanji__Follow *asked,
                              uint64_t *next)
{
    switch (asked->from) {
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_FIRST:
        *next = 1;
        return STATUS_OK;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_NEXT:
        *next = keeper->head + 1;
        return STATUS_OK;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_SEQ:
        *next = asked->seq;
        return asked->seq != 0 ? STATUS_OK : STATUS_INVALID;
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_TIME:
        return log_find_time(keeper->log, asked->time_ms, next);
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE:
        return find_durable(keeper, asked, next);
    case SANJI__FOLLOW_FROM__FOLLOW_FROM_UNSPECIFIED:
    case _SANJI__FOLLOW_FROM_IS_INT_SIZE:
    default:
        return STATUS_INVALID;
    }
}

static size_t count_of(const struct session *session)
{
    size_t count = 0;
    for (const struct follow *follow = session->follows; follow != NULL;
         follow = follow->next_of_session) {
        count++;
    }
    return count;
}

static enum status prepare(struct keeper *keeper, struct session *session,
                           const Sanji__Follow *asked, struct follow *follow,
                           const char **text)
{
    *text = "follow_no";
    if (asked->follow_no == 0 || *find_link(session, asked->follow_no) != NULL) {
        return STATUS_INVALID;
    }
    *text = NULL;
    if (keeper->follows->count == FOLLOWERS_MAX ||
        count_of(session) == FOLLOWS_OF_SESSION_MAX) {
        return STATUS_LIMIT;
    }
    enum status status = match_compile(asked->filter, keeper->place, &follow->match, text);
    if (status != STATUS_OK) {
        return status;
    }
    *text = "credit";
    status = credit_grant(&follow->credit, asked->credit_records, asked->credit_bytes);
    if (status != STATUS_OK) {
        return status;
    }
    *text = "from";
    status = find_start(keeper, asked, &follow->next);
    if (status == STATUS_OK && follow->next > keeper->head + 1) {
        return STATUS_AHEAD;
    }
    return status;
}

static void send_range(struct keeper *keeper, struct follow *follow,
                       const struct collected *collected);

// A time or a name may lead behind the head. The follower cannot know that, so an empty range
// tells where he stands; without it, one who wants to stop at the head would wait for ever.
static void tell_start(struct keeper *keeper, struct follow *follow, Sanji__FollowFrom from)
{
    struct collected nothing = {.out = keeper->follows->buffer};
    bool is_by_seq = from != SANJI__FOLLOW_FROM__FOLLOW_FROM_TIME &&
                     from != SANJI__FOLLOW_FROM__FOLLOW_FROM_DURABLE;
    if (!is_by_seq && follow->next > keeper->head) {
        send_range(keeper, follow, &nothing);
    }
}

void follow_open(struct keeper *keeper, struct session *session, const Sanji__Follow *asked)
{
    struct follow opened = {.session = session, .no = asked->follow_no};
    const char *text = NULL;
    enum status status = prepare(keeper, session, asked, &opened, &text);
    if (status != STATUS_OK) {
        refuse(keeper, session, status, asked->follow_no, text);
        return;
    }
    struct follow *follow = malloc(sizeof(*follow));
    if (follow == NULL) {
        abort(); // FOLLOWERS_MAX of them are small
    }
    *follow = opened;
    follow->told = follow->next - 1;
    follow->at = keeper->follows->count;
    follow->next_of_session = session->follows;
    session->follows = follow;
    keeper->follows->all[follow->at] = follow;
    keeper->follows->count++;
    tell_start(keeper, follow, asked->from);
}

static void close_link(struct keeper *keeper, struct follow **link)
{
    struct follow *follow = *link;
    struct follows *follows = keeper->follows;
    *link = follow->next_of_session;
    follows->count--;
    follows->all[follow->at] = follows->all[follows->count];
    follows->all[follow->at]->at = follow->at;
    free(follow);
}

void follow_close(struct keeper *keeper, struct session *session, uint32_t follow_no)
{
    struct follow **link = find_link(session, follow_no);
    if (*link != NULL) {
        close_link(keeper, link);
    }
}

void follow_close_all(struct keeper *keeper, struct session *session)
{
    while (session->follows != NULL) {
        close_link(keeper, &session->follows);
    }
}

void follow_credit(struct keeper *keeper, struct session *session,
                   const Sanji__Credit *credit)
{
    struct follow *follow = *find_link(session, credit->follow_no);
    if (follow == NULL) {
        return; // of a follow that was just refused or closed
    }
    enum status status = credit_grant(&follow->credit, credit->records, credit->bytes);
    if (status != STATUS_OK) {
        refuse(keeper, session, status, credit->follow_no, "credit");
    }
}

// ---- sending ------------------------------------------------------------------------------

static bool collect(void *context, const struct record *record)
{
    struct collected *collected = context;
    collected->size += record_write(collected->out + collected->size, record->seq,
                                    &record->header, record->envelope);
    collected->count++;
    return collected->size < RECORDS_MESSAGE_BYTES &&
           collected->size < collected->bytes_left &&
           collected->count < collected->records_left;
}

static void send_range(struct keeper *keeper, struct follow *follow,
                       const struct collected *collected)
{
    Sanji__Records head = SANJI__RECORDS__INIT;
    head.follow_no = follow->no;
    head.from = follow->told + 1;
    head.upto = follow->next - 1;
    head.count = (uint32_t)collected->count;
    head.head = keeper->head;
    reply_send_records(keeper, follow->session, &head,
                       (struct bytes){.data = collected->out, .size = collected->size});
    credit_spend(&follow->credit, collected->count, collected->size);
    follow->told = follow->next - 1;
    follow->told_ms = loop_steady_ms();
}

static void give_up(struct keeper *keeper, struct follow *follow, enum status status)
{
    struct session *session = follow->session;
    struct reply_refusal refusal = {
        .status = status, .follow_no = follow->no, .seq = follow->next};
    diag_say(DIAG_EV_CORRUPT, "seq=%llu status=%s", (unsigned long long)follow->next,
             status_name(status));
    reply_refuse(keeper, session, &refusal);
    follow_close(keeper, session, follow->no);
}

static bool has_work(const struct keeper *keeper, const struct follow *follow)
{
    return follow->next <= keeper->head && credit_is_left(&follow->credit) &&
           !follow->session->is_broken;
}

// Returns what it took of the turn's bytes. The follow may be gone afterwards.
static size_t send_some(struct keeper *keeper, struct follow *follow)
{
    struct collected collected = {.out = keeper->follows->buffer,
                                  .records_left = credit_records_left(&follow->credit),
                                  .bytes_left = follow->credit.granted_bytes -
                                                follow->credit.sent_bytes};
    uint64_t first = follow->next;
    uint64_t next = first;
    enum status status = log_scan(keeper->log, first, keeper->head, LOOKED_MAX,
                                  follow->match.is_all ? NULL : match_header,
                                  &follow->match, collect, &collected, &next);
    if (status != STATUS_IO) {
        follow->next = next;
    }
    if (collected.count != 0) {
        send_range(keeper, follow, &collected);
    }
    if (status != STATUS_OK) {
        give_up(keeper, follow, status);
    }
    return collected.size + (size_t)(next - first) * LOOK_BYTES;
}

// True: somebody could still be sent something.
static bool pump_round(struct keeper *keeper, size_t *left)
{
    struct follows *follows = keeper->follows;
    bool has_more = false;
    size_t count = follows->count;
    for (size_t i = 0; i < count && follows->count != 0; i++) {
        follows->turn = follows->turn < follows->count ? follows->turn : 0;
        struct follow *follow = follows->all[follows->turn];
        follows->turn++;
        if (!has_work(keeper, follow)) {
            continue;
        }
        if (*left == 0) {
            follows->turn--;
            return true;
        }
        size_t took = send_some(keeper, follow);
        *left -= took < *left ? took : *left;
        has_more = true; // asked again in the next round
    }
    return has_more;
}

void follow_pump(struct keeper *keeper)
{
    size_t left = FOLLOW_TURN_BYTES;
    while (pump_round(keeper, &left)) {
        if (left == 0) {
            loop_again(keeper->loop);
            return;
        }
    }
}

void follow_tell_ranges(struct keeper *keeper)
{
    struct follows *follows = keeper->follows;
    struct collected nothing = {.out = follows->buffer};
    int64_t now_ms = loop_steady_ms();
    for (size_t i = 0; i < follows->count; i++) {
        struct follow *follow = follows->all[i];
        bool is_news = follow->next > follow->told + 1 && follow->next == keeper->head + 1;
        if (is_news && now_ms - follow->told_ms >= FOLLOW_RANGE_MS &&
            !follow->session->is_broken) {
            send_range(keeper, follow, &nothing);
        }
    }
}

bool follow_is_caught_up(const struct keeper *keeper, const struct session *session)
{
    for (const struct follow *follow = session->follows; follow != NULL;
         follow = follow->next_of_session) {
        if (follow->next <= keeper->head) {
            return false;
        }
    }
    return true;
}
