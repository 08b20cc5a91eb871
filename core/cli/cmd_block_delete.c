/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_block_delete.c - tocsin block delete: a block that was made through the API. What
 * stands in a file goes with the file. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

static const char usage[] =
    "usage: tocsin block delete NAME [--force] [--json]\n"
    "\n"
    "Deletes a block that was made through the API; NAME may be its id. Blocks of files are\n"
    "deleted there. Actions that wait for the block end failed.\n"
    "\n"
    "  --force             also when an automation uses it\n"
    "  --json              print what was deleted as a JSON object\n"
    "\n" TCN_REMOTE_HELP;

int tcn_cmd_block_delete(int argc, char **argv)
{
    const char *url = NULL;
    bool is_forced = false, is_json = false;
    const tcn_option options[] = {
        {.name = "force", .flag = &is_forced},
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
    const tcn_remote_call call = {
        .url = url,
        .method = "DELETE",
        .path = is_forced ? "/tocsin/blocks/{}?force=true" : "/tocsin/blocks/{}",
        .name = operands.items[0],
    };
    json_t *answer = NULL;
    tcn_err err = {0};
    if (tcn_remote_json(&call, &answer, &err) < 0)
        return tcn_cli_fail_err(&err);
    json_decref(answer);
    json_t *deleted = json_pack("{s:s}", "deleted", operands.items[0]);
    if (is_json)
        tcn_cli_print_json(deleted);
    else
        printf("Deleted block '%s'\n", operands.items[0]);
    json_decref(deleted);
    return TCN_EXIT_OK;
}
