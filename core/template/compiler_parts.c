/* SPDX-License-Identifier: Apache-2.0 */
/* compiler_parts.c - templates of several parts: blocks, each a function of its own that
 * reads its names from the context; the statements that bring in another template; and
 * the variables that those outside of this function can see. */
#include "core/template/compiler.h"

void tcn_compile_export_name(tcn_compiler *c, const tcn_node *at, uint32_t name,
                             bool is_import)
{
    if (c->code < 0 || !c->tpl->has_parts || !tcn_is_toplevel(c))
        return;
    bool is_private = c->names->items[name].text.ptr[0] == '_';
    (void)tcn_emit(c, at, TCN_OP_EXPORT,
                   is_private  ? TCN_EXPORT_PRIVATE
                   : is_import ? TCN_EXPORT_NO_MORE
                               : TCN_EXPORT_PUBLIC,
                   tcn_scope_find(c->scope, name)->slot, 0);
}

void tcn_compile_export(tcn_compiler *c, const tcn_node *target)
{
    if (target->kind == TCN_N_NAME)
        tcn_compile_export_name(c, target, target->number, false);
    for (const tcn_node *item = target->list; item != NULL; item = item->next)
        tcn_compile_export(c, item);
}

void tcn_compile_reference(tcn_compiler *c, const tcn_node *at, tcn_scope *scope,
                           const tcn_node *body, enum tcn_word word, enum tcn_op op,
                           uint32_t b)
{
    uint32_t name = tcn_names_word(c->names, word);
    if (c->code < 0 || !tcn_reads_name(body, name))
        return;
    tcn_ref *ref = tcn_scope_param(scope, name);
    if (ref == NULL) {
        tcn_compile_no_memory(c);
        return;
    }
    tcn_ref_slot(c, ref);
    (void)tcn_emit(c, at, op, 0, b, 1);
    (void)tcn_emit(c, at, TCN_OP_STORE, 0, ref->slot, -1);
}

/* -- locals : the variables of this scope and of those around it, the inner ones first.
 */
static void compile_locals(tcn_compiler *c, const tcn_node *at)
{
    uint32_t count = 0;
    c->dumps++;
    for (const tcn_scope *scope = c->scope; scope != NULL; scope = scope->parent) {
        for (const tcn_ref *ref = scope->refs; ref != NULL && c->code >= 0;
             ref = ref->next) {
            if (!ref->has_slot || c->uses[ref->name].dump == c->dumps)
                continue;
            c->uses[ref->name].dump = c->dumps;
            (void)tcn_emit(c, at, TCN_OP_CONST, 0, tcn_const_name(c, ref->name), 1);
            (void)tcn_emit(c, at, TCN_OP_SLOT, tcn_ref_up(c, ref), ref->slot, 1);
            count++;
        }
    }
    (void)tcn_emit(c, at, TCN_OP_LOCALS, 0, count, 1 - 2 * (int)count);
}

/* ---- blocks ---- */

void tcn_compile_block_call(tcn_compiler *c, const tcn_node *node)
{
    bool is_checked = tcn_is_toplevel(c) && c->extends > 0;
    uint32_t child = 0;
    if (is_checked && c->is_child)
        return;
    if (is_checked)
        child = tcn_emit(c, node, TCN_OP_JUMP_CHILD, 0, 0, 0);
    uint32_t name = tcn_const_text(c, node->text);
    if (node->flag) {
        compile_locals(c, node);
        (void)tcn_emit(c, node, TCN_OP_BLOCK_SCOPED, node->op, name, -1);
    } else {
        (void)tcn_emit(c, node, TCN_OP_BLOCK, node->op, name, 0);
    }
    if (is_checked)
        tcn_patch(c, child);
}

static bool is_twice(const tcn_ast_block *first, const tcn_ast_block *block)
{
    while (first != block && !tcn_str_eq(first->node->text, block->node->text))
        first = first->next;
    return first != block;
}

/* Not inside the template's own function: a block does not see its variables. */
static void compile_block(tcn_compiler *c, const tcn_node *node)
{
    tcn_build build;
    tcn_scope scope;
    uint32_t index = 0;
    if (!tcn_build_begin(c, &build, &index))
        return;
    tcn_scope_init(&scope, NULL, &build, c->temp);
    tcn_compile_reference(c, node, &scope, node->list, TCN_W_SELF, TCN_OP_SELF, 0);
    tcn_compile_reference(c, node, &scope, node->list, TCN_W_SUPER, TCN_OP_SUPER,
                          tcn_const_text(c, node->text));
    tcn_scope_visit_list(&scope, node->list);
    tcn_scope_enter(c, node, &scope);
    tcn_compile_body(c, node->list);
    (void)tcn_emit(c, node, TCN_OP_RETURN, 0, 0, 0);
    tcn_build_end(c);
    c->scope = NULL;
    tcn_str name = tcn_arena_str(&c->tpl->arena, node->text);
    if (name.ptr == NULL)
        tcn_compile_no_memory(c);
    c->tpl->blocks[c->tpl->block_count++] = (tcn_block){name, build.func};
}

void tcn_compile_blocks(tcn_compiler *c, const tcn_ast_block *blocks)
{
    size_t count = 0;
    for (const tcn_ast_block *block = blocks; block != NULL; block = block->next) {
        if (is_twice(blocks, block))
            tcn_compile_fail(c, block->node, TCN_EXC_TemplateAssertionError,
                             "block '%.*s' defined twice",
                             TCN_STR_ARG(block->node->text));
        count++;
    }
    c->tpl->blocks = tcn_arena_alloc(&c->tpl->arena, count * sizeof *c->tpl->blocks + 1);
    if (c->tpl->blocks == NULL)
        tcn_compile_no_memory(c);
    c->root_scope = NULL;
    c->is_soft = false;
    c->is_output_checked = false;
    c->emission = TCN_EMIT_TYPED;
    for (const tcn_ast_block *b = blocks; b != NULL && c->code >= 0; b = b->next)
        compile_block(c, b->node);
}

/* ---- other templates ---- */

static void compile_extends(tcn_compiler *c, const tcn_node *node)
{
    tcn_str twice = TCN_STR("extended multiple times");
    if (c->extends > 0 && !c->is_child) {
        uint32_t child = tcn_emit(c, node, TCN_OP_JUMP_CHILD, 0, 0, 0);
        uint32_t first = tcn_emit(c, node, TCN_OP_JUMP, 0, 0, 0);
        tcn_patch(c, child);
        (void)tcn_emit(c, node, TCN_OP_RAISE, TCN_EXC_TemplateRuntimeError,
                       tcn_const_text(c, twice), 0);
        tcn_patch(c, first);
    } else if (c->is_child) {
        (void)tcn_emit(c, node, TCN_OP_RAISE, TCN_EXC_TemplateRuntimeError,
                       tcn_const_text(c, twice), 0);
    }
    tcn_compile_expr(c, node->a);
    (void)tcn_emit(c, node, TCN_OP_EXTENDS, 0, 0, -1);
    c->extends++;
    /* Not inside an "if". */
    c->is_child = c->is_child || !c->is_soft;
}

static uint32_t load_of(const tcn_node *node)
{
    uint32_t how = node->op != 0 ? TCN_LOAD_MAYBE : 0;
    if (node->a->kind == TCN_N_CONST && node->a->value.type == TCN_V_STR)
        how |= TCN_LOAD_NAME;
    if (node->a->kind == TCN_N_TUPLE || node->a->kind == TCN_N_LIST)
        how |= TCN_LOAD_LIST;
    return how;
}

static void compile_include(tcn_compiler *c, const tcn_node *node)
{
    tcn_compile_expr(c, node->a);
    if (node->flag)
        compile_locals(c, node);
    (void)tcn_emit(c, node, node->flag ? TCN_OP_INCLUDE_WITH : TCN_OP_INCLUDE,
                   load_of(node), 0, node->flag ? -2 : -1);
}

/* -- module */
static void compile_module(tcn_compiler *c, const tcn_node *node)
{
    tcn_compile_expr(c, node->a);
    if (node->flag)
        compile_locals(c, node);
    (void)tcn_emit(c, node, node->flag ? TCN_OP_IMPORT_WITH : TCN_OP_IMPORT, 0, 0,
                   node->flag ? -1 : 0);
}

static void compile_import(tcn_compiler *c, const tcn_node *node)
{
    compile_module(c, node);
    tcn_compile_store(c, node->list);
    tcn_compile_export_name(c, node, node->list->number, true);
}

static void compile_from(tcn_compiler *c, const tcn_node *node)
{
    uint32_t module = tcn_slot_hidden(c);
    compile_module(c, node);
    (void)tcn_emit(c, node, TCN_OP_STORE, 0, module, -1);
    for (const tcn_node *target = node->list; target != NULL; target = target->next) {
        (void)tcn_emit(c, node, TCN_OP_LOAD, 0, module, 1);
        (void)tcn_emit(c, node, TCN_OP_IMPORTED, 0, tcn_const_name(c, target->number2),
                       0);
        tcn_compile_store(c, target);
    }
    for (const tcn_node *target = node->list; target != NULL; target = target->next)
        tcn_compile_export_name(c, node, target->number, true);
}

static void compile_found(tcn_compiler *c, const tcn_node *node)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_EXTENDS:
        compile_extends(c, node);
        break;
    case TCN_N_INCLUDE:
        compile_include(c, node);
        break;
    case TCN_N_IMPORT:
        compile_import(c, node);
        break;
    default:
        compile_from(c, node);
        break;
    }
}

void tcn_compile_load(tcn_compiler *c, const tcn_node *node)
{
    if (node->kind == TCN_N_EXTENDS && !tcn_is_toplevel(c))
        tcn_compile_fail(c, node, TCN_EXC_TemplateAssertionError,
                         "cannot use extend from a non top-level scope");
    if (c->env->files != NULL) {
        compile_found(c, node);
        return;
    }
    tcn_compile_expr(c, node->a);
    (void)tcn_emit(c, node, TCN_OP_RAISE, TCN_EXC_TypeError,
                   tcn_const_text(c, TCN_STR("no loader for this environment specified")),
                   -1);
}
