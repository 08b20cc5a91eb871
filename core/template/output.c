/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - where the text of a rendering goes, and in which form values are written for
 * the type of the output. For JSON the place in the document is followed, so that a value
 * is escaped inside a string and is a value of JSON outside of one. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/html.h"
#include "core/template/module.h"
#include "core/template/vm.h"

/* ---- the place in a JSON document ---- */

static enum tcn_json_place after(enum tcn_json_place place, char c)
{
    switch (place) {
    case TCN_JSON_UNDECIDED:
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            return place;
        return c == '"' ? TCN_JSON_INSIDE
                        : (c == '{' || c == '[' ? TCN_JSON_OUTSIDE : TCN_JSON_FRAGMENT);
    case TCN_JSON_OUTSIDE:
        return c == '"' ? TCN_JSON_INSIDE : place;
    case TCN_JSON_INSIDE:
        return c == '"' ? TCN_JSON_OUTSIDE : (c == '\\' ? TCN_JSON_ESCAPING : place);
    case TCN_JSON_ESCAPING:
        return TCN_JSON_INSIDE;
    case TCN_JSON_FRAGMENT:
        break;
    }
    return place;
}

/* Reads what was written since the last time. */
static enum tcn_json_place json_place(tcn_vm *vm)
{
    if (vm->place == TCN_JSON_FRAGMENT)
        vm->placed = vm->out->len;
    for (; vm->placed < vm->out->len; vm->placed++)
        vm->place = after(vm->place, vm->out->ptr[vm->placed]);
    return vm->place;
}

static int emit_escaped(tcn_vm *vm, tcn_value v, tcn_tpl_escape_fn escape)
{
    tcn_value text;
    int rc = tcn_to_text(&vm->rt, v, &text);
    if (rc < 0)
        return rc;
    rc = tcn_charge(&vm->rt, text.text->len / 16);
    if (rc >= 0)
        rc = escape(tcn_text_str(text.text), vm->out);
    return rc < 0 ? tcn_raise_full(&vm->rt, vm->out, rc) : 0;
}

/* Outside of strings: what has no value is null, but a missing else writes nothing. */
static int emit_json_value(tcn_vm *vm, tcn_value v)
{
    tcn_value a[TCN_PARAMS_MAX] = {v};
    bool is_own = v.type == TCN_V_STR && v.aux != TCN_TEXT_VALUE;
    if (is_own)
        return tcn_show(&vm->rt, v, vm->out);
    if (v.type == TCN_V_UNDEF && v.undef->kind == TCN_UNDEF_BRANCH)
        return 0;
    if (v.type == TCN_V_UNDEF)
        a[0] = tcn_none();
    return tcn_write_tojson(&vm->rt, a, vm->out);
}

static int emit_json(tcn_vm *vm, tcn_value v)
{
    enum tcn_json_place place = json_place(vm);
    bool is_safe = v.type == TCN_V_STR && v.aux == TCN_TEXT_SAFE;
    bool is_json = v.type == TCN_V_STR && v.aux == TCN_TEXT_JSON;
    if (place == TCN_JSON_OUTSIDE)
        return emit_json_value(vm, v);
    if (is_safe || (is_json && place == TCN_JSON_UNDECIDED))
        return tcn_show(&vm->rt, v, vm->out);
    if (place == TCN_JSON_UNDECIDED)
        vm->place = TCN_JSON_FRAGMENT;
    /* The template's own backslash must not meet the first character of a value. */
    int rc = place == TCN_JSON_ESCAPING ? tcn_put_char(&vm->rt, vm->out, '\\') : 0;
    return rc < 0 ? rc : emit_escaped(vm, v, tcn_tpl_escape_of(TCN_TPL_JSON));
}

/* ---- values ---- */

bool tcn_html_is_output(tcn_rt *rt)
{
    return tcn_vm_of(rt)->form->care == TCN_TPL_CARE_MARKUP;
}

static int emit_typed(tcn_vm *vm, tcn_value v)
{
    switch (vm->form->care) {
    case TCN_TPL_CARE_MARKUP:
        return tcn_html_show(&vm->rt, v, vm->out);
    case TCN_TPL_CARE_PLACE:
        return emit_json(vm, v);
    case TCN_TPL_CARE_SAFE:
        if (v.type != TCN_V_STR || v.aux != TCN_TEXT_SAFE)
            return emit_escaped(vm, v, vm->form->escape);
        break;
    case TCN_TPL_CARE_NONE:
        break;
    }
    return tcn_show(&vm->rt, v, vm->out);
}

int tcn_emit_value(tcn_vm *vm, tcn_value v, enum tcn_emission how)
{
    /* Jinja finds out when it joins what was written. */
    if (how == TCN_EMIT_TEXT && !tcn_is_text(v)) {
        vm->is_no_text = true;
        return 0;
    }
    if (v.type == TCN_V_OBJECT)
        v = tcn_module_text(v);
    if (v.type == TCN_V_UNDEF && vm->tpl->env->is_strict)
        return tcn_raise_strict(vm, v);
    if (TCN_LIKELY(vm->is_plain && how != TCN_EMIT_HTML))
        return tcn_show(&vm->rt, v, vm->out);
    /* What a macro or block captures is escaped once, where it comes out. */
    if (vm->context->escape != NULL && vm->out == vm->context_out &&
        (v.type != TCN_V_STR || v.aux != TCN_TEXT_SAFE))
        return emit_escaped(vm, v, vm->context->escape);
    if (how == TCN_EMIT_HTML && vm->type == TCN_TPL_TEXT)
        return tcn_html_show(&vm->rt, v, vm->out);
    return how == TCN_EMIT_TYPED || how == TCN_EMIT_HTML ? emit_typed(vm, v)
                                                         : tcn_show(&vm->rt, v, vm->out);
}

bool tcn_emit_is_direct(tcn_vm *vm)
{
    if (vm->context->escape != NULL)
        return false;
    if (vm->type == TCN_TPL_JSON) {
        enum tcn_json_place place = json_place(vm);
        return place == TCN_JSON_OUTSIDE || place == TCN_JSON_UNDECIDED;
    }
    return vm->form->care == TCN_TPL_CARE_NONE || vm->form->care == TCN_TPL_CARE_MARKUP;
}

/* ---- captures ---- */

static int check_join(tcn_vm *vm)
{
    return vm->is_no_text
               ? tcn_raise(&vm->rt, TCN_EXC_TypeError, "what was written is not all text")
               : 0;
}

tcn_value tcn_capture_begin(tcn_vm *vm)
{
    tcn_value mark = tcn_int((int64_t)vm->rt.scratch.len);
    mark.sub = vm->out == &vm->rt.scratch;
    mark.unused = vm->is_no_text;
    vm->is_no_text = false;
    if (vm->type == TCN_TPL_JSON) {
        mark.aux = json_place(vm);
        vm->place = TCN_JSON_UNDECIDED;
        vm->placed = vm->rt.scratch.len;
    }
    vm->out = &vm->rt.scratch;
    return mark;
}

int tcn_capture_end(tcn_vm *vm, tcn_value mark, tcn_value *ret)
{
    int rc = check_join(vm);
    if (rc >= 0)
        rc = tcn_scratch_end(&vm->rt, (size_t)mark.integer, ret);
    vm->is_no_text = mark.unused != 0;
    if (mark.sub == 0)
        vm->out = vm->context_out;
    if (vm->type == TCN_TPL_JSON) {
        vm->place = (enum tcn_json_place)mark.aux;
        vm->placed = vm->out->len;
    }
    /* It was escaped on its way in. */
    if (rc >= 0 && vm->type != TCN_TPL_TEXT)
        *ret = tcn_markup_as(*ret, TCN_TEXT_SAFE);
    return rc;
}

/* ---- the end ---- */

int tcn_output_finish(tcn_vm *vm, size_t start)
{
    int rc = check_join(vm);
    if (rc >= 0 && vm->form->is_one_line)
        tcn_tpl_one_line(vm->context_out, start);
    return rc;
}
