/* SPDX-License-Identifier: Apache-2.0 */
/* arith_time.c - operators on points in time and spans. What is over the range of a span
 * is an error before anything is built. */
#include "core/value/arith_int.h"

#include <math.h>

#include "core/base/err.h"
#include "core/value/big.h"
#include "core/value/moment.h"

/* Of what a timedelta can hold, all but the farthest: there is room for a sign and a day.
 */
static int make_delta(tcn_rt *rt, bool is_over, int64_t us, tcn_value *ret)
{
    const int64_t max = INT64_MAX - TCN_DAY_US;
    if (is_over || us > max || us < -max)
        return tcn_raise(rt, TCN_EXC_OverflowError, "days out of range for timedelta");
    *ret = tcn_delta(us);
    return 0;
}

static int delta_scale(tcn_rt *rt, double f, tcn_value *ret)
{
    if (isnan(f))
        return tcn_raise(rt, TCN_EXC_ValueError, "cannot convert float NaN to integer");
    bool is_over = !(fabs(f) < 9.2e18);
    return make_delta(rt, is_over, is_over ? 0 : (int64_t)rint(f), ret);
}

static int64_t round_div(int64_t a, int64_t b)
{
    int64_t q = tcn_floor_div(a, b);
    int64_t below = a - q * b;
    int64_t above = b - below;
    bool is_up = b > 0 ? below > above : below < above;
    return q + (is_up || (below == above && q % 2 != 0));
}

static int delta_by_number(tcn_rt *rt, enum tcn_arith op, tcn_value delta,
                           tcn_value number, tcn_value *ret)
{
    double f = 0;
    int64_t us = 0;
    int rc = tcn_arith_real(rt, number, &f);
    if (rc < 0)
        return rc;
    if (op != TCN_MUL && f == 0)
        return tcn_arith_zero_division(rt, number.type == TCN_V_FLOAT
                                               ? "float division by zero"
                                               : "integer division or modulo by zero");
    if (number.type == TCN_V_FLOAT && isinf(f))
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "cannot convert Infinity to integer ratio");
    if (number.type == TCN_V_FLOAT)
        return delta_scale(
            rt, op == TCN_MUL ? (double)delta.integer * f : (double)delta.integer / f,
            ret);
    bool is_huge = number.type == TCN_V_BIG || number.integer == INT64_MIN;
    if (is_huge && op != TCN_MUL) {
        /* What is left of the quotient is its sign, when that is rounded down. */
        bool is_below = op == TCN_FLOORDIV && delta.integer != 0 &&
                        (delta.integer < 0) != (tcn_big_sign(number) < 0);
        *ret = tcn_delta(-(int64_t)is_below);
        return 0;
    }
    if (is_huge && delta.integer == 0)
        number = tcn_int(0);
    else if (is_huge)
        return tcn_raise(rt, TCN_EXC_OverflowError, "days out of range for timedelta");
    bool is_over =
        op == TCN_MUL && __builtin_mul_overflow(delta.integer, number.integer, &us);
    if (op != TCN_MUL)
        us = op == TCN_DIV ? round_div(delta.integer, number.integer)
                           : tcn_floor_div(delta.integer, number.integer);
    return make_delta(rt, is_over, us, ret);
}

static int delta_by_delta(tcn_rt *rt, enum tcn_arith op, int64_t a, int64_t b,
                          tcn_value *ret)
{
    int64_t us = 0;
    bool is_over = false;
    switch (op) {
    case TCN_ADD:
        is_over = __builtin_add_overflow(a, b, &us);
        break;
    case TCN_SUB:
        is_over = __builtin_sub_overflow(a, b, &us);
        break;
    case TCN_DIV:
    case TCN_FLOORDIV:
    case TCN_MOD:
        if (b == 0)
            return tcn_arith_zero_division(
                rt, op == TCN_DIV ? "division by zero"
                                  : "integer division or modulo by zero");
        if (op == TCN_DIV)
            return tcn_arith(rt, TCN_DIV, tcn_int(a), tcn_int(b), ret);
        us = tcn_floor_div(a, b);
        if (op == TCN_FLOORDIV) {
            *ret = tcn_int(us);
            return 0;
        }
        us = a - us * b;
        break;
    case TCN_MUL:
    case TCN_POW:
        return tcn_arith_unsupported(rt, op, tcn_delta(a), tcn_delta(b));
    }
    return make_delta(rt, is_over, us, ret);
}

static int moment_difference(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    if (a.moment->is_naive != b.moment->is_naive)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "can't subtract offset-naive and offset-aware datetimes");
    *ret = tcn_delta(a.moment->at_us - b.moment->at_us);
    return 0;
}

/* What a delta counts for: with dates its whole days. */
static int64_t added_us(tcn_value point, tcn_value delta)
{
    int64_t us = delta.integer;
    return point.type == TCN_V_DATE
               ? us / TCN_DAY_US * TCN_DAY_US - (us % TCN_DAY_US < 0 ? TCN_DAY_US : 0)
               : us;
}

int tcn_arith_time(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b,
                   tcn_value *ret)
{
    bool a_is_point = a.type == TCN_V_DATETIME || a.type == TCN_V_DATE;
    bool b_is_point = b.type == TCN_V_DATETIME || b.type == TCN_V_DATE;
    int rc;
    if (a.type == TCN_V_DELTA && b.type == TCN_V_DELTA)
        rc = delta_by_delta(rt, op, a.integer, b.integer, ret);
    else if (a_is_point && b.type == TCN_V_DELTA && (op == TCN_ADD || op == TCN_SUB))
        rc = tcn_moment_add(rt, a, op == TCN_ADD ? added_us(a, b) : -added_us(a, b), ret);
    else if (a.type == TCN_V_DELTA && b_is_point && op == TCN_ADD)
        rc = tcn_moment_add(rt, b, added_us(b, a), ret);
    else if (a_is_point && a.type == b.type && op == TCN_SUB)
        rc = moment_difference(rt, a, b, ret);
    else if (a.type == TCN_V_DELTA && tcn_is_number(b) &&
             (op == TCN_MUL || op == TCN_DIV ||
              (op == TCN_FLOORDIV && b.type != TCN_V_FLOAT)))
        rc = delta_by_number(rt, op, a, b, ret);
    else if (b.type == TCN_V_DELTA && tcn_is_number(a) && op == TCN_MUL)
        rc = delta_by_number(rt, op, b, a, ret);
    else
        return 0;
    return rc < 0 ? rc : 1;
}
