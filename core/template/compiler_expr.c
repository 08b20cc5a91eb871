/* SPDX-License-Identifier: Apache-2.0 */
/* compiler_expr.c - expressions to instructions. The tree's depth is limited, so
 * recursion is. */
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/atoms.h"
#include "core/template/compiler.h"
#include "core/template/natives.h"

static uint32_t compile_list(tcn_compiler *c, const tcn_node *list)
{
    uint32_t count = 0;
    for (; list != NULL; list = list->next) {
        tcn_compile_expr(c, list);
        count++;
    }
    return count;
}

/* Filters that are given the context: those that call others, and these. */
static bool needs_context(const tcn_node *node)
{
    int id = tcn_filter_find(node->text);
    const tcn_native *native = id >= 0 ? tcn_filter_at(id) : NULL;
    return native == NULL ||
           (native->raw != NULL && !tcn_str_eq_c(node->text, "format")) ||
           tcn_str_eq_c(node->text, "random") ||
           tcn_str_starts(node->text, TCN_STR("ui_"));
}

/* What is known of an expression before it runs: nothing, that it is constant, or even
 * whether it is true. */
enum {
    CHANGING = -2,
    CONSTANT = -1,
    CONSTANT_FALSE,
    CONSTANT_TRUE
};

static int known(const tcn_node *node);

static bool has_changing(const tcn_node *list)
{
    for (; list != NULL; list = list->next) {
        if (known(list) == CHANGING)
            return true;
    }
    return false;
}

/* Of a constant, from what is known of its first two parts. */
static int known_truth(const tcn_node *node, int first, int second)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_CONST:
        return tcn_truth(node->value);
    case TCN_N_NEG:
    case TCN_N_POS:
        return node->a->kind == TCN_N_CONST ? first : CONSTANT;
    case TCN_N_NOT:
        return first < 0 ? CONSTANT : !first;
    case TCN_N_LIST:
    case TCN_N_TUPLE:
    case TCN_N_DICT:
        return node->list != NULL;
    case TCN_N_AND:
    case TCN_N_OR:
        return first < 0 ? CONSTANT : second;
    default:
        return CONSTANT;
    }
}

/* Each part is asked once: twice at every level of a chain would be 2**depth. */
static int known(const tcn_node *node)
{
    if (node == NULL)
        return CONSTANT;
    if (node->kind == TCN_N_NAME || node->kind == TCN_N_CALL ||
        (node->kind == TCN_N_FILTER && needs_context(node)))
        return CHANGING;
    int first = known(node->a);
    if (first == CHANGING)
        return CHANGING;
    /* What is not reached need not be constant. */
    if ((node->kind == TCN_N_OR || node->kind == TCN_N_AND) &&
        first == (node->kind == TCN_N_OR))
        return first;
    if (node->kind == TCN_N_COND && first >= 0) {
        const tcn_node *taken = first == CONSTANT_TRUE ? node->b : node->c;
        return taken == NULL || known(taken) == CHANGING ? CHANGING : CONSTANT;
    }
    if (node->kind == TCN_N_COND && node->c == NULL)
        return CHANGING;
    int second = known(node->b);
    if (second == CHANGING || known(node->c) == CHANGING || has_changing(node->list) ||
        has_changing(node->list2))
        return CHANGING;
    return known_truth(node, first, second);
}

bool tcn_is_constant(const tcn_node *node)
{
    return known(node) != CHANGING;
}

static void compile_slice(tcn_compiler *c, const tcn_node *node)
{
    const tcn_node *parts[] = {node->b->a, node->b->b, node->b->c};
    tcn_compile_expr(c, node->a);
    for (size_t i = 0; i < TCN_COUNT(parts); i++) {
        if (parts[i] != NULL)
            tcn_compile_expr(c, parts[i]);
        else
            (void)tcn_emit(c, node, TCN_OP_CONST, 0, tcn_const(c, tcn_none()), 1);
    }
    (void)tcn_emit(c, node, TCN_OP_SLICE, c->is_folded && tcn_is_constant(node), 0, -3);
}

/* A slice inside a tuple key: no type that we have takes it. */
static void compile_slice_key(tcn_compiler *c, const tcn_node *node)
{
    const tcn_node *parts[] = {node->a, node->b, node->c};
    for (size_t i = 0; i < TCN_COUNT(parts); i++) {
        if (parts[i] != NULL)
            tcn_compile_expr(c, parts[i]);
        else
            (void)tcn_emit(c, node, TCN_OP_CONST, 0, tcn_const(c, tcn_none()), 1);
    }
    (void)tcn_emit(c, node, TCN_OP_LIST, 0, 3, -2);
}

static void compile_cond(tcn_compiler *c, const tcn_node *node)
{
    bool was_soft = c->is_soft;
    c->is_soft = true;
    tcn_compile_expr(c, node->a);
    uint32_t otherwise = tcn_emit(c, node, TCN_OP_JUMP_FALSE, 0, 0, -1);
    tcn_compile_expr(c, node->b);
    uint32_t end = tcn_emit(c, node, TCN_OP_JUMP, 0, 0, -1);
    tcn_patch(c, otherwise);
    if (node->c != NULL) {
        tcn_compile_expr(c, node->c);
    } else {
        char text[128];
        int n =
            snprintf(text, sizeof text,
                     "the inline if-expression on line %u evaluated to false and no else "
                     "section was defined.",
                     tcn_tpl_line(c->tpl->source, node->pos));
        uint32_t message = tcn_const_text(c, tcn_str_of(text, (size_t)n));
        (void)tcn_emit(c, node, TCN_OP_BRANCH, 0, message, 1);
    }
    tcn_patch(c, end);
    c->is_soft = was_soft;
}

static void compile_logic(tcn_compiler *c, const tcn_node *node)
{
    tcn_compile_expr(c, node->a);
    /* Jinja drops what a constant makes unreachable, unknown filters and all. */
    if (known(node->a) == (node->kind == TCN_N_OR))
        return;
    enum tcn_op op = node->kind == TCN_N_AND ? TCN_OP_JUMP_AND : TCN_OP_JUMP_OR;
    uint32_t end = tcn_emit(c, node, op, 0, 0, -1);
    tcn_compile_expr(c, node->b);
    tcn_patch(c, end);
}

/* a < b < c: each comparison but the last leaves its right side for the next one. */
static void compile_compare(tcn_compiler *c, const tcn_node *node)
{
    uint32_t fails[64];
    size_t fail_count = 0;
    tcn_compile_expr(c, node->a);
    for (const tcn_node *operand = node->list; operand != NULL; operand = operand->next) {
        tcn_compile_expr(c, operand->a);
        bool is_last = operand->next == NULL;
        if (!is_last && fail_count == TCN_COUNT(fails)) {
            tcn_compile_fail(c, node, TCN_EXC_TemplateLimitError,
                             "comparisons in one chain are over the limit of 64");
            return;
        }
        if (!is_last)
            (void)tcn_emit(c, operand, TCN_OP_CHAIN, 0, 0, 1);
        (void)tcn_emit(c, operand, TCN_OP_COMPARE, operand->op, 0, -1);
        if (!is_last)
            fails[fail_count++] = tcn_emit(c, operand, TCN_OP_JUMP_AND, 0, 0, -1);
    }
    if (fail_count == 0)
        return;
    uint32_t end = tcn_emit(c, node, TCN_OP_JUMP, 0, 0, 0);
    for (size_t i = 0; i < fail_count; i++)
        tcn_patch(c, fails[i]);
    (void)tcn_emit(c, node, TCN_OP_NIP, 0, 0, 0);
    tcn_patch(c, end);
}

/* The names of named arguments as a constant tuple, plus one; 0: none. */
static uint32_t named_tuple(tcn_compiler *c, const tcn_node *named, bool has_caller)
{
    size_t count = has_caller;
    for (const tcn_node *k = named; k != NULL; k = k->next)
        count++;
    if (count == 0 || c->code < 0)
        return 0;
    tcn_value tuple = tcn_list_new(&c->tpl->arena, TCN_V_TUPLE, count);
    if (tcn_is_missing(tuple)) {
        tcn_compile_no_memory(c);
        return 0;
    }
    for (const tcn_node *k = named; k != NULL; k = k->next) {
        uint32_t text = tcn_const_name(c, k->number);
        if (c->code < 0)
            return 0;
        tuple.list->items[tuple.list->count++] = c->tpl->consts[text];
    }
    if (has_caller) {
        uint32_t text = tcn_const_text(c, TCN_STR("caller"));
        if (c->code < 0)
            return 0;
        tuple.list->items[tuple.list->count++] = c->tpl->consts[text];
    }
    return tcn_const(c, tuple) + 1;
}

static uint32_t compile_named(tcn_compiler *c, const tcn_node *named)
{
    uint32_t count = 0;
    for (const tcn_node *k = named; k != NULL; k = k->next) {
        tcn_compile_expr(c, k->a);
        count++;
    }
    return count;
}

/* f(a, *b, k=1, **d) with a list and a dict built on the stack. */
static void compile_splat(tcn_compiler *c, const tcn_node *node, int64_t caller_slot)
{
    uint32_t count = compile_list(c, node->list);
    (void)tcn_emit(c, node, TCN_OP_LIST, 0, count, 1 - (int)count);
    if (node->b != NULL) {
        tcn_compile_expr(c, node->b);
        (void)tcn_emit(c, node, TCN_OP_SPLAT_LIST, 0, 0, -1);
    }
    count = 0;
    for (const tcn_node *k = node->list2; k != NULL; k = k->next) {
        (void)tcn_emit(c, k, TCN_OP_CONST, 0, tcn_const_name(c, k->number), 1);
        tcn_compile_expr(c, k->a);
        count++;
    }
    if (caller_slot >= 0) {
        (void)tcn_emit(c, node, TCN_OP_CONST, 0, tcn_const_text(c, TCN_STR("caller")), 1);
        (void)tcn_emit(c, node, TCN_OP_LOAD, 0, (uint32_t)caller_slot, 1);
        count++;
    }
    (void)tcn_emit(c, node, TCN_OP_DICT, 0, count, 1 - 2 * (int)count);
    if (node->c != NULL) {
        tcn_compile_expr(c, node->c);
        (void)tcn_emit(c, node, TCN_OP_SPLAT_DICT, 0, 0, -1);
    }
}

void tcn_compile_call(tcn_compiler *c, const tcn_node *node, bool is_emitted,
                      int64_t caller_slot)
{
    tcn_compile_expr(c, node->a);
    if (node->b != NULL || node->c != NULL) {
        compile_splat(c, node, caller_slot);
        (void)tcn_emit(c, node, TCN_OP_CALL_SPLAT, 0, 0, -2);
        if (is_emitted)
            (void)tcn_emit(c, node, TCN_OP_EMIT,
                           caller_slot < 0 ? c->emission : TCN_EMIT_TEXT, 0, -1);
        return;
    }
    uint32_t count = compile_list(c, node->list);
    uint32_t named = compile_named(c, node->list2);
    if (caller_slot >= 0) {
        (void)tcn_emit(c, node, TCN_OP_LOAD, 0, (uint32_t)caller_slot, 1);
        named++;
    }
    uint32_t names = named_tuple(c, node->list2, caller_slot >= 0);
    bool is_direct = is_emitted && c->emission == TCN_EMIT_TYPED && caller_slot < 0;
    (void)tcn_emit(c, node, is_direct ? TCN_OP_CALL_EMIT : TCN_OP_CALL, count, names,
                   -(int)(count + named) - is_direct);
    if (is_emitted && !is_direct)
        (void)tcn_emit(c, node, TCN_OP_EMIT,
                       caller_slot < 0 ? c->emission : TCN_EMIT_TEXT, 0, -1);
}

/* Room for the parameters that are not given. */
static void reserve_params(tcn_compiler *c)
{
    uint32_t room = c->build->depth + TCN_PARAMS_MAX + 1;
    if (room > c->build->func->stack)
        c->build->func->stack = room;
}

static void compile_filter(tcn_compiler *c, const tcn_node *node)
{
    bool is_filter = node->kind == TCN_N_FILTER;
    const char *what = is_filter ? "filter" : "test";
    char quoted[300];
    int id = is_filter ? tcn_filter_find(node->text) : tcn_test_find(node->text);
    if (id < 0 && !c->is_soft) {
        tcn_compile_fail(c, node, TCN_EXC_TemplateAssertionError, "No %s named %s.", what,
                         tcn_quote(node->text, quoted, sizeof quoted));
        tcn_compile_hint(c, is_filter ? tcn_filter_nearest(node->text)
                                      : tcn_test_nearest(node->text));
        return;
    }
    if (node->a != NULL)
        tcn_compile_expr(c, node->a);
    bool is_splat = node->b != NULL || node->c != NULL;
    uint32_t count = 0;
    uint32_t named = 0;
    if (is_splat) {
        compile_splat(c, node, -1);
    } else {
        count = compile_list(c, node->list);
        named = compile_named(c, node->list2);
    }
    if (id < 0) {
        char text[400];
        int n = snprintf(text, sizeof text, "No %s named %s found.", what,
                         tcn_quote(node->text, quoted, sizeof quoted));
        uint32_t message = tcn_const_text(c, tcn_str_of(text, (size_t)n));
        (void)tcn_emit(c, node, TCN_OP_RAISE, TCN_EXC_TemplateRuntimeError, message,
                       is_splat ? -2 : -(int)(count + named));
        return;
    }
    if (is_splat) {
        (void)tcn_emit(c, node, TCN_OP_CALL_SPLAT, is_filter ? 1 : 2, (uint32_t)id, -2);
        return;
    }
    reserve_params(c);
    uint32_t names = named_tuple(c, node->list2, false);
    (void)tcn_emit(c, node, is_filter ? TCN_OP_FILTER : TCN_OP_TEST, count, (uint32_t)id,
                   -(int)(count + named));
    (void)tcn_emit(c, node, TCN_OP_EXTRA, 0, names, 0);
}

bool tcn_compile_written(tcn_compiler *c, const tcn_node *node)
{
    if (node->kind != TCN_N_FILTER || node->a == NULL || node->b != NULL ||
        node->c != NULL || node->list2 != NULL)
        return false;
    int id = tcn_filter_find(node->text);
    const tcn_native *native = id >= 0 ? tcn_filter_at(id) : NULL;
    if (native == NULL || native->write == NULL)
        return false;
    uint32_t given = 1;
    for (const tcn_node *arg = node->list; arg != NULL; arg = arg->next)
        given++;
    if (given < native->min || given > native->max)
        return false;
    tcn_compile_expr(c, node->a);
    (void)compile_list(c, node->list);
    reserve_params(c);
    (void)tcn_emit(c, node, TCN_OP_FILTER_EMIT, given - 1, (uint32_t)id, -(int)given);
    return true;
}

static void compile_unary(tcn_compiler *c, const tcn_node *node, enum tcn_op op)
{
    const tcn_node *operand = node->a;
    bool is_number =
        operand->kind == TCN_N_CONST && op == TCN_OP_NEG &&
        ((operand->value.type == TCN_V_INT && operand->value.integer != INT64_MIN) ||
         operand->value.type == TCN_V_FLOAT);
    if (is_number) {
        tcn_value v = operand->value;
        v = v.type == TCN_V_INT ? tcn_int(-v.integer) : tcn_real(-v.real);
        (void)tcn_emit(c, node, TCN_OP_CONST, 0, tcn_const(c, v), 1);
        return;
    }
    tcn_compile_expr(c, operand);
    (void)tcn_emit(c, node, op, 0, 0, 0);
}

static void compile_sequence(tcn_compiler *c, const tcn_node *node)
{
    uint32_t count = compile_list(c, node->list);
    if (node->kind == TCN_N_DICT)
        (void)tcn_emit(c, node, TCN_OP_DICT, 0, count / 2, 1 - (int)count);
    else if (node->kind == TCN_N_CONCAT)
        (void)tcn_emit(c, node, TCN_OP_CONCAT, c->emission, count, 1 - (int)count);
    else
        (void)tcn_emit(c, node, node->kind == TCN_N_LIST ? TCN_OP_LIST : TCN_OP_TUPLE, 0,
                       count, 1 - (int)count);
}

static void compile_expr(tcn_compiler *c, const tcn_node *node)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_CONST:
        (void)tcn_emit(c, node, TCN_OP_CONST, 0, tcn_const(c, node->value), 1);
        break;
    case TCN_N_NAME:
        tcn_emit_load(c, node, node->number);
        break;
    case TCN_N_TUPLE:
    case TCN_N_LIST:
    case TCN_N_DICT:
    case TCN_N_CONCAT:
        compile_sequence(c, node);
        break;
    case TCN_N_COND:
        compile_cond(c, node);
        break;
    case TCN_N_OR:
    case TCN_N_AND:
        compile_logic(c, node);
        break;
    case TCN_N_NOT:
        compile_unary(c, node, TCN_OP_NOT);
        break;
    case TCN_N_NEG:
        compile_unary(c, node, TCN_OP_NEG);
        break;
    case TCN_N_POS:
        compile_unary(c, node, TCN_OP_POS);
        break;
    case TCN_N_COMPARE:
        compile_compare(c, node);
        break;
    case TCN_N_BINARY:
        tcn_compile_expr(c, node->a);
        tcn_compile_expr(c, node->b);
        (void)tcn_emit(c, node, TCN_OP_ARITH, node->op, 0, -1);
        break;
    case TCN_N_GETATTR:
        tcn_compile_expr(c, node->a);
        (void)tcn_emit(c, node, TCN_OP_ATTR,
                       (uint32_t)tcn_atom_of(tcn_names_text(c->names, node->number)),
                       tcn_const_name(c, node->number), 0);
        break;
    case TCN_N_GETITEM:
        if (node->b->kind == TCN_N_SLICE) {
            compile_slice(c, node);
            break;
        }
        tcn_compile_expr(c, node->a);
        tcn_compile_expr(c, node->b);
        (void)tcn_emit(c, node, TCN_OP_ITEM, 0, 0, -1);
        break;
    case TCN_N_SLICE:
        compile_slice_key(c, node);
        break;
    case TCN_N_CALL:
        tcn_compile_call(c, node, false, -1);
        break;
    case TCN_N_FILTER:
    case TCN_N_TEST:
        compile_filter(c, node);
        break;
    default:
        tcn_compile_fail(c, node, TCN_EXC_TemplateSyntaxError, "not an expression");
        break;
    }
}

/* Expressions that turn an undefined value into one that Jinja can keep as a constant. */
static bool is_folding(const tcn_node *node)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_FILTER:
    case TCN_N_TEST:
    case TCN_N_NOT:
    case TCN_N_CONCAT:
    case TCN_N_AND:
    case TCN_N_OR:
    case TCN_N_COND:
        return true;
    case TCN_N_COMPARE:
        return node->list->op == TCN_CMP_EQ || node->list->op == TCN_CMP_NE;
    default:
        return false;
    }
}

void tcn_compile_expr(tcn_compiler *c, const tcn_node *node)
{
    if (c->code < 0)
        return;
    bool was_folded = c->is_folded;
    if (c->has_slices && !was_folded && is_folding(node))
        c->is_folded = tcn_is_constant(node);
    compile_expr(c, node);
    c->is_folded = was_folded;
}
