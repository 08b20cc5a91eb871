/* SPDX-License-Identifier: Apache-2.0 */
/* index_entry.c - the fields of an index and their entries: what is asked for of events,
 * and the nodes that ask for it. */
#include "core/base/alloc.h"
#include "core/engine/engine_int.h"
#include "core/engine/index_int.h"

#define LINE_LOAD 1 /* a second line is one more to wait for */

static uint32_t hash_label(const tcn_index *index, tcn_index_kind kind, tcn_str label)
{
    return (uint32_t)tcn_hash(label.ptr, label.len, index->seed + (uint64_t)kind);
}

/* What is longer than literal starts may be is hashed as a whole: it may be a megabyte.
 */
uint32_t tcn_index_hash(const tcn_index *index, tcn_str value, bool is_prefix)
{
    if (value.len > TCN_INDEX_PREFIX_MAX)
        return (uint32_t)tcn_hash(value.ptr, value.len, index->seed);
    uint64_t state = index->seed;
    size_t at = 0;
    for (; at + 8 < value.len; at += 8)
        state = tcn_index_mix(state, tcn_index_word(value, at));
    return tcn_index_hash_end(state, tcn_index_word(value, at), value.len, is_prefix);
}

/* ---- fields ---- */

/* Where the index keeps a field that nearly every event reaches, or NULL. */
static tcn_index_field **shortcut(tcn_index *index, tcn_index_kind kind, tcn_str label)
{
    if (kind == TCN_INDEX_NAME)
        return &index->name;
    if (!tcn_index_is_id(label))
        return NULL;
    return kind == TCN_INDEX_RESOURCE ? &index->resource_id : &index->related_id;
}

tcn_index_field *tcn_index_field_of(const tcn_index *index, tcn_index_kind kind,
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

tcn_index_field *tcn_index_open_field(tcn_index *index, tcn_index_kind kind,
                                      tcn_str label)
{
    tcn_index_field *field = tcn_index_field_of(index, kind, label);
    if (field != NULL)
        return field;
    field = tcn_alloc_zero(sizeof *field + label.len);
    if (field == NULL)
        return NULL;
    field->index = index;
    field->lines = (tcn_lines){.pool = index->pool, .load = LINE_LOAD};
    field->kind = kind;
    field->len = (uint32_t)label.len;
    memcpy(field->label, label.ptr, label.len);
    if (tcn_table_add(&index->fields, &field->link, hash_label(index, kind, label)) < 0) {
        tcn_free(field);
        return NULL;
    }
    tcn_index_field **at = shortcut(index, kind, label);
    if (at != NULL)
        *at = field;
    else
        index->labels[kind] |= tcn_index_label_bit(label);
    return field;
}

void tcn_index_close_field(tcn_index_field *field)
{
    if (field->lines.count > 0)
        return;
    tcn_index *index = field->index;
    tcn_index_field **at =
        shortcut(index, field->kind, tcn_str_of(field->label, field->len));
    if (at != NULL)
        *at = NULL;
    tcn_table_remove(&index->fields, &field->link);
    tcn_lines_deinit(&field->lines);
    tcn_free(field);
}

/* ---- entries ---- */

/* The entry that is listed there: the posting was one of the first when it was listed,
 * and postings only move forward. */
static tcn_index_entry *entry_at(const void *listed, const tcn_index_field *field,
                                 uint32_t hash)
{
    if (!tcn_index_is_node(listed))
        return (tcn_index_entry *)(uintptr_t)listed;
    const tcn_posting *posting = tcn_index_node(listed)->postings;
    while (posting->entry->field != field || posting->entry->hash != hash ||
           posting->entry->listed != listed)
        posting++;
    return posting->entry;
}

tcn_index_entry *tcn_index_entry_of(const tcn_index_field *field, tcn_str value,
                                    bool is_prefix, uint32_t hash)
{
    const tcn_line *line = tcn_lines_look(&field->lines, hash);
    for (; line != NULL; line = line->more) {
        uint32_t found = tcn_line_find(line, hash);
        for (; found != 0; found &= found - 1) {
            const void *listed = line->items[__builtin_ctz(found)];
            tcn_index_entry *entry = entry_at(listed, field, hash);
            if (entry->is_prefix == is_prefix &&
                tcn_str_eq(tcn_str_of(entry->value, entry->len), value))
                return entry;
        }
    }
    return NULL;
}

tcn_index_entry *tcn_index_new_entry(tcn_pool *pool, tcn_str value)
{
    tcn_index_entry *entry = tcn_pool_alloc(pool, sizeof *entry + value.len);
    if (entry == NULL)
        return NULL;
    *entry = (tcn_index_entry){.len = (uint32_t)value.len};
    if (value.len > 0)
        memcpy(entry->value, value.ptr, value.len);
    return entry;
}

void tcn_index_free_entry(tcn_pool *pool, tcn_index_entry *entry)
{
    if (entry->items != &entry->one)
        tcn_free(entry->items);
    tcn_pool_free(pool, entry, sizeof *entry + entry->len);
}

static void count_lengths(tcn_index_field *field, const tcn_index_entry *entry,
                          bool is_more)
{
    uint32_t *count =
        entry->is_prefix ? &field->prefix_counts[entry->len] : &field->exact_count;
    *count = is_more ? *count + 1 : *count - 1;
    if (!entry->is_prefix) {
        field->exact_lens |= UINT64_C(1) << (entry->len & 63);
        return;
    }
    uint64_t bit = UINT64_C(1) << (entry->len - 1);
    uint64_t *ends = &field->prefix_ends[entry->len - 1];
    field->prefix_lens =
        *count > 0 ? field->prefix_lens | bit : field->prefix_lens & ~bit;
    *ends = *count > 0 ? *ends | tcn_index_byte_bit(entry->value[entry->len - 1]) : 0;
}

tcn_index_entry *tcn_index_open_entry(tcn_index_field *field, tcn_str value,
                                      bool is_prefix)
{
    tcn_pool *pool = field->index->pool;
    uint32_t hash = tcn_index_hash(field->index, value, is_prefix);
    tcn_index_entry *entry = tcn_index_entry_of(field, value, is_prefix, hash);
    if (entry != NULL)
        return entry;
    entry = tcn_index_new_entry(pool, value);
    if (entry == NULL)
        return NULL;
    entry->field = field;
    entry->hash = hash;
    entry->is_prefix = is_prefix;
    entry->listed = entry;
    if (tcn_lines_add(&field->lines, hash, entry) < 0) {
        tcn_index_free_entry(pool, entry);
        return NULL;
    }
    count_lengths(field, entry, true);
    return entry;
}

void tcn_index_close_entry(tcn_index_entry *entry)
{
    if (entry->count > 0 || entry->inner != NULL || entry->field == NULL)
        return;
    tcn_index_field *field = entry->field;
    tcn_lines_remove(&field->lines, entry->hash, entry->listed);
    count_lengths(field, entry, false);
    tcn_index_free_entry(field->index->pool, entry);
    tcn_index_close_field(field);
}

/* ---- their nodes ---- */

/* After a change: what a look-up finds. */
static void list(tcn_index_entry *entry)
{
    const void *to_list = entry;
    if (entry->count == 1 && entry->inner == NULL &&
        entry->items[0].posting < TCN_INDEX_LISTED)
        to_list = (const void *)((uintptr_t)entry->items[0].node | TCN_INDEX_NODE);
    if (entry->field == NULL || to_list == entry->listed)
        return;
    tcn_lines_replace(&entry->field->lines, entry->hash, entry->listed, to_list);
    entry->listed = to_list;
}

/* Makes room for one more. */
static int grow_items(tcn_index_entry *entry)
{
    bool is_inside = entry->items == &entry->one;
    if (entry->capacity == 0 || (is_inside && entry->count == 0)) {
        entry->items = &entry->one;
        entry->capacity = 1;
        return 0;
    }
    void *items = is_inside ? NULL : entry->items;
    size_t capacity = is_inside ? 0 : entry->capacity;
    int rc = tcn_grow(&items, &capacity, (size_t)entry->count + 1, sizeof *entry->items);
    if (rc < 0)
        return rc;
    entry->items = items;
    entry->capacity = (uint32_t)capacity;
    if (is_inside)
        entry->items[0] = entry->one;
    return 0;
}

int tcn_index_add_item(tcn_index_entry *entry, tcn_index_item item)
{
    int rc = grow_items(entry);
    if (rc < 0)
        return rc;
    entry->items[entry->count++] = item;
    list(entry);
    return 0;
}

tcn_index_item tcn_index_take_item(tcn_index_entry *entry, uint32_t place)
{
    tcn_index_item last = entry->items[--entry->count];
    entry->items[place] = last;
    list(entry);
    return last;
}

void tcn_index_set_inner(tcn_index_entry *entry, tcn_index *inner)
{
    entry->inner = inner;
    list(entry);
}
