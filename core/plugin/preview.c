/* SPDX-License-Identifier: Apache-2.0 */
/* preview.c - the bytes come in pieces; a secret may lie across two of them, so they are
 * masked as a whole. */
#include "core/plugin/preview.h"

#include <tocsin/ext/preview.h>

#include "core/plugin/record.h"

#define BYTES_MAX ((size_t)16 << 20)

static const tocsin_preview *find(const tocsin_self *self)
{
    const void *found =
        self->table->extension == NULL ? NULL : self->table->extension(TOCSIN_PREVIEW_ID);
    const tocsin_preview *preview = found;
    tocsin_abi abi;
    if (found == NULL)
        return NULL;
    memcpy(&abi, found, sizeof abi);
    bool is_whole =
        abi.major == TOCSIN_ABI_MAJOR && abi.struct_size >= sizeof(tocsin_preview);
    return is_whole && preview->preview != NULL ? preview : NULL;
}

bool tcn_preview_is_needed(const tocsin_self *self)
{
    return self->workers != NULL || find(self) != NULL;
}

static void on_bytes(const char *bytes, size_t len, void *ud)
{
    if (bytes != NULL)
        (void)tcn_buf_add(ud, bytes, len);
}

int32_t tcn_preview_run(const tocsin_self *self, const tocsin_message *message,
                        tocsin_delivery *handle, tcn_recorder *recorder)
{
    const tocsin_preview *preview = find(self);
    if (preview == NULL)
        return TOCSIN_E_UNSUPPORTED;
    tcn_buf bytes;
    tcn_buf_init(&bytes, BYTES_MAX);
    int32_t rc = preview->preview(self->instance, message, handle, on_bytes, &bytes);
    if (rc >= 0 && (tcn_buf_status(&bytes) < 0 ||
                    tcn_record_bytes(recorder, self->config, tcn_buf_str(&bytes)) < 0))
        rc = TOCSIN_E_NOMEM;
    if (bytes.ptr != NULL)
        tcn_secret_wipe(bytes.ptr, bytes.capacity);
    tcn_buf_deinit(&bytes);
    return rc;
}
