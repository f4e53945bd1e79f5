/* show.c: see show.h. */
#include "workers/sanji/show.h"

#include "broker/runtime/labels.h"
#include "proto/time.h"
#include "workers/sanji/rows.h"

enum {
    EVENT_WIDTH = 14,
    STATE_WIDTH = 16
};

static const char *local(const struct casefile *file, int64_t at_ms, char *text)
{
    return time_print_local(at_ms, rules_utc_offset_min(world_rules(file->world)), text);
}

void show_head(struct casefile *file)
{
    const struct kase *kase = casefile_case(file);
    char case_no[CASE_NO_SIZE];
    char path[ORG_TEXT_SIZE];
    char category[CATEGORY_SIZE];
    char worker[WORKER_SIZE];
    const struct rules *rules = world_rules(file->world);
    const Sanji__Category *row = rules_category(rules, kase->category);
    const bool is_actual = kase->status <= SANJI__MSG_STATUS__MSG_STATUS_ACTUAL;
    cli_printf("案件 case     %s%s%s%s%s\n",
               id_case_print(file->place, file->case_key, case_no), is_actual ? "" : "  【",
               is_actual ? "" : label_of(rules, LABEL_STATUS, kase->status, false),
               is_actual ? "" : "】 ",
               is_actual ? "" : label_of(rules, LABEL_STATUS, kase->status, true));
    cli_printf("状态 state    %s %s (version %u)\n", vocab_state_zh(kase->state),
               vocab_state_name(kase->state), kase->version);
    cli_printf("类别 category %s %s  S%d\n", id_category_print(kase->category, category),
               row != NULL ? row->name_zh : "", (int)kase->severity);
    cli_printf("地点 area     %s\n", org_print(kase->area, path));
    cli_printf("承办 holder   %s %s\n", org_print(kase->holder, path),
               rows_tier_zh((Sanji__Tier)kase->tier));
    cli_printf("责任 owner    %s\n", org_print(kase->owner, path));
    if (kase->worker != 0) {
        cli_printf("人员 worker   %s\n", id_worker_print(kase->worker, worker));
    }
    cli_printf("\n");
}

void show_line(struct casefile *file, const struct casefile_entry *entry)
{
    char time[TIME_TEXT_SIZE];
    char path[ORG_TEXT_SIZE];
    const struct record_header *header = &entry->record.header;
    const struct org_path holder = {.place = file->place, .packed = header->holder};
    cli_printf("%8llu  %s  ", (unsigned long long)entry->record.seq,
               local(file, header->recorded_at_ms, time));
    const char *zh = vocab_event_zh(header->type);
    cli_cell(zh != NULL ? zh : "?", EVENT_WIDTH);
    cli_cell(vocab_state_zh(entry->after.state), STATE_WIDTH);
    cli_printf("%s %s\n", rows_tier_zh((Sanji__Tier)header->tier), org_print(holder, path));
}
