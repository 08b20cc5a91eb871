/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c - tocsin check: every problem of a configuration and its definitions, or of
 * single files of automations, without starting anything. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/daemon/daemon.h"
#include "core/daemon/definitions.h"

static const char usage[] =
    "usage: tocsin check [--config FILE] [FILE...]\n"
    "\n"
    "Checks a configuration with its plugins, blocks, automations and templates, or single files\n"
    "of automations (their blocks are not looked up). Tells every problem, not only the first.\n"
    "\n"
    "  --config FILE   configuration (default, without files: /etc/tocsin/tocsin.yaml)\n";

static int tell(const tcn_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const tcn_problem *problem = &problems->items[i];
        char text[1024];
        fprintf(stderr, "%s%s\n", tcn_err_format(&problem->err, text, sizeof text),
                problem->is_warning ? " (warning)" : "");
    }
    size_t warnings = problems->count + problems->dropped - problems->errors;
    printf("%zu error%s, %zu warning%s\n", problems->errors, tcn_plural(problems->errors),
           warnings, tcn_plural(warnings));
    return problems->errors > 0 ? TCN_EXIT_FAILED : TCN_EXIT_OK;
}

int tcn_cmd_check(int argc, char **argv)
{
    const char *config = NULL;
    const tcn_option options[] = {{.name = "config", .text = &config}, {0}};
    tcn_operands files;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &files, &status))
        return status;

    tcn_problems problems;
    tcn_problems_init(&problems);
    if (config != NULL || files.count == 0)
        tcn_daemon_check(config != NULL ? config : "/etc/tocsin/tocsin.yaml", &problems);
    const tcn_definitions_limits limits = {
        .automations = 200000,
        .blocks = 4096,
        .automation = tcn_automation_limits_default,
    };
    for (size_t i = 0; i < files.count; i++)
        tcn_definitions_check_file(files.items[i], &limits, &problems);
    status = tell(&problems);
    tcn_problems_deinit(&problems);
    return status;
}
