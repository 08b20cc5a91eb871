/* SPDX-License-Identifier: Apache-2.0 */
/* config_adopt.c - what a reload takes of a new configuration. Everything but a few keys
 * that the daemon was built around when it started. */
#include "core/base/str.h"
#include "core/daemon/config.h"
#include "core/daemon/config_keys.h"

/* Listeners and the store stay open; libmicrohttpd's limits belong to a listener. */
static const char *const fixed_keys[] = {
    "listen",
    "listen_file",
    "state_dir",
    "store.path",
    "store.secret_key",
    "plugins.copy",
    "limits.header_size",
    "limits.connections",
    "limits.connections_per_address",
};

static const tcn_config_key *find_key(const char *name)
{
    for (size_t i = 0; i < tcn_config_key_count; i++)
        if (strcmp(tcn_config_keys[i].name, name) == 0)
            return &tcn_config_keys[i];
    return NULL;
}

static size_t size_of(enum tcn_config_kind kind)
{
    switch (kind) {
    case TCN_CONFIG_TEXT:
    case TCN_CONFIG_DOCUMENT:
        return sizeof(char *);
    case TCN_CONFIG_LIST:
        return sizeof(tcn_config_list);
    case TCN_CONFIG_INT:
    case TCN_CONFIG_SIZE:
    case TCN_CONFIG_DURATION:
        return sizeof(int64_t);
    case TCN_CONFIG_CHOICE:
        return sizeof(int);
    case TCN_CONFIG_FLAG:
        return sizeof(bool);
    case TCN_CONFIG_LATER:
    case TCN_CONFIG_LEVELS:
    case TCN_CONFIG_PINS:
        break;
    }
    return 0;
}

static void swap(void *a, void *b, size_t size)
{
    char kept[sizeof(tcn_config)];
    memcpy(kept, a, size);
    memcpy(a, b, size);
    memcpy(b, kept, size);
}

/* Documents are borrowed from the file that goes; they are read at the start only. */
static bool is_swapped_back(const tcn_config_key *key)
{
    return key != NULL && key->kind != TCN_CONFIG_DOCUMENT;
}

void tcn_config_adopt(tcn_config *config, tcn_config *next)
{
    swap(config, next, sizeof *config);
    for (size_t i = 0; i < TCN_COUNT(fixed_keys); i++) {
        const tcn_config_key *key = find_key(fixed_keys[i]);
        if (is_swapped_back(key))
            swap((char *)config + key->offset, (char *)next + key->offset,
                 size_of(key->kind));
    }
}

/* ---- what stays ---- */

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same_list(const tcn_config_list *a, const tcn_config_list *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++)
        if (!is_same_text(a->items[i], b->items[i]))
            return false;
    return a->count == b->count;
}

static bool is_same(const tcn_config_key *key, const tcn_config *a, const tcn_config *b)
{
    const void *old = (const char *)a + key->offset, *new = (const char *)b + key->offset;
    if (key->kind == TCN_CONFIG_TEXT)
        return is_same_text(*(char *const *)old, *(char *const *)new);
    if (key->kind == TCN_CONFIG_LIST)
        return is_same_list(old, new);
    if (key->kind == TCN_CONFIG_DOCUMENT)
        return json_equal(*(json_t *const *)old, *(json_t *const *)new) ||
               *(json_t *const *)old == *(json_t *const *)new;
    return memcmp(old, new, size_of(key->kind)) == 0;
}

const char *tcn_config_kept_key(const tcn_config *config, const tcn_config *next,
                                size_t i)
{
    for (size_t k = 0; k < TCN_COUNT(fixed_keys); k++) {
        const tcn_config_key *key = find_key(fixed_keys[k]);
        if (key == NULL || is_same(key, config, next))
            continue;
        if (i-- == 0)
            return key->name;
    }
    return NULL;
}
