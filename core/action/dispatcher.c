/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher.c - the door: entries come in, the loop's turns go on to turn.c, and
 * everything is given back at the end. Nothing is reported from inside
 * tcn_dispatcher_take: what is due starts with the idle handle, in the same turn of the
 * loop. */
#include "core/action/attempt.h"
#include "core/action/rendered.h"
#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"

#define TAKEN_AT_ONCE 500 /* entries: half a millisecond */

int64_t tcn_dispatcher_now_us(const tcn_dispatcher *dispatcher)
{
    return dispatcher->options.wall_us();
}

int64_t tcn_dispatcher_mono_us(const tcn_dispatcher *dispatcher)
{
    return dispatcher->options.mono_us();
}

/* ---- the loop ---- */

static void on_idle(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    tcn_dispatcher_turn(idle->data);
}

static void on_timer(uv_timer_t *timer)
{
    tcn_dispatcher_turn(timer->data);
}

void tcn_dispatcher_kick(tcn_dispatcher *dispatcher)
{
    if (!dispatcher->is_quiescing)
        (void)uv_idle_start(&dispatcher->idle, on_idle);
}

void tcn_dispatcher_alarm(tcn_dispatcher *dispatcher, int64_t at_mono_us)
{
    if (at_mono_us == INT64_MAX) {
        (void)uv_timer_stop(&dispatcher->timer);
        return;
    }
    int64_t delay_us = at_mono_us - tcn_dispatcher_mono_us(dispatcher);
    uint64_t delay_ms = delay_us > 0 ? (uint64_t)(delay_us / TCN_MS_US) + 1 : 1;
    (void)uv_timer_start(&dispatcher->timer, on_timer, delay_ms, 0);
}

/* ---- life ---- */

static void free_lanes(tcn_dispatcher *dispatcher)
{
    tcn_list_foreach (it, &dispatcher->by_name)
        tcn_lane_free(tcn_container_of(it, tcn_lane, link));
    size_t pos = 0;
    tcn_map_entry *entry = NULL;
    while (tcn_map_next(&dispatcher->destinations, &pos, &entry))
        tcn_destination_free(entry->value);
}

static void dispatcher_free(tcn_dispatcher *dispatcher)
{
    free_lanes(dispatcher);
    for (size_t i = dispatcher->arrival; i < dispatcher->arrival_count; i++)
        tcn_outbox_entry_free(dispatcher->arrivals[i]);
    tcn_free(dispatcher->arrivals);
    tcn_lane_free(dispatcher->blockless);
    tcn_map_deinit(&dispatcher->lanes);
    tcn_map_deinit(&dispatcher->destinations);
    for (int need = 0; need < TCN_PLACE_NEEDS; need++)
        tcn_heap_deinit(&dispatcher->awake[need]);
    tcn_tpl_cache_deinit(&dispatcher->templates);
    tcn_arena_deinit(&dispatcher->scratch);
    tcn_free(dispatcher->ui_url);
    tcn_free(dispatcher);
}

static int init_templates(tcn_dispatcher *dispatcher, uint64_t seed)
{
    tcn_tpl_env_init(&dispatcher->env);
    tcn_tpl_cache_init(&dispatcher->templates, &dispatcher->env, seed);
    if (dispatcher->options.ui_url == NULL)
        return 0;
    dispatcher->ui_url = tcn_strdup(dispatcher->options.ui_url);
    dispatcher->env.ui_url = dispatcher->ui_url;
    return dispatcher->ui_url != NULL ? 0 : TCN_E_NOMEM;
}

tcn_tpl_cache *tcn_dispatcher_templates(tcn_dispatcher *dispatcher)
{
    const tcn_template_settings *settings =
        tcn_plugins_templates(dispatcher->options.plugins);
    dispatcher->env.limits = settings->limits;
    dispatcher->templates.count_max = settings->cached;
    return &dispatcher->templates;
}

/* Room for that many lanes besides the one without a block, wherever they stand. */
static int reserve_lanes(tcn_dispatcher *dispatcher, size_t count)
{
    int rc = 0;
    for (int need = 0; need < TCN_PLACE_NEEDS && rc >= 0; need++)
        rc = tcn_heap_reserve(&dispatcher->awake[need], count + 1);
    return rc;
}

static int init(tcn_dispatcher *dispatcher)
{
    tcn_dispatcher_options *options = &dispatcher->options;
    if (options->wall_us == NULL)
        options->wall_us = tcn_clock_wall_us;
    if (options->mono_us == NULL)
        options->mono_us = tcn_clock_mono_us;
    tcn_uuid random = tcn_uuid_v4();
    uint64_t seed = 0;
    memcpy(&seed, random.bytes + 8, sizeof seed);
    dispatcher->random = options->seed != 0 ? options->seed : seed;
    tcn_list_init(&dispatcher->by_name);
    tcn_list_init(&dispatcher->slow);
    tcn_list_init(&dispatcher->attempts);
    tcn_arena_init(&dispatcher->scratch, 0);
    tcn_map_init(&dispatcher->lanes, seed);
    tcn_map_init(&dispatcher->destinations, seed);
    int rc = init_templates(dispatcher, seed);
    if (rc < 0)
        return rc;
    dispatcher->blockless = tcn_lane_new(TCN_STR(""));
    if (dispatcher->blockless == NULL)
        return TCN_E_NOMEM;
    dispatcher->blockless->concurrency = UINT32_MAX;
    return reserve_lanes(dispatcher, 0);
}

int tcn_dispatcher_new(const tcn_dispatcher_options *options, tcn_dispatcher **ret)
{
    tcn_dispatcher *dispatcher = tcn_alloc_zero(sizeof *dispatcher);
    if (dispatcher == NULL)
        return TCN_E_NOMEM;
    dispatcher->options = *options;
    int rc = init(dispatcher);
    if (rc < 0) {
        dispatcher_free(dispatcher);
        return rc;
    }
    /* Neither of the two can fail. */
    (void)uv_timer_init(options->loop, &dispatcher->timer);
    (void)uv_idle_init(options->loop, &dispatcher->idle);
    dispatcher->timer.data = dispatcher;
    dispatcher->idle.data = dispatcher;
    dispatcher->open_handles = 2;
    *ret = dispatcher;
    return 0;
}

int tcn_dispatcher_limits_set(tcn_dispatcher *dispatcher, const char *ui_url,
                              uint32_t concurrency, uint32_t max_per_block)
{
    char *copy = ui_url == NULL ? NULL : tcn_strdup(ui_url);
    if (ui_url != NULL && copy == NULL)
        return TCN_E_NOMEM;
    tcn_free(dispatcher->ui_url);
    dispatcher->ui_url = copy;
    dispatcher->env.ui_url = copy;
    dispatcher->options.ui_url = copy;
    dispatcher->options.concurrency = concurrency;
    dispatcher->options.max_per_block = max_per_block;
    tcn_dispatcher_kick(dispatcher);
    return 0;
}

/* A lane that sleeps because its block was not there or not ready is woken: the turn
 * finds out what is so now. Back-offs and pauses stay. */
void tcn_dispatcher_look(tcn_dispatcher *dispatcher)
{
    tcn_list_foreach (it, &dispatcher->by_name) {
        tcn_lane *lane = tcn_container_of(it, tcn_lane, link);
        tcn_str name = tcn_str_of(lane->name, lane->name_len);
        const tcn_block *block = tcn_plugins_block(dispatcher->options.plugins, name);
        if (block == NULL)
            continue;
        lane->not_before_mono_us = 0;
        lane->recheck_us = 0;
        (void)tcn_dispatcher_adopt(dispatcher, lane, tcn_block_info_get(block));
        tcn_dispatcher_touch(dispatcher, lane);
    }
    tcn_dispatcher_kick(dispatcher);
}

void tcn_dispatcher_quiesce(tcn_dispatcher *dispatcher)
{
    dispatcher->is_quiescing = true;
    (void)uv_timer_stop(&dispatcher->timer);
    (void)uv_idle_stop(&dispatcher->idle);
}

size_t tcn_dispatcher_in_flight(const tcn_dispatcher *dispatcher)
{
    return dispatcher->in_flight;
}

void tcn_dispatcher_close_step(tcn_dispatcher *dispatcher)
{
    if (dispatcher->open_handles > 0 || dispatcher->in_flight > 0)
        return;
    void (*closed)(void *) = dispatcher->closed;
    void *ud = dispatcher->closed_ud;
    dispatcher_free(dispatcher);
    closed(ud);
}

static void on_closed(uv_handle_t *handle)
{
    tcn_dispatcher *dispatcher = handle->data;
    dispatcher->open_handles--;
    tcn_dispatcher_close_step(dispatcher);
}

static void cancel_all(tcn_list *attempts)
{
    tcn_list_foreach (it, attempts)
        tcn_delivery_cancel(tcn_container_of(it, tcn_attempt, link)->delivery);
}

void tcn_dispatcher_close(tcn_dispatcher *dispatcher, void (*cb)(void *ud), void *ud)
{
    tcn_dispatcher_quiesce(dispatcher);
    dispatcher->is_closing = true;
    dispatcher->closed = cb;
    dispatcher->closed_ud = ud;
    uv_close((uv_handle_t *)&dispatcher->timer, on_closed);
    uv_close((uv_handle_t *)&dispatcher->idle, on_closed);
    cancel_all(&dispatcher->slow);
    cancel_all(&dispatcher->attempts);
}

/* ---- entries ---- */

static void insert_by_name(tcn_dispatcher *dispatcher, tcn_lane *lane)
{
    tcn_list *place = &dispatcher->by_name;
    tcn_list_foreach (it, &dispatcher->by_name) {
        if (strcmp(tcn_container_of(it, tcn_lane, link)->name, lane->name) > 0) {
            place = it;
            break;
        }
    }
    tcn_list_insert_before(place, &lane->link);
}

static int make_lane(tcn_dispatcher *dispatcher, tcn_str name, tcn_lane **ret)
{
    int rc = reserve_lanes(dispatcher, dispatcher->lanes.count + 1);
    if (rc < 0)
        return rc;
    tcn_lane *lane = tcn_lane_new(name);
    if (lane == NULL)
        return TCN_E_NOMEM;
    rc = tcn_map_put(&dispatcher->lanes, tcn_str_of(lane->name, lane->name_len), lane,
                     NULL);
    if (rc < 0) {
        tcn_lane_free(lane);
        return rc;
    }
    insert_by_name(dispatcher, lane);
    *ret = lane;
    return 0;
}

static int get_lane(tcn_dispatcher *dispatcher, tcn_str name, tcn_lane **ret)
{
    tcn_lane *lane = tcn_map_get(&dispatcher->lanes, name);
    if (lane == NULL)
        return make_lane(dispatcher, name, ret);
    *ret = lane;
    return 0;
}

int tcn_dispatcher_lane(tcn_dispatcher *dispatcher, tcn_str name_or_id, tcn_lane **ret)
{
    const tcn_block *block = tcn_plugins_block(dispatcher->options.plugins, name_or_id);
    if (block == NULL)
        return TCN_E_NOT_FOUND;
    const tcn_block_info *info = tcn_block_info_get(block);
    tcn_lane *lane = NULL;
    int rc = get_lane(dispatcher, tcn_str_c(info->name), &lane);
    if (rc >= 0)
        rc = tcn_dispatcher_adopt(dispatcher, lane, info);
    if (rc >= 0)
        *ret = lane;
    return rc;
}

/* The lane of the block that the entry names, which may be gone for now; without one, the
 * lane in which everything ends at once. */
static int find_lane(tcn_dispatcher *dispatcher, const tcn_outbox_entry *entry,
                     tcn_lane **ret)
{
    *ret = dispatcher->blockless;
    if (entry->block.len == 0)
        return 0;
    int rc = tcn_dispatcher_lane(dispatcher, entry->block, ret);
    return rc == TCN_E_NOT_FOUND ? get_lane(dispatcher, entry->block, ret) : rc;
}

/* A pause that was stored before a restart goes on. */
static void resume_pause(tcn_dispatcher *dispatcher, tcn_lane *lane,
                         const tcn_outbox_entry *entry)
{
    int64_t until_us = tcn_rendered_pause(entry->rendered);
    int64_t left_us = until_us - tcn_dispatcher_now_us(dispatcher);
    if (until_us == 0 || left_us <= 0 || lane->destination == NULL)
        return;
    if (left_us > TCN_HOUR_US)
        left_us = TCN_HOUR_US;
    tcn_destination_pause(lane->destination, tcn_dispatcher_mono_us(dispatcher) + left_us,
                          until_us);
    tcn_dispatcher_touch_all(dispatcher, lane->destination);
}

/* How long a stored retry still waits: the wall clock may have jumped meanwhile, so never
 * longer than any wait that is given. */
static int64_t wait_of(tcn_dispatcher *dispatcher, const tcn_outbox_entry *entry)
{
    int64_t left_us = entry->next_at_us - tcn_dispatcher_now_us(dispatcher);
    if (entry->attempt == 0 || left_us < 0)
        return 0;
    return left_us < TCN_HOUR_US ? left_us : TCN_HOUR_US;
}

static int take(tcn_dispatcher *dispatcher, tcn_outbox_entry *entry, int64_t now_mono_us)
{
    tcn_lane *lane = NULL;
    int rc = find_lane(dispatcher, entry, &lane);
    if (rc < 0)
        return rc;
    bool is_over_limit =
        lane != dispatcher->blockless && lane->count >= dispatcher->options.max_per_block;
    if (is_over_limit)
        lane = dispatcher->blockless;
    tcn_job *job = NULL;
    rc = tcn_lane_add(lane, entry, now_mono_us + wait_of(dispatcher, entry), &job);
    if (rc < 0)
        return rc;
    job->is_over_limit = is_over_limit;
    resume_pause(dispatcher, lane, entry);
    tcn_dispatcher_touch(dispatcher, lane);
    return 0;
}

/* They belong to lanes now, but for those that there was no memory for. */
static int take_all(tcn_dispatcher *dispatcher, tcn_outbox_entry **entries, size_t count)
{
    int64_t now_mono_us = tcn_dispatcher_mono_us(dispatcher);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        int rc = take(dispatcher, entries[i], now_mono_us);
        if (rc >= 0)
            continue;
        result = rc;
        tcn_outbox_entry_free(entries[i]);
    }
    return result;
}

bool tcn_dispatcher_admit(tcn_dispatcher *dispatcher)
{
    size_t left = dispatcher->arrival_count - dispatcher->arrival;
    size_t count = left < TAKEN_AT_ONCE ? left : TAKEN_AT_ONCE;
    if (take_all(dispatcher, dispatcher->arrivals + dispatcher->arrival, count) < 0)
        tcn_log_write(dispatcher->options.log, TCN_LOG_ERROR, "outbox",
                      "out of memory: some actions wait in the outbox until the next "
                      "start");
    dispatcher->arrival += count;
    if (count < left)
        return true;
    dispatcher->arrival = dispatcher->arrival_count = 0;
    return false;
}

static int arrive(tcn_dispatcher *dispatcher, tcn_outbox_entry **entries, size_t count)
{
    int rc = tcn_grow((void **)&dispatcher->arrivals, &dispatcher->arrival_capacity,
                      dispatcher->arrival_count + count, sizeof(*dispatcher->arrivals));
    for (size_t i = 0; i < count; i++) {
        if (rc >= 0)
            dispatcher->arrivals[dispatcher->arrival_count++] = entries[i];
        else
            tcn_outbox_entry_free(entries[i]);
    }
    return rc;
}

int tcn_dispatcher_take(tcn_dispatcher *dispatcher, tcn_outbox_entry **entries,
                        size_t count)
{
    /* Behind others that still wait, none goes first. */
    bool is_at_once = dispatcher->arrival_count == 0 && count <= TAKEN_AT_ONCE;
    int rc = is_at_once ? take_all(dispatcher, entries, count)
                        : arrive(dispatcher, entries, count);
    tcn_dispatcher_kick(dispatcher);
    return rc;
}
