/* outcome.c: see outcome.h. */
#include "workers/sanji/outcome.h"

#include "workers/sanji/cli.h"

enum {
    SHOWN_MAX = 20
};

void outcome_differs(void *context, const char *text)
{
    unsigned *shown = context;
    if ((*shown)++ < SHOWN_MAX) {
        cli_printf("DIFFERS %s\n", text);
    }
}

void outcome_print(const struct script_result *result, unsigned killed, unsigned refused,
                   uint64_t seq)
{
    cli_printf("DEMO DONE submissions=%u cases=%u final=%u merged=%u rejected=%u "
               "cancelled=%u self_handled=%u committee=%u community=%u subdistrict=%u "
               "municipal=%u in_time=%u satisfied=%u answered=%u ",
               result->planned, result->cases, result->final, result->merged,
               result->rejected, result->cancelled, result->self_handled,
               result->by_tier[TIER_COMMITTEE], result->by_tier[TIER_COMMUNITY],
               result->by_tier[TIER_SUBDISTRICT], result->by_tier[TIER_MUNICIPAL],
               result->in_time, result->satisfied, result->answered);
    cli_printf("declines=%u timeouts=%u recalls=%u returns=%u extensions=%u suspensions=%u "
               "assists=%u reworks=%u reopens=%u urges=%u normal=%u yellow=%u red=%u "
               "unmerged=%u reclassified=%u regraded=%u repeats=%u malformed=%u pii=%u ",
               result->declines, result->timeouts, result->recalls, result->returns,
               result->extensions, result->suspensions, result->assists, result->reworks,
               result->reopens, result->urges,
               result->supervised[SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_NORMAL],
               result->supervised[SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_YELLOW],
               result->supervised[SANJI__SUPERVISE_LEVEL__SUPERVISE_LEVEL_RED],
               result->unmerged, result->reclassified, result->regraded, result->repeats,
               result->malformed, result->pii);
    cli_printf(
        "killed=%u refused=%u declined_by_deciders=%u strained=%u differing=%u seq=%llu\n",
        killed, refused, result->said_refused, result->strained, result->differing,
        (unsigned long long)seq);
    cli_flush();
}

void outcome_print_people(unsigned cases, unsigned final,
                          const struct people_figures *figures)
{
    cli_printf("PEOPLE CLOSED cases=%u final=%u gini_permille=%u max_to_mean_permille=%u "
               "busiest_permille=%u fulltime_share_permille=%u home_share_permille=%u "
               "expired_permille=%u\n",
               cases, final, figures->gini, figures->max_to_mean, figures->busiest,
               figures->fulltime, figures->home, figures->expired);
    cli_flush();
}
