/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.c - one line a fact: which condition holds, what was counted, what is
 * still missing, what would fire. Names and values come from events: control characters
 * in them are escaped. */
#include "core/cli/explain_text.h"

#include <stdio.h>

#include "core/base/compiler.h"

#define CLAUSE_WIDTH   28
#define CHILDREN_SHOWN 20

typedef struct writer {
    tcn_buf *out;
    int indent;
} writer;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void begin_line(writer *w)
{
    (void)tcn_buf_printf(w->out, "%*s", w->indent, "");
}

static void add_shown(writer *w, const char *text)
{
    (void)tcn_buf_add_printable(w->out, tcn_str_c(text));
}

/* "a" or "b", or what else is wanted, as it stands in the definition. */
static void add_wanted(writer *w, const json_t *wants)
{
    if (json_is_string(wants)) {
        (void)tcn_buf_add_char(w->out, '"');
        add_shown(w, json_string_value(wants));
        (void)tcn_buf_add_char(w->out, '"');
        return;
    }
    size_t count = json_array_size(wants);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            (void)tcn_buf_add_c(w->out, " or ");
        add_wanted(w, json_array_get(wants, i));
    }
    if (count == 0)
        (void)tcn_buf_add_c(w->out, "nothing that could be met");
}

/* ---- clauses ---- */

/* Of expect and after one may fail as long as the other holds. */
static const char *clause_result(const json_t *clause, bool is_of_interest)
{
    if (json_is_true(json_object_get(clause, "passed")))
        return "passed";
    const char *name = text_of(clause, "clause");
    bool is_name = strcmp(name, "expect") == 0 || strcmp(name, "after") == 0;
    return is_name && is_of_interest ? "no" : "FAILED";
}

static void write_clause(writer *w, const json_t *clause, bool is_of_interest)
{
    const json_t *has = json_object_get(clause, "has");
    const char *name = text_of(clause, "clause");
    begin_line(w);
    (void)tcn_buf_printf(w->out, "  %-6s  ", clause_result(clause, is_of_interest));
    size_t start = w->out->len;
    add_shown(w, name);
    for (size_t width = w->out->len - start; width < CLAUSE_WIDTH; width++)
        (void)tcn_buf_add_char(w->out, ' ');
    (void)tcn_buf_add_c(w->out, " wants ");
    add_wanted(w, json_object_get(clause, "wants"));
    if (json_is_string(has)) {
        (void)tcn_buf_add_c(w->out, ", has ");
        add_wanted(w, has);
    } else {
        (void)tcn_buf_add_c(w->out, ", has none");
    }
    (void)tcn_buf_add_char(w->out, '\n');
}

/* ---- buckets ---- */

static void add_labels(writer *w, json_t *labels)
{
    const char *key;
    json_t *value;
    json_object_foreach(labels, key, value)
    {
        add_shown(w, key);
        (void)tcn_buf_add_char(w->out, '=');
        add_wanted(w, value);
        (void)tcn_buf_add_c(w->out, " ");
    }
}

static void write_bucket(writer *w, const char *head, const json_t *trigger,
                         const json_t *bucket)
{
    json_int_t threshold = number_of(trigger, "threshold");
    begin_line(w);
    (void)tcn_buf_printf(w->out, "  %-7s ", head);
    if (!json_is_object(bucket)) {
        (void)tcn_buf_add_c(w->out, "no bucket\n");
        return;
    }
    add_labels(w, json_object_get(bucket, "labels"));
    json_int_t count = number_of(bucket, "count");
    (void)tcn_buf_printf(w->out,
                         "count %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT, count,
                         threshold);
    if (count < threshold)
        (void)tcn_buf_printf(w->out, " (%" JSON_INTEGER_FORMAT " missing)",
                             threshold - count);
    (void)tcn_buf_printf(w->out, ", window %s to %s", text_of(bucket, "start"),
                         text_of(bucket, "end"));
    const char *last = text_of(bucket, "last_event");
    if (last[0] != '\0')
        (void)tcn_buf_printf(w->out, ", last event %s", last);
    (void)tcn_buf_add_char(w->out, '\n');
}

static const char *role_text(const char *role)
{
    static const char *const texts[][2] = {
        {"counts", "; the event counts"},
        {"starts", "; the event opens a window"},
        {"starts and counts", "; the event opens a window and counts"},
        {"none", "; the event is not for this trigger"},
    };
    for (size_t i = 0; i < TCN_COUNT(texts); i++)
        if (strcmp(role, texts[i][0]) == 0)
            return texts[i][1];
    return "";
}

static void write_event_trigger(writer *w, const json_t *trigger)
{
    const char *role = text_of(trigger, "role");
    bool is_of_interest = role[0] != '\0' && strcmp(role, "none") != 0;
    (void)tcn_buf_printf(w->out,
                         "%s, threshold %" JSON_INTEGER_FORMAT
                         ", within %g s, buckets %" JSON_INTEGER_FORMAT "%s\n",
                         text_of(trigger, "posture"), number_of(trigger, "threshold"),
                         json_number_value(json_object_get(trigger, "within")),
                         number_of(trigger, "buckets"), role_text(role));
    const json_t *clauses = json_object_get(trigger, "clauses");
    for (size_t i = 0; i < json_array_size(clauses); i++)
        write_clause(w, json_array_get(clauses, i), is_of_interest);
    const json_t *some = json_object_get(trigger, "some_buckets");
    for (size_t i = 0; i < json_array_size(some); i++)
        write_bucket(w, "now", trigger, json_array_get(some, i));
    if (some == NULL)
        write_bucket(w, "now", trigger, json_object_get(trigger, "bucket"));
    const json_t *after = json_object_get(trigger, "bucket_after");
    if (after != NULL && is_of_interest)
        write_bucket(w, "then", trigger, after);
}

/* ---- composites ---- */

static void write_fired(writer *w, const char *head, const json_t *fired)
{
    size_t count = json_array_size(fired);
    begin_line(w);
    if (count == 0)
        (void)tcn_buf_printf(w->out, "  %-7s no child has fired", head);
    else
        (void)tcn_buf_printf(w->out, "  %-7s %zu %s fired", head, count,
                             count == 1 ? "child has" : "children have");
    for (size_t i = 0; i < count && i < CHILDREN_SHOWN; i++) {
        const json_t *child = json_array_get(fired, i);
        (void)tcn_buf_printf(w->out, "%s triggers[%" JSON_INTEGER_FORMAT "] at %s",
                             i == 0 ? ":" : ",", number_of(child, "trigger"),
                             text_of(child, "at"));
    }
    if (count > CHILDREN_SHOWN)
        (void)tcn_buf_add_c(w->out, ", ...");
}

/* One after the other, or so many of them. */
static void write_missing(writer *w, const json_t *trigger, const json_t *fired,
                          const json_t *missing)
{
    size_t count = json_array_size(missing);
    json_int_t needed =
        number_of(trigger, "require") - (json_int_t)json_array_size(fired);
    if (count > 0)
        (void)tcn_buf_add_c(w->out, "; missing:");
    if (strcmp(text_of(trigger, "type"), "compound") == 0 && needed < (json_int_t)count)
        (void)tcn_buf_printf(w->out, " %" JSON_INTEGER_FORMAT " of", needed);
    for (size_t i = 0; i < count && i < CHILDREN_SHOWN; i++)
        (void)tcn_buf_printf(w->out, "%s triggers[%" JSON_INTEGER_FORMAT "]",
                             i == 0 ? "" : ",",
                             json_integer_value(json_array_get(missing, i)));
    (void)tcn_buf_add_c(w->out, count > CHILDREN_SHOWN ? ", ...\n" : "\n");
}

static void write_children(writer *w, const char *head, const json_t *trigger,
                           const char *fired, const char *missing)
{
    write_fired(w, head, json_object_get(trigger, fired));
    write_missing(w, trigger, json_object_get(trigger, fired),
                  json_object_get(trigger, missing));
}

static void write_composite(writer *w, const json_t *trigger)
{
    const json_t *within = json_object_get(trigger, "within");
    (void)tcn_buf_printf(w->out, "needs %" JSON_INTEGER_FORMAT " of its triggers",
                         number_of(trigger, "require"));
    if (json_is_number(within))
        (void)tcn_buf_printf(w->out, " within %g s", json_number_value(within));
    (void)tcn_buf_add_char(w->out, '\n');
    write_children(w, "now", trigger, "fired", "missing");
    if (json_object_get(trigger, "fired_after") != NULL)
        write_children(w, "then", trigger, "fired_after", "missing_after");
}

static void write_trigger(writer *w, const json_t *trigger)
{
    begin_line(w);
    (void)tcn_buf_printf(w->out, "%s: %s, ", text_of(trigger, "path"),
                         text_of(trigger, "type"));
    if (json_object_get(trigger, "posture") != NULL)
        write_event_trigger(w, trigger);
    else if (json_object_get(trigger, "require") != NULL)
        write_composite(w, trigger);
    else
        (void)tcn_buf_add_c(w->out, "not in force\n");
    const json_t *children = json_object_get(trigger, "triggers");
    for (size_t i = 0; i < json_array_size(children); i++)
        write_trigger(w, json_array_get(children, i));
}

/* ---- the whole ---- */

static void write_event(writer *w, const json_t *event)
{
    begin_line(w);
    (void)tcn_buf_printf(w->out, "event %s \"", text_of(event, "id"));
    add_shown(w, text_of(event, "event"));
    (void)tcn_buf_add_c(w->out, "\" of \"");
    add_shown(w, text_of(event, "resource"));
    (void)tcn_buf_printf(w->out, "\", occurred %s\n", text_of(event, "occurred"));
    if (json_is_true(json_object_get(event, "is_known"))) {
        begin_line(w);
        (void)tcn_buf_add_c(
            w->out,
            "  its id was seen in the last 30 minutes; what follows is for another "
            "one like it\n");
    }
    const char *leader = text_of(event, "waits_for");
    if (leader[0] != '\0') {
        begin_line(w);
        (void)tcn_buf_printf(w->out, "  it waits for the event that it follows, %s\n",
                             leader);
    }
}

static void write_outcome(writer *w, const json_t *outcome, bool has_event)
{
    begin_line(w);
    if (!json_is_object(outcome)) {
        (void)tcn_buf_add_c(w->out, "what would fire is not told: of so many windows "
                                    "that takes too long\n");
        return;
    }
    if (!json_is_true(json_object_get(outcome, "fires"))) {
        (void)tcn_buf_printf(w->out, "nothing would fire%s\n",
                             has_event ? " by this event" : " by the passing of time");
        return;
    }
    bool is_absence = strcmp(text_of(outcome, "by"), "absence") == 0;
    (void)tcn_buf_printf(w->out, "would fire %s at %s%s\n",
                         is_absence ? "if nothing else comes," : "by this event,",
                         text_of(outcome, "at"),
                         json_is_true(json_object_get(outcome, "suppressed"))
                             ? ", suppressed by the loop breaker"
                             : "");
}

/* What delays the end of every window. */
static void write_lag(const json_t *explanation, tcn_buf *out)
{
    double lag_s = json_number_value(json_object_get(explanation, "lag"));
    const char *event = text_of(explanation, "lag_event");
    if (lag_s > 0 && lag_s < 0.001)
        (void)tcn_buf_printf(out, "%.0f us", lag_s * 1e6);
    else
        (void)tcn_buf_printf(out, "%g s", lag_s);
    if (lag_s > 0 && event[0] != '\0')
        (void)tcn_buf_printf(out, " (event %s)", event);
    (void)tcn_buf_add_c(out, "\n");
}

void tcn_explain_text_write(const json_t *explanation, int indent, tcn_buf *out)
{
    writer w = {.out = out, .indent = indent};
    const json_t *automation = json_object_get(explanation, "automation");
    const json_t *event = json_object_get(explanation, "event");
    begin_line(&w);
    (void)tcn_buf_add_c(out, "automation \"");
    add_shown(&w, text_of(automation, "name"));
    (void)tcn_buf_printf(
        out, "\" %s, %s; clock %s, lag ", text_of(automation, "id"),
        json_is_true(json_object_get(automation, "enabled")) ? "enabled" : "DISABLED",
        text_of(explanation, "clock"));
    write_lag(explanation, out);
    if (event != NULL)
        write_event(&w, event);
    write_trigger(&w, json_object_get(explanation, "trigger"));
    write_outcome(&w, json_object_get(explanation, "outcome"), event != NULL);
}
