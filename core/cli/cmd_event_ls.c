/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_event_ls.c - tocsin event ls: what the daemon's log holds, page by page. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/cli/cli.h"
#include "core/cli/event_line.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/stored_event.h"

static const char usage[] =
    "usage: tocsin event ls [--since TIME] [--name GLOB] [--resource ID] [--json]\n"
    "\n"
    "Lists stored events, oldest first, one a line: when it occurred, name, resource.\n"
    "\n"
    "  --since TIME        from this time on (RFC 3339), or as long ago as 10m, 2h, 7d\n"
    "  --name GLOB         events of this name; * stands for anything\n"
    "  --resource ID       events of this resource\n"
    "  --json              whole events, one JSON object a line\n"
    "\n" TCN_REMOTE_HELP;

typedef struct ls {
    const char *url, *since, *name, *resource;
    bool is_json;
} ls;

static void print_event(const tcn_event *event, void *ud)
{
    (void)ud;
    tcn_event_line_print(event);
}

static int show_page(tcn_str lines, void *ud, tcn_err *reterr)
{
    const ls *o = ud;
    if (!o->is_json)
        return tcn_stored_each(lines, print_event, NULL, reterr);
    tcn_cli_write_json(lines);
    return 0;
}

static int list_all(ls *o, tcn_remote *remote, tcn_err *reterr)
{
    tcn_buf path;
    tcn_buf_init(&path, 4096);
    (void)tcn_buf_add_c(&path, "/tocsin/events");
    tcn_stored_query_add(&path, "since", o->since);
    tcn_stored_query_add(&path, "name", o->name);
    tcn_stored_query_add(&path, "resource", o->resource);
    int rc = tcn_buf_status(&path);
    if (rc < 0)
        tcn_err_set(reterr, rc, "the filter is too long");
    else
        rc = tcn_stored_pages(remote, path.ptr, show_page, o, reterr);
    tcn_buf_deinit(&path);
    return rc;
}

/* "2h" as the time that long ago; other texts stay for the daemon to judge. */
static const char *since_text(const char *since, char out[TCN_DATETIME_TEXT])
{
    int64_t ago_us = 0;
    if (since == NULL || strchr(since, '-') != NULL ||
        !tcn_duration_config(tcn_str_c(since), &ago_us))
        return since;
    tcn_datetime_format(tcn_clock_wall_us() - ago_us, out);
    return out;
}

int tcn_cmd_event_ls(int argc, char **argv)
{
    ls o = {0};
    const tcn_option options[] = {
        {.name = "json", .flag = &o.is_json},      {.name = "name", .text = &o.name},
        {.name = "resource", .text = &o.resource}, {.name = "since", .text = &o.since},
        {.name = "url", .text = &o.url},           {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no operands");
    char since[TCN_DATETIME_TEXT];
    o.since = since_text(o.since, since);
    tcn_err err = {0};
    tcn_remote *remote = NULL;
    int rc = tcn_remote_new(o.url, &remote, &err);
    if (rc >= 0)
        rc = list_all(&o, remote, &err);
    tcn_remote_free(remote);
    return rc < 0 ? tcn_cli_fail_err(&err) : TCN_EXIT_OK;
}
