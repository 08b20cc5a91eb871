/* SPDX-License-Identifier: Apache-2.0 */
/* inherit.c - which function a block's name stands for: the units of a space are asked in
 * the order in which they extend one another. */
#include "core/template/inherit.h"

#include "core/base/err.h"

/* What self.name and super are. */
typedef struct reference {
    tcn_object object;
    tcn_value name;
    tcn_unit *unit; /* that has the block */
    const tcn_func *func;
} reference;

static const tcn_func *own_block(const tcn_tpl *tpl, tcn_str name)
{
    for (uint32_t i = 0; i < tpl->block_count; i++) {
        if (tcn_str_eq(tpl->blocks[i].name, name))
            return tpl->blocks[i].func;
    }
    return NULL;
}

/* From unit on; NULL: none has it. */
static const tcn_func *find_block(tcn_unit *unit, tcn_value name, tcn_unit **ret)
{
    const tcn_func *func = NULL;
    for (; unit != NULL && func == NULL; unit = unit->parent) {
        func = own_block(unit->tpl, tcn_text_str(name.text));
        *ret = unit;
    }
    return func;
}

int tcn_block_run(tcn_vm *vm, tcn_value name, bool is_required, tcn_value locals)
{
    tcn_unit *unit = NULL;
    tcn_unit *other = NULL;
    const tcn_vdict *given = NULL;
    char quoted[256];
    const tcn_func *func = find_block(vm->unit->space->first, name, &unit);
    if (is_required && find_block(unit->parent, name, &other) == NULL)
        return tcn_raise(&vm->rt, TCN_EXC_TemplateRuntimeError,
                         "Required block %s not found",
                         tcn_quote(tcn_text_str(name.text), quoted, sizeof quoted));
    if (tcn_is_missing(locals))
        return tcn_unit_run(vm, unit, func);
    int rc = tcn_space_names(vm, unit->space, locals, &given);
    if (rc >= 0)
        rc = tcn_unit_derive(vm, unit, given, &unit);
    return rc < 0 ? rc : tcn_unit_run(vm, unit, func);
}

/* ---- one block as a value ---- */

static int reference_make(tcn_vm *vm, tcn_value name, tcn_unit *unit,
                          const tcn_func *func, const tcn_object_type *type,
                          tcn_value *ret)
{
    reference *made = tcn_arena_alloc(vm->rt.arena, sizeof *made);
    if (made == NULL)
        return tcn_raise_memory(&vm->rt);
    *made = (reference){.object = {type}, .name = name, .unit = unit, .func = func};
    *ret = tcn_of_object(&made->object);
    return 0;
}

static int block_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret);

static int block_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    tcn_vm *vm = tcn_vm_of(rt);
    const reference *block = tcn_container_of(self, reference, object);
    if (args->count + args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "BlockReference.__call__() takes no arguments");
    tcn_value mark = tcn_capture_begin(vm);
    int rc = tcn_unit_run(vm, block->unit, block->func);
    return rc < 0 ? rc : tcn_capture_end(vm, mark, ret);
}

static const tcn_object_type block_type = {
    .name = "BlockReference",
    .full_name = "jinja2.runtime.BlockReference object",
    .is_callable = true,
    .is_hashable = true,
    .attr = block_attr,
    .call = block_call,
};

static int no_parent(tcn_vm *vm, tcn_value name, tcn_value *ret)
{
    tcn_value hint;
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc = tcn_put_c(&vm->rt, &vm->rt.scratch, "there is no parent block called ");
    if (rc >= 0)
        rc = tcn_repr(&vm->rt, name, &vm->rt.scratch);
    if (rc >= 0)
        rc = tcn_put_char(&vm->rt, &vm->rt.scratch, '.');
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, &hint);
    if (rc >= 0)
        *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_HINT, NULL, hint);
    return rc;
}

/* The block of that name of those that unit extends. */
static int parent_block(tcn_vm *vm, const tcn_unit *unit, tcn_value name, tcn_value *ret)
{
    tcn_unit *owner = NULL;
    const tcn_func *func = find_block(unit->parent, name, &owner);
    return func != NULL ? reference_make(vm, name, owner, func, &block_type, ret)
                        : no_parent(vm, name, ret);
}

static int block_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    const reference *block = tcn_container_of(self, reference, object);
    if (atom == TCN_A_name) {
        *ret = block->name;
        return 1;
    }
    if (!tcn_str_eq_c(name, "super"))
        return 0;
    int rc = parent_block(tcn_vm_of(rt), block->unit, block->name, ret);
    return rc < 0 ? rc : 1;
}

bool tcn_block_is_called(tcn_value callee, const tcn_args *args)
{
    return callee.type == TCN_V_OBJECT && callee.object->type == &block_type &&
           args->count + args->named_count == 0;
}

int tcn_block_write(tcn_vm *vm, tcn_value callee)
{
    const reference *block = tcn_container_of(callee.object, reference, object);
    return tcn_unit_run(vm, block->unit, block->func);
}

int tcn_super_make(tcn_vm *vm, tcn_value name, tcn_value *ret)
{
    return parent_block(vm, vm->unit, name, ret);
}

/* ---- self ---- */

static int self_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const tcn_unit *unit = tcn_container_of(self, reference, object)->unit;
    const tcn_tpl_file *file = unit->space->first->tpl->file;
    int rc = tcn_put_c(rt, out, "<TemplateReference ");
    if (rc >= 0)
        rc = file != NULL ? tcn_repr_text(rt, tcn_str_c(file->name), out)
                          : tcn_put_c(rt, out, "None");
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

static int self_item(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret)
{
    const tcn_unit *unit = tcn_container_of(self, reference, object)->unit;
    tcn_unit *owner = NULL;
    const tcn_func *func =
        key.type == TCN_V_STR ? find_block(unit->space->first, key, &owner) : NULL;
    if (func == NULL)
        return 0;
    int rc = reference_make(tcn_vm_of(rt), key, owner, func, &block_type, ret);
    return rc < 0 ? rc : 1;
}

static const tcn_object_type self_type = {
    .name = "TemplateReference",
    .full_name = "jinja2.runtime.TemplateReference object",
    .is_hashable = true,
    .item = self_item,
    .repr = self_repr,
};

int tcn_self_make(tcn_vm *vm, tcn_value *ret)
{
    return reference_make(vm, tcn_none(), vm->unit, NULL, &self_type, ret);
}
