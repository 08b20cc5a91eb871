/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.h - source text to tokens, all at once. Private to the room. */
#ifndef TCN_TEMPLATE_LEXER_H
#define TCN_TEMPLATE_LEXER_H

#include "core/base/arena.h"
#include "core/template/template.h"
#include "core/template/words.h"

enum tcn_token_type {
    TCN_TOK_EOF,
    TCN_TOK_DATA,
    TCN_TOK_VARIABLE_BEGIN,
    TCN_TOK_VARIABLE_END,
    TCN_TOK_BLOCK_BEGIN,
    TCN_TOK_BLOCK_END,
    TCN_TOK_NAME,
    TCN_TOK_STRING,
    TCN_TOK_INTEGER,
    TCN_TOK_FLOAT,
    /* operators */
    TCN_TOK_ADD,
    TCN_TOK_SUB,
    TCN_TOK_DIV,
    TCN_TOK_FLOORDIV,
    TCN_TOK_MUL,
    TCN_TOK_MOD,
    TCN_TOK_POW,
    TCN_TOK_TILDE,
    TCN_TOK_LBRACKET,
    TCN_TOK_RBRACKET,
    TCN_TOK_LPAREN,
    TCN_TOK_RPAREN,
    TCN_TOK_LBRACE,
    TCN_TOK_RBRACE,
    TCN_TOK_EQ,
    TCN_TOK_NE,
    TCN_TOK_GT,
    TCN_TOK_GTEQ,
    TCN_TOK_LT,
    TCN_TOK_LTEQ,
    TCN_TOK_ASSIGN,
    TCN_TOK_DOT,
    TCN_TOK_COLON,
    TCN_TOK_PIPE,
    TCN_TOK_COMMA,
    TCN_TOK_SEMICOLON,
    TCN_TOK_WRONG, /* what follows is no token: the error is met when the parser gets here
                    */
};

typedef struct tcn_token {
    uint8_t type;    /* enum tcn_token_type */
    uint8_t word;    /* enum tcn_word of a name */
    uint32_t pos;    /* in bytes of the normalised source */
    uint32_t number; /* of a name */
    uint32_t len;    /* of the text: data, name, unescaped string, digits without '_' */
    const char *ptr;
} tcn_token;

static inline tcn_str tcn_token_text(const tcn_token *token)
{
    return tcn_str_of(token->ptr, token->len);
}

typedef struct tcn_tokens {
    tcn_str source; /* with line ends made "\n" and the last one dropped */
    tcn_token *items;
    size_t count; /* the last one is EOF */
    size_t capacity;
    tcn_names names;
} tcn_tokens;

/* The normalised source lies in kept, all else in arena; both may be the same. A source
 * with something wrong in it ends in a WRONG token, and *reterr says what: the parser may
 * find an earlier mistake. */
int tcn_tpl_lex(const tcn_tpl_env *env, tcn_str source, tcn_arena *arena, tcn_arena *kept,
                tcn_tokens *ret, tcn_tpl_error *reterr);

/* What messages call a token of that type; names are called by their text. */
const char *tcn_token_describe(enum tcn_token_type type);

#endif
