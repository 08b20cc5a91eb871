/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_explain.c - why an automation of a scenario fired or did not: the scenario is
 * played once more, and the engine is asked just before the event in question comes, or
 * just before the time in question, or at the end. */
#include "core/base/datetime.h"
#include "core/cli/explain_text.h"
#include "core/cli/scenario.h"
#include "core/engine/explain.h"

#define INDENT 6

typedef struct asking {
    const tcn_scenario_question *question;
    tcn_buf *text;
    bool is_delivered, is_answered, is_automation_unknown;
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

/* An event that came before the time in question is not what decided then. */
static bool is_asked(const tcn_scenario_question *question, const tcn_event *event,
                     int64_t at_us)
{
    if (question->has_event)
        return event != NULL && (!question->has_at || at_us == question->at_us);
    return event == NULL &&
           (at_us == TCN_SCENARIO_END || (question->has_at && at_us == question->at_us));
}

static void look(const tcn_engine *engine, const tcn_event *event, int64_t at_us,
                 void *ud)
{
    asking *a = ud;
    if (event != NULL && !tcn_uuid_eq(&event->id, &a->question->event))
        return;
    a->is_delivered = a->is_delivered || event != NULL;
    if (a->is_answered || !is_asked(a->question, event, at_us))
        return;
    a->is_answered = true;
    const tcn_automation *automation = find(engine, a->question->automation);
    a->is_automation_unknown = automation == NULL;
    if (automation == NULL)
        return;
    int64_t now_us = event != NULL ? at_us : tcn_engine_clock_us(engine);
    json_t *explanation = tcn_engine_explain(engine, automation, event, now_us);
    if (explanation != NULL)
        tcn_explain_text_write(explanation, INDENT, a->text);
    json_decref(explanation);
}

static void play_again(const tcn_scenario *scenario, asking *a)
{
    const tcn_scenario_question *question = a->question;
    tcn_scenario_options options = *scenario->options;
    options.look = look;
    options.ud = a;
    options.pause_at_us =
        question->has_at && !question->has_event ? question->at_us : INT64_MIN;
    tcn_scenario again;
    tcn_problems problems;
    tcn_problems_init(&problems);
    (void)tcn_scenario_play(scenario->document, &options, &again, &problems);
    tcn_scenario_deinit(&again);
    tcn_problems_deinit(&problems);
    if (a->is_automation_unknown)
        (void)tcn_buf_printf(a->text, "%*sthere is no automation of that name then\n",
                             INDENT, "");
}

void tcn_scenario_explain(const tcn_scenario *scenario,
                          const tcn_scenario_question *question, tcn_buf *text)
{
    asking a = {.question = question, .text = text};
    play_again(scenario, &a);
    if (a.is_answered || !question->has_event)
        return;
    char id[TCN_UUID_TEXT + 1];
    if (!a.is_delivered)
        (void)tcn_buf_printf(text, "%*sno step delivers event %s\n", INDENT, "",
                             tcn_uuid_format(&question->event, id));
    tcn_scenario_question without = *question;
    without.has_event = false;
    a.question = &without;
    play_again(scenario, &a);
}
