/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/json.h - reading JSON without building anything: a value is the part of the text that holds
 * it, and an iterator walks over what it holds. Enough for a peer's answer or an option of type JSON.
 *
 * Optional and header-only: it uses plugin.h, text.h and the C library. Everything is borrowed from
 * the text that is read. Input may be hostile: nesting is limited to 64, nothing recurses.
 */
#ifndef TOCSIN_JSON_H
#define TOCSIN_JSON_H
#include <tocsin/text.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOCSIN_JSON_DEPTH 64

static inline size_t tocsin_json_space(tocsin_str s, size_t at)
{
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t' || s.ptr[at] == '\n' || s.ptr[at] == '\r'))
        at++;
    return at;
}

static inline bool tocsin_json_is_at(tocsin_str s, size_t at, char c)
{
    return at < s.len && s.ptr[at] == c;
}

static inline bool tocsin_json_is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Where the string that begins at at ends (behind its quote); 0: it is malformed. */
static inline size_t tocsin_json_string_end(tocsin_str s, size_t at)
{
    if (!tocsin_json_is_at(s, at, '"'))
        return 0;
    for (at++; at < s.len && s.ptr[at] != '"'; at++) {
        if ((unsigned char)s.ptr[at] < 0x20)
            return 0;
        if (s.ptr[at] != '\\')
            continue;
        at++;
        if (at >= s.len || s.ptr[at] == '\0' || strchr("\"\\/bfnrtu", s.ptr[at]) == NULL)
            return 0;
        if (s.ptr[at] != 'u')
            continue;
        for (size_t i = 1; i <= 4; i++)
            if (at + i >= s.len || !tocsin_json_is_hex(s.ptr[at + i]))
                return 0;
        at += 4;
    }
    return at < s.len ? at + 1 : 0;
}

static inline size_t tocsin_json_digits(tocsin_str s, size_t at)
{
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9')
        at++;
    return at;
}

static inline size_t tocsin_json_number_end(tocsin_str s, size_t at)
{
    size_t first = tocsin_json_is_at(s, at, '-') ? at + 1 : at;
    size_t end = tocsin_json_digits(s, first);
    if (end == first || (s.ptr[first] == '0' && end > first + 1))
        return 0;
    if (tocsin_json_is_at(s, end, '.')) {
        size_t fraction = end + 1;
        end = tocsin_json_digits(s, fraction);
        if (end == fraction)
            return 0;
    }
    if (tocsin_json_is_at(s, end, 'e') || tocsin_json_is_at(s, end, 'E')) {
        size_t exponent = end + 1;
        if (tocsin_json_is_at(s, exponent, '+') || tocsin_json_is_at(s, exponent, '-'))
            exponent++;
        end = tocsin_json_digits(s, exponent);
        if (end == exponent)
            return 0;
    }
    return end;
}

static inline size_t tocsin_json_scalar_end(tocsin_str s, size_t at)
{
    static const char *const words[] = {"true", "false", "null"};
    if (tocsin_json_is_at(s, at, '"'))
        return tocsin_json_string_end(s, at);
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);
        if (s.len - at >= len && memcmp(s.ptr + at, words[i], len) == 0)
            return at + len;
    }
    return tocsin_json_number_end(s, at);
}

/* Behind the key and the colon that stand at at, spaces included; 0: malformed. */
static inline size_t tocsin_json_key_end(tocsin_str s, size_t at)
{
    size_t end = tocsin_json_string_end(s, tocsin_json_space(s, at));
    end = end == 0 ? 0 : tocsin_json_space(s, end);
    return end > 0 && tocsin_json_is_at(s, end, ':') ? tocsin_json_space(s, end + 1) : 0;
}

/* Where the value that begins at at ends; 0: it is malformed or nested too deep. */
static inline size_t tocsin_json_value_end(tocsin_str s, size_t at)
{
    char closes[TOCSIN_JSON_DEPTH];
    size_t depth = 0;
    for (;;) {
        at = tocsin_json_space(s, at);
        bool is_object = tocsin_json_is_at(s, at, '{');
        if (is_object || tocsin_json_is_at(s, at, '[')) {
            if (depth == TOCSIN_JSON_DEPTH)
                return 0;
            closes[depth++] = is_object ? '}' : ']';
            at = tocsin_json_space(s, at + 1);
            if (!tocsin_json_is_at(s, at, closes[depth - 1])) {
                at = is_object ? tocsin_json_key_end(s, at) : at;
                if (at == 0)
                    return 0;
                continue;
            }
        } else {
            at = at < s.len ? tocsin_json_scalar_end(s, at) : 0;
            if (at == 0)
                return 0;
            at = depth > 0 ? tocsin_json_space(s, at) : at;
        }
        /* A value is over, and with it perhaps what holds it. */
        while (depth > 0 && tocsin_json_is_at(s, at, closes[depth - 1])) {
            at++;
            depth--;
            at = depth > 0 ? tocsin_json_space(s, at) : at;
        }
        if (depth == 0)
            return at;
        if (!tocsin_json_is_at(s, at, ','))
            return 0;
        at = closes[depth - 1] == '}' ? tocsin_json_key_end(s, at + 1) : at + 1;
        if (at == 0)
            return 0;
    }
}

/* The one value that the text holds; false: it is no JSON. */
static inline bool tocsin_json_read(tocsin_str text, tocsin_str *ret)
{
    size_t from = tocsin_json_space(text, 0);
    size_t end = from < text.len ? tocsin_json_value_end(text, from) : 0;
    if (end == 0 || tocsin_json_space(text, end) != text.len)
        return false;
    *ret = tocsin_str_part(text.ptr + from, end - from);
    return true;
}

/* Kind of a value by its first character: { [ " t f n, and 0 for a number. */
static inline char tocsin_json_kind(tocsin_str value)
{
    return value.len > 0 && strchr("{[\"tfn", value.ptr[0]) != NULL ? value.ptr[0] : '0';
}

typedef struct tocsin_json_iter {
    tocsin_str rest;
    uint64_t is_object; /* 0: an array, or nothing */
} tocsin_json_iter;

/* value: as tocsin_json_read gave it, or a part of that. Anything but an object or array is empty. */
static inline tocsin_json_iter tocsin_json_walk(tocsin_str value)
{
    tocsin_json_iter iter = {{NULL, 0}, 0};
    char kind = tocsin_json_kind(value);
    if (kind == '{' || kind == '[') {
        iter.rest = tocsin_str_part(value.ptr + 1, value.len - 2);
        iter.is_object = kind == '{' ? 1 : 0;
    }
    return iter;
}

/* The next member or item; false at the end. ret_key is the key as it is written, without its quotes;
   empty in an array. */
static inline bool tocsin_json_next(tocsin_json_iter *iter, tocsin_str *ret_key, tocsin_str *ret_value)
{
    tocsin_str s = iter->rest;
    size_t at = tocsin_json_space(s, 0);
    if (at >= s.len)
        return false;
    *ret_key = tocsin_str_part(s.ptr + at, 0);
    if (iter->is_object) {
        size_t end = tocsin_json_string_end(s, at);
        *ret_key = tocsin_str_part(s.ptr + at + 1, end - at - 2);
        at = tocsin_json_key_end(s, at);
    }
    size_t end = tocsin_json_value_end(s, at);
    *ret_value = tocsin_str_part(s.ptr + at, end - at);
    end = tocsin_json_space(s, end);
    end = end < s.len ? end + 1 : end; /* the comma */
    iter->rest = tocsin_str_part(s.ptr + end, s.len - end);
    return true;
}

/* The member of an object; the last one of that name, as most readers take it. */
static inline bool tocsin_json_get(tocsin_str object, const char *key, tocsin_str *ret)
{
    tocsin_json_iter iter = tocsin_json_walk(object);
    tocsin_str name, value;
    bool is_found = false;
    while (iter.is_object && tocsin_json_next(&iter, &name, &value)) {
        if (!tocsin_str_eq(name, key))
            continue;
        *ret = value;
        is_found = true;
    }
    return is_found;
}

/* Is it that string? Strings with escapes are not compared. */
static inline bool tocsin_json_is(tocsin_str value, const char *text)
{
    return value.len >= 2 && value.ptr[0] == '"' &&
           tocsin_str_eq(tocsin_str_part(value.ptr + 1, value.len - 2), text);
}

/* A number in the range, its fraction dropped; false: it is none. */
static inline bool tocsin_json_int(tocsin_str value, int64_t min, int64_t max, int64_t *ret)
{
    char digits[40];
    if (tocsin_json_kind(value) != '0' || value.len == 0 || value.len >= sizeof digits)
        return false;
    memcpy(digits, value.ptr, value.len);
    digits[value.len] = '\0';
    double number = strtod(digits, NULL);
    if (!(number >= (double)min && number <= (double)max))
        return false;
    *ret = (int64_t)number;
    return true;
}

static inline uint32_t tocsin_json_hex4(const char *s)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = tocsin_ascii_lower(s[i]);
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static inline void tocsin_text_add_point(tocsin_text *t, uint32_t point)
{
    char c[4] = {(char)point, 0, 0, 0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; len > 1 && i > 0; i--) {
        c[i - 1] = (char)(i == 1 ? (lead[len] | point) : (0x80 | (point & 0x3f)));
        point >>= 6;
    }
    tocsin_text_add(t, c, len);
}

/* The escape \uXXXX at s[at], perhaps half of a pair; returns how many bytes it took. */
static inline size_t tocsin_json_add_escape(tocsin_text *t, tocsin_str s, size_t at)
{
    uint32_t point = tocsin_json_hex4(s.ptr + at + 2);
    if (point >= 0xd800 && point <= 0xdbff && at + 12 <= s.len && s.ptr[at + 6] == '\\' &&
        s.ptr[at + 7] == 'u') {
        uint32_t low = tocsin_json_hex4(s.ptr + at + 8);
        if (low >= 0xdc00 && low <= 0xdfff) {
            tocsin_text_add_point(t, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
            return 12;
        }
    }
    tocsin_text_add_point(t, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point);
    return 6;
}

/* Appends what a string means; half a surrogate pair becomes U+FFFD. false: it is no string. */
static inline bool tocsin_json_text(tocsin_str value, tocsin_text *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (tocsin_json_kind(value) != '"')
        return false;
    tocsin_str s = tocsin_str_part(value.ptr + 1, value.len - 2);
    for (size_t at = 0; at < s.len;) {
        if (s.ptr[at] != '\\') {
            tocsin_text_add_char(out, s.ptr[at++]);
        } else if (s.ptr[at + 1] == 'u') {
            at += tocsin_json_add_escape(out, s, at);
        } else {
            tocsin_text_add_char(out, to[strchr(from, s.ptr[at + 1]) - from]);
            at += 2;
        }
    }
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
