/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c - a plugin that tells in its results what it sees of its host. Compiled with
 * the header of each version (HEADER), as C and as C++. */
#include HEADER

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
};

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    tocsin_instance *own = (tocsin_instance *)calloc(1, sizeof *own);
    (void)reterr;
    if (own == NULL)
        return TOCSIN_E_NOMEM;
    own->host = host;
    own->self = self;
    own->config = config;
    *ret = own;
    return TOCSIN_OK;
}

/* What the younger service says: 0 where there is none. */
static unsigned answer_of(const tocsin_instance *own)
{
#if TOCSIN_ABI_MINOR >= 1
    if (TOCSIN_HAS(tocsin_host, own->host, answer))
        return (unsigned)own->host->answer(own->self);
#endif
    (void)own;
    return 0;
}

static unsigned sequence_of(const tocsin_message *message)
{
#if TOCSIN_ABI_MINOR >= 1
    if (TOCSIN_REACHES(tocsin_message, message->struct_size, sequence))
        return 1;
#endif
    (void)message;
    return 0;
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    (void)call;
    (void)reply;
    (void)ud;
}

/* A request of this header's size, to nobody: is it understood? */
static int32_t ask(tocsin_instance *own, tocsin_delivery *delivery)
{
    tocsin_http_request request = TOCSIN_ZERO;
    request.struct_size = sizeof request;
    request.method = "GET";
    request.url = "http://127.0.0.1:1/";
    return own->host->http(own->self, delivery, &request, on_reply, NULL, NULL);
}

static int32_t send_message(tocsin_instance *own, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    tocsin_result result = TOCSIN_ZERO;
    tocsin_str mode = TOCSIN_ZERO;
    char reason[200];
    (void)own->host->opt_str(own->config, "mode", &mode);
    (void)snprintf(reason, sizeof reason,
                   "plugin 1.%u on host 1.%u: answer %u, sequence %u, http %d, mode %s",
                   (unsigned)TOCSIN_ABI_MINOR, (unsigned)own->host->abi.minor,
                   answer_of(own), sequence_of(message), (int)ask(own, delivery),
                   mode.ptr);
    result.struct_size = sizeof result;
    result.status = TOCSIN_FAIL;
    result.cause = TOCSIN_CAUSE_REJECTED;
    result.retry_after_ms = -1;
    result.reason.ptr = reason;
    result.reason.len = strlen(reason);
    own->host->done(delivery, &result);
    return TOCSIN_OK;
}

static void destroy(tocsin_instance *own)
{
    free(own);
}

#if TOCSIN_ABI_MINOR >= 1
static int32_t pause_it(tocsin_instance *own)
{
    (void)own;
    return TOCSIN_OK;
}
#endif

/* Written member by member: C++11 has no designated initialisers. */
static const tocsin_plugin *table(void)
{
    static const char *const choices[] = {"a", "b", NULL};
    static const char *const capabilities[] = {"notify", NULL};
    static const tocsin_abi abi = TOCSIN_ABI_INIT(tocsin_plugin);
    static tocsin_option options[2];
    static tocsin_plugin plugin;
    options[0].key = "mode";
    options[0].doc = "One of two.";
    options[0].type = TOCSIN_OPT_ENUM;
    options[0].choices = choices;
    options[0].dflt = "a";
    options[1].key = "level";
    options[1].doc = "How much.";
    options[1].type = TOCSIN_OPT_INT;
    options[1].max = 9;
#if TOCSIN_ABI_MINOR >= 1
    options[1].unit = "dB";
    plugin.pause = pause_it;
#endif
    plugin.abi = abi;
#if defined(WRONG_SIZE)
    plugin.abi.struct_size += 8;
#endif
    plugin.id = "abi";
    plugin.version = "1.0";
    plugin.title = "ABI";
    plugin.summary = "Tells what it sees";
    plugin.options = options;
    plugin.option_count = 2;
    plugin.option_size = sizeof options[0];
    plugin.capabilities = capabilities;
    plugin.create = create;
    plugin.send = send_message;
#if defined(NO_SEND)
    plugin.send = NULL;
#endif
    plugin.destroy = destroy;
    return &plugin;
}

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return table();
}
