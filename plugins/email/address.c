/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - takes a mailbox apart. What is refused here never reaches a header or a
 * command. */
#include "address.h"

#define LOCAL_MAX 64

static bool is_atext(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static const char *check_bytes(tocsin_str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = tocsin_utf8_length(text.ptr + i, text.len - i);
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return "holds a line break";
        if (c < 0x20 || c == 0x7f)
            return "holds a control character";
        if (len == 0)
            return "is not UTF-8";
        uint32_t point = tocsin_utf8_point(text.ptr + i, len);
        if ((point >= 0x80 && point < 0xa0) || point == 0x2028 || point == 0x2029)
            return "holds a line break or control character";
        i += len;
    }
    return NULL;
}

/* ---- the address ---- */

static bool is_dot_atom(tocsin_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_dot = text.ptr[i] == '.';
        bool is_lonely = i == 0 || i + 1 == text.len || text.ptr[i - 1] == '.';
        if (is_dot ? is_lonely : !is_atext((unsigned char)text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

/* "..." without spaces and angle brackets, which are no use to anyone in a command. */
static bool is_quoted_local(tocsin_str text)
{
    if (text.len < 3 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"')
            return false;
        if (c != '\\')
            continue;
        if (++i + 1 >= text.len || text.ptr[i] <= ' ' || text.ptr[i] == '<' ||
            text.ptr[i] == '>')
            return false;
    }
    return true;
}

/* [192.0.2.1], [IPv6:2001:db8::1] */
static bool is_literal(tocsin_str text)
{
    if (text.len < 3 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < text.len; i++) {
        char c = text.ptr[i];
        bool is_hex =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!is_hex && c != '.' && c != ':' && strchr("IPv", c) == NULL)
            return false;
    }
    return true;
}

static const char *domain_read(tocsin_str domain, address *ret)
{
    char *out = ret->spec + ret->domain;
    size_t room = sizeof ret->spec - ret->domain;
    if (!is_literal(domain))
        return domain_to_ascii(domain, out, room);
    if (domain.len >= room)
        return "is longer than 254 bytes";
    memcpy(out, domain.ptr, domain.len);
    out[domain.len] = '\0';
    return NULL;
}

static const char *spec_parse(tocsin_str text, address *ret)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '@')
        at--;
    if (at == 0)
        return "is no address: it has no @";
    tocsin_str local = tocsin_str_part(text.ptr, at - 1);
    if (local.len > LOCAL_MAX)
        return "has more than 64 bytes before the @";
    if (!is_dot_atom(local) && !is_quoted_local(local))
        return "is no address: what stands before the @ is not allowed there";
    memcpy(ret->spec, text.ptr, at);
    ret->domain = at;
    ret->is_ascii = true;
    for (size_t i = 0; i < local.len; i++)
        ret->is_ascii = ret->is_ascii && (unsigned char)local.ptr[i] < 0x80;
    return domain_read(tocsin_str_part(text.ptr + at, text.len - at), ret);
}

/* ---- the display name ---- */

static const char *name_add(address *ret, size_t *len, char c)
{
    if (*len == DISPLAY_MAX)
        return "has a name of more than 256 bytes";
    ret->name[(*len)++] = c;
    ret->name[*len] = '\0';
    return NULL;
}

static const char *quoted_name(tocsin_str text, address *ret)
{
    size_t len = 0;
    for (size_t i = 1; i + 1 < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 2 < text.len)
            i++;
        else if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            return "has a name whose quotes do not match";
        const char *wrong = name_add(ret, &len, text.ptr[i]);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static const char *plain_name(tocsin_str text, address *ret)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("()<>[]:;@\\,\"", text.ptr[i]) != NULL)
            return "has a name that must stand in double quotes";
        const char *wrong = name_add(ret, &len, text.ptr[i]);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static const char *name_parse(tocsin_str text, address *ret)
{
    text = tocsin_str_trim(text);
    bool is_quoted = text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';
    return is_quoted ? quoted_name(text, ret) : plain_name(text, ret);
}

const char *address_parse(tocsin_str text, address *ret)
{
    memset(ret, 0, sizeof *ret);
    const char *wrong = check_bytes(text);
    if (wrong != NULL)
        return wrong;
    text = tocsin_str_trim(text);
    if (text.len == 0)
        return "is empty";
    if (text.ptr[text.len - 1] != '>')
        return spec_parse(text, ret);
    size_t open = text.len;
    while (open > 0 && text.ptr[open - 1] != '<')
        open--;
    if (open == 0)
        return "has a > without a <";
    wrong = name_parse(tocsin_str_part(text.ptr, open - 1), ret);
    if (wrong != NULL)
        return wrong;
    return spec_parse(tocsin_str_part(text.ptr + open, text.len - open - 1), ret);
}
