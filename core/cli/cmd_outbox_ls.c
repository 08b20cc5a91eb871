/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_outbox_ls.c - tocsin outbox ls: actions that wait, and those that failed for good.
 */
#include <jansson.h>
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/stored_event.h"

#define LINE_BYTES ((size_t)64 << 10)

static const char usage[] =
    "usage: tocsin outbox ls [--state queued|dead] [--block NAME] [--json]\n"
    "\n"
    "Lists actions, one a line: id, state, block, automation, attempts, when it is due or when it\n"
    "failed, and why. Without --state those that wait come first, then the dead.\n"
    "\n"
    "  --state STATE       queued: those that wait; dead: those that failed for good\n"
    "  --block NAME        actions of this block, as the automation names it\n"
    "  --json              all that is known of each, one JSON object a line\n"
    "\n" TCN_REMOTE_HELP;

typedef struct ls {
    const char *url, *state, *block;
    bool is_json;
    size_t count;
} ls;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "-";
}

static void print_action(const json_t *action)
{
    tcn_buf line;
    tcn_buf_init(&line, LINE_BYTES);
    bool is_dead = json_object_get(action, "reason") != NULL;
    json_int_t attempts = json_integer_value(json_object_get(action, "attempt"));
    (void)tcn_buf_printf(&line, "%-6" JSON_INTEGER_FORMAT " %-6s  ",
                         json_integer_value(json_object_get(action, "id")),
                         text_of(action, "state"));
    (void)tcn_buf_add_printable(&line, tcn_str_c(text_of(action, "block")));
    (void)tcn_buf_add_c(&line, "  \"");
    (void)tcn_buf_add_printable(&line, tcn_str_c(text_of(action, "automation")));
    (void)tcn_buf_printf(&line, "\"  %" JSON_INTEGER_FORMAT " attempt%s, %s %s", attempts,
                         tcn_plural((uint64_t)attempts), is_dead ? "failed" : "next",
                         text_of(action, is_dead ? "ended" : "next"));
    if (is_dead) {
        (void)tcn_buf_printf(&line, "  %s: ", text_of(action, "cause"));
        (void)tcn_buf_add_printable(&line, tcn_str_c(text_of(action, "reason")));
    }
    tcn_str text = tcn_buf_str(&line);
    printf("%.*s\n", TCN_STR_ARG(text));
    tcn_buf_deinit(&line);
}

static int print_page(tcn_str lines, void *ud, tcn_err *reterr)
{
    ls *o = ud;
    tcn_str line;
    while (tcn_str_split(&lines, '\n', &line)) {
        if (line.len == 0)
            continue;
        o->count++;
        if (o->is_json) {
            tcn_cli_write_json(line);
            printf("\n");
            continue;
        }
        json_t *action = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, NULL);
        if (action == NULL)
            return tcn_err_set(reterr, TCN_E_SYNTAX,
                               "the daemon's answer cannot be read");
        print_action(action);
        json_decref(action);
    }
    return 0;
}

static int list(ls *o, tcn_remote *remote, const char *state, tcn_err *reterr)
{
    tcn_buf path;
    tcn_buf_init(&path, 4096);
    (void)tcn_buf_add_c(&path, "/tocsin/outbox");
    tcn_stored_query_add(&path, "state", state);
    tcn_stored_query_add(&path, "block", o->block);
    int rc = tcn_buf_status(&path);
    if (rc < 0)
        (void)tcn_err_set(reterr, rc, "the filter is too long");
    else
        rc = tcn_stored_pages(remote, path.ptr, print_page, o, reterr);
    tcn_buf_deinit(&path);
    return rc;
}

static int list_states(ls *o, tcn_err *reterr)
{
    tcn_remote *remote = NULL;
    int rc = tcn_remote_new(o->url, &remote, reterr);
    if (rc == 0 && o->state != NULL)
        rc = list(o, remote, o->state, reterr);
    if (rc == 0 && o->state == NULL)
        rc = list(o, remote, "queued", reterr);
    if (rc == 0 && o->state == NULL)
        rc = list(o, remote, "dead", reterr);
    tcn_remote_free(remote);
    return rc;
}

int tcn_cmd_outbox_ls(int argc, char **argv)
{
    ls o = {0};
    const tcn_option options[] = {
        {.name = "state", .text = &o.state},
        {.name = "block", .text = &o.block},
        {.name = "json", .flag = &o.is_json},
        {.name = "url", .text = &o.url},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no operands");
    if (o.state != NULL && strcmp(o.state, "queued") != 0 && strcmp(o.state, "dead") != 0)
        return tcn_usage_error(argv[0], "takes queued or dead as --state");
    tcn_err err = {0};
    if (list_states(&o, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (o.count == 0 && !o.is_json)
        printf("nothing waits and nothing is dead\n");
    return tcn_cli_flush(TCN_EXIT_OK);
}
