/* SPDX-License-Identifier: Apache-2.0 */
/* test_template_memory.c - the n-th allocation fails, for every n, and a rendering's
 * memory ends at every size: compiling, checking and rendering fail cleanly, nothing
 * leaks. malloc, calloc and realloc are wrapped by the linker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/template/lint.h"
#include "core/template/prefect.h"
#include "tests/unit/failing_alloc.h"

enum {
    ROUNDS_MAX = 100000,
    LIMIT_STEP = 48
};

/* Enough of the language that every part of the engine builds something. */
static const char source[] =
    "{% macro row(a, b='x') %}<{{ a }}|{{ b }}|{{ varargs }}{{ caller() if caller }}>"
    "{% endmacro %}{% set ns = namespace(n=0) %}"
    "{% for k, v in event.resource.items() recursive %}{% set ns.n = ns.n + 1 %}"
    "{{ loop.index }}{{ row(k, v, 1) }}{{ v|upper|truncate(3) }}{% else %}-{% endfor %}"
    "{% call row('c') %}{{ event|tojson }}{% endcall %}{{ event }}{{ event.payload }}"
    "{{ [3, 1, 2]|sort|map('string')|join(', ') }}{{ '%5.2f %s'|format(2.5, 'a') }}"
    "{{ '{:>8} {}'.format('a', {'k': [1, (2,)]}) }}{{ 2 ** 200 }}{{ 7 ** 90 // 3 }}"
    "{{ [{'a': 1}, {'a': 2}]|groupby('a') }}{{ [1, 2, 3]|batch(2)|list|pprint }}"
    "{{ '<a>'|escape }}{{ 'http://a.example x'|urlize }}{{ 'a b c'|wordwrap(2) }}"
    "{{ 123456|humanize_intcomma }}{{ 90|humanize_naturaltime }}{{ labels }}"
    "{{ 90061|humanize_precisedelta }}{{ {'b': 1, 'a': 2}|dictsort|xmlattr2 if 0 }}"
    "{% set t %}{% filter upper %}x{{ event.occurred }}{% endfilter %}{% endset %}{{ t }}"
    "{{ event.occurred.strftime('%Y-%m-%d') }}{{ nope.x.y|default('d') }}{{ lodash }}";

static const char event_json[] =
    "{\"occurred\":\"2026-01-02T03:04:05.678901Z\",\"event\":\"a.b\",\"resource\":"
    "{\"prefect.resource.id\":\"prefect.flow-run.1\",\"k\":\"caf\\u00e9\"},\"related\":"
    "[{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":\"r\"}],\"payload\":"
    "{\"n\":[1,2.5,null,true,{\"x\":\"y\"}]},\"id\":"
    "\"3d50f57b-f631-4ae9-b484-6095da907e45\",\"follows\":null,\"received\":"
    "\"2026-01-02T03:04:06Z\"}";

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    (void)ud;
    if (!tcn_str_eq_c(name, "event"))
        return 0;
    int rc = tcn_prefect_json(TCN_PREFECT_EVENT, tcn_str_c(event_json), arena, ret, NULL);
    return rc < 0 ? rc : 1;
}

static void ignore(void *ud, const tcn_tpl_error *finding)
{
    (void)ud;
    (void)finding;
}

static int render(const tcn_tpl *tpl, tcn_buf *out, tcn_tpl_error *error)
{
    tcn_arena arena;
    tcn_tpl_context context = {.lookup = look_up, .now_us = 1};
    tcn_arena_init(&arena, 0);
    int rc = tcn_tpl_render(tpl, &context, &arena, out, error);
    tcn_arena_deinit(&arena);
    return rc;
}

static int run_all(const tcn_tpl_env *env, tcn_buf *out, tcn_tpl_error *error)
{
    tcn_tpl *tpl = NULL;
    int rc = tcn_tpl_validate(env, tcn_str_c(source), error);
    if (rc >= 0)
        rc = tcn_tpl_lint(env, tcn_str_c(source), NULL, ignore, NULL, error);
    if (rc >= 0)
        rc = tcn_tpl_compile(&tpl, env, tcn_str_c(source), error);
    if (rc >= 0)
        rc = render(tpl, out, error);
    tcn_tpl_unref(tpl);
    return rc;
}

static void fails_cleanly_at_every_allocation(void **state)
{
    (void)state;
    tcn_tpl_env env;
    tcn_tpl_env_init(&env);
    bool was_reached = true;
    size_t n = 0;
    while (was_reached) {
        tcn_buf out;
        tcn_tpl_error error = {0};
        tcn_buf_init(&out, 1 << 20);
        allocations = 0;
        fail_at = ++n;
        int rc = run_all(&env, &out, &error);
        was_reached = allocations >= n;
        fail_at = 0;
        if (!was_reached) {
            if (rc != 0)
                print_error("%s\n", error.message);
            assert_int_equal(rc, 0);
        } else if (rc != TCN_E_NOMEM) {
            assert_true(rc < 0);
            assert_int_equal(error.exc_class, TCN_EXC_MemoryError);
        }
        if (rc < 0)
            assert_int_equal(out.len, 0);
        tcn_buf_deinit(&out);
        assert_in_range(n, 1, ROUNDS_MAX);
    }
    assert_true(n > 10);
}

static void fails_cleanly_at_every_limit_of_memory(void **state)
{
    (void)state;
    tcn_tpl_env env;
    tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_buf out;
    int rc = -1;
    tcn_tpl_env_init(&env);
    tcn_buf_init(&out, 1 << 20);
    assert_int_equal(tcn_tpl_compile(&tpl, &env, tcn_str_c(source), &error), 0);
    for (size_t n = 1; rc < 0; n++) {
        env.limits.heap_bytes = n * LIMIT_STEP;
        rc = render(tpl, &out, &error);
        assert_true(rc == 0 || out.len == 0);
        assert_in_range(n, 1, ROUNDS_MAX);
    }
    assert_true(out.len > 0);
    tcn_tpl_unref(tpl);
    tcn_buf_deinit(&out);
}

static void allocates_nothing_once_it_is_warm(void **state)
{
    (void)state;
    tcn_tpl_env env;
    tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_arena arena;
    tcn_buf out;
    tcn_tpl_env_init(&env);
    tcn_buf_init(&out, 1 << 20);
    tcn_arena_init(&arena, 0);
    assert_int_equal(tcn_tpl_compile(&tpl, &env, tcn_str_c(source), &error), 0);
    fail_at = 0;
    for (int round = 0; round < 100; round++) {
        tcn_tpl_context context = {.lookup = look_up, .now_us = 1};
        if (round == 1)
            allocations = 0;
        assert_int_equal(tcn_tpl_render(tpl, &context, &arena, &out, &error), 0);
        tcn_arena_reset(&arena, SIZE_MAX);
        tcn_buf_reset(&out);
    }
    assert_int_equal(allocations, 0);
    tcn_tpl_unref(tpl);
    tcn_arena_deinit(&arena);
    tcn_buf_deinit(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(allocates_nothing_once_it_is_warm),
    cmocka_unit_test(fails_cleanly_at_every_allocation),
    cmocka_unit_test(fails_cleanly_at_every_limit_of_memory),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
