/* SPDX-License-Identifier: Apache-2.0 */
/* mrkdwn.c - dividing and cutting. A place is safe when no "<...>", no entity and no
 * "```" stands across it. */
#include "mrkdwn.h"

#define FENCE       "```"
#define FENCE_UNITS 4 /* a fence and its line end */
#define ELLIPSIS    "\xe2\x80\xa6"

void mrkdwn_add_escaped(tocsin_text *out, tocsin_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '&')
            tocsin_text_add_c(out, "&amp;");
        else if (c == '<')
            tocsin_text_add_c(out, "&lt;");
        else if (c == '>')
            tocsin_text_add_c(out, "&gt;");
        else
            tocsin_text_add_char(out, c);
    }
}

static bool is_fence(tocsin_str s, size_t at)
{
    return at + 3 <= s.len && memcmp(s.ptr + at, FENCE, 3) == 0;
}

/* Bytes of the entity at s[at], or 1. */
static size_t entity_length(tocsin_str s, size_t at)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;"};
    for (size_t i = 0; i < 3; i++)
        if (tocsin_str_starts(tocsin_str_part(s.ptr + at, s.len - at), entities[i]))
            return strlen(entities[i]);
    return 1;
}

/* Bytes of the link or mention at s[at], or 1: one that does not end on its line is none.
 */
static size_t link_length(tocsin_str s, size_t at)
{
    for (size_t i = at + 1; i < s.len && s.ptr[i] != '\n' && s.ptr[i] != '<'; i++)
        if (s.ptr[i] == '>')
            return i + 1 - at;
    return 1;
}

/* Bytes at s[at] that stay together. */
static size_t token_length(tocsin_str s, size_t at)
{
    if (s.ptr[at] == '<')
        return link_length(s, at);
    if (s.ptr[at] == '&')
        return entity_length(s, at);
    if (is_fence(s, at))
        return 3;
    size_t len = tocsin_utf8_length(s.ptr + at, s.len - at);
    return len > 0 ? len : 1;
}

/* Where to divide s, of which at most hard bytes fit. At least 1. */
static size_t find_cut(tocsin_str s, size_t hard)
{
    size_t blank = 0, line = 0, space = 0, any = 0;
    for (size_t at = 0; at < s.len;) {
        size_t len = token_length(s, at);
        if (at + len > hard)
            break;
        at += len;
        any = at;
        char c = s.ptr[at - 1];
        if (c == ' ')
            space = at;
        if (c == '\n')
            line = at;
        if (c == '\n' && at >= 2 && s.ptr[at - 2] == '\n')
            blank = at;
    }
    if (blank > hard / 2)
        return blank;
    if (line > hard / 2)
        return line;
    if (space > hard / 2)
        return space;
    return any > 0 ? any : hard > 0 ? hard : 1; /* one link that is too long by itself */
}

static bool ends_in_fence(tocsin_str s, bool in_fence)
{
    for (size_t at = 0; at < s.len; at++) {
        if (!is_fence(s, at))
            continue;
        in_fence = !in_fence;
        at += 2;
    }
    return in_fence;
}

static tocsin_str without_end(tocsin_str s)
{
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* The next piece begins with something that shows. */
static void skip_gap(mrkdwn_reader *reader)
{
    tocsin_str *rest = &reader->rest;
    while (!reader->in_fence && rest->len > 0 && (unsigned char)rest->ptr[0] <= ' ') {
        rest->ptr++;
        rest->len--;
    }
}

void mrkdwn_next(mrkdwn_reader *reader, size_t limit, bool is_last, tocsin_text *out)
{
    tocsin_str rest = reader->rest;
    if (reader->in_fence)
        tocsin_text_add_c(out, FENCE "\n");
    size_t room = limit - (reader->in_fence ? FENCE_UNITS : 0);
    bool is_whole = tocsin_str_fit(rest, room) == rest.len;
    size_t hard = tocsin_str_fit(rest, room - FENCE_UNITS - 1);
    size_t end = is_whole ? rest.len : find_cut(rest, hard);
    tocsin_str piece = without_end(tocsin_str_part(rest.ptr, end));
    tocsin_text_add_str(out, piece);
    reader->in_fence = ends_in_fence(piece, reader->in_fence);
    reader->rest = tocsin_str_part(rest.ptr + end, rest.len - end);
    if (is_whole)
        return;
    if (is_last)
        tocsin_text_add_c(out, ELLIPSIS);
    if (reader->in_fence)
        tocsin_text_add_c(out, "\n" FENCE);
    skip_gap(reader);
}

void mrkdwn_add_cut(tocsin_text *out, tocsin_str s, size_t limit)
{
    mrkdwn_reader reader = {s, false};
    mrkdwn_next(&reader, limit, true, out);
}
