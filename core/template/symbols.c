/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.c - the rules of Jinja's idtracking: a load of an unknown name comes from the
 * context, a store makes a variable of the scope that starts as the outer one of that
 * name; what only some branches of an if store starts as it was outside. */
#include "core/template/symbols.h"

void tcn_scope_init(tcn_scope *scope, tcn_scope *parent, struct tcn_build *build,
                    tcn_arena *arena)
{
    *scope = (tcn_scope){.parent = parent, .build = build, .arena = arena};
    scope->end = &scope->refs;
}

static tcn_ref *find_own(const tcn_scope *scope, uint32_t name)
{
    for (tcn_ref *ref = scope->refs; ref != NULL; ref = ref->next) {
        if (ref->name == name)
            return ref;
    }
    return NULL;
}

tcn_ref *tcn_scope_find(const tcn_scope *scope, uint32_t name)
{
    for (; scope != NULL; scope = scope->parent) {
        tcn_ref *ref = find_own(scope, name);
        if (ref != NULL)
            return ref;
    }
    return NULL;
}

static tcn_ref *define(tcn_scope *scope, uint32_t name, enum tcn_ref_load load)
{
    tcn_ref *ref = find_own(scope, name);
    if (ref == NULL) {
        ref = tcn_arena_zero(scope->arena, sizeof *ref);
        if (ref == NULL) {
            scope->has_failed = true;
            return NULL;
        }
        ref->name = name;
        ref->scope = scope;
        *scope->end = ref;
        scope->end = &ref->next;
    }
    ref->load = (uint8_t)load;
    return ref;
}

tcn_ref *tcn_scope_param(tcn_scope *scope, uint32_t name)
{
    tcn_ref *ref = define(scope, name, TCN_REF_PARAM);
    if (ref != NULL)
        ref->is_stored = true;
    return ref;
}

static void store(tcn_scope *scope, uint32_t name)
{
    tcn_ref *ref = find_own(scope, name);
    if (ref == NULL) {
        tcn_ref *outer =
            scope->parent != NULL ? tcn_scope_find(scope->parent, name) : NULL;
        ref = define(scope, name, outer != NULL ? TCN_REF_ALIAS : TCN_REF_UNDEFINED);
        if (ref == NULL)
            return;
        ref->source = outer;
    }
    if (!ref->is_stored)
        ref->stored_at = ++scope->stores;
    ref->is_stored = true;
}

static void load(tcn_scope *scope, uint32_t name)
{
    if (tcn_scope_find(scope, name) == NULL)
        (void)define(scope, name, TCN_REF_RESOLVE);
}

static void visit_name(tcn_scope *scope, const tcn_node *node)
{
    switch ((enum tcn_ctx)node->ctx) {
    case TCN_CTX_LOAD:
        load(scope, node->number);
        break;
    case TCN_CTX_STORE:
        store(scope, node->number);
        break;
    case TCN_CTX_PARAM:
        (void)tcn_scope_param(scope, node->number);
        break;
    }
}

/* Names that a branch was the first to store start as they were outside, because another
 * branch may be taken. */
static void visit_if(tcn_scope *scope, const tcn_node *node)
{
    tcn_scope_visit(scope, node->a);
    uint32_t before = scope->stores;
    tcn_scope_visit_list(scope, node->list);
    tcn_scope_visit_list(scope, node->c);
    tcn_scope_visit_list(scope, node->list2);
    for (tcn_ref *ref = scope->refs; ref != NULL; ref = ref->next) {
        if (ref->stored_at <= before)
            continue;
        tcn_ref *outer =
            scope->parent != NULL ? tcn_scope_find(scope->parent, ref->name) : NULL;
        ref->load = outer != NULL ? TCN_REF_ALIAS : TCN_REF_RESOLVE;
        ref->source = outer;
    }
}

void tcn_scope_visit_list(tcn_scope *scope, const tcn_node *list)
{
    for (; list != NULL; list = list->next)
        tcn_scope_visit(scope, list);
}

/* The statements that open scopes of their own stop here: only what runs in this scope
 * counts. */
static bool visit_statement(tcn_scope *scope, const tcn_node *node)
{
    switch ((enum tcn_node_kind)node->kind) {
    case TCN_N_IF:
        visit_if(scope, node);
        return true;
    case TCN_N_FOR:
        tcn_scope_visit(scope, node->b);
        return true;
    case TCN_N_SET:
        tcn_scope_visit(scope, node->b);
        tcn_scope_visit(scope, node->a);
        return true;
    case TCN_N_SETBLOCK:
        tcn_scope_visit(scope, node->a);
        return true;
    case TCN_N_WITH:
        tcn_scope_visit_list(scope, node->b);
        return true;
    case TCN_N_MACRO:
        store(scope, node->number);
        return true;
    case TCN_N_CALLBLOCK:
        tcn_scope_visit(scope, node->c);
        return true;
    case TCN_N_FILTERBLOCK:
        tcn_scope_visit(scope, node->b);
        return true;
    case TCN_N_BLOCK:
    case TCN_N_AUTOESCAPE:
        return true;
    default:
        return false;
    }
}

static void visit_parts(tcn_scope *scope, const tcn_node *node)
{
    tcn_scope_visit(scope, node->a);
    tcn_scope_visit(scope, node->b);
    tcn_scope_visit(scope, node->c);
    tcn_scope_visit_list(scope, node->list);
    tcn_scope_visit_list(scope, node->list2);
}

void tcn_scope_visit(tcn_scope *scope, const tcn_node *node)
{
    for (; node != NULL; node = node->a) {
        switch ((enum tcn_node_kind)node->kind) {
        case TCN_N_CONST:
        case TCN_N_DATA:
            return;
        case TCN_N_NAME:
            visit_name(scope, node);
            return;
        case TCN_N_NSREF:
            load(scope, node->number);
            return;
        case TCN_N_GETATTR:
            break;
        case TCN_N_OUTPUT:
            tcn_scope_visit_list(scope, node->list);
            return;
        default:
            if (!visit_statement(scope, node))
                visit_parts(scope, node);
            return;
        }
    }
}

void tcn_scope_params(tcn_scope *scope, const tcn_node *target)
{
    if (target->kind == TCN_N_NAME)
        (void)tcn_scope_param(scope, target->number);
    for (const tcn_node *item = target->list; item != NULL; item = item->next)
        tcn_scope_params(scope, item);
}

/* 1: read; -1: assigned first; 0: not mentioned. */
static int first_use(const tcn_node *list, uint32_t name)
{
    int use = 0;
    for (; list != NULL && use == 0; list = list->next) {
        if (list->kind == TCN_N_NAME && list->number == name)
            return list->ctx == TCN_CTX_LOAD ? 1 : -1;
        if (list->kind == TCN_N_BLOCK)
            continue;
        /* In the order in which Jinja's nodes list their fields. */
        const tcn_node *then[5] = {list->a, list->b, list->c, list->list, list->list2};
        if (list->kind == TCN_N_FOR) {
            then[2] = list->list;
            then[3] = list->list2;
            then[4] = list->c;
        } else if (list->kind == TCN_N_IF || list->kind == TCN_N_SETBLOCK) {
            then[1] = list->kind == TCN_N_IF ? list->list : list->b;
            then[3] = list->kind == TCN_N_IF ? NULL : list->list;
        } else if (list->kind == TCN_N_CALLBLOCK) {
            then[0] = list->c;
            then[1] = list->a;
            then[2] = list->b;
        } else if (list->kind == TCN_N_FILTERBLOCK) {
            then[1] = list->list;
            then[3] = list->b;
        }
        for (size_t i = 0; i < 5 && use == 0; i++)
            use = first_use(then[i], name);
    }
    return use;
}

bool tcn_reads_name(const tcn_node *list, uint32_t name)
{
    return name != TCN_NO_NAME && first_use(list, name) == 1;
}

const tcn_node *tcn_find_target(const tcn_node *node, uint32_t name)
{
    for (; node != NULL; node = node->next) {
        if (node->kind == TCN_N_NAME && node->ctx == TCN_CTX_STORE &&
            node->number == name)
            return node;
        const tcn_node *parts[] = {node->a, node->b, node->c, node->list, node->list2};
        for (size_t i = 0; i < TCN_COUNT(parts); i++) {
            const tcn_node *found =
                parts[i] != NULL ? tcn_find_target(parts[i], name) : NULL;
            if (found != NULL)
                return found;
        }
    }
    return NULL;
}
