/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_source.h - what the parts of the lexer work on: the source, the position in it,
 * the tokens so far. Private to the lexer. */
#ifndef TCN_TEMPLATE_LEXER_SOURCE_H
#define TCN_TEMPLATE_LEXER_SOURCE_H

#include "core/template/lexer.h"

typedef struct tcn_lexer {
    const tcn_tpl_env *env;
    tcn_arena *arena, *kept;
    tcn_tokens *tokens;
    tcn_tpl_error *reterr;
    const char *s; /* NUL-terminated */
    size_t len, pos;
    bool at_line_start;
    char *open; /* closing brackets that are waited for */
    size_t open_count, open_capacity;
} tcn_lexer;

/* Line ends become "\n"; the last one goes, unless the environment keeps it. */
int tcn_lexer_open(tcn_lexer *lx, tcn_str source);

/* Both return a failure. */
int tcn_lexer_fail(tcn_lexer *lx, size_t pos, const char *text);
int tcn_lexer_no_memory(tcn_lexer *lx);
/* Room for another token, which stands at pos. */
int tcn_lexer_grow(tcn_lexer *lx, size_t pos);

static inline int tcn_lexer_add(tcn_lexer *lx, enum tcn_token_type type, size_t pos,
                                tcn_str text)
{
    tcn_tokens *t = lx->tokens;
    int rc = t->count == t->capacity ? tcn_lexer_grow(lx, pos) : 0;
    if (rc >= 0)
        t->items[t->count++] = (tcn_token){.type = (uint8_t)type,
                                           .pos = (uint32_t)pos,
                                           .len = (uint32_t)text.len,
                                           .ptr = text.ptr};
    return rc;
}

/* Text between from and to, with the newline sequence of the environment; ptr is NULL:
 * out of memory. */
tcn_str tcn_lexer_text(tcn_lexer *lx, size_t from, size_t to);

/* Where the whitespace that begins at pos ends; in all of Unicode. */
size_t tcn_lexer_skip_wide(const tcn_lexer *lx, size_t pos);

static inline size_t tcn_lexer_skip_space(const tcn_lexer *lx, size_t pos)
{
    while (lx->s[pos] == ' ' || (lx->s[pos] >= '\t' && lx->s[pos] <= '\r') ||
           (lx->s[pos] >= '\x1c' && lx->s[pos] <= '\x1f'))
        pos++;
    return (unsigned char)lx->s[pos] < 0x80 ? pos : tcn_lexer_skip_wide(lx, pos);
}

/* Whether both characters, which are not NUL, stand at pos. */
static inline bool tcn_lexer_at_pair(const tcn_lexer *lx, size_t pos, char first,
                                     char second)
{
    return pos < lx->len && lx->s[pos] == first && lx->s[pos + 1] == second;
}

/* On behind a tag. */
static inline void tcn_lexer_move(tcn_lexer *lx, size_t pos)
{
    lx->pos = pos;
    lx->at_line_start = pos > 0 && lx->s[pos - 1] == '\n';
}

#endif
