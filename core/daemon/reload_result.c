/* SPDX-License-Identifier: Apache-2.0 */
/* reload_result.c - how a run ended, for whoever asked, for the log and for the status.
 */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/daemon/reload_int.h"

static double took_ms(const tcn_reload_run *run)
{
    return (double)(tcn_clock_mono_us() - run->began_mono_us) / 1e3;
}

static json_t *problem_json(const tcn_problem *problem)
{
    const tcn_err *err = &problem->err;
    char text[1024];
    (void)tcn_err_format(err, text, sizeof text);
    return json_pack("{s:s, s:b, s:s, s:i, s:i}", "text", text, "is_warning",
                     problem->is_warning, "file", err->source, "line", (int)err->line,
                     "column", (int)err->column);
}

static json_t *problems_json(const tcn_problems *problems)
{
    json_t *list = json_array();
    for (size_t i = 0; i < problems->count; i++)
        (void)json_array_append_new(list, problem_json(&problems->items[i]));
    return list;
}

/* "reload refused: 2 problems, the first: FILE:3:1: ..." */
static json_t *detail_json(const tcn_problems *problems)
{
    char first[1024] = "";
    for (size_t i = 0; i < problems->count && first[0] == '\0'; i++)
        if (!problems->items[i].is_warning)
            (void)tcn_err_format(&problems->items[i].err, first, sizeof first);
    return json_sprintf("reload refused: %zu problem%s%s%s", problems->errors,
                        tcn_plural(problems->errors),
                        problems->errors == 1 ? ": " : ", the first: ", first);
}

/* How many there are, and how many of them were not as they had been. */
static const char *looked_at_text(const tcn_reload_run *run, char *out, size_t size)
{
    size_t plugins = run->plugin_files.files, blocks = run->blocks.count;
    size_t files = run->blocks.file_count + run->objects.file_count;
    size_t automations = run->automations.count;
    (void)snprintf(out, size,
                   "%zu plugin file%s (%zu read), %zu file%s of definitions (%zu read), "
                   "%zu block%s, %zu automation%s (%zu checked)",
                   plugins, tcn_plural(plugins), run->plugin_files.read, files,
                   tcn_plural(files), run->blocks.read + run->objects.read, blocks,
                   tcn_plural(blocks), automations, tcn_plural(automations),
                   run->automations.parsed);
    return out;
}

static json_t *looked_at_json(const tcn_reload_run *run)
{
    char text[300];
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "plugin_files",
                     (json_int_t)run->plugin_files.files, "plugin_files_read",
                     (json_int_t)run->plugin_files.read, "definition_files",
                     (json_int_t)(run->blocks.file_count + run->objects.file_count),
                     "definition_files_read",
                     (json_int_t)(run->blocks.read + run->objects.read), "blocks",
                     (json_int_t)run->blocks.count, "automations",
                     (json_int_t)run->automations.count, "automations_checked",
                     (json_int_t)run->automations.parsed, "text",
                     looked_at_text(run, text, sizeof text));
}

json_t *tcn_reload_document(const tcn_reload_run *run, const char *result)
{
    json_t *document =
        json_pack("{s:s, s:f, s:O, s:O, s:o, s:o}", "result", result, "took_ms",
                  took_ms(run), "changes", run->changes, "notes", run->notes, "problems",
                  problems_json(&run->problems), "looked_at", looked_at_json(run));
    if (document != NULL && run->problems.errors > 0)
        (void)json_object_set_new(document, "detail", detail_json(&run->problems));
    return document;
}

json_t *tcn_reload_last(const tcn_reload_run *run, const char *result)
{
    char at[TCN_DATETIME_TEXT];
    (void)tcn_datetime_format(run->began_at_us, at);
    json_t *texts = json_array();
    for (size_t i = 0; i < run->problems.count; i++) {
        char text[1024];
        (void)tcn_err_format(&run->problems.items[i].err, text, sizeof text);
        (void)json_array_append_new(texts, json_string(text));
    }
    return json_pack("{s:s, s:s, s:s, s:f, s:I, s:o}", "at", at, "trigger", run->trigger,
                     "result", result, "took_ms", took_ms(run), "changes",
                     (json_int_t)json_array_size(run->changes), "problems", texts);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void tell_changes(tcn_log *log, const tcn_reload_run *run)
{
    size_t i;
    const json_t *change;
    json_array_foreach(run->changes, i, change)
    {
        const char *detail = text_of(change, "detail");
        tcn_log_write(log, TCN_LOG_INFO, "reload", "%s %s %s%s%s%s",
                      text_of(change, "change"), text_of(change, "kind"),
                      text_of(change, "name"), detail[0] != '\0' ? " (" : "", detail,
                      detail[0] != '\0' ? ")" : "");
    }
    const json_t *note;
    json_array_foreach(run->notes, i, note)
        tcn_log_write(log, TCN_LOG_WARNING, "reload", "%s", json_string_value(note));
}

void tcn_reload_tell(tcn_reload *reload, const char *result)
{
    const tcn_reload_run *run = &reload->run;
    tcn_log *log = reload->daemon->log;
    if (run->is_plan)
        return;
    for (size_t i = 0; i < run->problems.count; i++) {
        const tcn_problem *problem = &run->problems.items[i];
        char text[1024];
        tcn_log_write(log, problem->is_warning ? TCN_LOG_WARNING : TCN_LOG_ERROR,
                      "reload", "%s", tcn_err_format(&problem->err, text, sizeof text));
    }
    if (run->problems.errors > 0) {
        tcn_log_write(log, TCN_LOG_ERROR, "reload",
                      "refused (%s): %zu problem%s; everything runs on as it was",
                      run->trigger, run->problems.errors,
                      tcn_plural(run->problems.errors));
        return;
    }
    tell_changes(log, run);
    char text[300];
    if (json_array_size(run->changes) == 0)
        tcn_log_write(log, TCN_LOG_NOTICE, "reload",
                      "%s (%s): nothing changed; looked at %s in %.1f ms", result,
                      run->trigger, looked_at_text(run, text, sizeof text), took_ms(run));
    else
        tcn_log_write(log, TCN_LOG_NOTICE, "reload", "%s (%s): %zu change%s in %.1f ms",
                      result, run->trigger, json_array_size(run->changes),
                      tcn_plural(json_array_size(run->changes)), took_ms(run));
}
