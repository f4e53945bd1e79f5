/* test_pairing.c: a pairing is found whenever there is one, and never a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "workers/sanji/pairing.h"

enum {
    ITEMS = 9,
    PLACES = 4,
    ROUNDS = 3000,
    CHAIN = 40
};

static struct random random_numbers;

static void check(const uint64_t *allowed, size_t count, const uint32_t *room,
                  size_t places, const uint8_t *chosen)
{
    uint32_t taken[PAIRING_PLACES_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        assert_true(chosen[i] < places);
        assert_true((allowed[i] >> chosen[i] & 1U) != 0);
        taken[chosen[i]]++;
    }
    assert_memory_equal(taken, room, places * sizeof *room);
}

/* Tries everything. */
static bool exists(const uint64_t *allowed, size_t count, uint32_t *room, size_t item)
{
    if (item == count) {
        return true;
    }
    for (size_t place = 0; place < PLACES; place++) {
        if ((allowed[item] >> place & 1U) != 0 && room[place] > 0) {
            room[place]--;
            const bool found = exists(allowed, count, room, item + 1);
            room[place]++;
            if (found) {
                return true;
            }
        }
    }
    return false;
}

static void a_pairing_is_found_exactly_when_there_is_one(void **state)
{
    (void)state;
    unsigned found = 0;
    random_seed(&random_numbers, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t allowed[ITEMS];
        uint32_t room[PLACES] = {0};
        uint8_t chosen[ITEMS];
        struct pairing_gap gap = {0, 0};
        for (size_t i = 0; i < ITEMS; i++) {
            allowed[i] = random_below(&random_numbers, 1U << PLACES);
            allowed[i] &= random_below(&random_numbers, 4) == 0 ? 5 : 15;
            room[random_below(&random_numbers, PLACES)]++;
        }
        const bool is_there = exists(allowed, ITEMS, room, 0);
        assert_int_equal(pairing_make(&random_numbers,
                                      &(struct pairing_task){allowed, ITEMS, room, PLACES},
                                      chosen, &gap),
                         is_there);
        if (is_there) {
            check(allowed, ITEMS, room, PLACES, chosen);
            found++;
        } else {
            assert_true(gap.place < PLACES && room[gap.place] > 0 && gap.item < ITEMS);
        }
    }
    assert_in_range(found, ROUNDS / 20, ROUNDS - ROUNDS / 20); // both were seen often
}

/* Item i may stand at i or i + 1, the last only at the first place: everybody makes way. */
static void a_chain_through_every_place_is_followed(void **state)
{
    (void)state;
    uint64_t allowed[CHAIN];
    uint32_t room[CHAIN];
    uint8_t chosen[CHAIN];
    struct pairing_gap gap = {0, 0};
    for (size_t i = 0; i < CHAIN; i++) {
        allowed[i] = UINT64_C(3) << i;
        room[i] = 1;
    }
    allowed[CHAIN - 1] = 1;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        random_seed(&random_numbers, seed);
        assert_true(pairing_make(&random_numbers,
                                 &(struct pairing_task){allowed, CHAIN, room, CHAIN},
                                 chosen, &gap));
        for (size_t i = 0; i + 1 < CHAIN; i++) {
            assert_int_equal(chosen[i], i + 1);
        }
        assert_int_equal(chosen[CHAIN - 1], 0);
    }
}

static void the_same_numbers_pair_the_same_way(void **state)
{
    (void)state;
    uint64_t allowed[CHAIN];
    uint32_t room[2] = {CHAIN / 2, CHAIN / 2};
    uint8_t chosen[3][CHAIN];
    struct pairing_gap gap = {0, 0};
    for (size_t i = 0; i < CHAIN; i++) {
        allowed[i] = 3;
    }
    for (size_t round = 0; round < 3; round++) {
        random_seed(&random_numbers, round == 2 ? 9 : 8);
        assert_true(pairing_make(&random_numbers,
                                 &(struct pairing_task){allowed, CHAIN, room, 2},
                                 chosen[round], &gap));
    }
    assert_memory_equal(chosen[0], chosen[1], CHAIN);
    assert_memory_not_equal(chosen[0], chosen[2], CHAIN);
}

static void nothing_is_paired_with_nothing(void **state)
{
    (void)state;
    const uint32_t room[1] = {0};
    struct pairing_gap gap = {0, 0};
    assert_true(pairing_make(&random_numbers, &(struct pairing_task){NULL, 0, room, 1},
                             NULL, &gap));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pairing_is_found_exactly_when_there_is_one),
        cmocka_unit_test(a_chain_through_every_place_is_followed),
        cmocka_unit_test(the_same_numbers_pair_the_same_way),
        cmocka_unit_test(nothing_is_paired_with_nothing),
    };
    return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
