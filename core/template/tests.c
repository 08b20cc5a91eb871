/* SPDX-License-Identifier: Apache-2.0 */
/* tests.c - what may follow "is", and the table of it. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/template/strings.h"

static int answer(tcn_value *ret, bool b)
{
    *ret = tcn_bool(b);
    return 0;
}

/* clang-format off */
#define PLAIN_TEST(name, condition) \
    static int test_##name(tcn_rt *rt, tcn_value *a, tcn_value *ret) \
    { \
        (void)rt; \
        return answer(ret, condition); \
    }
/* clang-format on */
PLAIN_TEST(boolean, a[0].type == TCN_V_BOOL)
PLAIN_TEST(true, a[0].type == TCN_V_BOOL && a[0].boolean)
PLAIN_TEST(false, a[0].type == TCN_V_BOOL && !a[0].boolean)
PLAIN_TEST(none, a[0].type == TCN_V_NONE)
PLAIN_TEST(integer, a[0].type == TCN_V_INT || a[0].type == TCN_V_BIG)
PLAIN_TEST(float, a[0].type == TCN_V_FLOAT)
PLAIN_TEST(number, tcn_is_number(a[0]))
PLAIN_TEST(string, tcn_is_text(a[0]))
PLAIN_TEST(mapping, a[0].type == TCN_V_DICT)
PLAIN_TEST(iterable, tcn_is_iterable(a[0]))
PLAIN_TEST(defined, a[0].type != TCN_V_UNDEF)
PLAIN_TEST(undefined, a[0].type == TCN_V_UNDEF)
PLAIN_TEST(sameas, tcn_identical(a[0], a[1]))

static int test_sequence(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    if (a[0].type == TCN_V_OBJECT)
        return answer(ret, a[0].object->type->is_sequence);
    return answer(ret, tcn_is_text(a[0]) || a[0].type == TCN_V_LIST ||
                           a[0].type == TCN_V_TUPLE || a[0].type == TCN_V_DICT ||
                           a[0].type == TCN_V_RANGE || a[0].type == TCN_V_BYTES ||
                           a[0].type == TCN_V_UNDEF);
}

static int test_callable(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return answer(ret, a[0].type == TCN_V_UNDEF ||
                           (a[0].type == TCN_V_OBJECT && a[0].object->type->is_callable));
}

static int test_escaped(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    return answer(ret,
                  (a[0].type == TCN_V_UNDEF && a[0].undef->kind != TCN_UNDEF_BRANCH) ||
                      tcn_is_markup(a[0]));
}

/* v % n == rest, with what "%" means for v. */
static int remainder_is(tcn_rt *rt, tcn_value v, tcn_value n, int64_t rest,
                        tcn_value *ret)
{
    tcn_value got;
    int rc = tcn_is_text(v) ? tcn_format_percent(rt, v, n, &got)
                            : tcn_arith(rt, TCN_MOD, v, n, &got);
    if (rc >= 0)
        rc = tcn_equal(rt, got, tcn_int(rest));
    return rc < 0 ? rc : answer(ret, rc == 1);
}

static int test_even(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return remainder_is(rt, a[0], tcn_int(2), 0, ret);
}

static int test_odd(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return remainder_is(rt, a[0], tcn_int(2), 1, ret);
}

static int test_divisibleby(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return remainder_is(rt, a[0], a[1], 0, ret);
}

static int test_in(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_contains(rt, a[1], a[0]);
    return rc < 0 ? rc : answer(ret, rc == 1);
}

static int has_case(tcn_rt *rt, tcn_value v, unsigned right, unsigned wrong,
                    tcn_value *ret)
{
    tcn_value text;
    int rc = tcn_to_text(rt, v, &text);
    if (rc < 0)
        return rc;
    tcn_str s = tcn_text_str(text.text);
    bool is_found = false;
    for (size_t i = 0; i < s.len;) {
        unsigned flags = tcn_unicode_of(tcn_utf8_decode(s, &i))->flags;
        if ((flags & wrong) != 0)
            return answer(ret, false);
        is_found = is_found || (flags & right) != 0;
    }
    return answer(ret, is_found);
}

static int test_lower(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return has_case(rt, a[0], TCN_U_LOWER, TCN_U_UPPER | TCN_U_TITLE, ret);
}

static int test_upper(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return has_case(rt, a[0], TCN_U_UPPER, TCN_U_LOWER | TCN_U_TITLE, ret);
}

static int test_filter(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *name = tcn_text_of(&a[0]);
    int rc = tcn_check_hashable(rt, a[0]);
    return rc < 0 ? rc
                  : answer(ret, name != NULL && tcn_filter_find(tcn_text_str(name)) >= 0);
}

static int test_test(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *name = tcn_text_of(&a[0]);
    int rc = tcn_check_hashable(rt, a[0]);
    return rc < 0 ? rc
                  : answer(ret, name != NULL && tcn_test_find(tcn_text_str(name)) >= 0);
}

static int test_eq(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_equal(rt, a[0], a[1]);
    return rc < 0 ? rc : answer(ret, rc == 1);
}

static int test_ne(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_equal(rt, a[0], a[1]);
    return rc < 0 ? rc : answer(ret, rc == 0);
}

static int ordered(tcn_rt *rt, enum tcn_order order, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_compare(rt, order, a[0], a[1]);
    return rc < 0 ? rc : answer(ret, rc == 1);
}

static int test_lt(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return ordered(rt, TCN_LT, a, ret);
}

static int test_le(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return ordered(rt, TCN_LE, a, ret);
}

static int test_gt(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return ordered(rt, TCN_GT, a, ret);
}

static int test_ge(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return ordered(rt, TCN_GE, a, ret);
}

/* clang-format off */
#define TEST(name_, fn_) {.name = name_, .params = "", .min = 1, .max = 1, .call = fn_}
#define TEST2(name_, fn_) {.name = name_, .params = "other", .min = 2, .max = 2, .call = fn_}

/* In the order of their letters. */
static const tcn_native tests[] = {
    TEST2("!=", test_ne), TEST2("<", test_lt), TEST2("<=", test_le), TEST2("==", test_eq),
    TEST2(">", test_gt), TEST2(">=", test_ge), TEST("boolean", test_boolean),
    TEST("callable", test_callable), TEST("defined", test_defined),
    TEST2("divisibleby", test_divisibleby), TEST2("eq", test_eq),
    TEST2("equalto", test_eq), TEST("escaped", test_escaped), TEST("even", test_even),
    TEST("false", test_false), TEST("filter", test_filter), TEST("float", test_float),
    TEST2("ge", test_ge), TEST2("greaterthan", test_gt), TEST2("gt", test_gt),
    TEST2("in", test_in), TEST("integer", test_integer), TEST("iterable", test_iterable),
    TEST2("le", test_le), TEST2("lessthan", test_lt), TEST("lower", test_lower),
    TEST2("lt", test_lt), TEST("mapping", test_mapping), TEST2("ne", test_ne),
    TEST("none", test_none), TEST("number", test_number), TEST("odd", test_odd),
    TEST2("sameas", test_sameas), TEST("sequence", test_sequence),
    TEST("string", test_string), TEST("test", test_test), TEST("true", test_true),
    TEST("undefined", test_undefined), TEST("upper", test_upper),
};
/* clang-format on */

static const tcn_native_table table = {"test", tests, TCN_COUNT(tests)};

int tcn_test_find(tcn_str name)
{
    return tcn_native_find(&table, name);
}

const char *tcn_test_nearest(tcn_str name)
{
    return tcn_native_nearest(&table, name);
}

const tcn_native *tcn_test_at(int id)
{
    return &tests[id];
}

int tcn_test_named(tcn_rt *rt, tcn_value name, const tcn_native **ret)
{
    return tcn_native_named(&table, rt, name, ret);
}
