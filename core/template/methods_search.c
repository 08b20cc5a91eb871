/* SPDX-License-Identifier: Apache-2.0 */
/* methods_search.c - the methods of str that look for a text in it. */
#include "core/template/methods_text.h"
#include "core/template/strings.h"

/* The part of the text that optional start and end (code points) leave. false: start is
 * behind the text, so that nothing is found, not even "". */
static int window(tcn_rt *rt, const tcn_value *a, tcn_str *ret, size_t *ret_from)
{
    const tcn_text *text = tcn_text_of(&a[0]);
    int64_t length = text->count;
    int64_t bounds[2] = {0, length};
    for (int i = 0; i < 2; i++) {
        if (a[2 + i].type == TCN_V_MISSING || a[2 + i].type == TCN_V_NONE)
            continue;
        int rc = tcn_arg_int(rt, a[2 + i], 0, &bounds[i]);
        if (rc < 0)
            return rc;
        if (bounds[i] < 0)
            bounds[i] = bounds[i] < -length ? 0 : bounds[i] + length;
    }
    if (bounds[0] > length)
        return 0;
    if (bounds[1] > length)
        bounds[1] = length;
    if (bounds[1] < bounds[0])
        return 0;
    size_t from = tcn_text_offset(text, (size_t)bounds[0]);
    size_t to = tcn_text_offset(text, (size_t)bounds[1]);
    *ret = tcn_str_of(text->ptr + from, to - from);
    *ret_from = from;
    return 1;
}

/* Position in code points, -1: not there. */
static int find(tcn_rt *rt, tcn_value *a, bool from_right, int64_t *ret)
{
    const tcn_text *needle = NULL;
    const tcn_text *text = tcn_text_of(&a[0]);
    tcn_str part = {0};
    size_t from = 0;
    int rc = tcn_arg_text(rt, a[1], &needle);
    if (rc >= 0)
        rc = tcn_charge(rt, text->len / 16 * (from_right ? needle->len / 16 + 1 : 1));
    if (rc >= 0)
        rc = window(rt, a, &part, &from);
    if (rc < 0)
        return rc;
    *ret = -1;
    if (rc == 0)
        return 0;
    size_t at = from_right ? tcn_rfind(part, tcn_text_str(needle))
                           : tcn_str_find(part, tcn_text_str(needle));
    if (at != SIZE_MAX)
        *ret = (int64_t)tcn_utf8_length(tcn_str_of(text->ptr, from + at));
    return 0;
}

static int find_method(tcn_rt *rt, tcn_value *a, bool from_right, bool must,
                       tcn_value *ret)
{
    int64_t at = -1;
    int rc = find(rt, a, from_right, &at);
    if (rc < 0)
        return rc;
    if (must && at < 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "substring not found");
    *ret = tcn_int(at);
    return 0;
}

int tcn_search_find(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return find_method(rt, a, false, false, ret);
}

int tcn_search_rfind(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return find_method(rt, a, true, false, ret);
}

int tcn_search_index(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return find_method(rt, a, false, true, ret);
}

int tcn_search_rindex(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return find_method(rt, a, true, true, ret);
}

int tcn_search_count(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *needle = NULL;
    tcn_str part = {0};
    size_t from = 0;
    int64_t count = 0;
    int rc = tcn_arg_text(rt, a[1], &needle);
    if (rc >= 0)
        rc = window(rt, a, &part, &from);
    if (rc < 0)
        return rc;
    if (rc == 1 && needle->len == 0)
        count = (int64_t)tcn_utf8_length(part) + 1;
    while (rc == 1 && needle->len > 0) {
        size_t at = tcn_str_find(part, tcn_text_str(needle));
        if (at == SIZE_MAX)
            break;
        count++;
        part = tcn_str_of(part.ptr + at + needle->len, part.len - at - needle->len);
    }
    *ret = tcn_int(count);
    return tcn_charge(rt, (uint64_t)count);
}

static int has_affix(tcn_rt *rt, tcn_value *a, bool is_end, tcn_value *ret)
{
    tcn_str part = {0};
    size_t from = 0;
    int rc = window(rt, a, &part, &from);
    if (rc < 0)
        return rc;
    const tcn_value *items = &a[1];
    uint32_t count = 1;
    if (a[1].type == TCN_V_TUPLE) {
        items = a[1].list->items;
        count = a[1].list->count;
    }
    bool is_found = false;
    for (uint32_t i = 0; i < count && !is_found; i++) {
        const tcn_text *affix = tcn_text_of(&items[i]);
        if (affix == NULL)
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "%s first arg must be str or a tuple of str, not %s",
                             is_end ? "endswith" : "startswith", tcn_type_name(items[i]));
        is_found = rc == 1 && (is_end ? tcn_str_ends(part, tcn_text_str(affix))
                                      : tcn_str_starts(part, tcn_text_str(affix)));
    }
    *ret = tcn_bool(is_found);
    return 0;
}

int tcn_search_startswith(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return has_affix(rt, a, false, ret);
}

int tcn_search_endswith(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return has_affix(rt, a, true, ret);
}

static int partition(tcn_rt *rt, tcn_value *a, bool from_right, tcn_value *ret)
{
    const tcn_text *separator = NULL;
    tcn_str text = tcn_self_text(a);
    int rc = tcn_arg_text(rt, a[1], &separator);
    if (rc < 0)
        return rc;
    if (separator->len == 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "empty separator");
    tcn_str needle = tcn_text_str(separator);
    size_t at = from_right ? tcn_rfind(text, needle) : tcn_str_find(text, needle);
    tcn_str parts[3] = {text, {0}, {0}};
    if (at != SIZE_MAX) {
        size_t skip = at + needle.len;
        parts[0].len = at;
        parts[1] = needle;
        parts[2] = tcn_str_of(text.ptr + skip, text.len - skip);
    } else if (from_right) {
        parts[0] = parts[1];
        parts[2] = text;
    }
    rc = tcn_list_make(rt, TCN_V_TUPLE, 3, ret);
    for (int i = 0; i < 3 && rc >= 0; i++) {
        tcn_value v;
        rc = tcn_part_make(rt, parts[i], &v);
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, v);
    }
    return rc;
}

int tcn_search_partition(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return partition(rt, a, false, ret);
}

int tcn_search_rpartition(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return partition(rt, a, true, ret);
}

static int remove_affix(tcn_rt *rt, tcn_value *a, bool is_end, tcn_value *ret)
{
    const tcn_text *affix = NULL;
    tcn_str text = tcn_self_text(a);
    int rc = tcn_arg_text(rt, a[1], &affix);
    if (rc < 0)
        return rc;
    tcn_str part = tcn_text_str(affix);
    if (is_end && tcn_str_ends(text, part))
        text.len -= part.len;
    else if (!is_end && tcn_str_starts(text, part))
        text = tcn_str_of(text.ptr + part.len, text.len - part.len);
    return tcn_part_make(rt, text, ret);
}

int tcn_search_removeprefix(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return remove_affix(rt, a, false, ret);
}

int tcn_search_removesuffix(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return remove_affix(rt, a, true, ret);
}
