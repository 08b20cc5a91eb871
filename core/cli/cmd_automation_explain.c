/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_automation_explain.c - tocsin automation explain: why an event counted for an
 * automation, or did not; what is missing; what would fire. And, for an event of the log,
 * which firings of that automation it completed. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/datetime.h"
#include "core/cli/cli.h"
#include "core/cli/explain_text.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"
#include "core/cli/stored_event.h"

#define EVENT_BYTES ((size_t)64 << 20)
#define TEXT_BYTES  ((size_t)64 << 20)

static const char usage[] =
    "usage: tocsin automation explain AUTOMATION [EVENT] [--json]\n"
    "       tocsin automation explain AUTOMATION --event FILE [--json]\n"
    "\n"
    "Says what an automation (by name or id) makes of an event: each condition with what the\n"
    "event has, the bucket's count and window, what is missing, and what would fire. EVENT is\n"
    "the id of a stored one. Without an event: what the automation has counted so far.\n"
    "\n"
    "  --event FILE        an event as JSON (\"-\": standard input) that need not have happened\n"
    "  --json              the daemon's answer as it is\n"
    "\n" TCN_REMOTE_HELP;

typedef struct asked {
    const char *automation, *id, *file, *url;
    bool is_json;
    tcn_buf event;
} asked;

/* ---- firings that the event completed ---- */

typedef struct history {
    char wanted[TCN_UUID_TEXT + 16]; /* "prefect.event.<id>" */
    tcn_buf *out;
    size_t found, firings;
} history;

static void note_firing(const tcn_event *firing, void *ud)
{
    history *h = ud;
    h->firings++;
    for (uint32_t i = 0; i < firing->related_count; i++) {
        if (!tcn_str_eq_c(firing->related[i].id, h->wanted))
            continue;
        char at[TCN_DATETIME_TEXT], id[TCN_UUID_TEXT + 1];
        (void)tcn_datetime_format(firing->occurred_at_us, at);
        (void)tcn_buf_printf(h->out, "it completed a firing at %s, event %s\n", at,
                             tcn_uuid_format(&firing->id, id));
        h->found++;
    }
}

static int look_at_firings(tcn_str lines, void *ud, tcn_err *reterr)
{
    return tcn_stored_each(lines, note_firing, ud, reterr);
}

/* Firings of the automation since the event occurred, less a clock's difference. */
static int tell_history(const asked *a, const json_t *explanation, tcn_remote *remote,
                        tcn_buf *out, tcn_err *reterr)
{
    const json_t *event = json_object_get(explanation, "event");
    const json_t *automation = json_object_get(explanation, "automation");
    const char *occurred = json_string_value(json_object_get(event, "occurred"));
    history h = {.out = out};
    (void)snprintf(h.wanted, sizeof h.wanted, "prefect.event.%s",
                   json_string_value(json_object_get(event, "id")));
    char resource[96], since[TCN_DATETIME_TEXT];
    (void)snprintf(resource, sizeof resource, "prefect.automation.%s",
                   json_string_value(json_object_get(automation, "id")));
    int64_t since_us = 0;
    (void)tcn_datetime_parse(tcn_str_c(occurred), &since_us, NULL);
    (void)tcn_datetime_format(since_us - TCN_MINUTE_US, since);
    tcn_buf path;
    tcn_buf_init(&path, 4096);
    (void)tcn_buf_add_c(&path, "/tocsin/events");
    tcn_stored_query_add(&path, "name", "prefect.automation.triggered");
    tcn_stored_query_add(&path, "resource", resource);
    tcn_stored_query_add(&path, "since", since);
    int rc = tcn_buf_status(&path);
    if (rc == 0)
        rc = tcn_stored_pages(remote, path.ptr, look_at_firings, &h, reterr);
    tcn_buf_deinit(&path);
    if (rc == 0 && h.found == 0)
        (void)tcn_buf_printf(
            out, "%s completed no firing; %zu firings of this automation since\n", a->id,
            h.firings);
    return rc;
}

/* ---- asking ---- */

static int read_event(asked *a, tcn_remote *remote, tcn_err *reterr)
{
    if (a->id != NULL)
        return tcn_stored_event_get(remote, a->id, &a->event, reterr);
    return a->file != NULL ? tcn_cli_read_file(a->file, &a->event, reterr) : 0;
}

static int show(const asked *a, tcn_str answer, tcn_remote *remote, tcn_err *reterr)
{
    if (a->is_json) {
        tcn_cli_write_json(answer);
        printf("\n");
        return 0;
    }
    json_t *root = NULL;
    int rc = tcn_remote_json_read(answer, &root, reterr);
    if (rc < 0)
        return rc;
    tcn_cli_printable(root);
    tcn_buf text;
    tcn_buf_init(&text, TEXT_BYTES);
    tcn_explain_text_write(root, 0, &text);
    if (a->id != NULL)
        rc = tell_history(a, root, remote, &text, reterr);
    json_decref(root);
    tcn_str lines = tcn_buf_str(&text);
    printf("%.*s", TCN_STR_ARG(lines));
    tcn_buf_deinit(&text);
    return rc;
}

static int explain(asked *a, tcn_err *reterr)
{
    tcn_remote *remote = NULL;
    tcn_fetch_reply reply = {0};
    tcn_buf path;
    tcn_buf_init(&path, 4096);
    tcn_buf_init(&reply.body, TEXT_BYTES);
    (void)tcn_buf_add_c(&path, "/tocsin/explain");
    tcn_stored_query_add(&path, "automation", a->automation);
    int rc = tcn_buf_status(&path);
    if (rc == 0)
        rc = tcn_remote_new(a->url, &remote, reterr);
    if (rc == 0)
        rc = read_event(a, remote, reterr);
    if (rc == 0)
        rc = tcn_remote_ask(remote, "POST", path.ptr, tcn_buf_str(&a->event), NULL,
                            &reply, reterr);
    if (rc == 0)
        rc = show(a, tcn_buf_str(&reply.body), remote, reterr);
    tcn_remote_free(remote);
    tcn_buf_deinit(&reply.body);
    tcn_buf_deinit(&path);
    return rc < 0 ? tcn_err_set(reterr, rc, "%s", tcn_err_text(rc)) : rc;
}

int tcn_cmd_automation_explain(int argc, char **argv)
{
    asked a = {0};
    const tcn_option options[] = {
        {.name = "event", .text = &a.file},
        {.name = "json", .flag = &a.is_json},
        {.name = "url", .text = &a.url},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count < 1 || operands.count > 2)
        return tcn_usage_error(argv[0], "takes an automation and, if you like, an event");
    a.automation = operands.items[0];
    a.id = operands.count > 1 ? operands.items[1] : NULL;
    if (a.id != NULL && a.file != NULL)
        return tcn_usage_error(argv[0], "takes one event: an id or --event FILE");
    tcn_buf_init(&a.event, EVENT_BYTES);
    tcn_err err = {0};
    int rc = explain(&a, &err);
    tcn_buf_deinit(&a.event);
    return rc < 0 ? tcn_cli_fail_err(&err) : tcn_cli_flush(TCN_EXIT_OK);
}
