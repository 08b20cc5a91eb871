/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.c - the registry: which files are loaded, which blocks there are, and their
 * common end. */
#include "core/plugin/plugins.h"

#include "core/base/alloc.h"
#include "core/plugin/block.h"
#include "core/plugin/delivery.h"
#include "core/plugin/emit.h"
#include "core/plugin/generation.h"
#include "core/plugin/host.h"
#include "core/plugin/instance.h"
#include "core/plugin/plugins_int.h"
#include "core/plugin/quarantine.h"

#define PROBE_MS      10000
#define SCRATCH_LIMIT ((size_t)128 << 20)

static const tcn_plugin_times times_default = {
    .start_ms = 10000,
    .retry_ms = 30000,
    .cancel_ms = 2000,
    .stop_ms = 5000,
    .create_us = 20000,
    .send_us = 50000,
};

bool tcn_plugins_on_loop(const tcn_plugins *plugins)
{
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &plugins->thread) != 0;
}

/* ---- making ---- */

static void on_post(const tcn_post *post)
{
    switch (post->kind) {
    case TCN_POST_DONE:
        tcn_delivery_receive(post->delivery, &post->result);
        break;
    case TCN_POST_READY:
        tcn_instance_ready(post->self, post->is_failed ? &post->error : NULL);
        break;
    case TCN_POST_STOPPED:
        tcn_instance_stopped(post->self);
        break;
    case TCN_POST_REFUSED:
        tcn_delivery_refuse(post->delivery, post->code);
        break;
    case TCN_POST_EMIT:
        tcn_plugin_emit_receive(post->plugins, post->event, post->depth);
        break;
    case TCN_POST_IDLE:
        tcn_instance_progress(post->self);
        break;
    }
}

static int copy_name(const char *name, char **ret)
{
    *ret = name == NULL ? NULL : tcn_strdup(name);
    return name != NULL && *ret == NULL ? TCN_E_NOMEM : 0;
}

static int copy_options(tcn_plugins *plugins, const tcn_plugins_options *options)
{
    plugins->loop = options->loop;
    plugins->log = options->log;
    plugins->client = options->client;
    plugins->guard = options->guard;
    plugins->is_stuck = options->is_stuck;
    plugins->emit = options->emit;
    plugins->emit_ud = options->emit_ud;
    int rc = tcn_plugin_settings_new(options, &plugins->settings);
    if (rc == 0)
        rc = copy_name(options->credentials_dir, &plugins->credentials_dir);
    if (rc == 0)
        rc = copy_name(options->state_dir, &plugins->state_dir);
    return rc;
}

void tcn_plugins_adopt_settings(tcn_plugins *plugins)
{
    plugins->env.templates.ui_url = plugins->settings->ui_url;
    plugins->env.templates.limits = plugins->settings->templates.limits;
    plugins->api_env.templates = plugins->env.templates;
}

const tcn_template_settings *tcn_plugins_templates(const tcn_plugins *plugins)
{
    return &plugins->settings->templates;
}

static void set_up(tcn_plugins *plugins, const tcn_plugins_options *options)
{
    plugins->thread = uv_thread_self();
    plugins->times = times_default;
    plugins->env.secrets = (tcn_secret_source){
        .credentials_dir = plugins->credentials_dir, .log = plugins->log};
    plugins->api_env.secrets = plugins->env.secrets;
    plugins->api_env.secrets.is_remote = true;
    tcn_tpl_env_init(&plugins->env.templates);
    tcn_plugins_adopt_settings(plugins);
    tcn_list_init(&plugins->generations);
    tcn_list_init(&plugins->instances);
    tcn_blocks_init(&plugins->blocks);
    tcn_arena_init(&plugins->scratch, SCRATCH_LIMIT);
    tcn_host_init(&plugins->host);
    plugins->loader = (tcn_plugin_loader){
        .state_dir = plugins->state_dir,
        .host = &plugins->host,
        .generation = 1,
        .probe_ms = PROBE_MS,
        .probe_program = options->probe_program,
        .is_file_wanted = options->is_copy_file,
    };
}

static void free_options(tcn_plugins *plugins)
{
    tcn_plugin_settings_free(plugins->settings);
    tcn_free(plugins->credentials_dir);
    tcn_free(plugins->state_dir);
    tcn_free(plugins);
}

static int open_handles(tcn_plugins *plugins)
{
    if (plugins->loop == NULL)
        return 0;
    int rc = tcn_posts_init(&plugins->posts, plugins->loop, on_post);
    if (rc < 0)
        return rc;
    (void)uv_timer_init(plugins->loop, &plugins->stage_timer);
    plugins->open_handles = 2;
    return 0;
}

int tcn_plugins_new(const tcn_plugins_options *options, tcn_plugins **ret,
                    tcn_err *reterr)
{
    tcn_plugins *plugins = tcn_alloc_zero(sizeof *plugins);
    if (plugins == NULL)
        return tcn_err_no_memory(reterr);
    int rc = copy_options(plugins, options);
    if (rc < 0)
        goto fail_options;
    set_up(plugins, options);
    rc = uv_mutex_init(&plugins->lock);
    if (rc < 0)
        goto fail_options;
    rc = tcn_slots_init(&plugins->slots, plugins);
    if (rc < 0)
        goto fail_slots;
    rc = tcn_notes_init(&plugins->notes);
    if (rc < 0)
        goto fail_notes;
    rc = open_handles(plugins);
    if (rc < 0)
        goto fail_handles;
    *ret = plugins;
    return 0;

fail_handles:
    tcn_notes_deinit(&plugins->notes);
fail_notes:
    tcn_slots_deinit(&plugins->slots);
fail_slots:
    uv_mutex_destroy(&plugins->lock);
fail_options:
    free_options(plugins);
    return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}

/* ---- one at a time ---- */

static int end_stage(tcn_stage *stage, int rc)
{
    if (rc < 0)
        tcn_stage_abort(stage);
    else
        tcn_stage_commit(stage);
    return rc;
}

static int begin_stage(tcn_plugins *plugins, tcn_stage **ret, tcn_problems *problems)
{
    tcn_err err = {0};
    int rc = tcn_stage_begin(plugins, NULL, TCN_STAGE_SOME, ret);
    if (rc < 0) {
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tcn_problems_add(problems, &err);
    }
    return rc;
}

int tcn_plugins_load_file(tcn_plugins *plugins, const char *path, tcn_problems *problems)
{
    tcn_stage *stage = NULL;
    int rc = begin_stage(plugins, &stage, problems);
    if (rc < 0)
        return rc;
    tcn_stage_file_read(stage, path);
    return end_stage(stage, tcn_stage_files_check(stage, problems));
}

int tcn_plugins_block_add(tcn_plugins *plugins, const json_t *document,
                          tcn_problems *problems)
{
    const char *name = json_string_value(json_object_get(document, "name"));
    if (name != NULL && tcn_blocks_find(&plugins->blocks, tcn_str_c(name)) != NULL) {
        tcn_err err = {0};
        (void)tcn_err_field(&err, TCN_E_EXISTS, "name", "a block \"%s\" exists already",
                            name);
        tcn_problems_add(problems, &err);
        return TCN_E_EXISTS;
    }
    tcn_stage *stage = NULL;
    int rc = begin_stage(plugins, &stage, problems);
    if (rc < 0)
        return rc;
    return end_stage(stage, tcn_stage_block_add(stage, document, problems));
}

/* ---- what there is ---- */

void tcn_plugins_guard_set(tcn_plugins *plugins, const tcn_guard *guard)
{
    uv_mutex_lock(&plugins->lock);
    plugins->guard = guard;
    uv_mutex_unlock(&plugins->lock);
}

size_t tcn_plugins_leaving(const tcn_plugins *plugins)
{
    size_t count = 0;
    tcn_list_foreach (link, &plugins->instances) {
        const tocsin_self *self = tcn_container_of(link, tocsin_self, link);
        count += self->is_leaving && self->state != TCN_INSTANCE_STUCK;
    }
    return count;
}

const tcn_blocks *tcn_plugins_blocks(const tcn_plugins *plugins)
{
    return &plugins->blocks;
}

tcn_block *tcn_plugins_block(tcn_plugins *plugins, tcn_str name_or_id)
{
    return tcn_blocks_find(&plugins->blocks, name_or_id);
}

size_t tcn_plugins_block_count(const tcn_plugins *plugins)
{
    return plugins->blocks.count;
}

tcn_block *tcn_plugins_block_at(const tcn_plugins *plugins, size_t i)
{
    return plugins->blocks.items[i];
}

/* ---- the end ---- */

/* Only stuck ones are left over: their plugins may still call the host, so all of it
 * stays, for the process is ending. */
static void finish(tcn_plugins *plugins)
{
    void (*closed)(void *ud) = plugins->closed;
    void *ud = plugins->ud;
    if (!tcn_list_is_empty(&plugins->instances) && plugins->is_stuck != NULL)
        *plugins->is_stuck = true;
    if (tcn_list_is_empty(&plugins->instances)) {
        tcn_generation_retire_all(plugins);
        tcn_plugin_entries_deinit(&plugins->entries);
        tcn_unwanted_deinit(&plugins->unwanted);
        json_decref(plugins->refused);
        tcn_arena_deinit(&plugins->scratch);
        tcn_slots_deinit(&plugins->slots);
        tcn_notes_deinit(&plugins->notes);
        tcn_quarantine_deinit(&plugins->quarantine);
        uv_mutex_destroy(&plugins->lock);
        if (plugins->loop != NULL)
            tcn_posts_deinit(&plugins->posts);
        free_options(plugins);
    }
    if (closed != NULL)
        closed(ud);
}

static void on_handle_closed(uv_handle_t *handle)
{
    tcn_plugins *plugins = handle->data;
    if (--plugins->open_handles == 0)
        finish(plugins);
}

static void close_handle(tcn_plugins *plugins, uv_handle_t *handle)
{
    handle->data = plugins;
    uv_close(handle, on_handle_closed);
}

static bool is_all_over(tcn_plugins *plugins)
{
    tcn_list_foreach (link, &plugins->instances)
        if (tcn_container_of(link, tocsin_self, link)->state != TCN_INSTANCE_STUCK)
            return false;
    return true;
}

void tcn_plugins_settle(tcn_plugins *plugins)
{
    if (!plugins->is_closing || plugins->is_finishing || !is_all_over(plugins))
        return;
    plugins->is_finishing = true;
    if (plugins->loop == NULL) {
        finish(plugins);
        return;
    }
    tcn_list_foreach (link, &plugins->instances)
        tcn_instance_abandon(tcn_container_of(link, tocsin_self, link));
    tcn_posts_close(&plugins->posts);
    close_handle(plugins, (uv_handle_t *)&plugins->posts.wake);
    close_handle(plugins, (uv_handle_t *)&plugins->stage_timer);
}

void tcn_plugins_close(tcn_plugins *plugins, void (*cb)(void *ud), void *ud)
{
    plugins->closed = cb;
    plugins->ud = ud;
    if (plugins->stage != NULL)
        tcn_stage_abort(plugins->stage);
    for (size_t i = 0; i < plugins->blocks.count; i++)
        tcn_block_free(plugins->blocks.items[i]);
    tcn_blocks_deinit(&plugins->blocks);
    tcn_list_foreach (link, &plugins->instances)
        tcn_instance_leave(tcn_container_of(link, tocsin_self, link), 0);
    plugins->is_closing = true;
    tcn_plugins_settle(plugins);
}

/* ---- status ---- */

const struct tcn_note *tcn_plugins_notes(const tcn_plugins *plugins, size_t *ret_count)
{
    *ret_count = TCN_NOTES_MAX;
    return plugins->notes.items;
}

void tcn_plugins_refusals_forget(tcn_plugins *plugins)
{
    json_decref(plugins->refused);
    plugins->refused = NULL;
}

/* Only people read it: what cannot be kept for want of memory is left out. */
void tcn_plugins_refusal(tcn_plugins *plugins, const char *path, const char *text)
{
    if (plugins->refused == NULL)
        plugins->refused = json_array();
    (void)json_array_append_new(plugins->refused,
                                json_pack("{s:s, s:s, s:s}", "file", path, "state",
                                          "refused", "last_error", text));
}

json_t *tcn_plugins_status(const tcn_plugins *plugins)
{
    json_t *files = tcn_generation_status(plugins), *blocks = json_array();
    json_t *refused = json_deep_copy(plugins->refused);
    if (refused != NULL)
        (void)json_array_extend(files, refused);
    json_decref(refused);
    for (size_t i = 0; i < plugins->blocks.count; i++)
        (void)json_array_append_new(blocks, tcn_block_status(plugins->blocks.items[i]));
    return json_pack("{s:o, s:o}", "plugins", files, "blocks", blocks);
}
