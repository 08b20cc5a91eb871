/* SPDX-License-Identifier: Apache-2.0 */
/* filters_text.c - filters that make text of text. "Soft" ones take str() of what is not
 * text. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/html.h"
#include "core/template/strings.h"
#include "core/value/number.h"

/* soft_str(): a str as it is, an enum member as itself (its value), else str(v). */
static int soft(tcn_rt *rt, tcn_value v, const tcn_text **ret)
{
    tcn_value text;
    if (tcn_is_text(v)) {
        *ret = v.type == TCN_V_STR ? v.text : &v.member->value;
        return 0;
    }
    int rc = tcn_to_text(rt, v, &text);
    *ret = text.text;
    return rc;
}

/* What is made of Markup by its own methods is Markup. */
static int kept_markup(int rc, tcn_value from, tcn_value *ret)
{
    if (rc >= 0 && tcn_is_markup(from))
        *ret = tcn_markup(*ret);
    return rc;
}

static int cased(tcn_rt *rt, tcn_value v, enum tcn_case to, tcn_value *ret)
{
    const tcn_text *text = NULL;
    int rc = soft(rt, v, &text);
    if (rc >= 0)
        rc = tcn_case_text(rt, tcn_text_str(text), to, ret);
    return kept_markup(rc, v, ret);
}

int tcn_filter_upper(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return cased(rt, a[0], TCN_CASE_UPPER, ret);
}

int tcn_filter_lower(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return cased(rt, a[0], TCN_CASE_LOWER, ret);
}

int tcn_filter_capitalize(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    int rc = soft(rt, a[0], &text);
    if (rc >= 0)
        rc = tcn_capitalize(rt, tcn_text_str(text), ret);
    return kept_markup(rc, a[0], ret);
}

static bool begins_word(uint32_t c)
{
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' ||
           tcn_unicode_is(c, TCN_U_SPACE);
}

/* One piece between separators, or one run of them: first character up, the rest down. */
static int put_titled(tcn_rt *rt, tcn_str piece)
{
    size_t first = 0;
    if (piece.len == 0)
        return 0;
    (void)tcn_utf8_decode(piece, &first);
    int rc = tcn_case_put(rt, tcn_str_of(piece.ptr, first), TCN_CASE_UPPER, &rt->scratch);
    return rc < 0 ? rc
                  : tcn_case_put(rt, tcn_str_of(piece.ptr + first, piece.len - first),
                                 TCN_CASE_LOWER, &rt->scratch);
}

int tcn_filter_title(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    int rc = soft(rt, a[0], &text);
    if (rc < 0)
        return rc;
    tcn_str s = tcn_text_str(text);
    size_t start = tcn_scratch_begin(rt);
    size_t from = 0;
    bool was_separator = false;
    for (size_t i = 0; i < s.len && rc >= 0;) {
        size_t at = i;
        bool is_separator = begins_word(tcn_utf8_decode(s, &i));
        if (is_separator == was_separator)
            continue;
        rc = put_titled(rt, tcn_str_of(s.ptr + from, at - from));
        from = at;
        was_separator = is_separator;
    }
    if (rc >= 0)
        rc = put_titled(rt, tcn_str_of(s.ptr + from, s.len - from));
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_trim(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    const tcn_text *chars = NULL;
    int rc = soft(rt, a[0], &text);
    if (rc >= 0 && !tcn_is_missing(a[1]) && a[1].type != TCN_V_NONE)
        rc = tcn_arg_text(rt, a[1], &chars);
    if (rc < 0)
        return rc;
    tcn_str part = tcn_strip(tcn_text_str(text), chars, 3);
    return kept_markup(tcn_text_make(rt, part.ptr, part.len, ret), a[0], ret);
}

int tcn_filter_center(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    int64_t width = 80;
    int rc = soft(rt, a[0], &text);
    if (rc >= 0)
        rc = tcn_arg_int(rt, a[1], 80, &width);
    if (rc >= 0)
        rc = tcn_center(rt, text, width, ' ', ret);
    return kept_markup(rc, a[0], ret);
}

int tcn_filter_wordcount(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    int rc = soft(rt, a[0], &text);
    if (rc < 0)
        return rc;
    tcn_str s = tcn_text_str(text);
    int64_t count = 0;
    bool was_word = false;
    for (size_t i = 0; i < s.len;) {
        uint32_t c = tcn_utf8_decode(s, &i);
        bool is_word = c == '_' || tcn_unicode_is(c, TCN_U_ALNUM);
        count += is_word && !was_word;
        was_word = is_word;
    }
    *ret = tcn_int(count);
    return tcn_charge(rt, s.len / 16);
}

int tcn_filter_string(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (a[0].type == TCN_V_ENUM || a[0].type == TCN_V_STR) {
        *ret = a[0];
        return 0;
    }
    return tcn_to_text(rt, a[0], ret);
}

int tcn_filter_safe(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_to_text(rt, a[0], ret);
    if (rc >= 0)
        *ret = tcn_markup_as(*ret, TCN_TEXT_SAFE);
    return rc;
}

int tcn_filter_escape(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_html_show(rt, a[0], &rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0)
        *ret = tcn_markup(*ret);
    return rc;
}

/* Of replace where the output is HTML: a text that meets Markup is escaped, and so is
 * what gets into Markup. */
static int escape_parts(tcn_rt *rt, tcn_value *a)
{
    int rc = 0;
    if (tcn_is_markup(a[1]) || (tcn_is_markup(a[2]) && !tcn_is_markup(a[0])))
        rc = tcn_filter_escape(rt, &a[0], &a[0]);
    return rc >= 0 && tcn_is_markup(a[0]) ? tcn_filter_escape(rt, &a[2], &a[2]) : rc;
}

int tcn_filter_replace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value parts[3];
    int64_t count = -1;
    int rc = 0;
    if (tcn_html_is_output(rt))
        rc = escape_parts(rt, a);
    tcn_value from = a[0];
    for (int i = 0; i < 3 && rc >= 0; i++)
        rc = tcn_to_text(rt, a[i], &parts[i]);
    if (rc >= 0 && a[3].type != TCN_V_NONE)
        rc = tcn_arg_int(rt, a[3], -1, &count);
    if (rc >= 0)
        rc = tcn_replace(rt, tcn_text_str(parts[0].text), tcn_text_str(parts[1].text),
                         tcn_text_str(parts[2].text), count, ret);
    return tcn_html_is_output(rt) ? kept_markup(rc, from, ret) : rc;
}

int tcn_filter_forceescape(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value text;
    int rc = tcn_to_text(rt, a[0], &text);
    if (rc < 0)
        return rc;
    text.sub = 0;
    text.aux = TCN_TEXT_VALUE;
    return tcn_filter_escape(rt, &text, ret);
}

/* s + "\n" as Python adds them: only texts can. */
static int need_addable(tcn_rt *rt, tcn_value v, const tcn_text **ret)
{
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    if (tcn_is_text(v)) {
        *ret = v.type == TCN_V_STR ? v.text : &v.member->value;
        return 0;
    }
    if (v.type == TCN_V_LIST)
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'list' object has no attribute 'splitlines'");
    return tcn_raise(rt, TCN_EXC_TypeError,
                     "unsupported operand type(s) for +=: '%s' and 'str'",
                     tcn_type_name(v));
}

static int indent_lines(tcn_rt *rt, const tcn_vlist *lines, tcn_str by, bool has_first,
                        bool has_blank)
{
    tcn_buf *out = &rt->scratch;
    int rc = 0;
    for (uint32_t i = 0; i < lines->count && rc >= 0; i++) {
        tcn_str line = tcn_text_str(lines->items[i].text);
        bool is_indented = i == 0 ? has_first : has_blank || line.len > 0;
        if (i > 0)
            rc = tcn_put_char(rt, out, '\n');
        if (is_indented && rc >= 0)
            rc = tcn_put(rt, out, by.ptr, by.len);
        if (rc >= 0)
            rc = tcn_put(rt, out, line.ptr, line.len);
    }
    return rc;
}

int tcn_filter_indent(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = NULL;
    const tcn_text *by = tcn_text_of(&a[1]);
    tcn_value spaces, lines, ended;
    int64_t width = 4;
    size_t size = 0;
    int rc = a[1].type == TCN_V_UNDEF ? tcn_raise_undef(rt, a[1]) : 0;
    if (rc >= 0 && by == NULL)
        rc = tcn_arg_int(rt, a[1], 4, &width);
    if (rc >= 0)
        rc = tcn_check_width(rt, by == NULL ? width : 0, &size);
    if (rc >= 0)
        rc = need_addable(rt, a[0], &text);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    if (by == NULL) {
        rc = tcn_put_fill(rt, &rt->scratch, ' ', size);
        if (rc >= 0)
            rc = tcn_scratch_end(rt, start, &spaces);
        if (rc < 0)
            return rc;
        by = spaces.text;
    }
    rc = tcn_put(rt, &rt->scratch, text->ptr, text->len);
    if (rc >= 0)
        rc = tcn_put_char(rt, &rt->scratch, '\n');
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &ended);
    if (rc >= 0)
        rc = tcn_splitlines(rt, tcn_text_str(ended.text), false, &lines);
    if (rc >= 0)
        rc = indent_lines(rt, lines.list, tcn_text_str(by), tcn_arg_bool(a[2], false),
                          tcn_arg_bool(a[3], false));
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    return kept_markup(rc, a[0], ret);
}

/* assert v >= least, for any v that can be compared with a number. */
static int expect_least(tcn_rt *rt, const char *name, tcn_value v, size_t least)
{
    int rc = tcn_compare(rt, TCN_GE, v, tcn_int((int64_t)least));
    if (rc != 0)
        return rc;
    tcn_value shown;
    rc = tcn_to_text(rt, v, &shown);
    return rc < 0 ? rc
                  : tcn_raise(rt, TCN_EXC_AssertionError, "expected %s >= %zu, got %.*s",
                              name, least, TCN_STR_ARG(tcn_text_str(shown.text)));
}

/* The text without what stands behind its last space. */
static int without_last_word(tcn_rt *rt, tcn_value *v)
{
    const tcn_text *text = tcn_text_of(v);
    if (text == NULL)
        return v->type == TCN_V_BYTES
                   ? tcn_raise(rt, TCN_EXC_TypeError, "a bytes-like object is required")
                   : tcn_raise(rt, TCN_EXC_AttributeError,
                               "'%s' object has no attribute 'rsplit'",
                               tcn_type_name(*v));
    size_t space = tcn_rfind(tcn_text_str(text), TCN_STR(" "));
    tcn_value from = *v;
    int rc = space == SIZE_MAX ? 0 : tcn_text_part(rt, text, 0, space, v);
    return kept_markup(rc, from, v);
}

int tcn_filter_truncate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    bool has_leeway = !tcn_is_missing(a[4]) && a[4].type != TCN_V_NONE;
    tcn_value length = tcn_is_missing(a[1]) ? tcn_int(255) : a[1];
    tcn_value leeway = has_leeway ? a[4] : tcn_int(5);
    tcn_value most = tcn_none();
    tcn_value end = a[3];
    size_t end_count = 0;
    size_t count = 0;
    int rc = tcn_is_missing(end) ? tcn_text_make(rt, "...", 3, &end) : 0;
    if (rc >= 0)
        rc = tcn_length(rt, end, &end_count);
    if (rc >= 0)
        rc = expect_least(rt, "length", length, end_count);
    if (rc >= 0)
        rc = expect_least(rt, "leeway", leeway, 0);
    if (rc >= 0)
        rc = tcn_length(rt, a[0], &count);
    if (rc >= 0)
        rc = tcn_arith(rt, TCN_ADD, length, leeway, &most);
    if (rc >= 0)
        rc = tcn_compare(rt, TCN_LE, tcn_int((int64_t)count), most);
    if (rc != 0) {
        *ret = a[0];
        return rc < 0 ? rc : 0;
    }
    rc = tcn_arith(rt, TCN_SUB, length, tcn_int((int64_t)end_count), &most);
    if (rc >= 0)
        rc = tcn_slice(rt, a[0], tcn_none(), most, tcn_none(), ret);
    if (rc >= 0 && !tcn_arg_bool(a[2], false))
        rc = without_last_word(rt, ret);
    if (rc < 0)
        return rc;
    bool is_joined = tcn_is_text(*ret) && tcn_is_text(end) &&
                     (tcn_is_markup(*ret) || tcn_is_markup(end));
    return is_joined ? tcn_html_join(rt, *ret, end, ret)
                     : tcn_arith(rt, TCN_ADD, *ret, end, ret);
}

/* Digits, letters and _.-~ stay; also '/' in paths, and a space is '+' in queries. */
static int put_quoted(tcn_rt *rt, tcn_str text, bool is_query)
{
    static const char hex[] = "0123456789ABCDEF";
    int rc = tcn_charge(rt, text.len / 8);
    for (size_t i = 0; i < text.len && rc >= 0; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
                        (c != 0 && strchr(is_query ? "_.-~" : "_.-~/", c) != NULL);
        char code[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_plain && c < 0x80)
            rc = tcn_put(rt, &rt->scratch, text.ptr + i, 1);
        else if (is_query && c == ' ')
            rc = tcn_put_char(rt, &rt->scratch, '+');
        else
            rc = tcn_put(rt, &rt->scratch, code, 3);
    }
    return rc;
}

static int put_quoted_value(tcn_rt *rt, tcn_value v, bool is_query)
{
    tcn_value text = v;
    int rc = v.type == TCN_V_BYTES ? 0 : (tcn_is_text(v) ? 0 : tcn_to_text(rt, v, &text));
    if (rc < 0)
        return rc;
    const tcn_text *t = text.type == TCN_V_BYTES ? text.text : tcn_text_of(&text);
    return put_quoted(rt, tcn_text_str(t), is_query);
}

static int put_query_pair(tcn_rt *rt, tcn_value pair)
{
    tcn_value items;
    int rc = 0;
    if (!tcn_is_iterable(pair))
        return tcn_raise(rt, TCN_EXC_TypeError, "cannot unpack non-iterable %s object",
                         tcn_type_name(pair));
    rc = tcn_items(rt, pair, &items);
    if (rc >= 0 && items.list->count != 2)
        return tcn_raise(rt, TCN_EXC_ValueError,
                         items.list->count < 2
                             ? "not enough values to unpack (expected 2, got %u)"
                             : "too many values to unpack (expected 2)",
                         items.list->count);
    if (rc >= 0)
        rc = put_quoted_value(rt, items.list->items[0], true);
    if (rc >= 0)
        rc = tcn_put_char(rt, &rt->scratch, '=');
    return rc < 0 ? rc : put_quoted_value(rt, items.list->items[1], true);
}

int tcn_filter_urlencode(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = 0;
    if (tcn_is_text(a[0]) || !tcn_is_iterable(a[0])) {
        rc = put_quoted_value(rt, a[0], false);
    } else {
        tcn_value pairs = a[0];
        if (pairs.type == TCN_V_DICT)
            pairs = (tcn_value){
                .type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = pairs.dict};
        rc = tcn_items(rt, pairs, &pairs);
        for (uint32_t i = 0; rc >= 0 && i < pairs.list->count; i++) {
            if (i > 0)
                rc = tcn_put_char(rt, &rt->scratch, '&');
            if (rc >= 0)
                rc = put_query_pair(rt, pairs.list->items[i]);
        }
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
