/* SPDX-License-Identifier: Apache-2.0 */
/* compiler.c - statements to instructions, and the compiled template as a thing that is
 * shared. */
#include "core/template/compiler.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

void tcn_compile_store(tcn_compiler *c, const tcn_node *target)
{
    if (c->code < 0)
        return;
    if (target->kind == TCN_N_NAME) {
        tcn_ref *ref = tcn_scope_find(c->scope, target->number);
        tcn_ref_slot(c, ref);
        (void)tcn_emit(c, target, TCN_OP_STORE, 0, ref->slot, -1);
    } else if (target->kind == TCN_N_NSREF) {
        tcn_emit_load(c, target, target->number);
        (void)tcn_emit(c, target, TCN_OP_NS_SET, 0, tcn_const_name(c, target->number2),
                       -2);
    } else {
        uint32_t count = 0;
        for (const tcn_node *item = target->list; item != NULL; item = item->next)
            count++;
        (void)tcn_emit(c, target, TCN_OP_UNPACK, 0, count, (int)count - 1);
        for (const tcn_node *item = target->list; item != NULL; item = item->next)
            tcn_compile_store(c, item);
    }
}

static void check_namespaces(tcn_compiler *c, const tcn_node *target)
{
    if (target->kind == TCN_N_NSREF) {
        tcn_emit_load(c, target, target->number);
        (void)tcn_emit(c, target, TCN_OP_NS_CHECK, 0, 0, -1);
    }
    for (const tcn_node *item = target->list; item != NULL; item = item->next)
        check_namespaces(c, item);
}

static void compile_parts(tcn_compiler *c, const tcn_node *node)
{
    for (const tcn_node *part = node->list; part != NULL; part = part->next) {
        if (part->kind == TCN_N_DATA) {
            (void)tcn_emit(c, part, TCN_OP_TEXT, 0, tcn_const_text(c, part->text), 0);
        } else if (part->kind == TCN_N_CALL) {
            tcn_compile_call(c, part, true, -1);
        } else if (!tcn_compile_written(c, part)) {
            c->is_folded = c->has_slices && tcn_is_constant(part);
            tcn_compile_expr(c, part);
            c->is_folded = false;
            (void)tcn_emit(c, part, TCN_OP_EMIT, c->emission, 0, -1);
        }
    }
}

static void compile_output(tcn_compiler *c, const tcn_node *node)
{
    bool is_checked = c->is_output_checked && c->extends > 0;
    uint32_t child = 0;
    /* Dropped before it is looked at, as Jinja does. */
    if (is_checked && c->is_child)
        return;
    if (is_checked)
        child = tcn_emit(c, node, TCN_OP_JUMP_CHILD, 0, 0, 0);
    compile_parts(c, node);
    if (is_checked)
        tcn_patch(c, child);
}

static void compile_if(tcn_compiler *c, const tcn_node *node)
{
    bool was_soft = c->is_soft;
    c->is_soft = true;
    uint32_t *ends = NULL;
    size_t count = 1;
    for (const tcn_node *branch = node->c; branch != NULL; branch = branch->next)
        count++;
    ends = tcn_arena_alloc(c->temp, count * sizeof *ends);
    if (ends == NULL) {
        tcn_compile_no_memory(c);
        return;
    }
    size_t at = 0;
    for (const tcn_node *branch = node; branch != NULL && c->code >= 0;
         branch = branch == node ? node->c : branch->next) {
        tcn_compile_expr(c, branch->a);
        uint32_t otherwise = tcn_emit(c, branch, TCN_OP_JUMP_FALSE, 0, 0, -1);
        tcn_compile_body(c, branch->list);
        ends[at++] = tcn_emit(c, branch, TCN_OP_JUMP, 0, 0, 0);
        tcn_patch(c, otherwise);
    }
    tcn_compile_body(c, node->list2);
    for (size_t i = 0; i < at; i++)
        tcn_patch(c, ends[i]);
    c->is_soft = was_soft;
}

/* A body with a scope of its own in the same function. */
static void compile_inner(tcn_compiler *c, const tcn_node *node, const tcn_node *filters)
{
    tcn_scope *outer = c->scope;
    tcn_scope inner;
    bool was_soft = c->is_soft;
    bool was_checked = c->is_output_checked;
    tcn_scope_init(&inner, outer, c->build, c->temp);
    tcn_scope_visit_list(&inner, node->list);
    if (node->kind == TCN_N_FILTERBLOCK)
        tcn_scope_visit(&inner, filters);
    tcn_scope_enter(c, node, &inner);
    c->is_soft = false;
    /* What is kept is no output yet. */
    c->is_output_checked = was_checked && node->kind != TCN_N_SETBLOCK;
    if (node->kind == TCN_N_SETBLOCK || node->kind == TCN_N_FILTERBLOCK)
        (void)tcn_emit(c, node, TCN_OP_CAPTURE, 0, 0, 1);
    tcn_compile_body(c, node->list);
    if (node->kind == TCN_N_SETBLOCK || node->kind == TCN_N_FILTERBLOCK)
        (void)tcn_emit(c, node, TCN_OP_CAPTURED, c->emission, 0, 0);
    if (filters != NULL)
        tcn_compile_expr(c, filters);
    c->is_soft = was_soft;
    c->is_output_checked = was_checked;
    c->scope = outer;
}

static void compile_with(tcn_compiler *c, const tcn_node *node)
{
    tcn_scope *outer = c->scope;
    tcn_scope inner;
    bool was_soft = c->is_soft;
    tcn_scope_init(&inner, outer, c->build, c->temp);
    for (const tcn_node *target = node->a; target != NULL; target = target->next)
        tcn_scope_visit(&inner, target);
    tcn_scope_visit_list(&inner, node->list);
    tcn_scope_enter(c, node, &inner);
    const tcn_node *value = node->b;
    for (const tcn_node *target = node->a; target != NULL; target = target->next) {
        c->scope = outer;
        tcn_compile_expr(c, value);
        c->scope = &inner;
        tcn_compile_store(c, target);
        value = value->next;
    }
    c->is_soft = false;
    tcn_compile_body(c, node->list);
    c->is_soft = was_soft;
    c->scope = outer;
}

static void compile_call_block(tcn_compiler *c, const tcn_node *node)
{
    uint32_t slot = tcn_slot_hidden(c);
    tcn_compile_macro(c, node);
    (void)tcn_emit(c, node, TCN_OP_STORE, 0, slot, -1);
    tcn_compile_call(c, node->c, true, slot);
}

static void compile_autoescape(tcn_compiler *c, const tcn_node *node)
{
    enum tcn_emission outer = c->emission;
    if (node->a->kind != TCN_N_CONST) {
        tcn_compile_fail(c, node, TCN_EXC_TemplateAssertionError,
                         "autoescape takes a constant here");
        return;
    }
    c->emission = tcn_truth(node->a->value) ? TCN_EMIT_HTML : TCN_EMIT_RAW;
    compile_inner(c, node, NULL);
    c->emission = outer;
}

static void compile_statement(tcn_compiler *c, const tcn_node *node)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_OUTPUT:
        compile_output(c, node);
        break;
    case TCN_N_FOR:
        tcn_compile_for(c, node);
        break;
    case TCN_N_IF:
        compile_if(c, node);
        break;
    case TCN_N_SET:
        check_namespaces(c, node->a);
        tcn_compile_expr(c, node->b);
        tcn_compile_store(c, node->a);
        tcn_compile_export(c, node->a);
        break;
    case TCN_N_SETBLOCK:
        compile_inner(c, node, node->b);
        tcn_compile_store(c, node->a);
        tcn_compile_export(c, node->a);
        break;
    case TCN_N_FILTERBLOCK:
        compile_inner(c, node, node->b);
        (void)tcn_emit(c, node, TCN_OP_EMIT, TCN_EMIT_TEXT, 0, -1);
        break;
    case TCN_N_WITH:
        compile_with(c, node);
        break;
    case TCN_N_MACRO:
        tcn_compile_macro(c, node);
        if (c->code >= 0) {
            tcn_ref *ref = tcn_scope_find(c->scope, node->number);
            (void)tcn_emit(c, node, TCN_OP_STORE, 0, ref->slot, -1);
            tcn_compile_export_name(c, node, node->number, false);
        }
        break;
    case TCN_N_CALLBLOCK:
        compile_call_block(c, node);
        break;
    case TCN_N_BLOCK:
        tcn_compile_block_call(c, node);
        break;
    case TCN_N_AUTOESCAPE:
        compile_autoescape(c, node);
        break;
    case TCN_N_EXTENDS:
    case TCN_N_INCLUDE:
    case TCN_N_IMPORT:
    case TCN_N_FROM:
        tcn_compile_load(c, node);
        break;
    default:
        tcn_compile_fail(c, node, TCN_EXC_TemplateSyntaxError, "not a statement");
        break;
    }
}

void tcn_compile_body(tcn_compiler *c, const tcn_node *list)
{
    for (; list != NULL && c->code >= 0; list = list->next)
        compile_statement(c, list);
}

/* Everything that grew while compiling moves next to the template. */
static void settle(tcn_compiler *c)
{
    tcn_tpl *tpl = c->tpl;
    size_t consts = tpl->const_count * sizeof *tpl->consts;
    size_t roots = tpl->root_count * sizeof *tpl->roots;
    size_t funcs = tpl->func_count * sizeof(tcn_func *);
    void *copies[3] = {tcn_arena_alloc(&tpl->arena, consts + 1),
                       tcn_arena_alloc(&tpl->arena, roots + 1),
                       tcn_arena_alloc(&tpl->arena, funcs + 1)};
    if (copies[0] == NULL || copies[1] == NULL || copies[2] == NULL) {
        tcn_compile_no_memory(c);
        return;
    }
    if (consts > 0)
        memcpy(copies[0], tpl->consts, consts);
    if (roots > 0)
        memcpy(copies[1], tpl->roots, roots);
    memcpy(copies[2], tpl->funcs, funcs);
    tpl->consts = copies[0];
    tpl->roots = copies[1];
    tpl->funcs = copies[2];
}

static int compile_tree(tcn_compiler *c, const tcn_ast *ast)
{
    static const tcn_node at_start = {0};
    tcn_build build;
    tcn_scope scope;
    uint32_t index = 0;
    c->tpl->source = ast->source;
    c->names = &ast->names;
    c->has_slices = ast->has_slices;
    c->uses = tcn_arena_zero(c->temp, ast->names.count * sizeof *c->uses + 1);
    if (c->uses == NULL || !tcn_build_begin(c, &build, &index)) {
        tcn_compile_no_memory(c);
        return c->code;
    }
    c->tpl->has_parts = c->env->files != NULL || ast->blocks != NULL;
    c->is_output_checked = ast->has_extends;
    tcn_scope_init(&scope, NULL, &build, c->temp);
    c->root_scope = &scope;
    tcn_compile_reference(c, &at_start, &scope, ast->body, TCN_W_SELF, TCN_OP_SELF, 0);
    tcn_scope_visit_list(&scope, ast->body);
    tcn_scope_enter(c, &at_start, &scope);
    tcn_compile_body(c, ast->body);
    if (c->extends > 0)
        (void)tcn_emit(c, &at_start, TCN_OP_PARENT, 0, 0, 0);
    (void)tcn_emit(c, &at_start, TCN_OP_RETURN, 0, 0, 0);
    tcn_build_end(c);
    tcn_compile_blocks(c, ast->blocks);
    settle(c);
    return c->code;
}

static tcn_tpl *tpl_new(const tcn_tpl_env *env, const tcn_tpl_file *file)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_tpl *tpl = tcn_arena_zero(&arena, sizeof *tpl);
    if (tpl == NULL) {
        tcn_arena_deinit(&arena);
        return NULL;
    }
    tpl->arena = arena;
    tpl->env = env;
    tpl->file = file;
    atomic_init(&tpl->refs, 1);
    return tpl;
}

static int keep_plain(tcn_tpl *tpl, tcn_str source, tcn_tpl_error *reterr)
{
    size_t bad = 0;
    if (!tcn_utf8_valid(source, &bad))
        return tcn_tpl_fail(reterr, TCN_EXC_TemplateSyntaxError, source, SIZE_MAX,
                            "source is not UTF-8 at byte %zu", bad);
    tpl->is_verbatim = true;
    tpl->source = tcn_arena_str(&tpl->arena, source);
    return tpl->source.ptr == NULL && source.len > 0 ? TCN_E_NOMEM : 0;
}

static int compile_source(tcn_tpl *tpl, tcn_str source, tcn_tpl_error *reterr)
{
    if (tpl->env->keeps_plain && !tcn_tpl_is_template(source))
        return keep_plain(tpl, source, reterr);
    tcn_arena temp;
    tcn_ast ast = {0};
    tcn_arena_init(&temp, 0);
    tcn_compiler c = {.env = tpl->env, .tpl = tpl, .temp = &temp, .reterr = reterr};
    int rc = tcn_tpl_parse(tpl->env, source, &temp, &tpl->arena, &ast, reterr);
    if (rc >= 0)
        rc = compile_tree(&c, &ast);
    tcn_arena_deinit(&temp);
    return rc;
}

static int compile_new(tcn_tpl **ret, const tcn_tpl_env *env, const tcn_tpl_file *file,
                       tcn_str source, tcn_tpl_error *reterr)
{
    tcn_tpl *tpl = tpl_new(env, file);
    if (tpl == NULL)
        return TCN_E_NOMEM;
    int rc = compile_source(tpl, source, reterr);
    if (rc < 0) {
        tcn_tpl_unref(tpl);
        return rc;
    }
    *ret = tpl;
    return 0;
}

int tcn_tpl_compile(tcn_tpl **ret, const tcn_tpl_env *env, tcn_str source,
                    tcn_tpl_error *reterr)
{
    return compile_new(ret, env, NULL, source, reterr);
}

int tcn_tpl_compile_file(tcn_tpl **ret, const tcn_tpl_env *env, const tcn_tpl_file *file,
                         tcn_tpl_error *reterr)
{
    int rc = compile_new(ret, env, file, tcn_str_c(file->source), reterr);
    if (rc < 0 && reterr != NULL)
        reterr->file = file;
    return rc;
}

tcn_tpl *tcn_tpl_ref(tcn_tpl *tpl)
{
    atomic_fetch_add_explicit(&tpl->refs, 1, memory_order_relaxed);
    return tpl;
}

void tcn_tpl_unref(tcn_tpl *tpl)
{
    if (tpl == NULL ||
        atomic_fetch_sub_explicit(&tpl->refs, 1, memory_order_acq_rel) != 1)
        return;
    /* The template lies in its own arena. */
    tcn_arena arena = tpl->arena;
    tcn_arena_deinit(&arena);
}

size_t tcn_tpl_root_count(const tcn_tpl *tpl)
{
    return tpl->root_count;
}

tcn_str tcn_tpl_root(const tcn_tpl *tpl, size_t i)
{
    return tcn_text_str(tpl->roots[i].text);
}

bool tcn_tpl_loads(const tcn_tpl *tpl, tcn_str name)
{
    for (size_t i = 0; i < tpl->root_count; i++) {
        if (tcn_str_eq(tcn_tpl_root(tpl, i), name))
            return true;
    }
    return false;
}
