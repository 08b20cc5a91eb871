/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_block_send.c - tocsin block send: a test message through one block of the daemon,
 * and what went over the wire, as an HTTP message is written. */
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/remote_json.h"

static const char usage[] =
    "usage: tocsin block send NAME [OPTIONS]\n"
    "\n"
    "Sends a test message through one block, as an automation's action would, and prints\n"
    "what went over the wire (secrets masked) and what the peer answered. One attempt: a\n"
    "failure is not tried again. Exit status 1 when it did not arrive.\n"
    "\n"
    "  --subject TEXT      of the message; templates are rendered\n"
    "  --body TEXT         of the message\n"
    "  --payload TEXT      of a block that does not notify (call-webhook)\n"
    "  --dry-run           prints the bytes and sends nothing\n"
    "  --json              the daemon's report as it is\n"
    "\n" TCN_REMOTE_HELP;

typedef struct send_options {
    const char *url, *subject, *body, *payload;
    bool is_json, is_dry;
} send_options;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* The body as a list of its lines, each of which may then be made printable. */
static void cut_lines(json_t *object)
{
    const json_t *body = json_object_get(object, "body");
    tcn_str text = {json_string_value(body), json_string_length(body)}, line;
    json_t *lines = json_array();
    while (tcn_str_split(&text, '\n', &line)) {
        line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
        (void)json_array_append_new(lines, json_stringn(line.ptr, line.len));
    }
    (void)json_object_set_new(object, "body", lines);
}

static void print_lines(const json_t *object)
{
    size_t i;
    const json_t *line;
    json_array_foreach(json_object_get(object, "body"), i, line)
        printf("%s\n", json_string_value(line));
}

static void print_envelope(const json_t *exchange)
{
    const char *username = text_of(exchange, "username");
    printf("SMTP %s, tls: %s%s%s\nMAIL FROM:<%s>\n", text_of(exchange, "server"),
           text_of(exchange, "tls"), username[0] != '\0' ? ", username: " : "", username,
           text_of(exchange, "from"));
    size_t i;
    const json_t *to;
    json_array_foreach(json_object_get(exchange, "to"), i, to)
        printf("RCPT TO:<%s>\n", json_string_value(to));
}

static void print_request(const json_t *exchange)
{
    if (json_object_get(exchange, "url") != NULL)
        printf("%s %s\n", text_of(exchange, "method"), text_of(exchange, "url"));
    if (json_object_get(exchange, "server") != NULL)
        print_envelope(exchange);
    const json_t *headers = json_object_get(exchange, "headers");
    for (size_t i = 0; i < json_array_size(headers); i++) {
        const json_t *pair = json_array_get(headers, i);
        printf("%s: %s\n", json_string_value(json_array_get(pair, 0)),
               json_string_value(json_array_get(pair, 1)));
    }
    if (strcmp(text_of(exchange, "protocol"), "bytes") != 0)
        printf("\n");
    print_lines(exchange);
}

static void print_reply(const json_t *reply)
{
    long long status = json_integer_value(json_object_get(reply, "status"));
    long long elapsed = json_integer_value(json_object_get(reply, "elapsed_ms"));
    const char *error = text_of(reply, "error"), *text = text_of(reply, "text");
    bool is_said = strncmp(text, error, strlen(error)) == 0;
    if (error[0] != '\0')
        printf("\nno answer: %s%s%s\n", is_said ? "" : error,
               text[0] != '\0' && !is_said ? ": " : "", text);
    else
        printf("\nanswer %lld in %lld ms\n", status, elapsed);
    print_lines(reply);
}

/* Headers, bodies, answers and reasons come from templates, events and peers. */
static void make_printable(json_t *report)
{
    size_t i;
    json_t *exchange;
    json_array_foreach(json_object_get(report, "exchanges"), i, exchange)
    {
        cut_lines(exchange);
        cut_lines(json_object_get(exchange, "reply"));
    }
    tcn_cli_printable(report);
}

static void print_report(json_t *report)
{
    make_printable(report);
    const json_t *exchanges = json_object_get(report, "exchanges");
    for (size_t i = 0; i < json_array_size(exchanges); i++) {
        const json_t *exchange = json_array_get(exchanges, i);
        const json_t *reply = json_object_get(exchange, "reply");
        print_request(exchange);
        if (reply != NULL)
            print_reply(reply);
        printf("\n");
    }
    const char *result = text_of(report, "result");
    const char *cause = text_of(report, "cause"), *reason = text_of(report, "reason");
    if (strcmp(result, "dry-run") == 0)
        printf("dry run: nothing was sent\n");
    else if (strcmp(result, "done") == 0)
        printf("delivered\n");
    else
        printf("%s (%s)%s%s\n",
               strcmp(result, "retry") == 0
                   ? "not delivered, an automation's action would "
                     "be tried again"
                   : "not delivered",
               cause, reason[0] != '\0' ? ": " : "", reason);
}

static int put_text(json_t *body, const char *key, const char *text, tcn_err *reterr)
{
    if (text == NULL || json_object_set_new(body, key, json_string(text)) == 0)
        return 0;
    return tcn_err_set(reterr, TCN_E_INVALID, "--%s is not valid UTF-8", key);
}

static int ask(const send_options *o, const char *name, json_t **ret, tcn_err *reterr)
{
    json_t *body = json_pack("{s:b}", "dry_run", o->is_dry ? 1 : 0);
    int rc = put_text(body, "subject", o->subject, reterr);
    if (rc == 0)
        rc = put_text(body, "body", o->body, reterr);
    if (rc == 0)
        rc = put_text(body, "payload", o->payload, reterr);
    if (rc == 0) {
        const tcn_remote_call call = {.url = o->url,
                                      .method = "POST",
                                      .path = "/tocsin/blocks/{}/send",
                                      .name = name,
                                      .body = body};
        rc = tcn_remote_json(&call, ret, reterr);
    }
    json_decref(body);
    return rc;
}

int tcn_cmd_block_send(int argc, char **argv)
{
    send_options o = {0};
    const tcn_option options[] = {
        {.name = "body", .text = &o.body},
        {.name = "dry-run", .flag = &o.is_dry},
        {.name = "json", .flag = &o.is_json},
        {.name = "payload", .text = &o.payload},
        {.name = "subject", .text = &o.subject},
        {.name = "url", .text = &o.url},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count != 1)
        return tcn_usage_error(argv[0], "needs the NAME of one block");
    json_t *report = NULL;
    tcn_err err = {0};
    if (ask(&o, operands.items[0], &report, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (o.is_json)
        tcn_cli_print_json(report);
    else
        print_report(report);
    const char *result = text_of(report, "result");
    bool is_good = strcmp(result, "done") == 0 || strcmp(result, "dry-run") == 0;
    json_decref(report);
    return is_good ? TCN_EXIT_OK : TCN_EXIT_FAILED;
}
