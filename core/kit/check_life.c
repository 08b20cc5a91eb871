/* SPDX-License-Identifier: Apache-2.0 */
/* check_life.c - instances come and go: without memory, a thousand times, and what a
 * life leaves behind. */
#include <stdio.h>
#include <string.h>
#include <tocsin/plugin.h>

#include "core/kit/census.h"
#include "core/kit/heap.h"
#include "core/kit/rig.h"

#define ALLOCATIONS_MAX 1000
#define LIVES           1000
#define LIVES_WARM      50
#define SENDS           20
#define RSS_KIB_MAX     2048 /* what the heap may keep of a thousand lives */

static bool watch(tcn_report *report)
{
    int rc = tcn_heap_watch();
    if (rc == TCN_E_UNSUPPORTED)
        return tcn_report_skip(report, "the plugin takes no memory from the C library");
    return rc == 0 || tcn_report_fail(report, "the kit cannot watch the plugin's heap");
}

/* 1: nothing failed any more; 0: go on; negative: reported. */
static int create_without(tcn_rig *rig, size_t n)
{
    tcn_err why = {0};
    size_t before = tcn_heap_live();
    tcn_heap_fail_at(n);
    tcn_block *block = tcn_rig_block_with(rig, "kit", tcn_rig_options(rig), &why);
    bool has_failed = tcn_heap_has_failed();
    tcn_heap_fail_at(SIZE_MAX);
    if (!tcn_report_is_ok(rig->report))
        return -1;
    if (block != NULL && !tcn_rig_remove(rig, "kit"))
        return -1;
    if (tcn_heap_live() != before) {
        (void)tcn_report_fail(
            rig->report, "when allocation %zu of create fails, %zu %s of memory %s lost",
            n + 1, TCN_IS_ARE(tcn_heap_live() - before, "block"));
        return -1;
    }
    return has_failed ? 0 : 1;
}

static void check_create_memory(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    if (!tcn_rig_start(&rig, kit, NULL, report) || !watch(report))
        return;
    int rc = 0;
    for (size_t n = 0; rc == 0 && n < ALLOCATIONS_MAX; n++)
        rc = create_without(&rig, n);
    if (rc > 0)
        (void)tcn_rig_stop(&rig);
}

static int send_without(tcn_rig *rig, tcn_block *block, size_t n)
{
    tcn_outcome out;
    size_t before = tcn_heap_live();
    tcn_heap_fail_at(n);
    bool is_good = tcn_rig_send(rig, block, NULL, &out);
    bool has_failed = tcn_heap_has_failed();
    tcn_heap_fail_at(SIZE_MAX);
    if (!is_good)
        return -1;
    if (has_failed && out.status == TOCSIN_FAIL) {
        (void)tcn_report_fail(
            rig->report,
            "when allocation %zu of send fails, the message is given up "
            "for good (%.200s)",
            n + 1, out.reason);
        return -1;
    }
    if (tcn_heap_live() > before) {
        (void)tcn_report_fail(
            rig->report, "when allocation %zu of send fails, %zu %s of memory %s lost",
            n + 1, TCN_IS_ARE(tcn_heap_live() - before, "block"));
        return -1;
    }
    return has_failed ? 0 : 1;
}

/* Nothing fails here: what is lost now is lost in every send. */
static bool sends_flat(tcn_rig *rig, tcn_block *block)
{
    tcn_outcome out;
    size_t before = tcn_heap_live();
    for (int i = 0; i < SENDS; i++)
        if (!tcn_rig_send(rig, block, NULL, &out))
            return false;
    size_t now = tcn_heap_live();
    return now < before + SENDS ||
           tcn_report_fail(rig->report,
                           "each send loses memory: %zu blocks are left of %d messages",
                           now - before, SENDS);
}

static void check_send_memory(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    /* What is made once and kept is made now. */
    if (block == NULL || !tcn_rig_send(&rig, block, NULL, &out) || !watch(report) ||
        !sends_flat(&rig, block))
        return;
    int rc = 0;
    for (size_t n = 0; rc == 0 && n < ALLOCATIONS_MAX; n++)
        rc = send_without(&rig, block, n);
    if (rc > 0)
        (void)tcn_rig_stop(&rig);
}

static bool live_once(tcn_rig *rig)
{
    return tcn_rig_block(rig, "kit") != NULL && tcn_rig_remove(rig, "kit");
}

static bool compare(const tcn_census *before, const tcn_census *after, size_t live,
                    bool is_weighed, tcn_report *report)
{
    if (live > 0)
        return tcn_report_fail(report,
                               "%zu %s of memory %s left of %d instances that were "
                               "destroyed",
                               TCN_IS_ARE(live, "block"), LIVES);
    if (after->descriptors > before->descriptors)
        return tcn_report_fail(
            report, "%zu %s %s left open",
            TCN_IS_ARE(after->descriptors - before->descriptors, "descriptor"));
    if (after->threads > before->threads)
        return tcn_report_fail(report, "%zu %s %s left running",
                               TCN_IS_ARE(after->threads - before->threads, "thread"));
    if (is_weighed && after->rss_kib > before->rss_kib + RSS_KIB_MAX)
        return tcn_report_fail(report, "memory grew by %zu KiB",
                               after->rss_kib - before->rss_kib);
    return true;
}

static void check_lives(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_census before, after;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    (void)tcn_heap_watch();
    for (int i = 0; i < tcn_kit_times(kit, LIVES_WARM); i++)
        if (!live_once(&rig))
            return;
    size_t live = tcn_heap_live();
    tcn_census_take(&before);
    for (int i = 0; i < tcn_kit_times(kit, LIVES); i++)
        if (!live_once(&rig))
            return;
    tcn_census_take(&after);
    size_t now = tcn_heap_live();
    if (compare(&before, &after, now > live ? now - live : 0, tcn_kit_is_weighed(kit),
                report))
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_life[] = {
    {"create-memory", "create fails cleanly at each allocation", check_create_memory,
     60000, NULL},
    {"send-memory", "send survives the failure of each allocation", check_send_memory,
     60000, NULL},
    {"lives", "created and destroyed 1,000 times: memory, descriptors, threads flat",
     check_lives, 120000, NULL},
    {0},
};
