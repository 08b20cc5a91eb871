/* SPDX-License-Identifier: Apache-2.0 */
/* test_map.c - the hash table, compared with a plain array. */
#include "core/base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static void replaces_and_tells_the_old_value(void **state)
{
    (void)state;
    tcn_map map;
    tcn_map_init(&map, 1);
    int a = 0, b = 0;
    void *old = &a;
    assert_null(tcn_map_get(&map, TCN_STR("x")));
    assert_int_equal(tcn_map_put(&map, TCN_STR("x"), &a, &old), 0);
    assert_null(old);
    assert_int_equal(tcn_map_put(&map, TCN_STR("x"), &b, &old), 0);
    assert_ptr_equal(old, &a);
    assert_int_equal(map.count, 1);
    assert_ptr_equal(tcn_map_remove(&map, TCN_STR("x")), &b);
    assert_null(tcn_map_remove(&map, TCN_STR("x")));
    assert_int_equal(tcn_map_put(&map, (tcn_str){0}, &a, NULL), 0);
    assert_ptr_equal(tcn_map_get(&map, TCN_STR("")), &a);
    tcn_map_deinit(&map);
}

#define KEYS 3000

static void agrees_with_an_array_over_many_steps(void **state)
{
    (void)state;
    static char names[KEYS][16];
    static bool is_in[KEYS];
    tcn_map map;
    tcn_map_init(&map, 42);
    uint32_t random = 1;
    size_t count = 0;
    for (int i = 0; i < KEYS; i++)
        (void)snprintf(names[i], sizeof names[i], "k%d", i);
    for (int step = 0; step < 60000; step++) {
        random = random * 1664525 + 1013904223;
        size_t i = (random >> 8) % KEYS;
        tcn_str key = tcn_str_c(names[i]);
        assert_ptr_equal(tcn_map_get(&map, key), is_in[i] ? names[i] : NULL);
        if (random >> 31 != 0) {
            assert_int_equal(tcn_map_put(&map, key, names[i], NULL), 0);
            count += !is_in[i];
            is_in[i] = true;
        } else {
            assert_ptr_equal(tcn_map_remove(&map, key), is_in[i] ? names[i] : NULL);
            count -= is_in[i];
            is_in[i] = false;
        }
        assert_int_equal(map.count, count);
    }
    size_t seen = 0, pos = 0;
    tcn_map_entry *entry = NULL;
    while (tcn_map_next(&map, &pos, &entry))
        seen++;
    assert_int_equal(seen, count);
    tcn_map_clear(&map);
    assert_null(tcn_map_get(&map, TCN_STR("k1")));
    tcn_map_deinit(&map);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(replaces_and_tells_the_old_value),
    cmocka_unit_test(agrees_with_an_array_over_many_steps),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
