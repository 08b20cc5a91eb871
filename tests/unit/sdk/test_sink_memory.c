/* SPDX-License-Identifier: Apache-2.0 */
/* test_sink_memory.c - the n-th allocation of a sink fails, for every n: create says so
 * or works, a delivery ends exactly once, nothing leaks. The sink's sources are compiled
 * with the functions below in place of malloc, calloc and realloc; SINK is its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <tocsin/mock.h>
#include <tocsin/text.h>

static size_t allocations, fail_at;

static bool may_allocate(void)
{
    return ++allocations != fail_at;
}

void *sink_malloc(size_t size);
void *sink_malloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

void *sink_calloc(size_t count, size_t size);
void *sink_calloc(size_t count, size_t size)
{
    return may_allocate() ? calloc(count, size) : NULL;
}

void *sink_realloc(void *ptr, size_t size);
void *sink_realloc(void *ptr, size_t size)
{
    return may_allocate() ? realloc(ptr, size) : NULL;
}

/* Options of one block: key, value, ..., NULL. */
typedef struct setting {
    const char *sink, *pairs[17];
} setting;

#define HOOK "url", "http://127.0.0.1/services/T0/B0/x"
#define FLOW "url", "http://127.0.0.1/workflows/w/triggers/manual/paths/invoke?sig=s"

static const setting settings[] = {
    {"slack", {HOOK, NULL}},
    {"slack", {HOOK, "overflow", "split", NULL}},
    {"slack", {HOOK, "format", "text", "markup", "plain", NULL}},
    {"slack", {HOOK, "format", "prefect", "test_hosts", "127.0.0.1", NULL}},
    {"slack",
     {"token", "xoxb-token", "channel", "#{{ severity }}", "thread_ts", "1.2", NULL}},
    {"slack",
     {HOOK, "blocks",
      "[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":\"{{ body }}\"}}]",
      NULL}},
    {"teams", {FLOW, "facts", "a={{ severity }}", "facts", "b={{ nothing }}", NULL}},
    {"teams", {FLOW, "kind", "connector", "facts", "a=b", NULL}},
    {"teams", {FLOW, "format", "prefect", "test_hosts", "127.0.0.1", NULL}},
    {"teams", {FLOW, "card", "{\"type\":\"AdaptiveCard\",\"version\":\"1.4\"}", NULL}},
    {"webhook", {"url", "http://127.0.0.1/", "params", "a={{ body }}", NULL}},
    {"webhook",
     {"url", "http://127.0.0.1/", "headers", "X-A={{ body }}", "auth", "basic",
      "username", "u", "password", "pass-word", "sign", "standard", "signing_key",
      "key-key", "form", "a=b", NULL}},
    {"webhook",
     {"url", "http://127.0.0.1/{{k}}", "placeholders", "true", "secrets", "k=secret-k",
      "cookies", "c={{k}}", "headers", "X-A={{name}}", "json_data",
      "{\"a\":\"{{body}} {{k}}\"}", NULL}},
    {"webhook",
     {"url", "http://127.0.0.1/", "placeholders", "true", "form_data",
      "{\"a\":\"{{body}}\"}", "name", "n", NULL}},
};

static char body[20000];

static void set_options(tocsin_mock *m, const setting *s)
{
    for (size_t i = 0; s->pairs[i] != NULL; i += 2)
        tocsin_mock_set(m, s->pairs[i], s->pairs[i + 1]);
}

static void send_one(tocsin_mock *m)
{
    tocsin_message message = tocsin_mock_message();
    message.subject = tocsin_str_of("<at>Ada</at> \"a\"");
    message.body = tocsin_str_part(body, sizeof body);
    for (int i = 0; i < 5; i++)
        (void)tocsin_mock_reply(m, 200, "ok");
    const tocsin_delivery *d = tocsin_mock_deliver(m, &message);
    assert_int_equal(d->done_count, d->accepted >= 0 ? 1 : 0);
    if (d->accepted < 0)
        assert_int_equal(d->accepted, TOCSIN_E_NOMEM);
    else if (fail_at != 0 && allocations >= fail_at && d->result.status != TOCSIN_DONE &&
             d->result.cause != TOCSIN_CAUSE_REJECTED)
        assert_int_equal(d->result.status, TOCSIN_RETRY);
}

/* True when no allocation was left to fail. */
static bool run(const setting *s, size_t n)
{
    tocsin_mock *m = tocsin_mock_new(tocsin_plugin_entry_v1);
    set_options(m, s);
    allocations = 0;
    fail_at = n;
    if (tocsin_mock_start(m) == TOCSIN_OK)
        send_one(m);
    else
        assert_true(allocations >= n);
    bool is_over = allocations < n;
    assert_int_equal(tocsin_mock_free(m), 0);
    return is_over;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    unsigned count = 0;
    memset(body, 'x', sizeof body);
    memcpy(body + 100, "\n<at>Bob</at> [a](b)\n", 21);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(settings[i].sink, SINK) != 0)
            continue;
        count++;
        for (size_t n = 1; !run(&settings[i], n); n++)
            ;
    }
    assert_true(count > 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
