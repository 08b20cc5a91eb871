/* SPDX-License-Identifier: Apache-2.0 */
/* ast.h - the tree that the parser builds and the compiler walks. Lives in an arena.
 * Depth is known per node and limited when a node is made, so that walking it by
 * recursion is safe. Private to the room. */
#ifndef TCN_TEMPLATE_AST_H
#define TCN_TEMPLATE_AST_H

#include "core/template/lexer.h"
#include "core/value/ops.h"

enum tcn_node_kind {
    /* expressions */
    TCN_N_CONST,   /* value */
    TCN_N_NAME,    /* number, ctx */
    TCN_N_NSREF,   /* number.number2 as a target */
    TCN_N_TUPLE,   /* list */
    TCN_N_LIST,    /* list */
    TCN_N_DICT,    /* list: key, value, key, value ... */
    TCN_N_COND,    /* b if a else c; c may be NULL */
    TCN_N_OR,      /* a, b */
    TCN_N_AND,     /* a, b */
    TCN_N_NOT,     /* a */
    TCN_N_NEG,     /* a */
    TCN_N_POS,     /* a */
    TCN_N_COMPARE, /* a, list of OPERAND */
    TCN_N_OPERAND, /* op: enum tcn_cmp, a */
    TCN_N_BINARY,  /* op: enum tcn_arith; a, b */
    TCN_N_CONCAT,  /* list */
    TCN_N_GETATTR, /* a.number */
    TCN_N_GETITEM, /* a[b] */
    TCN_N_SLICE,   /* a:b:c, each may be NULL */
    TCN_N_CALL,    /* a(list, list2, *b, **c) */
    TCN_N_FILTER,  /* a|text(list, list2, *b, **c); a is NULL for a block's body */
    TCN_N_TEST,    /* a is text(list, list2, *b, **c) */
    TCN_N_KEYWORD, /* number=a */
    /* statements */
    TCN_N_OUTPUT,      /* list */
    TCN_N_DATA,        /* text */
    TCN_N_FOR,         /* for a in b if c: list, else list2; flag: recursive */
    TCN_N_IF,          /* if a: list, elifs c, else list2 */
    TCN_N_SET,         /* a = b */
    TCN_N_SETBLOCK,    /* a, filters b, list */
    TCN_N_WITH,        /* targets a, values b, list */
    TCN_N_MACRO,       /* number, parameters a, defaults b, list */
    TCN_N_CALLBLOCK,   /* parameters a, defaults b, call c, list */
    TCN_N_FILTERBLOCK, /* filters b, list */
    TCN_N_BLOCK,       /* text, list; flag: scoped, op: required */
    TCN_N_AUTOESCAPE,  /* a, list */
    TCN_N_EXTENDS,     /* a */
    TCN_N_INCLUDE,     /* a; flag: with context, op: ignore missing */
    TCN_N_IMPORT,      /* a, target list; flag: with context */
    TCN_N_FROM,        /* a, targets list, number2 is what is imported; flag: as above */
};
enum tcn_ctx {
    TCN_CTX_LOAD,
    TCN_CTX_STORE,
    TCN_CTX_PARAM
};

typedef struct tcn_node tcn_node;
struct tcn_node {
    uint8_t kind, op, ctx;
    bool flag;
    uint8_t mentions; /* of a statement: tcn_mention_of what stands anywhere in it */
    uint16_t depth;
    uint32_t pos;
    uint32_t number; /* of the name, where that is one of the source */
    tcn_node *next;  /* in the list that holds it */
    tcn_node *a, *b, *c;
    tcn_node *list, *list2;
    union {
        tcn_str text;     /* of DATA, FILTER, TEST and BLOCK */
        tcn_value value;  /* of a CONST */
        uint32_t number2; /* of a second name */
    };
};

/* The names that the compiler binds where they are read, as bits. */
static inline uint8_t tcn_mention_of(enum tcn_word word)
{
    return word == TCN_W_LOOP      ? 1
           : word == TCN_W_CALLER  ? 2
           : word == TCN_W_KWARGS  ? 4
           : word == TCN_W_VARARGS ? 8
                                   : 0;
}

enum {
    TCN_MENTION_LOOP_TARGET = 16, /* "loop" is assigned somewhere */
    TCN_MENTION_SCOPED = 32       /* a scoped block, which sees "loop" */
};

/* The blocks of a source, in its order. */
typedef struct tcn_ast_block {
    const tcn_node *node;
    struct tcn_ast_block *next;
} tcn_ast_block;

/* What parsing found, for the compiler and the checks of validation. */
typedef struct tcn_ast {
    tcn_node *body; /* list of statements */
    tcn_str source; /* normalised */
    tcn_names names;
    uint32_t loops, loop_nesting;
    bool has_slices, has_extends;
    tcn_ast_block *blocks;
} tcn_ast;

/* Of a tree that may be saved: not too many loops. */
int tcn_tpl_check_loops(const tcn_tpl_env *env, const tcn_ast *ast,
                        tcn_tpl_error *reterr);
/* The tree lies in arena, the source in kept; both may be the same. */
int tcn_tpl_parse(const tcn_tpl_env *env, tcn_str source, tcn_arena *arena,
                  tcn_arena *kept, tcn_ast *ret, tcn_tpl_error *reterr);

#endif
