/* SPDX-License-Identifier: Apache-2.0 */
/* methods_bytes.c - the methods of bytes are those of str, called with every byte as a
 * character. Bytes that mean nothing to ASCII stand as private characters meanwhile,
 * which are no letters, digits or spaces. */
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/methods_text.h"

#define PRIVATE 0xF700u

typedef struct mapping {
    bool has_controls; /* the separators, which are space in a str only, are mapped too */
    bool has_breaks;   /* and the line ends that bytes do not have */
} mapping;

static uint32_t mapped(unsigned char byte, const mapping *m)
{
    bool is_private = byte >= 0x80 || (m->has_controls && byte >= 0x1c && byte <= 0x1f) ||
                      (m->has_breaks && (byte == '\v' || byte == '\f'));
    return is_private ? PRIVATE + byte : byte;
}

static int to_text(tcn_rt *rt, tcn_str bytes, const mapping *m, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, bytes.len / 16);
    for (size_t i = 0; i < bytes.len && rc >= 0; i++)
        rc = tcn_put_code(rt, &rt->scratch, mapped((unsigned char)bytes.ptr[i], m));
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int to_bytes(tcn_rt *rt, tcn_value *v)
{
    tcn_str text = tcn_text_str(v->text);
    tcn_buf *out = &rt->scratch;
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, text.len / 16);
    for (size_t i = 0; i < text.len && rc >= 0;)
        rc = tcn_put_char(rt, out, (char)(tcn_utf8_decode(text, &i) & 0xFF));
    if (rc < 0)
        return rc;
    *v = tcn_bytes_new(rt->arena, tcn_str_of(out->ptr + start, out->len - start));
    out->len = start;
    return tcn_is_missing(*v) ? tcn_raise_memory(rt) : 0;
}

static int map_one(tcn_rt *rt, const mapping *m, tcn_value *v)
{
    if (v->type == TCN_V_BYTES)
        return to_text(rt, tcn_text_str(v->text), m, v);
    return tcn_is_text(*v) ? tcn_raise(rt, TCN_EXC_TypeError,
                                       "a bytes-like object is required, not 'str'")
                           : 0;
}

static int map_argument(tcn_rt *rt, const mapping *m, tcn_value *v)
{
    if (v->type != TCN_V_LIST && v->type != TCN_V_TUPLE && v->type != TCN_V_LAZY &&
        v->type != TCN_V_SET)
        return map_one(rt, m, v);
    tcn_value made;
    int rc = tcn_list_make(rt, (enum tcn_value_type)v->type, v->list->count, &made);
    for (uint32_t i = 0; rc >= 0 && i < v->list->count; i++) {
        tcn_value item = v->list->items[i];
        rc = map_one(rt, m, &item);
        if (rc >= 0)
            rc = tcn_list_push(rt, made, item);
    }
    *v = made;
    return rc;
}

/* What is searched for may also be one byte as a number. */
static int map_needle(tcn_rt *rt, const mapping *m, tcn_value *v)
{
    if (!tcn_is_integer(*v) && v->type != TCN_V_BIG)
        return 0;
    if (v->type == TCN_V_BIG || v->integer < 0 || v->integer > 255)
        return tcn_raise(rt, TCN_EXC_ValueError, "byte must be in range(0, 256)");
    char byte = (char)v->integer;
    return to_text(rt, tcn_str_of(&byte, 1), m, v);
}

static int map_arguments(tcn_rt *rt, tcn_str name, const mapping *m,
                         const tcn_value *from, uint32_t count, tcn_value *to)
{
    bool is_search = tcn_str_ends(name, TCN_STR("find")) ||
                     tcn_str_ends(name, TCN_STR("index")) || tcn_str_eq_c(name, "count");
    int rc = 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        to[i] = from[i];
        bool is_joined = tcn_str_eq_c(name, "join") && from[i].type == TCN_V_BYTES;
        if (is_joined && from[i].text->len > 0)
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "sequence item 0: expected a bytes-like object, int found");
        rc = map_argument(rt, m, &to[i]);
        if (rc >= 0 && i == 0 && is_search)
            rc = map_needle(rt, m, &to[i]);
    }
    return rc;
}

static int result_to_bytes(tcn_rt *rt, tcn_value *v)
{
    int rc = v->type == TCN_V_STR ? to_bytes(rt, v) : 0;
    if (v->type != TCN_V_LIST && v->type != TCN_V_TUPLE)
        return rc;
    for (uint32_t i = 0; i < v->list->count && rc >= 0; i++)
        rc = to_bytes(rt, &v->list->items[i]);
    return rc;
}

int tcn_bytes_call(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                   const tcn_args *args, tcn_value *ret)
{
    tcn_value items[TCN_PARAMS_MAX];
    tcn_value named[TCN_PARAMS_MAX];
    tcn_str name = tcn_str_c(native->name);
    mapping m = {.has_controls = !tcn_str_eq_c(name, "isascii"),
                 .has_breaks = tcn_str_eq_c(name, "splitlines")};
    if (native->call == tcn_bytes_hex || native->call == tcn_bytes_decode ||
        args->count > TCN_PARAMS_MAX || args->named_count > TCN_PARAMS_MAX)
        return tcn_native_call(rt, native, subject, args, ret);
    tcn_args passed = *args;
    passed.items = items;
    passed.named = named;
    int rc = map_arguments(rt, name, &m, args->items, args->count, items);
    if (rc >= 0)
        rc = map_arguments(rt, name, &m, args->named, args->named_count, named);
    if (rc >= 0)
        rc = to_text(rt, tcn_text_str(subject.text), &m, &subject);
    if (rc >= 0)
        rc = tcn_native_call(rt, native, subject, &passed, ret);
    return rc < 0 ? rc : result_to_bytes(rt, ret);
}

int tcn_bytes_hex(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str bytes = tcn_text_str(a[0].text);
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, bytes.len / 8);
    for (size_t i = 0; i < bytes.len && rc >= 0; i++) {
        char digits[3];
        (void)snprintf(digits, sizeof digits, "%02x", (unsigned char)bytes.ptr[i]);
        rc = tcn_put(rt, &rt->scratch, digits, 2);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
