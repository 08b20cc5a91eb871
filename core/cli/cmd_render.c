/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_render.c - renders a template file, or runs a file of template cases. */
#include <stdio.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/remote.h"
#include "core/cli/render_cases.h"
#include "core/cli/render_event.h"
#include "core/template/lint.h"
#include "core/template/template.h"
#include "core/value/json.h"

enum {
    FILE_MAX = 64 << 20
};

static const char usage[] =
    "usage: tocsin render TEMPLATE [--context FILE] [--strict] [--type TYPE]\n"
    "       tocsin render TEMPLATE --event ID [--url URL] [--strict] [--type TYPE]\n"
    "       tocsin render TEMPLATE --list-variables\n"
    "       tocsin render --cases FILE\n"
    "\n"
    "Renders a template as an automation would; \"-\" is standard input.\n"
    "\n"
    "  --context FILE     JSON object with the variables; {\"$event\": {...}} and the like\n"
    "                     become Prefect's objects\n"
    "  --event ID         the context of an action that this stored event of the running\n"
    "                     daemon caused; automation and firing are empty\n"
    "  --strict           an undefined variable that is printed or looped over is an error,\n"
    "                     and so is a name that an automation's context does not have\n"
    "  --type TYPE        what the output is: text, html, json, mrkdwn, card, header, url\n"
    "                     or page (html with the limits of our own pages);\n"
    "                     values are escaped for it, the template's own text is not\n"
    "  --list-variables   prints the names that the template reads, one a line\n"
    "  --cases FILE       runs template cases, one JSON object a line; prints the failures\n"
    "                     and \"N passed, M failed\"\n"
    "\n" TCN_REMOTE_HELP;

typedef struct inputs {
    tcn_buf source, context;
    tcn_arena arena;
} inputs;

static int show_error(const char *name, const inputs *in, const tcn_tpl_error *error)
{
    tcn_buf text;
    tcn_buf_init(&text, (size_t)1 << 20);
    (void)tcn_tpl_error_show(error, tcn_str_c(name), tcn_buf_str(&in->source), &text);
    (void)fprintf(stderr, "%.*s", TCN_STR_ARG(tcn_buf_str(&text)));
    tcn_buf_deinit(&text);
    return TCN_EXIT_FAILED;
}

static int read_context(const char *path, inputs *in, tcn_tpl_context *context)
{
    tcn_err err = {0};
    tcn_value plain, value;
    int rc = tcn_cli_read_file(path, &in->context, &err);
    if (rc >= 0)
        rc = tcn_json_read(tcn_buf_str(&in->context), &in->arena, NULL, &plain, &err);
    if (rc >= 0)
        rc = tcn_case_value(plain, &in->arena, &value);
    if (rc >= 0 && value.type != TCN_V_DICT)
        rc = tcn_err_set(&err, TCN_E_INVALID, "the context is not an object");
    if (rc < 0) {
        (void)tcn_err_set(&err, rc, "a tagged value is wrong");
        tcn_err_source(&err, path);
        (void)tcn_cli_fail_err(&err);
        return rc;
    }
    context->values = value.dict;
    return 0;
}

static int list_variables(const tcn_tpl *tpl)
{
    for (size_t i = 0; i < tcn_tpl_root_count(tpl); i++)
        (void)printf("%.*s\n", TCN_STR_ARG(tcn_tpl_root(tpl, i)));
    return tcn_cli_flush(TCN_EXIT_OK);
}

typedef struct findings {
    const char *name;
    const inputs *in;
    size_t count;
} findings;

static void show_finding(void *ud, const tcn_tpl_error *finding)
{
    findings *all = ud;
    all->count++;
    (void)show_error(all->name, all->in, finding);
}

/* TCN_EXIT_FAILED when a name in the template cannot be meant. */
static int lint(const tcn_tpl_env *env, const char *name, const tcn_vdict *values,
                const inputs *in)
{
    findings all = {.name = name, .in = in};
    tcn_tpl_error error = {0};
    if (tcn_tpl_lint(env, tcn_buf_str(&in->source), values, show_finding, &all, &error) <
        0)
        return show_error(name, in, &error);
    return all.count > 0 ? TCN_EXIT_FAILED : TCN_EXIT_OK;
}

static int render(const tcn_tpl *tpl, const char *name, const tcn_tpl_context *context,
                  inputs *in)
{
    tcn_tpl_error error = {0};
    tcn_buf out;
    int status = TCN_EXIT_FAILED;
    tcn_buf_init(&out, (size_t)4 << 20);
    if (tcn_tpl_render(tpl, context, &in->arena, &out, &error) < 0) {
        (void)show_error(name, in, &error);
    } else {
        (void)fwrite(out.ptr != NULL ? out.ptr : "", 1, out.len, stdout);
        status = tcn_cli_flush(TCN_EXIT_OK);
    }
    tcn_buf_deinit(&out);
    return status;
}

typedef struct render_options {
    const char *context, *event, *url, *cases, *type;
    bool is_strict, is_list;
} render_options;

static int set_env(const render_options *given, tcn_tpl_env *env)
{
    const char *name = given->type != NULL ? given->type : "prefect";
    if (!tcn_tpl_env_named(env, tcn_str_c(name)))
        return tcn_usage_error(
            "render",
            "takes text, html, json, mrkdwn, card, header, url or page as --type");
    env->is_strict = given->is_strict;
    return TCN_EXIT_OK;
}

static int set_context(const render_options *given, inputs *in, tcn_render_event *event,
                       tcn_tpl_context *context)
{
    tcn_err err = {0};
    if (given->context != NULL)
        return read_context(given->context, in, context) < 0 ? TCN_EXIT_FAILED
                                                             : TCN_EXIT_OK;
    if (given->event == NULL)
        return TCN_EXIT_OK;
    if (tcn_render_event_get(given->url, given->event, &in->arena, event, &err) < 0)
        return tcn_cli_fail_err(&err);
    *context = event->context.tpl;
    return TCN_EXIT_OK;
}

static int run_template(const char *name, const render_options *given, inputs *in)
{
    tcn_tpl_env env;
    tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_err err = {0};
    tcn_tpl_context context = {.now_us = tcn_clock_wall_us()};
    tcn_render_event event;
    int status = set_env(given, &env);
    if (status != TCN_EXIT_OK)
        return status;
    if (tcn_cli_read_file(name, &in->source, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (tcn_tpl_validate(&env, tcn_buf_str(&in->source), &error) < 0 ||
        tcn_tpl_compile(&tpl, &env, tcn_buf_str(&in->source), &error) < 0)
        return show_error(name, in, &error);
    if (given->is_list)
        status = list_variables(tpl);
    else
        status = set_context(given, in, &event, &context);
    if (!given->is_list && status == TCN_EXIT_OK)
        status = given->is_strict ? lint(&env, name, context.values, in) : TCN_EXIT_OK;
    if (!given->is_list && status == TCN_EXIT_OK)
        status = render(tpl, name, &context, in);
    tcn_tpl_unref(tpl);
    return status;
}

static int run_cases(const char *path, inputs *in)
{
    tcn_err err = {0};
    tcn_case_totals totals = {0};
    int rc = tcn_cli_read_file(path, &in->source, &err);
    if (rc >= 0)
        rc = tcn_render_cases(tcn_buf_str(&in->source), stdout, &totals, &err);
    if (rc < 0) {
        tcn_err_source(&err, path);
        return tcn_cli_fail_err(&err);
    }
    (void)printf("%zu passed, %zu failed\n", totals.passed, totals.failed);
    return tcn_cli_flush(totals.failed > 0 ? TCN_EXIT_FAILED : TCN_EXIT_OK);
}

int tcn_cmd_render(int argc, char **argv)
{
    render_options given = {0};
    const tcn_option options[] = {
        {.name = "context", .text = &given.context},
        {.name = "event", .text = &given.event},
        {.name = "url", .text = &given.url},
        {.name = "cases", .text = &given.cases},
        {.name = "type", .text = &given.type},
        {.name = "strict", .flag = &given.is_strict},
        {.name = "list-variables", .flag = &given.is_list},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (given.cases != NULL ? operands.count > 0 : operands.count != 1)
        return tcn_usage_error(argv[0], "takes one template, or --cases FILE");
    if (given.event != NULL && given.context != NULL)
        return tcn_usage_error(argv[0], "takes one of --context and --event");
    inputs in;
    tcn_buf_init(&in.source, FILE_MAX);
    tcn_buf_init(&in.context, FILE_MAX);
    tcn_arena_init(&in.arena, 0);
    status = given.cases != NULL ? run_cases(given.cases, &in)
                                 : run_template(operands.items[0], &given, &in);
    tcn_arena_deinit(&in.arena);
    tcn_buf_deinit(&in.context);
    tcn_buf_deinit(&in.source);
    return status;
}
