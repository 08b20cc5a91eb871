/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - the forms that templates know by themselves, and that of URLs. */
#include "core/plugin/escape.h"

#include <tocsin/plugin.h>

#include "core/base/err.h"
#include "core/template/escape.h"

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

int tcn_escape_find(uint32_t form, tcn_escape_fn *ret)
{
    switch (form) {
    case TOCSIN_ESC_NONE:
        *ret = NULL;
        return 0;
    case TOCSIN_ESC_JSON:
        *ret = tcn_tpl_escape_of(TCN_TPL_JSON);
        return 0;
    case TOCSIN_ESC_HTML:
        *ret = tcn_tpl_escape_of(TCN_TPL_HTML);
        return 0;
    case TOCSIN_ESC_SLACK:
        *ret = tcn_tpl_escape_of(TCN_TPL_MRKDWN);
        return 0;
    case TOCSIN_ESC_CARD:
        *ret = tcn_tpl_escape_of(TCN_TPL_CARD);
        return 0;
    case TOCSIN_ESC_URL:
        *ret = escape_url;
        return 0;
    case TOCSIN_ESC_LINE:
        *ret = tcn_tpl_escape_of(TCN_TPL_HEADER);
        return 0;
    default:
        return TCN_E_INVALID;
    }
}
