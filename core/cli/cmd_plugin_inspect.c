/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugin_inspect.c - tocsin plugin inspect: what a plugin file is and takes, for
 * people, for programs, or as a page of documentation. */
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/plugin_text.h"
#include "core/kit/inspect.h"

static const char usage[] =
    "usage: tocsin plugin inspect FILE [--json | --markdown]\n"
    "\n"
    "Loads a plugin in a process of its own, as the daemon would, and prints what it is and which\n"
    "options its blocks have.\n"
    "\n"
    "  --json       everything, with the schema of its Prefect block type\n"
    "  --markdown   a page of documentation\n";

int tcn_cmd_plugin_inspect(int argc, char **argv)
{
    bool is_json = false, is_markdown = false;
    const tcn_option options[] = {
        {.name = "json", .flag = &is_json},
        {.name = "markdown", .flag = &is_markdown},
        {0},
    };
    tcn_operands files;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &files, &status))
        return status;
    if (files.count != 1)
        return tcn_usage_error(argv[0], "takes one FILE");
    if (is_json && is_markdown)
        return tcn_usage_error(argv[0], "--json and --markdown exclude each other");
    json_t *plugin = NULL;
    tcn_err err = {0};
    if (tcn_kit_inspect(files.items[0], &plugin, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (is_json)
        tcn_cli_print_json(plugin);
    else
        tcn_cli_printable(plugin);
    if (is_markdown)
        tcn_plugin_text_page(plugin);
    else if (!is_json)
        tcn_plugin_text_print(plugin);
    json_decref(plugin);
    return TCN_EXIT_OK;
}
