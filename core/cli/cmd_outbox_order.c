/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_outbox_order.c - tocsin outbox show, retry and drop: one action, or, for the dead,
 * all of them or those of one block. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"
#include "core/cli/stored_event.h"

#define ANSWER_BYTES ((size_t)1 << 20)
#define IDS_MAX      1000000

static const char show_usage[] = "usage: tocsin outbox show ID\n"
                                 "\n"
                                 "Prints all that is known of an action, as JSON.\n"
                                 "\n" TCN_REMOTE_HELP;
static const char retry_usage[] =
    "usage: tocsin outbox retry ID...\n"
    "       tocsin outbox retry --all [--block NAME]\n"
    "\n"
    "Queues dead actions again, with their invocation id and as much time as they had; one that\n"
    "waits is tried now.\n"
    "\n"
    "  --all               all dead actions\n"
    "  --block NAME        those of this block, as the automation names it\n"
    "\n" TCN_REMOTE_HELP;
static const char drop_usage[] =
    "usage: tocsin outbox drop ID...\n"
    "       tocsin outbox drop --all [--block NAME]\n"
    "\n"
    "Removes dead actions; one that waits ends as failed, and is dead.\n"
    "\n"
    "  --all               all dead actions\n"
    "  --block NAME        those of this block, as the automation names it\n"
    "\n" TCN_REMOTE_HELP;

typedef struct ordering {
    const char *verb, *url, *block;
    bool is_all;
    int64_t *ids;
    size_t count, capacity;
} ordering;

/* ---- which ---- */

static int add_id(ordering *o, int64_t id, tcn_err *reterr)
{
    if (o->count >= IDS_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT,
                           "more than %d actions: go on with the rest", IDS_MAX);
    int rc = tcn_grow((void **)&o->ids, &o->capacity, o->count + 1, sizeof *o->ids);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    o->ids[o->count++] = id;
    return 0;
}

static int add_lines(tcn_str lines, void *ud, tcn_err *reterr)
{
    ordering *o = ud;
    tcn_str line;
    int rc = 0;
    while (rc == 0 && tcn_str_split(&lines, '\n', &line)) {
        json_t *action =
            line.len > 0 ? json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, NULL) : NULL;
        if (action != NULL)
            rc = add_id(o, json_integer_value(json_object_get(action, "id")), reterr);
        json_decref(action);
    }
    return rc;
}

static int add_dead(ordering *o, tcn_remote *remote, tcn_err *reterr)
{
    tcn_buf path;
    tcn_buf_init(&path, 4096);
    (void)tcn_buf_add_c(&path, "/tocsin/outbox?state=dead");
    tcn_stored_query_add(&path, "block", o->block);
    int rc = tcn_buf_status(&path);
    if (rc < 0)
        (void)tcn_err_set(reterr, rc, "the block's name is too long");
    else
        rc = tcn_stored_pages(remote, path.ptr, add_lines, o, reterr);
    tcn_buf_deinit(&path);
    return rc;
}

/* ---- orders ---- */

/* What cannot be done is told; the rest goes on. */
static int give_orders(ordering *o, tcn_remote *remote, size_t *ret_done)
{
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, ANSWER_BYTES);
    int status = TCN_EXIT_OK;
    for (size_t i = 0; i < o->count; i++) {
        char path[64];
        tcn_err err = {0};
        (void)snprintf(path, sizeof path, "/tocsin/outbox/%" PRId64 "/%s", o->ids[i],
                       o->verb);
        if (tcn_remote_ask(remote, "POST", path, (tcn_str){0}, NULL, &reply, &err) < 0)
            status = tcn_cli_fail("action %" PRId64 ": %s", o->ids[i], err.text);
        else
            (*ret_done)++;
    }
    tcn_buf_deinit(&reply.body);
    return status;
}

static int carry_out(ordering *o)
{
    tcn_err err = {0};
    tcn_remote *remote = NULL;
    size_t done = 0;
    int status = TCN_EXIT_OK;
    if (tcn_remote_new(o->url, &remote, &err) < 0 ||
        (o->is_all && add_dead(o, remote, &err) < 0))
        status = tcn_cli_fail_err(&err);
    else
        status = give_orders(o, remote, &done);
    tcn_remote_free(remote);
    printf("%zu %s\n", done, strcmp(o->verb, "retry") == 0 ? "queued" : "dropped");
    return tcn_cli_flush(status);
}

static int order(ordering *o, const char *usage, int argc, char **argv)
{
    const tcn_option options[] = {
        {.name = "all", .flag = &o->is_all},
        {.name = "block", .text = &o->block},
        {.name = "url", .text = &o->url},
        {0},
    };
    tcn_operands ids;
    tcn_err err = {0};
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &ids, &status))
        return status;
    if (o->is_all == (ids.count > 0) || (o->block != NULL && !o->is_all))
        return tcn_usage_error(argv[0], "takes ids of actions, or --all");
    for (size_t i = 0; i < ids.count; i++) {
        int64_t id = 0;
        if (!tcn_str_int(tcn_str_c(ids.items[i]), 1, INT64_MAX, &id))
            return tcn_usage_error(argv[0], "takes numbers: \"%s\" is no id of an action",
                                   ids.items[i]);
        if (add_id(o, id, &err) < 0)
            return tcn_cli_fail_err(&err);
    }
    return carry_out(o);
}

static int run_order(const char *verb, const char *usage, int argc, char **argv)
{
    ordering o = {.verb = verb};
    int status = order(&o, usage, argc, argv);
    tcn_free(o.ids);
    return status;
}

int tcn_cmd_outbox_retry(int argc, char **argv)
{
    return run_order("retry", retry_usage, argc, argv);
}

int tcn_cmd_outbox_drop(int argc, char **argv)
{
    return run_order("drop", drop_usage, argc, argv);
}

/* ---- show ---- */

int tcn_cmd_outbox_show(int argc, char **argv)
{
    const char *url = NULL;
    const tcn_option options[] = {{.name = "url", .text = &url}, {0}};
    tcn_operands ids;
    tcn_err err = {0};
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(show_usage, options, argc, argv, &ids, &status))
        return status;
    if (ids.count != 1)
        return tcn_usage_error(argv[0], "takes the id of an action");
    const tcn_remote_call call = {
        .url = url, .method = "GET", .path = "/tocsin/outbox/{}", .name = ids.items[0]};
    json_t *action = NULL;
    if (tcn_remote_json(&call, &action, &err) < 0)
        return tcn_cli_fail_err(&err);
    tcn_cli_print_json(action);
    json_decref(action);
    return tcn_cli_flush(TCN_EXIT_OK);
}
