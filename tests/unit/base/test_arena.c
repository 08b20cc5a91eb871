/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c - arenas: alignment, reuse, limits; and the growing of arrays. */
#include "core/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/alloc.h"
#include "core/base/err.h"

static void hands_out_aligned_memory(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    for (size_t size = 0; size < 5000; size += 7) {
        char *ptr = tcn_arena_alloc(&arena, size);
        assert_non_null(ptr);
        assert_int_equal((uintptr_t)ptr % 16, 0);
        memset(ptr, 0xff, size);
    }
    tcn_arena_deinit(&arena);
}

static void stops_allocating_after_its_first_round(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    size_t held = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(tcn_arena_zero(&arena, 100 + (size_t)i));
        if (round == 0)
            held = arena.held;
        assert_int_equal(arena.held, held);
        tcn_arena_reset(&arena, SIZE_MAX);
    }
    tcn_arena_deinit(&arena);
}

static void keeps_no_more_than_it_is_told(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    assert_non_null(tcn_arena_alloc(&arena, 100));
    assert_non_null(tcn_arena_alloc(&arena, 3000000));
    tcn_arena_reset(&arena, 64 * 1024);
    assert_true(arena.held <= 64 * 1024);
    assert_true(arena.held > 0);
    assert_non_null(tcn_arena_alloc(&arena, 100));
    tcn_arena_deinit(&arena);
}

static void refuses_what_is_over_its_limit(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 20000);
    assert_null(tcn_arena_alloc(&arena, 20001));
    assert_null(tcn_arena_alloc(&arena, SIZE_MAX));
    assert_null(tcn_arena_copy(&arena, "", SIZE_MAX));
    assert_non_null(tcn_arena_alloc(&arena, 8000));
    assert_non_null(tcn_arena_alloc(&arena, 12000));
    assert_null(tcn_arena_alloc(&arena, 1));
    tcn_arena_reset(&arena, SIZE_MAX);
    assert_non_null(tcn_arena_alloc(&arena, 1));
    tcn_arena_deinit(&arena);
    tcn_arena_init(&arena, 32);
    assert_non_null(tcn_arena_alloc(&arena, 16));
    assert_non_null(tcn_arena_alloc(&arena, 10));
    assert_null(tcn_arena_alloc(&arena, 1));
    tcn_arena_deinit(&arena);
}

/* What it frees of a block that is not on the heap would be an abort. */
static void begins_in_a_block_of_the_callers(void **state)
{
    (void)state;
    _Alignas(16) char room[1024];
    tcn_arena arena;
    tcn_arena_init_with(&arena, 0, room, sizeof room);
    for (int round = 0; round < 3; round++) {
        char *ptr = tcn_arena_alloc(&arena, 1000);
        assert_in_range((uintptr_t)ptr, (uintptr_t)room, (uintptr_t)room + 24);
        memset(ptr, 1, 1000);
        ptr = tcn_arena_alloc(&arena, 100);
        assert_false(ptr >= room && ptr < room + sizeof room);
        memset(ptr, 1, 100);
        tcn_arena_reset(&arena, round == 0 ? SIZE_MAX : 0);
    }
    tcn_arena_deinit(&arena);
    tcn_arena_init_with(&arena, 100, room, sizeof room);
    assert_non_null(tcn_arena_alloc(&arena, 90));
    assert_null(tcn_arena_alloc(&arena, 90));
    tcn_arena_deinit(&arena);
}

static void copies_text_with_a_terminator(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    assert_string_equal(tcn_arena_copy(&arena, "abcdef", 3), "abc");
    tcn_str empty = tcn_arena_str(&arena, (tcn_str){0});
    assert_non_null(empty.ptr);
    assert_int_equal(empty.len, 0);
    tcn_arena_deinit(&arena);
}

static void grows_arrays_and_refuses_overflow(void **state)
{
    (void)state;
    void *array = NULL;
    size_t capacity = 0;
    assert_int_equal(tcn_grow(&array, &capacity, 3, 8), 0);
    assert_true(capacity >= 3);
    assert_int_equal(tcn_grow(&array, &capacity, SIZE_MAX / 2, 8), TCN_E_NOMEM);
    assert_true(capacity < 100);
    tcn_free(array);
    assert_null(tcn_alloc_array(SIZE_MAX / 2, 16));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(hands_out_aligned_memory),
    cmocka_unit_test(stops_allocating_after_its_first_round),
    cmocka_unit_test(keeps_no_more_than_it_is_told),
    cmocka_unit_test(refuses_what_is_over_its_limit),
    cmocka_unit_test(begins_in_a_block_of_the_callers),
    cmocka_unit_test(copies_text_with_a_terminator),
    cmocka_unit_test(grows_arrays_and_refuses_overflow),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
