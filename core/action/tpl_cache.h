/* SPDX-License-Identifier: Apache-2.0 */
/* tpl_cache.h - compiled templates by their source: each is compiled once, however often
 * it is rendered. Bounded by number and by bytes of source; the one unused for longest
 * goes first. */
#ifndef TCN_ACTION_TPL_CACHE_H
#define TCN_ACTION_TPL_CACHE_H

#include "core/base/list.h"
#include "core/base/map.h"
#include "core/template/template.h"

typedef struct tcn_tpl_cache {
    const tcn_tpl_env *env;
    tcn_map by_source;
    tcn_list used; /* the one used last comes last */
    size_t bytes;
    size_t count_max; /* most templates that are kept */
} tcn_tpl_cache;

/* env outlives the cache. */
void tcn_tpl_cache_init(tcn_tpl_cache *cache, const tcn_tpl_env *env, uint64_t seed);
void tcn_tpl_cache_deinit(tcn_tpl_cache *cache);
/* *ret is borrowed until the next call. Codes of tcn_tpl_compile. */
int tcn_tpl_cache_get(tcn_tpl_cache *cache, tcn_str source, const tcn_tpl **ret,
                      tcn_tpl_error *reterr);

#endif
