/* SPDX-License-Identifier: Apache-2.0 */
/* ops.h - what Python does with values: truth, text, comparison, arithmetic, iteration.
 * Functions return 0 or more, or a negative code with rt's exception set. */
#ifndef TCN_VALUE_OPS_H
#define TCN_VALUE_OPS_H

#include "core/value/object.h"

/* "int", "str", "ReceivedEvent" */
const char *tcn_type_name(tcn_value v);
bool tcn_truth(tcn_value v);
/* The text of a str or enum member, else NULL. */
const tcn_text *tcn_text_of(const tcn_value *v);
static inline bool tcn_is_text(tcn_value v)
{
    return v.type == TCN_V_STR || v.type == TCN_V_ENUM;
}
static inline bool tcn_is_markup(tcn_value v)
{
    return v.type == TCN_V_STR && v.sub == TCN_SUB_MARKUP;
}
/* The text of a value that is one. */
static inline const tcn_text *tcn_text_get(const tcn_value *v)
{
    return v->type == TCN_V_STR ? v->text : &v->member->value;
}
static inline bool tcn_is_integer(tcn_value v)
{
    return v.type == TCN_V_INT || v.type == TCN_V_BOOL;
}
static inline bool tcn_is_number(tcn_value v)
{
    return tcn_is_integer(v) || v.type == TCN_V_FLOAT || v.type == TCN_V_BIG;
}
static inline bool tcn_has_items(tcn_value v)
{
    return v.type >= TCN_V_LIST && v.type <= TCN_V_LAZY;
}

/* rc is what an append to out failed with; a full buffer is TemplateLimitError. */
int tcn_raise_full(tcn_rt *rt, const tcn_buf *out, int rc);
/* Appends to out. */
int tcn_put_slow(tcn_rt *rt, tcn_buf *out, const char *ptr, size_t len);
static inline int tcn_put(tcn_rt *rt, tcn_buf *out, const char *ptr, size_t len)
{
    if (TCN_UNLIKELY(out->capacity - out->len <= len))
        return tcn_put_slow(rt, out, ptr, len);
    char *end = out->ptr + out->len;
    memcpy(end, ptr, len);
    end[len] = '\0';
    out->len += len;
    return 0;
}
int tcn_put_c(tcn_rt *rt, tcn_buf *out, const char *text);
int tcn_put_char(tcn_rt *rt, tcn_buf *out, char c);
int tcn_put_code(tcn_rt *rt, tcn_buf *out, uint32_t codepoint);
int tcn_put_fill(tcn_rt *rt, tcn_buf *out, uint32_t codepoint, size_t times);

/* str() and repr(). */
int tcn_show(tcn_rt *rt, tcn_value v, tcn_buf *out);
int tcn_repr(tcn_rt *rt, tcn_value v, tcn_buf *out);
int tcn_repr_text(tcn_rt *rt, tcn_str text, tcn_buf *out);
/* Python's repr of a text, cut to what fits; for messages. Returns out. */
char *tcn_quote(tcn_str text, char *out, size_t size);
/* str(v) as a value; a str comes back as it is. */
int tcn_to_text(tcn_rt *rt, tcn_value v, tcn_value *ret);
/* The same, but Markup becomes a plain str. */
int tcn_to_plain(tcn_rt *rt, tcn_value v, tcn_value *ret);

/* Texts under construction lie on rt->scratch like a stack: what begins last ends first.
 */
static inline size_t tcn_scratch_begin(tcn_rt *rt)
{
    return rt->scratch.len;
}
/* The bytes since start as a str; fails when they are over the limit of one text. */
int tcn_scratch_end(tcn_rt *rt, size_t start, tcn_value *ret);

/* A str with the bytes (copied), MemoryError-like failure included. */
int tcn_text_make(tcn_rt *rt, const char *ptr, size_t len, tcn_value *ret);
/* Part of a text by bytes; shares the bytes. */
int tcn_text_part(tcn_rt *rt, const tcn_text *text, size_t from, size_t to,
                  tcn_value *ret);
/* Where code point i begins, in bytes; i may be count. */
size_t tcn_text_offset(const tcn_text *text, size_t i);
int tcn_list_make(tcn_rt *rt, enum tcn_value_type type, size_t capacity, tcn_value *ret);
int tcn_list_push(tcn_rt *rt, tcn_value list, tcn_value item);
int tcn_pair_make(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);

/* 1 or 0. */
int tcn_equal(tcn_rt *rt, tcn_value a, tcn_value b);
/* As containers compare what they hold: identity counts as equality. */
int tcn_item_equal(tcn_rt *rt, tcn_value a, tcn_value b);
/* a is b */
bool tcn_identical(tcn_value a, tcn_value b);
enum tcn_order {
    TCN_LT,
    TCN_LE,
    TCN_GT,
    TCN_GE
};
int tcn_compare(tcn_rt *rt, enum tcn_order order, tcn_value a, tcn_value b);
int tcn_contains(tcn_rt *rt, tcn_value container, tcn_value item);
/* Equal keys have equal hashes; false: the value cannot be a key. */
bool tcn_key_hash(tcn_value v, uint64_t *ret);
bool tcn_key_equal(tcn_value a, tcn_value b);
/* Fails with TypeError: unhashable. */
int tcn_check_hashable(tcn_rt *rt, tcn_value v);
int tcn_dict_set(tcn_rt *rt, tcn_value dict, tcn_value key, tcn_value value);

/* len() */
int tcn_length(tcn_rt *rt, tcn_value v, size_t *ret);
bool tcn_has_length(tcn_value v);
bool tcn_is_iterable(tcn_value v);
/* Everything that iterating v gives, as a list value of some kind; lists come back as
 * they are. */
int tcn_items(tcn_rt *rt, tcn_value v, tcn_value *ret);

/* + - * / // % ** by their Python text. */
enum tcn_arith {
    TCN_ADD,
    TCN_SUB,
    TCN_MUL,
    TCN_DIV,
    TCN_FLOORDIV,
    TCN_MOD,
    TCN_POW
};
int tcn_arith(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b, tcn_value *ret);
int tcn_negate(tcn_rt *rt, tcn_value v, tcn_value *ret);
int tcn_positive(tcn_rt *rt, tcn_value v, tcn_value *ret);
int tcn_absolute(tcn_rt *rt, tcn_value v, tcn_value *ret);

/* The exception of an undefined value that was used. */
int tcn_raise_undef(tcn_rt *rt, tcn_value undef);
/* Its message, appended to out. */
int tcn_undef_message(tcn_rt *rt, tcn_value undef, tcn_buf *out);
tcn_value tcn_undef_make(tcn_rt *rt, enum tcn_undef_kind kind, const char *owner,
                         tcn_value name);
tcn_value tcn_undef_hint(tcn_rt *rt, const char *hint);

/* x[a:b:c]; missing parts are NONE. */
int tcn_slice(tcn_rt *rt, tcn_value v, tcn_value start, tcn_value stop, tcn_value step,
              tcn_value *ret);
/* Index from a bool, int or big (clamped); false for other types. */
bool tcn_index_of(tcn_value v, int64_t *ret);

#endif
