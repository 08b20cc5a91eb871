/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.c - source to tokens as Jinja's regular expressions find them: text up to the
 * leftmost tag, whitespace control, raw blocks, comments, then names, numbers, strings
 * and operators inside tags. Every step moves forward; a line is the number of line ends
 * before a token. */
#include "core/template/lexer.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/template/lexer_number.h"
#include "core/template/lexer_string.h"
#include "core/value/ops.h"
#include "core/value/unicode.h"

enum {
    BALANCE_MAX = 100000
};

typedef struct lexer {
    const tcn_tpl_env *env;
    tcn_arena *arena, *kept;
    tcn_tokens *tokens;
    tcn_tpl_error *reterr;
    const char *s; /* NUL-terminated */
    size_t len, pos;
    uint32_t line;
    size_t line_end; /* of that line */
    bool at_line_start;
    char *open; /* closing brackets that are waited for */
    size_t open_count, open_capacity;
} lexer;

const char *tcn_token_describe(enum tcn_token_type type)
{
    static const char *const names[] = {
        [TCN_TOK_EOF] = "end of template",
        [TCN_TOK_DATA] = "template data / text",
        [TCN_TOK_VARIABLE_BEGIN] = "begin of print statement",
        [TCN_TOK_VARIABLE_END] = "end of print statement",
        [TCN_TOK_BLOCK_BEGIN] = "begin of statement block",
        [TCN_TOK_BLOCK_END] = "end of statement block",
        [TCN_TOK_NAME] = "name",
        [TCN_TOK_STRING] = "string",
        [TCN_TOK_INTEGER] = "integer",
        [TCN_TOK_FLOAT] = "float",
        [TCN_TOK_ADD] = "+",
        [TCN_TOK_SUB] = "-",
        [TCN_TOK_DIV] = "/",
        [TCN_TOK_FLOORDIV] = "//",
        [TCN_TOK_MUL] = "*",
        [TCN_TOK_MOD] = "%",
        [TCN_TOK_POW] = "**",
        [TCN_TOK_TILDE] = "~",
        [TCN_TOK_LBRACKET] = "[",
        [TCN_TOK_RBRACKET] = "]",
        [TCN_TOK_LPAREN] = "(",
        [TCN_TOK_RPAREN] = ")",
        [TCN_TOK_LBRACE] = "{",
        [TCN_TOK_RBRACE] = "}",
        [TCN_TOK_EQ] = "==",
        [TCN_TOK_NE] = "!=",
        [TCN_TOK_GT] = ">",
        [TCN_TOK_GTEQ] = ">=",
        [TCN_TOK_LT] = "<",
        [TCN_TOK_LTEQ] = "<=",
        [TCN_TOK_ASSIGN] = "=",
        [TCN_TOK_DOT] = ".",
        [TCN_TOK_COLON] = ":",
        [TCN_TOK_PIPE] = "|",
        [TCN_TOK_COMMA] = ",",
        [TCN_TOK_SEMICOLON] = ";",
        [TCN_TOK_WRONG] = "wrong token",
    };
    return names[type];
}

/* Positions are asked for in rising order. */
static uint32_t line_at(lexer *lx, size_t pos)
{
    while (lx->line_end < pos) {
        size_t from = lx->line_end + 1;
        const char *found = memchr(lx->s + from, '\n', lx->len - from);
        lx->line_end = found != NULL ? (size_t)(found - lx->s) : lx->len;
        lx->line++;
    }
    return lx->line;
}

static int fail_at(lexer *lx, size_t pos, const char *text)
{
    return tcn_tpl_fail(lx->reterr, TCN_EXC_TemplateSyntaxError,
                        tcn_str_of(lx->s, lx->len), line_at(lx, pos), pos, "%s", text);
}

static int no_memory(lexer *lx)
{
    (void)tcn_tpl_fail(lx->reterr, TCN_EXC_MemoryError, tcn_str_of(lx->s, lx->len), 0,
                       SIZE_MAX, "out of memory");
    return TCN_E_NOMEM;
}

/* Most sources have a token for every four bytes or fewer. */
static size_t first_capacity(size_t len)
{
    return len < 2048 ? len / 4 + 16 : 512;
}

static int add(lexer *lx, enum tcn_token_type type, size_t pos, tcn_str text)
{
    tcn_tokens *t = lx->tokens;
    if (t->count >= lx->env->limits.tokens)
        return tcn_tpl_fail(lx->reterr, TCN_EXC_TemplateLimitError,
                            tcn_str_of(lx->s, lx->len), line_at(lx, pos), pos,
                            "number of tokens is over the limit of %u",
                            lx->env->limits.tokens);
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? first_capacity(lx->len) : t->capacity * 2;
        tcn_token *items = tcn_arena_alloc(lx->arena, capacity * sizeof *items);
        if (items == NULL)
            return no_memory(lx);
        if (t->count > 0)
            memcpy(items, t->items, t->count * sizeof *items);
        t->items = items;
        t->capacity = capacity;
    }
    t->items[t->count++] = (tcn_token){.type = (uint8_t)type,
                                       .line = line_at(lx, pos),
                                       .pos = (uint32_t)pos,
                                       .text = text};
    return 0;
}

/* Whether both characters, which are not NUL, stand at pos. */
static inline bool at_pair(const lexer *lx, size_t pos, char first, char second)
{
    return pos < lx->len && lx->s[pos] == first && lx->s[pos + 1] == second;
}

static inline bool is_plain_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

/* Where the whitespace that begins at pos ends. */
static size_t skip_space(const lexer *lx, size_t pos)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    for (;;) {
        while (is_plain_space(lx->s[pos]))
            pos++;
        if (pos >= lx->len || (unsigned char)lx->s[pos] < 0x80)
            return pos;
        size_t next = pos;
        if (!tcn_unicode_is(tcn_utf8_decode(s, &next), TCN_U_SPACE))
            return pos;
        pos = next;
    }
}

static size_t strip_end(const lexer *lx, size_t from, size_t to)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    while (to > from) {
        size_t start = to - 1;
        while (start > from && ((unsigned char)lx->s[start] & 0xC0) == 0x80)
            start--;
        size_t next = start;
        if (!tcn_unicode_is(tcn_utf8_decode(s, &next), TCN_U_SPACE))
            break;
        to = start;
    }
    return to;
}

/* Text between from and to, with the newline sequence of the environment. */
static int normalised(lexer *lx, size_t from, size_t to, tcn_str *ret)
{
    *ret = tcn_str_of(lx->s + from, to - from);
    const char *newline = lx->env->newline;
    if (newline[0] == '\n' && newline[1] == '\0')
        return 0;
    size_t width = strlen(newline);
    char *out = tcn_arena_alloc(lx->arena, (to - from) * (width > 1 ? width : 1) + 1);
    if (out == NULL)
        return no_memory(lx);
    size_t len = 0;
    for (size_t i = from; i < to; i++) {
        if (lx->s[i] == '\n') {
            memcpy(out + len, newline, width);
            len += width;
        } else {
            out[len++] = lx->s[i];
        }
    }
    *ret = tcn_str_of(out, len);
    return 0;
}

/* The text before a tag at tag, after whitespace control; sign is the tag's. */
static int add_data(lexer *lx, size_t from, size_t tag, char sign, bool is_variable)
{
    size_t to = tag;
    if (sign == '-') {
        to = strip_end(lx, from, to);
    } else if (sign != '+' && lx->env->lstrip_blocks && !is_variable) {
        size_t start = to;
        while (start > from && lx->s[start - 1] != '\n')
            start--;
        bool is_at_start = start > from || lx->at_line_start;
        if (is_at_start && start < to && strip_end(lx, start, to) == start)
            to = start;
    }
    if (to == from)
        return 0;
    tcn_str text;
    int rc = normalised(lx, from, to, &text);
    return rc < 0 ? rc : add(lx, TCN_TOK_DATA, from, text);
}

static char sign_at(const lexer *lx, size_t pos)
{
    return pos < lx->len && (lx->s[pos] == '-' || lx->s[pos] == '+') ? lx->s[pos] : '\0';
}

static void moved(lexer *lx, size_t pos)
{
    lx->pos = pos;
    lx->at_line_start = pos > 0 && lx->s[pos - 1] == '\n';
}

/* "{%[-+]? word -?%}" with the right ending for it; 0 or where it ends. */
static size_t match_raw(const lexer *lx, size_t pos, const char *word, bool is_end)
{
    pos += 2;
    if (sign_at(lx, pos) != '\0')
        pos++;
    pos = skip_space(lx, pos);
    size_t n = strlen(word);
    if (lx->len - pos < n || memcmp(lx->s + pos, word, n) != 0)
        return 0;
    pos = skip_space(lx, pos + n);
    if (lx->s[pos] == '-' && at_pair(lx, pos + 1, '%', '}'))
        return skip_space(lx, pos + 3);
    if (is_end && lx->s[pos] == '+' && at_pair(lx, pos + 1, '%', '}'))
        return pos + 3;
    if (!at_pair(lx, pos, '%', '}'))
        return 0;
    pos += 2;
    if (is_end && lx->env->trim_blocks && pos < lx->len && lx->s[pos] == '\n')
        pos++;
    return pos;
}

static int lex_raw(lexer *lx, size_t body)
{
    moved(lx, body);
    for (size_t i = body; i + 1 < lx->len; i++) {
        const char *found = memchr(lx->s + i, '{', lx->len - i);
        if (found == NULL)
            break;
        i = (size_t)(found - lx->s);
        size_t end = at_pair(lx, i, '{', '%') ? match_raw(lx, i, "endraw", true) : 0;
        if (end == 0)
            continue;
        int rc = add_data(lx, body, i, sign_at(lx, i + 2), false);
        moved(lx, end);
        return rc;
    }
    if (body < lx->len)
        return fail_at(lx, body, "Missing end of raw directive");
    return 0;
}

static int lex_comment(lexer *lx, size_t body)
{
    for (size_t i = body; i < lx->len; i++) {
        const char *found = memchr(lx->s + i, '#', lx->len - i);
        if (found == NULL)
            break;
        i = (size_t)(found - lx->s);
        if (!at_pair(lx, i, '#', '}'))
            continue;
        char sign = i > body ? lx->s[i - 1] : '\0';
        size_t end = i + 2;
        if (sign == '-')
            end = skip_space(lx, end);
        else if (sign != '+' && lx->env->trim_blocks && end < lx->len &&
                 lx->s[end] == '\n')
            end++;
        moved(lx, end);
        return 0;
    }
    moved(lx, lx->len);
    return body < lx->len ? fail_at(lx, body, "Missing end of comment tag") : 0;
}

/* The end of a tag at pos, with the whitespace that it eats; 0: there is none here. */
static size_t match_end(const lexer *lx, size_t pos, bool is_variable)
{
    char mark = is_variable ? '}' : '%';
    if (lx->s[pos] == '-' && at_pair(lx, pos + 1, mark, '}'))
        return skip_space(lx, pos + 3);
    if (!is_variable && lx->s[pos] == '+' && at_pair(lx, pos + 1, mark, '}'))
        return pos + 3;
    if (!at_pair(lx, pos, mark, '}'))
        return 0;
    pos += 2;
    if (!is_variable && lx->env->trim_blocks && pos < lx->len && lx->s[pos] == '\n')
        pos++;
    return pos;
}

static int add_number(lexer *lx, enum tcn_token_type type, size_t end)
{
    tcn_str text = tcn_str_of(lx->s + lx->pos, end - lx->pos);
    if (memchr(text.ptr, '_', text.len) != NULL) {
        char *out = tcn_arena_alloc(lx->arena, text.len);
        if (out == NULL)
            return no_memory(lx);
        size_t len = 0;
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] != '_')
                out[len++] = text.ptr[i];
        }
        text = tcn_str_of(out, len);
    }
    int rc = add(lx, type, lx->pos, text);
    lx->pos = end;
    return rc;
}

static inline bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= '0' && c <= '9');
}

/* Where the name goes on beyond ASCII; *ret_is_valid: as an identifier. */
static size_t skip_wide_name(const lexer *lx, size_t end, bool *ret_is_valid)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    while (end < lx->len) {
        size_t next = end;
        uint32_t c = tcn_utf8_decode(s, &next);
        unsigned flags = tcn_unicode_of(c)->flags;
        if (c != '_' && (flags & (TCN_U_ALNUM | TCN_U_XID_CONTINUE)) == 0)
            break;
        unsigned needed = end == lx->pos ? TCN_U_XID_START : TCN_U_XID_CONTINUE;
        *ret_is_valid = *ret_is_valid && (c == '_' || (flags & needed) != 0);
        end = next;
    }
    return end;
}

static int lex_name(lexer *lx)
{
    size_t end = lx->pos;
    bool is_valid = true;
    while (is_word_char(lx->s[end]))
        end++;
    if ((unsigned char)lx->s[end] >= 0x80)
        end = skip_wide_name(lx, end, &is_valid);
    if (!is_valid)
        return fail_at(lx, lx->pos, "Invalid character in identifier");
    uint32_t number;
    tcn_tokens *t = lx->tokens;
    tcn_str text = tcn_str_of(lx->s + lx->pos, end - lx->pos);
    if (tcn_names_add(&t->names, lx->arena, text, &number) < 0)
        return no_memory(lx);
    const tcn_name *name = &t->names.items[number];
    int rc = add(lx, TCN_TOK_NAME, lx->pos, name->text);
    if (rc >= 0) {
        t->items[t->count - 1].number = number;
        t->items[t->count - 1].word = (uint8_t)name->word;
    }
    lx->pos = end;
    return rc;
}

static int unexpected_char(lexer *lx)
{
    char quoted[40];
    tcn_str s = tcn_str_of(lx->s, lx->len);
    size_t next = lx->pos;
    (void)tcn_utf8_decode(s, &next);
    (void)tcn_quote(tcn_str_of(lx->s + lx->pos, next - lx->pos), quoted, sizeof quoted);
    return tcn_tpl_fail(lx->reterr, TCN_EXC_TemplateSyntaxError, s, line_at(lx, lx->pos),
                        lx->pos, "unexpected char %s at %zu", quoted,
                        tcn_utf8_length(tcn_str_of(lx->s, lx->pos)));
}

static int lex_string(lexer *lx)
{
    char quote = lx->s[lx->pos];
    size_t end = lx->pos + 1;
    while (end < lx->len && lx->s[end] != quote)
        end += lx->s[end] == '\\' ? 2 : 1;
    if (end >= lx->len)
        return unexpected_char(lx);
    tcn_str raw;
    int rc = normalised(lx, lx->pos + 1, end, &raw);
    if (rc < 0)
        return rc;
    tcn_str text;
    const char *wrong = NULL;
    if (!tcn_tpl_unescape(raw, lx->arena, &text, &wrong))
        return wrong == NULL ? no_memory(lx) : fail_at(lx, lx->pos, wrong);
    rc = add(lx, TCN_TOK_STRING, lx->pos, text);
    lx->pos = end + 1;
    return rc;
}

static int bracket_open(lexer *lx, char close)
{
    if (lx->open_count == lx->open_capacity) {
        size_t capacity = lx->open_capacity == 0 ? 32 : lx->open_capacity * 2;
        char *open = tcn_arena_alloc(lx->arena, capacity);
        if (open == NULL)
            return no_memory(lx);
        if (lx->open_count > 0)
            memcpy(open, lx->open, lx->open_count);
        lx->open = open;
        lx->open_capacity = capacity;
    }
    lx->open[lx->open_count++] = close;
    return 0;
}

static int bracket_close(lexer *lx, char close)
{
    char text[40];
    if (lx->open_count == 0) {
        (void)snprintf(text, sizeof text, "unexpected '%c'", close);
        return fail_at(lx, lx->pos, text);
    }
    char expected = lx->open[--lx->open_count];
    if (expected == close)
        return 0;
    (void)snprintf(text, sizeof text, "unexpected '%c', expected '%c'", close, expected);
    return fail_at(lx, lx->pos, text);
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

static int lex_bracket(lexer *lx, char c)
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

static int lex_operator(lexer *lx)
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
        rc = add(lx, type, lx->pos, tcn_str_of(lx->s + lx->pos, width));
    lx->pos += width;
    return rc;
}

static int lex_number(lexer *lx)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    size_t end = tcn_match_float(s, lx->pos);
    if (end > 0)
        return add_number(lx, TCN_TOK_FLOAT, end);
    return add_number(lx, TCN_TOK_INTEGER, tcn_match_integer(s, lx->pos));
}

static int lex_token(lexer *lx)
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

/* From behind the opening mark to behind the closing one, or the end of the source. */
static int lex_tag(lexer *lx, bool is_variable)
{
    lx->open_count = 0;
    while (lx->pos < lx->len) {
        size_t end = lx->open_count == 0 ? match_end(lx, lx->pos, is_variable) : 0;
        if (end > 0) {
            int rc = add(lx, is_variable ? TCN_TOK_VARIABLE_END : TCN_TOK_BLOCK_END,
                         lx->pos, (tcn_str){0});
            moved(lx, end);
            return rc;
        }
        size_t space = skip_space(lx, lx->pos);
        if (space > lx->pos) {
            lx->pos = space;
            continue;
        }
        int rc = lex_token(lx);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Position of the next "{%", "{{" or "{#"; len when there is none. */
static size_t find_tag(const lexer *lx, size_t pos)
{
    while (pos + 1 < lx->len) {
        const char *found = memchr(lx->s + pos, '{', lx->len - pos - 1);
        if (found == NULL)
            break;
        pos = (size_t)(found - lx->s);
        char c = lx->s[pos + 1];
        if (c == '%' || c == '{' || c == '#')
            return pos;
        pos++;
    }
    return lx->len;
}

static int lex_part(lexer *lx)
{
    size_t from = lx->pos;
    size_t tag = find_tag(lx, from);
    if (tag == lx->len) {
        tcn_str text;
        int rc = normalised(lx, from, lx->len, &text);
        lx->pos = lx->len;
        return rc < 0 ? rc : add(lx, TCN_TOK_DATA, from, text);
    }
    char mark = lx->s[tag + 1];
    char sign = sign_at(lx, tag + 2);
    int rc = add_data(lx, from, tag, sign, mark == '{');
    if (rc < 0)
        return rc;
    size_t raw = mark == '%' ? match_raw(lx, tag, "raw", false) : 0;
    if (raw > 0)
        return lex_raw(lx, raw);
    size_t body = tag + 2 + (sign != '\0');
    if (mark == '#')
        return lex_comment(lx, body);
    rc = add(lx, mark == '{' ? TCN_TOK_VARIABLE_BEGIN : TCN_TOK_BLOCK_BEGIN, tag,
             (tcn_str){0});
    lx->pos = body;
    return rc < 0 ? rc : lex_tag(lx, mark == '{');
}

/* The end is on the line of the last token, as Jinja has it. */
static int add_end(lexer *lx)
{
    tcn_tokens *t = lx->tokens;
    const tcn_token *last = t->count > 0 ? &t->items[t->count - 1] : NULL;
    uint32_t line = last != NULL ? last->line : 1;
    uint32_t pos = last != NULL ? last->pos : 0;
    int rc = add(lx, TCN_TOK_EOF, lx->len, (tcn_str){0});
    if (rc < 0)
        return rc;
    tcn_token *end = &t->items[t->count - 1];
    if (end->line != line) {
        end->line = line;
        end->pos = pos;
    }
    return 0;
}

/* Line ends become "\n"; the last one goes, unless the environment keeps it. */
static int normalise_source(lexer *lx, tcn_str source)
{
    char *out = tcn_arena_copy(lx->kept, source.ptr, source.len);
    if (out == NULL)
        return no_memory(lx);
    const char *first = source.len > 0 ? memchr(out, '\r', source.len) : NULL;
    size_t len = first != NULL ? (size_t)(first - out) : source.len;
    for (size_t i = len; i < source.len; i++) {
        char c = source.ptr[i];
        if (c == '\r') {
            c = '\n';
            if (i + 1 < source.len && source.ptr[i + 1] == '\n')
                i++;
        }
        out[len++] = c;
    }
    if (!lx->env->keep_trailing_newline && len > 0 && out[len - 1] == '\n')
        len--;
    out[len] = '\0';
    lx->s = out;
    lx->len = len;
    first = memchr(out, '\n', len);
    lx->line_end = first != NULL ? (size_t)(first - out) : len;
    lx->tokens->source = tcn_str_of(out, len);
    return 0;
}

int tcn_tpl_lex(const tcn_tpl_env *env, tcn_str source, tcn_arena *arena, tcn_arena *kept,
                tcn_tokens *ret, tcn_tpl_error *reterr)
{
    *ret = (tcn_tokens){0};
    lexer lx = {.env = env,
                .arena = arena,
                .kept = kept,
                .tokens = ret,
                .reterr = reterr,
                .s = "",
                .line = 1,
                .at_line_start = true};
    size_t bad = 0;
    if (source.len > env->limits.source_bytes)
        return tcn_tpl_fail(reterr, TCN_EXC_TemplateLimitError, source, 0, SIZE_MAX,
                            "length of the source is over the limit of %zu bytes",
                            env->limits.source_bytes);
    if (!tcn_utf8_valid(source, &bad))
        return tcn_tpl_fail(reterr, TCN_EXC_TemplateSyntaxError, source, 0, SIZE_MAX,
                            "source is not UTF-8 at byte %zu", bad);
    int rc = normalise_source(&lx, source);
    while (rc >= 0 && lx.pos < lx.len)
        rc = lex_part(&lx);
    if (rc < 0) {
        if (rc != TCN_E_SYNTAX || ret->count >= env->limits.tokens)
            return rc;
        return add(&lx, TCN_TOK_WRONG, lx.len, (tcn_str){0});
    }
    return add_end(&lx);
}
