/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_number.c - how far a number reaches, as Jinja's regular expressions say. */
#include "core/template/lexer_number.h"

static bool is_digit(tcn_str s, size_t pos)
{
    return pos < s.len && s.ptr[pos] >= '0' && s.ptr[pos] <= '9';
}

/* Digits with single underlines between them. */
static size_t skip_digits(tcn_str s, size_t pos)
{
    while (is_digit(s, pos))
        pos += s.ptr[pos + (pos + 1 < s.len)] == '_' && is_digit(s, pos + 2) ? 2 : 1;
    return pos;
}

size_t tcn_match_float(tcn_str s, size_t pos)
{
    if (!is_digit(s, pos) || (pos > 0 && s.ptr[pos - 1] == '.'))
        return 0;
    size_t whole = skip_digits(s, pos);
    size_t end = whole;
    if (end < s.len && s.ptr[end] == '.' && is_digit(s, end + 1))
        end = skip_digits(s, end + 1);
    if (end < s.len && (s.ptr[end] | 32) == 'e') {
        size_t exponent = end + 1;
        if ((exponent < s.len && (s.ptr[exponent] == '-' || s.ptr[exponent] == '+')))
            exponent++;
        if (is_digit(s, exponent))
            return skip_digits(s, exponent);
    }
    return end == whole ? 0 : end;
}

static bool is_base_digit(char c, unsigned base)
{
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
                     : (c | 32) >= 'a' && (c | 32) <= 'f'
                         ? (unsigned)((c | 32) - 'a' + 10)
                         : 99;
    return digit < base;
}

static size_t match_prefixed(tcn_str s, size_t pos)
{
    char mark = pos + 1 < s.len ? (char)(s.ptr[pos + 1] | 32) : '\0';
    unsigned base = mark == 'b' ? 2 : (mark == 'o' ? 8 : (mark == 'x' ? 16 : 0));
    if (base == 0)
        return 0;
    size_t start = pos + 2;
    size_t end = start;
    for (;;) {
        size_t digit = end + (end < s.len && s.ptr[end] == '_');
        if (digit >= s.len || !is_base_digit(s.ptr[digit], base))
            break;
        end = digit + 1;
    }
    return end == start ? 0 : end;
}

size_t tcn_match_integer(tcn_str s, size_t pos)
{
    if (!is_digit(s, pos))
        return 0;
    if (s.ptr[pos] != '0')
        return skip_digits(s, pos);
    size_t end = match_prefixed(s, pos);
    if (end > 0)
        return end;
    end = pos + 1;
    for (;;) {
        size_t digit = end + (end < s.len && s.ptr[end] == '_');
        if (digit >= s.len || s.ptr[digit] != '0')
            return end;
        end = digit + 1;
    }
}
