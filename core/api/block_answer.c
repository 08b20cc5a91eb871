/* SPDX-License-Identifier: Apache-2.0 */
/* block_answer.c - how changes of blocks are answered, now or when they are durable. */
#include "core/api/block_int.h"

#include <stdio.h>

#include "core/base/alloc.h"

typedef struct pending {
    tcn_api *api;
    tcn_request *request;
    enum tcn_block_kind kind;
} pending;

static json_t *block_of(tcn_api *api, const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    const tcn_block *block =
        tcn_plugins_block(api->options.plugins, tcn_str_c(tcn_uuid_format(id, text)));
    return block == NULL ? NULL : tcn_block_describe(block);
}

static json_t *object_of(const pending *l, const tcn_uuid *id)
{
    tcn_catalog *catalog = l->api->options.catalog;
    switch (l->kind) {
    case TCN_BLOCK_NOTHING:
        break;
    case TCN_BLOCK_A_TYPE:
        return tcn_catalog_type(catalog, id);
    case TCN_BLOCK_A_SCHEMA:
        return tcn_catalog_schema(catalog, id);
    case TCN_BLOCK_A_DOCUMENT:
        return tcn_catalog_document(catalog, id);
    case TCN_BLOCK_A_BLOCK:
        return block_of(l->api, id);
    }
    return NULL;
}

static void on_done(int status, const tcn_uuid *id, void *ud)
{
    pending *l = ud;
    if (status == TCN_E_FULL)
        tcn_api_answer_busy(l->request, "The disk is full; nothing was stored");
    else if (status < 0)
        tcn_api_answer_busy(l->request, "The store failed; nothing was stored");
    else if (l->kind == TCN_BLOCK_NOTHING)
        tcn_api_answer_empty(l->request, 204);
    else
        tcn_api_answer_own(l->request, 201, object_of(l, id));
    tcn_free(l);
}

tcn_catalog_done tcn_block_later(tcn_api *api, tcn_request *request,
                                 enum tcn_block_kind kind)
{
    pending *l = tcn_alloc_zero(sizeof *l);
    if (l != NULL)
        *l = (pending){api, request, kind};
    return (tcn_catalog_done){on_done, l};
}

void tcn_block_unused(tcn_catalog_done later)
{
    tcn_free(later.ud);
}

static int status_of(int rc)
{
    switch (rc) {
    case TCN_E_NOT_FOUND:
        return 404;
    case TCN_E_EXISTS:
    case TCN_E_STATE:
        return 409;
    case TCN_E_DENIED:
        return 403;
    case TCN_E_UNSUPPORTED:
        return 400;
    default:
        return 422;
    }
}

void tcn_block_refused(tcn_request *request, tcn_catalog_done later, int rc,
                       const tcn_err *err)
{
    char loc[sizeof err->field + 8];
    tcn_free(later.ud);
    if (rc == TCN_E_NOMEM || rc == TCN_E_BUSY) {
        tcn_api_answer_busy(request, err->text[0] != '\0' ? err->text : "Out of memory");
    } else if (rc == TCN_E_INVALID || err->field[0] != '\0') {
        snprintf(loc, sizeof loc, "body%s%s", err->field[0] != '\0' ? "." : "",
                 err->field);
        tcn_api_answer_invalid(request, "value_error", loc, "Value error, %s", err->text);
    } else {
        tcn_api_answer_detail(request, status_of(rc), "%s", err->text);
    }
}

void tcn_block_answer_found(tcn_request *request, json_t *object, const char *missing)
{
    if (object != NULL)
        tcn_api_answer_own(request, 200, object);
    else
        tcn_api_answer_detail(request, 404, "%s", missing);
}

bool tcn_block_may_refer(const tcn_api *api, tcn_request *request, const json_t *data)
{
    if (!tcn_catalog_names_credential(api->options.catalog, data) ||
        tcn_auth_check(api->options.auth, request, TCN_SCOPE_ADMIN) == 0)
        return true;
    tcn_api_answer_detail(request, 403,
                          "Only a key with the scope admin may name credentials, or a "
                          "block that does");
    return false;
}

bool tcn_block_id_read(tcn_api *api, tcn_request *request, tcn_uuid *ret)
{
    if (tcn_uuid_parse(api->params[0], ret))
        return true;
    tcn_api_answer_detail(request, 404, "Not Found");
    return false;
}

void tcn_block_answer_lack(const tcn_api *api, tcn_request *request, tcn_str name)
{
    char text[TCN_LACK_TEXT];
    tcn_api_answer_detail(
        request, 404, "%s",
        tcn_blocks_lack(tcn_plugins_blocks(api->options.plugins), name, text));
}
