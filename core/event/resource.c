/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - resources: objects of text to text. A key that comes again keeps its place
 * and takes the last value, as in Python. Labels are gathered in the decoder and copied
 * to the arena once their number is known. */
#include "core/event/decode_int.h"

#define SCANNED_MAX                                                     \
    16 /* up to so many labels are compared one by one, more are hashed \
        */

static const tcn_str id_key = {"prefect.resource.id", 19};
static const tcn_str role_key = {"prefect.resource.role", 21};

/* Most labels begin alike ("prefect.resource."), so the ends are compared first. */
static inline bool is_same_key(tcn_str a, tcn_str b)
{
    if (a.len != b.len)
        return false;
    if (a.len >= 8) {
        uint64_t end_a, end_b;
        memcpy(&end_a, a.ptr + a.len - 8, 8);
        memcpy(&end_b, b.ptr + b.len - 8, 8);
        if (end_a != end_b)
            return false;
    }
    return memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* The slot of key: it holds the key's label, or 0. */
static uint16_t *find_slot(tcn_decoder *d, tcn_str key)
{
    /* The arena's address differs from process to process, so that nobody can prepare
     * keys that collide. */
    uint64_t hash = tcn_hash(key.ptr, key.len, (uint64_t)(uintptr_t)d->arena);
    size_t i = (size_t)hash % TCN_LABEL_SLOTS;
    while (d->slots[i] != 0 && !tcn_str_eq(d->labels[d->slots[i] - 1].key, key))
        i = (i + 1) % TCN_LABEL_SLOTS;
    return &d->slots[i];
}

static void fill_slots(tcn_decoder *d, size_t count)
{
    memset(d->slots, 0, sizeof d->slots);
    for (size_t i = 0; i < count; i++)
        *find_slot(d, d->labels[i].key) = (uint16_t)(i + 1);
}

/* The place of key among count labels, or count. */
static size_t find_label(tcn_decoder *d, size_t count, tcn_str key)
{
    if (count > SCANNED_MAX) {
        uint16_t slot = *find_slot(d, key);
        return slot != 0 ? slot - 1U : count;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_same_key(d->labels[i].key, key))
            return i;
    }
    return count;
}

/* The resource as it is read. */
typedef struct reading {
    size_t count;
    size_t id, role;    /* places of these labels; SIZE_MAX: not there */
    bool is_doubtful;   /* some value was no text when it was read */
    bool is_over_limit; /* more labels than are kept */
} reading;

static void put_label(tcn_decoder *d, reading *r, tcn_label label)
{
    size_t place = find_label(d, r->count, label.key);
    if (place < r->count) {
        d->labels[place].value = label.value;
        return;
    }
    if (r->count == TCN_EVENT_LABELS_MAX) {
        r->is_over_limit = true;
        return;
    }
    d->labels[r->count++] = label;
    if (r->count == SCANNED_MAX + 1)
        fill_slots(d, r->count);
    else if (r->count > SCANNED_MAX)
        *find_slot(d, label.key) = (uint16_t)r->count;
    if (label.key.len == id_key.len && memcmp(label.key.ptr, id_key.ptr, id_key.len) == 0)
        r->id = place;
    if (label.key.len == role_key.len &&
        memcmp(label.key.ptr, role_key.ptr, role_key.len) == 0)
        r->role = place;
}

/* A label's value; of what is no text the place is kept, with a length that says so. */
#define NOT_TEXT SIZE_MAX
#define NO_UTF8  (SIZE_MAX - 1)

static inline const char *read_value(tcn_decoder *d, reading *r, const char *p,
                                     tcn_str *ret_value)
{
    const char *start = p;
    if (TCN_LIKELY(*p == '"')) {
        p = tcn_decode_string(d, p + 1, ret_value);
        if (TCN_LIKELY(p == NULL || ret_value->ptr != NULL))
            return p;
        *ret_value = tcn_str_of(start, NO_UTF8);
    } else {
        p = tcn_decode_skip(d, p, d->related_index >= 0 ? 3 : 2);
        *ret_value = tcn_str_of(start, NOT_TEXT);
    }
    r->is_doubtful = true;
    return p;
}

/* The labels of the object at p. */
static const char *read_labels(tcn_decoder *d, const char *p, reading *r)
{
    p = tcn_scan_blanks(p + 1);
    if (*p == '}')
        return p + 1;
    for (;;) {
        tcn_label label;
        p = tcn_decode_key(d, p, &label.key);
        if (p == NULL)
            return NULL;
        const char *key_end = p;
        p = read_value(d, r, p, &label.value);
        if (p == NULL)
            return NULL;
        if (TCN_UNLIKELY(label.key.ptr == NULL)) {
            label = (tcn_label){TCN_STR("\xef\xbf\xbd"), tcn_str_of(key_end, NO_UTF8)};
            r->is_doubtful = true;
        }
        put_label(d, r, label);
        p = tcn_decode_comma(d, p, '}');
        if (p == NULL)
            return NULL;
        if (*p == '}')
            return p + 1;
    }
}

static enum tcn_event_field field_at_hand(const tcn_decoder *d)
{
    return d->related_index >= 0 ? TCN_FIELD_RELATED : TCN_FIELD_RESOURCE;
}

static const char *wrong(tcn_decoder *d, const char *at, const char *text)
{
    return tcn_decode_wrong(d, at, field_at_hand(d), NULL, "value_error", text);
}

/* Refuses the first label whose last value is no text. NULL: there is one. */
static const char *check_values(tcn_decoder *d, const char *at, const reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const tcn_label *label = &d->labels[i];
        if (label->value.len == NOT_TEXT)
            return tcn_decode_wrong(d, label->value.ptr, field_at_hand(d), &label->key,
                                    "string_type", "Input should be a valid string");
        if (label->value.len == NO_UTF8)
            return tcn_decode_wrong(
                d, label->value.ptr, field_at_hand(d), &label->key, "string_unicode",
                "Input should be a valid string, unable to parse raw data "
                "as a unicode string");
    }
    return at;
}

/* What Prefect asks of a resource, in its order. NULL: it is refused. */
static const char *check(tcn_decoder *d, const char *at, const reading *r)
{
    if (TCN_UNLIKELY(r->is_doubtful) && check_values(d, at, r) == NULL)
        return NULL;
    if (TCN_UNLIKELY(r->is_over_limit))
        return wrong(d, at,
                     "Value error, The maximum number of labels per resource is 500");
    if (TCN_UNLIKELY(r->id == SIZE_MAX))
        return wrong(d, at,
                     "Value error, Resources must include the prefect.resource.id label");
    if (TCN_UNLIKELY(d->labels[r->id].value.len == 0))
        return wrong(d, at,
                     "Value error, The prefect.resource.id label must be non-empty");
    if (d->related_index < 0)
        return at;
    if (TCN_UNLIKELY(r->role == SIZE_MAX))
        return wrong(
            d, at,
            "Value error, Related Resources must include the prefect.resource.role label");
    if (TCN_UNLIKELY(d->labels[r->role].value.len == 0))
        return wrong(d, at,
                     "Value error, The prefect.resource.role label must be non-empty");
    return at;
}

const char *tcn_decode_resource(tcn_decoder *d, const char *p, tcn_resource *ret)
{
    const char *start = p;
    if (TCN_UNLIKELY(*p != '{'))
        return tcn_decode_wrong(d, p, field_at_hand(d), NULL, "dict_type",
                                "Input should be a valid dictionary");
    reading r = {.id = SIZE_MAX, .role = SIZE_MAX};
    p = read_labels(d, p, &r);
    if (p == NULL || check(d, start, &r) == NULL)
        return NULL;
    size_t bytes = r.count * sizeof *ret->labels;
    ret->labels = tcn_arena_alloc(d->arena, bytes);
    if (ret->labels == NULL)
        return tcn_decode_no_memory(d);
    memcpy(ret->labels, d->labels, bytes);
    ret->count = (uint32_t)r.count;
    ret->id = d->labels[r.id].value;
    ret->role = r.role != SIZE_MAX ? d->labels[r.role].value : (tcn_str){0};
    return p;
}

/* The items of a list that is not empty; p stands at the first. *ret_count counts those
 * that are over the limit too. */
static const char *read_items(tcn_decoder *d, const char *p, size_t *ret_count)
{
    for (size_t count = 0;;) {
        tcn_resource spare;
        d->related_index = (int64_t)count;
        p = tcn_decode_resource(
            d, p, count < TCN_EVENT_RELATED_MAX ? &d->related[count] : &spare);
        if (p != NULL)
            p = tcn_decode_comma(d, p, ']');
        if (p == NULL)
            return NULL;
        count++;
        if (*p == ']') {
            *ret_count = count;
            return p + 1;
        }
    }
}

const char *tcn_decode_related(tcn_decoder *d, const char *p, tcn_event *ret)
{
    const char *start = p;
    if (TCN_UNLIKELY(*p != '['))
        return tcn_decode_wrong(d, p, TCN_FIELD_RELATED, NULL, "list_type",
                                "Input should be a valid list");
    ret->related = NULL;
    ret->related_count = 0;
    p = tcn_scan_blanks(p + 1);
    if (*p == ']')
        return p + 1;
    size_t count = 0;
    p = read_items(d, p, &count);
    d->related_index = -1;
    if (p == NULL)
        return NULL;
    if (TCN_UNLIKELY(count > TCN_EVENT_RELATED_MAX))
        return tcn_decode_wrong(
            d, start, TCN_FIELD_RELATED, NULL, "value_error",
            "Value error, The maximum number of related resources is 100");
    ret->related = tcn_arena_alloc(d->arena, count * sizeof *ret->related);
    if (ret->related == NULL)
        return tcn_decode_no_memory(d);
    memcpy(ret->related, d->related, count * sizeof *ret->related);
    ret->related_count = (uint32_t)count;
    return p;
}
