/* SPDX-License-Identifier: Apache-2.0 */
/* json_list.c - looks for commas and brackets outside of texts only: everything else is
 * in the items, whose reader is jansson. */
#include "core/value/json_list.h"

#include "core/base/alloc.h"
#include "core/base/err.h"
#include "core/value/document.h"

/* What is left of the text. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

static bool take(cursor *c, char wanted)
{
    skip_blanks(c);
    bool is_there = c->at < c->end && *c->at == wanted;
    c->at += is_there;
    return is_there;
}

/* As it stands there, without escapes. */
static bool take_key(cursor *c, const char *key)
{
    size_t len = strlen(key);
    if (!take(c, '"') || (size_t)(c->end - c->at) <= len ||
        memcmp(c->at, key, len) != 0 || c->at[len] != '"')
        return false;
    c->at += len + 1;
    return true;
}

/* From behind its opening quote to behind the closing one. */
static const char *text_end(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\')
            at++;
    }
    return end;
}

/* The comma or closing bracket behind the item that begins at at; NULL: there is none,
 * or more than depth containers are open. */
static const char *item_end(const char *at, const char *end, int depth)
{
    int left = depth;
    while (at < end) {
        char c = *at++;
        if (c == '"') {
            at = text_end(at, end);
        } else if (c == '[' || c == '{') {
            if (left-- == 0)
                return NULL;
        } else if (c == ']' || c == '}') {
            if (left++ == depth)
                return at - 1;
        } else if (c == ',' && left == depth) {
            return at - 1;
        }
    }
    return NULL;
}

static int add(tcn_json_list *list, const char *from, const char *to)
{
    while (to > from && is_blank(to[-1]))
        to--;
    int rc = tcn_grow((void **)&list->items, &list->capacity, list->count + 1,
                      sizeof *list->items);
    if (rc == 0)
        list->items[list->count++] = tcn_str_of(from, (size_t)(to - from));
    return rc;
}

/* Behind the opening bracket. An item that is empty is cut as well: its reader refuses
 * it. */
static int cut_items(tcn_json_list *list, cursor *c, int depth)
{
    if (take(c, ']'))
        return 1;
    for (;;) {
        skip_blanks(c);
        const char *end = item_end(c->at, c->end, depth);
        if (end == NULL || *end == '}')
            return 0;
        int rc = add(list, c->at, end);
        c->at = end + 1;
        if (rc < 0 || *end == ']')
            return rc < 0 ? rc : 1;
    }
}

int tcn_json_list_cut(tcn_json_list *ret, tcn_str text, const char *key)
{
    cursor c = {text.ptr, text.ptr + text.len};
    ret->has_key = take(&c, '{');
    if (ret->has_key && (!take_key(&c, key) || !take(&c, ':')))
        return 0;
    if (!take(&c, '['))
        return 0;
    int rc = cut_items(ret, &c, TCN_DOCUMENT_DEPTH - 1 - ret->has_key);
    if (rc > 0 && ret->has_key && !take(&c, '}'))
        rc = 0;
    skip_blanks(&c);
    return rc > 0 && c.at < c.end ? 0 : rc;
}

void tcn_json_list_deinit(tcn_json_list *list)
{
    tcn_free(list->items);
    *list = (tcn_json_list){0};
}

int tcn_json_list_read(const tcn_json_list *list, size_t i, json_t **ret)
{
    json_error_t error = {0};
    tcn_str text = list->items[i];
    json_t *json =
        json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL) /* it does not say so each time that memory was short */
        return json_error_code(&error) <= json_error_out_of_memory ? TCN_E_NOMEM
                                                                   : TCN_E_SYNTAX;
    *ret = json;
    return 0;
}
