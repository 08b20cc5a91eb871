/* SPDX-License-Identifier: Apache-2.0 */
/* esmtp.c - one session of libESMTP, which says that it went well although nothing was
 * delivered: only the code of the message together with that of the recipient counts. */
#include "esmtp.h"

#include <auth-client.h>
#include <dlfcn.h>
#include <libesmtp.h>
#include <openssl/err.h>
#include <unistd.h>

typedef struct session {
    job *j;
    smtp_session_t smtp;
    smtp_message_t message;
    smtp_recipient_t recipients[RECIPIENTS_MAX]; /* NULL: not one of this session */
    auth_context_t auth;
    SSL_CTX *tls;
    esmtp_watch watch;
    char secret[SECRET_SIZE];
    bool is_given; /* the message's bytes */
} session;

/* ---- what libESMTP asks ---- */

/* All of the message at once. */
static const char *on_message(void **context, int *len, void *arg)
{
    session *s = arg;
    (void)context;
    if (len == NULL) {
        s->is_given = false;
        return NULL;
    }
    *len = s->is_given ? 0 : (int)s->j->data.len;
    s->is_given = true;
    return *len > 0 ? s->j->data.ptr : NULL;
}

static int on_interact(auth_client_request_t request, char **result, int fields,
                       void *arg)
{
    session *s = arg;
    for (int i = 0; i < fields; i++) {
        if ((request[i].flags & AUTH_USER) != 0)
            result[i] = (char *)(uintptr_t)s->j->email->username;
        else if ((request[i].flags & AUTH_PASS) != 0)
            result[i] = s->secret;
        else
            result[i] = NULL;
    }
    return 1;
}

/* The library compares names by itself, with the address that it was told; ours was
 * compared in the handshake. */
static void on_event(smtp_session_t smtp, int event, void *arg, ...)
{
    session *s = arg;
    va_list list;
    (void)smtp;
    va_start(list, arg);
    if (event == SMTP_EV_WRONG_PEER_CERTIFICATE) {
        int *is_fine = va_arg(list, int *);
        (void)va_arg(list, char *);
        SSL *ssl = va_arg(list, SSL *);
        *is_fine = !s->j->email->is_verified || SSL_get_verify_result(ssl) == X509_V_OK;
    } else if (event == SMTP_EV_INVALID_PEER_CERTIFICATE) {
        (void)va_arg(list, long);
        int *is_fine = va_arg(list, int *);
        *is_fine = !s->j->email->is_verified;
    } else if (event == SMTP_EV_STARTTLS_OK) {
        esmtp_tls_settle(va_arg(list, SSL *), &s->watch);
    }
    va_end(list);
}

/* ---- before ---- */

/* In milliseconds, at least a second, whatever the manual says. */
static bool timeouts_set(session *s)
{
    static const struct {
        int which;
        long limit_ms;
    } limits[] = {
        {Timeout_GREETING, ESMTP_GREETING_MS}, {Timeout_ENVELOPE, ESMTP_ENVELOPE_MS},
        {Timeout_DATA, ESMTP_DATA_MS},         {Timeout_TRANSFER, ESMTP_TRANSFER_MS},
        {Timeout_DATA2, ESMTP_DATA2_MS},
    };
    long left = (long)s->j->left_ms;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        long limit = limits[i].limit_ms < left ? limits[i].limit_ms : left;
        if (smtp_set_timeout(s->smtp, limits[i].which | Timeout_OVERRIDE_RFC2822_MINIMUM,
                             limit > 1 ? limit : 1) == 0)
            return false;
    }
    return true;
}

static bool tls_set(session *s, const char **why)
{
    tocsin_instance *email = s->j->email;
    if (email->tls == TLS_NONE)
        return smtp_starttls_enable(s->smtp, Starttls_DISABLED) != 0;
    s->tls = esmtp_tls_new(email, &s->watch, why);
    return s->tls != NULL && smtp_starttls_set_ctx(s->smtp, s->tls) != 0 &&
           smtp_starttls_enable(s->smtp, Starttls_REQUIRED) != 0;
}

/* Never without Starttls_REQUIRED: create refuses credentials without TLS. */
static bool auth_set(session *s)
{
    if (s->j->email->username == NULL)
        return true;
    s->watch.needs_auth = true;
    s->auth = auth_create_context();
    return s->auth != NULL && auth_set_mechanism_flags(s->auth, AUTH_PLUGIN_PLAIN, 0) &&
           auth_set_interact_cb(s->auth, on_interact, s) &&
           smtp_auth_set_context(s->smtp, s->auth) != 0;
}

static bool envelope_set(session *s)
{
    job *j = s->j;
    s->message = smtp_add_message(s->smtp);
    if (s->message == NULL ||
        smtp_set_reverse_path(s->message, j->addresses->spec) == 0 ||
        smtp_set_messagecb(s->message, on_message, s) == 0 ||
        smtp_size_set_estimate(s->message, j->data.len) == 0)
        return false;
    for (size_t i = 0; i < j->list.count; i++) {
        const recipient *r = &j->list.items[i];
        if (r->state != RECIPIENT_LEFT)
            continue;
        s->recipients[i] = smtp_add_recipient(s->message, r->to->spec);
        if (s->recipients[i] == NULL)
            return false;
    }
    return true;
}

static bool session_set(session *s, const char *server, const char **why)
{
    const tocsin_instance *email = s->j->email;
    *why = "out of memory";
    s->smtp = smtp_create_session();
    return s->smtp != NULL && smtp_set_server(s->smtp, server) != 0 &&
           (email->helo == NULL || smtp_set_hostname(s->smtp, email->helo) != 0) &&
           smtp_set_eventcb(s->smtp, on_event, s) != 0 &&
           smtp_set_monitorcb(s->smtp, esmtp_on_bytes, &s->watch, 1) != 0 &&
           timeouts_set(s) && tls_set(s, why) && auth_set(s) && envelope_set(s);
}

static void session_free(session *s)
{
    if (s->smtp != NULL) {
        (void)smtp_auth_set_context(s->smtp, NULL);
        (void)smtp_destroy_session(s->smtp);
    }
    if (s->auth != NULL)
        (void)auth_destroy_context(s->auth);
    SSL_CTX_free(s->tls);
    s->j->email->host->wipe(s->secret, sizeof s->secret);
    free(s);
}

/* ---- after ---- */

static void note(session *s, size_t index, const smtp_status_t *status)
{
    char said[SAID_MAX + 1];
    (void)snprintf(said, sizeof said, "%d %s", status->code,
                   status->text != NULL ? status->text : "");
    recipients_note(&s->j->list, index, status->code,
                    tocsin_str_trim(tocsin_str_of(said)));
}

static bool is_good(const smtp_status_t *status)
{
    return status != NULL && status->code >= 200 && status->code <= 299;
}

/* Where MAIL was refused that counts, else where RCPT was, else the message's answer.
 * True: each recipient has got one. */
static bool collect(session *s)
{
    bool is_complete = true;
    const smtp_status_t *from = smtp_reverse_path_status(s->message);
    const smtp_status_t *data = smtp_message_transfer_status(s->message);
    for (size_t i = 0; i < s->j->list.count; i++) {
        if (s->recipients[i] == NULL)
            continue;
        const smtp_status_t *rcpt = smtp_recipient_status(s->recipients[i]);
        if (from != NULL && from->code >= 400)
            note(s, i, from);
        else if (rcpt != NULL && rcpt->code >= 400)
            note(s, i, rcpt);
        else if (is_good(rcpt) && data != NULL && (data->code >= 400 || is_good(data)))
            note(s, i, data);
        else
            is_complete = false;
    }
    return is_complete;
}

static void explain(char *text, size_t size, const tocsin_instance *email,
                    const char *what, const char *more)
{
    (void)snprintf(text, size, "%s:%u%s%s%s%s", email->server, email->port,
                   what[0] != '\0' ? ": " : " answered ", what,
                   more[0] != '\0' && what[0] != '\0' ? ": " : "", more);
}

static int32_t judge_tls(const session *s, char *text, size_t size)
{
    const esmtp_watch *w = &s->watch;
    const tocsin_instance *email = s->j->email;
    unsigned long error = ERR_peek_last_error();
    const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;
    if (w->is_injected)
        explain(text, size, email, "bytes behind the answer to STARTTLS", "");
    else if (w->tls_text[0] != '\0')
        explain(text, size, email, "the certificate is not believed", w->tls_text);
    else if (w->has_tls_begun)
        explain(text, size, email, "TLS failed", reason != NULL ? reason : "");
    else if (w->phase == WATCH_STARTTLS && w->code >= 400)
        explain(text, size, email, "STARTTLS was refused", w->said);
    else
        explain(text, size, email, "STARTTLS is not offered", "");
    return TOCSIN_E_TLS;
}

/* What stood in the way of all, in the order in which it would. */
static void judge(const session *s, attempt_end *end, char *text, size_t size)
{
    const esmtp_watch *w = &s->watch;
    const tocsin_instance *email = s->j->email;
    int64_t silent_ms = email->host->mono_ms(email->self) - w->heard_ms;
    bool is_refused = w->phase <= WATCH_HELLO && w->code >= 400;
    bool wants_tls = email->tls != TLS_NONE;
    bool was_greeted = w->phase > WATCH_GREETING;
    if (is_refused || (w->auth_code != 0 && !w->is_authenticated)) {
        end->status = w->auth_code != 0 ? w->auth_code : w->code;
        explain(text, size, email, "", w->said);
    } else if (wants_tls && !w->has_tls && was_greeted &&
               silent_ms + 100 < (int64_t)w->limit_ms) {
        end->error = judge_tls(s, text, size);
    } else if (w->is_stopped) {
        end->error = TOCSIN_E_UNSUPPORTED;
        end->is_auth = true;
        explain(text, size, email, "offers no way to authenticate that can be used", "");
    } else if (silent_ms + 100 >= (int64_t)w->limit_ms) {
        end->error = TOCSIN_E_TIMEOUT;
        explain(text, size, email, "no answer in time", "");
    } else {
        end->error = TOCSIN_E_IO;
        explain(text, size, email, "the connection broke", "");
    }
}

static bool run(session *s, const char *server, attempt_end *end, char *text, size_t size)
{
    const tocsin_instance *email = s->j->email;
    const char *why = NULL;
    s->watch.j = s->j;
    s->watch.limit_ms =
        ESMTP_GREETING_MS < s->j->left_ms ? ESMTP_GREETING_MS : s->j->left_ms;
    s->watch.heard_ms = email->host->mono_ms(email->self);
    if (!session_set(s, server, &why)) {
        (void)snprintf(text, size, "%s", why);
        end->error = TOCSIN_E_NOMEM;
        return false;
    }
    ERR_clear_error();
    (void)smtp_start_session(s->smtp);
    return true;
}

static bool secret_read(session *s, attempt_end *end, char *text, size_t size)
{
    const tocsin_instance *email = s->j->email;
    size_t len = 0;
    if (email->username == NULL ||
        email->host->secret(email->config, "password", NULL, s->secret, sizeof s->secret,
                            &len) >= 0)
        return true;
    (void)snprintf(text, size, "password cannot be read now");
    end->error = TOCSIN_E_INTERNAL;
    return false;
}

/* Under the lock that a cancel takes: afterwards the job's list is the delivery's. */
static void finish(session *s, attempt_end *end, char *text, size_t size)
{
    pthread_mutex_lock(&s->j->email->lock);
    s->j->fd = -1;
    if (!s->j->is_over && !collect(s))
        judge(s, end, text, size);
    pthread_mutex_unlock(&s->j->email->lock);
}

static int32_t connect_error(enum connect_end end)
{
    static const int32_t errors[] = {
        [CONNECT_OK] = TOCSIN_OK,
        [CONNECT_ONLY_V6] = TOCSIN_E_CONNECT,
        [CONNECT_RESOLVE] = TOCSIN_E_RESOLVE,
        [CONNECT_REFUSED] = TOCSIN_E_CONNECT,
        [CONNECT_DENIED] = TOCSIN_E_DENIED,
        [CONNECT_CANCELED] = TOCSIN_E_CANCELED,
    };
    return errors[end];
}

bool esmtp_session(job *j, attempt_end *end, char *text, size_t text_size)
{
    const tocsin_instance *email = j->email;
    int64_t began_ms = email->host->mono_ms(email->self);
    char server[64];
    text[0] = '\0';
    if (j->needs_utf8)
        return false;
    enum connect_end found =
        esmtp_find_address(j, server, sizeof server, text, text_size);
    if (found == CONNECT_ONLY_V6)
        return false;
    end->error = connect_error(found);
    session *s = found == CONNECT_OK ? calloc(1, sizeof *s) : NULL;
    if (found == CONNECT_OK && s == NULL)
        end->error = TOCSIN_E_NOMEM;
    if (s != NULL) {
        s->j = j;
        if (secret_read(s, end, text, text_size) && run(s, server, end, text, text_size))
            finish(s, end, text, text_size);
        session_free(s);
    }
    end->text = tocsin_str_of(text);
    end->elapsed_ms = (uint32_t)(email->host->mono_ms(email->self) - began_ms);
    return true;
}

/* ---- at the start ---- */

/* libESMTP keeps its mechanisms in a folder beside itself, and says nothing when one is
 * not there. */
int32_t esmtp_probe(const tocsin_instance *email, tocsin_error *reterr)
{
    Dl_info info;
    char why[300];
    if (email->username == NULL)
        return TOCSIN_OK;
    auth_client_init();
    auth_context_t context = auth_create_context();
    bool is_there = context != NULL &&
                    auth_set_mechanism_flags(context, AUTH_PLUGIN_PLAIN, 0) &&
                    auth_set_interact_cb(context, on_interact, NULL) &&
                    auth_set_mechanism(context, "PLAIN");
    if (context != NULL)
        (void)auth_destroy_context(context);
    if (is_there)
        return TOCSIN_OK;
    bool is_known = dladdr((void *)(uintptr_t)auth_client_init, &info) != 0;
    (void)snprintf(why, sizeof why,
                   "libESMTP has no sasl-plain.so: it looks in the folder "
                   "esmtp-plugins-... beside %.150s; use transport: curl",
                   is_known ? info.dli_fname : "itself");
    return tocsin_option_refuse(reterr, "transport", why);
}
