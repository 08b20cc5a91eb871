/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_block_create.c - tocsin block create: a block of the running daemon from the words
 * of a command line or a file. Secrets need not stand in either: they may be references,
 * which the daemon follows, or come from standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/block_options.h"
#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

static const char usage[] =
    "usage: tocsin block create --name NAME --type TYPE [OPTIONS]\n"
    "\n"
    "Makes a block of the running daemon, which keeps it in its store. It is in use as soon\n"
    "as this returns.\n"
    "\n"
    "  --name NAME         a-z, 0-9 and -\n"
    "  --type TYPE         a plugin's id (slack), or a type of Prefect's\n"
    "                      (prefect.slack-webhook)\n"
    "  --option KEY=VALUE  of the block; may be repeated. VALUE is read as YAML: true, 5,\n"
    "                      [a, b] and {a: b} are what they look like. A secret is best\n"
    "                      given as KEY={credential: NAME}, which the daemon reads at each\n"
    "                      use (the key needs the scope admin), or as {file: PATH},\n"
    "                      {env: NAME} or KEY=- (standard input, once), read here and now\n"
    "  --options FILE      the same as a file of YAML or JSON (-: standard input);\n"
    "                      --option comes on top\n"
    "  --json              print the block that was made\n"
    "\n" TCN_REMOTE_HELP;

typedef struct create_options {
    const char *url, *name, *type, *file;
    tcn_option_list list;
    bool is_json;
} create_options;

static bool parse(int argc, char **argv, create_options *o, int *ret_status)
{
    const tcn_option options[] = {
        {.name = "json", .flag = &o->is_json},
        {.name = "name", .text = &o->name},
        {.name = "option", .letter = 'o', .list = &o->list},
        {.name = "options", .text = &o->file},
        {.name = "type", .text = &o->type},
        {.name = "url", .text = &o->url},
        {0},
    };
    tcn_operands operands;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, ret_status))
        return false;
    *ret_status = TCN_EXIT_OK;
    if (operands.count > 0)
        *ret_status = tcn_usage_error(argv[0], "takes no operands");
    else if (o->name == NULL || o->type == NULL)
        *ret_status = tcn_usage_error(argv[0], "needs --name and --type");
    return *ret_status == TCN_EXIT_OK;
}

static int ask(const create_options *o, json_t *options, json_t **ret, tcn_err *reterr)
{
    json_t *body = json_pack("{s:s, s:s, s:O}", "name", o->name, "type", o->type,
                             "options", options);
    if (body == NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "the texts are not valid UTF-8");
    const tcn_remote_call call = {
        .url = o->url, .method = "POST", .path = "/tocsin/blocks", .body = body};
    int rc = tcn_remote_json(&call, ret, reterr);
    json_decref(body);
    return rc;
}

int tcn_cmd_block_create(int argc, char **argv)
{
    create_options o = {0};
    int status = TCN_EXIT_OK;
    if (!parse(argc, argv, &o, &status))
        return status;
    json_t *options = NULL, *block = NULL;
    tcn_err err = {0};
    int rc = tcn_block_options_read(o.file, &o.list, &options, &err);
    if (rc >= 0)
        rc = ask(&o, options, &block, &err);
    json_decref(options);
    if (rc < 0)
        return tcn_cli_fail_err(&err);
    const char *id = json_string_value(json_object_get(block, "id"));
    if (o.is_json)
        tcn_cli_print_json(block);
    else
        printf("Block '%s' (%s) was made, its id is %s\n", o.name, o.type,
               id != NULL ? id : "?");
    json_decref(block);
    return TCN_EXIT_OK;
}
