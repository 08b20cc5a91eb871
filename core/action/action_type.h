/* SPDX-License-Identifier: Apache-2.0 */
/* action_type.h - the grammar of actions: Prefect's types, their fields and what carries
 * them out. One table, from which actions are checked, queued and sent. */
#ifndef TCN_ACTION_ACTION_TYPE_H
#define TCN_ACTION_ACTION_TYPE_H

#include "core/base/str.h"

/* What carries an action out. */
enum tcn_action_means {
    TCN_ACTION_NOTHING = 1, /* nothing is to be done */
    TCN_ACTION_NOTIFY,      /* a block that notifies */
    TCN_ACTION_ON_BLOCK,    /* a block whose plugin has that action type */
    TCN_ACTION_PREFECT,     /* a plugin that speaks to a Prefect server */
};

enum tcn_action_field_kind {
    TCN_FIELD_TEXT = 1,
    TCN_FIELD_TEMPLATE,
    TCN_FIELD_PAYLOAD, /* a template, or an object that is sent as its JSON text */
    TCN_FIELD_BOOL,
    TCN_FIELD_SECONDS, /* a number, or an ISO 8601 duration; not negative */
    TCN_FIELD_OBJECT,
    TCN_FIELD_PARAMETERS, /* an object with templates in it */
    TCN_FIELD_STATE,      /* SCHEDULED ... */
    TCN_FIELD_SOURCE,     /* "selected" (the default) or "inferred" */
    TCN_FIELD_TARGET,     /* a UUID, there exactly when source is "selected" */
    TCN_FIELD_BLOCK,      /* name of a block */
    TCN_FIELD_BLOCK_ID,   /* its id */
};

typedef struct tcn_action_field {
    const char *name;
    enum tcn_action_field_kind kind;
    bool is_required;
    bool can_be_null;
} tcn_action_field;

#define TCN_ACTION_FIELDS_MAX 6
typedef struct tcn_action_type {
    const char *name;
    enum tcn_action_means means;
    tcn_action_field fields[TCN_ACTION_FIELDS_MAX]; /* up to the first without a name */
} tcn_action_type;

/* NULL when there is no such type. */
const tcn_action_type *tcn_action_type_find(tcn_str name);
/* The type whose name is nearest to a wrong one, or NULL. */
const char *tcn_action_type_nearest(tcn_str name);
/* Does the type name a block? */
static inline bool tcn_action_type_has_block(const tcn_action_type *type)
{
    return type->means == TCN_ACTION_NOTIFY || type->means == TCN_ACTION_ON_BLOCK;
}

#endif
