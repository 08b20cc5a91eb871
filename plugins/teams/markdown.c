/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.c - see markdown.h. */
#include "markdown.h"

#include "mentions.h"

#define ELLIPSIS "\xe2\x80\xa6"

void markdown_add_escaped(tocsin_text *out, tocsin_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '\0' && strchr("*_[]()#->`~|\\", s.ptr[i]) != NULL)
            tocsin_text_add_char(out, '\\');
        tocsin_text_add_char(out, s.ptr[i]);
    }
}

/* ---- paragraphs ---- */

static bool is_item(tocsin_str line)
{
    size_t at = 0;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    size_t digits = at;
    while (digits < line.len && line.ptr[digits] >= '0' && line.ptr[digits] <= '9')
        digits++;
    if (digits > at)
        return digits + 1 < line.len && line.ptr[digits] == '.' &&
               line.ptr[digits + 1] == ' ';
    return at + 1 < line.len && strchr("-*+", line.ptr[at]) != NULL &&
           line.ptr[at + 1] == ' ';
}

static tocsin_str take_line(tocsin_str *s)
{
    const char *end = s->len == 0 ? NULL : memchr(s->ptr, '\n', s->len);
    tocsin_str line = {s->ptr, end == NULL ? s->len : (size_t)(end - s->ptr)};
    size_t used = end == NULL ? s->len : line.len + 1;
    s->ptr += used;
    s->len -= used;
    return line;
}

void markdown_add_paragraphs(tocsin_text *out, tocsin_str s)
{
    tocsin_str before = {NULL, 0};
    bool has_gap = false;
    while (s.len > 0) {
        tocsin_str line = take_line(&s);
        if (tocsin_str_is_blank(line)) {
            has_gap = true;
            continue;
        }
        if (before.len > 0)
            tocsin_text_add_c(out, !has_gap && is_item(before) && is_item(line) ? "\n"
                                                                                : "\n\n");
        tocsin_text_add_str(out, line);
        before = line;
        has_gap = false;
    }
}

/* ---- cutting ---- */

/* Bytes of "[text](target)" that s begins with; 0: it is none, and then *ret_seen says
 * how far was looked: nothing before there is the beginning of a link. */
static size_t link_length(tocsin_str s, size_t *ret_seen)
{
    size_t at = 1;
    while (at + 1 < s.len && s.ptr[at] != '\n' &&
           !(s.ptr[at] == ']' && s.ptr[at + 1] == '('))
        at += s.ptr[at] == '\\' ? 2 : 1;
    bool has_text = at + 1 < s.len && s.ptr[at] == ']';
    while (has_text && at < s.len && s.ptr[at] != '\n' && s.ptr[at] != ')')
        at += s.ptr[at] == '\\' ? 2 : 1;
    *ret_seen = at;
    return has_text && at < s.len && s.ptr[at] == ')' ? at + 1 : 0;
}

/* Walks over what stays together. */
typedef struct tokens {
    tocsin_str s;
    size_t at;
    size_t no_link_before;
} tokens;

static size_t next_length(tokens *t)
{
    tocsin_str rest = {t->s.ptr + t->at, t->s.len - t->at};
    size_t len = 0, seen = 0;
    if (rest.ptr[0] == '<') {
        len = mention_length(rest);
    } else if (rest.ptr[0] == '[' && t->at >= t->no_link_before) {
        len = link_length(rest, &seen);
        t->no_link_before = len == 0 ? t->at + seen : t->no_link_before;
    }
    if (len > 0)
        return len;
    if (rest.ptr[0] == '\\' && rest.len > 1)
        return 1 + (tocsin_utf8_length(rest.ptr + 1, rest.len - 1) > 1
                        ? tocsin_utf8_length(rest.ptr + 1, rest.len - 1)
                        : 1);
    len = tocsin_utf8_length(rest.ptr, rest.len);
    return len > 0 ? len : 1;
}

void markdown_add_cut(tocsin_text *out, tocsin_str s, size_t bytes)
{
    tokens t = {.s = s};
    size_t end = 0; /* of the last one that shows */
    if (s.len <= bytes) {
        tocsin_text_add_str(out, s);
        return;
    }
    while (t.at < s.len) {
        size_t len = next_length(&t);
        if (t.at + len > bytes)
            break;
        if (!tocsin_str_is_blank(tocsin_str_part(s.ptr + t.at, len)))
            end = t.at + len;
        t.at += len;
    }
    tocsin_text_add(out, s.ptr, end);
    tocsin_text_add_c(out, ELLIPSIS);
}
