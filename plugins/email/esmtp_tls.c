/* SPDX-License-Identifier: Apache-2.0 */
/* esmtp_tls.c - libESMTP by itself speaks TLS 1.0, cannot match addresses and knows the
 * server by the address that it was given. So the context is ours: it checks version,
 * chain and name before a byte of ours is sent. */
#include "esmtp.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <poll.h>

#define SETTLE_MS     60
#define SETTLE_MAX_MS 1000
#define TICKETS       2

static esmtp_watch *watch_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* The first that libESMTP lets us see of its socket. */
static void on_handshake_start(SSL *ssl, esmtp_watch *watch)
{
    const tocsin_instance *email = watch->j->email;
    struct in_addr v4;
    watch->has_tls_begun = true;
    watch->tls_began_ms = email->host->mono_ms(email->self);
    /* One that it found in $HOME: it would be freed twice. */
    SSL_certs_clear(ssl);
    if (inet_pton(AF_INET, email->server, &v4) != 1)
        (void)SSL_set_tlsext_host_name(ssl, email->server_ascii);
    worker_set_socket(watch->j, SSL_get_wfd(ssl));
    if (watch->is_injected)
        worker_shut_socket(watch->j);
}

/* OpenSSL says the start of a later handshake of TLS 1.3 (a ticket) by the same name. */
static void on_info(const SSL *ssl, int where, int ret)
{
    esmtp_watch *watch = watch_of(ssl);
    (void)ret;
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && !watch->has_tls_begun)
        on_handshake_start((SSL *)(uintptr_t)ssl, watch);
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
        watch->has_tls = true;
}

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    watch_of(ssl)->tickets++;
    return 0; /* not kept */
}

/* With TLS 1.3 a server sends tickets when the handshake is over, OpenSSL's two of them.
 * libESMTP takes them for the answer to the EHLO that it has not sent yet, and waits for
 * more until time is up. So they are read here: a round trip is waited for them, and a
 * while more, because the second one may be held back until the first is acknowledged. */
void esmtp_tls_settle(SSL *ssl, esmtp_watch *watch)
{
    const tocsin_instance *email = watch->j->email;
    int64_t round_ms = email->host->mono_ms(email->self) - watch->tls_began_ms;
    int quiet_ms = (int)(round_ms < SETTLE_MAX_MS ? round_ms : SETTLE_MAX_MS);
    struct pollfd ready = {.fd = SSL_get_rfd(ssl), .events = POLLIN};
    quiet_ms += SETTLE_MS;
    while (SSL_version(ssl) >= TLS1_3_VERSION && watch->tickets < TICKETS &&
           poll(&ready, 1, quiet_ms) > 0) {
        char c;
        if (SSL_peek(ssl, &c, 1) > 0 || SSL_get_error(ssl, -1) != SSL_ERROR_WANT_READ)
            break;
    }
}

static int on_verify(int is_good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (!is_good && ssl != NULL)
        (void)snprintf(watch_of(ssl)->tls_text, sizeof watch_of(ssl)->tls_text, "%s",
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return is_good;
}

static bool name_set(SSL_CTX *ctx, const tocsin_instance *email)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    struct in_addr v4;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (inet_pton(AF_INET, email->server, &v4) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, email->server) == 1;
    return X509_VERIFY_PARAM_set1_host(param, email->server_ascii, 0) == 1;
}

/* Read once for the block: the system's bundle takes tens of milliseconds. */
static X509_STORE *store_get(tocsin_instance *email)
{
    pthread_mutex_lock(&email->lock);
    X509_STORE *store = email->store;
    if (store == NULL) {
        store = X509_STORE_new();
        int is_read = store == NULL ? 0
                      : email->ca_file != NULL
                          ? X509_STORE_load_file(store, email->ca_file)
                          : X509_STORE_set_default_paths(store);
        if (is_read != 1) {
            X509_STORE_free(store);
            store = NULL;
        }
        email->store = store;
    }
    pthread_mutex_unlock(&email->lock);
    return store;
}

SSL_CTX *esmtp_tls_new(tocsin_instance *email, esmtp_watch *watch, const char **ret_why)
{
    X509_STORE *store = store_get(email);
    *ret_why = "the certificates of ca_file cannot be read";
    if (store == NULL)
        return NULL;
    *ret_why = "out of memory";
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL)
        return NULL;
    SSL_CTX_set1_cert_store(ctx, store);
    SSL_CTX_set_app_data(ctx, watch);
    SSL_CTX_set_info_callback(ctx, on_info);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
                                                  SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_ticket);
    if (email->is_verified)
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && name_set(ctx, email))
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}
