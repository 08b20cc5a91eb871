/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_explain.c - why an automation of a scenario fired or did not: the scenario is
 * played once more, and the engine is asked just before the event in question comes, or
 * just before the time in question. */
#include "core/base/datetime.h"
#include "core/cli/explain_text.h"
#include "core/cli/scenario.h"
#include "core/engine/explain.h"

#define INDENT 6

typedef struct asking {
    const tcn_scenario_question *question;
    tcn_buf *text;
    bool is_answered, is_automation_unknown;
} asking;

static const tcn_automation *find(const tcn_engine *engine, tcn_str name)
{
    for (size_t i = 0; i < tcn_engine_automation_count(engine); i++) {
        const tcn_automation *automation = tcn_engine_automation_at(engine, i);
        if (tcn_str_eq_c(name, automation->name))
            return automation;
    }
    return NULL;
}

/* Without an event, one that comes at the time in question is as good. */
static bool is_asked(const tcn_scenario_question *question, const tcn_event *event,
                     int64_t at_us)
{
    if (question->has_event)
        return event != NULL && tcn_uuid_eq(&event->id, &question->event);
    return event == NULL && question->has_at && at_us == question->at_us;
}

static void look(const tcn_engine *engine, const tcn_event *event, int64_t at_us,
                 void *ud)
{
    asking *a = ud;
    if (a->is_answered || !is_asked(a->question, event, at_us))
        return;
    a->is_answered = true;
    const tcn_automation *automation = find(engine, a->question->automation);
    a->is_automation_unknown = automation == NULL;
    if (automation == NULL)
        return;
    json_t *explanation = tcn_engine_explain(engine, automation, event);
    if (explanation != NULL)
        tcn_explain_text_write(explanation, INDENT, a->text);
    json_decref(explanation);
}

static void say_nothing_known(const asking *a, tcn_buf *text)
{
    char id[TCN_UUID_TEXT + 1];
    if (a->is_automation_unknown)
        (void)tcn_buf_printf(text, "%*sthere is no automation of that name then\n",
                             INDENT, "");
    else if (!a->is_answered && a->question->has_event)
        (void)tcn_buf_printf(text, "%*sno step delivers event %s\n", INDENT, "",
                             tcn_uuid_format(&a->question->event, id));
}

void tcn_scenario_explain(const tcn_scenario *scenario,
                          const tcn_scenario_question *question, tcn_buf *text)
{
    asking a = {.question = question, .text = text};
    tcn_scenario_options options = *scenario->options;
    options.look = look;
    options.ud = &a;
    options.pause_at_us =
        question->has_at && !question->has_event ? question->at_us : INT64_MIN;
    tcn_scenario again;
    tcn_problems problems;
    tcn_problems_init(&problems);
    (void)tcn_scenario_play(scenario->document, &options, &again, &problems);
    say_nothing_known(&a, text);
    tcn_scenario_deinit(&again);
    tcn_problems_deinit(&problems);
}
