/* test_session.c: sessions are found by peer and by a number that never comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "broker/session.h"
#include "proto/limits.h"

static struct socket_peer peer_of(uint32_t n)
{
    struct socket_peer peer = {.size = 5};
    memcpy(peer.id + 1, &n, sizeof(n));
    return peer;
}

static void a_session_is_found_until_it_is_removed(void **state)
{
    (void)state;
    struct sessions *sessions = sessions_new();
    struct socket_peer peer = peer_of(1);
    assert_null(sessions_find(sessions, &peer));
    struct session *session = sessions_add(sessions, &peer);
    uint64_t no = session->no;
    assert_true(no != 0);
    assert_ptr_equal(sessions_find(sessions, &peer), session);
    assert_ptr_equal(sessions_by_no(sessions, no), session);
    assert_ptr_equal(sessions_at(sessions, 0), session);
    sessions_remove(sessions, &session);
    assert_null(session);
    assert_null(sessions_find(sessions, &peer));
    assert_null(sessions_by_no(sessions, no));
    session = sessions_add(sessions, &peer); // the same peer says Hello again
    assert_true(session->no != no);
    assert_null(sessions_by_no(sessions, no));
    assert_null(sessions_by_no(sessions, 0));
    sessions_free(&sessions);
}

static void as_many_as_the_limit_and_no_more(void **state)
{
    (void)state;
    struct sessions *sessions = sessions_new();
    struct socket_peer peer;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        peer = peer_of(i);
        assert_non_null(sessions_add(sessions, &peer));
    }
    peer = peer_of(SESSIONS_MAX);
    assert_null(sessions_add(sessions, &peer));
    for (uint32_t i = 0; i < SESSIONS_MAX; i += 2) {
        peer = peer_of(i);
        struct session *session = sessions_find(sessions, &peer);
        assert_non_null(session);
        sessions_remove(sessions, &session);
    }
    assert_int_equal(sessions_count(sessions), SESSIONS_MAX / 2);
    for (size_t i = 0; i < sessions_count(sessions); i++) {
        struct session *session = sessions_at(sessions, i);
        assert_ptr_equal(sessions_by_no(sessions, session->no), session);
        assert_int_equal(session->at, i);
    }
    peer = peer_of(SESSIONS_MAX);
    assert_non_null(sessions_add(sessions, &peer));
    sessions_free(&sessions);
    assert_null(sessions);
}

static void ids_of_different_length_are_different_peers(void **state)
{
    (void)state;
    struct sessions *sessions = sessions_new();
    struct socket_peer a = {.size = 1};
    struct socket_peer b = {.size = 2};
    struct session *of_a = sessions_add(sessions, &a);
    assert_null(sessions_find(sessions, &b));
    struct session *of_b = sessions_add(sessions, &b);
    assert_ptr_equal(sessions_find(sessions, &a), of_a);
    assert_ptr_equal(sessions_find(sessions, &b), of_b);
    sessions_free(&sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_found_until_it_is_removed),
        cmocka_unit_test(as_many_as_the_limit_and_no_more),
        cmocka_unit_test(ids_of_different_length_are_different_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
