/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c - what names mean to the templates of a rendering. Each unit remembers what it
 * has found; an assignment that others can see makes those of its space forget. */
#include "core/template/unit.h"

#include "core/base/err.h"
#include "core/template/vm.h"

int tcn_unit_init(tcn_vm *vm, tcn_unit *unit, const tcn_tpl *tpl, tcn_space *space)
{
    *unit = (tcn_unit){.tpl = tpl, .space = space};
    unit->roots = tcn_arena_zero(vm->rt.arena, tpl->root_count * sizeof *unit->roots + 1);
    return unit->roots != NULL ? 0 : tcn_raise_memory(&vm->rt);
}

static int space_new(tcn_vm *vm, bool has_context, const tcn_vdict *given,
                     tcn_space **ret)
{
    tcn_space *space = tcn_arena_alloc(vm->rt.arena, sizeof *space);
    if (space == NULL)
        return tcn_raise_memory(&vm->rt);
    *space = (tcn_space){.given = given, .has_context = has_context};
    *ret = space;
    return 0;
}

static int unit_add(tcn_vm *vm, const tcn_tpl *tpl, tcn_space *space, tcn_unit **ret)
{
    tcn_unit *unit = tcn_arena_alloc(vm->rt.arena, sizeof *unit);
    if (unit == NULL)
        return tcn_raise_memory(&vm->rt);
    int rc = tcn_charge(&vm->rt, tpl->root_count);
    if (rc >= 0)
        rc = tcn_unit_init(vm, unit, tpl, space);
    *ret = unit;
    return rc;
}

int tcn_unit_new(tcn_vm *vm, const tcn_tpl *tpl, bool has_context, const tcn_vdict *given,
                 tcn_unit **ret)
{
    tcn_space *space = NULL;
    int rc = space_new(vm, has_context, given, &space);
    if (rc >= 0)
        rc = unit_add(vm, tpl, space, ret);
    if (rc >= 0)
        space->first = *ret;
    return rc;
}

int tcn_unit_extend(tcn_vm *vm, const tcn_tpl *tpl)
{
    return unit_add(vm, tpl, vm->unit->space, &vm->unit->parent);
}

int tcn_unit_derive(tcn_vm *vm, const tcn_unit *unit, const tcn_vdict *given,
                    tcn_unit **ret)
{
    tcn_space *space = NULL;
    int rc = space_new(vm, unit->space->has_context, given, &space);
    if (rc < 0)
        return rc;
    tcn_unit **end = &space->first;
    for (const tcn_unit *u = unit->space->first; u != NULL; u = u->parent) {
        rc = unit_add(vm, u->tpl, space, end);
        if (rc < 0)
            return rc;
        if (u == unit)
            *ret = *end;
        end = &(*end)->parent;
    }
    return 0;
}

static int add_all(tcn_vm *vm, tcn_value dict, const tcn_vdict *more)
{
    int rc = 0;
    for (uint32_t i = 0; more != NULL && i < more->count && rc >= 0; i++)
        rc = tcn_dict_set(&vm->rt, dict, more->entries[i].key, more->entries[i].value);
    return rc;
}

int tcn_space_names(tcn_vm *vm, const tcn_space *space, tcn_value locals,
                    const tcn_vdict **ret)
{
    const tcn_vdict *parts[] = {space->given, space->vars, locals.dict};
    uint32_t count = 0;
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(parts); i++)
        count += parts[i] != NULL ? parts[i]->count : 0;
    *ret = locals.dict;
    if (count == locals.dict->count)
        return 0;
    tcn_value all = tcn_dict_new(vm->rt.arena, count);
    if (tcn_is_missing(all))
        return tcn_raise_memory(&vm->rt);
    for (size_t i = 0; i < TCN_COUNT(parts) && rc >= 0; i++)
        rc = add_all(vm, all, parts[i]);
    *ret = all.dict;
    return rc < 0 ? rc : tcn_charge(&vm->rt, count);
}

/* ---- looking up ---- */

static const tcn_value *find(const tcn_vdict *dict, tcn_value name)
{
    return dict != NULL ? tcn_vdict_get_text(dict, name.text, name.text->hash) : NULL;
}

/* The caller is asked once for a name, whichever unit needs it. */
static int ask(tcn_vm *vm, tcn_value name, tcn_value *ret)
{
    const tcn_tpl_context *context = vm->context;
    const tcn_value *known = find(vm->asked.dict, name);
    if (known != NULL) {
        *ret = *known;
        return !tcn_is_missing(*known);
    }
    *ret = (tcn_value){.type = TCN_V_MISSING};
    int rc = context->lookup(context->ud, tcn_text_str(name.text), vm->rt.arena, ret);
    if (rc < 0) {
        (void)tcn_raise(&vm->rt, TCN_EXC_RuntimeError, "variable is not available");
        return rc;
    }
    if (!vm->tpl->has_parts)
        return rc;
    if (tcn_is_missing(vm->asked))
        vm->asked = tcn_dict_new(vm->rt.arena, 8);
    if (tcn_is_missing(vm->asked))
        return tcn_raise_memory(&vm->rt);
    int stored = tcn_dict_set(&vm->rt, vm->asked, name, *ret);
    return stored < 0 ? stored : rc;
}

/* 1, 0 or a failure. */
static int find_variable(tcn_vm *vm, tcn_value name, tcn_value *ret)
{
    const tcn_space *space = vm->unit->space;
    const tcn_value *found = find(space->vars, name);
    if (found == NULL)
        found = find(space->given, name);
    if (found == NULL && space->has_context)
        found = find(vm->context->values, name);
    if (found != NULL) {
        *ret = *found;
        return 1;
    }
    return space->has_context && vm->context->lookup != NULL ? ask(vm, name, ret) : 0;
}

int tcn_unit_load(tcn_vm *vm, uint32_t index, tcn_value *ret)
{
    tcn_value name = vm->tpl->roots[index];
    int rc = find_variable(vm, name, ret);
    if (rc < 0)
        return rc;
    if (rc == 0 && !tcn_global_find(tcn_text_str(name.text), ret))
        *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_NAME, NULL, name);
    vm->unit->roots[index] = *ret;
    return vm->rt.exc.exc_class == TCN_EXC_NONE ? 0 : TCN_E_INVALID;
}

/* ---- assigning ---- */

static void forget(const tcn_unit *unit, tcn_value name)
{
    for (uint32_t i = 0; i < unit->tpl->root_count; i++) {
        const tcn_text *root = unit->tpl->roots[i].text;
        if (root->hash == name.text->hash &&
            tcn_str_eq(tcn_text_str(root), tcn_text_str(name.text)))
            unit->roots[i].type = TCN_V_MISSING;
    }
}

static int put(tcn_vm *vm, tcn_vdict **dict, tcn_value name, tcn_value v)
{
    if (*dict == NULL) {
        tcn_value made = tcn_dict_new(vm->rt.arena, 8);
        if (tcn_is_missing(made))
            return tcn_raise_memory(&vm->rt);
        *dict = made.dict;
    }
    return tcn_dict_set(&vm->rt, tcn_of_dict(*dict), name, v);
}

int tcn_unit_export(tcn_vm *vm, tcn_value name, tcn_value v, enum tcn_export how)
{
    tcn_space *space = vm->unit->space;
    int rc = put(vm, &space->vars, name, v);
    for (const tcn_unit *u = space->first; u != NULL && rc >= 0; u = u->parent) {
        forget(u, name);
        rc = tcn_charge(&vm->rt, u->tpl->root_count / 8);
    }
    if (rc < 0 || how == TCN_EXPORT_PRIVATE)
        return rc;
    if (how == TCN_EXPORT_NO_MORE)
        v = (tcn_value){.type = TCN_V_MISSING};
    return put(vm, &space->exported, name, v);
}

/* ---- running ---- */

int tcn_unit_run(tcn_vm *vm, tcn_unit *unit, const tcn_func *func)
{
    tcn_vm_mark mark;
    tcn_frame *frame = NULL;
    tcn_unit *before = tcn_unit_enter(vm, unit);
    int rc = tcn_vm_enter(vm, func, NULL, &frame, &mark);
    if (rc >= 0)
        rc = tcn_vm_run(vm, func, frame, 0);
    tcn_vm_leave(vm, &mark);
    (void)tcn_unit_enter(vm, before);
    return rc;
}

int tcn_unit_render(tcn_vm *vm, tcn_unit *unit)
{
    uint32_t limit = unit->tpl->env->limits.templates;
    int rc =
        vm->templates < limit
            ? 0
            : tcn_raise_limit(&vm->rt, "depth of templates inside one another", limit);
    if (rc < 0)
        return rc;
    vm->templates++;
    rc = tcn_unit_run(vm, unit, unit->tpl->funcs[0]);
    vm->templates--;
    return rc;
}
