/* SPDX-License-Identifier: Apache-2.0 */
/* strict.c - undefined values in strict mode: the exception that Jinja has for them, and
 * the name that was probably meant, among the context's variables or the fields of one of
 * Prefect's objects. */
#include "core/base/err.h"
#include "core/template/lint.h"
#include "core/template/model_fields.h"
#include "core/template/vm.h"

enum {
    VARIABLES_MAX = 64 /* of the context, that are looked at */
};

static const char *nearest_variable(tcn_vm *vm, tcn_str name)
{
    const tcn_vdict *values = vm->context->values;
    const char *names[VARIABLES_MAX + 1];
    uint32_t count = 0;
    for (uint32_t i = 0; values != NULL && i < values->count && count < VARIABLES_MAX;
         i++) {
        const tcn_text *key = tcn_text_of(&values->entries[i].key);
        char *copy =
            key == NULL ? NULL : tcn_arena_copy(vm->rt.arena, key->ptr, key->len);
        if (copy != NULL)
            names[count++] = copy;
    }
    names[count] = NULL;
    const char *nearest = tcn_str_nearest(name, names);
    if (nearest == NULL && vm->context->lookup != NULL)
        nearest = tcn_context_nearest(name);
    return nearest;
}

int tcn_raise_strict(tcn_vm *vm, tcn_value v)
{
    const tcn_undef *undef = v.undef;
    const tcn_text *name = tcn_text_of(&undef->name);
    int rc = tcn_raise_undef(&vm->rt, v);
    if (name == NULL)
        return rc;
    if (undef->kind == TCN_UNDEF_NAME) {
        tcn_raise_hint(&vm->rt, nearest_variable(vm, tcn_text_str(name)));
    } else if (undef->kind == TCN_UNDEF_ATTR && undef->owner != NULL) {
        const tcn_class *class = tcn_class_named(undef->owner);
        if (class != NULL)
            tcn_raise_hint(&vm->rt, tcn_class_nearest(class, tcn_text_str(name)));
    }
    return rc;
}
