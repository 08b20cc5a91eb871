/* SPDX-License-Identifier: Apache-2.0 */
/* options_ask.c - what the options of a block are: for its plugin, which is told secrets
 * and templates only where it asks for them as such, and for the host. */
#include "core/option/options_int.h"

#include <strings.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

static tcn_option_slot *find(const tocsin_config *config, const char *key)
{
    for (size_t i = 0; i < config->table->count; i++)
        if (strcmp(config->slots[i].option->key, key) == 0)
            return &config->slots[i];
    return NULL;
}

/* The slot of a plain option with one of the types in the bit set. */
static int32_t find_plain(const tocsin_config *config, const char *key, uint32_t types,
                          const tcn_option_slot **ret)
{
    const tcn_option_slot *s = find(config, key);
    if (s == NULL)
        return TOCSIN_E_NOT_FOUND;
    if ((types & (1u << s->option->type)) == 0)
        return TOCSIN_E_INVALID;
    if (tcn_option_has(s->option, TOCSIN_OPT_SECRET) && s->option->type != TOCSIN_OPT_MAP)
        return TOCSIN_E_DENIED;
    if (!s->is_set)
        return TOCSIN_E_NOT_FOUND;
    *ret = s;
    return TOCSIN_OK;
}

int32_t tcn_options_str(const tocsin_config *config, const char *key, tocsin_str *ret)
{
    const tcn_option_slot *s = NULL;
    int32_t rc = find_plain(config, key,
                            1u << TOCSIN_OPT_STRING | 1u << TOCSIN_OPT_TEXT |
                                1u << TOCSIN_OPT_ENUM | 1u << TOCSIN_OPT_URL |
                                1u << TOCSIN_OPT_JSON,
                            &s);
    if (rc == TOCSIN_OK)
        *ret = (tocsin_str){s->value.text.ptr, s->value.text.len};
    return rc;
}

int32_t tcn_options_int(const tocsin_config *config, const char *key, int64_t *ret)
{
    const tcn_option_slot *s = NULL;
    int32_t rc = find_plain(config, key,
                            1u << TOCSIN_OPT_BOOL | 1u << TOCSIN_OPT_INT |
                                1u << TOCSIN_OPT_DURATION | 1u << TOCSIN_OPT_SIZE,
                            &s);
    if (rc == TOCSIN_OK)
        *ret = s->value.integer;
    return rc;
}

int32_t tcn_options_num(const tocsin_config *config, const char *key, double *ret)
{
    const tcn_option_slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_NUMBER, &s);
    if (rc == TOCSIN_OK)
        *ret = s->value.number;
    return rc;
}

int32_t tcn_options_list(const tocsin_config *config, const char *key,
                         const tocsin_str **ret, uint64_t *ret_count)
{
    const tcn_option_slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_LIST, &s);
    if (rc == TOCSIN_OK) {
        *ret = s->value.list;
        *ret_count = s->value.count;
    }
    return rc;
}

int32_t tcn_options_map(const tocsin_config *config, const char *key,
                        const tocsin_pair **ret, uint64_t *ret_count)
{
    const tcn_option_slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_MAP, &s);
    if (rc == TOCSIN_OK) {
        *ret = s->value.map;
        *ret_count = s->value.count;
    }
    return rc;
}

/* The part of an option, of the entry sub of a MAP, or of the item sub of a LIST. */
static const tcn_option_source *find_part(const tcn_option_slot *s, const char *sub)
{
    int64_t index = 0;
    if (s->option->type == TOCSIN_OPT_LIST)
        return sub != NULL && s->part_count > 0 &&
                       tcn_str_int(tcn_str_c(sub), 0, (int64_t)s->part_count - 1, &index)
                   ? &s->parts[index]
                   : NULL;
    if (s->option->type != TOCSIN_OPT_MAP)
        return sub == NULL ? &s->parts[0] : NULL;
    for (size_t i = 0; sub != NULL && i < s->part_count; i++)
        if (strcmp(s->value.map[i].name.ptr, sub) == 0)
            return &s->parts[i];
    return NULL;
}

static int32_t find_flagged(const tocsin_config *config, const char *key, const char *sub,
                            uint32_t flag, const tcn_option_source **ret)
{
    const tcn_option_slot *s = find(config, key);
    if (s != NULL && !tcn_option_has(s->option, flag))
        return TOCSIN_E_INVALID;
    *ret = s == NULL || !s->is_set ? NULL : find_part(s, sub);
    return *ret == NULL ? TOCSIN_E_NOT_FOUND : TOCSIN_OK;
}

int32_t tcn_options_secret(const tocsin_config *config, const char *key, const char *sub,
                           char *buf, size_t cap, size_t *ret_len)
{
    const tcn_option_source *part = NULL;
    int32_t found = find_flagged(config, key, sub, TOCSIN_OPT_SECRET, &part);
    if (found != TOCSIN_OK)
        return found;
    int rc = tcn_secret_read(part->secret, tcn_clock_mono_ms(), buf, cap, ret_len, NULL);
    return rc == 0 ? TOCSIN_OK : rc == TCN_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_IO;
}

int32_t tcn_options_template(const tocsin_config *config, const char *key,
                             const char *sub, tcn_option_source *ret)
{
    const tcn_option_source *part = NULL;
    int32_t found = find_flagged(config, key, sub, TOCSIN_OPT_TEMPLATE, &part);
    if (found != TOCSIN_OK)
        return found;
    *ret = (tcn_option_source){.tpl = part->tpl,
                               .secret = part->tpl == NULL ? part->secret : NULL};
    return TOCSIN_OK;
}

static uint64_t hash_secret(tcn_secret *secret, uint64_t seed)
{
    char *value = tcn_alloc(TCN_SECRET_MAX + 1);
    size_t len = 0;
    if (value == NULL)
        return seed;
    uint64_t hash = seed;
    if (tcn_secret_read(secret, tcn_clock_mono_ms(), value, TCN_SECRET_MAX + 1, &len,
                        NULL) == 0)
        hash = tcn_hash(value, len, seed);
    tcn_secret_wipe(value, TCN_SECRET_MAX + 1);
    tcn_free(value);
    return hash;
}

static uint64_t hash_slot(const tcn_option_slot *s, uint64_t seed)
{
    uint64_t hash = tcn_hash(s->option->key, strlen(s->option->key), seed);
    hash = tcn_hash(s->value.text.ptr, s->value.text.len, hash);
    hash = tcn_hash(&s->value.integer, sizeof s->value.integer, hash);
    for (size_t i = 0; s->value.map != NULL && i < s->value.count; i++) {
        hash = tcn_hash(s->value.map[i].name.ptr, s->value.map[i].name.len, hash);
        hash = tcn_hash(s->value.map[i].value.ptr, s->value.map[i].value.len, hash);
    }
    for (size_t i = 0; s->value.list != NULL && i < s->value.count; i++)
        hash = tcn_hash(s->value.list[i].ptr, s->value.list[i].len, hash);
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].secret != NULL)
            hash = hash_secret(s->parts[i].secret, hash);
    return hash;
}

uint64_t tcn_options_destination(const tocsin_config *config)
{
    const char *id = config->table->plugin_id;
    uint64_t hash = tcn_hash(id, strlen(id), 0);
    for (size_t i = 0; i < config->table->count; i++) {
        const tcn_option_slot *s = &config->slots[i];
        if (s->is_set && tcn_option_has(s->option, TOCSIN_OPT_DESTINATION))
            hash = hash_slot(s, hash);
    }
    return hash;
}

int tcn_options_mask(const tocsin_config *config, tcn_str text, tcn_buf *out)
{
    tcn_buf now, next;
    tcn_buf_init(&now, out->limit);
    tcn_buf_init(&next, out->limit);
    int rc = tcn_buf_add_str(&now, text);
    for (size_t i = 0; rc == 0 && i < config->table->count; i++) {
        const tcn_option_slot *s = &config->slots[i];
        for (size_t k = 0; rc == 0 && k < s->part_count; k++) {
            if (s->parts[k].secret == NULL)
                continue;
            rc = tcn_secret_mask(s->parts[k].secret, tcn_buf_str(&now), &next);
            tcn_buf_turn(&now, &next);
        }
    }
    if (rc == 0)
        rc = tcn_buf_add_str(out, tcn_buf_str(&now));
    tcn_buf_deinit(&now);
    tcn_buf_deinit(&next);
    return rc;
}

bool tcn_options_has_secret_url(const tocsin_config *config)
{
    for (size_t i = 0; i < config->table->count; i++) {
        const tcn_option_slot *s = &config->slots[i];
        if (s->is_set && s->option->type == TOCSIN_OPT_URL &&
            tcn_option_has(s->option, TOCSIN_OPT_SECRET))
            return true;
    }
    return false;
}

static bool has_entry(const tcn_option_slot *s, tcn_str name)
{
    for (size_t i = 0; i < s->value.count; i++) {
        tocsin_str key = s->value.map[i].name;
        if (key.len == name.len && strncasecmp(key.ptr, name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

bool tcn_options_is_secret_entry(const tocsin_config *config, tcn_str name)
{
    for (size_t i = 0; i < config->table->count; i++) {
        const tcn_option_slot *s = &config->slots[i];
        if (s->is_set && s->option->type == TOCSIN_OPT_MAP &&
            tcn_option_has(s->option, TOCSIN_OPT_SECRET) && has_entry(s, name))
            return true;
    }
    return false;
}
