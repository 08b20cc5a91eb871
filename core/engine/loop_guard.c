/* SPDX-License-Identifier: Apache-2.0 */
/* loop_guard.c - refuses automations that run a deployment on the state changes which
 * that run itself will cause. Only Reactive event triggers at the top can do so. */
#include "core/engine/trigger.h"

static const char inferred_text[] =
    "Running an inferred deployment from a flow run state change event will lead to an infinite "
    "loop of flow runs.  Please choose a specific deployment and add additional filtering labels to "
    "the match or match_related for this automation's trigger.";
static const char selected_text[] =
    "Running a selected deployment from a flow run state change event may lead to an infinite loop "
    "of flow runs.  Please include additional filtering labels on either match or match_related to "
    "narrow down which flow runs will trigger this automation to exclude flow runs from the "
    "deployment you've selected.";

/* Every flow run that a deployment starts goes through these. */
static bool expects_state_of_new_run(const json_t *trigger)
{
    static const char *const names[] = {"prefect.flow-run.Scheduled",
                                        "prefect.flow-run.Pending",
                                        "prefect.flow-run.Running", "prefect.flow-run.*"};
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(trigger, "expect"), i, item)
    {
        for (size_t n = 0; n < TCN_COUNT(names); n++) {
            if (strcmp(json_string_value(item), names[n]) == 0)
                return true;
        }
    }
    return false;
}

static bool is_every_flow_run(const json_t *value)
{
    return json_is_string(value) &&
           strcmp(json_string_value(value), "prefect.flow-run.*") == 0;
}

/* {} or nothing but prefect.resource.id: prefect.flow-run.* */
static bool matches_every_flow_run(const json_t *match)
{
    if (json_object_size(match) != 1)
        return json_object_size(match) == 0;
    const json_t *id = json_object_get(match, "prefect.resource.id");
    size_t i;
    const json_t *item;
    json_array_foreach(id, i, item)
    {
        if (is_every_flow_run(item))
            return true;
    }
    return is_every_flow_run(id);
}

static bool is_unfiltered(const json_t *trigger)
{
    if (!matches_every_flow_run(json_object_get(trigger, "match")))
        return false;
    const json_t *related = json_object_get(trigger, "match_related");
    if (!json_is_array(related))
        return matches_every_flow_run(related);
    size_t i;
    const json_t *item;
    json_array_foreach(related, i, item)
    {
        if (matches_every_flow_run(item))
            return true;
    }
    return false;
}

void tcn_loop_guard(const json_t *document, const tcn_trigger *trigger,
                    tcn_problems *problems)
{
    if (!json_is_true(json_object_get(document, "enabled")) ||
        trigger->type != TCN_TRIGGER_EVENT || trigger->posture != TCN_REACTIVE ||
        !expects_state_of_new_run(trigger->document))
        return;
    tcn_field top = {.value = document, .problems = problems};
    tcn_field actions = tcn_field_get(&top, "actions");
    for (size_t i = 0; i < json_array_size(actions.value); i++) {
        tcn_field action = tcn_field_at(&actions, i);
        const char *type = json_string_value(json_object_get(action.value, "type"));
        const char *source = json_string_value(json_object_get(action.value, "source"));
        if (type == NULL || strcmp(type, "run-deployment") != 0)
            continue;
        if (source != NULL && strcmp(source, "inferred") == 0)
            tcn_field_refuse(&action, "%s", inferred_text);
        else if (is_unfiltered(trigger->document))
            tcn_field_refuse(&action, "%s", selected_text);
    }
}
