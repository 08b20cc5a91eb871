/* SPDX-License-Identifier: Apache-2.0 */
/* check_end.c - how deliveries and instances end: by cancel, by time, by drain; and that
 * nothing of them is left. */
#include <stdio.h>
#include <tocsin/plugin.h>

#include "core/base/clock.h"
#include "core/kit/census.h"
#include "core/kit/rig.h"
#include "core/plugin/stage.h"

#define SHORT_MS   300
#define AFTER_MS   100  /* in which a second done would come */
#define STALL_MS   500  /* may be the machine's; a wait for the peer is longer */
#define REQUEST_MS 8000 /* until a request arrives, on a busy machine */
#define CANCEL_MS  2000
#define IN_FLIGHT  4

typedef struct arrival {
    const tcn_rig *rig;
    const tcn_outcome *out;
} arrival;

/* What has ended sends no request any more. */
static bool is_settled(void *ud)
{
    const arrival *a = ud;
    return a->rig->peer.count > 0 || a->out->done > 0 || a->out->is_refused;
}

/* A peer that hangs, and a delivery that has reached it. */
static tcn_block *begin_hanging(tcn_rig *rig, const tcn_kit *kit, tcn_report *report,
                                tcn_outcome *out, tcn_delivery **ret, uint32_t timeout_ms)
{
    if (!tcn_rig_start(rig, kit, NULL, report))
        return NULL;
    tcn_block *block = tcn_rig_block(rig, "kit");
    if (block == NULL)
        return NULL;
    rig->peer.script.act = TCN_PEER_HANG;
    tcn_message message = tcn_rig_message();
    message.timeout_ms = timeout_ms;
    tcn_rig_begin(rig, block, &message, out, ret);
    arrival a = {rig, out};
    (void)tcn_rig_wait(rig, is_settled, &a, REQUEST_MS);
    if (rig->peer.count == 0) {
        (void)tcn_report_skip(report, "no request came to the kit's peer");
        return NULL;
    }
    return block;
}

static bool never(void *ud)
{
    (void)ud;
    return false;
}

/* done came once, in time, and not again. */
static bool ended_once(tcn_rig *rig, tcn_outcome *out, int64_t began_ms, int64_t limit_ms,
                       const char *what)
{
    if (!tcn_rig_wait_done(rig, out, limit_ms + CANCEL_MS + 2000))
        return false;
    int64_t took_ms = tcn_clock_mono_ms() - began_ms;
    if (tcn_kit_is_timed(rig->kit) && took_ms >= limit_ms + CANCEL_MS)
        return tcn_report_fail(rig->report, "done is not called within 2 s of %s", what);
    (void)tcn_rig_wait(rig, never, NULL, AFTER_MS);
    if (out->done != 1 ||
        tcn_str_find(tcn_rig_log(rig), TCN_STR("done twice")) != SIZE_MAX)
        return tcn_report_fail(rig->report, "done is called twice after %s", what);
    if (out->status == TOCSIN_DONE)
        return tcn_report_fail(rig->report, "%s is DONE", what);
    return true;
}

static void check_cancel(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    tcn_delivery *delivery = NULL;
    if (begin_hanging(&rig, kit, report, &out, &delivery, 20000) == NULL)
        return;
    int64_t began_ms = tcn_clock_mono_ms();
    tcn_delivery_cancel(delivery);
    if (ended_once(&rig, &out, began_ms, 0, "a cancel"))
        (void)tcn_rig_stop(&rig);
}

static void check_timeout(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    int64_t began_ms = tcn_clock_mono_ms();
    uint32_t short_ms = SHORT_MS * (uint32_t)kit->options.slowdown;
    if (begin_hanging(&rig, kit, report, &out, NULL, short_ms) == NULL)
        return;
    if (ended_once(&rig, &out, began_ms, SHORT_MS + 1000, "its time limit") &&
        out.status != TOCSIN_RETRY)
        (void)tcn_report_fail(report,
                              "a timeout is FAIL: the peer may be back in a minute");
    else if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

/* The old instance of a block that is taken away ends what it has begun. */
static void check_drain(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static tcn_outcome out[IN_FLIGHT];
    if (begin_hanging(&rig, kit, report, &out[0], NULL, 20000) == NULL)
        return;
    tcn_block *block = tcn_plugins_block(rig.plugins, TCN_STR("kit"));
    for (size_t i = 1; i < IN_FLIGHT; i++)
        tcn_rig_begin(&rig, block, NULL, &out[i], NULL);
    tcn_stage *stage = NULL;
    if (tcn_stage_begin(rig.plugins, NULL, TCN_STAGE_SOME, &stage) < 0 ||
        tcn_stage_block_remove(stage, TCN_STR("kit")) < 0) {
        (void)tcn_report_fail(report, "the kit cannot remove a block");
        return;
    }
    tcn_stage_commit(stage);
    (void)tcn_rig_wait(&rig, never, NULL, AFTER_MS);
    rig.peer.script.act = TCN_PEER_ANSWER;
    tcn_peer_resume(&rig.peer);
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        if (!tcn_rig_wait_done(&rig, &out[i], 10000))
            return;
        if (out[i].done != 1) {
            (void)tcn_report_fail(report, "done is called twice during drain");
            return;
        }
    }
    (void)tcn_rig_stop(&rig);
}

static void check_stop(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static tcn_outcome out[IN_FLIGHT];
    tcn_census before, after;
    tcn_block *block = begin_hanging(&rig, kit, report, &out[0], NULL, 20000);
    if (block == NULL)
        return;
    tcn_census_take(&before);
    for (size_t i = 1; i < IN_FLIGHT; i++)
        tcn_rig_begin(&rig, block, NULL, &out[i], NULL);
    if (!tcn_rig_stop(&rig))
        return;
    tcn_census_take(&after);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        if (out[i].done != 1)
            (void)tcn_report_fail(report,
                                  "a delivery ended %u times when the instance "
                                  "was stopped",
                                  out[i].done);
    if (after.threads > before.threads)
        (void)tcn_report_fail(report, "a thread is left running");
    if (after.descriptors > before.descriptors)
        (void)tcn_report_fail(report, "a descriptor is left open");
}

typedef struct lag {
    int64_t last_us, worst_us;
} lag;

static void on_lag(uv_timer_t *timer)
{
    lag *l = timer->data;
    int64_t now_us = tcn_clock_mono_us();
    if (l->last_us != 0 && now_us - l->last_us > l->worst_us)
        l->worst_us = now_us - l->last_us;
    l->last_us = now_us;
}

/* A peer that never answers costs the loop nothing. */
static void check_hang(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static tcn_outcome out[IN_FLIGHT];
    lag l = {0};
    uv_timer_t timer;
    tcn_block *block = begin_hanging(&rig, kit, report, &out[0], NULL, 1500);
    if (block == NULL)
        return;
    tcn_message message = tcn_rig_message();
    message.timeout_ms = 1500;
    (void)uv_timer_init(&rig.loop, &timer);
    timer.data = &l;
    (void)uv_timer_start(&timer, on_lag, 1, 1);
    for (size_t i = 1; i < IN_FLIGHT; i++)
        tcn_rig_begin(&rig, block, &message, &out[i], NULL);
    bool is_good = true;
    for (size_t i = 0; is_good && i < IN_FLIGHT; i++)
        is_good = tcn_rig_wait_done(&rig, &out[i], 8000);
    uv_close((uv_handle_t *)&timer, NULL);
    if (tcn_kit_is_timed(kit) && l.worst_us > (int64_t)STALL_MS * 1000)
        (void)tcn_report_fail(report,
                              "the loop stood still for %lld ms while the peer hung",
                              (long long)(l.worst_us / 1000));
    if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_end[] = {
    {"cancel", "done comes once after a cancel, within 2 s", check_cancel, 0, NULL},
    {"timeout", "done comes once after the time limit", check_timeout, 0, NULL},
    {"drain", "what is in flight ends when the block is taken away", check_drain, 60000,
     NULL},
    {"stop", "a stop in the middle of deliveries leaves nothing", check_stop, 60000,
     NULL},
    {"hang", "a peer that hangs does not hold the loop", check_hang, 0, NULL},
    {0},
};
