/* SPDX-License-Identifier: Apache-2.0 */
/* test_heap.c - the order of a heap under random puts, moves and removals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/action/heap.h"

#define ITEMS 500

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void gives_items_by_time_then_number(void **state)
{
    (void)state;
    tcn_heap heap = {0};
    tcn_heap_item a = {0}, b = {0}, c = {0};
    assert_int_equal(tcn_heap_reserve(&heap, 3), 0);
    tcn_heap_put(&heap, &a, 20, 1);
    tcn_heap_put(&heap, &b, 10, 3);
    tcn_heap_put(&heap, &c, 10, 2);
    assert_ptr_equal(tcn_heap_first(&heap), &c);
    tcn_heap_remove(&heap, &c);
    assert_ptr_equal(tcn_heap_first(&heap), &b);
    tcn_heap_put(&heap, &b, 30, 3);
    assert_ptr_equal(tcn_heap_first(&heap), &a);
    tcn_heap_deinit(&heap);
}

static void stays_in_order_whatever_is_moved(void **state)
{
    (void)state;
    static tcn_heap_item items[ITEMS];
    tcn_heap heap = {0};
    uint32_t random = 7;
    assert_int_equal(tcn_heap_reserve(&heap, ITEMS), 0);
    for (int i = 0; i < 20000; i++) {
        tcn_heap_item *item = &items[next_random(&random) % ITEMS];
        if (next_random(&random) % 4 == 0)
            tcn_heap_remove(&heap, item);
        else
            tcn_heap_put(&heap, item, next_random(&random) % 100,
                         next_random(&random) % 10);
    }
    const tcn_heap_item *last = NULL;
    for (tcn_heap_item *item = tcn_heap_first(&heap); item != NULL;
         item = tcn_heap_first(&heap)) {
        if (last != NULL)
            assert_true(last->at_us < item->at_us ||
                        (last->at_us == item->at_us && last->order <= item->order));
        last = item;
        tcn_heap_remove(&heap, item);
        assert_int_equal(item->place, 0);
    }
    assert_int_equal(heap.count, 0);
    tcn_heap_deinit(&heap);
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    tcn_heap heap = {0};
    tcn_heap_item item = {0};
    tcn_heap_remove(&heap, &item);
    assert_int_equal(tcn_heap_reserve(&heap, 1), 0);
    tcn_heap_put(&heap, &item, 1, 1);
    tcn_heap_remove(&heap, &item);
    tcn_heap_remove(&heap, &item);
    assert_null(tcn_heap_first(&heap));
    tcn_heap_deinit(&heap);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(gives_items_by_time_then_number),
    cmocka_unit_test(stays_in_order_whatever_is_moved),
    cmocka_unit_test(removing_twice_is_harmless),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
