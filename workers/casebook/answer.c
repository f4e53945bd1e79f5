/* answer.c: see answer.h. */
#include "workers/casebook/answer.h"

#include <assert.h>
#include <string.h>

#include "workers/casebook/row.h"

enum {
    DAYS_OF_YEAR = 10000, // of yyyymmdd
    BOARD_YEAR_AHEAD_DAYS = 60
};

static void refuse(struct casebook *casebook, Sanji__QueryReply *reply, enum status status,
                   const char *field, const char *text)
{
    Sanji__QueryError *error = arena_take(casebook->arena, sizeof *error);
    assert(error != NULL); // the arena was just reset and an error is small
    sanji__query_error__init(error);
    error->code = status;
    error->field = arena_copy_text(casebook->arena, field);
    error->text = arena_copy_text(casebook->arena, text);
    assert(error->field != NULL && error->text != NULL);
    reply->body_case = SANJI__QUERY_REPLY__BODY_ERROR;
    reply->error = error;
}

static void refuse_full(struct casebook *casebook, Sanji__QueryReply *reply)
{
    arena_reset(casebook->arena);
    refuse(casebook, reply, STATUS_TOO_LARGE, "limit",
           "答复过大,请缩小范围 / the answer is too large: ask for fewer rows");
}

/* An org path of a question; empty: everything. */
static bool read_path(const char *text, struct org_path *path, bool *given)
{
    *given = text[0] != '\0';
    return !*given || org_parse(text, path) == STATUS_OK;
}

/* ---- CASE ---- */

static void answer_case(struct casebook *casebook, const Sanji__CaseAsk *ask,
                        Sanji__QueryReply *reply)
{
    uint32_t place = 0;
    uint64_t key = 0;
    if (id_case_parse(ask->case_no, &place, &key) != STATUS_OK) {
        refuse(casebook, reply, STATUS_INVALID, "case_no",
               "案号应为23位数字 / a case number has 23 digits");
        return;
    }
    const struct kase *kase =
        place == world_place(casebook->world) ? world_case(casebook->world, key) : NULL;
    if (kase == NULL) {
        refuse(casebook, reply, STATUS_NOT_FOUND, "case_no", "无此案件 / no such case");
        return;
    }
    Sanji__CaseReply *body = arena_take(casebook->arena, sizeof *body);
    Sanji__CaseRow *row = row_new(casebook->arena, casebook->world, kase, casebook->now_ms,
                                  ask->restricted, true);
    if (body == NULL || row == NULL) {
        refuse_full(casebook, reply);
        return;
    }
    sanji__case_reply__init(body);
    body->row = row;
    reply->body_case = SANJI__QUERY_REPLY__BODY_CASE_REPLY;
    reply->case_reply = body;
}

/* ---- LIST ---- */

struct listing {
    struct casebook *casebook;
    const Sanji__ListAsk *ask;
    struct org_path holder, area;
    bool has_holder, has_area;
    uint32_t worker, category;
    uint64_t after;
    size_t limit;
    Sanji__ListReply *reply;
    bool full; /* the arena is exhausted */
};

static bool list_matches(const struct listing *l, const struct kase *kase)
{
    const Sanji__ListAsk *ask = l->ask;
    const struct row_shown shown = row_shown(kase, ask->restricted);
    return (ask->state == 0 || (unsigned)ask->state == kase->state) &&
           (ask->tier == 0 || (unsigned)ask->tier == kase->tier) &&
           (!l->has_holder || org_within(shown.holder, l->holder)) &&
           (!l->has_area || org_within(shown.area, l->area)) &&
           (l->worker == 0 || l->worker == shown.worker) &&
           (l->category == 0 || l->category == shown.category) &&
           (!ask->overdue || row_is_overdue(kase, l->casebook->now_ms)) &&
           (!ask->attention || kase->attention_count > 0);
}

static bool list_visit(void *context, struct kase *kase)
{
    struct listing *l = context;
    if (kase->key <= l->after || !list_matches(l, kase)) {
        return true;
    }
    l->reply->matched++;
    if (l->reply->n_rows == l->limit) {
        l->reply->more = true;
        return true; // go on counting
    }
    Sanji__CaseRow *row = row_new(l->casebook->arena, l->casebook->world, kase,
                                  l->casebook->now_ms, l->ask->restricted, false);
    if (row == NULL) {
        l->full = true;
        return false;
    }
    l->reply->rows[l->reply->n_rows++] = row;
    return true;
}

static const char *list_read(struct listing *l)
{
    uint32_t place = 0;
    if (!read_path(l->ask->holder, &l->holder, &l->has_holder)) {
        return "holder";
    }
    if (!read_path(l->ask->area, &l->area, &l->has_area)) {
        return "area";
    }
    if (l->ask->worker[0] != '\0' &&
        id_worker_parse(l->ask->worker, &l->worker) != STATUS_OK) {
        return "worker";
    }
    if (l->ask->category[0] != '\0' &&
        id_category_parse(l->ask->category, &l->category) != STATUS_OK) {
        return "category";
    }
    if (l->ask->after[0] != '\0' &&
        id_case_parse(l->ask->after, &place, &l->after) != STATUS_OK) {
        return "after";
    }
    l->limit = l->ask->limit == 0 ? LIST_ROWS_DEFAULT : l->ask->limit;
    return l->limit > LIST_ROWS_MAX ? "limit" : NULL;
}

static void answer_list(struct casebook *casebook, const Sanji__ListAsk *ask,
                        Sanji__QueryReply *reply)
{
    struct listing l = {.casebook = casebook, .ask = ask};
    const char *wrong = list_read(&l);
    if (wrong != NULL) {
        refuse(casebook, reply, STATUS_INVALID, wrong,
               "取值无效 / not a value this field can have");
        return;
    }
    l.reply = arena_take(casebook->arena, sizeof *l.reply);
    Sanji__CaseRow **rows = arena_take(casebook->arena, l.limit * sizeof *rows);
    assert(l.reply != NULL && rows != NULL); // bounded by LIST_ROWS_MAX
    sanji__list_reply__init(l.reply);
    l.reply->rows = rows;
    world_each_case(casebook->world, list_visit, &l);
    if (l.full) {
        refuse_full(casebook, reply);
        return;
    }
    reply->body_case = SANJI__QUERY_REPLY__BODY_LIST;
    reply->list = l.reply;
}

/* ---- BOARD ---- */

struct boarding {
    struct casebook *casebook;
    const Sanji__BoardAsk *ask;
    struct org_path area;
    bool has_area;
    Sanji__BoardReply *reply;
    const struct kase *next[TIER_MUNICIPAL + 1][BOARD_NEXT_MAX]; /* earliest due first */
    size_t next_count[TIER_MUNICIPAL + 1];
    const struct kase *attention[BOARD_ATTENTION_MAX];
    size_t attention_count;
};

static int64_t due_of(const struct kase *kase)
{
    const struct case_timer *next = case_next_due(kase);
    return next != NULL ? next->due_ms : INT64_MAX;
}

static void board_insert(struct boarding *b, const struct kase *kase)
{
    const struct kase **lane = b->next[kase->tier];
    size_t *count = &b->next_count[kase->tier];
    size_t at = *count;
    while (at > 0 && due_of(lane[at - 1]) > due_of(kase)) {
        at--;
    }
    if (at == BOARD_NEXT_MAX) {
        return;
    }
    if (*count < BOARD_NEXT_MAX) {
        (*count)++;
    }
    for (size_t i = *count - 1; i > at; i--) {
        lane[i] = lane[i - 1];
    }
    lane[at] = kase;
}

static bool board_visit(void *context, struct kase *kase)
{
    struct boarding *b = context;
    const struct org_path area = row_shown(kase, b->ask->restricted).area;
    if ((b->has_area && !org_within(area, b->area)) || kase->tier > TIER_MUNICIPAL) {
        return true;
    }
    if (!lifecycle_is_open((enum case_state)kase->state)) {
        b->reply->closed++;
        return true;
    }
    Sanji__Lane *lane = b->reply->lanes[kase->tier];
    const bool overdue = row_is_overdue(kase, b->casebook->now_ms);
    lane->open++;
    lane->by_state[kase->state]++;
    lane->overdue += overdue ? 1 : 0;
    b->reply->open++;
    b->reply->overdue += overdue ? 1 : 0;
    board_insert(b, kase);
    if (kase->attention_count > 0) {
        b->reply->attention_count++;
        if (b->attention_count < BOARD_ATTENTION_MAX) {
            b->attention[b->attention_count++] = kase;
        }
    }
    return true;
}

static bool board_rows(struct boarding *b, const struct kase *const *cases, size_t count,
                       Sanji__CaseRow ***rows)
{
    *rows = arena_take(b->casebook->arena, (count + 1) * sizeof **rows);
    for (size_t i = 0; *rows != NULL && i < count; i++) {
        (*rows)[i] = row_new(b->casebook->arena, b->casebook->world, cases[i],
                             b->casebook->now_ms, b->ask->restricted, false);
        if ((*rows)[i] == NULL) {
            return false;
        }
    }
    return *rows != NULL;
}

static bool board_open(struct boarding *b)
{
    struct arena *arena = b->casebook->arena;
    b->reply = arena_take(arena, sizeof *b->reply);
    Sanji__Lane **lanes = arena_take(arena, (TIER_MUNICIPAL + 1) * sizeof *lanes);
    if (b->reply == NULL || lanes == NULL) {
        return false;
    }
    sanji__board_reply__init(b->reply);
    b->reply->lanes = lanes;
    b->reply->n_lanes = TIER_MUNICIPAL + 1;
    for (size_t tier = 0; tier <= TIER_MUNICIPAL; tier++) {
        lanes[tier] = arena_take(arena, sizeof **lanes);
        uint32_t *by_state = arena_take(arena, STATE_COUNT * sizeof *by_state);
        if (lanes[tier] == NULL || by_state == NULL) {
            return false;
        }
        sanji__lane__init(lanes[tier]);
        lanes[tier]->tier = (Sanji__Tier)tier;
        lanes[tier]->by_state = by_state;
        lanes[tier]->n_by_state = STATE_COUNT;
    }
    return true;
}

/* A deadline of a year without a table is counted by weekday: somebody must know in time. */
static bool board_years(struct casebook *casebook, Sanji__BoardReply *reply)
{
    const struct rules *rules = world_rules(casebook->world);
    const struct calendar *calendar = rules_calendar(rules);
    const bool is_there = rules_version(rules, SANJI__RULES_KIND__RULES_KIND_CALENDAR) != 0;
    const int64_t looks_ms[] = {casebook->now_ms,
                                casebook->now_ms + BOARD_YEAR_AHEAD_DAYS * TIME_DAY_MS};
    reply->missing_years = arena_take(casebook->arena, sizeof looks_ms);
    for (size_t i = 0; is_there && reply->missing_years != NULL && i < 2; i++) {
        uint32_t day = 0;
        unsigned minute = 0;
        unsigned weekday = 0;
        deadline_local(calendar->utc_offset_min, looks_ms[i], &day, &minute, &weekday);
        const uint32_t year = day / DAYS_OF_YEAR;
        const bool is_told = reply->n_missing_years > 0 && reply->missing_years[0] == year;
        if (casebook->now_ms != 0 && !is_told &&
            !deadline_knows_year(calendar, looks_ms[i])) {
            reply->missing_years[reply->n_missing_years++] = year;
        }
    }
    return reply->missing_years != NULL;
}

static void answer_board(struct casebook *casebook, const Sanji__BoardAsk *ask,
                         Sanji__QueryReply *reply)
{
    struct boarding b = {.casebook = casebook, .ask = ask};
    if (!read_path(ask->area, &b.area, &b.has_area)) {
        refuse(casebook, reply, STATUS_INVALID, "area",
               "不是组织路径 / not an org path, e.g. 370499.003.01");
        return;
    }
    bool fits = board_open(&b);
    if (fits) {
        world_each_case(casebook->world, board_visit, &b);
    }
    for (size_t tier = 0; fits && tier <= TIER_MUNICIPAL; tier++) {
        Sanji__Lane *lane = b.reply->lanes[tier];
        lane->n_next = b.next_count[tier];
        fits = board_rows(&b, b.next[tier], b.next_count[tier], &lane->next);
    }
    if (!fits || !board_years(casebook, b.reply) ||
        !board_rows(&b, b.attention, b.attention_count, &b.reply->attention)) {
        refuse_full(casebook, reply);
        return;
    }
    b.reply->n_attention = b.attention_count;
    reply->body_case = SANJI__QUERY_REPLY__BODY_BOARD;
    reply->board = b.reply;
}

/* ---- WORKLOAD ---- */

static Sanji__WorkloadRow *workload_row(struct casebook *casebook,
                                        const Sanji__Worker *worker, uint32_t number,
                                        uint32_t day)
{
    const struct worker_state *state = world_worker(casebook->world, number);
    Sanji__WorkloadRow *row = arena_take(casebook->arena, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    sanji__workload_row__init(row);
    row->worker = worker->worker;
    row->role = worker->role;
    row->team = worker->team;
    row->duty = world_on_duty(casebook->world, number, casebook->now_ms)
                    ? SANJI__DUTY__DUTY_ON
                    : (state->duty != 0 ? (Sanji__Duty)state->duty : SANJI__DUTY__DUTY_OFF);
    row->open_cases = state->open_cases;
    row->open_min = state->open_min;
    row->roll_min = world_roll_min(casebook->world, state, day);
    row->capacity_min_day = worker->capacity_min_day;
    row->utilisation_permille = worker->capacity_min_day != 0
                                    ? state->open_min * 1000U / worker->capacity_min_day
                                    : 0;
    row->last_assigned_ms = state->last_assigned_ms;
    return row;
}

static void answer_workload(struct casebook *casebook, const Sanji__WorkloadAsk *ask,
                            Sanji__QueryReply *reply)
{
    struct org_path area;
    bool has_area = false;
    const struct rules *rules = world_rules(casebook->world);
    const Sanji__Roster *roster = rules_roster(rules);
    if (!read_path(ask->area, &area, &has_area)) {
        refuse(casebook, reply, STATUS_INVALID, "area",
               "不是组织路径 / not an org path, e.g. 370499.003.01");
        return;
    }
    uint32_t asked = 0;
    if (id_worker_parse(ask->worker, &asked) != STATUS_OK) {
        refuse(casebook, reply, STATUS_INVALID, "worker",
               "不是人员编号 / not a worker, e.g. W00007");
        return;
    }
    Sanji__WorkloadReply *body = arena_take(casebook->arena, sizeof *body);
    const size_t workers = roster != NULL ? roster->n_workers : 0;
    Sanji__WorkloadRow **rows = arena_take(casebook->arena, (workers + 1) * sizeof *rows);
    if (body == NULL || rows == NULL) {
        refuse_full(casebook, reply);
        return;
    }
    sanji__workload_reply__init(body);
    body->rows = rows;
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    deadline_local(rules_utc_offset_min(rules), casebook->now_ms, &day, &minute, &weekday);
    for (size_t i = 0; i < workers; i++) {
        const Sanji__Worker *worker = roster->workers[i];
        struct org_path desk;
        uint32_t number = 0;
        if (id_worker_parse(worker->worker, &number) != STATUS_OK ||
            (asked != 0 && asked != number) ||
            (has_area &&
             (org_parse(worker->desk, &desk) != STATUS_OK || !org_within(desk, area)))) {
            continue;
        }
        rows[body->n_rows] = workload_row(casebook, worker, number, day);
        if (rows[body->n_rows] == NULL) {
            refuse_full(casebook, reply);
            return;
        }
        body->n_rows++;
    }
    reply->body_case = SANJI__QUERY_REPLY__BODY_WORKLOAD;
    reply->workload = body;
}

void answer_query(struct casebook *casebook, const Sanji__QueryRequest *request,
                  Sanji__QueryReply *reply)
{
    sanji__query_reply__init(reply);
    reply->protocol = PROTOCOL_VERSION;
    reply->request_no = request->request_no;
    if (casebook->world == NULL) {
        refuse(casebook, reply, STATUS_BUSY, "",
               "正在读取日志,请稍后 / still reading the log: ask again");
        return;
    }
    reply->upto_seq = world_read_seq(casebook->world);
    reply->now_ms = casebook->now_ms;
    if (request->protocol != PROTOCOL_VERSION) {
        refuse(casebook, reply, STATUS_BAD_VERSION, "protocol",
               "协议版本应为1 / protocol is 1");
    } else if (request->body_case == SANJI__QUERY_REQUEST__BODY_CASE_ASK) {
        answer_case(casebook, request->case_ask, reply);
    } else if (request->body_case == SANJI__QUERY_REQUEST__BODY_LIST) {
        answer_list(casebook, request->list, reply);
    } else if (request->body_case == SANJI__QUERY_REQUEST__BODY_BOARD) {
        answer_board(casebook, request->board, reply);
    } else if (request->body_case == SANJI__QUERY_REQUEST__BODY_WORKLOAD) {
        answer_workload(casebook, request->workload, reply);
    } else {
        refuse(casebook, reply, STATUS_UNKNOWN_KIND, "",
               "未知的查询 / a question this program does not know");
    }
}
