/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - builds texts and lists for a computation: parts by code point, and the scratch
 * stack on which texts grow before they are copied into the arena. */
#include "core/base/err.h"
#include "core/value/ops.h"
#include "core/value/unicode.h"

int tcn_raise_full(tcn_rt *rt, const tcn_buf *out, int rc)
{
    bool is_scratch = out == &rt->scratch;
    if (rc == TCN_E_LIMIT)
        return tcn_raise_limit(rt,
                               is_scratch ? "length of a text" : "length of the output",
                               is_scratch ? rt->limits->text_bytes : out->limit);
    if (out->arena == rt->arena)
        return tcn_raise_memory(rt);
    (void)tcn_raise(rt, TCN_EXC_MemoryError, "out of memory");
    return rc;
}

int tcn_put_slow(tcn_rt *rt, tcn_buf *out, const char *ptr, size_t len)
{
    int rc = tcn_charge(rt, len / 64);
    if (rc < 0)
        return rc;
    rc = tcn_buf_add(out, ptr, len);
    return rc < 0 ? tcn_raise_full(rt, out, rc) : 0;
}

int tcn_put_c(tcn_rt *rt, tcn_buf *out, const char *text)
{
    return tcn_put(rt, out, text, strlen(text));
}

int tcn_put_char(tcn_rt *rt, tcn_buf *out, char c)
{
    return tcn_put(rt, out, &c, 1);
}

int tcn_put_code(tcn_rt *rt, tcn_buf *out, uint32_t codepoint)
{
    char bytes[4];
    return tcn_put(rt, out, bytes, tcn_utf8_encode(codepoint, bytes));
}

int tcn_put_fill(tcn_rt *rt, tcn_buf *out, uint32_t codepoint, size_t times)
{
    int rc = tcn_charge(rt, times / 16);
    for (size_t i = 0; i < times && rc >= 0; i++)
        rc = tcn_put_code(rt, out, codepoint);
    return rc;
}

int tcn_text_make(tcn_rt *rt, const char *ptr, size_t len, tcn_value *ret)
{
    if (len > rt->limits->text_bytes)
        return tcn_raise_limit(rt, "length of a text", rt->limits->text_bytes);
    int rc = tcn_charge(rt, len / 64);
    if (rc < 0)
        return rc;
    tcn_value v = tcn_str_new(rt->arena, tcn_str_of(ptr, len));
    if (tcn_is_missing(v))
        return tcn_raise_memory(rt);
    *ret = v;
    return 0;
}

int tcn_scratch_end(tcn_rt *rt, size_t start, tcn_value *ret)
{
    size_t len = rt->scratch.len - start;
    int rc = tcn_text_make(rt, len > 0 ? rt->scratch.ptr + start : "", len, ret);
    rt->scratch.len = start;
    return rc;
}

size_t tcn_text_offset(const tcn_text *text, size_t i)
{
    if (tcn_text_is_ascii(text))
        return i;
    if (i >= text->count)
        return text->len;
    size_t at = 0;
    for (; i > 0; i--) {
        at++;
        while (((unsigned char)text->ptr[at] & 0xC0) == 0x80)
            at++;
    }
    return at;
}

int tcn_text_part(tcn_rt *rt, const tcn_text *text, size_t from, size_t to,
                  tcn_value *ret)
{
    tcn_text *part = tcn_arena_alloc(rt->arena, sizeof *part);
    if (part == NULL)
        return tcn_raise_memory(rt);
    *part = (tcn_text){.ptr = text->ptr + from, .len = (uint32_t)(to - from)};
    part->count = tcn_text_is_ascii(text)
                      ? part->len
                      : (uint32_t)tcn_utf8_length(tcn_str_of(part->ptr, part->len));
    *ret = tcn_of_text(part);
    return 0;
}

int tcn_list_make(tcn_rt *rt, enum tcn_value_type type, size_t capacity, tcn_value *ret)
{
    tcn_value v = tcn_list_new(rt->arena, type, capacity);
    if (tcn_is_missing(v))
        return tcn_raise_memory(rt);
    *ret = v;
    return 0;
}

int tcn_list_push(tcn_rt *rt, tcn_value list, tcn_value item)
{
    int rc = tcn_charge(rt, 1);
    if (rc < 0)
        return rc;
    if (list.list->count >= rt->limits->items)
        return tcn_raise_limit(rt, "number of items", rt->limits->items);
    return tcn_vlist_add(rt->arena, list.list, item) < 0 ? tcn_raise_memory(rt) : 0;
}

int tcn_pair_make(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_TUPLE, 2, ret);
    if (rc < 0)
        return rc;
    ret->list->items[0] = a;
    ret->list->items[1] = b;
    ret->list->count = 2;
    return 0;
}

int tcn_to_text(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    if (v.type == TCN_V_STR) {
        *ret = v;
        return 0;
    }
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_show(rt, v, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_to_plain(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    int rc = tcn_to_text(rt, v, ret);
    if (rc >= 0)
        ret->sub = 0;
    return rc;
}
