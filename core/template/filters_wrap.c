/* SPDX-License-Identifier: Apache-2.0 */
/* filters_wrap.c - wordwrap: Python's textwrap for each line of a text. A line is cut
 * into chunks (spaces, words, parts of hyphenated words), which are then packed into
 * lines. */
#include <math.h>

#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/strings.h"

/* One line as code points, with where each begins. */
typedef struct line {
    tcn_str text;
    uint32_t *codes;
    uint32_t *starts; /* count + 1 of them */
    size_t count;
} line;

typedef struct wrap {
    tcn_rt *rt;
    size_t width;
    bool is_whole; /* the width is an integer; else no word can be broken by it */
    bool breaks_words, breaks_hyphens;
    tcn_str newline;
    bool has_line; /* something was written before */
} wrap;

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(uint32_t c)
{
    return c == '_' || tcn_unicode_is(c, TCN_U_ALNUM);
}

static bool is_letter(uint32_t c)
{
    return is_word(c) && !tcn_unicode_is(c, TCN_U_DECIMAL);
}

static bool is_punct(uint32_t c)
{
    return is_word(c) || (c < 0x80 && c != 0 && strchr("!\"'&.,?", (int)c) != NULL);
}

static uint32_t code_at(const line *l, size_t i)
{
    return i < l->count ? l->codes[i] : ' ';
}

/* Two or more dashes at i with a word behind them: their end, or 0. */
static size_t dash_end(const line *l, size_t i)
{
    size_t end = i;
    while (code_at(l, end) == '-')
        end++;
    return end - i >= 2 && end < l->count && is_word(l->codes[end]) ? end : 0;
}

/* Whether a hyphenated word may be cut behind the hyphen at i. */
static bool cuts_at_hyphen(const line *l, size_t i)
{
    if (code_at(l, i) != '-')
        return false;
    bool after_letters =
        i >= 2 && is_letter(l->codes[i - 1]) && is_letter(l->codes[i - 2]);
    bool after_part = i >= 3 && is_letter(l->codes[i - 3]) && l->codes[i - 2] == '-' &&
                      is_punct(l->codes[i - 1]);
    if (!after_letters && !after_part)
        return false;
    if (i + 1 >= l->count || !is_letter(l->codes[i + 1]))
        return false;
    size_t next = i + 2;
    if (code_at(l, next) == '-')
        next++;
    return next < l->count && is_letter(l->codes[next]);
}

/* Where the chunk that begins at i ends. */
static size_t chunk_end(const wrap *w, const line *l, size_t i)
{
    size_t end = i;
    if (is_space(l->codes[i])) {
        while (end < l->count && is_space(l->codes[end]))
            end++;
        return end;
    }
    if (w->breaks_hyphens && i > 0 && is_punct(l->codes[i - 1]) && dash_end(l, i) > 0)
        return dash_end(l, i);
    for (end = i + 1; end < l->count && !is_space(l->codes[end]); end++) {
        if (!w->breaks_hyphens)
            continue;
        if (cuts_at_hyphen(l, end))
            return end + 1;
        if (is_punct(l->codes[end - 1]) && dash_end(l, end) > 0)
            return end;
    }
    return end;
}

static bool is_blank(const line *l, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (!tcn_unicode_is(l->codes[i], TCN_U_SPACE))
            return false;
    }
    return true;
}

static int put_line(wrap *w, const line *l, size_t from, size_t to)
{
    int rc =
        w->has_line ? tcn_put(w->rt, &w->rt->scratch, w->newline.ptr, w->newline.len) : 0;
    w->has_line = true;
    size_t start = l->starts[from];
    return rc < 0 ? rc
                  : tcn_put(w->rt, &w->rt->scratch, l->text.ptr + start,
                            l->starts[to] - start);
}

/* How much of a chunk that is too long still goes onto the line. */
static size_t broken_end(const wrap *w, const line *l, size_t from, size_t to,
                         size_t room)
{
    if (w->breaks_hyphens && to - from > room) {
        for (size_t at = from + room; at > from + 1; at--) {
            if (l->codes[at - 1] != '-')
                continue;
            for (size_t i = from; i < at - 1; i++) {
                if (l->codes[i] != '-')
                    return at;
            }
            break;
        }
    }
    return from + room < to ? from + room : to;
}

static int wrap_line(wrap *w, const line *l)
{
    size_t at = 0;        /* where the next chunk begins */
    size_t pending = 0;   /* end of a chunk that was broken before; 0: none */
    bool is_first = true; /* no line of this paragraph yet */
    int rc = 0;
    while (at < l->count && rc >= 0) {
        size_t end = pending > at ? pending : chunk_end(w, l, at);
        pending = 0;
        if (!is_first && is_blank(l, at, end)) {
            at = end;
            if (at >= l->count)
                break;
            end = chunk_end(w, l, at);
        }
        size_t start = at;
        size_t last = at; /* beginning of the line's last chunk */
        while (end - start <= w->width) {
            last = at;
            at = end;
            if (at >= l->count)
                break;
            end = chunk_end(w, l, at);
        }
        if (at < l->count && end - at > w->width) {
            if (w->breaks_words) {
                size_t room = w->width > 0 ? w->width - (at - start) : 1;
                last = at;
                pending = end;
                if (!w->is_whole && w->width > 0)
                    return tcn_raise(w->rt, TCN_EXC_TypeError,
                                     "slice indices must be integers");
                at = broken_end(w, l, at, end, room);
            } else if (at == start) {
                last = at;
                at = end;
            }
        }
        size_t stop = at;
        if (stop > start && is_blank(l, last, stop))
            stop = last;
        if (stop > start) {
            rc = put_line(w, l, start, stop);
            is_first = false;
        }
        if (rc >= 0)
            rc = tcn_charge(w->rt, 4);
    }
    return rc;
}

static int make_line(tcn_rt *rt, tcn_value v, line *ret)
{
    tcn_str text = tcn_text_str(v.text);
    size_t count = v.text->count;
    ret->text = text;
    ret->count = count;
    ret->codes = tcn_arena_alloc(rt->arena, (count + 1) * sizeof *ret->codes);
    ret->starts = tcn_arena_alloc(rt->arena, (count + 1) * sizeof *ret->starts);
    if (ret->codes == NULL || ret->starts == NULL)
        return tcn_raise_memory(rt);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        ret->starts[i] = (uint32_t)at;
        ret->codes[i] = tcn_utf8_decode(text, &at);
    }
    ret->starts[count] = (uint32_t)at;
    return tcn_charge(rt, count / 2);
}

/* The width as textwrap compares it with lengths; of a float the whole part. */
static int read_width(wrap *w, tcn_value v)
{
    int64_t width = 79;
    int rc = tcn_compare(w->rt, TCN_LE, v, tcn_int(0));
    if (rc == 1) {
        tcn_value shown;
        rc = tcn_to_text(w->rt, v, &shown);
        return rc < 0 ? rc
                      : tcn_raise(w->rt, TCN_EXC_ValueError,
                                  "invalid width %.*s (must be > 0)",
                                  TCN_STR_ARG(tcn_text_str(shown.text)));
    }
    w->is_whole = v.type != TCN_V_FLOAT;
    if (v.type == TCN_V_FLOAT && !isnan(v.real))
        v = tcn_int(v.real < (double)UINT32_MAX ? (int64_t)v.real : UINT32_MAX);
    if (rc >= 0)
        rc = tcn_arg_int(w->rt, v, 79, &width);
    if (rc >= 0 && w->is_whole)
        return tcn_check_width(w->rt, width, &w->width);
    w->width = (size_t)width;
    return rc;
}

int tcn_filter_wordwrap(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&a[0]);
    const tcn_text *newline = NULL;
    wrap w = {.rt = rt,
              .newline = TCN_STR("\n"),
              .breaks_words = tcn_arg_bool(a[2], true),
              .breaks_hyphens = tcn_arg_bool(a[4], true)};
    tcn_value lines;
    bool has_newline = !tcn_is_missing(a[3]) && a[3].type != TCN_V_NONE;
    bool has_undefined = has_newline && a[3].type == TCN_V_UNDEF;
    if (has_newline && !has_undefined && !tcn_is_text(a[3]))
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'join'", tcn_type_name(a[3]));
    if (a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    if (text == NULL)
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'splitlines'",
                         tcn_type_name(a[0]));
    if (has_undefined)
        return tcn_raise_undef(rt, a[3]);
    int rc = has_newline ? tcn_arg_text(rt, a[3], &newline) : 0;
    if (rc >= 0)
        rc = tcn_splitlines(rt, tcn_text_str(text), false, &lines);
    if (newline != NULL)
        w.newline = tcn_text_str(newline);
    if (rc >= 0 && lines.list->count > 0)
        rc = read_width(&w, tcn_is_missing(a[1]) ? tcn_int(79) : a[1]);
    size_t start = tcn_scratch_begin(rt);
    for (uint32_t i = 0; rc >= 0 && i < lines.list->count; i++) {
        line l;
        if (i > 0)
            rc = tcn_put(rt, &rt->scratch, w.newline.ptr, w.newline.len);
        w.has_line = false;
        if (rc >= 0)
            rc = make_line(rt, lines.list->items[i], &l);
        if (rc >= 0)
            rc = wrap_line(&w, &l);
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
