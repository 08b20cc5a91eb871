/* SPDX-License-Identifier: Apache-2.0 */
/* parser.h - what the parts of the parser share: the token stream, node making,
 * errors. Functions that return a node return NULL after a failure. Private to the room.
 */
#ifndef TCN_TEMPLATE_PARSER_H
#define TCN_TEMPLATE_PARSER_H

#include "core/template/ast.h"

/* Tags that end a body, the innermost one is last. */
typedef struct tcn_end_tags {
    struct tcn_end_tags *outer;
    const uint8_t *words; /* ended by TCN_W_OTHER */
} tcn_end_tags;
typedef struct tcn_tag {
    struct tcn_tag *outer;
    tcn_str name;
} tcn_tag;

typedef struct tcn_parser {
    const tcn_tpl_env *env;
    tcn_arena *arena;
    tcn_tpl_error *reterr;
    tcn_rt rt; /* for integers of any size */
    tcn_tokens tokens;
    const tcn_token *now, *last;
    uint32_t depth;
    int code;            /* of the failure */
    tcn_tpl_error wrong; /* what the lexer found, for when its place is reached */
    tcn_end_tags *ends;
    tcn_tag *tags;
    uint32_t loops, loop_depth, loop_nesting;
    uint8_t mentions; /* of the statement under way */
    bool has_slices, has_extends;
    tcn_ast_block *blocks, **blocks_end;
} tcn_parser;

/* A list under construction. */
typedef struct tcn_node_list {
    tcn_node *first;
    tcn_node **end;
    uint32_t depth;
} tcn_node_list;

static inline const tcn_token *tcn_now(const tcn_parser *p)
{
    return p->now;
}
static inline bool tcn_is(const tcn_parser *p, enum tcn_token_type type)
{
    return tcn_now(p)->type == type;
}
static inline bool tcn_is_word(const tcn_parser *p, enum tcn_word word)
{
    return tcn_now(p)->word == word;
}
/* The token after the current one. */
const tcn_token *tcn_look(tcn_parser *p);
/* From here on the lexer's error is the one: what fails afterwards does not replace it.
 */
void tcn_meet_wrong(tcn_parser *p);
/* Moves on; returns the token that was current. */
static inline const tcn_token *tcn_next(tcn_parser *p)
{
    const tcn_token *token = p->now;
    p->now += token < p->last;
    if (p->now->type == TCN_TOK_WRONG)
        tcn_meet_wrong(p);
    return token;
}
static inline bool tcn_skip(tcn_parser *p, enum tcn_token_type type)
{
    return tcn_is(p, type) && tcn_next(p) != NULL;
}
static inline bool tcn_skip_word(tcn_parser *p, enum tcn_word word)
{
    return tcn_is_word(p, word) && tcn_next(p) != NULL;
}
/* The current token, which must be of that type; NULL after failing. */
const tcn_token *tcn_expect(tcn_parser *p, enum tcn_token_type type);
bool tcn_expect_word(tcn_parser *p, enum tcn_word word);

/* All record the failure and return NULL. */
tcn_node *tcn_fail_token(tcn_parser *p, const tcn_token *token, const char *fmt, ...)
    TCN_PRINTF(3, 4);
tcn_node *tcn_fail_memory(tcn_parser *p);
tcn_node *tcn_fail_depth(tcn_parser *p);
/* The token's text for a message, cut to a sane length. */
const char *tcn_describe(const tcn_token *token, char *out, size_t size);

tcn_node *tcn_node_new(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token);
/* The node's name is that of the token, a name; takes note of special ones. */
void tcn_node_name(tcn_parser *p, tcn_node *node, const tcn_token *token);
static inline bool tcn_is_literal(enum tcn_word word)
{
    return word == TCN_W_TRUE || word == TCN_W_FALSE || word == TCN_W_NONE ||
           word == TCN_W_TRUE_PY || word == TCN_W_FALSE_PY || word == TCN_W_NONE_PY;
}
/* Takes note of a child; false when the tree is too deep. */
bool tcn_node_child(tcn_parser *p, tcn_node *node, const tcn_node *child);
void tcn_node_add(tcn_node_list *list, tcn_node *node);
bool tcn_enter(tcn_parser *p);
static inline void tcn_leave(tcn_parser *p)
{
    p->depth--;
}

/* [":"] "%}" body, up to one of the end tags (until TCN_W_OTHER), which becomes the
 * current token, or is passed when is_dropped. */
bool tcn_parse_statements(tcn_parser *p, const uint8_t *ends, bool is_dropped,
                          tcn_node **ret);

/* parser_stmt.c: what parses the statement that the tag begins, behind its word; NULL:
 * there is no such tag. */
typedef tcn_node *(*tcn_parse_tag_fn)(tcn_parser *p, const tcn_token *tag);
tcn_parse_tag_fn tcn_parse_tag_of(enum tcn_word word);

/* parser_expr.c */
tcn_node *tcn_parse_expression(tcn_parser *p, bool has_cond);
enum {
    TCN_TUPLE_SIMPLE = 1,  /* names and literals only */
    TCN_TUPLE_NO_COND = 2, /* no bare inline if */
    TCN_TUPLE_IN_PARENS = 4,
    TCN_TUPLE_NAMESPACE = 8, /* ns.attr is allowed */
};
tcn_node *tcn_parse_tuple(tcn_parser *p, unsigned flags);
/* {"|" filter}; is_inline: the first name stands without "|". node may be NULL. */
tcn_node *tcn_parse_filters(tcn_parser *p, tcn_node *node, bool is_inline,
                            bool *ret_has_failed);
/* Makes a parsed expression a target. */
bool tcn_make_target(tcn_parser *p, tcn_node *node, enum tcn_ctx ctx);

#endif
