/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c - the life of a stage and its blocks. A block that did not change is the very
 * object that there is; one of which only the host's keys changed is a new object that
 * takes the instance over at the commit. */
#include "core/base/alloc.h"
#include "core/plugin/block.h"
#include "core/plugin/instance.h"
#include "core/plugin/quarantine.h"
#include "core/plugin/stage_int.h"

/* ---- life ---- */

static int init(tcn_stage *stage, const tcn_plugins_options *options)
{
    tcn_plugins *plugins = stage->plugins;
    tcn_blocks_init(&stage->blocks);
    int rc = options == NULL ? 0 : tcn_plugin_settings_new(options, &stage->settings);
    if (rc == 0)
        rc = tcn_stage_files_init(stage);
    if (rc == 0 && stage->scope == TCN_STAGE_SOME)
        rc = tcn_blocks_copy(&stage->blocks, &plugins->blocks);
    return rc;
}

static void stage_free(tcn_stage *stage)
{
    if (stage->plugins->loop != NULL)
        (void)uv_timer_stop(&stage->plugins->stage_timer);
    tcn_stage_files_deinit(stage);
    tcn_blocks_deinit(&stage->blocks);
    tcn_plugin_settings_free(stage->settings);
    stage->plugins->stage = NULL;
    tcn_free(stage);
}

int tcn_stage_begin(tcn_plugins *plugins, const tcn_plugins_options *options,
                    enum tcn_stage_scope scope, tcn_stage **ret)
{
    if (plugins->stage != NULL)
        return TCN_E_BUSY;
    tcn_stage *stage = tcn_alloc_zero(sizeof *stage);
    if (stage == NULL)
        return TCN_E_NOMEM;
    stage->plugins = plugins;
    stage->scope = scope;
    int rc = init(stage, options);
    if (rc < 0) {
        stage_free(stage);
        return rc;
    }
    plugins->stage = stage;
    *ret = stage;
    return 0;
}

void tcn_stage_lenient(tcn_stage *stage)
{
    stage->is_lenient = true;
}

const tcn_blocks *tcn_stage_blocks(const tcn_stage *stage)
{
    return &stage->blocks;
}

tcn_stage_counts tcn_stage_counts_get(const tcn_stage *stage)
{
    return stage->counts;
}

/* ---- blocks ---- */

/* The instance of the block that there is can go on for the new one. */
static bool is_same_instance(const tcn_block *old, const tcn_block *block)
{
    return old != NULL && old->self != NULL && old->file == block->file &&
           memcmp(old->digest, block->digest, sizeof old->digest) == 0;
}

/* Neither has an instance, and for the same reason. */
static bool is_same_without(const tcn_block *old, const tcn_block *block)
{
    return old != NULL && old->self == NULL && !tcn_block_has_use(block) &&
           old->file == block->file &&
           memcmp(old->digest, block->digest, sizeof old->digest) == 0 &&
           tcn_block_is_same(old, block);
}

static void keep_instance(tcn_block *block, tcn_block *old)
{
    block->info.destination = old->info.destination;
    if (!block->has_rates)
        block->info.rates = old->self->rates;
    block->heir_of = old;
}

static int make_instance(tcn_stage *stage, tcn_block *block, tcn_err *reterr,
                         tcn_problems *problems)
{
    tcn_plugins *plugins = stage->plugins;
    if (!tcn_block_has_use(block))
        return 0;
    int rc = tcn_block_configure(plugins, block, problems);
    if (rc < 0 && stage->is_lenient) {
        tcn_block_fail(block, problems);
        return 0;
    }
    if (rc < 0)
        return rc;
    tcn_err held = {0};
    if (plugins->loop != NULL && tcn_quarantine_holds(block->self, &held)) {
        tcn_instance_quarantine(block->self, &held);
        return 0;
    }
    rc = plugins->loop == NULL ? 0 : tcn_instance_create(block->self, reterr);
    if (rc < 0 && stage->is_lenient) {
        tcn_instance_try_later(block->self, reterr);
        return 0;
    }
    return rc;
}

/* Puts the block in the place of the one that has its id. */
static int place(tcn_stage *stage, tcn_block *block, tcn_err *reterr)
{
    tcn_block *other = tcn_blocks_find(&stage->blocks, tcn_block_id_of(block));
    tcn_block_forget_options(block);
    if (other == NULL)
        return tcn_blocks_add(&stage->blocks, block, reterr);
    if (other->stage != NULL || stage->scope == TCN_STAGE_ALL)
        return tcn_err_field(reterr, TCN_E_EXISTS, "name",
                             "a block \"%s\" exists already", block->name);
    tcn_blocks_replace(&stage->blocks, other, block);
    return 0;
}

static int add_block(tcn_stage *stage, tcn_block *block, tcn_err *reterr,
                     tcn_problems *problems)
{
    tcn_block *old = tcn_blocks_find(&stage->plugins->blocks, tcn_block_id_of(block));
    bool is_kept = is_same_without(old, block);
    if (!is_kept && !is_same_instance(old, block)) {
        int rc = make_instance(stage, block, reterr, problems);
        return rc < 0 ? rc : place(stage, block, reterr);
    }
    if (!is_kept)
        keep_instance(block, old);
    if (!tcn_block_is_same(old, block))
        return place(stage, block, reterr);
    if (stage->scope == TCN_STAGE_ALL) {
        int rc = tcn_blocks_add(&stage->blocks, old, reterr);
        if (rc < 0)
            return rc;
    }
    tcn_block_free(block);
    return 0;
}

int tcn_stage_block_put(tcn_stage *stage, const json_t *document,
                        const tcn_block_origin *origin, tcn_problems *problems)
{
    size_t errors = problems->errors;
    bool is_api = origin != NULL && origin->is_api;
    const tcn_plugin_settings *settings = tcn_stage_settings(stage);
    const tcn_block_reader reader = {
        .stage = stage,
        .entries = &stage->entries,
        .env = is_api ? &stage->plugins->api_env : &stage->plugins->env,
        .defaults = &settings->defaults,
        .prefect = &settings->prefect,
        .origin = origin,
        .is_private_refused = is_api && settings->is_api_private_refused,
        .is_lenient = stage->is_lenient,
    };
    tcn_block *block = NULL;
    tcn_err err = {0};
    int rc = tcn_block_read(&reader, document, &block, problems);
    if (rc == 0)
        rc = add_block(stage, block, &err, problems);
    if (rc == 0)
        return 0;
    bool is_told = rc == TCN_E_NOT_FOUND && origin != NULL && origin->is_lack_told;
    if (problems->errors == errors && !is_told) {
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tcn_problems_add(problems, &err);
    }
    tcn_block_free(block);
    return rc;
}

int tcn_stage_block_add(tcn_stage *stage, const json_t *document, tcn_problems *problems)
{
    return tcn_stage_block_put(stage, document, NULL, problems);
}

int tcn_stage_block_remove(tcn_stage *stage, tcn_str name_or_id)
{
    tcn_block *block = tcn_blocks_find(&stage->blocks, name_or_id);
    if (block == NULL)
        return TCN_E_NOT_FOUND;
    tcn_blocks_remove(&stage->blocks, block);
    if (block->stage != NULL)
        tcn_block_free(block);
    return 0;
}

/* ---- starting ---- */

static void on_ready(uv_timer_t *timer)
{
    tcn_stage *stage = timer->data;
    stage->is_waiting = false;
    stage->ready(stage->ud);
}

/* On a turn of the loop of its own: a function of a plugin may be under way now. */
void tcn_stage_starting(tcn_stage *stage, int more)
{
    stage->starting += (size_t)more;
    if (stage->starting == 0 && stage->is_waiting)
        (void)uv_timer_start(&stage->plugins->stage_timer, on_ready, 0, 0);
}

static void start_instances(tcn_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->items[i]->self != NULL)
            tcn_instance_start(blocks->items[i]->self);
}

int tcn_stage_start(tcn_stage *stage, void (*ready)(void *ud), void *ud)
{
    if (stage->plugins->loop == NULL)
        return 0;
    stage->ready = ready;
    stage->ud = ud;
    stage->plugins->stage_timer.data = stage;
    start_instances(&stage->blocks);
    stage->is_waiting = stage->starting > 0;
    return stage->is_waiting;
}

void tcn_stage_failures(tcn_stage *stage, tcn_problems *problems)
{
    for (size_t i = 0; i < stage->blocks.count; i++) {
        const tcn_block *block = stage->blocks.items[i];
        tcn_err err = {0};
        if (block->stage == NULL || block->self == NULL || block->info.is_ready ||
            block->self->state == TCN_INSTANCE_QUARANTINED)
            continue;
        (void)tcn_err_set(&err, TCN_E_STATE, "block \"%s\" (%s) did not start: %s",
                          block->name, block->info.plugin_id, block->self->last_error);
        tcn_problems_add(problems, &err);
    }
}

/* ---- the end ---- */

void tcn_stage_abort(tcn_stage *stage)
{
    for (size_t i = 0; i < stage->blocks.count; i++)
        if (stage->blocks.items[i]->stage != NULL)
            tcn_block_free(stage->blocks.items[i]);
    stage_free(stage);
}

/* An heir's instance is still in the old block, which may serve until now. */
static void inherit(tcn_block *block)
{
    tcn_block *old = block->heir_of;
    block->stage = NULL;
    if (old == NULL)
        return;
    block->heir_of = NULL;
    block->self = old->self;
    block->self->block = block;
    block->self->timeout_ms = block->info.timeout_ms;
    block->info.is_ready = old->info.is_ready;
    old->self = NULL;
}

static void swap_blocks(tcn_stage *stage, uint32_t drain_ms)
{
    tcn_blocks old = stage->plugins->blocks;
    for (size_t i = 0; i < stage->blocks.count; i++)
        inherit(stage->blocks.items[i]);
    stage->plugins->blocks = stage->blocks;
    tcn_blocks_init(&stage->blocks);
    for (size_t i = 0; i < old.count; i++) {
        tcn_block *block = old.items[i];
        if (tcn_blocks_find(&stage->plugins->blocks, tcn_block_id_of(block)) == block)
            continue;
        if (block->self != NULL)
            tcn_instance_leave(block->self, drain_ms);
        block->self = NULL;
        tcn_block_free(block);
    }
    tcn_blocks_deinit(&old);
}

static void swap_files(tcn_stage *stage)
{
    tcn_plugins *plugins = stage->plugins;
    for (size_t i = 0; i < plugins->entries.count; i++)
        plugins->entries.items[i].file->is_current = false;
    for (size_t i = 0; i < stage->entries.count; i++)
        stage->entries.items[i].file->is_current = true;
    tcn_plugin_entries old = plugins->entries;
    plugins->entries = stage->entries;
    plugins->revision++;
    stage->entries = old;
}

static void swap_settings(tcn_stage *stage)
{
    tcn_plugins *plugins = stage->plugins;
    if (stage->settings == NULL)
        return;
    tcn_plugin_settings *old = plugins->settings;
    plugins->settings = stage->settings;
    tcn_plugins_adopt_settings(plugins);
    stage->settings = old;
}

void tcn_stage_commit(tcn_stage *stage)
{
    tcn_plugins *plugins = stage->plugins;
    swap_settings(stage);
    swap_files(stage);
    swap_blocks(stage, plugins->settings->drain_ms);
    stage_free(stage);
    if (plugins->loop != NULL)
        start_instances(&plugins->blocks);
}
