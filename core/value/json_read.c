/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.c - JSON text to values in one pass. Recursion is bounded by limits.depth;
 * text without escapes stays where it is. Keys get their hash here, so that look-ups need
 * none. */
#include <math.h>
#include <stdlib.h>

#include "core/value/big.h"
#include "core/value/json.h"
#include "core/value/number.h"

typedef struct reader {
    const char *start, *p, *end;
    tcn_arena *arena;
    tcn_json_limits limits;
    uint32_t depth;
    tcn_err *reterr;
} reader;

static int fail(reader *r, int code, const char *what)
{
    uint32_t line = 1;
    const char *line_start = r->start;
    for (const char *p = r->start; p < r->p; p++) {
        if (*p == '\n') {
            line++;
            line_start = p + 1;
        }
    }
    size_t column = tcn_utf8_length(tcn_str_of(line_start, (size_t)(r->p - line_start)));
    return tcn_err_at(r->reterr, code, line, (uint32_t)column + 1, "%s", what);
}

static int no_memory(reader *r)
{
    return fail(r, TCN_E_NOMEM, "out of memory");
}

static void skip_space(reader *r)
{
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

static int hex4(reader *r, uint32_t *ret)
{
    uint32_t code = 0;
    if (r->end - r->p < 4)
        return fail(r, TCN_E_SYNTAX, "unfinished \\u escape");
    for (int i = 0; i < 4; i++) {
        char c = *r->p++;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return fail(r, TCN_E_SYNTAX, "wrong digit in a \\u escape");
        code = code << 4 | digit;
    }
    *ret = code;
    return 0;
}

static int read_unicode(reader *r, uint32_t *ret)
{
    uint32_t code = 0;
    int rc = hex4(r, &code);
    if (rc < 0)
        return rc;
    if (code >= 0xD800 && code < 0xDC00 && r->end - r->p >= 6 && r->p[0] == '\\' &&
        r->p[1] == 'u') {
        const char *back = r->p;
        uint32_t low = 0;
        r->p += 2;
        rc = hex4(r, &low);
        if (rc < 0)
            return rc;
        if (low >= 0xDC00 && low < 0xE000) {
            *ret = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            return 0;
        }
        r->p = back;
    }
    *ret = code >= 0xD800 && code < 0xE000 ? 0xFFFD : code;
    return 0;
}

static int read_escape(reader *r, uint32_t *ret)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (r->p == r->end)
        return fail(r, TCN_E_SYNTAX, "text is not closed");
    char c = *r->p++;
    if (c == 'u')
        return read_unicode(r, ret);
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    if (found == NULL) {
        r->p--;
        return fail(r, TCN_E_SYNTAX, "unknown escape");
    }
    *ret = (unsigned char)to[found - from];
    return 0;
}

/* The slow way, from the first escape on: unescapes into the arena. No form of a code
 * point is shorter escaped than not. */
static int read_escaped(reader *r, const char *start, tcn_value *ret)
{
    const char *close = r->p;
    while (close < r->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= r->end) {
        r->p = r->end;
        return fail(r, TCN_E_SYNTAX, "text is not closed");
    }
    char *out = tcn_arena_alloc(r->arena, (size_t)(close - start) + 4);
    if (out == NULL)
        return no_memory(r);
    size_t len = (size_t)(r->p - start);
    memcpy(out, start, len);
    while (*r->p != '"') {
        uint32_t code = (unsigned char)*r->p;
        if (code < 0x20)
            return fail(r, TCN_E_SYNTAX, "control character in text");
        if (code != '\\') {
            out[len++] = *r->p++;
            continue;
        }
        r->p++;
        int rc = read_escape(r, &code);
        if (rc < 0)
            return rc;
        len += tcn_utf8_encode(code, out + len);
    }
    r->p++;
    *ret = tcn_str_borrow(r->arena, tcn_str_of(out, len));
    return tcn_is_missing(*ret) ? no_memory(r) : 0;
}

static int read_text(reader *r, tcn_value *ret)
{
    const char *start = ++r->p;
    while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
        r->p++;
    if (r->p == r->end)
        return fail(r, TCN_E_SYNTAX, "text is not closed");
    if (*r->p == '\\')
        return read_escaped(r, start, ret);
    if (*r->p != '"')
        return fail(r, TCN_E_SYNTAX, "control character in text");
    *ret = tcn_str_borrow(r->arena, tcn_str_of(start, (size_t)(r->p - start)));
    r->p++;
    return tcn_is_missing(*ret) ? no_memory(r) : 0;
}

static int read_big(reader *r, tcn_str digits, bool is_negative, tcn_value *ret)
{
    tcn_rt_limits limits;
    tcn_rt rt;
    tcn_rt_limits_default(&limits);
    limits.digits = r->limits.digits;
    tcn_rt_init(&rt, r->arena, &limits);
    int rc = tcn_big_parse(&rt, digits, 10, is_negative, ret);
    return rc == TCN_E_LIMIT ? fail(r, TCN_E_LIMIT, "integer has too many digits")
                             : (rc < 0 ? no_memory(r) : 0);
}

static const char *skip_digits(const reader *r, const char *p)
{
    while (p < r->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static int read_number(reader *r, tcn_value *ret)
{
    const char *start = r->p;
    bool is_negative = *start == '-';
    const char *digits = start + is_negative;
    const char *p = skip_digits(r, digits);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return fail(r, TCN_E_SYNTAX, "wrong number");
    const char *whole_end = p;
    if (p < r->end && *p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(r, fraction);
        if (p == fraction)
            return fail(r, TCN_E_SYNTAX, "wrong number");
    }
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        const char *exponent = p + 1;
        if (exponent < r->end && (*exponent == '+' || *exponent == '-'))
            exponent++;
        p = skip_digits(r, exponent);
        if (p == exponent)
            return fail(r, TCN_E_SYNTAX, "wrong number");
    }
    r->p = p;
    if (p != whole_end) {
        double f = 0;
        (void)tcn_real_parse(tcn_str_of(start, (size_t)(p - start)), &f);
        *ret = tcn_real(f);
        return 0;
    }
    if (p - digits > 18)
        return read_big(r, tcn_str_of(digits, (size_t)(p - digits)), is_negative, ret);
    int64_t i = 0;
    for (const char *d = digits; d < p; d++)
        i = i * 10 + (*d - '0');
    *ret = tcn_int(is_negative ? -i : i);
    return 0;
}

static bool take_word(reader *r, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
        return false;
    r->p += len;
    return true;
}

static int read_word(reader *r, tcn_value *ret)
{
    if (take_word(r, "null"))
        *ret = tcn_none();
    else if (take_word(r, "true"))
        *ret = tcn_bool(true);
    else if (take_word(r, "false"))
        *ret = tcn_bool(false);
    else if (!r->limits.is_strict && take_word(r, "NaN"))
        *ret = tcn_real((double)NAN);
    else if (!r->limits.is_strict && take_word(r, "Infinity"))
        *ret = tcn_real(HUGE_VAL);
    else if (!r->limits.is_strict && take_word(r, "-Infinity"))
        *ret = tcn_real(-HUGE_VAL);
    else
        return fail(r, TCN_E_SYNTAX, "expected a value");
    return 0;
}

static int read_value(reader *r, tcn_value *ret);

static int read_list(reader *r, tcn_value *ret)
{
    tcn_value list = tcn_list_new(r->arena, TCN_V_LIST, 0);
    if (tcn_is_missing(list))
        return no_memory(r);
    r->p++;
    skip_space(r);
    while (r->p < r->end && *r->p != ']') {
        tcn_value item;
        int rc = read_value(r, &item);
        if (rc < 0)
            return rc;
        if (tcn_vlist_add(r->arena, list.list, item) < 0)
            return no_memory(r);
        skip_space(r);
        if (r->p == r->end || *r->p != ',')
            break;
        r->p++;
        skip_space(r);
        if (r->p < r->end && *r->p == ']')
            return fail(r, TCN_E_SYNTAX, "expected a value after ','");
    }
    if (r->p == r->end || *r->p != ']')
        return fail(r, TCN_E_SYNTAX, "expected ',' or ']'");
    r->p++;
    *ret = list;
    return 0;
}

static int read_entry(reader *r, tcn_value dict)
{
    tcn_value key, value;
    if (r->p == r->end || *r->p != '"')
        return fail(r, TCN_E_SYNTAX, "expected a key in quotes");
    int rc = read_text(r, &key);
    if (rc < 0)
        return rc;
    skip_space(r);
    if (r->p == r->end || *r->p != ':')
        return fail(r, TCN_E_SYNTAX, "expected ':'");
    r->p++;
    rc = read_value(r, &value);
    if (rc < 0)
        return rc;
    return tcn_vdict_put(r->arena, dict.dict, key, value) < 0 ? no_memory(r) : 0;
}

static int read_dict(reader *r, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(r->arena, 4);
    if (tcn_is_missing(dict))
        return no_memory(r);
    r->p++;
    skip_space(r);
    while (r->p < r->end && *r->p != '}') {
        int rc = read_entry(r, dict);
        if (rc < 0)
            return rc;
        skip_space(r);
        if (r->p == r->end || *r->p != ',')
            break;
        r->p++;
        skip_space(r);
        if (r->p < r->end && *r->p == '}')
            return fail(r, TCN_E_SYNTAX, "expected a key after ','");
    }
    if (r->p == r->end || *r->p != '}')
        return fail(r, TCN_E_SYNTAX, "expected ',' or '}'");
    r->p++;
    *ret = dict;
    return 0;
}

static int read_value(reader *r, tcn_value *ret)
{
    skip_space(r);
    if (r->p == r->end)
        return fail(r, TCN_E_SYNTAX, "expected a value");
    char c = *r->p;
    if (c == '"')
        return read_text(r, ret);
    if ((c >= '0' && c <= '9') || (c == '-' && r->end - r->p > 1 && r->p[1] != 'I'))
        return read_number(r, ret);
    if (c != '{' && c != '[')
        return read_word(r, ret);
    if (++r->depth > r->limits.depth)
        return fail(r, TCN_E_LIMIT, "values are nested too deeply");
    int rc = c == '{' ? read_dict(r, ret) : read_list(r, ret);
    r->depth--;
    return rc;
}

int tcn_json_read(tcn_str text, tcn_arena *arena, const tcn_json_limits *limits,
                  tcn_value *ret, tcn_err *reterr)
{
    reader r = {.start = text.ptr, .p = text.ptr, .arena = arena, .reterr = reterr};
    r.end = text.len > 0 ? text.ptr + text.len : text.ptr;
    if (limits != NULL)
        r.limits = *limits;
    if (r.limits.bytes == 0)
        r.limits.bytes = (size_t)16 << 20;
    if (r.limits.depth == 0)
        r.limits.depth = 200;
    if (r.limits.digits == 0)
        r.limits.digits = 4300;
    if (text.len > r.limits.bytes)
        return fail(&r, TCN_E_LIMIT, "text is too long");
    size_t bad = 0;
    if (!tcn_utf8_valid(text, &bad)) {
        r.p += bad;
        return fail(&r, TCN_E_SYNTAX, "text is not UTF-8");
    }
    tcn_value value;
    int rc = read_value(&r, &value);
    if (rc < 0)
        return rc;
    skip_space(&r);
    if (r.p != r.end)
        return fail(&r, TCN_E_SYNTAX, "more text after the value");
    *ret = value;
    return 0;
}
