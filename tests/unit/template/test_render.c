/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/template/prefect.h"
#include "core/template/template.h"

typedef struct fixture {
    tcn_tpl_env env;
    tcn_tpl_context context;
    tcn_tpl_error error;
    tcn_arena arena;
    tcn_buf out;
    int asked; /* look-ups */
} fixture;

static int setup(void **state)
{
    static fixture f;
    f = (fixture){0};
    tcn_tpl_env_init(&f.env);
    tcn_arena_init(&f.arena, 0);
    tcn_buf_init(&f.out, 1 << 20);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    tcn_buf_deinit(&f->out);
    tcn_arena_deinit(&f->arena);
    return 0;
}

static int render(fixture *f, const char *source)
{
    tcn_tpl *tpl = NULL;
    tcn_buf_reset(&f->out);
    int rc = tcn_tpl_compile(&tpl, &f->env, tcn_str_c(source), &f->error);
    if (rc >= 0)
        rc = tcn_tpl_render(tpl, &f->context, &f->arena, &f->out, &f->error);
    tcn_tpl_unref(tpl);
    return rc;
}

static void renders_plain_text_as_it_is(void **state)
{
    fixture *f = *state;
    assert_int_equal(render(f, "a {# b\r\n"), 0);
    assert_string_equal(f->out.ptr, "a {# b\r\n");
}

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    fixture *f = ud;
    f->asked++;
    if (!tcn_str_eq_c(name, "flow"))
        return 0;
    int rc = tcn_prefect_json(TCN_PREFECT_FLOW,
                              TCN_STR("{\"name\": \"etl\", \"tags\": [\"a\"]}"), arena,
                              ret, NULL);
    return rc < 0 ? rc : 1;
}

static void asks_once_for_each_name_that_is_used(void **state)
{
    fixture *f = *state;
    f->context.lookup = look_up;
    f->context.ud = f;
    assert_int_equal(
        render(f, "{{ flow.name }} {{ flow.tags }}{% if 0 %}{{ task }}{% endif %}"), 0);
    assert_string_equal(f->out.ptr, "etl ['a']");
    assert_int_equal(f->asked, 1);
}

static void lists_the_names_that_it_loads(void **state)
{
    fixture *f = *state;
    tcn_tpl *tpl = NULL;
    tcn_str source =
        TCN_STR("{% set flow = 1 %}{{ flow }}{% for x in event.related %}{% endfor %}");
    assert_int_equal(tcn_tpl_compile(&tpl, &f->env, source, NULL), 0);
    assert_true(tcn_tpl_loads(tpl, TCN_STR("flow")));
    assert_true(tcn_tpl_loads(tpl, TCN_STR("event")));
    assert_false(tcn_tpl_loads(tpl, TCN_STR("x")));
    tcn_tpl_unref(tpl);
}

static void says_where_a_rendering_failed(void **state)
{
    fixture *f = *state;
    tcn_buf shown;
    assert_int_equal(render(f, "ok\n  {{ nope + 1 }}"), TCN_E_INVALID);
    assert_int_equal(f->error.exc_class, TCN_EXC_UndefinedError);
    assert_int_equal(f->error.line, 2);
    assert_int_equal(f->error.column, 6);
    tcn_buf_init(&shown, 4096);
    assert_int_equal(tcn_tpl_error_repr(&f->error, &shown), 0);
    assert_string_equal(shown.ptr, "UndefinedError(\"'nope' is undefined\")");
    tcn_buf_deinit(&shown);
    assert_int_equal(f->out.len, 0);
}

static void stops_at_its_limits(void **state)
{
    fixture *f = *state;
    assert_int_equal(render(f, "{{ 'a' * 2000000 }}"), TCN_E_LIMIT);
    f->env.limits.output_bytes = 10;
    assert_int_equal(render(f, "{{ 'a' * 11 }}"), TCN_E_LIMIT);
    f->env.limits.run.steps = 20;
    assert_int_equal(render(f, "{% for i in range(90) %}{% endfor %}"), TCN_E_LIMIT);
    assert_int_equal(f->error.exc_class, TCN_EXC_TemplateLimitError);
}

static void validates_loops_and_syntax(void **state)
{
    fixture *f = *state;
    tcn_str deep = TCN_STR("{% for a in x %}{% for b in x %}{% for c in x %}"
                           "{% endfor %}{% endfor %}{% endfor %}");
    assert_int_equal(tcn_tpl_validate(&f->env, deep, &f->error), TCN_E_LIMIT);
    assert_int_equal(f->error.exc_class, TCN_EXC_TemplateSecurityError);
    assert_int_equal(tcn_tpl_validate(&f->env, TCN_STR("a {# b"), &f->error),
                     TCN_E_SYNTAX);
    assert_string_equal(f->error.message, "Missing end of comment tag");
    assert_int_equal(tcn_tpl_validate(&f->env, TCN_STR("{{ x|nope }}"), &f->error), 0);
}

static void refuses_undefined_values_when_strict(void **state)
{
    fixture *f = *state;
    f->env.is_strict = true;
    assert_int_equal(render(f, "{{ nope.x }}"), TCN_E_INVALID);
    assert_string_equal(f->error.message, "'nope' is undefined");
    assert_int_equal(render(f, "{{ nope|default('d') }}"), 0);
    assert_string_equal(f->out.ptr, "d");
}

static void says_what_was_probably_meant(void **state)
{
    fixture *f = *state;
    assert_int_equal(render(f, "{{ x|uper }}"), TCN_E_SYNTAX);
    assert_string_equal(f->error.message, "No filter named 'uper'.");
    assert_string_equal(f->error.hint, "upper");
    assert_int_equal(render(f, "{{ x is defind }}"), TCN_E_SYNTAX);
    assert_string_equal(f->error.hint, "defined");
    assert_int_equal(render(f, "{{ x is colourful }}"), TCN_E_SYNTAX);
    assert_string_equal(f->error.hint, "");
    assert_int_equal(render(f, "{{ ['a']|map('uper') }}"), TCN_E_INVALID);
    assert_string_equal(f->error.hint, "upper");
    f->env.is_strict = true;
    f->context.lookup = look_up;
    f->context.ud = f;
    assert_int_equal(render(f, "{{ flow.nmae }}"), TCN_E_INVALID);
    assert_string_equal(f->error.hint, "name");
    assert_int_equal(render(f, "{{ flwo.name }}"), TCN_E_INVALID);
    assert_string_equal(f->error.hint, "flow");
    tcn_buf_reset(&f->out);
    assert_int_equal(
        tcn_tpl_error_show(&f->error, TCN_STR("t"), TCN_STR("{{ flwo.name }}"), &f->out),
        0);
    assert_non_null(strstr(
        f->out.ptr, "UndefinedError: 'flwo' is undefined (did you mean \"flow\"?)\n"));
}

typedef struct counting_watch {
    tcn_watch watch;
    unsigned asked, late_after;
} counting_watch;

static bool count_and_tell(tcn_watch *self)
{
    counting_watch *watch = tcn_container_of(self, counting_watch, watch);
    return ++watch->asked > watch->late_after;
}

static void ends_when_its_watch_says_so(void **state)
{
    static const char busy[] = "{% for a in range(100) %}{% for b in range(100) %}"
                               "{% set x = a * b %}{% endfor %}{% endfor %}done";
    fixture *f = *state;
    counting_watch watch = {.watch = {count_and_tell, 50}, .late_after = 1000};
    f->context.watch = &watch.watch;
    assert_int_equal(render(f, busy), 0);
    assert_string_equal(f->out.ptr, "done");
    assert_in_range(watch.asked, 5, 50);
    watch = (counting_watch){.watch = {count_and_tell, 50}, .late_after = 2};
    assert_int_equal(render(f, busy), TCN_E_LIMIT);
    assert_int_equal(watch.asked, 3);
    assert_int_equal(f->error.exc_class, TCN_EXC_TemplateLimitError);
    assert_string_equal(
        f->error.message,
        "CPU time of one rendering, in milliseconds, is over the limit of 50");
    assert_int_equal(f->out.len, 0);
    watch = (counting_watch){.watch = {count_and_tell, 50}};
    assert_int_equal(render(f, "{{ 1 }}"), 0);
    assert_int_equal(watch.asked, 0);
}

static void counts_the_same_steps_with_a_watch(void **state)
{
    static const char busy[] = "{% for a in range(100) %}{% for b in range(100) %}"
                               "{{ a }}{% endfor %}{% endfor %}";
    fixture *f = *state;
    counting_watch watch = {.watch = {count_and_tell, 50}, .late_after = 1000};
    int64_t most = 1;
    do {
        most *= 2;
        f->env.limits.run.steps = most;
    } while (render(f, busy) < 0);
    f->context.watch = &watch.watch;
    assert_int_equal(render(f, busy), 0);
    f->env.limits.run.steps = most / 2;
    assert_int_equal(render(f, busy), TCN_E_LIMIT);
    assert_int_equal(memcmp(f->error.message, "number of steps", 15), 0);
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(renders_plain_text_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(asks_once_for_each_name_that_is_used, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lists_the_names_that_it_loads, setup, teardown),
        cmocka_unit_test_setup_teardown(says_where_a_rendering_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_at_its_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(validates_loops_and_syntax, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_undefined_values_when_strict, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(says_what_was_probably_meant, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_when_its_watch_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_the_same_steps_with_a_watch, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
