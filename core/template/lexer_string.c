/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_string.c - string literals as Python's "unicode-escape" codec reads them after
 * Jinja has written every non-ASCII character as an escape: a backslash before such a
 * character therefore escapes the backslash of that escape. No escape is shorter than
 * what it stands for. */
#include "core/template/lexer_string.h"

#include <stdio.h>

typedef struct unescaper {
    tcn_str raw;
    size_t pos;
    char *out;
    size_t len;
    const char *wrong;
} unescaper;

static void put(unescaper *u, uint32_t code)
{
    if (code >= 0xD800 && code < 0xE000)
        u->wrong = "a lone surrogate is no character";
    else
        u->len += tcn_utf8_encode(code, u->out + u->len);
}

static int hex_digit(const unescaper *u, size_t pos)
{
    char c = pos < u->raw.len ? u->raw.ptr[pos] : ' ';
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_hex(unescaper *u, size_t digits, const char *wrong)
{
    uint32_t code = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(u, u->pos);
        if (digit < 0) {
            u->wrong = wrong;
            return;
        }
        code = code << 4 | (uint32_t)digit;
        u->pos++;
    }
    if (code > 0x10FFFF)
        u->wrong = "illegal Unicode character";
    else
        put(u, code);
}

static void put_octal(unescaper *u, char first)
{
    uint32_t code = (uint32_t)(first - '0');
    for (int i = 0; i < 2 && u->pos < u->raw.len; i++) {
        char c = u->raw.ptr[u->pos];
        if (c < '0' || c > '7')
            break;
        code = code << 3 | (uint32_t)(c - '0');
        u->pos++;
    }
    put(u, code);
}

static void put_named(unescaper *u)
{
    const char *rest = u->raw.ptr + u->pos;
    size_t len = u->raw.len - u->pos;
    bool is_closed =
        len > 2 && rest[0] == '{' && rest[1] != '}' && memchr(rest, '}', len) != NULL;
    u->wrong =
        is_closed ? "unknown Unicode character name" : "malformed \\N character escape";
}

/* "\é": the backslash escapes that of the "\xe9" which the character has become. */
static void put_wide(unescaper *u)
{
    size_t next = u->pos;
    uint32_t code = tcn_utf8_decode(u->raw, &next);
    char text[16];
    if (code < 0x100)
        (void)snprintf(text, sizeof text, "\\x%02x", code);
    else
        (void)snprintf(text, sizeof text, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
    size_t n = strlen(text);
    memcpy(u->out + u->len, text, n);
    u->len += n;
    u->pos = next;
}

static void put_escape(unescaper *u)
{
    static const char from[] = "\\'\"abfnrtv";
    static const char to[] = "\\'\"\a\b\f\n\r\t\v";
    char c = u->raw.ptr[u->pos];
    if ((unsigned char)c >= 0x80) {
        put_wide(u);
        return;
    }
    u->pos++;
    const char *simple = c != '\0' ? strchr(from, c) : NULL;
    if (simple != NULL)
        u->out[u->len++] = to[simple - from];
    else if (c >= '0' && c <= '7')
        put_octal(u, c);
    else if (c == 'x')
        put_hex(u, 2, "truncated \\xXX escape");
    else if (c == 'u')
        put_hex(u, 4, "truncated \\uXXXX escape");
    else if (c == 'U')
        put_hex(u, 8, "truncated \\UXXXXXXXX escape");
    else if (c == 'N')
        put_named(u);
    else if (c != '\n') {
        u->out[u->len++] = '\\';
        u->out[u->len++] = c;
    }
}

bool tcn_tpl_unescape(tcn_str raw, tcn_arena *arena, tcn_str *ret, const char **ret_wrong)
{
    *ret = raw;
    *ret_wrong = NULL;
    if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL)
        return true;
    /* "\" and a character of two bytes or more becomes up to ten bytes. */
    unescaper u = {.raw = raw, .out = tcn_arena_alloc(arena, raw.len * 4 + 16)};
    if (u.out == NULL)
        return false;
    while (u.pos < raw.len && u.wrong == NULL) {
        char c = raw.ptr[u.pos++];
        if (c == '\\' && u.pos < raw.len)
            put_escape(&u);
        else
            u.out[u.len++] = c;
    }
    *ret = tcn_str_of(u.out, u.len);
    *ret_wrong = u.wrong;
    return u.wrong == NULL;
}
