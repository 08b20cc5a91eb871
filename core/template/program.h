/* SPDX-License-Identifier: Apache-2.0 */
/* program.h - what the compiler makes and the machine runs: functions of instructions for
 * a stack machine. Names, constants, filters and tests are numbers by now; variables are
 * slots of their function. Nothing here changes after compilation. Private to the room.
 */
#ifndef TCN_TEMPLATE_PROGRAM_H
#define TCN_TEMPLATE_PROGRAM_H

#include <stdatomic.h>

#include "core/template/template.h"
#include "core/value/ops.h"

enum tcn_cmp {
    TCN_CMP_EQ,
    TCN_CMP_NE,
    TCN_CMP_LT,
    TCN_CMP_LE,
    TCN_CMP_GT,
    TCN_CMP_GE,
    TCN_CMP_IN,
    TCN_CMP_NOT_IN,
};

/* How a value is written. */
enum tcn_emission {
    TCN_EMIT_TYPED, /* for the type of the output */
    TCN_EMIT_HTML,  /* as HTML where that type is text: inside "autoescape true" */
    TCN_EMIT_TEXT,  /* as it is; it must be text */
    TCN_EMIT_RAW,   /* as it is: inside "autoescape false" */
};

/* Each with what it takes from the stack and leaves there. k: a constant, s: a slot, t: a
 * place in the code, n: a count. */
enum tcn_op {
    TCN_OP_TEXT,    /* -- : writes constant b as it is */
    TCN_OP_EMIT,    /* v -- : writes str(v); a is enum tcn_emission */
    TCN_OP_CONST,   /* -- k */
    TCN_OP_LOAD,    /* -- v : slot b; one that is empty gives an undefined value */
    TCN_OP_LOAD_UP, /* -- v : slot b of the a-th enclosing function */
    TCN_OP_ROOT,    /* -- v : name b of the context or a global */
    TCN_OP_STORE,   /* v -- : into slot b */
    TCN_OP_CLEAR,   /* -- : empties slot b */
    TCN_OP_ALIAS, /* -- : slot a >> 4 gets what slot b of the (a & 15)-th function has */
    TCN_OP_ALIAS_ROOT, /* -- : slot a gets name b of the context */
    TCN_OP_ATTR,       /* o -- v : o.k; a is the name's enum tcn_atom */
    TCN_OP_ITEM,       /* o i -- v */
    TCN_OP_SLICE,      /* o start stop step -- v; a: failing gives undefined */
    TCN_OP_ARITH,      /* x y -- v : a is enum tcn_arith */
    TCN_OP_NEG,        /* x -- v */
    TCN_OP_POS,        /* x -- v */
    TCN_OP_NOT,        /* x -- bool */
    TCN_OP_COMPARE,    /* x y -- bool : a is enum tcn_cmp */
    TCN_OP_CHAIN,      /* x y -- y x y : keeps y for the next comparison */
    TCN_OP_NIP,        /* x y -- y */
    TCN_OP_CONCAT,     /* n values -- text; a is enum tcn_emission */
    TCN_OP_JUMP,       /* -- : to b */
    TCN_OP_JUMP_FALSE, /* x -- : to b when x is false */
    TCN_OP_JUMP_AND,   /* x -- x at b when x is false, else x -- */
    TCN_OP_JUMP_OR,    /* x -- x at b when x is true, else x -- */
    TCN_OP_JUMP_SET,   /* -- : to b when slot a is not empty */
    TCN_OP_TUPLE,      /* n values -- tuple */
    TCN_OP_LIST,       /* n values -- list */
    TCN_OP_DICT,       /* n pairs of values -- dict */
    TCN_OP_CALL, /* f a values, named ones -- v : b - 1 is the tuple of names, 0: none */
    TCN_OP_CALL_EMIT,  /* f a values, named ones -- : as CALL and EMIT */
    TCN_OP_CALL_SPLAT, /* f list dict -- v : a: 0 call, 1 filter b, 2 test b */
    TCN_OP_SPLAT_LIST, /* list iterable -- list */
    TCN_OP_SPLAT_DICT, /* dict mapping -- dict */
    TCN_OP_FILTER, /* v a values, named ones -- v : filter b; next: EXTRA with the names
                    */
    TCN_OP_FILTER_EMIT, /* v a values -- : as FILTER and EMIT, for one that can write */
    TCN_OP_TEST,        /* v a values, named ones -- bool : test b; next: EXTRA */
    TCN_OP_EXTRA,       /* b - 1 is a tuple of names, 0: none */
    TCN_OP_ITER,        /* iterable -- : a loop over it in slot b; a: a recursive one */
    TCN_OP_NEXT,        /* -- item : of the loop in slot a; at its end to b instead */
    TCN_OP_MARK,        /* -- : the loop in slot a has run its body */
    TCN_OP_JUMP_LOOPED, /* -- : to b when the loop in slot a has run its body */
    TCN_OP_APPEND,      /* list v -- list */
    TCN_OP_UNPACK,      /* v -- b values, the first on top */
    TCN_OP_CAPTURE,     /* -- mark : from now on what is written is kept */
    TCN_OP_CAPTURED,    /* mark -- text : what was written since; a: enum tcn_emission,
                           Markup if HTML */
    TCN_OP_MACRO,       /* -- macro : function b */
    TCN_OP_LOOP,        /* iterable -- : runs the recursive loop that is function b */
    TCN_OP_PARAM,       /* -- : slot b, a parameter without default, is undefined */
    TCN_OP_NS_CHECK,    /* v -- : fails unless v is a namespace */
    TCN_OP_NS_SET,      /* v namespace -- : its attribute k */
    TCN_OP_BRANCH, /* -- undefined : the missing else of an inline if; k is its message */
    TCN_OP_RAISE,  /* -- : fails; a is the exception's class, k its message */
    /* templates of several parts */
    TCN_OP_EXPORT, /* -- : the context gets slot b; a: enum tcn_export */
    TCN_OP_SLOT,   /* -- v : slot b of the a-th function, empty or not */
    TCN_OP_LOCALS, /* b pairs of name and value -- dict : of those that have a value */
    TCN_OP_SELF,   /* -- self */
    TCN_OP_SUPER,  /* -- super : of the block whose name is k */
    TCN_OP_BLOCK,  /* -- : writes the block k, if a required one */
    TCN_OP_BLOCK_SCOPED, /* locals -- : as BLOCK, the locals are in its context */
    TCN_OP_EXTENDS,      /* name -- : the template's parent */
    TCN_OP_JUMP_CHILD,   /* -- : to b when the template has a parent by now */
    TCN_OP_PARENT,       /* -- : writes the parent, if there is one */
    TCN_OP_INCLUDE,      /* name -- : writes a template; a: enum tcn_load, bits */
    TCN_OP_INCLUDE_WITH, /* name locals -- : as INCLUDE, with the context */
    TCN_OP_IMPORT,       /* name -- module */
    TCN_OP_IMPORT_WITH,  /* name locals -- module : with the context */
    TCN_OP_IMPORTED,     /* module -- v : what it exports as k */
    TCN_OP_RETURN,
};

/* What an assignment outside of everything does for those who import the template. */
enum tcn_export {
    TCN_EXPORT_PRIVATE,
    TCN_EXPORT_PUBLIC,
    TCN_EXPORT_NO_MORE, /* an import: takes the name away from them */
};

/* How a template is named and found, as bits. */
enum tcn_load {
    TCN_LOAD_NAME = 1,  /* by a name only */
    TCN_LOAD_LIST = 2,  /* by a list only; neither: by what the value is */
    TCN_LOAD_MAYBE = 4, /* nothing is written when there is none */
};

typedef struct tcn_instr {
    uint8_t op;
    uint16_t a;
    uint32_t b;
} tcn_instr;

typedef struct tcn_func {
    tcn_instr *code;
    uint32_t *places; /* in the source, of each instruction */
    uint32_t count;
    uint32_t slots, stack;        /* values it needs for variables and on the stack */
    uint32_t *slot_names;         /* constants */
    const struct tcn_func *outer; /* that it stands in, if any */
    bool is_captured; /* inner functions use its slots: they outlive the call */
    /* of macros */
    tcn_value name;   /* text; NONE for a caller */
    tcn_value params; /* tuple of texts; slots 0 to params - 1 */
    int32_t caller_slot, kwargs_slot, varargs_slot; /* -1: not used */
    bool has_explicit_caller;
    bool reads_caller;
} tcn_func;

typedef struct tcn_block {
    tcn_str name;
    const tcn_func *func;
} tcn_block;

struct tcn_tpl {
    atomic_uint refs;
    tcn_arena arena; /* everything below, and the template itself */
    const tcn_tpl_env *env;
    bool is_verbatim;         /* source is the output */
    const tcn_tpl_file *file; /* NULL: a text without a name */
    tcn_str source;           /* normalised, unless verbatim */
    tcn_value *consts;
    uint32_t const_count;
    tcn_func **funcs; /* the first one is the template's body */
    uint32_t func_count;
    tcn_value *roots; /* texts */
    uint32_t root_count;
    tcn_block *blocks; /* in the order of the source */
    uint32_t block_count;
    bool has_parts; /* its names may be looked up by more than one part of a rendering */
};

/* A template of the file, whatever text it holds. */
int tcn_tpl_compile_file(tcn_tpl **ret, const tcn_tpl_env *env, const tcn_tpl_file *file,
                         tcn_tpl_error *reterr);

#endif
