/* SPDX-License-Identifier: Apache-2.0 */
/* action_form.c - the fields of Prefect's actions, in the order in which its server
 * returns them. Fields that are not in the table are kept as they are, behind the others.
 */
#include "core/engine/action_form.h"

#include <stdlib.h>

#include "core/base/alloc.h"

typedef struct form_field {
    const char *name;
    const char *fallback; /* JSON; NULL: stays absent */
} form_field;

typedef struct action_form {
    const char *type;
    form_field fields[6];
} action_form;

/* clang-format off */
#define SELECTED(id) {{"source", "\"selected\""}, {id, "null"}}
/* clang-format on */

static const action_form forms[] = {
    {"run-deployment",
     {{"source", "\"selected\""},
      {"deployment_id", "null"},
      {"parameters", "null"},
      {"job_variables", "null"},
      {"schedule_after", "0.0"}}},
    {"change-flow-run-state",
     {{"name", "null"}, {"state", NULL}, {"message", "null"}, {"force", "false"}}},
    {"send-notification",
     {{"block_document_id", NULL},
      {"subject", "\"Prefect automated notification\""},
      {"body", NULL}}},
    {"call-webhook", {{"block_document_id", NULL}, {"payload", "\"\""}}},
    {"pause-deployment", SELECTED("deployment_id")},
    {"resume-deployment", SELECTED("deployment_id")},
    {"pause-work-pool", SELECTED("work_pool_id")},
    {"resume-work-pool", SELECTED("work_pool_id")},
    {"pause-work-queue", SELECTED("work_queue_id")},
    {"resume-work-queue", SELECTED("work_queue_id")},
    {"pause-automation", SELECTED("automation_id")},
    {"resume-automation", SELECTED("automation_id")},
};

static const action_form *find_form(const char *type)
{
    for (size_t i = 0; i < TCN_COUNT(forms); i++) {
        if (strcmp(forms[i].type, type) == 0)
            return &forms[i];
    }
    return NULL;
}

/* A webhook's payload may be given as an object: its text is what is sent. */
static json_t *payload_text(const json_t *payload)
{
    char *text = json_dumps(payload, JSON_INDENT(2) | JSON_ENCODE_ANY);
    json_t *value = text != NULL ? json_string(text) : NULL;
    free(text);
    return value;
}

/* New reference to the canonical value of a field that was given, or NULL. */
static json_t *canonical(const tcn_field *field)
{
    if (strcmp(field->name, "schedule_after") == 0 && !json_is_null(field->value)) {
        int64_t us = 0;
        if (tcn_field_duration(field, &us) && us < 0)
            tcn_field_refuse(field, "schedule_after must be non-negative");
        return tcn_json_seconds(us);
    }
    if (strcmp(field->name, "payload") == 0 && json_is_object(field->value))
        return payload_text(field->value);
    return json_incref((json_t *)(uintptr_t)field->value);
}

static bool copy_known(const tcn_field *action, const action_form *form, json_t *out)
{
    for (size_t i = 0; form != NULL && form->fields[i].name != NULL; i++) {
        tcn_field field = tcn_field_get(action, form->fields[i].name);
        if (field.value == NULL && form->fields[i].fallback == NULL)
            continue;
        json_t *value = field.value != NULL
                            ? canonical(&field)
                            : json_loads(form->fields[i].fallback, JSON_DECODE_ANY, NULL);
        if (json_object_set_new(out, field.name, value) < 0)
            return false;
    }
    return true;
}

int tcn_action_form(const tcn_field *action, json_t **ret)
{
    if (!json_is_object(action->value)) {
        tcn_field_refuse(action, "Input should be a valid dictionary");
        return 0;
    }
    tcn_field type = tcn_field_get(action, "type");
    tcn_str name = TCN_STR("do-nothing");
    if (type.value == NULL)
        tcn_field_warn(action, "an action without a type does nothing");
    else if (!tcn_field_text(&type, &name))
        return 0;

    json_t *out = json_object();
    bool is_done =
        out != NULL &&
        json_object_set_new(out, "type", json_stringn(name.ptr, name.len)) == 0 &&
        copy_known(action, find_form(name.ptr), out) &&
        json_object_update_missing(out, (json_t *)(uintptr_t)action->value) == 0;
    if (!is_done) {
        json_decref(out);
        return TCN_E_NOMEM;
    }
    *ret = out;
    return 0;
}
