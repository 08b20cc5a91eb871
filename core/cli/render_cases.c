/* SPDX-License-Identifier: Apache-2.0 */
/* render_cases.c - a case is validated as Prefect does when an action is saved, then
 * compiled and rendered; the text, or class, message and line of the error, are compared.
 */
#include "core/cli/render_cases.h"

#include "core/base/buf.h"
#include "core/base/datetime.h"
#include "core/template/files.h"
#include "core/value/json.h"

static const tcn_value *field(tcn_value object, const char *name)
{
    return object.type == TCN_V_DICT ? tcn_vdict_get_c(object.dict, name) : NULL;
}

static tcn_str text_field(tcn_value object, const char *name)
{
    const tcn_value *v = field(object, name);
    return v != NULL && v->type == TCN_V_STR ? tcn_text_str(v->text) : (tcn_str){0};
}

static bool is_true(tcn_value object, const char *name)
{
    const tcn_value *v = field(object, name);
    return v != NULL && v->type == TCN_V_BOOL && v->boolean;
}

typedef struct result {
    bool is_error;
    tcn_tpl_error error;
    tcn_buf text;
} result;

static void set_env(tcn_value test, tcn_arena *arena, tcn_tpl_env *env)
{
    const tcn_value *options = field(test, "options");
    tcn_str ui_url = text_field(test, "ui_url");
    (void)tcn_tpl_env_named(env, field(test, "files") != NULL ? TCN_STR("page")
                                                              : TCN_STR("prefect"));
    if (ui_url.len > 0)
        env->ui_url = tcn_arena_str(arena, ui_url).ptr;
    if (options == NULL)
        return;
    env->trim_blocks = is_true(*options, "trim_blocks");
    env->lstrip_blocks = is_true(*options, "lstrip_blocks");
    env->keep_trailing_newline = is_true(*options, "keep_trailing_newline");
    tcn_str newline = text_field(*options, "newline_sequence");
    if (newline.len > 0)
        env->newline = tcn_arena_str(arena, newline).ptr;
}

/* The built-in templates of a case for the environment "page"; *ret stays NULL when they
 * do not compile, which is the result. */
static int compile_files(tcn_value test, tcn_tpl_env *env, tcn_arena *arena,
                         tcn_tpl_files **ret, result *r)
{
    const tcn_value *given = field(test, "files");
    if (given == NULL || given->type != TCN_V_DICT)
        return given == NULL ? 0 : TCN_E_INVALID;
    const tcn_vdict *sources = given->dict;
    tcn_tpl_file *files = tcn_arena_zero(arena, sources->count * sizeof *files + 1);
    if (files == NULL)
        return TCN_E_NOMEM;
    for (uint32_t i = 0; i < sources->count; i++) {
        tcn_value source = sources->entries[i].value;
        if (source.type != TCN_V_STR)
            return TCN_E_INVALID;
        files[i].name =
            tcn_arena_str(arena, tcn_text_str(sources->entries[i].key.text)).ptr;
        files[i].source = tcn_arena_str(arena, tcn_text_str(source.text)).ptr;
        if (files[i].name == NULL || files[i].source == NULL)
            return TCN_E_NOMEM;
    }
    r->is_error = tcn_tpl_files_new(ret, env, files, sources->count, &r->error) < 0;
    return 0;
}

static int run_template(tcn_value test, const tcn_tpl_env *env, tcn_arena *arena,
                        result *r)
{
    tcn_tpl *tpl = NULL;
    tcn_value context_value;
    tcn_str source = text_field(test, "template");
    const tcn_value *plain = field(test, "context");
    tcn_tpl_context context = {0};
    tcn_str now = text_field(test, "now");
    if (now.len > 0)
        (void)tcn_datetime_parse(now, &context.now_us, NULL);
    int rc = tcn_case_value(plain != NULL ? *plain : tcn_none(), arena, &context_value);
    if (rc < 0)
        return rc;
    if (context_value.type == TCN_V_DICT)
        context.values = context_value.dict;
    rc = tcn_tpl_validate(env, source, &r->error);
    if (rc >= 0)
        rc = tcn_tpl_compile(&tpl, env, source, &r->error);
    if (rc >= 0)
        rc = tcn_tpl_render(tpl, &context, arena, &r->text, &r->error);
    tcn_tpl_unref(tpl);
    r->is_error = rc < 0;
    return 0;
}

static bool matches(tcn_value test, const result *r)
{
    const tcn_value *expect = field(test, "expect");
    const tcn_value *line = field(test, "line");
    tcn_str message = text_field(test, "message");
    const tcn_tpl_file *file = r->error.file;
    if (expect != NULL)
        return !r->is_error &&
               tcn_str_eq(tcn_buf_str(&r->text), tcn_text_str(expect->text));
    if (!r->is_error ||
        !tcn_str_eq_c(text_field(test, "error"), tcn_tpl_error_class(&r->error)))
        return false;
    if (field(test, "message") != NULL && !tcn_str_eq_c(message, r->error.message))
        return false;
    if (field(test, "file") != NULL &&
        (file == NULL || !tcn_str_eq_c(text_field(test, "file"), file->name)))
        return false;
    return line == NULL || line->integer == (int64_t)r->error.line;
}

static void show_text(const char *label, tcn_str text, FILE *out)
{
    tcn_buf shown;
    tcn_buf_init(&shown, (size_t)1 << 22);
    if (text.len > 2000)
        text.len = 2000;
    (void)tcn_buf_add_json(&shown, text);
    (void)fprintf(out, "  %s %.*s\n", label, TCN_STR_ARG(tcn_buf_str(&shown)));
    tcn_buf_deinit(&shown);
}

static void show_failure(tcn_value test, const result *r, FILE *out)
{
    tcn_str name = text_field(test, "name");
    (void)fprintf(out, "FAILED %.*s\n", TCN_STR_ARG(name));
    show_text("template:", text_field(test, "template"), out);
    if (field(test, "expect") != NULL) {
        show_text("expected:", text_field(test, "expect"), out);
    } else {
        const tcn_value *line = field(test, "line");
        (void)fprintf(out, "  expected: %.*s: %.*s (line %lld)\n",
                      TCN_STR_ARG(text_field(test, "error")),
                      TCN_STR_ARG(text_field(test, "message")),
                      line != NULL ? (long long)line->integer : 0);
    }
    if (r->is_error)
        (void)fprintf(out, "  got:      %s: %s (line %u%s%s)\n",
                      tcn_tpl_error_class(&r->error), r->error.message, r->error.line,
                      r->error.file != NULL ? " of " : "",
                      r->error.file != NULL ? r->error.file->name : "");
    else
        show_text("got:     ", tcn_buf_str(&r->text), out);
}

static int run_case(tcn_str line, tcn_arena *arena, FILE *out, tcn_case_totals *totals,
                    tcn_err *reterr)
{
    tcn_value test;
    tcn_tpl_env env;
    tcn_tpl_files *files = NULL;
    result r = {0};
    int rc = tcn_json_read(line, arena, NULL, &test, reterr);
    if (rc < 0)
        return rc;
    if (field(test, "template") == NULL ||
        (field(test, "expect") == NULL) == (field(test, "error") == NULL))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "a case has a template, and either expect or error");
    set_env(test, arena, &env);
    tcn_buf_init(&r.text, (size_t)4 << 20);
    rc = compile_files(test, &env, arena, &files, &r);
    if (rc >= 0 && !r.is_error)
        rc = run_template(test, &env, arena, &r);
    if (rc >= 0 && matches(test, &r))
        totals->passed++;
    else if (rc >= 0) {
        totals->failed++;
        show_failure(test, &r, out);
    }
    tcn_tpl_files_free(files);
    tcn_buf_deinit(&r.text);
    return rc < 0 ? tcn_err_set(reterr, rc, "a tagged value is wrong") : 0;
}

int tcn_render_cases(tcn_str cases, FILE *out, tcn_case_totals *ret, tcn_err *reterr)
{
    tcn_case_totals totals = {0};
    tcn_arena arena;
    tcn_str line;
    int rc = 0;
    uint32_t number = 0;
    tcn_arena_init(&arena, 0);
    while (rc >= 0 && tcn_str_split(&cases, '\n', &line)) {
        number++;
        if (tcn_str_trim(line).len == 0)
            continue;
        rc = run_case(line, &arena, out, &totals, reterr);
        tcn_arena_reset(&arena, (size_t)1 << 20);
    }
    tcn_arena_deinit(&arena);
    if (rc < 0 && reterr != NULL)
        reterr->line = number;
    *ret = totals;
    return rc;
}
