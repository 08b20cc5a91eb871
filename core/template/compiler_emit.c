/* SPDX-License-Identifier: Apache-2.0 */
/* compiler_emit.c - instructions, constants and variables of the function under
 * construction. Keeps the height of the stack, so that the machine never checks it. */
#include "core/template/compiler.h"

#include <stdio.h>

#include "core/base/err.h"

void tcn_compile_fail(tcn_compiler *c, const tcn_node *at, enum tcn_exc_class exc_class,
                      const char *fmt, ...)
{
    if (c->code < 0)
        return;
    char text[TCN_EXC_TEXT];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    c->code = tcn_tpl_fail(c->reterr, exc_class, c->tpl->source, at->pos, "%s", text);
    if (c->reterr != NULL)
        c->reterr->phase = TCN_TPL_PHASE_COMPILE;
}

void tcn_compile_hint(tcn_compiler *c, const char *nearest)
{
    if (c->reterr != NULL && nearest != NULL)
        (void)snprintf(c->reterr->hint, sizeof c->reterr->hint, "%s", nearest);
}

void tcn_compile_no_memory(tcn_compiler *c)
{
    if (c->code < 0)
        return;
    (void)tcn_tpl_fail(c->reterr, TCN_EXC_MemoryError, c->tpl->source, SIZE_MAX,
                       "out of memory");
    c->code = TCN_E_NOMEM;
}

/* items with room for wider ones; NULL: out of memory. The old ones stay behind in the
 * arena. */
static void *widened(tcn_compiler *c, const void *items, size_t capacity, size_t wider,
                     size_t size)
{
    void *copy = tcn_arena_alloc(c->temp, wider * size);
    if (copy == NULL)
        tcn_compile_no_memory(c);
    else if (capacity > 0)
        memcpy(copy, items, capacity * size);
    return copy;
}

/* As above, for one more. */
static void *grown(tcn_compiler *c, void *items, size_t *capacity, size_t count,
                   size_t size)
{
    if (count < *capacity)
        return items;
    size_t wider = *capacity == 0 ? 16 : *capacity * 2;
    void *copy = widened(c, items, *capacity, wider, size);
    if (copy != NULL)
        *capacity = wider;
    return copy;
}

static bool grow_code(tcn_compiler *c)
{
    tcn_build *build = c->build;
    tcn_func *func = build->func;
    size_t wider = build->capacity == 0 ? 64 : build->capacity * 2;
    void *code = widened(c, func->code, build->capacity, wider, sizeof *func->code);
    void *places = widened(c, func->places, build->capacity, wider, sizeof *func->places);
    if (code == NULL || places == NULL)
        return false;
    func->code = code;
    func->places = places;
    build->capacity = wider;
    return true;
}

uint32_t tcn_emit(tcn_compiler *c, const tcn_node *at, enum tcn_op op, uint32_t a,
                  uint32_t b, int effect)
{
    tcn_build *build = c->build;
    tcn_func *func = build->func;
    if (c->code < 0)
        return 0;
    if (a > UINT16_MAX) {
        tcn_compile_fail(c, at, TCN_EXC_TemplateLimitError,
                         "template is over the limit of 65535 variables or arguments");
        return 0;
    }
    if (func->count == build->capacity && !grow_code(c))
        return 0;
    func->code[func->count] = (tcn_instr){.op = (uint8_t)op, .a = (uint16_t)a, .b = b};
    func->places[func->count] = at->pos;
    build->depth = (uint32_t)((int64_t)build->depth + effect);
    if (build->depth + 1 > func->stack)
        func->stack = build->depth + 1;
    return func->count++;
}

uint32_t tcn_here(const tcn_compiler *c)
{
    return c->build->func->count;
}

void tcn_patch(tcn_compiler *c, uint32_t jump)
{
    if (c->code >= 0)
        c->build->func->code[jump].b = tcn_here(c);
}

static uint32_t add_const(tcn_compiler *c, tcn_value v)
{
    tcn_value *consts =
        grown(c, c->tpl->consts, &c->const_capacity, c->tpl->const_count, sizeof v);
    if (consts == NULL)
        return 0;
    c->tpl->consts = consts;
    c->tpl->consts[c->tpl->const_count] = v;
    return c->tpl->const_count++;
}

/* Most texts of the tree are parts of the source, which the template keeps. */
static bool is_kept(const tcn_compiler *c, tcn_str text)
{
    tcn_str source = c->tpl->source;
    uintptr_t at = (uintptr_t)text.ptr;
    uintptr_t start = (uintptr_t)source.ptr;
    return at >= start && at < start + source.len;
}

static uint32_t add_text(tcn_compiler *c, tcn_value v)
{
    if (tcn_is_missing(v)) {
        tcn_compile_no_memory(c);
        return 0;
    }
    return add_const(c, v);
}

uint32_t tcn_const_text(tcn_compiler *c, tcn_str text)
{
    tcn_arena *arena = &c->tpl->arena;
    return add_text(c, is_kept(c, text) ? tcn_str_borrow(arena, text)
                                        : tcn_str_new(arena, text));
}

uint32_t tcn_const_name(tcn_compiler *c, uint32_t number)
{
    tcn_name_use *use = &c->uses[number];
    if (c->code < 0)
        return 0;
    if (use->text == 0) {
        const tcn_name *name = &c->names->items[number];
        tcn_value v = tcn_str_borrow(&c->tpl->arena, name->text);
        use->text = add_text(c, v) + 1;
        if (!tcn_is_missing(v))
            v.text->hash = name->hash;
    }
    return use->text - 1;
}

/* Constants of the tree lie in its arena, which goes: big integers are copied. */
static tcn_value copy_big(tcn_compiler *c, tcn_value v)
{
    size_t size = sizeof *v.big + v.big->count * sizeof v.big->limb[0];
    tcn_big *copy = tcn_arena_alloc(&c->tpl->arena, size);
    if (copy == NULL) {
        tcn_compile_no_memory(c);
        return tcn_none();
    }
    memcpy(copy, v.big, size);
    v.big = copy;
    return v;
}

uint32_t tcn_const(tcn_compiler *c, tcn_value v)
{
    if (v.type == TCN_V_STR) {
        uint32_t text = tcn_const_text(c, tcn_text_str(v.text));
        if (c->code >= 0) {
            c->tpl->consts[text].text->hash = tcn_text_hash(v.text);
            c->tpl->consts[text].aux = TCN_TEXT_LITERAL;
        }
        return text;
    }
    return add_const(c, v.type == TCN_V_BIG ? copy_big(c, v) : v);
}

uint32_t tcn_slot_new(tcn_compiler *c, uint32_t name)
{
    tcn_func *func = c->build->func;
    uint32_t *names = grown(c, func->slot_names, &c->build->slot_capacity, func->slots,
                            sizeof *func->slot_names);
    if (names == NULL)
        return 0;
    func->slot_names = names;
    func->slot_names[func->slots] = name;
    return func->slots++;
}

uint32_t tcn_slot_hidden(tcn_compiler *c)
{
    return tcn_slot_new(c, 0);
}

bool tcn_build_begin(tcn_compiler *c, tcn_build *build, uint32_t *ret_index)
{
    tcn_func *func = tcn_arena_zero(&c->tpl->arena, sizeof *func);
    if (func == NULL) {
        tcn_compile_no_memory(c);
        return false;
    }
    tcn_func **funcs =
        grown(c, c->tpl->funcs, &c->func_capacity, c->tpl->func_count, sizeof func);
    if (funcs == NULL)
        return false;
    c->tpl->funcs = funcs;
    c->tpl->funcs[c->tpl->func_count] = func;
    *ret_index = c->tpl->func_count++;
    func->name = tcn_none();
    func->params = tcn_none();
    func->caller_slot = func->kwargs_slot = func->varargs_slot = -1;
    for (tcn_build *b = c->build; b != NULL; b = b->outer)
        b->func->is_captured = true;
    func->outer = c->build != NULL ? c->build->func : NULL;
    *build = (tcn_build){.outer = c->build, .func = func};
    c->build = build;
    return true;
}

static void *settle(tcn_compiler *c, const void *items, size_t size)
{
    void *copy = tcn_arena_alloc(&c->tpl->arena, size > 0 ? size : 1);
    if (copy == NULL)
        tcn_compile_no_memory(c);
    else if (size > 0)
        memcpy(copy, items, size);
    return copy;
}

void tcn_build_end(tcn_compiler *c)
{
    tcn_func *func = c->build->func;
    func->code = settle(c, func->code, func->count * sizeof *func->code);
    func->places = settle(c, func->places, func->count * sizeof *func->places);
    func->slot_names =
        settle(c, func->slot_names, func->slots * sizeof *func->slot_names);
    c->build = c->build->outer;
}

static uint32_t root_index(tcn_compiler *c, uint32_t name)
{
    uint32_t text = tcn_const_name(c, name);
    if (c->code < 0)
        return 0;
    if (c->uses[name].root > 0)
        return c->uses[name].root - 1;
    tcn_value v = c->tpl->consts[text];
    tcn_value *roots =
        grown(c, c->tpl->roots, &c->root_capacity, c->tpl->root_count, sizeof v);
    if (roots == NULL)
        return 0;
    c->tpl->roots = roots;
    c->tpl->roots[c->tpl->root_count] = v;
    c->uses[name].root = ++c->tpl->root_count;
    return c->tpl->root_count - 1;
}

uint32_t tcn_ref_up(const tcn_compiler *c, const tcn_ref *ref)
{
    uint32_t up = 0;
    for (const tcn_build *b = c->build; b != NULL && b != ref->scope->build; b = b->outer)
        up++;
    return up;
}

void tcn_ref_slot(tcn_compiler *c, tcn_ref *ref)
{
    if (ref->has_slot)
        return;
    ref->slot = tcn_slot_new(c, tcn_const_name(c, ref->name));
    ref->has_slot = true;
}

/* Jinja forgets the names in the filter of a set block. */
static void fail_unknown(tcn_compiler *c, const tcn_node *at, uint32_t name)
{
    char quoted[256];
    tcn_compile_fail(
        c, at, TCN_EXC_AssertionError,
        "Tried to resolve a name to a reference that was unknown to the frame (%s)",
        tcn_quote(tcn_names_text(c->names, name), quoted, sizeof quoted));
}

void tcn_emit_load(tcn_compiler *c, const tcn_node *at, uint32_t name)
{
    const tcn_ref *ref = tcn_scope_find(c->scope, name);
    if (ref == NULL)
        fail_unknown(c, at, name);
    /* Every name that the template loads counts as a root, even one that it sets itself.
     */
    uint32_t root = root_index(c, name);
    if (c->code < 0)
        return;
    if (!ref->has_slot) {
        (void)tcn_emit(c, at, TCN_OP_ROOT, 0, root, 1);
        return;
    }
    uint32_t up = tcn_ref_up(c, ref);
    (void)tcn_emit(c, at, up == 0 ? TCN_OP_LOAD : TCN_OP_LOAD_UP, up, ref->slot, 1);
}

static void enter_ref(tcn_compiler *c, const tcn_node *at, tcn_ref *ref)
{
    switch ((enum tcn_ref_load)ref->load) {
    case TCN_REF_PARAM:
        return;
    case TCN_REF_UNDEFINED:
        (void)tcn_emit(c, at, TCN_OP_CLEAR, 0, ref->slot, 0);
        return;
    case TCN_REF_ALIAS:
        if (ref->source->has_slot) {
            uint32_t up = tcn_ref_up(c, ref->source);
            if (up > 15 || ref->slot > 4095)
                tcn_compile_fail(
                    c, at, TCN_EXC_TemplateLimitError,
                    "functions or variables of the template are over the limit");
            (void)tcn_emit(c, at, TCN_OP_ALIAS, ref->slot << 4 | (up & 15),
                           ref->source->slot, 0);
            return;
        }
        break;
    case TCN_REF_RESOLVE:
        break;
    }
    (void)tcn_emit(c, at, TCN_OP_ALIAS_ROOT, ref->slot, root_index(c, ref->name), 0);
}

void tcn_scope_enter(tcn_compiler *c, const tcn_node *at, tcn_scope *scope)
{
    if (scope->has_failed)
        tcn_compile_no_memory(c);
    for (tcn_ref *ref = scope->refs; ref != NULL && c->code >= 0; ref = ref->next) {
        if (!ref->is_stored)
            continue;
        tcn_ref_slot(c, ref);
        enter_ref(c, at, ref);
    }
    c->scope = scope;
}
