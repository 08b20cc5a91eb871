/* SPDX-License-Identifier: Apache-2.0 */
/* filters_html.c - striptags, xmlattr and the unescaping that striptags ends with. All in
 * linear time: what has been searched once is not searched again. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/html.h"
#include "core/template/html_entities.h"
#include "core/template/strings.h"

/* Takes everything from an open to the next close mark out of buf, in place. A mark that
 * forms where a part was taken out counts too. */
static size_t take_out(char *buf, size_t len, tcn_str open, tcn_str close)
{
    size_t out = 0;
    size_t in = 0;
    bool has_close = true;
    while (in < len) {
        buf[out++] = buf[in++];
        if (!has_close || out < open.len ||
            memcmp(buf + out - open.len, open.ptr, open.len) != 0)
            continue;
        /* The close mark is looked for from where the open one begins: "<!-->" is whole.
         */
        size_t skip = open.len - 1;
        memmove(buf + in - skip, buf + out - skip, skip);
        size_t from = in - skip;
        size_t at = tcn_str_find(tcn_str_of(buf + from, len - from), close);
        if (at == SIZE_MAX) {
            has_close = false;
            continue;
        }
        out -= open.len;
        in = from + at + close.len;
    }
    return out;
}

static const tcn_entity *find_entity(tcn_str name)
{
    size_t low = 0;
    size_t high = tcn_entity_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int cmp = tcn_str_cmp(tcn_str_c(tcn_entities[middle].name), name);
        if (cmp == 0)
            return &tcn_entities[middle];
        if (cmp < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* What browsers make of the numbers 0x80 to 0x9F. */
static uint32_t numbered(uint64_t code)
{
    static const uint16_t windows[32] = {
        0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
        0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
        0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0xFFFD;
    if (code >= 0x80 && code < 0xA0)
        return windows[code - 0x80];
    bool is_invalid =
        (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') ||
        code == 0x7F || code == 0x0B || (code >= 0xFDD0 && code <= 0xFDEF) ||
        (code & 0xFFFE) == 0xFFFE;
    return is_invalid ? 0 : (uint32_t)code;
}

/* "#123;" or "#x1F;" at pos (behind the '&'); the end, or 0. */
static size_t put_number(tcn_rt *rt, tcn_str s, size_t pos, int *ret_rc)
{
    uint64_t code = 0;
    size_t at = pos + 1;
    bool is_hex = at < s.len && (s.ptr[at] | 32) == 'x';
    at += is_hex;
    size_t first = at;
    for (; at < s.len; at++) {
        char c = s.ptr[at];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
                         : is_hex && (c | 32) >= 'a' && (c | 32) <= 'f'
                             ? (unsigned)((c | 32) - 'a' + 10)
                             : 99;
        if (digit == 99)
            break;
        code = code > 0x10FFFF ? code : code * (is_hex ? 16 : 10) + digit;
    }
    if (at == first)
        return 0;
    uint32_t c = numbered(code);
    *ret_rc = c == 0 ? 0 : tcn_put_code(rt, &rt->scratch, c);
    return at < s.len && s.ptr[at] == ';' ? at + 1 : at;
}

static size_t put_named(tcn_rt *rt, tcn_str s, size_t pos, int *ret_rc)
{
    size_t end = pos;
    while (end < s.len && end - pos < 32 && s.ptr[end] != '\0' &&
           strchr("\t\n\f <&#;", s.ptr[end]) == NULL)
        end++;
    if (end == pos)
        return 0;
    if (end < s.len && s.ptr[end] == ';')
        end++;
    for (size_t at = end; at > pos + 1; at--) {
        const tcn_entity *entity = find_entity(tcn_str_of(s.ptr + pos, at - pos));
        if (entity == NULL)
            continue;
        *ret_rc = tcn_put_c(rt, &rt->scratch, entity->text);
        return at;
    }
    return 0;
}

static int unescape(tcn_rt *rt, tcn_str s)
{
    int rc = tcn_charge(rt, s.len / 4);
    for (size_t i = 0; i < s.len && rc >= 0;) {
        size_t end = 0;
        if (s.ptr[i] == '&' && i + 1 < s.len)
            end = s.ptr[i + 1] == '#' ? put_number(rt, s, i + 1, &rc)
                                      : put_named(rt, s, i + 1, &rc);
        if (end == 0) {
            rc = tcn_put(rt, &rt->scratch, s.ptr + i, 1);
            end = i + 1;
        }
        i = end;
    }
    return rc;
}

int tcn_html_unescape(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = unescape(rt, tcn_text_str(a[0].text));
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_striptags(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value text, words, joined;
    int rc = tcn_to_text(rt, a[0], &text);
    if (rc >= 0)
        rc = tcn_charge(rt, text.text->len / 4);
    char *copy =
        rc >= 0 ? tcn_arena_copy(rt->arena, text.text->ptr, text.text->len) : NULL;
    if (rc < 0 || copy == NULL)
        return rc < 0 ? rc : tcn_raise_memory(rt);
    size_t len = take_out(copy, text.text->len, TCN_STR("<!--"), TCN_STR("-->"));
    len = take_out(copy, len, TCN_STR("<"), TCN_STR(">"));
    rc = tcn_split(rt, tcn_str_of(copy, len), NULL, -1, false, &words);
    size_t start = tcn_scratch_begin(rt);
    for (uint32_t i = 0; rc >= 0 && i < words.list->count; i++) {
        if (i > 0)
            rc = tcn_put_char(rt, &rt->scratch, ' ');
        if (rc >= 0)
            rc = tcn_show(rt, words.list->items[i], &rt->scratch);
    }
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &joined);
    if (rc >= 0)
        rc = unescape(rt, tcn_text_str(joined.text));
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_xmlattr(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    const tcn_vdict *dict = NULL;
    bool is_first = true;
    int rc = tcn_items_dict(rt, a[0], &dict);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        const tcn_ventry *entry = &dict->entries[i];
        const tcn_text *key = tcn_text_of(&entry->key);
        if (entry->value.type == TCN_V_NONE || entry->value.type == TCN_V_UNDEF)
            continue;
        if (key == NULL)
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "expected string or bytes-like object, got '%s'",
                             tcn_type_name(entry->key));
        for (uint32_t j = 0; j < key->len; j++) {
            char quoted[256];
            if (key->ptr[j] != '\0' && strchr(" \t\n\r\f\v/>=", key->ptr[j]) != NULL)
                return tcn_raise(rt, TCN_EXC_ValueError,
                                 "Invalid character in attribute name: %s",
                                 tcn_quote(tcn_text_str(key), quoted, sizeof quoted));
        }
        if (!is_first || tcn_arg_bool(a[1], true))
            rc = tcn_put_char(rt, &rt->scratch, ' ');
        is_first = false;
        if (rc >= 0)
            rc = tcn_html_show(rt, entry->key, &rt->scratch);
        if (rc >= 0)
            rc = tcn_put(rt, &rt->scratch, "=\"", 2);
        if (rc >= 0)
            rc = tcn_html_show(rt, entry->value, &rt->scratch);
        if (rc >= 0)
            rc = tcn_put_char(rt, &rt->scratch, '"');
    }
    return rc < 0 ? rc : tcn_html_end(rt, start, ret);
}
