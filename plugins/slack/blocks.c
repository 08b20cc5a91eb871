/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - copies blocks and applies the limits on the way. A rule belongs to a member
 * of an object with a certain "type". */
#include "blocks.h"

#include "mrkdwn.h"
#include <tocsin/json.h>

#define BLOCKS_MAX 50
#define TEXT_UNITS 3000 /* of any text object */

enum rule_kind {
    RULE_TEXT,   /* a text object, or a list of them: its text is cut */
    RULE_STRING, /* a string: it is cut */
    RULE_LENGTH  /* a string: too long is an error */
};

typedef struct rule {
    const char *type, *member; /* type NULL: any */
    enum rule_kind kind;
    size_t units;
    size_t items; /* of a list; 0: no list */
} rule;

static const rule rules[] = {
    {"section", "text", RULE_TEXT, TEXT_UNITS, 0},
    {"section", "fields", RULE_TEXT, 2000, 10},
    {"header", "text", RULE_TEXT, 150, 0},
    {"context", "elements", RULE_TEXT, TEXT_UNITS, 10},
    {"actions", "elements", RULE_TEXT, TEXT_UNITS, 25},
    {"image", "alt_text", RULE_STRING, 2000, 0},
    {"image", "title", RULE_TEXT, 2000, 0},
    {"image", "image_url", RULE_LENGTH, 3000, 0},
    {"button", "text", RULE_TEXT, 75, 0},
    {"button", "value", RULE_LENGTH, 2000, 0},
    {"button", "url", RULE_LENGTH, 3000, 0},
    {NULL, "block_id", RULE_LENGTH, 255, 0},
    {NULL, "action_id", RULE_LENGTH, 255, 0},
};

static const rule *find_rule(tocsin_str type, tocsin_str member)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (tocsin_str_eq(member, rules[i].member) &&
            (rules[i].type == NULL || tocsin_json_is(type, rules[i].type)))
            return &rules[i];
    return NULL;
}

/* What a copy needs on its way down. */
typedef struct copier {
    tocsin_text *out;
    tocsin_ending *end;
    tocsin_text scratch, cut;
} copier;

static bool too_large(copier *c, const rule *r)
{
    (void)snprintf(c->end->error.text, sizeof c->end->error.text,
                   r->items > 0 ? "blocks: %s.%s holds more than %zu items"
                                : "blocks: %s.%s is longer than %zu characters",
                   r->type == NULL ? "block" : r->type, r->member,
                   r->items > 0 ? r->items : r->units);
    return tocsin_end(c->end, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, "");
}

/* A string of at most so many units; is_markup: cut as mrkdwn. */
static void copy_cut(copier *c, tocsin_str value, size_t units, bool is_markup)
{
    c->scratch.len = c->cut.len = 0;
    if (!tocsin_json_text(value, &c->scratch)) {
        tocsin_text_add_str(c->out, value);
        return;
    }
    tocsin_str text = tocsin_text_str(&c->scratch);
    if (is_markup) {
        mrkdwn_add_cut(&c->cut, text, units);
    } else if (tocsin_str_fit(text, units) < text.len) {
        tocsin_text_add(&c->cut, text.ptr, tocsin_str_fit(text, units - 1));
        tocsin_text_add_c(&c->cut, "\xe2\x80\xa6");
    } else {
        tocsin_text_add_str(&c->cut, text);
    }
    tocsin_text_add_json(c->out, tocsin_text_str(&c->cut));
}

static size_t count_items(tocsin_str list)
{
    tocsin_json_iter iter = tocsin_json_walk(list);
    tocsin_str key, value;
    size_t count = 0;
    while (tocsin_json_next(&iter, &key, &value))
        count++;
    return count;
}

static bool copy_value(copier *c, tocsin_str value, size_t text_units);

static bool copy_member(copier *c, tocsin_str type, tocsin_str key, tocsin_str value,
                        size_t text_units)
{
    bool is_markup = tocsin_json_is(type, "mrkdwn");
    if ((is_markup || tocsin_json_is(type, "plain_text")) && tocsin_str_eq(key, "text")) {
        copy_cut(c, value, text_units, true);
        return true;
    }
    const rule *r = find_rule(type, key);
    if (r == NULL)
        return copy_value(c, value, TEXT_UNITS);
    if (r->items > 0 && count_items(value) > r->items)
        return too_large(c, r);
    if (r->kind == RULE_TEXT)
        return copy_value(c, value, r->units);
    if (r->kind == RULE_LENGTH && value.len > r->units + 2) {
        c->scratch.len = 0;
        if (tocsin_json_text(value, &c->scratch) &&
            tocsin_str_units(tocsin_text_str(&c->scratch)) > r->units)
            return too_large(c, r);
    }
    if (r->kind == RULE_STRING)
        copy_cut(c, value, r->units, false);
    else
        tocsin_text_add_str(c->out, value);
    return true;
}

/* Nesting is limited by the reader of JSON. */
static bool copy_value(copier *c, tocsin_str value, size_t text_units)
{
    char kind = tocsin_json_kind(value);
    if (kind != '{' && kind != '[') {
        tocsin_text_add_str(c->out, value);
        return true;
    }
    tocsin_str key, item, type = {NULL, 0};
    (void)tocsin_json_get(value, "type", &type);
    tocsin_json_iter iter = tocsin_json_walk(value);
    tocsin_text_add_char(c->out, kind);
    for (bool is_more = false; tocsin_json_next(&iter, &key, &item); is_more = true) {
        tocsin_text_add_c(c->out, is_more ? "," : "");
        if (kind == '{') {
            tocsin_text_add_c(c->out, "\"");
            tocsin_text_add_str(c->out, key);
            tocsin_text_add_c(c->out, "\":");
        }
        if (!(kind == '{' ? copy_member(c, type, key, item, text_units)
                          : copy_value(c, item, text_units)))
            return false;
    }
    tocsin_text_add_char(c->out, kind == '{' ? '}' : ']');
    return true;
}

/* The list of blocks in what the user gave; false: there is none. */
static bool find_list(tocsin_str text, tocsin_str *ret)
{
    tocsin_str value;
    if (!tocsin_json_read(text, &value))
        return false;
    if (tocsin_json_kind(value) == '{' && !tocsin_json_get(value, "blocks", &value))
        return false;
    *ret = value;
    return tocsin_json_kind(value) == '[';
}

const char *blocks_mistake(tocsin_str source)
{
    tocsin_str list, key, block, type;
    if (!find_list(source, &list))
        return "must be a list of blocks, or a mapping with that list as blocks";
    size_t count = count_items(list);
    if (count == 0 || count > BLOCKS_MAX)
        return count == 0 ? "holds no block" : "holds more than 50 blocks";
    tocsin_json_iter iter = tocsin_json_walk(list);
    while (tocsin_json_next(&iter, &key, &block))
        if (!tocsin_json_get(block, "type", &type) || tocsin_json_kind(type) != '"')
            return "holds a block without a type";
    return NULL;
}

bool blocks_add(tocsin_str rendered, tocsin_text *out, tocsin_ending *end)
{
    tocsin_str list;
    copier c = {.out = out, .end = end};
    if (!find_list(rendered, &list))
        return tocsin_end(end, TOCSIN_FAIL, TOCSIN_CAUSE_TEMPLATE, "blocks are no list");
    bool is_good = copy_value(&c, list, TEXT_UNITS);
    out->failed |= c.scratch.failed | c.cut.failed;
    tocsin_text_free(&c.scratch);
    tocsin_text_free(&c.cut);
    return is_good;
}
