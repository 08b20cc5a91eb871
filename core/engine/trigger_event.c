/* SPDX-License-Identifier: Apache-2.0 */
/* trigger_event.c - the fields of an event trigger: patterns and labels, names, keys,
 * posture, threshold and window. */
#include "core/engine/trigger_int.h"

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

/* ---- patterns and labels ---- */

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
        return tcn_trigger_no_memory(parser);
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
    return count == 0 || globs->items != NULL || tcn_trigger_no_memory(parser);
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
        return tcn_trigger_no_memory(parser);
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
        return tcn_trigger_no_memory(parser);
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
        return tcn_trigger_no_memory(parser);
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

/* Puts the canonical form of match, match_related and the three sets into document. */
static bool write_event_document(tcn_trigger_parser *parser, const tcn_field *field,
                                 json_t *document)
{
    static const char *const sets[] = {"after", "expect", "for_each"};
    bool is_valid =
        tcn_trigger_set_field(parser, document, "match",
                              object_or_empty(json_object_get(field->value, "match"))) &&
        tcn_trigger_set_field(
            parser, document, "match_related",
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
        is_valid = tcn_trigger_set_field(parser, document, sets[i], list) && is_valid;
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

bool tcn_trigger_parse_event(tcn_trigger_parser *parser, const tcn_field *field,
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
    return is_valid &&
           tcn_trigger_set_field(parser, document, "posture", json_string(name)) &&
           tcn_trigger_set_field(parser, document, "threshold",
                                 json_integer(trigger->threshold)) &&
           tcn_trigger_set_field(parser, document, "within",
                                 tcn_json_seconds(trigger->within_us));
}
