/* SPDX-License-Identifier: Apache-2.0 */
/* compiler_loop.c - for. A loop lives in a slot: the one of "loop" when its body names
 * that, else one without a name. A recursive loop is a function that "loop(...)" calls
 * again. */
#include "core/template/compiler.h"

/* Targets of the test are those of the loop: they share its slots. */
static void share_targets(tcn_scope *test, const tcn_scope *loop)
{
    for (tcn_ref *ref = test->refs; ref != NULL; ref = ref->next) {
        if (ref->load != TCN_REF_PARAM)
            continue;
        const tcn_ref *own = tcn_scope_find(loop, ref->name);
        ref->slot = own->slot;
        ref->has_slot = true;
    }
}

/* item -- : binds the targets and leaves whether the test holds. */
static void compile_test(tcn_compiler *c, const tcn_node *node, tcn_scope *loop,
                         tcn_scope *outer)
{
    tcn_scope test;
    tcn_scope_init(&test, outer, c->build, c->temp);
    tcn_scope_params(&test, node->a);
    tcn_scope_visit(&test, node->c);
    share_targets(&test, loop);
    c->scope = loop;
    tcn_compile_store(c, node->a);
    tcn_scope_enter(c, node, &test);
    tcn_compile_expr(c, node->c);
    c->scope = outer;
}

/* -- item : as it is, or put together again from the targets that it was taken apart
 * into.
 */
static void load_item(tcn_compiler *c, const tcn_node *target, const tcn_scope *loop,
                      uint32_t item)
{
    uint32_t count = 0;
    if (target->kind == TCN_N_NAME) {
        const tcn_ref *ref = tcn_scope_find(loop, target->number);
        (void)tcn_emit(c, target, TCN_OP_LOAD, 0, ref->has_slot ? ref->slot : item, 1);
        return;
    }
    for (const tcn_node *part = target->list; part != NULL; part = part->next) {
        load_item(c, part, loop, item);
        count++;
    }
    (void)tcn_emit(c, target, TCN_OP_TUPLE, 0, count, 1 - (int)count);
}

/* iterable -- list : the items that pass the test. */
static void compile_kept(tcn_compiler *c, const tcn_node *node, tcn_scope *loop,
                         tcn_scope *outer)
{
    uint32_t source = tcn_slot_hidden(c);
    uint32_t item = tcn_slot_hidden(c);
    (void)tcn_emit(c, node, TCN_OP_ITER, 0, source, -1);
    (void)tcn_emit(c, node, TCN_OP_LIST, 0, 0, 1);
    uint32_t top = tcn_here(c);
    uint32_t next = tcn_emit(c, node, TCN_OP_NEXT, source, 0, 1);
    (void)tcn_emit(c, node, TCN_OP_STORE, 0, item, -1);
    (void)tcn_emit(c, node, TCN_OP_LOAD, 0, item, 1);
    compile_test(c, node, loop, outer);
    (void)tcn_emit(c, node, TCN_OP_JUMP_FALSE, 0, top, -1);
    load_item(c, node->a, loop, item);
    (void)tcn_emit(c, node, TCN_OP_APPEND, 0, 0, -1);
    (void)tcn_emit(c, node, TCN_OP_JUMP, 0, top, 0);
    tcn_patch(c, next);
}

static void compile_else(tcn_compiler *c, const tcn_node *node, tcn_scope *outer,
                         uint32_t slot)
{
    tcn_scope otherwise;
    if (node->list2 == NULL)
        return;
    uint32_t end = tcn_emit(c, node, TCN_OP_JUMP_LOOPED, slot, 0, 0);
    tcn_scope_init(&otherwise, outer, c->build, c->temp);
    tcn_scope_visit_list(&otherwise, node->list2);
    tcn_scope_enter(c, node, &otherwise);
    tcn_compile_body(c, node->list2);
    c->scope = outer;
    tcn_patch(c, end);
}

static void slots_for_params(tcn_compiler *c, tcn_scope *scope)
{
    for (tcn_ref *ref = scope->refs; ref != NULL; ref = ref->next) {
        if (ref->load == TCN_REF_PARAM)
            tcn_ref_slot(c, ref);
    }
}

/* The number of "loop", or NO_NAME when the statement does not mention it. */
static uint32_t loop_name(const tcn_compiler *c, const tcn_node *node)
{
    bool is_mentioned = (node->mentions & tcn_mention_of(TCN_W_LOOP)) != 0;
    return is_mentioned ? tcn_names_word(c->names, TCN_W_LOOP) : TCN_NO_NAME;
}

/* iterable -- : the loop itself, in the function under construction. */
static void compile_loop(tcn_compiler *c, const tcn_node *node)
{
    tcn_scope *outer = c->scope;
    tcn_scope loop;
    uint32_t name = loop_name(c, node);
    bool is_named = name != TCN_NO_NAME &&
                    (node->flag || (node->mentions & TCN_MENTION_SCOPED) != 0 ||
                     tcn_reads_name(node->list, name));
    bool is_extended = node->flag || is_named;
    tcn_scope_init(&loop, outer, c->build, c->temp);
    tcn_ref *self = is_named ? tcn_scope_param(&loop, name) : NULL;
    tcn_scope_params(&loop, node->a);
    tcn_scope_visit_list(&loop, node->list);
    if (loop.has_failed) {
        tcn_compile_no_memory(c);
        return;
    }
    slots_for_params(c, &loop);
    uint32_t slot = self != NULL ? self->slot : tcn_slot_hidden(c);
    if (is_extended && node->c != NULL)
        compile_kept(c, node, &loop, outer);
    (void)tcn_emit(c, node, TCN_OP_ITER, node->flag, slot, -1);
    uint32_t top = tcn_here(c);
    uint32_t next = tcn_emit(c, node, TCN_OP_NEXT, slot, 0, 1);
    if (!is_extended && node->c != NULL) {
        compile_test(c, node, &loop, outer);
        (void)tcn_emit(c, node, TCN_OP_JUMP_FALSE, 0, top, -1);
    } else {
        c->scope = &loop;
        tcn_compile_store(c, node->a);
    }
    tcn_scope_enter(c, node, &loop);
    if (node->list2 != NULL)
        (void)tcn_emit(c, node, TCN_OP_MARK, slot, 0, 0);
    tcn_compile_body(c, node->list);
    (void)tcn_emit(c, node, TCN_OP_JUMP, 0, top, 0);
    c->scope = outer;
    tcn_patch(c, next);
    compile_else(c, node, outer, slot);
}

static void compile_recursive(tcn_compiler *c, const tcn_node *node)
{
    tcn_build build;
    uint32_t index = 0;
    if (c->code < 0 || !tcn_build_begin(c, &build, &index))
        return;
    uint32_t input = tcn_slot_hidden(c);
    (void)tcn_emit(c, node, TCN_OP_LOAD, 0, input, 1);
    compile_loop(c, node);
    (void)tcn_emit(c, node, TCN_OP_RETURN, 0, 0, 0);
    tcn_build_end(c);
    (void)tcn_emit(c, node, TCN_OP_LOOP, 0, index, -1);
}

void tcn_compile_for(tcn_compiler *c, const tcn_node *node)
{
    bool was_soft = c->is_soft;
    const tcn_node *parts[] = {node->a, node->b, node->c, node->list, node->list2};
    uint32_t name = loop_name(c, node);
    bool is_assigned = (node->mentions & TCN_MENTION_LOOP_TARGET) != 0;
    for (size_t i = 0; i < TCN_COUNT(parts) && is_assigned; i++) {
        const tcn_node *bad = tcn_find_target(parts[i], name);
        if (bad != NULL) {
            tcn_compile_fail(c, bad, TCN_EXC_TemplateAssertionError,
                             "Can't assign to special loop variable in for-loop target");
            return;
        }
    }
    tcn_compile_expr(c, node->b);
    c->is_soft = false;
    if (node->flag)
        compile_recursive(c, node);
    else
        compile_loop(c, node);
    c->is_soft = was_soft;
}
