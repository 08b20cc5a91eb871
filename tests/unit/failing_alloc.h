/* SPDX-License-Identifier: Apache-2.0 */
/* failing_alloc.h - lets the n-th allocation of a test program fail. Included by one file
 * of a program that is linked with -Wl,--wrap=malloc, calloc and realloc. For one thread:
 * the only one, or that for which may_fail is true. */
#ifndef TCN_TESTS_FAILING_ALLOC_H
#define TCN_TESTS_FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

static size_t allocations, fail_at; /* fail_at 0: never */
static bool (*may_fail)(void);      /* NULL: all do */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static bool is_to_fail(void)
{
    if (may_fail != NULL && !may_fail())
        return false;
    allocations++;
    return fail_at != 0 && allocations == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return is_to_fail() ? NULL : __real_realloc(ptr, size);
}

#endif
