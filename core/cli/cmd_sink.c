/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_sink.c - tocsin sink: a receiver for people who try things out. It runs on the
 * daemon's own HTTP server, prints what it gets and answers as told. What comes from
 * outside is printed with its control characters escaped. */
#include <signal.h>
#include <stdio.h>
#include <strings.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/base/list.h"
#include "core/cli/cli.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/daemon/files.h"
#include "core/net/server.h"
#include "core/value/json.h"

#define DELAY_MAX_US (24 * TCN_HOUR_US)
#define OUTPUT_MAX   ((size_t)128 << 20)
#define INDENT       2

static const char usage[] =
    "usage: tocsin sink [--listen HOST:PORT] [--status N] [--body TEXT] [--delay TIME]\n"
    "                   [--json] [--listen-file FILE]\n"
    "\n"
    "Prints each request it gets and answers as told, until it is interrupted.\n"
    "\n"
    "  --listen HOST:PORT  where to listen (default: 127.0.0.1:4280; port 0: any)\n"
    "  --status N          the status of the answers, 200 to 599 (default: 204)\n"
    "  --body TEXT         what the answers hold (Slack's webhooks say ok)\n"
    "  --delay TIME        wait before each answer: 500ms, 10s\n"
    "  --json              one object a line: time, method, path, headers, body\n"
    "  --listen-file FILE  write the address to FILE once it accepts\n";

typedef struct sink {
    uv_loop_t loop;
    uv_signal_t signals[2];
    tcn_server *server;
    const char *listen, *listen_file, *body; /* body NULL: none */
    int64_t status, delay_us;
    bool is_json, has_colour, is_stopping;
    tcn_list waiting;
    size_t count;
    int exit_status;
} sink;

/* An answer that is delayed. */
typedef struct wait {
    tcn_list link;
    sink *sink;
    uv_timer_t timer;
    tcn_request *request;
} wait;

/* What every client sends and nobody wants to read. */
static bool is_dull(tcn_str name)
{
    static const char *const names[] = {"host",       "accept",         "accept-encoding",
                                        "connection", "content-length", "user-agent"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        if (name.len == strlen(names[i]) &&
            strncasecmp(name.ptr, names[i], name.len) == 0)
            return true;
    return false;
}

static bool is_json(tcn_str text)
{
    const tcn_json_limits limits = {.is_strict = true};
    tcn_arena arena;
    tcn_value value;
    tcn_arena_init(&arena, 0);
    int rc =
        text.len > 0 ? tcn_json_read(text, &arena, &limits, &value, NULL) : TCN_E_SYNTAX;
    tcn_arena_deinit(&arena);
    return rc == 0;
}

static void line_break(tcn_buf *out, int depth)
{
    (void)tcn_buf_add_char(out, '\n');
    for (int i = 0; i < depth * INDENT; i++)
        (void)tcn_buf_add_char(out, ' ');
}

/* The string that begins at ptr, with its quotes. */
static size_t string_len(const char *ptr, const char *end)
{
    const char *at = ptr + 1;
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return (size_t)(at - ptr) + 1;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* Valid JSON with its own line breaks replaced: none at depth -1, else by its structure.
 * Numbers and strings stay as they came. */
static void json_lay_out(tcn_buf *out, tcn_str text, int depth)
{
    const bool is_flat = depth < 0;
    const char *end = text.ptr + text.len;
    for (const char *at = skip_space(text.ptr, end); at < end; at = skip_space(at, end)) {
        size_t len = *at == '"' ? string_len(at, end) : 1;
        bool opens = *at == '{' || *at == '[';
        bool closes = *at == '}' || *at == ']';
        bool is_empty = opens && *skip_space(at + 1, end) == (*at == '{' ? '}' : ']');
        if (closes && !is_flat)
            line_break(out, --depth);
        if (*at == '"' && !is_flat)
            (void)tcn_buf_add_printable(out, tcn_str_of(at, len));
        else
            (void)tcn_buf_add(out, at, len);
        if (is_empty) {
            at = skip_space(at + 1, end);
            (void)tcn_buf_add_char(out, *at);
        } else if (!is_flat && (opens || *at == ',')) {
            depth += opens ? 1 : 0;
            line_break(out, depth);
        } else if (!is_flat && *at == ':') {
            (void)tcn_buf_add_char(out, ' ');
        }
        at += len;
    }
}

static void colour(const sink *s, tcn_buf *out, const char *code)
{
    if (s->has_colour)
        (void)tcn_buf_printf(out, "\033[%sm", code);
}

static void text_write(tcn_buf *out, tcn_str text)
{
    tcn_str line;
    while (tcn_str_split(&text, '\n', &line)) {
        (void)tcn_buf_add_c(out, "  ");
        (void)tcn_buf_add_printable(out, line);
        (void)tcn_buf_add_char(out, '\n');
    }
}

static void request_write(const sink *s, tcn_buf *out, const tcn_request *request,
                          const char *now)
{
    tcn_str body = tcn_request_body(request);
    colour(s, out, "2");
    (void)tcn_buf_printf(out, "%s ", now);
    colour(s, out, "0;1");
    (void)tcn_buf_add_printable(out, tcn_request_method(request));
    (void)tcn_buf_add_char(out, ' ');
    (void)tcn_buf_add_printable(out, tcn_request_target(request));
    colour(s, out, "0");
    (void)tcn_buf_add_char(out, '\n');
    for (size_t i = 0; i < tcn_request_header_count(request); i++) {
        tcn_str name;
        tcn_str value;
        tcn_request_header_at(request, i, &name, &value);
        if (is_dull(name))
            continue;
        colour(s, out, "36");
        (void)tcn_buf_add_c(out, "  ");
        (void)tcn_buf_add_printable(out, name);
        colour(s, out, "0");
        (void)tcn_buf_add_c(out, ": ");
        (void)tcn_buf_add_printable(out, value);
        (void)tcn_buf_add_char(out, '\n');
    }
    if (is_json(body)) {
        (void)tcn_buf_add_c(out, "  ");
        json_lay_out(out, body, 1);
        (void)tcn_buf_add_char(out, '\n');
    } else {
        text_write(out, body);
    }
    (void)tcn_buf_add_char(out, '\n');
}

/* Bytes that are no UTF-8 would spoil the line: each stands as the character of its
 * number. */
static void string_write(tcn_buf *out, tcn_str text)
{
    size_t bad;
    if (tcn_utf8_valid(text, &bad)) {
        (void)tcn_buf_add_json(out, text);
        return;
    }
    (void)tcn_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
            (void)tcn_buf_add_char(out, c);
        else
            (void)tcn_buf_printf(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
    (void)tcn_buf_add_char(out, '"');
}

static void request_write_json(tcn_buf *out, const tcn_request *request, const char *now)
{
    tcn_str body = tcn_request_body(request);
    (void)tcn_buf_printf(out, "{\"time\":\"%s\",\"method\":", now);
    string_write(out, tcn_request_method(request));
    (void)tcn_buf_add_c(out, ",\"path\":");
    string_write(out, tcn_request_target(request));
    (void)tcn_buf_add_c(out, ",\"headers\":{");
    for (size_t i = 0; i < tcn_request_header_count(request); i++) {
        tcn_str name;
        tcn_str value;
        tcn_request_header_at(request, i, &name, &value);
        (void)tcn_buf_add_c(out, i > 0 ? "," : "");
        string_write(out, name);
        (void)tcn_buf_add_char(out, ':');
        string_write(out, value);
    }
    (void)tcn_buf_add_c(out, "},\"body\":");
    if (is_json(body))
        json_lay_out(out, body, -1);
    else
        string_write(out, body);
    (void)tcn_buf_add_c(out, "}\n");
}

static void stop(sink *s);

static void request_print(sink *s, const tcn_request *request)
{
    char now[TCN_DATETIME_TEXT];
    tcn_buf out;
    tcn_buf_init(&out, OUTPUT_MAX);
    (void)tcn_datetime_format(tcn_clock_wall_us(), now);
    if (s->is_json)
        request_write_json(&out, request, now);
    else
        request_write(s, &out, request, now);
    if (s->is_json)
        tcn_cli_write_json(tcn_buf_str(&out));
    else
        (void)fwrite(out.ptr, 1, out.len, stdout);
    tcn_buf_deinit(&out);
    s->exit_status = tcn_cli_flush(s->exit_status);
    if (s->exit_status != TCN_EXIT_OK)
        stop(s);
}

static void answer(const sink *s, tcn_request *request)
{
    tcn_request_answer(request, (int)s->status, s->body != NULL ? "text/plain" : NULL,
                       tcn_str_c(s->body));
}

static void on_wait_closed(uv_handle_t *handle)
{
    wait *w = handle->data;
    tcn_free(w);
}

static void wait_end(wait *w)
{
    tcn_list_remove(&w->link);
    answer(w->sink, w->request);
    uv_close((uv_handle_t *)&w->timer, on_wait_closed);
}

static void on_delay(uv_timer_t *timer)
{
    wait_end(timer->data);
}

static bool wait_begin(sink *s, tcn_request *request)
{
    wait *w = s->delay_us > 0 && !s->is_stopping ? tcn_alloc_zero(sizeof *w) : NULL;
    if (w == NULL)
        return false;
    w->sink = s;
    w->request = request;
    w->timer.data = w;
    (void)uv_timer_init(&s->loop, &w->timer);
    tcn_list_append(&s->waiting, &w->link);
    return uv_timer_start(&w->timer, on_delay, (uint64_t)(s->delay_us / TCN_MS_US), 0) ==
           0;
}

static void on_request(tcn_request *request, void *ud)
{
    sink *s = ud;
    s->count++;
    request_print(s, request);
    if (!wait_begin(s, request))
        answer(s, request);
}

static void stop(sink *s)
{
    if (s->is_stopping)
        return;
    s->is_stopping = true;
    tcn_server_close(s->server, NULL, NULL);
    tcn_list_foreach (it, &s->waiting)
        wait_end(tcn_container_of(it, wait, link));
    for (size_t i = 0; i < TCN_COUNT(s->signals); i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static int signals_start(sink *s)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(s->signals); i++) {
        (void)uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
    }
    for (size_t i = 0; rc == 0 && i < TCN_COUNT(s->signals); i++)
        rc = uv_signal_start(&s->signals[i], on_signal, numbers[i]);
    return rc;
}

static int address_tell(const sink *s, tcn_err *reterr)
{
    const char *address = tcn_server_address(s->server, 0);
    FILE *file = s->is_json ? stderr : stdout;
    (void)fprintf(file, "listening on http://%s\n", address);
    (void)fflush(file);
    if (s->listen_file == NULL)
        return 0;
    tcn_buf text;
    tcn_buf_init(&text, 1024);
    (void)tcn_buf_printf(&text, "%s\n", address);
    int rc = tcn_file_replace(s->listen_file, tcn_buf_str(&text), reterr);
    tcn_buf_deinit(&text);
    return rc;
}

static int run(sink *s)
{
    tcn_err err = {0};
    tcn_list_init(&s->waiting);
    (void)uv_loop_init(&s->loop);
    if (tcn_server_new(&s->loop, &tcn_server_limits_default, NULL, on_request, s,
                       &s->server) < 0)
        return tcn_cli_fail("out of memory");
    int rc = signals_start(s);
    if (rc == 0)
        rc = tcn_server_listen(s->server, tcn_str_c(s->listen), &err);
    if (rc == 0)
        rc = address_tell(s, &err);
    if (rc < 0) {
        (void)tcn_err_set(&err, rc, "cannot start");
        s->exit_status = tcn_cli_fail_err(&err);
        stop(s);
    }
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&s->loop);
    if (rc == 0)
        (void)fprintf(stderr, "%zu request%s\n", s->count, tcn_plural(s->count));
    return s->exit_status;
}

int tcn_cmd_sink(int argc, char **argv)
{
    sink s = {.listen = "127.0.0.1:4280", .status = 204};
    const tcn_option options[] = {
        {.name = "listen", .text = &s.listen},
        {.name = "listen-file", .text = &s.listen_file},
        {.name = "status", .number = &s.status, .min = 200, .max = 599},
        {.name = "body", .text = &s.body},
        {.name = "delay", .duration = &s.delay_us, .min = 0, .max = DELAY_MAX_US},
        {.name = "json", .flag = &s.is_json},
        {0},
    };
    tcn_operands operands;
    int status;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error("sink", "unexpected argument \"%s\"", operands.items[0]);
    s.has_colour = !s.is_json && tcn_cli_has_colour(1);
    return run(&s);
}
