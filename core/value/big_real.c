/* SPDX-License-Identifier: Apache-2.0 */
/* big_real.c - big integers and floats: both ways, compared, and divided with one
 * rounding. */
#include "core/value/big_int.h"

#include <math.h>

double tcn_big_real(tcn_value a)
{
    tcn_big_operand x;
    tcn_big_operand_of(a, &x);
    size_t bits = tcn_big_bits(a);
    if (bits > 1024)
        return x.negative ? -INFINITY : INFINITY;
    /* The top 64 bits, the lowest of them standing for all that was cut off. */
    uint64_t top = 0;
    size_t cut = bits > 64 ? bits - 64 : 0;
    bool has_rest = false;
    for (size_t i = 0; i < bits; i++) {
        uint64_t bit = x.limbs[i / 32] >> (i % 32) & 1;
        if (i < cut)
            has_rest = has_rest || bit != 0;
        else
            top |= bit << (i - cut);
    }
    double f = ldexp((double)(top | has_rest), (int)cut);
    return x.negative ? -f : f;
}

int tcn_big_from_real(tcn_rt *rt, double f, tcn_value *ret)
{
    if (fabs(f) < 9.2e18) {
        *ret = tcn_int((int64_t)f);
        return 0;
    }
    int exponent = 0;
    double mantissa = frexp(fabs(f), &exponent);
    uint64_t digits = (uint64_t)ldexp(mantissa, 53);
    size_t shift = (size_t)(exponent - 53);
    tcn_big *big = NULL;
    int rc = tcn_big_new(rt, shift / 32 + 4, &big);
    if (rc < 0)
        return rc;
    unsigned bits = (unsigned)(shift % 32);
    uint32_t *out = big->limb + shift / 32;
    uint64_t low = digits << bits;
    out[0] = (uint32_t)low;
    out[1] = (uint32_t)(low >> 32);
    out[2] = bits == 0 ? 0 : (uint32_t)(digits >> (64 - bits));
    big->negative = f < 0;
    return tcn_big_finish(rt, big, ret);
}

int tcn_big_cmp_real(tcn_value a, double f)
{
    if (a.type != TCN_V_BIG) {
        double near = (double)a.integer;
        if (near != f)
            return near < f ? -1 : 1;
        /* near may have been rounded; f is integral and close to it. */
        if (f >= 9223372036854775808.0)
            return -1;
        int64_t exact = (int64_t)f;
        return (a.integer > exact) - (a.integer < exact);
    }
    double near = tcn_big_real(a);
    if (isinf(near) || near != f)
        return near < f ? -1 : 1;
    tcn_big_operand x;
    tcn_big_operand_of(a, &x);
    /* Equal after rounding: compare the bits below the 53 that f has. */
    int exponent = 0;
    uint64_t digits = (uint64_t)ldexp(frexp(fabs(f), &exponent), 53);
    size_t shift = (size_t)(exponent - 53);
    size_t bits = tcn_big_bits(a);
    for (size_t i = bits > (size_t)exponent ? bits : (size_t)exponent; i > 0; i--) {
        size_t at = i - 1;
        unsigned mine = at / 32 < x.count ? x.limbs[at / 32] >> (at % 32) & 1 : 0;
        unsigned other =
            at >= shift && at - shift < 64 ? (unsigned)(digits >> (at - shift) & 1) : 0;
        if (mine != other)
            return (mine > other) == x.negative ? -1 : 1;
    }
    return 0;
}

int tcn_big_truediv(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    static const char too_large[] = "integer division result too large for a float";
    size_t a_bits = tcn_big_bits(a);
    size_t b_bits = tcn_big_bits(b);
    if (a_bits == 0) {
        *ret = tcn_real(tcn_big_sign(b) < 0 ? -0.0 : 0.0);
        return 0;
    }
    /* Scale so that the quotient has 66 to 68 bits: more than a double and a sticky bit
     * need. */
    int64_t shift = 66 - (int64_t)a_bits + (int64_t)b_bits;
    if (shift < -960)
        return tcn_raise(rt, TCN_EXC_OverflowError, too_large);
    if (shift > 1200) {
        *ret = tcn_real(tcn_big_sign(a) == tcn_big_sign(b) ? 0.0 : -0.0);
        return 0;
    }
    const tcn_rt_limits *limits = rt->limits;
    tcn_rt_limits wide = *limits;
    wide.digits = 4 * limits->digits + 1000;
    rt->limits = &wide;
    tcn_value scale, quotient = a, remainder = b;
    int rc = tcn_big_pow(rt, tcn_int(2), tcn_int(shift < 0 ? -shift : shift), &scale);
    if (rc == 0)
        rc = shift >= 0 ? tcn_big_mul(rt, a, scale, &a) : tcn_big_mul(rt, b, scale, &b);
    bool is_negative = tcn_big_sign(a) != tcn_big_sign(b);
    if (rc == 0 && tcn_big_sign(a) < 0)
        rc = tcn_big_neg(rt, a, &a);
    if (rc == 0 && tcn_big_sign(b) < 0)
        rc = tcn_big_neg(rt, b, &b);
    if (rc == 0)
        rc = tcn_big_divmod(rt, a, b, &quotient, &remainder);
    if (rc == 0 && tcn_big_sign(remainder) != 0)
        rc = tcn_big_add(
            rt, quotient,
            tcn_int(quotient.type == TCN_V_BIG && (quotient.big->limb[0] & 1) == 0),
            &quotient);
    rt->limits = limits;
    if (rc < 0)
        return rc;
    double f = ldexp(tcn_big_real(quotient), (int)-shift);
    if (isinf(f))
        return tcn_raise(rt, TCN_EXC_OverflowError, too_large);
    *ret = tcn_real(is_negative ? -f : f);
    return 0;
}
