/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_event_emit.c - tocsin event emit: one event from options, or a file of them.
 * Success means that the daemon has acknowledged: the events are durable and evaluated.
 */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/event_args.h"
#include "core/cli/event_file.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote.h"

#define BODY_BYTES ((size_t)8 << 20)

static const char usage[] =
    "usage: tocsin event emit NAME --resource-id ID [OPTIONS]\n"
    "       tocsin event emit --file FILE [--live]\n"
    "\n"
    "Sends an event to the daemon and returns when it is stored and evaluated.\n"
    "\n"
    "  --resource-id ID    prefect.resource.id of the event's resource\n"
    "  --resource LABELS   labels of the resource: KEY=VALUE[,KEY=VALUE...] or a JSON object;\n"
    "                      may be repeated\n"
    "  --related LABELS    a related resource, with prefect.resource.id and\n"
    "                      prefect.resource.role; or a JSON list of them; may be repeated\n"
    "  --payload JSON      a JSON object\n"
    "  --id UUID           default: a random one\n"
    "  --occurred TIME     default: now\n"
    "  --follows UUID      the event that came before this one\n"
    "  --json              print the event that was sent\n"
    "\n"
    "  --file FILE         send recorded events instead, one JSON object a line (-: standard\n"
    "                      input), in batches\n"
    "  --live              as if they happened now: at their own pace, with new ids and times\n"
    "\n" TCN_REMOTE_HELP;

typedef struct emit_options {
    const char *url, *file;
    bool is_json, is_live;
    tcn_event_args event;
} emit_options;

static int send_text(tcn_remote *remote, tcn_str list, tcn_err *reterr)
{
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, BODY_BYTES);
    int rc = tcn_remote_ask(remote, "POST", "/events", list, NULL, &reply, reterr);
    tcn_buf_deinit(&reply.body);
    return rc;
}

static int send_event(tcn_remote *remote, const tcn_event *event, bool is_json,
                      tcn_err *reterr)
{
    tcn_buf list;
    tcn_buf_init(&list, BODY_BYTES);
    tcn_buf_add_char(&list, '[');
    tcn_event_encode(event, &list);
    tcn_buf_add_char(&list, ']');
    int rc = tcn_buf_status(&list);
    if (rc < 0)
        tcn_err_set(reterr, rc, "the event is too large");
    else
        rc = send_text(remote, tcn_buf_str(&list), reterr);
    char id[TCN_UUID_TEXT + 1];
    if (rc >= 0 && is_json) {
        tcn_cli_write_json(tcn_str_of(list.ptr + 1, list.len - 2));
        printf("\n");
    } else if (rc >= 0)
        printf("Successfully emitted event '%.*s' with ID %s\n", TCN_STR_ARG(event->name),
               tcn_uuid_format(&event->id, id));
    tcn_buf_deinit(&list);
    return rc;
}

static int emit_one(tcn_remote *remote, const emit_options *o, tcn_err *reterr)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event event;
    int rc = tcn_event_args_build(&o->event, &arena, &event, reterr);
    if (rc >= 0)
        rc = send_event(remote, &event, o->is_json, reterr);
    tcn_arena_deinit(&arena);
    return rc;
}

static int emit_file(tcn_remote *remote, const emit_options *o, tcn_err *reterr)
{
    size_t count = 0;
    int rc = tcn_event_file_send(remote, o->file, o->is_live, &count, reterr);
    if (rc >= 0 || count > 0)
        printf("%zu event%s emitted\n", count, tcn_plural(count));
    return rc;
}

static bool parse(int argc, char **argv, emit_options *o, int *ret_status)
{
    const tcn_option options[] = {
        {.name = "file", .text = &o->file},
        {.name = "follows", .text = &o->event.follows},
        {.name = "id", .text = &o->event.id},
        {.name = "json", .flag = &o->is_json},
        {.name = "live", .flag = &o->is_live},
        {.name = "occurred", .text = &o->event.occurred},
        {.name = "payload", .text = &o->event.payload},
        {.name = "related", .list = &o->event.related},
        {.name = "resource", .letter = 'r', .list = &o->event.resource},
        {.name = "resource-id", .text = &o->event.resource_id},
        {.name = "url", .text = &o->url},
        {0},
    };
    tcn_operands operands;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, ret_status))
        return false;
    *ret_status = TCN_EXIT_OK;
    if (o->file != NULL && operands.count > 0)
        *ret_status = tcn_usage_error(argv[0], "either NAME or --file");
    else if (o->file == NULL && operands.count != 1)
        *ret_status = tcn_usage_error(argv[0], "needs the NAME of one event, or --file");
    else if (o->file == NULL && o->is_live)
        *ret_status = tcn_usage_error(argv[0], "--live goes with --file");
    else if (o->file == NULL)
        o->event.name = operands.items[0];
    return *ret_status == TCN_EXIT_OK;
}

int tcn_cmd_event_emit(int argc, char **argv)
{
    emit_options o = {0};
    int status = TCN_EXIT_OK;
    if (!parse(argc, argv, &o, &status))
        return status;
    tcn_err err = {0};
    tcn_remote *remote = NULL;
    int rc = tcn_remote_new(o.url, &remote, &err);
    if (rc >= 0)
        rc = o.file != NULL ? emit_file(remote, &o, &err) : emit_one(remote, &o, &err);
    tcn_remote_free(remote);
    return rc < 0 ? tcn_cli_fail_err(&err) : TCN_EXIT_OK;
}
