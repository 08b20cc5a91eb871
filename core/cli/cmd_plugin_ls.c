/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugin_ls.c - tocsin plugin ls: what code the running daemon has loaded. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"
#include "core/cli/text_table.h"

static const char usage[] =
    "usage: tocsin plugin ls [--json]\n"
    "\n"
    "Lists the plugins of the running daemon: every generation of their code that is loaded.\n"
    "\n"
    "  --json              as a JSON list\n"
    "\n" TCN_REMOTE_HELP;

static const tcn_text_column columns[] = {
    {"ID", "id"},
    {"VERSION", "version"},
    {"ABI", "abi"},
    {"GENERATION", "generation"},
    {"STATE", "state"},
    {"INSTANCES", "instances"},
    {"IN FLIGHT", "in_flight"},
    {"FILE", "file"},
    {0},
};

int tcn_cmd_plugin_ls(int argc, char **argv)
{
    const char *url = NULL;
    bool is_json = false;
    const tcn_option options[] = {
        {.name = "json", .flag = &is_json},
        {.name = "url", .text = &url},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no operands");
    const tcn_remote_call call = {.url = url, .method = "GET", .path = "/status"};
    json_t *answer = NULL;
    tcn_err err = {0};
    if (tcn_remote_json(&call, &answer, &err) < 0)
        return tcn_cli_fail_err(&err);
    json_t *list = json_object_get(answer, "plugins");
    if (!is_json)
        tcn_cli_printable(list);
    if (is_json)
        tcn_cli_print_json(list);
    else if (json_array_size(list) == 0)
        printf("no plugins\n");
    else
        tcn_text_table_print(columns, list);
    json_decref(answer);
    return TCN_EXIT_OK;
}
