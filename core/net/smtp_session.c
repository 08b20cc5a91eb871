/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_session.c - MAIL, RCPT, DATA and the message, once for each recipient, on a
 * connection that libcurl made and that is read and written through it without waiting.
 * One command is under way at a time, and nothing but its answer is taken: an answer that
 * comes early would be counted for the next recipient. */
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/net/smtp_int.h"

#define CHUNK       16384
#define COMMAND_MAX 2048
#define QUIT_MS     500

enum step {
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_TEXT, /* the message; its answer decides */
    STEP_RSET,
    STEP_QUIT
};

struct tcn_session {
    uv_poll_t poll;
    uv_timer_t timer;       /* of the exchange, then of QUIT */
    tcn_client *client;     /* lives until the handles are closed */
    tcn_exchange *exchange; /* these two until the session is dropped */
    tcn_smtp *smtp;
    enum step step;
    tcn_buf command;
    const char *out; /* what is being sent */
    size_t out_left;
    tcn_smtp_lines lines;
    int open_handles;
};

static void on_ready(uv_poll_t *poll, int status, int events);

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    tcn_session *session = handle->data;
    tcn_client *client = session->client;
    if (--session->open_handles == 0) {
        tcn_buf_deinit(&session->command);
        tcn_free(session);
    }
    tcn_client_handle_gone(client);
}

void tcn_session_drop(tcn_exchange *exchange)
{
    tcn_session *session = exchange->smtp != NULL ? exchange->smtp->session : NULL;
    if (session == NULL)
        return;
    exchange->smtp->session = NULL;
    uv_close((uv_handle_t *)&session->poll, on_closed);
    uv_close((uv_handle_t *)&session->timer, on_closed);
}

static void end(tcn_session *session, CURLcode result, const char *why)
{
    tcn_exchange *exchange = session->exchange;
    if (why != NULL)
        (void)snprintf(exchange->curl_text, sizeof exchange->curl_text, "%s", why);
    tcn_session_drop(exchange);
    tcn_client_session_ended(exchange, result);
}

/* Once it has sent QUIT everything is known, however the connection ends. */
static void broken(tcn_session *session, CURLcode result, const char *why)
{
    if (session->step == STEP_QUIT)
        end(session, CURLE_OK, NULL);
    else
        end(session, result, why);
}

static void on_time(uv_timer_t *timer)
{
    broken(timer->data, CURLE_OPERATION_TIMEDOUT, "no answer in time");
}

/* ---- what is sent ---- */

static void watch(tcn_session *session)
{
    int events = UV_READABLE | (session->out_left > 0 ? UV_WRITABLE : 0);
    if (uv_poll_start(&session->poll, events, on_ready) != 0)
        broken(session, CURLE_OUT_OF_MEMORY, NULL);
}

static void command_start(tcn_session *session, enum step step)
{
    session->step = step;
    (void)tcn_buf_add_c(&session->command, "\r\n");
    session->out = session->command.ptr;
    session->out_left = session->command.len;
}

static void mail_start(tcn_session *session)
{
    const tcn_smtp *smtp = session->smtp;
    tcn_buf *command = &session->command;
    tcn_buf_reset(command);
    (void)tcn_buf_printf(command, "MAIL FROM:<%s>",
                         smtp->request.mail_from != NULL ? smtp->request.mail_from : "");
    if (smtp->has_size)
        (void)tcn_buf_printf(command, " SIZE=%zu", smtp->data.len);
    if ((smtp->request.flags & TCN_SMTP_UTF8) != 0)
        (void)tcn_buf_add_c(command, " SMTPUTF8");
    command_start(session, STEP_MAIL);
}

static void rcpt_start(tcn_session *session)
{
    tcn_str rcpt = session->smtp->request.rcpts[session->smtp->next];
    tcn_buf_reset(&session->command);
    (void)tcn_buf_printf(&session->command, "RCPT TO:<%.*s>", TCN_STR_ARG(rcpt));
    command_start(session, STEP_RCPT);
}

static void word_start(tcn_session *session, enum step step, const char *word)
{
    tcn_buf_reset(&session->command);
    (void)tcn_buf_add_c(&session->command, word);
    command_start(session, step);
}

static void quit_start(tcn_session *session)
{
    word_start(session, STEP_QUIT, "QUIT");
    (void)uv_timer_start(&session->timer, on_time, QUIT_MS, 0);
}

static void text_start(tcn_session *session)
{
    session->step = STEP_TEXT;
    session->out = session->smtp->data.ptr;
    session->out_left = session->smtp->data.len;
}

/* The same bytes are offered again after "later", as TLS wants it. */
static CURLcode send_some(tcn_session *session)
{
    CURL *easy = session->exchange->easy;
    while (session->out_left > 0) {
        size_t size = session->out_left < CHUNK ? session->out_left : CHUNK;
        size_t sent = 0;
        CURLcode rc = curl_easy_send(easy, session->out, size, &sent);
        if (rc != CURLE_OK)
            return rc;
        session->out += sent;
        session->out_left -= sent;
    }
    return CURLE_OK;
}

/* ---- what the server says ---- */

/* What became of the recipient whose turn it was. */
static void note(tcn_session *session)
{
    tcn_smtp *smtp = session->smtp;
    smtp->status[smtp->next++] = session->lines.code;
    smtp->on_connection++;
    (void)tcn_buf_printf(&smtp->said, "%d %s\n", session->lines.code,
                         session->lines.text);
}

static void turn_begin(tcn_session *session)
{
    const tcn_smtp *smtp = session->smtp;
    if (smtp->next == smtp->request.rcpt_count ||
        smtp->on_connection >= TCN_SMTP_TRANSACTIONS_MAX)
        quit_start(session);
    else
        mail_start(session);
}

/* The recipient is refused; the server may keep a transaction that began. */
static void refuse(tcn_session *session)
{
    bool has_begun = session->step != STEP_MAIL && session->step != STEP_TEXT;
    note(session);
    if (has_begun)
        word_start(session, STEP_RSET, "RSET");
    else
        turn_begin(session);
}

static void on_accepted(tcn_session *session)
{
    switch (session->step) {
    case STEP_MAIL:
        rcpt_start(session);
        break;
    case STEP_RCPT:
        word_start(session, STEP_DATA, "DATA");
        break;
    case STEP_DATA:
        text_start(session);
        break;
    case STEP_TEXT:
        note(session);
        turn_begin(session);
        break;
    case STEP_RSET:
        turn_begin(session);
        break;
    case STEP_QUIT:
        end(session, CURLE_OK, NULL);
        break;
    }
}

/* False when the session is over. */
static bool on_answer(tcn_session *session)
{
    int code = session->lines.code;
    bool is_early = session->out_left > 0;
    if (session->step == STEP_QUIT) {
        end(session, CURLE_OK, NULL);
        return false;
    }
    if (code == 421 || (is_early && code >= 400)) {
        if (session->step != STEP_RSET)
            note(session);
        /* Whoever closes, or does not read on, answers nothing more. */
        end(session, CURLE_OK, NULL);
        return false;
    }
    int good = session->step == STEP_DATA ? 3 : 2;
    if (code / 100 == good && !is_early) {
        on_accepted(session);
        return true;
    }
    if (code >= 400 && session->step != STEP_RSET) {
        refuse(session);
        return true;
    }
    end(session, CURLE_WEIRD_SERVER_REPLY, "an answer that fits no command");
    return false;
}

/* False when the session is over. */
static bool on_bytes(tcn_session *session, tcn_str bytes)
{
    size_t taken = tcn_smtp_lines_take(&session->lines, bytes);
    if (taken == SIZE_MAX) {
        broken(session, CURLE_WEIRD_SERVER_REPLY, "an answer that is none");
        return false;
    }
    if (!session->lines.is_whole)
        return true;
    if (taken < bytes.len) {
        broken(session, CURLE_WEIRD_SERVER_REPLY, "more answers than commands");
        return false;
    }
    return on_answer(session);
}

/* False when the session is over. Bytes wait in libcurl too, so all are taken. */
static bool receive_all(tcn_session *session)
{
    char bytes[CHUNK];
    for (;;) {
        size_t len = 0;
        CURLcode rc = curl_easy_recv(session->exchange->easy, bytes, sizeof bytes, &len);
        if (rc == CURLE_AGAIN)
            return true;
        if (rc != CURLE_OK || len == 0) {
            broken(session, CURLE_RECV_ERROR, "the server closed the connection");
            return false;
        }
        if (!on_bytes(session, tcn_str_of(bytes, len)))
            return false;
        rc = send_some(session);
        if (rc != CURLE_OK && rc != CURLE_AGAIN) {
            broken(session, CURLE_SEND_ERROR, "the connection broke");
            return false;
        }
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    tcn_session *session = poll->data;
    (void)status;
    (void)events;
    CURLcode rc = send_some(session);
    /* A refusal may wait behind a connection that takes nothing more. */
    if (!receive_all(session))
        return;
    if (rc != CURLE_OK && rc != CURLE_AGAIN)
        broken(session, CURLE_SEND_ERROR, "the connection broke");
    else
        watch(session);
}

/* ---- the beginning ---- */

static CURLcode greeted_check(tcn_exchange *exchange)
{
    const tcn_smtp *smtp = exchange->smtp;
    /* libcurl goes on without authentication where the server offers none. */
    if (smtp->request.username != NULL && smtp->before != 235)
        return CURLE_LOGIN_DENIED;
    if ((smtp->request.flags & TCN_SMTP_UTF8) == 0 || smtp->has_utf8)
        return CURLE_OK;
    (void)snprintf(exchange->curl_text, sizeof exchange->curl_text,
                   "the server does not offer SMTPUTF8, which an address needs");
    return CURLE_NOT_BUILT_IN;
}

static tcn_session *session_new(tcn_exchange *exchange, curl_socket_t fd)
{
    tcn_session *session = tcn_alloc_zero(sizeof *session);
    if (session == NULL)
        return NULL;
    tcn_client *client = exchange->client;
    if (uv_poll_init(client->loop, &session->poll, fd) != 0) {
        tcn_free(session);
        return NULL;
    }
    (void)uv_timer_init(client->loop, &session->timer);
    session->poll.data = session;
    session->timer.data = session;
    session->open_handles = 2;
    client->open_handles += 2;
    session->client = client;
    session->exchange = exchange;
    session->smtp = exchange->smtp;
    tcn_buf_init(&session->command, COMMAND_MAX);
    exchange->smtp->session = session;
    return session;
}

CURLcode tcn_session_begin(tcn_exchange *exchange)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode rc = greeted_check(exchange);
    if (rc != CURLE_OK)
        return rc;
    if (curl_easy_getinfo(exchange->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
        fd == CURL_SOCKET_BAD)
        return CURLE_COULDNT_CONNECT;
    tcn_session *session = session_new(exchange, fd);
    if (session == NULL)
        return CURLE_OUT_OF_MEMORY;
    mail_start(session);
    int started = uv_timer_start(&session->timer, on_time,
                                 (uint64_t)tcn_exchange_left_ms(exchange), 0);
    if (started == 0)
        started = uv_poll_start(&session->poll, UV_READABLE | UV_WRITABLE, on_ready);
    if (started == 0)
        return CURLE_OK;
    tcn_session_drop(exchange);
    return CURLE_OUT_OF_MEMORY;
}
