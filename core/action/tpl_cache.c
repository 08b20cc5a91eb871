/* SPDX-License-Identifier: Apache-2.0 */
/* tpl_cache.c - a map over the sources and a list in order of use. A template that does
 * not compile is not kept: its action ends, so it is hardly asked for again. */
#include "core/action/tpl_cache.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

#define CACHE_TEMPLATES 4096
#define CACHE_BYTES     ((size_t)32 << 20)

typedef struct cached {
    tcn_list link;
    tcn_tpl *tpl;
    tcn_str source;
    char text[];
} cached;

void tcn_tpl_cache_init(tcn_tpl_cache *cache, const tcn_tpl_env *env, uint64_t seed)
{
    *cache = (tcn_tpl_cache){.env = env, .count_max = CACHE_TEMPLATES};
    tcn_map_init(&cache->by_source, seed);
    tcn_list_init(&cache->used);
}

static void drop(tcn_tpl_cache *cache, cached *item)
{
    tcn_map_remove(&cache->by_source, item->source);
    tcn_list_remove(&item->link);
    cache->bytes -= item->source.len;
    tcn_tpl_unref(item->tpl);
    tcn_free(item);
}

void tcn_tpl_cache_deinit(tcn_tpl_cache *cache)
{
    if (cache->used.next == NULL)
        return;
    tcn_list_foreach (it, &cache->used)
        drop(cache, tcn_container_of(it, cached, link));
    tcn_map_deinit(&cache->by_source);
}

static void make_room(tcn_tpl_cache *cache, size_t bytes)
{
    tcn_list *first = tcn_list_first(&cache->used);
    while (first != NULL && (cache->by_source.count >= cache->count_max ||
                             cache->bytes + bytes > CACHE_BYTES)) {
        drop(cache, tcn_container_of(first, cached, link));
        first = tcn_list_first(&cache->used);
    }
}

static int add(tcn_tpl_cache *cache, tcn_str source, cached **ret, tcn_tpl_error *reterr)
{
    tcn_tpl *tpl = NULL;
    int rc = tcn_tpl_compile(&tpl, cache->env, source, reterr);
    if (rc < 0)
        return rc;
    cached *item = tcn_alloc(sizeof *item + source.len);
    if (item == NULL) {
        tcn_tpl_unref(tpl);
        return TCN_E_NOMEM;
    }
    if (source.len > 0)
        memcpy(item->text, source.ptr, source.len);
    item->tpl = tpl;
    item->source = tcn_str_of(item->text, source.len);
    rc = tcn_map_put(&cache->by_source, item->source, item, NULL);
    if (rc < 0) {
        tcn_tpl_unref(tpl);
        tcn_free(item);
        return rc;
    }
    cache->bytes += source.len;
    tcn_list_append(&cache->used, &item->link);
    *ret = item;
    return 0;
}

int tcn_tpl_cache_get(tcn_tpl_cache *cache, tcn_str source, const tcn_tpl **ret,
                      tcn_tpl_error *reterr)
{
    cached *item = tcn_map_get(&cache->by_source, source);
    if (item == NULL) {
        make_room(cache, source.len);
        int rc = add(cache, source, &item, reterr);
        if (rc < 0)
            return rc;
    }
    tcn_list_remove(&item->link);
    tcn_list_append(&cache->used, &item->link);
    *ret = item->tpl;
    return 0;
}
