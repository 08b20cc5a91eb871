/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_block_inspect.c - tocsin block inspect: one block with its options. Secrets never
 * leave the daemon: it answers ********. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

static const char usage[] = "usage: tocsin block inspect NAME [--json]\n"
                            "\n"
                            "Shows one block of the running daemon; NAME may be its id.\n"
                            "\n"
                            "  --json              as a JSON object\n"
                            "\n" TCN_REMOTE_HELP;

static bool is_list_of_texts(const json_t *value)
{
    size_t i = 0;
    while (i < json_array_size(value) && json_is_string(json_array_get(value, i)))
        i++;
    return i > 0 && i == json_array_size(value);
}

static void print_value(const json_t *value)
{
    if (json_is_string(value)) {
        printf("%s\n", json_string_value(value));
        return;
    }
    if (is_list_of_texts(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            printf("%s%s", i > 0 ? ", " : "",
                   json_string_value(json_array_get(value, i)));
        printf("\n");
        return;
    }
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    printf("%s\n", text != NULL ? text : "?");
    free(text);
}

static void print_block(json_t *block)
{
    const char *key;
    json_t *value;
    tcn_cli_printable(block);
    json_object_foreach(block, key, value)
    {
        bool is_empty =
            json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
        if (strcmp(key, "options") == 0 || is_empty)
            continue;
        printf("%-14s ", key);
        print_value(value);
    }
    printf("options\n");
    json_object_foreach(json_object_get(block, "options"), key, value)
    {
        printf("  %-20s ", key);
        print_value(value);
    }
}

int tcn_cmd_block_inspect(int argc, char **argv)
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
    if (operands.count != 1)
        return tcn_usage_error(argv[0], "needs the NAME of one block");
    const tcn_remote_call call = {.url = url,
                                  .method = "GET",
                                  .path = "/tocsin/blocks/{}",
                                  .name = operands.items[0]};
    json_t *block = NULL;
    tcn_err err = {0};
    if (tcn_remote_json(&call, &block, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (is_json)
        tcn_cli_print_json(block);
    else
        print_block(block);
    json_decref(block);
    return TCN_EXIT_OK;
}
