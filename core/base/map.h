/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - a hash table from byte strings to pointers. Keys are borrowed: they usually
 * stand in the value. Iteration order is not defined; where order can be seen, sort. */
#ifndef TCN_BASE_MAP_H
#define TCN_BASE_MAP_H

#include "core/base/str.h"

typedef struct tcn_map_entry {
    tcn_str key;
    void *value; /* NULL: a free place */
    uint64_t hash;
} tcn_map_entry;
typedef struct tcn_map {
    tcn_map_entry *entries;
    size_t capacity, count; /* capacity is 0 or a power of two */
    uint64_t seed;
} tcn_map;

void tcn_map_init(tcn_map *map, uint64_t seed);
void tcn_map_deinit(tcn_map *map);
void *tcn_map_get(const tcn_map *map, tcn_str key);
/* Adds or replaces; *ret_old, when not NULL, is the value that was replaced or NULL.
 * value is not NULL. 0 or TCN_E_NOMEM. */
int tcn_map_put(tcn_map *map, tcn_str key, void *value, void **ret_old);
/* Removes and returns the value, or NULL. */
void *tcn_map_remove(tcn_map *map, tcn_str key);
void tcn_map_clear(tcn_map *map);
/* Start with *pos = 0; false at the end. The map must not change meanwhile. */
bool tcn_map_next(const tcn_map *map, size_t *pos, tcn_map_entry **ret);

#endif
