/* SPDX-License-Identifier: Apache-2.0 */
/* vm.c - the stack machine. One switch, each case short; what is long or rare has a
 * function. The compiler has counted the stack, so nothing here checks it; every
 * instruction costs one step. */
#include "core/template/vm.h"

#include "core/base/err.h"
#include "core/template/format.h"
#include "core/template/html.h"

int tcn_vm_enter(tcn_vm *vm, const tcn_func *func, tcn_frame *up, tcn_frame **ret,
                 tcn_vm_mark *mark)
{
    *mark = (tcn_vm_mark){vm->top, vm->end};
    if (++vm->calls > vm->tpl->env->limits.calls)
        return tcn_raise_limit(&vm->rt, "depth of calls", vm->tpl->env->limits.calls);
    size_t frame_size = sizeof(tcn_frame) / sizeof(tcn_value);
    size_t own = frame_size + func->slots;
    tcn_value *memory = NULL;
    size_t need = (size_t)func->stack + (func->is_captured ? 0 : own);
    if ((size_t)(vm->end - vm->top) < need) {
        size_t size = need > 512 ? need : 512;
        vm->top = tcn_arena_alloc(vm->rt.arena, size * sizeof(tcn_value));
        if (vm->top == NULL) {
            vm->top = mark->top;
            return tcn_raise_memory(&vm->rt);
        }
        vm->end = vm->top + size;
    }
    if (func->is_captured) {
        memory = tcn_arena_alloc(vm->rt.arena, own * sizeof(tcn_value));
        if (memory == NULL)
            return tcn_raise_memory(&vm->rt);
    } else {
        memory = vm->top;
        vm->top += own;
    }
    tcn_frame *frame = (tcn_frame *)(void *)memory;
    frame->up = up;
    frame->slots = memory + frame_size;
    for (uint32_t i = 0; i < func->slots; i++)
        frame->slots[i].type = TCN_V_MISSING;
    *ret = frame;
    return 0;
}

void tcn_vm_leave(tcn_vm *vm, const tcn_vm_mark *mark)
{
    vm->calls--;
    vm->top = mark->top;
    vm->end = mark->end;
}

_Static_assert(sizeof(tcn_frame) % sizeof(tcn_value) == 0, "a frame is whole values");
_Static_assert(sizeof(tcn_value) == 16, "values are two words");

static int load_root(tcn_vm *vm, uint32_t index, tcn_value *ret)
{
    tcn_value name = vm->tpl->roots[index];
    const tcn_tpl_context *context = vm->context;
    tcn_value *found =
        context->values == NULL
            ? NULL
            : tcn_vdict_get_text(context->values, name.text, name.text->hash);
    if (found != NULL) {
        *ret = *found;
    } else {
        int rc = context->lookup == NULL
                     ? 0
                     : context->lookup(context->ud, tcn_text_str(name.text), vm->rt.arena,
                                       ret);
        if (rc < 0) {
            (void)tcn_raise(&vm->rt, TCN_EXC_RuntimeError, "variable is not available");
            return rc;
        }
        if (rc == 0 && !tcn_global_find(tcn_text_str(name.text), ret))
            *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_NAME, NULL, name);
    }
    vm->roots[index] = *ret;
    return vm->rt.exc.exc_class == TCN_EXC_NONE ? 0 : TCN_E_INVALID;
}

static inline int root(tcn_vm *vm, uint32_t index, tcn_value *ret)
{
    if (TCN_LIKELY(vm->roots[index].type != TCN_V_MISSING)) {
        *ret = vm->roots[index];
        return 0;
    }
    return load_root(vm, index, ret);
}

static tcn_frame *frame_up(tcn_frame *frame, uint32_t up)
{
    for (; up > 0; up--)
        frame = frame->up;
    return frame;
}

/* A slot that is empty: the variable is undefined. Its name is known where its function
 * is. */
static int load_empty(tcn_vm *vm, const tcn_func *func, uint32_t up, uint32_t slot,
                      tcn_value *ret)
{
    tcn_value name = tcn_none();
    if (up == 0)
        name = vm->tpl->consts[func->slot_names[slot]];
    *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_NAME, NULL, name);
    return 0;
}

static int compare(tcn_vm *vm, enum tcn_cmp op, tcn_value a, tcn_value b)
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

static bool is_markup(tcn_value v)
{
    return v.type == TCN_V_STR && v.sub == TCN_SUB_MARKUP;
}

/* Operators on texts: "%" formats, and what joins Markup is escaped. */
static int text_arith(tcn_vm *vm, enum tcn_arith op, tcn_value a, tcn_value b,
                      tcn_value *ret)
{
    if (op == TCN_MOD)
        return tcn_format_percent(&vm->rt, a, b, ret);
    if (op == TCN_MUL && is_markup(a) && b.type == TCN_V_UNDEF)
        return tcn_raise(&vm->rt, TCN_EXC_TypeError,
                         "can't multiply sequence by non-int of type "
                         "'ChainableUndefined'");
    if (op == TCN_ADD && is_markup(a) && b.type == TCN_V_UNDEF &&
        b.undef->kind != TCN_UNDEF_BRANCH) {
        *ret = a;
        return 0;
    }
    if (op != TCN_ADD || !tcn_is_text(b) || is_markup(a) == is_markup(b))
        return tcn_arith(&vm->rt, op, a, b, ret);
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc = tcn_html_show(&vm->rt, a, &vm->rt.scratch);
    if (rc >= 0)
        rc = tcn_html_show(&vm->rt, b, &vm->rt.scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, start, ret);
    if (rc >= 0)
        *ret = tcn_markup(*ret);
    return rc;
}

static int concat(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(&vm->rt);
    int rc = 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++)
        rc = tcn_show(&vm->rt, items[i], &vm->rt.scratch);
    return rc < 0 ? rc : tcn_scratch_end(&vm->rt, start, ret);
}

static int make_list(tcn_vm *vm, enum tcn_value_type type, const tcn_value *items,
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

static int make_dict(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(vm->rt.arena, count);
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(&vm->rt) : 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++)
        rc = tcn_dict_set(&vm->rt, dict, items[2 * i], items[2 * i + 1]);
    *ret = dict;
    return rc;
}

/* count values at items, then those of the named arguments. */
static tcn_args args_of(const tcn_vm *vm, const tcn_value *items, uint32_t count,
                        uint32_t names)
{
    tcn_args args = {.items = items, .count = count};
    if (names > 0) {
        const tcn_vlist *list = vm->tpl->consts[names - 1].list;
        args.named_count = list->count;
        args.names = list->items;
        args.named = items + count;
    }
    return args;
}

static uint32_t named_count(const tcn_vm *vm, uint32_t names)
{
    return names > 0 ? vm->tpl->consts[names - 1].list->count : 0;
}

/* base[0] is the subject and gets the result. */
static int run_native(tcn_vm *vm, const tcn_native *native, tcn_value *base,
                      uint32_t count, uint32_t names)
{
    tcn_value result = {.type = TCN_V_NONE};
    int rc;
    if (names == 0 && native->call != NULL && count + 1 >= native->min &&
        count + 1 <= native->max) {
        for (uint32_t i = count + 1; i < native->max; i++)
            base[i].type = TCN_V_MISSING;
        rc = native->call(&vm->rt, base, &result);
    } else {
        tcn_args args = args_of(vm, base + 1, count, names);
        rc = tcn_native_call(&vm->rt, native, base[0], &args, &result);
    }
    base[0] = result;
    return rc;
}

/* The filter's text straight to the output where that may have it as it is. */
static int emit_native(tcn_vm *vm, const tcn_native *native, tcn_value *base,
                       uint32_t count)
{
    if (!tcn_emit_is_direct(vm)) {
        int rc = run_native(vm, native, base, count, 0);
        return rc < 0 ? rc : tcn_emit_value(vm, base[0], TCN_EMIT_TYPED);
    }
    for (uint32_t i = count + 1; i < native->max; i++)
        base[i].type = TCN_V_MISSING;
    return native->write(&vm->rt, base, vm->out);
}

static int to_bool(tcn_value *v, int rc)
{
    if (rc >= 0)
        *v = tcn_bool(tcn_truth(*v));
    return rc;
}

static int unpack(tcn_vm *vm, tcn_value v, uint32_t count, tcn_value *out)
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

static int splat_list(tcn_vm *vm, tcn_value list, tcn_value more)
{
    tcn_value items;
    int rc = tcn_items(&vm->rt, more, &items);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++)
        rc = tcn_list_push(&vm->rt, list, items.list->items[i]);
    return rc;
}

static int splat_dict(tcn_vm *vm, tcn_value dict, tcn_value more)
{
    int rc = 0;
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

static int call_splat(tcn_vm *vm, uint32_t kind, uint32_t id, const tcn_value *base,
                      tcn_value *ret)
{
    const tcn_vdict *dict = base[2].dict;
    tcn_args args = {.items = base[1].list->items,
                     .count = base[1].list->count,
                     .named_count = dict->count};
    size_t size = 2 * (size_t)dict->count * sizeof(tcn_value);
    tcn_value *named = tcn_arena_alloc(vm->rt.arena, size + 1);
    if (named == NULL)
        return tcn_raise_memory(&vm->rt);
    for (uint32_t i = 0; i < dict->count; i++) {
        named[i] = dict->entries[i].key;
        named[dict->count + i] = dict->entries[i].value;
    }
    args.names = named;
    args.named = named + dict->count;
    if (kind == 0)
        return tcn_call(vm, base[0], &args, ret);
    const tcn_native *native = kind == 1 ? tcn_filter_at((int)id) : tcn_test_at((int)id);
    tcn_value result;
    int rc = tcn_native_call(&vm->rt, native, base[0], &args, &result);
    if (rc >= 0)
        *ret = result;
    return kind == 1 ? rc : to_bool(ret, rc);
}

static int namespace_set(tcn_vm *vm, tcn_value target, tcn_value name, tcn_value v)
{
    if (target.type != TCN_V_OBJECT || target.object->type != &tcn_namespace_type)
        return tcn_raise(&vm->rt, TCN_EXC_TemplateRuntimeError,
                         "cannot assign attribute on non-namespace object");
    tcn_namespace *ns = tcn_container_of(target.object, tcn_namespace, object);
    return tcn_dict_set(&vm->rt, ns->values, name, v);
}

static int make_macro(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, tcn_value *ret)
{
    tcn_macro *macro = tcn_arena_alloc(vm->rt.arena, sizeof *macro);
    if (macro == NULL)
        return tcn_raise_memory(&vm->rt);
    *macro = (tcn_macro){.object = {&tcn_macro_type}, .func = func, .frame = frame};
    *ret = tcn_of_object(&macro->object);
    return 0;
}

static int param_undefined(tcn_vm *vm, const tcn_func *func, uint32_t slot,
                           tcn_value *ret)
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

static int run_slice(tcn_vm *vm, tcn_value *sp, bool is_soft)
{
    tcn_value object = sp[0];
    if (object.type == TCN_V_UNDEF && object.undef->kind != TCN_UNDEF_BRANCH)
        return 0;
    if (object.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, object);
    bool can_fail_softly =
        is_soft && (object.type != TCN_V_STR && object.type != TCN_V_LIST &&
                    object.type != TCN_V_TUPLE && object.type != TCN_V_RANGE);
    if (can_fail_softly) {
        sp[0] = tcn_undef_hint(&vm->rt, "");
        return 0;
    }
    return tcn_slice(&vm->rt, object, sp[1], sp[2], sp[3], &sp[0]);
}

static int start_loop(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, uint32_t depth0,
                      bool is_recursive, tcn_value iterable, tcn_value *slot)
{
    tcn_loop *loop = NULL;
    if (iterable.type == TCN_V_UNDEF && vm->tpl->env->is_strict)
        return tcn_raise_strict(vm, iterable);
    int rc = tcn_loop_make(vm, iterable, &loop);
    if (rc < 0)
        return rc;
    loop->depth0 = depth0;
    if (is_recursive) {
        loop->recursive = func;
        loop->frame = frame->up;
    }
    *slot = tcn_of_object(&loop->object);
    return 0;
}

static inline tcn_loop *loop_in(tcn_value slot)
{
    return tcn_container_of(slot.object, tcn_loop, object);
}

static int raise_const(tcn_vm *vm, uint32_t exc_class, uint32_t message)
{
    return tcn_raise_str(&vm->rt, (enum tcn_exc_class)exc_class,
                         tcn_text_str(vm->tpl->consts[message].text));
}

/* The long cases: called with the stack as it is, they change at most sp[0]. */
static int run_rare(tcn_vm *vm, const tcn_func *func, tcn_frame *frame,
                    const tcn_instr *in, tcn_value *sp)
{
    tcn_value *slots = frame->slots;
    switch ((enum tcn_op)in->op) {
    case TCN_OP_ALIAS:
        slots[in->a >> 4] = frame_up(frame, in->a & 15)->slots[in->b];
        return 0;
    case TCN_OP_ALIAS_ROOT:
        return root(vm, in->b, &slots[in->a]);
    case TCN_OP_UNPACK:
        return unpack(vm, sp[-1], in->b, &sp[-1]);
    case TCN_OP_MACRO:
        return make_macro(vm, vm->tpl->funcs[in->b], frame, sp);
    case TCN_OP_PARAM:
        return param_undefined(vm, func, in->b, &slots[in->b]);
    case TCN_OP_NS_CHECK:
        if (sp[-1].type == TCN_V_OBJECT && sp[-1].object->type == &tcn_namespace_type)
            return 0;
        return tcn_raise(&vm->rt, TCN_EXC_TemplateRuntimeError,
                         "cannot assign attribute on non-namespace object");
    case TCN_OP_NS_SET:
        return namespace_set(vm, sp[-1], vm->tpl->consts[in->b], sp[-2]);
    case TCN_OP_BRANCH:
        *sp = tcn_undef_make(&vm->rt, TCN_UNDEF_BRANCH, NULL, vm->tpl->consts[in->b]);
        return 0;
    case TCN_OP_RAISE:
        return raise_const(vm, in->a, in->b);
    case TCN_OP_APPEND:
        return tcn_list_push(&vm->rt, sp[-2], sp[-1]);
    case TCN_OP_SPLAT_LIST:
        return splat_list(vm, sp[-2], sp[-1]);
    case TCN_OP_SPLAT_DICT:
        return splat_dict(vm, sp[-2], sp[-1]);
    case TCN_OP_LOOP:
        return tcn_loop_run(vm, vm->tpl->funcs[in->b], frame, sp[-1], 0);
    default:
        return 0;
    }
}

static int call_emit(tcn_vm *vm, tcn_value callee, const tcn_args *args)
{
    bool is_written = false;
    tcn_value result;
    int rc = tcn_call_emit(vm, callee, args, &is_written, &result);
    return rc < 0 || is_written ? rc : tcn_emit_value(vm, result, TCN_EMIT_TYPED);
}

int tcn_vm_run(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, uint32_t depth0)
{
    const tcn_value *consts = vm->tpl->consts;
    const tcn_instr *code = func->code;
    const tcn_instr *in = code;
    tcn_value *slots = frame->slots;
    tcn_value *stack = vm->top;
    tcn_value *sp = stack;
    int rc = 0;
    vm->top += func->stack;
    for (;;) {
        if (TCN_UNLIKELY(--vm->rt.steps_left < 0)) {
            rc = tcn_charge_slow(&vm->rt);
            if (rc < 0)
                break;
        }
        switch ((enum tcn_op)in->op) {
        case TCN_OP_TEXT:
            rc = tcn_put(&vm->rt, vm->out, consts[in->b].text->ptr,
                         consts[in->b].text->len);
            break;
        case TCN_OP_EMIT:
            --sp;
            if (sp->type == TCN_V_STR && in->a == TCN_EMIT_TYPED && vm->is_plain)
                rc = tcn_put(&vm->rt, vm->out, sp->text->ptr, sp->text->len);
            else
                rc = tcn_emit_value(vm, *sp, (enum tcn_emission)in->a);
            break;
        case TCN_OP_CONST:
            *sp++ = consts[in->b];
            break;
        case TCN_OP_LOAD:
            *sp = slots[in->b];
            if (TCN_UNLIKELY(sp->type == TCN_V_MISSING))
                rc = load_empty(vm, func, 0, in->b, sp);
            sp++;
            break;
        case TCN_OP_LOAD_UP:
            *sp = frame_up(frame, in->a)->slots[in->b];
            if (sp->type == TCN_V_MISSING)
                rc = load_empty(vm, func, in->a, in->b, sp);
            sp++;
            break;
        case TCN_OP_ROOT:
            rc = root(vm, in->b, sp++);
            break;
        case TCN_OP_STORE:
            slots[in->b] = *--sp;
            break;
        case TCN_OP_CLEAR:
            slots[in->b].type = TCN_V_MISSING;
            break;
        case TCN_OP_ATTR:
            rc = tcn_attr(&vm->rt, sp[-1], consts[in->b], (enum tcn_atom)in->a, &sp[-1]);
            break;
        case TCN_OP_ITEM:
            --sp;
            rc = tcn_item(&vm->rt, sp[-1], sp[0], &sp[-1]);
            break;
        case TCN_OP_SLICE:
            sp -= 3;
            rc = run_slice(vm, sp - 1, in->a != 0);
            break;
        case TCN_OP_ARITH:
            --sp;
            if (tcn_is_text(sp[-1]))
                rc = text_arith(vm, (enum tcn_arith)in->a, sp[-1], sp[0], &sp[-1]);
            else
                rc = tcn_arith(&vm->rt, (enum tcn_arith)in->a, sp[-1], sp[0], &sp[-1]);
            break;
        case TCN_OP_NEG:
            rc = tcn_negate(&vm->rt, sp[-1], &sp[-1]);
            break;
        case TCN_OP_POS:
            rc = tcn_positive(&vm->rt, sp[-1], &sp[-1]);
            break;
        case TCN_OP_NOT:
            sp[-1] = tcn_bool(!tcn_truth(sp[-1]));
            break;
        case TCN_OP_COMPARE:
            --sp;
            rc = compare(vm, (enum tcn_cmp)in->a, sp[-1], sp[0]);
            sp[-1] = tcn_bool(rc == 1);
            break;
        case TCN_OP_CHAIN:
            sp[0] = sp[-1];
            sp[-1] = sp[-2];
            sp[-2] = sp[0];
            sp++;
            break;
        case TCN_OP_NIP:
            --sp;
            sp[-1] = sp[0];
            break;
        case TCN_OP_CONCAT:
            sp -= in->b;
            rc = concat(vm, sp, in->b, sp);
            sp++;
            break;
        case TCN_OP_JUMP:
            in = code + in->b;
            continue;
        case TCN_OP_JUMP_FALSE:
            if (!tcn_truth(*--sp)) {
                in = code + in->b;
                continue;
            }
            break;
        case TCN_OP_JUMP_AND:
            if (!tcn_truth(sp[-1])) {
                in = code + in->b;
                continue;
            }
            --sp;
            break;
        case TCN_OP_JUMP_OR:
            if (tcn_truth(sp[-1])) {
                in = code + in->b;
                continue;
            }
            --sp;
            break;
        case TCN_OP_JUMP_SET:
            if (slots[in->a].type != TCN_V_MISSING) {
                in = code + in->b;
                continue;
            }
            break;
        case TCN_OP_TUPLE:
        case TCN_OP_LIST:
            sp -= in->b;
            rc = make_list(vm, in->op == TCN_OP_LIST ? TCN_V_LIST : TCN_V_TUPLE, sp,
                           in->b, sp);
            sp++;
            break;
        case TCN_OP_DICT:
            sp -= 2 * (size_t)in->b;
            rc = make_dict(vm, sp, in->b, sp);
            sp++;
            break;
        case TCN_OP_CALL: {
            sp -= in->a + named_count(vm, in->b);
            tcn_args args = args_of(vm, sp, in->a, in->b);
            rc = tcn_call(vm, sp[-1], &args, &sp[-1]);
            break;
        }
        case TCN_OP_CALL_EMIT: {
            sp -= in->a + named_count(vm, in->b);
            tcn_args args = args_of(vm, sp, in->a, in->b);
            sp--;
            rc = call_emit(vm, *sp, &args);
            break;
        }
        case TCN_OP_CALL_SPLAT:
            sp -= 2;
            rc = call_splat(vm, in->a, in->b, sp - 1, &sp[-1]);
            break;
        case TCN_OP_FILTER:
        case TCN_OP_TEST: {
            uint32_t names = in[1].b;
            uint32_t named = named_count(vm, names);
            const tcn_native *native = in->op == TCN_OP_FILTER ? tcn_filter_at((int)in->b)
                                                               : tcn_test_at((int)in->b);
            sp -= in->a + named;
            rc = run_native(vm, native, sp - 1, in->a, names);
            if (in->op == TCN_OP_TEST)
                rc = to_bool(&sp[-1], rc);
            in += rc >= 0;
            break;
        }
        case TCN_OP_FILTER_EMIT:
            sp -= in->a + 1;
            rc = emit_native(vm, tcn_filter_at((int)in->b), sp, in->a);
            break;
        case TCN_OP_EXTRA:
            break;
        case TCN_OP_ITER:
            --sp;
            rc = start_loop(vm, func, frame, depth0, in->a != 0, *sp, &slots[in->b]);
            break;
        case TCN_OP_NEXT:
            rc = tcn_loop_next(vm, loop_in(slots[in->a]), sp);
            if (rc == 0) {
                in = code + in->b;
                continue;
            }
            sp++;
            break;
        case TCN_OP_MARK:
            loop_in(slots[in->a])->has_run = true;
            break;
        case TCN_OP_JUMP_LOOPED:
            if (loop_in(slots[in->a])->has_run) {
                in = code + in->b;
                continue;
            }
            break;
        case TCN_OP_CAPTURE:
            *sp++ = tcn_capture_begin(vm);
            break;
        case TCN_OP_CAPTURED:
            rc = tcn_capture_end(vm, sp[-1], &sp[-1]);
            if (in->a == TCN_EMIT_HTML && rc >= 0)
                sp[-1] = tcn_markup(sp[-1]);
            break;
        case TCN_OP_MACRO:
        case TCN_OP_BRANCH:
            rc = run_rare(vm, func, frame, in, sp);
            sp++;
            break;
        case TCN_OP_APPEND:
        case TCN_OP_SPLAT_LIST:
        case TCN_OP_SPLAT_DICT:
        case TCN_OP_NS_CHECK:
        case TCN_OP_LOOP:
            rc = run_rare(vm, func, frame, in, sp);
            --sp;
            break;
        case TCN_OP_NS_SET:
            rc = run_rare(vm, func, frame, in, sp);
            sp -= 2;
            break;
        case TCN_OP_UNPACK:
            rc = run_rare(vm, func, frame, in, sp);
            sp += (ptrdiff_t)in->b - 1;
            break;
        case TCN_OP_ALIAS:
        case TCN_OP_ALIAS_ROOT:
        case TCN_OP_PARAM:
        case TCN_OP_RAISE:
            rc = run_rare(vm, func, frame, in, sp);
            break;
        case TCN_OP_RETURN:
            vm->top = stack;
            return 0;
        }
        if (TCN_UNLIKELY(rc < 0))
            break;
        in++;
    }
    if (!vm->has_place) {
        vm->failed_at = func->places[in - code];
        vm->has_place = true;
    }
    return rc;
}
