/* SPDX-License-Identifier: Apache-2.0 */
/* test_yaml_memory.c - the n-th allocation of ours or of jansson's fails, for every n:
 * loading says so, nothing leaks. malloc, calloc and realloc are wrapped by the linker.
 */
#include "core/value/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "tests/unit/failing_alloc.h"
#include <cmocka.h>

/* One load in which allocation n fails. True when it succeeded, so that n was one too
 * many. */
static bool loads(const char *text, size_t n)
{
    tcn_yaml *doc = NULL;
    tcn_err err = {0};
    allocations = 0;
    fail_at = n;
    int rc = tcn_yaml_load(tcn_str_c(text), "t.yaml", &doc, &err);
    bool was_reached = allocations >= n;
    fail_at = 0;
    if (rc == 0 && !was_reached) {
        tcn_yaml_free(doc);
        return true;
    }
    /* A JSON text may still be read, without places for its values. */
    if (rc != 0)
        assert_int_equal(rc, TCN_E_NOMEM);
    tcn_yaml_free(doc);
    return false;
}

static void fail_each(const char *text)
{
    size_t n = 1;
    while (!loads(text, n))
        n++;
    assert_true(n > 2);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    json_set_alloc_funcs(__wrap_malloc, free);
    fail_each(
        "a: &x {b: [1, 2.5, yes, text, ~], c: \"q\"}\nd: [*x, &y 1, *y, [[]], {}]\n");
    fail_each("- a\n- b: 1\n  c: 2\n  d: 3\n  e: 4\n  f: 5\n  g: 6\n  h: 7\n  i: 8\n");
    json_set_alloc_funcs(__real_malloc, free);
}

/* jansson's own reader takes some failures of its allocations for errors of the text:
 * there only ours fail. */
static void each_allocation_for_json_may_fail(void **state)
{
    (void)state;
    fail_each("{\"a\": [1, {\"b\": null}], \"c\": \"\\ud83d\\ude00\"}");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_allocation_may_fail),
    cmocka_unit_test(each_allocation_for_json_may_fail),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
