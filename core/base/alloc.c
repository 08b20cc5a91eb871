/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.c - the door to the heap: the only file that names malloc and its kin. */
#include "core/base/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

/* Bytes from which on a piece is a mapping of its own, and the end of the heap goes back
 * to the kernel. */
#define MAP_FROM  (4 << 20)
#define TRIM_FROM (16 << 20)

/* Pieces in glibc's "fast bins" are joined with their neighbours only by the next large
 * allocation, all of them at once: with hundred thousands of pieces, as a reload has
 * them, that took a third of its time. The per-thread caches, which are as fast, stay.
 * And buffers of some hundred kilobytes, which steps and reloads need again and again,
 * would each time be mapped and filled with zeros by the kernel. */
void tcn_alloc_tune(void)
{
    (void)mallopt(M_MXFAST, 0);
    (void)mallopt(M_MMAP_THRESHOLD, MAP_FROM);
    (void)mallopt(M_TRIM_THRESHOLD, TRIM_FROM);
}

void *tcn_alloc(size_t size)
{
    return malloc(size);
}

void *tcn_alloc_zero(size_t size)
{
    return calloc(1, size);
}

void *tcn_alloc_array(size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return calloc(1, bytes);
}

void *tcn_alloc_aligned(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

void *tcn_realloc(void *ptr, size_t size)
{
    return realloc(ptr, size);
}

void tcn_free(void *ptr)
{
    free(ptr);
}

char *tcn_strdup_n(const char *ptr, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = tcn_alloc(len + 1);
    if (copy == NULL)
        return NULL;
    if (len != 0)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

char *tcn_strdup(const char *text)
{
    return tcn_strdup_n(text, strlen(text));
}

int tcn_grow(void **array, size_t *capacity, size_t need, size_t item_size)
{
    if (need <= *capacity)
        return 0;
    size_t grown = *capacity + *capacity / 2;
    if (grown < need)
        grown = need;
    if (grown < 8)
        grown = 8;
    size_t bytes = 0;
    if (__builtin_mul_overflow(grown, item_size, &bytes))
        return TCN_E_NOMEM;
    void *moved = tcn_realloc(*array, bytes);
    if (moved == NULL)
        return TCN_E_NOMEM;
    *array = moved;
    *capacity = grown;
    return 0;
}

int tcn_grow_small(void **array, uint32_t *capacity, uint32_t need, size_t item_size)
{
    size_t grown = *capacity;
    int rc = tcn_grow(array, &grown, need, item_size);
    *capacity = grown < UINT32_MAX ? (uint32_t)grown : UINT32_MAX;
    return rc;
}
