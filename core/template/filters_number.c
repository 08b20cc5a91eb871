/* SPDX-License-Identifier: Apache-2.0 */
/* filters_number.c - numbers from text, rounding, sizes. */
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/convert.h"
#include "core/template/filters.h"
#include "core/template/strings.h"
#include "core/value/big.h"
#include "core/value/number.h"

int tcn_filter_abs(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_absolute(rt, a[0], ret);
}

/* Digits of a text in ASCII, without underlines between digits; false: not a number. */
static bool plain_digits(tcn_str text, char *out, size_t size, size_t *ret_len)
{
    size_t len = 0;
    bool after_digit = false;
    for (size_t i = 0; i < text.len;) {
        uint32_t c = tcn_utf8_decode(text, &i);
        const tcn_unicode_record *record = tcn_unicode_of(c);
        if (c >= 0x80) {
            if ((record->flags & TCN_U_DECIMAL) == 0)
                return false;
            c = '0' + (uint32_t)record->decimal;
        }
        bool is_alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (c == '_') {
            bool before_digit = false;
            if (i < text.len) {
                size_t next = i;
                before_digit = tcn_unicode_is(tcn_utf8_decode(text, &next), TCN_U_ALNUM);
            }
            if (!after_digit || !before_digit)
                return false;
            after_digit = false;
            continue;
        }
        if (len + 1 >= size)
            return false;
        out[len++] = (char)c;
        after_digit = is_alnum;
    }
    out[len] = '\0';
    *ret_len = len;
    return true;
}

static bool is_digit_of(char c, unsigned base)
{
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
                     : (c | 32) >= 'a' && (c | 32) <= 'z'
                         ? (unsigned)((c | 32) - 'a' + 10)
                         : 99;
    return digit < base;
}

/* Takes "0x" and the like off; base 0 becomes what the prefix says. false: wrong for its
 * base. */
static bool skip_prefix(tcn_str *digits, unsigned *base)
{
    char mark =
        digits->len > 1 && digits->ptr[0] == '0' ? (char)(digits->ptr[1] | 32) : '\0';
    unsigned named = mark == 'x' ? 16 : (mark == 'o' ? 8 : (mark == 'b' ? 2 : 0));
    if (named != 0 && (*base == 0 || *base == named)) {
        *digits = tcn_str_of(digits->ptr + 2, digits->len - 2);
        *base = named;
    } else if (*base == 0) {
        bool is_zero = true;
        for (size_t i = 0; i < digits->len; i++)
            is_zero = is_zero && digits->ptr[i] == '0';
        *base = 10;
        return is_zero || digits->ptr[0] != '0';
    }
    return true;
}

/* Without the space around it. The four separators of ASCII are space for str.strip(),
 * but not here, so that what has them outside is no number. */
static tcn_str trimmed(tcn_str text)
{
    tcn_str part = tcn_strip(text, NULL, 3);
    const char *end = part.ptr + part.len;
    for (const char *c = text.ptr; c < text.ptr + text.len; c++) {
        if ((c < part.ptr || c >= end) && *c >= 0x1c && *c <= 0x1f)
            return text;
    }
    return part;
}

/* int(text, base): 1 it is one, 0 not. */
int tcn_text_to_int(tcn_rt *rt, tcn_str text, int64_t base, tcn_value *ret)
{
    char buffer[8192];
    size_t len = 0;
    unsigned use = (unsigned)base;
    text = trimmed(text);
    if (text.len >= sizeof buffer || !plain_digits(text, buffer, sizeof buffer, &len) ||
        len == 0)
        return 0;
    bool is_negative = buffer[0] == '-';
    size_t sign = is_negative || buffer[0] == '+';
    tcn_str digits = tcn_str_of(buffer + sign, len - sign);
    if (digits.len == 0 || !skip_prefix(&digits, &use) || digits.len == 0)
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit_of(digits.ptr[i], use))
            return 0;
    }
    if (digits.len > rt->limits->digits)
        return 0;
    int rc = tcn_big_parse(rt, digits, use, is_negative, ret);
    return rc < 0 ? rc : 1;
}

/* float(text): 1 it is one, 0 not. */
int tcn_text_to_real(tcn_str text, double *ret)
{
    char buffer[8192];
    size_t len = 0;
    text = trimmed(text);
    if (!plain_digits(text, buffer, sizeof buffer, &len) || len == 0)
        return 0;
    size_t sign = buffer[0] == '-' || buffer[0] == '+';
    char *word = buffer + sign;
    for (char *p = word; *p != '\0'; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 32 : *p);
    double f = 0;
    if (strcmp(word, "inf") == 0 || strcmp(word, "infinity") == 0) {
        f = HUGE_VAL;
    } else if (strcmp(word, "nan") == 0) {
        f = (double)NAN;
    } else {
        bool has_digit = false;
        for (const char *p = word; *p != '\0'; p++) {
            has_digit = has_digit || (*p >= '0' && *p <= '9');
            if (strchr("0123456789.e+-", *p) == NULL)
                return 0;
        }
        if (!has_digit || *word == '+' || *word == '-' || *word == 'e' ||
            !tcn_real_parse(tcn_str_c(word), &f))
            return 0;
    }
    *ret = buffer[0] == '-' ? -f : f;
    return 1;
}

/* int(v) of what is no text: 1, 0 (TypeError or ValueError), or failed. */
static int number_to_int(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    if (v.type == TCN_V_FLOAT) {
        if (isnan(v.real))
            return 0;
        if (isinf(v.real))
            return tcn_raise(rt, TCN_EXC_OverflowError,
                             "cannot convert float infinity to integer");
        int rc = tcn_big_from_real(rt, v.real, ret);
        return rc < 0 ? rc : 1;
    }
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    if (v.type == TCN_V_UUID) {
        int rc = tcn_big_from_bytes(rt, v.uuid->bytes, 16, ret);
        return rc < 0 ? rc : 1;
    }
    if (!tcn_is_number(v))
        return 0;
    *ret = v.type == TCN_V_BOOL ? tcn_int(v.integer) : v;
    return 1;
}

/* The text that a number is read from: that of a str, or of bytes that are ASCII. */
static const tcn_text *digits_of(const tcn_value *v)
{
    static const tcn_text none = {.ptr = ""};
    if (v->type != TCN_V_BYTES)
        return tcn_text_of(v);
    for (uint32_t i = 0; i < v->text->len; i++) {
        if ((unsigned char)v->text->ptr[i] >= 0x80)
            return &none;
    }
    return v->text;
}

int tcn_filter_int(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t base = 10;
    double f = 0;
    const tcn_text *text = digits_of(&a[0]);
    tcn_value fallback = tcn_is_missing(a[1]) ? tcn_int(0) : a[1];
    int rc = 0;
    if (text == NULL) {
        rc = number_to_int(rt, a[0], ret);
        if (rc == 0)
            *ret = fallback;
        return rc < 0 ? rc : 0;
    }
    bool has_base = !tcn_is_missing(a[2]) && a[0].type != TCN_V_BYTES;
    bool is_base = !has_base || tcn_index_of(a[2], &base);
    if (is_base && base != 0 && (base < 2 || base > 36))
        is_base = false;
    rc = is_base ? tcn_text_to_int(rt, tcn_text_str(text), base, ret) : 0;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (tcn_text_to_real(tcn_text_str(text), &f) == 1 && isfinite(f))
        return tcn_big_from_real(rt, f, ret);
    *ret = fallback;
    return 0;
}

/* float(v): 1, 0 (TypeError or ValueError), or failed. */
int tcn_to_real(tcn_rt *rt, tcn_value v, double *ret)
{
    const tcn_text *text = digits_of(&v);
    if (text != NULL)
        return tcn_text_to_real(tcn_text_str(text), ret);
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    if (!tcn_is_number(v))
        return 0;
    *ret = v.type == TCN_V_FLOAT ? v.real : tcn_big_real(v);
    if (v.type == TCN_V_BIG && isinf(*ret))
        return tcn_raise(rt, TCN_EXC_OverflowError, "int too large to convert to float");
    return 1;
}

int tcn_filter_float(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    double f = 0;
    int rc = tcn_to_real(rt, a[0], &f);
    if (rc == 1)
        *ret = tcn_real(f);
    else if (rc == 0)
        *ret = tcn_is_missing(a[1]) ? tcn_real(0) : a[1];
    return rc < 0 ? rc : 0;
}

/* round(v, digits) of integers: half to even on powers of ten. */
static int round_int(tcn_rt *rt, tcn_value v, int64_t digits, tcn_value *ret)
{
    tcn_value power, quotient;
    tcn_value rest = tcn_none();
    tcn_value twice = tcn_none();
    if (digits >= 0) {
        *ret = v.type == TCN_V_BOOL ? tcn_int(v.integer) : v;
        return 0;
    }
    if (digits < -(int64_t)rt->limits->digits) {
        *ret = tcn_int(0);
        return 0;
    }
    int rc = tcn_big_pow(rt, tcn_int(10), tcn_int(-digits), &power);
    if (rc >= 0)
        rc = tcn_big_divmod(rt, v, power, &quotient, &rest);
    if (rc >= 0)
        rc = tcn_big_mul(rt, rest, tcn_int(2), &twice);
    if (rc < 0)
        return rc;
    int cmp = tcn_big_cmp(twice, power);
    bool is_odd = quotient.type == TCN_V_BIG ? (quotient.big->limb[0] & 1) != 0
                                             : quotient.integer % 2 != 0;
    if (cmp > 0 || (cmp == 0 && is_odd))
        rc = tcn_big_add(rt, quotient, tcn_int(1), &quotient);
    return rc < 0 ? rc : tcn_big_mul(rt, quotient, power, ret);
}

static int round_common(tcn_rt *rt, tcn_value v, int64_t digits, tcn_value *ret)
{
    if (v.type != TCN_V_FLOAT)
        return round_int(rt, v, digits, ret);
    if (!isfinite(v.real)) {
        *ret = v;
        return 0;
    }
    double f = tcn_real_round(v.real, digits);
    if (isinf(f))
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "rounded value too large to represent");
    *ret = tcn_real(f);
    return 0;
}

/* f(v * 10**p) / 10**p */
static int round_way(tcn_rt *rt, tcn_value v, tcn_value digits, bool is_up,
                     tcn_value *ret)
{
    tcn_value power = tcn_none();
    tcn_value scaled = tcn_none();
    tcn_value whole;
    int rc = tcn_arith(rt, TCN_POW, tcn_int(10), digits, &power);
    if (rc >= 0)
        rc = tcn_arith(rt, TCN_MUL, v, power, &scaled);
    if (rc < 0)
        return rc;
    whole = scaled;
    if (scaled.type == TCN_V_FLOAT) {
        if (!isfinite(scaled.real))
            return tcn_raise(
                rt, isnan(scaled.real) ? TCN_EXC_ValueError : TCN_EXC_OverflowError,
                "cannot convert float %s to integer",
                isnan(scaled.real) ? "NaN" : "infinity");
        rc =
            tcn_big_from_real(rt, is_up ? ceil(scaled.real) : floor(scaled.real), &whole);
    }
    return rc < 0 ? rc : tcn_arith(rt, TCN_DIV, whole, power, ret);
}

int tcn_filter_round(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *method = NULL;
    int64_t digits = 0;
    tcn_str name = TCN_STR("common");
    if (!tcn_is_missing(a[2])) {
        method = tcn_text_of(&a[2]);
        name = method != NULL ? tcn_text_str(method) : (tcn_str){0};
    }
    bool is_common = tcn_str_eq_c(name, "common");
    bool is_up = tcn_str_eq_c(name, "ceil");
    if (!is_common && !is_up && !tcn_str_eq_c(name, "floor"))
        return tcn_raise(rt, TCN_EXC_FilterArgumentError,
                         "method must be common, ceil or floor");
    if (!is_common && a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    if (!tcn_is_number(a[0]) && is_common)
        return tcn_raise(rt, TCN_EXC_TypeError, "type %s doesn't define __round__ method",
                         tcn_type_name(a[0]));
    if (!is_common)
        return round_way(rt, a[0], tcn_is_missing(a[1]) ? tcn_int(0) : a[1], is_up, ret);
    if (a[1].type == TCN_V_NONE) {
        tcn_value rounded;
        int rc = round_common(rt, a[0], 0, &rounded);
        return rc < 0 || rounded.type != TCN_V_FLOAT
                   ? (*ret = rounded, rc)
                   : tcn_big_from_real(rt, rounded.real, ret);
    }
    int rc = tcn_arg_int(rt, a[1], 0, &digits);
    return rc < 0 ? rc : round_common(rt, a[0], digits, ret);
}

int tcn_filter_filesizeformat(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char letters[] = "kMGTPEZY";
    bool is_binary = tcn_arg_bool(a[1], false);
    double base = is_binary ? 1024 : 1000;
    double bytes = 0;
    char text[400];
    int n;
    int rc = tcn_to_real(rt, a[0], &bytes);
    if (rc < 0)
        return rc;
    if (rc == 0 && digits_of(&a[0]) != NULL) {
        char quoted[256];
        return tcn_raise(
            rt, TCN_EXC_ValueError, "could not convert string to float: %s",
            tcn_quote(tcn_text_str(digits_of(&a[0])), quoted, sizeof quoted));
    }
    if (rc == 0)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "float() argument must be a string or a real number, not '%s'",
                         tcn_type_name(a[0]));
    if (bytes == 1)
        return tcn_text_make(rt, "1 Byte", 6, ret);
    if (bytes < base) {
        tcn_value whole;
        if (isinf(bytes))
            return tcn_raise(rt, TCN_EXC_OverflowError,
                             "cannot convert float infinity to integer");
        rc = tcn_big_from_real(rt, bytes, &whole);
        size_t start = tcn_scratch_begin(rt);
        if (rc >= 0)
            rc = tcn_show(rt, whole, &rt->scratch);
        if (rc >= 0)
            rc = tcn_put_c(rt, &rt->scratch, " Bytes");
        return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
    }
    double unit = base;
    size_t i = 0;
    for (; i < 8; i++) {
        unit *= base;
        if (bytes < unit || i == 7)
            break;
    }
    n = snprintf(text, sizeof text, "%.1f %c%sB", base * bytes / unit,
                 is_binary && i == 0 ? 'K' : letters[i], is_binary ? "i" : "");
    return tcn_text_make(rt, text, (size_t)n, ret);
}
