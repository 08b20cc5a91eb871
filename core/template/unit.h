/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - templates at work in one rendering: a unit is a template with what its names
 * mean, a space the variables of units that extend one another. All lie in the arena of
 * the rendering. Private to the room. */
#ifndef TCN_TEMPLATE_UNIT_H
#define TCN_TEMPLATE_UNIT_H

#include "core/template/program.h"

struct tcn_vm;
typedef struct tcn_space tcn_space;

typedef struct tcn_unit {
    const tcn_tpl *tpl;
    tcn_space *space;
    tcn_value *roots;        /* what its names mean; MISSING until first needed */
    struct tcn_unit *parent; /* what it extends; NULL: nothing so far */
} tcn_unit;

/* A name is looked for in vars, in given, among the variables of the rendering, among the
 * globals. */
struct tcn_space {
    tcn_unit *first;        /* the template that was asked for; its parents follow */
    tcn_vdict *vars;        /* what was assigned outside of everything; NULL: nothing */
    tcn_vdict *exported;    /* those that an import may have, MISSING: no more; or NULL */
    const tcn_vdict *given; /* by who included it; NULL: nothing */
    bool has_context;       /* the variables of the rendering count */
};

/* A unit of the space, which gets no other first one. */
int tcn_unit_init(struct tcn_vm *vm, tcn_unit *unit, const tcn_tpl *tpl,
                  tcn_space *space);
/* A template in a space of its own. given may be NULL. */
int tcn_unit_new(struct tcn_vm *vm, const tcn_tpl *tpl, bool has_context,
                 const tcn_vdict *given, tcn_unit **ret);
/* The template becomes the parent of the current unit, which has none yet. */
int tcn_unit_extend(struct tcn_vm *vm, const tcn_tpl *tpl);
/* The unit in a space that knows the given names, too. */
int tcn_unit_derive(struct tcn_vm *vm, const tcn_unit *unit, const tcn_vdict *given,
                    tcn_unit **ret);
/* What another template gets to know: the names of the space and, over them, locals. */
int tcn_space_names(struct tcn_vm *vm, const tcn_space *space, tcn_value locals,
                    const tcn_vdict **ret);
/* What name index of the current unit means, for the first time. */
int tcn_unit_load(struct tcn_vm *vm, uint32_t index, tcn_value *ret);
/* Assigns in the current unit's space. name is a constant. */
int tcn_unit_export(struct tcn_vm *vm, tcn_value name, tcn_value v, enum tcn_export how);

/* Runs a function without an outer one in its unit. */
int tcn_unit_run(struct tcn_vm *vm, tcn_unit *unit, const tcn_func *func);
/* Runs the template's own function, one template deeper. */
int tcn_unit_render(struct tcn_vm *vm, tcn_unit *unit);

#endif
