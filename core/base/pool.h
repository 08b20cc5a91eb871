/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - memory for things that are made by the hundred thousand, live long and are
 * read at random. Among so many, reading one is waiting for memory: here each begins on a
 * cache line, what is made together stands together, and a large pool asks the kernel for
 * huge pages. What is given back serves things of its size again; the kernel gets it back
 * with the whole pool. For one thread. Under AddressSanitizer each thing is one of the
 * heap. */
#ifndef TCN_BASE_POOL_H
#define TCN_BASE_POOL_H

#include <stddef.h>

#define TCN_POOL_LINE  64
#define TCN_POOL_SIZES 16 /* in lines; what is larger comes from the heap */

typedef struct tcn_pool_chunk tcn_pool_chunk;
/* A zeroed pool is an empty one. */
typedef struct tcn_pool {
    tcn_pool_chunk *chunks; /* the newest first */
    char *next, *end;       /* what is left of it */
    size_t held;            /* bytes of chunks */
    void *given_back[TCN_POOL_SIZES];
} tcn_pool;

/* Not zeroed; NULL when out of memory. */
void *tcn_pool_alloc(tcn_pool *pool, size_t size);
/* ptr may be NULL; size is what was asked for. */
void tcn_pool_free(tcn_pool *pool, void *ptr, size_t size);
/* Everything that came from it must have been given back, or is not used any more. */
void tcn_pool_deinit(tcn_pool *pool);

#endif
