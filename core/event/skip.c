/* SPDX-License-Identifier: Apache-2.0 */
/* skip.c - checks that text is JSON (RFC 8259: no NaN, no control characters in strings)
 * and finds where a value ends, without building anything. Nesting is a stack of bits,
 * not of calls. A lone surrogate such as "\ud800" passes here, as in Python; only the
 * fields of an event, which become text of ours, refuse it. */
#include "core/event/decode_int.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits behind "\u", or -1. */
static int32_t hex_unit(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* What a one-letter escape stands for, or 0. */
static char plain_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* Checks the escape at p, its backslash, and returns the place behind it. */
static const char *check_escape(tcn_decoder *d, const char *p)
{
    if (d->end - p < 2)
        return tcn_decode_broken(d, p, "Unterminated string");
    if (p[1] == 'u') {
        if (hex_unit(p + 2, d->end) < 0)
            return tcn_decode_broken(d, p, "Invalid \\uXXXX escape");
        return p + 6;
    }
    if (plain_escape(p[1]) == 0)
        return tcn_decode_broken(d, p, "Invalid \\escape");
    return p + 2;
}

/* From a place in a string to the place behind its closing quote. */
static const char *finish_string(tcn_decoder *d, const char *start, const char *p)
{
    for (;;) {
        p = tcn_scan_text(p, d->end);
        if (p == d->end)
            return tcn_decode_broken(d, start - 1, "Unterminated string");
        if (*p == '"')
            return p + 1;
        if (*p != '\\')
            return tcn_decode_broken(d, p, "Invalid control character");
        p = check_escape(d, p);
        if (p == NULL)
            return NULL;
    }
}

/* Writes the character of a checked "\u" escape at p. Returns the place behind it, or
 * NULL for a lone surrogate. */
static const char *put_unit(const char *p, const char *end, char **out)
{
    uint32_t c = (uint32_t)hex_unit(p + 2, end);
    p += 6;
    if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        uint32_t low = (uint32_t)hex_unit(p + 2, end);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
    }
    if (c >= 0xd800 && c < 0xe000)
        return NULL;
    *out += tcn_utf8_encode(c, *out);
    return p;
}

/* Unescapes checked text; the result is never longer. */
static tcn_str unescape(tcn_str text, char *out)
{
    char *start = out;
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    while (p < end) {
        const char *stop = tcn_scan_text(p, end);
        memcpy(out, p, (size_t)(stop - p));
        out += stop - p;
        p = stop;
        if (p == end)
            break;
        if (p[1] == 'u') {
            p = put_unit(p, end, &out);
            if (p == NULL)
                return (tcn_str){0};
            continue;
        }
        *out++ = plain_escape(p[1]);
        p += 2;
    }
    return tcn_str_of(start, (size_t)(out - start));
}

const char *tcn_decode_escaped(tcn_decoder *d, const char *start, const char *p,
                               tcn_str *ret_text)
{
    const char *behind = finish_string(d, start, p);
    if (behind == NULL)
        return NULL;
    tcn_str raw = tcn_str_of(start, (size_t)(behind - 1 - start));
    char *out = tcn_arena_alloc(d->arena, raw.len);
    if (out == NULL)
        return tcn_decode_no_memory(d);
    *ret_text = unescape(raw, out);
    return behind;
}

const char *tcn_decode_colon(tcn_decoder *d, const char *p)
{
    p = tcn_decoder_blanks(d, p);
    if (tcn_decoder_peek(d, p) != ':')
        return tcn_decode_broken(d, p, "Expecting ':' delimiter");
    return tcn_scan_blanks(p + 1);
}

const char *tcn_decode_comma(tcn_decoder *d, const char *p, char close)
{
    p = tcn_decoder_blanks(d, p);
    char c = tcn_decoder_peek(d, p);
    if (c == close)
        return p;
    if (c != ',')
        return tcn_decode_broken(d, p, "Expecting ',' delimiter");
    p = tcn_scan_blanks(p + 1);
    if (*p == close)
        return tcn_decode_broken(d, p, "Illegal trailing comma before end");
    return p;
}

static bool is_digit(char c)
{
    return (uint8_t)(c - '0') < 10;
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

const char *tcn_decode_number(tcn_decoder *d, const char *p)
{
    if (*p == '-')
        p++;
    if (!is_digit(*p))
        return tcn_decode_broken(d, p, "Expecting value");
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (*p == '.') {
        if (!is_digit(p[1]))
            return tcn_decode_broken(d, p, "Expecting ',' delimiter");
        p = skip_digits(p + 1);
    }
    if (*p == 'e' || *p == 'E') {
        const char *digits = p[1] == '+' || p[1] == '-' ? p + 2 : p + 1;
        if (!is_digit(*digits))
            return tcn_decode_broken(d, p, "Expecting ',' delimiter");
        p = skip_digits(digits);
    }
    return p;
}

static const char *skip_word(tcn_decoder *d, const char *p, const char *word, size_t len)
{
    if ((size_t)(d->end - p) < len || memcmp(p, word, len) != 0)
        return tcn_decode_broken(d, p, "Expecting value");
    return p + len;
}

/* A string, number or literal. */
static inline const char *skip_scalar(tcn_decoder *d, const char *p)
{
    switch (*p) {
    case '"':
        d->strings++;
        return finish_string(d, p + 1, p + 1);
    case 't':
        return skip_word(d, p, "true", 4);
    case 'f':
        return skip_word(d, p, "false", 5);
    case 'n':
        return skip_word(d, p, "null", 4);
    default:
        return tcn_decode_number(d, p);
    }
}

static const char *skip_key(tcn_decoder *d, const char *p)
{
    if (*p != '"')
        return tcn_decode_broken(d, p,
                                 "Expecting property name enclosed in double quotes");
    d->strings++;
    p = finish_string(d, p + 1, p + 1);
    return p != NULL ? tcn_decode_colon(d, p) : NULL;
}

/* The containers around a place, innermost last: a bit is set for an object. */
typedef struct nest {
    uint32_t count;
    uint64_t is_object[TCN_DECODE_DEPTH_MAX / 64];
} nest;

static inline bool nest_is_object(const nest *n)
{
    uint32_t top = n->count - 1;
    return (n->is_object[top / 64] >> top % 64 & 1) != 0;
}

static inline void nest_push(nest *n, bool is_object)
{
    uint64_t bit = UINT64_C(1) << n->count % 64;
    uint64_t *word = &n->is_object[n->count / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    n->count++;
}

/* Enters the container at p and goes to its first value; passes by an empty one. */
static const char *enter(tcn_decoder *d, nest *n, const char *p, uint32_t depth,
                         bool *ret_is_empty)
{
    if (depth + n->count >= d->depth_max)
        return tcn_decode_broken(d, p, "Nested too deeply");
    bool is_object = *p == '{';
    p = tcn_scan_blanks(p + 1);
    *ret_is_empty = *p == (is_object ? '}' : ']');
    if (*ret_is_empty)
        return p + 1;
    nest_push(n, is_object);
    return is_object ? skip_key(d, p) : p;
}

/* Behind a value: leaves every container that ends here and goes to the next value.
 * *ret_is_done says that nothing is left. */
static const char *leave(tcn_decoder *d, nest *n, const char *p, bool *ret_is_done)
{
    while (n->count != 0) {
        bool is_object = nest_is_object(n);
        char close = is_object ? '}' : ']';
        p = tcn_decode_comma(d, p, close);
        if (p == NULL)
            return NULL;
        if (*p != close)
            return is_object ? skip_key(d, p) : p;
        p++;
        n->count--;
    }
    *ret_is_done = true;
    return p;
}

const char *tcn_decode_skip(tcn_decoder *d, const char *p, uint32_t depth)
{
    nest n;
    n.count = 0;
    bool is_done = false;
    while (p != NULL && !is_done) {
        bool is_value = true;
        if (*p == '{' || *p == '[')
            p = enter(d, &n, p, depth, &is_value);
        else
            p = skip_scalar(d, p);
        if (p != NULL && is_value)
            p = leave(d, &n, p, &is_done);
    }
    return p;
}
