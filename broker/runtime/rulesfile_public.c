/* rulesfile_public.c: policy.yaml's sections about what audit publishes: the public feed and
 * the snapshots of figures. A file without them publishes nothing. */
#include <string.h>

#include "broker/runtime/rulesfile_check.h"

enum {
    DELAY_MIN_S = 24 * 3600,
    DELAY_MAX_S = 28 * 24 * 3600,
    COUNT_MIN = 5,
    COUNT_MAX = 1000,
    MAJORS = 11
};

static struct rulesfile_at at_key(struct rulesfile_reading *reading, const char *key)
{
    return (struct rulesfile_at){reading, FILE_POLICY, NULL, 0, NULL, key, NULL};
}

static bool is_major(const char *text)
{
    const unsigned number =
        strlen(text) == 2 ? (unsigned)(text[0] - '0') * 10U + (unsigned)(text[1] - '0') : 0;
    return number >= 1 && number <= MAJORS;
}

static enum status compile_feed(struct rulesfile_reading *reading,
                                const struct yaml_public_feed *yaml, Sanji__Policy *policy)
{
    Sanji__PublicFeed *feed = rulesfile_take(reading, sizeof *feed);
    sanji__public_feed__init(feed);
    enum status status = rulesfile_duration(at_key(reading, "public_feed.delay"),
                                            yaml->delay, DELAY_MAX_S, &feed->delay_s);
    if (status == STATUS_OK && feed->delay_s < DELAY_MIN_S) {
        status = rulesfile_refuse(at_key(reading, "public_feed.delay"),
                                  "found %s, expected at least 24h", yaml->delay);
    }
    if (status == STATUS_OK &&
        (yaml->count_min < COUNT_MIN || yaml->count_min > COUNT_MAX)) {
        status = rulesfile_refuse(at_key(reading, "public_feed.count_min"),
                                  "found %u, expected %d to %d", yaml->count_min, COUNT_MIN,
                                  COUNT_MAX);
    }
    for (size_t i = 0; i < yaml->street_only_count && status == STATUS_OK; i++) {
        if (!is_major(yaml->street_only[i])) {
            status = rulesfile_refuse(at_key(reading, "public_feed.street_only"),
                                      "found '%s', expected \"01\" to \"11\"",
                                      yaml->street_only[i]);
        }
    }
    feed->count_min = yaml->count_min;
    feed->n_street_only = yaml->street_only_count;
    feed->street_only = yaml->street_only;
    policy->public_feed = feed;
    return status;
}

enum status rulesfile_public(struct rulesfile_reading *reading, Sanji__Policy *policy)
{
    const struct yaml_policy *yaml = reading->files[FILE_POLICY].data;
    if (yaml->snapshots.workers || yaml->snapshots.areas) {
        Sanji__Snapshots *snapshots = rulesfile_take(reading, sizeof *snapshots);
        sanji__snapshots__init(snapshots);
        snapshots->workers = yaml->snapshots.workers;
        snapshots->areas = yaml->snapshots.areas;
        policy->snapshots = snapshots;
    }
    return yaml->public_feed.delay != NULL
               ? compile_feed(reading, &yaml->public_feed, policy)
               : STATUS_OK;
}
