/* SPDX-License-Identifier: Apache-2.0 */
/* index_find.c - from events to the triggers that they may concern. Among many triggers a
 * look-up mostly waits for memory, so it goes in rounds over the values of several
 * events: hash all of them, read the heads of all chains, walk all chains item by item,
 * then meet the nodes; each round fetches what the next one reads. Indexes inside of
 * entries are the next such task. */
#include "core/engine/engine_int.h"
#include "core/engine/index_int.h"

#define PROBES     256
#define ENTRY_READ 64  /* bytes of an entry from its link on, with a short value */
#define LINE       64  /* bytes that a fetch brings */
#define NODE_READ  224 /* bytes of a node and its matcher that most events read */
#define CROWD      512 /* nodes of an entry that are not met at once */

/* A value of an event that may be in a field. */
typedef struct probe {
    const tcn_index_field *field;
    tcn_str value;
    const tcn_table_link *link;   /* the item of its chain that is looked at */
    const tcn_index_entry *entry; /* once it was found */
    uint32_t hash, event;
    bool is_prefix;
} probe;

typedef struct task {
    const tcn_index *index;
    uint32_t event;
} task;

typedef struct finder {
    const tcn_event *events;
    uint64_t look_ups; /* before these */
    const tcn_index_found *found;
    probe probes[PROBES];
    size_t count;
} finder;

static void find(const finder *outer, const task *tasks, size_t count);

static void fetch(const void *from, size_t size)
{
    const char *end = (const char *)from + size;
    const char *line = (const char *)from - (uintptr_t)from % LINE;
    for (; line < end; line += LINE)
        tcn_prefetch(line);
}

/* ---- the rounds ---- */

static void fetch_entry(const tcn_table_link *link)
{
    fetch(link, ENTRY_READ);
}

/* Keeps the probes whose chain may have them. */
static void read_chains(finder *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        probe *p = &f->probes[i];
        p->link = tcn_table_head_of(&p->field->entries, p->hash);
        if (p->link == NULL)
            continue;
        fetch_entry(p->link);
        f->probes[kept++] = *p;
    }
    f->count = kept;
}

static bool is_entry_of(const probe *p)
{
    const tcn_index_entry *entry = tcn_container_of(p->link, tcn_index_entry, link);
    return p->link->hash == p->hash && entry->is_prefix == p->is_prefix &&
           tcn_str_eq(tcn_str_of(entry->value, entry->len), p->value);
}

/* One item further in each chain that has not led to an entry yet. Keeps the probes that
 * have one, or may find one; returns how many are still on their way. */
static size_t walk_chains(finder *f)
{
    size_t kept = 0;
    size_t walking = 0;
    for (size_t i = 0; i < f->count; i++) {
        probe *p = &f->probes[i];
        if (p->entry == NULL && is_entry_of(p)) {
            p->entry = tcn_container_of(p->link, tcn_index_entry, link);
            if (p->entry->count == 1)
                fetch(&p->entry->one.node->seen, NODE_READ);
        } else if (p->entry == NULL) {
            p->link = p->link->next;
            if (p->link == NULL)
                continue;
            fetch_entry(p->link);
            walking++;
        }
        f->probes[kept++] = *p;
    }
    f->count = kept;
    return walking;
}

static void meet(const finder *f, const tcn_index_entry *entry, uint32_t event)
{
    if (entry->count >= CROWD) {
        f->found->crowd(entry, event, f->found->ud);
        return;
    }
    uint64_t look_up = f->look_ups + event + 1;
    const tcn_index_item *items = entry->count == 1 ? &entry->one : entry->items;
    for (size_t i = 0; i < entry->count; i++) {
        tcn_node *node = items[i].node;
        if (node->seen == look_up)
            continue;
        node->seen = look_up;
        f->found->node(node, event, f->found->ud);
    }
}

/* All rounds over the probes that were gathered. */
static void resolve(finder *f)
{
    task inner[PROBES];
    size_t inner_count = 0;
    read_chains(f);
    while (walk_chains(f) > 0)
        continue;
    for (size_t i = 0; i < f->count; i++) {
        const probe *p = &f->probes[i];
        meet(f, p->entry, p->event);
        if (p->entry->has_inner)
            inner[inner_count++] = (task){p->entry->inner, p->event};
    }
    f->count = 0;
    if (inner_count > 0)
        find(f, inner, inner_count);
}

/* ---- what of an event is looked up ---- */

static void add_probe(finder *f, const tcn_index_field *field, uint32_t event,
                      tcn_str value, uint32_t hash, bool is_prefix)
{
    if (f->count == PROBES)
        resolve(f);
    tcn_table_fetch_chain(&field->entries, hash);
    f->probes[f->count++] = (probe){field, value, NULL, NULL, hash, event, is_prefix};
}

/* Most values end here: none of the field's has their length. */
static bool is_length_of(const tcn_index_field *field, tcn_str value)
{
    return field->exact_count > 0 && (field->exact_lens >> (value.len & 63) & 1) != 0;
}

/* The starts of the value that occur, and the value itself when it is no longer than
 * these may be. */
static void add_starts(finder *f, const tcn_index_field *field, uint32_t event,
                       tcn_str value)
{
    uint64_t state = field->index->seed;
    uint64_t lens = field->prefix_lens; /* bit n: at + n + 1 bytes */
    bool has_exact = is_length_of(field, value) && value.len <= TCN_INDEX_PREFIX_MAX;
    for (size_t at = 0; (lens != 0 || has_exact) && at <= value.len; at += 8) {
        uint64_t word = tcn_index_word(value, at);
        for (uint64_t here = lens & 0xff; here != 0; here &= here - 1) {
            size_t len = at + (size_t)__builtin_ctzll(here) + 1;
            if (len > value.len)
                break;
            uint32_t hash = tcn_index_hash_end(state, word, len, true);
            add_probe(f, field, event, tcn_str_of(value.ptr, len), hash, true);
        }
        if (has_exact && value.len <= at + 8) {
            uint32_t hash = tcn_index_hash_end(state, word, value.len, false);
            add_probe(f, field, event, value, hash, false);
            return;
        }
        state = tcn_index_mix(state, word);
        lens >>= 8;
    }
}

static void add_value(finder *f, const tcn_index_field *field, uint32_t event,
                      tcn_str value)
{
    add_starts(f, field, event, value);
    if (!is_length_of(field, value) || value.len <= TCN_INDEX_PREFIX_MAX)
        return;
    uint32_t hash = tcn_index_hash(field->index, value, false);
    add_probe(f, field, event, value, hash, false);
}

static void add_labels(finder *f, const tcn_index *index, uint32_t event,
                       tcn_index_kind kind, const tcn_resource *resource)
{
    uint64_t labels = index->labels[kind];
    for (uint32_t i = 0; labels != 0 && i < resource->count; i++) {
        const tcn_label *label = &resource->labels[i];
        if ((tcn_index_label_bit(label->key) & labels) == 0 ||
            tcn_index_is_id(label->key))
            continue;
        const tcn_index_field *field = tcn_index_field_of(index, kind, label->key);
        if (field != NULL)
            add_value(f, field, event, label->value);
    }
}

static void add_event(finder *f, const tcn_index *index, uint32_t number)
{
    const tcn_event *event = &f->events[number];
    meet(f, index->rest, number);
    if (index->name != NULL)
        add_value(f, index->name, number, event->name);
    if (index->resource_id != NULL)
        add_value(f, index->resource_id, number, event->resource.id);
    add_labels(f, index, number, TCN_INDEX_RESOURCE, &event->resource);
    if (index->related_id == NULL && index->labels[TCN_INDEX_RELATED] == 0)
        return;
    for (uint32_t i = 0; i < event->related_count; i++) {
        if (index->related_id != NULL)
            add_value(f, index->related_id, number, event->related[i].id);
        add_labels(f, index, number, TCN_INDEX_RELATED, &event->related[i]);
    }
}

/* Inner indexes are few levels deep (TCN_INDEX_DEPTH_MAX). */
static void find(const finder *outer, const task *tasks, size_t count)
{
    finder f;
    f.events = outer->events;
    f.look_ups = outer->look_ups;
    f.found = outer->found;
    f.count = 0;
    for (size_t i = 0; i < count; i++)
        add_event(&f, tasks[i].index, tasks[i].event);
    resolve(&f);
}

void tcn_index_find(tcn_index *index, const tcn_event *events, size_t count,
                    const tcn_index_found *found)
{
    task tasks[TCN_INDEX_TOGETHER];
    for (uint32_t i = 0; i < count; i++)
        tasks[i] = (task){index, i};
    finder outer;
    outer.events = events;
    outer.look_ups = index->look_ups;
    outer.found = found;
    find(&outer, tasks, count);
    index->look_ups += count;
}

size_t tcn_index_walk(const tcn_index_entry *entry, uint32_t event, size_t from,
                      size_t most, const tcn_index_found *found)
{
    size_t end = entry->count - from > most ? from + most : entry->count;
    for (size_t i = from; i < end; i++)
        found->node(entry->items[i].node, event, found->ud);
    return end < entry->count ? end : 0;
}
