/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - URL, body and headers. A text is rendered as a template, or its
 * placeholders are replaced; what differs stands in value(). */
#include "request.h"

#include <tocsin/json.h>

#include "placeholder.h"

#define VALUE_MAX ((size_t)7 << 10)
#define URL_MAX   ((size_t)16 << 10) /* what http takes */

static placeholder_values values_of(const request *r)
{
    return (placeholder_values){r->hook, r->message, r->end};
}

/* An option's text for this message. *ret is borrowed from the delivery or from own. */
static bool value(request *r, const char *key, const char *sub, uint32_t escape,
                  tocsin_text *own, tocsin_str *ret)
{
    if (!r->hook->has_placeholders)
        return tocsin_render(r->hook->host, r->delivery, key, sub, escape, ret, r->end);
    const placeholder_values values = values_of(r);
    own->len = 0;
    bool is_good = placeholder_option(&values, key, sub, escape == TOCSIN_ESC_URL, own);
    *ret = tocsin_text_str(own);
    return is_good;
}

static bool is_whole(const request *r, const tocsin_text *t)
{
    return !t->failed || tocsin_end_nomem(r->end);
}

/* ---- URL ---- */

static void add_pair(tocsin_text *out, bool is_first, tocsin_str name, tocsin_str text)
{
    tocsin_text_add_c(out, is_first ? "" : "&");
    tocsin_text_add_url(out, name);
    tocsin_text_add_c(out, "=");
    tocsin_text_add_url(out, text);
}

static bool add_pairs(request *r, tocsin_text *out, const char *key, pairs list)
{
    tocsin_text own = TOCSIN_ZERO;
    bool is_good = true;
    for (uint64_t i = 0; is_good && i < list.count; i++) {
        tocsin_str text;
        is_good = value(r, key, list.items[i].name.ptr, TOCSIN_ESC_NONE, &own, &text);
        if (is_good)
            add_pair(out, i == 0, list.items[i].name, text);
    }
    tocsin_text_wipe(&own, r->hook->host);
    return is_good;
}

static bool build_url(request *r)
{
    tocsin_text own = TOCSIN_ZERO;
    tocsin_str base;
    bool is_good = value(r, "url", NULL, TOCSIN_ESC_URL, &own, &base);
    if (is_good) {
        const char *fragment = base.len == 0 ? NULL : memchr(base.ptr, '#', base.len);
        if (fragment != NULL)
            base.len = (size_t)(fragment - base.ptr);
        tocsin_text_add_str(&r->url, base);
        if (r->hook->params.count > 0)
            tocsin_text_add_c(&r->url, tocsin_str_has(base, "?") ? "&" : "?");
        is_good = add_pairs(r, &r->url, "params", r->hook->params);
    }
    tocsin_text_wipe(&own, r->hook->host);
    is_good = is_good && is_whole(r, &r->url);
    if (is_good && r->url.len > URL_MAX)
        return tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE,
                          "the URL is longer than 16 KiB");
    return is_good;
}

/* ---- body ---- */

static void add_member(tocsin_text *t, const char *before, tocsin_str text)
{
    tocsin_text_add_c(t, before);
    tocsin_text_add_json(t, text);
}

static void add_standard_body(tocsin_text *t, const tocsin_message *message)
{
    const char *severity = tocsin_severity_name(message->severity);
    add_member(t, "{\"invocation\":", message->invocation);
    add_member(t, ",\"automation\":{\"id\":", message->automation_id);
    add_member(t, ",\"name\":", message->automation_name);
    tocsin_text_add_c(t, "},\"event\":");
    tocsin_text_add_str(t,
                        message->event.len > 0 ? message->event : tocsin_str_of("null"));
    add_member(t, ",\"subject\":", message->subject);
    add_member(t, ",\"body\":", message->body);
    add_member(t, ",\"severity\":", tocsin_str_of(severity));
    tocsin_text_add_c(t, ",\"fired\":\"");
    tocsin_text_add_time(t, message->fired_at_ms, 3);
    tocsin_text_add_c(t, "\"}");
}

static bool add_rendered(request *r, const char *key, uint32_t escape)
{
    tocsin_str text;
    bool is_good =
        tocsin_render(r->hook->host, r->delivery, key, NULL, escape, &text, r->end);
    if (is_good)
        tocsin_text_add_str(&r->body, text);
    return is_good;
}

static bool add_json_data(request *r)
{
    const placeholder_values values = values_of(r);
    tocsin_str json = tocsin_option_text(r->hook->host, r->hook->config, "json_data");
    return placeholder_json(&values, json, &r->body);
}

/* A text, or a mapping that is sent as a form. */
static bool add_form_data(request *r)
{
    const placeholder_values values = values_of(r);
    tocsin_str data = tocsin_option_text(r->hook->host, r->hook->config, "form_data");
    tocsin_str name, item;
    tocsin_text key = TOCSIN_ZERO, text = TOCSIN_ZERO;
    if (tocsin_json_kind(data) == '"')
        return placeholder_string(&values, data, &r->body);
    tocsin_json_iter iter = tocsin_json_walk(data);
    bool is_good = true, is_first = true;
    for (; is_good && tocsin_json_next(&iter, &name, &item); is_first = false) {
        key.len = text.len = 0;
        (void)tocsin_json_text(tocsin_str_part(name.ptr - 1, name.len + 2), &key);
        if (tocsin_json_kind(item) == '"')
            is_good = placeholder_string(&values, item, &text);
        else
            tocsin_text_add_str(&text, item);
        add_pair(&r->body, is_first, tocsin_text_str(&key), tocsin_text_str(&text));
    }
    tocsin_text_free(&key);
    tocsin_text_wipe(&text, r->hook->host);
    return is_good;
}

static bool build_body(request *r)
{
    const tocsin_instance *hook = r->hook;
    bool is_good = true;
    if (r->message->kind == TOCSIN_ACTION) {
        tocsin_text_add_str(&r->body, r->message->payload);
        return is_whole(r, &r->body);
    }
    switch (hook->body) {
    case BODY_STANDARD:
        add_standard_body(&r->body, r->message);
        break;
    case BODY_TEXT:
        is_good = add_rendered(r, "body",
                               hook->is_body_json ? TOCSIN_ESC_JSON : TOCSIN_ESC_NONE);
        break;
    case BODY_JSON:
        is_good = add_rendered(r, "json", TOCSIN_ESC_JSON);
        break;
    case BODY_FORM:
        is_good = add_pairs(r, &r->body, "form", hook->form);
        break;
    case BODY_JSON_DATA:
        is_good = add_json_data(r);
        break;
    case BODY_FORM_DATA:
        is_good = add_form_data(r);
        break;
    case BODY_NONE:
        break;
    }
    return is_good && is_whole(r, &r->body);
}

/* ---- headers ---- */

tocsin_text *request_value(request *r)
{
    return &r->values[r->value_count++];
}

tocsin_str request_header(const request *r, const char *name)
{
    for (uint64_t i = 0; i < r->header_count; i++)
        if (tocsin_str_same_name(r->headers[i].name, name))
            return r->headers[i].value;
    return (tocsin_str){NULL, 0};
}

/* The user's are at most 48, so there is room for these. */
void request_add_header(request *r, const char *name, tocsin_str text)
{
    if (request_header(r, name).ptr == NULL)
        r->headers[r->header_count++] = (tocsin_pair){tocsin_str_of(name), text};
}

bool request_check_value(request *r, tocsin_str name, tocsin_str text)
{
    const char *mistake = text.len > VALUE_MAX ? "is longer than 7 KiB" : NULL;
    for (size_t i = 0; mistake == NULL && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            mistake = "holds a line break or another control character";
    }
    if (mistake == NULL)
        return true;
    (void)snprintf(r->end->error.text, sizeof r->end->error.text, "header %.64s %s",
                   name.ptr, mistake);
    return tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "");
}

static bool add_own_headers(request *r)
{
    const pairs headers = r->hook->headers;
    for (uint64_t i = 0; i < headers.count; i++) {
        tocsin_str name = headers.items[i].name, text;
        if (!value(r, "headers", name.ptr, TOCSIN_ESC_NONE, request_value(r), &text) ||
            !request_check_value(r, name, text))
            return false;
        r->headers[r->header_count++] = (tocsin_pair){name, text};
    }
    return true;
}

static bool looks_like_json(const tocsin_text *body)
{
    tocsin_str s = tocsin_str_trim(tocsin_text_str(body));
    return s.len > 0 && (s.ptr[0] == '{' || s.ptr[0] == '[');
}

/* Empty: none is sent. */
static const char *content_type(const request *r)
{
    static const char json[] = "application/json", plain[] = "text/plain; charset=utf-8";
    static const char form[] = "application/x-www-form-urlencoded";
    const tocsin_instance *hook = r->hook;
    if (hook->content_type.len > 0)
        return tocsin_str_eq(hook->content_type, "none") ? "" : hook->content_type.ptr;
    if (r->message->kind == TOCSIN_ACTION)
        return looks_like_json(&r->body) ? json : plain;
    if (hook->body == BODY_FORM_DATA)
        return tocsin_option_text(hook->host, hook->config, "form_data").ptr[0] == '"'
                   ? ""
                   : form;
    if (hook->body == BODY_FORM)
        return form;
    return hook->body == BODY_TEXT && !hook->is_body_json ? plain : json;
}

static void add_type_and_ids(request *r)
{
    const tocsin_host *host = r->hook->host;
    tocsin_str type = tocsin_str_of(content_type(r));
    if (r->body.len > 0 && type.len > 0)
        request_add_header(r, "Content-Type", type);
    (void)snprintf(r->timestamp, sizeof r->timestamp, "%lld",
                   (long long)(host->now_ms(r->hook->self) / 1000));
    (void)snprintf(r->attempt, sizeof r->attempt, "%u", r->message->attempt);
    request_add_header(r, "webhook-id", r->message->invocation);
    request_add_header(r, "webhook-timestamp", tocsin_str_of(r->timestamp));
    request_add_header(r, "webhook-attempt", tocsin_str_of(r->attempt));
    request_add_header(r, "Idempotency-Key", r->message->invocation);
}

bool request_build(request *r)
{
    if (!build_url(r) || !build_body(r) || !add_own_headers(r))
        return false;
    add_type_and_ids(r);
    return request_add_credentials(r) && request_add_signature(r);
}

void request_free(request *r)
{
    const tocsin_host *host = r->hook->host;
    tocsin_text_wipe(&r->url, host);
    tocsin_text_wipe(&r->body, host);
    for (uint64_t i = 0; i < r->value_count; i++)
        tocsin_text_wipe(&r->values[i], host);
}
