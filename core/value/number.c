/* SPDX-License-Identifier: Apache-2.0 */
/* number.c - decimal text of numbers. Exactness comes from two facts: a decimal of at
 * most 15 digits names one double, and dividing integers below 2^53 by powers of ten up
 * to 10^22 rounds correctly. What these do not cover goes through 17 digits and strtod.
 */
#include "core/value/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

size_t tcn_int_format(int64_t i, char out[TCN_INT_TEXT])
{
    char digits[TCN_INT_TEXT];
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    size_t len = 0;
    if (i < 0)
        out[len++] = '-';
    while (n > 0)
        out[len++] = digits[--n];
    return len;
}

/* Few digits after the point and a moderate size: by multiplying and checking. */
static size_t short_repr(double f, char *out)
{
    double size = fabs(f);
    if (!(size >= 1e-4 && size < 1e9))
        return 0;
    for (int digits = 1; digits <= 6; digits++) {
        double scaled = rint(size * powers[digits]);
        if (scaled / powers[digits] != size)
            continue;
        uint64_t whole = (uint64_t)scaled;
        uint64_t base = (uint64_t)powers[digits];
        size_t len = 0;
        if (f < 0)
            out[len++] = '-';
        len += tcn_int_format((int64_t)(whole / base), out + len);
        out[len++] = '.';
        uint64_t fraction = whole % base;
        for (int i = digits; i > 0; i--) {
            out[len + (size_t)i - 1] = (char)('0' + fraction % 10);
            fraction /= 10;
        }
        return len + (size_t)digits;
    }
    return 0;
}

/* Digits without a point, and the decimal exponent of the first one. */
static int shortest_digits(double size, char digits[20], int *ret_exponent)
{
    char text[40];
    /* Subnormal numbers have so few bits that fewer digits may do. */
    int first = size < 2.3e-308 ? 1 : 15;
    for (int precision = first; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision - 1, size);
        if (precision == 17 || strtod(text, NULL) == size)
            break;
    }
    int n = 0;
    const char *p = text;
    for (; *p != 'e' && *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            digits[n++] = *p;
    }
    *ret_exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) : 0;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

size_t tcn_real_repr(double f, char out[TCN_REAL_TEXT])
{
    if (isnan(f))
        return (size_t)snprintf(out, TCN_REAL_TEXT, "nan");
    if (isinf(f))
        return (size_t)snprintf(out, TCN_REAL_TEXT, f < 0 ? "-inf" : "inf");
    size_t len = short_repr(f, out);
    if (len > 0) {
        out[len] = '\0';
        return len;
    }
    if (f == 0)
        return (size_t)snprintf(out, TCN_REAL_TEXT, signbit(f) ? "-0.0" : "0.0");
    char digits[20];
    int exponent = 0;
    int n = shortest_digits(fabs(f), digits, &exponent);
    if (f < 0)
        out[len++] = '-';
    if (exponent < -4 || exponent >= 16) {
        out[len++] = digits[0];
        if (n > 1)
            out[len++] = '.';
        for (int i = 1; i < n; i++)
            out[len++] = digits[i];
        return len + (size_t)snprintf(out + len, TCN_REAL_TEXT - len, "e%c%02d",
                                      exponent < 0 ? '-' : '+', abs(exponent));
    }
    if (exponent < 0) {
        out[len++] = '0';
        out[len++] = '.';
        for (int i = -1; i > exponent; i--)
            out[len++] = '0';
        for (int i = 0; i < n; i++)
            out[len++] = digits[i];
    } else {
        for (int i = 0; i <= exponent; i++)
            out[len++] = i < n ? digits[i] : '0';
        out[len++] = '.';
        if (n <= exponent + 1)
            out[len++] = '0';
        for (int i = exponent + 1; i < n; i++)
            out[len++] = digits[i];
    }
    out[len] = '\0';
    return len;
}

/* 15 digits and a small exponent: exact without strtod. */
static bool parse_short(tcn_str s, double *ret)
{
    uint64_t digits = 0;
    int count = 0;
    int scale = 0;
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    bool has_point = false;
    for (size_t i = is_negative; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++count > 15)
            return false;
        digits = digits * 10 + (uint64_t)(c - '0');
        scale += has_point;
    }
    if (count == 0)
        return false;
    double f = (double)digits / powers[scale];
    *ret = is_negative ? -f : f;
    return true;
}

bool tcn_real_parse(tcn_str s, double *ret)
{
    if (parse_short(s, ret))
        return true;
    char text[512];
    if (s.len == 0)
        return false;
    if (s.len < sizeof text) {
        memcpy(text, s.ptr, s.len);
        text[s.len] = '\0';
        char *end = NULL;
        *ret = strtod(text, &end);
        return end == text + s.len;
    }
    /* Digits beyond the first 400 cannot change a double except by their number. */
    size_t keep = 400;
    long long dropped = 0;
    bool has_point = memchr(s.ptr, '.', keep) != NULL;
    size_t i = keep;
    for (; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++) {
        if (s.ptr[i] == '.')
            has_point = true;
        else if (!has_point)
            dropped++;
    }
    long long exponent = dropped;
    if (i < s.len) {
        char digits[24];
        size_t n = s.len - i - 1 < sizeof digits - 1 ? s.len - i - 1 : sizeof digits - 1;
        memcpy(digits, s.ptr + i + 1, n);
        digits[n] = '\0';
        exponent +=
            strtoll(digits, NULL, 10) / 2 > 100000 ? 100000 : strtoll(digits, NULL, 10);
    }
    memcpy(text, s.ptr, keep);
    (void)snprintf(text + keep, sizeof text - keep, "e%lld", exponent);
    *ret = strtod(text, NULL);
    return true;
}

/* |f| * 10^digits split exactly into its double and the error of it. */
static bool round_fast(double f, int digits, double *ret)
{
    double power = powers[digits];
    double size = fabs(f);
    double product = size * power;
    if (!(product < 4503599627370496.0))
        return false;
    double error = fma(size, power, -product);
    double whole = floor(product);
    if (whole == product && error < 0)
        whole -= 1;
    double above_half = (product - whole - 0.5) + error;
    if (above_half > 0 || (above_half == 0 && fmod(whole, 2) != 0))
        whole += 1;
    *ret = copysign(whole / power, f);
    return true;
}

double tcn_real_round(double f, int64_t digits)
{
    double result;
    if (digits > 400)
        return f;
    if (digits < -400)
        return copysign(0.0, f);
    if (digits >= 0 && digits <= 22 && round_fast(f, (int)digits, &result))
        return result;
    if (digits >= 0) {
        char text[800];
        (void)snprintf(text, sizeof text, "%.*f", (int)digits, f);
        return strtod(text, NULL);
    }
    /* Negative precision: round the digits before the point, all of which are exact. */
    char text[400];
    int len = snprintf(text, sizeof text, "%.60f", fabs(f));
    char *point = memchr(text, '.', (size_t)len);
    if (point == NULL)
        return f;
    long keep = (long)(point - text) + (long)digits;
    if (keep < 0)
        return copysign(0.0, f);
    char first = text[keep];
    bool is_more = false;
    for (char *p = text + keep + 1; *p != '\0'; p++)
        is_more = is_more || (*p != '0' && *p != '.');
    bool is_odd = keep > 0 && (text[keep - 1] - '0') % 2 != 0;
    bool is_up = first > '5' || (first == '5' && (is_more || is_odd));
    char shown[420];
    if (keep == 0)
        (void)snprintf(shown, sizeof shown, "%de%ld", is_up, (long)-digits);
    else
        (void)snprintf(shown, sizeof shown, "%.*se%ld", (int)keep, text, (long)-digits);
    result = strtod(shown, NULL);
    if (is_up && keep > 0) {
        /* Adding one to the kept digits, as text, keeps it exact. */
        long i = keep - 1;
        while (i >= 0 && text[i] == '9')
            text[i--] = '0';
        if (i >= 0)
            text[i]++;
        (void)snprintf(shown, sizeof shown, "%s%.*se%ld", i < 0 ? "1" : "", (int)keep,
                       text, (long)-digits);
        result = strtod(shown, NULL);
    }
    return copysign(result, f);
}
