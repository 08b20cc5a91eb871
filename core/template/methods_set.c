/* SPDX-License-Identifier: Apache-2.0 */
/* methods_set.c - attributes of sets: what computes a new one or a truth value. The
 * methods that would change a set exist, but may not be used. */
#include "core/base/err.h"
#include "core/template/natives.h"

/* Whether the items hold v, which is hashable. */
static int holds(tcn_rt *rt, tcn_value items, tcn_value v)
{
    int rc = tcn_charge(rt, items.list->count / 4 + 1);
    for (uint32_t i = 0; i < items.list->count && rc == 0; i++)
        rc = tcn_key_equal(items.list->items[i], v);
    return rc;
}

static int add_once(tcn_rt *rt, tcn_value set, tcn_value v)
{
    int rc = tcn_check_hashable(rt, v);
    if (rc >= 0)
        rc = holds(rt, set, v);
    return rc == 0 ? tcn_list_push(rt, set, v) : (rc < 0 ? rc : 0);
}

/* The items of any iterable as a set. */
static int set_of(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    tcn_value items;
    int rc = tcn_items(rt, v, &items);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_SET, items.list->count, ret);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++)
        rc = add_once(rt, *ret, items.list->items[i]);
    return rc;
}

/* Those items of a whose being in b is is_kept. */
static int keep(tcn_rt *rt, tcn_value a, tcn_value b, bool is_kept, tcn_value *ret)
{
    tcn_value made = tcn_none();
    int rc = tcn_list_make(rt, TCN_V_SET, a.list->count, &made);
    for (uint32_t i = 0; rc >= 0 && i < a.list->count; i++) {
        rc = holds(rt, b, a.list->items[i]);
        if (rc >= 0 && (rc == 1) == is_kept)
            rc = tcn_list_push(rt, made, a.list->items[i]);
    }
    *ret = made;
    return rc < 0 ? rc : 0;
}

static int set_copy(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return set_of(rt, a[0], ret);
}

static int add_all(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    int rc = set_of(rt, a, ret);
    for (uint32_t i = 0; rc >= 0 && i < b.list->count; i++)
        rc = add_once(rt, *ret, b.list->items[i]);
    return rc;
}

/* Of two equal ones, as 1 and 1.0, the one in b. */
static int keep_common(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    return keep(rt, b, a, true, ret);
}

static int keep_others(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    return keep(rt, a, b, false, ret);
}

/* One step for each argument, of which there may be any number. */
static int fold(tcn_rt *rt, tcn_value self, const tcn_args *args,
                int (*step)(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret),
                tcn_value *ret)
{
    if (args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError, "set methods take no keyword arguments");
    int rc = set_of(rt, self, ret);
    for (uint32_t i = 0; rc >= 0 && i < args->count; i++) {
        tcn_value other;
        rc = set_of(rt, args->items[i], &other);
        if (rc >= 0)
            rc = step(rt, *ret, other, ret);
    }
    return rc;
}

static int set_union(tcn_rt *rt, tcn_value self, const tcn_args *args, tcn_value *ret)
{
    return fold(rt, self, args, add_all, ret);
}

static int set_intersection(tcn_rt *rt, tcn_value self, const tcn_args *args,
                            tcn_value *ret)
{
    return fold(rt, self, args, keep_common, ret);
}

static int set_difference(tcn_rt *rt, tcn_value self, const tcn_args *args,
                          tcn_value *ret)
{
    return fold(rt, self, args, keep_others, ret);
}

static int set_symmetric_difference(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value other;
    tcn_value mine = tcn_none();
    tcn_value theirs = tcn_none();
    int rc = set_of(rt, a[1], &other);
    if (rc >= 0)
        rc = keep_others(rt, a[0], other, &mine);
    if (rc >= 0)
        rc = keep_others(rt, other, a[0], &theirs);
    return rc < 0 ? rc : add_all(rt, mine, theirs, ret);
}

/* Whether all items of a are in b. */
static int is_within(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    tcn_value outside;
    int rc = keep_others(rt, a, b, &outside);
    if (rc >= 0)
        *ret = tcn_bool(outside.list->count == 0);
    return rc;
}

static int set_issubset(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value other;
    int rc = set_of(rt, a[1], &other);
    return rc < 0 ? rc : is_within(rt, a[0], other, ret);
}

static int set_issuperset(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value other;
    int rc = set_of(rt, a[1], &other);
    return rc < 0 ? rc : is_within(rt, other, a[0], ret);
}

static int set_isdisjoint(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value other, common;
    int rc = set_of(rt, a[1], &other);
    if (rc >= 0)
        rc = keep_common(rt, a[0], other, &common);
    if (rc >= 0)
        *ret = tcn_bool(common.list->count == 0);
    return rc;
}

/* clang-format off */
#define UNSAFE {.is_unsafe = true}

const tcn_member tcn_set_members[TCN_ATOM_COUNT] = {
    [TCN_A_copy] = TCN_METHOD("copy", "", 1, 1, set_copy),
    [TCN_A_union] = TCN_METHOD_RAW("union", set_union),
    [TCN_A_intersection] = TCN_METHOD_RAW("intersection", set_intersection),
    [TCN_A_difference] = TCN_METHOD_RAW("difference", set_difference),
    [TCN_A_symmetric_difference] = TCN_METHOD("symmetric_difference", "", 2, 2,
                                              set_symmetric_difference),
    [TCN_A_issubset] = TCN_METHOD("issubset", "", 2, 2, set_issubset),
    [TCN_A_issuperset] = TCN_METHOD("issuperset", "", 2, 2, set_issuperset),
    [TCN_A_isdisjoint] = TCN_METHOD("isdisjoint", "", 2, 2, set_isdisjoint),
    [TCN_A_add] = UNSAFE, [TCN_A_clear] = UNSAFE, [TCN_A_difference_update] = UNSAFE,
    [TCN_A_discard] = UNSAFE, [TCN_A_pop] = UNSAFE, [TCN_A_remove] = UNSAFE,
    [TCN_A_symmetric_difference_update] = UNSAFE, [TCN_A_update] = UNSAFE,
};
/* clang-format on */
