/* drawn_plan.c: see drawn_plan.h. */
#include "tests/unit/drawn_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "workers/sanji/ruleset.h"

const int64_t drawn_start_ms = 1596211200000;

enum {
    TIMES_MAX = 64
};

const struct rules *drawn_rules(uint32_t scale)
{
    static struct rules *loaded[TIMES_MAX];
    const uint32_t times = plan_roster_times(scale);
    assert_true(times < TIMES_MAX);
    if (loaded[times] == NULL) {
        char folder[SCRATCH_PATH_SIZE];
        char config[4096];
        struct fault fault;
        char *shipped = scratch_tree_path("deploy/sanji.yaml");
        print_text(config, sizeof config, "%s", shipped);
        free(shipped);
        scratch_make(folder);
        if (ruleset_grow(config, sizeof config, times, folder, &fault) != STATUS_OK ||
            ruleset_load(config, &loaded[times], &fault) != STATUS_OK) {
            fail_msg("%s", fault.text);
        }
        scratch_remove(folder);
    }
    return loaded[times];
}

void drawn_plan(enum plan_set set, uint32_t scale, uint64_t seed, struct plan *plan)
{
    struct fault fault;
    const struct plan_order order = {
        .set = set, .scale = scale, .seed = seed, .start_ms = drawn_start_ms};
    if (plan_draw(drawn_rules(scale), &order, plan, &fault) != STATUS_OK) {
        fail_msg("set %d, scale %u, seed %llu: %s", (int)set, scale,
                 (unsigned long long)seed, fault.text);
    }
}
