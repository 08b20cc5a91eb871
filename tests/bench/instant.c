/* SPDX-License-Identifier: Apache-2.0 */
/* instant.c - a plugin that is done at once: what a send costs is the host's. */
#include <tocsin/plugin.h>

#include <stdlib.h>

struct tocsin_instance {
    const tocsin_host *host;
};

static const tocsin_option options[] = {
    {.key = "workers", .doc = "Threads.", .type = TOCSIN_OPT_INT, .dflt = "0", .max = 16},
};

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    int64_t workers = 0;
    tocsin_instance *instance = calloc(1, sizeof *instance);
    (void)reterr;
    if (instance == NULL)
        return TOCSIN_E_NOMEM;
    instance->host = host;
    (void)host->opt_int(config, "workers", &workers);
    if (workers > 0 && host->use_workers(self, (uint32_t)workers, 1024) < 0) {
        free(instance);
        return TOCSIN_E_LIMIT;
    }
    *ret = instance;
    return TOCSIN_OK;
}

static int32_t send_message(tocsin_instance *instance, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_result result = TOCSIN_ZERO;
    (void)message;
    result.struct_size = sizeof result;
    result.status = TOCSIN_DONE;
    result.retry_after_ms = -1;
    instance->host->done(delivery, &result);
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *instance)
{
    free(instance);
}

static const char *const capabilities[] = {"notify", NULL};
static const tocsin_plugin plugin = {
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "instant",
    .version = "1.0",
    .title = "Instant",
    .summary = "Is done at once",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .create = create,
    .send = send_message,
    .destroy = destroy,
};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
