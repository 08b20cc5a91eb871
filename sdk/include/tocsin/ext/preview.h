/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/ext/preview.h - the extension "tocsin.preview/1", for plugins with sockets of their own.
 *
 * "tocsin block send --dry-run" shows what a plugin sends by recording its host->http and host->smtp
 * requests. A plugin that speaks to its peer by itself gives this table instead:
 *     static const void *extension(const char *id)
 *     {
 *         return strcmp(id, TOCSIN_PREVIEW_ID) == 0 ? &preview_table : NULL;
 *     }
 */
/* clang-format off */
#ifndef TOCSIN_EXT_PREVIEW_H
#define TOCSIN_EXT_PREVIEW_H
#include <tocsin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif
#define TOCSIN_PREVIEW_ID "tocsin.preview/1"

typedef struct tocsin_preview {
    tocsin_abi abi;                            /* TOCSIN_ABI_INIT(tocsin_preview) */
    /* [loop] Hands the exact bytes that send would put on the wire to out, in one or more pieces, and
       sends nothing. They may hold secrets: the host masks them. Neither waits nor calls done; the
       delivery is for render only. OK, or why send would not accept the message. */
    int32_t (*preview)(tocsin_instance *, const tocsin_message *, tocsin_delivery *,
                       void (*out)(const char *bytes, size_t len, void *ud), void *ud);
} tocsin_preview;

TOCSIN_ASSERT(sizeof(tocsin_preview) == 24, "preview");
#ifdef __cplusplus
}
#endif
#endif
