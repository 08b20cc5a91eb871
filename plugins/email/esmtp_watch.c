/* SPDX-License-Identifier: Apache-2.0 */
/* esmtp_watch.c - reads along. After a refused AUTH, or where none is offered, libESMTP
 * goes on without; and what stands behind the answer to STARTTLS it takes for the first
 * words under TLS. Both end here, by shutting the socket down before the library writes.
 */
#include "esmtp.h"

/* ---- what is about to be written ---- */

static uint32_t phase_limit(const job *j, uint32_t limit_ms)
{
    return limit_ms < j->left_ms ? limit_ms : j->left_ms;
}

static void enter(esmtp_watch *watch, enum watch_phase phase)
{
    watch->phase = phase;
    watch->limit_ms =
        phase_limit(watch->j, phase == WATCH_DATA ? ESMTP_DATA2_MS : ESMTP_ENVELOPE_MS);
}

static bool begins(tocsin_str line, const char *verb)
{
    size_t len = strlen(verb);
    return line.len >= len && tocsin_str_same_name(tocsin_str_part(line.ptr, len), verb);
}

static void on_command(esmtp_watch *watch, tocsin_str line)
{
    if (begins(line, "EHLO") || begins(line, "HELO"))
        enter(watch, WATCH_HELLO);
    else if (begins(line, "STARTTLS"))
        enter(watch, WATCH_STARTTLS);
    else if (begins(line, "AUTH "))
        enter(watch, WATCH_AUTH);
    else if (begins(line, "DATA"))
        enter(watch, WATCH_DATA);
    else if (begins(line, "QUIT"))
        watch->is_quitting = true;
    if (!begins(line, "MAIL"))
        return;
    if (!watch->needs_auth || watch->is_authenticated) {
        enter(watch, WATCH_ENVELOPE);
    } else {
        watch->is_stopped = true;
        worker_shut_socket(watch->j);
    }
}

static void on_written(esmtp_watch *watch, tocsin_str bytes)
{
    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = end != NULL ? (size_t)(end - bytes.ptr) + 1 : bytes.len;
        on_command(watch, tocsin_str_part(bytes.ptr, len));
        bytes = tocsin_str_part(bytes.ptr + len, bytes.len - len);
    }
}

/* ---- what is read ---- */

static void on_answer(esmtp_watch *watch, int code, tocsin_str text, bool has_more)
{
    if (watch->phase >= WATCH_ENVELOPE || watch->is_quitting)
        return;
    watch->code = code;
    if (watch->phase == WATCH_STARTTLS && has_more)
        watch->is_injected = true;
    if (watch->phase == WATCH_AUTH && code == 235)
        watch->is_authenticated = true;
    if (watch->phase == WATCH_AUTH && code >= 400)
        watch->auth_code = code;
    if (code >= 400)
        (void)snprintf(watch->said, sizeof watch->said, "%.*s",
                       (int)(text.len < SAID_MAX ? text.len : SAID_MAX), text.ptr);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void on_line(esmtp_watch *watch, bool has_more)
{
    const char *line = watch->line;
    size_t len = watch->line_len;
    if (len < 4 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]) ||
        line[3] == '-')
        return;
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    on_answer(watch, code, tocsin_str_trim(tocsin_str_part(line, len)), has_more);
}

static void on_read(esmtp_watch *watch, tocsin_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (watch->line_len < sizeof watch->line)
            watch->line[watch->line_len++] = bytes.ptr[i];
        if (bytes.ptr[i] != '\n')
            continue;
        on_line(watch, i + 1 < bytes.len);
        watch->line_len = 0;
    }
}

void esmtp_on_bytes(const char *buf, int len, int writing, void *arg)
{
    esmtp_watch *watch = arg;
    tocsin_str bytes = tocsin_str_part(buf, len > 0 ? (size_t)len : 0);
    watch->heard_ms = watch->j->email->host->mono_ms(watch->j->email->self);
    if (writing == 1)
        on_written(watch, bytes);
    else if (writing == 0)
        on_read(watch, bytes);
}
