/* SPDX-License-Identifier: Apache-2.0 */
/* secret_mask.c - one form after the other. A plugin cuts what a peer said before the
 * host sees it, so a cut may go through the middle of a value. */
#include "core/option/secret_mask.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"
#include "core/option/secret.h"
#include "core/template/escape.h"

#define MASK "********"

/* ---- forms ---- */

static int add_plain(tcn_str value, tcn_buf *out)
{
    return tcn_buf_add_str(out, value);
}

static int add_json(tcn_str value, tcn_buf *out)
{
    return tcn_tpl_escape_of(TCN_TPL_JSON)(value, out);
}

static int add_url(tcn_str value, tcn_buf *out)
{
    return tcn_tpl_escape_of(TCN_TPL_URL)(value, out);
}

static unsigned byte_at(tcn_str value, size_t before, size_t i)
{
    return i < before || i - before >= value.len ? 0
                                                 : (unsigned char)value.ptr[i - before];
}

/* The characters that the value alone decides when so many bytes stand before it. */
static int add_base64(tcn_str value, size_t before, tcn_buf *out)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t first = (8 * before + 5) / 6, end = 8 * (before + value.len) / 6;
    for (size_t i = first; i < end; i++) {
        size_t bit = 6 * i, byte = bit / 8;
        unsigned pair =
            byte_at(value, before, byte) << 8 | byte_at(value, before, byte + 1);
        (void)tcn_buf_add(out, &digits[pair >> (10 - bit % 8) & 63], 1);
    }
    return tcn_buf_status(out);
}

static int add_base64_first(tcn_str value, tcn_buf *out)
{
    return add_base64(value, 0, out);
}

static int add_base64_second(tcn_str value, tcn_buf *out)
{
    return add_base64(value, 1, out);
}

static int add_base64_third(tcn_str value, tcn_buf *out)
{
    return add_base64(value, 2, out);
}

/* ---- cuts ---- */

typedef struct cut {
    size_t at, end; /* the mark, with a space on each side of it */
} cut;

static cut next_cut(tcn_str text, size_t from)
{
    static const char *const marks[] = {"...", "\xe2\x80\xa6"}; /* of 3 bytes */
    tcn_str rest = tcn_str_of(text.ptr + from, text.len - from);
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < TCN_COUNT(marks); i++) {
        size_t found = tcn_str_find(rest, tcn_str_c(marks[i]));
        at = found < at ? found : at;
    }
    if (at == SIZE_MAX)
        return (cut){text.len, text.len};
    cut c = {from + at, from + at + 3};
    if (c.at > from && text.ptr[c.at - 1] == ' ')
        c.at--;
    if (c.end < text.len && text.ptr[c.end] == ' ')
        c.end++;
    return c;
}

/* How many bytes before the end of text are the value's beginning. */
static size_t beginning_before(tcn_str value, tcn_str text)
{
    size_t len = value.len - 1 < text.len ? value.len - 1 : text.len;
    while (len >= TCN_SECRET_MASK_MIN &&
           memcmp(text.ptr + text.len - len, value.ptr, len) != 0)
        len--;
    return len >= TCN_SECRET_MASK_MIN ? len : 0;
}

/* How many bytes at the beginning of text are the value's end. */
static size_t end_behind(tcn_str value, tcn_str text)
{
    size_t len = value.len - 1 < text.len ? value.len - 1 : text.len;
    while (len >= TCN_SECRET_MASK_MIN &&
           memcmp(text.ptr, value.ptr + value.len - len, len) != 0)
        len--;
    return len >= TCN_SECRET_MASK_MIN ? len : 0;
}

static void mask_halves(tcn_str value, tcn_str text, tcn_buf *out)
{
    size_t from = 0;
    while (from < text.len) {
        cut c = next_cut(text, from);
        tcn_str before = tcn_str_of(text.ptr + from, c.at - from);
        tcn_str behind = tcn_str_of(text.ptr + c.end, text.len - c.end);
        size_t beginning = beginning_before(value, before),
               end = end_behind(value, behind);
        (void)tcn_buf_add(out, before.ptr, before.len - beginning);
        (void)tcn_buf_add_c(out, beginning > 0 ? MASK : "");
        (void)tcn_buf_add(out, text.ptr + c.at, c.end - c.at);
        (void)tcn_buf_add_c(out, end > 0 ? MASK : "");
        from = c.end + end;
    }
}

/* ---- the whole ---- */

static int mask_form(tcn_str form, tcn_str text, tcn_buf *out)
{
    size_t at = 0;
    while ((at = tcn_str_find(text, form)) != SIZE_MAX) {
        mask_halves(form, tcn_str_of(text.ptr, at), out);
        (void)tcn_buf_add_c(out, MASK);
        text = tcn_str_of(text.ptr + at + form.len, text.len - at - form.len);
    }
    mask_halves(form, text, out);
    return tcn_buf_status(out);
}

static int mask_as(int (*add_form)(tcn_str value, tcn_buf *out), tcn_str value,
                   tcn_str text, tcn_buf *out)
{
    tcn_buf form;
    tcn_buf_init(&form, 6 * TCN_SECRET_MAX);
    int rc = add_form(value, &form);
    if (rc == 0)
        rc = form.len < TCN_SECRET_MASK_MIN ? tcn_buf_add_str(out, text)
                                            : mask_form(tcn_buf_str(&form), text, out);
    if (form.ptr != NULL)
        tcn_secret_wipe(form.ptr, form.capacity);
    tcn_buf_deinit(&form);
    return rc;
}

int tcn_secret_mask_value(tcn_str value, tcn_str text, tcn_buf *out)
{
    static int (*const forms[])(tcn_str value, tcn_buf * out) = {
        add_plain,        add_json,          add_url,
        add_base64_first, add_base64_second, add_base64_third,
    };
    tcn_buf now, next;
    tcn_buf_init(&now, out->limit);
    tcn_buf_init(&next, out->limit);
    int rc = tcn_buf_add_str(&now, text);
    for (size_t i = 0; rc == 0 && i < TCN_COUNT(forms); i++) {
        rc = mask_as(forms[i], value, tcn_buf_str(&now), &next);
        tcn_buf_turn(&now, &next);
    }
    if (rc == 0)
        rc = tcn_buf_add_str(out, tcn_buf_str(&now));
    tcn_buf_deinit(&now);
    tcn_buf_deinit(&next);
    return rc;
}
