/* SPDX-License-Identifier: Apache-2.0 */
/* hostile.c - a sink that works, but for the one thing that HOSTILE names. */
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <tocsin/http.h>
#include <tocsin/plugin.h>
#include <unistd.h>

enum trait {
    GOOD,
    ACTS,
    ALWAYS_RETRIES,
    ATTEMPT_FORGETS,
    BAD_JSON,
    BAD_METHOD,
    BODY_CUT,
    CANCEL_IGNORED,
    CREATE_CRASHES,
    CREATE_LEAKS_WHEN_FAILING,
    CREATE_SILENT,
    CREATE_SLOW,
    DONE_AND_REFUSED,
    DONE_NEVER,
    DONE_TWICE,
    DONE_UNSENT,
    ENTRY_CHANGES,
    HANDLER,
    HEADER_LONG,
    LEAKS_DESCRIPTOR,
    LEAKS_MEMORY,
    LEAKS_THREAD,
    LIMIT,
    LOCALE,
    MASK,
    MEMORY_UNCHECKED,
    OVERFLOWS,
    OVERREADS,
    CHDIR,
    RETRIES_FOREVER,
    RETRIES_UNSENT,
    SAYS_DONE,
    SECRET_GIVES_UP,
    SECRET_LOGGED,
    SECRET_TOLD,
    SEND_CRASHES,
    SEND_EXITS,
    SEND_HANGS,
    SEND_LEAKS,
    SEND_REFUSES,
    SEND_SLOW,
    SETENV,
    SHARES_STATE,
    SIZE_UNSET,
    SPEAKS,
    STOP_NEVER,
    SUBJECT_IN_HEADER,
    UMASK,
    WANTS_SENT,
};
#define IS(trait) (HOSTILE == (trait))

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    char *name;
};

typedef struct attempt {
    tocsin_instance *sink;
    tocsin_delivery *delivery;
} attempt;

static const tocsin_option options[] = {
    {.key = "url",
     .doc = "Where.",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_DESTINATION},
    {.key = "token",
     .doc = "Psst.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET},
    {.key = "level", .doc = "How much.", .type = TOCSIN_OPT_INT, .min = 1, .max = 9},
};

static void spend(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static void *thread_main(void *ud)
{
    (void)ud;
    for (;;)
        spend(1000);
    return NULL;
}

static void leak_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_main, NULL) == 0)
        (void)pthread_detach(thread);
}

static void on_signal(int signal)
{
    (void)signal;
}

static void disturb_process(void)
{
    sigset_t set;
    struct rlimit limit;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR2);
    if (IS(LOCALE))
        (void)setlocale(LC_ALL, "C.UTF-8");
    if (IS(UMASK))
        (void)umask(0);
    if (IS(MASK))
        (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (IS(HANDLER))
        (void)signal(SIGUSR1, on_signal);
    if (IS(CHDIR) && chdir("/") < 0)
        abort();
    if (IS(SETENV))
        (void)setenv("TOCSIN_HOSTILE", "yes", 1);
    if (IS(LIMIT) && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur--;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int32_t create(const tocsin_host *host, tocsin_self *self,
                      const tocsin_config *config, tocsin_instance **ret,
                      tocsin_error *reterr)
{
    int64_t level = 0;
    (void)reterr;
    if (IS(CREATE_CRASHES))
        abort();
    if (IS(CREATE_SLOW))
        spend(40);
    if (IS(CREATE_SILENT) && host->opt_int(config, "level", &level) == TOCSIN_OK)
        return TOCSIN_E_INVALID;
    tocsin_instance *sink = calloc(1, sizeof *sink);
    if (sink == NULL && !IS(MEMORY_UNCHECKED))
        return TOCSIN_E_NOMEM;
    char *name = malloc(8);
    if (name == NULL) {
        if (!IS(CREATE_LEAKS_WHEN_FAILING))
            free(sink);
        return TOCSIN_E_NOMEM;
    }
    sink->host = host;
    sink->self = self;
    sink->config = config;
    sink->name = name;
    if (IS(LEAKS_MEMORY) && malloc(100) == NULL)
        host->log(self, TOCSIN_LOG_INFO, "no memory to leak", 17);
    if (IS(LEAKS_DESCRIPTOR) && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
        host->log(self, TOCSIN_LOG_INFO, "no descriptor to leak", 21);
    if (IS(LEAKS_THREAD))
        leak_thread();
    disturb_process();
    *ret = sink;
    return TOCSIN_OK;
}

static void judge(const tocsin_reply *reply, tocsin_result *result)
{
    tocsin_http_judge(reply, result);
    if (IS(SAYS_DONE) && reply->status == 500)
        result->status = TOCSIN_DONE;
    if (IS(ALWAYS_RETRIES) || (IS(RETRIES_FOREVER) && reply->status == 404) ||
        (IS(WANTS_SENT) && reply->status == 200 && !tocsin_str_eq(reply->body, "sent")))
        result->status = TOCSIN_RETRY;
}

static size_t read_token(const tocsin_instance *sink, char *buf, size_t size)
{
    size_t len = 0;
    (void)sink->host->secret(sink->config, "token", NULL, buf, size, &len);
    return len;
}

static int32_t refuse_without_token(const tocsin_instance *sink)
{
    char token[200];
    size_t len = 0;
    int32_t rc =
        sink->host->secret(sink->config, "token", NULL, token, sizeof token, &len);
    return IS(SECRET_GIVES_UP) && rc == TOCSIN_E_IO ? TOCSIN_E_INVALID : TOCSIN_OK;
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    attempt a = *(attempt *)ud;
    tocsin_result result = TOCSIN_ZERO;
    char reason[TOCSIN_HTTP_REASON];
    (void)call;
    free(ud);
    if (IS(DONE_NEVER) || (IS(CANCEL_IGNORED) && reply->error == TOCSIN_E_CANCELED))
        return;
    judge(reply, &result);
    result.reason.ptr = tocsin_http_explain(reply, reason);
    result.reason.len = strlen(reason);
    if (IS(SECRET_TOLD))
        result.reason.len = read_token(a.sink, reason, sizeof reason);
    a.sink->host->done(a.delivery, &result);
    if (IS(DONE_TWICE))
        a.sink->host->done(a.delivery, &result);
}

/* What only a sanitizer sees. */
static void err_unseen(const tocsin_instance *sink, const tocsin_message *message)
{
    volatile int sum = INT_MAX;
    if (IS(OVERREADS) && ((volatile const char *)sink->name)[8] == 'x')
        sink->host->log(sink->self, TOCSIN_LOG_INFO, "x", 1);
    if (IS(OVERFLOWS))
        sum = sum + (int)message->attempt;
}

static void misbehave_in_send(const tocsin_instance *sink)
{
    char token[200];
    size_t len = read_token(sink, token, sizeof token);
    if (IS(SEND_CRASHES))
        abort();
    if (IS(SEND_EXITS))
        exit(3);
    if (IS(SPEAKS))
        (void)fputs("sent one\nand more\n", stderr);
    while (IS(SEND_HANGS))
        spend(1000);
    if (IS(SEND_LEAKS) && malloc(10) == NULL)
        sink->host->log(sink->self, TOCSIN_LOG_INFO, "no memory to leak", 17);
    if (IS(SEND_SLOW))
        spend(80);
    if (IS(SECRET_LOGGED) && len > 0)
        sink->host->log(sink->self, TOCSIN_LOG_WARNING, token, len);
}

/* The first one that was ever asked for, in SHARES_STATE. */
static tocsin_str url_of(const tocsin_instance *sink)
{
    static char kept[500];
    tocsin_str url = TOCSIN_ZERO;
    (void)sink->host->opt_str(sink->config, "url", &url);
    if (!IS(SHARES_STATE))
        return url;
    if (kept[0] == '\0')
        (void)snprintf(kept, sizeof kept, "%s", url.ptr);
    url.ptr = kept;
    return url;
}

/* A template's value as the host escapes it. */
static tocsin_str rendered(const tocsin_instance *sink, tocsin_delivery *delivery,
                           const char *key, uint32_t escape)
{
    tocsin_str text = TOCSIN_ZERO;
    tocsin_error err = TOCSIN_ZERO;
    (void)sink->host->render(delivery, key, NULL, escape, &text, &err);
    return text;
}

static void write_body(const tocsin_instance *sink, const tocsin_message *message,
                       tocsin_delivery *delivery, tocsin_text *out)
{
    tocsin_str text = rendered(sink, delivery, "@body", TOCSIN_ESC_JSON);
    tocsin_str title = rendered(sink, delivery, "@subject", TOCSIN_ESC_JSON);
    if (IS(BAD_JSON))
        text = message->body;
    if (IS(BODY_CUT) && text.len > 1000)
        text.len = 1000;
    tocsin_text_add_c(out, "{\"title\": \"");
    tocsin_text_add_str(out, title);
    tocsin_text_add_c(out, "\", \"text\": \"");
    tocsin_text_add_str(out, text);
    tocsin_text_add_c(out, "\"}");
}

/* A subject in a header: as it came, or on one line but as long as it is. */
static tocsin_str header_text(const tocsin_instance *sink, const tocsin_message *message,
                              tocsin_delivery *delivery)
{
    const tocsin_str none = TOCSIN_ZERO;
    if (IS(SUBJECT_IN_HEADER))
        return message->subject;
    return IS(HEADER_LONG) ? rendered(sink, delivery, "@subject", TOCSIN_ESC_LINE) : none;
}

/* ACTS has an action, and that a parameter which is required. */
static int lacks_param(const tocsin_message *message)
{
    return IS(ACTS) && (message->kind != TOCSIN_ACTION || message->payload.len < 10 ||
                        memcmp(message->payload.ptr, "{\"target\":", 10) != 0);
}

static int32_t end_unsent(const tocsin_instance *sink, tocsin_delivery *delivery)
{
    const tocsin_result result = {
        .struct_size = sizeof result,
        .status = IS(DONE_UNSENT) || IS(DONE_AND_REFUSED) ? TOCSIN_DONE : TOCSIN_RETRY,
        .reason = {"later", 5},
    };
    sink->host->done(delivery, &result);
    return IS(DONE_AND_REFUSED) ? TOCSIN_E_BUSY : TOCSIN_OK;
}

static int32_t send_message(tocsin_instance *sink, const tocsin_message *message,
                            tocsin_delivery *delivery)
{
    misbehave_in_send(sink);
    if (IS(DONE_UNSENT) || IS(RETRIES_UNSENT) || IS(DONE_AND_REFUSED))
        return end_unsent(sink, delivery);
    err_unseen(sink, message);
    if (IS(SEND_REFUSES) || lacks_param(message) || refuse_without_token(sink) < 0)
        return TOCSIN_E_INVALID;
    attempt *a = malloc(sizeof *a);
    if (a == NULL)
        return TOCSIN_E_NOMEM;
    *a = (attempt){sink, delivery};
    tocsin_text body = TOCSIN_ZERO;
    write_body(sink, message, delivery, &body);
    tocsin_pair headers[3] = {
        {{"Content-Type", 12}, {"application/json", 16}},
        {{"Idempotency-Key", 15}, message->invocation},
    };
    tocsin_str subject = header_text(sink, message, delivery);
    tocsin_http_request request = TOCSIN_ZERO;
    request.struct_size = IS(SIZE_UNSET) ? 0 : sizeof request;
    request.method = IS(BAD_METHOD) ? "PO ST" : "POST";
    request.url = url_of(sink).ptr;
    request.headers = headers;
    request.header_count = IS(ATTEMPT_FORGETS) && message->attempt > 1 ? 1 : 2;
    if (subject.len > 0) {
        headers[2] = (tocsin_pair){{"Title", 5}, subject};
        request.header_count = 3;
    }
    request.body = tocsin_text_str(&body);
    int32_t rc = sink->host->http(sink->self, delivery, &request, on_reply, a, NULL);
    tocsin_text_free(&body);
    if (rc < 0)
        free(a);
    if (!IS(BAD_METHOD) || rc >= 0)
        return rc;
    tocsin_result refused = TOCSIN_ZERO;
    tocsin_http_refused(rc, &refused);
    sink->host->done(delivery, &refused);
    return TOCSIN_OK;
}

static int32_t stop(tocsin_instance *sink)
{
    (void)sink;
    return IS(STOP_NEVER) ? TOCSIN_PENDING : TOCSIN_OK;
}

static void destroy(tocsin_instance *sink)
{
    free(sink->name);
    free(sink);
}

static const tocsin_option params[] = {
    {.key = "note", .doc = "May be said.", .type = TOCSIN_OPT_STRING},
    {.key = "target",
     .doc = "Must be said.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_REQUIRED},
};
static const tocsin_action_type actions[] = {{
    .type = "hit-target",
    .doc = "Hits it.",
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .param_size = sizeof params[0],
}};
static const char *const capabilities[] = {IS(ACTS) ? "action" : "notify", NULL};
static tocsin_plugin plugins[2] = {{
    .abi = TOCSIN_ABI_INIT(tocsin_plugin),
    .id = "hostile",
    .version = "1.0",
    .title = "Hostile",
    .summary = "Works, but for one thing",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .capabilities = capabilities,
    .actions = IS(ACTS) ? actions : NULL,
    .action_count = IS(ACTS) ? 1 : 0,
    .action_size = sizeof actions[0],
    .create = create,
    .send = send_message,
    .stop = stop,
    .destroy = destroy,
}};

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    static unsigned calls;
    (void)host;
    plugins[1] = plugins[0];
    return &plugins[IS(ENTRY_CHANGES) ? calls++ % 2 : 0];
}

#ifdef HOSTILE_EXPORTS
TOCSIN_EXPORT int helper(void);
int helper(void)
{
    return 0;
}
#endif
