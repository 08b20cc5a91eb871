/* SPDX-License-Identifier: Apache-2.0 */
/* host.c - the services that need no file of their own: time, log, life of an instance,
 * addresses, cryptography; and the table of all of them. Plugins are not trusted to call
 * from the right thread: what is tagged [loop] asks. */
#include "core/plugin/host.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/base/clock.h"
#include "core/plugin/delivery.h"
#include "core/plugin/emit.h"
#include "core/plugin/exchange.h"
#include "core/plugin/instance.h"
#include "core/plugin/mail.h"
#include "core/plugin/rate.h"
#include "core/plugin/timer.h"
#include "core/plugin/worker.h"

#define LOG_LINE       4096
#define LOG_PER_SECOND 100

#ifndef TOCSIN_VERSION
#define TOCSIN_VERSION "0.1.0"
#endif

static int64_t host_now_ms(tocsin_self *self)
{
    (void)self;
    return tcn_clock_wall_us() / 1000;
}

static int64_t host_mono_ms(tocsin_self *self)
{
    (void)self;
    return tcn_clock_mono_ms();
}

/* *ret_dropped: lines of the second before that were not written. */
static bool may_log(tocsin_self *self, uint32_t *ret_dropped)
{
    int64_t second = tcn_clock_mono_ms() / 1000;
    uv_mutex_lock(&self->plugins->lock);
    *ret_dropped = 0;
    if (second != self->log_second) {
        *ret_dropped = self->log_dropped;
        self->log_second = second;
        self->log_lines = 0;
        self->log_dropped = 0;
    }
    bool is_allowed = self->log_lines < LOG_PER_SECOND;
    if (is_allowed)
        self->log_lines++;
    else
        self->log_dropped++;
    uv_mutex_unlock(&self->plugins->lock);
    return is_allowed;
}

static void host_log(tocsin_self *self, uint32_t level, const char *text, size_t len)
{
    const char *fields[] = {"block", self->name, "plugin", self->table->id, NULL};
    bool is_known = level >= TOCSIN_LOG_ERROR && level <= TOCSIN_LOG_DEBUG;
    enum tcn_log_level own = is_known ? (enum tcn_log_level)level : TCN_LOG_INFO;
    tcn_log *log = self->plugins->log;
    uint32_t dropped;
    if (text == NULL || !may_log(self, &dropped))
        return;
    if (dropped > 0)
        tcn_log_fields(log, TCN_LOG_WARNING, "plugin", fields,
                       "block %s: %u lines were dropped, at most %d a second are written",
                       self->name, dropped, LOG_PER_SECOND);
    tcn_log_fields(log, own, "plugin", fields, "block %s: %.*s", self->name,
                   (int)(len < LOG_LINE ? len : LOG_LINE), text);
}

static void host_ready(tocsin_self *self, const tocsin_error *error)
{
    tocsin_error own = {.struct_size = sizeof own};
    if (error != NULL) {
        own = *error;
        own.key[sizeof own.key - 1] = '\0';
        own.text[sizeof own.text - 1] = '\0';
    }
    if (tcn_plugins_on_loop(self->plugins))
        tcn_instance_ready(self, error == NULL ? NULL : &own);
    else
        tcn_posts_ready(&self->plugins->posts, self, error == NULL ? NULL : &own);
}

static void host_stopped(tocsin_self *self)
{
    if (tcn_plugins_on_loop(self->plugins))
        tcn_instance_stopped(self);
    else
        tcn_posts_stopped(&self->plugins->posts, self);
}

static int32_t host_address_check(tocsin_self *self, const void *sockaddr, uint32_t len)
{
    if (sockaddr == NULL)
        return TOCSIN_E_INVALID;
    tcn_plugins *plugins = self->plugins;
    uv_mutex_lock(&plugins->lock);
    bool is_allowed = plugins->guard != NULL &&
                      tcn_guard_check(plugins->guard, sockaddr, len, (tcn_str){NULL, 0},
                                      self->is_private_refused) == NULL;
    uv_mutex_unlock(&plugins->lock);
    return is_allowed ? TOCSIN_OK : TOCSIN_E_DENIED;
}

static void host_hmac_sha256(const void *key, size_t key_len, const void *data,
                             size_t len, uint8_t out[32])
{
    unsigned out_len = 32;
    memset(out, 0, 32);
    (void)HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &out_len);
}

/* Nothing may go on with bytes that only look random. */
static void host_random(void *buf, size_t len)
{
    char *at = buf;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno != EINTR)
            abort();
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}

void tcn_host_init(tocsin_host *host)
{
    *host = (tocsin_host){
        .abi = {sizeof *host, TOCSIN_ABI_MAJOR, TOCSIN_ABI_MINOR, 0, 0, 0},
        .version = TOCSIN_VERSION,
        .now_ms = host_now_ms,
        .mono_ms = host_mono_ms,
        .log = host_log,
        .opt_str = tcn_options_str,
        .opt_int = tcn_options_int,
        .opt_num = tcn_options_num,
        .opt_list = tcn_options_list,
        .opt_map = tcn_options_map,
        .secret = tcn_options_secret,
        .render = tcn_delivery_render,
        .http = tcn_exchange_http,
        .smtp = tcn_mail_smtp,
        .call_cancel = tcn_exchange_call_cancel,
        .address_check = host_address_check,
        .timer_start = tcn_timer_start,
        .timer_stop = tcn_timer_stop,
        .use_workers = tcn_workers_use,
        .set_rate = tcn_rates_use,
        .set_data = tcn_slot_data_set,
        .get_data = tcn_slot_data_get,
        .is_canceled = tcn_slot_is_canceled,
        .done = tcn_delivery_done,
        .ready = host_ready,
        .stopped = host_stopped,
        .emit = tcn_plugin_emit,
        .hmac_sha256 = host_hmac_sha256,
        .random = host_random,
        .wipe = tcn_secret_wipe,
    };
}

void tcn_host_error(tocsin_error *reterr, int32_t code, const char *key, const char *text)
{
    if (reterr == NULL || reterr->code != 0)
        return;
    reterr->code = code;
    (void)snprintf(reterr->key, sizeof reterr->key, "%s", key);
    (void)snprintf(reterr->text, sizeof reterr->text, "%s", text);
}
