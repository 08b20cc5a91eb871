/* SPDX-License-Identifier: Apache-2.0 */
/* instance.c - the state machine. Every way to the end leads through ENDING, where timers
 * are stopped and exchanges canceled, and destroy is called once the last callback has
 * run. */
#include "core/plugin/instance.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/plugin/delivery.h"
#include "core/plugin/exchange.h"
#include "core/plugin/stage_int.h"
#include "core/plugin/timer.h"
#include "core/plugin/worker.h"

static void on_time(uv_timer_t *timer);

/* ---- memory ---- */

static void init(tocsin_self *self, tcn_plugins *plugins, tcn_block *block)
{
    self->plugins = plugins;
    self->block = block;
    self->file = block->file;
    self->table = &block->file->table.plugin;
    self->timeout_ms = block->info.timeout_ms;
    self->is_private_refused = block->info.is_private_refused;
    tcn_list_init(&self->deliveries);
    tcn_list_init(&self->abandoned);
    tcn_list_init(&self->timers);
    tcn_list_init(&self->calls);
    tcn_list_append(&plugins->instances, &self->link);
    self->file->instances++;
}

int tcn_instance_new_own(tcn_plugins *plugins, tcn_block *block, tocsin_config *config,
                         tocsin_self **ret)
{
    tocsin_self *self = tcn_alloc_zero(sizeof *self);
    char *name = tcn_strdup(block->name);
    if (self == NULL || name == NULL) {
        tcn_free(self);
        tcn_free(name);
        tcn_options_free(config);
        return TCN_E_NOMEM;
    }
    self->name = name;
    self->config = config;
    init(self, plugins, block);
    *ret = self;
    return 0;
}

static void instance_free(tocsin_self *self)
{
    tcn_plugins *plugins = self->plugins;
    tcn_list_remove(&self->link);
    self->file->instances--;
    if (plugins->loop != NULL)
        tcn_posts_forget(&plugins->posts, self);
    tcn_options_free(self->config);
    tcn_free(self->name);
    tcn_free(self);
    tcn_plugins_settle(plugins);
}

void tcn_instance_handle_closed(tocsin_self *self)
{
    self->handle_count--;
    if (self->state == TCN_INSTANCE_GONE && self->handle_count == 0)
        instance_free(self);
}

static void on_timer_closed(uv_handle_t *handle)
{
    tcn_instance_handle_closed(
        tcn_container_of((uv_timer_t *)(void *)handle, tocsin_self, timer));
}

bool tcn_instance_is_alive(const tocsin_self *self)
{
    return self->state == TCN_INSTANCE_STARTING || self->state == TCN_INSTANCE_READY ||
           self->state == TCN_INSTANCE_DRAINING || self->state == TCN_INSTANCE_STOPPING;
}

static void state_set(tocsin_self *self, enum tcn_instance_state state)
{
    bool was_starting = self->state == TCN_INSTANCE_STARTING;
    self->state = state;
    if (self->block == NULL)
        return;
    self->block->info.is_ready = state == TCN_INSTANCE_READY;
    bool is_starting = state == TCN_INSTANCE_STARTING;
    if (self->block->stage != NULL && is_starting != was_starting)
        tcn_stage_starting(self->block->stage, is_starting ? 1 : -1);
}

void tcn_instance_abandon(tocsin_self *self)
{
    uv_close((uv_handle_t *)&self->timer, on_timer_closed);
}

/* Destroyed, or never created. */
static void be_gone(tocsin_self *self)
{
    bool has_timer = self->state != TCN_INSTANCE_NONE;
    state_set(self, TCN_INSTANCE_GONE);
    if (has_timer)
        uv_close((uv_handle_t *)&self->timer, on_timer_closed);
    else
        instance_free(self);
}

static void limit_start(tocsin_self *self, uint32_t after_ms)
{
    (void)uv_timer_start(&self->timer, on_time, after_ms, 0);
}

const char *tcn_instance_state_name(const tocsin_self *self)
{
    static const char *const names[] = {
        [TCN_INSTANCE_NONE] = "loading",
        [TCN_INSTANCE_CREATED] = "loading",
        [TCN_INSTANCE_STARTING] = "loading",
        [TCN_INSTANCE_READY] = "active",
        [TCN_INSTANCE_DRAINING] = "draining",
        [TCN_INSTANCE_STOPPING] = "draining",
        [TCN_INSTANCE_ENDING] = "draining",
        [TCN_INSTANCE_FAILED] = "failed",
        [TCN_INSTANCE_GONE] = "retired",
        [TCN_INSTANCE_STUCK] = "stuck",
        [TCN_INSTANCE_QUARANTINED] = "quarantined",
    };
    if (self->state == TCN_INSTANCE_READY && tcn_workers_are_stuck(self->workers))
        return names[TCN_INSTANCE_STUCK];
    return names[self->state];
}

/* ---- create and start ---- */

static void open_timer(tocsin_self *self)
{
    if (self->state != TCN_INSTANCE_NONE)
        return;
    (void)uv_timer_init(self->plugins->loop, &self->timer);
    self->handle_count++;
}

/* They are idle. */
static void workers_end(tocsin_self *self)
{
    tcn_workers_free(self->workers);
    self->workers = NULL;
}

int tcn_instance_create(tocsin_self *self, tcn_err *reterr)
{
    tocsin_error error = {.struct_size = sizeof error};
    tcn_visit visit = tcn_visit_begin(self, "create", 0);
    self->is_creating = true;
    self->refusal[0] = '\0';
    self->rates = (tcn_rates){0};
    int32_t rc = self->table->create(&self->plugins->host, self, self->config,
                                     &self->instance, &error);
    self->is_creating = false;
    if (rc >= 0 && self->block != NULL && !self->block->has_rates)
        self->block->info.rates = self->rates;
    tcn_visit_end(&visit);
    if (rc >= 0) {
        open_timer(self);
        state_set(self, TCN_INSTANCE_CREATED);
        return 0;
    }
    workers_end(self);
    error.key[sizeof error.key - 1] = '\0';
    error.text[sizeof error.text - 1] = '\0';
    char field[80];
    (void)snprintf(field, sizeof field, "options%s%s", error.key[0] != '\0' ? "." : "",
                   error.key);
    return tcn_err_field(reterr, TCN_E_INVALID, field, "%s",
                         error.text[0] != '\0'      ? error.text
                         : self->refusal[0] != '\0' ? self->refusal
                                                    : "the plugin refused these options");
}

static void fail(tocsin_self *self, const char *text)
{
    (void)snprintf(self->last_error, sizeof self->last_error, "%s", text);
    if (self->block != NULL && self->block->stage != NULL)
        return; /* a problem of the stage, which tells it */
    tcn_log_write(self->plugins->log, TCN_LOG_ERROR, "plugin",
                  "block %s (%s) did not start: %s; next try in %u s", self->name,
                  self->table->id, text, self->plugins->times.retry_ms / 1000);
}

/* Timers, exchanges and calls of workers end, then destroy. */
static void end(tocsin_self *self)
{
    state_set(self, TCN_INSTANCE_ENDING);
    tcn_workers_watch(self->workers);
    limit_start(self, self->plugins->times.stop_ms);
    tcn_timer_stop_all(self);
    tcn_exchange_cancel_all(self);
    tcn_instance_progress(self);
}

static void started(tocsin_self *self)
{
    (void)uv_timer_stop(&self->timer);
    self->last_error[0] = '\0';
    state_set(self, TCN_INSTANCE_READY);
}

static void start_failed(tocsin_self *self, const tocsin_error *error)
{
    bool has_text = error->text[0] != '\0';
    fail(self, has_text ? error->text : "the plugin gave no reason");
    end(self);
}

void tcn_instance_start(tocsin_self *self)
{
    if (self->state != TCN_INSTANCE_CREATED)
        return;
    if (self->table->start == NULL) {
        started(self);
        return;
    }
    tocsin_error error = {.struct_size = sizeof error};
    state_set(self, TCN_INSTANCE_STARTING);
    limit_start(self, self->plugins->times.start_ms);
    tcn_visit visit = tcn_visit_begin(self, "start", 0);
    int32_t rc = self->table->start(self->instance, &error);
    tcn_visit_end(&visit);
    error.text[sizeof error.text - 1] = '\0';
    /* ready may have been called before start returned. */
    if (self->state != TCN_INSTANCE_STARTING)
        return;
    if (rc < 0)
        start_failed(self, &error);
    else if (rc != TOCSIN_PENDING)
        started(self);
}

void tcn_instance_ready(tocsin_self *self, const tocsin_error *error)
{
    if (self->state != TCN_INSTANCE_STARTING)
        return;
    if (error != NULL)
        start_failed(self, error);
    else
        started(self);
}

void tcn_instance_try_later(tocsin_self *self, const tcn_err *why)
{
    open_timer(self);
    state_set(self, TCN_INSTANCE_FAILED);
    fail(self, why->text);
    limit_start(self, self->plugins->times.retry_ms);
}

void tcn_instance_quarantine(tocsin_self *self, const tcn_err *why)
{
    open_timer(self);
    state_set(self, TCN_INSTANCE_QUARANTINED);
    (void)snprintf(self->last_error, sizeof self->last_error, "%s", why->text);
    tcn_log_write(self->plugins->log, TCN_LOG_ERROR, "plugin",
                  "block %s is quarantined and its actions wait: %s", self->name,
                  why->text);
}

void tcn_instance_release(tocsin_self *self)
{
    if (self->state != TCN_INSTANCE_QUARANTINED)
        return;
    self->last_error[0] = '\0';
    state_set(self, TCN_INSTANCE_FAILED);
    limit_start(self, 0);
    tcn_log_write(self->plugins->log, TCN_LOG_NOTICE, "plugin",
                  "block %s leaves its quarantine", self->name);
}

static void start_again(tocsin_self *self)
{
    tcn_err err = {0};
    if (tcn_instance_create(self, &err) == 0)
        tcn_instance_start(self);
    else
        tcn_instance_try_later(self, &err);
}

/* ---- stop and destroy ---- */

static void stop(tocsin_self *self)
{
    state_set(self, TCN_INSTANCE_STOPPING);
    limit_start(self, self->plugins->times.stop_ms);
    tcn_visit visit = tcn_visit_begin(self, "stop", 0);
    int32_t rc =
        self->table->stop == NULL ? TOCSIN_OK : self->table->stop(self->instance);
    tcn_visit_end(&visit);
    if (rc < 0)
        tcn_log_write(self->plugins->log, TCN_LOG_WARNING, "plugin",
                      "block %s: stop of plugin %s failed (%d); it is destroyed all the "
                      "same",
                      self->name, self->table->id, rc);
    if (rc != TOCSIN_PENDING)
        tcn_instance_stopped(self);
}

void tcn_instance_stopped(tocsin_self *self)
{
    if (self->state == TCN_INSTANCE_STOPPING)
        end(self);
}

static void destroy(tocsin_self *self)
{
    workers_end(self);
    tcn_delivery_forget_abandoned(self);
    tcn_visit visit = tcn_visit_begin(self, "destroy", 0);
    self->table->destroy(self->instance);
    tcn_visit_end(&visit);
    self->instance = NULL;
    if (self->is_leaving) {
        be_gone(self);
        return;
    }
    state_set(self, TCN_INSTANCE_FAILED);
    limit_start(self, self->plugins->times.retry_ms);
}

static bool is_at_rest(const tocsin_self *self)
{
    return self->call_count == 0 && tcn_workers_are_idle(self->workers);
}

/* On a turn of the loop of its own: a function of the plugin may be under way now. */
void tcn_instance_progress(tocsin_self *self)
{
    if ((self->state == TCN_INSTANCE_DRAINING && self->in_flight == 0) ||
        (self->state == TCN_INSTANCE_ENDING && is_at_rest(self)))
        limit_start(self, 0);
}

static void get_stuck(tocsin_self *self, const char *slot)
{
    tcn_log_write(self->plugins->log, TCN_LOG_ERROR, "plugin",
                  "block %s: %s of plugin %s did not end within %u ms", self->name, slot,
                  self->table->id, self->plugins->times.stop_ms);
    tcn_timer_stop_all(self);
    tcn_exchange_cancel_all(self);
    state_set(self, TCN_INSTANCE_STUCK);
    self->file->is_stuck = true;
    tcn_plugins_settle(self->plugins);
}

/* The time of a state is over. */
static void on_time(uv_timer_t *timer)
{
    tocsin_self *self = tcn_container_of(timer, tocsin_self, timer);
    if (self->state == TCN_INSTANCE_DRAINING && self->in_flight > 0) {
        tcn_delivery_cancel_all(self);
    } else if (self->state == TCN_INSTANCE_DRAINING) {
        stop(self);
    } else if (self->state == TCN_INSTANCE_ENDING && is_at_rest(self)) {
        destroy(self);
    } else if (self->state == TCN_INSTANCE_ENDING) {
        get_stuck(self, tcn_workers_are_idle(self->workers) ? "an exchange" : "send");
    } else if (self->state == TCN_INSTANCE_STARTING) {
        char text[80];
        (void)snprintf(text, sizeof text, "start did not end within %u ms",
                       self->plugins->times.start_ms);
        fail(self, text);
        end(self);
    } else if (self->state == TCN_INSTANCE_FAILED) {
        start_again(self);
    } else if (self->state == TCN_INSTANCE_STOPPING) {
        get_stuck(self, "stop");
    }
}

/* In flight is what the plugin may end; then the time of the drain is over. */
static void drain(tocsin_self *self, uint32_t drain_ms)
{
    state_set(self, TCN_INSTANCE_DRAINING);
    limit_start(self, drain_ms);
    if (self->table->drain != NULL) {
        tcn_visit visit = tcn_visit_begin(self, "drain", 0);
        self->table->drain(self->instance);
        tcn_visit_end(&visit);
    }
    if (drain_ms == 0)
        tcn_delivery_cancel_all(self);
    tcn_instance_progress(self);
}

void tcn_instance_leave(tocsin_self *self, uint32_t drain_ms)
{
    self->is_leaving = true;
    if (self->block != NULL)
        self->block->info.is_ready = false;
    self->block = NULL;
    switch (self->state) {
    case TCN_INSTANCE_READY:
        drain(self, drain_ms);
        break;
    case TCN_INSTANCE_CREATED:
    case TCN_INSTANCE_STARTING:
        end(self);
        break;
    case TCN_INSTANCE_NONE:
    case TCN_INSTANCE_FAILED:
    case TCN_INSTANCE_QUARANTINED:
        be_gone(self);
        break;
    case TCN_INSTANCE_DRAINING:
        if (self->in_flight > 0 && uv_timer_get_due_in(&self->timer) > drain_ms)
            limit_start(self, drain_ms);
        break;
    case TCN_INSTANCE_STOPPING:
    case TCN_INSTANCE_ENDING:
    case TCN_INSTANCE_GONE:
    case TCN_INSTANCE_STUCK:
        break;
    }
}
