/* plan_extras.c: submissions that become no case of their own (merged, rejected, cancelled),
 * deliveries beside them, what only surge and chaos have (domain 9.2, 9.3). See
 * plan_inside.h. */
#include <assert.h>

#include "broker/runtime/memory.h"
#include "proto/vocab.h"
#include "workers/sanji/plan_inside.h"

enum {
    MERGED = 130,
    REJECTED = 44,
    CANCELLED = 20,
    REPEATS = 45,
    MALFORMED = 6,
    WITH_PII = 4,

    MERGE_FROM_S = 120, /* a second report after the first */
    MERGE_TO_S = 900,
    STORY_REPORTS = 40, /* surge: one burst pipe */
    STORY_S = 2 * 3600,
    STORY_CATEGORY = 4004, /* water supply failure */
    STORY_MAJOR = 4,

    SURE_FROM = 800, /* confidence in permille */
    SURE_TO = 990,
    UNSURE_FROM = 550,
    UNSURE_PERCENT = 16, /* of camera and sensor reports are looked at first */

    REPEAT_TO_S = 3600,
    CHAOS_PERCENT = 10,
    CHAOS_HELD_S = 600
};

static bool has_extras(const struct drawing *d)
{
    return d->order->set != PLAN_Y_MINI;
}

struct plan_extra_counts plan_extra_counts(const struct drawing *d)
{
    struct plan_extra_counts counts = {0};
    if (has_extras(d)) {
        counts.merged = plan_share(d, MERGED);
        counts.rejected = plan_share(d, REJECTED);
        counts.cancelled = plan_share(d, CANCELLED);
        counts.story = d->order->set == PLAN_SURGE ? STORY_REPORTS : 0;
    }
    return counts;
}

/* ---- how sure a device is ---- */

static bool is_device(const struct planned *planned)
{
    return planned->source == (uint8_t)SANJI__SOURCE__SOURCE_VIDEO ||
           planned->source == (uint8_t)SANJI__SOURCE__SOURCE_IOT;
}

static uint16_t between(struct drawing *d, uint32_t from, uint32_t to)
{
    return (uint16_t)(from + random_below(&d->random, to - from));
}

static void draw_confidence(struct drawing *d)
{
    for (uint32_t i = 0; i < d->cases; i++) {
        struct planned *planned = &d->plan->cases[i];
        const bool calm =
            d->rows[d->drafts[i].row].general && !d->drafts[i].busy &&
            (planned->severity == SEVERITY_S3 || planned->severity == SEVERITY_S4) &&
            (planned->tier == TIER_COMMUNITY || planned->tier == TIER_SUBDISTRICT);
        if (!is_device(planned)) {
            continue;
        }
        const bool unsure = calm && random_below(&d->random, 100) < UNSURE_PERCENT;
        planned->confidence_permille =
            unsure ? between(d, UNSURE_FROM, SURE_FROM) : between(d, SURE_FROM, SURE_TO);
    }
}

/* ---- merged ---- */

static uint8_t draw_source(struct drawing *d)
{
    static const uint8_t sources[4] = {
        SANJI__SOURCE__SOURCE_HANDHELD, SANJI__SOURCE__SOURCE_HOTLINE_12345,
        SANJI__SOURCE__SOURCE_RESIDENT_APP, SANJI__SOURCE__SOURCE_WALK_IN};
    return sources[random_below(&d->random, 4)];
}

static struct planned second_report(struct drawing *d, uint32_t parent, uint32_t after_s)
{
    const struct planned *first = &d->plan->cases[parent];
    const uint8_t source = draw_source(d);
    return (struct planned){.at_ms = first->at_ms + (int64_t)after_s * 1000,
                            .grid = first->grid,
                            .category = first->category,
                            .into = parent + 1,
                            .kind = PLANNED_MERGED,
                            .source = source,
                            .severity = first->severity,
                            .wants_contact =
                                source != (uint8_t)SANJI__SOURCE__SOURCE_HANDHELD};
}

/* Who can have a second report: open for more than an hour after it came. */
static bool can_be_parent(const struct drawing *d, uint32_t i)
{
    const struct planned *planned = &d->plan->cases[i];
    return planned->tier != TIER_GRID && !d->drafts[i].busy && !planned->unmerged &&
           planned->confidence_permille == 0 &&
           d->rows[d->drafts[i].row].category->revisit &&
           (planned->severity == SEVERITY_S3 || planned->severity == SEVERITY_S4);
}

static enum status draw_merged(struct drawing *d, uint32_t count, uint32_t *at)
{
    uint32_t *which = memory_new(d->cases + 1U, sizeof *which);
    uint32_t found = 0;
    for (uint32_t i = 0; i < d->cases; i++) {
        if (can_be_parent(d, i)) {
            which[found++] = i;
        }
    }
    random_shuffle(&d->random, which, found);
    const uint32_t taken = count < found ? count : found;
    for (uint32_t i = 0; i < taken; i++) {
        const uint32_t after_s = between(d, MERGE_FROM_S, MERGE_TO_S);
        d->plan->cases[(*at)++] = second_report(d, which[i], after_s);
    }
    memory_free(which);
    return taken == count
               ? STATUS_OK
               : fault_set(
                     d->fault, STATUS_INVALID,
                     "并案名额无法配齐 / the quota of merged reports cannot be met: %u "
                     "are wanted, %u cases can have one",
                     count, found);
}

/* One burst pipe: it goes up to the city and stays open while forty more report it. */
static enum status draw_story(struct drawing *d, uint32_t count, uint32_t *at)
{
    uint32_t parent = UINT32_MAX;
    uint8_t row = 0;
    for (size_t r = 0; r < d->row_count; r++) {
        row = d->rows[r].code == STORY_CATEGORY ? (uint8_t)r : row;
    }
    for (uint32_t i = 0; i < d->cases && parent == UINT32_MAX; i++) {
        const struct planned *planned = &d->plan->cases[i];
        if (planned->tier == TIER_MUNICIPAL && planned->severity == SEVERITY_S2 &&
            planned->category / 1000 == STORY_MAJOR && planned->category_from == 0) {
            parent = i;
        }
    }
    if (count > 0 && (parent == UINT32_MAX || d->rows[row].code != STORY_CATEGORY)) {
        return fault_set(d->fault, STATUS_INVALID,
                         "没有可作爆管的案件 / no case of the set can be the burst pipe");
    }
    for (uint32_t i = 0; i < count; i++) {
        d->plan->cases[parent].category = STORY_CATEGORY; // of the same major
        d->drafts[parent].row = row;
        d->drafts[parent].busy = true;
        const uint32_t step_s = STORY_S / STORY_REPORTS;
        const uint32_t after_s =
            MERGE_FROM_S + i * step_s + random_below(&d->random, step_s);
        d->plan->cases[(*at)++] =
            second_report(d, parent, after_s < STORY_S ? after_s : STORY_S - 1);
    }
    return STATUS_OK;
}

/* ---- rejected and cancelled ---- */

static int64_t draw_instant(struct drawing *d)
{
    // As the case of the same day and hour, a few minutes aside: the weights are kept.
    const struct planned *like = &d->plan->cases[random_below(&d->random, d->cases)];
    const uint32_t day = (uint32_t)((like->at_ms - d->order->start_ms) / MS_PER_DAY);
    return plan_instant(d, day, plan_minute(d, like->at_ms) / 60, 15);
}

/* An unrestricted S3 that everybody can do; what a camera sees, where it is one. */
static uint32_t draw_plain_category(struct drawing *d, bool device)
{
    uint32_t fits[PLAN_ROWS_MAX];
    uint32_t count = 0;
    for (size_t r = 0; r < d->row_count; r++) {
        const struct planned_row *row = &d->rows[r];
        if (row->major != 0 && row->general && !row->category->restricted &&
            row->category->revisit &&
            row->category->severity == SANJI__SEVERITY__SEVERITY_S3 &&
            (!device || row->major == 2 || row->major == 3)) {
            fits[count++] = row->code;
        }
    }
    return count > 0 ? fits[random_below(&d->random, count)] : 0;
}

static struct org_path draw_basic_grid(struct drawing *d)
{
    const struct planned_community *in =
        &d->places
             .communities[random_below(&d->random, (uint32_t)d->places.community_count)];
    return d->places.grids[in->first_grid + random_below(&d->random, in->basic_count)].path;
}

/* Every second one comes from a camera and is not found on site; the others name no place
 * below the sub-district, so that nothing is accepted by rule. */
static void draw_rejected(struct drawing *d, uint32_t count, uint32_t *at)
{
    for (uint32_t i = 0; i < count; i++) {
        const bool device = i % 2 == 0;
        struct planned *planned = &d->plan->cases[(*at)++];
        *planned = (struct planned){.at_ms = draw_instant(d),
                                    .grid = draw_basic_grid(d),
                                    .kind = PLANNED_REJECTED,
                                    .severity = SEVERITY_S3};
        planned->category = draw_plain_category(d, device);
        if (device) {
            planned->source = SANJI__SOURCE__SOURCE_VIDEO;
            planned->confidence_permille = between(d, UNSURE_FROM, SURE_FROM);
        } else {
            planned->source = draw_source(d);
            planned->wants_contact =
                planned->source != (uint8_t)SANJI__SOURCE__SOURCE_HANDHELD;
            planned->grid = org_subdistrict(planned->grid);
        }
    }
}

static void draw_cancelled(struct drawing *d, uint32_t count, uint32_t *at)
{
    for (uint32_t i = 0; i < count; i++) {
        struct planned *planned = &d->plan->cases[(*at)++];
        *planned = (struct planned){.at_ms = draw_instant(d),
                                    .grid = draw_basic_grid(d),
                                    .kind = PLANNED_CANCELLED,
                                    .severity = SEVERITY_S3};
        planned->category = draw_plain_category(d, false);
        planned->source = draw_source(d);
        planned->wants_contact = planned->source != (uint8_t)SANJI__SOURCE__SOURCE_HANDHELD;
    }
}

/* ---- beside the submissions ---- */

static void add_stray(struct drawing *d, enum stray_kind kind, uint32_t number,
                      int64_t at_ms)
{
    d->plan->strays[d->plan->stray_count++] =
        (struct stray){.at_ms = at_ms, .number = number, .kind = (uint8_t)kind};
}

/* Repeats name the place of their submission, from 1, until the plan is in order. */
static void draw_strays(struct drawing *d)
{
    const bool chaos = d->order->set == PLAN_CHAOS;
    const uint32_t total = (uint32_t)d->plan->count;
    const uint32_t repeats = plan_share(d, REPEATS);
    const uint32_t doubled = chaos ? total * CHAOS_PERCENT / 100 : 0;
    const uint32_t malformed = plan_share(d, MALFORMED);
    const uint32_t pii = plan_share(d, WITH_PII);
    d->plan->strays = memory_new((size_t)repeats + doubled + malformed + pii + 1,
                                 sizeof *d->plan->strays);
    for (uint32_t i = 0; i < repeats + doubled; i++) {
        const uint32_t of = random_below(&d->random, total);
        const int64_t after_ms =
            i < repeats ? 1000 * (int64_t)(1 + random_below(&d->random, REPEAT_TO_S))
                        : random_below(&d->random, 3); // twice in the same moment
        add_stray(d, STRAY_REPEAT, of + 1, d->plan->cases[of].at_ms + after_ms);
    }
    for (uint32_t i = 0; i < malformed; i++) {
        add_stray(d, STRAY_MALFORMED, i, draw_instant(d));
    }
    for (uint32_t i = 0; i < pii; i++) {
        add_stray(d, STRAY_PII, i, draw_instant(d));
    }
}

static void hold_back(struct drawing *d)
{
    for (size_t i = 0; i < d->plan->count; i++) {
        if (random_below(&d->random, 100) < CHAOS_PERCENT) {
            d->plan->cases[i].held_s =
                (uint16_t)(1 + random_below(&d->random, CHAOS_HELD_S));
        }
    }
}

enum status plan_extras(struct drawing *d)
{
    const struct plan_extra_counts counts = plan_extra_counts(d);
    uint32_t at = d->cases;
    draw_confidence(d);
    enum status status = draw_story(d, counts.story, &at);
    status = status == STATUS_OK ? draw_merged(d, counts.merged, &at) : status;
    if (status != STATUS_OK || !has_extras(d)) {
        return status;
    }
    draw_rejected(d, counts.rejected, &at);
    draw_cancelled(d, counts.cancelled, &at);
    assert(at == d->plan->count);
    draw_strays(d);
    if (d->order->set == PLAN_CHAOS) {
        hold_back(d);
    }
    return STATUS_OK;
}
