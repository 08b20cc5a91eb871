/* SPDX-License-Identifier: Apache-2.0 */
/* Things of a pool: apart from each other, on lines, used again, and a chunk that is not
 * to be had. aligned_alloc is wrapped by the linker. */
#include "core/base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/compiler.h"

#define COUNT 40000

static bool is_out_of_memory;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_out_of_memory ? NULL : __real_aligned_alloc(alignment, size);
}

/* Of all sizes that a pool has, and of some that it has not. */
static size_t size_of(size_t i)
{
    return i * 37 % (TCN_POOL_LINE * (TCN_POOL_SIZES + 4)) + 1;
}

static void things_do_not_overlap(void **state)
{
    (void)state;
    static unsigned char *things[COUNT];
    tcn_pool pool = {.chunks = NULL};
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            if (things[i] != NULL)
                continue;
            things[i] = tcn_pool_alloc(&pool, size_of(i));
            assert_non_null(things[i]);
            memset(things[i], (int)(i % 251), size_of(i));
        }
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t k = 0; k < size_of(i); k += 61)
                assert_int_equal(things[i][k], i % 251);
        }
        for (size_t i = round; i < COUNT; i += 2 - round) {
            tcn_pool_free(&pool, things[i], size_of(i));
            things[i] = NULL;
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        if (things[i] != NULL)
            tcn_pool_free(&pool, things[i], size_of(i));
    tcn_pool_deinit(&pool);
}

static void what_was_given_back_serves_again(void **state)
{
    (void)state;
    tcn_pool pool = {.chunks = NULL};
    void *first = tcn_pool_alloc(&pool, 100);
    assert_int_equal((uintptr_t)first % TCN_POOL_LINE, 0);
    size_t held = pool.held;
    for (size_t i = 0; i < COUNT; i++) {
        tcn_pool_free(&pool, first, 100);
        assert_ptr_equal(tcn_pool_alloc(&pool, 128), first);
    }
    assert_int_equal(pool.held, held);
    tcn_pool_deinit(&pool);
}

static void a_chunk_may_not_be_had(void **state)
{
    (void)state;
    tcn_pool pool = {.chunks = NULL};
    is_out_of_memory = true;
    assert_null(tcn_pool_alloc(&pool, 100));
    is_out_of_memory = false;
    assert_non_null(tcn_pool_alloc(&pool, 100));
    tcn_pool_deinit(&pool);
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test(things_do_not_overlap),
        cmocka_unit_test(what_was_given_back_serves_again),
        cmocka_unit_test(a_chunk_may_not_be_had),
    };
    /* Under AddressSanitizer a pool is the heap. */
    size_t count = TCN_SANITIZES_ADDRESSES ? 1 : TCN_COUNT(cases);
    return _cmocka_run_group_tests("pool", cases, count, NULL, NULL);
}
