/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c - timers of plugins: at most 64 for each instance, all gone before destroy. */
#include "core/plugin/timer.h"

#include "core/base/alloc.h"
#include "core/plugin/instance.h"

#define TIMERS_MAX 64

struct tocsin_timer {
    tcn_list link;
    uv_timer_t uv;
    tocsin_self *self;
    uint16_t depth; /* of what started it */
    tocsin_timer_cb cb;
    void *ud;
};

static void on_close(uv_handle_t *handle)
{
    tocsin_timer *timer =
        tcn_container_of((uv_timer_t *)(void *)handle, tocsin_timer, uv);
    tocsin_self *self = timer->self;
    tcn_free(timer);
    tcn_instance_handle_closed(self);
}

static void on_time(uv_timer_t *uv)
{
    tocsin_timer *timer = tcn_container_of(uv, tocsin_timer, uv);
    tcn_visit visit = tcn_visit_begin(timer->self, "timer", timer->depth);
    timer->cb(timer, timer->ud);
    tcn_visit_end(&visit);
    /* Memory of a stopped timer stays until the loop has closed it. */
    if (!uv_is_active((uv_handle_t *)uv))
        tcn_timer_stop(timer);
}

int32_t tcn_timer_start(tocsin_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                        tocsin_timer_cb cb, void *ud, tocsin_timer **ret)
{
    tcn_plugins *plugins = self->plugins;
    if (!tcn_plugins_on_loop(plugins) || !tcn_instance_is_alive(self))
        return TOCSIN_E_STATE;
    if (cb == NULL)
        return TOCSIN_E_INVALID;
    if (self->timer_count >= TIMERS_MAX)
        return TOCSIN_E_LIMIT;
    tocsin_timer *timer = tcn_alloc_zero(sizeof *timer);
    if (timer == NULL)
        return TOCSIN_E_NOMEM;
    timer->self = self;
    timer->depth = tcn_note_depth(self);
    timer->cb = cb;
    timer->ud = ud;
    (void)uv_timer_init(plugins->loop, &timer->uv);
    (void)uv_timer_start(&timer->uv, on_time, delay_ms, repeat_ms);
    self->handle_count++;
    self->timer_count++;
    tcn_list_append(&self->timers, &timer->link);
    if (ret != NULL)
        *ret = timer;
    return TOCSIN_OK;
}

void tcn_timer_stop(tocsin_timer *timer)
{
    if (timer == NULL || uv_is_closing((uv_handle_t *)&timer->uv))
        return;
    tcn_list_remove(&timer->link);
    timer->self->timer_count--;
    uv_close((uv_handle_t *)&timer->uv, on_close);
}

void tcn_timer_stop_all(tocsin_self *self)
{
    tcn_list_foreach (link, &self->timers)
        tcn_timer_stop(tcn_container_of(link, tocsin_timer, link));
}
