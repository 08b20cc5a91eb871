/* SPDX-License-Identifier: Apache-2.0 */
/* trigger.c - from a definition's trigger to its tree and canonical document: its type,
 * id and limits, and those that have children. Parsing goes on after a problem, so that
 * one run names them all. */
#include "core/engine/trigger_int.h"

#include "core/base/alloc.h"

static const char *const compound_fields[] = {"type",   "id",      "triggers",
                                              "within", "require", NULL};
static const char *const sequence_fields[] = {"type", "id", "triggers", "within", NULL};

bool tcn_trigger_no_memory(tcn_trigger_parser *parser)
{
    parser->status = TCN_E_NOMEM;
    return false;
}

bool tcn_trigger_set_field(tcn_trigger_parser *parser, json_t *document, const char *name,
                           json_t *value)
{
    if (json_object_set_new(document, name, value) < 0)
        return tcn_trigger_no_memory(parser);
    return true;
}

/* ---- compound and sequence ---- */

static bool parse_children(tcn_trigger_parser *parser, const tcn_field *field,
                           uint32_t depth, json_t *document, tcn_trigger *trigger)
{
    tcn_field list = tcn_field_get(field, "triggers");
    if (!json_is_array(list.value)) {
        tcn_field_refuse(&list, "%s",
                         list.value == NULL ? "Field required"
                                            : "Input should be a valid list");
        return false;
    }
    size_t count = json_array_size(list.value);
    if (count > parser->limits->triggers) {
        tcn_field_refuse(&list, "An automation may have at most %u triggers",
                         parser->limits->triggers);
        return false;
    }
    if (count == 0)
        tcn_field_warn(&list, "without triggers it never fires");
    json_t *documents = json_array();
    if (!tcn_trigger_set_field(parser, document, "triggers", documents))
        return false;
    if (count == 0)
        return true;
    trigger->children = tcn_alloc_array(count, sizeof(tcn_trigger *));
    if (trigger->children == NULL)
        return tcn_trigger_no_memory(parser);
    bool is_valid = true;
    for (size_t i = 0; i < count && parser->status == 0; i++) {
        tcn_field item = tcn_field_at(&list, i);
        json_t *child = NULL;
        if (!tcn_trigger_parse(parser, &item, depth + 1,
                               &trigger->children[trigger->child_count], &child)) {
            is_valid = false;
            continue;
        }
        trigger->children[trigger->child_count]->index = (uint32_t)i;
        trigger->child_count++;
        if (json_array_append_new(documents, child) < 0)
            return tcn_trigger_no_memory(parser);
    }
    return is_valid;
}

static bool parse_composite_within(tcn_trigger_parser *parser, const tcn_field *field,
                                   json_t *document, tcn_trigger *trigger)
{
    if (field->value == NULL || json_is_null(field->value))
        return tcn_trigger_set_field(parser, document, "within", json_null());
    if (!tcn_field_duration(field, &trigger->within_us))
        return false;
    if (trigger->within_us < 0) {
        tcn_field_refuse(field, "Input should be greater than or equal to 0 seconds");
        return false;
    }
    trigger->has_within = true;
    return tcn_trigger_set_field(parser, document, "within",
                                 tcn_json_seconds(trigger->within_us));
}

/* children: how many were declared. */
static bool parse_require(const tcn_field *field, size_t children, tcn_trigger *trigger)
{
    if (field->value == NULL) {
        tcn_field_refuse(field, "Field required");
        return false;
    }
    int64_t number = 0;
    if (json_is_string(field->value) &&
        strcmp(json_string_value(field->value), "any") == 0) {
        number = 1;
    } else if (json_is_string(field->value) &&
               strcmp(json_string_value(field->value), "all") == 0) {
        number = (int64_t)children;
    } else if (!json_is_integer(field->value)) {
        tcn_field_refuse(field, "Input should be a valid integer, 'any' or 'all'");
        return false;
    } else {
        number = json_integer_value(field->value);
        if (number < 1) {
            tcn_field_refuse(field, "require must be at least 1");
            return false;
        }
        if ((uint64_t)number > children) {
            tcn_field_refuse(
                field, "require must be less than or equal to the number of triggers");
            return false;
        }
    }
    trigger->require = (uint32_t)number;
    return true;
}

static bool parse_composite(tcn_trigger_parser *parser, const tcn_field *field,
                            uint32_t depth, json_t *document, tcn_trigger *trigger)
{
    tcn_field within = tcn_field_get(field, "within");
    tcn_field require = tcn_field_get(field, "require");
    bool is_compound = trigger->type == TCN_TRIGGER_COMPOUND;
    tcn_field_unknown(field, is_compound ? compound_fields : sequence_fields);
    bool is_valid = parse_children(parser, field, depth, document, trigger);
    is_valid = parse_composite_within(parser, &within, document, trigger) && is_valid;
    size_t declared = json_array_size(json_object_get(field->value, "triggers"));
    if (!is_compound) {
        trigger->require = (uint32_t)declared;
        return is_valid;
    }
    is_valid = parse_require(&require, declared, trigger) && is_valid;
    return is_valid &&
           tcn_trigger_set_field(parser, document, "require",
                                 json_incref((json_t *)(uintptr_t)require.value));
}

/* ---- any trigger ---- */

/* The type that is named, or that the fields tell. */
static bool parse_type(const tcn_field *field, tcn_trigger_type *ret)
{
    tcn_field type = tcn_field_get(field, "type");
    tcn_str name = TCN_STR("event");
    if (type.value != NULL) {
        if (!tcn_field_text(&type, &name))
            return false;
    } else if (json_object_get(field->value, "triggers") != NULL) {
        bool is_compound = json_object_get(field->value, "require") != NULL;
        name = is_compound ? TCN_STR("compound") : TCN_STR("sequence");
    }
    if (tcn_str_eq_c(name, "event")) {
        *ret = TCN_TRIGGER_EVENT;
    } else if (tcn_str_eq_c(name, "compound")) {
        *ret = TCN_TRIGGER_COMPOUND;
    } else if (tcn_str_eq_c(name, "sequence")) {
        *ret = TCN_TRIGGER_SEQUENCE;
    } else {
        tcn_field_refuse(&type, "Input should be 'event', 'compound' or 'sequence'");
        return false;
    }
    return true;
}

/* Its own id, or one that follows from the automation's id and the place in it. */
static bool parse_id(tcn_trigger_parser *parser, const tcn_field *field, tcn_uuid *ret)
{
    tcn_field id = tcn_field_get(field, "id");
    if (tcn_field_uuid(&id, ret))
        return true;
    if (id.value != NULL && !json_is_null(id.value))
        return false;
    char name[16 + 512];
    memcpy(name, parser->automation_id.bytes, 16);
    (void)tcn_field_path(field, name + 16, sizeof name - 16);
    *ret = tcn_uuid_v5(name, 16 + strlen(name + 16));
    return true;
}

static bool check_limits(tcn_trigger_parser *parser, const tcn_field *field,
                         uint32_t depth)
{
    if (++parser->count == parser->limits->triggers + 1)
        tcn_field_refuse(field, "An automation may have at most %u triggers",
                         parser->limits->triggers);
    if (parser->count > parser->limits->triggers)
        return false;
    if (depth <= parser->limits->trigger_depth)
        return true;
    tcn_field_refuse(field, "Triggers may be nested at most %u deep",
                     parser->limits->trigger_depth);
    return false;
}

static bool parse_into(tcn_trigger_parser *parser, const tcn_field *field, uint32_t depth,
                       tcn_trigger *trigger, json_t *document)
{
    static const char *const names[] = {
        [TCN_TRIGGER_EVENT] = "event",
        [TCN_TRIGGER_COMPOUND] = "compound",
        [TCN_TRIGGER_SEQUENCE] = "sequence",
    };
    trigger->ordinal = parser->count - 1;
    if (!parse_type(field, &trigger->type) || !parse_id(parser, field, &trigger->id))
        return false;
    if (!tcn_trigger_set_field(parser, document, "type",
                               json_string(names[trigger->type])) ||
        !tcn_trigger_set_field(parser, document, "id", tcn_json_uuid(&trigger->id)))
        return false;
    if (trigger->type == TCN_TRIGGER_EVENT)
        return tcn_trigger_parse_event(parser, field, document, trigger);
    return parse_composite(parser, field, depth, document, trigger);
}

bool tcn_trigger_parse(tcn_trigger_parser *parser, const tcn_field *field, uint32_t depth,
                       tcn_trigger **ret, json_t **ret_document)
{
    if (!check_limits(parser, field, depth))
        return false;
    if (!json_is_object(field->value)) {
        tcn_field_refuse(field, "%s",
                         field->value == NULL ? "Field required"
                                              : "Input should be a valid dictionary");
        return false;
    }
    tcn_trigger *trigger = tcn_alloc_zero(sizeof *trigger);
    json_t *document = json_object();
    if (trigger == NULL || document == NULL)
        parser->status = TCN_E_NOMEM;
    if (parser->status < 0 || !parse_into(parser, field, depth, trigger, document)) {
        tcn_trigger_free(trigger);
        json_decref(document);
        return false;
    }
    trigger->document = document;
    *ret = trigger;
    *ret_document = document;
    return true;
}

void tcn_trigger_free(tcn_trigger *trigger)
{
    if (trigger == NULL)
        return;
    for (uint32_t i = 0; i < trigger->child_count; i++)
        tcn_trigger_free(trigger->children[i]);
    for (uint32_t i = 0; i < trigger->related_count; i++)
        tcn_match_deinit(&trigger->related[i]);
    tcn_match_deinit(&trigger->match);
    tcn_globs_deinit(&trigger->after);
    tcn_globs_deinit(&trigger->expect);
    tcn_free(trigger->related);
    tcn_free(trigger->for_each);
    tcn_free(trigger->children);
    tcn_free(trigger);
}
