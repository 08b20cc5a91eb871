/* SPDX-License-Identifier: Apache-2.0 */
/* mime.c - see mime.h. */
#include "mime.h"

#define WORD_MAX     75
#define WORD_AROUND  12 /* "=?UTF-8?B?" and "?=" */
#define QUOTED_LINE  76
#define BASE64_BYTES 57 /* of a line of 76 characters */

bool text_is_ascii(tocsin_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

size_t text_longest(tocsin_str text, char separator)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == separator ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* ---- headers ---- */

void header_begin(header *h, tocsin_text *out, const char *name)
{
    *h = (header){.out = out};
    tocsin_text_add_c(out, name);
    tocsin_text_add_char(out, ':');
    h->column = strlen(name) + 1;
}

void header_end(header *h)
{
    tocsin_text_add_c(h->out, "\r\n");
}

/* Adds text that begins with the white space at which the line may be folded. */
static void folded_add(header *h, tocsin_str text)
{
    if (h->is_line_open && h->column + text.len > HEADER_LINE) {
        tocsin_text_add_c(h->out, "\r\n");
        h->column = 0;
    }
    tocsin_text_add_str(h->out, text);
    h->column += text.len;
    h->is_line_open = true;
}

void header_word(header *h, tocsin_str word)
{
    tocsin_text spaced = {.limit = LINE_LIMIT};
    tocsin_text_add_char(&spaced, ' ');
    tocsin_text_add_str(&spaced, word);
    if (spaced.failed)
        h->out->failed = true;
    else
        folded_add(h, tocsin_text_str(&spaced));
    tocsin_text_free(&spaced);
}

/* Bytes of the characters of text that fit into so many. */
static size_t whole_characters(tocsin_str text, size_t room)
{
    size_t at = 0;
    while (at < text.len) {
        size_t len = tocsin_utf8_length(text.ptr + at, text.len - at);
        len = len == 0 ? 1 : len;
        if (at + len > room)
            break;
        at += len;
    }
    return at;
}

/* How many bytes an encoded word may hold that begins at this column. */
static size_t word_room(size_t column)
{
    size_t left = column + 1 + WORD_AROUND < HEADER_LINE
                      ? HEADER_LINE - column - 1 - WORD_AROUND
                      : 0;
    size_t most = WORD_MAX - WORD_AROUND;
    return (left < most ? left : most) / 4 * 3;
}

void header_encoded(header *h, tocsin_str text)
{
    while (text.len > 0 && !h->out->failed) {
        size_t len = whole_characters(text, word_room(h->column));
        if (len == 0) { /* a character has 4 bytes at most, and a new line has room */
            tocsin_text_add_c(h->out, "\r\n");
            h->column = 0;
            len = whole_characters(text, word_room(0));
        }
        size_t before = h->out->len;
        tocsin_text_add_c(h->out, " =?UTF-8?B?");
        tocsin_text_add_base64(h->out, text.ptr, len);
        tocsin_text_add_c(h->out, "?=");
        h->column += h->out->len - before;
        h->is_line_open = true;
        text = tocsin_str_part(text.ptr + len, text.len - len);
    }
}

/* The next word with the spaces before it. */
static size_t next_word(tocsin_str text, size_t at)
{
    while (at < text.len && text.ptr[at] == ' ')
        at++;
    while (at < text.len && text.ptr[at] != ' ')
        at++;
    return at;
}

void header_text(header *h, tocsin_str text, bool may_encode)
{
    bool is_long = text_longest(text, ' ') > HEADER_LINE - 2;
    if (!text_is_ascii(text) || tocsin_str_has(text, "=?") || (is_long && may_encode)) {
        header_encoded(h, text);
        return;
    }
    if (text.len == 0)
        return;
    tocsin_text spaced = {0};
    tocsin_text_add_char(&spaced, ' ');
    tocsin_text_add_str(&spaced, text);
    tocsin_str all = tocsin_text_str(&spaced);
    h->out->failed = h->out->failed || spaced.failed;
    for (size_t at = 0; at < all.len;) {
        size_t end = next_word(all, at);
        folded_add(h, tocsin_str_part(all.ptr + at, end - at));
        at = end;
    }
    tocsin_text_free(&spaced);
}

/* ---- mailboxes ---- */

static void quoted_add(tocsin_text *out, const char *name)
{
    tocsin_text_add_char(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            tocsin_text_add_char(out, '\\');
        tocsin_text_add_char(out, *name);
    }
    tocsin_text_add_char(out, '"');
}

static void name_add(header *h, tocsin_str name)
{
    bool is_plain = text_is_ascii(name) && !tocsin_str_has(name, "=?") && name.len <= 60;
    if (!is_plain) {
        header_encoded(h, name);
        return;
    }
    tocsin_text quoted = {0};
    quoted_add(&quoted, name.ptr);
    header_word(h, tocsin_text_str(&quoted));
    tocsin_text_free(&quoted);
}

void header_address(header *h, const address *a, bool is_last)
{
    bool has_name = a->name[0] != '\0';
    tocsin_text word = {0};
    if (has_name) {
        name_add(h, tocsin_str_of(a->name));
        tocsin_text_add_char(&word, '<');
    }
    tocsin_text_add_c(&word, a->spec);
    tocsin_text_add_c(&word, has_name ? ">" : "");
    tocsin_text_add_c(&word, is_last ? "" : ",");
    header_word(h, tocsin_text_str(&word));
    h->out->failed = h->out->failed || word.failed;
    tocsin_text_free(&word);
}

/* ---- bodies ---- */

/* As it is, or as three characters. */
static bool is_literal(tocsin_str body, size_t at)
{
    unsigned char c = (unsigned char)body.ptr[at];
    bool ends_line = at + 1 == body.len || body.ptr[at + 1] == '\n';
    if (c == ' ' || c == '\t')
        return !ends_line;
    return c > ' ' && c < 0x7f && c != '=';
}

enum encoding body_encoding(tocsin_str body)
{
    if (text_is_ascii(body) && text_longest(body, '\n') <= LINE_LIMIT)
        return ENCODING_7BIT;
    size_t quoted = 0, breaks = 0;
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '\n')
            breaks++;
        else
            quoted += is_literal(body, i) ? 1 : 3;
    }
    quoted += 2 * breaks + quoted / (QUOTED_LINE - 1) * 3;
    size_t base64 = (body.len + breaks + 2) / 3 * 4;
    base64 += base64 / 76 * 2 + 2;
    return base64 < quoted ? ENCODING_BASE64 : ENCODING_QUOTED;
}

const char *encoding_name(enum encoding encoding)
{
    static const char *const names[] = {
        [ENCODING_7BIT] = "7bit",
        [ENCODING_QUOTED] = "quoted-printable",
        [ENCODING_BASE64] = "base64",
    };
    return names[encoding];
}

static void lines_add(tocsin_text *out, tocsin_str body)
{
    size_t from = 0;
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] != '\n')
            continue;
        tocsin_text_add(out, body.ptr + from, i - from);
        tocsin_text_add_c(out, "\r\n");
        from = i + 1;
    }
    if (from == body.len)
        return;
    tocsin_text_add(out, body.ptr + from, body.len - from);
    tocsin_text_add_c(out, "\r\n");
}

/* Lines of 76 characters with the "=" of a soft line break. */
static void quoted_printable(tocsin_text *out, tocsin_str body)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t column = 0;
    for (size_t i = 0; i < body.len; i++) {
        unsigned char c = (unsigned char)body.ptr[i];
        char coded[3] = {'=', digits[c >> 4], digits[c & 15]};
        if (c == '\n') {
            tocsin_text_add_c(out, "\r\n");
            column = 0;
            continue;
        }
        size_t len = is_literal(body, i) ? 1 : 3;
        if (column + len > QUOTED_LINE - 1) {
            tocsin_text_add_c(out, "=\r\n");
            column = 0;
        }
        tocsin_text_add(out, len == 1 ? body.ptr + i : coded, len);
        column += len;
    }
    if (column > 0)
        tocsin_text_add_c(out, "\r\n");
}

static void base64_lines(tocsin_text *out, tocsin_str body)
{
    tocsin_text wire = {.limit = out->limit};
    lines_add(&wire, body); /* base64 holds the lines as they are meant on the wire */
    for (size_t at = 0; at < wire.len; at += BASE64_BYTES) {
        size_t left = wire.len - at;
        tocsin_text_add_base64(out, wire.ptr + at,
                               left < BASE64_BYTES ? left : BASE64_BYTES);
        tocsin_text_add_c(out, "\r\n");
    }
    out->failed = out->failed || wire.failed;
    tocsin_text_free(&wire);
}

void body_add(tocsin_text *out, tocsin_str body, enum encoding encoding)
{
    switch (encoding) {
    case ENCODING_7BIT:
        lines_add(out, body);
        break;
    case ENCODING_QUOTED:
        quoted_printable(out, body);
        break;
    case ENCODING_BASE64:
        base64_lines(out, body);
        break;
    }
}
