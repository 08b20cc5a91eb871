/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - what the operator sees of the queues. */
#include "core/action/dispatcher_int.h"
#include "core/base/datetime.h"

/* Null for 0. */
static json_t *time_json(int64_t at_us)
{
    if (at_us == 0)
        return json_null();
    char text[TCN_DATETIME_TEXT];
    size_t len = tcn_datetime_format(at_us, text);
    return json_stringn(text, len);
}

static json_t *last_error_json(const tcn_lane *lane)
{
    if (lane->last_error[0] == 0)
        return json_null();
    size_t cut = 0;
    tcn_str text = tcn_str_c(lane->last_error);
    if (!tcn_utf8_valid(text, &cut))
        text.len = cut;
    return json_pack("{s:o, s:s%}", "at", time_json(lane->last_error_at_us), "reason",
                     text.ptr, text.len);
}

void tcn_dispatcher_orphans(const tcn_dispatcher *dispatcher, const tcn_blocks *blocks,
                            void (*cb)(const char *block, size_t count, void *ud),
                            void *ud)
{
    tcn_list_foreach (it, &dispatcher->by_name) {
        const tcn_lane *lane = tcn_container_of(it, tcn_lane, link);
        if (lane->count > 0 && tcn_blocks_find(blocks, tcn_str_c(lane->name)) == NULL)
            cb(lane->name, lane->count, ud);
    }
}

static json_t *lane_json(const tcn_dispatcher *dispatcher, const tcn_lane *lane)
{
    const tcn_destination *destination = lane->destination;
    bool is_paused = destination != NULL && destination->paused_until_mono_us >
                                                tcn_dispatcher_mono_us(dispatcher);
    bool is_missing =
        lane->name_len > 0 &&
        tcn_plugins_block(dispatcher->options.plugins, tcn_str_c(lane->name)) == NULL;
    tcn_list *first = lane->jobs.next;
    int64_t oldest_us =
        first == &lane->jobs
            ? 0
            : tcn_container_of(first, tcn_job, link)->entry->created_at_us;
    return json_pack("{s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "block",
                     lane->name_len > 0 ? json_string(lane->name) : json_null(),
                     "missing", is_missing, "queued",
                     (json_int_t)(lane->count - lane->in_flight), "in_flight",
                     (json_int_t)lane->in_flight, "oldest", time_json(oldest_us),
                     "last_error", last_error_json(lane), "paused_until",
                     is_paused ? time_json(destination->paused_until_us) : json_null(),
                     "done", (json_int_t)lane->done, "retried", (json_int_t)lane->retried,
                     "dead", (json_int_t)lane->dead, "moved", (json_int_t)lane->moved);
}

json_t *tcn_dispatcher_status(const tcn_dispatcher *dispatcher)
{
    json_t *lanes = json_array();
    const tcn_lane *blockless = dispatcher->blockless;
    if (blockless->count + blockless->done + blockless->dead > 0)
        json_array_append_new(lanes, lane_json(dispatcher, blockless));
    tcn_list_foreach (it, &dispatcher->by_name)
        json_array_append_new(
            lanes, lane_json(dispatcher, tcn_container_of(it, tcn_lane, link)));
    return lanes;
}
