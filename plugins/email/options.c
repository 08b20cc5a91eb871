/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the table of options, and what must hold between them. */
#include "options.h"

#include <arpa/inet.h>

static const char *const tls_modes[] = {"starttls", "implicit", "none", NULL};
static const char *const transports[] = {"auto", "esmtp", "curl", NULL};

const tocsin_option email_options[EMAIL_OPTIONS] = {
    {.key = "host",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_DESTINATION,
     .min = 1,
     .max = 253,
     .doc = "The mail server's name or address, or one of AOL, ATT, COMCAST, ICLOUD, "
            "GMAIL, OUTLOOK, YAHOO."},
    {.key = "port",
     .type = TOCSIN_OPT_INT,
     .flags = TOCSIN_OPT_DESTINATION,
     .min = 1,
     .max = 65535,
     .doc = "Its port. By default 587 with tls: starttls, 465 with implicit, 25 with "
            "none."},
    {.key = "tls",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "starttls",
     .choices = tls_modes,
     .doc = "starttls: required, never \"if offered\"; implicit: from the first byte; "
            "none: in clear, and without credentials."},
    {.key = "username",
     .type = TOCSIN_OPT_STRING,
     .doc = "Who logs in, with password or oauth_token."},
    {.key = "password",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "For AUTH PLAIN or LOGIN, always under TLS."},
    {.key = "oauth_token",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .doc = "An access token for AUTH OAUTHBEARER or XOAUTH2, in place of a password."},
    {.key = "from",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_TEMPLATE,
     .doc = "The sender: an address, or Name <address>. Left empty it is the username."},
    {.key = "to",
     .type = TOCSIN_OPT_LIST,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_TEMPLATE,
     .max = 100,
     .doc = "Recipients, each an address or Name <address>. An entry that a template "
            "leaves empty is none."},
    {.key = "cc",
     .type = TOCSIN_OPT_LIST,
     .flags = TOCSIN_OPT_TEMPLATE,
     .max = 100,
     .doc = "Further recipients, whom everyone sees."},
    {.key = "bcc",
     .type = TOCSIN_OPT_LIST,
     .flags = TOCSIN_OPT_TEMPLATE,
     .max = 100,
     .doc = "Further recipients, whom nobody sees."},
    {.key = "reply_to",
     .type = TOCSIN_OPT_LIST,
     .flags = TOCSIN_OPT_TEMPLATE,
     .max = 20,
     .doc = "Where answers go."},
    {.key = "html",
     .type = TOCSIN_OPT_TEXT,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "A second form of the message as HTML; values in it are escaped."},
    {.key = "headers",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_TEMPLATE,
     .max = HEADERS_MAX,
     .doc = "Further headers: X-..., List-... and Keywords."},
    {.key = "thread_key",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_TEMPLATE,
     .doc = "Messages with the same text here are shown as one thread."},
    {.key = "priority",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "X-Priority: 1 for failures, 3 for all else."},
    {.key = "helo",
     .type = TOCSIN_OPT_STRING,
     .max = 253,
     .doc = "The name that the daemon gives itself; by default the machine's."},
    {.key = "message_id_domain",
     .type = TOCSIN_OPT_STRING,
     .max = 253,
     .doc = "Behind the @ of Message-ID; by default the domain of from."},
    {.key = "transport",
     .type = TOCSIN_OPT_ENUM,
     .dflt = "auto",
     .choices = transports,
     .doc = "esmtp: libESMTP, on threads of the block's own; curl: the daemon's mail "
            "client; auto: esmtp for tls: starttls without oauth_token, else curl."},
    {.key = "verify",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .doc = "Verify the server's certificate."},
    {.key = "ca_file",
     .type = TOCSIN_OPT_STRING,
     .doc = "Certificates to trust in place of the system's."},
    {.key = "smtp_type",
     .type = TOCSIN_OPT_JSON,
     .doc = "tls in Prefect's words: SSL or 465, STARTTLS or 587, INSECURE or 25."},
    {.key = "server_only",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "false",
     .doc = "No message goes through this block: other blocks take its server. Set for "
            "Prefect's email-server-credentials."},
};

/* ---- what must hold between them ---- */

static bool is_set(const tocsin_instance *email, const char *key)
{
    return tocsin_option_is_set(email->host, email->config, key);
}

static const char *text_or_null(const tocsin_instance *email, const char *key)
{
    tocsin_str text = tocsin_option_text(email->host, email->config, key);
    return text.len > 0 ? text.ptr : NULL;
}

/* Prefect's list of known servers. */
static const char *known_server(const char *name)
{
    static const char *const known[][2] = {
        {"AOL", "smtp.aol.com"},          {"ATT", "smtp.mail.att.net"},
        {"COMCAST", "smtp.comcast.net"},  {"ICLOUD", "smtp.mail.me.com"},
        {"GMAIL", "smtp.gmail.com"},      {"OUTLOOK", "smtp-mail.outlook.com"},
        {"YAHOO", "smtp.mail.yahoo.com"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i][0], name) == 0)
            return known[i][1];
    return name;
}

static bool is_machine_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9');
        if (!is_plain && strchr(".-_:[]", *c) == NULL)
            return false;
    }
    return true;
}

/* tls, or what Prefect calls it. Negative: no such word. */
static int read_tls(const tocsin_instance *email)
{
    static const struct {
        const char *word;
        enum tls_mode mode;
    } words[] = {
        {"\"SSL\"", TLS_IMPLICIT},      {"465", TLS_IMPLICIT},
        {"\"STARTTLS\"", TLS_STARTTLS}, {"587", TLS_STARTTLS},
        {"\"INSECURE\"", TLS_NONE},     {"25", TLS_NONE},
    };
    tocsin_str theirs = tocsin_option_text(email->host, email->config, "smtp_type");
    if (theirs.len == 0)
        return tocsin_option_choice(email->host, email->config, "tls", tls_modes);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (tocsin_str_eq(theirs, words[i].word))
            return (int)words[i].mode;
    return -1;
}

static int32_t read_server(tocsin_instance *email, tocsin_error *reterr)
{
    static const uint32_t ports[] = {
        [TLS_STARTTLS] = 587, [TLS_IMPLICIT] = 465, [TLS_NONE] = 25};
    const tocsin_host *host = email->host;
    int mode = read_tls(email);
    int64_t port = tocsin_option_int(host, email->config, "port");
    if (mode < 0)
        return tocsin_option_refuse(reterr, "smtp_type",
                                    "is none of SSL, 465, STARTTLS, 587, INSECURE, 25");
    email->tls = (enum tls_mode)mode;
    email->port = port != 0 ? (uint32_t)port : ports[email->tls];
    email->server = known_server(tocsin_option_text(host, email->config, "host").ptr);
    email->helo = text_or_null(email, "helo");
    email->ca_file = text_or_null(email, "ca_file");
    email->is_verified = tocsin_option_flag(host, email->config, "verify");
    struct in6_addr v6;
    email->is_v6 = inet_pton(AF_INET6, email->server, &v6) == 1;
    if (!email->is_v6 &&
        domain_to_ascii(tocsin_str_of(email->server), email->server_ascii,
                        sizeof email->server_ascii) != NULL)
        return tocsin_option_refuse(reterr, "host",
                                    "is no name or address of a server (no port, no "
                                    "brackets)");
    if (email->helo != NULL && !is_machine_name(email->helo))
        return tocsin_option_refuse(reterr, "helo", "is no name of a machine");
    return TOCSIN_OK;
}

static int32_t read_credentials(tocsin_instance *email, tocsin_error *reterr)
{
    bool has_password = is_set(email, "password");
    email->has_token = is_set(email, "oauth_token");
    email->username = text_or_null(email, "username");
    if (email->tls == TLS_NONE &&
        (has_password || email->has_token || email->username != NULL))
        return tocsin_option_refuse(reterr, "tls",
                                    "is none: credentials would be sent in clear text");
    if (has_password && email->has_token)
        return tocsin_option_refuse(reterr, "oauth_token",
                                    "and password: only one of them is allowed");
    if (email->username == NULL && (has_password || email->has_token))
        return tocsin_option_refuse(reterr, "username",
                                    "is required with password or oauth_token");
    if (email->username != NULL && !has_password && !email->has_token)
        return tocsin_option_refuse(reterr, "password",
                                    "or oauth_token is required with username");
    return TOCSIN_OK;
}

/* libESMTP knows neither TLS from the first byte, nor tokens, nor IPv6 addresses. Without
 * TLS nothing could end a session that hangs, so it must be asked for. */
static int32_t read_transport(tocsin_instance *email, tocsin_error *reterr)
{
    int choice =
        tocsin_option_choice(email->host, email->config, "transport", transports);
    bool is_esmtp = email->tls != TLS_IMPLICIT && !email->has_token && !email->is_v6;
    if (choice == 1 && !is_esmtp)
        return tocsin_option_refuse(
            reterr, "transport",
            "is esmtp, which has no tls: implicit, oauth_token or "
            "IPv6 address: use curl");
    bool is_best = is_esmtp && email->tls == TLS_STARTTLS;
    bool is_chosen = choice == 0 ? is_best : choice == 1;
    email->transport = is_chosen ? TRANSPORT_ESMTP : TRANSPORT_CURL;
    return TOCSIN_OK;
}

static int32_t read_headers(tocsin_instance *email, tocsin_error *reterr)
{
    (void)email->host->opt_map(email->config, "headers", &email->headers,
                               &email->header_count);
    for (uint64_t i = 0; i < email->header_count; i++) {
        const char *wrong = header_name_check(email->headers[i].name);
        if (wrong != NULL)
            return tocsin_option_refuse(reterr, "headers", wrong);
        for (uint64_t k = 0; k < i; k++)
            if (tocsin_str_same_name(email->headers[k].name, email->headers[i].name.ptr))
                return tocsin_option_refuse(reterr, "headers",
                                            "holds the same header twice");
    }
    return TOCSIN_OK;
}

/* A literal without templates can be checked now. */
static int32_t check_literal(const tocsin_str text, const char *key, tocsin_error *reterr)
{
    address a;
    if (tocsin_str_has(text, "{{") || tocsin_str_has(text, "{%") ||
        tocsin_str_has(text, "{#"))
        return TOCSIN_OK;
    const char *wrong = address_parse(text, &a);
    return wrong == NULL ? TOCSIN_OK : tocsin_option_refuse(reterr, key, wrong);
}

/* Prefect's documents name no sender; who logs in usually has an address. */
static int32_t check_required(tocsin_instance *email, tocsin_error *reterr)
{
    address a;
    email->from_username = text_or_null(email, "from") == NULL;
    if (email->is_server_only)
        return TOCSIN_OK;
    const tocsin_str *to = NULL;
    uint64_t count = 0;
    (void)email->host->opt_list(email->config, "to", &to, &count);
    if (count == 0)
        return tocsin_option_refuse(reterr, "to", "has no recipients");
    if (email->from_username &&
        (email->username == NULL ||
         address_parse(tocsin_str_of(email->username), &a) != NULL))
        return tocsin_option_refuse(reterr, "from",
                                    "is empty, and username is no address either");
    return TOCSIN_OK;
}

static int32_t check_addresses(const tocsin_instance *email, tocsin_error *reterr)
{
    static const char *const keys[] = {"to", "cc", "bcc", "reply_to"};
    int32_t rc = TOCSIN_OK;
    if (!email->from_username)
        rc = check_literal(tocsin_option_text(email->host, email->config, "from"), "from",
                           reterr);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const tocsin_str *items = NULL;
        uint64_t count = 0;
        (void)email->host->opt_list(email->config, keys[i], &items, &count);
        for (uint64_t k = 0; rc == TOCSIN_OK && k < count; k++) {
            char place[64];
            (void)snprintf(place, sizeof place, "%s[%llu]", keys[i],
                           (unsigned long long)k);
            rc = check_literal(items[k], place, reterr);
        }
    }
    return rc;
}

int32_t email_options_read(tocsin_instance *email, tocsin_error *reterr)
{
    const tocsin_host *host = email->host;
    int32_t rc = read_server(email, reterr);
    email->is_server_only = tocsin_option_flag(host, email->config, "server_only");
    if (rc == TOCSIN_OK)
        rc = read_credentials(email, reterr);
    if (rc == TOCSIN_OK)
        rc = read_transport(email, reterr);
    if (rc == TOCSIN_OK)
        rc = check_required(email, reterr);
    if (rc == TOCSIN_OK)
        rc = read_headers(email, reterr);
    if (rc == TOCSIN_OK)
        rc = check_addresses(email, reterr);
    if (rc != TOCSIN_OK)
        return rc;
    email->has_html = is_set(email, "html");
    email->has_thread = is_set(email, "thread_key");
    email->has_priority = tocsin_option_flag(host, email->config, "priority");
    tocsin_str domain = tocsin_option_text(host, email->config, "message_id_domain");
    if (domain.len > 0 &&
        domain_to_ascii(domain, email->domain, sizeof email->domain) != NULL)
        return tocsin_option_refuse(reterr, "message_id_domain", "is no domain");
    return TOCSIN_OK;
}
