/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c - equality and order as Python defines them. Integers and floats compare
 * exactly. */
#include <math.h>

#include "core/base/err.h"
#include "core/value/big.h"

static bool text_equal(const tcn_text *a, const tcn_text *b)
{
    return a->len == b->len && (a->ptr == b->ptr || memcmp(a->ptr, b->ptr, a->len) == 0);
}

/* Both are numbers. NaN is not equal to anything. */
static bool number_equal(tcn_value a, tcn_value b)
{
    if (a.type == TCN_V_FLOAT && b.type == TCN_V_FLOAT)
        return a.real == b.real;
    if (a.type == TCN_V_FLOAT || b.type == TCN_V_FLOAT) {
        tcn_value whole = a.type == TCN_V_FLOAT ? b : a;
        double f = a.type == TCN_V_FLOAT ? a.real : b.real;
        return isfinite(f) && tcn_big_cmp_real(whole, f) == 0;
    }
    if (a.type != TCN_V_BIG && b.type != TCN_V_BIG)
        return a.integer == b.integer;
    return tcn_big_cmp(a, b) == 0;
}

bool tcn_identical(tcn_value a, tcn_value b)
{
    if (a.type != b.type)
        return false;
    switch ((enum tcn_value_type)a.type) {
    case TCN_V_MISSING:
    case TCN_V_NONE:
        return true;
    case TCN_V_BOOL:
        return a.boolean == b.boolean;
    case TCN_V_INT:
    case TCN_V_DELTA:
        return a.integer == b.integer;
    case TCN_V_FLOAT: /* also a NaN is itself, and the two zeros are not one */
        return memcmp(&a.real, &b.real, sizeof a.real) == 0;
    case TCN_V_STR:
        return a.sub == b.sub && text_equal(a.text, b.text);
    case TCN_V_TUPLE:
        return a.list == b.list || (a.list->count == 0 && b.list->count == 0);
    case TCN_V_VIEW:
        return a.dict == b.dict && a.sub == b.sub;
    case TCN_V_UNDEF:
    case TCN_V_BIG:
    case TCN_V_ENUM:
    case TCN_V_BYTES:
    case TCN_V_LIST:
    case TCN_V_SET:
    case TCN_V_LAZY:
    case TCN_V_DICT:
    case TCN_V_RANGE:
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
    case TCN_V_UUID:
    case TCN_V_OBJECT:
        return a.object == b.object;
    }
    return false;
}

static bool range_equal(const tcn_range *a, const tcn_range *b)
{
    uint64_t n = tcn_range_count(a);
    if (n != tcn_range_count(b))
        return false;
    return n == 0 || (a->start == b->start && (n == 1 || a->step == b->step));
}

/* Kinds whose equality needs no computation: 1, 0, or -1 for the others. */
static int equal_plain(tcn_value a, tcn_value b)
{
    if (tcn_is_text(a) && tcn_is_text(b))
        return text_equal(tcn_text_get(&a), tcn_text_get(&b));
    if (tcn_is_number(a) && tcn_is_number(b))
        return number_equal(a, b);
    if (a.type != b.type)
        return 0;
    switch ((enum tcn_value_type)a.type) {
    case TCN_V_BYTES:
        return text_equal(a.text, b.text);
    case TCN_V_DATETIME:
        return a.moment->at_us == b.moment->at_us &&
               a.moment->is_naive == b.moment->is_naive;
    case TCN_V_DATE:
    case TCN_V_TIME:
        return a.moment->at_us == b.moment->at_us;
    case TCN_V_UUID:
        return tcn_uuid_eq(a.uuid, b.uuid);
    case TCN_V_RANGE:
        return range_equal(a.range, b.range);
    case TCN_V_UNDEF:
        return (a.undef->kind == TCN_UNDEF_BRANCH) == (b.undef->kind == TCN_UNDEF_BRANCH);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_SET:
    case TCN_V_DICT:
    case TCN_V_VIEW:
    case TCN_V_OBJECT:
        return -1;
    case TCN_V_MISSING:
    case TCN_V_NONE:
    case TCN_V_BOOL:
    case TCN_V_INT:
    case TCN_V_FLOAT:
    case TCN_V_BIG:
    case TCN_V_STR:
    case TCN_V_ENUM:
    case TCN_V_LAZY:
    case TCN_V_DELTA:
        break;
    }
    return tcn_identical(a, b);
}

static bool key_equal_depth(tcn_value a, tcn_value b, unsigned depth)
{
    int plain = equal_plain(a, b);
    if (plain >= 0)
        return plain != 0;
    if (a.type != TCN_V_TUPLE || depth == 0)
        return tcn_identical(a, b);
    if (a.list->count != b.list->count)
        return false;
    for (uint32_t i = 0; i < a.list->count; i++) {
        if (!key_equal_depth(a.list->items[i], b.list->items[i], depth - 1))
            return false;
    }
    return true;
}

bool tcn_key_equal(tcn_value a, tcn_value b)
{
    return tcn_identical(a, b) || key_equal_depth(a, b, 100);
}

int tcn_item_equal(tcn_rt *rt, tcn_value a, tcn_value b)
{
    if (a.type == b.type && tcn_identical(a, b))
        return 1;
    return tcn_equal(rt, a, b);
}

static int list_equal(tcn_rt *rt, const tcn_vlist *a, const tcn_vlist *b)
{
    if (a->count != b->count)
        return 0;
    int rc = 1;
    for (uint32_t i = 0; i < a->count && rc == 1; i++) {
        rc = tcn_charge(rt, 1);
        if (rc == 0)
            rc = tcn_item_equal(rt, a->items[i], b->items[i]);
    }
    return rc;
}

static int set_equal(tcn_rt *rt, const tcn_vlist *a, const tcn_vlist *b)
{
    int rc = a->count == b->count;
    for (uint32_t i = 0; i < a->count && rc == 1; i++) {
        rc = tcn_charge(rt, b->count);
        bool is_found = false;
        for (uint32_t j = 0; j < b->count && rc == 0 && !is_found; j++)
            is_found = tcn_key_equal(a->items[i], b->items[j]);
        rc = rc < 0 ? rc : is_found;
    }
    return rc;
}

static int dict_equal(tcn_rt *rt, const tcn_vdict *a, const tcn_vdict *b)
{
    if (a->count != b->count)
        return 0;
    int rc = 1;
    for (uint32_t i = 0; i < a->count && rc == 1; i++) {
        const tcn_value *other = tcn_vdict_get(b, a->entries[i].key);
        rc = tcn_charge(rt, 1);
        if (rc == 0)
            rc = other == NULL ? 0 : tcn_item_equal(rt, a->entries[i].value, *other);
    }
    return rc;
}

static int view_equal(tcn_rt *rt, tcn_value a, tcn_value b)
{
    if (a.sub != b.sub || a.sub == TCN_VIEW_VALUES)
        return a.sub == b.sub && a.dict == b.dict;
    if (a.sub == TCN_VIEW_ITEMS)
        return dict_equal(rt, a.dict, b.dict);
    int rc = a.dict->count == b.dict->count;
    for (uint32_t i = 0; i < a.dict->count && rc == 1; i++)
        rc = tcn_vdict_get(b.dict, a.dict->entries[i].key) != NULL;
    return rc;
}

static int object_equal(tcn_rt *rt, tcn_object *a, tcn_object *b)
{
    if (a == b)
        return 1;
    /* Objects of one kind may have a table of functions each. */
    if (a->type->equal == NULL || a->type->equal != b->type->equal)
        return 0;
    return a->type->equal(rt, a, b);
}

int tcn_equal(tcn_rt *rt, tcn_value a, tcn_value b)
{
    int rc = equal_plain(a, b);
    if (rc >= 0)
        return rc;
    if (++rt->depth > rt->limits->depth) {
        rt->depth--;
        return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    }
    if (a.type == TCN_V_DICT)
        rc = dict_equal(rt, a.dict, b.dict);
    else if (a.type == TCN_V_SET)
        rc = set_equal(rt, a.list, b.list);
    else if (a.type == TCN_V_VIEW)
        rc = view_equal(rt, a, b);
    else if (a.type == TCN_V_OBJECT)
        rc = object_equal(rt, a.object, b.object);
    else
        rc = list_equal(rt, a.list, b.list);
    rt->depth--;
    return rc;
}

static const char *const order_signs[] = {"<", "<=", ">", ">="};

static int decide(enum tcn_order order, int cmp)
{
    switch (order) {
    case TCN_LT:
        return cmp < 0;
    case TCN_LE:
        return cmp <= 0;
    case TCN_GT:
        return cmp > 0;
    case TCN_GE:
        return cmp >= 0;
    }
    return 0;
}

static int not_ordered(tcn_rt *rt, enum tcn_order order, tcn_value a, tcn_value b)
{
    return tcn_raise(rt, TCN_EXC_TypeError,
                     "'%s' not supported between instances of '%s' and '%s'",
                     order_signs[order], tcn_type_name(a), tcn_type_name(b));
}

static int compare_numbers(enum tcn_order order, tcn_value a, tcn_value b)
{
    if (a.type == TCN_V_FLOAT && b.type == TCN_V_FLOAT) {
        if (isnan(a.real) || isnan(b.real))
            return 0;
        return decide(order, (a.real > b.real) - (a.real < b.real));
    }
    if (a.type == TCN_V_FLOAT || b.type == TCN_V_FLOAT) {
        double f = a.type == TCN_V_FLOAT ? a.real : b.real;
        if (isnan(f))
            return 0;
        tcn_value whole = a.type == TCN_V_FLOAT ? b : a;
        int cmp = isinf(f) ? (f > 0 ? -1 : 1) : tcn_big_cmp_real(whole, f);
        return decide(order, a.type == TCN_V_FLOAT ? -cmp : cmp);
    }
    if (a.type != TCN_V_BIG && b.type != TCN_V_BIG)
        return decide(order, (a.integer > b.integer) - (a.integer < b.integer));
    return decide(order, tcn_big_cmp(a, b));
}

static int compare_lists(tcn_rt *rt, enum tcn_order order, tcn_value a, tcn_value b)
{
    const tcn_vlist *x = a.list;
    const tcn_vlist *y = b.list;
    for (uint32_t i = 0; i < x->count && i < y->count; i++) {
        int rc = tcn_charge(rt, 1);
        if (rc == 0)
            rc = tcn_item_equal(rt, x->items[i], y->items[i]);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return tcn_compare(rt, order, x->items[i], y->items[i]);
    }
    return decide(order, (x->count > y->count) - (x->count < y->count));
}

static int subset(const tcn_vlist *a, const tcn_vlist *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        bool is_found = false;
        for (uint32_t j = 0; j < b->count && !is_found; j++)
            is_found = tcn_key_equal(a->items[i], b->items[j]);
        if (!is_found)
            return 0;
    }
    return 1;
}

static int compare_sets(enum tcn_order order, const tcn_vlist *a, const tcn_vlist *b)
{
    bool is_reversed = order == TCN_GT || order == TCN_GE;
    const tcn_vlist *small = is_reversed ? b : a;
    const tcn_vlist *large = is_reversed ? a : b;
    bool is_proper = order == TCN_LT || order == TCN_GT;
    return subset(small, large) && (!is_proper || small->count < large->count);
}

/* Kinds that compare by one word of theirs; false: a and b have no order. */
static bool compare_words(tcn_value a, tcn_value b, int *ret)
{
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case TCN_V_DELTA:
        *ret = (a.integer > b.integer) - (a.integer < b.integer);
        return true;
    case TCN_V_UUID:
        *ret = memcmp(a.uuid->bytes, b.uuid->bytes, sizeof a.uuid->bytes);
        return true;
    case TCN_V_DATETIME:
    case TCN_V_TIME:
        if (a.moment->is_naive != b.moment->is_naive)
            return false;
        *ret = (a.moment->at_us > b.moment->at_us) - (a.moment->at_us < b.moment->at_us);
        return true;
    case TCN_V_DATE:
        *ret = (a.moment->at_us > b.moment->at_us) - (a.moment->at_us < b.moment->at_us);
        return true;
    case TCN_V_BYTES:
        *ret = tcn_str_cmp(tcn_text_str(a.text), tcn_text_str(b.text));
        return true;
    default:
        return false;
    }
}

int tcn_compare(tcn_rt *rt, enum tcn_order order, tcn_value a, tcn_value b)
{
    int cmp = 0;
    if (tcn_is_number(a) && tcn_is_number(b))
        return compare_numbers(order, a, b);
    if (tcn_is_text(a) && tcn_is_text(b))
        return decide(order, tcn_str_cmp(tcn_text_str(tcn_text_get(&a)),
                                         tcn_text_str(tcn_text_get(&b))));
    if (a.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a);
    if (b.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, b);
    if (a.type == TCN_V_SET && b.type == TCN_V_SET)
        return compare_sets(order, a.list, b.list);
    if (a.type == b.type && (a.type == TCN_V_LIST || a.type == TCN_V_TUPLE)) {
        if (++rt->depth > rt->limits->depth) {
            rt->depth--;
            return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
        }
        int rc = compare_lists(rt, order, a, b);
        rt->depth--;
        return rc;
    }
    if (compare_words(a, b, &cmp))
        return decide(order, cmp);
    return not_ordered(rt, order, a, b);
}
