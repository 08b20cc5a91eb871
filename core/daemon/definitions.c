/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.c - every object is checked, and every problem is told with its place. */
#include "core/daemon/definitions.h"

#include <stdio.h>

#include "core/action/dispatcher.h"
#include "core/base/alloc.h"
#include "core/daemon/references.h"
#include "core/value/document.h"

void tcn_definitions_read(const char *blocks_dir, const char *automations_dir,
                          const tcn_definitions_limits *limits, tcn_found *blocks,
                          tcn_found *automations, tcn_problems *problems)
{
    const tcn_found_options of_blocks = {"blocks", limits->blocks};
    const tcn_found_options of_automations = {"automations", limits->automations};
    tcn_found_read_dir(blocks, blocks_dir, &of_blocks, problems);
    tcn_found_read_dir(automations, automations_dir, &of_automations, problems);
}

static const json_t *find_block(const char *name, void *ud)
{
    const tcn_found *blocks = ud;
    uintptr_t place = (uintptr_t)tcn_map_get(&blocks->names, tcn_str_c(name));
    return place == 0 ? NULL : blocks->items[place - 1].document;
}

void tcn_definitions_block(tcn_stage *stage, const tcn_found *blocks, size_t i,
                           tcn_problems *problems)
{
    const tcn_definition *object = &blocks->items[i];
    size_t first = problems->count;
    const tcn_block_origin origin = {.source = tcn_yaml_source(object->file)};
    json_t *document = tcn_references_resolve(object->document, find_block,
                                              (void *)(uintptr_t)blocks, problems);
    if (document != NULL)
        (void)tcn_stage_block_put(stage, document, &origin, problems);
    else if (problems->count == first)
        tcn_problems_add(problems, &(tcn_err){.code = TCN_E_NOMEM});
    json_decref(document);
    tcn_definition_place(object, problems, first);
}

void tcn_definitions_fallbacks(const tcn_stage *stage, const tcn_found *blocks,
                               tcn_problems *problems)
{
    for (size_t i = 0; i < blocks->count; i++) {
        const tcn_definition *object = &blocks->items[i];
        size_t first = problems->count;
        tcn_stage_fallback_check(stage, object->document, problems);
        tcn_definition_place(object, problems, first);
    }
}

/* ---- automations ---- */

/* A problem at that path or below it was told already, since the first one. */
static bool is_told(const tcn_problems *problems, size_t first, const char *path)
{
    for (size_t i = first; i < problems->count; i++) {
        const tcn_err *err = &problems->items[i].err;
        if (strncmp(err->field, path, strlen(path)) == 0)
            return true;
    }
    return false;
}

/* What an automation is checked against. */
typedef struct checking {
    const tcn_definitions_limits *limits;
    const tcn_blocks *blocks; /* NULL: not looked up */
} checking;

/* Of the list's actions those whose form the automation's own parser accepts; also when
 * the rest of the automation is wrong. */
static void check_actions(const checking *checks, const json_t *document,
                          const char *list, size_t first, tcn_problems *problems)
{
    const tcn_tpl_limits *limits = &checks->limits->templates;
    const tcn_tpl_limits *templates = limits->source_bytes > 0 ? limits : NULL;
    size_t i;
    const json_t *action;
    json_array_foreach(json_object_get(document, list), i, action)
    {
        char path[64];
        (void)snprintf(path, sizeof path, "%s[%zu]", list, i);
        if (!is_told(problems, first, path))
            (void)tcn_action_check(action, path, checks->blocks, templates, problems);
    }
}

static int keep(tcn_automations *automations, tcn_automation *automation)
{
    int rc = tcn_grow((void **)&automations->items, &automations->capacity,
                      automations->count + 1, sizeof *automations->items);
    if (rc == 0)
        automations->items[automations->count++] = automation;
    return rc;
}

static void read_automation(const tcn_definition *object, const checking *checks,
                            tcn_automations *ret, tcn_problems *problems)
{
    const json_t *document = object->document;
    const char *name = json_string_value(json_object_get(document, "name"));
    tcn_uuid id = tcn_automation_file_id(tcn_str_c(name != NULL ? name : ""));
    size_t first = problems->count, errors = problems->errors;
    tcn_automation *automation = NULL;
    int rc = tcn_automation_parse(document, &id, &checks->limits->automation, &automation,
                                  problems);
    check_actions(checks, document, "actions", first, problems);
    check_actions(checks, document, "actions_on_trigger", first, problems);
    check_actions(checks, document, "actions_on_resolve", first, problems);
    if (rc >= 0 && problems->errors == errors) {
        rc = keep(ret, automation);
        if (rc < 0)
            tcn_problems_add(problems, &(tcn_err){.code = rc});
    }
    if (rc < 0 || problems->errors > errors)
        tcn_automation_free(automation);
    tcn_definition_place(object, problems, first);
}

void tcn_definitions_automations(const tcn_found *objects,
                                 const tcn_definitions_limits *limits,
                                 const tcn_blocks *blocks, tcn_automations *ret,
                                 tcn_problems *problems)
{
    const checking checks = {limits, blocks};
    for (size_t i = 0; i < objects->count; i++)
        read_automation(&objects->items[i], &checks, ret, problems);
}

void tcn_automations_deinit(tcn_automations *automations)
{
    for (size_t i = 0; i < automations->count; i++)
        tcn_automation_free(automations->items[i]);
    tcn_free(automations->items);
    *automations = (tcn_automations){0};
}

bool tcn_definitions_are_in_force(const tcn_automations *automations,
                                  const tcn_engine *engine)
{
    size_t i = 0;
    if (automations->count != tcn_engine_automation_count(engine))
        return false;
    while (i < automations->count &&
           json_equal(automations->items[i]->document,
                      tcn_engine_automation_at(engine, i)->document))
        i++;
    return i == automations->count;
}

/* ---- as text ---- */

/* Takes list over, also on failure; NULL: out of memory. */
static int list_text_own(json_t *list, char **ret)
{
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    int rc = list == NULL ? TCN_E_NOMEM : tcn_document_write(list, &text);
    if (rc >= 0)
        *ret = tcn_buf_take(&text, NULL);
    tcn_buf_deinit(&text);
    json_decref(list);
    return rc;
}

int tcn_definitions_automations_text(const tcn_automations *automations, char **ret)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < automations->count; i++) {
        if (json_array_append(list, automations->items[i]->document) < 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list_text_own(list, ret);
}

int tcn_definitions_blocks_text(const tcn_found *blocks, char **ret)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < blocks->count; i++) {
        json_t *document = (json_t *)(uintptr_t)blocks->items[i].document;
        if (json_array_append(list, document) < 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list_text_own(list, ret);
}

void tcn_definitions_check_file(const char *path, const tcn_definitions_limits *limits,
                                tcn_problems *problems)
{
    const tcn_found_options options = {"automations", limits->automations};
    tcn_found objects = {0};
    tcn_automations automations = {0};
    tcn_found_read_file(&objects, path, &options, problems);
    tcn_definitions_automations(&objects, limits, NULL, &automations, problems);
    tcn_automations_deinit(&automations);
    tcn_found_deinit(&objects);
}
