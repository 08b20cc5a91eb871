/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.c - source to tokens as Jinja's regular expressions find them: text up to the
 * leftmost tag, whitespace control, raw blocks, comments, then names, numbers, strings
 * and operators inside tags. Every step moves forward. */
#include "core/template/lexer.h"

#include "core/base/err.h"
#include "core/template/lexer_source.h"
#include "core/template/lexer_tag.h"
#include "core/value/ops.h"
#include "core/value/unicode.h"

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

static size_t strip_end(const tcn_lexer *lx, size_t from, size_t to)
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

static int add_text(tcn_lexer *lx, size_t from, size_t to)
{
    tcn_str text = tcn_lexer_text(lx, from, to);
    return text.ptr == NULL ? tcn_lexer_no_memory(lx)
                            : tcn_lexer_add(lx, TCN_TOK_DATA, from, text);
}

/* The text before a tag at tag, after whitespace control; sign is the tag's. */
static int add_data(tcn_lexer *lx, size_t from, size_t tag, char sign, bool is_variable)
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
    return add_text(lx, from, to);
}

static char sign_at(const tcn_lexer *lx, size_t pos)
{
    return pos < lx->len && (lx->s[pos] == '-' || lx->s[pos] == '+') ? lx->s[pos] : '\0';
}

/* "{%[-+]? word -?%}" with the right ending for it; 0 or where it ends. */
static size_t match_raw(const tcn_lexer *lx, size_t pos, const char *word, bool is_end)
{
    pos += 2;
    if (sign_at(lx, pos) != '\0')
        pos++;
    pos = tcn_lexer_skip_space(lx, pos);
    size_t n = strlen(word);
    if (lx->len - pos < n || memcmp(lx->s + pos, word, n) != 0)
        return 0;
    pos = tcn_lexer_skip_space(lx, pos + n);
    if (lx->s[pos] == '-' && tcn_lexer_at_pair(lx, pos + 1, '%', '}'))
        return tcn_lexer_skip_space(lx, pos + 3);
    if (is_end && lx->s[pos] == '+' && tcn_lexer_at_pair(lx, pos + 1, '%', '}'))
        return pos + 3;
    if (!tcn_lexer_at_pair(lx, pos, '%', '}'))
        return 0;
    pos += 2;
    if (is_end && lx->env->trim_blocks && pos < lx->len && lx->s[pos] == '\n')
        pos++;
    return pos;
}

static int lex_raw(tcn_lexer *lx, size_t body)
{
    tcn_lexer_move(lx, body);
    for (size_t i = body; i + 1 < lx->len; i++) {
        const char *found = memchr(lx->s + i, '{', lx->len - i);
        if (found == NULL)
            break;
        i = (size_t)(found - lx->s);
        size_t end =
            tcn_lexer_at_pair(lx, i, '{', '%') ? match_raw(lx, i, "endraw", true) : 0;
        if (end == 0)
            continue;
        int rc = add_data(lx, body, i, sign_at(lx, i + 2), false);
        tcn_lexer_move(lx, end);
        return rc;
    }
    if (body < lx->len)
        return tcn_lexer_fail(lx, body, "Missing end of raw directive");
    return 0;
}

static int lex_comment(tcn_lexer *lx, size_t body)
{
    for (size_t i = body; i < lx->len; i++) {
        const char *found = memchr(lx->s + i, '#', lx->len - i);
        if (found == NULL)
            break;
        i = (size_t)(found - lx->s);
        if (!tcn_lexer_at_pair(lx, i, '#', '}'))
            continue;
        char sign = i > body ? lx->s[i - 1] : '\0';
        size_t end = i + 2;
        if (sign == '-')
            end = tcn_lexer_skip_space(lx, end);
        else if (sign != '+' && lx->env->trim_blocks && end < lx->len &&
                 lx->s[end] == '\n')
            end++;
        tcn_lexer_move(lx, end);
        return 0;
    }
    tcn_lexer_move(lx, lx->len);
    return body < lx->len ? tcn_lexer_fail(lx, body, "Missing end of comment tag") : 0;
}

/* Position of the next "{%", "{{" or "{#"; len when there is none. */
static size_t find_tag(const tcn_lexer *lx, size_t pos)
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

static int lex_part(tcn_lexer *lx)
{
    size_t from = lx->pos;
    size_t tag = find_tag(lx, from);
    if (tag == lx->len) {
        lx->pos = lx->len;
        return add_text(lx, from, lx->len);
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
    rc = tcn_lexer_add(lx, mark == '{' ? TCN_TOK_VARIABLE_BEGIN : TCN_TOK_BLOCK_BEGIN,
                       tag, (tcn_str){0});
    lx->pos = body;
    return rc < 0 ? rc : tcn_lex_tag(lx, mark == '{');
}

/* The end is on the line of the last token, as Jinja has it. */
static int add_end(tcn_lexer *lx)
{
    const tcn_tokens *t = lx->tokens;
    const tcn_token *last = t->count > 0 ? &t->items[t->count - 1] : NULL;
    uint32_t pos = last != NULL ? last->pos : 0;
    int rc = tcn_lexer_add(lx, TCN_TOK_EOF, lx->len, (tcn_str){0});
    if (rc >= 0 && memchr(lx->s + pos, '\n', lx->len - pos) != NULL)
        t->items[t->count - 1].pos = pos;
    return rc;
}

int tcn_tpl_lex(const tcn_tpl_env *env, tcn_str source, tcn_arena *arena, tcn_arena *kept,
                tcn_tokens *ret, tcn_tpl_error *reterr)
{
    *ret = (tcn_tokens){0};
    tcn_lexer lx = {.env = env,
                    .arena = arena,
                    .kept = kept,
                    .tokens = ret,
                    .reterr = reterr,
                    .s = "",
                    .at_line_start = true};
    size_t bad = 0;
    if (source.len > env->limits.source_bytes)
        return tcn_tpl_fail(reterr, TCN_EXC_TemplateLimitError, source, SIZE_MAX,
                            "length of the source is over the limit of %zu bytes",
                            env->limits.source_bytes);
    if (!tcn_utf8_valid(source, &bad))
        return tcn_tpl_fail(reterr, TCN_EXC_TemplateSyntaxError, source, SIZE_MAX,
                            "source is not UTF-8 at byte %zu", bad);
    int rc = tcn_lexer_open(&lx, source);
    while (rc >= 0 && lx.pos < lx.len)
        rc = lex_part(&lx);
    if (rc < 0) {
        if (rc != TCN_E_SYNTAX || ret->count >= env->limits.tokens)
            return rc;
        return tcn_lexer_add(&lx, TCN_TOK_WRONG, lx.len, (tcn_str){0});
    }
    return add_end(&lx);
}
