/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_reload.c - tocsin reload: asks the running daemon to read everything anew, and says
 * what changed, or why nothing did. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

#define ANSWER_BYTES ((size_t)64 << 20)
#define ASK_MS       (24 * 3600 * 1000) /* the daemon has limits of its own */

static const char usage[] =
    "usage: tocsin reload [--plan] [--wait] [--clear-quarantine] [--json]\n"
    "\n"
    "Lets the running daemon read its configuration, plugins, blocks and automations anew. All of\n"
    "it takes effect at once, or nothing does; then the reasons are printed and the status is 1.\n"
    "\n"
    "  --plan              only print what would change\n"
    "  --wait              until what was replaced has ended its deliveries, too\n"
    "  --clear-quarantine  let blocks run again that crashed the daemon\n"
    "  --json              the daemon's answer as it is\n"
    "\n" TCN_REMOTE_HELP;

typedef struct reload_options {
    const char *url;
    bool is_plan, is_wait, is_clear, is_json;
} reload_options;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void print_changes(const json_t *answer)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(answer, "changes"), i, item)
    {
        const char *detail = text_of(item, "detail");
        printf("%s %s %s%s%s%s\n", text_of(item, "change"), text_of(item, "kind"),
               text_of(item, "name"), detail[0] != '\0' ? " (" : "", detail,
               detail[0] != '\0' ? ")" : "");
    }
    json_array_foreach(json_object_get(answer, "notes"), i, item)
        fprintf(stderr, "note: %s\n", json_string_value(item));
}

static size_t print_problems(const json_t *answer)
{
    size_t i, errors = 0;
    const json_t *item;
    json_array_foreach(json_object_get(answer, "problems"), i, item)
    {
        bool is_warning = json_is_true(json_object_get(item, "is_warning"));
        errors += !is_warning;
        fprintf(stderr, "%s%s\n", text_of(item, "text"), is_warning ? " (warning)" : "");
    }
    return errors;
}

/* What was changed goes to standard output, what is wrong to standard error. */
static int print_answer(const json_t *answer)
{
    size_t errors = print_problems(answer);
    const char *result = text_of(answer, "result");
    if (errors > 0) {
        fprintf(stderr, "tocsin: reload refused: %zu problem%s; nothing was changed\n",
                errors, tcn_plural(errors));
        return TCN_EXIT_FAILED;
    }
    print_changes(answer);
    size_t changes = json_array_size(json_object_get(answer, "changes"));
    if (changes == 0)
        printf("nothing %s; looked at %s\n",
               strcmp(result, "planned") == 0 ? "would change" : "changed",
               text_of(json_object_get(answer, "looked_at"), "text"));
    else
        printf("%s: %zu change%s\n", result, changes, tcn_plural(changes));
    return TCN_EXIT_OK;
}

static int print(const reload_options *options, tcn_str body, tcn_err *reterr)
{
    json_t *answer = NULL;
    int rc = tcn_remote_json_read(body, &answer, reterr);
    if (rc < 0)
        return rc;
    bool is_refused = json_object_get(answer, "detail") != NULL;
    int status = is_refused ? TCN_EXIT_FAILED : TCN_EXIT_OK;
    if (options->is_json) {
        tcn_cli_write_json(body);
        printf("\n");
    } else {
        tcn_cli_printable(answer);
        if (options->is_clear && !options->is_plan)
            printf("blocks that were in quarantine start again\n");
        status = print_answer(answer);
    }
    json_decref(answer);
    return status;
}

static int ask(const reload_options *options, int *ret_status, tcn_err *reterr)
{
    tcn_remote *remote = NULL;
    int rc = tcn_remote_new_patient(options->url, ASK_MS, &remote, reterr);
    if (rc < 0)
        return rc;
    char body[96];
    (void)snprintf(body, sizeof body, "{\"plan\":%s,\"wait\":%s,\"clear_quarantine\":%s}",
                   options->is_plan ? "true" : "false",
                   options->is_wait ? "true" : "false",
                   options->is_clear ? "true" : "false");
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, ANSWER_BYTES);
    rc = tcn_remote_ask(remote, "POST", "/reload", tcn_str_c(body), NULL, &reply, reterr);
    if (rc >= 0 || reply.status == 422) {
        rc = print(options, tcn_buf_str(&reply.body), reterr);
        *ret_status = rc;
    }
    tcn_buf_deinit(&reply.body);
    tcn_remote_free(remote);
    return rc;
}

int tcn_cmd_reload(int argc, char **argv)
{
    reload_options chosen = {0};
    const tcn_option options[] = {
        {.name = "plan", .flag = &chosen.is_plan},
        {.name = "wait", .flag = &chosen.is_wait},
        {.name = "clear-quarantine", .flag = &chosen.is_clear},
        {.name = "json", .flag = &chosen.is_json},
        {.name = "url", .text = &chosen.url},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no operands");
    tcn_err err = {0};
    int rc = ask(&chosen, &status, &err);
    return rc < 0 ? tcn_cli_fail_err(&err) : status;
}
