/* SPDX-License-Identifier: Apache-2.0 */
/* methods.c - attributes of lists, tuples, dicts, ranges and numbers. What would
 * change a container exists, but may not be used. */
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/natives.h"
#include "core/value/big.h"

static int list_index(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_vlist *list = a[0].list;
    int64_t bounds[2] = {0, list->count};
    for (int i = 0; i < 2; i++) {
        int rc = tcn_arg_int(rt, a[2 + i], bounds[i], &bounds[i]);
        if (rc < 0)
            return rc;
        if (bounds[i] < 0)
            bounds[i] = bounds[i] + list->count < 0 ? 0 : bounds[i] + list->count;
    }
    for (int64_t i = bounds[0]; i < bounds[1] && i < list->count; i++) {
        int rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = tcn_item_equal(rt, list->items[i], a[1]);
        if (rc < 0)
            return rc;
        if (rc == 1) {
            *ret = tcn_int(i);
            return 0;
        }
    }
    return tcn_raise(rt, TCN_EXC_ValueError, "value is not in %s", tcn_type_name(a[0]));
}

static int list_count(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < a[0].list->count; i++) {
        int rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = tcn_item_equal(rt, a[0].list->items[i], a[1]);
        if (rc < 0)
            return rc;
        count += rc;
    }
    *ret = tcn_int(count);
    return 0;
}

static int list_copy(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_list_make(rt, (enum tcn_value_type)a[0].type, a[0].list->count, ret);
    for (uint32_t i = 0; i < a[0].list->count && rc >= 0; i++)
        rc = tcn_list_push(rt, *ret, a[0].list->items[i]);
    return rc;
}

static int dict_get(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_check_hashable(rt, a[1]);
    if (rc < 0)
        return rc;
    const tcn_value *found = tcn_vdict_get(a[0].dict, a[1]);
    *ret = found != NULL ? *found : (tcn_is_missing(a[2]) ? tcn_none() : a[2]);
    return 0;
}

static tcn_value view_of(tcn_value dict, enum tcn_view view)
{
    return (tcn_value){.type = TCN_V_VIEW, .sub = (uint8_t)view, .dict = dict.dict};
}

static int dict_keys(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = view_of(a[0], TCN_VIEW_KEYS);
    return 0;
}

static int dict_values(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = view_of(a[0], TCN_VIEW_VALUES);
    return 0;
}

static int dict_items(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = view_of(a[0], TCN_VIEW_ITEMS);
    return 0;
}

static int dict_copy(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(rt->arena, a[0].dict->count);
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(rt) : 0;
    for (uint32_t i = 0; i < a[0].dict->count && rc >= 0; i++)
        rc = tcn_dict_set(rt, dict, a[0].dict->entries[i].key,
                          a[0].dict->entries[i].value);
    *ret = dict;
    return rc;
}

static int dict_fromkeys(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    int rc = tcn_items(rt, a[1], &items);
    if (rc < 0)
        return rc;
    tcn_value dict = tcn_dict_new(rt->arena, items.list->count);
    rc = tcn_is_missing(dict) ? tcn_raise_memory(rt) : 0;
    for (uint32_t i = 0; i < items.list->count && rc >= 0; i++)
        rc = tcn_dict_set(rt, dict, items.list->items[i],
                          tcn_is_missing(a[2]) ? tcn_none() : a[2]);
    *ret = dict;
    return rc;
}

static int range_start(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_int(self.range->start);
    return 0;
}

static int range_stop(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_int(self.range->stop);
    return 0;
}

static int range_step(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_int(self.range->step);
    return 0;
}

static int range_index(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_contains(rt, a[0], a[1]);
    if (rc <= 0)
        return rc < 0 ? rc : tcn_raise(rt, TCN_EXC_ValueError, "value is not in range");
    int64_t i = a[1].type == TCN_V_FLOAT ? (int64_t)a[1].real : a[1].integer;
    *ret = tcn_int((i - a[0].range->start) / a[0].range->step);
    return 0;
}

static int range_count(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_contains(rt, a[0], a[1]);
    if (rc >= 0)
        *ret = tcn_int(rc);
    return rc;
}

static int int_bit_length(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_int((int64_t)tcn_big_bits(a[0]));
    return 0;
}

static int int_ratio(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_pair_make(rt, a[0].type == TCN_V_BOOL ? tcn_int(a[0].integer) : a[0],
                         tcn_int(1), ret);
}

static int int_bit_count(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t count = 0;
    (void)rt;
    if (a[0].type != TCN_V_BIG)
        count = __builtin_popcountll(a[0].integer < 0 ? -(uint64_t)a[0].integer
                                                      : (uint64_t)a[0].integer);
    for (uint32_t i = 0; a[0].type == TCN_V_BIG && i < a[0].big->count; i++)
        count += __builtin_popcount(a[0].big->limb[i]);
    *ret = tcn_int(count);
    return 0;
}

static int number_self(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret = self.type == TCN_V_BOOL ? tcn_int(self.integer) : self;
    return 0;
}

static int number_conjugate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return number_self(rt, a[0], ret);
}

static int int_zero(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    (void)self;
    *ret = tcn_int(0);
    return 0;
}

static int int_one(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    (void)self;
    *ret = tcn_int(1);
    return 0;
}

static int float_zero(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    (void)self;
    *ret = tcn_real(0);
    return 0;
}

static int float_is_integer(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_bool(isfinite(a[0].real) && a[0].real == floor(a[0].real));
    return 0;
}

static int float_hex(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    char text[64];
    double f = a[0].real;
    int n;
    if (!isfinite(f)) {
        n = snprintf(text, sizeof text, "%s",
                     isnan(f) ? "nan" : (f < 0 ? "-inf" : "inf"));
    } else if (f == 0) {
        n = snprintf(text, sizeof text, "%s0x0.0p+0", signbit(f) ? "-" : "");
    } else {
        /* Python always shows 13 digits and keeps subnormals unnormalised. */
        uint64_t bits;
        memcpy(&bits, &f, sizeof bits);
        int exponent = (int)(bits >> 52 & 0x7FF);
        n = snprintf(text, sizeof text, "%s0x%d.%013llxp%+d", f < 0 ? "-" : "",
                     exponent != 0,
                     (unsigned long long)(bits & UINT64_C(0xFFFFFFFFFFFFF)),
                     exponent != 0 ? exponent - 1023 : -1022);
    }
    return tcn_text_make(rt, text, (size_t)n, ret);
}

static int float_ratio(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    double f = a[0].real;
    tcn_value numerator, denominator;
    int exponent = 0;
    if (isnan(f))
        return tcn_raise(rt, TCN_EXC_ValueError, "cannot convert NaN to integer ratio");
    if (isinf(f))
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "cannot convert Infinity to integer ratio");
    f = frexp(f, &exponent);
    for (int i = 0; i < 300 && f != floor(f); i++) {
        f *= 2;
        exponent--;
    }
    int rc = tcn_big_from_real(rt, f, &numerator);
    denominator = tcn_int(1);
    if (rc >= 0 && exponent != 0) {
        tcn_value power;
        rc = tcn_big_pow(rt, tcn_int(2), tcn_int(exponent < 0 ? -exponent : exponent),
                         &power);
        if (rc >= 0 && exponent > 0)
            rc = tcn_big_mul(rt, numerator, power, &numerator);
        else
            denominator = power;
    }
    return rc < 0 ? rc : tcn_pair_make(rt, numerator, denominator, ret);
}

/* clang-format off */
#define UNSAFE {.is_unsafe = true}

const tcn_member tcn_list_members[TCN_ATOM_COUNT] = {
    [TCN_A_index] = TCN_METHOD("index", "", 2, 4, list_index),
    [TCN_A_count] = TCN_METHOD("count", "", 2, 2, list_count),
    [TCN_A_copy] = TCN_METHOD("copy", "", 1, 1, list_copy),
    [TCN_A_append] = UNSAFE, [TCN_A_clear] = UNSAFE, [TCN_A_pop] = UNSAFE,
    [TCN_A_reverse] = UNSAFE, [TCN_A_insert] = UNSAFE, [TCN_A_sort] = UNSAFE,
    [TCN_A_extend] = UNSAFE, [TCN_A_remove] = UNSAFE,
};
const tcn_member tcn_tuple_members[TCN_ATOM_COUNT] = {
    [TCN_A_index] = TCN_METHOD("index", "", 2, 4, list_index),
    [TCN_A_count] = TCN_METHOD("count", "", 2, 2, list_count),
};
const tcn_member tcn_dict_members[TCN_ATOM_COUNT] = {
    [TCN_A_get] = TCN_METHOD("get", "", 2, 3, dict_get),
    [TCN_A_keys] = TCN_METHOD("keys", "", 1, 1, dict_keys),
    [TCN_A_values] = TCN_METHOD("values", "", 1, 1, dict_values),
    [TCN_A_items] = TCN_METHOD("items", "", 1, 1, dict_items),
    [TCN_A_copy] = TCN_METHOD("copy", "", 1, 1, dict_copy),
    [TCN_A_fromkeys] = TCN_METHOD("fromkeys", "", 2, 3, dict_fromkeys),
    [TCN_A_clear] = UNSAFE, [TCN_A_pop] = UNSAFE, [TCN_A_popitem] = UNSAFE,
    [TCN_A_setdefault] = UNSAFE, [TCN_A_update] = UNSAFE,
};
const tcn_member tcn_range_members[TCN_ATOM_COUNT] = {
    [TCN_A_start] = TCN_PROP(range_start), [TCN_A_stop] = TCN_PROP(range_stop),
    [TCN_A_step] = TCN_PROP(range_step),
    [TCN_A_index] = TCN_METHOD("index", "", 2, 2, range_index),
    [TCN_A_count] = TCN_METHOD("count", "", 2, 2, range_count),
};
const tcn_member tcn_int_members[TCN_ATOM_COUNT] = {
    [TCN_A_bit_count] = TCN_METHOD("bit_count", "", 1, 1, int_bit_count),
    [TCN_A_bit_length] = TCN_METHOD("bit_length", "", 1, 1, int_bit_length),
    [TCN_A_as_integer_ratio] = TCN_METHOD("as_integer_ratio", "", 1, 1, int_ratio),
    [TCN_A_conjugate] = TCN_METHOD("conjugate", "", 1, 1, number_conjugate),
    [TCN_A_real] = TCN_PROP(number_self), [TCN_A_imag] = TCN_PROP(int_zero),
    [TCN_A_numerator] = TCN_PROP(number_self), [TCN_A_denominator] = TCN_PROP(int_one),
};
const tcn_member tcn_float_members[TCN_ATOM_COUNT] = {
    [TCN_A_is_integer] = TCN_METHOD("is_integer", "", 1, 1, float_is_integer),
    [TCN_A_hex] = TCN_METHOD("hex", "", 1, 1, float_hex),
    [TCN_A_as_integer_ratio] = TCN_METHOD("as_integer_ratio", "", 1, 1, float_ratio),
    [TCN_A_conjugate] = TCN_METHOD("conjugate", "", 1, 1, number_conjugate),
    [TCN_A_real] = TCN_PROP(number_self), [TCN_A_imag] = TCN_PROP(float_zero),
};
/* clang-format on */
