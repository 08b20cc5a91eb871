/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.c - the registry: which files are loaded, which blocks there are, and their
 * common end. */
#include "core/plugin/plugins.h"

#include "core/base/alloc.h"
#include "core/plugin/block.h"
#include "core/plugin/delivery.h"
#include "core/plugin/directory.h"
#include "core/plugin/generation.h"
#include "core/plugin/host.h"
#include "core/plugin/instance.h"
#include "core/plugin/plugins_int.h"

#define FILES_MAX     256
#define PROBE_MS      10000
#define SCRATCH_LIMIT ((size_t)128 << 20)

static const tcn_plugin_times times_default = {
    .start_ms = 10000,
    .retry_ms = 30000,
    .cancel_ms = 2000,
    .stop_ms = 5000,
    .drain_ms = 30000,
    .create_us = 20000,
    .send_us = 50000,
};

bool tcn_plugins_on_loop(const tcn_plugins *plugins)
{
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &plugins->thread) != 0;
}

/* ---- making ---- */

static bool is_wanted(const char *id, void *ud)
{
    const tcn_plugins *plugins = ud;
    for (size_t i = 0; i < plugins->allow_count; i++)
        if (strcmp(plugins->allow[i], id) == 0)
            return true;
    return plugins->allow_count == 0;
}

static const char *find_id(const char *id, void *ud)
{
    const tcn_plugins *plugins = ud;
    for (size_t i = 0; i < plugins->file_count; i++)
        if (strcmp(plugins->files[i]->table.plugin.id, id) == 0)
            return plugins->files[i]->path;
    return NULL;
}

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
    case TCN_POST_IDLE:
        tcn_instance_progress(post->self);
        break;
    }
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        tcn_free(names[i]);
    tcn_free(names);
}

static int copy_names(const char *const *names, size_t count, char ***ret)
{
    char **copy = tcn_alloc_array(count + 1, sizeof *copy);
    if (copy == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        copy[i] = tcn_strdup(names[i]);
        if (copy[i] == NULL) {
            free_names(copy, i);
            return TCN_E_NOMEM;
        }
    }
    *ret = copy;
    return 0;
}

static int copy_name(const char *name, char **ret)
{
    *ret = name == NULL ? NULL : tcn_strdup(name);
    return name != NULL && *ret == NULL ? TCN_E_NOMEM : 0;
}

static int copy_options(tcn_plugins *plugins, const tcn_plugins_options *options)
{
    int rc = copy_names(options->dirs, options->dir_count, &plugins->dirs);
    if (rc < 0)
        return rc;
    plugins->dir_count = options->dir_count;
    rc = copy_names(options->allow, options->allow_count, &plugins->allow);
    if (rc < 0)
        return rc;
    plugins->allow_count = options->allow_count;
    rc = copy_name(options->credentials_dir, &plugins->credentials_dir);
    if (rc == 0)
        rc = copy_name(options->state_dir, &plugins->state_dir);
    if (rc == 0)
        rc = copy_name(options->ui_url, &plugins->ui_url);
    plugins->loop = options->loop;
    plugins->log = options->log;
    plugins->client = options->client;
    plugins->guard = options->guard;
    plugins->max_generations = options->max_generations;
    plugins->is_stuck = options->is_stuck;
    plugins->defaults = (tcn_block_info){
        .concurrency = options->concurrency,
        .timeout_ms = options->timeout_ms,
        .deadline_ms = options->deadline_ms,
        .max_attempts = options->max_attempts,
    };
    return rc;
}

static void set_up(tcn_plugins *plugins, const tcn_plugins_options *options)
{
    tcn_list_init(&plugins->generations);
    tcn_list_init(&plugins->instances);
    plugins->thread = uv_thread_self();
    plugins->times = times_default;
    plugins->env.secrets = (tcn_secret_source){plugins->credentials_dir, plugins->log};
    tcn_tpl_env_init(&plugins->env.templates);
    plugins->env.templates.ui_url = plugins->ui_url;
    tcn_arena_init(&plugins->scratch, SCRATCH_LIMIT);
    tcn_blocks_init(&plugins->blocks);
    tcn_host_init(&plugins->host);
    plugins->loader = (tcn_plugin_loader){
        .gate = {(const char *const *)plugins->dirs, plugins->dir_count,
                 options->is_permission_strict},
        .state_dir = plugins->state_dir,
        .host = &plugins->host,
        .generation = 1,
        .probe_ms = PROBE_MS,
        .is_file_wanted = options->is_copy_file,
        .find_code = tcn_generation_find,
        .is_wanted = is_wanted,
        .find_id = find_id,
        .ud = plugins,
    };
}

static void free_options(tcn_plugins *plugins)
{
    free_names(plugins->dirs, plugins->dir_count);
    free_names(plugins->allow, plugins->allow_count);
    tcn_free(plugins->credentials_dir);
    tcn_free(plugins->state_dir);
    tcn_free(plugins->ui_url);
    tcn_free(plugins);
}

int tcn_plugins_new(const tcn_plugins_options *options, tcn_plugins **ret,
                    tcn_err *reterr)
{
    tcn_plugins *plugins = tcn_alloc_zero(sizeof *plugins);
    if (plugins == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
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
    if (plugins->loop != NULL) {
        rc = tcn_posts_init(&plugins->posts, plugins->loop, on_post);
        if (rc < 0)
            goto fail_posts;
    }
    *ret = plugins;
    return 0;

fail_posts:
    tcn_slots_deinit(&plugins->slots);
fail_slots:
    uv_mutex_destroy(&plugins->lock);
fail_options:
    free_options(plugins);
    return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}

/* ---- files ---- */

static void tell(tcn_problems *problems, const char *path, const tcn_err *err,
                 bool is_warning)
{
    tcn_err told = {0};
    (void)tcn_err_set(&told, err->code, "plugin %.250s: %s", path, err->text);
    if (is_warning)
        tcn_problems_warn(problems, &told);
    else
        tcn_problems_add(problems, &told);
}

static int keep_file(tcn_plugins *plugins, tcn_plugin_file *file)
{
    int rc = tcn_grow((void **)&plugins->files, &plugins->file_capacity,
                      plugins->file_count + 1, sizeof *plugins->files);
    if (rc < 0)
        return rc;
    plugins->files[plugins->file_count++] = file;
    file->is_current = true;
    return 0;
}

/* 0: there is a place for one file more. */
static int check_count(const tcn_plugins *plugins, tcn_err *reterr)
{
    if (plugins->file_count < FILES_MAX)
        return 0;
    return tcn_err_set(reterr, TCN_E_LIMIT, "is one too many: %d plugins are loaded",
                       FILES_MAX);
}

static int load_file(tcn_plugins *plugins, const char *path, tcn_err *ret_warning,
                     tcn_err *reterr)
{
    tcn_plugin_file *file = NULL;
    int rc = check_count(plugins, reterr);
    if (rc < 0)
        return rc;
    int is_known =
        tcn_plugin_file_open(&plugins->loader, path, &file, ret_warning, reterr);
    if (is_known < 0)
        return is_known;
    rc = tcn_plugin_file_check(&plugins->loader, file, reterr);
    if (rc == 0)
        rc = keep_file(plugins, file);
    if (rc < 0 && !is_known)
        tcn_plugin_file_discard(file);
    if (rc < 0)
        return rc;
    if (!is_known)
        tcn_generation_keep(plugins, file);
    tcn_log_write(plugins->log, TCN_LOG_INFO, "plugin", "plugin %s %s is loaded from %s",
                  file->table.plugin.id, file->table.plugin.version, path);
    return 0;
}

int tcn_plugins_load_file(tcn_plugins *plugins, const char *path, tcn_problems *problems)
{
    tcn_err warning = {0}, err = {0};
    int rc = load_file(plugins, path, &warning, &err);
    if (tcn_err_is_set(&warning))
        tell(problems, path, &warning, true);
    if (rc == 0 || rc == TCN_E_CANCELED)
        return 0;
    (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
    tell(problems, path, &err, false);
    return rc;
}

int tcn_plugins_scan(tcn_plugins *plugins, tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_plugin_paths paths = {0};
    tcn_plugin_paths_read(plugins->dirs, plugins->dir_count, &paths, problems);
    for (size_t i = 0; i < paths.count; i++)
        (void)tcn_plugins_load_file(plugins, paths.items[i], problems);
    tcn_plugin_paths_deinit(&paths);
    return problems->errors > errors ? TCN_E_INVALID : 0;
}

/* ---- blocks ---- */

int tcn_plugins_block_add(tcn_plugins *plugins, const json_t *document,
                          tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_block *block = NULL;
    tcn_err err = {0};
    int rc = tcn_block_new(plugins, document, &block, problems);
    if (rc == 0 && plugins->loop != NULL)
        rc = tcn_instance_create(block->self, &err);
    if (rc == 0)
        rc = tcn_blocks_add(&plugins->blocks, block, &err);
    if (rc == 0)
        return 0;
    if (problems->errors == errors) {
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tcn_problems_add(problems, &err);
    }
    tcn_block_free(block);
    return rc;
}

void tcn_plugins_start(tcn_plugins *plugins)
{
    for (size_t i = 0; i < plugins->blocks.count; i++)
        tcn_instance_start(plugins->blocks.items[i]->self);
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
        tcn_free(plugins->files);
        tcn_arena_deinit(&plugins->scratch);
        tcn_slots_deinit(&plugins->slots);
        uv_mutex_destroy(&plugins->lock);
        if (plugins->loop != NULL)
            tcn_posts_deinit(&plugins->posts);
        free_options(plugins);
    }
    if (closed != NULL)
        closed(ud);
}

static void on_wake_closed(uv_handle_t *handle)
{
    finish(handle->data);
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
    plugins->posts.wake.data = plugins;
    uv_close((uv_handle_t *)&plugins->posts.wake, on_wake_closed);
}

void tcn_plugins_close(tcn_plugins *plugins, void (*cb)(void *ud), void *ud)
{
    plugins->closed = cb;
    plugins->ud = ud;
    for (size_t i = 0; i < plugins->blocks.count; i++)
        tcn_block_free(plugins->blocks.items[i]);
    tcn_blocks_deinit(&plugins->blocks);
    tcn_list_foreach (link, &plugins->instances)
        tcn_instance_leave(tcn_container_of(link, tocsin_self, link), 0);
    plugins->is_closing = true;
    tcn_plugins_settle(plugins);
}

/* ---- status ---- */

json_t *tcn_plugins_status(const tcn_plugins *plugins)
{
    json_t *blocks = json_array();
    for (size_t i = 0; i < plugins->blocks.count; i++)
        (void)json_array_append_new(blocks, tcn_block_status(plugins->blocks.items[i]));
    return json_pack("{s:o, s:o}", "plugins", tcn_generation_status(plugins), "blocks",
                     blocks);
}
