/* SPDX-License-Identifier: Apache-2.0 */
/* parameters.c - what stands in the parameters of a run-deployment. Prefect reads a text
 * with template syntax as a template, and an object with "__prefect_kind" as what its
 * kind says; the rest is data. The walk looks into lists too, which Prefect's own check
 * forgets. */
#include <stdio.h>

#include "core/action/check.h"
#include "core/base/buf.h"

#define KIND_KEY  "__prefect_kind"
#define DEPTH_MAX 32
#define TEXT_MAX  400 /* of all that is wrong together: what an error text holds */
#define PLACE_MAX 120

typedef struct parameter_walk {
    tcn_action_checking *checking;
    const char *field;
    tcn_buf text;
} parameter_walk;

static void walk_value(parameter_walk *walk, const char *place, const json_t *value,
                       int depth);

static void complain(parameter_walk *walk, const char *place, const char *what,
                     const char *message)
{
    const char *separator = walk->text.len == 0 ? "\n" : "\n  ";
    tcn_buf_printf(&walk->text, "%s%s: %s%s", separator, place, what, message);
}

static void check_jinja(parameter_walk *walk, const char *place, const char *text)
{
    tcn_tpl_error error = {0};
    int rc = tcn_tpl_validate(&walk->checking->env, tcn_str_c(text), &error);
    if (rc < 0)
        complain(walk, place, "Invalid jinja: ",
                 error.message[0] != 0 ? error.message : tcn_err_text(rc));
    else
        tcn_action_check_names(walk->checking, walk->field, text);
}

static void check_json(parameter_walk *walk, const char *place, const json_t *object,
                       int depth)
{
    const json_t *value = json_object_get(object, "value");
    if (value == NULL) {
        complain(walk, place, "Missing 'value' key in __prefect object", "");
        return;
    }
    if (!json_is_string(value)) {
        walk_value(walk, place, value, depth);
        return;
    }
    json_error_t error;
    json_t *parsed = json_loads(json_string_value(value), JSON_DECODE_ANY, &error);
    if (parsed == NULL)
        complain(walk, place, "Invalid JSON: ", error.text);
    json_decref(parsed);
}

static void check_kind(parameter_walk *walk, const char *place, const json_t *object,
                       int depth)
{
    const char *kind = json_string_value(json_object_get(object, KIND_KEY));
    if (kind == NULL)
        return;
    if (strcmp(kind, "json") == 0) {
        check_json(walk, place, object, depth);
    } else if (strcmp(kind, "jinja") == 0) {
        const json_t *template = json_object_get(object, "template");
        if (template == NULL)
            complain(walk, place, "Missing 'template' key in __prefect object", "");
        else if (json_is_string(template))
            check_jinja(walk, place, json_string_value(template));
        else
            walk_value(walk, place, template, depth);
    } else if (strcmp(kind, "workspace_variable") == 0) {
        if (json_object_get(object, "variable_name") == NULL)
            complain(walk, place, "Missing 'variable_name' key in __prefect object", "");
    } else if (strcmp(kind, "none") == 0) {
        walk_value(walk, place, json_object_get(object, "value"), depth);
    }
}

static void walk_object(parameter_walk *walk, const char *place, const json_t *object,
                        int depth)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char inner[PLACE_MAX];
        snprintf(inner, sizeof inner, "%s%s%s", place, place[0] != 0 ? "." : "", key);
        walk_value(walk, inner, value, depth + 1);
    }
}

static void walk_value(parameter_walk *walk, const char *place, const json_t *value,
                       int depth)
{
    if (depth > DEPTH_MAX) {
        complain(walk, place, "is nested too deep", "");
    } else if (json_is_string(value)) {
        tcn_str text = tcn_str_of(json_string_value(value), json_string_length(value));
        if (tcn_tpl_is_template(text))
            check_jinja(walk, place, json_string_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            char inner[PLACE_MAX];
            snprintf(inner, sizeof inner, "%s[%zu]", place, i);
            walk_value(walk, inner, json_array_get(value, i), depth + 1);
        }
    } else if (json_object_get(value, KIND_KEY) != NULL) {
        check_kind(walk, place, value, depth + 1);
    } else if (json_is_object(value)) {
        walk_object(walk, place, value, depth);
    }
}

void tcn_action_check_parameters(tcn_action_checking *checking, const char *field,
                                 const json_t *parameters)
{
    parameter_walk walk = {.checking = checking, .field = field};
    tcn_buf_init(&walk.text, TEXT_MAX);
    walk_object(&walk, "", parameters, 0);
    if (walk.text.len > 0 || tcn_buf_status(&walk.text) < 0)
        tcn_action_problem(checking, field, "Invalid parameters: %s",
                           walk.text.len > 0 ? walk.text.ptr : "\n  too much is wrong");
    tcn_buf_deinit(&walk.text);
}
