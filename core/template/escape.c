/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - one writer for each type of output. */
#include "core/template/escape.h"

#include <string.h>

#include "core/base/compiler.h"
#include "core/base/err.h"
#include "core/template/html.h"

static int escape_html(tcn_str text, tcn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *form = tcn_html_entity(text.ptr[i]);
        (void)(form != NULL ? tcn_buf_add_c(out, form)
                            : tcn_buf_add_char(out, text.ptr[i]));
    }
    return tcn_buf_status(out);
}

static int escape_mrkdwn(tcn_str text, tcn_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_live = c == '&' || c == '<' || c == '>';
        (void)(is_live ? tcn_buf_add_c(out, tcn_html_entity(c))
                       : tcn_buf_add_char(out, c));
    }
    return tcn_buf_status(out);
}

static int escape_card(tcn_str text, tcn_buf *out)
{
    static const char live[] = "*_[]()#->`~|\\";
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(live, text.ptr[i], sizeof live - 1) != NULL)
            (void)tcn_buf_add_char(out, '\\');
        (void)tcn_buf_add_char(out, text.ptr[i]);
    }
    return tcn_buf_status(out);
}

/* Bytes that are no UTF-8, such as lone surrogates, as U+FFFD: JSON has none of them. */
static int add_clean(tcn_str text, tcn_buf *out)
{
    size_t bad;
    while (!tcn_utf8_valid(text, &bad)) {
        (void)tcn_buf_add(out, text.ptr, bad);
        (void)tcn_buf_add_c(out, "\xef\xbf\xbd");
        text = (tcn_str){text.ptr + bad + 1, text.len - bad - 1};
    }
    return tcn_buf_add_str(out, text);
}

static int add_json(tcn_str text, tcn_buf *out)
{
    size_t bad;
    if (tcn_utf8_valid(text, &bad))
        return tcn_buf_add_json(out, text);
    tcn_buf clean;
    tcn_buf_init(&clean, out->limit);
    int rc = add_clean(text, &clean);
    if (rc == 0)
        rc = tcn_buf_add_json(out, tcn_buf_str(&clean));
    tcn_buf_deinit(&clean);
    return rc;
}

static int escape_json(tcn_str text, tcn_buf *out)
{
    size_t start = out->len;
    int rc = add_json(text, out);
    if (rc < 0)
        return rc;
    /* Without the quotes, which are the template's. */
    out->len -= 2;
    memmove(out->ptr + start, out->ptr + start + 1, out->len - start);
    out->ptr[out->len] = '\0';
    return 0;
}

void tcn_tpl_one_line(tcn_buf *out, size_t start)
{
    for (size_t i = start; i < out->len; i++) {
        unsigned char c = (unsigned char)out->ptr[i];
        if (c < 0x20 || c == 0x7f)
            out->ptr[i] = ' ';
    }
}

static int escape_header(tcn_str text, tcn_buf *out)
{
    size_t start = out->len;
    int rc = tcn_buf_add_str(out, text);
    if (rc >= 0)
        tcn_tpl_one_line(out, start);
    return rc;
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
        (void)(is_unreserved(text.ptr[i]) ? tcn_buf_add_char(out, text.ptr[i])
                                          : tcn_buf_add(out, coded, sizeof coded));
    }
    return tcn_buf_status(out);
}

/* clang-format off */
static const tcn_tpl_form types[] = {
    [TCN_TPL_TEXT]   = {.name = "text", .care = TCN_TPL_CARE_NONE},
    [TCN_TPL_HTML]   = {.name = "html", .escape = escape_html, .care = TCN_TPL_CARE_MARKUP},
    [TCN_TPL_JSON]   = {.name = "json", .escape = escape_json, .care = TCN_TPL_CARE_PLACE},
    [TCN_TPL_MRKDWN] = {.name = "mrkdwn", .escape = escape_mrkdwn, .care = TCN_TPL_CARE_SAFE},
    [TCN_TPL_CARD]   = {.name = "card", .escape = escape_card, .care = TCN_TPL_CARE_SAFE},
    [TCN_TPL_HEADER] = {.name = "header", .escape = escape_header, .care = TCN_TPL_CARE_NONE,
                        .is_one_line = true},
    [TCN_TPL_URL]    = {.name = "url", .escape = escape_url, .care = TCN_TPL_CARE_SAFE},
};
/* clang-format on */

const tcn_tpl_form *tcn_tpl_form_of(enum tcn_tpl_type type)
{
    return &types[type];
}

tcn_tpl_escape_fn tcn_tpl_escape_of(enum tcn_tpl_type type)
{
    return types[type].escape;
}

bool tcn_tpl_type_of(tcn_str name, enum tcn_tpl_type *ret)
{
    for (size_t i = 0; i < TCN_COUNT(types); i++) {
        if (!tcn_str_eq_c(name, types[i].name))
            continue;
        *ret = (enum tcn_tpl_type)i;
        return true;
    }
    return false;
}
