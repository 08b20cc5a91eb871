/* SPDX-License-Identifier: Apache-2.0 */
/* strings.c - case, stripping, splitting and padding of text as Python's str does them.
 */
#include "core/template/strings.h"

#include "core/base/err.h"

/* A sigma becomes a final one when a cased letter comes before it and none after it, both
 * looking past what may be ignored. */
static bool is_final_sigma(tcn_str text, size_t at)
{
    bool has_before = false;
    for (size_t i = 0; i < at;) {
        uint32_t c = tcn_utf8_decode(text, &i);
        unsigned flags = tcn_unicode_of(c)->flags;
        if ((flags & TCN_U_IGNORABLE) == 0)
            has_before = (flags & TCN_U_CASED) != 0;
    }
    if (!has_before)
        return false;
    size_t i = at;
    (void)tcn_utf8_decode(text, &i);
    while (i < text.len) {
        unsigned flags = tcn_unicode_of(tcn_utf8_decode(text, &i))->flags;
        if ((flags & TCN_U_IGNORABLE) == 0)
            return (flags & TCN_U_CASED) == 0;
    }
    return true;
}

static int put_code_case(tcn_rt *rt, tcn_str text, size_t at, uint32_t c,
                         enum tcn_case to, tcn_buf *out)
{
    uint32_t cased[3];
    if (to == TCN_CASE_LOWER && c == 0x3A3)
        return tcn_put_code(rt, out, is_final_sigma(text, at) ? 0x3C2 : 0x3C3);
    size_t n = tcn_unicode_case(c, to, cased);
    int rc = 0;
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = tcn_put_code(rt, out, cased[i]);
    return rc;
}

/* The ASCII bytes from at on, in blocks. */
static int put_ascii_case(tcn_rt *rt, tcn_str text, size_t *at, bool is_upper,
                          tcn_buf *out)
{
    char block[128];
    char first = is_upper ? 'a' : 'A';
    size_t n = 0;
    size_t i = *at;
    while (i < text.len && n < sizeof block && (unsigned char)text.ptr[i] < 0x80) {
        char c = text.ptr[i++];
        block[n++] = (unsigned char)(c - first) < 26 ? (char)(c ^ 32) : c;
    }
    *at = i;
    return tcn_put(rt, out, block, n);
}

int tcn_case_put(tcn_rt *rt, tcn_str text, enum tcn_case to, tcn_buf *out)
{
    int rc = tcn_charge(rt, text.len / 16);
    bool is_simple = to != TCN_CASE_TITLE;
    for (size_t i = 0; i < text.len && rc >= 0;) {
        if (is_simple && (unsigned char)text.ptr[i] < 0x80) {
            rc = put_ascii_case(rt, text, &i, to == TCN_CASE_UPPER, out);
            continue;
        }
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        rc = put_code_case(rt, text, at, c, to, out);
    }
    return rc;
}

int tcn_case_text(tcn_rt *rt, tcn_str text, enum tcn_case to, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_case_put(rt, text, to, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_capitalize(tcn_rt *rt, tcn_str text, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    size_t i = 0;
    int rc = tcn_charge(rt, text.len / 16);
    for (bool is_first = true; i < text.len && rc >= 0; is_first = false) {
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        rc = put_code_case(rt, text, at, c, is_first ? TCN_CASE_TITLE : TCN_CASE_LOWER,
                           &rt->scratch);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static bool is_in_set(uint32_t c, const tcn_text *chars)
{
    if (chars == NULL)
        return tcn_unicode_is(c, TCN_U_SPACE);
    tcn_str set = tcn_text_str(chars);
    for (size_t i = 0; i < set.len;) {
        if (tcn_utf8_decode(set, &i) == c)
            return true;
    }
    return false;
}

tcn_str tcn_strip(tcn_str text, const tcn_text *chars, unsigned sides)
{
    size_t from = 0;
    size_t to = text.len;
    while ((sides & 1) != 0 && from < to) {
        size_t next = from;
        if (!is_in_set(tcn_utf8_decode(text, &next), chars))
            break;
        from = next;
    }
    while ((sides & 2) != 0 && to > from) {
        size_t last = to - 1;
        while (last > from && ((unsigned char)text.ptr[last] & 0xC0) == 0x80)
            last--;
        size_t next = last;
        if (!is_in_set(tcn_utf8_decode(text, &next), chars))
            break;
        to = last;
    }
    return tcn_str_of(text.ptr + from, to - from);
}

/* replace('', x): x before every character and at the end. */
static int replace_gaps(tcn_rt *rt, tcn_str text, tcn_str to, int64_t count, tcn_buf *out)
{
    int rc = 0;
    size_t i = 0;
    for (; rc >= 0 && count != 0; count--) {
        rc = tcn_put(rt, out, to.ptr, to.len);
        if (i == text.len || rc < 0)
            break;
        size_t at = i;
        (void)tcn_utf8_decode(text, &i);
        rc = tcn_put(rt, out, text.ptr + at, i - at);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
    }
    return rc < 0 || i == text.len ? rc : tcn_put(rt, out, text.ptr + i, text.len - i);
}

int tcn_replace(tcn_rt *rt, tcn_str text, tcn_str from, tcn_str to, int64_t count,
                tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    tcn_buf *out = &rt->scratch;
    int rc = tcn_charge(rt, text.len / 16);
    if (rc >= 0 && from.len == 0) {
        rc = replace_gaps(rt, text, to, count, out);
        text.len = 0;
    }
    while (rc >= 0 && count != 0 && text.len > 0 && from.len > 0) {
        size_t at = tcn_str_find(text, from);
        if (at == SIZE_MAX)
            break;
        rc = tcn_put(rt, out, text.ptr, at);
        if (rc >= 0)
            rc = tcn_put(rt, out, to.ptr, to.len);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
        text = tcn_str_of(text.ptr + at + from.len, text.len - at - from.len);
        count--;
    }
    if (rc >= 0 && text.len > 0)
        rc = tcn_put(rt, out, text.ptr, text.len);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

size_t tcn_rfind(tcn_str text, tcn_str needle)
{
    if (needle.len > text.len)
        return SIZE_MAX;
    for (size_t i = text.len - needle.len + 1; i > 0; i--) {
        if (needle.len == 0 || memcmp(text.ptr + i - 1, needle.ptr, needle.len) == 0)
            return i - 1;
    }
    return SIZE_MAX;
}

static int push_text(tcn_rt *rt, tcn_value list, tcn_str part)
{
    tcn_value v;
    int rc = tcn_text_make(rt, part.len > 0 ? part.ptr : "", part.len, &v);
    return rc < 0 ? rc : tcn_list_push(rt, list, v);
}

static int split_spaces(tcn_rt *rt, tcn_str text, int64_t max, tcn_value list)
{
    int rc = 0;
    text = tcn_strip(text, NULL, 1);
    while (text.len > 0 && rc >= 0) {
        size_t end = 0;
        if (max-- == 0)
            return push_text(rt, list, tcn_strip(text, NULL, 2));
        while (end < text.len) {
            size_t next = end;
            if (tcn_unicode_is(tcn_utf8_decode(text, &next), TCN_U_SPACE))
                break;
            end = next;
        }
        rc = push_text(rt, list, tcn_str_of(text.ptr, end));
        text = tcn_strip(tcn_str_of(text.ptr + end, text.len - end), NULL, 1);
    }
    return rc;
}

static int split_spaces_right(tcn_rt *rt, tcn_str text, int64_t max, tcn_value list)
{
    int rc = 0;
    text = tcn_strip(text, NULL, 2);
    while (text.len > 0 && rc >= 0) {
        if (max-- == 0)
            return push_text(rt, list, tcn_strip(text, NULL, 1));
        size_t from = text.len;
        while (from > 0) {
            size_t last = from - 1;
            while (last > 0 && ((unsigned char)text.ptr[last] & 0xC0) == 0x80)
                last--;
            size_t next = last;
            if (tcn_unicode_is(tcn_utf8_decode(text, &next), TCN_U_SPACE))
                break;
            from = last;
        }
        rc = push_text(rt, list, tcn_str_of(text.ptr + from, text.len - from));
        text = tcn_strip(tcn_str_of(text.ptr, from), NULL, 2);
    }
    return rc;
}

static int split_by(tcn_rt *rt, tcn_str text, tcn_str separator, int64_t max,
                    tcn_value list)
{
    int rc = 0;
    for (; max != 0 && rc >= 0; max--) {
        size_t at = tcn_str_find(text, separator);
        if (at == SIZE_MAX)
            break;
        rc = push_text(rt, list, tcn_str_of(text.ptr, at));
        size_t skip = at + separator.len;
        text = tcn_str_of(text.ptr + skip, text.len - skip);
    }
    return rc < 0 ? rc : push_text(rt, list, text);
}

static int split_by_right(tcn_rt *rt, tcn_str text, tcn_str separator, int64_t max,
                          tcn_value list)
{
    int rc = 0;
    for (; max != 0 && rc >= 0; max--) {
        size_t at = tcn_rfind(text, separator);
        if (at == SIZE_MAX)
            break;
        size_t skip = at + separator.len;
        rc = push_text(rt, list, tcn_str_of(text.ptr + skip, text.len - skip));
        text.len = at;
    }
    return rc < 0 ? rc : push_text(rt, list, text);
}

static void reverse(tcn_vlist *list)
{
    for (uint32_t i = 0; i < list->count / 2; i++) {
        tcn_value swap = list->items[i];
        list->items[i] = list->items[list->count - 1 - i];
        list->items[list->count - 1 - i] = swap;
    }
}

int tcn_split(tcn_rt *rt, tcn_str text, const tcn_text *separator, int64_t max,
              bool from_right, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, 0, ret);
    if (rc >= 0)
        rc = tcn_charge(rt, text.len / 16);
    if (rc < 0)
        return rc;
    if (separator != NULL && separator->len == 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "empty separator");
    if (separator == NULL)
        rc = from_right ? split_spaces_right(rt, text, max, *ret)
                        : split_spaces(rt, text, max, *ret);
    else
        rc = from_right ? split_by_right(rt, text, tcn_text_str(separator), max, *ret)
                        : split_by(rt, text, tcn_text_str(separator), max, *ret);
    if (rc >= 0 && from_right)
        reverse(ret->list);
    return rc;
}

int tcn_splitlines(tcn_rt *rt, tcn_str text, bool keeps_ends, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, 0, ret);
    if (rc >= 0)
        rc = tcn_charge(rt, text.len / 16);
    size_t from = 0;
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        if (!tcn_unicode_is_line_end(c))
            continue;
        if (c == '\r' && i < text.len && text.ptr[i] == '\n')
            i++;
        rc = push_text(rt, *ret,
                       tcn_str_of(text.ptr + from, (keeps_ends ? i : at) - from));
        from = i;
    }
    if (rc >= 0 && from < text.len)
        rc = push_text(rt, *ret, tcn_str_of(text.ptr + from, text.len - from));
    return rc;
}

int tcn_check_width(tcn_rt *rt, int64_t width, size_t *ret)
{
    if (width > (int64_t)rt->limits->width)
        return tcn_raise_limit(rt, "width", rt->limits->width);
    *ret = width < 0 ? 0 : (size_t)width;
    return 0;
}

int tcn_pad(tcn_rt *rt, const tcn_text *text, size_t left, size_t right, uint32_t fill,
            tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_put_fill(rt, &rt->scratch, fill, left);
    if (rc >= 0)
        rc = tcn_put(rt, &rt->scratch, text->ptr, text->len);
    if (rc >= 0)
        rc = tcn_put_fill(rt, &rt->scratch, fill, right);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_center(tcn_rt *rt, const tcn_text *text, int64_t width, uint32_t fill,
               tcn_value *ret)
{
    size_t total = 0;
    int rc = tcn_check_width(rt, width, &total);
    if (rc < 0)
        return rc;
    size_t pad = total > text->count ? total - text->count : 0;
    size_t left = pad / 2 + (pad & total & 1);
    return tcn_pad(rt, text, left, pad - left, fill, ret);
}
