/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - fields (an event's name, or a label of the primary or of related resources),
 * in each field entries by exact value and by literal start, in each entry the nodes. A
 * literal start counts by its first 64 bytes at most; a field knows which lengths occur
 * and looks up only those. An entry that grows large gets an index of its own, over the
 * other conditions of its nodes. */
#include "core/engine/index.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"
#include "core/engine/index_int.h"

#define POSTINGS_MAX \
    1000              /* of one node; a condition with more values is not registered */
#define ENTRY_SPLIT 8 /* nodes of an entry, from which on they are told apart further */

/* What a look-up costs, in about 10 ns: of a name's or a label's value, of one more
 * length of literal starts, and of each node that it finds. */
#define COST_NAME   4
#define COST_LABEL  4
#define COST_PREFIX 2
#define COST_NODE   8
#define COST_INNER  4

/* So many postings count like one of these: they are memory, and a trigger may have a
 * list of a thousand values that many others have, too. */
#define POSTINGS_AS_ONE 4

/* A condition of a trigger: the field must have a value that one of globs matches. */
typedef struct condition {
    tcn_index_kind kind;
    tcn_str label;
    const tcn_globs *globs[2]; /* names: expect and after */
} condition;

/* ---- conditions ---- */

static tcn_str key_of(const tcn_glob *glob, bool *ret_is_prefix)
{
    *ret_is_prefix = glob->kind != TCN_GLOB_EXACT;
    tcn_str value = glob->prefix;
    if (*ret_is_prefix && value.len > TCN_INDEX_PREFIX_MAX)
        value.len = TCN_INDEX_PREFIX_MAX;
    return value;
}

/* What a choice costs: each event, and memory. */
typedef struct cost {
    uint64_t event;
    uint64_t postings;
} cost;

static uint64_t weight(cost c)
{
    return c.event + c.postings / POSTINGS_AS_ONE;
}

static bool best_cost(const tcn_index *index, const tcn_trigger *t, condition *ret,
                      cost *ret_cost);

static cost look_up_cost(const condition *c)
{
    if (c->kind == TCN_INDEX_NAME)
        return (cost){COST_NAME, 0};
    return (cost){tcn_index_is_id(c->label) ? 0 : COST_LABEL, 0};
}

/* Of an event that has the value: one look-up more in the entry's inner index, or all of
 * its nodes. */
static cost inside_cost(const tcn_index_field *field, const tcn_trigger *t, tcn_str value,
                        bool is_prefix)
{
    if (field == NULL)
        return (cost){0, 1};
    uint32_t hash = tcn_index_hash(field->index, value, is_prefix);
    const tcn_index_entry *entry = tcn_index_entry_of(field, value, is_prefix, hash);
    if (entry == NULL)
        return (cost){0, 1};
    condition best = {.globs = {NULL, NULL}};
    cost inner;
    if (entry->inner == NULL || !best_cost(entry->inner, t, &best, &inner))
        return (cost){(uint64_t)entry->count * COST_NODE, 1};
    return (cost){COST_INNER + inner.event, inner.postings};
}

/* Among many values few events have one of these. False: it cannot be looked up. */
static bool condition_cost(const tcn_index *index, const tcn_trigger *t,
                           const condition *c, cost *ret)
{
    const tcn_index_field *field = tcn_index_field_of(index, c->kind, c->label);
    cost sum = look_up_cost(c);
    uint64_t inside = 0;
    uint32_t values = 0;
    for (int i = 0; i < 2 && c->globs[i] != NULL; i++) {
        for (uint32_t k = 0; k < c->globs[i]->count; k++) {
            const tcn_glob *glob = &c->globs[i]->items[k];
            bool is_prefix;
            tcn_str value = key_of(glob, &is_prefix);
            if (glob->is_negated || (is_prefix && value.len == 0) ||
                ++values > POSTINGS_MAX)
                return false;
            cost of_value = inside_cost(field, t, value, is_prefix);
            inside += of_value.event;
            sum.event += is_prefix ? COST_PREFIX : 0;
            sum.postings += of_value.postings;
        }
    }
    if (inside > 0)
        sum.event += inside / field->lines.count;
    *ret = sum;
    return true;
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

/* The cheapest condition so far. */
typedef struct choice {
    const tcn_index *index;
    const tcn_trigger *trigger;
    condition *best;
    cost cost;
    bool is_made;
} choice;

static void prefer(choice *so_far, condition c)
{
    cost other;
    if (is_used(so_far->index, &c) ||
        !condition_cost(so_far->index, so_far->trigger, &c, &other) ||
        (so_far->is_made && weight(other) >= weight(so_far->cost)))
        return;
    so_far->is_made = true;
    so_far->cost = other;
    *so_far->best = c;
}

static void prefer_tests(choice *so_far, tcn_index_kind kind, const tcn_match *match)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const tcn_label_test *test = &match->tests[i];
        prefer(so_far, (condition){kind, test->label, {&test->values}});
    }
}

/* False: none of the trigger's conditions can be looked up. */
static bool best_cost(const tcn_index *index, const tcn_trigger *t, condition *ret,
                      cost *ret_cost)
{
    choice so_far = {.index = index, .trigger = t, .best = ret};
    prefer_tests(&so_far, TCN_INDEX_RESOURCE, &t->match);
    for (uint32_t r = 0; r < t->related_count; r++)
        prefer_tests(&so_far, TCN_INDEX_RELATED, &t->related[r]);
    if (t->expect.count > 0)
        prefer(&so_far,
               (condition){TCN_INDEX_NAME, TCN_STR(""), {&t->expect, &t->after}});
    *ret_cost = so_far.cost;
    return so_far.is_made;
}

static bool choose(const tcn_index *index, const tcn_trigger *t, condition *ret)
{
    cost unused;
    return best_cost(index, t, ret, &unused);
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
    int rc = tcn_grow_small((void **)&node->postings, &node->posting_capacity,
                            node->posting_count + 1, sizeof *node->postings);
    if (rc < 0)
        return rc;
    node->postings[node->posting_count] = (tcn_posting){owner, entry, entry->count};
    rc = tcn_index_add_item(entry, (tcn_index_item){node, node->posting_count});
    if (rc < 0)
        return rc;
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
    tcn_index_item last = tcn_index_take_item(gone.entry, gone.place);
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
    if (inner == NULL || tcn_index_init(inner, index->pool, index->seed) < 0) {
        tcn_free(inner);
        return NULL;
    }
    inner->parent = entry;
    inner->depth = index->depth + 1;
    return inner;
}

static void end_inner(tcn_index_entry *entry)
{
    tcn_index_deinit(entry->inner);
    tcn_free(entry->inner);
    tcn_index_set_inner(entry, NULL);
}

/* Moves the nodes of a large entry that have another condition to an index of its own.
 * Where none has one it is tried again only when the entry has doubled. */
static int split(tcn_index *index, tcn_index_entry *entry)
{
    bool is_time =
        entry->count >= ENTRY_SPLIT && (entry->count & (entry->count - 1)) == 0;
    if (!is_time || index->depth == TCN_INDEX_DEPTH_MAX || entry->field == NULL ||
        entry->inner != NULL)
        return 0;
    tcn_index *inner = inner_new(index, entry);
    if (inner == NULL)
        return TCN_E_NOMEM;
    tcn_index_set_inner(entry, inner);
    int rc = 0;
    for (size_t i = entry->count; rc == 0 && i-- > 0;) {
        tcn_index_item item = entry->items[i];
        condition c = {.globs = {NULL, NULL}};
        if (!can_choose(inner, item.node, &c))
            continue;
        rc = post_all(inner, item.node, &c);
        if (rc == 0)
            unpost(item.node, item.posting);
    }
    if (inner->count == 0)
        end_inner(entry);
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
    tcn_index_field *field = tcn_index_open_field(index, c->kind, c->label);
    if (field == NULL)
        return TCN_E_NOMEM;
    tcn_index_entry *entry = tcn_index_open_entry(field, value, is_prefix);
    if (entry == NULL) {
        tcn_index_close_field(field);
        return TCN_E_NOMEM;
    }
    int rc = post_into(index, entry, node);
    if (rc < 0)
        tcn_index_close_entry(entry);
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
    tcn_index_close_entry(entry);
    while (index->parent != NULL && index->count == 0) {
        entry = index->parent;
        end_inner(entry);
        index = entry->field->index;
        tcn_index_close_entry(entry);
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

int tcn_index_init(tcn_index *index, tcn_pool *pool, uint64_t seed)
{
    *index = (tcn_index){.pool = pool, .seed = seed};
    index->rest = tcn_index_new_entry(pool, TCN_STR(""));
    return index->rest != NULL ? 0 : TCN_E_NOMEM;
}

void tcn_index_deinit(tcn_index *index)
{
    if (index->rest != NULL)
        tcn_index_free_entry(index->pool, index->rest);
    tcn_table_deinit(&index->fields);
    *index = (tcn_index){0};
}
