/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.c - every object is checked, and every problem is told with its place. */
#include "core/daemon/definitions.h"

#include "core/base/alloc.h"
#include "core/daemon/missing.h"
#include "core/daemon/references.h"
#include "core/value/document.h"

void tcn_definitions_read_blocks(const char *dir, const tcn_definitions_limits *limits,
                                 tcn_found *ret, tcn_problems *problems)
{
    const tcn_found_options options = {.list_key = "blocks", .limit = limits->blocks};
    tcn_found_read_dir(ret, dir, &options, problems);
}

void tcn_definitions_read_automations(const char *dir,
                                      const tcn_definitions_limits *limits,
                                      const tcn_kept *kept, tcn_found *ret,
                                      tcn_problems *problems)
{
    const tcn_found_options options = {"automations", limits->automations, kept};
    tcn_found_read_dir(ret, dir, &options, problems);
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
    const tcn_block_origin origin = {
        .source = object->path, .is_lack_told = tcn_missing_is(stage, object->document)};
    json_t *document = tcn_references_resolve(object->document, find_block,
                                              (void *)(uintptr_t)blocks, problems);
    if (document != NULL)
        (void)tcn_stage_block_put(stage, document, &origin, problems);
    else if (problems->count == first)
        tcn_problems_add(problems, &(tcn_err){.code = TCN_E_NOMEM});
    json_decref(document);
    tcn_definition_place(object, problems, first);
}

/* Of files, and wrong: its own problem is told already. */
static bool is_wrong_block(const tcn_stage *stage, const tcn_found *blocks,
                           const char *name)
{
    return name != NULL && tcn_map_get(&blocks->names, tcn_str_c(name)) != NULL &&
           tcn_blocks_find(tcn_stage_blocks(stage), tcn_str_c(name)) == NULL;
}

void tcn_definitions_fallbacks(const tcn_stage *stage, const tcn_found *blocks,
                               tcn_problems *problems)
{
    for (size_t i = 0; i < blocks->count; i++) {
        const tcn_definition *object = &blocks->items[i];
        size_t first = problems->count;
        const char *name =
            json_string_value(json_object_get(object->document, "fallback"));
        if (is_wrong_block(stage, blocks, name))
            continue;
        tcn_stage_fallback_check(stage, object->document, problems);
        tcn_definition_place(object, problems, first);
    }
}

/* ---- automations ---- */

void tcn_automations_deinit(tcn_automations *automations)
{
    for (size_t i = 0; i < automations->count; i++) {
        if (!automations->is_lent)
            tcn_automation_free(automations->items[i].parsed);
        tcn_defined_unref(automations->items[i].defined);
    }
    tcn_free(automations->items);
    *automations = (tcn_automations){0};
}

/* ---- old and new ---- */

uint64_t tcn_definitions_against_hash(const tcn_definitions_limits *limits,
                                      const tcn_blocks *blocks)
{
    return tcn_hash(limits, sizeof *limits, tcn_blocks_face(blocks));
}

int tcn_definitions_keep(const tcn_found *objects, const tcn_automations *automations,
                         uint64_t against, tcn_kept *ret)
{
    size_t next = 0;
    for (size_t i = 0; i < objects->file_count; i++) {
        const tcn_found_file *file = &objects->files[i];
        if (tcn_kept_add_file(ret, file->path, &file->mark) == NULL)
            return TCN_E_NOMEM;
        for (; next < automations->count; next++) {
            const tcn_automations_item *item = &automations->items[next];
            const tcn_definition *object = &objects->items[item->object];
            if (object->file != i)
                break;
            if (tcn_kept_add(ret, item->defined, object->prefix) < 0)
                return TCN_E_NOMEM;
        }
    }
    ret->against = against;
    ret->is_set = true;
    return 0;
}

int tcn_definitions_keep_engine(const tcn_engine *engine, tcn_kept *ret)
{
    size_t count = tcn_engine_automation_count(engine);
    const tcn_file_mark none = {.is_settled = false};
    int rc = tcn_kept_add_file(ret, "", &none) == NULL ? TCN_E_NOMEM : 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        tcn_defined *defined = NULL;
        rc = tcn_defined_new(&(tcn_digest){{0}}, tcn_engine_automation_at(engine, i),
                             true, &defined);
        if (rc == 0)
            rc = tcn_kept_add(ret, defined, "");
        tcn_defined_unref(defined);
    }
    return rc;
}

typedef struct comparing {
    tcn_automations *automations;
    void (*fn)(const char *change, const char *name, void *ud);
    void *ud;
    tcn_map by_id; /* of the new ones */
    size_t place;
    bool is_changed;
} comparing;

static void compare_old(comparing *c, const tcn_defined *old)
{
    size_t i = c->place++;
    const tcn_automations *news = c->automations;
    bool is_here = i < news->count && tcn_uuid_eq(&news->items[i].defined->id, &old->id);
    if (is_here)
        return;
    c->is_changed = true; /* another order at least */
    if (tcn_map_get(&c->by_id, tcn_defined_key(old)) == NULL)
        c->fn("-", old->name, c->ud);
}

static int compare_new(comparing *c, const tcn_kept *kept, tcn_automations_item *new)
{
    const tcn_defined *old = tcn_kept_get(kept, &new->defined->id);
    if (old != NULL && tcn_defined_is_same(old, new->defined)) {
        tcn_automation_free(new->parsed);
        new->parsed = NULL;
    } else {
        c->is_changed = true;
        c->fn(old != NULL ? "~" : "+", new->defined->name, c->ud);
    }
    return tcn_map_put(&c->by_id, tcn_defined_key(new->defined), new->defined, NULL);
}

int tcn_definitions_compare(tcn_automations *automations, const tcn_kept *kept,
                            void (*fn)(const char *change, const char *name, void *ud),
                            void *ud)
{
    comparing c = {.automations = automations, .fn = fn, .ud = ud};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < automations->count; i++)
        rc = compare_new(&c, kept, &automations->items[i]);
    for (size_t i = 0; rc == 0 && i < kept->count; i++)
        for (size_t k = 0; k < kept->files[i].count; k++)
            compare_old(&c, kept->files[i].items[k].defined);
    tcn_map_deinit(&c.by_id);
    return rc < 0 ? rc : c.is_changed || c.place != automations->count;
}

bool tcn_definitions_are_in_force(const tcn_automations *automations,
                                  const tcn_engine *engine)
{
    size_t i = 0;
    if (automations->count != tcn_engine_automation_count(engine))
        return false;
    while (i < automations->count &&
           json_equal(automations->items[i].parsed->document,
                      tcn_engine_automation_at(engine, i)->document))
        i++;
    return i == automations->count;
}

int tcn_definitions_renewal(tcn_automations *automations, tcn_renewal **ret)
{
    int rc = tcn_renewal_new(automations->count, ret);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < automations->count; i++) {
        const tcn_automations_item *item = &automations->items[i];
        tcn_renewal_set_own(*ret, i, &item->defined->id, item->parsed);
    }
    automations->is_lent = true;
    return 0;
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
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    (void)tcn_buf_add_c(&text, "[");
    for (size_t i = 0; i < automations->count; i++) {
        const tcn_defined *defined = automations->items[i].defined;
        (void)tcn_buf_add_c(&text, i > 0 ? "," : "");
        (void)tcn_buf_add(&text, defined->text, defined->len);
    }
    int rc = tcn_buf_add_c(&text, "]");
    if (rc >= 0)
        *ret = tcn_buf_take(&text, NULL);
    tcn_buf_deinit(&text);
    return rc;
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
    const tcn_found_options options = {.list_key = "automations",
                                       .limit = limits->automations};
    const tcn_definitions_against against = {.limits = limits};
    tcn_found objects = {0};
    tcn_automations automations = {0};
    tcn_found_read_file(&objects, path, &options, problems);
    tcn_definitions_automations(&objects, &against, &automations, problems);
    tcn_automations_deinit(&automations);
    tcn_found_deinit(&objects);
}
