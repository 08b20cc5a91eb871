/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.c - the registry: which files are loaded, which blocks there are, and their
 * common end. */
#include "core/plugin/plugins.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/plugin/block.h"
#include "core/plugin/delivery.h"
#include "core/plugin/host.h"
#include "core/plugin/instance.h"
#include "core/plugin/plugins_int.h"

#define FILES_MAX     256
#define BLOCKS_MAX    4096
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
    plugins->defaults = (tcn_block_info){
        .concurrency = options->concurrency,
        .timeout_ms = options->timeout_ms,
        .deadline_ms = options->deadline_ms,
        .max_attempts = options->max_attempts,
    };
    return rc;
}

static void set_up(tcn_plugins *plugins, bool is_strict)
{
    plugins->thread = uv_thread_self();
    plugins->times = times_default;
    plugins->env.secrets = (tcn_secret_source){plugins->credentials_dir, plugins->log};
    tcn_tpl_env_init(&plugins->env.templates);
    plugins->env.templates.ui_url = plugins->ui_url;
    tcn_arena_init(&plugins->scratch, SCRATCH_LIMIT);
    tcn_map_init(&plugins->by_name, 0);
    tcn_host_init(&plugins->host);
    plugins->loader = (tcn_plugin_loader){
        .gate = {(const char *const *)plugins->dirs, plugins->dir_count, is_strict},
        .state_dir = plugins->state_dir,
        .host = &plugins->host,
        .generation = 1,
        .probe_ms = PROBE_MS,
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
    set_up(plugins, options->is_permission_strict);
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
        plugins->handle_count = 1;
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
    if (rc == 0)
        plugins->files[plugins->file_count++] = file;
    else
        tcn_plugin_file_retire(file);
    return rc;
}

int tcn_plugins_load_file(tcn_plugins *plugins, const char *path, tcn_problems *problems)
{
    tcn_err warning = {0}, err = {0};
    tcn_plugin_file *file = NULL;
    int rc = plugins->file_count >= FILES_MAX
                 ? tcn_err_set(&err, TCN_E_LIMIT,
                               "is one too many: %d plugins are loaded", FILES_MAX)
                 : tcn_plugin_file_load(&plugins->loader, path, &file, &warning, &err);
    if (tcn_err_is_set(&warning))
        tell(problems, path, &warning, true);
    if (rc == TCN_E_CANCELED)
        return 0;
    if (rc == 0)
        rc = keep_file(plugins, file);
    if (rc < 0) {
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tell(problems, path, &err, false);
        return rc;
    }
    tcn_log_write(plugins->log, TCN_LOG_INFO, "plugin", "plugin %s %s is loaded from %s",
                  file->table.plugin.id, file->table.plugin.version, path);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the plugin files of a directory, sorted, so that refusals do not depend on the
 * disk. */
static int list_directory(const char *path, char ***ret, size_t *ret_count,
                          tcn_err *reterr)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return tcn_err_set(reterr, errno == ENOENT ? TCN_E_NOT_FOUND : TCN_E_IO,
                           "plugin directory %.250s cannot be read: %s", path,
                           strerror(errno));
    char **names = NULL;
    size_t count = 0, capacity = 0;
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;) {
        if (!tcn_str_ends(tcn_str_c(entry->d_name), TCN_STR(".so")))
            continue;
        char *name = tcn_strdup(entry->d_name);
        rc = name == NULL
                 ? TCN_E_NOMEM
                 : tcn_grow((void **)&names, &capacity, count + 1, sizeof *names);
        if (rc == 0)
            names[count++] = name;
        else
            tcn_free(name);
    }
    (void)closedir(dir);
    if (rc < 0) {
        free_names(names, count);
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    }
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    *ret = names;
    *ret_count = count;
    return 0;
}

/* Does an earlier directory hold a file of that name? */
static bool is_shadowed(const tcn_plugins *plugins, size_t dir, const char *name)
{
    char path[4096];
    for (size_t i = 0; i < dir; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", plugins->dirs[i], name);
        FILE *file = fopen(path, "re");
        if (file != NULL) {
            (void)fclose(file);
            return true;
        }
    }
    return false;
}

static void scan_directory(tcn_plugins *plugins, size_t dir, tcn_problems *problems)
{
    char **names = NULL;
    size_t count = 0;
    tcn_err err = {0};
    int rc = list_directory(plugins->dirs[dir], &names, &count, &err);
    if (rc == TCN_E_NOT_FOUND) {
        tcn_problems_warn(problems, &err);
        return;
    }
    if (rc < 0) {
        tcn_problems_add(problems, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", plugins->dirs[dir], names[i]);
        if (!is_shadowed(plugins, dir, names[i]))
            (void)tcn_plugins_load_file(plugins, path, problems);
    }
    free_names(names, count);
}

int tcn_plugins_scan(tcn_plugins *plugins, tcn_problems *problems)
{
    size_t errors = problems->errors;
    for (size_t i = 0; i < plugins->dir_count; i++)
        scan_directory(plugins, i, problems);
    return problems->errors > errors ? TCN_E_INVALID : 0;
}

/* ---- blocks ---- */

/* Takes the block's name and a place for it. */
static int reserve(tcn_plugins *plugins, tcn_block *block, tcn_err *reterr)
{
    if (tcn_map_get(&plugins->by_name, tcn_str_c(block->name)) != NULL)
        return tcn_err_field(reterr, TCN_E_EXISTS, "name",
                             "a block \"%s\" exists already", block->name);
    if (plugins->block_count >= BLOCKS_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "there are more than %d blocks",
                           BLOCKS_MAX);
    int rc = tcn_grow((void **)&plugins->blocks, &plugins->block_capacity,
                      plugins->block_count + 1, sizeof *plugins->blocks);
    if (rc == 0)
        rc = tcn_map_put(&plugins->by_name, tcn_str_c(block->name), block, NULL);
    if (rc == 0)
        rc = tcn_map_put(&plugins->by_name, tcn_str_of(block->id_text, TCN_UUID_TEXT),
                         block, NULL);
    return rc == 0 ? 0 : tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}

static void give_back(tcn_plugins *plugins, const tcn_block *block)
{
    if (tcn_map_get(&plugins->by_name, tcn_str_c(block->name)) == block)
        (void)tcn_map_remove(&plugins->by_name, tcn_str_c(block->name));
    if (tcn_map_get(&plugins->by_name, tcn_str_of(block->id_text, TCN_UUID_TEXT)) ==
        block)
        (void)tcn_map_remove(&plugins->by_name,
                             tcn_str_of(block->id_text, TCN_UUID_TEXT));
}

int tcn_plugins_block_add(tcn_plugins *plugins, const json_t *document,
                          tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_block *block = NULL;
    tcn_err err = {0};
    int rc = tcn_block_new(plugins, document, &block, problems);
    if (rc == 0) {
        tcn_instance_init(&block->self, plugins);
        rc = reserve(plugins, block, &err);
    }
    if (rc == 0 && plugins->loop != NULL)
        rc = tcn_instance_create(&block->self, &err);
    if (rc == 0) {
        plugins->blocks[plugins->block_count++] = block;
        return 0;
    }
    if (problems->errors == errors) {
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tcn_problems_add(problems, &err);
    }
    if (block != NULL)
        give_back(plugins, block);
    tcn_block_free(block);
    return rc;
}

void tcn_plugins_start(tcn_plugins *plugins)
{
    for (size_t i = 0; i < plugins->block_count; i++)
        tcn_instance_start(&plugins->blocks[i]->self);
}

tcn_block *tcn_plugins_block(tcn_plugins *plugins, tcn_str name_or_id)
{
    return tcn_map_get(&plugins->by_name, name_or_id);
}

size_t tcn_plugins_block_count(const tcn_plugins *plugins)
{
    return plugins->block_count;
}

/* ---- the end ---- */

static void finish(tcn_plugins *plugins)
{
    void (*closed)(void *ud) = plugins->closed;
    void *ud = plugins->ud;
    bool is_stuck = false;
    for (size_t i = 0; i < plugins->block_count; i++)
        is_stuck = is_stuck || plugins->blocks[i]->self.state == TCN_INSTANCE_STUCK;
    /* A stuck plugin may still call its host: then everything stays, for the process is
     * ending. */
    if (!is_stuck) {
        for (size_t i = 0; i < plugins->block_count; i++)
            tcn_block_free(plugins->blocks[i]);
        for (size_t i = 0; i < plugins->file_count; i++)
            tcn_plugin_file_retire(plugins->files[i]);
        tcn_free(plugins->blocks);
        tcn_free(plugins->files);
        tcn_map_deinit(&plugins->by_name);
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

static void on_handle_closed(uv_handle_t *handle)
{
    tcn_plugins *plugins = handle->data;
    plugins->handle_count--;
    tcn_plugins_settle(plugins);
}

static void close_handle(tcn_plugins *plugins, uv_handle_t *handle)
{
    handle->data = plugins;
    uv_close(handle, on_handle_closed);
}

static void close_handles(tcn_plugins *plugins)
{
    plugins->is_finishing = true;
    for (size_t i = 0; i < plugins->block_count; i++)
        close_handle(plugins, (uv_handle_t *)&plugins->blocks[i]->self.timer);
    close_handle(plugins, (uv_handle_t *)&plugins->posts.wake);
}

/* Two waits: for the instances, then for every handle of libuv. */
void tcn_plugins_settle(tcn_plugins *plugins)
{
    if (!plugins->is_closing)
        return;
    if (plugins->is_finishing) {
        if (plugins->handle_count == 0)
            finish(plugins);
        return;
    }
    for (size_t i = 0; i < plugins->block_count; i++)
        if (!tcn_instance_is_over(&plugins->blocks[i]->self))
            return;
    close_handles(plugins);
}

void tcn_plugins_close(tcn_plugins *plugins, void (*cb)(void *ud), void *ud)
{
    plugins->closed = cb;
    plugins->ud = ud;
    if (plugins->loop == NULL) {
        finish(plugins);
        return;
    }
    for (size_t i = 0; i < plugins->block_count; i++)
        tcn_instance_close(&plugins->blocks[i]->self);
    plugins->is_closing = true;
    tcn_plugins_settle(plugins);
}

/* ---- status ---- */

static json_t *file_status(const tcn_plugin_file *file)
{
    char sha256[TCN_SHA256 * 2 + 1], abi[16];
    for (size_t i = 0; i < TCN_SHA256; i++)
        (void)snprintf(sha256 + i * 2, 3, "%02x", file->copy.sha256[i]);
    const tocsin_plugin *plugin = &file->table.plugin;
    (void)snprintf(abi, sizeof abi, "%u.%u", plugin->abi.major, plugin->abi.minor);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "id", plugin->id, "version",
                     plugin->version, "file", file->path, "abi", abi, "sha256", sha256,
                     "generation", (int)file->generation, "state", "active");
}

json_t *tcn_plugins_status(const tcn_plugins *plugins)
{
    json_t *files = json_array(), *blocks = json_array();
    for (size_t i = 0; i < plugins->file_count; i++)
        (void)json_array_append_new(files, file_status(plugins->files[i]));
    for (size_t i = 0; i < plugins->block_count; i++)
        (void)json_array_append_new(blocks, tcn_block_status(plugins->blocks[i]));
    return json_pack("{s:o, s:o}", "plugins", files, "blocks", blocks);
}
