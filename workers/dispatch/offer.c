/* offer.c: see offer.h. */
#include "workers/dispatch/offer.h"

#include <assert.h>

enum {
    CONSIDERED_DEFAULT =
        5,          /* candidates shown in an event when the policy names no number */
    KEPT_PLACES = 5 /* timers a case may need beside those of its offers */
};

static const Sanji__Attempts *attempts_of(const struct rules *rules,
                                          const struct kase *kase)
{
    const Sanji__Policy *policy = rules_policy(rules);
    for (size_t i = 0; i < policy->n_attempts; i++) {
        if (policy->attempts[i]->severity == (Sanji__Severity)kase->severity) {
            return policy->attempts[i];
        }
    }
    return NULL;
}

static uint32_t offers_max(const struct rules *rules, const struct kase *kase)
{
    const Sanji__Attempts *attempts = attempts_of(rules, kase);
    return attempts != NULL ? attempts->offers_max : 1;
}

static size_t write_considered(struct dispatch *dispatch, struct turn *turn,
                               Sanji__Candidate ***considered)
{
    const struct pool *pool = &dispatch->pool;
    const Sanji__Cost *cost = rules_policy(turn_rules(turn))->cost;
    size_t count = cost->considered_max != 0 ? cost->considered_max : CONSIDERED_DEFAULT;
    count = count < pool->count ? count : pool->count;
    Sanji__Candidate **list = turn_take(turn, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const struct candidate *from = &pool->candidates[i];
        Sanji__Candidate *to = TURN_NEW(turn, Sanji__Candidate, sanji__candidate__init);
        char *text = turn_take(turn, WORKER_SIZE);
        to->worker = id_worker_print(from->worker, text);
        to->role = (Sanji__Role)from->role;
        to->reject = from->reject;
        to->cost_permille = from->reject == 0 ? from->cost_permille : 0;
        list[i] = to;
    }
    *considered = list;
    return count;
}

static void write_exhausted(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                            uint64_t cause_seq, Sanji__ExhaustedCause cause)
{
    Sanji__DispatchExhausted *body =
        TURN_NEW(turn, Sanji__DispatchExhausted, sanji__dispatch_exhausted__init);
    body->cause = cause;
    body->attempts = kase->attempts;
    body->policy_version =
        rules_version(turn_rules(turn), SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (cause == SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_NO_CANDIDATE) {
        body->n_considered = write_considered(dispatch, turn, &body->considered);
        if (dispatch->pool.missing != NULL) {
            body->missing_skill = turn_text(turn, "%s", dispatch->pool.missing);
        }
    }
    Sanji__Envelope *envelope = turn_event(turn, kase, cause_seq);
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXHAUSTED;
    envelope->dispatch_exhausted = body;
    turn_emit(turn, &(struct emission){.kase = kase, .envelope = envelope});
}

/* Who is offered, among the pool's candidates: the first moves the case (T09). */
struct offers {
    const struct candidate *chosen[CASE_OTHERS_MAX + 1];
    size_t count;
    bool broadcast;
    uint64_t cause_seq;
    Sanji__Actor *actor; /* NULL: the rules chose */
};

static void write_offer(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                        const struct offers *offers, size_t at)
{
    const struct pool *pool = &dispatch->pool;
    const struct candidate *chosen = offers->chosen[at];
    const bool first = at == 0;
    Sanji__DispatchOffered *body =
        TURN_NEW(turn, Sanji__DispatchOffered, sanji__dispatch_offered__init);
    Sanji__Envelope *envelope = turn_event(turn, kase, offers->cause_seq);
    turn_set_worker(turn, envelope, chosen->worker);
    body->worker = envelope->worker;
    body->role = (Sanji__Role)chosen->role;
    body->attempt = kase->attempts + (first ? 1 : 0);
    body->n = kase->offers + 1;
    body->effort_min = pool->effort_min;
    body->coordinator = pool->coordinator;
    body->broadcast = offers->broadcast;
    body->pair = pool->pair;
    body->policy_version =
        rules_version(turn_rules(turn), SANJI__RULES_KIND__RULES_KIND_POLICY);
    if (first) {
        body->n_considered = write_considered(dispatch, turn, &body->considered);
    } else {
        (void)turn_arm(turn, envelope, TIMER_ACK, body->n, 0); // no limit: none to arm
    }
    if (offers->actor != NULL) {
        envelope->actor = offers->actor;
    }
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_OFFERED;
    envelope->dispatch_offered = body;
    turn_emit(turn, &(struct emission){
                        .kase = kase, .edge = first ? T09 : T_NONE, .envelope = envelope});
}

static void write_offers(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                         const struct offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        write_offer(dispatch, turn, kase, offers, i);
    }
}

/* A further offer needs a place for its timer, and a department's whistle may come yet. */
static size_t further_max(const struct kase *kase)
{
    size_t places = 0;
    for (size_t i = 0; i < CASE_TIMERS_MAX; i++) {
        places += kase->timers[i].kind == TIMER_NONE ? 1 : 0;
    }
    places = places > KEPT_PLACES ? places - KEPT_PLACES : 0;
    return places < CASE_OTHERS_MAX ? places : CASE_OTHERS_MAX;
}

/* The best, or so many of the best as the policy sends out at once; of a pair at least two. */
static void choose(const struct dispatch *dispatch, const struct rules *rules,
                   const struct kase *kase, struct offers *offers)
{
    const struct pool *pool = &dispatch->pool;
    const Sanji__Attempts *attempts = attempts_of(rules, kase);
    const size_t wanted = attempts != NULL && attempts->broadcast ? attempts->workers : 1;
    const size_t persons = pool->pair ? 2 : 1;
    size_t count = wanted > persons ? wanted : persons;
    const size_t most = 1 + further_max(kase);
    const size_t there = pool->acceptable + pool->companions;
    // A companion only makes up the pair: he lacks what the case needs.
    const size_t able =
        pool->acceptable > persons || there < persons ? pool->acceptable : persons;
    count = count < able ? count : able;
    count = count < most ? count : most;
    for (size_t i = 0; i < count; i++) {
        offers->chosen[i] = &pool->candidates[i];
    }
    offers->count = count;
    offers->broadcast = wanted > 1;
}

void offer_consider(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                    uint64_t cause_seq)
{
    if (kase->state != STATE_ASSIGNING || kase->exhausted) {
        return;
    }
    if (kase->attempts >= offers_max(turn_rules(turn), kase)) {
        write_exhausted(dispatch, turn, kase, cause_seq,
                        SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_ATTEMPTS);
        return;
    }
    pool_weigh(turn_world(turn), kase, turn_now_ms(turn), &dispatch->pool);
    if (dispatch->pool.acceptable > 0) {
        struct offers offers = {.cause_seq = cause_seq};
        choose(dispatch, turn_rules(turn), kase, &offers);
        write_offers(dispatch, turn, kase, &offers);
    } else if (kase->severity == SEVERITY_S1 || kase->severity == SEVERITY_S2) {
        write_exhausted(dispatch, turn, kase, cause_seq,
                        SANJI__EXHAUSTED_CAUSE__EXHAUSTED_CAUSE_NO_CANDIDATE);
    }
    // S3 and S4 stay: somebody may come on duty or get free before DISPATCH is due.
}

struct retry {
    struct dispatch *dispatch;
    struct turn *turn;
    uint64_t cause_seq;
};

static bool retry_one(void *context, struct kase *kase)
{
    const struct retry *retry = context;
    offer_consider(retry->dispatch, retry->turn, kase, retry->cause_seq);
    return turn_has_room(retry->turn);
}

void offer_retry_waiting(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq)
{
    struct retry retry = {.dispatch = dispatch, .turn = turn, .cause_seq = cause_seq};
    world_each_in_state(turn_world(turn), STATE_ASSIGNING, retry_one, &retry);
}

/* ---- who got free ---- */

struct help {
    struct dispatch *dispatch;
    struct turn *turn;
    uint64_t cause_seq;
    uint32_t worker;
};

static bool help_one(void *context, uint64_t key)
{
    const struct help *help = context;
    struct turn *turn = help->turn;
    struct kase *kase = world_case(turn_world(turn), key);
    if (kase->state == STATE_ASSIGNING && !kase->exhausted &&
        pool_may_help(turn_world(turn), kase, turn_now_ms(turn), &help->dispatch->pool,
                      help->worker)) {
        offer_consider(help->dispatch, turn, kase, help->cause_seq);
    }
    return turn_has_room(turn);
}

void offer_freed(struct dispatch *dispatch, struct turn *turn, uint64_t cause_seq,
                 uint32_t worker)
{
    struct help help = {
        .dispatch = dispatch, .turn = turn, .cause_seq = cause_seq, .worker = worker};
    crew_update(&dispatch->pool.crew, turn_rules(turn));
    const struct crew_member *member = crew_find(&dispatch->pool.crew, worker);
    if (member != NULL) {
        waiting_each(&dispatch->waiting, member->desk, member->home, help_one, &help);
    }
}

/* ---- said by a desk ---- */

static void refuse_offer(struct turn *turn, const struct record *record,
                         const Sanji__Envelope *said, struct kase *kase, enum status status,
                         const char *reason)
{
    turn_refuse(turn, record, said, kase,
                (struct refusal){.status = status, .field = "worker", .reason = reason});
}

/* "不在岗、无此技能 / DUTY SKILL" */
static const char *filters_text(struct turn *turn, uint32_t reject)
{
    const char *zh = "";
    const char *en = "";
    for (unsigned filter = 1; filter < FILTER_COUNT; filter++) {
        if ((reject >> (filter - 1) & 1U) != 0) {
            zh = turn_text(turn, "%s%s%s", zh, zh[0] != '\0' ? "、" : "",
                           vocab_filter_zh(filter));
            en = turn_text(turn, "%s%s%s", en, en[0] != '\0' ? " " : "",
                           vocab_filter_name(filter));
        }
    }
    return turn_text(turn, "人员不符合条件: %s / rejected by %s", zh, en);
}

/* Of a pair the desk names one; the best of the others goes with him. */
static void choose_named(const struct pool *pool, const struct candidate *named,
                         struct offers *offers)
{
    offers->chosen[offers->count++] = named;
    for (size_t i = 0; pool->pair && offers->count < 2 && i < pool->count; i++) {
        const struct candidate *other = &pool->candidates[i];
        if (other != named && (other->reject == 0 || other->companion)) {
            offers->chosen[offers->count++] = other;
        }
    }
}

void offer_said(struct dispatch *dispatch, struct turn *turn, const struct record *record,
                const Sanji__Envelope *said, struct kase *kase)
{
    uint32_t worker = 0;
    if (id_worker_parse(said->said->fields->worker, &worker) != STATUS_OK ||
        rules_worker(turn_rules(turn), worker) == NULL) {
        refuse_offer(turn, record, said, kase, STATUS_NOT_FOUND,
                     "名册中无此人员 / no such worker in the roster");
        return;
    }
    pool_weigh(turn_world(turn), kase, turn_now_ms(turn), &dispatch->pool);
    const struct candidate *named = pool_find(&dispatch->pool, worker);
    if (named == NULL) {
        refuse_offer(turn, record, said, kase, STATUS_FILTERED,
                     "不属于该岗席的人员 / not among the workers of the desk that holds "
                     "the case");
        return;
    }
    if (named->reject != 0) {
        refuse_offer(turn, record, said, kase, STATUS_FILTERED,
                     filters_text(turn, named->reject));
        return;
    }
    struct offers offers = {.cause_seq = record->seq, .actor = said->actor};
    choose_named(&dispatch->pool, named, &offers);
    write_offers(dispatch, turn, kase, &offers);
}

/* ---- nobody answers ---- */

/* Whose offer this ACK timer counts; *offer_seq: the offer. */
static uint32_t offered_by_timer(const struct kase *kase, const struct case_timer *timer,
                                 uint64_t *offer_seq)
{
    for (size_t i = 0; i < kase->others_count; i++) {
        if (kase->others[i].n == timer->n) {
            *offer_seq = kase->others[i].seq;
            return kase->others[i].worker;
        }
    }
    assert(kase->state == STATE_DISPATCHED);
    *offer_seq = kase->offer_seq;
    return kase->worker;
}

void offer_expire(struct dispatch *dispatch, struct turn *turn, struct kase *kase,
                  const struct case_timer *timer)
{
    const int64_t late = turn_now_ms(turn) - timer->due_ms;
    const bool is_last = kase->others_count == 0;
    uint64_t offer_seq = 0;
    const uint32_t worker = offered_by_timer(kase, timer, &offer_seq);
    Sanji__DispatchExpired *body =
        TURN_NEW(turn, Sanji__DispatchExpired, sanji__dispatch_expired__init);
    body->offer = offer_seq;
    body->attempt = kase->attempts;
    body->late_ms = late > 0 ? (uint64_t)late : 0;

    // Nobody of several answered, or the second of a pair did not: his chief should know.
    const bool tells = kase->broadcast ? is_last : !is_last;
    const struct turn_told told = {.org = org_community(kase->area),
                                   .role = ROLE_GRID_CHIEF};
    turn_timer_fired(turn, kase, timer, &told, tells ? 1 : 0, false);
    Sanji__Envelope *envelope = turn_event(turn, kase, offer_seq);
    turn_set_worker(turn, envelope, worker);
    body->worker = envelope->worker;
    envelope->body_case = SANJI__ENVELOPE__BODY_DISPATCH_EXPIRED;
    envelope->dispatch_expired = body;
    if (is_last) {
        turn_set_worker(turn, envelope, 0);
    } else {
        turn_cancel(turn, envelope, TIMER_ACK, timer->n);
    }
    turn_emit(turn, &(struct emission){.kase = kase,
                                       .edge = is_last ? T12 : T_NONE,
                                       .envelope = envelope});
    offer_consider(dispatch, turn, kase, offer_seq);
}
