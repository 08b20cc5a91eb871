/* SPDX-License-Identifier: Apache-2.0 */
/* easy.c - one curl handle set up for one hop: only http and https, no cookies, no
 * proxies of the environment, TLS 1.2 or later, and the address guard at both places
 * where a connection is chosen: before a socket is opened, and before a request goes out
 * on one that was open already. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/compiler.h"
#include "core/net/received.h"
#include "core/net/smtp_int.h"

#define KEEP_ALIVE_S       60L
#define CONNECT_DEFAULT_MS 5000L
/* What is read and dropped of a body, six times for chunks of one byte, and some more. */
#define READ_MAX  (UINT64_C(16) << 20)
#define LAPS_LOOK 32 /* a lap reads at most 16 KiB */

/* One place for the cast: the variadic curl_easy_setopt reads long, pointer or off_t. */
static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool tcn_easy_is_denied(tcn_exchange *exchange, const struct sockaddr *address,
                        socklen_t len, tcn_str host, bool no_private)
{
    const char *why =
        tcn_guard_check(exchange->client->guard, address, len, host, no_private);
    if (why == NULL)
        return false;
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET)
        (void)inet_ntop(AF_INET,
                        &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                        text, sizeof text);
    else if (address->sa_family == AF_INET6)
        (void)inet_ntop(AF_INET6,
                        &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
                        text, sizeof text);
    (void)snprintf(exchange->denied, sizeof exchange->denied,
                   "refused to connect to %s (%s)", text, why);
    return true;
}

/* Asks about the other end of a connection: the target, or the proxy, which may be on a
 * private network although targets may not, unless the request says no. */
static bool is_peer_denied(tcn_exchange *exchange, const struct sockaddr *address,
                           socklen_t len)
{
    const tcn_http_request *request = &exchange->request;
    tcn_url proxy = {0};
    if (request->proxy == NULL || request->proxy[0] == '\0')
        return tcn_easy_is_denied(exchange, address, len, tcn_str_c(exchange->url.host),
                                  (request->flags & TCN_HTTP_NO_PRIVATE) != 0);
    (void)tcn_url_parse(request->proxy, &proxy, NULL);
    return tcn_easy_is_denied(exchange, address, len, tcn_str_c(proxy.host),
                              (request->flags & TCN_HTTP_NO_PRIVATE_PROXY) != 0);
}

static curl_socket_t on_open(void *ud, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
    (void)purpose;
    if (is_peer_denied(ud, &address->addr, (socklen_t)address->addrlen))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

/* A connection that another exchange opened may not be allowed to this one. */
static int on_ready(void *ud, char *peer, char *local, int peer_port, int local_port)
{
    (void)local;
    (void)peer_port;
    (void)local_port;
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    bool denied;
    if (inet_pton(AF_INET, peer, &in.sin_addr) == 1)
        denied = is_peer_denied(ud, (const void *)&in, sizeof in);
    else if (inet_pton(AF_INET6, peer, &in6.sin6_addr) == 1)
        denied = is_peer_denied(ud, (const void *)&in6, sizeof in6);
    else
        denied = true;
    return denied ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static const char *url_of(const tcn_exchange *exchange)
{
    if (exchange->smtp != NULL)
        return exchange->smtp->url;
    return exchange->hop_url != NULL ? exchange->hop_url : exchange->request.url;
}

static bool common_set(tcn_exchange *exchange)
{
    CURL *easy = exchange->easy;
    const tcn_http_request *request = &exchange->request;
    long connect_ms = request->connect_timeout_ms != 0 ? (long)request->connect_timeout_ms
                                                       : CONNECT_DEFAULT_MS;
    return set_text(easy, CURLOPT_URL, url_of(exchange)) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR,
                    exchange->smtp != NULL ? "smtp,smtps" : "http,https") &&
           set_long(easy, CURLOPT_NOSIGNAL, 1) &&
           /* Else a silent name server blocks the loop while its thread is joined. */
           set_long(easy, CURLOPT_QUICK_EXIT, 1) &&
           set_long(easy, CURLOPT_TCP_NODELAY, 1) &&
           set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS) &&
           set_long(easy, CURLOPT_MAXAGE_CONN, KEEP_ALIVE_S) &&
           set_long(easy, CURLOPT_TIMEOUT_MS, tcn_exchange_left_ms(exchange)) &&
           set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) &&
           set_text(easy, CURLOPT_USERAGENT, exchange->client->user_agent) &&
           set_text(easy, CURLOPT_PROXY, request->proxy != NULL ? request->proxy : "") &&
           set_text(easy, CURLOPT_NOPROXY, "") &&
           set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
}

/* OpenSSL reads on by itself behind what is not the peer's data, such as tickets for
 * sessions: a peer that sends nothing else would hold the loop for ever. */
static CURLcode on_tls(CURL *easy, void *context, void *ud)
{
    (void)easy;
    (void)ud;
    (void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    return CURLE_OK;
}

static bool is_openssl(void)
{
    const char *name = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return name != NULL && strncmp(name, "OpenSSL/", 8) == 0;
}

static bool tls_set(tcn_exchange *exchange)
{
    CURL *easy = exchange->easy;
    const tcn_http_request *request = &exchange->request;
    bool is_checked = (request->flags & TCN_HTTP_NO_VERIFY) == 0;
    const char *ca_file =
        request->ca_file != NULL ? request->ca_file : exchange->client->ca_file;
    return set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           set_long(easy, CURLOPT_SSL_VERIFYPEER, is_checked ? 1 : 0) &&
           set_long(easy, CURLOPT_SSL_VERIFYHOST, is_checked ? 2 : 0) &&
           (ca_file == NULL || set_text(easy, CURLOPT_CAINFO, ca_file)) &&
           (!is_openssl() ||
            curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK) &&
           set_text(easy, CURLOPT_SSLCERT, request->cert_file) &&
           set_text(easy, CURLOPT_SSLKEY, request->key_file);
}

/* libcurl does not return while a connection has something to read, and not all of it
 * ends up in head or body: the extension of a chunk may go on for ever. */
static int on_progress(void *ud, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    tcn_exchange *exchange = ud;
    bool is_new = exchange->read_before == UINT64_MAX;
    if (!is_new && ++exchange->laps % LAPS_LOOK != 0)
        return 0;
    uint64_t read = exchange->fd < 0 ? UINT64_MAX : tcn_received(exchange->fd);
    if (read == UINT64_MAX)
        return 0;
    if (is_new || read < exchange->read_before) /* or libcurl has connected anew */
        exchange->read_before = read;
    exchange->is_flooded = read - exchange->read_before > READ_MAX;
    return exchange->is_flooded ? 1 : 0;
}

static bool callbacks_set(tcn_exchange *exchange)
{
    CURL *easy = exchange->easy;
    tcn_answer *answer = &exchange->answer;
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange) == CURLE_OK &&
           set_long(easy, CURLOPT_NOPROGRESS, 0) &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, tcn_answer_on_head) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, tcn_answer_on_body) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

static bool method_set(tcn_exchange *exchange)
{
    CURL *easy = exchange->easy;
    const char *method = exchange->request.method;
    tcn_str body = exchange->request.body;
    bool is_get = strcmp(method, "GET") == 0;
    if (strcmp(method, "HEAD") == 0 && body.len == 0)
        return set_long(easy, CURLOPT_NOBODY, 1);
    bool has_body = body.len > 0 || strcmp(method, "POST") == 0 ||
                    strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    if (!has_body)
        return set_long(easy, CURLOPT_HTTPGET, 1) &&
               (is_get || set_text(easy, CURLOPT_CUSTOMREQUEST, method));
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) ==
               CURLE_OK &&
           set_text(easy, CURLOPT_POSTFIELDS, body.len > 0 ? body.ptr : "") &&
           (strcmp(method, "POST") == 0 || set_text(easy, CURLOPT_CUSTOMREQUEST, method));
}

CURLcode tcn_easy_files_check(tcn_exchange *exchange)
{
    const tcn_http_request *request = &exchange->request;
    const char *const paths[] = {request->ca_file, request->cert_file, request->key_file};
    for (size_t i = 0; i < TCN_COUNT(paths); i++) {
        struct stat st;
        /* What is not there is told by libcurl, where it is needed. */
        if (paths[i] == NULL || stat(paths[i], &st) != 0 || S_ISREG(st.st_mode))
            continue;
        (void)snprintf(exchange->curl_text, sizeof exchange->curl_text,
                       "%.200s is not a regular file", paths[i]);
        return CURLE_SSL_CERTPROBLEM;
    }
    return CURLE_OK;
}

int tcn_easy_prepare(tcn_exchange *exchange)
{
    exchange->curl_text[0] = '\0';
    exchange->is_flooded = false;
    exchange->fd = -1;
    exchange->laps = 0;
    exchange->read_before = UINT64_MAX;
    curl_easy_reset(exchange->easy);
    bool is_set = common_set(exchange) && tls_set(exchange) && callbacks_set(exchange);
    if (is_set && exchange->smtp != NULL)
        is_set = tcn_smtp_easy_set(exchange);
    else if (is_set)
        is_set = method_set(exchange) &&
                 curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->lines) ==
                     CURLE_OK;
    return is_set ? 0 : TCN_E_NOMEM;
}
