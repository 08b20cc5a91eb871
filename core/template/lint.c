/* SPDX-License-Identifier: Apache-2.0 */
/* lint.c - walks the tree twice: first for what the template itself assigns, then for
 * what it reads. Scopes are not told apart: a name that is assigned anywhere is known
 * everywhere. */
#include "core/template/lint.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/ast.h"
#include "core/template/model.h"
#include "core/template/natives.h"

#define ROOM 16384 /* bytes, in which most templates have room */

static const struct variable {
    const char *name;
    enum tcn_prefect_kind kind; /* NONE: its fields are not known */
} variables[] = {
    {"automation", TCN_PREFECT_AUTOMATION},
    {"event", TCN_PREFECT_EVENT},
    {"labels", TCN_PREFECT_NONE},
    {"firing", TCN_PREFECT_FIRING},
    {"firings", TCN_PREFECT_NONE},
    {"events", TCN_PREFECT_NONE},
    {"flow", TCN_PREFECT_FLOW},
    {"flow_run", TCN_PREFECT_FLOW_RUN},
    {"task_run", TCN_PREFECT_TASK_RUN},
    {"deployment", TCN_PREFECT_DEPLOYMENT},
    {"work_pool", TCN_PREFECT_WORK_POOL},
    {"work_queue", TCN_PREFECT_WORK_QUEUE},
    {"concurrency_limit", TCN_PREFECT_CONCURRENCY_LIMIT},
    {"variables", TCN_PREFECT_NONE},
};

typedef struct lint {
    tcn_arena *arena;
    tcn_str source;
    const tcn_names *names;
    tcn_vdict *assigned; /* as keys */
    const tcn_vdict *values;
    void (*found)(void *ud, const tcn_tpl_error *finding);
    void *ud;
    bool is_collecting;
    int code;
} lint;

static const struct variable *find_variable(tcn_str name)
{
    for (size_t i = 0; i < TCN_COUNT(variables); i++) {
        if (tcn_str_eq_c(name, variables[i].name))
            return &variables[i];
    }
    return NULL;
}

const char *tcn_context_nearest(tcn_str name)
{
    const char *names[TCN_COUNT(variables) + 1] = {NULL};
    for (size_t i = 0; i < TCN_COUNT(variables); i++)
        names[i] = variables[i].name;
    return tcn_str_nearest(name, names);
}

static const tcn_value *get(const tcn_vdict *dict, tcn_str name)
{
    tcn_text key = {.ptr = name.ptr, .len = (uint32_t)name.len};
    return dict != NULL ? tcn_vdict_get_text(dict, &key, tcn_text_hash(&key)) : NULL;
}

static void assign(lint *l, tcn_str name)
{
    tcn_value key = tcn_str_new(l->arena, name);
    if (tcn_is_missing(key) || tcn_vdict_put(l->arena, l->assigned, key, tcn_none()) < 0)
        l->code = TCN_E_NOMEM;
}

static void tell(const lint *l, const tcn_node *at, const char *hint, const char *fmt,
                 ...) TCN_PRINTF(4, 5);

static void tell(const lint *l, const tcn_node *at, const char *hint, const char *fmt,
                 ...)
{
    tcn_tpl_error finding = {0};
    char text[TCN_EXC_TEXT];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)tcn_tpl_fail(&finding, TCN_EXC_UndefinedError, l->source, at->pos, "%s", text);
    if (hint != NULL)
        (void)snprintf(finding.hint, sizeof finding.hint, "%s", hint);
    l->found(l->ud, &finding);
}

/* What the compiler binds itself. */
static bool is_special(tcn_str name)
{
    static const char *const names[] = {"loop",   "caller", "varargs",
                                        "kwargs", "self",   "super"};
    for (size_t i = 0; i < TCN_COUNT(names); i++) {
        if (tcn_str_eq_c(name, names[i]))
            return true;
    }
    return false;
}

static void check_name(const lint *l, const tcn_node *node)
{
    tcn_value global;
    char quoted[256];
    tcn_str name = tcn_names_text(l->names, node->number);
    if (get(l->assigned, name) != NULL || get(l->values, name) != NULL ||
        find_variable(name) != NULL || is_special(name) || tcn_global_find(name, &global))
        return;
    tell(l, node, tcn_context_nearest(name), "%s is undefined",
         tcn_quote(name, quoted, sizeof quoted));
}

/* The class of what the expression reads, or NULL: it is not known. */
static const tcn_class *class_of(const lint *l, const tcn_node *node)
{
    if (node->kind != TCN_N_NAME)
        return NULL;
    tcn_str name = tcn_names_text(l->names, node->number);
    if (get(l->assigned, name) != NULL)
        return NULL;
    const tcn_value *value = get(l->values, name);
    if (value != NULL) {
        const tcn_model *model = tcn_model_of(*value);
        return model != NULL ? tcn_class_of(model->kind) : NULL;
    }
    const struct variable *variable = find_variable(name);
    return variable != NULL ? tcn_class_of(variable->kind) : NULL;
}

static void check_field(const lint *l, const tcn_node *node)
{
    const tcn_class *class = class_of(l, node->a);
    tcn_str name;
    char quoted[256];
    if (node->kind == TCN_N_GETITEM) {
        if (node->b->kind != TCN_N_CONST || node->b->value.type != TCN_V_STR)
            return;
        name = tcn_text_str(node->b->value.text);
    } else {
        name = tcn_names_text(l->names, node->number);
    }
    if (class == NULL || tcn_class_has(class, name))
        return;
    tell(l, node, tcn_class_nearest(class, name), "%.*s has no field %s",
         TCN_STR_ARG(tcn_names_text(l->names, node->a->number)),
         tcn_quote(name, quoted, sizeof quoted));
}

static void collect(lint *l, const tcn_node *node)
{
    bool is_target = node->kind == TCN_N_NAME && node->ctx != TCN_CTX_LOAD;
    if (is_target || node->kind == TCN_N_MACRO)
        assign(l, tcn_names_text(l->names, node->number));
}

/* Whether the node asks about its subject instead of reading it. */
static bool is_asking(const tcn_node *node)
{
    if (node->kind == TCN_N_FILTER)
        return tcn_str_eq_c(node->text, "default") || tcn_str_eq_c(node->text, "d");
    return node->kind == TCN_N_TEST &&
           (tcn_str_eq_c(node->text, "defined") || tcn_str_eq_c(node->text, "undefined"));
}

static void check(const lint *l, const tcn_node *node)
{
    if (node->kind == TCN_N_NAME && node->ctx == TCN_CTX_LOAD)
        check_name(l, node);
    else if (node->kind == TCN_N_GETATTR || node->kind == TCN_N_GETITEM)
        check_field(l, node);
}

/* Recursion is as deep as the parser allows a tree to be. */
static void walk(lint *l, const tcn_node *list)
{
    for (const tcn_node *node = list; node != NULL && l->code >= 0; node = node->next) {
        if (l->is_collecting)
            collect(l, node);
        else
            check(l, node);
        if (l->is_collecting || !is_asking(node))
            walk(l, node->a);
        walk(l, node->b);
        walk(l, node->c);
        walk(l, node->list);
        walk(l, node->list2);
    }
}

static void walk_twice(lint *l, const tcn_ast *ast)
{
    tcn_value assigned = tcn_dict_new(l->arena, 16);
    if (tcn_is_missing(assigned)) {
        l->code = TCN_E_NOMEM;
        return;
    }
    l->source = ast->source;
    l->names = &ast->names;
    l->assigned = assigned.dict;
    l->is_collecting = true;
    walk(l, ast->body);
    l->is_collecting = false;
    walk(l, ast->body);
}

int tcn_tpl_lint(const tcn_tpl_env *env, tcn_str source, const tcn_vdict *values,
                 void (*found)(void *ud, const tcn_tpl_error *finding), void *ud,
                 tcn_tpl_error *reterr)
{
    tcn_arena arena;
    tcn_ast ast = {0};
    if (!tcn_tpl_is_template(source))
        return 0;
    tcn_arena_init(&arena, 0);
    lint l = {.arena = &arena, .values = values, .found = found, .ud = ud};
    int rc = tcn_tpl_parse(env, source, &arena, &arena, &ast, reterr);
    if (rc >= 0)
        walk_twice(&l, &ast);
    tcn_arena_deinit(&arena);
    return rc < 0 ? rc : l.code;
}

int tcn_tpl_check(const tcn_tpl_env *env, tcn_str source,
                  void (*found)(void *ud, const tcn_tpl_error *finding), void *ud,
                  tcn_tpl_error *reterr)
{
    tcn_arena arena;
    tcn_ast ast = {0};
    _Alignas(16) char room[ROOM];
    tcn_arena_init_with(&arena, 0, room, sizeof room);
    lint l = {.arena = &arena, .found = found, .ud = ud};
    int rc = tcn_tpl_parse(env, source, &arena, &arena, &ast, reterr);
    if (rc >= 0 && tcn_tpl_is_template(source))
        walk_twice(&l, &ast);
    if (rc >= 0)
        rc = tcn_tpl_check_loops(env, &ast, reterr);
    tcn_arena_deinit(&arena);
    return rc;
}
