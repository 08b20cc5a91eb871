/* SPDX-License-Identifier: Apache-2.0 */
/* check_process.c - what a whole life of the plugin does to its process, how long it
 * holds the loop, and, on request, a message to a real receiver. */
#include <stdio.h>
#include <tocsin/plugin.h>

#include "core/base/clock.h"
#include "core/kit/census.h"
#include "core/kit/rig.h"

#define SENDS      50
#define CREATES    9
#define CREATE_US  20000
#define SEND_US    50000
#define DELIVER_MS 30000

static bool send_some(tcn_rig *rig, tcn_block *block)
{
    static const int statuses[] = {200, 404, 503};
    tcn_outcome out;
    for (int i = 0; i < SENDS; i++) {
        rig->peer.script.status = statuses[(size_t)i % TCN_COUNT(statuses)];
        if (!tcn_rig_send(rig, block, NULL, &out))
            return false;
    }
    return true;
}

static void check_process(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static tcn_census before, after;
    char change[400];
    tcn_census_take(&before);
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    if (block == NULL || !send_some(&rig, block) || !tcn_rig_stop(&rig))
        return;
    tcn_census_take(&after);
    if (tcn_census_change(&before, &after, change) != NULL)
        (void)tcn_report_fail(report, "%s", change);
}

/* Threads of the process before the plugin was made and after it is gone; the loop's
 * client may have started its own with the first request. */
static void check_threads(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static tcn_census before, after;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    if (tcn_rig_block(&rig, "warm") == NULL || !tcn_rig_remove(&rig, "warm"))
        return;
    tcn_census_take(&before);
    tcn_block *block = tcn_rig_block(&rig, "kit");
    if (block == NULL || !send_some(&rig, block) || !tcn_rig_remove(&rig, "kit"))
        return;
    tcn_census_take(&after);
    if (after.threads > before.threads)
        (void)tcn_report_fail(
            report,
            "%zu %s %s left running after destroy: join them in stop, or use host->use_workers",
            TCN_IS_ARE(after.threads - before.threads, "thread"));
    (void)tcn_rig_stop(&rig);
}

/* How many blocks the daemon warned about when they were created. */
static int count_slow_creates(tcn_rig *rig)
{
    tcn_str line, log = tcn_rig_log(rig);
    int count = 0;
    while (tcn_str_split(&log, '\n', &line))
        count += tcn_str_find(line, TCN_STR("create of plugin")) != SIZE_MAX;
    return count;
}

/* A machine that is busy is slow now and then, a plugin that waits is slow each time. */
static void check_slots(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    char name[16];
    tcn_block *block = NULL;
    if (!tcn_kit_is_timed(kit)) {
        (void)tcn_report_skip(report, "nothing is timed under a sanitizer");
        return;
    }
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    for (int i = 0; i < CREATES; i++) {
        (void)snprintf(name, sizeof name, "kit-%d", i);
        block = tcn_rig_block(&rig, name);
        if (block == NULL)
            return;
    }
    if (count_slow_creates(&rig) > CREATES / 2)
        (void)tcn_report_fail(report, "create takes more than %d ms", CREATE_US / 1000);
    int64_t least_us = INT64_MAX;
    for (int i = 0; i < CREATES; i++) {
        if (!tcn_rig_send(&rig, block, NULL, &out))
            return;
        least_us = out.slot_us < least_us ? out.slot_us : least_us;
    }
    if (least_us > SEND_US)
        (void)tcn_report_fail(report, "send holds the loop for %lld ms, above %d ms",
                              (long long)(least_us / 1000), SEND_US / 1000);
    if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

/* The receiver's own URL, in the option that holds the plugin's. */
static void check_deliver(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    const char *key = tcn_fill_url_key(kit);
    if (kit->options.url == NULL) {
        (void)tcn_report_skip(report, "no --url was given");
        return;
    }
    if (key == NULL) {
        (void)tcn_report_fail(report, "the plugin has no option for a URL");
        return;
    }
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    json_t *options = kit->options.options != NULL ? json_deep_copy(kit->options.options)
                                                   : tcn_rig_options(&rig);
    (void)json_object_set_new(options, key, json_string(kit->options.url));
    tcn_block *block = tcn_rig_block_with(&rig, "kit", options, NULL);
    tcn_message message = tcn_rig_message();
    message.timeout_ms = DELIVER_MS / 2;
    if (block == NULL || !tcn_rig_send(&rig, block, &message, &out))
        return;
    if (out.status != TOCSIN_DONE)
        (void)tcn_report_fail(report, "%s", out.reason);
    else
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_time[] = {
    {"slots", "create below 20 ms, send below 50 ms", check_slots, 0, NULL},
    {0},
};

const tcn_check tcn_checks_process[] = {
    {"process", "locale, umask, signals, folder, environment, limits as before",
     check_process, 0, NULL},
    {"threads", "no thread is left after destroy", check_threads, 0, NULL},
    {"deliver", "a message reaches the receiver of --url", check_deliver,
     DELIVER_MS + 10000, NULL},
    {0},
};
