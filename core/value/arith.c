/* SPDX-License-Identifier: Apache-2.0 */
/* arith.c - Python's operators on values: exact integers, floor division, sequences that
 * repeat and join. Growth is checked before anything is built. */
#include "core/value/arith_int.h"

#include <math.h>

#include "core/base/err.h"
#include "core/value/big.h"

int tcn_arith_unsupported(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b)
{
    static const char *const signs[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
    return tcn_raise(rt, TCN_EXC_TypeError,
                     "unsupported operand type(s) for %s: '%s' and '%s'", signs[op],
                     tcn_type_name(a), tcn_type_name(b));
}

int tcn_arith_zero_division(tcn_rt *rt, const char *text)
{
    return tcn_raise(rt, TCN_EXC_ZeroDivisionError, "%s", text);
}

static int int_div(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b,
                   tcn_value *ret)
{
    bool is_small = a.type != TCN_V_BIG && b.type != TCN_V_BIG;
    if (tcn_big_sign(b) == 0)
        return tcn_arith_zero_division(rt, op == TCN_DIV ? "division by zero"
                                           : op == TCN_FLOORDIV
                                               ? "integer division or modulo by zero"
                                               : "integer modulo by zero");
    if (op == TCN_DIV) {
        int64_t exact = INT64_C(1) << 53;
        if (!is_small || a.integer < -exact || a.integer > exact || b.integer < -exact ||
            b.integer > exact)
            return tcn_big_truediv(rt, a, b, ret);
        *ret = tcn_real((double)a.integer / (double)b.integer);
        return 0;
    }
    if (!is_small || (a.integer == INT64_MIN && b.integer == -1))
        return op == TCN_MOD ? tcn_big_divmod(rt, a, b, NULL, ret)
                             : tcn_big_divmod(rt, a, b, ret, NULL);
    int64_t rest = a.integer % b.integer;
    if (rest != 0 && (rest < 0) != (b.integer < 0))
        rest += b.integer;
    *ret = tcn_int(op == TCN_MOD ? rest : tcn_floor_div(a.integer, b.integer));
    return 0;
}

static int real_pow(tcn_rt *rt, double a, double b, tcn_value *ret)
{
    if (a == 0 && b < 0 && !isinf(b))
        return tcn_arith_zero_division(rt, "0.0 cannot be raised to a negative power");
    if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
        return tcn_raise(rt, TCN_EXC_ValueError,
                         "a negative number cannot be raised to a fractional power");
    double f = pow(a, b);
    if (isinf(f) && isfinite(a) && isfinite(b))
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "(34, 'Numerical result out of range')");
    *ret = tcn_real(f);
    return 0;
}

int tcn_arith_real(tcn_rt *rt, tcn_value v, double *ret)
{
    if (v.type == TCN_V_FLOAT)
        *ret = v.real;
    else if (v.type != TCN_V_BIG)
        *ret = (double)v.integer;
    else
        *ret = tcn_big_real(v);
    if (v.type == TCN_V_BIG && isinf(*ret))
        return tcn_raise(rt, TCN_EXC_OverflowError, "int too large to convert to float");
    return 0;
}

static int int_pow(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    if (tcn_big_sign(b) >= 0)
        return tcn_big_pow(rt, a, b, ret);
    if (tcn_big_sign(a) == 0)
        return tcn_arith_zero_division(rt, "0.0 cannot be raised to a negative power");
    double x = 0, y = 0;
    int rc = tcn_arith_real(rt, a, &x);
    if (rc >= 0)
        rc = tcn_arith_real(rt, b, &y);
    return rc < 0 ? rc : real_pow(rt, x, y, ret);
}

static int int_arith(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b,
                     tcn_value *ret)
{
    bool is_small = a.type != TCN_V_BIG && b.type != TCN_V_BIG;
    int64_t result = 0;
    switch (op) {
    case TCN_ADD:
        if (!is_small || __builtin_add_overflow(a.integer, b.integer, &result))
            return tcn_big_add(rt, a, b, ret);
        break;
    case TCN_SUB:
        if (!is_small || __builtin_sub_overflow(a.integer, b.integer, &result))
            return tcn_big_sub(rt, a, b, ret);
        break;
    case TCN_MUL:
        if (!is_small || __builtin_mul_overflow(a.integer, b.integer, &result))
            return tcn_big_mul(rt, a, b, ret);
        break;
    case TCN_DIV:
    case TCN_FLOORDIV:
    case TCN_MOD:
        return int_div(rt, op, a, b, ret);
    case TCN_POW:
        return int_pow(rt, a, b, ret);
    }
    *ret = tcn_int(result);
    return 0;
}

/* Python's float_divmod: the quotient is floored without losing its last digit. */
static double real_floor_div(double a, double b)
{
    double mod = fmod(a, b);
    double quotient = (a - mod) / b;
    if (mod != 0 && (b < 0) != (mod < 0))
        quotient -= 1;
    if (quotient == 0)
        return copysign(0.0, a / b);
    double floored = floor(quotient);
    return quotient - floored > 0.5 ? floored + 1 : floored;
}

static double real_mod(double a, double b)
{
    double mod = fmod(a, b);
    if (mod == 0)
        return copysign(0.0, b);
    return (b < 0) != (mod < 0) ? mod + b : mod;
}

static int real_arith(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b,
                      tcn_value *ret)
{
    double x = 0, y = 0, f = 0;
    int rc = tcn_arith_real(rt, a, &x);
    if (rc >= 0)
        rc = tcn_arith_real(rt, b, &y);
    if (rc < 0)
        return rc;
    switch (op) {
    case TCN_ADD:
        f = x + y;
        break;
    case TCN_SUB:
        f = x - y;
        break;
    case TCN_MUL:
        f = x * y;
        break;
    case TCN_DIV:
        if (y == 0)
            return tcn_arith_zero_division(rt, "float division by zero");
        f = x / y;
        break;
    case TCN_FLOORDIV:
        if (y == 0)
            return tcn_arith_zero_division(rt, "float floor division by zero");
        f = real_floor_div(x, y);
        break;
    case TCN_MOD:
        if (y == 0)
            return tcn_arith_zero_division(rt, "float modulo");
        f = real_mod(x, y);
        break;
    case TCN_POW:
        return real_pow(rt, x, y, ret);
    }
    *ret = tcn_real(f);
    return 0;
}

static int join_lists(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    uint64_t count = (uint64_t)a.list->count + b.list->count;
    if (count > rt->limits->items)
        return tcn_raise_limit(rt, "number of items", rt->limits->items);
    int rc = tcn_charge(rt, count / 4);
    if (rc >= 0)
        rc = tcn_list_make(rt, (enum tcn_value_type)a.type, count, ret);
    if (rc < 0)
        return rc;
    memcpy(ret->list->items, a.list->items, a.list->count * sizeof(tcn_value));
    memcpy(ret->list->items + a.list->count, b.list->items,
           b.list->count * sizeof(tcn_value));
    ret->list->count = (uint32_t)count;
    return 0;
}

/* The scratch since start as a str, or as bytes. */
static int end_text(tcn_rt *rt, size_t start, bool is_bytes, tcn_value *ret)
{
    if (!is_bytes)
        return tcn_scratch_end(rt, start, ret);
    tcn_buf *out = &rt->scratch;
    *ret = tcn_bytes_new(rt->arena, tcn_str_of(out->ptr + start, out->len - start));
    out->len = start;
    return tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
}

static int join_texts(tcn_rt *rt, const tcn_text *a, const tcn_text *b, bool is_bytes,
                      tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    if ((uint64_t)a->len + b->len > rt->limits->text_bytes)
        return tcn_raise_limit(rt, "length of a text", rt->limits->text_bytes);
    int rc = tcn_put(rt, &rt->scratch, a->ptr, a->len);
    if (rc >= 0)
        rc = tcn_put(rt, &rt->scratch, b->ptr, b->len);
    return rc < 0 ? rc : end_text(rt, start, is_bytes, ret);
}

/* How often a sequence is repeated: negative counts are 0. */
static bool times_of(tcn_value v, uint64_t *ret)
{
    int64_t times;
    if (!tcn_index_of(v, &times))
        return false;
    *ret = times < 0 ? 0 : (uint64_t)times;
    return true;
}

static int repeat_text(tcn_rt *rt, tcn_value v, uint64_t times, tcn_value *ret)
{
    bool is_bytes = v.type == TCN_V_BYTES;
    const tcn_text *text = is_bytes ? v.text : tcn_text_of(&v);
    if (text->len == 0)
        times = 0;
    if (times > 0 && times > rt->limits->text_bytes / text->len)
        return tcn_raise_limit(rt, "length of a text", rt->limits->text_bytes);
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, times / 4);
    for (uint64_t i = 0; i < times && rc >= 0; i++)
        rc = tcn_put(rt, &rt->scratch, text->ptr, text->len);
    if (rc >= 0)
        rc = end_text(rt, start, is_bytes, ret);
    if (rc >= 0 && v.type == TCN_V_STR)
        ret->sub = v.sub;
    return rc;
}

static int repeat_list(tcn_rt *rt, tcn_value v, uint64_t times, tcn_value *ret)
{
    uint32_t count = v.list->count;
    if (count == 0 || times == 0)
        return tcn_list_make(rt, (enum tcn_value_type)v.type, 0, ret);
    if (times > rt->limits->items / count)
        return tcn_raise_limit(rt, "number of items", rt->limits->items);
    int rc = tcn_charge(rt, count * times / 4);
    if (rc >= 0)
        rc = tcn_list_make(rt, (enum tcn_value_type)v.type, count * times, ret);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < times; i++)
        memcpy(ret->list->items + i * count, v.list->items, count * sizeof(tcn_value));
    ret->list->count = (uint32_t)(count * times);
    return 0;
}

static bool is_sequence(tcn_value v)
{
    return tcn_is_text(v) || v.type == TCN_V_BYTES || v.type == TCN_V_LIST ||
           v.type == TCN_V_TUPLE;
}

static int repeat(tcn_rt *rt, tcn_value sequence, tcn_value count, tcn_value *ret)
{
    uint64_t times;
    bool is_list = sequence.type == TCN_V_LIST || sequence.type == TCN_V_TUPLE;
    bool is_empty = is_list ? sequence.list->count == 0
                            : (tcn_is_text(sequence) ? tcn_text_get(&sequence)->len
                                                     : sequence.text->len) == 0;
    if (count.type == TCN_V_BIG && (is_empty || count.big->negative))
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "cannot fit 'int' into an index-sized integer");
    if (!times_of(count, &times))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "can't multiply sequence by non-int of type '%s'",
                         tcn_type_name(count));
    return is_list ? repeat_list(rt, sequence, times, ret)
                   : repeat_text(rt, sequence, times, ret);
}

static int add_sequence(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    const tcn_text *x = tcn_text_of(&a);
    const tcn_text *y = tcn_text_of(&b);
    if (x != NULL && y != NULL) {
        int rc = join_texts(rt, x, y, false, ret);
        if (rc >= 0 && (a.sub == TCN_SUB_MARKUP || b.sub == TCN_SUB_MARKUP) &&
            a.type == TCN_V_STR && b.type == TCN_V_STR)
            *ret = tcn_markup(*ret);
        return rc;
    }
    if (a.type == TCN_V_BYTES && b.type == TCN_V_BYTES)
        return join_texts(rt, a.text, b.text, true, ret);
    if (a.type == b.type && x == NULL)
        return join_lists(rt, a, b, ret);
    return tcn_raise(rt, TCN_EXC_TypeError, "can only concatenate %s (not \"%s\") to %s",
                     x != NULL ? "str" : tcn_type_name(a), tcn_type_name(b),
                     x != NULL ? "str" : tcn_type_name(a));
}

static int set_difference(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_SET, a.list->count, ret);
    for (uint32_t i = 0; i < a.list->count && rc >= 0; i++) {
        int is_in = tcn_contains(rt, b, a.list->items[i]);
        if (is_in < 0)
            return is_in;
        if (is_in == 0)
            rc = tcn_list_push(rt, *ret, a.list->items[i]);
    }
    return rc;
}

int tcn_arith(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b, tcn_value *ret)
{
    if (tcn_is_number(a) && tcn_is_number(b)) {
        if (a.type == TCN_V_FLOAT || b.type == TCN_V_FLOAT)
            return real_arith(rt, op, a, b, ret);
        return int_arith(rt, op, a, b, ret);
    }
    if (a.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a);
    if (b.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, b);
    if (op == TCN_ADD && is_sequence(a))
        return add_sequence(rt, a, b, ret);
    if (op == TCN_MUL && is_sequence(a))
        return repeat(rt, a, b, ret);
    if (op == TCN_MUL && is_sequence(b))
        return repeat(rt, b, a, ret);
    if (op == TCN_SUB && a.type == TCN_V_SET && b.type == TCN_V_SET)
        return set_difference(rt, a, b, ret);
    int rc = tcn_arith_time(rt, op, a, b, ret);
    return rc == 0 ? tcn_arith_unsupported(rt, op, a, b) : (rc > 0 ? 0 : rc);
}

static int bad_unary(tcn_rt *rt, const char *what, tcn_value v)
{
    if (v.type == TCN_V_UNDEF && what[0] == 'u')
        return tcn_raise_undef(rt, v);
    return tcn_raise(rt, TCN_EXC_TypeError, "bad operand type for %s: '%s'", what,
                     tcn_type_name(v));
}

int tcn_negate(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    if (v.type == TCN_V_FLOAT) {
        *ret = tcn_real(-v.real);
        return 0;
    }
    if (v.type == TCN_V_BIG || (tcn_is_integer(v) && v.integer == INT64_MIN))
        return tcn_big_neg(rt, v, ret);
    if (!tcn_is_integer(v) && v.type != TCN_V_DELTA)
        return bad_unary(rt, "unary -", v);
    *ret = v.type == TCN_V_DELTA ? tcn_delta(-v.integer) : tcn_int(-v.integer);
    return 0;
}

int tcn_positive(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    if (!tcn_is_number(v) && v.type != TCN_V_DELTA)
        return bad_unary(rt, "unary +", v);
    *ret = v.type == TCN_V_BOOL ? tcn_int(v.integer) : v;
    return 0;
}

int tcn_absolute(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    if (v.type == TCN_V_FLOAT) {
        *ret = tcn_real(fabs(v.real));
        return 0;
    }
    if (!tcn_is_number(v) && v.type != TCN_V_DELTA)
        return bad_unary(rt, "abs()", v);
    bool is_negative = v.type == TCN_V_DELTA ? v.integer < 0 : tcn_big_sign(v) < 0;
    return is_negative
               ? tcn_negate(rt, v, ret)
               : (v.type == TCN_V_DELTA ? (*ret = v, 0) : tcn_positive(rt, v, ret));
}
