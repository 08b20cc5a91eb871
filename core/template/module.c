/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - finding a template by name as Jinja's environment does, and what it becomes:
 * text in the place of an include, a module with the names that it exports, or the parent
 * of the one that asks. A module without context is the same for all who ask. */
#include "core/template/module.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/template/files.h"

typedef struct module {
    tcn_object object;
    const tcn_tpl *tpl;
    const tcn_vdict *exported; /* NULL: nothing */
    tcn_value text;
    struct module *next; /* of those without context */
} module;

/* ---- names ---- */

static int raise_not_found(tcn_vm *vm, tcn_value name)
{
    tcn_value text;
    int rc = tcn_to_text(&vm->rt, name, &text);
    return rc < 0 ? rc
                  : tcn_raise_str(&vm->rt, TCN_EXC_TemplateNotFound,
                                  tcn_text_str(text.text));
}

/* NULL: there is none of that name. */
static const tcn_tpl *find(const tcn_vm *vm, tcn_value name)
{
    const tcn_text *text = tcn_text_of(&name);
    return text != NULL ? tcn_tpl_files_find(vm->tpl->env->files, tcn_text_str(text))
                        : NULL;
}

static int find_named(tcn_vm *vm, tcn_value name, const tcn_tpl **ret)
{
    if (name.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, name);
    *ret = find(vm, name);
    return *ret != NULL ? 0 : tcn_check_hashable(&vm->rt, name);
}

/* "none of the templates given were found: a, b" */
static int raise_none_found(tcn_vm *vm, tcn_value names)
{
    tcn_value text;
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc =
        tcn_put_c(&vm->rt, &vm->rt.scratch, "none of the templates given were found: ");
    for (uint32_t i = 0; i < names.list->count && rc >= 0; i++) {
        tcn_value name = names.list->items[i];
        if (i > 0)
            rc = tcn_put_c(&vm->rt, &vm->rt.scratch, ", ");
        if (rc >= 0 && name.type == TCN_V_UNDEF)
            rc = tcn_undef_message(&vm->rt, name, &vm->rt.scratch);
        else if (rc >= 0)
            rc = tcn_show(&vm->rt, name, &vm->rt.scratch);
    }
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, &text);
    return rc < 0 ? rc
                  : tcn_raise_str(&vm->rt, TCN_EXC_TemplatesNotFound,
                                  tcn_text_str(text.text));
}

static int find_listed(tcn_vm *vm, tcn_value names, bool is_optional, const tcn_tpl **ret)
{
    tcn_value items;
    if (names.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, names);
    if (!tcn_truth(names))
        return is_optional
                   ? 0
                   : tcn_raise(&vm->rt, TCN_EXC_TemplatesNotFound,
                               "Tried to select from an empty list of templates.");
    int rc = tcn_items(&vm->rt, names, &items);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count && *ret == NULL; i++) {
        *ret = find(vm, items.list->items[i]);
        if (*ret == NULL)
            rc = tcn_check_hashable(&vm->rt, items.list->items[i]);
    }
    return rc < 0 || *ret != NULL || is_optional ? rc : raise_none_found(vm, items);
}

/* *ret stays NULL when there is none and that is no error. */
static int find_template(tcn_vm *vm, tcn_value name, uint32_t how, const tcn_tpl **ret)
{
    bool is_optional = (how & TCN_LOAD_MAYBE) != 0;
    bool is_name =
        (how & TCN_LOAD_NAME) != 0 ||
        ((how & TCN_LOAD_LIST) == 0 && (tcn_is_text(name) || name.type == TCN_V_UNDEF));
    *ret = NULL;
    if (!is_name)
        return find_listed(vm, name, is_optional, ret);
    int rc = find_named(vm, name, ret);
    return rc < 0 || *ret != NULL || is_optional ? rc : raise_not_found(vm, name);
}

/* ---- modules ---- */

static int module_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                       tcn_value *ret)
{
    const module *m = tcn_container_of(self, module, object);
    tcn_text text = {.ptr = name.ptr, .len = (uint32_t)name.len};
    const tcn_value *found =
        m->exported != NULL ? tcn_vdict_get_text(m->exported, &text, tcn_text_hash(&text))
                            : NULL;
    (void)rt;
    (void)atom;
    if (found == NULL || tcn_is_missing(*found))
        return 0;
    *ret = *found;
    return 1;
}

static int module_show(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    return tcn_show(rt, tcn_container_of(self, module, object)->text, out);
}

static int module_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const module *m = tcn_container_of(self, module, object);
    int rc = tcn_put_c(rt, out, "<TemplateModule ");
    if (rc >= 0)
        rc = tcn_repr_text(rt, tcn_str_c(m->tpl->file->name), out);
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

static const tcn_object_type module_type = {
    .name = "TemplateModule",
    .full_name = "jinja2.environment.TemplateModule object",
    .is_hashable = true,
    .attr = module_attr,
    .show = module_show,
    .repr = module_repr,
};

tcn_value tcn_module_text(tcn_value v)
{
    if (v.type != TCN_V_OBJECT || v.object->type != &module_type)
        return v;
    return tcn_markup_as(tcn_container_of(v.object, module, object)->text, TCN_TEXT_SAFE);
}

static int module_new(tcn_vm *vm, tcn_unit *unit, module **ret)
{
    module *m = tcn_arena_zero(vm->rt.arena, sizeof *m);
    if (m == NULL)
        return tcn_raise_memory(&vm->rt);
    m->object.type = &module_type;
    m->tpl = unit->tpl;
    tcn_value mark = tcn_capture_begin(vm);
    int rc = tcn_unit_render(vm, unit);
    if (rc >= 0)
        rc = tcn_capture_end(vm, mark, &m->text);
    m->exported = unit->space->exported;
    *ret = m;
    return rc;
}

/* The module without context. */
static int module_plain(tcn_vm *vm, const tcn_tpl *tpl, module **ret)
{
    tcn_unit *unit = NULL;
    for (module *m = vm->modules; m != NULL; m = m->next) {
        if (m->tpl != tpl)
            continue;
        *ret = m;
        return 0;
    }
    int rc = tcn_unit_new(vm, tpl, false, NULL, &unit);
    if (rc >= 0)
        rc = module_new(vm, unit, ret);
    if (rc < 0)
        return rc;
    (*ret)->next = vm->modules;
    vm->modules = *ret;
    return 0;
}

/* A unit with the context of the current one. */
static int unit_with(tcn_vm *vm, const tcn_tpl *tpl, tcn_value locals, tcn_unit **ret)
{
    const tcn_space *space = vm->unit->space;
    const tcn_vdict *given = NULL;
    int rc = tcn_space_names(vm, space, locals, &given);
    return rc < 0 ? rc : tcn_unit_new(vm, tpl, space->has_context, given, ret);
}

int tcn_include(tcn_vm *vm, tcn_value name, uint32_t how, tcn_value locals)
{
    const tcn_tpl *tpl = NULL;
    tcn_unit *unit = NULL;
    module *m = NULL;
    int rc = find_template(vm, name, how, &tpl);
    if (rc < 0 || tpl == NULL)
        return rc;
    if (tcn_is_missing(locals)) {
        rc = module_plain(vm, tpl, &m);
        return rc < 0 ? rc
                      : tcn_put(&vm->rt, vm->out, m->text.text->ptr, m->text.text->len);
    }
    rc = unit_with(vm, tpl, locals, &unit);
    return rc < 0 ? rc : tcn_unit_render(vm, unit);
}

int tcn_import(tcn_vm *vm, tcn_value name, tcn_value locals, tcn_value *ret)
{
    const tcn_tpl *tpl = NULL;
    tcn_unit *unit = NULL;
    module *m = NULL;
    int rc = find_template(vm, name, TCN_LOAD_NAME, &tpl);
    if (rc >= 0 && tcn_is_missing(locals)) {
        rc = module_plain(vm, tpl, &m);
    } else if (rc >= 0) {
        rc = unit_with(vm, tpl, locals, &unit);
        if (rc >= 0)
            rc = module_new(vm, unit, &m);
    }
    if (rc >= 0)
        *ret = tcn_of_object(&m->object);
    return rc;
}

static int put_missing_export(tcn_vm *vm, const module *m, tcn_value name, uint32_t pos)
{
    tcn_rt *rt = &vm->rt;
    char number[32];
    (void)snprintf(number, sizeof number, " (imported on line %u",
                   tcn_tpl_line(vm->tpl->source, pos));
    int rc = tcn_put_c(rt, &rt->scratch, "the template ");
    if (rc >= 0)
        rc = tcn_repr_text(rt, tcn_str_c(m->tpl->file->name), &rt->scratch);
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, number);
    if (rc >= 0 && vm->tpl->file != NULL)
        rc = tcn_put_c(rt, &rt->scratch, " in ");
    if (rc >= 0 && vm->tpl->file != NULL)
        rc = tcn_repr_text(rt, tcn_str_c(vm->tpl->file->name), &rt->scratch);
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, ") does not export the requested name ");
    return rc < 0 ? rc : tcn_repr(rt, name, &rt->scratch);
}

int tcn_imported(tcn_vm *vm, tcn_value v, tcn_value name, uint32_t pos, tcn_value *ret)
{
    tcn_value hint;
    int rc = module_attr(&vm->rt, v.object, tcn_text_str(name.text), 0, ret);
    if (rc != 0)
        return rc;
    size_t start = tcn_scratch_begin(&vm->rt);
    rc = put_missing_export(vm, tcn_container_of(v.object, module, object), name, pos);
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, &hint);
    if (rc >= 0)
        *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_HINT, NULL, hint);
    return rc;
}

int tcn_extends(tcn_vm *vm, tcn_value name)
{
    const tcn_tpl *tpl = NULL;
    int rc = find_template(vm, name, TCN_LOAD_NAME, &tpl);
    return rc < 0 ? rc : tcn_unit_extend(vm, tpl);
}
