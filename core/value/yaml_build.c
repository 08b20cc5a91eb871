/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_build.c - builds jansson values from libyaml's events and remembers where each
 * began. Nesting is a stack of frames, so that depth costs no calls. An alias shares its
 * anchor's value: what all aliases repeat is counted, so that a small file cannot stand
 * for a huge one. */
#include "core/value/yaml_int.h"

#include <yaml.h>

#include "core/base/alloc.h"
#include "core/value/yaml_scalar.h"

#define ALIAS_LIMIT  64
#define VALUES_LIMIT 1000000 /* with everything that aliases repeat */

/* A value that is complete. */
typedef struct item {
    json_t *json;
    tcn_yaml_node place;
    uint32_t height; /* containers in it, one inside the other */
    size_t values;   /* in it, itself included */
} item;

typedef struct anchor {
    const char *name;
    item item; /* json is owned */
} anchor;

/* A container that is still open. Its children so far are the pending nodes from first
 * on. */
typedef struct frame {
    item item;
    const char *anchor;
    size_t first;
    const char *key; /* of the value that comes next; NULL: a key comes next */
    uint32_t key_line, key_column;
} frame;

typedef struct builder {
    tcn_yaml *doc;
    frame frames[TCN_YAML_DEPTH_LIMIT];
    size_t depth;
    tcn_yaml_node *pending;
    size_t pending_count, pending_capacity;
    anchor *anchors;
    size_t anchor_count, anchor_capacity;
    size_t aliases, values;
    bool is_done;
    tcn_err *err;
} builder;

static uint32_t line_of(const yaml_event_t *event)
{
    return (uint32_t)event->start_mark.line + 1;
}

static uint32_t column_of(const yaml_event_t *event)
{
    return (uint32_t)event->start_mark.column + 1;
}

static int fail(builder *b, const yaml_event_t *event, int code, const char *text)
{
    return tcn_err_at(b->err, code, line_of(event), column_of(event), "%s", text);
}

static int no_memory(builder *b)
{
    return tcn_err_no_memory(b->err);
}

static int add_node(tcn_yaml_node **nodes, size_t *count, size_t *capacity,
                    const tcn_yaml_node *n)
{
    void *array = *nodes;
    int rc = tcn_grow(&array, capacity, *count + 1, sizeof **nodes);
    if (rc < 0)
        return rc;
    *nodes = array;
    (*nodes)[(*count)++] = *n;
    return 0;
}

static int keep_anchor(builder *b, const char *name, const item *it)
{
    void *array = b->anchors;
    if (tcn_grow(&array, &b->anchor_capacity, b->anchor_count + 1, sizeof *b->anchors) <
        0)
        return no_memory(b);
    b->anchors = array;
    b->anchors[b->anchor_count] = (anchor){name, *it};
    json_incref(it->json);
    b->anchor_count++;
    return 0;
}

/* Puts a complete value where it belongs; takes over it->json, also on failure. */
static int put_own(builder *b, const yaml_event_t *event, item *it)
{
    b->values += it->values;
    if (b->values > VALUES_LIMIT) {
        json_decref(it->json);
        return fail(b, event, TCN_E_LIMIT, "too many values");
    }
    if (b->depth == 0) {
        b->doc->root = it->json;
        b->doc->place = it->place;
        b->is_done = true;
        return 0;
    }
    frame *top = &b->frames[b->depth - 1];
    it->place.key = top->key;
    it->place.key_line = top->key_line;
    it->place.key_column = top->key_column;
    top->item.values += it->values;
    if (top->item.height < it->height + 1)
        top->item.height = it->height + 1;
    int rc = json_is_object(top->item.json)
                 ? json_object_set_new(top->item.json, top->key, it->json)
                 : json_array_append_new(top->item.json, it->json);
    top->key = NULL;
    if (rc < 0 ||
        add_node(&b->pending, &b->pending_count, &b->pending_capacity, &it->place) < 0)
        return no_memory(b);
    return 0;
}

static char *copy_name(builder *b, const yaml_char_t *name)
{
    const char *text = (const char *)name;
    return tcn_arena_copy(&b->doc->text, text, strlen(text));
}

static bool wants_key(const builder *b)
{
    return b->depth != 0 && b->frames[b->depth - 1].key == NULL &&
           json_is_object(b->frames[b->depth - 1].item.json);
}

static bool has_nul(tcn_str text)
{
    return text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL;
}

static int take_key(builder *b, const yaml_event_t *event)
{
    frame *top = &b->frames[b->depth - 1];
    tcn_str key = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (is_plain && tcn_str_eq_c(key, "<<"))
        return fail(b, event, TCN_E_UNSUPPORTED, "merge keys (<<) are not supported");
    if (has_nul(key))
        return fail(b, event, TCN_E_SYNTAX, "a key holds a NUL character");
    top->key = tcn_arena_copy(&b->doc->text, key.ptr, key.len);
    if (top->key == NULL)
        return no_memory(b);
    if (json_object_get(top->item.json, top->key) != NULL)
        return tcn_err_at(b->err, TCN_E_SYNTAX, line_of(event), column_of(event),
                          "duplicate key \"%.100s\"", top->key);
    top->key_line = line_of(event);
    top->key_column = column_of(event);
    return 0;
}

static item item_at(const yaml_event_t *event, json_t *json)
{
    return (item){
        .json = json,
        .place = {.line = line_of(event), .column = column_of(event)},
        .values = 1,
    };
}

static int on_scalar(builder *b, const yaml_event_t *event)
{
    if (event->data.scalar.tag != NULL)
        return fail(b, event, TCN_E_UNSUPPORTED, "tags are not supported");
    if (wants_key(b) && event->data.scalar.anchor != NULL)
        return fail(b, event, TCN_E_UNSUPPORTED, "anchors on keys are not supported");
    if (wants_key(b))
        return take_key(b, event);
    tcn_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (has_nul(text))
        return fail(b, event, TCN_E_SYNTAX, "a text holds a NUL character");
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    tcn_err err = {0};
    json_t *json =
        is_plain ? tcn_yaml_scalar(text, &err) : json_stringn(text.ptr, text.len);
    if (json == NULL)
        return err.code != 0 ? fail(b, event, err.code, err.text) : no_memory(b);
    item it = item_at(event, json);
    if (event->data.scalar.anchor != NULL) {
        const char *name = copy_name(b, event->data.scalar.anchor);
        int rc = name != NULL ? keep_anchor(b, name, &it) : no_memory(b);
        if (rc < 0) {
            json_decref(json);
            return rc;
        }
    }
    return put_own(b, event, &it);
}

static int on_start(builder *b, const yaml_event_t *event, json_t *json,
                    const yaml_char_t *anchor_name, const yaml_char_t *tag)
{
    if (json == NULL)
        return no_memory(b);
    const char *name = anchor_name != NULL ? copy_name(b, anchor_name) : NULL;
    int rc = 0;
    if (tag != NULL)
        rc = fail(b, event, TCN_E_UNSUPPORTED, "tags are not supported");
    else if (wants_key(b) && json_is_object(json))
        rc = fail(b, event, TCN_E_UNSUPPORTED,
                  "a key must be text (a value that begins with {{ needs quotes)");
    else if (wants_key(b))
        rc = fail(b, event, TCN_E_UNSUPPORTED, "a key must be text");
    else if (b->depth == TCN_YAML_DEPTH_LIMIT)
        rc = fail(b, event, TCN_E_LIMIT, "nested more than 64 deep");
    else if (anchor_name != NULL && name == NULL)
        rc = no_memory(b);
    if (rc < 0) {
        json_decref(json);
        return rc;
    }
    b->frames[b->depth++] = (frame){
        .item = item_at(event, json),
        .anchor = name,
        .first = b->pending_count,
    };
    return 0;
}

/* The children of a container that ends move from pending to the document. */
static int settle_children(builder *b, frame *top)
{
    tcn_yaml *doc = b->doc;
    top->item.place.first = (uint32_t)doc->count;
    top->item.place.count = (uint32_t)(b->pending_count - top->first);
    for (size_t i = top->first; i < b->pending_count; i++) {
        if (add_node(&doc->nodes, &doc->count, &doc->capacity, &b->pending[i]) < 0)
            return no_memory(b);
    }
    b->pending_count = top->first;
    return 0;
}

static int on_end(builder *b, const yaml_event_t *event)
{
    frame *top = &b->frames[b->depth - 1];
    int rc = settle_children(b, top);
    if (rc == 0 && top->anchor != NULL)
        rc = keep_anchor(b, top->anchor, &top->item);
    if (rc < 0)
        return rc;
    item it = top->item;
    if (it.height == 0)
        it.height = 1;
    b->depth--;
    /* Its values were counted one by one already. */
    b->values -= it.values - 1;
    return put_own(b, event, &it);
}

static int on_alias(builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    if (wants_key(b))
        return fail(b, event, TCN_E_UNSUPPORTED, "a key must be text");
    if (++b->aliases > ALIAS_LIMIT)
        return fail(b, event, TCN_E_LIMIT, "more than 64 aliases");
    for (size_t i = b->anchor_count; i-- > 0;) {
        if (strcmp(b->anchors[i].name, name) != 0)
            continue;
        item it = b->anchors[i].item;
        if (b->depth + it.height > TCN_YAML_DEPTH_LIMIT)
            return fail(b, event, TCN_E_LIMIT, "nested more than 64 deep");
        it.place.line = line_of(event);
        it.place.column = column_of(event);
        json_incref(it.json);
        return put_own(b, event, &it);
    }
    return tcn_err_at(b->err, TCN_E_SYNTAX, line_of(event), column_of(event),
                      "unknown or unfinished anchor \"%.100s\"", name);
}

static int on_event(builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(b, event, json_array(), event->data.sequence_start.anchor,
                        event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return on_start(b, event, json_object(), event->data.mapping_start.anchor,
                        event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(b, event);
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_DOCUMENT_START_EVENT:
        if (b->is_done)
            return fail(b, event, TCN_E_SYNTAX, "more than one document");
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

/* The usual reasons for a problem that libyaml tells in the words of its scanner. */
static const char *hint(const char *problem)
{
    bool is_character =
        strcmp(problem, "found character that cannot start any token") == 0;
    return is_character
               ? " (lines are indented with spaces; a value that begins with % @ or ` "
                 "needs quotes)"
               : "";
}

static int parser_failed(builder *b, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(b);
    const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR)
        return tcn_err_set(b->err, TCN_E_SYNTAX, "%s at byte %zu", problem,
                           parser->problem_offset);
    return tcn_err_at(b->err, TCN_E_SYNTAX, (uint32_t)parser->problem_mark.line + 1,
                      (uint32_t)parser->problem_mark.column + 1, "%s%s%s%s", problem,
                      parser->context != NULL ? " " : "",
                      parser->context != NULL ? parser->context : "", hint(problem));
}

static int read_events(builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0)
            return parser_failed(b, parser);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        int rc = on_event(b, &event);
        yaml_event_delete(&event);
        if (rc < 0 || is_end)
            return rc;
    }
}

static void builder_deinit(builder *b)
{
    while (b->depth != 0)
        json_decref(b->frames[--b->depth].item.json);
    for (size_t i = 0; i < b->anchor_count; i++)
        json_decref(b->anchors[i].item.json);
    tcn_free(b->anchors);
    tcn_free(b->pending);
}

int tcn_yaml_build(tcn_yaml *doc, tcn_str text, tcn_err *reterr)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        return tcn_err_no_memory(reterr);
    builder b = {.doc = doc, .err = reterr};
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    /* libyaml counts a byte order mark as a column: the first key would stand alone. */
    if (tcn_str_starts(text, TCN_STR("\xef\xbb\xbf")))
        text = tcn_str_of(text.ptr + 3, text.len - 3);
    const char *bytes = text.len != 0 ? text.ptr : "";
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, text.len);
    int rc = read_events(&b, &parser);
    builder_deinit(&b);
    yaml_parser_delete(&parser);
    return rc;
}
