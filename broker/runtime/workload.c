/* workload.c: folding records into worker states. */
#include "broker/runtime/workload.h"

#include <assert.h>
#include <string.h>

#include "broker/runtime/memory.h"
#include "proto/crc32c.h"
#include "proto/deadline.h"

enum {
    DAY_MS = 86400000,
    COMMUNITY_SHIFT = 19, /* of a packed path: below it committee and grid */
    REASON_OVERLOAD = 502,
    CATEGORY_MINORS = 1000 /* a category's number is major * 1000 + minor */
};

struct worker_state *workload_at(struct workload *workload, uint32_t worker)
{
    assert(workload != NULL);
    assert(worker > 0 && worker < WORKLOAD_CHUNK * WORKLOAD_CHUNKS);
    struct worker_state **chunk = &workload->chunks[worker / WORKLOAD_CHUNK];
    if (*chunk == NULL) {
        *chunk = memory_new(WORKLOAD_CHUNK, sizeof **chunk);
    }
    struct worker_state *state = &(*chunk)[worker % WORKLOAD_CHUNK];
    state->worker = worker;
    return state;
}

void workload_reset(struct workload *workload)
{
    assert(workload != NULL);
    for (unsigned i = 0; i < WORKLOAD_CHUNKS; i++) {
        memory_free(workload->chunks[i]);
        workload->chunks[i] = NULL;
    }
    memset(&workload->totals, 0, sizeof workload->totals);
}

// Days from `from` to `to`, both yyyymmdd; the offset cancels out.
static int64_t days_between(uint32_t from, uint32_t to)
{
    return (deadline_day_start_ms(0, to) - deadline_day_start_ms(0, from)) / DAY_MS;
}

uint32_t workload_days_min(const struct worker_state *worker, uint32_t day, unsigned days)
{
    assert(worker != NULL && days <= WORKER_DAYS);
    if (worker->roll_day == 0) {
        return 0;
    }
    // The calendar is asked only when the worker's newest day is another.
    const int64_t past = worker->roll_day == day ? 0 : days_between(worker->roll_day, day);
    uint32_t sum = 0;
    for (int64_t i = 0; i < (int64_t)days; i++) {
        if (i + past >= 0 && i + past < (int64_t)days) {
            sum += worker->roll_min[i];
        }
    }
    return sum;
}

uint32_t workload_roll_min(const struct worker_state *worker, uint32_t day)
{
    return workload_days_min(worker, day, WORKER_DAYS);
}

bool workload_parse_day(const char *text, uint32_t *day)
{
    static const char shape[] = "0000-00-00";
    uint32_t value = 0;
    for (size_t i = 0; i < sizeof shape; i++) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i]) {
            return false;
        }
        value = digit ? value * 10 + (uint32_t)(text[i] - '0') : value;
    }
    const uint32_t month = value / 100 % 100;
    *day = value;
    return month >= 1 && month <= 12 && value % 100 >= 1 && value % 100 <= 31;
}

unsigned workload_community(struct org_path path)
{
    return path.packed >> COMMUNITY_SHIFT & (WORKLOAD_COMMUNITIES - 1);
}

uint32_t workload_place(const struct kase *kase)
{
    if (kase->building_no == 0) {
        return 0;
    }
    const uint32_t parts[2] = {kase->area.packed, kase->building_no};
    const uint32_t place = crc32c(0, parts, sizeof parts);
    return place != 0 ? place : 1;
}

// Makes `day` the newest of the rolling days; a day before it (there is none in a log whose
// stamps never fall) counts as the newest.
static void roll_to(struct worker_state *worker, uint32_t day)
{
    int64_t past =
        worker->roll_day == 0 ? WORKER_DAYS : days_between(worker->roll_day, day);
    if (past <= 0) {
        return;
    }
    size_t shift = past > WORKER_DAYS ? WORKER_DAYS : (size_t)past;
    memmove(worker->roll_min + shift, worker->roll_min,
            (WORKER_DAYS - shift) * sizeof worker->roll_min[0]);
    memset(worker->roll_min, 0, shift * sizeof worker->roll_min[0]);
    memmove(worker->cases + shift, worker->cases,
            (WORKER_DAYS - shift) * sizeof worker->cases[0]);
    memset(worker->cases, 0, shift * sizeof worker->cases[0]);
    memmove(worker->visits + shift, worker->visits,
            (WORKER_DAYS - shift) * sizeof worker->visits[0]);
    memset(worker->visits, 0, shift * sizeof worker->visits[0]);
    worker->roll_day = day;
}

static void add_minutes(struct worker_state *worker, uint32_t day, int64_t minutes)
{
    roll_to(worker, day);
    int64_t sum = (int64_t)worker->roll_min[0] + minutes;
    worker->roll_min[0] = sum < 0 ? 0 : sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static uint32_t day_of(const struct workload_change *change)
{
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(change->utc_offset_min, change->record->header.recorded_at_ms, &day,
                   &minute, &weekday);
    return day;
}

static uint32_t assignee(const struct kase *kase)
{
    if (kase == NULL ||
        (kase->state != STATE_DISPATCHED && kase->state != STATE_IN_PROGRESS)) {
        return 0;
    }
    return kase->worker;
}

size_t workload_carriers(const struct kase *kase, struct workload_carrier *carriers)
{
    size_t count = 0;
    if (assignee(kase) == 0) {
        return 0;
    }
    carriers[count++] = (struct workload_carrier){kase->worker, kase->offer_seq};
    for (size_t i = 0; i < kase->others_count; i++) {
        carriers[count++] =
            (struct workload_carrier){kase->others[i].worker, kase->others[i].seq};
    }
    return count;
}

static bool carries(const struct workload_carrier *carriers, size_t count,
                    struct workload_carrier one)
{
    for (size_t i = 0; i < count; i++) {
        if (carriers[i].worker == one.worker && carriers[i].offer_seq == one.offer_seq) {
            return true;
        }
    }
    return false;
}

static void take_off(const struct workload_change *change, uint32_t number)
{
    struct worker_state *worker = change->touch(change->context, number);
    const uint32_t min = change->before->effort_min;
    worker->open_cases -= worker->open_cases > 0 ? 1 : 0;
    worker->open_min -= min < worker->open_min ? min : worker->open_min;
}

static void count_one(uint16_t *counter, uint32_t more)
{
    const uint32_t sum = *counter + (more < UINT16_MAX ? more : UINT16_MAX);
    *counter = sum < UINT16_MAX ? (uint16_t)sum : UINT16_MAX;
}

static void begin_at(struct worker_state *worker, const struct workload_change *change)
{
    if (worker->since_ms == 0) {
        worker->since_ms = change->record->header.recorded_at_ms;
    }
}

static void put_on(const struct workload_change *change, struct workload_carrier carrier,
                   bool is_new)
{
    struct worker_state *worker = change->touch(change->context, carrier.worker);
    begin_at(worker, change);
    worker->open_cases++;
    worker->open_min += change->after->effort_min;
    if (is_new) {
        worker->last_assigned_ms = change->record->header.recorded_at_ms;
    }
}

static void move_load(const struct workload_change *change)
{
    struct workload_carrier had[WORKLOAD_CARRIERS];
    struct workload_carrier has[WORKLOAD_CARRIERS];
    const size_t had_count = workload_carriers(change->before, had);
    const size_t has_count = workload_carriers(change->after, has);
    const bool same_effort =
        had_count > 0 && change->before->effort_min == change->after->effort_min;
    for (size_t i = 0; i < had_count; i++) {
        if (!same_effort || !carries(has, has_count, had[i])) {
            take_off(change, had[i].worker);
        }
    }
    for (size_t i = 0; i < has_count; i++) {
        const bool carried = carries(had, had_count, has[i]);
        if (!same_effort || !carried) {
            put_on(change, has[i], !carried);
        }
    }
}

static void add_assigned(const struct workload_change *change)
{
    const Sanji__Envelope *envelope = change->envelope;
    uint32_t worker = 0;
    int64_t minutes = 0;
    if (change->record->header.type == EVENT_DISPATCH_ACKED) {
        if (id_worker_parse(envelope->dispatch_acked->worker, &worker) != STATUS_OK) {
            return;
        }
        worker = worker != 0 ? worker : assignee(change->after);
        assert(worker == 0 || change->after != NULL);
        minutes = worker != 0 ? change->after->effort_min : 0;
    } else if (change->record->header.type == EVENT_CASE_RESOLVED) {
        worker = assignee(change->before);
        uint32_t took = envelope->case_resolved->effort_min;
        minutes = took != 0 && worker != 0 ? (int64_t)took - change->before->effort_min : 0;
    } else if (change->record->header.type == EVENT_CASE_SELF_HANDLED) {
        minutes = envelope->case_self_handled->effort_min;
        if (id_worker_parse(envelope->case_self_handled->worker, &worker) != STATUS_OK) {
            return;
        }
    } else if (change->record->header.type == EVENT_COVERAGE_REPORTED) {
        minutes = envelope->coverage_reported->patrol_min;
        if (id_worker_parse(envelope->coverage_reported->worker, &worker) != STATUS_OK) {
            return;
        }
    }
    if (worker != 0 && minutes != 0) {
        struct worker_state *state = change->touch(change->context, worker);
        begin_at(state, change);
        add_minutes(state, day_of(change), minutes);
    }
}

/* One case more of his day; and who was there knows the place. */
static void note_handled(const struct workload_change *change)
{
    const struct kase *kase = change->after;
    if (kase == NULL || kase->resolver == 0) {
        return;
    }
    struct worker_state *worker = change->touch(change->context, kase->resolver);
    const uint32_t place = workload_place(kase);
    size_t at = 0;
    roll_to(worker, day_of(change));
    count_one(&worker->cases[0], 1);
    if (place == 0) {
        return;
    }
    while (at + 1 < WORKER_PLACES && worker->places[at] != place) {
        at++;
    }
    memmove(worker->places + 1, worker->places, at * sizeof worker->places[0]);
    worker->places[0] = place;
}

/* What he reports of a day beyond what the log knows of it is routine: visits, data entry. */
static void take_work_log(const struct workload_change *change)
{
    const Sanji__WorkLogFiled *filed = change->envelope->work_log_filed;
    const uint32_t today = day_of(change);
    uint32_t number = 0;
    uint32_t day = 0;
    if (id_worker_parse(filed->worker, &number) != STATUS_OK || number == 0 ||
        !workload_parse_day(filed->day, &day)) {
        return;
    }
    const int64_t past = days_between(day, today);
    if (past < 0 || past >= WORKER_DAYS) {
        return;
    }
    struct worker_state *worker = change->touch(change->context, number);
    begin_at(worker, change);
    roll_to(worker, today);
    if (worker->roll_min[past] < filed->minutes) {
        worker->roll_min[past] = filed->minutes;
    }
}

static void count_visits(const struct workload_change *change)
{
    const Sanji__CoverageReported *reported = change->envelope->coverage_reported;
    uint32_t number = 0;
    if (id_worker_parse(reported->worker, &number) == STATUS_OK && number != 0) {
        struct worker_state *worker = change->touch(change->context, number);
        roll_to(worker, day_of(change));
        count_one(&worker->visits[0], reported->visits_done);
    }
}

static void learn_effort(const struct workload_change *change)
{
    assert(change->after != NULL);
    const uint32_t took = change->envelope->case_resolved->effort_min;
    const uint32_t major = change->after->category / CATEGORY_MINORS;
    if (took == 0 || major >= WORKLOAD_MAJORS || change->totals == NULL) {
        return;
    }
    struct workload_effort *effort = &change->totals->efforts[major];
    if (effort->sum_min > UINT32_MAX - took) {
        return; // what it says by now no single case changes
    }
    effort->cases++;
    effort->sum_min += took;
}

static void set_band(const struct workload_change *change)
{
    const Sanji__OverloadRaised *raised = change->envelope->overload_raised;
    struct org_path area = {0};
    if (raised->worker[0] != '\0' || change->totals == NULL ||
        org_parse(change->envelope->area, &area) != STATUS_OK) {
        return; // of one worker: no band
    }
    struct workload_band *band = &change->totals->bands[workload_community(area)];
    band->band = raised->band;
    band->since_ms = change->record->header.recorded_at_ms;
}

static void count_decline(const struct workload_change *change)
{
    const Sanji__DispatchDeclined *declined = change->envelope->dispatch_declined;
    uint32_t number = 0;
    if (declined->reason_code != REASON_OVERLOAD ||
        id_worker_parse(declined->worker, &number) != STATUS_OK || number == 0) {
        return;
    }
    struct worker_state *worker = change->touch(change->context, number);
    uint32_t day = day_of(change);
    if (worker->declines_day != day) {
        worker->declines_day = day;
        worker->declines_today = 0;
    }
    worker->declines_today++;
}

static void set_duty(const struct workload_change *change)
{
    const Sanji__DutyChanged *changed = change->envelope->duty_changed;
    uint32_t number = 0;
    if (id_worker_parse(changed->worker, &number) != STATUS_OK || number == 0) {
        return;
    }
    struct worker_state *worker = change->touch(change->context, number);
    worker->duty = (uint8_t)changed->duty;
    worker->duty_by_shift = changed->by_shift != 0;
}

void workload_fold(const struct workload_change *change)
{
    assert(change != NULL && change->touch != NULL);
    if (change->after != NULL) {
        move_load(change);
    }
    add_assigned(change);
    if (change->record->header.type == EVENT_DISPATCH_DECLINED) {
        count_decline(change);
    } else if (change->record->header.type == EVENT_DUTY_CHANGED) {
        set_duty(change);
    } else if (change->record->header.type == EVENT_OVERLOAD_RAISED) {
        set_band(change);
    } else if (change->record->header.type == EVENT_CASE_SELF_HANDLED) {
        note_handled(change);
    } else if (change->record->header.type == EVENT_CASE_RESOLVED) {
        note_handled(change);
        learn_effort(change);
    } else if (change->record->header.type == EVENT_COVERAGE_REPORTED) {
        count_visits(change);
    } else if (change->record->header.type == EVENT_WORK_LOG_FILED) {
        take_work_log(change);
    }
}

bool workload_on_duty(const struct worker_state *state, const struct rules *rules,
                      uint32_t worker, int64_t now_ms)
{
    if (state->duty != 0 && !state->duty_by_shift) {
        return state->duty == SANJI__DUTY__DUTY_ON;
    }
    const Sanji__Worker *row = rules_worker(rules, worker);
    int64_t changes_ms = 0;
    return row != NULL && rules_on_shift(rules, row, now_ms, &changes_ms);
}
