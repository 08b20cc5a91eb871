/* SPDX-License-Identifier: Apache-2.0 */
/* dict.c - dicts in insertion order. Up to SMALL entries are searched one by one; beyond
 * that an index of open addressing, rebuilt when it is two thirds full. Nothing is ever
 * removed. */
#include "core/base/err.h"
#include "core/value/ops.h"

enum {
    SMALL = 8
};

/* Differs from process to process wherever the loader places us at random, so that keys
 * from outside cannot be chosen to collide. */
static uint64_t hash_seed(void)
{
    static const char anchor = 0;
    return (uint64_t)(uintptr_t)&anchor * UINT64_C(0x9E3779B97F4A7C15);
}

uint64_t tcn_str_hash(tcn_str bytes)
{
    uint64_t hash = tcn_hash(bytes.ptr, bytes.len, hash_seed());
    return hash == 0 ? 1 : hash;
}

uint64_t tcn_text_hash(const tcn_text *text)
{
    return text->hash != 0 ? text->hash : tcn_str_hash(tcn_str_of(text->ptr, text->len));
}

tcn_value tcn_dict_new(tcn_arena *arena, size_t capacity)
{
    tcn_value missing = {.type = TCN_V_MISSING};
    if (capacity > UINT32_MAX / 4)
        return missing;
    tcn_vdict *dict =
        tcn_arena_alloc(arena, sizeof *dict + capacity * sizeof(tcn_ventry));
    if (dict == NULL)
        return missing;
    *dict = (tcn_vdict){.entries = (tcn_ventry *)(void *)(dict + 1),
                        .capacity = (uint32_t)capacity};
    return tcn_of_dict(dict);
}

static int index_build(tcn_arena *arena, tcn_vdict *dict)
{
    size_t places = 16;
    while (places * 2 < (size_t)dict->capacity * 3)
        places *= 2;
    uint32_t *index = tcn_arena_zero(arena, places * sizeof *index);
    if (index == NULL)
        return TCN_E_NOMEM;
    uint32_t mask = (uint32_t)(places - 1);
    for (uint32_t i = 0; i < dict->count; i++) {
        uint32_t at = (uint32_t)dict->entries[i].hash & mask;
        while (index[at] != 0)
            at = (at + 1) & mask;
        index[at] = i + 1;
    }
    dict->index = index;
    dict->index_mask = mask;
    return 0;
}

static int dict_grow(tcn_arena *arena, tcn_vdict *dict)
{
    if (dict->count == dict->capacity) {
        size_t capacity = dict->capacity < SMALL ? SMALL : (size_t)dict->capacity * 2;
        if (capacity > UINT32_MAX / 4)
            return TCN_E_NOMEM;
        tcn_ventry *entries = tcn_arena_alloc(arena, capacity * sizeof *entries);
        if (entries == NULL)
            return TCN_E_NOMEM;
        if (dict->count > 0)
            memcpy(entries, dict->entries, dict->count * sizeof *entries);
        dict->entries = entries;
        dict->capacity = (uint32_t)capacity;
        dict->index = NULL;
    }
    if (dict->index == NULL && dict->count >= SMALL)
        return index_build(arena, dict);
    return 0;
}

static bool entry_is_text(const tcn_ventry *entry, const tcn_text *key, uint64_t hash)
{
    if (entry->hash != hash || !tcn_is_text(entry->key))
        return false;
    const tcn_text *text = tcn_text_get(&entry->key);
    return text->len == key->len &&
           (key->len == 0 || memcmp(text->ptr, key->ptr, key->len) == 0);
}

tcn_value *tcn_vdict_get_text(const tcn_vdict *dict, const tcn_text *key, uint64_t hash)
{
    if (dict->index == NULL) {
        for (uint32_t i = 0; i < dict->count; i++) {
            if (entry_is_text(&dict->entries[i], key, hash))
                return &dict->entries[i].value;
        }
        return NULL;
    }
    for (uint32_t at = (uint32_t)hash & dict->index_mask; dict->index[at] != 0;
         at = (at + 1) & dict->index_mask) {
        tcn_ventry *entry = &dict->entries[dict->index[at] - 1];
        if (entry_is_text(entry, key, hash))
            return &entry->value;
    }
    return NULL;
}

static tcn_value *get_hashed(const tcn_vdict *dict, tcn_value key, uint64_t hash)
{
    if (tcn_is_text(key))
        return tcn_vdict_get_text(dict, tcn_text_get(&key), hash);
    if (dict->index == NULL) {
        for (uint32_t i = 0; i < dict->count; i++) {
            tcn_ventry *entry = &dict->entries[i];
            if (entry->hash == hash && tcn_key_equal(entry->key, key))
                return &entry->value;
        }
        return NULL;
    }
    for (uint32_t at = (uint32_t)hash & dict->index_mask; dict->index[at] != 0;
         at = (at + 1) & dict->index_mask) {
        tcn_ventry *entry = &dict->entries[dict->index[at] - 1];
        if (entry->hash == hash && tcn_key_equal(entry->key, key))
            return &entry->value;
    }
    return NULL;
}

tcn_value *tcn_vdict_get(const tcn_vdict *dict, tcn_value key)
{
    uint64_t hash;
    return tcn_key_hash(key, &hash) ? get_hashed(dict, key, hash) : NULL;
}

tcn_value *tcn_vdict_get_c(const tcn_vdict *dict, const char *key)
{
    tcn_text text = {.ptr = key, .len = (uint32_t)strlen(key)};
    return tcn_vdict_get_text(dict, &text, tcn_text_hash(&text));
}

int tcn_vdict_put(tcn_arena *arena, tcn_vdict *dict, tcn_value key, tcn_value value)
{
    uint64_t hash;
    if (!tcn_key_hash(key, &hash))
        return TCN_E_INVALID;
    tcn_value *place = get_hashed(dict, key, hash);
    if (place != NULL) {
        *place = value;
        return 0;
    }
    int rc = dict_grow(arena, dict);
    if (rc < 0)
        return rc;
    if (key.type == TCN_V_STR && key.text->hash == 0)
        key.text->hash = hash;
    dict->entries[dict->count] = (tcn_ventry){.key = key, .value = value, .hash = hash};
    dict->count++;
    if (dict->index != NULL) {
        uint32_t at = (uint32_t)hash & dict->index_mask;
        while (dict->index[at] != 0)
            at = (at + 1) & dict->index_mask;
        dict->index[at] = dict->count;
    }
    return 0;
}

int tcn_vdict_put_c(tcn_arena *arena, tcn_vdict *dict, const char *key, tcn_value value)
{
    tcn_value text = tcn_str_borrow(arena, tcn_str_c(key));
    return tcn_is_missing(text) ? TCN_E_NOMEM : tcn_vdict_put(arena, dict, text, value);
}
