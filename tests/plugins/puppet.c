/* SPDX-License-Identifier: Apache-2.0 */
/* puppet.c - a plugin that does what its options tell it: good, late, twice, never, from
 * a thread. */
#include "puppet.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const send_modes[] = {
    "done",        "twice",      "late_twice", "never",    "thread",  "refuse",
    "denied",      "render",     "timer",      "nonsense", "nothing", "leak",
    "log",         "busy_done",  "after_all",  "gate",     "emit",    "emit_later",
    "many_timers", "many_calls", "slow",       "requests", NULL};
static const char *const life_modes[] = {"good",        "create_fails",
                                         "start_fails", "start_later",
                                         "start_never", "start_later_fails",
                                         "stop_later",  "stop_never",
                                         "stop_fails",  NULL};
static const char *const prepare_modes[] = {"keep", "refuse", "done", NULL};
static const char *const crash_modes[] = {"none",     "segv", "abort", "exit",
                                          "overflow", "fpe",  NULL};
static const tocsin_option options[] = {
    {.key = "send",
     .doc = "What send does.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "done",
     .choices = send_modes},
    {.key = "life",
     .doc = "How it lives.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "good",
     .choices = life_modes},
    {.key = "text",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_TEXT,
     .flags = TOCSIN_OPT_TEMPLATE},
    {.key = "json",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_JSON,
     .flags = TOCSIN_OPT_TEMPLATE},
    {.key = "map",
     .doc = "Rendered.",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE | TOCSIN_OPT_SECRET},
    {.key = "escape", .doc = "Of text.", .type = TOCSIN_OPT_INT, .max = 99},
    {.key = "key",
     .doc = "A secret.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET},
    {.key = "place",
     .doc = "A destination.",
     .type = TOCSIN_OPT_STRING,
     .dflt = "here",
     .flags = TOCSIN_OPT_DESTINATION},
    {.key = "workers", .doc = "Threads.", .type = TOCSIN_OPT_INT, .max = 99},
    {.key = "queue",
     .doc = "Of the threads.",
     .dflt = "4",
     .type = TOCSIN_OPT_INT,
     .max = 9999},
    {.key = "gate",
     .doc = "A pipe: send: gate waits for a byte out of it.",
     .type = TOCSIN_OPT_STRING},
    {.key = "rate_limit", .doc = "Of its own.", .type = TOCSIN_OPT_STRING},
    {.key = "event", .doc = "To be emitted.", .type = TOCSIN_OPT_TEXT},
    {.key = "times",
     .doc = "How often.",
     .dflt = "1",
     .type = TOCSIN_OPT_INT,
     .max = 1000},
    {.key = "crash",
     .doc = "How it crashes.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "none",
     .choices = crash_modes},
    {.key = "crash_in", .doc = "In which slot.", .type = TOCSIN_OPT_STRING},
    {.key = "crash_if",
     .doc = "Only while that file is there.",
     .type = TOCSIN_OPT_STRING},
    {.key = "prepare",
     .doc = "What prepare does.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "keep",
     .choices = prepare_modes},
};

/* More than any stack can hold. */
static int overflow(volatile const char *before, long depth)
{
    volatile char frame[4096];
    frame[0] = before[0];
    return depth == 0 ? 0 : overflow(frame, depth - 1) + frame[0];
}

static void crash_now(tocsin_str how)
{
    volatile char *volatile nowhere = (volatile char *)8; /* and no sanitizer asks */
    if (is(how, "segv"))
        *nowhere = 1;
    else if (is(how, "abort"))
        abort();
    else if (is(how, "exit"))
        exit(0);
    else if (is(how, "overflow"))
        exit(overflow("x", 100000000));
    else if (is(how, "fpe"))
        (void)raise(SIGFPE);
}

void puppet_crash_in(tocsin_instance *puppet, const char *slot)
{
    tocsin_str how, where, when;
    (void)puppet->host->opt_str(puppet->config, "crash", &how);
    if (puppet->host->opt_str(puppet->config, "crash_in", &where) != TOCSIN_OK ||
        !is(where, slot))
        return;
    if (puppet->host->opt_str(puppet->config, "crash_if", &when) == TOCSIN_OK &&
        access(when.ptr, F_OK) != 0)
        return;
    crash_now(how);
}

static int32_t use_workers(tocsin_instance *puppet, tocsin_error *reterr)
{
    int64_t threads = 0, queue = 0;
    (void)puppet->host->opt_int(puppet->config, "workers", &threads);
    (void)puppet->host->opt_int(puppet->config, "queue", &queue);
    if (threads == 0)
        return TOCSIN_OK;
    int32_t rc =
        puppet->host->use_workers(puppet->self, (uint32_t)threads, (uint32_t)queue);
    int32_t twice =
        puppet->host->use_workers(puppet->self, (uint32_t)threads, (uint32_t)queue);
    if (rc < 0)
        put(reterr->text, "use_workers was refused");
    else if (twice != TOCSIN_E_STATE)
        put(reterr->text, "use_workers was taken twice");
    puppet->has_workers = rc == TOCSIN_OK;
    return rc < 0 || twice != TOCSIN_E_STATE ? TOCSIN_E_LIMIT : TOCSIN_OK;
}

static int32_t set_rate(tocsin_instance *puppet, tocsin_error *reterr)
{
    tocsin_str rate;
    if (puppet->host->opt_str(puppet->config, "rate_limit", &rate) != TOCSIN_OK)
        return TOCSIN_OK;
    int32_t rc = puppet->host->set_rate(puppet->self, rate.ptr);
    if (rc < 0)
        put(reterr->key, "rate_limit");
    return rc;
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *puppet = calloc(1, sizeof *puppet);
    if (puppet == NULL)
        return TOCSIN_E_NOMEM;
    puppet->host = host;
    puppet->self = self;
    puppet->config = config;
    (void)host->opt_str(config, "send", &puppet->send);
    (void)host->opt_str(config, "life", &puppet->life);
    puppet_crash_in(puppet, "create");
    int32_t rc = use_workers(puppet, reterr);
    if (rc == TOCSIN_OK)
        rc = set_rate(puppet, reterr);
    if (is(puppet->life, "create_fails")) {
        put(reterr->key, "life");
        put(reterr->text, "wants to fail");
        rc = TOCSIN_E_INVALID;
    }
    if (rc < 0) {
        free(puppet);
        return rc;
    }
    *ret = puppet;
    return TOCSIN_OK;
}

static void on_start_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    tocsin_error error = TOCSIN_ZERO;
    (void)timer;
    error.struct_size = sizeof error;
    put(error.text, "the start failed in the end");
    puppet->host->ready(puppet->self, is(puppet->life, "start_later") ? NULL : &error);
}

static int32_t start(tocsin_instance *puppet, tocsin_error *reterr)
{
    puppet_crash_in(puppet, "start");
    if (is(puppet->life, "start_fails")) {
        put(reterr->text, "no luck today");
        return TOCSIN_E_CONNECT;
    }
    if (is(puppet->life, "start_later") || is(puppet->life, "start_later_fails")) {
        tocsin_timer *timer;
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_start_timer, puppet,
                                        &timer);
        return TOCSIN_PENDING;
    }
    return is(puppet->life, "start_never") ? TOCSIN_PENDING : TOCSIN_OK;
}

static void on_stop_timer(tocsin_timer *timer, void *ud)
{
    tocsin_instance *puppet = ud;
    (void)timer;
    puppet->host->stopped(puppet->self);
}

static void drain(tocsin_instance *puppet)
{
    puppet_crash_in(puppet, "drain");
}

static int32_t stop(tocsin_instance *puppet)
{
    tocsin_timer *timer;
    puppet_crash_in(puppet, "stop");
    if (is(puppet->life, "stop_later")) {
        (void)puppet->host->timer_start(puppet->self, 1, 0, on_stop_timer, puppet,
                                        &timer);
        return TOCSIN_PENDING;
    }
    if (is(puppet->life, "stop_fails"))
        return TOCSIN_E_INTERNAL;
    return is(puppet->life, "stop_never") ? TOCSIN_PENDING : TOCSIN_OK;
}

static void destroy(tocsin_instance *puppet)
{
    puppet_crash_in(puppet, "destroy");
    if (puppet->has_thread)
        (void)pthread_join(puppet->thread, NULL);
    free(puppet);
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
#ifdef PREPARE
    .id = "prepared-puppet",
    .prepare = puppet_prepare,
#else
    .id = "puppet",
#endif
    .version = PUPPET_VERSION,
    .title = "Puppet",
    .summary = "Does what it is told",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .start = start,
    .send = puppet_send,
    .cancel = puppet_cancel,
    .drain = drain,
    .stop = stop,
    .destroy = destroy,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
