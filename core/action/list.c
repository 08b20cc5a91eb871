/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - from a firing to the rows that it queues. Automation and action are written
 * out as they are now: what is queued does not change when the definition does. */
#include <jansson.h>

#include "core/action/action_type.h"
#include "core/action/dispatcher.h"

#define DOCUMENT_MAX ((size_t)64 << 20)

static int write_chunk(const char *text, size_t len, void *ud)
{
    return tcn_buf_add(ud, text, len) < 0 ? -1 : 0;
}

/* The document as compact JSON text in arena. */
static int document_text(const json_t *document, tcn_buf *scratch, tcn_arena *arena,
                         tcn_str *ret)
{
    tcn_buf_reset(scratch);
    if (json_dump_callback(document, write_chunk, scratch, JSON_COMPACT) != 0)
        return tcn_buf_status(scratch) < 0 ? tcn_buf_status(scratch) : TCN_E_NOMEM;
    *ret = tcn_arena_str(arena, tcn_buf_str(scratch));
    return ret->ptr == NULL ? TCN_E_NOMEM : 0;
}

static tcn_str block_of(const json_t *action)
{
    const char *name = json_string_value(json_object_get(action, "type"));
    const tcn_action_type *type = tcn_action_type_find(tcn_str_c(name));
    if (type == NULL || !tcn_action_type_has_block(type))
        return TCN_STR("");
    const char *block = json_string_value(json_object_get(action, "block"));
    if (block == NULL)
        block = json_string_value(json_object_get(action, "block_document_id"));
    return tcn_str_c(block);
}

static int add_list(tcn_outbox_new *rows, size_t *count, const json_t *actions,
                    const char *list, tcn_buf *scratch, tcn_arena *arena)
{
    size_t index = 0;
    const json_t *action = NULL;
    json_array_foreach(actions, index, action)
    {
        tcn_outbox_new *row = &rows[*count];
        row->invocation = tcn_invocation_id(&row->firing->id, list, (uint32_t)index);
        row->action_index = (uint32_t)*count;
        row->is_on_trigger = actions == row->firing->automation->actions_on_trigger;
        row->block = block_of(action);
        int rc = document_text(action, scratch, arena, &row->action);
        if (rc < 0)
            return rc;
        (*count)++;
    }
    return 0;
}

static int fill(const tcn_firing *firing, tcn_outbox_new *rows, tcn_arena *arena)
{
    const tcn_automation *automation = firing->automation;
    tcn_buf scratch;
    tcn_buf_init(&scratch, DOCUMENT_MAX);
    size_t count = 0;
    int rc = add_list(rows, &count, automation->actions, "actions", &scratch, arena);
    if (rc >= 0)
        rc = add_list(rows, &count, automation->actions_on_trigger, "actions_on_trigger",
                      &scratch, arena);
    tcn_str text = {0};
    if (rc >= 0)
        rc = document_text(automation->document, &scratch, arena, &text);
    for (size_t i = 0; rc >= 0 && i < count; i++)
        rows[i].automation = text;
    tcn_buf_deinit(&scratch);
    return rc;
}

int tcn_action_list(const tcn_firing *firing, int64_t default_deadline_us,
                    tcn_arena *arena, tcn_outbox_new **ret, size_t *ret_count)
{
    size_t count = 0;
    if (!firing->is_suppressed && firing->automation != NULL)
        count = json_array_size(firing->automation->actions) +
                json_array_size(firing->automation->actions_on_trigger);
    tcn_outbox_new *rows = NULL;
    if (count > 0) {
        rows = tcn_arena_zero(arena, count * sizeof *rows);
        if (rows == NULL)
            return TCN_E_NOMEM;
        for (size_t i = 0; i < count; i++) {
            rows[i].firing = firing;
            rows[i].deadline_at_us = firing->triggered_at_us + default_deadline_us;
        }
        int rc = fill(firing, rows, arena);
        if (rc < 0)
            return rc;
    }
    *ret = rows;
    *ret_count = count;
    return 0;
}
