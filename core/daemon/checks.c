/* SPDX-License-Identifier: Apache-2.0 */
/* checks.c - automations are checked one by one, each with its actions and templates;
 * many of them on two threads. */
#include <stdio.h>
#include <uv.h>

#include "core/action/dispatcher.h"
#include "core/base/alloc.h"
#include "core/daemon/definitions.h"
#include "core/daemon/helper.h"

#define MANY     200 /* objects that are worth another thread */
#define PER_PART 64  /* objects that one of the threads takes at a time: some 2 ms */

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
    tcn_uuid id = tcn_automation_origin_id(document);
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

/* The one that need not be checked, or NULL. */
static tcn_defined *find_kept(const tcn_definition *object, const tcn_kept *kept,
                              tcn_digest *ret_digest)
{
    *ret_digest = object->digest;
    if (object->kept != NULL || object->is_digested)
        return object->kept;
    *ret_digest = tcn_digest_of(object->document);
    return tcn_kept_find(kept, ret_digest);
}

static int take(size_t at, const tcn_definition *object,
                const tcn_definitions_against *checks, tcn_automations *ret,
                tcn_problems *problems)
{
    tcn_digest digest;
    tcn_automations_item item = {.object = at};
    item.defined = find_kept(object, checks->kept, &digest);
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

/* What comes of some of the objects. */
typedef struct part {
    tcn_automations automations;
    tcn_problems problems;
} part;

typedef struct checking {
    const tcn_found *objects;
    const tcn_definitions_against *against;
    size_t per_part;
    part *parts;
    uv_mutex_t placing; /* places are found by one thread at a time */
} checking;

static void place(checking *c, const tcn_definition *object, tcn_problems *problems,
                  size_t first)
{
    if (problems->count == first)
        return;
    uv_mutex_lock(&c->placing);
    tcn_definition_place(object, problems, first);
    uv_mutex_unlock(&c->placing);
}

static void check_part(size_t at, void *ud)
{
    checking *c = ud;
    part *p = &c->parts[at];
    size_t end = (at + 1) * c->per_part;
    if (end > c->objects->count)
        end = c->objects->count;
    for (size_t i = at * c->per_part; i < end; i++) {
        const tcn_definition *object = &c->objects->items[i];
        size_t first = p->problems.count;
        int rc = take(i, object, c->against, &p->automations, &p->problems);
        if (rc < 0)
            tcn_problems_add(&p->problems, &(tcn_err){.code = rc});
        place(c, object, &p->problems, first);
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

static int check_all(checking *c, tcn_automations *ret, tcn_problems *problems)
{
    size_t count = (c->objects->count + c->per_part - 1) / c->per_part;
    c->parts = tcn_alloc_array(count + 1, sizeof *c->parts);
    if (c->parts == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < count; i++)
        tcn_problems_init(&c->parts[i].problems);
    tcn_helper_share(count, check_part, c);
    for (size_t i = 0; i < count; i++)
        join(&c->parts[i], ret, problems);
    tcn_free(c->parts);
    return 0;
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
    checking c = {.objects = objects, .against = against};
    c.per_part = objects->count < MANY ? MANY : PER_PART;
    int rc = uv_mutex_init(&c.placing);
    if (rc == 0) {
        rc = check_all(&c, ret, problems);
        uv_mutex_destroy(&c.placing);
    }
    if (rc < 0)
        tcn_problems_add(problems, &(tcn_err){.code = rc});
    refuse_twins(objects, ret, problems);
}
