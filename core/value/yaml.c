/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - a document is read, then asked for places. What is JSON is read by jansson,
 * whose numbers and escapes are JSON's; libyaml then only tells the places, when somebody
 * asks, for it takes three times as long. */
#include "core/value/yaml_int.h"

#include "core/base/alloc.h"

#define SIZE_LIMIT ((size_t)4 * 1024 * 1024)

static bool is_within_depth(const json_t *json, size_t depth)
{
    const char *key = NULL;
    json_t *child = NULL;
    size_t i = 0;
    if (!json_is_object(json) && !json_is_array(json))
        return true;
    if (depth == TCN_YAML_DEPTH_LIMIT)
        return false;
    json_array_foreach(json, i, child)
    {
        if (!is_within_depth(child, depth + 1))
            return false;
    }
    /* The macro wants an object that may be changed; it is not. */
    json_object_foreach((json_t *)(uintptr_t)json, key, child)
    {
        if (!is_within_depth(child, depth + 1))
            return false;
    }
    return true;
}

/* The value of text that is JSON; *ret stays NULL when it is not. */
static int read_json(tcn_str text, json_t **ret)
{
    json_error_t error = {0};
    tcn_str trimmed = tcn_str_trim(text);
    if (trimmed.len == 0 || (trimmed.ptr[0] != '{' && trimmed.ptr[0] != '['))
        return 0;
    json_t *json = json_loadb(trimmed.ptr, trimmed.len, JSON_REJECT_DUPLICATES, &error);
    /* It does not say so each time that memory was short. */
    if (json == NULL && json_error_code(&error) <= json_error_out_of_memory)
        return TCN_E_NOMEM;
    if (json != NULL && !is_within_depth(json, 0)) {
        json_decref(json);
        json = NULL;
    }
    *ret = json;
    return 0;
}

static int keep_text(tcn_yaml *doc, tcn_str text, tcn_err *reterr)
{
    const char *copy = tcn_arena_copy(&doc->text, text.ptr, text.len);
    if (copy == NULL)
        return tcn_err_no_memory(reterr);
    doc->unplaced = tcn_str_of(copy, text.len);
    return 0;
}

static int load(tcn_yaml *doc, tcn_str text, tcn_err *reterr)
{
    if (text.len > SIZE_LIMIT)
        return tcn_err_set(reterr, TCN_E_LIMIT, "larger than 4 MiB");
    if (read_json(text, &doc->root) < 0)
        return tcn_err_no_memory(reterr);
    if (doc->root != NULL)
        return keep_text(doc, text, reterr);
    int rc = tcn_yaml_build(doc, text, reterr);
    if (rc == 0 && doc->root == NULL)
        doc->root = json_null();
    return rc;
}

/* What libyaml does not read of it, or for want of memory, has the place of its nearest
 * parent that was read. */
static void place_all(tcn_yaml *doc)
{
    json_t *root = doc->root;
    tcn_str text = doc->unplaced;
    doc->unplaced = (tcn_str){NULL, 0};
    doc->root = NULL;
    (void)tcn_yaml_build(doc, text, NULL);
    json_decref(doc->root);
    doc->root = root;
}

/* Fills a document of that source with how. */
static int make(int (*how)(tcn_yaml *doc, tcn_str text, tcn_err *reterr), tcn_str text,
                const char *source, tcn_yaml **ret, tcn_err *reterr)
{
    tcn_yaml *doc = tcn_alloc_zero(sizeof *doc);
    if (doc == NULL)
        return tcn_err_no_memory(reterr);
    tcn_arena_init(&doc->text, 0);
    doc->place = (tcn_yaml_node){.line = 1, .column = 1};
    doc->source = tcn_arena_copy(&doc->text, source, strlen(source));
    int rc = doc->source != NULL ? how(doc, text, reterr) : tcn_err_no_memory(reterr);
    if (rc < 0) {
        tcn_err_source(reterr, source);
        tcn_yaml_free(doc);
        return rc;
    }
    *ret = doc;
    return 0;
}

int tcn_yaml_load(tcn_str text, const char *source, tcn_yaml **ret, tcn_err *reterr)
{
    return make(load, text, source, ret, reterr);
}

int tcn_yaml_places(tcn_str text, const char *source, tcn_yaml **ret, tcn_err *reterr)
{
    return make(keep_text, text, source, ret, reterr);
}

void tcn_yaml_free(tcn_yaml *doc)
{
    if (doc == NULL)
        return;
    json_decref(doc->root);
    tcn_free(doc->nodes);
    tcn_arena_deinit(&doc->text);
    tcn_free(doc);
}

json_t *tcn_yaml_root(const tcn_yaml *doc)
{
    return doc->root;
}

const char *tcn_yaml_source(const tcn_yaml *doc)
{
    return doc->source;
}

/* The item of a list that path names at its start; its length goes to *ret_taken. */
static const tcn_yaml_node *find_item(const tcn_yaml *doc, const tcn_yaml_node *parent,
                                      tcn_str path, size_t *ret_taken)
{
    size_t close = path.ptr[0] == '[' ? tcn_str_find(path, TCN_STR("]")) : SIZE_MAX;
    int64_t index = 0;
    if (close == SIZE_MAX ||
        !tcn_str_int(tcn_str_of(path.ptr + 1, close - 1), 0, INT32_MAX, &index))
        return NULL;
    const tcn_yaml_node *items = &doc->nodes[parent->first];
    if ((uint64_t)index >= parent->count || items[index].key != NULL)
        return NULL;
    *ret_taken = close + 1;
    return &items[index];
}

/* The longest key of an object that path begins with: keys may hold dots themselves. */
static const tcn_yaml_node *find_key(const tcn_yaml *doc, const tcn_yaml_node *parent,
                                     tcn_str path, size_t *ret_taken)
{
    const tcn_yaml_node *best = NULL;
    size_t dot = path.ptr[0] == '.' ? 1 : 0;
    tcn_str rest = tcn_str_of(path.ptr + dot, path.len - dot);
    for (uint32_t i = 0; i < parent->count; i++) {
        const tcn_yaml_node *child = &doc->nodes[parent->first + i];
        if (child->key == NULL || !tcn_str_starts(rest, tcn_str_c(child->key)))
            continue;
        size_t len = strlen(child->key);
        bool is_whole = len == rest.len || rest.ptr[len] == '.' || rest.ptr[len] == '[';
        if (!is_whole || (best != NULL && len + dot <= *ret_taken))
            continue;
        best = child;
        *ret_taken = len + dot;
    }
    return best;
}

static const tcn_yaml_node *find(const tcn_yaml *doc, const char *path)
{
    if (doc->unplaced.ptr != NULL)
        place_all((tcn_yaml *)(uintptr_t)doc);
    const tcn_yaml_node *at = &doc->place;
    tcn_str rest = tcn_str_c(path);
    while (rest.len != 0 && at->count != 0) {
        size_t taken = 0;
        const tcn_yaml_node *child = find_item(doc, at, rest, &taken);
        if (child == NULL)
            child = find_key(doc, at, rest, &taken);
        if (child == NULL)
            break;
        at = child;
        rest = tcn_str_of(rest.ptr + taken, rest.len - taken);
    }
    return at;
}

void tcn_yaml_place(const tcn_yaml *doc, const char *path, uint32_t *ret_line,
                    uint32_t *ret_column)
{
    const tcn_yaml_node *at = find(doc, path);
    *ret_line = at->line;
    *ret_column = at->column;
}

void tcn_yaml_key_place(const tcn_yaml *doc, const char *path, uint32_t *ret_line,
                        uint32_t *ret_column)
{
    const tcn_yaml_node *at = find(doc, path);
    bool has_key = at->key != NULL;
    *ret_line = has_key ? at->key_line : at->line;
    *ret_column = has_key ? at->key_column : at->column;
}
