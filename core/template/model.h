/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - the objects of prefect.h from the inside. Private to the room. */
#ifndef TCN_TEMPLATE_MODEL_H
#define TCN_TEMPLATE_MODEL_H

#include "core/template/model_fields.h"
#include "core/value/ops.h"

/* Its class is a table of functions made for that kind: the same for all, but for the
 * name. */
typedef struct tcn_model {
    tcn_object object;
    tcn_object_type type; /* object.type points here: its names are the class's */
    unsigned kind;        /* enum tcn_prefect_kind or tcn_model_kind */
    tcn_value fields; /* dict in the order of declaration; of resources: their labels */
} tcn_model;

/* NULL for values that are no models. */
const tcn_model *tcn_model_of(tcn_value v);
/* NONE for other values. */
enum tcn_prefect_kind tcn_model_kind(tcn_value v);
bool tcn_model_field(tcn_value v, const char *name, tcn_value *ret);
/* A label of a resource. */
bool tcn_model_label(tcn_value v, const char *label, tcn_value *ret);
/* The text that a method takes; all else lacks the methods that Prefect calls on it. */
int tcn_model_arg_text(tcn_rt *rt, tcn_value v, const tcn_text **ret);

/* Behaviour that only some kinds have; 1 found, 0 not. */
int tcn_event_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret);
int tcn_firing_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret);
int tcn_state_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret);
int tcn_state_show(tcn_rt *rt, tcn_model *model, bool is_repr, tcn_buf *out);
/* Types of labelled objects: their functions, to be given a name. */
extern const tcn_object_type tcn_labelled_type;
/* The tree of labels from a dict of them. */
int tcn_diver_make(tcn_arena *arena, tcn_value labels, tcn_value *ret);

/* The place of an object in the UI, or none (filters_prefect.c). */
int tcn_ui_url(tcn_rt *rt, tcn_value object, tcn_value *ret);

#endif
