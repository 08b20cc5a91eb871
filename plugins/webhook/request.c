/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - URL, body and headers of one request. Whatever can fail fails here, before
 * anything is sent. */
#include "webhook.h"

#include <stdio.h>
#include <string.h>

#define SECRET_SIZE 4096
#define VALUE_MAX   ((size_t)7 << 10)

/* What every step needs. */
typedef struct builder {
    request *r;
    const tocsin_instance *hook;
    const tocsin_message *message;
    tocsin_delivery *delivery;
    tocsin_result *result;
    tocsin_error *error;
} builder;

static int end(const builder *b, uint32_t status, uint32_t cause, const char *reason)
{
    b->result->status = status;
    b->result->cause = cause;
    if (b->error->text[0] == '\0')
        (void)snprintf(b->error->text, sizeof b->error->text, "%s", reason);
    return TOCSIN_E_INVALID;
}

static int out_of_memory(const builder *b)
{
    return end(b, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "out of memory");
}

/* A template that fails will fail again; a secret that cannot be read may come back. */
static int render(const builder *b, const char *key, const char *sub, uint32_t escape,
                  tocsin_str *ret)
{
    const tocsin_host *host = b->hook->host;
    int32_t rc = host->render(b->delivery, key, sub, escape, ret, b->error);
    if (rc >= 0)
        return 0;
    if (rc == TOCSIN_E_IO)
        return end(b, TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG, "a secret cannot be read now");
    if (rc == TOCSIN_E_NOMEM)
        return out_of_memory(b);
    return end(b, TOCSIN_FAIL, TOCSIN_CAUSE_TEMPLATE, "a template failed");
}

/* buf: SECRET_SIZE bytes, which the caller wipes. */
static int secret(const builder *b, const char *key, char *buf, size_t *ret_len)
{
    const tocsin_host *host = b->hook->host;
    if (host->secret(b->hook->config, key, NULL, buf, SECRET_SIZE, ret_len) >= 0)
        return 0;
    (void)snprintf(b->error->text, sizeof b->error->text, "%s cannot be read now", key);
    return end(b, TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG, "");
}

/* ---- URL ---- */

static int add_pairs(const builder *b, text *out, const char *key,
                     const tocsin_pair *pairs, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        tocsin_str value;
        int rc = render(b, key, pairs[i].name.ptr, TOCSIN_ESC_NONE, &value);
        if (rc < 0)
            return rc;
        if (i > 0)
            text_add_c(out, "&");
        text_add_url(out, pairs[i].name);
        text_add_c(out, "=");
        text_add_url(out, value);
    }
    return 0;
}

static int build_url(const builder *b)
{
    text *url = &b->r->url;
    tocsin_str base;
    int rc = render(b, "url", NULL, TOCSIN_ESC_URL, &base);
    if (rc < 0)
        return rc;
    const char *fragment = memchr(base.ptr, '#', base.len);
    if (fragment != NULL)
        base.len = (size_t)(fragment - base.ptr);
    text_add_str(url, base);
    if (b->hook->param_count > 0)
        text_add_c(url, memchr(base.ptr, '?', base.len) != NULL ? "&" : "?");
    rc = add_pairs(b, url, "params", b->hook->params, b->hook->param_count);
    return rc == 0 && url->failed ? out_of_memory(b) : rc;
}

/* ---- body ---- */

static void add_member(text *t, const char *before, tocsin_str value)
{
    text_add_c(t, before);
    text_add_json(t, value);
}

static const char *severity_name(uint32_t severity)
{
    switch (severity) {
    case TOCSIN_SUCCESS:
        return "success";
    case TOCSIN_WARNING:
        return "warning";
    case TOCSIN_FAILURE:
        return "failure";
    default:
        return "info";
    }
}

static void add_standard_body(text *t, const tocsin_message *message)
{
    add_member(t, "{\"invocation\":", message->invocation);
    add_member(t, ",\"automation\":{\"id\":", message->automation_id);
    add_member(t, ",\"name\":", message->automation_name);
    text_add_c(t, "},\"event\":");
    text_add_str(t, message->event.len > 0 ? message->event : str_of("null"));
    add_member(t, ",\"subject\":", message->subject);
    add_member(t, ",\"body\":", message->body);
    add_member(t, ",\"severity\":", str_of(severity_name(message->severity)));
    text_add_c(t, ",\"fired\":\"");
    text_add_time(t, message->fired_at_ms);
    text_add_c(t, "\"}");
}

static int add_rendered(const builder *b, const char *key, uint32_t escape)
{
    tocsin_str rendered;
    int rc = render(b, key, NULL, escape, &rendered);
    if (rc == 0)
        text_add_str(&b->r->body, rendered);
    return rc;
}

static int build_body(const builder *b)
{
    const tocsin_instance *hook = b->hook;
    text *body = &b->r->body;
    int rc = 0;
    if (b->message->kind == TOCSIN_ACTION) {
        text_add_str(body, b->message->payload);
        return body->failed ? out_of_memory(b) : 0;
    }
    switch (hook->body) {
    case BODY_STANDARD:
        add_standard_body(body, b->message);
        break;
    case BODY_TEXT:
        rc = add_rendered(b, "body",
                          hook->is_body_json ? TOCSIN_ESC_JSON : TOCSIN_ESC_NONE);
        break;
    case BODY_JSON:
        rc = add_rendered(b, "json", TOCSIN_ESC_JSON);
        break;
    case BODY_FORM:
        rc = add_pairs(b, body, "form", hook->form, hook->form_count);
        break;
    case BODY_NONE:
        break;
    }
    return rc == 0 && body->failed ? out_of_memory(b) : rc;
}

/* ---- headers ---- */

static bool has_header(const request *r, const char *name)
{
    for (uint64_t i = 0; i < r->header_count; i++)
        if (str_same_name(r->headers[i].name, name))
            return true;
    return false;
}

/* Unless the user set it. create left room for these. */
static void add_header(request *r, const char *name, tocsin_str value)
{
    if (!has_header(r, name) && r->header_count < HEADERS_MAX) {
        tocsin_pair *header = &r->headers[r->header_count++];
        header->name = str_of(name);
        header->value = value;
    }
}

/* What is wrong with a header's value, or NULL. */
static const char *value_mistake(tocsin_str value)
{
    if (value.len > VALUE_MAX)
        return "is longer than 7 KiB";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "holds a line break or another control character";
    }
    return NULL;
}

static int add_own_headers(const builder *b)
{
    const tocsin_instance *hook = b->hook;
    for (uint64_t i = 0; i < hook->header_count; i++) {
        tocsin_str name = hook->headers[i].name, value;
        int rc = render(b, "headers", name.ptr, TOCSIN_ESC_NONE, &value);
        if (rc < 0)
            return rc;
        const char *mistake = value_mistake(value);
        if (mistake != NULL) {
            (void)snprintf(b->error->text, sizeof b->error->text, "header %.64s %s",
                           name.ptr, mistake);
            return end(b, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "");
        }
        b->r->headers[b->r->header_count].name = name;
        b->r->headers[b->r->header_count++].value = value;
    }
    return 0;
}

static bool looks_like_json(tocsin_str s)
{
    size_t i = 0;
    while (i < s.len && (s.ptr[i] == ' ' || (s.ptr[i] >= '\t' && s.ptr[i] <= '\r')))
        i++;
    return i < s.len && (s.ptr[i] == '{' || s.ptr[i] == '[');
}

static tocsin_str content_type(const builder *b)
{
    static const char json[] = "application/json", plain[] = "text/plain; charset=utf-8";
    const tocsin_instance *hook = b->hook;
    if (hook->content_type.len > 0)
        return hook->content_type;
    if (b->message->kind == TOCSIN_ACTION) {
        tocsin_str body = {b->r->body.ptr, b->r->body.len};
        return str_of(looks_like_json(body) ? json : plain);
    }
    if (hook->body == BODY_FORM)
        return str_of("application/x-www-form-urlencoded");
    return str_of(hook->body == BODY_TEXT && !hook->is_body_json ? plain : json);
}

static void add_ids(const builder *b)
{
    request *r = b->r;
    long long now_s = b->hook->host->now_ms(b->hook->self) / 1000;
    (void)snprintf(r->timestamp, sizeof r->timestamp, "%lld", now_s);
    (void)snprintf(r->attempt, sizeof r->attempt, "%u", b->message->attempt);
    add_header(r, "webhook-id", b->message->invocation);
    add_header(r, "webhook-timestamp", str_of(r->timestamp));
    add_header(r, "webhook-attempt", str_of(r->attempt));
    add_header(r, "Idempotency-Key", b->message->invocation);
}

static int add_authorization(const builder *b)
{
    const tocsin_instance *hook = b->hook;
    text *value = &b->r->authorization;
    char buf[SECRET_SIZE];
    size_t len = 0;
    if (hook->auth == AUTH_NONE)
        return 0;
    int rc = secret(b, hook->auth == AUTH_BASIC ? "password" : "token", buf, &len);
    if (rc == 0 && hook->auth == AUTH_BASIC) {
        tocsin_str user = {NULL, 0};
        (void)hook->host->opt_str(hook->config, "username", &user);
        text_add_str(&b->r->scratch, user);
        text_add_c(&b->r->scratch, ":");
        text_add(&b->r->scratch, buf, len);
        text_add_c(value, "Basic ");
        text_add_base64(value, b->r->scratch.ptr, b->r->scratch.len);
    } else if (rc == 0) {
        text_add_c(value, "Bearer ");
        text_add(value, buf, len);
    }
    hook->host->wipe(buf, sizeof buf);
    if (rc < 0)
        return rc;
    tocsin_str header = {value->ptr, value->len};
    add_header(b->r, "Authorization", header);
    return value->failed || b->r->scratch.failed ? out_of_memory(b) : 0;
}

/* ---- signatures ---- */

/* The bytes of a key: after "whsec_" they stand in base64. Returns the length or a
 * negative code. */
static long read_key(const builder *b, const char *key, unsigned char *out, size_t cap)
{
    char buf[SECRET_SIZE];
    size_t len = 0;
    long rc = secret(b, key, buf, &len);
    if (rc == 0 && b->hook->sign == SIGN_STANDARD && len > 6 &&
        memcmp(buf, "whsec_", 6) == 0) {
        tocsin_str coded = {buf + 6, len - 6};
        rc = text_base64_decode(coded, out, cap);
    } else if (rc == 0 && len <= cap) {
        memcpy(out, buf, len);
        rc = (long)len;
    }
    b->hook->host->wipe(buf, sizeof buf);
    if (rc <= 0)
        return end(b, TOCSIN_FAIL, TOCSIN_CAUSE_CONFIG, "the signing key is not valid");
    return rc;
}

static int add_mac(const builder *b, const char *key, const char *before, tocsin_str data)
{
    const tocsin_host *host = b->hook->host;
    unsigned char bytes[SECRET_SIZE], mac[32];
    long len = read_key(b, key, bytes, sizeof bytes);
    if (len < 0)
        return (int)len;
    host->hmac_sha256(bytes, (size_t)len, data.ptr, data.len, mac);
    host->wipe(bytes, sizeof bytes);
    text_add_c(&b->r->signature, before);
    if (b->hook->sign == SIGN_STANDARD)
        text_add_base64(&b->r->signature, mac, sizeof mac);
    else
        text_add_hex(&b->r->signature, mac, sizeof mac);
    return 0;
}

static tocsin_str header_value(const request *r, const char *name)
{
    for (uint64_t i = 0; i < r->header_count; i++)
        if (str_same_name(r->headers[i].name, name))
            return r->headers[i].value;
    return str_of("");
}

/* Signed are the very id and timestamp that are sent. */
static int sign_standard(const builder *b)
{
    text *content = &b->r->scratch;
    content->len = 0;
    text_add_str(content, header_value(b->r, "webhook-id"));
    text_add_c(content, ".");
    text_add_str(content, header_value(b->r, "webhook-timestamp"));
    text_add_c(content, ".");
    text_add(content, b->r->body.ptr, b->r->body.len);
    tocsin_str data = {content->ptr, content->len};
    if (content->failed)
        return out_of_memory(b);
    int rc = add_mac(b, "signing_key", "v1,", data);
    if (rc == 0 && b->hook->has_old_key)
        rc = add_mac(b, "signing_key_old", " v1,", data);
    return rc;
}

static int add_signature(const builder *b)
{
    request *r = b->r;
    tocsin_str body = {r->body.ptr, r->body.len};
    if (b->hook->sign == SIGN_NONE)
        return 0;
    bool is_standard = b->hook->sign == SIGN_STANDARD;
    int rc = is_standard ? sign_standard(b) : add_mac(b, "signing_key", "sha256=", body);
    if (rc < 0)
        return rc;
    tocsin_str value = {r->signature.ptr, r->signature.len};
    add_header(r, is_standard ? "webhook-signature" : "X-Hub-Signature-256", value);
    return r->signature.failed ? out_of_memory(b) : 0;
}

int request_build(request *r, const tocsin_instance *hook, const tocsin_message *message,
                  tocsin_delivery *delivery, tocsin_result *ret, tocsin_error *error)
{
    builder b = {r, hook, message, delivery, ret, error};
    memset(r, 0, sizeof *r);
    int rc = build_url(&b);
    if (rc == 0)
        rc = build_body(&b);
    if (rc == 0)
        rc = add_own_headers(&b);
    if (rc < 0)
        return rc;
    if (r->body.len > 0)
        add_header(r, "Content-Type", content_type(&b));
    add_ids(&b);
    rc = add_authorization(&b);
    return rc == 0 ? add_signature(&b) : rc;
}

static void wipe_free(text *t, const tocsin_host *host)
{
    if (t->ptr != NULL)
        host->wipe(t->ptr, t->capacity);
    text_free(t);
}

void request_free(request *r, const tocsin_host *host)
{
    wipe_free(&r->url, host);
    wipe_free(&r->body, host);
    wipe_free(&r->authorization, host);
    wipe_free(&r->signature, host);
    wipe_free(&r->scratch, host);
}
