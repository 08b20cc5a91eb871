/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_block_ls.c - tocsin block ls: every block of the daemon, one a line. */
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

static const char usage[] = "usage: tocsin block ls [--json]\n"
                            "\n"
                            "Lists the blocks of the running daemon.\n"
                            "\n"
                            "  --json              as a JSON list, with all options\n"
                            "\n" TCN_REMOTE_HELP;

static const char *text_of(const json_t *block, const char *key)
{
    const char *text = json_string_value(json_object_get(block, key));
    return text != NULL ? text : "-";
}

static int width_of(const json_t *list, const char *key, const char *title)
{
    size_t width = strlen(title);
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t len = strlen(text_of(json_array_get(list, i), key));
        width = len > width ? len : width;
    }
    return (int)width;
}

static void print_table(json_t *list)
{
    tcn_cli_printable(list);
    int name = width_of(list, "name", "NAME"), type = width_of(list, "type", "TYPE");
    if (json_array_size(list) == 0) {
        printf("no blocks\n");
        return;
    }
    printf("%-*s  %-*s  %-6s  %-11s  ID\n", name, "NAME", type, "TYPE", "ORIGIN",
           "STATE");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *block = json_array_get(list, i);
        printf("%-*s  %-*s  %-6s  %-11s  %s\n", name, text_of(block, "name"), type,
               text_of(block, "type"), text_of(block, "origin"), text_of(block, "state"),
               text_of(block, "id"));
    }
}

int tcn_cmd_block_ls(int argc, char **argv)
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
    const tcn_remote_call call = {.url = url, .method = "GET", .path = "/tocsin/blocks"};
    json_t *list = NULL;
    tcn_err err = {0};
    if (tcn_remote_json(&call, &list, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (is_json)
        tcn_cli_print_json(list);
    else
        print_table(list);
    json_decref(list);
    return TCN_EXIT_OK;
}
