/* SPDX-License-Identifier: Apache-2.0 */
/* block_show.c - what is told of a block: nothing in here is secret. */
#include "core/plugin/block.h"

#include "core/plugin/instance.h"
#include "core/plugin/worker.h"

static const char *error_of(const tcn_block *block)
{
    return block->self != NULL ? block->self->last_error : block->last_error;
}

static const char *state_of(const tcn_block *block)
{
    if (block->self != NULL)
        return tcn_instance_state_name(block->self);
    bool is_kept = block->info.refusal != NULL || block->file != NULL;
    return is_kept ? "stored" : "failed";
}

json_t *tcn_block_status(const tcn_block *block)
{
    const tocsin_self *self = block->self;
    const char *error = error_of(block);
    json_t *status =
        json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", block->name, "id", block->id_text,
                  "plugin", block->info.plugin_id, "state", state_of(block), "in_flight",
                  self != NULL ? (int)self->in_flight : 0);
    if (status != NULL && self != NULL && self->workers != NULL)
        (void)json_object_set_new(status, "workers", tcn_workers_status(self->workers));
    if (status != NULL && self != NULL && self->stalls > 0)
        (void)json_object_set_new(status, "loop_stalls",
                                  json_pack("{s:i, s:I}", "count", (int)self->stalls,
                                            "longest_ms",
                                            (json_int_t)(self->longest_stall_us / 1000)));
    if (status != NULL && error[0] != '\0')
        (void)json_object_set_new(status, "last_error", json_string(error));
    return status;
}

static json_t *capabilities_json(const tcn_block_info *info)
{
    json_t *list = json_array();
    if (info->can_notify)
        (void)json_array_append_new(list, json_string("notify"));
    if (info->can_act)
        (void)json_array_append_new(list, json_string("action"));
    return list;
}

json_t *tcn_block_describe(const tcn_block *block)
{
    const tcn_block_info *info = &block->info;
    const char *error = error_of(block);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, s:o, s:O, s:i, s:f, s:f, s:i}", "id",
        block->id_text, "name", block->name, "type", block->type, "plugin",
        info->plugin_id, "origin", info->is_api ? "api" : "file", "source", info->source,
        "state", state_of(block), "last_error", error[0] != '\0' ? error : NULL,
        "capabilities", capabilities_json(info), "options", block->shown, "concurrency",
        (int)info->concurrency, "timeout", info->timeout_ms / 1e3, "deadline",
        (double)info->deadline_ms / 1e3, "max_attempts", (int)info->max_attempts);
}
