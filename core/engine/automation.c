/* SPDX-License-Identifier: Apache-2.0 */
/* automation.c - one definition, from the document that a person wrote to the canonical
 * one. */
#include "core/engine/automation.h"

#include "core/base/alloc.h"
#include "core/engine/action_form.h"
#include "core/engine/trigger.h"

const tcn_automation_limits tcn_automation_limits_default = {
    .triggers = 2048,
    .trigger_depth = 16,
};
const tcn_automation_limits tcn_automation_limits_kept = {
    .triggers = 1000000,
    .trigger_depth = 64,
};

#define OWNER_CHARS 1024

/* created and updated are kept. */
static const char *const fields[] = {"id",
                                     "name",
                                     "description",
                                     "enabled",
                                     "tags",
                                     "trigger",
                                     "actions",
                                     "actions_on_trigger",
                                     "created",
                                     "updated",
                                     "actions_on_resolve",
                                     "owner_resource",
                                     NULL};

static void refuse_unknown(const tcn_field *top)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)top->value, key, value)
    {
        size_t i = 0;
        while (fields[i] != NULL && strcmp(fields[i], key) != 0)
            i++;
        if (fields[i] != NULL)
            continue;
        tcn_field field = tcn_field_get(top, key);
        const char *nearest = tcn_str_nearest(tcn_str_c(key), fields);
        if (nearest != NULL)
            tcn_field_refuse(
                &field, "Extra inputs are not permitted; did you mean \"%s\"?", nearest);
        else
            tcn_field_refuse(&field, "Extra inputs are not permitted");
    }
}

static bool set_or_free(json_t *document, const char *name, json_t *value)
{
    return json_object_set_new(document, name, value) == 0;
}

/* Copies a text field; absent: fallback, or "Field required" when that is NULL. */
static bool copy_text(const tcn_field *top, const char *name, const char *fallback,
                      json_t *document)
{
    tcn_field field = tcn_field_get(top, name);
    tcn_str text;
    if (field.value == NULL && fallback == NULL) {
        tcn_field_refuse(&field, "Field required");
        return true;
    }
    if (field.value == NULL)
        return set_or_free(document, name, json_string(fallback));
    if (!tcn_field_text(&field, &text))
        return true;
    return set_or_free(document, name, json_incref((json_t *)(uintptr_t)field.value));
}

static bool copy_tags(const tcn_field *top, json_t *document)
{
    tcn_field tags = tcn_field_get(top, "tags");
    if (tags.value == NULL)
        return set_or_free(document, "tags", json_array());
    if (!json_is_array(tags.value))
        tcn_field_refuse(&tags, "Input should be a valid list");
    for (size_t i = 0; i < json_array_size(tags.value); i++) {
        tcn_field item = tcn_field_at(&tags, i);
        tcn_str text;
        (void)tcn_field_text(&item, &text);
    }
    return set_or_free(document, "tags", json_incref((json_t *)(uintptr_t)tags.value));
}

static bool copy_actions(const tcn_field *top, const char *name, bool is_required,
                         json_t *document)
{
    tcn_field list = tcn_field_get(top, name);
    json_t *actions = json_array();
    if (!set_or_free(document, name, actions))
        return false;
    if (list.value == NULL && !is_required)
        return true;
    if (!json_is_array(list.value)) {
        tcn_field_refuse(&list, "%s",
                         list.value == NULL ? "Field required"
                                            : "Input should be a valid list");
        return true;
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        tcn_field item = tcn_field_at(&list, i);
        json_t *action = NULL;
        if (tcn_action_form(&item, &action) < 0)
            return false;
        if (action != NULL && json_array_append_new(actions, action) < 0)
            return false;
    }
    return true;
}

/* null: nobody, as clients write it. */
static bool copy_owner(const tcn_field *top, json_t *document)
{
    tcn_field field = tcn_field_get(top, "owner_resource");
    tcn_str owner;
    if (json_is_null(field.value) || !tcn_field_text(&field, &owner))
        return true;
    if (owner.len == 0)
        tcn_field_refuse(&field, "String should have at least 1 character");
    if (tcn_utf8_length(owner) > OWNER_CHARS)
        tcn_field_refuse(&field, "String should have at most %d characters", OWNER_CHARS);
    return set_or_free(document, field.name,
                       json_incref((json_t *)(uintptr_t)field.value));
}

static bool copy_enabled(const tcn_field *top, json_t *document)
{
    tcn_field field = tcn_field_get(top, "enabled");
    bool is_enabled = true;
    (void)tcn_field_bool(&field, &is_enabled);
    return set_or_free(document, "enabled", json_boolean(is_enabled));
}

/* Canonical fields in Prefect's order, but for trigger and id. False: out of memory. */
static bool copy_fields(const tcn_field *top, json_t *document)
{
    return copy_text(top, "name", NULL, document) &&
           copy_text(top, "description", "", document) && copy_enabled(top, document) &&
           copy_tags(top, document) && set_or_free(document, "trigger", json_null()) &&
           copy_actions(top, "actions", true, document) &&
           copy_actions(top, "actions_on_trigger", false, document) &&
           copy_actions(top, "actions_on_resolve", false, document) &&
           copy_owner(top, document);
}

static bool copy_stamps(const tcn_field *top, json_t *document)
{
    static const char *const names[] = {"created", "updated"};
    for (size_t i = 0; i < TCN_COUNT(names); i++) {
        json_t *value = json_object_get(top->value, names[i]);
        if (json_is_string(value) && json_object_set(document, names[i], value) < 0)
            return false;
    }
    return true;
}

static void collect_ids(const tcn_trigger *trigger, const tcn_trigger **all,
                        size_t *count)
{
    all[(*count)++] = trigger;
    for (uint32_t i = 0; i < trigger->child_count; i++)
        collect_ids(trigger->children[i], all, count);
}

/* State is kept by trigger id, so two triggers of an automation may not share one. */
static int check_ids(const tcn_trigger *trigger, size_t count, tcn_problems *problems)
{
    const tcn_trigger **all = tcn_alloc_array(count, sizeof *all);
    if (all == NULL)
        return TCN_E_NOMEM;
    size_t n = 0;
    collect_ids(trigger, all, &n);
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (!tcn_uuid_eq(&all[i]->id, &all[j]->id))
                continue;
            char text[TCN_UUID_TEXT + 1];
            tcn_err err = {0};
            (void)tcn_err_field(&err, TCN_E_INVALID, "trigger",
                                "two triggers have the id %s",
                                tcn_uuid_format(&all[i]->id, text));
            tcn_problems_add(problems, &err);
        }
    }
    tcn_free(all);
    return 0;
}

static int parse_trigger(const tcn_field *top, const tcn_automation_limits *limits,
                         tcn_automation *automation)
{
    tcn_trigger_parser parser = {.automation_id = automation->id, .limits = limits};
    tcn_field field = tcn_field_get(top, "trigger");
    json_t *document = NULL;
    if (!tcn_trigger_parse(&parser, &field, 1, &automation->trigger, &document))
        return parser.status;
    if (!set_or_free(automation->document, "trigger", document))
        return TCN_E_NOMEM;
    return check_ids(automation->trigger, parser.count, top->problems);
}

static int parse_into(const tcn_field *top, const tcn_uuid *id,
                      const tcn_automation_limits *limits, tcn_automation *automation)
{
    tcn_field own_id = tcn_field_get(top, "id");
    if (!tcn_field_uuid(&own_id, &automation->id)) {
        if (id != NULL)
            automation->id = *id;
        else if (own_id.value == NULL)
            tcn_field_refuse(&own_id, "Field required");
    }
    refuse_unknown(top);
    if (!copy_fields(top, automation->document))
        return TCN_E_NOMEM;
    int rc = parse_trigger(top, limits, automation);
    if (rc < 0)
        return rc;
    if (!set_or_free(automation->document, "id", tcn_json_uuid(&automation->id)) ||
        !copy_stamps(top, automation->document))
        return TCN_E_NOMEM;
    if (top->problems->errors == 0)
        tcn_loop_guard(automation->document, automation->trigger, top->problems);
    return 0;
}

/* Fields that are read often. The document is canonical. */
static int finish(tcn_automation *automation)
{
    const json_t *document = automation->document;
    tcn_str name = tcn_json_str(json_object_get(document, "name"));
    automation->name = tcn_strdup_n(name.ptr, name.len);
    automation->is_enabled = json_is_true(json_object_get(document, "enabled"));
    automation->owner = json_string_value(json_object_get(document, "owner_resource"));
    automation->actions = json_object_get(document, "actions");
    automation->actions_on_trigger = json_object_get(document, "actions_on_trigger");
    automation->actions_on_resolve = json_object_get(document, "actions_on_resolve");
    return automation->name != NULL ? 0 : TCN_E_NOMEM;
}

int tcn_automation_parse(const json_t *document, const tcn_uuid *id,
                         const tcn_automation_limits *limits, tcn_automation **ret,
                         tcn_problems *problems)
{
    tcn_field top = {.value = document, .problems = problems};
    if (!json_is_object(document)) {
        tcn_field_refuse(&top, "Input should be a valid dictionary");
        return TCN_E_INVALID;
    }
    size_t errors_before = problems->errors;
    problems->errors = 0;
    tcn_automation *automation = tcn_alloc_zero(sizeof *automation);
    int rc = TCN_E_NOMEM;
    if (automation != NULL)
        automation->document = json_object();
    if (automation != NULL && automation->document != NULL)
        rc = parse_into(&top, id, limits, automation);
    if (rc == 0 && problems->errors > 0)
        rc = TCN_E_INVALID;
    if (rc == 0)
        rc = finish(automation);
    problems->errors += errors_before;
    if (rc < 0) {
        tcn_automation_free(automation);
        return rc;
    }
    *ret = automation;
    return 0;
}

void tcn_automation_free(tcn_automation *automation)
{
    if (automation == NULL)
        return;
    tcn_trigger_free(automation->trigger);
    tcn_free(automation->name);
    json_decref(automation->document);
    tcn_free(automation);
}

tcn_uuid tcn_automation_file_id(tcn_str name)
{
    return tcn_uuid_v5_named("automation", name);
}

tcn_uuid tcn_automation_owned_id(const char *owner, tcn_str name)
{
    return tcn_uuid_v5_named(owner, name);
}

tcn_uuid tcn_automation_origin_id(const json_t *document)
{
    const char *owner = json_string_value(json_object_get(document, "owner_resource"));
    tcn_str name = tcn_json_str(json_object_get(document, "name"));
    return owner != NULL ? tcn_automation_owned_id(owner, name)
                         : tcn_automation_file_id(name);
}
