/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - an action of an automation, checked when the automation is loaded. The texts
 * are Prefect's where it has one. What Prefect accepts without a word and nobody can mean
 * (no type, a misspelt key) is told. */
#include "core/action/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/action/dispatcher.h"
#include "core/base/datetime.h"
#include "core/template/lint.h"

static void add_problem(tcn_action_checking *checking, bool is_warning, const char *field,
                        const char *fmt, va_list args)
{
    tcn_err err = {.code = TCN_E_INVALID};
    const char *dot = field != NULL ? "." : "";
    snprintf(err.field, sizeof err.field, "%s%s%s", checking->path, dot,
             field != NULL ? field : "");
    vsnprintf(err.text, sizeof err.text, fmt, args);
    if (is_warning)
        tcn_problems_warn(checking->problems, &err);
    else
        tcn_problems_add(checking->problems, &err);
}

void tcn_action_problem(tcn_action_checking *checking, const char *field, const char *fmt,
                        ...)
{
    va_list args;
    va_start(args, fmt);
    add_problem(checking, false, field, fmt, args);
    va_end(args);
}

void tcn_action_warning(tcn_action_checking *checking, const char *field, const char *fmt,
                        ...)
{
    va_list args;
    va_start(args, fmt);
    add_problem(checking, true, field, fmt, args);
    va_end(args);
}

/* ---- one field ---- */

typedef struct linting {
    tcn_action_checking *checking;
    const char *field;
} linting;

static void warn_of(void *ud, const tcn_tpl_error *finding)
{
    const linting *l = ud;
    char place[TCN_TPL_PLACE_TEXT];
    (void)tcn_tpl_error_place(finding, place);
    if (finding->hint[0] != '\0')
        tcn_action_warning(l->checking, l->field, "%s, did you mean \"%s\"?%s",
                           finding->message, finding->hint, place);
    else
        tcn_action_warning(l->checking, l->field, "%s%s", finding->message, place);
}

void tcn_action_check_names(tcn_action_checking *checking, const char *field,
                            const char *text)
{
    linting l = {checking, field};
    (void)tcn_tpl_lint(&checking->env, tcn_str_c(text), NULL, warn_of, &l, NULL);
}

static void check_template(tcn_action_checking *checking, const char *field,
                           const char *text)
{
    tcn_tpl_error error = {0};
    linting l = {checking, field};
    int rc = tcn_tpl_check(&checking->env, tcn_str_c(text), warn_of, &l, &error);
    char place[TCN_TPL_PLACE_TEXT];
    if (rc < 0)
        tcn_action_problem(checking, field, "'%s' is not a valid template: %s%s", field,
                           error.message[0] != 0 ? error.message : tcn_err_text(rc),
                           tcn_tpl_error_place(&error, place));
}

static void check_payload(tcn_action_checking *checking, const char *field,
                          const json_t *value)
{
    if (json_is_string(value)) {
        if (json_string_length(value) > 0)
            check_template(checking, field, json_string_value(value));
        return;
    }
    if (!json_is_object(value)) {
        tcn_action_problem(checking, field,
                           "Input should be a valid string or an object");
        return;
    }
    char *text = json_dumps(value, JSON_INDENT(2));
    if (text == NULL)
        tcn_action_problem(checking, field, "%s", tcn_err_text(TCN_E_NOMEM));
    else
        check_template(checking, field, text);
    free(text);
}

static void check_seconds(tcn_action_checking *checking, const char *field,
                          const json_t *value)
{
    bool is_negative = false;
    if (json_is_number(value)) {
        is_negative = json_number_value(value) < 0;
    } else {
        int64_t duration_us = 0;
        tcn_str text = tcn_str_c(json_string_value(value));
        if (!json_is_string(value) || !tcn_duration_iso(text, &duration_us)) {
            tcn_action_problem(checking, field, "Input should be a valid timedelta");
            return;
        }
        is_negative = duration_us < 0;
    }
    if (is_negative)
        tcn_action_problem(checking, field, "%s must be non-negative", field);
}

static void check_state(tcn_action_checking *checking, const char *field,
                        const char *state)
{
    static const char *const states[] = {"SCHEDULED", "PENDING", "RUNNING",
                                         "COMPLETED", "FAILED",  "CANCELLED",
                                         "CRASHED",   "PAUSED",  "CANCELLING"};
    for (size_t i = 0; i < TCN_COUNT(states); i++) {
        if (strcmp(state, states[i]) == 0)
            return;
    }
    tcn_action_problem(checking, field,
                       "Input should be SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, "
                       "CANCELLED, CRASHED, PAUSED or CANCELLING");
}

static void check_uuid(tcn_action_checking *checking, const char *field, const char *text)
{
    tcn_uuid id;
    if (!tcn_uuid_parse(tcn_str_c(text), &id))
        tcn_action_problem(checking, field, "Input should be a valid UUID");
}

/* What a string-like field may hold; the others are checked by their own functions. */
static void check_text(tcn_action_checking *checking, const tcn_action_field *field,
                       const char *text)
{
    switch (field->kind) {
    case TCN_FIELD_TEMPLATE:
        check_template(checking, field->name, text);
        break;
    case TCN_FIELD_STATE:
        check_state(checking, field->name, text);
        break;
    case TCN_FIELD_SOURCE:
        if (strcmp(text, "selected") != 0 && strcmp(text, "inferred") != 0)
            tcn_action_problem(checking, field->name,
                               "Input should be 'selected' or 'inferred'");
        break;
    case TCN_FIELD_TARGET:
    case TCN_FIELD_BLOCK_ID:
        check_uuid(checking, field->name, text);
        break;
    case TCN_FIELD_TEXT:
    case TCN_FIELD_BLOCK:
    case TCN_FIELD_PAYLOAD:
    case TCN_FIELD_BOOL:
    case TCN_FIELD_SECONDS:
    case TCN_FIELD_OBJECT:
    case TCN_FIELD_PARAMETERS:
        break;
    }
}

static void check_value(tcn_action_checking *checking, const tcn_action_field *field,
                        const json_t *value)
{
    switch (field->kind) {
    case TCN_FIELD_PAYLOAD:
        check_payload(checking, field->name, value);
        break;
    case TCN_FIELD_SECONDS:
        check_seconds(checking, field->name, value);
        break;
    case TCN_FIELD_BOOL:
        if (!json_is_boolean(value))
            tcn_action_problem(checking, field->name, "Input should be a valid boolean");
        break;
    case TCN_FIELD_OBJECT:
    case TCN_FIELD_PARAMETERS:
        if (!json_is_object(value))
            tcn_action_problem(checking, field->name,
                               "Input should be a valid dictionary");
        else if (field->kind == TCN_FIELD_PARAMETERS)
            tcn_action_check_parameters(checking, field->name, value);
        break;
    case TCN_FIELD_TEXT:
    case TCN_FIELD_TEMPLATE:
    case TCN_FIELD_STATE:
    case TCN_FIELD_SOURCE:
    case TCN_FIELD_TARGET:
    case TCN_FIELD_BLOCK:
    case TCN_FIELD_BLOCK_ID:
        if (json_is_string(value))
            check_text(checking, field, json_string_value(value));
        else
            tcn_action_problem(checking, field->name, "Input should be a valid string");
        break;
    }
}

static const json_t *given(const json_t *action, const char *field)
{
    const json_t *value = json_object_get(action, field);
    return json_is_null(value) ? NULL : value;
}

static void check_target(tcn_action_checking *checking, const char *field)
{
    const char *source = json_string_value(given(checking->action, "source"));
    bool is_inferred = source != NULL && strcmp(source, "inferred") == 0;
    bool is_given = given(checking->action, field) != NULL;
    if (!is_inferred && !is_given)
        tcn_action_problem(checking, field, "%s is required", field);
    else if (is_inferred && is_given)
        tcn_action_problem(checking, field, "%s is not allowed", field);
}

static void check_field(tcn_action_checking *checking, const tcn_action_field *field)
{
    if (field->kind == TCN_FIELD_TARGET)
        check_target(checking, field->name);
    const json_t *value = json_object_get(checking->action, field->name);
    if (value == NULL) {
        if (field->is_required)
            tcn_action_problem(checking, field->name, "Field required");
        return;
    }
    if (field->can_be_null && json_is_null(value))
        return;
    check_value(checking, field, value);
}

/* ---- the whole ---- */

static void check_unknown_keys(tcn_action_checking *checking)
{
    const tcn_action_field *fields = checking->type->fields;
    const char *names[TCN_ACTION_FIELDS_MAX + 1] = {NULL};
    for (size_t i = 0; i < TCN_ACTION_FIELDS_MAX && fields[i].name != NULL; i++)
        names[i] = fields[i].name;
    void *it = json_object_iter((json_t *)(uintptr_t)checking->action);
    for (; it != NULL;
         it = json_object_iter_next((json_t *)(uintptr_t)checking->action, it)) {
        const char *key = json_object_iter_key(it);
        bool is_known = strcmp(key, "type") == 0;
        for (size_t i = 0; names[i] != NULL && !is_known; i++)
            is_known = strcmp(key, names[i]) == 0;
        if (is_known)
            continue;
        const char *nearest = tcn_str_nearest(tcn_str_c(key), names);
        if (nearest != NULL)
            tcn_action_warning(checking, key,
                               "unknown key is ignored, did you mean \"%s\"?", nearest);
        else
            tcn_action_warning(checking, key, "unknown key is ignored");
    }
}

static void check_block(tcn_action_checking *checking, const tcn_blocks *blocks)
{
    const json_t *name = given(checking->action, "block");
    const json_t *id = given(checking->action, "block_document_id");
    if (name == NULL && id == NULL) {
        tcn_action_problem(checking, "block_document_id",
                           "Field required (or \"block\", the name of a block)");
        return;
    }
    if (name != NULL && id != NULL) {
        tcn_action_problem(checking, "block",
                           "stands beside block_document_id; give one of them");
        return;
    }
    const char *field = name != NULL ? "block" : "block_document_id";
    const char *text = json_string_value(name != NULL ? name : id);
    if (blocks == NULL || text == NULL)
        return;
    const tcn_block *block = tcn_blocks_find(blocks, tcn_str_c(text));
    char lack[TCN_LACK_TEXT];
    if (block == NULL)
        tcn_action_problem(checking, field, "%s",
                           tcn_blocks_lack(blocks, tcn_str_c(text), lack));
    else if (checking->type->means == TCN_ACTION_NOTIFY &&
             !tcn_block_info_get(block)->can_notify)
        tcn_action_problem(checking, field,
                           "The referenced block was not a notification block");
    else if (checking->type->means == TCN_ACTION_ON_BLOCK &&
             !tcn_block_has_action(block, tcn_str_c(checking->type->name)))
        tcn_action_problem(checking, field,
                           "The referenced block was not a webhook block");
}

static const tcn_action_type *check_type(tcn_action_checking *checking)
{
    const json_t *name = json_object_get(checking->action, "type");
    if (!json_is_string(name)) {
        tcn_action_problem(checking, "type",
                           name == NULL ? "Field required"
                                        : "Input should be a valid string");
        return NULL;
    }
    const char *text = json_string_value(name);
    const tcn_action_type *type = tcn_action_type_find(tcn_str_c(text));
    if (type != NULL)
        return type;
    const char *nearest = tcn_action_type_nearest(tcn_str_c(text));
    if (nearest != NULL)
        tcn_action_problem(checking, "type",
                           "unknown action type \"%s\", did you mean \"%s\"?", text,
                           nearest);
    else
        tcn_action_problem(checking, "type", "unknown action type \"%s\"", text);
    return NULL;
}

int tcn_action_check(const json_t *action, const char *path, const tcn_blocks *blocks,
                     const tcn_tpl_limits *limits, tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_action_checking checking = {.action = action, .path = path, .problems = problems};
    tcn_tpl_env_init(&checking.env);
    if (limits != NULL)
        checking.env.limits = *limits;
    if (!json_is_object(action)) {
        tcn_action_problem(&checking, NULL, "Input should be a valid dictionary");
        return TCN_E_INVALID;
    }
    checking.type = check_type(&checking);
    if (checking.type == NULL)
        return TCN_E_INVALID;
    for (const tcn_action_field *field = checking.type->fields;
         field < checking.type->fields + TCN_ACTION_FIELDS_MAX && field->name != NULL;
         field++)
        check_field(&checking, field);
    check_unknown_keys(&checking);
    if (tcn_action_type_has_block(checking.type))
        check_block(&checking, blocks);
    if (checking.type->means == TCN_ACTION_PREFECT)
        tcn_action_warning(
            &checking, "type",
            "no plugin provides the action type \"%s\": it will end failed",
            checking.type->name);
    return problems->errors > errors ? TCN_E_INVALID : 0;
}
