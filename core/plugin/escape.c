/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - one writer for each form. */
#include "core/plugin/escape.h"

#include <tocsin/plugin.h>

#include "core/base/err.h"

/* As a JSON string without its quotes. */
static int escape_json(tcn_str text, tcn_buf *out)
{
    size_t start = out->len;
    int rc = tcn_buf_add_json(out, text);
    if (rc < 0)
        return rc;
    out->len -= 2;
    memmove(out->ptr + start, out->ptr + start + 1, out->len - start);
    out->ptr[out->len] = '\0';
    return 0;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static int escape_url(tcn_str text, tcn_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
        bool is_plain = is_unreserved(text.ptr[i]);
        int rc =
            is_plain ? tcn_buf_add_char(out, text.ptr[i]) : tcn_buf_add(out, coded, 3);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int escape_line(tcn_str text, tcn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        int rc = tcn_buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int tcn_escape_find(uint32_t form, tcn_escape_fn *ret)
{
    switch (form) {
    case TOCSIN_ESC_NONE:
        *ret = NULL;
        return 0;
    case TOCSIN_ESC_JSON:
        *ret = escape_json;
        return 0;
    case TOCSIN_ESC_URL:
        *ret = escape_url;
        return 0;
    case TOCSIN_ESC_LINE:
        *ret = escape_line;
        return 0;
    default:
        return TCN_E_INVALID;
    }
}
