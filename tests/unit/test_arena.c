/* test_arena.c: fixed memory, given back all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/arena.h"

static void what_is_taken_is_aligned_and_zeroed(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1024);
    for (size_t size = 0; size < 40; size++) {
        uint8_t *taken = arena_take(arena, size);
        if (taken == NULL) {
            break;
        }
        assert_int_equal((uintptr_t)taken % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(taken[i], 0);
        }
        memset(taken, 0xee, size);
    }
    arena_free(&arena);
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64);
    uint8_t *taken = arena_take(arena, 64);
    memset(taken, 0xee, 64);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    assert_ptr_equal(arena_take(arena, 64), taken);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(taken[i], 0);
    }
    arena_free(&arena);
}

static void no_two_pointers_overlap(void **state)
{
    (void)state;
    struct arena *arena = arena_new(256);
    uint8_t *first = arena_take(arena, 17);
    uint8_t *empty = arena_take(arena, 0);
    uint8_t *last = arena_take(arena, 1);
    assert_true(first + 17 <= empty);
    assert_true(empty < last);
    arena_free(&arena);
}

static void an_exhausted_arena_gives_null_and_stays_usable(void **state)
{
    (void)state;
    struct arena *arena = arena_new(100);
    assert_int_equal(arena_left(arena), 100);
    assert_null(arena_take(arena, 101));
    assert_null(arena_take(arena, SIZE_MAX));
    assert_non_null(arena_take(arena, 90)); // the next starts at 96
    assert_int_equal(arena_used(arena), 90);
    assert_int_equal(arena_left(arena), 4);
    assert_null(arena_take(arena, 5));
    assert_non_null(arena_take(arena, 4));
    assert_int_equal(arena_left(arena), 0);
    assert_null(arena_take(arena, 1));
    assert_null(arena_take(arena, 0));
    arena_reset(arena);
    assert_non_null(arena_take(arena, 100));
    arena_free(&arena);
}

static void a_text_is_copied_with_its_end(void **state)
{
    (void)state;
    struct arena *arena = arena_new(32);
    char text[] = "370499.003";
    char *copy = arena_copy_text(arena, text);
    text[0] = 'x';
    assert_string_equal(copy, "370499.003");
    assert_null(arena_copy_text(arena, "0123456789012345")); // 17 bytes, 16 are left
    assert_string_equal(arena_copy_text(arena, "012345678901234"), "012345678901234");
    arena_free(&arena);
}

static void the_allocator_takes_and_never_gives_back(void **state)
{
    (void)state;
    struct arena *arena = arena_new(64);
    ProtobufCAllocator *allocator = arena_allocator(arena);
    void *taken = allocator->alloc(allocator->allocator_data, 16);
    assert_non_null(taken);
    allocator->free(allocator->allocator_data, taken);
    assert_int_equal(arena_used(arena), 16);
    assert_null(allocator->alloc(allocator->allocator_data, 49));
    arena_free(&arena);
}

static void free_forgets_the_pointer_and_may_come_twice(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1);
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_aligned_and_zeroed),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(no_two_pointers_overlap),
        cmocka_unit_test(an_exhausted_arena_gives_null_and_stays_usable),
        cmocka_unit_test(a_text_is_copied_with_its_end),
        cmocka_unit_test(the_allocator_takes_and_never_gives_back),
        cmocka_unit_test(free_forgets_the_pointer_and_may_come_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
