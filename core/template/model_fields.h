/* SPDX-License-Identifier: Apache-2.0 */
/* model_fields.h - the declarations of Prefect's classes as tables. Private to the room.
 */
#ifndef TCN_TEMPLATE_MODEL_FIELDS_H
#define TCN_TEMPLATE_MODEL_FIELDS_H

#include "core/base/compiler.h"
#include "core/template/prefect.h"

/* Classes that occur only inside others; numbers go on behind enum tcn_prefect_kind. */
enum tcn_model_kind {
    TCN_MODEL_TRIGGER = 100, /* one of the three below, by its "type" */
    TCN_MODEL_EVENT_TRIGGER,
    TCN_MODEL_COMPOUND_TRIGGER,
    TCN_MODEL_SEQUENCE_TRIGGER,
    TCN_MODEL_ACTION, /* class by its "type", fields as they come */
    TCN_MODEL_SPECIFICATION,
    TCN_MODEL_STATE_DETAILS,
    TCN_MODEL_FLOW_RUN_POLICY,
    TCN_MODEL_TASK_RUN_POLICY,
    TCN_MODEL_CREATED_BY,
    TCN_MODEL_UPDATED_BY,
    TCN_MODEL_HEALTH_POLICY,
    TCN_MODEL_STORAGE,
    TCN_MODEL_CONCURRENCY_OPTIONS,
    TCN_MODEL_GLOBAL_LIMIT,
};

enum tcn_field_type {
    TCN_FIELD_PLAIN,
    TCN_FIELD_UUID,
    TCN_FIELD_DATETIME,
    TCN_FIELD_DELTA, /* seconds, or an ISO duration */
    TCN_FIELD_ENUM,
    TCN_FIELD_SET,
    TCN_FIELD_ENUM_SET,
    TCN_FIELD_MODEL,
    TCN_FIELD_MODELS, /* a list of them */
};

typedef struct tcn_field {
    const char *name; /* NULL ends the list */
    enum tcn_field_type type;
    unsigned kind;           /* of a model */
    const tcn_enum *members; /* of an enumeration; class_name NULL ends them */
} tcn_field;

typedef struct tcn_class {
    unsigned kind;
    const char *name, *full_name;
    const tcn_field *fields; /* NULL: as they come */
} tcn_class;

const tcn_class *tcn_class_of(unsigned kind);
/* By the name in messages; NULL for another. */
const tcn_class *tcn_class_named(const char *full_name);
/* Whether templates can read that of an object: a field, or what its class computes. */
bool tcn_class_has(const tcn_class *class, tcn_str name);
/* The name of a field that is spelt nearly so, or NULL. */
const char *tcn_class_nearest(const tcn_class *class, tcn_str name);
/* By the "type" of an action; NULL for an unknown one. */
const tcn_class *tcn_action_class_of(tcn_str type);

#endif
