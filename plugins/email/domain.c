/* SPDX-License-Identifier: Apache-2.0 */
/* domain.c - domain names: labels of letters, digits and hyphens, others as A-labels by
 * Punycode (RFC 3492). Upper case becomes lower case in the scripts where that is one
 * step; nothing is normalised otherwise. */
#include "address.h"

#define LABEL_MAX  63
#define DOMAIN_MAX 253
#define POINTS_MAX 64

enum { /* RFC 3492, section 5 */
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    INITIAL_BIAS = 72,
    INITIAL_N = 128
};

/* What is written, at most size bytes with the NUL. */
typedef struct writer {
    char *ptr;
    size_t len, size;
    bool is_full;
} writer;

static void add_char(writer *out, char c)
{
    if (out->len + 1 >= out->size) {
        out->is_full = true;
        return;
    }
    out->ptr[out->len++] = c;
    out->ptr[out->len] = '\0';
}

static uint32_t lower(uint32_t c)
{
    static const struct {
        uint32_t first, last, step;
    } upper[] = {
        {'A', 'Z', 32},     {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},   {0x391, 0x3a1, 32},
        {0x3a3, 0x3a9, 32}, {0x400, 0x40f, 80}, {0x410, 0x42f, 32},
    };
    for (size_t i = 0; i < sizeof upper / sizeof upper[0]; i++)
        if (c >= upper[i].first && c <= upper[i].last)
            return c + upper[i].step;
    return c;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
    uint32_t k = 0;
    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit_of(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

static void add_integer(writer *out, uint32_t value, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (value < t)
            break;
        add_char(out, digit_of(t + (value - t) % (BASE - t)));
        value = (value - t) / (BASE - t);
    }
    add_char(out, digit_of(value));
}

/* The smallest code point that is not below n. */
static uint32_t next_point(const uint32_t *points, size_t count, uint32_t n)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (points[i] >= n && points[i] < least)
            least = points[i];
    return least;
}

/* At most 64 code points below 0x110000, so nothing overflows. */
static void add_punycode(writer *out, const uint32_t *points, size_t count)
{
    uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = 0;
    for (size_t i = 0; i < count; i++)
        if (points[i] < 0x80) {
            add_char(out, (char)points[i]);
            done++;
        }
    uint32_t basic = done;
    if (basic > 0)
        add_char(out, '-');
    while (done < count) {
        uint32_t m = next_point(points, count, n);
        delta += (m - n) * (done + 1);
        n = m;
        for (size_t i = 0; i < count; i++) {
            if (points[i] < n)
                delta++;
            if (points[i] != n)
                continue;
            add_integer(out, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
}

static bool is_label_char(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c >= 0xa1;
}

/* False when it is no label. */
static bool add_label(writer *out, tocsin_str label)
{
    uint32_t points[POINTS_MAX];
    size_t count = 0, before = out->len;
    bool is_ascii = true;
    if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t at = 0; at < label.len;) {
        size_t len = tocsin_utf8_length(label.ptr + at, label.len - at);
        if (len == 0 || count == POINTS_MAX)
            return false;
        uint32_t c = lower(tocsin_utf8_point(label.ptr + at, len));
        if (!is_label_char(c))
            return false;
        is_ascii = is_ascii && c < 0x80;
        points[count++] = c;
        at += len;
    }
    if (!is_ascii)
        for (const char *c = "xn--"; *c != '\0'; c++)
            add_char(out, *c);
    for (size_t i = 0; is_ascii && i < count; i++)
        add_char(out, (char)points[i]);
    if (!is_ascii)
        add_punycode(out, points, count);
    return out->len - before <= LABEL_MAX;
}

const char *domain_to_ascii(tocsin_str domain, char *ret, size_t size)
{
    writer out = {.ptr = ret, .size = size};
    bool is_good = domain.len > 0 && domain.len <= 1000;
    for (size_t at = 0; is_good && at <= domain.len;) {
        const char *dot = memchr(domain.ptr + at, '.', domain.len - at);
        size_t end = dot != NULL ? (size_t)(dot - domain.ptr) : domain.len;
        if (at > 0)
            add_char(&out, '.');
        is_good = add_label(&out, tocsin_str_part(domain.ptr + at, end - at));
        at = end + 1;
    }
    is_good = is_good && !out.is_full && out.len <= DOMAIN_MAX;
    return is_good ? NULL : "has a domain that is none";
}
