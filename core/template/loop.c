/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - the "loop" variable: a list of items and a position in it. Dicts and their
 * views are read in place, so that looping over them builds nothing but pairs. */
#include "core/base/err.h"
#include "core/template/vm.h"

int tcn_loop_make(tcn_vm *vm, tcn_value iterable, tcn_loop **ret)
{
    tcn_loop *loop = tcn_arena_alloc(vm->rt.arena, sizeof *loop);
    if (loop == NULL)
        return tcn_raise_memory(&vm->rt);
    *loop = (tcn_loop){.object = {&tcn_loop_type}, .items = iterable};
    if (iterable.type == TCN_V_DICT || iterable.type == TCN_V_VIEW) {
        loop->count = iterable.dict->count;
    } else {
        int rc = tcn_items(&vm->rt, iterable, &loop->items);
        if (rc < 0)
            return rc;
        loop->count = loop->items.list->count;
    }
    *ret = loop;
    return 0;
}

static int item_at(tcn_rt *rt, const tcn_loop *loop, uint32_t i, tcn_value *ret)
{
    if (loop->items.type != TCN_V_DICT && loop->items.type != TCN_V_VIEW) {
        *ret = loop->items.list->items[i];
        return 1;
    }
    const tcn_ventry *entry = &loop->items.dict->entries[i];
    if (loop->items.type == TCN_V_DICT || loop->items.sub == TCN_VIEW_KEYS)
        *ret = entry->key;
    else if (loop->items.sub == TCN_VIEW_VALUES)
        *ret = entry->value;
    else {
        int rc = tcn_pair_make(rt, entry->key, entry->value, ret);
        return rc < 0 ? rc : 1;
    }
    return 1;
}

int tcn_loop_next(tcn_vm *vm, tcn_loop *loop, tcn_value *ret)
{
    if (loop->next == loop->count)
        return 0;
    return item_at(&vm->rt, loop, loop->next++, ret);
}

int tcn_loop_run(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, tcn_value items,
                 uint32_t depth0)
{
    tcn_vm_mark mark;
    tcn_frame *own = NULL;
    int rc = tcn_vm_enter(vm, func, frame, &own, &mark);
    if (rc >= 0) {
        own->slots[0] = items;
        rc = tcn_vm_run(vm, func, own, depth0);
    }
    tcn_vm_leave(vm, &mark);
    return rc;
}

static int loop_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    const tcn_loop *loop = tcn_container_of(self, tcn_loop, object);
    tcn_vm *vm = tcn_vm_of(rt);
    if (args->count + args->named_count != 1 ||
        (args->count == 0 &&
         !tcn_str_eq_c(tcn_text_str(tcn_text_of(&args->names[0])), "iterable")))
        return tcn_raise(rt, TCN_EXC_TypeError, "loop() takes one argument");
    if (loop->recursive == NULL)
        return tcn_raise(
            rt, TCN_EXC_TypeError,
            "The loop must have the 'recursive' marker to be called recursively.");
    tcn_value items = args->count == 1 ? args->items[0] : args->named[0];
    tcn_value mark = tcn_capture_begin(vm);
    tcn_unit *before = tcn_unit_enter(vm, loop->unit);
    int rc = tcn_loop_run(vm, loop->recursive, loop->frame, items, loop->depth0 + 1);
    (void)tcn_unit_enter(vm, before);
    return rc < 0 ? rc : tcn_capture_end(vm, mark, ret);
}

static int loop_cycle(tcn_rt *rt, tcn_value self, const tcn_args *args, tcn_value *ret)
{
    const tcn_loop *loop = tcn_container_of(self.object, tcn_loop, object);
    if (args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "LoopContext.cycle() got an unexpected keyword argument");
    if (args->count == 0)
        return tcn_raise(rt, TCN_EXC_TypeError, "no items for cycling given");
    *ret = args->items[(loop->next - 1) % args->count];
    return 0;
}

static int loop_changed(tcn_rt *rt, tcn_value self, const tcn_args *args, tcn_value *ret)
{
    tcn_loop *loop = tcn_container_of(self.object, tcn_loop, object);
    tcn_value now;
    if (args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "LoopContext.changed() got an unexpected keyword argument");
    int rc = tcn_list_make(rt, TCN_V_TUPLE, args->count, &now);
    for (uint32_t i = 0; i < args->count && rc >= 0; i++)
        rc = tcn_list_push(rt, now, args->items[i]);
    if (rc >= 0)
        rc = tcn_is_missing(loop->changed) ? 0 : tcn_equal(rt, loop->changed, now);
    if (rc < 0)
        return rc;
    *ret = tcn_bool(rc == 0);
    loop->changed = now;
    return 0;
}

static const tcn_native cycle_method = {.name = "cycle", .raw = loop_cycle};
static const tcn_native changed_method = {.name = "changed", .raw = loop_changed};

static int neighbour(tcn_rt *rt, const tcn_loop *loop, bool is_next, tcn_value *ret)
{
    uint32_t at = is_next ? loop->next : loop->next - 2;
    if (is_next ? loop->next >= loop->count : loop->next < 2) {
        *ret = tcn_undef_hint(rt, is_next ? "there is no next item"
                                          : "there is no previous item");
        return 1;
    }
    return item_at(rt, loop, at, ret);
}

static int loop_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                     tcn_value *ret)
{
    (void)name;
    const tcn_loop *loop = tcn_container_of(self, tcn_loop, object);
    uint32_t index = loop->next;
    int rc;
    switch ((int)atom) {
    case TCN_A_index:
        *ret = tcn_int(index);
        return 1;
    case TCN_A_index0:
        *ret = tcn_int((int64_t)index - 1);
        return 1;
    case TCN_A_first:
        *ret = tcn_bool(index == 1);
        return 1;
    case TCN_A_last:
        *ret = tcn_bool(index == loop->count);
        return 1;
    case TCN_A_length:
        *ret = tcn_int(loop->count);
        return 1;
    case TCN_A_revindex:
        *ret = tcn_int((int64_t)loop->count - index + 1);
        return 1;
    case TCN_A_revindex0:
        *ret = tcn_int((int64_t)loop->count - index);
        return 1;
    case TCN_A_depth:
        *ret = tcn_int((int64_t)loop->depth0 + 1);
        return 1;
    case TCN_A_depth0:
        *ret = tcn_int(loop->depth0);
        return 1;
    case TCN_A_previtem:
        return neighbour(rt, loop, false, ret);
    case TCN_A_nextitem:
        return neighbour(rt, loop, true, ret);
    case TCN_A_cycle:
        rc = tcn_bound_make(rt, &cycle_method, tcn_of_object(self), ret);
        return rc < 0 ? rc : 1;
    case TCN_A_changed:
        rc = tcn_bound_make(rt, &changed_method, tcn_of_object(self), ret);
        return rc < 0 ? rc : 1;
    default:
        return 0;
    }
}

static int loop_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const tcn_loop *loop = tcn_container_of(self, tcn_loop, object);
    int rc = tcn_put_c(rt, out, "<LoopContext ");
    if (rc >= 0)
        rc = tcn_show(rt, tcn_int(loop->next), out);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '/');
    if (rc >= 0)
        rc = tcn_show(rt, tcn_int(loop->count), out);
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

static int loop_length(tcn_rt *rt, tcn_object *self, size_t *ret)
{
    (void)rt;
    *ret = tcn_container_of(self, tcn_loop, object)->count;
    return 0;
}

const tcn_object_type tcn_loop_type = {
    .name = "LoopContext",
    .full_name = "jinja2.runtime.LoopContext object",
    .is_callable = true,
    .is_hashable = true,
    .attr = loop_attr,
    .length = loop_length,
    .repr = loop_repr,
    .call = loop_call,
};
