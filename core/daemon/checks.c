/* SPDX-License-Identifier: Apache-2.0 */
/* checks.c - automations are checked one by one, each with its actions and templates;
 * many of them on two threads. */
#include <stdio.h>
#include <uv.h>

#include "core/action/dispatcher.h"
#include "core/base/alloc.h"
#include "core/daemon/definitions.h"

#define MANY 200 /* objects that are worth another thread */

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

/* Of the list's actions those whose form the automation's own parser accepts; also when
 * the rest of the automation is wrong. */
static void check_actions(const tcn_definitions_against *checks, const json_t *document,
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

/* Takes both over. */
static int add_own(tcn_automations *automations, const tcn_automations_item *item)
{
    int rc = tcn_grow((void **)&automations->items, &automations->capacity,
                      automations->count + 1, sizeof *automations->items);
    if (rc == 0) {
        automations->items[automations->count++] = *item;
        automations->parsed += item->parsed != NULL;
        return 0;
    }
    tcn_defined_unref(item->defined);
    tcn_automation_free(item->parsed);
    return rc;
}

/* Checks it whole; *ret is NULL when it is wrong. */
static int parse(const tcn_definition *object, const tcn_definitions_against *checks,
                 tcn_automation **ret, tcn_problems *problems)
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
    bool is_wrong = rc < 0 || problems->errors > errors;
    if (rc >= 0 && is_wrong)
        tcn_automation_free(automation);
    *ret = is_wrong ? NULL : automation;
    return rc;
}

static int take(size_t at, const tcn_definition *object,
                const tcn_definitions_against *checks, tcn_automations *ret,
                tcn_problems *problems)
{
    tcn_automations_item item = {.defined = object->kept, .object = at};
    tcn_digest digest = {{0}};
    if (item.defined == NULL) {
        const char *name = json_string_value(json_object_get(object->document, "name"));
        digest = tcn_digest_of(object->document);
        item.defined =
            tcn_kept_find(checks->kept, tcn_str_c(name != NULL ? name : ""), &digest);
    }
    if (item.defined != NULL) {
        (void)tcn_defined_ref(item.defined);
        return add_own(ret, &item);
    }
    size_t count = problems->count;
    int rc = parse(object, checks, &item.parsed, problems);
    if (item.parsed == NULL)
        return rc == TCN_E_NOMEM ? rc : 0;
    rc = tcn_defined_new(&digest, item.parsed, problems->count > count, &item.defined);
    if (rc < 0) {
        tcn_automation_free(item.parsed);
        return rc;
    }
    return add_own(ret, &item);
}

/* ---- parts ---- */

/* Some of the objects, and what comes of them. */
typedef struct part {
    const tcn_found *objects;
    size_t from, to;
    const tcn_definitions_against *against;
    tcn_automations automations;
    tcn_problems problems;
} part;

static void check_part(void *arg)
{
    part *p = arg;
    for (size_t i = p->from; i < p->to; i++) {
        const tcn_definition *object = &p->objects->items[i];
        size_t first = p->problems.count;
        int rc = take(i, object, p->against, &p->automations, &p->problems);
        if (rc < 0)
            tcn_problems_add(&p->problems, &(tcn_err){.code = rc});
        tcn_definition_place(object, &p->problems, first);
    }
}

/* Appends what was made of the part. */
static void join(part *p, tcn_automations *ret, tcn_problems *problems)
{
    tcn_automations *own = &p->automations;
    int rc = tcn_grow((void **)&ret->items, &ret->capacity, ret->count + own->count,
                      sizeof *ret->items);
    if (rc == 0 && own->count > 0) {
        memcpy(ret->items + ret->count, own->items, own->count * sizeof *own->items);
        ret->count += own->count;
        ret->parsed += own->parsed;
        own->count = 0;
    }
    if (rc < 0)
        tcn_problems_add(problems, &(tcn_err){.code = rc});
    tcn_automations_deinit(own);
    tcn_problems_move(problems, &p->problems);
    tcn_problems_deinit(&p->problems);
}

/* Two of one id would be one automation that changes with every reload. */
static int refuse_twin(tcn_map *ids, tcn_defined *defined, tcn_problems *problems)
{
    const tcn_defined *other = tcn_map_get(ids, tcn_defined_key(defined));
    if (other == NULL)
        return tcn_map_put(ids, tcn_defined_key(defined), defined, NULL);
    tcn_err err = {0};
    (void)tcn_err_set(&err, TCN_E_EXISTS, "the id is that of automation \"%.200s\"",
                      other->name);
    (void)snprintf(err.field, sizeof err.field, "id");
    tcn_problems_add(problems, &err);
    return 0;
}

static void refuse_twins(const tcn_found *objects, const tcn_automations *automations,
                         tcn_problems *problems)
{
    tcn_map ids = {0};
    for (size_t i = 0; i < automations->count; i++) {
        const tcn_automations_item *item = &automations->items[i];
        size_t first = problems->count;
        int rc = refuse_twin(&ids, item->defined, problems);
        if (rc < 0)
            tcn_problems_add(problems, &(tcn_err){.code = rc});
        tcn_definition_place(&objects->items[item->object], problems, first);
    }
    tcn_map_deinit(&ids);
}

void tcn_definitions_automations(const tcn_found *objects,
                                 const tcn_definitions_against *against,
                                 tcn_automations *ret, tcn_problems *problems)
{
    size_t count = objects->count;
    size_t middle = count < MANY ? count : count / 2;
    part parts[] = {
        {.objects = objects, .to = middle, .against = against},
        {.objects = objects, .from = middle, .to = count, .against = against},
    };
    uv_thread_t thread;
    bool is_shared =
        middle < count && uv_thread_create(&thread, check_part, &parts[1]) == 0;
    check_part(&parts[0]);
    if (is_shared)
        (void)uv_thread_join(&thread);
    else
        check_part(&parts[1]);
    for (size_t i = 0; i < TCN_COUNT(parts); i++)
        join(&parts[i], ret, problems);
    refuse_twins(objects, ret, problems);
}
