/* SPDX-License-Identifier: Apache-2.0 */
/* bench_templates.c - what rendering the workloads of templates/ costs: compiled once,
 * the context built before, the output compared first. Rows show the median of the turns,
 * in CPU time; a second row per workload is compiling it. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/template/template.h"
#include "core/value/json.h"

#define TURNS   15
#define TURN_US 20000 /* CPU time of one turn, at least */
#define KEPT    ((size_t)4 << 20)

typedef struct workload {
    const char *name, *source, *context, *expected;
} workload;

static const workload workloads[] = {
    {"W1", "w1.j2", "w1.json", "w1.out"},          {"W2", "w2.j2", "w2.json", "w2.out"},
    {"W2-64", "w2.j2", "w2-64.json", "w2-64.out"}, {"W3", "w3.j2", "w3.json", "w3.out"},
    {"W4", "w4.j2", "w4.json", "w4.out"},          {"W5", "w5.j2", "w5.json", "w5.out"},
};

typedef struct bench {
    tcn_tpl_env env;
    tcn_tpl *tpl;
    tcn_tpl_context context;
    tcn_arena data, arena;
    tcn_buf out, source, json, expected;
} bench;

static int read_file(const char *name, tcn_buf *out)
{
    char path[512], part[16384];
    (void)snprintf(path, sizeof path, "%s/%s", TCN_BENCH_TEMPLATES, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    for (size_t got = fread(part, 1, sizeof part, file); got > 0;
         got = fread(part, 1, sizeof part, file))
        (void)tcn_buf_add(out, part, got);
    (void)fclose(file);
    return tcn_buf_status(out);
}

static int render(bench *b)
{
    tcn_buf_reset(&b->out);
    tcn_arena_reset(&b->arena, KEPT);
    return tcn_tpl_render(b->tpl, &b->context, &b->arena, &b->out, NULL);
}

static int compile(bench *b)
{
    tcn_tpl *tpl = NULL;
    int rc = tcn_tpl_compile(&tpl, &b->env, tcn_buf_str(&b->source), NULL);
    tcn_tpl_unref(tpl);
    return rc;
}

static double measure(int (*work)(bench *), bench *b, size_t rounds)
{
    int64_t start_us = tcn_clock_cpu_us();
    for (size_t i = 0; i < rounds; i++) {
        if (work(b) < 0)
            return -1;
    }
    return (double)(tcn_clock_cpu_us() - start_us) / (double)rounds;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int row(const char *name, const char *what, int (*work)(bench *), bench *b)
{
    double turns[TURNS];
    size_t rounds = 16;
    while (measure(work, b, rounds) * (double)rounds < TURN_US)
        rounds *= 2;
    for (size_t i = 0; i < TURNS; i++) {
        turns[i] = measure(work, b, rounds);
        if (turns[i] < 0)
            return -1;
    }
    qsort(turns, TURNS, sizeof turns[0], by_value);
    double each_us = turns[TURNS / 2];
    (void)printf(
        "{\"bench\":\"templates\",\"case\":\"%s%s\",\"cpu_us\":%.3f,\"per_second\":%.0f,"
        "\"floor\":null,\"ratio\":null,\"cpu_us_min\":%.3f,\"cpu_us_max\":%.3f,"
        "\"arena_bytes\":%zu}\n",
        name, what, each_us, 1e6 / each_us, turns[0], turns[TURNS - 1], b->arena.used);
    return fflush(stdout);
}

static int prepare(bench *b, const workload *w)
{
    tcn_value context;
    tcn_tpl_env_init(&b->env);
    if (read_file(w->source, &b->source) < 0 || read_file(w->context, &b->json) < 0 ||
        read_file(w->expected, &b->expected) < 0)
        return -1;
    int rc = tcn_json_read(tcn_buf_str(&b->json), &b->data, NULL, &context, NULL);
    if (rc >= 0)
        rc = tcn_tpl_compile(&b->tpl, &b->env, tcn_buf_str(&b->source), NULL);
    if (rc < 0)
        return rc;
    b->context.values = context.dict;
    rc = render(b);
    if (rc < 0 || !tcn_str_eq(tcn_buf_str(&b->out), tcn_buf_str(&b->expected)))
        return -1;
    return 0;
}

static int run(const workload *w)
{
    bench b = {0};
    tcn_buf *const bufs[] = {&b.out, &b.source, &b.json, &b.expected};
    for (size_t i = 0; i < TCN_COUNT(bufs); i++)
        tcn_buf_init(bufs[i], KEPT);
    tcn_arena_init(&b.data, 0);
    tcn_arena_init(&b.arena, 0);
    int rc = prepare(&b, w);
    if (rc < 0)
        (void)fprintf(stderr, "bench_templates: %s gives another text\n", w->name);
    if (rc >= 0)
        rc = row(w->name, "", render, &b);
    if (rc >= 0)
        rc = row(w->name, " compile", compile, &b);
    tcn_tpl_unref(b.tpl);
    tcn_arena_deinit(&b.arena);
    tcn_arena_deinit(&b.data);
    for (size_t i = 0; i < TCN_COUNT(bufs); i++)
        tcn_buf_deinit(bufs[i]);
    return rc;
}

int main(void)
{
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(workloads) && rc >= 0; i++)
        rc = run(&workloads[i]);
    return rc < 0 ? 1 : 0;
}
