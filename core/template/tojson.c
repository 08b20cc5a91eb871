/* SPDX-License-Identifier: Apache-2.0 */
/* tojson.c - the tojson filter: Python's json.dumps with sorted keys and ASCII only, then
 * what is dangerous in HTML as escapes. Writes straight to the text that it makes. */
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/strings.h"
#include "core/template/vm.h"
#include "core/value/moment.h"

typedef struct writer {
    tcn_rt *rt;
    tcn_buf *out;
    tcn_str indent; /* of one level */
    bool has_indent;
    uint32_t level;
    bool is_inside;          /* of a model: what pydantic turns into JSON */
    const tcn_vdict *sorted; /* the last dict whose keys were sorted, and how */
    const uint32_t *order;
} writer;

static int write_value(writer *w, tcn_value v);

static size_t escape_code(uint32_t c, char out[13])
{
    static const char letters[] = "\b\f\n\r\t";
    static const char names[] = "bfnrt";
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    const char *found = c != 0 && c < 0x20 ? strchr(letters, (int)c) : NULL;
    if (found != NULL) {
        out[0] = '\\';
        out[1] = names[found - letters];
        return 2;
    }
    if (c < 0x10000)
        return (size_t)snprintf(out, 13, "\\u%04x", c);
    c -= 0x10000;
    return (size_t)snprintf(out, 13, "\\u%04x\\u%04x", 0xD800 + (c >> 10),
                            0xDC00 + (c & 0x3FF));
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' &&
           c != '&' && c != '\'';
}

static TCN_NOINLINE int write_text_escaped(writer *w, tcn_str text)
{
    int rc = tcn_put(w->rt, w->out, "\"", 1);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t end = i;
        while (end < text.len && is_plain((unsigned char)text.ptr[end]))
            end++;
        if (end > i)
            rc = tcn_put(w->rt, w->out, text.ptr + i, end - i);
        i = end;
        if (i < text.len && rc >= 0) {
            char escaped[13];
            size_t n = escape_code(tcn_utf8_decode(text, &i), escaped);
            rc = tcn_put(w->rt, w->out, escaped, n);
        }
    }
    return rc < 0 ? rc : tcn_put(w->rt, w->out, "\"", 1);
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of every byte that is 0, and perhaps of the one after it. */
static inline uint64_t zeros(uint64_t x)
{
    return (x - EACH(1)) & ~x & EACH(0x80);
}

/* Not 0 when one of the eight characters needs an escape; see is_plain. */
static inline uint64_t escapes(uint64_t x)
{
    uint64_t control = (x - EACH(0x20)) & ~x & EACH(0x80);
    return control | (x & EACH(0x80)) | zeros(x ^ EACH('"')) | zeros(x ^ EACH('\\')) |
           zeros((x & ~EACH(2)) ^ EACH('<')) | zeros((x & ~EACH(1)) ^ EACH('&'));
}
_Static_assert(('<' | 2) == '>' && ('&' | 1) == '\'', "pairs that differ in one bit");

static inline uint64_t copy_word(char *to, const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    memcpy(to, &word, sizeof word);
    return escapes(word);
}

/* Copies the text, eight bytes at a time; false: it needs escapes, and what was copied is
 * of no use. */
static inline bool copy_plain(char *to, tcn_str text)
{
    uint64_t found = 0;
    size_t at = 0;
    if (text.len < sizeof(uint64_t)) {
        for (; at < text.len; at++) {
            to[at] = text.ptr[at];
            found |= !is_plain((unsigned char)text.ptr[at]);
        }
        return found == 0;
    }
    for (; at + sizeof(uint64_t) <= text.len; at += sizeof(uint64_t))
        found |= copy_word(to + at, text.ptr + at);
    at = text.len - sizeof(uint64_t);
    return (found | copy_word(to + at, text.ptr + at)) == 0;
}

static int write_text(writer *w, tcn_str text)
{
    tcn_buf *out = w->out;
    if (out->capacity - out->len <= text.len + 2 ||
        !copy_plain(out->ptr + out->len + 1, text))
        return write_text_escaped(w, text);
    char *end = out->ptr + out->len;
    end[0] = '"';
    end[text.len + 1] = '"';
    end[text.len + 2] = '\0';
    out->len += text.len + 2;
    return 0;
}

static TCN_NOINLINE int write_real(writer *w, double f)
{
    if (isfinite(f))
        return tcn_show(w->rt, tcn_real(f), w->out);
    /* Python's words for these are no JSON. */
    if (tcn_vm_of(w->rt)->type == TCN_TPL_JSON)
        return tcn_put_c(w->rt, w->out, "null");
    return tcn_put_c(w->rt, w->out,
                     isnan(f) ? "NaN" : (f < 0 ? "-Infinity" : "Infinity"));
}

static int new_line(writer *w)
{
    if (!w->has_indent)
        return 0;
    int rc = tcn_put(w->rt, w->out, "\n", 1);
    for (uint32_t i = 0; i < w->level && rc >= 0; i++) {
        rc = tcn_put(w->rt, w->out, w->indent.ptr, w->indent.len);
        if (rc >= 0)
            rc = tcn_charge(w->rt, w->indent.len / 64);
    }
    return rc;
}

static int separate(writer *w, bool is_first)
{
    int rc = 0;
    if (!is_first)
        rc = w->has_indent ? tcn_put(w->rt, w->out, ",", 1)
                           : tcn_put(w->rt, w->out, ", ", 2);
    return rc < 0 ? rc : new_line(w);
}

static int enter(writer *w)
{
    if (++w->rt->depth > w->rt->limits->depth)
        return tcn_raise_limit(w->rt, "nesting of a value", w->rt->limits->depth);
    w->level++;
    return 0;
}

static int leave(writer *w, char close)
{
    w->level--;
    w->rt->depth--;
    int rc = new_line(w);
    return rc < 0 ? rc : tcn_put_char(w->rt, w->out, close);
}

static int write_list(writer *w, const tcn_vlist *list)
{
    if (list->count == 0)
        return tcn_put(w->rt, w->out, "[]", 2);
    int rc = tcn_put(w->rt, w->out, "[", 1);
    if (rc >= 0)
        rc = enter(w);
    for (uint32_t i = 0; i < list->count && rc >= 0; i++) {
        rc = separate(w, i == 0);
        if (rc >= 0)
            rc = tcn_charge(w->rt, 1);
        if (rc >= 0)
            rc = write_value(w, list->items[i]);
    }
    return rc < 0 ? rc : leave(w, ']');
}

static int not_serialisable(writer *w, tcn_value v)
{
    return tcn_raise(w->rt, TCN_EXC_TypeError,
                     "Object of type %s is not JSON serializable",
                     v.type == TCN_V_UNDEF ? "ChainableUndefined" : tcn_type_name(v));
}

static int write_key(writer *w, tcn_value key)
{
    if (tcn_is_text(key))
        return write_value(w, key);
    bool is_scalar = tcn_is_number(key) || key.type == TCN_V_NONE;
    bool is_shown =
        w->is_inside && (key.type == TCN_V_UUID || key.type == TCN_V_DATETIME);
    if (!is_scalar && !is_shown)
        return tcn_raise(w->rt, TCN_EXC_TypeError,
                         "keys must be str, int, float, bool or None, not %s",
                         tcn_type_name(key));
    if (is_shown)
        return write_value(w, key);
    int rc = tcn_put(w->rt, w->out, "\"", 1);
    if (rc >= 0)
        rc = write_value(w, key);
    return rc < 0 ? rc : tcn_put(w->rt, w->out, "\"", 1);
}

/* A key with the first eight bytes of its text as a number that is ordered like them. */
typedef struct ranked {
    uint64_t prefix;
    const tcn_value *key;
} ranked;

static uint64_t prefix_of(tcn_str text)
{
    uint64_t word = 0;
    if (text.len >= sizeof word) {
        for (size_t i = 0; i < sizeof word; i++)
            word = word << 8 | (unsigned char)text.ptr[i];
        return word;
    }
    for (size_t i = 0; i < sizeof word; i++)
        word = word << 8 | (i < text.len ? (unsigned char)text.ptr[i] : 0);
    return word;
}

/* 1: a < b; 0: not; negative: a failure. Keys that are no text have the same prefix. */
static inline int is_less(writer *w, ranked a, ranked b)
{
    if (a.prefix != b.prefix)
        return a.prefix < b.prefix;
    if (a.key->type != TCN_V_STR || b.key->type != TCN_V_STR)
        return tcn_compare(w->rt, TCN_LT, *a.key, *b.key);
    return tcn_str_cmp(tcn_text_str(a.key->text), tcn_text_str(b.key->text)) < 0;
}

enum {
    FEW_KEYS = 16
};

/* Where the item belongs among the sorted ones: by halves, or from the end while they are
 * few, which costs fewer branches that go another way than the last time. */
static int find_place(writer *w, const ranked *items, uint32_t count, ranked item,
                      uint32_t *ret)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = count <= FEW_KEYS ? high - 1 : (low + high) / 2;
        int rc = is_less(w, item, items[middle]);
        if (rc < 0)
            return rc;
        if (rc == 1)
            high = middle;
        else
            low = middle + 1;
    }
    *ret = low;
    return 0;
}

/* An insertion sort, as sorted() only needs "<". */
static TCN_NOINLINE int sort_keys(writer *w, const tcn_vdict *dict, uint32_t *order)
{
    ranked few[FEW_KEYS];
    ranked *items = few;
    if (dict->count > FEW_KEYS)
        items = tcn_arena_alloc(w->rt->arena, dict->count * sizeof *items);
    if (items == NULL)
        return tcn_raise_memory(w->rt);
    bool is_text = true;
    for (uint32_t i = 0; i < dict->count && is_text; i++)
        is_text = dict->entries[i].key.type == TCN_V_STR;
    for (uint32_t i = 0; i < dict->count; i++) {
        const tcn_value *key = &dict->entries[i].key;
        ranked item = {is_text ? prefix_of(tcn_text_str(key->text)) : 0, key};
        uint32_t place;
        int rc = find_place(w, items, i, item, &place);
        if (rc >= 0)
            rc = tcn_charge(w->rt, 2);
        if (rc < 0)
            return rc;
        for (uint32_t j = i; j > place; j--)
            items[j] = items[j - 1];
        items[place] = item;
    }
    for (uint32_t i = 0; i < dict->count; i++)
        order[i] =
            (uint32_t)(tcn_container_of(items[i].key, tcn_ventry, key) - dict->entries);
    return 0;
}

/* Whether the last dict that was sorted has the same keys in the same places. Their
 * hashes have a secret seed; the worst that two keys of one hash could do is stand in the
 * wrong order. */
static bool has_last_keys(const writer *w, const tcn_vdict *dict)
{
    const tcn_vdict *last = w->sorted;
    if (last == NULL || last->count != dict->count)
        return false;
    for (uint32_t i = 0; i < dict->count; i++) {
        if (last->entries[i].hash != dict->entries[i].hash ||
            dict->entries[i].key.type != TCN_V_STR)
            return false;
    }
    return true;
}

static int sorted_keys(writer *w, const tcn_vdict *dict, const uint32_t **ret)
{
    if (has_last_keys(w, dict)) {
        *ret = w->order;
        return 0;
    }
    uint32_t *order = tcn_arena_alloc(w->rt->arena, dict->count * sizeof *order);
    int rc = order == NULL ? tcn_raise_memory(w->rt) : sort_keys(w, dict, order);
    if (rc < 0)
        return rc;
    w->sorted = dict;
    w->order = order;
    *ret = order;
    return 0;
}

static int write_dict(writer *w, const tcn_vdict *dict)
{
    if (dict->count == 0)
        return tcn_put(w->rt, w->out, "{}", 2);
    const uint32_t *order = NULL;
    int rc = sorted_keys(w, dict, &order);
    if (rc >= 0)
        rc = tcn_put(w->rt, w->out, "{", 1);
    if (rc >= 0)
        rc = enter(w);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        const tcn_ventry *entry = &dict->entries[order[i]];
        rc = separate(w, i == 0);
        if (rc >= 0)
            rc = write_key(w, entry->key);
        if (rc >= 0)
            rc = tcn_put(w->rt, w->out, ": ", 2);
        if (rc >= 0)
            rc = write_value(w, entry->value);
    }
    return rc < 0 ? rc : leave(w, '}');
}

static TCN_NOINLINE int write_shown(writer *w, tcn_value v)
{
    size_t start = tcn_scratch_begin(w->rt);
    tcn_value text;
    int rc = v.type == TCN_V_UUID ? tcn_show(w->rt, v, &w->rt->scratch)
                                  : tcn_moment_json(w->rt, v, &w->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(w->rt, start, &text);
    return rc < 0 ? rc : write_text(w, tcn_text_str(text.text));
}

static TCN_NOINLINE int write_object(writer *w, tcn_value v)
{
    const tcn_object_type *type = v.object->type;
    bool was_inside = w->is_inside;
    tcn_value plain;
    if (type->plain == NULL)
        return not_serialisable(w, v);
    if (++w->rt->depth > w->rt->limits->depth)
        return tcn_raise_limit(w->rt, "nesting of a value", w->rt->limits->depth);
    int rc = type->plain(w->rt, v.object, &plain);
    w->is_inside = true;
    if (rc >= 0)
        rc = write_value(w, plain);
    w->is_inside = was_inside;
    w->rt->depth--;
    return rc;
}

static int write_value(writer *w, tcn_value v)
{
    switch (v.type) {
    case TCN_V_STR:
        return write_text(w, tcn_text_str(v.text));
    case TCN_V_ENUM:
        return write_text(w, tcn_text_str(&v.member->value));
    case TCN_V_NONE:
        return tcn_put(w->rt, w->out, "null", 4);
    case TCN_V_BOOL:
        return tcn_put_c(w->rt, w->out, v.boolean ? "true" : "false");
    case TCN_V_INT:
    case TCN_V_BIG:
        return tcn_show(w->rt, v, w->out);
    case TCN_V_FLOAT:
        return write_real(w, v.real);
    case TCN_V_DELTA:
        return write_real(w, tcn_delta_seconds(v.integer));
    case TCN_V_UUID:
    case TCN_V_DATETIME:
        return write_shown(w, v);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_LAZY:
        return write_list(w, v.list);
    case TCN_V_SET:
        return w->is_inside ? write_list(w, v.list) : not_serialisable(w, v);
    case TCN_V_DICT:
        return write_dict(w, v.dict);
    case TCN_V_OBJECT:
        return write_object(w, v);
    default:
        return not_serialisable(w, v);
    }
}

static int indent_of(writer *w, tcn_value v)
{
    const tcn_text *text = tcn_text_of(&v);
    int64_t width = 0;
    size_t size = 0;
    tcn_value spaces;
    if (v.type == TCN_V_MISSING || v.type == TCN_V_NONE)
        return 0;
    w->has_indent = true;
    if (text != NULL) {
        w->indent = tcn_text_str(text);
        return 0;
    }
    int rc = v.type == TCN_V_UNDEF ? tcn_raise_undef(w->rt, v)
                                   : tcn_arg_int(w->rt, v, 0, &width);
    if (rc >= 0)
        rc = tcn_check_width(w->rt, width, &size);
    size_t start = tcn_scratch_begin(w->rt);
    if (rc >= 0)
        rc = tcn_put_fill(w->rt, &w->rt->scratch, ' ', size);
    if (rc >= 0)
        rc = tcn_scratch_end(w->rt, start, &spaces);
    if (rc >= 0)
        w->indent = tcn_text_str(spaces.text);
    return rc;
}

int tcn_write_tojson(tcn_rt *rt, tcn_value *a, tcn_buf *out)
{
    writer w = {.rt = rt, .out = out};
    /* A text alone is written without a look at the indent. */
    int rc = tcn_is_text(a[0]) ? 0 : indent_of(&w, a[1]);
    return rc < 0 ? rc : write_value(&w, a[0]);
}

int tcn_filter_tojson(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_write_tojson(rt, a, &rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0)
        *ret = tcn_markup_as(*ret, TCN_TEXT_JSON);
    return rc;
}
