/* SPDX-License-Identifier: Apache-2.0 */
/* test_page.c - the table of environments, and templates of several files where the
 * conformance files do not reach: limits, whose error it is, what the caller is asked,
 * and every allocation failing once. malloc, calloc and realloc are wrapped by the
 * linker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/template/files.h"
#include "core/template/lint.h"
#include "tests/unit/failing_alloc.h"

enum {
    ROUNDS_MAX = 100000,
    LIMIT_STEP = 48
};

static const tcn_tpl_file files[] = {
    {"base.html", "<title>{% block title %}{{ title }}{% endblock %}</title>\n"
                  "{% block body required %}{% endblock %}"},
    {"page.html",
     "{% extends 'base.html' %}{% import 'macros.html' as m %}\n"
     "{% block title %}{{ super() }} - {{ self.name() }}{% endblock %}\n"
     "{% block body %}{% for row in rows %}{{ m.row(row, loop.index) }}"
     "{% include ['none.html', 'part.html'] %}"
     "{% block name scoped %}{{ row }}{% endblock %}{% endfor %}{% endblock %}"},
    {"macros.html",
     "{% macro row(v, n=0) %}<li>{{ n }} {{ v }}{{ kind }}</li>{% endmacro %}"
     "{% set kind = '<k>' %}"},
    {"part.html", "[{{ row }}{% include 'nope.html' ignore missing %}]"},
    {"loop.html", "a\n{% include 'loop.html' %}"},
    {"cycle.html", "{% extends 'cycle.html' %}"},
    {"imports.html", "{% import 'imports.html' as i %}"},
    {"long.html", "{% for i in range(9000) %}{% endfor %}"},
    {"fails.html", "\n  {{ rows.nothing.at() }}"},
    {"asks.html", "{{ title }}{% block a scoped %}{{ title }}{{ nobody }}{% endblock %}"},
};

typedef struct fixture {
    tcn_tpl_env env;
    tcn_tpl_files *files;
    tcn_arena arena;
    tcn_buf out;
    tcn_tpl_error error;
    tcn_tpl_context context;
    int asked;
} fixture;

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    fixture *f = ud;
    f->asked++;
    if (tcn_str_eq_c(name, "title")) {
        *ret = tcn_str_new(arena, TCN_STR("A & B"));
        return tcn_is_missing(*ret) ? TCN_E_NOMEM : 1;
    }
    if (!tcn_str_eq_c(name, "rows"))
        return 0;
    *ret = tcn_list_new(arena, TCN_V_LIST, 2);
    if (tcn_is_missing(*ret))
        return TCN_E_NOMEM;
    int rc = tcn_vlist_add(arena, ret->list, tcn_int(1));
    return rc < 0 ||
                   tcn_vlist_add(arena, ret->list, tcn_str_new(arena, TCN_STR("<2>"))) < 0
               ? TCN_E_NOMEM
               : 1;
}

static int begin(fixture *f)
{
    *f = (fixture){.context = {.lookup = look_up, .ud = f, .now_us = 1}};
    assert_true(tcn_tpl_env_named(&f->env, TCN_STR("page")));
    tcn_arena_init(&f->arena, 0);
    tcn_buf_init(&f->out, 1 << 20);
    return tcn_tpl_files_new(&f->files, &f->env, files, TCN_COUNT(files), &f->error);
}

static void end(fixture *f)
{
    tcn_tpl_files_free(f->files);
    tcn_buf_deinit(&f->out);
    tcn_arena_deinit(&f->arena);
}

static int render(fixture *f, const char *name)
{
    const tcn_tpl *tpl = tcn_tpl_files_find(f->files, tcn_str_c(name));
    assert_non_null(tpl);
    return tcn_tpl_render(tpl, &f->context, &f->arena, &f->out, &f->error);
}

static const char page[] = "<title>A &amp; B - </title>\n"
                           "<li>1 1&lt;k&gt;</li>[1]1<li>2 &lt;2&gt;&lt;k&gt;</li>"
                           "[&lt;2&gt;]&lt;2&gt;";

static void makes_one_page_of_several_files(void **state)
{
    fixture f;
    (void)state;
    assert_int_equal(begin(&f), 0);
    assert_int_equal(render(&f, "page.html"), 0);
    assert_string_equal(f.out.ptr, page);
    end(&f);
}

static void asks_for_a_variable_once(void **state)
{
    fixture f;
    (void)state;
    assert_int_equal(begin(&f), 0);
    assert_int_equal(render(&f, "asks.html"), 0);
    assert_string_equal(f.out.ptr, "A &amp; BA &amp; B");
    assert_int_equal(f.asked, 2);
    end(&f);
}

static void expect_too_deep(fixture *f, const char *name)
{
    assert_int_equal(render(f, name), TCN_E_LIMIT);
    assert_int_equal(f->error.exc_class, TCN_EXC_TemplateLimitError);
    assert_string_equal(f->error.message,
                        "depth of templates inside one another is over the limit of 20");
    assert_string_equal(f->error.file->name, name);
    assert_int_equal(f->out.len, 0);
}

static void ends_templates_that_have_no_end(void **state)
{
    fixture f;
    (void)state;
    assert_int_equal(begin(&f), 0);
    expect_too_deep(&f, "loop.html");
    assert_int_equal(f.error.line, 2);
    expect_too_deep(&f, "cycle.html");
    expect_too_deep(&f, "imports.html");
    end(&f);
}

/* Each include has its steps from the same fuel. */
static void counts_the_steps_of_all_parts_together(void **state)
{
    static const char source[] =
        "{% for i in range(10000) %}{% include 'long.html' %}{% endfor %}";
    fixture f;
    tcn_tpl *tpl = NULL;
    (void)state;
    assert_int_equal(begin(&f), 0);
    assert_int_equal(tcn_tpl_compile(&tpl, &f.env, tcn_str_c(source), &f.error), 0);
    assert_int_equal(tcn_tpl_render(tpl, &f.context, &f.arena, &f.out, &f.error),
                     TCN_E_LIMIT);
    assert_non_null(strstr(f.error.message, "steps"));
    assert_string_equal(f.error.file->name, "long.html");
    tcn_tpl_unref(tpl);
    end(&f);
}

static void shows_the_file_that_failed(void **state)
{
    static const char source[] = "text\n{% include 'fails.html' %}";
    fixture f;
    tcn_tpl *tpl = NULL;
    char place[TCN_TPL_PLACE_TEXT];
    (void)state;
    assert_int_equal(begin(&f), 0);
    assert_int_equal(tcn_tpl_compile(&tpl, &f.env, tcn_str_c(source), &f.error), 0);
    assert_int_equal(tcn_tpl_render(tpl, &f.context, &f.arena, &f.out, &f.error),
                     TCN_E_INVALID);
    assert_string_equal(tcn_tpl_error_place(&f.error, place),
                        " (line 2, column 21 of fails.html)");
    assert_int_equal(
        tcn_tpl_error_show(&f.error, TCN_STR("given"), tcn_str_c(source), &f.out), 0);
    assert_string_equal(f.out.ptr,
                        "fails.html:2:21: UndefinedError: 'list object' has no attribute "
                        "'nothing'\n"
                        "      {{ rows.nothing.at() }}\n"
                        "                        ^\n");
    tcn_tpl_unref(tpl);
    end(&f);
}

static void tells_which_file_does_not_compile(void **state)
{
    static const tcn_tpl_file bad[] = {{"good.html", "{{ x }}"},
                                       {"bad.html", "\n{{ x|nope }}"}};
    fixture f;
    tcn_tpl_files *made = NULL;
    (void)state;
    assert_int_equal(begin(&f), 0);
    tcn_tpl_env env = f.env;
    assert_int_equal(tcn_tpl_files_new(&made, &env, bad, TCN_COUNT(bad), &f.error),
                     TCN_E_SYNTAX);
    assert_null(made);
    assert_null(env.files);
    assert_ptr_equal(f.error.file, &bad[1]);
    assert_int_equal(f.error.line, 2);
    end(&f);
}

/* What there is in an environment by that name. */
static void knows_environments_by_name(void **state)
{
    tcn_tpl_env env, prefect;
    (void)state;
    tcn_tpl_env_init(&prefect);
    assert_true(tcn_tpl_env_named(&env, TCN_STR("prefect")));
    assert_int_equal(env.type, TCN_TPL_TEXT);
    assert_memory_equal(&env.limits, &prefect.limits, sizeof env.limits);
    assert_true(tcn_tpl_env_named(&env, TCN_STR("card")));
    assert_int_equal(env.type, TCN_TPL_CARD);
    assert_memory_equal(&env.limits, &prefect.limits, sizeof env.limits);
    assert_true(tcn_tpl_env_named(&env, TCN_STR("page")));
    assert_int_equal(env.type, TCN_TPL_HTML);
    assert_true(env.limits.loops > prefect.limits.loops);
    assert_false(tcn_tpl_env_named(&env, TCN_STR("sheet")));
}

static void has_no_files_elsewhere(void **state)
{
    static const char *const sources[] = {
        "{% include 'part.html' ignore missing %}", "{% import 'macros.html' as m %}",
        "{% from 'macros.html' import row %}", "{% extends 'base.html' %}"};
    static const char *const names[] = {"prefect", "html", "page"};
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(names) * TCN_COUNT(sources); i++) {
        fixture f;
        tcn_tpl *tpl = NULL;
        assert_int_equal(begin(&f), 0);
        assert_true(tcn_tpl_env_named(&f.env, tcn_str_c(names[i % TCN_COUNT(names)])));
        tcn_str source = tcn_str_c(sources[i / TCN_COUNT(names)]);
        assert_int_equal(tcn_tpl_compile(&tpl, &f.env, source, &f.error), 0);
        assert_int_equal(tcn_tpl_render(tpl, &f.context, &f.arena, &f.out, &f.error),
                         TCN_E_INVALID);
        assert_string_equal(f.error.message, "no loader for this environment specified");
        tcn_tpl_unref(tpl);
        end(&f);
    }
}

static void fails_cleanly_at_every_allocation(void **state)
{
    bool was_reached = true;
    size_t n = 0;
    (void)state;
    while (was_reached) {
        fixture f;
        allocations = 0;
        fail_at = ++n;
        int rc = begin(&f);
        if (rc >= 0)
            rc = render(&f, "page.html");
        was_reached = allocations >= n;
        fail_at = 0;
        assert_true(was_reached ? rc < 0 : rc == 0);
        if (rc < 0 && rc != TCN_E_NOMEM)
            assert_int_equal(f.error.exc_class, TCN_EXC_MemoryError);
        assert_true(rc == 0 || f.out.len == 0);
        end(&f);
        assert_in_range(n, 1, ROUNDS_MAX);
    }
    assert_true(n > 10);
}

static void fails_cleanly_at_every_limit_of_memory(void **state)
{
    fixture f;
    int rc = -1;
    (void)state;
    assert_int_equal(begin(&f), 0);
    for (size_t n = 1; rc < 0; n++) {
        f.env.limits.heap_bytes = n * LIMIT_STEP;
        rc = render(&f, "page.html");
        assert_true(rc == 0 || f.out.len == 0);
        tcn_arena_reset(&f.arena, SIZE_MAX);
        assert_in_range(n, 1, ROUNDS_MAX);
    }
    assert_string_equal(f.out.ptr, page);
    end(&f);
}

static void allocates_nothing_once_it_is_warm(void **state)
{
    fixture f;
    (void)state;
    assert_int_equal(begin(&f), 0);
    fail_at = 0;
    for (int round = 0; round < 100; round++) {
        if (round == 1)
            allocations = 0;
        assert_int_equal(render(&f, "page.html"), 0);
        tcn_arena_reset(&f.arena, SIZE_MAX);
        tcn_buf_reset(&f.out);
    }
    assert_int_equal(allocations, 0);
    end(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(makes_one_page_of_several_files),
    cmocka_unit_test(asks_for_a_variable_once),
    cmocka_unit_test(ends_templates_that_have_no_end),
    cmocka_unit_test(counts_the_steps_of_all_parts_together),
    cmocka_unit_test(shows_the_file_that_failed),
    cmocka_unit_test(tells_which_file_does_not_compile),
    cmocka_unit_test(knows_environments_by_name),
    cmocka_unit_test(has_no_files_elsewhere),
    cmocka_unit_test(allocates_nothing_once_it_is_warm),
    cmocka_unit_test(fails_cleanly_at_every_allocation),
    cmocka_unit_test(fails_cleanly_at_every_limit_of_memory),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
