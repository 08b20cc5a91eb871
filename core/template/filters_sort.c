/* SPDX-License-Identifier: Apache-2.0 */
/* filters_sort.c - sort, dictsort, groupby: a stable sort of (key, item) pairs that
 * compares with "<" only and stops at the first comparison that fails. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/strings.h"

typedef struct keyed {
    tcn_value key, item;
} keyed;

static int is_less(tcn_rt *rt, const keyed *a, const keyed *b)
{
    int rc = tcn_charge(rt, 1);
    return rc < 0 ? rc : tcn_compare(rt, TCN_LT, a->key, b->key);
}

static void reverse(keyed *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        keyed swap = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = swap;
    }
}

/* Length of the run at the start; one that falls is turned round. */
static int take_run(tcn_rt *rt, keyed *items, size_t count, size_t *ret)
{
    size_t n = 1;
    int falls = 0;
    for (; n < count; n++) {
        int rc = is_less(rt, &items[n], &items[n - 1]);
        if (rc < 0)
            return rc;
        if (n == 1)
            falls = rc;
        if (rc != falls)
            break;
    }
    if (falls == 1)
        reverse(items, n);
    *ret = n;
    return 0;
}

/* Goes on from a run with binary insertion. */
static int sort_block(tcn_rt *rt, keyed *items, size_t count)
{
    size_t start = 0;
    int rc = take_run(rt, items, count, &start);
    for (; start < count && rc >= 0; start++) {
        keyed pivot = items[start];
        size_t low = 0;
        size_t high = start;
        while (low < high && rc >= 0) {
            size_t middle = low + (high - low) / 2;
            rc = is_less(rt, &pivot, &items[middle]);
            if (rc == 1)
                high = middle;
            else
                low = middle + 1;
        }
        memmove(&items[low + 1], &items[low], (start - low) * sizeof *items);
        items[low] = pivot;
    }
    return rc < 0 ? rc : 0;
}

static int merge(tcn_rt *rt, const keyed *from, keyed *to, size_t start, size_t middle,
                 size_t end)
{
    size_t left = start;
    size_t right = middle;
    for (size_t i = start; i < end; i++) {
        int takes_right = 0;
        if (left == middle)
            takes_right = 1;
        else if (right < end)
            takes_right = is_less(rt, &from[right], &from[left]);
        if (takes_right < 0)
            return takes_right;
        to[i] = takes_right == 1 ? from[right++] : from[left++];
    }
    return 0;
}

/* The result is in *items, which may then be the spare memory. Blocks are as long and are
 * sorted as Python does it, so that the first comparison that fails is the same. */
static int sort(tcn_rt *rt, keyed **items, size_t count, bool is_reversed)
{
    keyed *other = tcn_arena_alloc(rt->arena, count * sizeof *other + 1);
    if (other == NULL)
        return tcn_raise_memory(rt);
    size_t block = count;
    size_t more = 0;
    for (; block >= 64; block /= 2)
        more |= block & 1;
    block += more;
    if (is_reversed)
        reverse(*items, count);
    int rc = 0;
    for (size_t start = 0; start < count && rc >= 0; start += block)
        rc =
            sort_block(rt, *items + start, count - start < block ? count - start : block);
    for (size_t width = block; width < count && rc >= 0; width *= 2) {
        for (size_t start = 0; start < count && rc >= 0; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            rc = merge(rt, *items, other, start, middle, end);
        }
        keyed *swap = *items;
        *items = other;
        other = swap;
    }
    if (is_reversed)
        reverse(*items, count);
    return rc;
}

static int lower_key(tcn_rt *rt, bool is_sensitive, tcn_value *key)
{
    const tcn_text *text = tcn_text_of(key);
    if (is_sensitive || text == NULL)
        return 0;
    return tcn_case_text(rt, tcn_text_str(text), TCN_CASE_LOWER, key);
}

/* "a,b.c" gives a list of keys; one path a list of one, as in Jinja. */
static int sort_key(tcn_rt *rt, tcn_value item, tcn_value path, bool is_sensitive,
                    tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&path);
    tcn_value key;
    int rc = tcn_list_make(rt, TCN_V_LIST, 1, ret);
    if (text == NULL || memchr(text->ptr, ',', text->len) == NULL) {
        if (rc >= 0)
            rc = tcn_path(rt, item, path, (tcn_value){0}, &key);
        if (rc >= 0)
            rc = lower_key(rt, is_sensitive, &key);
        return rc < 0 ? rc : tcn_list_push(rt, *ret, key);
    }
    tcn_str rest = tcn_text_str(text);
    for (bool is_more = true; is_more && rc >= 0;) {
        tcn_value part;
        const char *comma = rest.len > 0 ? memchr(rest.ptr, ',', rest.len) : NULL;
        size_t len = comma != NULL ? (size_t)(comma - rest.ptr) : rest.len;
        rc = tcn_text_make(rt, rest.ptr, len, &part);
        if (rc >= 0)
            rc = tcn_path(rt, item, part, (tcn_value){0}, &key);
        if (rc >= 0)
            rc = lower_key(rt, is_sensitive, &key);
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, key);
        is_more = comma != NULL;
        if (is_more)
            rest = tcn_str_of(comma + 1, rest.len - len - 1);
    }
    return rc;
}

/* The argument of sorted(), which is no truth value but a number. */
static int reverse_of(tcn_rt *rt, tcn_value v, bool *ret)
{
    int64_t number = 0;
    if (v.type == TCN_V_BIG)
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "Python int too large to convert to C int");
    int rc = tcn_arg_int(rt, v, 0, &number);
    *ret = number != 0;
    return rc;
}

int tcn_filter_sort(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    bool is_reversed = false;
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0)
        rc = reverse_of(rt, a[1], &is_reversed);
    if (rc < 0)
        return rc;
    uint32_t count = items.list->count;
    keyed *pairs = tcn_arena_alloc(rt->arena, count * sizeof *pairs + 1);
    if (pairs == NULL)
        return tcn_raise_memory(rt);
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        pairs[i].item = items.list->items[i];
        rc = sort_key(rt, pairs[i].item, a[3], tcn_arg_bool(a[2], false), &pairs[i].key);
    }
    if (rc >= 0)
        rc = sort(rt, &pairs, count, is_reversed);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LIST, count, ret);
    for (uint32_t i = 0; i < count && rc >= 0; i++)
        rc = tcn_list_push(rt, *ret, pairs[i].item);
    return rc;
}

int tcn_filter_dictsort(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *by = tcn_is_missing(a[2]) ? NULL : tcn_text_of(&a[2]);
    bool by_value = by != NULL && tcn_str_eq_c(tcn_text_str(by), "value");
    bool by_key =
        tcn_is_missing(a[2]) || (by != NULL && tcn_str_eq_c(tcn_text_str(by), "key"));
    if (!by_key && !by_value)
        return tcn_raise(rt, TCN_EXC_FilterArgumentError,
                         "You can only sort by either \"key\" or \"value\"");
    if (a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    const tcn_vdict *dict = NULL;
    bool is_reversed = false;
    int rc = tcn_items_dict(rt, a[0], &dict);
    if (rc < 0)
        return rc;
    keyed *pairs = tcn_arena_alloc(rt->arena, dict->count * sizeof *pairs + 1);
    rc = pairs == NULL ? tcn_raise_memory(rt) : reverse_of(rt, a[3], &is_reversed);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        pairs[i].key = by_value ? dict->entries[i].value : dict->entries[i].key;
        rc = lower_key(rt, tcn_arg_bool(a[1], false), &pairs[i].key);
        if (rc >= 0)
            rc = tcn_pair_make(rt, dict->entries[i].key, dict->entries[i].value,
                               &pairs[i].item);
    }
    if (rc >= 0)
        rc = sort(rt, &pairs, dict->count, is_reversed);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LIST, dict->count, ret);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++)
        rc = tcn_list_push(rt, *ret, pairs[i].item);
    return rc;
}

/* A (grouper, list) tuple that also has these names. */
typedef struct group {
    tcn_object object;
    tcn_value pair;
} group;

static int group_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    const tcn_vlist *pair = tcn_container_of(self, group, object)->pair.list;
    (void)rt;
    (void)name;
    if (atom != TCN_A_grouper && atom != TCN_A_list)
        return 0;
    *ret = pair->items[atom == TCN_A_list];
    return 1;
}

static int group_item(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret)
{
    if (!tcn_is_integer(key) || key.integer < -2 || key.integer > 1)
        return 0;
    int rc = tcn_item(rt, tcn_container_of(self, group, object)->pair, key, ret);
    return rc < 0 ? rc : 1;
}

static int group_iter(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_container_of(self, group, object)->pair;
    return 0;
}

static int group_length(tcn_rt *rt, tcn_object *self, size_t *ret)
{
    (void)rt;
    (void)self;
    *ret = 2;
    return 0;
}

static int group_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    return tcn_repr(rt, tcn_container_of(self, group, object)->pair, out);
}

static int group_equal(tcn_rt *rt, tcn_object *self, tcn_object *other)
{
    return tcn_equal(rt, tcn_container_of(self, group, object)->pair,
                     tcn_container_of(other, group, object)->pair);
}

static int group_plain(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    return group_iter(rt, self, ret);
}

static const tcn_object_type group_type = {
    .name = "_GroupTuple",
    .full_name = "jinja2.filters._GroupTuple object",
    .is_sequence = true,
    .attr = group_attr,
    .item = group_item,
    .iter = group_iter,
    .length = group_length,
    .repr = group_repr,
    .equal = group_equal,
    .plain = group_plain,
};

static int group_make(tcn_rt *rt, tcn_value grouper, tcn_value *ret_list, tcn_value *ret)
{
    group *g = tcn_arena_alloc(rt->arena, sizeof *g);
    if (g == NULL)
        return tcn_raise_memory(rt);
    int rc = tcn_list_make(rt, TCN_V_LIST, 0, ret_list);
    g->object.type = &group_type;
    if (rc >= 0)
        rc = tcn_pair_make(rt, grouper, *ret_list, &g->pair);
    *ret = tcn_of_object(&g->object);
    return rc;
}

static int group_key(tcn_rt *rt, tcn_value item, const tcn_value *a, bool is_lowered,
                     tcn_value *ret)
{
    int rc = tcn_path(rt, item, a[1], a[2], ret);
    return rc < 0 ? rc : lower_key(rt, !is_lowered, ret);
}

int tcn_filter_groupby(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items, list = {0}, made;
    bool is_sensitive = tcn_arg_bool(a[3], false);
    int rc = tcn_items(rt, a[0], &items);
    if (rc < 0)
        return rc;
    uint32_t count = items.list->count;
    keyed *pairs = tcn_arena_alloc(rt->arena, count * sizeof *pairs + 1);
    rc = pairs == NULL ? tcn_raise_memory(rt) : 0;
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        pairs[i].item = items.list->items[i];
        rc = group_key(rt, pairs[i].item, a, !is_sensitive, &pairs[i].key);
    }
    if (rc >= 0)
        rc = sort(rt, &pairs, count, false);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LIST, 0, ret);
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        int is_same = i > 0 ? tcn_equal(rt, pairs[i - 1].key, pairs[i].key) : 0;
        if (is_same == 0) {
            tcn_value grouper;
            rc = group_key(rt, pairs[i].item, a, false, &grouper);
            if (rc >= 0)
                rc = group_make(rt, grouper, &list, &made);
            if (rc >= 0)
                rc = tcn_list_push(rt, *ret, made);
        }
        rc = is_same < 0 ? is_same : rc;
        if (rc >= 0)
            rc = tcn_list_push(rt, list, pairs[i].item);
    }
    return rc;
}
