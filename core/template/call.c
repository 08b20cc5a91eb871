/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - calls: arguments bound to the parameters of natives and macros as Python binds
 * them. */
#include "core/base/err.h"
#include "core/template/inherit.h"
#include "core/template/vm.h"

/* Position of name among the words of params, or -1. */
static int param_index(const char *params, tcn_str name)
{
    tcn_str rest = tcn_str_c(params);
    tcn_str word;
    for (int i = 0; tcn_str_split(&rest, ' ', &word); i++) {
        if (tcn_str_eq(word, name))
            return i;
    }
    return -1;
}

static int bind(tcn_rt *rt, const tcn_native *native, const tcn_args *args, tcn_value *a)
{
    if (args->count + 1 > native->max)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "%s() takes at most %d arguments (%u given)", native->name,
                         native->max - 1, args->count);
    for (uint32_t i = 0; i < args->count; i++)
        a[i + 1] = args->items[i];
    for (uint32_t i = 0; i < args->named_count; i++) {
        tcn_str name = tcn_text_str(tcn_text_of(&args->names[i]));
        int at = param_index(native->params, name);
        if (at < 0 || at + 1 >= native->max)
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "%s() got an unexpected keyword argument '%.*s'",
                             native->name, TCN_STR_ARG(name));
        if (!tcn_is_missing(a[at + 1]))
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "%s() got multiple values for argument '%.*s'", native->name,
                             TCN_STR_ARG(name));
        a[at + 1] = args->named[i];
    }
    for (int i = 1; i < native->min; i++) {
        if (tcn_is_missing(a[i]))
            return tcn_raise(rt, TCN_EXC_TypeError, "%s() is missing a required argument",
                             native->name);
    }
    return 0;
}

int tcn_native_call(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                    const tcn_args *args, tcn_value *ret)
{
    tcn_value a[TCN_PARAMS_MAX] = {{0}};
    if (native->raw != NULL)
        return native->raw(rt, subject, args, ret);
    a[0] = subject;
    int rc = bind(rt, native, args, a);
    return rc < 0 ? rc : native->call(rt, a, ret);
}

typedef struct bound {
    tcn_object object;
    const tcn_native *native;
    tcn_value subject;
} bound;

/* What the methods of Markup give is Markup, in lists and tuples, too. */
static void mark_up(tcn_value *v)
{
    if (v->type == TCN_V_STR)
        *v = tcn_markup(*v);
    if (v->type != TCN_V_LIST && v->type != TCN_V_TUPLE)
        return;
    for (uint32_t i = 0; i < v->list->count; i++) {
        if (v->list->items[i].type == TCN_V_STR)
            v->list->items[i] = tcn_markup(v->list->items[i]);
    }
}

static int bound_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    const bound *b = tcn_container_of(self, bound, object);
    int rc = b->subject.type == TCN_V_BYTES
                 ? tcn_bytes_call(rt, b->native, b->subject, args, ret)
                 : tcn_native_call(rt, b->native, b->subject, args, ret);
    if (rc >= 0 && tcn_is_markup(b->subject))
        mark_up(ret);
    return rc;
}

static int bound_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    int rc = tcn_put_c(rt, out, "<function ");
    if (rc >= 0)
        rc = tcn_put_c(rt, out, tcn_container_of(self, bound, object)->native->name);
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

static const tcn_object_type bound_type = {
    .name = "builtin_function_or_method",
    .full_name = "builtin_function_or_method object",
    .is_callable = true,
    .is_hashable = true,
    .repr = bound_repr,
    .call = bound_call,
};

int tcn_bound_make(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                   tcn_value *ret)
{
    bound *b = tcn_arena_alloc(rt->arena, sizeof *b);
    if (b == NULL)
        return tcn_raise_memory(rt);
    *b = (bound){.object = {&bound_type}, .native = native, .subject = subject};
    *ret = tcn_of_object(&b->object);
    return 0;
}

/* Named arguments that a macro has not taken yet. */
typedef struct left_over {
    const tcn_args *args;
    uint64_t taken[4]; /* bits */
    uint32_t count;
} left_over;

static bool take_named(left_over *left, tcn_str name, tcn_value *ret)
{
    for (uint32_t i = 0; i < left->args->named_count; i++) {
        if ((left->taken[i / 64] >> (i % 64) & 1) != 0 ||
            !tcn_str_eq(tcn_text_str(tcn_text_of(&left->args->names[i])), name))
            continue;
        left->taken[i / 64] |= UINT64_C(1) << (i % 64);
        left->count--;
        *ret = left->args->named[i];
        return true;
    }
    return false;
}

static int bind_rest(tcn_rt *rt, const tcn_func *func, left_over *left, tcn_value *slots)
{
    tcn_value name;
    char quoted[300];
    if (func->kwargs_slot >= 0) {
        tcn_value dict = tcn_dict_new(rt->arena, left->count);
        int rc = tcn_is_missing(dict) ? tcn_raise_memory(rt) : 0;
        for (uint32_t i = 0; i < left->args->named_count && rc >= 0; i++) {
            if ((left->taken[i / 64] >> (i % 64) & 1) == 0)
                rc = tcn_dict_set(rt, dict, left->args->names[i], left->args->named[i]);
        }
        slots[func->kwargs_slot] = dict;
        return rc;
    }
    if (left->count == 0)
        return 0;
    char macro[300];
    (void)tcn_quote(func->name.type == TCN_V_STR ? tcn_text_str(func->name.text)
                                                 : TCN_STR("None"),
                    macro, sizeof macro);
    const char *shown = func->name.type == TCN_V_STR ? macro : "None";
    if (take_named(left, TCN_STR("caller"), &name))
        return tcn_raise(
            rt, TCN_EXC_TypeError,
            "macro %s was invoked with two values for the special caller argument. "
            "This is most likely a bug.",
            shown);
    uint32_t first = 0;
    while ((left->taken[first / 64] >> (first % 64) & 1) != 0)
        first++;
    return tcn_raise(rt, TCN_EXC_TypeError, "macro %s takes no keyword argument %s",
                     shown,
                     tcn_quote(tcn_text_str(tcn_text_of(&left->args->names[first])),
                               quoted, sizeof quoted));
}

static int bind_macro(tcn_rt *rt, const tcn_func *func, const tcn_args *args,
                      tcn_value *slots)
{
    const tcn_vlist *params = func->params.list;
    left_over left = {.args = args, .count = args->named_count};
    uint32_t given = args->count < params->count ? args->count : params->count;
    bool has_caller = given == params->count && func->has_explicit_caller;
    if (args->named_count > 256)
        return tcn_raise_limit(rt, "number of named arguments", 256);
    for (uint32_t i = 0; i < given; i++)
        slots[i] = args->items[i];
    for (uint32_t i = given; i < params->count; i++) {
        tcn_str name = tcn_text_str(params->items[i].text);
        (void)take_named(&left, name, &slots[i]);
        has_caller = has_caller || tcn_str_eq_c(name, "caller");
    }
    if (func->caller_slot >= 0 && !has_caller) {
        tcn_value *slot = &slots[func->caller_slot];
        if (!take_named(&left, TCN_STR("caller"), slot) || slot->type == TCN_V_NONE)
            *slot = tcn_undef_hint(rt, "No caller defined");
    }
    int rc = bind_rest(rt, func, &left, slots);
    if (rc < 0)
        return rc;
    if (func->varargs_slot < 0) {
        if (args->count <= params->count)
            return 0;
        char quoted[300];
        return tcn_raise(
            rt, TCN_EXC_TypeError, "macro %s takes not more than %u argument(s)",
            func->name.type == TCN_V_STR
                ? tcn_quote(tcn_text_str(func->name.text), quoted, sizeof quoted)
                : "None",
            params->count);
    }
    rc = tcn_list_make(rt, TCN_V_TUPLE, args->count, &slots[func->varargs_slot]);
    for (uint32_t i = given; i < args->count && rc >= 0; i++)
        rc = tcn_list_push(rt, slots[func->varargs_slot], args->items[i]);
    return rc;
}

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

/* Writes to vm->out. */
static int run_macro(tcn_vm *vm, const tcn_macro *macro, const tcn_args *args)
{
    tcn_vm_mark mark;
    tcn_frame *frame = NULL;
    tcn_unit *before = tcn_unit_enter(vm, macro->unit);
    int rc = tcn_vm_enter(vm, macro->func, macro->frame, &frame, &mark);
    if (rc >= 0)
        rc = bind_macro(&vm->rt, macro->func, args, frame->slots);
    if (rc >= 0)
        rc = tcn_vm_run(vm, macro->func, frame, 0);
    tcn_vm_leave(vm, &mark);
    (void)tcn_unit_enter(vm, before);
    return rc;
}

static int macro_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    tcn_vm *vm = tcn_vm_of(rt);
    tcn_value mark = tcn_capture_begin(vm);
    int rc = run_macro(vm, tcn_container_of(self, tcn_macro, object), args);
    return rc < 0 ? rc : tcn_capture_end(vm, mark, ret);
}

static int macro_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const tcn_func *func = tcn_container_of(self, tcn_macro, object)->func;
    if (func->name.type != TCN_V_STR)
        return tcn_put_c(rt, out, "<Macro anonymous>");
    int rc = tcn_put_c(rt, out, "<Macro ");
    if (rc >= 0)
        rc = tcn_repr(rt, func->name, out);
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

static int macro_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    (void)name;
    const tcn_func *func = tcn_container_of(self, tcn_macro, object)->func;
    (void)rt;
    switch ((int)atom) {
    case TCN_A_name:
        *ret = func->name;
        return 1;
    case TCN_A_arguments:
        *ret = func->params;
        return 1;
    case TCN_A_catch_kwargs:
        *ret = tcn_bool(func->kwargs_slot >= 0);
        return 1;
    case TCN_A_catch_varargs:
        *ret = tcn_bool(func->varargs_slot >= 0);
        return 1;
    case TCN_A_caller:
        *ret = tcn_bool(func->reads_caller);
        return 1;
    default:
        return 0;
    }
}

const tcn_object_type tcn_macro_type = {
    .name = "Macro",
    .full_name = "jinja2.runtime.Macro object",
    .is_callable = true,
    .is_hashable = true,
    .attr = macro_attr,
    .repr = macro_repr,
    .call = macro_call,
};

int tcn_call(tcn_vm *vm, tcn_value callee, const tcn_args *args, tcn_value *ret)
{
    if (callee.type == TCN_V_OBJECT && callee.object->type->call != NULL)
        return callee.object->type->call(&vm->rt, callee.object, args, ret);
    if (callee.type == TCN_V_UNDEF)
        return tcn_raise_undef(&vm->rt, callee);
    return tcn_raise(&vm->rt, TCN_EXC_TypeError, "'%s' object is not callable",
                     tcn_type_name(callee));
}

int tcn_call_emit(tcn_vm *vm, tcn_value callee, const tcn_args *args,
                  bool *ret_is_written, tcn_value *ret)
{
    *ret_is_written = true;
    if (callee.type == TCN_V_OBJECT && callee.object->type == &tcn_macro_type)
        return run_macro(vm, tcn_container_of(callee.object, tcn_macro, object), args);
    if (tcn_block_is_called(callee, args))
        return tcn_block_write(vm, callee);
    *ret_is_written = false;
    return tcn_call(vm, callee, args, ret);
}
