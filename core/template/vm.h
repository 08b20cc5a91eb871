/* SPDX-License-Identifier: Apache-2.0 */
/* vm.h - one rendering under way. Natives get its rt and may go back to it. Private. */
#ifndef TCN_TEMPLATE_VM_H
#define TCN_TEMPLATE_VM_H

#include "core/template/natives.h"
#include "core/template/program.h"
#include "core/template/unit.h"

/* The variables of one call of a function; inner functions keep a pointer to it. */
typedef struct tcn_frame {
    struct tcn_frame *up;
    tcn_value *slots;
} tcn_frame;

/* Where in a document of JSON the output is. */
enum tcn_json_place {
    TCN_JSON_UNDECIDED, /* nothing was written but spaces */
    TCN_JSON_FRAGMENT,  /* it does not begin as a document: part of a string */
    TCN_JSON_OUTSIDE,   /* of strings */
    TCN_JSON_INSIDE,
    TCN_JSON_ESCAPING, /* behind a backslash in a string */
};

struct module;
typedef struct tcn_vm {
    tcn_rt rt;
    const tcn_tpl *tpl; /* of unit, as are roots */
    const tcn_tpl_context *context;
    tcn_value *roots;
    tcn_unit *unit;         /* whose functions run */
    tcn_value asked;        /* dict: what the context's lookup has said; or MISSING */
    struct module *modules; /* imported without context so far */
    uint32_t templates;     /* inside one another */
    tcn_buf *out; /* where text goes: context_out, or rt.scratch while capturing */
    tcn_buf *context_out;     /* the caller's buffer */
    enum tcn_tpl_type type;   /* of the output */
    const tcn_tpl_form *form; /* of type */
    bool is_plain;            /* texts go to it as they are */
    bool is_no_text;          /* something was written that cannot be joined with texts */
    enum tcn_json_place place;
    size_t placed; /* bytes of out that place stands for */
    uint32_t calls;
    tcn_value *top, *end; /* of the stack's memory in use */
    uint32_t failed_at;   /* in the source of failed_in */
    const tcn_tpl *failed_in;
    bool has_place;
} tcn_vm;

static inline tcn_vm *tcn_vm_of(tcn_rt *rt)
{
    return tcn_container_of(rt, tcn_vm, rt);
}

/* From now on functions of that unit run; returns the one before. */
static inline tcn_unit *tcn_unit_enter(tcn_vm *vm, tcn_unit *unit)
{
    tcn_unit *before = vm->unit;
    vm->unit = unit;
    vm->tpl = unit->tpl;
    vm->roots = unit->roots;
    return before;
}

/* A macro or caller: a function with the frame that it was defined in. */
typedef struct tcn_macro {
    tcn_object object;
    const tcn_func *func;
    tcn_frame *frame;
    tcn_unit *unit;
} tcn_macro;
extern const tcn_object_type tcn_macro_type;

/* The "loop" of a for. Items are all known when it begins. */
typedef struct tcn_loop {
    tcn_object object;
    tcn_value items; /* a list, a tuple, or a dict view that is read in place */
    uint32_t count, next;
    uint32_t depth0;
    bool has_run;              /* a body was run: no else */
    const tcn_func *recursive; /* NULL: not a recursive loop */
    tcn_frame *frame;          /* that the loop's function was defined in */
    tcn_unit *unit;            /* of a recursive one */
    tcn_value changed;         /* what changed() was last asked */
} tcn_loop;
extern const tcn_object_type tcn_loop_type;
int tcn_loop_make(tcn_vm *vm, tcn_value iterable, tcn_loop **ret);
/* The current item moves on; false at the end. */
int tcn_loop_next(tcn_vm *vm, tcn_loop *loop, tcn_value *ret);

typedef struct tcn_namespace {
    tcn_object object;
    tcn_value values; /* dict */
    bool is_shown;    /* its repr is under way: inside itself it is {...} */
} tcn_namespace;
extern const tcn_object_type tcn_namespace_type;

/* Runs a function whose frame is ready, writing to vm->out. depth0 and frame are for
 * loops. */
int tcn_vm_run(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, uint32_t depth0);
/* Room for a function's variables and stack; gives back what it took with tcn_vm_leave.
 */
typedef struct tcn_vm_mark {
    tcn_value *top, *end;
} tcn_vm_mark;
int tcn_vm_enter(tcn_vm *vm, const tcn_func *func, tcn_frame *up, tcn_frame **ret,
                 tcn_vm_mark *mark);
void tcn_vm_leave(tcn_vm *vm, const tcn_vm_mark *mark);

/* strict.c: raises what is undefined, with the name that was probably meant. */
int tcn_raise_strict(tcn_vm *vm, tcn_value undef);

/* Calls any value. */
int tcn_call(tcn_vm *vm, tcn_value callee, const tcn_args *args, tcn_value *ret);
/* As above, the text written instead of returned where the callee is a macro. */
int tcn_call_emit(tcn_vm *vm, tcn_value callee, const tcn_args *args,
                  bool *ret_is_written, tcn_value *ret);
/* Runs a recursive loop over items; to_text: captures what it writes. */
int tcn_loop_run(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, tcn_value items,
                 uint32_t depth0);

/* output.c. Writes a value in the form that is right for the output's type. */
int tcn_emit_value(tcn_vm *vm, tcn_value v, enum tcn_emission how);
/* Whether a filter may write its text to the output itself. */
bool tcn_emit_is_direct(tcn_vm *vm);
/* Redirects output to the scratch stack, and back with the text. */
tcn_value tcn_capture_begin(tcn_vm *vm);
int tcn_capture_end(tcn_vm *vm, tcn_value mark, tcn_value *ret);
/* Checks the whole output, which begins at start, and does what its type asks. */
int tcn_output_finish(tcn_vm *vm, size_t start);

#endif
