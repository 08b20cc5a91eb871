/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/text.h - texts for plugins: a growing text with a limit, the forms that go on the wire
 * (JSON, URLs, base64, hex, time), cleaning, and cuts that split nothing.
 *
 * Optional and header-only: it uses plugin.h and the C library. Nothing here keeps state, so every
 * function may be called on any thread. A failed append marks the text, so that a chain of appends
 * is checked once. Who fills a tocsin_text frees it.
 */
#ifndef TOCSIN_TEXT_H
#define TOCSIN_TEXT_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- strings that are borrowed ---- */

static inline tocsin_str tocsin_str_of(const char *s)
{
    tocsin_str str = {s, s == NULL ? 0 : strlen(s)};
    return str;
}

static inline tocsin_str tocsin_str_part(const char *ptr, size_t len)
{
    tocsin_str str = {ptr, len};
    return str;
}

static inline bool tocsin_str_eq(tocsin_str a, const char *b)
{
    return a.len == strlen(b) && (a.len == 0 || memcmp(a.ptr, b, a.len) == 0);
}

static inline bool tocsin_str_starts(tocsin_str s, const char *with)
{
    size_t len = strlen(with);
    return s.len >= len && (len == 0 || memcmp(s.ptr, with, len) == 0);
}

static inline char tocsin_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Without regard to the case of ASCII letters, as names of headers and hosts are compared. */
static inline bool tocsin_str_same_name(tocsin_str a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (tocsin_ascii_lower(a.ptr[i]) != tocsin_ascii_lower(b[i]))
            return false;
    return true;
}

/* Does it hold the word anywhere? */
static inline bool tocsin_str_has(tocsin_str s, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= s.len; i++)
        if (memcmp(s.ptr + i, word, len) == 0)
            return true;
    return false;
}

/* Without spaces, line ends and other controls at the front and at the back. */
static inline tocsin_str tocsin_str_trim(tocsin_str s)
{
    while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ') {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    return s;
}

static inline bool tocsin_str_is_blank(tocsin_str s)
{
    return tocsin_str_trim(s).len == 0;
}

/* ---- UTF-8 ---- */

/* Bytes of the character at s[0], of which left (at least 1) may be read; 0 when it is not well
   formed: overlong, a surrogate, above U+10FFFF, or cut off. */
static inline size_t tocsin_utf8_length(const char *s, size_t left)
{
    unsigned char a = (unsigned char)s[0];
    unsigned char b = left > 1 ? (unsigned char)s[1] : 0;
    size_t len = a < 0x80                  ? 1
                 : a >= 0xc2 && a <= 0xdf ? 2
                 : a >= 0xe0 && a <= 0xef ? 3
                 : a >= 0xf0 && a <= 0xf4 ? 4
                                          : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            return 0;
    if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
        (a == 0xf4 && b > 0x8f))
        return 0;
    return len;
}

/* The code point of the well formed character of len bytes at s. */
static inline uint32_t tocsin_utf8_point(const char *s, size_t len)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)s[0] & lead[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)s[i] & 0x3f);
    return point;
}

/* Characters as receivers may count them: one beyond U+FFFF counts two, as in UTF-16, so that a
   limit holds whichever way they count. s is UTF-8. */
static inline size_t tocsin_str_units(tocsin_str s)
{
    size_t units = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        units += (c & 0xc0) == 0x80 ? 0 : c >= 0xf0 ? 2 : 1;
    }
    return units;
}

/* Bytes of the longest beginning of s that has at most so many units; splits no character. */
static inline size_t tocsin_str_fit(tocsin_str s, size_t units)
{
    size_t i = 0;
    while (i < s.len) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t cost = c >= 0xf0 ? 2 : 1;
        if (cost > units)
            break;
        units -= cost;
        for (i++; i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80;)
            i++;
    }
    return i;
}

static inline bool tocsin_is_space(uint32_t point)
{
    return (point >= 9 && point <= 13) || (point >= 0x1c && point <= 0x20) || point == 0x85 ||
           point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
           point == 0x3000;
}

/* Without Unicode's spaces, as Python's strip gives it; with is_end as its rstrip. */
static inline tocsin_str tocsin_str_strip(tocsin_str s, bool is_end)
{
    size_t begin = 0, end = 0;
    bool is_inside = is_end;
    for (size_t at = 0, len; at < s.len; at += len) {
        len = tocsin_utf8_length(s.ptr + at, s.len - at);
        bool is_space = len > 0 && tocsin_is_space(tocsin_utf8_point(s.ptr + at, len));
        len = len > 0 ? len : 1;
        if (is_space)
            continue;
        if (!is_inside)
            begin = at;
        is_inside = true;
        end = at + len;
    }
    return tocsin_str_part(s.ptr + begin, end - begin);
}

/* ---- a growing text ---- */

typedef struct tocsin_text {
    char *ptr; /* ends in NUL once it holds anything */
    size_t len, capacity;
    size_t limit; /* bytes; 0: 8 MiB, what a request may hold */
    uint64_t failed; /* 1: out of memory or over the limit; it holds what it held before */
} tocsin_text;

static inline tocsin_str tocsin_text_str(const tocsin_text *t)
{
    tocsin_str str = {t->ptr, t->len};
    return str;
}

/* It may be filled again afterwards. */
static inline void tocsin_text_free(tocsin_text *t)
{
    free(t->ptr);
    t->ptr = NULL;
    t->len = t->capacity = 0;
    t->failed = 0;
}

/* For texts that hold a secret. */
static inline void tocsin_text_wipe(tocsin_text *t, const tocsin_host *host)
{
    if (t->ptr != NULL)
        host->wipe(t->ptr, t->capacity);
    tocsin_text_free(t);
}

static inline bool tocsin_text_reserve(tocsin_text *t, size_t more)
{
    size_t limit = t->limit > 0 ? t->limit : (size_t)8 << 20;
    if (t->failed || more > limit || t->len > limit - more) {
        t->failed = 1;
        return false;
    }
    size_t need = t->len + more + 1;
    if (need <= t->capacity)
        return true;
    size_t capacity = need + need / 2 + 64;
    char *ptr = (char *)realloc(t->ptr, capacity);
    if (ptr == NULL) {
        t->failed = 1;
        return false;
    }
    t->ptr = ptr;
    t->capacity = capacity;
    return true;
}

static inline void tocsin_text_add(tocsin_text *t, const char *ptr, size_t len)
{
    if (!tocsin_text_reserve(t, len))
        return;
    if (len > 0)
        memcpy(t->ptr + t->len, ptr, len);
    t->len += len;
    t->ptr[t->len] = '\0';
}

static inline void tocsin_text_add_str(tocsin_text *t, tocsin_str s)
{
    tocsin_text_add(t, s.ptr, s.len);
}

static inline void tocsin_text_add_c(tocsin_text *t, const char *s)
{
    tocsin_text_add(t, s, strlen(s));
}

static inline void tocsin_text_add_char(tocsin_text *t, char c)
{
    tocsin_text_add(t, &c, 1);
}

static inline void tocsin_text_add_int(tocsin_text *t, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)value);
    tocsin_text_add_c(t, digits);
}

/* ---- forms ---- */

/* One character of a text that came from anywhere, as people may see it: CR LF and CR become LF,
   other controls but tab and LF are dropped (*ret_len 0), what is no UTF-8 becomes U+FFFD. Returns
   how many bytes of s were read (at least 1); ret_c (4 bytes) gets the character. */
static inline size_t tocsin_clean_next(tocsin_str s, char ret_c[4], size_t *ret_len)
{
    size_t len = tocsin_utf8_length(s.ptr, s.len);
    unsigned char c = (unsigned char)s.ptr[0];
    if (len == 0) {
        memcpy(ret_c, "\xef\xbf\xbd", 3);
        *ret_len = 3;
        return 1;
    }
    memcpy(ret_c, s.ptr, len);
    *ret_len = len;
    if (c == '\r') {
        ret_c[0] = '\n';
        return s.len > 1 && s.ptr[1] == '\n' ? 2 : 1;
    }
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
        *ret_len = 0;
    return len;
}

static inline void tocsin_text_add_clean(tocsin_text *t, tocsin_str s)
{
    while (s.len > 0 && !t->failed) {
        char c[4];
        size_t len = 0, read = tocsin_clean_next(s, c, &len);
        tocsin_text_add(t, c, len);
        s.ptr += read;
        s.len -= read;
    }
}

/* Makes a clean text one line: LF and tab become spaces. */
static inline void tocsin_text_to_line(tocsin_text *t)
{
    for (size_t i = 0; i < t->len; i++)
        if (t->ptr[i] == '\n' || t->ptr[i] == '\t')
            t->ptr[i] = ' ';
}

/* The character, which is clean, inside a JSON string. */
static inline void tocsin_text_add_json_char(tocsin_text *t, const char *c, size_t len)
{
    if (c[0] == '\n')
        tocsin_text_add(t, "\\n", 2);
    else if (c[0] == '\t')
        tocsin_text_add(t, "\\t", 2);
    else if (c[0] == '"' || c[0] == '\\') {
        tocsin_text_add(t, "\\", 1);
        tocsin_text_add(t, c, 1);
    } else
        tocsin_text_add(t, c, len);
}

/* As a JSON string with its quotes, cleaned as above. */
static inline void tocsin_text_add_json(tocsin_text *t, tocsin_str s)
{
    tocsin_text_add(t, "\"", 1);
    while (s.len > 0 && !t->failed) {
        char c[4];
        size_t len = 0, read = tocsin_clean_next(s, c, &len);
        if (len > 0)
            tocsin_text_add_json_char(t, c, len);
        s.ptr += read;
        s.len -= read;
    }
    tocsin_text_add(t, "\"", 1);
}

/* As a JSON string in ASCII, the way Python's json.dumps writes it: nothing is dropped, what is no
   UTF-8 becomes U+FFFD. */
static inline void tocsin_text_add_json_ascii(tocsin_text *t, tocsin_str s)
{
    static const char named[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    tocsin_text_add(t, "\"", 1);
    for (size_t at = 0; at < s.len && !t->failed;) {
        size_t len = tocsin_utf8_length(s.ptr + at, s.len - at);
        uint32_t point = len == 0 ? 0xfffd : tocsin_utf8_point(s.ptr + at, len);
        const char *name = point == 0 || point > 0x7f ? NULL : strchr(named, (int)point);
        char code[16];
        if (name != NULL)
            (void)snprintf(code, sizeof code, "\\%c", letters[name - named]);
        else if (point >= 0x20 && point < 0x7f)
            (void)snprintf(code, sizeof code, "%c", (char)point);
        else if (point > 0xffff)
            (void)snprintf(code, sizeof code, "\\u%04x\\u%04x", 0xd7c0 + (point >> 10),
                           0xdc00 + (point & 0x3ff));
        else
            (void)snprintf(code, sizeof code, "\\u%04x", point);
        tocsin_text_add_c(t, code);
        at += len == 0 ? 1 : len;
    }
    tocsin_text_add(t, "\"", 1);
}

/* As a value of a query or form: all but letters, digits and -._~ as %XX. */
static inline void tocsin_text_add_url(tocsin_text *t, tocsin_str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        tocsin_text_add(t, is_plain ? s.ptr + i : coded, is_plain ? 1 : 3);
    }
}

static inline const char *tocsin_base64_digits(void)
{
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

static inline void tocsin_text_add_base64(tocsin_text *t, const void *ptr, size_t len)
{
    const unsigned char *in = (const unsigned char *)ptr;
    const char *digits = tocsin_base64_digits();
    for (size_t i = 0; i < len; i += 3) {
        unsigned b1 = i + 1 < len ? in[i + 1] : 0, b2 = i + 2 < len ? in[i + 2] : 0;
        unsigned bits = (unsigned)in[i] << 16 | b1 << 8 | b2;
        char out[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                       i + 1 < len ? digits[bits >> 6 & 63] : '=',
                       i + 2 < len ? digits[bits & 63] : '='};
        tocsin_text_add(t, out, sizeof out);
    }
}

/* Standard base64, with or without the padding, into out (at most cap bytes). Returns the length,
   or -1. */
static inline long tocsin_base64_decode(tocsin_str s, unsigned char *out, size_t cap)
{
    const char *digits = tocsin_base64_digits();
    unsigned bits = 0, held = 0;
    size_t len = 0;
    while (s.len > 0 && s.ptr[s.len - 1] == '=')
        s.len--;
    for (size_t i = 0; i < s.len; i++) {
        const char *digit = s.ptr[i] == '\0' ? NULL : strchr(digits, s.ptr[i]);
        if (digit == NULL)
            return -1;
        bits = bits << 6 | (unsigned)(digit - digits);
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

static inline void tocsin_text_add_hex(tocsin_text *t, const void *ptr, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = (const unsigned char *)ptr;
    for (size_t i = 0; i < len; i++) {
        char out[2] = {digits[in[i] >> 4], digits[in[i] & 15]};
        tocsin_text_add(t, out, sizeof out);
    }
}

/* Year, month and day of a Unix time, whatever the process's time zone is. */
static inline void tocsin_civil(int64_t unix_s, int ret[3])
{
    int64_t days = unix_s / 86400 - (unix_s % 86400 < 0 ? 1 : 0) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    ret[1] = (int)(mp < 10 ? mp + 3 : mp - 9);
    ret[0] = (int)(yoe + era * 400 + (ret[1] <= 2 ? 1 : 0));
    ret[2] = (int)(doy - (153 * mp + 2) / 5 + 1);
}

/* "2026-01-02T03:04:05.678Z"; without milliseconds when digits is 0. */
static inline void tocsin_text_add_time(tocsin_text *t, int64_t unix_ms, int digits)
{
    int64_t seconds = unix_ms / 1000 - (unix_ms % 1000 < 0 ? 1 : 0);
    int ms = (int)(unix_ms - seconds * 1000), date[3];
    tocsin_civil(seconds, date);
    int in_day = (int)((seconds % 86400 + 86400) % 86400);
    char out[96], fraction[16] = "";
    if (digits > 0)
        (void)snprintf(fraction, sizeof fraction, ".%03d", ms);
    (void)snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", date[0], date[1], date[2],
                   in_day / 3600, in_day / 60 % 60, in_day % 60, fraction);
    tocsin_text_add_c(t, out);
}

/* "info", "success", "warning" or "failure". */
static inline const char *tocsin_severity_name(uint32_t severity)
{
    return severity == TOCSIN_SUCCESS   ? "success"
           : severity == TOCSIN_WARNING ? "warning"
           : severity == TOCSIN_FAILURE ? "failure"
                                        : "info";
}

#ifdef __cplusplus
}
#endif
#endif
