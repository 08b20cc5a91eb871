/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_source.c - the source with its line ends made one kind, where in it the lexer is,
 * and the tokens found so far. */
#include "core/template/lexer_source.h"

#include "core/base/err.h"
#include "core/value/ops.h"
#include "core/value/unicode.h"

int tcn_lexer_fail(tcn_lexer *lx, size_t pos, const char *text)
{
    return tcn_tpl_fail(lx->reterr, TCN_EXC_TemplateSyntaxError,
                        tcn_str_of(lx->s, lx->len), pos, "%s", text);
}

int tcn_lexer_no_memory(tcn_lexer *lx)
{
    (void)tcn_tpl_fail(lx->reterr, TCN_EXC_MemoryError, tcn_str_of(lx->s, lx->len),
                       SIZE_MAX, "out of memory");
    return TCN_E_NOMEM;
}

/* Most sources have a token for every four bytes or fewer. */
static size_t first_capacity(size_t len)
{
    return len < 2048 ? len / 4 + 16 : 512;
}

int tcn_lexer_grow(tcn_lexer *lx, size_t pos)
{
    tcn_tokens *t = lx->tokens;
    size_t limit = lx->env->limits.tokens;
    size_t capacity = t->capacity == 0 ? first_capacity(lx->len) : t->capacity * 2;
    if (t->count >= limit)
        return tcn_tpl_fail(lx->reterr, TCN_EXC_TemplateLimitError,
                            tcn_str_of(lx->s, lx->len), pos,
                            "number of tokens is over the limit of %zu", limit);
    if (capacity > limit)
        capacity = limit;
    tcn_token *items = tcn_arena_alloc(lx->arena, capacity * sizeof *items);
    if (items == NULL)
        return tcn_lexer_no_memory(lx);
    if (t->count > 0)
        memcpy(items, t->items, t->count * sizeof *items);
    t->items = items;
    t->capacity = capacity;
    return 0;
}

size_t tcn_lexer_skip_wide(const tcn_lexer *lx, size_t pos)
{
    tcn_str s = tcn_str_of(lx->s, lx->len);
    size_t next = pos;
    while (pos < lx->len && tcn_unicode_is(tcn_utf8_decode(s, &next), TCN_U_SPACE))
        pos = next;
    return pos;
}

tcn_str tcn_lexer_text(tcn_lexer *lx, size_t from, size_t to)
{
    const char *newline = lx->env->newline;
    if (newline[0] == '\n' && newline[1] == '\0')
        return tcn_str_of(lx->s + from, to - from);
    size_t width = strlen(newline);
    char *out = tcn_arena_alloc(lx->arena, (to - from) * (width > 1 ? width : 1) + 1);
    if (out == NULL)
        return (tcn_str){0};
    size_t len = 0;
    for (size_t i = from; i < to; i++) {
        if (lx->s[i] == '\n') {
            memcpy(out + len, newline, width);
            len += width;
        } else {
            out[len++] = lx->s[i];
        }
    }
    return tcn_str_of(out, len);
}

int tcn_lexer_open(tcn_lexer *lx, tcn_str source)
{
    char *out = tcn_arena_copy(lx->kept, source.ptr, source.len);
    if (out == NULL)
        return tcn_lexer_no_memory(lx);
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
    lx->tokens->source = tcn_str_of(out, len);
    return 0;
}
