/* SPDX-License-Identifier: Apache-2.0 */
/* trigger.c - from a definition's trigger to its tree and canonical document. Parsing
 * goes on after a problem, so that one run names them all. */
#include "core/engine/trigger.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define PROACTIVE_WITHIN_MIN (10 * TCN_SECOND_US)
#define LABELS_MAX           500   /* in one match object */
#define VALUES_MAX           10000 /* of one label, of expect, of after */
#define FOR_EACH_MAX         100

static const char *const event_fields[] = {
    "type",     "id",      "match",     "match_related", "after", "expect",
    "for_each", "posture", "threshold", "within",        NULL};
static const char *const compound_fields[] = {"type",   "id",      "triggers",
                                              "within", "require", NULL};
static const char *const sequence_fields[] = {"type", "id", "triggers", "within", NULL};

/* ---- patterns and labels ---- */

static bool no_memory(tcn_trigger_parser *parser)
{
    parser->status = TCN_E_NOMEM;
    return false;
}

/* One string of a list of patterns; compile is the kind of pattern. */
static bool parse_pattern(tcn_trigger_parser *parser, const tcn_field *field,
                          tcn_globs *globs, int (*compile)(tcn_glob *, tcn_str))
{
    tcn_str text;
    if (!tcn_field_text(field, &text))
        return false;
    if (text.len > TCN_GLOB_MAX) {
        tcn_field_refuse(field, "Input should have at most %d bytes", TCN_GLOB_MAX);
        return false;
    }
    if (compile(&globs->items[globs->count], text) < 0)
        return no_memory(parser);
    globs->count++;
    return true;
}

static bool globs_alloc(tcn_trigger_parser *parser, const tcn_field *field, size_t count,
                        tcn_globs *globs)
{
    if (count > VALUES_MAX) {
        tcn_field_refuse(field, "List should have at most %d items", VALUES_MAX);
        return false;
    }
    globs->items = count == 0 ? NULL : tcn_alloc_array(count, sizeof *globs->items);
    return count == 0 || globs->items != NULL || no_memory(parser);
}

/* A value or a list of values, of which one must match. */
static bool parse_values(tcn_trigger_parser *parser, const tcn_field *field,
                         tcn_globs *globs)
{
    bool is_list = json_is_array(field->value);
    if (!is_list && !json_is_string(field->value)) {
        tcn_field_refuse(field, "Input should be a valid string or list of strings");
        return false;
    }
    size_t count = is_list ? json_array_size(field->value) : 1;
    if (!globs_alloc(parser, field, count, globs))
        return false;
    bool is_valid = true;
    for (size_t i = 0; i < count; i++) {
        tcn_field item = is_list ? tcn_field_at(field, i) : *field;
        is_valid = parse_pattern(parser, &item, globs, tcn_glob_init_label) && is_valid;
    }
    return is_valid;
}

static bool parse_match(tcn_trigger_parser *parser, const tcn_field *field,
                        tcn_match *match)
{
    if (!json_is_object(field->value)) {
        tcn_field_refuse(field, "Input should be a valid dictionary");
        return false;
    }
    size_t count = json_object_size(field->value);
    if (count > LABELS_MAX) {
        tcn_field_refuse(field, "Dictionary should have at most %d items", LABELS_MAX);
        return false;
    }
    if (count == 0)
        return true;
    match->tests = tcn_alloc_array(count, sizeof *match->tests);
    if (match->tests == NULL)
        return no_memory(parser);
    bool is_valid = true;
    void *iter = json_object_iter((json_t *)(uintptr_t)field->value);
    while (iter != NULL) {
        const char *name = json_object_iter_key(iter);
        tcn_label_test *test = &match->tests[match->count++];
        test->label = tcn_str_of(name, json_object_iter_key_len(iter));
        tcn_field value = tcn_field_get(field, name);
        is_valid = parse_values(parser, &value, &test->values) && is_valid;
        iter = json_object_iter_next((json_t *)(uintptr_t)field->value, iter);
    }
    return is_valid;
}

static bool parse_related(tcn_trigger_parser *parser, const tcn_field *field,
                          tcn_trigger *trigger)
{
    bool is_list = json_is_array(field->value);
    size_t count = is_list ? json_array_size(field->value) : 1;
    if (count > LABELS_MAX) {
        tcn_field_refuse(field, "List should have at most %d items", LABELS_MAX);
        return false;
    }
    if (count == 0)
        return true;
    trigger->related = tcn_alloc_array(count, sizeof *trigger->related);
    if (trigger->related == NULL)
        return no_memory(parser);
    trigger->related_count = (uint32_t)count;
    bool is_valid = true;
    for (size_t i = 0; i < count; i++) {
        tcn_field item = is_list ? tcn_field_at(field, i) : *field;
        is_valid = parse_match(parser, &item, &trigger->related[i]) && is_valid;
    }
    return is_valid;
}

/* The strings of a list, each once; *ret is a new list, empty when the field is absent.
 */
static bool parse_set(tcn_trigger_parser *parser, const tcn_field *field, json_t **ret)
{
    json_t *seen = json_object();
    json_t *list = json_array();
    bool is_valid = field->value == NULL || json_is_array(field->value);
    if (!is_valid)
        tcn_field_refuse(field, "Input should be a valid list");
    for (size_t i = 0; is_valid && i < json_array_size(field->value); i++) {
        tcn_field item = tcn_field_at(field, i);
        tcn_str text;
        if (!tcn_field_text(&item, &text)) {
            is_valid = false;
        } else if (json_object_getn(seen, text.ptr, text.len) == NULL) {
            if (json_object_setn_new(seen, text.ptr, text.len, json_null()) < 0 ||
                json_array_append(list, (json_t *)(uintptr_t)item.value) < 0)
                parser->status = TCN_E_NOMEM;
        }
    }
    json_decref(seen);
    if (list == NULL)
        parser->status = TCN_E_NOMEM;
    if (!is_valid || parser->status < 0) {
        json_decref(list);
        return false;
    }
    *ret = list;
    return true;
}

/* ---- event triggers ---- */

/* Compiles the set in document's field name, which is canonical already. */
static bool compile_names(tcn_trigger_parser *parser, const tcn_field *trigger,
                          const char *name, const json_t *document, tcn_globs *globs)
{
    tcn_field field = tcn_field_get(trigger, name);
    field.value = json_object_get(document, name);
    size_t count = json_array_size(field.value);
    if (!globs_alloc(parser, &field, count, globs))
        return false;
    bool is_valid = true;
    for (size_t i = 0; i < count; i++) {
        tcn_field item = tcn_field_at(&field, i);
        is_valid = parse_pattern(parser, &item, globs, tcn_glob_init_name) && is_valid;
    }
    return is_valid;
}

static int compare_labels(const void *a, const void *b)
{
    return tcn_str_cmp(((const tcn_key_label *)a)->text,
                       ((const tcn_key_label *)b)->text);
}

static bool compile_for_each(tcn_trigger_parser *parser, const tcn_field *field,
                             const json_t *document, tcn_trigger *trigger)
{
    const json_t *list = json_object_get(document, "for_each");
    size_t count = json_array_size(list);
    if (count > FOR_EACH_MAX) {
        tcn_field_refuse(field, "List should have at most %d items", FOR_EACH_MAX);
        return false;
    }
    if (count == 0)
        return true;
    trigger->for_each = tcn_alloc_array(count, sizeof *trigger->for_each);
    if (trigger->for_each == NULL)
        return no_memory(parser);
    trigger->for_each_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        trigger->for_each[i] = tcn_key_label_of(tcn_json_str(json_array_get(list, i)));
    qsort(trigger->for_each, count, sizeof *trigger->for_each, compare_labels);
    return true;
}

static bool parse_posture(const tcn_field *field, tcn_trigger *trigger)
{
    tcn_str text = TCN_STR("Reactive");
    if (field->value != NULL && !tcn_field_text(field, &text))
        return false;
    if (tcn_str_eq_c(text, "Proactive")) {
        trigger->posture = TCN_PROACTIVE;
    } else if (tcn_str_eq_c(text, "Reactive")) {
        trigger->posture = TCN_REACTIVE;
    } else {
        tcn_field_refuse(field, "Input should be Posture.Reactive or Posture.Proactive");
        return false;
    }
    return true;
}

static bool parse_event_within(const tcn_field *field, tcn_trigger *trigger)
{
    trigger->has_within = true;
    if (json_is_null(field->value)) {
        tcn_field_refuse(field, "`within` should be a valid timedelta");
        return false;
    }
    if (field->value != NULL && !tcn_field_duration(field, &trigger->within_us))
        return false;
    if (trigger->posture == TCN_PROACTIVE && trigger->within_us == 0)
        trigger->within_us = PROACTIVE_WITHIN_MIN;
    if (trigger->posture == TCN_PROACTIVE && trigger->within_us < PROACTIVE_WITHIN_MIN) {
        tcn_field_refuse(
            field, "`within` for Proactive triggers must be greater than or equal to "
                   "10 seconds");
        return false;
    }
    if (trigger->within_us < 0) {
        tcn_field_refuse(field, "Input should be greater than or equal to 0 seconds");
        return false;
    }
    return true;
}

static bool parse_threshold(const tcn_field *field, tcn_trigger *trigger)
{
    int64_t threshold = 1;
    if (field->value != NULL &&
        !tcn_field_integer(field, INT32_MIN, INT32_MAX, &threshold))
        return false;
    trigger->threshold = (int32_t)threshold;
    if (threshold <= 0 && trigger->posture == TCN_PROACTIVE)
        tcn_field_warn(field, "a Proactive trigger with a threshold below 1 never fires");
    return true;
}

/* Absent is {}. */
static json_t *object_or_empty(const json_t *value)
{
    return value != NULL ? json_incref((json_t *)(uintptr_t)value) : json_object();
}

static bool set_field(tcn_trigger_parser *parser, json_t *document, const char *name,
                      json_t *value)
{
    if (json_object_set_new(document, name, value) < 0)
        return no_memory(parser);
    return true;
}

/* Puts the canonical form of match, match_related and the three sets into document. */
static bool write_event_document(tcn_trigger_parser *parser, const tcn_field *field,
                                 json_t *document)
{
    static const char *const sets[] = {"after", "expect", "for_each"};
    bool is_valid =
        set_field(parser, document, "match",
                  object_or_empty(json_object_get(field->value, "match"))) &&
        set_field(parser, document, "match_related",
                  object_or_empty(json_object_get(field->value, "match_related")));
    for (size_t i = 0; i < TCN_COUNT(sets); i++) {
        tcn_field set = tcn_field_get(field, sets[i]);
        json_t *list = json_array();
        json_t *parsed = NULL;
        if (parse_set(parser, &set, &parsed)) {
            json_decref(list);
            list = parsed;
        } else {
            is_valid = false;
        }
        is_valid = set_field(parser, document, sets[i], list) && is_valid;
    }
    return is_valid;
}

static bool parse_labels(tcn_trigger_parser *parser, const tcn_field *field,
                         const json_t *document, tcn_trigger *trigger)
{
    tcn_field match = tcn_field_get(field, "match");
    tcn_field related = tcn_field_get(field, "match_related");
    match.value = json_object_get(document, "match");
    related.value = json_object_get(document, "match_related");
    bool is_valid = parse_match(parser, &match, &trigger->match);
    return parse_related(parser, &related, trigger) && is_valid;
}

static bool parse_event(tcn_trigger_parser *parser, const tcn_field *field,
                        json_t *document, tcn_trigger *trigger)
{
    tcn_field posture = tcn_field_get(field, "posture");
    tcn_field threshold = tcn_field_get(field, "threshold");
    tcn_field within = tcn_field_get(field, "within");
    tcn_field for_each = tcn_field_get(field, "for_each");

    tcn_field_unknown(field, event_fields);
    bool is_valid = write_event_document(parser, field, document);
    if (parser->status < 0)
        return false;
    is_valid = parse_labels(parser, field, document, trigger) && is_valid;
    is_valid =
        compile_names(parser, field, "after", document, &trigger->after) && is_valid;
    is_valid =
        compile_names(parser, field, "expect", document, &trigger->expect) && is_valid;
    is_valid = compile_for_each(parser, &for_each, document, trigger) && is_valid;
    if (!parse_posture(&posture, trigger))
        return false;
    is_valid = parse_event_within(&within, trigger) && is_valid;
    is_valid = parse_threshold(&threshold, trigger) && is_valid;
    const char *name = trigger->posture == TCN_REACTIVE ? "Reactive" : "Proactive";
    return is_valid && set_field(parser, document, "posture", json_string(name)) &&
           set_field(parser, document, "threshold", json_integer(trigger->threshold)) &&
           set_field(parser, document, "within", tcn_json_seconds(trigger->within_us));
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
    if (!set_field(parser, document, "triggers", documents))
        return false;
    if (count == 0)
        return true;
    trigger->children = tcn_alloc_array(count, sizeof(tcn_trigger *));
    if (trigger->children == NULL)
        return no_memory(parser);
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
            return no_memory(parser);
    }
    return is_valid;
}

static bool parse_composite_within(tcn_trigger_parser *parser, const tcn_field *field,
                                   json_t *document, tcn_trigger *trigger)
{
    if (field->value == NULL || json_is_null(field->value))
        return set_field(parser, document, "within", json_null());
    if (!tcn_field_duration(field, &trigger->within_us))
        return false;
    if (trigger->within_us < 0) {
        tcn_field_refuse(field, "Input should be greater than or equal to 0 seconds");
        return false;
    }
    trigger->has_within = true;
    return set_field(parser, document, "within", tcn_json_seconds(trigger->within_us));
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
    return is_valid && set_field(parser, document, "require",
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
    if (!set_field(parser, document, "type", json_string(names[trigger->type])) ||
        !set_field(parser, document, "id", tcn_json_uuid(&trigger->id)))
        return false;
    if (trigger->type == TCN_TRIGGER_EVENT)
        return parse_event(parser, field, document, trigger);
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
