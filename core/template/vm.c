/* SPDX-License-Identifier: Apache-2.0 */
/* vm.c - the stack machine. One switch, each case short; what is long or rare has a
 * function. The compiler has counted the stack, so nothing here checks it; every
 * instruction costs one step. */
#include "core/template/vm.h"

#include "core/base/err.h"
#include "core/template/inherit.h"
#include "core/template/module.h"
#include "core/template/vm_ops.h"

static inline int root(tcn_vm *vm, uint32_t index, tcn_value *ret)
{
    if (TCN_LIKELY(vm->roots[index].type != TCN_V_MISSING)) {
        *ret = vm->roots[index];
        return 0;
    }
    return tcn_unit_load(vm, index, ret);
}

static tcn_frame *frame_up(tcn_frame *frame, uint32_t up)
{
    for (; up > 0; up--)
        frame = frame->up;
    return frame;
}

/* A slot that is empty: the variable is undefined. */
static int load_empty(tcn_vm *vm, const tcn_func *func, uint32_t up, uint32_t slot,
                      tcn_value *ret)
{
    for (; up > 0; up--)
        func = func->outer;
    *ret = tcn_undef_make(&vm->rt, TCN_UNDEF_NAME, NULL,
                          vm->tpl->consts[func->slot_names[slot]]);
    return 0;
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

static int start_loop(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, uint32_t depth0,
                      bool is_recursive, tcn_value iterable, tcn_value *slot)
{
    tcn_loop *loop = NULL;
    if (iterable.type == TCN_V_UNDEF && vm->tpl->env->is_strict)
        return tcn_raise_strict(vm, iterable);
    int rc = tcn_loop_make(vm, iterable, &loop);
    if (rc < 0)
        return rc;
    if (is_recursive) {
        loop->depth0 = depth0;
        loop->recursive = func;
        loop->frame = frame->up;
        loop->unit = vm->unit;
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

/* The long cases: called with the stack as it is, what they make is where it was or at
 * sp[0]. */
static int run_rare(tcn_vm *vm, const tcn_func *func, tcn_frame *frame,
                    const tcn_instr *in, tcn_value *sp)
{
    tcn_value *slots = frame->slots;
    const tcn_value missing = {.type = TCN_V_MISSING};
    switch ((enum tcn_op)in->op) {
    case TCN_OP_ALIAS:
        slots[in->a >> 4] = frame_up(frame, in->a & 15)->slots[in->b];
        return 0;
    case TCN_OP_ALIAS_ROOT:
        return root(vm, in->b, &slots[in->a]);
    case TCN_OP_UNPACK:
        return tcn_op_unpack(vm, sp[-1], in->b, &sp[-1]);
    case TCN_OP_MACRO:
        return tcn_op_macro(vm, vm->tpl->funcs[in->b], frame, sp);
    case TCN_OP_PARAM:
        return tcn_op_param(vm, func, in->b, &slots[in->b]);
    case TCN_OP_NS_CHECK:
        if (sp[-1].type == TCN_V_OBJECT && sp[-1].object->type == &tcn_namespace_type)
            return 0;
        return tcn_raise(&vm->rt, TCN_EXC_TemplateRuntimeError,
                         "cannot assign attribute on non-namespace object");
    case TCN_OP_NS_SET:
        return tcn_op_namespace_set(vm, sp[-1], vm->tpl->consts[in->b], sp[-2]);
    case TCN_OP_BRANCH:
        *sp = tcn_undef_make(&vm->rt, TCN_UNDEF_BRANCH, NULL, vm->tpl->consts[in->b]);
        return 0;
    case TCN_OP_RAISE:
        return raise_const(vm, in->a, in->b);
    case TCN_OP_APPEND:
        return tcn_list_push(&vm->rt, sp[-2], sp[-1]);
    case TCN_OP_SPLAT_LIST:
        return tcn_op_splat_list(vm, sp[-2], sp[-1]);
    case TCN_OP_SPLAT_DICT:
        return tcn_op_splat_dict(vm, sp[-2], sp[-1]);
    case TCN_OP_LOOP:
        return tcn_loop_run(vm, vm->tpl->funcs[in->b], frame, sp[-1], 0);
    case TCN_OP_SLOT:
        *sp = frame_up(frame, in->a)->slots[in->b];
        return 0;
    case TCN_OP_EXPORT:
        return tcn_unit_export(vm, vm->tpl->consts[func->slot_names[in->b]], slots[in->b],
                               (enum tcn_export)in->a);
    case TCN_OP_SELF:
        return tcn_self_make(vm, sp);
    case TCN_OP_SUPER:
        return tcn_super_make(vm, vm->tpl->consts[in->b], sp);
    case TCN_OP_BLOCK:
        return tcn_block_run(vm, vm->tpl->consts[in->b], in->a != 0, missing);
    case TCN_OP_BLOCK_SCOPED:
        return tcn_block_run(vm, vm->tpl->consts[in->b], in->a != 0, sp[-1]);
    case TCN_OP_EXTENDS:
        return tcn_extends(vm, sp[-1]);
    case TCN_OP_PARENT:
        return vm->unit->parent != NULL ? tcn_unit_render(vm, vm->unit->parent) : 0;
    case TCN_OP_INCLUDE:
        return tcn_include(vm, sp[-1], in->a, missing);
    case TCN_OP_INCLUDE_WITH:
        return tcn_include(vm, sp[-2], in->a, sp[-1]);
    case TCN_OP_IMPORT:
        return tcn_import(vm, sp[-1], missing, &sp[-1]);
    case TCN_OP_IMPORT_WITH:
        return tcn_import(vm, sp[-2], sp[-1], &sp[-2]);
    case TCN_OP_IMPORTED:
        return tcn_imported(vm, sp[-1], vm->tpl->consts[in->b],
                            func->places[in - func->code], &sp[-1]);
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
            rc = tcn_op_slice(vm, sp - 1, in->a != 0);
            break;
        case TCN_OP_ARITH:
            --sp;
            if (tcn_is_text(sp[-1]))
                rc = tcn_op_text_arith(vm, (enum tcn_arith)in->a, sp[-1], sp[0], &sp[-1]);
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
            rc = tcn_op_compare(vm, (enum tcn_cmp)in->a, sp[-1], sp[0]);
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
            rc = tcn_op_concat(vm, sp, in->b, (enum tcn_emission)in->a, sp);
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
            rc = tcn_op_list(vm, in->op == TCN_OP_LIST ? TCN_V_LIST : TCN_V_TUPLE, sp,
                             in->b, sp);
            sp++;
            break;
        case TCN_OP_DICT:
            sp -= 2 * (size_t)in->b;
            rc = tcn_op_dict(vm, sp, in->b, sp);
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
        case TCN_OP_SLOT:
        case TCN_OP_SELF:
        case TCN_OP_SUPER:
            rc = run_rare(vm, func, frame, in, sp);
            sp++;
            break;
        case TCN_OP_APPEND:
        case TCN_OP_SPLAT_LIST:
        case TCN_OP_SPLAT_DICT:
        case TCN_OP_NS_CHECK:
        case TCN_OP_LOOP:
        case TCN_OP_BLOCK_SCOPED:
        case TCN_OP_EXTENDS:
        case TCN_OP_INCLUDE:
        case TCN_OP_IMPORT_WITH:
            rc = run_rare(vm, func, frame, in, sp);
            --sp;
            break;
        case TCN_OP_NS_SET:
        case TCN_OP_INCLUDE_WITH:
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
        case TCN_OP_EXPORT:
        case TCN_OP_BLOCK:
        case TCN_OP_PARENT:
        case TCN_OP_IMPORT:
        case TCN_OP_IMPORTED:
            rc = run_rare(vm, func, frame, in, sp);
            break;
        case TCN_OP_LOCALS:
            sp -= 2 * (size_t)in->b;
            rc = tcn_op_locals(vm, sp, in->b, sp);
            sp++;
            break;
        case TCN_OP_JUMP_CHILD:
            if (vm->unit->parent != NULL) {
                in = code + in->b;
                continue;
            }
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
        vm->failed_in = vm->tpl;
        vm->has_place = true;
    }
    return rc;
}
