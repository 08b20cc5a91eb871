/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_tag.c - what stands inside tags: names, numbers, strings, operators, and brackets
 * that balance. */
#include "core/template/lexer_tag.h"

#include <stdio.h>

#include "core/template/lexer_number.h"
#include "core/template/lexer_string.h"
#include "core/value/ops.h"
#include "core/value/unicode.h"

/* The end of a tag at pos, with the whitespace that it eats; 0: there is none here. */
static size_t match_end(const tcn_lexer *lx, size_t pos, bool is_variable)
{
    char mark = is_variable ? '}' : '%';
    if (lx->s[pos] == '-' && tcn_lexer_at_pair(lx, pos + 1, mark, '}'))
        return tcn_lexer_skip_space(lx, pos + 3);
    if (!is_variable && lx->s[pos] == '+' && tcn_lexer_at_pair(lx, pos + 1, mark, '}'))
        return pos + 3;
    if (!tcn_lexer_at_pair(lx, pos, mark, '}'))
        return 0;
    pos += 2;
    if (!is_variable && lx->env->trim_blocks && pos < lx->len && lx->s[pos] == '\n')
        pos++;
    return pos;
}

static int add_number(tcn_lexer *lx, enum tcn_token_type type, size_t end)
{
    tcn_str text = tcn_str_of(lx->s + lx->pos, end - lx->pos);
    if (memchr(text.ptr, '_', text.len) != NULL) {
        char *out = tcn_arena_alloc(lx->arena, text.len);
        if (out == NULL)
            return tcn_lexer_no_memory(lx);
        size_t len = 0;
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] != '_')
                out[len++] = text.ptr[i];
        }
        text = tcn_str_of(out, len);
    }
    int rc = tcn_lexer_add(lx, type, lx->pos, text);
    lx->pos = end;
    return rc;
}

static inline bool is_word_char(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || (c >= '0' && c <= '9');
}

/* Where the name goes on beyond ASCII; 0: it is no identifier. */
static size_t skip_wide_name(const tcn_lexer *lx, size_t end)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    bool is_valid = true;
    while (end < lx->len) {
        size_t next = end;
        uint32_t c = tcn_utf8_decode(s, &next);
        unsigned flags = tcn_unicode_of(c)->flags;
        if (c != '_' && (flags & (TCN_U_ALNUM | TCN_U_XID_CONTINUE)) == 0)
            break;
        unsigned needed = end == lx->pos ? TCN_U_XID_START : TCN_U_XID_CONTINUE;
        is_valid = is_valid && (c == '_' || (flags & needed) != 0);
        end = next;
    }
    return is_valid ? end : 0;
}

static int lex_name(tcn_lexer *lx)
{
    size_t end = lx->pos;
    while (is_word_char(lx->s[end]))
        end++;
    if ((unsigned char)lx->s[end] >= 0x80)
        end = skip_wide_name(lx, end);
    if (end == 0)
        return tcn_lexer_fail(lx, lx->pos, "Invalid character in identifier");
    tcn_tokens *t = lx->tokens;
    tcn_str text = tcn_str_of(lx->s + lx->pos, end - lx->pos);
    uint32_t number = tcn_names_add(&t->names, lx->arena, text);
    if (number == TCN_NO_NAME)
        return tcn_lexer_no_memory(lx);
    const tcn_name *name = &t->names.items[number];
    int rc = tcn_lexer_add(lx, TCN_TOK_NAME, lx->pos, name->text);
    if (rc >= 0) {
        t->items[t->count - 1].number = number;
        t->items[t->count - 1].word = (uint8_t)name->word;
    }
    lx->pos = end;
    return rc;
}

static int unexpected_char(tcn_lexer *lx)
{
    char quoted[40], text[80];
    tcn_str s = tcn_str_of(lx->s, lx->len);
    size_t next = lx->pos;
    (void)tcn_utf8_decode(s, &next);
    (void)tcn_quote(tcn_str_of(lx->s + lx->pos, next - lx->pos), quoted, sizeof quoted);
    (void)snprintf(text, sizeof text, "unexpected char %s at %zu", quoted,
                   tcn_utf8_length(tcn_str_of(lx->s, lx->pos)));
    return tcn_lexer_fail(lx, lx->pos, text);
}

static int lex_string(tcn_lexer *lx)
{
    char quote = lx->s[lx->pos];
    size_t end = lx->pos + 1;
    while (end < lx->len && lx->s[end] != quote)
        end += lx->s[end] == '\\' ? 2 : 1;
    if (end >= lx->len)
        return unexpected_char(lx);
    tcn_str text;
    tcn_str raw = tcn_lexer_text(lx, lx->pos + 1, end);
    if (raw.ptr == NULL)
        return tcn_lexer_no_memory(lx);
    const char *wrong = NULL;
    if (!tcn_tpl_unescape(raw, lx->arena, &text, &wrong))
        return wrong == NULL ? tcn_lexer_no_memory(lx)
                             : tcn_lexer_fail(lx, lx->pos, wrong);
    int rc = tcn_lexer_add(lx, TCN_TOK_STRING, lx->pos, text);
    lx->pos = end + 1;
    return rc;
}

static int bracket_open(tcn_lexer *lx, char close)
{
    if (lx->open_count == lx->open_capacity) {
        size_t capacity = lx->open_capacity == 0 ? 32 : lx->open_capacity * 2;
        char *open = tcn_arena_alloc(lx->arena, capacity);
        if (open == NULL)
            return tcn_lexer_no_memory(lx);
        if (lx->open_count > 0)
            memcpy(open, lx->open, lx->open_count);
        lx->open = open;
        lx->open_capacity = capacity;
    }
    lx->open[lx->open_count++] = close;
    return 0;
}

static int bracket_close(tcn_lexer *lx, char close)
{
    char text[40];
    if (lx->open_count == 0) {
        (void)snprintf(text, sizeof text, "unexpected '%c'", close);
        return tcn_lexer_fail(lx, lx->pos, text);
    }
    char expected = lx->open[--lx->open_count];
    if (expected == close)
        return 0;
    (void)snprintf(text, sizeof text, "unexpected '%c', expected '%c'", close, expected);
    return tcn_lexer_fail(lx, lx->pos, text);
}

/* The operator of one character, or WRONG. */
static enum tcn_token_type single_operator(char c)
{
    static const uint8_t types[128] = {
        ['+'] = TCN_TOK_ADD,      ['-'] = TCN_TOK_SUB,      ['/'] = TCN_TOK_DIV,
        ['*'] = TCN_TOK_MUL,      ['%'] = TCN_TOK_MOD,      ['~'] = TCN_TOK_TILDE,
        ['['] = TCN_TOK_LBRACKET, [']'] = TCN_TOK_RBRACKET, ['('] = TCN_TOK_LPAREN,
        [')'] = TCN_TOK_RPAREN,   ['{'] = TCN_TOK_LBRACE,   ['}'] = TCN_TOK_RBRACE,
        ['>'] = TCN_TOK_GT,       ['<'] = TCN_TOK_LT,       ['='] = TCN_TOK_ASSIGN,
        ['.'] = TCN_TOK_DOT,      [':'] = TCN_TOK_COLON,    ['|'] = TCN_TOK_PIPE,
        [','] = TCN_TOK_COMMA,    [';'] = TCN_TOK_SEMICOLON};
    unsigned char at = (unsigned char)c;
    return at < sizeof types && types[at] != 0 ? (enum tcn_token_type)types[at]
                                               : TCN_TOK_WRONG;
}

static enum tcn_token_type double_operator(char c, char next)
{
    if (next == '=')
        return c == '='
                   ? TCN_TOK_EQ
                   : (c == '!' ? TCN_TOK_NE
                               : (c == '>' ? TCN_TOK_GTEQ
                                           : (c == '<' ? TCN_TOK_LTEQ : TCN_TOK_WRONG)));
    if (c != next)
        return TCN_TOK_WRONG;
    return c == '/' ? TCN_TOK_FLOORDIV : (c == '*' ? TCN_TOK_POW : TCN_TOK_WRONG);
}

static int lex_bracket(tcn_lexer *lx, char c)
{
    switch (c) {
    case '{':
        return bracket_open(lx, '}');
    case '[':
        return bracket_open(lx, ']');
    case '(':
        return bracket_open(lx, ')');
    case '}':
    case ']':
    case ')':
        return bracket_close(lx, c);
    default:
        return 0;
    }
}

static int lex_operator(tcn_lexer *lx)
{
    char c = lx->s[lx->pos];
    size_t width = 2;
    enum tcn_token_type type = double_operator(c, lx->s[lx->pos + 1]);
    if (type == TCN_TOK_WRONG) {
        width = 1;
        type = single_operator(c);
    }
    if (type == TCN_TOK_WRONG)
        return unexpected_char(lx);
    int rc = lex_bracket(lx, c);
    if (rc >= 0)
        rc = tcn_lexer_add(lx, type, lx->pos, tcn_str_of(lx->s + lx->pos, width));
    lx->pos += width;
    return rc;
}

static int lex_number(tcn_lexer *lx)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    size_t end = tcn_match_float(s, lx->pos);
    if (end > 0)
        return add_number(lx, TCN_TOK_FLOAT, end);
    return add_number(lx, TCN_TOK_INTEGER, tcn_match_integer(s, lx->pos));
}

static int lex_token(tcn_lexer *lx)
{
    char c = lx->s[lx->pos];
    if (c >= '0' && c <= '9')
        return lex_number(lx);
    if (is_word_char(c))
        return lex_name(lx);
    if (c == '"' || c == '\'')
        return lex_string(lx);
    if ((unsigned char)c >= 0x80) {
        size_t next = lx->pos;
        uint32_t wide = tcn_utf8_decode(tcn_str_of(lx->s, lx->len), &next);
        if (tcn_unicode_is(wide, TCN_U_ALNUM | TCN_U_XID_CONTINUE))
            return lex_name(lx);
    }
    return lex_operator(lx);
}

int tcn_lex_tag(tcn_lexer *lx, bool is_variable)
{
    lx->open_count = 0;
    for (;;) {
        lx->pos = tcn_lexer_skip_space(lx, lx->pos);
        if (lx->pos >= lx->len)
            return 0;
        size_t end = lx->open_count == 0 ? match_end(lx, lx->pos, is_variable) : 0;
        if (end > 0) {
            int rc =
                tcn_lexer_add(lx, is_variable ? TCN_TOK_VARIABLE_END : TCN_TOK_BLOCK_END,
                              lx->pos, (tcn_str){0});
            tcn_lexer_move(lx, end);
            return rc;
        }
        int rc = lex_token(lx);
        if (rc < 0)
            return rc;
    }
}
