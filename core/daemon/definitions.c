/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.c - every object of every file is checked, and every problem is told with
 * its place: the parsers name a field path, the YAML document knows where that stands. */
#include "core/daemon/definitions.h"

#include <stdio.h>

#include "core/action/dispatcher.h"
#include "core/base/alloc.h"
#include "core/base/map.h"
#include "core/daemon/files.h"
#include "core/value/yaml.h"

#define FILE_MAX ((size_t)4 << 20)

/* Where a name was first used: "file:line"; the map's key is name. */
typedef struct name_claim {
    char *name;
    char where[300];
} name_claim;

/* One object of a file, while it is looked at. */
typedef struct place {
    const char *path;
    const tcn_yaml *yaml;
    char prefix[64]; /* "automations[3]", "[3]" or "" */
} place;

typedef struct def_reader {
    const tcn_definitions_limits *limits;
    tcn_stage *stage;         /* that takes blocks */
    const tcn_blocks *blocks; /* that actions may name; NULL: not looked up */
    tcn_problems *problems;
    const char *list_key; /* "automations" or "blocks" */
    size_t limit, count;
    void (*read)(struct def_reader *reader, const json_t *document, const place *at);
    tcn_map names; /* name → claim */
    json_t *documents;
} def_reader;

static void locate(tcn_err *err, const place *at)
{
    char full[512];
    const char *dot =
        at->prefix[0] != '\0' && err->field[0] != '\0' && err->field[0] != '[' ? "." : "";
    snprintf(full, sizeof full, "%s%s%s", at->prefix, dot, err->field);
    if (err->line == 0)
        tcn_yaml_place(at->yaml, full, &err->line, &err->column);
    tcn_err_source(err, at->path);
}

/* Problems from index first on are about the object at that place. */
static void locate_since(tcn_problems *problems, size_t first, const place *at)
{
    for (size_t i = first; i < problems->count; i++)
        locate(&problems->items[i].err, at);
}

static void complain(def_reader *reader, const place *at, int code, const char *field,
                     const char *text)
{
    tcn_err err = {0};
    tcn_err_field(&err, code, field, "%s", text);
    locate(&err, at);
    tcn_problems_add(reader->problems, &err);
}

static void free_claim(name_claim *claim)
{
    if (claim != NULL)
        tcn_free(claim->name);
    tcn_free(claim);
}

static int remember(def_reader *reader, const char *name, const place *at)
{
    name_claim *claim = tcn_alloc_zero(sizeof *claim);
    if (claim == NULL)
        return TCN_E_NOMEM;
    uint32_t line = 0, column = 0;
    tcn_yaml_place(at->yaml, at->prefix, &line, &column);
    snprintf(claim->where, sizeof claim->where, "%s:%u", at->path, line);
    claim->name = tcn_strdup(name);
    int rc = TCN_E_NOMEM;
    if (claim->name != NULL)
        rc = tcn_map_put(&reader->names, tcn_str_c(claim->name), claim, NULL);
    if (rc < 0)
        free_claim(claim);
    return rc;
}

/* One name, one object: else an automation or block would silently take another one's
 * state. */
static bool claim_name(def_reader *reader, const json_t *document, const place *at)
{
    const char *name = json_string_value(json_object_get(document, "name"));
    if (name == NULL)
        return true; /* the parser complains */
    const name_claim *other = tcn_map_get(&reader->names, tcn_str_c(name));
    if (other != NULL) {
        char text[400];
        snprintf(text, sizeof text, "the name \"%.60s\" is taken by %s", name,
                 other->where);
        complain(reader, at, TCN_E_EXISTS, "name", text);
        return false;
    }
    if (remember(reader, name, at) == 0)
        return true;
    complain(reader, at, TCN_E_NOMEM, "", "out of memory");
    return false;
}

static void read_block(def_reader *reader, const json_t *document, const place *at)
{
    size_t first = reader->problems->count;
    const tcn_block_origin origin = {.source = at->path};
    tcn_stage_block_put(reader->stage, document, &origin, reader->problems);
    locate_since(reader->problems, first, at);
}

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
static void check_actions(def_reader *reader, size_t first, const char *list,
                          const json_t *document)
{
    const tcn_tpl_limits *limits = &reader->limits->templates;
    size_t i;
    const json_t *action;
    json_array_foreach(json_object_get(document, list), i, action)
    {
        char path[64];
        snprintf(path, sizeof path, "%s[%zu]", list, i);
        if (!is_told(reader->problems, first, path))
            tcn_action_check(action, path, reader->blocks,
                             limits->source_bytes > 0 ? limits : NULL, reader->problems);
    }
}

static void read_automation(def_reader *reader, const json_t *document, const place *at)
{
    const char *name = json_string_value(json_object_get(document, "name"));
    tcn_uuid id = tcn_automation_file_id(tcn_str_c(name != NULL ? name : ""));
    size_t first = reader->problems->count, errors = reader->problems->errors;
    tcn_automation *automation = NULL;
    int rc = tcn_automation_parse(document, &id, &reader->limits->automation, &automation,
                                  reader->problems);
    check_actions(reader, first, "actions", document);
    check_actions(reader, first, "actions_on_trigger", document);
    check_actions(reader, first, "actions_on_resolve", document);
    if (rc >= 0 && reader->problems->errors == errors)
        json_array_append(reader->documents, automation->document);
    tcn_automation_free(automation);
    locate_since(reader->problems, first, at);
}

static void read_object(def_reader *reader, const json_t *document, const place *at)
{
    if (reader->count == reader->limit) {
        char text[100];
        snprintf(text, sizeof text, "more than %zu %s", reader->limit, reader->list_key);
        complain(reader, at, TCN_E_LIMIT, "", text);
        return;
    }
    reader->count++;
    if (claim_name(reader, document, at))
        reader->read(reader, document, at);
}

static void read_list(def_reader *reader, const json_t *list, const char *key, place *at)
{
    size_t i;
    const json_t *document;
    json_array_foreach(list, i, document)
    {
        snprintf(at->prefix, sizeof at->prefix, "%s[%zu]", key, i);
        read_object(reader, document, at);
    }
}

static void read_root(def_reader *reader, const json_t *root, place *at)
{
    const json_t *list = json_object_get(root, reader->list_key);
    bool is_empty_list = json_is_null(list) && json_object_size(root) == 1;
    if (json_is_null(root) || is_empty_list)
        return;
    if (json_is_array(root)) {
        read_list(reader, root, "", at);
    } else if (json_is_array(list)) {
        if (json_object_size(root) > 1)
            complain(reader, at, TCN_E_INVALID, "",
                     "other keys beside the list are not known");
        read_list(reader, list, reader->list_key, at);
    } else {
        read_object(reader, root, at);
    }
}

static void read_file(def_reader *reader, const char *path)
{
    tcn_err err = {0};
    tcn_buf text;
    tcn_buf_init(&text, FILE_MAX);
    tcn_yaml *yaml = NULL;
    int rc = tcn_file_read(path, &text, &err);
    if (rc >= 0)
        rc = tcn_yaml_load(tcn_buf_str(&text), path, &yaml, &err);
    if (rc >= 0) {
        place at = {.path = path, .yaml = yaml};
        read_root(reader, tcn_yaml_root(yaml), &at);
    } else {
        tcn_err_source(&err, path);
        tcn_problems_add(reader->problems, &err);
    }
    tcn_yaml_free(yaml);
    tcn_buf_deinit(&text);
}

static void end_names(def_reader *reader)
{
    tcn_map_entry *entry = NULL;
    for (size_t pos = 0; tcn_map_next(&reader->names, &pos, &entry);)
        free_claim(entry->value);
    tcn_map_deinit(&reader->names);
}

static void read_dir(def_reader *reader, const char *dir)
{
    tcn_err err = {0};
    tcn_file_list files;
    tcn_map_init(&reader->names, 0);
    if (tcn_file_list_read(dir, &files, &err) < 0)
        tcn_problems_add(reader->problems, &err);
    for (size_t i = 0; i < files.count; i++) {
        if (tcn_file_is_special(files.paths[i])) {
            tcn_err_set(&err, TCN_E_INVALID, "is not a regular file");
            tcn_err_source(&err, files.paths[i]);
            tcn_problems_add(reader->problems, &err);
        } else {
            read_file(reader, files.paths[i]);
        }
    }
    tcn_file_list_deinit(&files);
    end_names(reader);
}

void tcn_definitions_blocks(const char *dir, const tcn_definitions_limits *limits,
                            tcn_stage *stage, tcn_problems *problems)
{
    def_reader reader = {
        .limits = limits,
        .stage = stage,
        .problems = problems,
        .list_key = "blocks",
        .limit = limits->blocks,
        .read = read_block,
    };
    read_dir(&reader, dir);
}

static def_reader automation_reader(const tcn_definitions_limits *limits,
                                    const tcn_blocks *blocks, tcn_problems *problems)
{
    return (def_reader){
        .limits = limits,
        .blocks = blocks,
        .problems = problems,
        .list_key = "automations",
        .limit = limits->automations,
        .read = read_automation,
        .documents = json_array(),
    };
}

json_t *tcn_definitions_automations(const char *dir, const tcn_definitions_limits *limits,
                                    const tcn_blocks *blocks, tcn_problems *problems)
{
    def_reader reader = automation_reader(limits, blocks, problems);
    if (reader.documents != NULL)
        read_dir(&reader, dir);
    return reader.documents;
}

void tcn_definitions_check_file(const char *path, const tcn_definitions_limits *limits,
                                tcn_problems *problems)
{
    def_reader reader = automation_reader(limits, NULL, problems);
    tcn_map_init(&reader.names, 0);
    read_file(&reader, path);
    end_names(&reader);
    json_decref(reader.documents);
}
