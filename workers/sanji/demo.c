/* demo.c: `sanji demo`: plays a data set through the real processes under driven time.
 *
 *     driver session (participant "driver")  <-- records -- the log
 *           | its agenda names the next due time            ^
 *           v                                               |
 *     submissions and statements  --> door --> intake ------+
 *     Advance(to) on the admin endpoint moves time; the broker jumps to whoever is due next
 *
 * Invariants
 *  1. Submissions and statements are all it says; it never writes the log.
 *  2. It gives its turn back only when every receipt it waits for has come.
 *  3. It ends with 0 when every planned case is in a final state, else 1 and says which.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.pb-c.h"
#include "broker/runtime/loop.h"
#include "broker/runtime/memory.h"
#include "broker/runtime/process.h"
#include "broker/runtime/socket.h"
#include "broker/runtime/stage.h"
#include "proto/arena.h"
#include "proto/time.h"
#include "proto/wire.h"
#include "workers/sanji/cli.h"
#include "workers/sanji/commands.h"
#include "workers/sanji/doorway.h"
#include "workers/sanji/morning.h"
#include "workers/sanji/outcome.h"
#include "workers/sanji/people.h"
#include "workers/sanji/script.h"
#include "workers/sanji/truth.h"
#include "workers/sanji/upset.h"

enum {
    SEED_DEFAULT = 20200904,
    SCALE_MAX = 108,
    QUANTUM_FROM_SCALE = 4, /* above it time goes by the minute, so that it goes at all */
    QUANTUM_MS = 60 * 1000,
    QUANTUM_MAX_MS = 15 * 60 * 1000,
    DAYS_MAX = 150, /* 34 days of arrivals, the longest limits, and some */
    MS_PER_DAY = 24 * 60 * 60 * 1000,
    ADMIN_HWM = 16,
    ADMIN_AGAIN_MS = 3000,
    SHOWN_MAX = 20,
    KILL_EVERY = 997, /* statements */
    ARENA_BYTES = 64 * 1024
};

enum demo_phase {
    DEMO_WAITING, /* for the log, the rules, the first tick */
    DEMO_PLAYING,
    DEMO_MORNING, /* to the next working morning, for --stay */
    DEMO_STAYING
};

struct pending {
    uint64_t item;
    uint32_t tag;
};

struct demo {
    struct cli *cli;
    struct loop *loop;
    struct doorway *door;
    struct stage_shell *shell;
    struct world *world;
    struct plan plan;
    struct script *script;
    struct people *people; /* of a closed loop; NULL: they follow the script */
    struct socket *admin;
    struct loop_timer *admin_timer;
    struct arena *arena;
    uint64_t request_no;
    const char *name;
    enum plan_set set;
    uint32_t scale;
    uint64_t seed;
    int64_t now_ms;
    int64_t target_ms;
    int64_t start_ms;
    bool stays;
    bool has_sent; /* an Advance is under way */
    enum demo_phase phase;
    int exit_code;

    struct pending *pending; /* submissions whose receipt is not here yet, oldest first */
    size_t pending_count, pending_room;
    unsigned refused;
    unsigned shown;
    unsigned said, killed;
    uint32_t quantum_ms;
};

/* ---- the door ---- */

/* The tag of a submission that was answered; 0: a statement. */
static uint32_t take_pending(struct demo *demo, uint64_t item)
{
    for (size_t i = 0; i < demo->pending_count; i++) {
        if (demo->pending[i].item == item) {
            const uint32_t tag = demo->pending[i].tag;
            demo->pending_count--;
            memmove(demo->pending + i, demo->pending + i + 1,
                    (demo->pending_count - i) * sizeof *demo->pending);
            return tag;
        }
    }
    return 0;
}

static void on_answered(void *context, uint64_t item, const Sanji__Receipt *receipt)
{
    struct demo *demo = context;
    const uint32_t tag = take_pending(demo, item);
    if (tag != 0) {
        script_receipt(demo->script, demo->world, tag, receipt, demo->now_ms);
    }
    if (receipt->outcome != SANJI__OUTCOME__OUTCOME_STORED && !script_is_stray(tag)) {
        demo->refused++;
        fprintf(stderr, "sanji demo: outcome %d, field %s: %s\n", (int)receipt->outcome,
                receipt->field, receipt->reason);
    }
    stage_shell_poke(demo->shell);
}

static void submit(void *port, const Sanji__Submission *submission, uint32_t tag)
{
    struct demo *demo = port;
    MEMORY_ROOM_FOR_ONE(demo->pending, demo->pending_count, demo->pending_room);
    demo->pending[demo->pending_count++] =
        (struct pending){.item = doorway_submit(demo->door, submission), .tag = tag};
}

/* One process after the other dies while statements are on the way. */
static void upset(struct demo *demo)
{
    static const char *const programs[] = {"sanji-intake",   "sanji-escalation",
                                           "sanji-dispatch", "sanji-audit",
                                           "sanji-casebook", "sanji-broker"};
    const size_t count = sizeof programs / sizeof programs[0];
    const char *program = programs[demo->said / KILL_EVERY % count];
    if (upset_kill(program, demo->cli->run_dir)) {
        demo->killed++;
        fprintf(stderr, "sanji demo: %s was killed\n", program);
    }
}

static void say(void *port, const Sanji__Statement *statement)
{
    struct demo *demo = port;
    // The receipt is counted, its number not needed.
    (void)doorway_say(demo->door, statement);
    if (demo->set == PLAN_CHAOS && ++demo->said % KILL_EVERY == 0) {
        upset(demo);
    }
}

/* What a decider refused: the first few are shown. */
static void refused(void *port, uint64_t key, const Sanji__StatementRefused *refused)
{
    struct demo *demo = port;
    char case_no[CASE_NO_SIZE];
    if (demo->shown++ < SHOWN_MAX) {
        id_case_print(world_place(demo->world), key, case_no);
        fprintf(stderr, "sanji demo: %s: %s refused: %s %s\n", case_no,
                vocab_statement_name((unsigned)refused->kind), refused->code_name,
                refused->reason);
    }
}

/* ---- the clock ---- */

static void advance_send(struct demo *demo)
{
    Sanji__AdminRequest request = SANJI__ADMIN_REQUEST__INIT;
    Sanji__Advance advance = SANJI__ADVANCE__INIT;
    advance.to_ms = demo->target_ms;
    advance.quantum_ms = demo->quantum_ms;
    request.protocol = PROTOCOL_VERSION;
    request.request_no = demo->request_no;
    request.body_case = SANJI__ADMIN_REQUEST__BODY_ADVANCE;
    request.advance = &advance;
    uint8_t packed[128];
    const size_t size = sanji__admin_request__get_packed_size(&request);
    if (size > sizeof packed) {
        abort(); // a request of fixed fields only
    }
    sanji__admin_request__pack(&request, packed);
    const struct bytes frame = {.data = packed, .size = size};
    demo->has_sent = socket_send(demo->admin, NULL, &frame, 1) == STATUS_OK;
    loop_timer_start(demo->admin_timer, ADMIN_AGAIN_MS, 0);
}

static void advance_to(struct demo *demo, int64_t to_ms)
{
    demo->target_ms = to_ms > demo->target_ms ? to_ms : demo->target_ms;
    demo->request_no++;
    advance_send(demo);
}

/* False: something is not as the truth says. */
static bool summarize(struct demo *demo)
{
    if (demo->people != NULL) {
        struct people_figures figures;
        people_count(demo->people, rules_roster(world_rules(demo->world)), &figures);
        outcome_print_people((unsigned)world_case_count(demo->world),
                             (unsigned)script_final_count(demo->script, demo->world),
                             &figures);
        return true; // there is no truth beside the log
    }
    struct script_result result;
    unsigned shown = 0;
    script_compare(demo->script, demo->world, demo->set == PLAN_SURGE, outcome_differs,
                   &shown, &result);
    outcome_print(&result, demo->killed, demo->refused, world_read_seq(demo->world));
    return result.differing == 0;
}

static void print_progress(const struct demo *demo, size_t final)
{
    char day[TIME_TEXT_SIZE];
    fprintf(stderr, "sanji demo: %s, %zu of %zu final, seq %llu\n",
            time_print(demo->now_ms, day), final, demo->plan.count,
            (unsigned long long)world_read_seq(demo->world));
}

/* An Advance has ended: what next. */
static void played(struct demo *demo)
{
    const size_t final = script_final_count(demo->script, demo->world);
    if (demo->phase == DEMO_PLAYING) {
        print_progress(demo, final);
    }
    if (demo->phase == DEMO_PLAYING && final < demo->plan.count &&
        demo->target_ms < demo->start_ms + (int64_t)DAYS_MAX * MS_PER_DAY) {
        advance_to(demo, demo->target_ms + MS_PER_DAY);
        return;
    }
    if (demo->phase == DEMO_PLAYING) {
        const bool is_as_planned = summarize(demo);
        demo->exit_code = final == demo->plan.count && is_as_planned ? CLI_OK : CLI_FAILURE;
        if (!demo->stays) {
            loop_stop(demo->loop);
            return;
        }
        script_stay(demo->script);
        demo->phase = DEMO_MORNING;
        advance_to(demo, morning_next_ms(world_rules(demo->world), demo->now_ms));
        return;
    }
    demo->phase = DEMO_STAYING;
    cli_printf("DEMO STAYS\n");
    cli_flush();
}

static void on_admin(void *context)
{
    struct demo *demo = context;
    struct bytes frame;
    size_t frames = 0;
    while (socket_receive(demo->admin, NULL, &frame, 1, &frames) == STATUS_OK) {
        ProtobufCMessage *message = NULL;
        arena_reset(demo->arena);
        if (wire_unpack(&sanji__admin_reply__descriptor, frame, demo->arena, &message) !=
            STATUS_OK) {
            continue;
        }
        const Sanji__AdminReply *reply = (const Sanji__AdminReply *)message;
        if (reply->request_no != demo->request_no) {
            continue; // of an earlier Advance
        }
        if (reply->body_case == SANJI__ADMIN_REPLY__BODY_ERROR &&
            reply->error->code == STATUS_BUSY) {
            continue; // it was asked for again while it is under way: its answer will come
        }
        loop_timer_stop(demo->admin_timer);
        demo->has_sent = false;
        if (reply->body_case == SANJI__ADMIN_REPLY__BODY_ERROR) {
            demo->exit_code = cli_fail(demo->cli, CLI_FAILURE, "%s", reply->error->text);
            loop_stop(demo->loop);
            return;
        }
        if (reply->body_case == SANJI__ADMIN_REPLY__BODY_ADVANCE) {
            demo->now_ms = reply->advance->now_ms;
            played(demo);
        }
    }
}

/* No answer yet: the broker may have been started anew and forgotten the request. It is asked
 * for again under its number; a time that has been reached is answered at once. */
static void on_admin_silent(void *context)
{
    struct demo *demo = context;
    advance_send(demo);
}

/* ---- the stage ---- */

static bool begin(struct demo *demo)
{
    struct fault fault;
    char prefix[40];
    const struct rules *rules = world_rules(demo->world);
    if (!rules_complete(rules)) {
        return false;
    }
    uint32_t day = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
    const int32_t offset_min = rules_utc_offset_min(rules);
    deadline_local(offset_min, demo->now_ms, &day, &minute, &weekday);
    demo->start_ms = deadline_day_start_ms(offset_min, day);
    if (minute > 0) {
        demo->start_ms += MS_PER_DAY; // arrivals begin with the next whole day
    }
    const struct plan_order order = {.set = demo->set,
                                     .scale = demo->scale,
                                     .seed = demo->seed,
                                     .start_ms = demo->start_ms};
    if (plan_draw(rules, &order, &demo->plan, &fault) != STATUS_OK) {
        demo->exit_code = cli_fail(demo->cli, CLI_FAILURE, "%s", fault.text);
        loop_stop(demo->loop);
        return true;
    }
    (void)snprintf(prefix, sizeof prefix, "%s/%llu/%u", demo->name,
                   (unsigned long long)demo->seed,
                   day); // the name is of the few known ones
    static const struct script_port port = {
        .submit = submit, .say = say, .refused = refused};
    demo->script = script_new(&demo->plan, prefix, &port, demo);
    if (demo->people != NULL) {
        script_close_loop(demo->script, demo->seed);
    }
    script_begin(demo->script);
    demo->phase = DEMO_PLAYING;
    demo->target_ms = demo->start_ms;
    advance_to(demo, demo->start_ms + MS_PER_DAY);
    return true;
}

static void folded(void *context, struct world *world, const struct record *record,
                   const Sanji__Envelope *envelope, enum status status)
{
    struct demo *demo = context;
    if (status == STATUS_OK && demo->script != NULL) {
        script_react(demo->script, world, record, envelope);
        if (demo->people != NULL) {
            people_note(demo->people, world, record, envelope);
        }
    }
}

static int64_t next_wake_ms(void *context)
{
    const struct demo *demo = context;
    return demo->script != NULL ? script_next_ms(demo->script) : 0;
}

static void wake(void *context, struct turn *turn)
{
    struct demo *demo = context;
    script_perform(demo->script, demo->world, turn_now_ms(turn));
}

static void caught_up(void *context, struct world *world)
{
    struct demo *demo = context;
    demo->world = world;
}

static void ticked(void *context, int64_t now_ms)
{
    struct demo *demo = context;
    demo->now_ms = now_ms;
    if (demo->phase == DEMO_WAITING && demo->world != NULL) {
        (void)begin(demo); // false: the rules are on their way, the next tick asks again
    }
}

static bool busy(void *context)
{
    const struct demo *demo = context;
    return doorway_unanswered(demo->door) > 0;
}

static const struct stage_ops driver_ops = {
    .name = "driver",
    .owner = OWNER_NONE,
    .folded = folded,
    .next_wake_ms = next_wake_ms,
    .wake = wake,
    .caught_up = caught_up,
    .ticked = ticked,
    .busy = busy,
};

static void on_signal(void *context)
{
    struct demo *demo = context;
    demo->exit_code = demo->phase == DEMO_STAYING ? CLI_OK : CLI_INTERRUPTED;
    loop_stop(demo->loop);
}

static int play(struct demo *demo)
{
    static const struct doorway_events doorway_events = {.answered = on_answered};
    char endpoint[ENDPOINT_SIZE];
    struct fault fault;
    demo->loop = loop_new();
    demo->arena = arena_new(ARENA_BYTES);
    demo->door = doorway_new(demo->loop, demo->cli->run_dir,
                             &(struct doorway_options){.waits_if_full = true},
                             &doorway_events, demo);
    process_endpoint(demo->cli->run_dir, "admin", endpoint);
    if (socket_connect(SOCKET_DEALER, endpoint, ADMIN_HWM, &demo->admin, &fault) !=
        STATUS_OK) {
        return cli_fail(demo->cli, CLI_UNREACHABLE, "%s", fault.text);
    }
    demo->admin_timer = loop_timer_new(demo->loop, on_admin_silent, demo);
    loop_watch(demo->loop, demo->admin, on_admin, demo);
    loop_signal(demo->loop, SIGTERM, on_signal, demo);
    loop_signal(demo->loop, SIGINT, on_signal, demo);
    demo->shell =
        stage_shell_new(demo->loop, process_endpoint(demo->cli->run_dir, "log", endpoint),
                        &driver_ops, demo);
    loop_run(demo->loop);
    stage_shell_free(&demo->shell);
    loop_unwatch(demo->loop, demo->admin);
    socket_close(&demo->admin);
    loop_timer_free(&demo->admin_timer);
    doorway_free(&demo->door);
    script_free(&demo->script);
    people_free(&demo->people);
    plan_reset(&demo->plan);
    memory_free(demo->pending);
    arena_free(&demo->arena);
    loop_free(&demo->loop);
    return demo->exit_code;
}

int cmd_demo(struct cli *cli)
{
    static struct demo demo;
    const char *name = cli_word(cli, 0);
    uint64_t seed = SEED_DEFAULT;
    uint64_t scale = 1;
    if (cli_number(cli, "--seed", &seed) != STATUS_OK ||
        cli_number(cli, "--scale", &scale) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (name == NULL) {
        return cli_usage(cli, "which data set? y-mini, street, surge or chaos");
    }
    if (!plan_set_parse(name, &demo.set)) {
        return cli_usage(cli,
                         "没有数据集 \"%s\" (有: y-mini street surge chaos) / no data set "
                         "\"%s\"; there are y-mini, street, surge and chaos",
                         name, name);
    }
    if (scale < 1 || scale > SCALE_MAX) {
        return cli_usage(cli, "--scale %llu: 1 .. %d", (unsigned long long)scale,
                         SCALE_MAX);
    }
    if (cli_has(cli, "--truth")) {
        const struct plan_order order = {
            .set = demo.set, .scale = (uint32_t)scale, .seed = seed};
        return truth_print(cli, name, &order);
    }
    const bool is_large = scale > QUANTUM_FROM_SCALE || demo.set == PLAN_SURGE;
    int64_t quantum_ms = is_large ? QUANTUM_MS : 0;
    if (cli_duration(cli, "--quantum", &quantum_ms) != STATUS_OK) {
        return CLI_USAGE;
    }
    if (quantum_ms > QUANTUM_MAX_MS) {
        return cli_usage(cli, "--quantum: 最多 15m / at most 15m, 0s: none");
    }
    const char *people = cli_option(cli, "--people");
    const bool is_closed = people != NULL && strcmp(people, "closed") == 0;
    if (people != NULL && !is_closed && strcmp(people, "scripted") != 0) {
        return cli_usage(cli,
                         "--people %s: scripted (按脚本) 或 closed (闭环) / is scripted "
                         "or closed",
                         people);
    }
    demo.people = is_closed ? people_new() : NULL;
    demo.quantum_ms = (uint32_t)quantum_ms;
    demo.name = name;
    demo.scale = (uint32_t)scale;
    demo.cli = cli;
    demo.seed = seed;
    demo.stays = cli_has(cli, "--stay");
    demo.exit_code = CLI_FAILURE;
    return play(&demo);
}
