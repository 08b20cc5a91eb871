/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_test.c - tocsin test: scenario files against the engine, in virtual time. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/documents.h"
#include "core/cli/junit.h"
#include "core/cli/options.h"
#include "core/cli/scenario.h"

#define TEXT_MAX  ((size_t)16 << 20)
#define JUNIT_MAX ((size_t)256 << 20)

static const char usage[] =
    "usage: tocsin test [--junit FILE] [--restart] FILE...\n"
    "\n"
    "Runs the scenarios of JSON or YAML files (one, or a list of them) against the engine, in\n"
    "virtual time, and compares the firings with those that are expected.\n"
    "\n"
    "  --junit FILE   also writes the results as JUnit XML\n"
    "  --restart      saves and restores the engine's state after every step\n";

typedef struct totals {
    tcn_scenario_options options;
    size_t passed, failed;
    tcn_junit junit;
} totals;

/* To standard error, and to text for those who read the XML. */
static void tell_problems(const tcn_documents *file, tcn_problems *problems,
                          const char *prefix, tcn_buf *text)
{
    for (size_t i = 0; i < problems->count && prefix[0] != '\0'; i++)
        tcn_err_within(&problems->items[i].err, prefix);
    tcn_documents_tell(file, problems);
    for (size_t i = 0; i < problems->count; i++) {
        char line[sizeof(tcn_err)];
        (void)tcn_buf_printf(text, "%s\n",
                             tcn_err_format(&problems->items[i].err, line, sizeof line));
    }
}

static void tell_name(bool is_good, const char *name)
{
    tcn_buf line;
    tcn_buf_init(&line, TEXT_MAX);
    (void)tcn_buf_add_printable(&line, tcn_str_c(name));
    printf("%s %.*s\n", is_good ? "ok  " : "FAIL", TCN_STR_ARG(tcn_buf_str(&line)));
    tcn_buf_deinit(&line);
}

/* One scenario; prefix is its place in the file. */
static void run_scenario(totals *t, const char *path, const tcn_documents *file,
                         const json_t *document, const char *prefix)
{
    tcn_scenario scenario;
    tcn_problems problems;
    tcn_buf text;
    tcn_problems_init(&problems);
    tcn_buf_init(&text, TEXT_MAX);
    int rc = tcn_scenario_run(document, &t->options, &scenario, &text, &problems);
    if (rc < 0 && problems.errors == 0)
        (void)tcn_buf_printf(&text, "  %s\n", tcn_err_text(rc));
    tell_name(rc == 0, scenario.name);
    if (rc != 0 && text.len > 0)
        fwrite(text.ptr, 1, text.len, stdout);
    if (rc < 0)
        tell_problems(file, &problems, prefix, &text);
    tcn_junit_result result = rc == 0 ? TCN_JUNIT_PASSED : TCN_JUNIT_FAILED;
    if (rc < 0)
        result = TCN_JUNIT_ERROR;
    tcn_junit_add(&t->junit, path, scenario.name, result, tcn_buf_str(&text));
    if (rc == 0)
        t->passed++;
    else
        t->failed++;
    tcn_scenario_deinit(&scenario);
    tcn_buf_deinit(&text);
    tcn_problems_deinit(&problems);
}

static int run_file(totals *t, const char *path)
{
    tcn_documents *file = NULL;
    tcn_err err = {0};
    if (tcn_documents_load(path, &file, &err) < 0) {
        char text[sizeof(tcn_err)];
        tcn_junit_add(&t->junit, path, "(the file)", TCN_JUNIT_ERROR,
                      tcn_str_c(tcn_err_format(&err, text, sizeof text)));
        return tcn_cli_fail_err(&err);
    }
    const json_t *root = tcn_documents_root(file);
    if (!json_is_array(root))
        run_scenario(t, path, file, root, "");
    for (size_t i = 0; i < json_array_size(root); i++) {
        char prefix[32];
        (void)snprintf(prefix, sizeof prefix, "[%zu]", i);
        run_scenario(t, path, file, json_array_get(root, i), prefix);
    }
    tcn_documents_free(file);
    return TCN_EXIT_OK;
}

int tcn_cmd_test(int argc, char **argv)
{
    const char *junit = NULL;
    bool restarts = false;
    const tcn_option options[] = {
        {.name = "junit", .text = &junit},
        {.name = "restart", .flag = &restarts},
        {0},
    };
    tcn_operands files;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &files, &status))
        return status;
    if (files.count == 0)
        return tcn_usage_error("test", "a scenario file is needed");

    totals t = {.options = {.restarts_always = restarts}};
    tcn_junit_init(&t.junit, JUNIT_MAX);
    for (size_t i = 0; i < files.count; i++) {
        if (run_file(&t, files.items[i]) != TCN_EXIT_OK)
            status = TCN_EXIT_FAILED;
    }
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    tcn_err err = {0};
    if (junit != NULL && tcn_junit_write(&t.junit, junit, &err) < 0)
        status = tcn_cli_fail_err(&err);
    tcn_junit_deinit(&t.junit);
    return tcn_cli_flush(t.failed > 0 ? TCN_EXIT_FAILED : status);
}
