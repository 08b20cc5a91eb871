/* SPDX-License-Identifier: Apache-2.0 */
/* render.c - one rendering from the outside: sets the machine up, and turns what ended it
 * into the caller's error. */
#include "core/base/err.h"
#include "core/template/vm.h"

static void report(const tcn_vm *vm, tcn_tpl_error *reterr)
{
    const tcn_exc *exc = &vm->rt.exc;
    if (reterr == NULL)
        return;
    *reterr = (tcn_tpl_error){.exc_class = exc->exc_class, .phase = TCN_TPL_PHASE_RENDER};
    memcpy(reterr->message, exc->text, sizeof reterr->message);
    memcpy(reterr->hint, exc->hint, sizeof reterr->hint);
    if (!vm->has_place)
        return;
    tcn_str source = vm->failed_in->source;
    reterr->file = vm->failed_in->file;
    tcn_tpl_error_at(reterr, source, vm->failed_at);
}

static int check_output(tcn_vm *vm, size_t start)
{
    size_t limit = vm->tpl->env->limits.output_bytes;
    if (vm->context_out->len - start > limit)
        return tcn_raise_limit(&vm->rt, "length of the output", limit);
    return 0;
}

static int run(tcn_vm *vm, size_t start)
{
    const tcn_func *body = vm->tpl->funcs[0];
    tcn_vm_mark mark;
    tcn_frame *frame = NULL;
    tcn_unit unit;
    tcn_space space = {.first = &unit, .has_context = true};
    int rc = tcn_unit_init(vm, &unit, vm->tpl, &space);
    if (rc < 0)
        return rc;
    (void)tcn_unit_enter(vm, &unit);
    rc = tcn_vm_enter(vm, body, NULL, &frame, &mark);
    if (rc >= 0) {
        vm->calls = 0;
        rc = tcn_vm_run(vm, body, frame, 0);
    }
    return rc < 0 ? rc : check_output(vm, start);
}

static enum tcn_tpl_type type_of(const tcn_tpl *tpl, const tcn_tpl_context *context)
{
    return context->type != TCN_TPL_TEXT ? context->type : tpl->env->type;
}

static int add_verbatim(const tcn_tpl *tpl, const tcn_tpl_context *context, tcn_buf *out)
{
    size_t start = out->len;
    int rc = tcn_buf_add_str(out, tpl->source);
    if (rc >= 0 && tcn_tpl_form_of(type_of(tpl, context))->is_one_line)
        tcn_tpl_one_line(out, start);
    return rc;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int tcn_tpl_render(const tcn_tpl *tpl, const tcn_tpl_context *context, tcn_arena *arena,
                   tcn_buf *out, tcn_tpl_error *reterr)
{
    if (tpl->is_verbatim)
        return add_verbatim(tpl, context, out);
    const tcn_tpl_limits *limits = &tpl->env->limits;
    size_t start = out->len;
    size_t old_limit = out->limit;
    size_t old_heap = arena->limit;
    tcn_vm vm;
    tcn_rt_init(&vm.rt, arena, &limits->run);
    vm.rt.now_us = context->now_us;
    if (context->watch != NULL)
        tcn_rt_watch(&vm.rt, context->watch);
    vm.tpl = tpl;
    vm.unit = NULL;
    vm.asked = (tcn_value){.type = TCN_V_MISSING};
    vm.modules = NULL;
    vm.templates = 0;
    vm.context = context;
    vm.out = vm.context_out = out;
    vm.type = type_of(tpl, context);
    vm.form = tcn_tpl_form_of(vm.type);
    vm.is_plain = context->escape == NULL && vm.form->care == TCN_TPL_CARE_NONE;
    vm.is_no_text = false;
    vm.place = TCN_JSON_UNDECIDED;
    vm.placed = start;
    vm.calls = 0;
    vm.top = vm.end = NULL;
    vm.has_place = false;
    /* Never more than the caller allows. */
    if (limits->output_bytes < old_limit - smaller(start, old_limit))
        out->limit = start + limits->output_bytes;
    size_t heap = arena->used + limits->heap_bytes;
    arena->limit = old_heap == 0 ? heap : smaller(old_heap, heap);
    int rc = run(&vm, start);
    out->limit = old_limit;
    arena->limit = old_heap;
    if (rc >= 0)
        rc = tcn_output_finish(&vm, start);
    if (rc < 0) {
        report(&vm, reterr);
        out->len = start;
        if (out->ptr != NULL)
            out->ptr[start] = '\0';
        out->status = 0;
    }
    return rc;
}
