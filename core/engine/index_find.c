/* SPDX-License-Identifier: Apache-2.0 */
/* index_find.c - from events to the triggers that they may concern. Among many triggers a
 * look-up mostly waits for memory, so it goes in rounds over the values of several
 * events: hash all of them, read all marks, then the lines, then meet the nodes;
 * each round fetches what the next one reads. Indexes inside of entries are the next such
 * task. */
#include "core/engine/engine_int.h"
#include "core/engine/index_int.h"

#define PROBES    512
#define LINE      64  /* bytes that a fetch brings */
#define NODE_READ 192 /* bytes of a node that most events read */
#define CROWD     512 /* nodes of an entry that are not met at once */

/* A value of an event that may have an entry. */
typedef struct probe {
    union {
        const tcn_lines *lines;
        const tcn_line *line;
    } in;
    uint32_t place, hash, event;
} probe;

/* What stands in a slot, found for an event. */
typedef struct hit {
    const void *listed;
    uint32_t event;
} hit;

typedef struct task {
    const tcn_index *index;
    uint32_t event;
} task;

typedef struct finder {
    const tcn_event *events;
    uint64_t look_ups; /* before these */
    const tcn_index_found *found;
    probe probes[PROBES];
    hit hits[PROBES];
    size_t count, hit_count;
} finder;

static void find(const finder *outer, const task *tasks, size_t count);

/* ---- the rounds ---- */

/* Keeps the probes that may find something. */
static void read_marks(finder *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        probe p = f->probes[i];
        if (!tcn_lines_may_have(p.in.lines, p.place, p.hash))
            continue;
        p.in.line = tcn_lines_at(p.in.lines, p.place);
        tcn_prefetch(p.in.line);
        f->probes[kept++] = p;
    }
    f->count = kept;
}

static void meet_node(const finder *f, tcn_node *node, uint32_t event)
{
    uint64_t look_up = f->look_ups + event + 1;
    if (node->seen == look_up)
        return;
    node->seen = look_up;
    f->found->node(node, event, f->found->ud);
}

static void meet_nodes(const finder *f, const tcn_index_entry *entry, uint32_t event)
{
    if (entry->count >= CROWD) {
        f->found->crowd(entry, event, f->found->ud);
        return;
    }
    for (uint32_t i = 0; i < entry->count; i++)
        meet_node(f, entry->items[i].node, event);
}

/* Indexes inside of entries are the next look-up. */
static void meet_hits(finder *f)
{
    task inner[PROBES];
    size_t inner_count = 0;
    for (size_t i = 0; i < f->hit_count; i++) {
        hit h = f->hits[i];
        if (tcn_index_is_node(h.listed)) {
            meet_node(f, tcn_index_node(h.listed), h.event);
            continue;
        }
        const tcn_index_entry *entry = h.listed;
        meet_nodes(f, entry, h.event);
        if (entry->inner != NULL)
            inner[inner_count++] = (task){entry->inner, h.event};
    }
    f->hit_count = 0;
    if (inner_count > 0)
        find(f, inner, inner_count);
}

static void fetch_listed(const void *listed)
{
    if (!tcn_index_is_node(listed)) {
        tcn_prefetch(listed);
        return;
    }
    const char *at = tcn_node_line(tcn_index_node(listed));
    for (const char *end = at + NODE_READ; at < end; at += LINE)
        tcn_prefetch(at);
}

static void add_hit(finder *f, const void *listed, uint32_t event)
{
    if (f->hit_count == PROBES)
        meet_hits(f);
    fetch_listed(listed);
    f->hits[f->hit_count++] = (hit){listed, event};
}

/* Another value may have the same hash: then a trigger finds out for itself that the
 * event is of no interest. */
static void read_line(finder *f, const probe *p)
{
    const tcn_line *line = p->in.line;
    for (; line != NULL; line = line->more) {
        uint32_t found = tcn_line_find(line, p->hash);
        for (; found != 0; found &= found - 1)
            add_hit(f, line->items[__builtin_ctz(found)], p->event);
    }
}

/* All rounds over the probes that were gathered. */
static void resolve(finder *f)
{
    read_marks(f);
    for (size_t i = 0; i < f->count; i++)
        read_line(f, &f->probes[i]);
    f->count = 0;
    meet_hits(f);
}

/* ---- what of an event is looked up ---- */

static void add_probe(finder *f, const tcn_index_field *field, uint32_t event,
                      uint32_t hash)
{
    if (f->count == PROBES)
        resolve(f);
    const tcn_lines *lines = &field->lines;
    uint32_t place = tcn_lines_place(lines, hash);
    tcn_prefetch(&lines->marks[place]);
    f->probes[f->count++] = (probe){{lines}, place, hash, event};
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
            if ((field->prefix_ends[len - 1] & tcn_index_byte_bit(value.ptr[len - 1])) ==
                0)
                continue;
            uint32_t hash = tcn_index_hash_end(state, word, len, true);
            add_probe(f, field, event, hash);
        }
        if (has_exact && value.len <= at + 8) {
            uint32_t hash = tcn_index_hash_end(state, word, value.len, false);
            add_probe(f, field, event, hash);
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
    add_probe(f, field, event, hash);
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
    meet_nodes(f, index->rest, number);
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
    f.count = f.hit_count = 0;
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
