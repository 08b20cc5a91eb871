/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_status.c - tocsin status: the daemon's own report, indented for people. Nothing is
 * interpreted here, so what the daemon adds shows at once. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/remote.h"

#define STATUS_BYTES ((size_t)16 << 20)
#define DEPTH_MAX    8

static const char usage[] = "usage: tocsin status [--json]\n"
                            "\n"
                            "Asks the running daemon how it is.\n"
                            "\n"
                            "  --json              the daemon's answer as it is\n"
                            "\n" TCN_REMOTE_HELP;

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

static int print_status(tcn_str answer, bool is_json, tcn_err *reterr)
{
    if (is_json) {
        printf("%.*s\n", TCN_STR_ARG(answer));
        return 0;
    }
    json_t *root = json_loadb(answer.ptr != NULL ? answer.ptr : "", answer.len, 0, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return tcn_err_set(reterr, TCN_E_SYNTAX, "the daemon's answer cannot be read");
    }
    print_members(root, 0);
    json_decref(root);
    return 0;
}

static int ask(const char *url, bool is_json, tcn_err *reterr)
{
    tcn_remote *remote = NULL;
    int rc = tcn_remote_new(url, &remote, reterr);
    if (rc < 0)
        return rc;
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, STATUS_BYTES);
    rc = tcn_remote_ask(remote, "GET", "/status", (tcn_str){0}, NULL, &reply, reterr);
    if (rc >= 0)
        rc = print_status(tcn_buf_str(&reply.body), is_json, reterr);
    tcn_buf_deinit(&reply.body);
    tcn_remote_free(remote);
    return rc;
}

int tcn_cmd_status(int argc, char **argv)
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
    tcn_err err = {0};
    int rc = ask(url, is_json, &err);
    return rc < 0 ? tcn_cli_fail_err(&err) : TCN_EXIT_OK;
}
