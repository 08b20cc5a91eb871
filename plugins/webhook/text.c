/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - building texts. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void text_free(text *t)
{
    free(t->ptr);
    memset(t, 0, sizeof *t);
}

static bool text_reserve(text *t, size_t more)
{
    if (t->failed || more > TEXT_LIMIT - t->len) {
        t->failed = true;
        return false;
    }
    size_t need = t->len + more + 1;
    if (need <= t->capacity)
        return true;
    size_t capacity = need + need / 2 + 64;
    char *ptr = realloc(t->ptr, capacity);
    if (ptr == NULL) {
        t->failed = true;
        return false;
    }
    t->ptr = ptr;
    t->capacity = capacity;
    return true;
}

void text_add(text *t, const char *ptr, size_t len)
{
    if (!text_reserve(t, len))
        return;
    if (len > 0)
        memcpy(t->ptr + t->len, ptr, len);
    t->len += len;
    t->ptr[t->len] = '\0';
}

void text_add_str(text *t, tocsin_str s)
{
    text_add(t, s.ptr, s.len);
}

void text_add_c(text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

/* Bytes of the code point at s, or 0 when it is not well formed. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    size_t len = s[0] < 0x80                    ? 1
                 : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
                 : s[0] >= 0xe0 && s[0] <= 0xef ? 3
                 : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                                : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, beyond U+10FFFF. */
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

/* Adds the character at s[at] as JSON; returns how many bytes it took. */
static size_t add_json_char(text *t, tocsin_str s, size_t at)
{
    const unsigned char *c = (const unsigned char *)s.ptr + at;
    size_t len = utf8_length(c, s.len - at);
    if (len == 0) {
        text_add_c(t, "\xef\xbf\xbd");
        return 1;
    }
    if (*c == '\r') {
        text_add_c(t, "\\n");
        return at + 1 < s.len && c[1] == '\n' ? 2 : 1;
    }
    if (*c == '\n')
        text_add_c(t, "\\n");
    else if (*c == '\t')
        text_add_c(t, "\\t");
    else if (*c == '"' || *c == '\\') {
        text_add_c(t, "\\");
        text_add(t, s.ptr + at, 1);
    } else if (*c >= 0x20)
        text_add(t, s.ptr + at, len);
    return len;
}

void text_add_json(text *t, tocsin_str s)
{
    text_add_c(t, "\"");
    for (size_t at = 0; at < s.len;)
        at += add_json_char(t, s, at);
    text_add_c(t, "\"");
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

void text_add_url(text *t, tocsin_str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (is_unreserved(s.ptr[i]))
            text_add(t, s.ptr + i, 1);
        else
            text_add(t, coded, sizeof coded);
    }
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_add_base64(text *t, const void *ptr, size_t len)
{
    const unsigned char *in = ptr;
    for (size_t i = 0; i < len; i += 3) {
        unsigned b1 = i + 1 < len ? in[i + 1] : 0, b2 = i + 2 < len ? in[i + 2] : 0;
        unsigned bits = (unsigned)in[i] << 16 | b1 << 8 | b2;
        char out[4] = {base64_digits[bits >> 18], base64_digits[bits >> 12 & 63],
                       i + 1 < len ? base64_digits[bits >> 6 & 63] : '=',
                       i + 2 < len ? base64_digits[bits & 63] : '='};
        text_add(t, out, sizeof out);
    }
}

void text_add_hex(text *t, const void *ptr, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = ptr;
    for (size_t i = 0; i < len; i++) {
        char out[2] = {digits[in[i] >> 4], digits[in[i] & 15]};
        text_add(t, out, sizeof out);
    }
}

void text_add_time(text *t, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char day[32], out[48];
    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        day[0] = '\0';
    (void)snprintf(out, sizeof out, "%s.%03dZ", day, (int)(unix_ms % 1000));
    text_add_c(t, out);
}

long text_base64_decode(tocsin_str s, unsigned char *out, size_t cap)
{
    unsigned bits = 0, held = 0;
    size_t len = 0;
    while (s.len > 0 && s.ptr[s.len - 1] == '=')
        s.len--;
    for (size_t i = 0; i < s.len; i++) {
        const char *digit = s.ptr[i] == '\0' ? NULL : strchr(base64_digits, s.ptr[i]);
        if (digit == NULL)
            return -1;
        bits = bits << 6 | (unsigned)(digit - base64_digits);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (len == cap)
            return -1;
        out[len++] = (unsigned char)(bits >> held & 0xff);
    }
    return (long)len;
}

tocsin_str str_of(const char *s)
{
    return (tocsin_str){s, strlen(s)};
}

bool str_is_blank(tocsin_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] > ' ')
            return false;
    return true;
}

bool str_same_name(tocsin_str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}
