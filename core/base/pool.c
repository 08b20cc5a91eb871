/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - chunks are handed out from the start to the end. They grow with the pool, up
 * to the size of a huge page. */
#include "core/base/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"

#define CHUNK_MIN ((size_t)16 << 10)
#define HUGE_PAGE ((size_t)2 << 20)

struct tcn_pool_chunk {
    tcn_pool_chunk *older;
};

/* Of a size in lines; false: larger than those of a pool. */
static bool place_of(size_t size, size_t *ret)
{
    *ret = size > 0 ? (size - 1) / TCN_POOL_LINE : 0;
    return !TCN_SANITIZES_ADDRESSES && *ret < TCN_POOL_SIZES;
}

static tcn_pool_chunk *new_chunk(tcn_pool *pool, size_t size)
{
    tcn_pool_chunk *chunk =
        tcn_alloc_aligned(size < HUGE_PAGE ? TCN_POOL_LINE : HUGE_PAGE, size);
    if (chunk == NULL)
        return NULL;
    /* Advice: without huge pages it is only slower. */
    if (size == HUGE_PAGE)
        (void)madvise(chunk, size, MADV_HUGEPAGE);
    chunk->older = pool->chunks;
    pool->chunks = chunk;
    pool->held += size;
    return chunk;
}

/* What is left of the last chunk is lost: less than a thing of the largest size. */
static bool open_chunk(tcn_pool *pool)
{
    size_t size = CHUNK_MIN;
    while (size < HUGE_PAGE && size < pool->held)
        size *= 2;
    tcn_pool_chunk *chunk = new_chunk(pool, size);
    if (chunk == NULL)
        return false;
    pool->next = (char *)chunk + TCN_POOL_LINE;
    pool->end = (char *)chunk + size;
    return true;
}

void *tcn_pool_alloc(tcn_pool *pool, size_t size)
{
    size_t place;
    if (!place_of(size, &place))
        return tcn_alloc(size);
    void **again = pool->given_back[place];
    if (again != NULL) {
        pool->given_back[place] = *again;
        return again;
    }
    size_t lines = (place + 1) * TCN_POOL_LINE;
    if ((size_t)(pool->end - pool->next) < lines && !open_chunk(pool))
        return NULL;
    void *ptr = pool->next;
    pool->next += lines;
    return ptr;
}

void tcn_pool_free(tcn_pool *pool, void *ptr, size_t size)
{
    size_t place;
    if (ptr == NULL)
        return;
    if (!place_of(size, &place)) {
        tcn_free(ptr);
        return;
    }
    *(void **)ptr = pool->given_back[place];
    pool->given_back[place] = ptr;
}

void tcn_pool_deinit(tcn_pool *pool)
{
    while (pool->chunks != NULL) {
        tcn_pool_chunk *chunk = pool->chunks;
        pool->chunks = chunk->older;
        tcn_free(chunk);
    }
    *pool = (tcn_pool){.chunks = NULL};
}
