/* SPDX-License-Identifier: Apache-2.0 */
/* found.c - from files to objects. A file holds a list, a list under its key, or one
 * object. */
#include "core/daemon/found.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/daemon/files.h"

#define FILE_MAX ((size_t)4 << 20)

typedef struct reader {
    tcn_found *found;
    const tcn_found_options *options;
    tcn_problems *problems;
    size_t file; /* among those of found */
} reader;

/* A file that was not read is read now: something is wrong anyway. */
static void find_place(const tcn_definition *object, const char *field,
                       uint32_t *ret_line, uint32_t *ret_column)
{
    if (object->yaml != NULL) {
        tcn_yaml_place(object->yaml, field, ret_line, ret_column);
        return;
    }
    tcn_buf text;
    tcn_yaml *yaml = NULL;
    tcn_buf_init(&text, FILE_MAX);
    if (tcn_file_read(object->path, &text, NULL) >= 0 &&
        tcn_yaml_load(tcn_buf_str(&text), object->path, &yaml, NULL) >= 0)
        tcn_yaml_place(yaml, field, ret_line, ret_column);
    tcn_yaml_free(yaml);
    tcn_buf_deinit(&text);
}

static void place(tcn_err *err, const tcn_definition *object)
{
    char full[512];
    const char *dot =
        object->prefix[0] != '\0' && err->field[0] != '\0' && err->field[0] != '[' ? "."
                                                                                   : "";
    (void)snprintf(full, sizeof full, "%s%s%s", object->prefix, dot, err->field);
    if (err->line == 0)
        find_place(object, full, &err->line, &err->column);
    tcn_err_source(err, object->path);
}

void tcn_definition_place(const tcn_definition *object, tcn_problems *problems,
                          size_t first)
{
    for (size_t i = first; i < problems->count; i++)
        place(&problems->items[i].err, object);
}

static void complain(const reader *r, const tcn_definition *object, int code,
                     const char *field, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, code, field, "%s", text);
    place(&err, object);
    tcn_problems_add(r->problems, &err);
}

/* ---- objects ---- */

/* One name, one object: else an automation or block would silently take another one's
 * state. Objects without a name are for their parser. */
static int claim_name(const reader *r, const tcn_definition *object)
{
    tcn_found *found = r->found;
    const char *name = object->kept != NULL
                           ? object->kept->name
                           : json_string_value(json_object_get(object->document, "name"));
    if (name == NULL)
        return 0;
    uintptr_t other = (uintptr_t)tcn_map_get(&found->names, tcn_str_c(name));
    if (other == 0)
        return tcn_map_put(&found->names, tcn_str_c(name),
                           (void *)(uintptr_t)(found->count + 1), NULL);
    const tcn_definition *first = &found->items[other - 1];
    uint32_t line = 0, column = 0;
    find_place(first, first->prefix, &line, &column);
    char text[400];
    (void)snprintf(text, sizeof text, "the name \"%.60s\" is taken by %.280s:%u", name,
                   first->path, line);
    complain(r, object, TCN_E_EXISTS, "name", text);
    return TCN_E_EXISTS;
}

static int keep(tcn_found *found, const tcn_definition *object)
{
    int rc = tcn_grow((void **)&found->items, &found->capacity, found->count + 1,
                      sizeof *found->items);
    if (rc == 0)
        found->items[found->count++] = *object;
    return rc;
}

static tcn_definition of_file(const reader *r, const json_t *document)
{
    const tcn_found_file *file = &r->found->files[r->file];
    return (tcn_definition){
        .document = document, .yaml = file->yaml, .file = r->file, .path = file->path};
}

/* Told once: the rest of a file may hold a million more. */
static void refuse_object(const reader *r, const tcn_definition *object)
{
    char text[100];
    if (r->found->is_full)
        return;
    r->found->is_full = true;
    (void)snprintf(text, sizeof text,
                   "more than %zu %s: this one and those behind it are not read",
                   r->options->limit, r->options->list_key);
    complain(r, object, TCN_E_LIMIT, "", text);
}

static void add_object(const reader *r, const tcn_definition *object)
{
    if (r->found->count == r->options->limit) {
        refuse_object(r, object);
        return;
    }
    int rc = claim_name(r, object);
    if (rc == 0)
        rc = keep(r->found, object);
    if (rc == TCN_E_NOMEM)
        complain(r, object, rc, "", tcn_err_text(rc));
}

static void add(const reader *r, const json_t *document, const char *prefix)
{
    tcn_definition object = of_file(r, document);
    (void)snprintf(object.prefix, sizeof object.prefix, "%s", prefix);
    add_object(r, &object);
}

static void add_listed(const reader *r, const tcn_listed *listed)
{
    const char *key = listed->has_key ? r->options->list_key : "";
    for (size_t i = 0; i < listed->count; i++) {
        const tcn_listed_item *item = &listed->items[i];
        tcn_definition object = of_file(r, item->document);
        object.kept = item->kept;
        object.digest = item->digest;
        object.is_digested = true;
        (void)snprintf(object.prefix, sizeof object.prefix, "%s[%zu]", key, i);
        add_object(r, &object);
    }
}

static void add_list(const reader *r, const json_t *list, const char *key)
{
    size_t i;
    const json_t *document;
    json_array_foreach(list, i, document)
    {
        char prefix[64];
        (void)snprintf(prefix, sizeof prefix, "%s[%zu]", key, i);
        add(r, document, prefix);
    }
}

/* The key of a list under another name, such as "block". NULL: root may be an object. */
static const char *other_list(const json_t *root)
{
    void *first = json_object_iter((json_t *)(uintptr_t)root);
    bool is_it =
        json_object_size(root) == 1 && json_is_array(json_object_iter_value(first));
    return is_it ? json_object_iter_key(first) : NULL;
}

static void add_root(const reader *r, const json_t *root)
{
    const char *key = r->options->list_key;
    const json_t *list = json_object_get(root, key);
    bool is_empty_list = json_is_null(list) && json_object_size(root) == 1;
    if (json_is_null(root) || is_empty_list)
        return;
    if (json_is_array(root)) {
        add_list(r, root, "");
    } else if (json_is_array(list)) {
        const tcn_definition whole = of_file(r, root);
        if (json_object_size(root) > 1)
            complain(r, &whole, TCN_E_INVALID, "",
                     "other keys beside the list are not known");
        add_list(r, list, key);
    } else if (list != NULL) {
        const tcn_definition whole = of_file(r, root);
        complain(r, &whole, TCN_E_INVALID, key, "must be a list");
    } else if (other_list(root) != NULL) {
        const tcn_definition whole = of_file(r, root);
        char text[60];
        (void)snprintf(text, sizeof text, "is not known; the list stands below \"%s\"",
                       key);
        complain(r, &whole, TCN_E_INVALID, other_list(root), text);
    } else {
        add(r, root, "");
    }
}

/* ---- files ---- */

static int add_file(tcn_found *found, const char *path, const tcn_file_mark *mark)
{
    int rc = tcn_grow((void **)&found->files, &found->file_capacity,
                      found->file_count + 1, sizeof *found->files);
    char *copy = rc < 0 ? NULL : tcn_strdup(path);
    if (copy == NULL)
        return TCN_E_NOMEM;
    found->files[found->file_count++] = (tcn_found_file){.path = copy, .mark = *mark};
    return 0;
}

/* Of the file that was added last. */
static int read_text(const reader *r, tcn_str text, tcn_err *reterr)
{
    const tcn_found_options *options = r->options;
    tcn_found_file *file = &r->found->files[r->file];
    int rc = tcn_listed_read(&file->listed, text, options->list_key, options->kept);
    bool is_listed = rc > 0;
    if (is_listed)
        rc = tcn_yaml_places(text, file->path, &file->yaml, reterr);
    else if (rc == 0)
        rc = tcn_yaml_load(text, file->path, &file->yaml, reterr);
    if (rc >= 0 && is_listed)
        add_listed(r, &file->listed);
    else if (rc >= 0)
        add_root(r, tcn_yaml_root(file->yaml));
    return rc;
}

static int read_own(const reader *r, int fd, tcn_err *reterr)
{
    const tcn_found_file *file = &r->found->files[r->file];
    tcn_buf text;
    tcn_buf_init(&text, FILE_MAX);
    r->found->read++;
    int rc = tcn_file_read_own(fd, file->path, &text, reterr);
    if (rc >= 0)
        rc = read_text(r, tcn_buf_str(&text), reterr);
    tcn_buf_deinit(&text);
    return rc;
}

static void add_kept(const reader *r, const tcn_kept_file *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        tcn_definition object = of_file(r, NULL);
        object.kept = kept->items[i].defined;
        memcpy(object.prefix, kept->items[i].prefix, sizeof object.prefix);
        add_object(r, &object);
    }
}

static int take_file_own(const reader *r, int fd, tcn_err *reterr)
{
    const tcn_found_file *file = &r->found->files[r->file];
    const tcn_kept_file *kept =
        tcn_kept_file_find(r->options->kept, file->path, &file->mark);
    if (kept == NULL)
        return read_own(r, fd, reterr);
    (void)close(fd);
    add_kept(r, kept);
    return 0;
}

void tcn_found_read_file(tcn_found *found, const char *path,
                         const tcn_found_options *options, tcn_problems *problems)
{
    tcn_err err = {0};
    tcn_file_mark mark;
    int fd = -1;
    const reader r = {found, options, problems, found->file_count};
    int rc = tcn_file_open(path, &fd, &mark, &err);
    if (rc >= 0) {
        rc = add_file(found, path, &mark);
        if (rc >= 0)
            rc = take_file_own(&r, fd, &err);
        else
            (void)close(fd);
    }
    if (rc >= 0)
        return;
    (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
    tcn_err_source(&err, path);
    tcn_problems_add(problems, &err);
}

void tcn_found_read_dir(tcn_found *found, const char *dir,
                        const tcn_found_options *options, tcn_problems *problems)
{
    tcn_err err = {0};
    tcn_file_list files;
    if (tcn_file_list_read(dir, &files, &err) < 0)
        tcn_problems_add(problems, &err);
    for (size_t i = 0; i < files.count; i++) {
        if (tcn_file_is_special(files.paths[i])) {
            tcn_err special = {0};
            (void)tcn_err_set(&special, TCN_E_INVALID, "is not a regular file");
            tcn_err_source(&special, files.paths[i]);
            tcn_problems_add(problems, &special);
        } else {
            tcn_found_read_file(found, files.paths[i], options, problems);
        }
    }
    tcn_file_list_deinit(&files);
}

void tcn_found_deinit(tcn_found *found)
{
    for (size_t i = 0; i < found->file_count; i++) {
        tcn_yaml_free(found->files[i].yaml);
        tcn_listed_deinit(&found->files[i].listed);
        tcn_free(found->files[i].path);
    }
    tcn_free(found->files);
    tcn_free(found->items);
    tcn_map_deinit(&found->names);
    *found = (tcn_found){0};
}
