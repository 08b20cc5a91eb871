/* SPDX-License-Identifier: Apache-2.0 */
/* big.c - schoolbook arithmetic on 32-bit limbs: at most 4300 digits, 450 limbs, which
 * needs nothing cleverer. */
#include "core/value/big_int.h"

#include <math.h>

int tcn_big_new(tcn_rt *rt, size_t limbs, tcn_big **ret)
{
    if (tcn_charge(rt, limbs / 8) < 0)
        return tcn_charge_slow(rt);
    tcn_big *big = tcn_arena_zero(rt->arena, sizeof *big + limbs * sizeof(uint32_t));
    if (big == NULL)
        return tcn_raise_memory(rt);
    big->count = (uint32_t)limbs;
    *ret = big;
    return 0;
}

/* 3.3219 bits a digit; one limb of slack, the exact check is made on the result. */
static int check_bits(tcn_rt *rt, double bits)
{
    if (bits > (double)rt->limits->digits * 3.3219280948873626 + 1)
        return tcn_raise_limit(rt, "number of digits of an integer", rt->limits->digits);
    return 0;
}

int tcn_big_finish(tcn_rt *rt, tcn_big *big, tcn_value *ret)
{
    while (big->count > 0 && big->limb[big->count - 1] == 0)
        big->count--;
    if (big->count <= 2) {
        uint64_t size = 0;
        for (uint32_t i = big->count; i > 0; i--)
            size = size << 32 | big->limb[i - 1];
        if (size <= (uint64_t)INT64_MAX + big->negative) {
            *ret = tcn_int((int64_t)(big->negative ? 0 - size : size));
            return 0;
        }
    }
    *ret = (tcn_value){.type = TCN_V_BIG, .big = big};
    return check_bits(rt, (double)tcn_big_bits(*ret));
}

static int cmp_size(const tcn_big_operand *a, const tcn_big_operand *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (uint32_t i = a->count; i > 0; i--) {
        if (a->limbs[i - 1] != b->limbs[i - 1])
            return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
    }
    return 0;
}

static void add_sizes(const tcn_big_operand *a, const tcn_big_operand *b, uint32_t *out)
{
    uint64_t carry = 0;
    uint32_t n = a->count > b->count ? a->count : b->count;
    for (uint32_t i = 0; i < n; i++) {
        carry += (i < a->count ? a->limbs[i] : 0);
        carry += (i < b->count ? b->limbs[i] : 0);
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    out[n] = (uint32_t)carry;
}

/* a is not smaller than b. */
static void sub_sizes(const tcn_big_operand *a, const tcn_big_operand *b, uint32_t *out)
{
    int64_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        int64_t limb = (int64_t)a->limbs[i] - (i < b->count ? b->limbs[i] : 0) + borrow;
        out[i] = (uint32_t)limb;
        borrow = limb < 0 ? -1 : 0;
    }
}

static int add_signed(tcn_rt *rt, const tcn_big_operand *a, const tcn_big_operand *b,
                      bool b_negative, tcn_value *ret)
{
    tcn_big *big = NULL;
    int rc =
        tcn_big_new(rt, (size_t)(a->count > b->count ? a->count : b->count) + 1, &big);
    if (rc < 0)
        return rc;
    if (a->negative == b_negative) {
        add_sizes(a, b, big->limb);
        big->negative = a->negative;
    } else if (cmp_size(a, b) >= 0) {
        sub_sizes(a, b, big->limb);
        big->negative = a->negative;
    } else {
        sub_sizes(b, a, big->limb);
        big->negative = b_negative;
    }
    return tcn_big_finish(rt, big, ret);
}

int tcn_big_add(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    tcn_big_operand x, y;
    tcn_big_operand_of(a, &x);
    tcn_big_operand_of(b, &y);
    return add_signed(rt, &x, &y, y.negative, ret);
}

int tcn_big_sub(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    tcn_big_operand x, y;
    tcn_big_operand_of(a, &x);
    tcn_big_operand_of(b, &y);
    return add_signed(rt, &x, &y, !y.negative, ret);
}

int tcn_big_neg(tcn_rt *rt, tcn_value a, tcn_value *ret)
{
    return tcn_big_sub(rt, tcn_int(0), a, ret);
}

int tcn_big_mul(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    tcn_big_operand x, y;
    tcn_big_operand_of(a, &x);
    tcn_big_operand_of(b, &y);
    int rc = check_bits(rt, (double)tcn_big_bits(a) + (double)tcn_big_bits(b) - 2);
    if (rc < 0)
        return rc;
    tcn_big *big = NULL;
    rc = tcn_big_new(rt, (size_t)x.count + y.count + 1, &big);
    if (rc < 0)
        return rc;
    rc = tcn_charge(rt, (uint64_t)x.count * y.count / 16);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < x.count; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < y.count; j++) {
            carry += (uint64_t)x.limbs[i] * y.limbs[j] + big->limb[i + j];
            big->limb[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        big->limb[i + y.count] = (uint32_t)carry;
    }
    big->negative = x.negative != y.negative;
    return tcn_big_finish(rt, big, ret);
}

static uint32_t div_small(uint32_t *limbs, uint32_t count, uint32_t divisor)
{
    uint64_t rest = 0;
    for (uint32_t i = count; i > 0; i--) {
        rest = rest << 32 | limbs[i - 1];
        limbs[i - 1] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

/* Knuth's algorithm D. u has n + m + 1 limbs and becomes the remainder, q gets m + 1;
 * v has n >= 2 limbs and its highest bit set. */
static void div_large(uint32_t *u, const uint32_t *v, uint32_t n, uint32_t m, uint32_t *q)
{
    for (uint32_t j = m + 1; j > 0; j--) {
        uint32_t at = j - 1;
        uint64_t head = (uint64_t)u[at + n] << 32 | u[at + n - 1];
        uint64_t guess = head / v[n - 1];
        uint64_t rest = head % v[n - 1];
        while (guess > UINT32_MAX || guess * v[n - 2] > (rest << 32 | u[at + n - 2])) {
            guess--;
            rest += v[n - 1];
            if (rest > UINT32_MAX)
                break;
        }
        int64_t borrow = 0;
        uint64_t carry = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t product = guess * v[i] + carry;
            carry = product >> 32;
            int64_t limb = (int64_t)u[at + i] - (int64_t)(uint32_t)product + borrow;
            u[at + i] = (uint32_t)limb;
            borrow = limb >> 32;
        }
        int64_t limb = (int64_t)u[at + n] - (int64_t)carry + borrow;
        u[at + n] = (uint32_t)limb;
        if (limb < 0) {
            guess--;
            uint64_t sum = 0;
            for (uint32_t i = 0; i < n; i++) {
                sum += (uint64_t)u[at + i] + v[i];
                u[at + i] = (uint32_t)sum;
                sum >>= 32;
            }
            u[at + n] += (uint32_t)sum;
        }
        q[at] = (uint32_t)guess;
    }
}

static void shift_left(const uint32_t *in, uint32_t count, unsigned bits, uint32_t *out)
{
    uint32_t carry = 0;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = in[i] << bits | carry;
        carry = bits == 0 ? 0 : in[i] >> (32 - bits);
    }
    out[count] = carry;
}

/* Sizes only: |a| / |b| and |a| % |b|. */
static int div_sizes(tcn_rt *rt, const tcn_big_operand *a, const tcn_big_operand *b,
                     tcn_big **ret_q, tcn_big **ret_r)
{
    tcn_big *q = NULL;
    tcn_big *r = NULL;
    int rc = tcn_big_new(rt, (size_t)a->count + 1, &q);
    if (rc == 0)
        rc = tcn_big_new(rt, (size_t)a->count + 2, &r);
    if (rc == 0)
        rc = tcn_charge(rt, (uint64_t)a->count * b->count / 16);
    if (rc < 0)
        return rc;
    if (cmp_size(a, b) < 0) {
        memcpy(r->limb, a->limbs, a->count * sizeof(uint32_t));
    } else if (b->count == 1) {
        memcpy(q->limb, a->limbs, a->count * sizeof(uint32_t));
        r->limb[0] = div_small(q->limb, a->count, b->limbs[0]);
    } else {
        tcn_big *v = NULL;
        rc = tcn_big_new(rt, (size_t)b->count + 1, &v);
        if (rc < 0)
            return rc;
        unsigned bits = (unsigned)__builtin_clz(b->limbs[b->count - 1]);
        shift_left(b->limbs, b->count, bits, v->limb);
        shift_left(a->limbs, a->count, bits, r->limb);
        div_large(r->limb, v->limb, b->count, a->count - b->count, q->limb);
        for (uint32_t i = 0; i < b->count && bits > 0; i++)
            r->limb[i] = r->limb[i] >> bits | r->limb[i + 1] << (32 - bits);
        for (uint32_t i = b->count; i < r->count; i++)
            r->limb[i] = 0;
    }
    *ret_q = q;
    *ret_r = r;
    return 0;
}

int tcn_big_divmod(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret_quotient,
                   tcn_value *ret_remainder)
{
    tcn_big_operand x, y;
    tcn_big_operand_of(a, &x);
    tcn_big_operand_of(b, &y);
    tcn_big *q = NULL;
    tcn_big *r = NULL;
    int rc = div_sizes(rt, &x, &y, &q, &r);
    if (rc < 0)
        return rc;
    q->negative = x.negative != y.negative;
    r->negative = x.negative;
    tcn_value quotient;
    tcn_value remainder;
    rc = tcn_big_finish(rt, q, &quotient);
    if (rc == 0)
        rc = tcn_big_finish(rt, r, &remainder);
    if (rc < 0)
        return rc;
    if (tcn_big_sign(remainder) != 0 && x.negative != y.negative) {
        rc = tcn_big_sub(rt, quotient, tcn_int(1), &quotient);
        if (rc == 0)
            rc = tcn_big_add(rt, remainder, b, &remainder);
    }
    if (ret_quotient != NULL)
        *ret_quotient = quotient;
    if (ret_remainder != NULL)
        *ret_remainder = remainder;
    return rc;
}

int tcn_big_pow(tcn_rt *rt, tcn_value base, tcn_value exponent, tcn_value *ret)
{
    tcn_value result = tcn_int(1);
    size_t bits = tcn_big_bits(base);
    if (exponent.type == TCN_V_BIG) {
        if (bits > 1)
            return check_bits(rt, INFINITY);
        bool is_odd = (exponent.big->limb[0] & 1) != 0;
        exponent = tcn_int(is_odd ? 3 : 2);
    }
    /* 2^k has one bit more than k: the result has at least (bits - 1) * exponent bits. */
    int rc = bits > 1 ? check_bits(rt, (double)(bits - 1) * (double)exponent.integer) : 0;
    for (int64_t e = exponent.integer; e > 0 && rc == 0; e >>= 1) {
        if ((e & 1) != 0)
            rc = tcn_big_mul(rt, result, base, &result);
        if (e > 1 && rc == 0)
            rc = tcn_big_mul(rt, base, base, &base);
    }
    *ret = result;
    return rc;
}

int tcn_big_cmp(tcn_value a, tcn_value b)
{
    tcn_big_operand x, y;
    tcn_big_operand_of(a, &x);
    tcn_big_operand_of(b, &y);
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    int order = cmp_size(&x, &y);
    return x.negative ? -order : order;
}

int tcn_big_sign(tcn_value a)
{
    if (a.type == TCN_V_BIG)
        return a.big->negative ? -1 : 1;
    return (a.integer > 0) - (a.integer < 0);
}

size_t tcn_big_bits(tcn_value a)
{
    tcn_big_operand x;
    tcn_big_operand_of(a, &x);
    if (x.count == 0)
        return 0;
    return (size_t)x.count * 32 - (size_t)__builtin_clz(x.limbs[x.count - 1]);
}

int tcn_big_parse(tcn_rt *rt, tcn_str digits, unsigned base, bool negative,
                  tcn_value *ret)
{
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = tcn_str_of(digits.ptr + 1, digits.len - 1);
    if (digits.len > rt->limits->digits && base >= 10)
        return tcn_raise_limit(rt, "number of digits of an integer", rt->limits->digits);
    int rc = check_bits(rt, ((double)digits.len - 1) * log2((double)base));
    if (rc < 0)
        return rc;
    tcn_big *big = NULL;
    rc = tcn_big_new(rt, digits.len / 4 + 8, &big);
    if (rc == 0)
        rc = tcn_charge(rt, digits.len * digits.len / 512);
    if (rc < 0)
        return rc;
    uint32_t used = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        uint64_t carry = c <= '9' ? (uint64_t)(c - '0') : (uint64_t)((c | 32) - 'a' + 10);
        for (uint32_t j = 0; j < used; j++) {
            carry += (uint64_t)big->limb[j] * base;
            big->limb[j] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry != 0)
            big->limb[used++] = (uint32_t)carry;
    }
    big->negative = negative;
    return tcn_big_finish(rt, big, ret);
}

int tcn_big_put(tcn_rt *rt, tcn_value a, unsigned base, bool upper, tcn_buf *out)
{
    tcn_big_operand x;
    tcn_big_operand_of(a, &x);
    tcn_big *rest = NULL;
    int rc = tcn_big_new(rt, (size_t)x.count + 1, &rest);
    if (rc < 0)
        return rc;
    memcpy(rest->limb, x.limbs, x.count * sizeof(uint32_t));
    size_t size = (size_t)x.count * 32 + 2;
    char *text = tcn_arena_alloc(rt->arena, size);
    if (text == NULL)
        return tcn_raise_memory(rt);
    rc = tcn_charge(rt, (uint64_t)x.count * x.count / 4);
    if (rc < 0)
        return rc;
    uint32_t chunk = base;
    unsigned per_chunk = 1;
    while ((uint64_t)chunk * base <= UINT32_MAX) {
        chunk *= base;
        per_chunk++;
    }
    size_t at = size;
    uint32_t count = x.count;
    while (count > 0) {
        uint32_t part = div_small(rest->limb, count, chunk);
        while (count > 0 && rest->limb[count - 1] == 0)
            count--;
        for (unsigned i = 0; i < per_chunk && (count > 0 || part > 0); i++) {
            text[--at] = (upper ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                : "0123456789abcdefghijklmnopqrstuvwxyz")[part % base];
            part /= base;
        }
    }
    if (at == size)
        text[--at] = '0';
    if (x.negative)
        text[--at] = '-';
    return tcn_put(rt, out, text + at, size - at);
}

int tcn_big_from_bytes(tcn_rt *rt, const uint8_t *bytes, size_t len, tcn_value *ret)
{
    tcn_big *big = NULL;
    int rc = tcn_big_new(rt, len / 4 + 1, &big);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < len; i++)
        big->limb[i / 4] |= (uint32_t)bytes[len - 1 - i] << (i % 4 * 8);
    return tcn_big_finish(rt, big, ret);
}

uint64_t tcn_big_hash(const tcn_big *big)
{
    return tcn_hash(big->limb, big->count * sizeof(uint32_t), big->negative);
}
