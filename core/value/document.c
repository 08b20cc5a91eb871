/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - see document.h. */
#include "core/value/document.h"

#include "core/base/err.h"

static int append(const char *bytes, size_t len, void *ud)
{
    return tcn_buf_add(ud, bytes, len) < 0 ? -1 : 0;
}

int tcn_document_write(const json_t *document, tcn_buf *out)
{
    int rc = json_dump_callback(document, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
    if (rc == 0)
        return 0;
    return tcn_buf_status(out) < 0 ? tcn_buf_status(out) : TCN_E_NOMEM;
}
