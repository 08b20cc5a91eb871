/* SPDX-License-Identifier: Apache-2.0 */
/* bench_templates.c - the templates of templates/ with our engine; bench_templates.py
 * asks, and runs others beside it. Reads lines "WHAT NAME" and answers each with one:
 * "output W1" with the text as JSON; "render W1" (compiled before), "compile W1" and
 * "oneshot W1" with the CPU time of one call in microseconds; "memory W1" with what one
 * rendering takes: calls of the allocator once warm, bytes that it builds, bytes of heap
 * that it holds. malloc, calloc and realloc are wrapped by the linker. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/template/template.h"
#include "core/value/json.h"
#include "tests/unit/failing_alloc.h"

#define TURN_US 20000 /* CPU time of one turn, at least */
#define KEPT    ((size_t)4 << 20)

typedef struct bench {
    tcn_tpl_env env;
    tcn_tpl *tpl;
    tcn_tpl_context context;
    tcn_arena data, arena;
    tcn_buf out, source, json;
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

static int oneshot(bench *b)
{
    tcn_tpl *compiled = b->tpl;
    int rc = tcn_tpl_compile(&b->tpl, &b->env, tcn_buf_str(&b->source), NULL);
    if (rc >= 0)
        rc = render(b);
    if (b->tpl != compiled)
        tcn_tpl_unref(b->tpl);
    b->tpl = compiled;
    return rc;
}

/* Doubles the rounds until they fill a turn. */
static int turn(int (*work)(bench *), bench *b)
{
    int64_t took_us = 0;
    size_t rounds = 8;
    while (took_us < TURN_US) {
        rounds *= 2;
        int64_t start_us = tcn_clock_cpu_us();
        for (size_t i = 0; i < rounds; i++) {
            if (work(b) < 0)
                return -1;
        }
        took_us = tcn_clock_cpu_us() - start_us;
    }
    return printf("%.4f\n", (double)took_us / (double)rounds);
}

static int output(bench *b)
{
    tcn_buf json;
    if (render(b) < 0)
        return -1;
    tcn_buf_init(&json, KEPT);
    (void)tcn_buf_add_json(&json, tcn_buf_str(&b->out));
    int rc = tcn_buf_status(&json) < 0 ? -1 : puts(json.ptr);
    tcn_buf_deinit(&json);
    return rc;
}

static int memory(bench *b)
{
    if (render(b) < 0)
        return -1;
    allocations = 0;
    for (int i = 0; i < 100; i++) {
        if (render(b) < 0)
            return -1;
    }
    return printf("{\"allocations\":%zu,\"built_bytes\":%zu,\"heap_bytes\":%zu}\n",
                  allocations / 100, b->arena.used, b->arena.held + b->out.capacity);
}

/* The workload's files: w2-64 has the template of w2. */
static int prepare(bench *b, const char *name)
{
    char file[64], low[32];
    size_t len = strlen(name);
    size_t stem = strcspn(name, "-");
    tcn_value context;
    if (len >= sizeof low)
        return -1;
    for (size_t i = 0; i <= len; i++)
        low[i] = name[i] == 'W' ? 'w' : name[i];
    tcn_tpl_env_init(&b->env);
    (void)snprintf(file, sizeof file, "%.*s.j2", (int)stem, low);
    if (read_file(file, &b->source) < 0)
        return -1;
    (void)snprintf(file, sizeof file, "%s.json", low);
    if (read_file(file, &b->json) < 0)
        return -1;
    int rc = tcn_json_read(tcn_buf_str(&b->json), &b->data, NULL, &context, NULL);
    if (rc >= 0)
        rc = tcn_tpl_compile(&b->tpl, &b->env, tcn_buf_str(&b->source), NULL);
    if (rc >= 0)
        b->context.values = context.dict;
    return rc;
}

static int answer(bench *b, const char *what)
{
    if (strcmp(what, "output") == 0)
        return output(b);
    if (strcmp(what, "memory") == 0)
        return memory(b);
    if (strcmp(what, "render") == 0)
        return turn(render, b);
    return turn(strcmp(what, "compile") == 0 ? compile : oneshot, b);
}

static int run(const char *what, const char *name)
{
    bench b = {0};
    tcn_buf *const bufs[] = {&b.out, &b.source, &b.json};
    for (size_t i = 0; i < TCN_COUNT(bufs); i++)
        tcn_buf_init(bufs[i], KEPT);
    tcn_arena_init(&b.data, 0);
    tcn_arena_init(&b.arena, 0);
    int rc = prepare(&b, name);
    if (rc >= 0)
        rc = answer(&b, what);
    tcn_tpl_unref(b.tpl);
    tcn_arena_deinit(&b.arena);
    tcn_arena_deinit(&b.data);
    for (size_t i = 0; i < TCN_COUNT(bufs); i++)
        tcn_buf_deinit(bufs[i]);
    return rc;
}

int main(void)
{
    char line[64], what[16], name[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%15s %15s", what, name) != 2 || run(what, name) < 0) {
            (void)fprintf(stderr, "bench_templates: cannot do \"%s\"\n", line);
            return 1;
        }
        (void)fflush(stdout);
    }
    return 0;
}
