/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - open addressing with linear probing; at most three quarters of the places are
 * taken. Removing moves later entries of the run back, instead of leaving tombstones. */
#include "core/base/map.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

void tcn_map_init(tcn_map *map, uint64_t seed)
{
    *map = (tcn_map){.seed = seed};
}

void tcn_map_deinit(tcn_map *map)
{
    tcn_free(map->entries);
    *map = (tcn_map){.seed = map->seed};
}

/* The place of key, or the free place where it would go. There is always a free one. */
static tcn_map_entry *find(const tcn_map *map, tcn_str key, uint64_t hash)
{
    size_t mask = map->capacity - 1;
    size_t i = (size_t)hash & mask;
    for (;;) {
        tcn_map_entry *entry = &map->entries[i];
        if (entry->value == NULL)
            return entry;
        if (entry->hash == hash && tcn_str_eq(entry->key, key))
            return entry;
        i = (i + 1) & mask;
    }
}

void *tcn_map_get(const tcn_map *map, tcn_str key)
{
    if (map->count == 0)
        return NULL;
    return find(map, key, tcn_hash(key.ptr, key.len, map->seed))->value;
}

/* Places an entry whose key is not in the map. */
static void place(tcn_map *map, const tcn_map_entry *entry)
{
    size_t mask = map->capacity - 1;
    size_t i = (size_t)entry->hash & mask;
    while (map->entries[i].value != NULL)
        i = (i + 1) & mask;
    map->entries[i] = *entry;
}

static int grow(tcn_map *map)
{
    size_t capacity = map->capacity != 0 ? map->capacity * 2 : 16;
    tcn_map_entry *entries = tcn_alloc_array(capacity, sizeof *entries);
    if (entries == NULL)
        return TCN_E_NOMEM;
    tcn_map old = *map;
    map->entries = entries;
    map->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].value != NULL)
            place(map, &old.entries[i]);
    }
    tcn_free(old.entries);
    return 0;
}

int tcn_map_put(tcn_map *map, tcn_str key, void *value, void **ret_old)
{
    if ((map->count + 1) * 4 > map->capacity * 3) {
        int rc = grow(map);
        if (rc < 0)
            return rc;
    }
    uint64_t hash = tcn_hash(key.ptr, key.len, map->seed);
    tcn_map_entry *entry = find(map, key, hash);
    if (ret_old != NULL)
        *ret_old = entry->value;
    if (entry->value == NULL)
        map->count++;
    *entry = (tcn_map_entry){key, value, hash};
    return 0;
}

void *tcn_map_remove(tcn_map *map, tcn_str key)
{
    if (map->count == 0)
        return NULL;
    tcn_map_entry *entry = find(map, key, tcn_hash(key.ptr, key.len, map->seed));
    void *value = entry->value;
    if (value == NULL)
        return NULL;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(entry - map->entries);
    for (size_t i = (hole + 1) & mask; map->entries[i].value != NULL;
         i = (i + 1) & mask) {
        size_t home = (size_t)map->entries[i].hash & mask;
        /* An entry may move back to the hole only if its home is not behind the hole. */
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        map->entries[hole] = map->entries[i];
        hole = i;
    }
    map->entries[hole] = (tcn_map_entry){0};
    map->count--;
    return value;
}

void tcn_map_clear(tcn_map *map)
{
    if (map->count != 0)
        memset(map->entries, 0, map->capacity * sizeof *map->entries);
    map->count = 0;
}

bool tcn_map_next(const tcn_map *map, size_t *pos, tcn_map_entry **ret)
{
    while (*pos < map->capacity) {
        tcn_map_entry *entry = &map->entries[(*pos)++];
        if (entry->value != NULL) {
            *ret = entry;
            return true;
        }
    }
    return false;
}
