/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - tocsin.yaml: defaults, each kind of value, and every problem at once.
 */
#include "core/daemon/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/datetime.h"
#include "core/daemon/template_limits.h"

#define NO_AUTH "auth: {mode: none}\n"

typedef struct fixture {
    int fd;
    char path[64];
    tcn_config config;
    tcn_problems problems;
} fixture;

/* Loads text as the configuration's file, which lives in memory only. */
static fixture *load(const char *text)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->fd = memfd_create("tocsin.yaml", 0);
    assert_true(f->fd >= 0);
    assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
    (void)snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
    tcn_problems_init(&f->problems);
    int rc = tcn_config_load(&f->config, f->path, &f->problems);
    assert_int_equal(rc == 0, f->problems.errors == 0);
    return f;
}

static void fixture_free(fixture *f)
{
    tcn_config_deinit(&f->config);
    tcn_problems_deinit(&f->problems);
    (void)close(f->fd);
    free(f);
}

static fixture *load_good(const char *text)
{
    fixture *f = load(text);
    char problem[900];
    if (f->problems.count != 0)
        fail_msg("%s",
                 tcn_err_format(&f->problems.items[0].err, problem, sizeof problem));
    return f;
}

/* problems: "line:column: text", one after the other, ending with NULL. */
static void assert_problems(const char *text, const char *const *problems)
{
    fixture *f = load(text);
    size_t count = 0;
    for (; problems[count] != NULL; count++) {
        char problem[900];
        if (count >= f->problems.count)
            fail_msg("only %zu problems", count);
        (void)tcn_err_format(&f->problems.items[count].err, problem, sizeof problem);
        size_t prefix = strlen(f->path) + 1;
        assert_int_equal(strncmp(problem, f->path, prefix - 1), 0);
        assert_string_equal(problem + prefix, problems[count]);
    }
    assert_int_equal(f->problems.count, count);
    fixture_free(f);
}

static void everything_has_a_default(void **state)
{
    (void)state;
    (void)unsetenv("STATE_DIRECTORY");
    fixture *f = load_good(NO_AUTH);
    const tcn_config *c = &f->config;
    assert_int_equal(c->listen.count, 2);
    assert_string_equal(c->listen.items[0], "127.0.0.1:4200");
    assert_string_equal(c->listen.items[1], "unix:/run/tocsin/api.sock");
    assert_null(c->listen_file);
    assert_string_equal(c->state_dir, "/var/lib/tocsin");
    assert_string_equal(c->store.path, "/var/lib/tocsin/tocsin.db");
    assert_string_equal(c->automations_dir, "/proc/self/fd/automations.d");
    assert_string_equal(c->blocks_dir, "/proc/self/fd/blocks.d");
    assert_int_equal(c->plugins.dirs.count, 2);
    assert_int_equal(c->plugins.allow.count, 0);
    assert_true(c->plugins.is_strict && c->store.is_full && c->auth.is_none);
    assert_int_equal(c->store.commit_events, 500);
    assert_int_equal(c->store.save_buckets_us, 30 * TCN_SECOND_US);
    assert_int_equal(c->actions.deadline_us, TCN_DAY_US);
    assert_int_equal(c->limits.event_size, 1500000);
    assert_int_equal(c->limits.request_size, 8 * 1024 * 1024);
    assert_int_equal(c->limits.header_timeout_us, 10 * TCN_SECOND_US);
    assert_int_equal(c->stop.drain_timeout_us, 20 * TCN_SECOND_US);
    assert_int_equal(c->log.format, TCN_LOG_AUTO);
    assert_int_equal(c->log.level, TCN_LOG_INFO);
    fixture_free(f);
}

static void templates_get_their_limits(void **state)
{
    (void)state;
    fixture *f = load_good(NO_AUTH);
    tcn_tpl_limits limits = tcn_config_template_limits(&f->config);
    tcn_tpl_limits expected;
    tcn_tpl_limits_default(&expected);
    assert_memory_equal(&limits, &expected, sizeof limits);
    assert_int_equal(f->config.templates.cache, 4096);
    fixture_free(f);
    f = load_good(NO_AUTH
                  "templates: {source: 1k, output: 2M, heap: 1M, steps: 5000, depth: 7,"
                  " time: 5ms, for_loops: 3, for_depth: 1, range: 9, cache: 2}\n");
    limits = tcn_config_template_limits(&f->config);
    assert_int_equal(limits.source_bytes, 1024);
    assert_int_equal(limits.output_bytes, 2 << 20);
    assert_int_equal(limits.run.text_bytes, 2 << 20);
    assert_int_equal(limits.heap_bytes, 1 << 20);
    assert_int_equal(limits.run.steps, 5000);
    assert_int_equal(limits.calls, 7);
    assert_int_equal(limits.time_us, 5000);
    assert_int_equal(limits.loops, 3);
    assert_int_equal(limits.loop_nesting, 1);
    assert_int_equal(limits.run.range_items, 9);
    fixture_free(f);
}

static void every_kind_of_value_is_read(void **state)
{
    (void)state;
    fixture *f =
        load_good(NO_AUTH "listen: [\"[::1]:0\", \"unix:api.sock\", \"localhost:1\"]\n"
                          "listen_file: .run/addresses\n"
                          "state_dir: .run/state\n"
                          "plugins: {dirs: [/, /dev], permissions: warn, allow: [x]}\n"
                          "store: {sync: normal, commit_events: 0x10}\n"
                          "actions: {timeout: 1.5, deadline: 2d, max_attempts: 3}\n"
                          "limits:\n"
                          "  event_size: 64k\n"
                          "  queue_bytes: 1G\n"
                          "  request_size: 2000\n"
                          "  idle_timeout: 500ms\n"
                          "  body_timeout: 1:30\n"
                          "log:\n"
                          "  format: json\n"
                          "  level: debug\n"
                          "  levels: {net: error, \"slack[a]\": notice}\n");
    const tcn_config *c = &f->config;
    assert_int_equal(c->listen.count, 3);
    assert_string_equal(c->listen_file, ".run/addresses");
    assert_string_equal(c->store.path, ".run/state/tocsin.db");
    assert_string_equal(c->plugins.dirs.items[1], "/dev");
    assert_int_equal(c->plugins.allow.count, 1);
    assert_false(c->plugins.is_strict || c->store.is_full);
    assert_int_equal(c->store.commit_events, 16);
    assert_int_equal(c->actions.timeout_us, 1500000);
    assert_int_equal(c->actions.deadline_us, 2 * TCN_DAY_US);
    assert_int_equal(c->limits.event_size, 65536);
    assert_int_equal(c->limits.queue_bytes, INT64_C(1) << 30);
    assert_int_equal(c->limits.idle_timeout_us, 500 * TCN_MS_US);
    assert_int_equal(c->limits.body_timeout_us, 90 * TCN_SECOND_US);
    assert_int_equal(c->log.format, TCN_LOG_JSON);
    assert_int_equal(c->log.level, TCN_LOG_DEBUG);
    assert_int_equal(c->log.level_count, 2);
    assert_string_equal(c->log.levels[1].component, "slack[a]");
    assert_int_equal(c->log.levels[1].level, TCN_LOG_NOTICE);
    fixture_free(f);
}

static void the_state_directory_comes_from_the_service_manager(void **state)
{
    (void)state;
    assert_int_equal(setenv("STATE_DIRECTORY", "/srv/state", 1), 0);
    fixture *f = load_good(NO_AUTH);
    (void)unsetenv("STATE_DIRECTORY");
    assert_string_equal(f->config.state_dir, "/srv/state");
    assert_string_equal(f->config.store.path, "/srv/state/tocsin.db");
    fixture_free(f);
}

static void all_problems_are_told_at_once_with_their_places(void **state)
{
    (void)state;
    assert_problems(
        NO_AUTH "listn: [a]\n"
                "limits:\n"
                "  event_size: 5\n"
                "  batch_event: 7\n"
                "  idle_timeout: soon\n"
                "  zzzzzzzz: 1\n"
                "store: {sync: fast, segment: 64M}\n"
                "tls: {cert: a.pem}\n"
                "sources: []\n"
                "plugins: warn\n"
                "log: {levels: {net: loud}}\n",
        (const char *const[]){
            "2:1: unknown key \"listn\", did you mean \"listen\"?",
            "4:3: limits.event_size: must be a size between 1024 and 67108864 bytes, such as 64k, "
            "8M or 1G",
            "5:3: unknown key \"batch_event\", did you mean \"batch_events\"?",
            "6:3: limits.idle_timeout: must be a duration between 0.1s and 86400s, such as 500ms, "
            "10s, 5m or 2h",
            "7:3: unknown key \"zzzzzzzz\"",
            "8:9: store.sync: must be one of full normal",
            "8:21: store.segment: not built yet in this version",
            "9:7: tls.cert: not built yet in this version",
            "10:1: sources: not built yet in this version",
            "11:1: plugins: must be a map of keys",
            "12:16: log.levels.net: must be one of error warning notice info debug",
            NULL,
        });
}

static void values_of_another_kind_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "listen: 127.0.0.1:4200\n",
        "listen: [5]\n",
        "listen: [\"\"]\n",
        "listen_file: [a]\n",
        "listen_file: \"\"\n",
        "listen_file: \"a\\nb\"\n",
        "store: {sync: true}\n",
        "store: {sync: null}\n",
        "store: {commit_events: 0}\n",
        "store: {commit_events: x}\n",
        "store: {commit_events: 1.5}\n",
        "limits: {event_size: 64q}\n",
        "limits: {event_size: -1}\n",
        "limits: {queue_bytes: 9999999999G}\n",
        "actions: {timeout: -1s}\n",
        "actions: {timeout: {}}\n",
        "log: {level: off}\n",
        "log: {level: \"\"}\n",
        "log: {levels: [a]}\n",
        "plugins: {sha256: [a]}\n",
        "plugins: {sha256: {slack: abc}}\n",
        "plugins: {sha256: {slack: []}}\n",
        "plugins: {sha256: {slack: [abc]}}\n",
        "limits: []\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, NO_AUTH "%s", texts[i]);
        fixture *f = load(text);
        if (f->problems.errors != 1)
            fail_msg("%s: %zu problems", texts[i], f->problems.errors);
        assert_int_equal(f->problems.items[0].err.line, 2);
        fixture_free(f);
    }
}

static void without_keys_only_this_machine_may_connect(void **state)
{
    (void)state;
    static const char *const open[] = {"0.0.0.0:4200", "[::]:0", "example.org:80",
                                       "10.0.0.1:1", "127.example.org:80"};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, NO_AUTH "listen: [\"127.0.0.2:1\", \"%s\"]\n",
                       open[i]);
        assert_problems(text,
                        (const char *const[]){"2:25: listen[1]: auth.mode none is for "
                                              "loopback addresses and Unix sockets only",
                                              NULL});
    }
}

static void an_address_needs_a_host_and_a_port(void **state)
{
    (void)state;
    static const char *const wrong[] = {":4200", "127.0.0.1", "127.0.0.1:70000",
                                        "127.0.0.1:http", "unix:"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, NO_AUTH "listen: [\"%s\"]\n", wrong[i]);
        assert_problems(text,
                        (const char *const[]){"2:10: listen[0]: must be HOST:PORT or "
                                              "unix:PATH (107 bytes at most)",
                                              NULL});
    }
    assert_problems(NO_AUTH "listen: []\n",
                    (const char *const[]){"2:1: listen: must name an address", NULL});
}

static void assert_problem(const char *yaml, const char *problem)
{
    char text[400];
    (void)snprintf(text, sizeof text, NO_AUTH "%s\n", yaml);
    assert_problems(text, (const char *const[]){problem, NULL});
}

static void urls_that_others_are_joined_to(void **state)
{
    (void)state;
    fixture_free(load_good(NO_AUTH "public_url: https://tocsin.example/house/\n"
                                   "blocks: {image_base: 'http://[::1]:80/images/'}\n"));
    static const char *const wrong[] = {
        "tocsin.example",          "ftp://tocsin.example", "https://",
        "https://a:b@ops.example", "https://x.example/?a", "'https://x.example/#a'"};
    for (size_t i = 0; i < TCN_COUNT(wrong); i++) {
        char yaml[200];
        (void)snprintf(yaml, sizeof yaml, "public_url: %s", wrong[i]);
        assert_problem(yaml,
                       "2:1: public_url: must be an absolute http or https URL "
                       "without query and fragment, such as https://tocsin.example");
        (void)snprintf(yaml, sizeof yaml, "blocks: {image_base: %s}", wrong[i]);
        assert_problem(yaml, "2:10: blocks.image_base: must be an absolute http or https "
                             "URL that ends in \"/\", such as "
                             "https://tocsin.example/images/");
    }
    assert_problem("blocks: {image_base: https://tocsin.example/images}",
                   "2:10: blocks.image_base: must be an absolute http or https URL that "
                   "ends in \"/\", such as https://tocsin.example/images/");
}

static void assert_origin(const char *origin, const char *end)
{
    char yaml[200], problem[400];
    (void)snprintf(yaml, sizeof yaml,
                   "auth: {mode: none, allowed_origins: ['https://a.example', '%s']}\n",
                   origin);
    (void)snprintf(problem, sizeof problem,
                   "1:59: auth.allowed_origins[1]: must be an origin as browsers send "
                   "it, SCHEME://HOST or SCHEME://HOST:PORT%s",
                   end);
    assert_problems(yaml, (const char *const[]){problem, NULL});
}

static void origins_are_what_a_browser_sends(void **state)
{
    (void)state;
    fixture_free(load_good("auth: {mode: none, allowed_origins: ['https://ops.example', "
                           "'app://ops', 'http://[::1]:8080', 'http://10.0.0.1']}\n"));
    static const char *const meant[][2] = {
        {"https://ops.example/", "https://ops.example"},
        {"https://ops.example/a?b#c", "https://ops.example"},
        {"ops.example", "https://ops.example"},
        {"ops.example:8443", "https://ops.example:8443"},
        {"https://ops.example:443", "https://ops.example"},
        {"http://ops.example:80/", "http://ops.example"},
    };
    for (size_t i = 0; i < TCN_COUNT(meant); i++) {
        char end[100];
        (void)snprintf(end, sizeof end, "; did you mean \"%s\"?", meant[i][1]);
        assert_origin(meant[i][0], end);
    }
    static const char *const wrong[] = {
        "*",           "https://*.example",
        "://x",        "https://",
        "1 2://x",     "https://a:b@x",
        "https://x:0", "https://x:99999",
        "http://[::",  "https://b\xc3\xbc.example",
        "https://x y",
    };
    for (size_t i = 0; i < TCN_COUNT(wrong); i++)
        assert_origin(wrong[i], ", such as https://ops.example");
}

static void hosts_have_neither_scheme_nor_port(void **state)
{
    (void)state;
    fixture_free(load_good("auth: {mode: none, allowed_hosts: [ops.example, 192.0.2.7, "
                           "'[2001:db8::7]']}\n"));
    static const char *const wrong[] = {"https://ops.example", "ops.example:4200",
                                        "[::1"};
    for (size_t i = 0; i < TCN_COUNT(wrong); i++) {
        char yaml[200];
        (void)snprintf(yaml, sizeof yaml, "auth: {mode: none, allowed_hosts: ['%s']}\n",
                       wrong[i]);
        assert_problems(yaml, (const char *const[]){
                                  "1:36: auth.allowed_hosts[0]: must be a host without "
                                  "scheme and port, such as ops.example, 192.0.2.7 or "
                                  "[2001:db8::7]",
                                  NULL});
    }
}

static void a_reload_adopts_all_but_what_needs_a_restart(void **state)
{
    (void)state;
    fixture *old = load_good(NO_AUTH "state_dir: /old\nlimits: {headers: 10, "
                                     "connections: 100}\nlog: {levels: {net: debug}}\n");
    fixture *next =
        load_good(NO_AUTH "state_dir: /new\nlisten: ['127.0.0.1:1']\nlimits: "
                          "{headers: 20, connections: 200}\npublic_url: http://u\n");
    static const char *const kept[] = {"listen", "state_dir", "store.path",
                                       "limits.connections"};
    for (size_t i = 0; i < TCN_COUNT(kept); i++)
        assert_string_equal(tcn_config_kept_key(&old->config, &next->config, i), kept[i]);
    assert_null(tcn_config_kept_key(&old->config, &next->config, TCN_COUNT(kept)));
    assert_null(tcn_config_kept_key(&old->config, &old->config, 0));

    tcn_config_adopt(&old->config, &next->config);
    assert_string_equal(old->config.state_dir, "/old");
    assert_string_equal(old->config.store.path, "/old/tocsin.db");
    assert_int_equal(old->config.listen.count, 2);
    assert_int_equal(old->config.limits.connections, 100);
    assert_int_equal(old->config.limits.headers, 20);
    assert_string_equal(old->config.public_url, "http://u");
    assert_int_equal(old->config.log.level_count, 0);
    fixture_free(next);
    fixture_free(old);
}

static void a_file_that_is_no_map_is_refused(void **state)
{
    (void)state;
    fixture *f = load("- a\n");
    assert_true(f->problems.errors >= 1);
    assert_string_equal(f->problems.items[0].err.text, "must be a map of keys");
    fixture_free(f);
    assert_problems("a: b: c\n",
                    (const char *const[]){
                        "1:5: mapping values are not allowed in this context", NULL});
    tcn_config config;
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_true(tcn_config_load(&config, "does/not/exist.yaml", &problems) < 0);
    assert_int_equal(problems.errors, 1);
    assert_string_equal(problems.items[0].err.source, "does/not/exist.yaml");
    tcn_config_deinit(&config);
    tcn_problems_deinit(&problems);
}

static void a_folder_that_is_named_and_not_there_is_told(void **state)
{
    (void)state;
    fixture *f = load(NO_AUTH "automations_dir: /proc/self/fd\nblocks_dir: /no/where\n");
    assert_int_equal(f->problems.errors, 0);
    assert_int_equal(f->problems.count, 1);
    const tcn_problem *problem = &f->problems.items[0];
    assert_true(problem->is_warning);
    assert_string_equal(problem->err.field, "blocks_dir");
    assert_string_equal(problem->err.text, "the folder /no/where does not exist");
    assert_int_equal(problem->err.line, 3);
    fixture_free(f);
    static const char *const problems[] = {
        "2:35: plugins.dirs[1]: the folder /no/where does not exist", NULL};
    assert_problems(NO_AUTH "plugins: { dirs: [ /proc/self/fd, /no/where ] }\n",
                    problems);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(everything_has_a_default),
    cmocka_unit_test(templates_get_their_limits),
    cmocka_unit_test(every_kind_of_value_is_read),
    cmocka_unit_test(the_state_directory_comes_from_the_service_manager),
    cmocka_unit_test(all_problems_are_told_at_once_with_their_places),
    cmocka_unit_test(values_of_another_kind_are_refused),
    cmocka_unit_test(without_keys_only_this_machine_may_connect),
    cmocka_unit_test(an_address_needs_a_host_and_a_port),
    cmocka_unit_test(urls_that_others_are_joined_to),
    cmocka_unit_test(origins_are_what_a_browser_sends),
    cmocka_unit_test(hosts_have_neither_scheme_nor_port),
    cmocka_unit_test(a_reload_adopts_all_but_what_needs_a_restart),
    cmocka_unit_test(a_file_that_is_no_map_is_refused),
    cmocka_unit_test(a_folder_that_is_named_and_not_there_is_told),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
