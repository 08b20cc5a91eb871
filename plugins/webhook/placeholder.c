/* SPDX-License-Identifier: Apache-2.0 */
/* placeholder.c - the sources come from options and are walked in one way, once to check
 * the keys and at each message to replace them. */
#include "placeholder.h"

#include <tocsin/json.h>

#define SECRET_MAX ((size_t)64 << 10)

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || (c != '\0' && strchr("_.-[]$", c) != NULL);
}

static size_t skip_space(tocsin_str s, size_t at)
{
    while (at < s.len && strchr(" \t\n\r\f\v", s.ptr[at]) != NULL && s.ptr[at] != '\0')
        at++;
    return at;
}

/* Bytes of "{{ key }}" that s begins with; 0: none. */
static size_t read_key(tocsin_str s, tocsin_str *ret)
{
    if (!tocsin_str_starts(s, "{{"))
        return 0;
    size_t begin = skip_space(s, 2), end = begin;
    while (end < s.len && is_key_char(s.ptr[end]))
        end++;
    size_t close = skip_space(s, end);
    if (end == begin || close + 2 > s.len || memcmp(s.ptr + close, "}}", 2) != 0)
        return 0;
    *ret = tocsin_str_part(s.ptr + begin, end - begin);
    return close + 2;
}

/* ---- sources ---- */

/* A secret's text, which out's owner wipes. */
static int32_t read_secret(const tocsin_instance *hook, const char *key, const char *sub,
                           tocsin_text *out)
{
    size_t len = 0;
    if (!tocsin_text_reserve(out, SECRET_MAX + 1))
        return TOCSIN_E_NOMEM;
    int32_t rc = hook->host->secret(hook->config, key, sub, out->ptr + out->len,
                                    SECRET_MAX + 1, &len);
    if (rc >= 0)
        out->len += len;
    return rc;
}

static const char *value_of(pairs list, const char *sub)
{
    for (uint64_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].name.ptr, sub) == 0)
            return list.items[i].value.ptr;
    return "";
}

static int32_t read_source(const tocsin_instance *hook, const char *key, const char *sub,
                           tocsin_text *out)
{
    if (strcmp(key, "params") == 0)
        tocsin_text_add_c(out, value_of(hook->params, sub));
    else if (strcmp(key, "url") == 0 || sub != NULL)
        return read_secret(hook, key, sub, out);
    else
        tocsin_text_add_str(out, tocsin_option_text(hook->host, hook->config, key));
    return out->failed ? TOCSIN_E_NOMEM : TOCSIN_OK;
}

/* ---- checking ---- */

static bool is_known(const tocsin_instance *hook, tocsin_str key)
{
    static const char *const names[] = {"subject", "body", "name"};
    for (size_t i = 0; i < 3; i++)
        if (tocsin_str_eq(key, names[i]))
            return true;
    for (uint64_t i = 0; i < hook->secrets.count; i++)
        if (tocsin_str_eq(key, hook->secrets.items[i].name.ptr))
            return true;
    return false;
}

static int32_t check_source(const tocsin_instance *hook, const char *key, const char *sub,
                            tocsin_error *reterr)
{
    tocsin_text source = TOCSIN_ZERO;
    tocsin_str name;
    int32_t rc = read_source(hook, key, sub, &source);
    for (size_t at = 0; rc >= 0 && at < source.len;) {
        size_t len = read_key(tocsin_str_part(source.ptr + at, source.len - at), &name);
        at += len > 0 ? len : 1;
        if (len == 0 || is_known(hook, name))
            continue;
        char why[200];
        (void)snprintf(why, sizeof why,
                       "{{%.*s}} is neither subject, body, name nor a key of secrets",
                       name.len < 64 ? (int)name.len : 64, name.ptr);
        rc = tocsin_option_refuse(reterr, key, why);
    }
    tocsin_text_wipe(&source, hook->host);
    return rc;
}

static int32_t check_pairs(const tocsin_instance *hook, const char *key, pairs list,
                           tocsin_error *reterr)
{
    int32_t rc = TOCSIN_OK;
    for (uint64_t i = 0; rc >= 0 && i < list.count; i++)
        rc = check_source(hook, key, list.items[i].name.ptr, reterr);
    return rc;
}

int32_t placeholder_check(const tocsin_instance *hook, tocsin_error *reterr)
{
    static const char *const keys[] = {"url", "json_data", "form_data"};
    int32_t rc = check_pairs(hook, "params", hook->params, reterr);
    if (rc >= 0)
        rc = check_pairs(hook, "headers", hook->headers, reterr);
    if (rc >= 0)
        rc = check_pairs(hook, "cookies", hook->cookies, reterr);
    for (size_t i = 0; rc >= 0 && i < sizeof keys / sizeof keys[0]; i++)
        rc = check_source(hook, keys[i], NULL, reterr);
    return rc;
}

/* ---- replacing ---- */

/* A secret may be more than one part of a path; what no URL may hold is encoded. */
static void add_url_secret(tocsin_text *out, tocsin_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL)
            tocsin_text_add_char(out, s.ptr[i]);
        else
            tocsin_text_add_url(out, tocsin_str_part(s.ptr + i, 1));
    }
}

static bool add_secret(const placeholder_values *v, tocsin_str key, bool is_url,
                       tocsin_text *out)
{
    char name[256];
    tocsin_text secret = TOCSIN_ZERO;
    (void)snprintf(name, sizeof name, "%.*s", (int)key.len, key.ptr);
    int32_t rc = read_secret(v->hook, "secrets", name, &secret);
    if (is_url)
        add_url_secret(out, tocsin_text_str(&secret));
    else
        tocsin_text_add_str(out, tocsin_text_str(&secret));
    tocsin_text_wipe(&secret, v->hook->host);
    return rc >= 0 || tocsin_end(v->end, TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG,
                                 "a secret cannot be read now");
}

static bool add_value(const placeholder_values *v, tocsin_str key, bool is_url,
                      tocsin_text *out)
{
    const tocsin_message *message = v->message;
    tocsin_str value;
    if (tocsin_str_eq(key, "body"))
        value = message->body;
    else if (tocsin_str_eq(key, "subject"))
        value = message->subject.len > 0 ? message->subject : tocsin_str_of("null");
    else if (tocsin_str_eq(key, "name"))
        value = tocsin_option_text(v->hook->host, v->hook->config, "name");
    else
        return add_secret(v, key, is_url, out);
    if (is_url)
        tocsin_text_add_url(out, value);
    else
        tocsin_text_add_str(out, value);
    return true;
}

static bool replace(const placeholder_values *v, tocsin_str source, bool is_url,
                    tocsin_text *out)
{
    tocsin_str key;
    while (source.len > 0) {
        size_t len = read_key(source, &key);
        if (len == 0)
            tocsin_text_add_char(out, source.ptr[0]);
        else if (!add_value(v, key, is_url, out))
            return false;
        source.ptr += len > 0 ? len : 1;
        source.len -= len > 0 ? len : 1;
    }
    return !out->failed || tocsin_end_nomem(v->end);
}

bool placeholder_option(const placeholder_values *values, const char *key,
                        const char *sub, bool is_url, tocsin_text *out)
{
    tocsin_text source = TOCSIN_ZERO;
    int32_t rc = read_source(values->hook, key, sub, &source);
    bool is_good = rc >= 0 ? replace(values, tocsin_text_str(&source), is_url, out)
                           : tocsin_end(values->end, TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG,
                                        "a secret cannot be read now");
    tocsin_text_wipe(&source, values->hook->host);
    return is_good;
}

bool placeholder_string(const placeholder_values *values, tocsin_str json,
                        tocsin_text *out)
{
    tocsin_text text = TOCSIN_ZERO;
    bool is_good = tocsin_json_text(json, &text) && !text.failed;
    is_good = is_good ? replace(values, tocsin_text_str(&text), false, out)
                      : tocsin_end_nomem(values->end);
    tocsin_text_free(&text);
    return is_good;
}

static bool add_json_string(const placeholder_values *v, tocsin_str json,
                            tocsin_text *out)
{
    tocsin_text text = TOCSIN_ZERO;
    bool is_good = placeholder_string(v, json, &text);
    tocsin_text_add_json(out, tocsin_text_str(&text));
    tocsin_text_wipe(&text, v->hook->host);
    return is_good;
}

/* Nesting is limited by the reader of JSON. */
bool placeholder_json(const placeholder_values *values, tocsin_str json, tocsin_text *out)
{
    char kind = tocsin_json_kind(json);
    if (kind == '"')
        return add_json_string(values, json, out);
    if (kind != '{' && kind != '[') {
        tocsin_text_add_str(out, json);
        return true;
    }
    tocsin_json_iter iter = tocsin_json_walk(json);
    tocsin_str key, item;
    tocsin_text_add_char(out, kind);
    for (bool is_more = false; tocsin_json_next(&iter, &key, &item); is_more = true) {
        tocsin_text_add_c(out, is_more ? "," : "");
        if (kind == '{') {
            tocsin_text_add_c(out, "\"");
            tocsin_text_add_str(out, key);
            tocsin_text_add_c(out, "\":");
        }
        if (!placeholder_json(values, item, out))
            return false;
    }
    tocsin_text_add_char(out, kind == '{' ? '}' : ']');
    return true;
}
