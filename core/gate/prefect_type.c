/* SPDX-License-Identifier: Apache-2.0 */
/* prefect_type.c - reads the extension by the rules of every table: its head first, then
 * no more than it says it has. Names in map and set must mean something here, so that a
 * misspelt one is found at load. */
#include "core/gate/prefect_type.h"

#include <string.h>
#include <tocsin/ext/prefect_block.h>

#include "core/gate/take.h"
#include "core/option/option_value.h"
#include "core/option/options.h"

#define STRUCT_MAX 4096
#define PAIRS_MAX  64
#define EXTENSION  "the extension " TOCSIN_PREFECT_BLOCK_ID

static int refuse(tcn_err *reterr, const char *slug, const char *what, const char *name)
{
    return tcn_err_set(reterr, TCN_E_INVALID, "block type \"%.60s\": %s \"%.60s\"", slug,
                       what, name);
}

static const tocsin_option *find_option(const tcn_table *table, const char *key)
{
    const tocsin_plugin *plugin = &table->plugin;
    const tcn_options_table options = {plugin->id, plugin->options, plugin->option_count};
    return tcn_options_find(&options, key);
}

/* map: pairs of names. */
static int check_map(const tcn_table *table, const tcn_prefect_type *type,
                     tcn_err *reterr)
{
    const char *const *map = type->map;
    for (size_t i = 0; map != NULL && map[i] != NULL; i += 2) {
        if (i >= 2 * PAIRS_MAX || map[i + 1] == NULL)
            return refuse(reterr, type->slug, "map does not end after", map[i]);
        if (tcn_options_find(&type->fields, map[i]) == NULL)
            return refuse(reterr, type->slug, "map names the unknown field", map[i]);
        if (find_option(table, map[i + 1]) == NULL && !tcn_is_host_key(map[i + 1]))
            return refuse(reterr, type->slug, "map names the unknown option", map[i + 1]);
    }
    return 0;
}

/* A value is written as a default is. */
static int check_value(const tocsin_option *option, const char *value, tcn_err *reterr)
{
    tocsin_option with = *option;
    with.dflt = value;
    with.flags &= ~(uint32_t)TOCSIN_OPT_SECRET;
    json_t *json = tcn_option_default(&with);
    tcn_option_value read = {0};
    tcn_arena arena;
    tcn_arena_init(&arena, (size_t)4 << 20);
    int rc = json == NULL ? TCN_E_INVALID
                          : tcn_option_value_read(&with, json, &arena, &read, reterr);
    tcn_arena_deinit(&arena);
    json_decref(json);
    return rc;
}

static int check_set(const tcn_table *table, const tcn_prefect_type *type,
                     tcn_err *reterr)
{
    const char *const *set = type->set;
    for (size_t i = 0; set != NULL && set[i] != NULL; i += 2) {
        const tocsin_option *option = find_option(table, set[i]);
        if (i >= 2 * PAIRS_MAX || set[i + 1] == NULL)
            return refuse(reterr, type->slug, "set does not end after", set[i]);
        if (option == NULL && tcn_is_host_key(set[i]))
            continue; /* judged where a block's own key is */
        if (option == NULL)
            return refuse(reterr, type->slug, "set names the unknown option", set[i]);
        tcn_err err = {0};
        if (check_value(option, set[i + 1], &err) < 0)
            return tcn_err_set(
                reterr, TCN_E_INVALID,
                "block type \"%.60s\": set gives %.60s a wrong value: %.200s", type->slug,
                set[i], err.text);
    }
    return 0;
}

static int read_type(const tcn_table *table, const tocsin_block_type *theirs,
                     tcn_arena *arena, tcn_prefect_type *ret, tcn_err *reterr)
{
    if (!tcn_is_word(theirs->slug, '-', 63))
        return refuse(reterr, "?", "has the malformed slug",
                      theirs->slug != NULL ? theirs->slug : "");
    if (!tcn_is_line(theirs->name))
        return refuse(reterr, theirs->slug, "has the malformed name",
                      theirs->name != NULL ? theirs->name : "");
    if (theirs->capability != NULL && strcmp(theirs->capability, "notify") != 0)
        return refuse(reterr, theirs->slug, "has the unknown capability",
                      theirs->capability);
    const tocsin_option *fields = theirs->fields;
    uint32_t size = theirs->field_size;
    int rc = tcn_table_copy_options(&fields, theirs->field_count, &size, arena, reterr);
    if (rc == 0)
        rc = tcn_table_check_list(fields, theirs->field_count, true, reterr);
    if (rc < 0)
        return rc;
    *ret = (tcn_prefect_type){
        .slug = theirs->slug,
        .name = theirs->name,
        .capability = theirs->capability,
        .fields = {theirs->slug, fields, theirs->field_count},
        .map = theirs->map,
        .set = theirs->set,
    };
    rc = check_map(table, ret, reterr);
    return rc == 0 ? check_set(table, ret, reterr) : rc;
}

static int check_head(const tocsin_abi *abi, tcn_err *reterr)
{
    if (abi->major != TOCSIN_ABI_MAJOR ||
        abi->struct_size < sizeof(tocsin_prefect_block) || abi->struct_size > STRUCT_MAX)
        return tcn_err_set(
            reterr, TCN_E_INVALID, EXTENSION " says ABI %u.%u and has %u bytes, not %zu",
            abi->major, abi->minor, abi->struct_size, sizeof(tocsin_prefect_block));
    return 0;
}

int tcn_prefect_types_read(const tcn_table *table, tcn_arena *arena,
                           tcn_prefect_types *ret, tcn_err *reterr)
{
    const tocsin_plugin *plugin = &table->plugin;
    const void *found =
        plugin->extension == NULL ? NULL : plugin->extension(TOCSIN_PREFECT_BLOCK_ID);
    *ret = (tcn_prefect_types){0};
    if (found == NULL)
        return 0;
    tocsin_abi abi;
    memcpy(&abi, found, sizeof abi);
    int rc = check_head(&abi, reterr);
    if (rc < 0)
        return rc;
    static const tcn_item_kind kind = {sizeof(tocsin_block_type), TCN_FIRST_BLOCK_TYPE,
                                       TCN_PREFECT_TYPES_MAX, "block types"};
    tocsin_prefect_block block;
    memcpy(&block, found, sizeof block);
    void *types = NULL;
    rc = tcn_table_copy_items(block.types, block.type_count, block.type_size, &kind,
                              arena, &types, reterr);
    if (rc < 0)
        return rc;
    ret->items = tcn_arena_zero(arena, block.type_count * sizeof *ret->items + 1);
    if (ret->items == NULL)
        return tcn_err_no_memory(reterr);
    for (uint32_t i = 0; rc == 0 && i < block.type_count; i++) {
        const tocsin_block_type *theirs = (const tocsin_block_type *)types + i;
        rc = read_type(table, theirs, arena, &ret->items[i], reterr);
        if (rc == 0 && tcn_prefect_types_find(ret, theirs->slug) != NULL)
            rc = refuse(reterr, theirs->slug, "stands twice in", EXTENSION);
        ret->count = rc == 0 ? i + 1u : i;
    }
    return rc;
}

const tcn_prefect_type *tcn_prefect_types_find(const tcn_prefect_types *types,
                                               const char *slug)
{
    for (size_t i = 0; i < types->count; i++)
        if (strcmp(types->items[i].slug, slug) == 0)
            return &types->items[i];
    return NULL;
}
