/* SPDX-License-Identifier: Apache-2.0 */
/* api_int.h - what the routes share. */
#ifndef TCN_API_INT_H
#define TCN_API_INT_H

#include "core/api/api.h"

#define TCN_API_HOSTS_MAX  64
#define TCN_API_PARAMS_MAX 4

struct tcn_api {
    tcn_api_options options;
    char *hosts[TCN_API_HOSTS_MAX];
    size_t host_count;
    /* What stands for "{}" in the route of the request that is being handled; borrowed
     * from it, until its handler returns. */
    tcn_str params[TCN_API_PARAMS_MAX];
    char *origins[TCN_API_HOSTS_MAX];
    size_t origin_count;
};

/* answer.c */
void tcn_api_answer_empty(tcn_request *request, int status);
/* Takes the document over; NULL (out of memory) answers 503. */
void tcn_api_answer_own(tcn_request *request, int status, json_t *document);
/* {"detail": text} */
void tcn_api_answer_detail(tcn_request *request, int status, const char *fmt, ...)
    TCN_PRINTF(3, 4);
/* 503 that asks the client to come again. */
void tcn_api_answer_busy(tcn_request *request, const char *detail);

/* body.c: the body as a JSON object; *ret is a new reference. An empty body is an empty
 * object. false: it was answered. */
bool tcn_api_body_read(tcn_request *request, json_t **ret);
/* 422 in the form of Prefect's; loc as "body.data.url". The request's body is not
 * repeated, for it may hold secrets. */
void tcn_api_answer_invalid(tcn_request *request, const char *type, const char *loc,
                            const char *fmt, ...) TCN_PRINTF(4, 5);

/* blocks.c: the names of the automations whose actions use the block; a new reference. */
json_t *tcn_api_block_users(const tcn_api *api, const tcn_block_info *info);
/* The first of them, by the block's id; NULL: none. */
json_t *tcn_api_block_user(const tcn_api *api, const char *id);
/* block_documents.c: deletes it, unless an automation uses it, and answers. */
void tcn_api_block_remove(tcn_api *api, tcn_request *request, const tcn_uuid *id);

/* hosts.c: is the request's Host one of ours, and its Origin, if any, the same? */
bool tcn_api_host_is_ours(const tcn_api *api, const tcn_request *request);

/* Routes: events.c, explain.c, health.c, log.c, outbox.c */
/* compat.c, block_create.c, block_types.c, block_schemas.c, block_documents.c */
void tcn_api_csrf_get(tcn_api *api, tcn_request *request);
void tcn_api_admin_version_get(tcn_api *api, tcn_request *request);
void tcn_api_version_get(tcn_api *api, tcn_request *request);
void tcn_api_block_create_post(tcn_api *api, tcn_request *request);
void tcn_api_block_delete(tcn_api *api, tcn_request *request);
void tcn_api_block_types_filter(tcn_api *api, tcn_request *request);
void tcn_api_block_type_get(tcn_api *api, tcn_request *request);
void tcn_api_block_type_slug_get(tcn_api *api, tcn_request *request);
void tcn_api_block_type_post(tcn_api *api, tcn_request *request);
void tcn_api_block_type_patch(tcn_api *api, tcn_request *request);
void tcn_api_block_type_delete(tcn_api *api, tcn_request *request);
void tcn_api_block_types_install(tcn_api *api, tcn_request *request);
void tcn_api_block_schemas_filter(tcn_api *api, tcn_request *request);
void tcn_api_block_schema_get(tcn_api *api, tcn_request *request);
void tcn_api_block_schema_checksum_get(tcn_api *api, tcn_request *request);
void tcn_api_block_schema_post(tcn_api *api, tcn_request *request);
void tcn_api_block_schema_delete(tcn_api *api, tcn_request *request);
void tcn_api_block_capabilities_get(tcn_api *api, tcn_request *request);
void tcn_api_block_documents_filter(tcn_api *api, tcn_request *request);
void tcn_api_block_documents_count(tcn_api *api, tcn_request *request);
void tcn_api_block_document_get(tcn_api *api, tcn_request *request);
void tcn_api_block_document_name_get(tcn_api *api, tcn_request *request);
void tcn_api_block_documents_of_type_get(tcn_api *api, tcn_request *request);
void tcn_api_block_document_post(tcn_api *api, tcn_request *request);
void tcn_api_block_document_patch(tcn_api *api, tcn_request *request);
void tcn_api_block_document_delete(tcn_api *api, tcn_request *request);
/* blocks.c, block_send.c */
void tcn_api_blocks_get(tcn_api *api, tcn_request *request);
void tcn_api_block_get(tcn_api *api, tcn_request *request);
void tcn_api_block_send_post(tcn_api *api, tcn_request *request);
void tcn_api_events_post(tcn_api *api, tcn_request *request);
void tcn_api_explain_post(tcn_api *api, tcn_request *request);
void tcn_api_outbox_get(tcn_api *api, tcn_request *request);
void tcn_api_outbox_one_get(tcn_api *api, tcn_request *request);
void tcn_api_outbox_retry_post(tcn_api *api, tcn_request *request);
void tcn_api_outbox_drop_post(tcn_api *api, tcn_request *request);
void tcn_api_log_get(tcn_api *api, tcn_request *request);
void tcn_api_health_get(tcn_api *api, tcn_request *request);
void tcn_api_reload_post(tcn_api *api, tcn_request *request);
void tcn_api_ready_get(tcn_api *api, tcn_request *request);
void tcn_api_status_get(tcn_api *api, tcn_request *request);

#endif
