/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.h - which variable a name means where, as Jinja's compiler decides it: a scope
 * knows every name that it assigns before its code runs. Private to the room. */
#ifndef TCN_TEMPLATE_SYMBOLS_H
#define TCN_TEMPLATE_SYMBOLS_H

#include "core/template/ast.h"

/* How a variable gets its first value when its scope is entered. */
enum tcn_ref_load {
    TCN_REF_PARAM,     /* bound by what opens the scope */
    TCN_REF_RESOLVE,   /* from the context */
    TCN_REF_ALIAS,     /* from the outer variable of that name */
    TCN_REF_UNDEFINED, /* empty */
};

typedef struct tcn_scope tcn_scope;
typedef struct tcn_ref {
    struct tcn_ref *next;
    uint32_t name; /* number among the names of the source */
    uint8_t load;
    bool is_stored; /* else it is read from the context each time and has no slot */
    bool has_slot;
    uint32_t stored_at; /* the how-manieth store of its scope was its first */
    uint32_t slot;
    struct tcn_ref *source; /* of an alias */
    tcn_scope *scope;
} tcn_ref;

struct tcn_scope {
    tcn_scope *parent;
    struct tcn_build *build; /* the function whose slots it uses */
    tcn_ref *refs;
    tcn_ref **end;
    tcn_arena *arena;
    uint32_t stores;
    bool has_failed; /* out of memory */
};

void tcn_scope_init(tcn_scope *scope, tcn_scope *parent, struct tcn_build *build,
                    tcn_arena *arena);
/* In scope or an outer one; NULL when the name was never seen there. */
tcn_ref *tcn_scope_find(const tcn_scope *scope, uint32_t name);
tcn_ref *tcn_scope_param(tcn_scope *scope, uint32_t name);
/* What a statement or expression does to the scope it stands in. */
void tcn_scope_visit(tcn_scope *scope, const tcn_node *node);
void tcn_scope_visit_list(tcn_scope *scope, const tcn_node *list);
/* Targets become parameters of the scope. */
void tcn_scope_params(tcn_scope *scope, const tcn_node *target);

/* Whether the name is read in the list before anything there assigns it. */
bool tcn_reads_name(const tcn_node *list, uint32_t name);
/* A target of that name anywhere in the node; NULL: none. */
const tcn_node *tcn_find_target(const tcn_node *node, uint32_t name);

#endif
