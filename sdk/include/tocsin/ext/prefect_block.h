/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/ext/prefect_block.h - the extension "tocsin.prefect-block/1": the block types of Prefect that
 * this plugin serves. A block document of such a type becomes the options of an instance by a table of
 * names; the plugin itself never sees the document.
 */
/* clang-format off */
#ifndef TOCSIN_EXT_PREFECT_BLOCK_H
#define TOCSIN_EXT_PREFECT_BLOCK_H
#include <tocsin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif
#define TOCSIN_PREFECT_BLOCK_ID "tocsin.prefect-block/1"

typedef struct tocsin_block_type {
    const char *slug, *name, *capability; /* "slack-webhook", "Slack Webhook", "notify" or NULL */
    const tocsin_option *fields;          /* of the block document, in order */
    uint32_t field_count, field_size;     /* field_size = sizeof(tocsin_option) */
    const char *const *map; /* field, option, field, option, ..., NULL; unnamed: same name */
    const char *const *set; /* option or key of the host, value, ..., NULL; "format", "prefect" */
} tocsin_block_type;
typedef struct tocsin_prefect_block {
    tocsin_abi abi;                       /* TOCSIN_ABI_INIT(tocsin_prefect_block) */
    const tocsin_block_type *types;
    uint32_t type_count, type_size;       /* type_size = sizeof(tocsin_block_type) */
} tocsin_prefect_block;

TOCSIN_ASSERT(sizeof(tocsin_block_type) == 56 && sizeof(tocsin_prefect_block) == 32, "block types");
#ifdef __cplusplus
}
#endif
#endif
