/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.c - plain scalars. The forms are those of PyYAML's resolver, which is what
 * people who write Prefect's YAML are used to: "yes" is true, "010" is eight, "1:30" is
 * ninety, "1e3" is text. Timestamps stay text. */
#include "core/value/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/compiler.h"

#define NUMBER_MAX 128 /* characters of a number; longer ones are out of range anyway */

static bool is_one_of(tcn_str text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (tcn_str_eq_c(text, *words))
            return true;
    }
    return false;
}

static bool is_null(tcn_str text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};
    return is_one_of(text, words);
}

static bool is_true(tcn_str text)
{
    static const char *const words[] = {"yes",  "Yes", "YES", "true", "True",
                                        "TRUE", "on",  "On",  "ON",   NULL};
    return is_one_of(text, words);
}

static bool is_false(tcn_str text)
{
    static const char *const words[] = {"no",    "No",  "NO",  "false", "False",
                                        "FALSE", "off", "Off", "OFF",   NULL};
    return is_one_of(text, words);
}

/* A number's digits: its sign taken off, its underscores removed. */
typedef struct digits {
    char text[NUMBER_MAX + 1];
    size_t len;
    bool is_negative;
    bool is_cut; /* there were more */
} digits;

static digits digits_of(tcn_str text)
{
    digits d = {.is_negative = text.len != 0 && text.ptr[0] == '-'};
    size_t i = text.len != 0 && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    for (; i < text.len; i++) {
        if (text.ptr[i] == '_')
            continue;
        if (d.len == NUMBER_MAX) {
            d.is_cut = true;
            break;
        }
        d.text[d.len++] = text.ptr[i];
    }
    d.text[d.len] = '\0';
    return d;
}

/* How many characters from i on belong to set. */
static size_t span(tcn_str text, size_t i, const char *set)
{
    size_t start = i;
    while (i < text.len && text.ptr[i] != '\0' && strchr(set, text.ptr[i]) != NULL)
        i++;
    return i - start;
}

#define DECIMAL "0123456789"

static size_t sign_length(tcn_str text)
{
    return text.len != 0 && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
}

/* Length of "(:[0-5]?[0-9])+" from i on, or 0. */
static size_t sixties_length(tcn_str text, size_t i)
{
    size_t start = i;
    while (i < text.len && text.ptr[i] == ':') {
        size_t count = span(text, i + 1, DECIMAL);
        if (count == 0 || count > 2 || (count == 2 && text.ptr[i + 1] > '5'))
            return 0;
        i += 1 + count;
    }
    return i - start;
}

/* The base in which text is an integer: 2, 8, 10, 16, 60, or 0 when it is none. */
static int integer_base(tcn_str text)
{
    size_t i = sign_length(text);
    if (i == text.len)
        return 0;
    tcn_str rest = tcn_str_of(text.ptr + i, text.len - i);
    if (rest.ptr[0] == '0') {
        if (rest.len == 1)
            return 10;
        if (rest.len > 2 && rest.ptr[1] == 'b' && span(rest, 2, "01_") == rest.len - 2)
            return 2;
        if (rest.len > 2 && rest.ptr[1] == 'x' &&
            span(rest, 2, DECIMAL "abcdefABCDEF_") == rest.len - 2)
            return 16;
        return span(rest, 1, "01234567_") == rest.len - 1 ? 8 : 0;
    }
    if (span(rest, 0, DECIMAL) == 0)
        return 0;
    size_t whole = span(rest, 0, DECIMAL "_");
    if (whole == rest.len)
        return 10;
    return whole + sixties_length(rest, whole) == rest.len ? 60 : 0;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) - 'a' + 10;
}

/* The integer's value, counted downwards because that side reaches one further. */
static bool integer_value(tcn_str text, int base, json_int_t *ret)
{
    digits d = digits_of(text);
    if (d.is_cut)
        return false;
    size_t i = base == 2 || base == 16 ? 2 : 0;
    json_int_t value = 0, part = 0;
    for (; i < d.len; i++) {
        bool is_colon = d.text[i] == ':';
        int factor = is_colon ? 60 : base == 60 ? 10 : base;
        json_int_t *into = base == 60 ? &part : &value;
        if (is_colon) {
            if (__builtin_mul_overflow(value, factor, &value) ||
                __builtin_add_overflow(value, part, &value))
                return false;
            part = 0;
        } else if (__builtin_mul_overflow(*into, factor, into) ||
                   __builtin_sub_overflow(*into, digit_value(d.text[i]), into)) {
            return false;
        }
    }
    if (base == 60 && (__builtin_mul_overflow(value, 60, &value) ||
                       __builtin_add_overflow(value, part, &value)))
        return false;
    if (!d.is_negative)
        return !__builtin_sub_overflow(0, value, ret);
    *ret = value;
    return true;
}

static bool is_exponent(tcn_str text, size_t i)
{
    if (i == text.len)
        return true;
    if (text.len - i < 3 || (text.ptr[i] | 0x20) != 'e')
        return false;
    if (text.ptr[i + 1] != '-' && text.ptr[i + 1] != '+')
        return false;
    return span(text, i + 2, DECIMAL) == text.len - i - 2;
}

static bool is_special_real(tcn_str text)
{
    static const char *const words[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                        "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                        ".NaN",  ".NAN",  NULL};
    return is_one_of(text, words);
}

static bool is_real(tcn_str text)
{
    size_t i = sign_length(text);
    if (text.len != 0 && text.ptr[0] == '.')
        return span(text, 1, DECIMAL) != 0 &&
               is_exponent(text, 1 + span(text, 1, DECIMAL "_"));
    if (span(text, i, DECIMAL) == 0)
        return false;
    i += span(text, i, DECIMAL "_");
    size_t sixties = sixties_length(text, i);
    i += sixties;
    if (i == text.len || text.ptr[i] != '.')
        return false;
    i++;
    i += span(text, i, DECIMAL "_");
    return sixties != 0 ? i == text.len : is_exponent(text, i);
}

static double real_value(tcn_str text)
{
    digits d = digits_of(text);
    if (d.is_cut)
        return (double)INFINITY;
    double value = 0;
    const char *p = d.text;
    for (const char *colon = strchr(p, ':'); colon != NULL; colon = strchr(p, ':')) {
        value = (value + (double)strtol(p, NULL, 10)) * 60;
        p = colon + 1;
    }
    /* The process never sets a locale, so that the point is a point. */
    value += strtod(p, NULL);
    return d.is_negative ? -value : value;
}

json_t *tcn_yaml_scalar(tcn_str text, tcn_err *reterr)
{
    json_t *json = NULL;
    int base = integer_base(text);
    json_int_t integer = 0;
    if (is_null(text))
        json = json_null();
    else if (is_true(text))
        json = json_true();
    else if (is_false(text))
        json = json_false();
    else if (base != 0 && !integer_value(text, base, &integer))
        (void)tcn_err_set(reterr, TCN_E_LIMIT, "integer is out of range");
    else if (base != 0)
        json = json_integer(integer);
    else if (is_special_real(text) || (is_real(text) && isinf(real_value(text))))
        (void)tcn_err_set(reterr, TCN_E_LIMIT, "number is not finite");
    else if (is_real(text))
        json = json_real(real_value(text));
    else
        json = json_stringn(text.ptr, text.len);
    if (json == NULL)
        (void)tcn_err_no_memory(reterr);
    return json;
}
