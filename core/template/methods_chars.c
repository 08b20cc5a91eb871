/* SPDX-License-Identifier: Apache-2.0 */
/* methods_chars.c - str's methods that go through a text by characters: what all of them
 * are, and what each becomes. */
#include "core/base/err.h"
#include "core/template/methods_text.h"
#include "core/template/strings.h"

/* Whether all code points have one of the flags; empty is what an empty text gives. */
static int all_have(tcn_value *a, unsigned flags, bool empty, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    bool is_all = text.len > 0 || empty;
    for (size_t i = 0; i < text.len && is_all;)
        is_all = tcn_unicode_is(tcn_utf8_decode(text, &i), flags);
    *ret = tcn_bool(is_all);
    return 0;
}

int tcn_str_isdigit(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_DIGIT, false, ret);
}

int tcn_str_isdecimal(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_DECIMAL, false, ret);
}

int tcn_str_isnumeric(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_NUMERIC, false, ret);
}

int tcn_str_isalpha(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_ALPHA, false, ret);
}

int tcn_str_isalnum(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_ALNUM, false, ret);
}

int tcn_str_isspace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_SPACE, false, ret);
}

int tcn_str_isprintable(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return all_have(a, TCN_U_PRINTABLE, true, ret);
}

int tcn_str_isascii(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_bool(tcn_text_is_ascii(tcn_text_of(&a[0])));
    return 0;
}

/* A letter of the right case, and none of a wrong one. */
static int has_case(tcn_value *a, unsigned right, unsigned wrong, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    bool is_found = false;
    for (size_t i = 0; i < text.len;) {
        unsigned flags = tcn_unicode_of(tcn_utf8_decode(text, &i))->flags;
        if ((flags & wrong) != 0) {
            is_found = false;
            break;
        }
        is_found = is_found || (flags & right) != 0;
    }
    *ret = tcn_bool(is_found);
    return 0;
}

int tcn_str_islower(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return has_case(a, TCN_U_LOWER, TCN_U_UPPER | TCN_U_TITLE, ret);
}

int tcn_str_isupper(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return has_case(a, TCN_U_UPPER, TCN_U_LOWER | TCN_U_TITLE, ret);
}

int tcn_str_istitle(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    bool was_cased = false;
    bool has_title = false;
    bool is_title = true;
    (void)rt;
    for (size_t i = 0; i < text.len && is_title;) {
        unsigned flags = tcn_unicode_of(tcn_utf8_decode(text, &i))->flags;
        bool is_upper = (flags & (TCN_U_UPPER | TCN_U_TITLE)) != 0;
        bool is_lower = (flags & TCN_U_LOWER) != 0;
        is_title = !(is_upper && was_cased) && !(is_lower && !was_cased);
        has_title = has_title || is_upper || is_lower;
        was_cased = is_upper || is_lower;
    }
    *ret = tcn_bool(is_title && has_title);
    return 0;
}

int tcn_str_isidentifier(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    bool is_name = text.len > 0;
    (void)rt;
    for (size_t i = 0; i < text.len && is_name;) {
        bool is_first = i == 0;
        uint32_t c = tcn_utf8_decode(text, &i);
        is_name = c == '_' ||
                  tcn_unicode_is(c, is_first ? TCN_U_XID_START : TCN_U_XID_CONTINUE);
    }
    *ret = tcn_bool(is_name);
    return 0;
}

/* Only UTF-8, under its usual names: texts are that already. */
/* The arguments of encode and decode: UTF-8 is the only encoding. */
static int check_encoding(tcn_rt *rt, const tcn_value *a)
{
    static const char *const names[] = {"utf-8", "utf8", "utf_8", "UTF-8", "UTF8", "U8"};
    const tcn_text *name = NULL;
    bool is_known = tcn_is_missing(a[1]);
    int rc = is_known ? 0 : tcn_arg_text(rt, a[1], &name);
    if (rc >= 0 && !tcn_is_missing(a[2])) {
        const tcn_text *errors = NULL;
        rc = tcn_arg_text(rt, a[2], &errors);
    }
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < TCN_COUNT(names) && !is_known; i++)
        is_known = tcn_str_eq_c(tcn_text_str(name), names[i]);
    return is_known ? 0
                    : tcn_raise(rt, TCN_EXC_LookupError, "unknown encoding: %.*s",
                                TCN_STR_ARG(tcn_text_str(name)));
}

int tcn_str_encode(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = check_encoding(rt, a);
    if (rc < 0)
        return rc;
    tcn_value bytes = tcn_bytes_new(rt->arena, tcn_self_text(a));
    if (tcn_is_missing(bytes))
        return tcn_raise_memory(rt);
    *ret = bytes;
    return 0;
}

int tcn_bytes_decode(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str bytes = tcn_text_str(a[0].text);
    size_t bad = 0;
    int rc = check_encoding(rt, a);
    if (rc < 0)
        return rc;
    if (!tcn_utf8_valid(bytes, &bad))
        return tcn_raise(rt, TCN_EXC_UnicodeDecodeError,
                         "'utf-8' codec can't decode byte 0x%02x in position %zu",
                         (unsigned char)bytes.ptr[bad], bad);
    return tcn_text_make(rt, bytes.ptr, bytes.len, ret);
}

/* What the table has for the character: a number, a text, or none to drop it. */
static int put_translated(tcn_rt *rt, tcn_value table, tcn_str one, uint32_t c)
{
    tcn_value found;
    int rc = tcn_item(rt, table, tcn_int(c), &found);
    if (rc < 0 || found.type == TCN_V_NONE)
        return rc;
    if (found.type == TCN_V_UNDEF)
        return tcn_put(rt, &rt->scratch, one.ptr, one.len);
    if (tcn_is_text(found))
        return tcn_show(rt, found, &rt->scratch);
    int64_t code;
    if (!tcn_is_integer(found) || !tcn_index_of(found, &code))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "character mapping must return integer, None or str");
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return tcn_raise(rt, TCN_EXC_ValueError,
                         "character mapping must be in range(0x110000)");
    return tcn_put_code(rt, &rt->scratch, (uint32_t)code);
}

int tcn_str_translate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    bool has_items = tcn_is_text(a[1]) || tcn_has_items(a[1]) ||
                     a[1].type == TCN_V_DICT || a[1].type == TCN_V_RANGE ||
                     a[1].type == TCN_V_OBJECT;
    if (!has_items || a[1].type == TCN_V_LAZY || a[1].type == TCN_V_SET)
        return text.len == 0
                   ? tcn_text_make(rt, "", 0, ret)
                   : tcn_raise(rt, TCN_EXC_TypeError, "'%s' object is not subscriptable",
                               tcn_type_name(a[1]));
    size_t start = tcn_scratch_begin(rt);
    int rc = 0;
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t from = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = put_translated(rt, a[1], tcn_str_of(text.ptr + from, i - from), c);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
