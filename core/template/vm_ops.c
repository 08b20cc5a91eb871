/* SPDX-License-Identifier: Apache-2.0 */
/* vm_ops.c - what the machine's longer instructions do with the values that it hands
 * them.
 */
#include "core/template/vm_ops.h"

#include "core/base/err.h"
#include "core/template/format.h"
#include "core/template/html.h"

int tcn_op_compare(tcn_vm *vm, enum tcn_cmp op, tcn_value a, tcn_value b)
{
    int rc;
    switch (op) {
    case TCN_CMP_EQ:
        return tcn_equal(&vm->rt, a, b);
    case TCN_CMP_NE:
        rc = tcn_equal(&vm->rt, a, b);
        return rc < 0 ? rc : !rc;
    case TCN_CMP_LT:
        return tcn_compare(&vm->rt, TCN_LT, a, b);
    case TCN_CMP_LE:
        return tcn_compare(&vm->rt, TCN_LE, a, b);
    case TCN_CMP_GT:
        return tcn_compare(&vm->rt, TCN_GT, a, b);
    case TCN_CMP_GE:
        return tcn_compare(&vm->rt, TCN_GE, a, b);
    case TCN_CMP_IN:
        return tcn_contains(&vm->rt, b, a);
    case TCN_CMP_NOT_IN:
        rc = tcn_contains(&vm->rt, b, a);
        return rc < 0 ? rc : !rc;
    }
    return 0;
}

/* Operators on texts: "%" formats, and what joins Markup is escaped. */
int tcn_op_text_arith(tcn_vm *vm, enum tcn_arith op, tcn_value a, tcn_value b,
                      tcn_value *ret)
{
    if (op == TCN_MOD)
        return tcn_format_percent(&vm->rt, a, b, ret);
    if (op == TCN_MUL && tcn_is_markup(a) && b.type == TCN_V_UNDEF)
        return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                         "can't multiply sequence by non-int of type "
                         "'ChainableUndefined'");
    if (op == TCN_ADD && tcn_is_markup(a) && b.type == TCN_V_UNDEF &&
        b.undef->kind != TCN_UNDEF_BRANCH) {
        *ret = a;
        return 0;
    }
    if (op != TCN_ADD || !tcn_is_text(b) || tcn_is_markup(a) == tcn_is_markup(b))
        return tcn_arith(&vm->rt, op, a, b, ret);
    return tcn_html_join(&vm->rt, a, b, ret);
}

/* Where values are escaped as HTML, what meets Markup is, too. */
static bool makes_markup(const tcn_vm *vm, const tcn_value *items, uint32_t count,
                         enum tcn_emission how)
{
    bool is_html = how == TCN_EMIT_HTML ||
                   (how == TCN_EMIT_TYPED && vm->form->care == TCN_TPL_CARE_MARKUP);
    for (uint32_t i = 0; is_html && i < count; i++) {
        if (tcn_is_markup(items[i]))
            return true;
    }
    return false;
}

int tcn_op_concat(tcn_vm *vm, const tcn_value *items, uint32_t count,
                  enum tcn_emission how, tcn_value *ret)
{
    bool is_html = makes_markup(vm, items, count, how);
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc = 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++)
        rc = is_html ? tcn_html_show(&vm->rt, items[i], &vm->rt.scratch)
                     : tcn_show(&vm->rt, items[i], &vm->rt.scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, ret);
    if (rc >= 0 && is_html)
        *ret = tcn_markup(*ret);
    return rc;
}

int tcn_op_list(tcn_vm *vm, enum tcn_value_type type, const tcn_value *items,
                uint32_t count, tcn_value *ret)
{
    tcn_value list;
    int rc = tcn_list_make(&vm->rt, type, count, &list);
    if (rc < 0)
        return rc;
    if (count > 0)
        memcpy(list.list->items, items, count * sizeof *items);
    list.list->count = count;
    *ret = list;
    return 0;
}

int tcn_op_dict(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(vm->rt.arena, count);
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(&vm->rt) : 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++)
        rc = tcn_dict_set(&vm->rt, dict, items[2 * i], items[2 * i + 1]);
    *ret = dict;
    return rc;
}

int tcn_op_locals(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(vm->rt.arena, count);
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(&vm->rt) : 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        if (!tcn_is_missing(items[2 * i + 1]))
            rc = tcn_dict_set(&vm->rt, dict, items[2 * i], items[2 * i + 1]);
    }
    *ret = dict;
    return rc;
}

int tcn_op_unpack(tcn_vm *vm, tcn_value v, uint32_t count, tcn_value *out)
{
    tcn_value items;
    if (!tcn_is_iterable(v))
        return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                         "cannot unpack non-iterable %s object", tcn_type_name(v));
    int rc = tcn_items(&vm->rt, v, &items);
    if (rc < 0)
        return rc;
    if (items.list->count < count)
        return tcn_raise(&vm->rt, TCN_EXC_ValueError,
                         "not enough values to unpack (expected %u, got %u)", count,
                         items.list->count);
    if (items.list->count > count)
        return tcn_raise(&vm->rt, TCN_EXC_ValueError,
                         "too many values to unpack (expected %u)", count);
    for (uint32_t i = 0; i < count; i++)
        out[i] = items.list->items[count - 1 - i];
    return 0;
}

int tcn_op_splat_list(tcn_vm *vm, tcn_value list, tcn_value more)
{
    tcn_value items;
    int rc = tcn_items(&vm->rt, more, &items);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++)
        rc = tcn_list_push(&vm->rt, list, items.list->items[i]);
    return rc;
}

int tcn_op_splat_dict(tcn_vm *vm, tcn_value dict, tcn_value more)
{
    int rc = 0;
    if (more.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, more);
    if (more.type != TCN_V_DICT)
        return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                         "argument after ** must be a mapping, not %s",
                         tcn_type_name(more));
    for (uint32_t i = 0; i < more.dict->count && rc >= 0; i++) {
        const tcn_ventry *entry = &more.dict->entries[i];
        if (!tcn_is_text(entry->key))
            return tcn_raise(&vm->rt, TCN_EXC_TypeError, "keywords must be strings");
        if (tcn_vdict_get(dict.dict, entry->key) != NULL)
            return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                             "got multiple values for keyword argument");
        rc = tcn_dict_set(&vm->rt, dict, entry->key, entry->value);
    }
    return rc;
}

int tcn_op_namespace_set(tcn_vm *vm, tcn_value target, tcn_value name, tcn_value v)
{
    /* A set block finds out only here, and its text would change a dict. */
    if (target.type == TCN_V_DICT)
        return tcn_raise(&vm->rt, TCN_EXC_TemplateRuntimeError,
                         "cannot assign attribute on non-namespace object");
    if (target.type != TCN_V_OBJECT || target.object->type != &tcn_namespace_type)
        return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                         "'%s' object does not support item assignment",
                         tcn_type_name(target));
    tcn_namespace *ns = tcn_container_of(target.object, tcn_namespace, object);
    return tcn_dict_set(&vm->rt, ns->values, name, v);
}

int tcn_op_macro(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, tcn_value *ret)
{
    tcn_macro *macro = tcn_arena_alloc(vm->rt.arena, sizeof *macro);
    if (macro == NULL)
        return tcn_raise_memory(&vm->rt);
    *macro = (tcn_macro){
        .object = {&tcn_macro_type}, .func = func, .frame = frame, .unit = vm->unit};
    *ret = tcn_of_object(&macro->object);
    return 0;
}

int tcn_op_param(tcn_vm *vm, const tcn_func *func, uint32_t slot, tcn_value *ret)
{
    tcn_value name = vm->tpl->consts[func->slot_names[slot]];
    tcn_value hint;
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc = tcn_put_c(&vm->rt, &vm->rt.scratch, "parameter ");
    if (rc >= 0)
        rc = tcn_repr(&vm->rt, name, &vm->rt.scratch);
    if (rc >= 0)
        rc = tcn_put_c(&vm->rt, &vm->rt.scratch, " was not provided");
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, &hint);
    if (rc >= 0)
        *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_HINT, NULL, hint);
    return rc;
}

int tcn_op_slice(tcn_vm *vm, tcn_value *sp, bool is_soft)
{
    tcn_value object = sp[0];
    if (object.type == TCN_V_UNDEF && object.undef->kind != TCN_UNDEF_BRANCH)
        return 0;
    if (object.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, object);
    int rc = tcn_slice(&vm->rt, object, sp[1], sp[2], sp[3], &sp[0]);
    if (rc >= 0 || !is_soft || vm->rt.exc.exc_class != TCN_EXC_TypeError)
        return rc;
    vm->rt.exc.exc_class = TCN_EXC_NONE;
    sp[0] = tcn_undef_hint(&vm->rt, "");
    return 0;
}
