/* SPDX-License-Identifier: Apache-2.0 */
/* compiler_macro.c - macro and call: a function with its parameters in its first slots.
 * Defaults are computed by its own code, where earlier parameters are visible. */
#include "core/template/compiler.h"

static int32_t special_slot(tcn_compiler *c, tcn_scope *scope, uint32_t name)
{
    tcn_ref *ref = tcn_scope_param(scope, name);
    if (ref == NULL) {
        tcn_compile_no_memory(c);
        return -1;
    }
    tcn_ref_slot(c, ref);
    return (int32_t)ref->slot;
}

static bool is_param(const tcn_node *node, uint32_t name)
{
    for (const tcn_node *p = node->a; p != NULL; p = p->next) {
        if (p->number == name)
            return true;
    }
    return false;
}

static const tcn_node *default_of(const tcn_node *node, size_t param, size_t param_count)
{
    size_t defaults = 0;
    for (const tcn_node *d = node->b; d != NULL; d = d->next)
        defaults++;
    if (param + defaults < param_count)
        return NULL;
    const tcn_node *value = node->b;
    for (size_t i = param_count - defaults; i < param; i++)
        value = value->next;
    return value;
}

/* Parameter names as a constant; their slots are the first ones, in order. */
static size_t declare_params(tcn_compiler *c, const tcn_node *node, tcn_scope *scope)
{
    size_t count = 0;
    for (const tcn_node *p = node->a; p != NULL; p = p->next)
        count++;
    tcn_value params = tcn_list_new(&c->tpl->arena, TCN_V_TUPLE, count);
    if (tcn_is_missing(params)) {
        tcn_compile_no_memory(c);
        return 0;
    }
    for (const tcn_node *p = node->a; p != NULL && c->code >= 0; p = p->next) {
        tcn_ref *ref = tcn_scope_param(scope, p->number);
        uint32_t text = tcn_const_name(c, p->number);
        if (ref == NULL || c->code < 0) {
            tcn_compile_no_memory(c);
            return 0;
        }
        if (ref->has_slot)
            tcn_compile_fail(c, p, TCN_EXC_TemplateSyntaxError,
                             "duplicate argument '%.*s' in function definition",
                             TCN_STR_ARG(tcn_names_text(c->names, p->number)));
        tcn_ref_slot(c, ref);
        params.list->items[params.list->count++] = c->tpl->consts[text];
    }
    c->build->func->params = params;
    return count;
}

/* NO_NAME when the macro does not mention it. */
static uint32_t special_name(const tcn_compiler *c, const tcn_node *node,
                             enum tcn_word word)
{
    bool is_mentioned = (node->mentions & tcn_mention_of(word)) != 0;
    return is_mentioned ? tcn_names_word(c->names, word) : TCN_NO_NAME;
}

static void declare_specials(tcn_compiler *c, const tcn_node *node, tcn_scope *scope,
                             size_t param_count)
{
    tcn_func *func = c->build->func;
    uint32_t caller = special_name(c, node, TCN_W_CALLER);
    uint32_t kwargs = special_name(c, node, TCN_W_KWARGS);
    uint32_t varargs = special_name(c, node, TCN_W_VARARGS);
    func->has_explicit_caller = is_param(node, caller);
    func->reads_caller = tcn_reads_name(node->list, caller);
    if (func->reads_caller) {
        size_t i = 0;
        for (const tcn_node *p = node->a; p != NULL && p->number != caller; p = p->next)
            i++;
        if (!func->has_explicit_caller)
            func->caller_slot = special_slot(c, scope, caller);
        else if (default_of(node, i, param_count) == NULL)
            tcn_compile_fail(
                c, node, TCN_EXC_TemplateAssertionError,
                "When defining macros or call blocks the special \"caller\" argument "
                "must be omitted or be given a default.");
    }
    if (tcn_reads_name(node->list, kwargs) && !is_param(node, kwargs))
        func->kwargs_slot = special_slot(c, scope, kwargs);
    if (tcn_reads_name(node->list, varargs) && !is_param(node, varargs))
        func->varargs_slot = special_slot(c, scope, varargs);
}

static void compile_defaults(tcn_compiler *c, const tcn_node *node, size_t param_count)
{
    size_t i = 0;
    for (const tcn_node *p = node->a; p != NULL && c->code >= 0; p = p->next, i++) {
        const tcn_node *value = default_of(node, i, param_count);
        uint32_t given = tcn_emit(c, p, TCN_OP_JUMP_SET, (uint32_t)i, 0, 0);
        if (value != NULL) {
            tcn_compile_expr(c, value);
            (void)tcn_emit(c, p, TCN_OP_STORE, 0, (uint32_t)i, -1);
        } else {
            (void)tcn_emit(c, p, TCN_OP_PARAM, 0, (uint32_t)i, 0);
        }
        tcn_patch(c, given);
    }
}

void tcn_compile_macro(tcn_compiler *c, const tcn_node *node)
{
    tcn_build build;
    tcn_scope scope;
    tcn_scope *outer = c->scope;
    uint32_t index = 0;
    bool was_soft = c->is_soft;
    bool was_checked = c->is_output_checked;
    if (c->code < 0 || !tcn_build_begin(c, &build, &index))
        return;
    tcn_scope_init(&scope, outer, &build, c->temp);
    size_t param_count = declare_params(c, node, &scope);
    if (node->kind == TCN_N_MACRO && c->code >= 0)
        build.func->name = c->tpl->consts[tcn_const_name(c, node->number)];
    tcn_scope_visit_list(&scope, node->b);
    if (c->code >= 0)
        declare_specials(c, node, &scope, param_count);
    tcn_scope_visit_list(&scope, node->list);
    tcn_scope_enter(c, node, &scope);
    c->is_soft = false;
    c->is_output_checked = false;
    compile_defaults(c, node, param_count);
    tcn_compile_body(c, node->list);
    (void)tcn_emit(c, node, TCN_OP_RETURN, 0, 0, 0);
    c->is_soft = was_soft;
    c->is_output_checked = was_checked;
    c->scope = outer;
    tcn_build_end(c);
    (void)tcn_emit(c, node, TCN_OP_MACRO, 0, index, 1);
}
