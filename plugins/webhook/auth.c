/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c - what proves who sends: Authorization, cookies, signatures. Secrets are read
 * when they are needed, and every copy is wiped. */
#include "placeholder.h"
#include "request.h"

#define SECRET_SIZE 4096

static bool read_secret(const request *r, const char *key, const char *sub, char *buf,
                        size_t *ret_len)
{
    return tocsin_secret(r->hook->host, r->hook->config, key, sub, buf, SECRET_SIZE,
                         ret_len, r->end);
}

/* ---- Authorization ---- */

static void add_basic(const request *r, tocsin_str password, tocsin_text *out)
{
    tocsin_text both = TOCSIN_ZERO;
    tocsin_text_add_str(&both,
                        tocsin_option_text(r->hook->host, r->hook->config, "username"));
    tocsin_text_add_c(&both, ":");
    tocsin_text_add_str(&both, password);
    tocsin_text_add_c(out, "Basic ");
    tocsin_text_add_base64(out, both.ptr, both.len);
    out->failed |= both.failed;
    tocsin_text_wipe(&both, r->hook->host);
}

static bool add_authorization(request *r)
{
    char buf[SECRET_SIZE];
    size_t len = 0;
    bool is_basic = r->hook->auth == AUTH_BASIC;
    if (r->hook->auth == AUTH_NONE)
        return true;
    tocsin_text *text = request_value(r);
    bool is_read = read_secret(r, is_basic ? "password" : "token", NULL, buf, &len);
    if (is_read && is_basic) {
        add_basic(r, tocsin_str_part(buf, len), text);
    } else if (is_read) {
        tocsin_text_add_c(text, "Bearer ");
        tocsin_text_add(text, buf, len);
    }
    r->hook->host->wipe(buf, sizeof buf);
    request_add_header(r, "Authorization", tocsin_text_str(text));
    return is_read && (!text->failed || tocsin_end_nomem(r->end));
}

/* ---- Cookie ---- */

static bool is_cookie_text(tocsin_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x21 || c > 0x7e || strchr("\",;\\", c) != NULL)
            return false;
    }
    return true;
}

static bool add_cookie(request *r, const char *name, tocsin_text *out)
{
    char buf[SECRET_SIZE];
    size_t len = 0, begin = out->len;
    bool is_read;
    if (r->hook->has_placeholders) {
        const placeholder_values values = {r->hook, r->message, r->end};
        is_read = placeholder_option(&values, "cookies", name, false, out);
    } else {
        is_read = read_secret(r, "cookies", name, buf, &len);
        tocsin_text_add(out, buf, is_read ? len : 0);
        r->hook->host->wipe(buf, sizeof buf);
    }
    if (!is_read || out->failed)
        return is_read ? tocsin_end_nomem(r->end) : false;
    if (is_cookie_text(tocsin_str_part(out->ptr + begin, out->len - begin)))
        return true;
    (void)snprintf(r->end->error.text, sizeof r->end->error.text,
                   "cookie %.64s holds a character that cookies cannot", name);
    return tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "");
}

static bool add_cookies(request *r)
{
    const pairs cookies = r->hook->cookies;
    if (cookies.count == 0)
        return true;
    tocsin_text *text = request_value(r);
    for (uint64_t i = 0; i < cookies.count; i++) {
        tocsin_text_add_c(text, i > 0 ? "; " : "");
        tocsin_text_add_str(text, cookies.items[i].name);
        tocsin_text_add_c(text, "=");
        if (!add_cookie(r, cookies.items[i].name.ptr, text))
            return false;
    }
    request_add_header(r, "Cookie", tocsin_text_str(text));
    return request_check_value(r, tocsin_str_of("Cookie"), tocsin_text_str(text));
}

bool request_add_credentials(request *r)
{
    return add_authorization(r) && add_cookies(r);
}

/* ---- signatures ---- */

/* The bytes of a key: after "whsec_" they stand in base64. Negative: none. */
static long read_key(const request *r, const char *key, unsigned char *out)
{
    char buf[SECRET_SIZE];
    size_t len = 0;
    long rc = -1;
    bool is_read = read_secret(r, key, NULL, buf, &len);
    tocsin_str text = {buf, len};
    if (is_read && r->hook->sign == SIGN_STANDARD && tocsin_str_starts(text, "whsec_")) {
        rc = tocsin_base64_decode(tocsin_str_part(buf + 6, len - 6), out, SECRET_SIZE);
    } else if (is_read) {
        memcpy(out, buf, len);
        rc = (long)len;
    }
    r->hook->host->wipe(buf, sizeof buf);
    if (is_read && rc <= 0)
        (void)tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_CONFIG,
                         "the signing key is not valid");
    return rc > 0 ? rc : -1;
}

static bool add_mac(const request *r, const char *key, const char *before,
                    tocsin_str data, tocsin_text *out)
{
    const tocsin_host *host = r->hook->host;
    unsigned char bytes[SECRET_SIZE], mac[32];
    long len = read_key(r, key, bytes);
    if (len < 0)
        return false;
    host->hmac_sha256(bytes, (size_t)len, data.ptr, data.len, mac);
    host->wipe(bytes, sizeof bytes);
    tocsin_text_add_c(out, before);
    if (r->hook->sign == SIGN_STANDARD)
        tocsin_text_add_base64(out, mac, sizeof mac);
    else
        tocsin_text_add_hex(out, mac, sizeof mac);
    return true;
}

/* Signed are the very id and timestamp that are sent. */
static bool sign_standard(const request *r, tocsin_text *out)
{
    tocsin_text content = TOCSIN_ZERO;
    tocsin_text_add_str(&content, request_header(r, "webhook-id"));
    tocsin_text_add_c(&content, ".");
    tocsin_text_add_str(&content, request_header(r, "webhook-timestamp"));
    tocsin_text_add_c(&content, ".");
    tocsin_text_add_str(&content, tocsin_text_str(&r->body));
    tocsin_str data = tocsin_text_str(&content);
    bool is_good = !content.failed && add_mac(r, "signing_key", "v1,", data, out);
    if (is_good && webhook_is_set(r->hook, "signing_key_old"))
        is_good = add_mac(r, "signing_key_old", " v1,", data, out);
    if (content.failed)
        (void)tocsin_end_nomem(r->end);
    tocsin_text_wipe(&content, r->hook->host);
    return is_good;
}

bool request_add_signature(request *r)
{
    if (r->hook->sign == SIGN_NONE)
        return true;
    bool is_standard = r->hook->sign == SIGN_STANDARD;
    tocsin_text *text = request_value(r);
    bool is_good = is_standard ? sign_standard(r, text)
                               : add_mac(r, "signing_key",
                                         "sha256=", tocsin_text_str(&r->body), text);
    request_add_header(r, is_standard ? "webhook-signature" : "X-Hub-Signature-256",
                       tocsin_text_str(text));
    return is_good && (!text->failed || tocsin_end_nomem(r->end));
}
