/* SPDX-License-Identifier: Apache-2.0 */
/* compiler.h - what the halves of the compiler share: functions under construction and
 * the instructions that go into them. A failure is kept in code; after it, emitting does
 * nothing. Private to the room. */
#ifndef TCN_TEMPLATE_COMPILER_H
#define TCN_TEMPLATE_COMPILER_H

#include "core/template/program.h"
#include "core/template/symbols.h"

/* One function under construction. */
typedef struct tcn_build {
    struct tcn_build *outer;
    tcn_func *func;
    size_t capacity, slot_capacity;
    uint32_t depth; /* of the stack now */
} tcn_build;

/* What the template has of a name already, plus one; 0: nothing. */
typedef struct tcn_name_use {
    uint32_t text; /* constant */
    uint32_t root;
    uint32_t dump; /* the last one that listed it (compiler_parts.c) */
} tcn_name_use;

typedef struct tcn_compiler {
    const tcn_tpl_env *env;
    tcn_tpl *tpl;
    tcn_arena *temp; /* dropped after compiling */
    tcn_tpl_error *reterr;
    int code;
    tcn_build *build;
    tcn_scope *scope;
    tcn_scope *root_scope;
    const tcn_names *names;
    tcn_name_use *uses; /* of each name */
    size_t const_capacity, func_capacity, root_capacity;
    bool is_soft;    /* inside an if: unknown filters fail when they are reached */
    bool has_slices; /* the template has */
    bool is_folded;  /* inside an expression whose value Jinja computes while compiling */
    enum tcn_emission emission; /* of values here */
    uint32_t dumps;
    /* of a template that extends another one */
    uint32_t extends;       /* statements so far */
    bool is_child;          /* one of them is sure to run */
    bool is_output_checked; /* what is written here is dropped in a child */
} tcn_compiler;

/* compiler_emit.c. effect is what the instruction does to the height of the stack. */
uint32_t tcn_emit(tcn_compiler *c, const tcn_node *at, enum tcn_op op, uint32_t a,
                  uint32_t b, int effect);
/* The place of the next instruction, as a target of jumps. */
uint32_t tcn_here(const tcn_compiler *c);
/* The jump at that place goes to the next instruction. */
void tcn_patch(tcn_compiler *c, uint32_t jump);
uint32_t tcn_const(tcn_compiler *c, tcn_value v);
/* A text of the tree, or one that goes away after the call. */
uint32_t tcn_const_text(tcn_compiler *c, tcn_str text);
/* The same constant for the same name of the source. */
uint32_t tcn_const_name(tcn_compiler *c, uint32_t number);
/* name: the constant that names it in errors. */
uint32_t tcn_slot_new(tcn_compiler *c, uint32_t name);
/* One that has no name. */
uint32_t tcn_slot_hidden(tcn_compiler *c);
bool tcn_build_begin(tcn_compiler *c, tcn_build *build, uint32_t *ret_index);
void tcn_build_end(tcn_compiler *c);
void tcn_compile_fail(tcn_compiler *c, const tcn_node *at, enum tcn_exc_class exc_class,
                      const char *fmt, ...) TCN_PRINTF(4, 5);
/* What was probably meant where compiling just failed; NULL: nothing comes near. */
void tcn_compile_hint(tcn_compiler *c, const char *nearest);
void tcn_compile_no_memory(tcn_compiler *c);

/* Variables. */
void tcn_emit_load(tcn_compiler *c, const tcn_node *at, uint32_t name);
/* Gives every variable of the analysed scope its slot and first value. */
void tcn_scope_enter(tcn_compiler *c, const tcn_node *at, tcn_scope *scope);
void tcn_ref_slot(tcn_compiler *c, tcn_ref *ref);
/* How many functions out the variable lives. */
uint32_t tcn_ref_up(const tcn_compiler *c, const tcn_ref *ref);

/* compiler_expr.c */
/* Whether Jinja could compute the value while compiling; only slices can tell. */
bool tcn_is_constant(const tcn_node *node);
void tcn_compile_expr(tcn_compiler *c, const tcn_node *node);
/* node is a call; named_caller: the caller of a call block is on the stack's bottom as
 * callee's last named argument, loaded from that slot. */
void tcn_compile_call(tcn_compiler *c, const tcn_node *node, bool is_emitted,
                      int64_t caller_slot);

/* A filter whose text can be written as it is made; false: node is no such one, and
 * nothing was emitted. */
bool tcn_compile_written(tcn_compiler *c, const tcn_node *node);

/* compiler.c */
void tcn_compile_body(tcn_compiler *c, const tcn_node *list);
void tcn_compile_store(tcn_compiler *c, const tcn_node *target);

/* compiler_parts.c */
/* Whether the statement stands outside of everything but "if". */
static inline bool tcn_is_toplevel(const tcn_compiler *c)
{
    return c->root_scope != NULL && c->scope == c->root_scope;
}
/* The variables of the target get into the context where that counts. */
void tcn_compile_export(tcn_compiler *c, const tcn_node *target);
/* A name of the scope as above. */
void tcn_compile_export_name(tcn_compiler *c, const tcn_node *at, uint32_t name,
                             bool is_import);
/* "self" or "super" as a variable of the scope, if the body reads it: op makes it, of the
 * constant b. */
void tcn_compile_reference(tcn_compiler *c, const tcn_node *at, tcn_scope *scope,
                           const tcn_node *body, enum tcn_word word, enum tcn_op op,
                           uint32_t b);
void tcn_compile_block_call(tcn_compiler *c, const tcn_node *node);
/* The functions of all blocks. */
void tcn_compile_blocks(tcn_compiler *c, const tcn_ast_block *blocks);
/* extends, include, import, from */
void tcn_compile_load(tcn_compiler *c, const tcn_node *node);

/* compiler_loop.c, compiler_macro.c */
void tcn_compile_for(tcn_compiler *c, const tcn_node *node);
/* Leaves the macro on the stack. */
void tcn_compile_macro(tcn_compiler *c, const tcn_node *node);

#endif
