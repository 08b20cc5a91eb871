/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - fields (an event's name, or a label of the primary or of related resources),
 * in each field entries by exact value and by literal start, in each entry the nodes. A
 * literal start counts by its first 64 bytes at most; a field knows which lengths occur
 * and looks up only those. An entry that grows large gets an index of its own, over the
 * other conditions of its nodes. */
#include "core/engine/index.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define PREFIX_MAX 64
#define POSTINGS_MAX \
    1000               /* of one node; a condition with more values is not registered */
#define ENTRY_SPLIT 32 /* nodes of an entry, above which they are told apart further */
#define DEPTH_MAX   4

struct tcn_index_entry {
    tcn_table_link link; /* in the field's entries */
    tcn_index_field *field;
    struct item {
        tcn_node *node;
        uint32_t posting; /* which of the node's postings */
    } * items;
    struct item one; /* where the items stand while there is only one */
    size_t count, capacity;
    tcn_index *inner; /* further nodes, told apart by another condition; NULL: none */
    bool is_prefix;
    uint32_t len;
    char value[];
};

struct tcn_index_field {
    tcn_table_link link; /* in the index's fields */
    tcn_index *index;
    tcn_index_kind kind;
    tcn_table entries;
    uint32_t exact_count;
    uint32_t prefix_counts[PREFIX_MAX + 1];
    uint64_t prefix_lens; /* bit n: starts of n + 1 bytes occur */
    uint32_t len;
    char label[];
};

/* A condition of a trigger: the field must have a value that one of globs matches. */
typedef struct condition {
    tcn_index_kind kind;
    tcn_str label;
    const tcn_globs *globs[2]; /* names: expect and after */
} condition;

/* ---- hashing ---- */

static uint32_t hash_value(const tcn_index *index, tcn_str value, bool is_prefix)
{
    return (uint32_t)tcn_hash(value.ptr, value.len, index->seed + is_prefix);
}

static uint32_t hash_label(const tcn_index *index, tcn_index_kind kind, tcn_str label)
{
    return (uint32_t)tcn_hash(label.ptr, label.len, index->seed + (uint64_t)kind);
}

/* One of 64 bits for a label, without reading all of it. */
static uint64_t label_bit(tcn_str label)
{
    if (label.len == 0)
        return 1;
    unsigned first = (unsigned char)label.ptr[label.len / 2];
    unsigned last = (unsigned char)label.ptr[label.len - 1];
    return UINT64_C(1) << ((label.len * 7 + first * 3 + last) & 63);
}

/* ---- fields and entries ---- */

static bool is_id_label(tcn_str label)
{
    return tcn_str_eq(label, TCN_STR("prefect.resource.id"));
}

/* Where the index keeps a field that nearly every event reaches, or NULL. */
static tcn_index_field **shortcut(tcn_index *index, tcn_index_kind kind, tcn_str label)
{
    if (kind == TCN_INDEX_NAME)
        return &index->name;
    if (!is_id_label(label))
        return NULL;
    return kind == TCN_INDEX_RESOURCE ? &index->resource_id : &index->related_id;
}

static tcn_index_field *find_field(const tcn_index *index, tcn_index_kind kind,
                                   tcn_str label)
{
    tcn_table_link *link =
        tcn_table_first(&index->fields, hash_label(index, kind, label));
    for (; link != NULL; link = tcn_table_next(link)) {
        tcn_index_field *field = tcn_container_of(link, tcn_index_field, link);
        if (field->kind == kind &&
            tcn_str_eq(tcn_str_of(field->label, field->len), label))
            return field;
    }
    return NULL;
}

static tcn_index_field *open_field(tcn_index *index, tcn_index_kind kind, tcn_str label)
{
    tcn_index_field *field = find_field(index, kind, label);
    if (field != NULL)
        return field;
    field = tcn_alloc_zero(sizeof *field + label.len);
    if (field == NULL)
        return NULL;
    field->index = index;
    field->kind = kind;
    field->len = (uint32_t)label.len;
    memcpy(field->label, label.ptr, label.len);
    if (tcn_table_add(&index->fields, &field->link, hash_label(index, kind, label)) < 0) {
        tcn_free(field);
        return NULL;
    }
    index->labels[kind] |= label_bit(label);
    tcn_index_field **at = shortcut(index, kind, label);
    if (at != NULL)
        *at = field;
    return field;
}

static void close_field_if_empty(tcn_index_field *field)
{
    if (field->entries.count > 0)
        return;
    tcn_index *index = field->index;
    tcn_index_field **at =
        shortcut(index, field->kind, tcn_str_of(field->label, field->len));
    if (at != NULL)
        *at = NULL;
    tcn_table_remove(&index->fields, &field->link);
    tcn_table_deinit(&field->entries);
    tcn_free(field);
}

static tcn_index_entry *find_entry(const tcn_index *index, const tcn_index_field *field,
                                   tcn_str value, bool is_prefix)
{
    tcn_table_link *link =
        tcn_table_first(&field->entries, hash_value(index, value, is_prefix));
    for (; link != NULL; link = tcn_table_next(link)) {
        tcn_index_entry *entry = tcn_container_of(link, tcn_index_entry, link);
        if (entry->is_prefix == is_prefix &&
            tcn_str_eq(tcn_str_of(entry->value, entry->len), value))
            return entry;
    }
    return NULL;
}

static tcn_index_entry *new_entry(tcn_index_field *field, tcn_str value, bool is_prefix)
{
    tcn_index_entry *entry = tcn_alloc_zero(sizeof *entry + value.len);
    if (entry == NULL)
        return NULL;
    entry->field = field;
    entry->is_prefix = is_prefix;
    entry->len = (uint32_t)value.len;
    if (value.len > 0)
        memcpy(entry->value, value.ptr, value.len);
    return entry;
}

static void count_lengths(tcn_index_field *field, const tcn_index_entry *entry,
                          bool is_more)
{
    uint32_t *count =
        entry->is_prefix ? &field->prefix_counts[entry->len] : &field->exact_count;
    *count = is_more ? *count + 1 : *count - 1;
    if (!entry->is_prefix)
        return;
    uint64_t bit = UINT64_C(1) << (entry->len - 1);
    field->prefix_lens =
        *count > 0 ? field->prefix_lens | bit : field->prefix_lens & ~bit;
}

static tcn_index_entry *open_entry(tcn_index *index, tcn_index_field *field,
                                   tcn_str value, bool is_prefix)
{
    tcn_index_entry *entry = find_entry(index, field, value, is_prefix);
    if (entry != NULL)
        return entry;
    entry = new_entry(field, value, is_prefix);
    if (entry == NULL)
        return NULL;
    if (tcn_table_add(&field->entries, &entry->link,
                      hash_value(index, value, is_prefix)) < 0) {
        tcn_free(entry);
        return NULL;
    }
    count_lengths(field, entry, true);
    return entry;
}

static void free_items(tcn_index_entry *entry)
{
    if (entry->items != &entry->one)
        tcn_free(entry->items);
}

/* Makes room for one more. Most entries have one item, which is found without another
 * fetch. */
static int grow_items(tcn_index_entry *entry)
{
    if (entry->capacity == 0) {
        entry->items = &entry->one;
        entry->capacity = 1;
        return 0;
    }
    bool is_inside = entry->items == &entry->one;
    void *items = is_inside ? NULL : entry->items;
    size_t capacity = is_inside ? 0 : entry->capacity;
    if (is_inside && entry->count == 0)
        return 0;
    int rc = tcn_grow(&items, &capacity, entry->count + 1, sizeof *entry->items);
    if (rc < 0)
        return rc;
    entry->items = items;
    entry->capacity = capacity;
    if (is_inside)
        entry->items[0] = entry->one;
    return 0;
}

static void close_entry_if_empty(tcn_index_entry *entry)
{
    if (entry->count > 0 || entry->inner != NULL || entry->field == NULL)
        return;
    tcn_index_field *field = entry->field;
    tcn_table_remove(&field->entries, &entry->link);
    count_lengths(field, entry, false);
    free_items(entry);
    tcn_free(entry);
    close_field_if_empty(field);
}

/* ---- conditions ---- */

static tcn_str key_of(const tcn_glob *glob, bool *ret_is_prefix)
{
    *ret_is_prefix = glob->kind != TCN_GLOB_EXACT;
    tcn_str value = glob->prefix;
    if (*ret_is_prefix && value.len > PREFIX_MAX)
        value.len = PREFIX_MAX;
    return value;
}

/* What looking up costs: how many nodes stand there already, and how rough the condition
 * is. UINT64_MAX: it cannot be looked up. */
static uint64_t condition_cost(const tcn_index *index, const condition *c)
{
    const tcn_index_field *field = find_field(index, c->kind, c->label);
    uint64_t cost = c->kind == TCN_INDEX_NAME ? 2 : is_id_label(c->label) ? 0 : 4;
    uint32_t values = 0;
    for (int i = 0; i < 2 && c->globs[i] != NULL; i++) {
        for (uint32_t k = 0; k < c->globs[i]->count; k++) {
            const tcn_glob *glob = &c->globs[i]->items[k];
            bool is_prefix;
            tcn_str value = key_of(glob, &is_prefix);
            if (glob->is_negated || (is_prefix && value.len == 0) ||
                ++values > POSTINGS_MAX)
                return UINT64_MAX;
            const tcn_index_entry *entry =
                field != NULL ? find_entry(index, field, value, is_prefix) : NULL;
            cost += is_prefix ? 8 : 0;
            if (entry != NULL)
                cost += entry->count + (entry->inner != NULL ? ENTRY_SPLIT : 0);
        }
    }
    return cost;
}

/* The nodes of this index share that field's condition already. */
static bool is_used(const tcn_index *index, const condition *c)
{
    for (const tcn_index_entry *entry = index->parent; entry != NULL;
         entry = entry->field->index->parent) {
        const tcn_index_field *field = entry->field;
        if (field->kind == c->kind &&
            tcn_str_eq(tcn_str_of(field->label, field->len), c->label))
            return true;
    }
    return false;
}

static void prefer(const tcn_index *index, condition c, condition *best,
                   uint64_t *best_cost)
{
    if (is_used(index, &c))
        return;
    uint64_t cost = condition_cost(index, &c);
    if (cost >= *best_cost)
        return;
    *best_cost = cost;
    *best = c;
}

/* False: none of the trigger's conditions can be looked up. */
static bool choose(const tcn_index *index, const tcn_trigger *t, condition *ret)
{
    uint64_t cost = UINT64_MAX;
    if (t->expect.count > 0)
        prefer(index, (condition){TCN_INDEX_NAME, TCN_STR(""), {&t->expect, &t->after}},
               ret, &cost);
    for (uint32_t i = 0; i < t->match.count; i++) {
        const tcn_label_test *test = &t->match.tests[i];
        prefer(index, (condition){TCN_INDEX_RESOURCE, test->label, {&test->values}}, ret,
               &cost);
    }
    for (uint32_t r = 0; r < t->related_count; r++) {
        for (uint32_t i = 0; i < t->related[r].count; i++) {
            const tcn_label_test *test = &t->related[r].tests[i];
            prefer(index, (condition){TCN_INDEX_RELATED, test->label, {&test->values}},
                   ret, &cost);
        }
    }
    return cost != UINT64_MAX;
}

/* ---- registering ---- */

static size_t values_of(const condition *c)
{
    return c->globs[0]->count + (c->globs[1] != NULL ? c->globs[1]->count : 0);
}

static void count_postings(tcn_index *index, bool is_more)
{
    while (index != NULL) {
        index->count = is_more ? index->count + 1 : index->count - 1;
        index = index->parent != NULL ? index->parent->field->index : NULL;
    }
}

/* owner: the index that entry stands in. */
static int post(tcn_index *owner, tcn_index_entry *entry, tcn_node *node)
{
    int rc = grow_items(entry);
    if (rc == 0)
        rc = tcn_grow((void **)&node->postings, &node->posting_capacity,
                      node->posting_count + 1, sizeof *node->postings);
    if (rc < 0)
        return rc;
    node->postings[node->posting_count] =
        (tcn_posting){owner, entry, (uint32_t)entry->count};
    entry->items[entry->count++] = (struct item){node, (uint32_t)node->posting_count};
    node->posting_count++;
    count_postings(owner, true);
    return 0;
}

static int post_under(tcn_index *index, tcn_node *node, const condition *c,
                      const tcn_glob *glob);

static int post_all(tcn_index *index, tcn_node *node, const condition *c)
{
    int rc = 0;
    for (int i = 0; i < 2 && c->globs[i] != NULL; i++) {
        for (uint32_t k = 0; rc == 0 && k < c->globs[i]->count; k++)
            rc = post_under(index, node, c, &c->globs[i]->items[k]);
    }
    return rc;
}

/* Whether the node can be told apart from others of the index; with another condition it
 * may need more postings. */
static bool can_choose(const tcn_index *index, const tcn_node *node, condition *ret)
{
    return choose(index, node->trigger, ret) &&
           node->posting_count + values_of(ret) <= POSTINGS_MAX;
}

/* Takes away one posting; the last one of the node takes its place. */
static void unpost(tcn_node *node, size_t at)
{
    tcn_posting gone = node->postings[at];
    tcn_index_entry *entry = gone.entry;
    struct item last = entry->items[--entry->count];
    entry->items[gone.place] = last;
    last.node->postings[last.posting].place = gone.place;
    count_postings(gone.index, false);

    tcn_posting moved = node->postings[--node->posting_count];
    if (at == node->posting_count)
        return;
    node->postings[at] = moved;
    moved.entry->items[moved.place].posting = (uint32_t)at;
}

static tcn_index *inner_new(const tcn_index *index, tcn_index_entry *entry)
{
    tcn_index *inner = tcn_alloc(sizeof *inner);
    if (inner == NULL || tcn_index_init(inner, index->seed) < 0) {
        tcn_free(inner);
        return NULL;
    }
    inner->parent = entry;
    inner->depth = index->depth + 1;
    return inner;
}

/* Moves the nodes of a large entry that have another condition to an index of its own.
 * Where none has one it is tried again only when the entry has doubled. */
static int split(tcn_index *index, tcn_index_entry *entry)
{
    bool is_time = entry->count > ENTRY_SPLIT && (entry->count & (entry->count - 1)) == 0;
    if (!is_time || index->depth == DEPTH_MAX || entry->field == NULL ||
        entry->inner != NULL)
        return 0;
    entry->inner = inner_new(index, entry);
    if (entry->inner == NULL)
        return TCN_E_NOMEM;
    int rc = 0;
    for (size_t i = entry->count; rc == 0 && i-- > 0;) {
        struct item item = entry->items[i];
        condition c = {.globs = {NULL, NULL}};
        if (!can_choose(entry->inner, item.node, &c))
            continue;
        rc = post_all(entry->inner, item.node, &c);
        if (rc == 0)
            unpost(item.node, item.posting);
    }
    if (entry->inner->count == 0) {
        tcn_index_deinit(entry->inner);
        tcn_free(entry->inner);
        entry->inner = NULL;
    }
    return rc;
}

static int post_into(tcn_index *index, tcn_index_entry *entry, tcn_node *node)
{
    condition c = {.globs = {NULL, NULL}};
    if (entry->inner != NULL && can_choose(entry->inner, node, &c))
        return post_all(entry->inner, node, &c);
    int rc = post(index, entry, node);
    return rc < 0 ? rc : split(index, entry);
}

static int post_under(tcn_index *index, tcn_node *node, const condition *c,
                      const tcn_glob *glob)
{
    bool is_prefix;
    tcn_str value = key_of(glob, &is_prefix);
    tcn_index_field *field = open_field(index, c->kind, c->label);
    if (field == NULL)
        return TCN_E_NOMEM;
    tcn_index_entry *entry = open_entry(index, field, value, is_prefix);
    if (entry == NULL) {
        close_field_if_empty(field);
        return TCN_E_NOMEM;
    }
    int rc = post_into(index, entry, node);
    if (rc < 0)
        close_entry_if_empty(entry);
    return rc;
}

int tcn_index_add(tcn_index *index, tcn_node *node)
{
    condition c = {.globs = {NULL, NULL}};
    int rc;
    if (choose(index, node->trigger, &c))
        rc = post_all(index, node, &c); /* no values: nothing will ever match */
    else
        rc = post(index, index->rest, node);
    if (rc < 0)
        tcn_index_remove(index, node);
    return rc;
}

/* Ends what became empty, from the entry upwards. */
static void close_upwards(tcn_index *index, tcn_index_entry *entry)
{
    close_entry_if_empty(entry);
    while (index->parent != NULL && index->count == 0) {
        entry = index->parent;
        tcn_index_deinit(index);
        tcn_free(index);
        entry->inner = NULL;
        index = entry->field->index;
        close_entry_if_empty(entry);
    }
}

void tcn_index_remove(tcn_index *index, tcn_node *node)
{
    (void)index;
    while (node->posting_count > 0) {
        tcn_posting last = node->postings[node->posting_count - 1];
        unpost(node, node->posting_count - 1);
        close_upwards(last.index, last.entry);
    }
    tcn_free(node->postings);
    node->postings = NULL;
    node->posting_capacity = 0;
}

int tcn_index_init(tcn_index *index, uint64_t seed)
{
    *index = (tcn_index){.seed = seed};
    index->rest = new_entry(NULL, TCN_STR(""), false);
    return index->rest != NULL ? 0 : TCN_E_NOMEM;
}

void tcn_index_deinit(tcn_index *index)
{
    if (index->rest != NULL)
        free_items(index->rest);
    tcn_free(index->rest);
    tcn_table_deinit(&index->fields);
    *index = (tcn_index){0};
}

/* ---- looking up ---- */

typedef struct finder {
    uint64_t look_up; /* nodes that carry this number were met already */
    const tcn_event *event;
    tcn_index_fn fn;
    void *ud;
} finder;

static void find(const finder *f, const tcn_index *index);

static void meet(const finder *f, const tcn_index_entry *entry)
{
    if (entry == NULL)
        return;
    for (size_t i = 0; i < entry->count; i++) {
        tcn_node *node = entry->items[i].node;
        if (node->seen == f->look_up)
            continue;
        node->seen = f->look_up;
        f->fn(node, f->event, f->ud);
    }
    if (entry->inner != NULL)
        find(f, entry->inner);
}

static void look_up(const finder *f, const tcn_index_field *field, tcn_str value)
{
    const tcn_index *index = field->index;
    if (field->exact_count > 0)
        meet(f, find_entry(index, field, value, false));
    for (uint64_t lens = field->prefix_lens; lens != 0; lens &= lens - 1) {
        size_t len = (size_t)__builtin_ctzll(lens) + 1;
        if (len > value.len)
            break;
        meet(f, find_entry(index, field, tcn_str_of(value.ptr, len), true));
    }
}

static void look_up_labels(const finder *f, const tcn_index *index, tcn_index_kind kind,
                           const tcn_resource *resource, const tcn_index_field *id_field)
{
    uint64_t labels = index->labels[kind];
    if (id_field != NULL)
        look_up(f, id_field, resource->id);
    for (uint32_t i = 0; labels != 0 && i < resource->count; i++) {
        const tcn_label *label = &resource->labels[i];
        if ((label_bit(label->key) & labels) == 0 || is_id_label(label->key))
            continue;
        const tcn_index_field *field = find_field(index, kind, label->key);
        if (field != NULL)
            look_up(f, field, label->value);
    }
}

static void find(const finder *f, const tcn_index *index)
{
    const tcn_event *event = f->event;
    meet(f, index->rest);
    if (index->name != NULL)
        look_up(f, index->name, event->name);
    look_up_labels(f, index, TCN_INDEX_RESOURCE, &event->resource, index->resource_id);
    for (uint32_t i = 0;
         index->labels[TCN_INDEX_RELATED] != 0 && i < event->related_count; i++)
        look_up_labels(f, index, TCN_INDEX_RELATED, &event->related[i],
                       index->related_id);
}

void tcn_index_find(tcn_index *index, const tcn_event *event, tcn_index_fn fn, void *ud)
{
    find(&(finder){++index->look_ups, event, fn, ud}, index);
}
