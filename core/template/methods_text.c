/* SPDX-License-Identifier: Apache-2.0 */
/* methods_text.c - the methods of str that a template may call. Those of an enum member
 * are the same, on its value, and most of those of bytes, too (methods_bytes.c). */
#include "core/template/methods_text.h"
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/template/html.h"
#include "core/template/natives.h"
#include "core/template/strings.h"

static int str_upper(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_case_text(rt, tcn_self_text(a), TCN_CASE_UPPER, ret);
}

static int str_lower(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_case_text(rt, tcn_self_text(a), TCN_CASE_LOWER, ret);
}

static int str_casefold(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_case_text(rt, tcn_self_text(a), TCN_CASE_FOLD, ret);
}

static int str_capitalize(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_capitalize(rt, tcn_self_text(a), ret);
}

static int put_one(tcn_rt *rt, tcn_str text, size_t from, size_t to,
                   enum tcn_case to_case)
{
    /* The letters before it decide about a final sigma. */
    tcn_str one = tcn_str_of(text.ptr + from, to - from);
    if (to_case == TCN_CASE_LOWER && one.len == 2 &&
        memcmp(one.ptr, "\xCE\xA3", 2) == 0) {
        size_t begin = rt->scratch.len;
        int rc = tcn_case_put(rt, text, TCN_CASE_LOWER, &rt->scratch);
        if (rc < 0)
            return rc;
        /* A sigma keeps its length, but letters before it may not: find it from the same
         * number of code points. */
        tcn_str lowered = tcn_str_of(rt->scratch.ptr + begin, rt->scratch.len - begin);
        bool is_final = false;
        size_t at = 0;
        for (size_t i = 0; i <= from && at < lowered.len;) {
            size_t start = i;
            uint32_t cased[3];
            uint32_t c = tcn_utf8_decode(text, &i);
            size_t n = c == 0x3A3 ? 1 : tcn_unicode_case(c, TCN_CASE_LOWER, cased);
            uint32_t last = 0;
            for (size_t j = 0; j < n; j++)
                last = tcn_utf8_decode(lowered, &at);
            if (start == from)
                is_final = last == 0x3C2;
        }
        rt->scratch.len = begin;
        return tcn_put_code(rt, &rt->scratch, is_final ? 0x3C2 : 0x3C3);
    }
    return tcn_case_put(rt, one, to_case, &rt->scratch);
}

static int str_swapcase(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, text.len / 8);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        unsigned flags = tcn_unicode_of(c)->flags;
        if ((flags & TCN_U_UPPER) != 0)
            rc = put_one(rt, text, at, i, TCN_CASE_LOWER);
        else if ((flags & TCN_U_LOWER) != 0)
            rc = put_one(rt, text, at, i, TCN_CASE_UPPER);
        else
            rc = tcn_put(rt, &rt->scratch, text.ptr + at, i - at);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int str_title(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    size_t start = tcn_scratch_begin(rt);
    bool was_cased = false;
    int rc = tcn_charge(rt, text.len / 8);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        rc = put_one(rt, text, at, i, was_cased ? TCN_CASE_LOWER : TCN_CASE_TITLE);
        was_cased = tcn_unicode_is(c, TCN_U_CASED);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int optional_chars(tcn_rt *rt, tcn_value v, const tcn_text **ret)
{
    *ret = NULL;
    if (v.type == TCN_V_MISSING || v.type == TCN_V_NONE)
        return 0;
    return tcn_arg_text(rt, v, ret);
}

static int strip(tcn_rt *rt, tcn_value *a, unsigned sides, tcn_value *ret)
{
    const tcn_text *chars = NULL;
    int rc = optional_chars(rt, a[1], &chars);
    if (rc >= 0 && chars != NULL)
        rc = tcn_charge(rt, chars->len / 8);
    return rc < 0 ? rc
                  : tcn_part_make(rt, tcn_strip(tcn_self_text(a), chars, sides), ret);
}

static int str_strip(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return strip(rt, a, 3, ret);
}

static int str_lstrip(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return strip(rt, a, 1, ret);
}

static int str_rstrip(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return strip(rt, a, 2, ret);
}

static int split(tcn_rt *rt, tcn_value *a, bool from_right, tcn_value *ret)
{
    const tcn_text *separator = NULL;
    int64_t max = -1;
    int rc = optional_chars(rt, a[1], &separator);
    if (rc >= 0)
        rc = tcn_arg_int(rt, a[2], -1, &max);
    return rc < 0 ? rc : tcn_split(rt, tcn_self_text(a), separator, max, from_right, ret);
}

static int str_split(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return split(rt, a, false, ret);
}

static int str_rsplit(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return split(rt, a, true, ret);
}

static int str_splitlines(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t keeps = 0;
    int rc = tcn_arg_int(rt, a[1], 0, &keeps);
    return rc < 0 ? rc : tcn_splitlines(rt, tcn_self_text(a), keeps != 0, ret);
}

/* What joins Markup becomes text and is escaped; to other texts only texts are joined. */
static int put_joined(tcn_rt *rt, tcn_value self, tcn_value v, uint32_t at)
{
    const tcn_text *text = tcn_text_of(&v);
    if (tcn_is_markup(self))
        return tcn_html_show(rt, v, &rt->scratch);
    if (text == NULL)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "sequence item %u: expected str instance, %s found", at,
                         tcn_type_name(v));
    return tcn_put(rt, &rt->scratch, text->ptr, text->len);
}

static int str_join(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    tcn_str separator = tcn_self_text(a);
    if (!tcn_is_iterable(a[1]))
        return tcn_raise(rt, TCN_EXC_TypeError, "can only join an iterable");
    int rc = tcn_items(rt, a[1], &items);
    size_t start = tcn_scratch_begin(rt);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++) {
        if (i > 0)
            rc = tcn_put(rt, &rt->scratch, separator.ptr, separator.len);
        if (rc >= 0)
            rc = put_joined(rt, a[0], items.list->items[i], i);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* A text that goes into the subject: into Markup anything does, escaped. */
static int added_text(tcn_rt *rt, tcn_value self, tcn_value v, const tcn_text **ret)
{
    if (!tcn_is_markup(self))
        return tcn_arg_text(rt, v, ret);
    tcn_value escaped;
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_html_show(rt, v, &rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &escaped);
    if (rc >= 0)
        *ret = escaped.text;
    return rc;
}

static int str_replace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *from = NULL;
    const tcn_text *to = NULL;
    int64_t count = -1;
    int rc = tcn_arg_text(rt, a[1], &from);
    if (rc >= 0)
        rc = added_text(rt, a[0], a[2], &to);
    if (rc >= 0)
        rc = tcn_arg_int(rt, a[3], -1, &count);
    return rc < 0 ? rc
                  : tcn_replace(rt, tcn_self_text(a), tcn_text_str(from),
                                tcn_text_str(to), count, ret);
}

static int str_zfill(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&a[0]);
    int64_t width = 0;
    size_t total = 0;
    int rc = tcn_arg_int(rt, a[1], 0, &width);
    if (rc >= 0)
        rc = tcn_check_width(rt, width, &total);
    if (rc < 0)
        return rc;
    size_t pad = total > text->count ? total - text->count : 0;
    size_t start = tcn_scratch_begin(rt);
    bool has_sign = text->len > 0 && (text->ptr[0] == '-' || text->ptr[0] == '+');
    rc = tcn_put(rt, &rt->scratch, text->ptr, has_sign);
    if (rc >= 0)
        rc = tcn_put_fill(rt, &rt->scratch, '0', pad);
    if (rc >= 0)
        rc = tcn_put(rt, &rt->scratch, text->ptr + has_sign, text->len - has_sign);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int fill_of(tcn_rt *rt, tcn_value self, tcn_value v, uint32_t *ret)
{
    const tcn_text *fill = NULL;
    *ret = ' ';
    if (v.type == TCN_V_MISSING)
        return 0;
    int rc = added_text(rt, self, v, &fill);
    if (rc < 0)
        return rc;
    if (fill->count != 1)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "The fill character must be exactly one character long");
    size_t at = 0;
    *ret = tcn_utf8_decode(tcn_text_str(fill), &at);
    return 0;
}

static int justify(tcn_rt *rt, tcn_value *a, int side, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&a[0]);
    int64_t width = 0;
    size_t total = 0;
    uint32_t fill = ' ';
    int rc = tcn_arg_int(rt, a[1], 0, &width);
    if (rc >= 0)
        rc = fill_of(rt, a[0], a[2], &fill);
    if (rc >= 0)
        rc = tcn_check_width(rt, width, &total);
    if (rc < 0)
        return rc;
    if (side == 0)
        return tcn_center(rt, text, width, fill, ret);
    size_t pad = total > text->count ? total - text->count : 0;
    return tcn_pad(rt, text, side > 0 ? pad : 0, side > 0 ? 0 : pad, fill, ret);
}

static int str_center(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return justify(rt, a, 0, ret);
}

static int str_ljust(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return justify(rt, a, -1, ret);
}

static int str_rjust(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return justify(rt, a, 1, ret);
}

static int str_expandtabs(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_str text = tcn_self_text(a);
    int64_t width = 8;
    size_t size = 0;
    size_t column = 0;
    int rc = tcn_arg_int(rt, a[1], 8, &width);
    if (rc >= 0)
        rc = tcn_check_width(rt, width, &size);
    size_t start = tcn_scratch_begin(rt);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t at = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        if (c == '\t') {
            size_t fill = size > 0 ? size - column % size : 0;
            rc = tcn_put_fill(rt, &rt->scratch, ' ', fill);
            column += fill;
        } else {
            rc = tcn_put(rt, &rt->scratch, text.ptr + at, i - at);
            column = c == '\n' || c == '\r' ? 0 : column + 1;
        }
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int str_format(tcn_rt *rt, tcn_value self, const tcn_args *args, tcn_value *ret)
{
    int rc = tcn_format_text(rt, self, args, ret);
    if (rc >= 0 && tcn_is_markup(self))
        *ret = tcn_markup(*ret);
    /* Members of enums have nothing to fill in, and stay what they are. */
    if (rc >= 0 && self.type == TCN_V_ENUM)
        *ret = self;
    return rc;
}

static int str_format_map(tcn_rt *rt, tcn_value self, const tcn_args *args,
                          tcn_value *ret)
{
    if (args->named_count > 0 || args->count != 1)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "format_map() takes exactly one argument");
    int rc = tcn_format_map(rt, self, args->items[0], ret);
    if (rc >= 0 && self.type == TCN_V_ENUM)
        *ret = self;
    return rc;
}

/* What these two make of Markup is plain text: they are bound to one. */
static int markup_method(tcn_rt *rt, tcn_value self, const tcn_native *native,
                         tcn_value *ret)
{
    self.sub = 0;
    return tcn_bound_make(rt, native, self, ret);
}

static int markup_striptags(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    static const tcn_native native = {.name = "striptags",
                                      .params = "",
                                      .min = 1,
                                      .max = 1,
                                      .call = tcn_filter_striptags};
    return markup_method(rt, self, &native, ret);
}

static int markup_unescape(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    static const tcn_native native = {
        .name = "unescape", .params = "", .min = 1, .max = 1, .call = tcn_html_unescape};
    return markup_method(rt, self, &native, ret);
}

static int enum_value(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return tcn_text_make(rt, self.member->value.ptr, self.member->value.len, ret);
}

static int enum_name(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return tcn_text_make(rt, self.member->name.ptr, self.member->name.len, ret);
}

/* clang-format off */
#define COMMON_MEMBERS \
    [TCN_A_upper] = TCN_METHOD("upper", "", 1, 1, str_upper), \
    [TCN_A_lower] = TCN_METHOD("lower", "", 1, 1, str_lower), \
    [TCN_A_title] = TCN_METHOD("title", "", 1, 1, str_title), \
    [TCN_A_capitalize] = TCN_METHOD("capitalize", "", 1, 1, str_capitalize), \
    [TCN_A_swapcase] = TCN_METHOD("swapcase", "", 1, 1, str_swapcase), \
    [TCN_A_strip] = TCN_METHOD("strip", "", 1, 2, str_strip), \
    [TCN_A_lstrip] = TCN_METHOD("lstrip", "", 1, 2, str_lstrip), \
    [TCN_A_rstrip] = TCN_METHOD("rstrip", "", 1, 2, str_rstrip), \
    [TCN_A_split] = TCN_METHOD("split", "sep maxsplit", 1, 3, str_split), \
    [TCN_A_rsplit] = TCN_METHOD("rsplit", "sep maxsplit", 1, 3, str_rsplit), \
    [TCN_A_splitlines] = TCN_METHOD("splitlines", "keepends", 1, 2, str_splitlines), \
    [TCN_A_join] = TCN_METHOD("join", "", 2, 2, str_join), \
    [TCN_A_replace] = TCN_METHOD("replace", "", 3, 4, str_replace), \
    [TCN_A_startswith] = TCN_METHOD("startswith", "", 2, 4, tcn_search_startswith), \
    [TCN_A_endswith] = TCN_METHOD("endswith", "", 2, 4, tcn_search_endswith), \
    [TCN_A_find] = TCN_METHOD("find", "", 2, 4, tcn_search_find), \
    [TCN_A_rfind] = TCN_METHOD("rfind", "", 2, 4, tcn_search_rfind), \
    [TCN_A_index] = TCN_METHOD("index", "", 2, 4, tcn_search_index), \
    [TCN_A_rindex] = TCN_METHOD("rindex", "", 2, 4, tcn_search_rindex), \
    [TCN_A_count] = TCN_METHOD("count", "", 2, 4, tcn_search_count), \
    [TCN_A_zfill] = TCN_METHOD("zfill", "", 2, 2, str_zfill), \
    [TCN_A_center] = TCN_METHOD("center", "", 2, 3, str_center), \
    [TCN_A_ljust] = TCN_METHOD("ljust", "", 2, 3, str_ljust), \
    [TCN_A_rjust] = TCN_METHOD("rjust", "", 2, 3, str_rjust), \
    [TCN_A_partition] = TCN_METHOD("partition", "", 2, 2, tcn_search_partition), \
    [TCN_A_rpartition] = TCN_METHOD("rpartition", "", 2, 2, tcn_search_rpartition), \
    [TCN_A_removeprefix] = TCN_METHOD("removeprefix", "", 2, 2, tcn_search_removeprefix), \
    [TCN_A_removesuffix] = TCN_METHOD("removesuffix", "", 2, 2, tcn_search_removesuffix), \
    [TCN_A_expandtabs] = TCN_METHOD("expandtabs", "tabsize", 1, 2, str_expandtabs), \
    [TCN_A_isdigit] = TCN_METHOD("isdigit", "", 1, 1, tcn_str_isdigit), \
    [TCN_A_isalpha] = TCN_METHOD("isalpha", "", 1, 1, tcn_str_isalpha), \
    [TCN_A_isalnum] = TCN_METHOD("isalnum", "", 1, 1, tcn_str_isalnum), \
    [TCN_A_islower] = TCN_METHOD("islower", "", 1, 1, tcn_str_islower), \
    [TCN_A_isupper] = TCN_METHOD("isupper", "", 1, 1, tcn_str_isupper), \
    [TCN_A_isspace] = TCN_METHOD("isspace", "", 1, 1, tcn_str_isspace), \
    [TCN_A_istitle] = TCN_METHOD("istitle", "", 1, 1, tcn_str_istitle), \
    [TCN_A_isascii] = TCN_METHOD("isascii", "", 1, 1, tcn_str_isascii)
#define TEXT_MEMBERS \
    COMMON_MEMBERS, \
    [TCN_A_casefold] = TCN_METHOD("casefold", "", 1, 1, str_casefold), \
    [TCN_A_isdecimal] = TCN_METHOD("isdecimal", "", 1, 1, tcn_str_isdecimal), \
    [TCN_A_isnumeric] = TCN_METHOD("isnumeric", "", 1, 1, tcn_str_isnumeric), \
    [TCN_A_isidentifier] = TCN_METHOD("isidentifier", "", 1, 1, tcn_str_isidentifier), \
    [TCN_A_isprintable] = TCN_METHOD("isprintable", "", 1, 1, tcn_str_isprintable), \
    [TCN_A_encode] = TCN_METHOD("encode", "encoding errors", 1, 3, tcn_str_encode), \
    [TCN_A_translate] = TCN_METHOD("translate", "", 2, 2, tcn_str_translate), \
    [TCN_A_format] = TCN_METHOD_RAW("format", str_format), \
    [TCN_A_format_map] = TCN_METHOD_RAW("format_map", str_format_map)

const tcn_member tcn_str_members[TCN_ATOM_COUNT] = {TEXT_MEMBERS};
const tcn_member tcn_markup_members[TCN_ATOM_COUNT] = {
    TEXT_MEMBERS,
    [TCN_A_striptags] = TCN_PROP(markup_striptags),
    [TCN_A_unescape] = TCN_PROP(markup_unescape),
};
const tcn_member tcn_bytes_members[TCN_ATOM_COUNT] = {
    COMMON_MEMBERS,
    [TCN_A_decode] = TCN_METHOD("decode", "encoding errors", 1, 3, tcn_bytes_decode),
    [TCN_A_hex] = TCN_METHOD("hex", "", 1, 1, tcn_bytes_hex),
};
const tcn_member tcn_enum_members[TCN_ATOM_COUNT] = {
    TEXT_MEMBERS,
    [TCN_A_value] = TCN_PROP(enum_value),
    [TCN_A_name] = TCN_PROP(enum_name),
};
/* clang-format on */
