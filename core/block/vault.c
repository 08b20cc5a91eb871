/* SPDX-License-Identifier: Apache-2.0 */
/* vault.c - pages from the kernel, so that nothing else shares them. */
#include "core/block/vault.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/option/secret.h"
#include "core/value/document.h"

int tcn_vault_put(tcn_vault *vault, tcn_str text)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (text.len + page) / page * page;
    void *pages =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return TCN_E_NOMEM;
    (void)madvise(pages, size, MADV_DONTDUMP);
    (void)madvise(pages, size, MADV_WIPEONFORK);
    if (text.len > 0)
        memcpy(pages, text.ptr, text.len);
    tcn_vault_drop(vault);
    *vault = (tcn_vault){pages, text.len, size};
    return 0;
}

int tcn_vault_put_json(tcn_vault *vault, const json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL)
        return TCN_E_NOMEM;
    size_t len = strlen(text);
    int rc = tcn_vault_put(vault, tcn_str_of(text, len));
    tcn_secret_wipe(text, len);
    free(text);
    return rc;
}

json_t *tcn_vault_json(const tcn_vault *vault)
{
    json_t *json = NULL;
    return tcn_document_read(tcn_vault_str(vault), &json, NULL) < 0 ? NULL : json;
}

void tcn_vault_drop(tcn_vault *vault)
{
    if (vault->ptr != NULL) {
        tcn_secret_wipe(vault->ptr, vault->mapped);
        (void)munmap(vault->ptr, vault->mapped);
    }
    *vault = (tcn_vault){0};
}
