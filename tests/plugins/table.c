/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - plugins with one mistake each, chosen by a macro; GOOD has none. */
#include <tocsin/plugin.h>

#include <stdlib.h>

/* A variant that does not use all of it is no mistake of this file. */
#define MAYBE __attribute__((unused))

static MAYBE int32_t create(const tocsin_host *host, tocsin_self *self,
                            const tocsin_config *config, tocsin_instance **ret,
                            tocsin_error *reterr)
{
    (void)host;
    (void)self;
    (void)config;
    (void)reterr;
    *ret = NULL;
    return TOCSIN_OK;
}

static MAYBE int32_t send_message(tocsin_instance *instance,
                                  const tocsin_message *message,
                                  tocsin_delivery *delivery)
{
    (void)instance;
    (void)message;
    (void)delivery;
    return TOCSIN_E_UNSUPPORTED;
}

static MAYBE void destroy(tocsin_instance *instance)
{
    (void)instance;
}

static const char *const choices[] MAYBE = {"a", "b", NULL};
static const char *const notify[] MAYBE = {"notify", NULL};
static const char *const other[] MAYBE = {"telepathy", NULL};
static const char *const action[] MAYBE = {"action", NULL};

static const tocsin_option options[65] = {
    {.key = "mode",
     .doc = "One of two.",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "a",
     .choices = choices},
#if defined(KEY_TWICE)
    {.key = "mode", .doc = "Again.", .type = TOCSIN_OPT_STRING},
#elif defined(KEY_BAD)
    {.key = "Mode", .doc = "A capital.", .type = TOCSIN_OPT_STRING},
#elif defined(KEY_RESERVED)
    {.key = "timeout", .doc = "The host's.", .type = TOCSIN_OPT_DURATION},
#elif defined(TYPE_UNKNOWN)
    {.key = "x", .doc = "Of the future.", .type = 99},
#elif defined(NO_DOC)
    {.key = "x", .type = TOCSIN_OPT_STRING},
#elif defined(DEFAULT_HIGH)
    {.key = "retries",
     .doc = "How often.",
     .type = TOCSIN_OPT_INT,
     .dflt = "50",
     .max = 10},
#elif defined(DEFAULT_TYPE)
    {.key = "wait", .doc = "How long.", .type = TOCSIN_OPT_DURATION, .dflt = "soon"},
#elif defined(CHOICES_LACK)
    {.key = "x", .doc = "Which.", .type = TOCSIN_OPT_ENUM},
#elif defined(CHOICES_EXTRA)
    {.key = "x", .doc = "Which.", .type = TOCSIN_OPT_STRING, .choices = choices},
#elif defined(DEFAULT_CHOICE)
    {.key = "x",
     .doc = "Which.",
     .type = TOCSIN_OPT_ENUM,
     .choices = choices,
     .dflt = "c"},
#elif defined(MIN_HIGH)
    {.key = "x", .doc = "How much.", .type = TOCSIN_OPT_INT, .min = 5, .max = 2},
#elif defined(SECRET_TYPE)
    {.key = "x", .doc = "Psst.", .type = TOCSIN_OPT_INT, .flags = TOCSIN_OPT_SECRET},
#elif defined(TEMPLATE_TYPE)
    {.key = "x",
     .doc = "Rendered?",
     .type = TOCSIN_OPT_BOOL,
     .flags = TOCSIN_OPT_TEMPLATE},
#elif defined(SECRET_DEFAULT)
    {.key = "x",
     .doc = "Psst.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .dflt = "y"},
#else
    {.key = "x", .doc = "A text.", .type = TOCSIN_OPT_STRING, .dflt = "y", .max = 10},
#endif
};

static const tocsin_action_type actions[33] MAYBE = {
    {.type =
#if defined(BAD_ACTION)
         "Run!",
#else
         "run-it",
#endif
#if !defined(ACTION_NO_DOC)
     .doc = "Runs it.",
#endif
     .params = options,
     .param_count = 2,
     .param_size = sizeof(tocsin_option)},
};

static const tocsin_plugin plugin MAYBE = {
#if defined(ABI_2)
    .abi = {sizeof(tocsin_plugin), 2, 0, 0, 0, 0},
#elif defined(NEEDS_3)
    .abi = {sizeof(tocsin_plugin) + 8, 1, 3, 3, 0, 0},
#elif defined(NEEDS_MORE)
    .abi = {sizeof(tocsin_plugin), 1, 0, 1, 0, 0},
#elif defined(SIZE_8)
    .abi = {8, 1, 0, 0, 0, 0},
#elif defined(SIZE_HUGE)
    .abi = {UINT32_C(1) << 31, 1, 7, 0, 0, 0},
#elif defined(SIZE_OTHER)
    .abi = {sizeof(tocsin_plugin) + 8, 1, 0, 0, 0, 0},
#else
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
#endif
#if defined(BAD_ID)
    .id = "Slack!",
#elif defined(NO_ID)
    .id = NULL,
#elif defined(WILD_ID)
    .id = (const char *)16,
#else
    .id = "table",
#endif
#if defined(BAD_VERSION)
    .version = "one point oh",
#else
    .version = "1.0",
#endif
#if defined(BAD_TITLE)
    .title = "Two\nlines",
#elif !defined(NO_TITLE)
    .title = "Table",
#endif
#if !defined(NO_SUMMARY)
    .summary = "A plugin for tests",
#endif
#if defined(OPTIONS_NULL)
    .options = NULL,
#else
    .options = options,
#endif
#if defined(OPTIONS_65)
    .option_count = 65,
#else
    .option_count = 2,
#endif
#if defined(OPTION_SIZE)
    .option_size = 8,
#else
    .option_size = sizeof options[0],
#endif
#if defined(NO_CAPABILITY)
    .capabilities = other,
#elif defined(ACTIONS_33)
    .capabilities = action,
    .actions = (const tocsin_action_type[]){{.type = "a", .doc = "An action."}},
    .action_count = 33,
    .action_size = sizeof(tocsin_action_type),
#elif defined(NO_ACTIONS)
    .capabilities = action,
#elif defined(BAD_ACTION) || defined(ACTION_NO_DOC)
    .capabilities = action,
    .actions = actions,
    .action_count = 1,
    .action_size = sizeof actions[0],
#elif defined(ACTIONS_33)
    .capabilities = action,
    .actions = actions,
    .action_count = 33,
    .action_size = sizeof actions[0],
#elif defined(ACTION_SIZE)
    .capabilities = action,
    .actions = actions,
    .action_count = 1,
    .action_size = 16,
#elif defined(NULL_CAPABILITIES)
    .capabilities = NULL,
#else
    .capabilities = notify,
#endif
#if !defined(NO_CREATE)
    .create = create,
#endif
#if !defined(NO_SEND)
    .send = send_message,
#endif
#if !defined(NO_DESTROY)
    .destroy = destroy,
#endif
};

#if defined(UNDEFINED)
extern void foo_is_not_there(void);
#endif
#if defined(UNIQUE)
TOCSIN_EXPORT extern int unique_thing;
__asm__(".data\n.globl unique_thing\n.type unique_thing, @gnu_unique_object\n"
        ".size unique_thing, 4\nunique_thing: .long 0\n.text\n");
#endif

#if defined(CRASHES) || defined(SLEEPS) || defined(EXITS) || defined(EXITS_0) || \
    defined(CLOSES) || defined(FORKS)
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void at_load(void)
{
#if defined(CRASHES)
    abort();
#elif defined(SLEEPS)
    for (;;)
        (void)pause();
#elif defined(CLOSES)
    for (int fd = 3; fd < 1024; fd++)
        (void)close(fd);
#elif defined(FORKS)
    if (fork() == 0)
        _exit(0);
#elif defined(EXITS_0)
    exit(0);
#else
    _exit(3);
#endif
}
#endif

#if defined(ENTRY_V2) || defined(BOTH_ENTRIES)
TOCSIN_EXPORT const tocsin_plugin *tocsin_plugin_entry_v2(const tocsin_host *host);
const tocsin_plugin *tocsin_plugin_entry_v2(const tocsin_host *host)
{
    (void)host;
    return &plugin;
}
#endif
#if defined(UNREADABLE)
/* A head at the end of a page, behind which there is nothing. */
#include <string.h>
#include <sys/mman.h>

static const tocsin_plugin *at_the_edge(void)
{
    static const tocsin_abi head = UNREADABLE;
    char *pages =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE) < 0)
        return NULL;
    memcpy(pages + 4096 - sizeof head, &head, sizeof head);
    return (const void *)(pages + 4096 - sizeof head);
}
#endif
#if defined(TEXTREL)
__asm__(".text\n.quad abort\n");
#endif
#if defined(NO_ENTRY)
TOCSIN_EXPORT const tocsin_plugin *some_function(void);
const tocsin_plugin *some_function(void)
{
    return &plugin;
}
#elif !defined(ENTRY_V2)
const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
#if defined(UNDEFINED)
    foo_is_not_there();
#endif
#if defined(DECLINES)
    (void)plugin;
    return NULL;
#elif defined(UNREADABLE)
    return at_the_edge();
#elif defined(NOWHERE)
    return (const void *)16;
#else
    return &plugin;
#endif
}
#endif
