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

/* Bytes of "[text](target)" that s begins with; 0: it is none. */
static size_t link_length(tocsin_str s)
{
    size_t at = 1;
    while (at + 1 < s.len && s.ptr[at] != '\n' &&
           !(s.ptr[at] == ']' && s.ptr[at + 1] == '('))
        at += s.ptr[at] == '\\' ? 2 : 1;
    if (at + 1 >= s.len || s.ptr[at] != ']')
        return 0;
    while (at < s.len && s.ptr[at] != '\n' && s.ptr[at] != ')')
        at += s.ptr[at] == '\\' ? 2 : 1;
    return at < s.len && s.ptr[at] == ')' ? at + 1 : 0;
}

/* Bytes at the front of s that stay together. */
static size_t token_length(tocsin_str s)
{
    size_t len = s.ptr[0] == '['   ? link_length(s)
                 : s.ptr[0] == '<' ? mention_length(s)
                                   : 0;
    if (len > 0)
        return len;
    if (s.ptr[0] == '\\' && s.len > 1)
        return 2;
    len = tocsin_utf8_length(s.ptr, s.len);
    return len > 0 ? len : 1;
}

void markdown_add_cut(tocsin_text *out, tocsin_str s, size_t bytes)
{
    size_t at = 0;
    if (s.len <= bytes) {
        tocsin_text_add_str(out, s);
        return;
    }
    while (at < s.len) {
        size_t len = token_length(tocsin_str_part(s.ptr + at, s.len - at));
        if (at + len > bytes)
            break;
        at += len;
    }
    while (at > 0 && (unsigned char)s.ptr[at - 1] <= ' ')
        at--;
    tocsin_text_add(out, s.ptr, at);
    tocsin_text_add_c(out, ELLIPSIS);
}
