/* SPDX-License-Identifier: Apache-2.0 */
/* bench_sends.c - what the host itself costs for each delivery: a plugin that is done at
 * once, on the loop and on workers. The floor is a call of a function with a clock read
 * before and after it, which no host can do without.
 *
 * usage: bench_sends [PROGRAM PLUGIN_DIR] */
#include <stdio.h>
#include <stdlib.h>
#include <tocsin/plugin.h>

#include "core/base/clock.h"
#include "core/plugin/plugins.h"

#define SENDS   200000
#define BATCH   64
#define ROUNDS  5
#define FLOOR_N 1000000

typedef struct bench {
    uv_loop_t loop;
    tcn_log *log;
    tcn_guard *guard;
    tcn_client *client;
    tcn_plugins *plugins;
    size_t done;
} bench;

static void die(const char *what)
{
    fprintf(stderr, "bench_sends: %s\n", what);
    exit(1);
}

static void begin(bench *b)
{
    tcn_err err = {0};
    if (uv_loop_init(&b->loop) < 0 || tcn_guard_new(NULL, 0, true, &b->guard, &err) < 0)
        die("no loop");
    b->log = tcn_log_new(TCN_LOG_TEXT, TCN_LOG_WARNING, 2);
    const tcn_client_options client = {.user_agent = "tocsin/bench", .guard = b->guard};
    if (b->log == NULL || tcn_client_new(&b->loop, &client, b->log, &b->client) < 0)
        die("no client");
    const char *const dirs[] = {BENCH_PLUGINS};
    const tcn_plugins_options options = {
        .dirs = dirs,
        .dir_count = 1,
        .loop = &b->loop,
        .log = b->log,
        .client = b->client,
        .guard = b->guard,
        .max_generations = 32,
        .timeout_ms = 30000,
        .concurrency = 4,
        .deadline_ms = 86400000,
    };
    if (tcn_plugins_new(&options, &b->plugins, &err) < 0)
        die(err.text);
    tcn_problems problems;
    tcn_problems_init(&problems);
    if (tcn_plugins_load_file(b->plugins, BENCH_PLUGINS "/instant.so", &problems) < 0)
        die(problems.items[0].err.text);
    tcn_problems_deinit(&problems);
}

static tcn_block *add_block(bench *b, const char *name, int workers)
{
    tcn_problems problems;
    tcn_problems_init(&problems);
    json_t *document = json_pack("{s:s, s:s, s:{s:i}}", "name", name, "type", "instant",
                                 "options", "workers", workers);
    if (tcn_plugins_block_add(b->plugins, document, &problems) < 0)
        die(problems.items[0].err.text);
    json_decref(document);
    tcn_problems_deinit(&problems);
    return tcn_plugins_block(b->plugins, tcn_str_c(name));
}

static void on_result(const tcn_delivery_result *result, void *ud)
{
    bench *b = ud;
    b->done += result->status == TOCSIN_DONE;
}

static void send_all(bench *b, tcn_block *block)
{
    const tcn_message message = {
        .kind = TCN_MESSAGE_NOTIFY,
        .severity = TOCSIN_FAILURE,
        .attempt = 1,
        .timeout_ms = 30000,
        .invocation = TCN_STR("3f0a1c9e-1111-5222-8333-444455556666"),
        .subject = TCN_STR("Flow run \"x\" failed"),
        .body = TCN_STR("Flow run x of flow y entered state Failed\nat 12:00"),
        .event_name = TCN_STR("prefect.flow-run.Failed"),
        .event = TCN_STR("{\"event\":\"prefect.flow-run.Failed\"}"),
    };
    for (size_t sent = 0; sent < SENDS;) {
        size_t before = b->done;
        for (size_t i = 0; i < BATCH; i++, sent++)
            if (tcn_block_send(block, &message, on_result, b, NULL) < 0)
                die("a send was refused");
        while (b->done < before + BATCH)
            (void)uv_run(&b->loop, UV_RUN_ONCE);
        (void)uv_run(&b->loop, UV_RUN_NOWAIT);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void call(int64_t *sum)
{
    *sum += tcn_clock_mono_us();
}

static double floor_us(void)
{
    void (*volatile function)(int64_t *) = call;
    double rounds[ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++) {
        int64_t sum = 0, began = tcn_clock_cpu_us();
        for (size_t i = 0; i < FLOOR_N; i++) {
            function(&sum);
            sum -= tcn_clock_mono_us();
        }
        rounds[r] = (double)(tcn_clock_cpu_us() - began + (sum == 1)) / FLOOR_N;
    }
    return median(rounds, ROUNDS);
}

static void measure(bench *b, const char *name, int workers, double floor)
{
    double cpu[ROUNDS], wall[ROUNDS];
    tcn_block *block = add_block(b, name, workers);
    for (size_t r = 0; r < ROUNDS; r++) {
        int64_t cpu_us = tcn_clock_cpu_us(), wall_us = tcn_clock_mono_us();
        send_all(b, block);
        cpu[r] = (double)(tcn_clock_cpu_us() - cpu_us) / SENDS;
        wall[r] = (double)(tcn_clock_mono_us() - wall_us) / SENDS;
    }
    double cpu_us = median(cpu, ROUNDS);
    printf("{\"case\": \"%s\", \"cpu_us\": %.3f, \"floor\": %.3f, \"ratio\": %.2f, "
           "\"wall_us\": %.3f, \"is_within_10_us\": %s}\n",
           name, cpu_us, floor, cpu_us / floor, median(wall, ROUNDS),
           cpu_us < 10 ? "true" : "false");
    (void)fflush(stdout);
}

static void end(bench *b)
{
    tcn_plugins_close(b->plugins, NULL, NULL);
    (void)uv_run(&b->loop, UV_RUN_DEFAULT);
    tcn_client_close(b->client, NULL, NULL);
    (void)uv_run(&b->loop, UV_RUN_DEFAULT);
    tcn_guard_free(b->guard);
    tcn_log_free(b->log);
    (void)uv_loop_close(&b->loop);
}

int main(void)
{
    static bench b;
    begin(&b);
    double floor = floor_us();
    measure(&b, "loop", 0, floor);
    measure(&b, "worker", 1, floor);
    measure(&b, "four-workers", 4, floor);
    end(&b);
    return 0;
}
