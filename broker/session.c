/* session.c: a hash by peer, a dense list, and places that give numbers. */
#include "broker/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"
#include "proto/record.h"

enum {
    BUCKETS = 4096,
    PLACE_BITS = 13
};

static_assert(1 << PLACE_BITS >= SESSIONS_MAX, "a place's number fits");

struct sessions {
    size_t count;
    uint64_t serial;
    struct session *all[SESSIONS_MAX];
    struct session *places[SESSIONS_MAX]; // by the low bits of the number
    size_t free_place;                    // where the search for a free one begins
    struct session *buckets[BUCKETS];
};

struct sessions *sessions_new(void)
{
    struct sessions *sessions = calloc(1, sizeof(*sessions));
    if (sessions == NULL) {
        abort();
    }
    return sessions;
}

void sessions_free(struct sessions **freeing)
{
    struct sessions *sessions = *freeing;
    if (sessions == NULL) {
        return;
    }
    for (size_t i = 0; i < sessions->count; i++) {
        free(sessions->all[i]);
    }
    free(sessions);
    *freeing = NULL;
}

static size_t bucket_of(const struct socket_peer *peer)
{
    return crc32c(0, peer->id, peer->size) % BUCKETS;
}

static bool is_same(const struct socket_peer *a, const struct socket_peer *b)
{
    return a->size == b->size && memcmp(a->id, b->id, a->size) == 0;
}

static size_t take_place(struct sessions *sessions)
{
    size_t place = sessions->free_place;
    while (sessions->places[place] != NULL) {
        place = (place + 1) % SESSIONS_MAX;
    }
    sessions->free_place = (place + 1) % SESSIONS_MAX;
    return place;
}

struct session *sessions_add(struct sessions *sessions, const struct socket_peer *peer)
{
    assert(sessions_find(sessions, peer) == NULL);
    if (sessions->count == SESSIONS_MAX) {
        return NULL;
    }
    struct session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        abort(); // SESSIONS_MAX of them are small
    }
    size_t place = take_place(sessions);
    sessions->serial++;
    session->no = sessions->serial << PLACE_BITS | place;
    session->peer = *peer;
    session->participant = SESSION_NO_PARTICIPANT;
    session->at = sessions->count;
    sessions->all[sessions->count] = session;
    sessions->count++;
    sessions->places[place] = session;
    struct session **bucket = &sessions->buckets[bucket_of(peer)];
    session->next = *bucket;
    *bucket = session;
    return session;
}

void sessions_remove(struct sessions *sessions, struct session **removing)
{
    struct session *session = *removing;
    assert(session->follows == NULL);
    struct session **link = &sessions->buckets[bucket_of(&session->peer)];
    while (*link != session) {
        link = &(*link)->next;
    }
    *link = session->next;
    sessions->places[session->no & ((1 << PLACE_BITS) - 1)] = NULL;
    sessions->count--;
    sessions->all[session->at] = sessions->all[sessions->count];
    sessions->all[session->at]->at = session->at;
    free(session);
    *removing = NULL;
}

struct session *sessions_find(const struct sessions *sessions,
                              const struct socket_peer *peer)
{
    struct session *session = sessions->buckets[bucket_of(peer)];
    while (session != NULL && !is_same(&session->peer, peer)) {
        session = session->next;
    }
    return session;
}

struct session *sessions_by_no(const struct sessions *sessions, uint64_t no)
{
    struct session *session = sessions->places[no & ((1 << PLACE_BITS) - 1)];
    return session != NULL && session->no == no ? session : NULL;
}

size_t sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}

struct session *sessions_at(const struct sessions *sessions, size_t i)
{
    assert(i < sessions->count);
    return sessions->all[i];
}
