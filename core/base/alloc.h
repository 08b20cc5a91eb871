/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h - the only door to the heap. Every function may return NULL: out of memory is
 * an error like others. Tests make the n-th call fail by wrapping malloc, calloc and
 * realloc. */
#ifndef TCN_BASE_ALLOC_H
#define TCN_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* At the start of a process that runs for long: settings of glibc's heap. */
void tcn_alloc_tune(void);

void *tcn_alloc(size_t size);
void *tcn_alloc_zero(size_t size);
/* As tcn_alloc_zero of count * size; NULL when the product overflows. */
void *tcn_alloc_array(size_t count, size_t size);
/* size is a multiple of alignment, a power of two; given back with tcn_free. */
void *tcn_alloc_aligned(size_t alignment, size_t size);
void *tcn_realloc(void *ptr, size_t size);
void tcn_free(void *ptr);
/* A NUL-terminated copy of len bytes. */
char *tcn_strdup_n(const char *ptr, size_t len);
char *tcn_strdup(const char *text);

/* Makes *array (of items of item_size bytes) hold at least need items, growing by half.
 * 0, or TCN_E_NOMEM with *array and *capacity as they were. */
int tcn_grow(void **array, size_t *capacity, size_t need, size_t item_size);
/* The same with a capacity of 32 bits, for arrays in what there are many of. */
int tcn_grow_small(void **array, uint32_t *capacity, uint32_t need, size_t item_size);

#endif
