/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_status.c - tocsin status: what an operator wants to see first. --all shows the
 * daemon's own report, indented, and interprets nothing, so that what the daemon adds
 * shows at once. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"
#include "core/cli/status_text.h"

#define DEPTH_MAX 8

static const char usage[] = "usage: tocsin status [--all] [--json]\n"
                            "\n"
                            "Asks the running daemon how it is.\n"
                            "\n"
                            "  --all               everything that it says, for people\n"
                            "  --json              the daemon's answer as it is\n"
                            "\n" TCN_REMOTE_HELP;

/* ---- everything ---- */

static void print_scalar(const json_t *value)
{
    if (json_is_string(value))
        printf("%s", json_string_value(value));
    else if (json_is_integer(value))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        printf("%.3f", json_real_value(value));
    else if (json_is_boolean(value))
        printf("%s", json_is_true(value) ? "yes" : "no");
    else if (json_is_null(value))
        printf("-");
    else
        printf("none"); /* an empty list or object */
}

static bool has_members(const json_t *value)
{
    return json_object_size(value) > 0 || json_array_size(value) > 0;
}

static void print_members(json_t *value, int depth);

static void print_member(const char *name, json_t *value, int depth)
{
    int indent = 2 * depth;
    bool is_nested = has_members(value) && depth < DEPTH_MAX;
    printf("%*s%s%s", indent, "", name, is_nested ? "\n" : "");
    if (is_nested) {
        print_members(value, depth + 1);
        return;
    }
    int pad = 24 - indent - (int)strlen(name);
    printf("%*s", pad > 1 ? pad : 1, "");
    print_scalar(value);
    printf("\n");
}

/* An item of a list is headed by its name or id, where it has one. */
static const char *item_name(json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    return name != NULL ? name : json_string_value(json_object_get(item, "id"));
}

static void print_members(json_t *value, int depth)
{
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member) print_member(key, member, depth);
    for (size_t i = 0; i < json_array_size(value); i++) {
        member = json_array_get(value, i);
        const char *name = item_name(member);
        print_member(name != NULL ? name : "-", member, depth);
    }
}

int tcn_cmd_status(int argc, char **argv)
{
    const char *url = NULL;
    bool is_json = false, is_all = false;
    const tcn_option options[] = {
        {.name = "all", .flag = &is_all},
        {.name = "json", .flag = &is_json},
        {.name = "url", .text = &url},
        {0},
    };
    tcn_operands operands;
    int exit_status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &exit_status))
        return exit_status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no operands");
    const tcn_remote_call call = {.url = url, .method = "GET", .path = "/status"};
    json_t *status = NULL;
    tcn_err err = {0};
    if (tcn_remote_json(&call, &status, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (!is_json)
        tcn_cli_printable(status);
    if (is_json) {
        tcn_cli_print_json(status);
    } else if (is_all) {
        print_members(status, 0);
    } else {
        tcn_status_text_print(status);
    }
    json_decref(status);
    return TCN_EXIT_OK;
}
