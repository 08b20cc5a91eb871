/* SPDX-License-Identifier: Apache-2.0 */
/* check_apart.c - instances of one file, copies of it, and what replaces them live side
 * by side and share nothing. */
#include <stdio.h>
#include <string.h>
#include <tocsin/plugin.h>

#include "core/kit/census.h"
#include "core/kit/rig.h"
#include "core/plugin/stage.h"

#define RELOADS      1000
#define RELOADS_WARM 20
#define IN_FLIGHT    4
#define COPY_BYTES   65536
#define FD_SLACK     8 /* connections that the client keeps */

/* ---- two instances ---- */

static bool sent_to(tcn_rig *rig, tcn_block *block, const char *mark)
{
    tcn_outcome out;
    tcn_peer_clear(&rig->peer);
    if (!tcn_rig_send(rig, block, NULL, &out))
        return false;
    if (rig->peer.count == 0)
        return tcn_report_skip(rig->report, "no request came to the kit's peer");
    for (size_t i = 0; i < rig->peer.count; i++)
        if (tcn_str_find(tcn_peer_head(&rig->peer, i), tcn_str_c(mark)) == SIZE_MAX)
            return tcn_report_fail(rig->report,
                                   "a message of one block went where another's go");
    return true;
}

static json_t *options_at(const tcn_rig *rig, const char *mark)
{
    json_t *options = tcn_rig_options(rig);
    (void)tcn_fill_mark(rig->kit, options, rig->peer.base, mark);
    return options;
}

/* Can blocks of it differ? */
static bool needs_mark(const tcn_kit *kit, tcn_report *report)
{
    json_t *options = json_object();
    bool is_good = tcn_fill_mark(kit, options, "", "");
    json_decref(options);
    return is_good ||
           tcn_report_skip(report, "the plugin has neither a URL nor recipients "
                                   "by which blocks could differ");
}

static void check_instances(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    if (!needs_mark(kit, report) || !tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *one = tcn_rig_block_with(&rig, "one", options_at(&rig, "kit-one"), NULL);
    tcn_block *two =
        one == NULL ? NULL
                    : tcn_rig_block_with(&rig, "two", options_at(&rig, "kit-two"), NULL);
    if (two == NULL)
        return;
    one = tcn_plugins_block(rig.plugins, TCN_STR("one"));
    bool is_good = true;
    for (int i = 0; is_good && i < 3; i++)
        is_good = sent_to(&rig, one, "kit-one") && sent_to(&rig, two, "kit-two");
    /* The one that stays does not mind that the other one goes. */
    if (is_good && tcn_rig_remove(&rig, "one") &&
        sent_to(&rig, tcn_plugins_block(rig.plugins, TCN_STR("two")), "kit-two"))
        (void)tcn_rig_stop(&rig);
}

/* ---- stages ---- */

static void set_flag(void *ud)
{
    *(bool *)ud = true;
}

static bool is_set(void *ud)
{
    return *(const bool *)ud;
}

static bool stage_failed(tcn_rig *rig, tcn_stage *stage, const tcn_problems *problems)
{
    const char *text = problems->count > 0 ? problems->items[0].err.text : "no reason";
    (void)tcn_report_fail(rig->report, "a reload fails: %s", text);
    tcn_stage_abort(stage);
    return false;
}

/* The block "kit" with these options (which are dropped) in one reload. */
static bool reload(tcn_rig *rig, enum tcn_stage_scope scope, json_t *options)
{
    const char *id = json_string_value(json_object_get(rig->kit->plugin, "id"));
    json_t *document =
        json_pack("{s:s, s:s, s:o}", "name", "kit", "type", id, "options", options);
    tcn_stage *stage = NULL;
    tcn_problems problems;
    bool is_started = false;
    tcn_problems_init(&problems);
    if (tcn_stage_begin(rig->plugins, NULL, scope, &stage) < 0) {
        json_decref(document);
        return tcn_report_fail(rig->report, "the kit cannot reload");
    }
    int rc = 0;
    if (scope == TCN_STAGE_ALL) {
        tcn_stage_files_read(stage);
        rc = tcn_stage_files_check(stage, &problems);
    }
    if (rc == 0)
        rc = tcn_stage_block_add(stage, document, &problems);
    if (rc == 0 && tcn_stage_start(stage, set_flag, &is_started) > 0)
        (void)tcn_rig_wait(rig, is_set, &is_started, 12000);
    if (rc == 0)
        tcn_stage_failures(stage, &problems);
    bool is_good = problems.errors == 0 && rc == 0;
    if (is_good)
        tcn_stage_commit(stage);
    else
        (void)stage_failed(rig, stage, &problems);
    tcn_problems_deinit(&problems);
    json_decref(document);
    return is_good;
}

/* ---- two generations ---- */

static bool copy_file(const char *from, const char *to, const char *tail)
{
    char bytes[COPY_BYTES];
    bool is_good = true;
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    for (size_t n = 1; in != NULL && out != NULL && n > 0 && is_good;) {
        n = fread(bytes, 1, sizeof bytes, in);
        is_good = fwrite(bytes, 1, n, out) == n;
    }
    is_good = is_good && in != NULL && out != NULL && fputs(tail, out) >= 0;
    if (in != NULL)
        (void)fclose(in);
    if (out != NULL && fclose(out) != 0)
        is_good = false;
    return is_good;
}

/* Where a copy of the plugin is installed. */
static void installed_path(const tcn_kit *kit, char out[4200])
{
    const char *slash = strrchr(kit->options.path, '/');
    (void)snprintf(out, 4200, "%s/%s", kit->folder,
                   slash == NULL ? kit->options.path : slash + 1);
}

/* As an installation does: by rename. */
static bool replace_file(const tcn_kit *kit)
{
    char path[4200], new_path[64];
    installed_path(kit, path);
    (void)snprintf(new_path, sizeof new_path, "%s/new", kit->folder);
    return copy_file(kit->options.path, new_path, "\n") && rename(new_path, path) == 0;
}

static bool has_request(void *ud)
{
    return ((const tcn_rig *)ud)->peer.count > 0;
}

/* The old code has a delivery under way while the new code takes the next one. */
static bool both_deliver(tcn_rig *rig, const tcn_kit *kit)
{
    tcn_outcome old, new;
    tcn_block *block = tcn_rig_block(rig, "kit");
    if (block == NULL)
        return false;
    rig->peer.script.act = TCN_PEER_HANG;
    tcn_rig_begin(rig, block, NULL, &old, NULL);
    if (!tcn_rig_wait(rig, has_request, rig, 8000))
        return tcn_report_skip(rig->report, "no request came to the kit's peer");
    if (!replace_file(kit))
        return tcn_report_fail(rig->report, "the kit cannot write %s", kit->folder);
    if (!reload(rig, TCN_STAGE_ALL, tcn_rig_options(rig)))
        return false;
    rig->peer.script.act = TCN_PEER_ANSWER;
    if (!tcn_rig_send(rig, tcn_plugins_block(rig->plugins, TCN_STR("kit")), NULL, &new))
        return false;
    tcn_peer_resume(&rig->peer);
    if (!tcn_rig_wait_done(rig, &old, 10000))
        return false;
    return old.status == new.status ||
           tcn_report_fail(
               rig->report,
               "a delivery of the old code ended otherwise than one of the new "
               "(%s)",
               old.reason);
}

static void check_generations(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    char path[4200];
    installed_path(kit, path);
    if (!copy_file(kit->options.path, path, ""))
        (void)tcn_report_fail(report, "the kit cannot write %s", kit->folder);
    else if (tcn_rig_start(&rig, kit, path, report) && both_deliver(&rig, kit))
        (void)tcn_rig_stop(&rig);
}

/* ---- a storm of reloads ---- */

typedef struct load {
    tcn_rig *rig;
    tcn_outcome out[IN_FLIGHT];
    bool is_used[IN_FLIGHT];
    size_t begun, ended;
} load;

static bool collect(load *l)
{
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        if (!l->is_used[i] || (l->out[i].done == 0 && !l->out[i].is_refused))
            continue;
        if (l->out[i].is_refused || l->out[i].done > 1)
            return tcn_report_fail(l->rig->report,
                                   l->out[i].is_refused
                                       ? "a block does not take a message during reloads"
                                       : "done is called twice during reloads");
        l->is_used[i] = false;
        l->ended++;
    }
    return true;
}

static void top_up(load *l)
{
    tcn_block *block = tcn_plugins_block(l->rig->plugins, TCN_STR("kit"));
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        if (l->is_used[i])
            continue;
        l->is_used[i] = true;
        l->begun++;
        tcn_rig_begin(l->rig, block, NULL, &l->out[i], NULL);
    }
}

static bool reload_under_load(load *l, unsigned number)
{
    char path[32];
    top_up(l);
    (void)uv_run(&l->rig->loop, UV_RUN_NOWAIT);
    (void)snprintf(path, sizeof path, "kit-%u", number);
    if (!reload(l->rig, TCN_STAGE_SOME, options_at(l->rig, path)))
        return false;
    for (int i = 0; i < 3; i++)
        (void)uv_run(&l->rig->loop, UV_RUN_NOWAIT);
    return collect(l);
}

static bool is_idle(void *ud)
{
    load *l = ud;
    (void)collect(l);
    return l->begun == l->ended;
}

static bool settle(load *l)
{
    return tcn_rig_wait(l->rig, is_idle, l, 10000) ||
           tcn_report_fail(l->rig->report,
                           "%zu of %zu deliveries did not end during reloads",
                           l->begun - l->ended, l->begun);
}

static void check_reloads(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    static load l;
    tcn_census before, after;
    if (!needs_mark(kit, report) || !tcn_rig_start(&rig, kit, NULL, report) ||
        tcn_rig_block(&rig, "kit") == NULL)
        return;
    l.rig = &rig;
    bool is_good = true;
    for (unsigned i = 0; is_good && i < RELOADS_WARM; i++)
        is_good = reload_under_load(&l, i);
    if (!is_good || !settle(&l))
        return;
    tcn_census_take(&before);
    for (unsigned i = 0; is_good && i < (unsigned)tcn_kit_times(kit, RELOADS); i++)
        is_good = reload_under_load(&l, i);
    if (!is_good || !settle(&l))
        return;
    tcn_census_take(&after);
    if (after.descriptors > before.descriptors + FD_SLACK)
        (void)tcn_report_fail(report, "%d reloads left %zu descriptors open", RELOADS,
                              after.descriptors - before.descriptors);
    if (after.threads > before.threads)
        (void)tcn_report_fail(report, "%d reloads left %zu threads running", RELOADS,
                              after.threads - before.threads);
    if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_apart[] = {
    {"instances", "two instances share no state", check_instances, 0, NULL},
    {"generations", "two copies of the code side by side, one draining",
     check_generations, 60000, NULL},
    {"reloads", "1,000 reloads under load: every delivery ends once", check_reloads,
     180000, NULL},
    {0},
};
