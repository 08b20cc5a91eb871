/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the table of options, and the checks that need more than one of them. */
#include "placeholder.h"
#include "webhook.h"

static const char *const methods[] = {"POST",   "PUT",  "PATCH", "GET",
                                      "DELETE", "HEAD", NULL};
static const char *const signs[] = {"none", "standard", "github", NULL};
static const char *const auths[] = {"none", "basic", "bearer", NULL};

#define STRING  .type = TOCSIN_OPT_STRING
#define ENUM(c) .type = TOCSIN_OPT_ENUM, .choices = c
#define BOOL    .type = TOCSIN_OPT_BOOL
#define MAP     .type = TOCSIN_OPT_MAP
#define JSON    .type = TOCSIN_OPT_JSON
#define SECRET  .flags = TOCSIN_OPT_SECRET
#define TPL     .flags = TOCSIN_OPT_TEMPLATE

const tocsin_option webhook_options[WEBHOOK_OPTIONS] = {
    {"url", NULL,
     "Where requests go. Path and query may hold templates, whose values are "
     "percent-encoded.",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION |
              TOCSIN_OPT_TEMPLATE},
    {"method", "POST", "The request's method. GET and HEAD have no body.", ENUM(methods)},
    {"headers", NULL, "Headers by name. They replace those that the plugin sets itself.",
     MAP, .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_TEMPLATE, .max = 48},
    {"params", NULL, "Added to the query of the URL.", MAP, TPL},
    {"cookies", NULL, "Sent as the header Cookie.", MAP, SECRET, .max = 48},
    {"body", NULL,
     "The body as a template. When it is JSON, values are escaped for JSON strings.",
     .type = TOCSIN_OPT_TEXT, TPL},
    {"json", NULL, "The body as JSON, with templates in its strings.", JSON, TPL},
    {"form", NULL, "The body as a form.", MAP, TPL},
    {"content_type", NULL,
     "Content-Type of the body; by default it follows from the kind of body. none: no such "
     "header.",
     STRING, .min = 1, .max = 200},
    {"success", "200-299", "Statuses that mean success: 200-299, 304.", STRING},
    {"retry", "408,425,429,500,502-504",
     "Statuses after which the request is tried again.", STRING},
    {"sign", "none",
     "standard: Standard Webhooks (webhook-signature); github: X-Hub-Signature-256.",
     ENUM(signs)},
    {"signing_key", NULL,
     "Key of the signature; for standard it may stand as whsec_ and base64.", STRING,
     SECRET},
    {"signing_key_old", NULL,
     "A second key for standard, while receivers change from one to the other.", STRING,
     SECRET},
    {"auth", "none", "basic: username and password; bearer: token.", ENUM(auths)},
    {"username", NULL, "For auth: basic.", STRING},
    {"password", NULL, "For auth: basic.", STRING, SECRET},
    {"token", NULL, "For auth: bearer.", STRING, SECRET},
    {"follow", "false", "Follow redirects, at most 5.", BOOL},
    {"verify", "true", "Verify the peer's certificate.", BOOL},
    {"ca_file", NULL,
     "Certificates of authorities to trust instead of the system's, as PEM.", STRING,
     .min = 1, .max = 4096},
    {"cert_file", NULL, "A client's certificate to show, as PEM.", STRING, .min = 1,
     .max = 4096},
    {"key_file", NULL, "The key of cert_file, as PEM.", STRING, .min = 1, .max = 4096},
    {"proxy", NULL, "URL of a proxy for this webhook.", STRING, SECRET},
    {"placeholders", "false",
     "Texts are no templates: {{key}} stands for subject, body, name or a key of secrets, as "
     "in Prefect's Custom Webhook.",
     BOOL},
    {"secrets", NULL, "With placeholders: texts by key.", MAP, SECRET},
    {"name", NULL, "With placeholders: what {{name}} stands for.", STRING},
    {"json_data", NULL, "With placeholders: the body as JSON.", JSON},
    {"form_data", NULL,
     "With placeholders: a mapping is sent as a form, a text as it is.", JSON},
};

bool webhook_is_set(const tocsin_instance *hook, const char *key)
{
    return tocsin_option_is_set(hook->host, hook->config, key);
}

static tocsin_str text_of(const tocsin_instance *hook, const char *key)
{
    return tocsin_option_text(hook->host, hook->config, key);
}

/* ---- checks ---- */

static bool is_token(tocsin_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return name.len > 0 && name.len <= 256;
}

static const char *header_mistake(const tocsin_instance *hook, uint64_t i)
{
    static const char *const refused[] = {"Host", "Content-Length", "Transfer-Encoding",
                                          "Connection"};
    tocsin_str name = hook->headers.items[i].name;
    if (!is_token(name))
        return "holds a malformed header name";
    for (size_t k = 0; k < sizeof refused / sizeof refused[0]; k++)
        if (tocsin_str_same_name(name, refused[k]))
            return "must not hold Host, Content-Length, Transfer-Encoding or Connection";
    for (uint64_t k = 0; k < i; k++)
        if (tocsin_str_same_name(hook->headers.items[k].name, name.ptr))
            return "holds the same header twice";
    if (hook->auth != AUTH_NONE && tocsin_str_same_name(name, "Authorization"))
        return "holds Authorization, which auth sets";
    if (hook->cookies.count > 0 && tocsin_str_same_name(name, "Cookie"))
        return "holds Cookie, which cookies set";
    return NULL;
}

static int32_t check_names(const tocsin_instance *hook, tocsin_error *reterr)
{
    for (uint64_t i = 0; i < hook->headers.count; i++) {
        const char *mistake = header_mistake(hook, i);
        if (mistake != NULL)
            return tocsin_option_refuse(reterr, "headers", mistake);
    }
    for (uint64_t i = 0; i < hook->cookies.count; i++)
        if (!is_token(hook->cookies.items[i].name))
            return tocsin_option_refuse(reterr, "cookies", "holds a malformed name");
    return TOCSIN_OK;
}

/* Options that need another one. */
static int32_t check_partners(const tocsin_instance *hook, tocsin_error *reterr)
{
    static const struct {
        const char *key, *why;
    } auth_keys[][2] = {
        [AUTH_NONE] = {{NULL, NULL}, {NULL, NULL}},
        [AUTH_BASIC] = {{"username", "is required with auth: basic"},
                        {"password", "is required with auth: basic"}},
        [AUTH_BEARER] = {{"token", "is required with auth: bearer"}, {NULL, NULL}},
    };
    for (size_t i = 0; i < 2; i++) {
        const char *key = auth_keys[hook->auth][i].key;
        if (key != NULL && !webhook_is_set(hook, key))
            return tocsin_option_refuse(reterr, key, auth_keys[hook->auth][i].why);
    }
    if (hook->sign != SIGN_NONE && !webhook_is_set(hook, "signing_key"))
        return tocsin_option_refuse(reterr, "signing_key", "is required with sign");
    if ((hook->net.cert_file == NULL) != (hook->net.key_file == NULL))
        return tocsin_option_refuse(reterr,
                                    hook->net.key_file == NULL ? "key_file" : "cert_file",
                                    "is required: cert_file and key_file go together");
    return TOCSIN_OK;
}

/* Texts are templates, or they have placeholders. */
static int32_t check_language(const tocsin_instance *hook, tocsin_error *reterr)
{
    static const char *const templates[] = {"body", "json", "form"};
    static const char *const plain[] = {"secrets", "json_data", "form_data"};
    for (size_t i = 0; i < 3; i++) {
        if (hook->has_placeholders && webhook_is_set(hook, templates[i]))
            return tocsin_option_refuse(reterr, templates[i],
                                        "is a template: with placeholders there are "
                                        "json_data and form_data");
        bool has_plain =
            i == 0 ? hook->secrets.count > 0 : webhook_is_set(hook, plain[i]);
        if (!hook->has_placeholders && has_plain)
            return tocsin_option_refuse(reterr, plain[i], "needs placeholders: true");
    }
    if (webhook_is_set(hook, "json_data") && webhook_is_set(hook, "form_data"))
        return tocsin_option_refuse(reterr, "form_data",
                                    "both `Form Data` and `JSON Data` provided");
    return TOCSIN_OK;
}

/* ---- reading ---- */

/* Does the template look like JSON, and not like a template's tag? */
static bool begins_as_json(tocsin_str source)
{
    tocsin_str s = tocsin_str_trim(source);
    bool is_tag = s.len > 1 && s.ptr[0] == '{' && strchr("{%#", s.ptr[1]) != NULL;
    return s.len > 0 && (s.ptr[0] == '[' || s.ptr[0] == '{') && !is_tag;
}

static enum body_kind body_kind(const tocsin_instance *hook)
{
    return webhook_is_set(hook, "body")        ? BODY_TEXT
           : webhook_is_set(hook, "json")      ? BODY_JSON
           : hook->form.count > 0              ? BODY_FORM
           : webhook_is_set(hook, "json_data") ? BODY_JSON_DATA
           : webhook_is_set(hook, "form_data") ? BODY_FORM_DATA
           : hook->has_placeholders            ? BODY_NONE
                                               : BODY_STANDARD;
}

static int32_t read_body_kind(tocsin_instance *hook, tocsin_error *reterr)
{
    bool has_body = webhook_is_set(hook, "body"), has_json = webhook_is_set(hook, "json");
    if (has_body + has_json + (hook->form.count > 0) > 1)
        return tocsin_option_refuse(reterr, has_json ? "json" : "form",
                                    "only one of body, json and form is allowed");
    hook->body = body_kind(hook);
    if (tocsin_str_eq(hook->method, "GET") || tocsin_str_eq(hook->method, "HEAD")) {
        if (hook->body != BODY_STANDARD && hook->body != BODY_NONE)
            return tocsin_option_refuse(reterr, "method", "GET and HEAD have no body");
        hook->body = BODY_NONE;
    }
    hook->is_body_json = hook->content_type.len > 0
                             ? tocsin_str_has(hook->content_type, "json")
                             : begins_as_json(text_of(hook, "body"));
    return TOCSIN_OK;
}

static pairs read_pairs(const tocsin_instance *hook, const char *key)
{
    pairs found = {NULL, 0};
    (void)hook->host->opt_map(hook->config, key, &found.items, &found.count);
    return found;
}

static const char *read_path(const tocsin_instance *hook, const char *key)
{
    tocsin_str path = text_of(hook, key);
    return path.len > 0 ? path.ptr : NULL;
}

static void read_plain(tocsin_instance *hook)
{
    const tocsin_host *host = hook->host;
    const tocsin_config *config = hook->config;
    hook->method = text_of(hook, "method");
    hook->content_type = text_of(hook, "content_type");
    hook->headers = read_pairs(hook, "headers");
    hook->params = read_pairs(hook, "params");
    hook->form = read_pairs(hook, "form");
    hook->cookies = read_pairs(hook, "cookies");
    hook->secrets = read_pairs(hook, "secrets");
    hook->has_placeholders = tocsin_option_flag(host, config, "placeholders");
    hook->auth = (enum auth_kind)tocsin_option_choice(host, config, "auth", auths);
    hook->sign = (enum sign_kind)tocsin_option_choice(host, config, "sign", signs);
    hook->net_flags =
        (tocsin_option_flag(host, config, "follow") ? TOCSIN_NET_FOLLOW : 0) |
        (tocsin_option_flag(host, config, "verify") ? 0 : TOCSIN_NET_NO_VERIFY);
    hook->net.struct_size = sizeof hook->net;
    hook->net.ca_file = read_path(hook, "ca_file");
    hook->net.cert_file = read_path(hook, "cert_file");
    hook->net.key_file = read_path(hook, "key_file");
}

int32_t webhook_read_options(tocsin_instance *hook, tocsin_error *reterr)
{
    read_plain(hook);
    if (!status_list_parse(&hook->success, text_of(hook, "success")))
        return tocsin_option_refuse(reterr, "success",
                                    "is not a list of statuses such as 200-299, 304");
    if (!status_list_parse(&hook->retry, text_of(hook, "retry")))
        return tocsin_option_refuse(reterr, "retry",
                                    "is not a list of statuses such as 429, 500-599");
    int32_t rc = check_partners(hook, reterr);
    if (rc == TOCSIN_OK)
        rc = check_language(hook, reterr);
    if (rc == TOCSIN_OK)
        rc = check_names(hook, reterr);
    if (rc == TOCSIN_OK)
        rc = read_body_kind(hook, reterr);
    return rc == TOCSIN_OK && hook->has_placeholders ? placeholder_check(hook, reterr)
                                                     : rc;
}
